// Copyright 2026 the NSS for Deno authors. MIT license.

/** Which old version a server has whose handshake has failed as those of old servers do. @module */

import { Unreachable } from "../base/fail.ts";
import { mayBeOld } from "./failure.ts";
import { PlainTextError } from "./plain_text.ts";
import { probeOldVersion } from "./probe_version.ts";
import { nameToAsk } from "./raw_hello.ts";
import { openConn, type Visit, type VisitOptions } from "./visit.ts";

/** The longest time that an answer may take, in milliseconds. */
const PATIENCE = 5000;

/**
 * Asks by further connections.
 *
 * @param seen The handshake.
 * @param options How it was made.
 * @returns The version; `null` if there is none, or the handshake has not failed in that way.
 */
export async function askOldVersion(seen: Visit, options: VisitOptions): Promise<number | null> {
  if (seen.error === null) return null;
  if (!mayBeOld({ error: seen.error, received: seen.conn.received(8) })) return null;
  try {
    const { hostname, timeout } = options;
    const open = async () => (await openConn(options)).conn;
    return await probeOldVersion(open, nameToAsk(hostname), Math.min(timeout, PATIENCE));
  } catch (error) {
    if (error instanceof Unreachable || error instanceof PlainTextError) return null;
    throw error;
  }
}
