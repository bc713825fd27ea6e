// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Channel bindings, as GnuTLS's client computes them. @module */

import { assertEquals } from "@std/assert";
import { getChannelBinding, importFD, type ProtocolVersion } from "@nss/nss";
import type { ChannelBindingType } from "@nss/nss/ssl";
import { spawn } from "../support/process.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { echo } from "../support/peers/peer.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const BINDINGS: Readonly<Record<"TLSv1.2" | "TLSv1.3", readonly ChannelBindingType[]>> = {
  "TLSv1.2": ["tls-unique", "tls-server-end-point"],
  "TLSv1.3": ["tls-server-end-point", "tls-exporter"],
};

async function compare(
  version: ProtocolVersion,
  types: readonly ChannelBindingType[],
): Promise<void> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn("gnutls-cli", {
    // deno-fmt-ignore
    args: ["--port", String(listener.addr.port), "--x509cafile", pki.rootFile, "--verbose",
      "--priority", `NORMAL:-VERS-ALL:+VERS-TLS${version.slice("TLSv".length)}`,
      "--sni-hostname", "localhost", "--verify-hostname", "localhost", "127.0.0.1"],
    interactive: true,
  });
  await using socket = importFD(await listener.accept(), {
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    versions: { min: version, max: version },
    handshakeTimeout: 10_000,
  });
  await socket.handshake();
  const serving = echo(socket);
  await process.waitFor(/^- Simple Client Mode:$/m);
  for (const type of types) {
    const hex = (await getChannelBinding(socket, type)).toHex();
    const [, theirs] = new RegExp(`${type}': ([0-9a-f]+)`).exec(process.output) ?? [];
    assertEquals(theirs, hex, process.output);
  }
  await process.closeInput();
  await serving;
  await process.result();
}

const found = await gnutls.available();
for (const [version, types] of Object.entries(BINDINGS)) {
  const title = `getChannelBinding() gives what gnutls-cli gets: ${types.join(", ")} (${version})`;
  if (found.ok) Deno.test(title, () => compare(version as ProtocolVersion, types));
  else skip(title, found.reason);
}
