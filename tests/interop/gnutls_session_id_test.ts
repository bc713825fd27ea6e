// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Sessions of TLS 1.2 by their IDs, without tickets, with GnuTLS's client. @module */

import { assertEquals, assertMatch } from "@std/assert";
import { importFD, NssContext } from "@nss/nss";
import { spawn } from "../support/process.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { echo } from "../support/peers/peer.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const TITLE = "importFD() server resumes gnutls-cli's session by its ID";

async function resumeById(): Promise<void> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn("gnutls-cli", {
    // deno-fmt-ignore
    args: ["--port", String(listener.addr.port), "--x509cafile", pki.rootFile,
      "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:%NO_TICKETS",
      "--sni-hostname", "localhost", "--verify-hostname", "localhost", "--resume", "127.0.0.1"],
    interactive: true,
  });
  const context = new NssContext();
  const resumed: boolean[] = [];
  for (let i = 0; i < 2; i++) {
    await using socket = importFD(await listener.accept(), {
      role: "server",
      context,
      certificates: [{ cert: leaf.chain, key: leaf.key }],
      versions: { min: "TLSv1.2", max: "TLSv1.2" },
      handshakeTimeout: 10_000,
    });
    resumed.push((await socket.handshake()).resumed);
    const serving = echo(socket);
    if (i === 1) {
      await process.waitFor(/^- Simple Client Mode:$/m);
      await process.write("hello\n");
      await process.waitFor((p) => p.stdout.includes("hello") ? p : null);
      await process.closeInput();
    }
    await serving;
  }
  assertEquals(resumed, [false, true]);
  await process.result();
  assertMatch(process.output, /^\*\*\* This is a resumed session/m);
}

const found = await gnutls.available();
if (found.ok) Deno.test(TITLE, resumeById);
else skip(TITLE, found.reason);
