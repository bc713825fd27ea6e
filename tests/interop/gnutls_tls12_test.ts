// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What GnuTLS can do in TLS 1.2 beyond the matrix: sessions by their IDs, without tickets; AES-CBC
 * with its MAC inside and outside.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import { importFD, type ImportOptions, NssContext, type SslSocket } from "@nss/nss";
import { openNamespace } from "../support/namespace.ts";
import { type Process, spawn } from "../support/process.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { echo } from "../support/peers/peer.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const VERSIONS = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const PORT = 4433;

/** Starts `gnutls-serv`, which echoes, and lets the test connect to it. */
async function toServer(
  priority: string,
  extra: readonly string[],
  use: (
    connect: (options?: ImportOptions) => Promise<SslSocket>,
    process: Process,
  ) => Promise<void>,
): Promise<void> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  await using namespace = await openNamespace();
  await using process = namespace.spawn("gnutls-serv", {
    // deno-fmt-ignore
    args: ["--echo", "--port", String(PORT), "--priority", priority, "--x509certfile", leaf.chainFile,
      "--x509keyfile", leaf.keyFile, "--disable-client-cert", ...extra],
  });
  const context = new NssContext();
  await use(async (options) =>
    importFD(await namespace.connect(PORT), {
      hostname: "localhost",
      caCerts: [pki.root],
      context,
      versions: VERSIONS,
      handshakeTimeout: 10_000,
      ...options,
    }), process);
}

/** Sends a line and gets it back. */
async function exchange(socket: SslSocket): Promise<void> {
  await socket.write(new TextEncoder().encode("hello\n"));
  const buffer = new Uint8Array(6);
  for (let filled = 0; filled < buffer.length;) {
    const count = await socket.read(buffer.subarray(filled));
    if (count === null) throw new Error("The server closed the connection");
    filled += count;
  }
  assertEquals(new TextDecoder().decode(buffer), "hello\n");
}

async function resumeAsClient(): Promise<void> {
  await toServer("NORMAL:-VERS-ALL:+VERS-TLS1.2", ["--noticket"], async (connect) => {
    for (let i = 0; i < 3; i++) {
      await using socket = await connect();
      const { resumed, version } = await socket.handshake();
      assertEquals([version, resumed], ["TLSv1.2", i > 0]);
      await exchange(socket);
    }
  });
}

/**
 * GnuTLS's words for AES-CBC with either order of MAC and cipher: the first insists on
 * encrypt-then-MAC, the second has none.
 */
const ORDERS = ["%FORCE_ETM", "%NO_ETM"] as const;
const CBC = [
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "+AES-128-CBC:+SHA1"],
  ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "+AES-128-CBC:+SHA256"],
  ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "+AES-256-CBC:+SHA384"],
] as const;

function cbcPriority(parts: string, order: string): string {
  return `NORMAL:-VERS-ALL:+VERS-TLS1.2:-CIPHER-ALL:-MAC-ALL:${parts}:${order}`;
}

async function speakCbcAsClient(): Promise<void> {
  for (const [suite, parts] of CBC) {
    for (const order of ORDERS) {
      await toServer(cbcPriority(parts, order), [], async (connect) => {
        await using socket = await connect({ cipherSuites: [suite] });
        assertEquals((await socket.handshake()).cipherSuite, suite);
        await exchange(socket);
      });
    }
  }
}

async function speakCbcAsServer(): Promise<void> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  for (const [suite, parts] of CBC) {
    for (const order of ORDERS) {
      using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
      await using process = spawn("gnutls-cli", {
        // deno-fmt-ignore
        args: ["--port", String(listener.addr.port), "--x509cafile", pki.rootFile, "--priority", cbcPriority(parts, order),
          "--sni-hostname", "localhost", "--verify-hostname", "localhost", "127.0.0.1"],
        interactive: true,
      });
      await using socket = importFD(await listener.accept(), {
        role: "server",
        certificates: [{ cert: leaf.chain, key: leaf.key }],
        versions: VERSIONS,
        cipherSuites: [suite],
        handshakeTimeout: 10_000,
      });
      assertEquals((await socket.handshake()).cipherSuite, suite);
      const serving = echo(socket);
      await process.waitFor(/^- Simple Client Mode:$/m);
      await process.write("hello\n");
      await process.waitFor((p) => p.stdout.includes("hello") ? p : null);
      const etm = /^- Options:.*encrypt-then-MAC|\betm\b/im.test(process.output);
      assertEquals(etm, order === "%FORCE_ETM", process.output);
      await process.closeInput();
      await serving;
    }
  }
}

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
for (
  const [title, run] of [
    ["importFD() server resumes gnutls-cli's session by its ID", resumeById],
    [
      "importFD() client resumes gnutls-serv's sessions by their IDs, again and again",
      resumeAsClient,
    ],
    [
      "importFD() client speaks AES-CBC with gnutls-serv, its MAC inside and outside",
      speakCbcAsClient,
    ],
    [
      "importFD() server speaks AES-CBC with gnutls-cli, its MAC inside and outside",
      speakCbcAsServer,
    ],
  ] as const
) {
  if (found.ok) Deno.test(title, run);
  else skip(title, found.reason);
}
