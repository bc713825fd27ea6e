// Copyright 2026 the NSS for Deno authors. MIT license.

/** Servers that share their sessions in a store, as processes do. @module */

import { NssContext } from "../../pkcs11/context/context.ts";
import type { SessionStore } from "../../ssl/base/session_store.ts";
import {
  configMPServerSIDCache,
  type MPServerSessionCacheOptions,
} from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { type JoinOptions, session } from "./_support.ts";

/** Makes a context that trusts nobody. */
export const newContext = (): NssContext => new NssContext({ trustAnchors: [] });

/** The two versions, alone. */
export const VERSIONS = (["TLSv1.3", "TLSv1.2"] as const).map((version) => ({
  min: version,
  max: version,
}));

/** Their secret. */
export const SECRET = new Uint8Array(32).fill(1);

/** Makes so many servers that share a store. */
export async function servers(
  count: number,
  store: SessionStore,
  options: MPServerSessionCacheOptions = {},
): Promise<NssContext[]> {
  return await Promise.all(Array.from({ length: count }, async () => {
    const context = newContext();
    await configMPServerSIDCache({ store, secret: SECRET, ...options, context });
    return context;
  }));
}

/** Whether a client and a server of these contexts resume. */
export async function resumes(
  client: NssContext,
  server: NssContext,
  options: JoinOptions = {},
): Promise<boolean> {
  const [info] = await session({
    ...options,
    client: { versions: VERSIONS[0]!, ...options.client, context: client },
    server: { versions: VERSIONS[0]!, ...options.server, context: server },
  });
  return info.resumed;
}
