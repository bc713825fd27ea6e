// Copyright 2026 the NSS for Deno authors. MIT license.

/** Asks a server that refuses TLS 1.2 and 1.3 which version it has. @module */

import type { ConnLike } from "../../ssl/mod.ts";
import { encodeClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { ecPointFormats } from "../../ssl/extensions/ec_point_formats.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { SSL_3_0, TLS_1_0, TLS_1_1 } from "../../ssl/tables/versions.ts";
import { PlainText } from "./plain_text.ts";

/** The suites of old servers: ECDHE, DHE and RSA with AES, Camellia, 3DES and RC4. */
// deno-fmt-ignore
const OLD_SUITES = [
  0xc00a, 0xc009, 0xc014, 0xc013, 0x0039, 0x0033, 0x0038, 0x0032, 0x0035, 0x002f,
  0x0088, 0x0045, 0x0084, 0x0041, 0xc012, 0x0016, 0x000a, 0xc011, 0x0005, 0x0004,
];

/** The ClientHello of a client whose newest version is an old one. */
function oldHello(version: number, hostname: string | null): Uint8Array<ArrayBuffer> {
  const extensions = new ExtensionBlock();
  if (hostname !== null) extensions.add(serverName, hostname);
  extensions.add(supportedGroups, [23, 24, 25]).add(ecPointFormats, [0]);
  const body = encodeClientHello({
    legacyVersion: version,
    random: crypto.getRandomValues(new Uint8Array(32)),
    legacySessionId: new Uint8Array(0),
    cipherSuites: OLD_SUITES,
    legacyCompressionMethods: new Uint8Array(1),
    // SSL 3.0 has none
    extensions: version === SSL_3_0 ? undefined : extensions,
  });
  const message = encodeHandshake(HandshakeType.clientHello, body);
  const length = message.length;
  return Uint8Array.from([
    ContentType.handshake,
    version >> 8,
    version & 0xff,
    length >> 8,
    length & 0xff,
    ...message,
  ]);
}

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
    const conn = await open();
    let isOpen = true;
    const close = (): void => {
      if (isOpen) conn.close();
      isOpen = false;
    };
    const timer = setTimeout(close, timeout);
    try {
      const text = new PlainText(conn);
      await text.write(oldHello(version, hostname));
      const [type, , , , , message, , , , major = 0, minor = 0] = await text.bytes(11);
      if (type !== ContentType.handshake || message !== HandshakeType.serverHello) continue;
      return major << 8 | minor;
    } catch {
      continue; // it has closed, or reset, the connection: that is its answer
    } finally {
      clearTimeout(timer);
      close();
    }
  }
  return null;
}
