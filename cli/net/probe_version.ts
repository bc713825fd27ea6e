// Copyright 2026 the NSS for Deno authors. MIT license.

/** Asks a server that refuses TLS 1.2 and 1.3 which version it has. @module */

import type { ConnLike } from "../../ssl/mod.ts";
import { SSL_3_0, TLS_1_0, TLS_1_1 } from "../../ssl/tables/versions.ts";
import { askRaw } from "./raw_answer.ts";
import { encodeRawHello } from "./raw_hello.ts";

/** The suites of old servers: ECDHE, DHE and RSA with AES, Camellia, 3DES and RC4. */
// deno-fmt-ignore
const OLD_SUITES = [
  0xc00a, 0xc009, 0xc014, 0xc013, 0x0039, 0x0033, 0x0038, 0x0032, 0x0035, 0x002f,
  0x0088, 0x0045, 0x0084, 0x0041, 0xc012, 0x0016, 0x000a, 0xc011, 0x0005, 0x0004,
];

/** The old versions, the newest first. */
const OLD_VERSIONS: readonly number[] = [TLS_1_1, TLS_1_0, SSL_3_0];

/**
 * Asks which old version a server has; no connection of that version is made.
 *
 * @param open Opens a connection on which TLS may begin.
 * @param hostname The name to ask for; `null` for none.
 * @param timeout How many milliseconds each answer may take.
 * @returns The newest of them that it has; `null` if none.
 */
export async function probeOldVersion(
  open: () => Promise<ConnLike>,
  hostname: string | null,
  timeout: number,
): Promise<number | null> {
  for (const version of OLD_VERSIONS) {
    const hello = encodeRawHello({
      version,
      cipherSuites: OLD_SUITES,
      hostname,
      groups: [23, 24, 25],
      schemes: [],
    });
    const answer = await askRaw(await open(), hello, [], timeout);
    if (answer.kind === "hello") return answer.hello.version;
  }
  return null;
}
