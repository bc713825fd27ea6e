// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What openssl can do in TLS 1.2 beyond the matrix: sessions by their IDs, the MAC inside, requests
// to renegotiate.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { NssContext } from "@nss/nss/pkcs11";
import {
  importFD,
  type ImportOptions,
  setResumptionToken,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { openssl, type OpensslServer, startServer } from "../support/peers/openssl.ts";
import { echo, payload } from "../support/peers/peer.ts";
import { type Process, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const found = await openssl.available();
const VERSIONS = { min: "TLSv1.2", max: "TLSv1.2" } as const;

function test(title: string, fn: () => Promise<void>): void {
  if (found.ok) Deno.test(title, fn);
  else skip(title, found.reason);
}

/** Starts `s_server` with more arguments. */
async function server(...extra: readonly string[]): Promise<OpensslServer> {
  const pki = await testPki();
  return await startServer({ pki, certificate: "ecdsa-p256", version: "TLSv1.2", extra });
}

/** Connects to `s_server`. */
async function client(to: OpensslServer, options: ImportOptions = {}): Promise<SslSocket> {
  const { root } = await testPki();
  return importFD(await to.connect(), {
    hostname: "localhost",
    caCerts: [root],
    handshakeTimeout: 10_000,
    versions: VERSIONS,
    ...options,
  });
}

/** Says goodbye to `s_server` and waits for its goodbye. */
async function goodbye(socket: SslSocket): Promise<void> {
  await socket.closeWrite();
  assertEquals(await socket.read(new Uint8Array(1)), null);
  await socket.close();
}

/**
 * Runs `s_client` against one connection of ours, which echoes; gives our socket's error, if any.
 */
async function withClient(
  extra: readonly string[],
  options: ImportOptions,
  talk: (process: Process, socket: SslSocket) => Promise<void>,
): Promise<{ output: string; error: unknown }> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-servername", "localhost",
      "-verify_hostname", "localhost", "-CAfile", pki.rootFile, "-verify_return_error", "-tls1_2", ...extra],
    interactive: true,
  });
  using socket = importFD(await listener.accept(), {
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    caCerts: [pki.root],
    handshakeTimeout: 10_000,
    versions: VERSIONS,
    ...options,
  });
  let error: unknown;
  const serving = echo(socket).catch((thrown) => error = thrown);
  await process.waitFor((p) => /^ *Verify return code: /m.exec(p.stdout));
  await talk(process, socket);
  await process.closeInput();
  await serving;
  if (error === undefined) await socket.close();
  await process.result();
  return { output: process.output, error };
}

/** Sends a line through `s_client` and waits until it is back. */
async function roundTrip(process: Process, bytes: number): Promise<void> {
  const text = payload(bytes);
  const start = process.stdout.length;
  await process.write(text);
  await process.waitFor((p) => p.stdout.slice(start).includes(text) ? p : null);
}

test("importFD() client resumes openssl s_server's sessions by their IDs, again and again", async () => {
  await using peer = await server("-no_ticket");
  const peerId = crypto.randomUUID();
  for (let i = 0; i < 4; i++) {
    const socket = await client(peer, { peerId });
    const { resumed, version } = await socket.handshake();
    assertEquals([version, resumed], ["TLSv1.2", i > 0]);
    await peer.exchange(socket, 200);
    await goodbye(socket);
  }
  const facts = await peer.finish(4);
  assertEquals(facts.map(({ resumed }) => resumed), [false, true, true, true]);
});

test("setResumptionToken() carries openssl s_server's session to another socket by its ID", async () => {
  await using peer = await server("-no_ticket");
  let token: Uint8Array | undefined;
  const resumptionTokenCallback: ImportOptions["resumptionTokenCallback"] = (_, newest) => {
    token = newest;
  };
  for (let i = 0; i < 3; i++) {
    // Each in a context of its own, as if in a process of its own.
    const context = new NssContext();
    const socket = await client(peer, { context, resumptionTokenCallback });
    if (token !== undefined) setResumptionToken(socket, token);
    token = undefined;
    assertEquals((await socket.handshake()).resumed, i > 0);
    await peer.exchange(socket, 200);
    await goodbye(socket);
  }
  const facts = await peer.finish(3);
  assertEquals(facts.map(({ resumed }) => resumed), [false, true, true]);
});

test("importFD() server resumes openssl s_client's sessions by their IDs, again and again", async () => {
  const session = `${(await testPki()).directory}/tls12_id_session`;
  for (let i = 0; i < 3; i++) {
    const { output, error } = await withClient(
      ["-no_ticket", "-sess_out", session, ...(i > 0 ? ["-sess_in", session] : [])],
      {},
      async (process, socket) => {
        assertEquals((await socket.handshake()).resumed, i > 0);
        await roundTrip(process, 200);
      },
    );
    assertEquals(error, undefined);
    assertMatch(output, i > 0 ? /^Reused, /m : /^New, /m);
  }
});

test("importFD() speaks AES-CBC with openssl, its MAC inside and outside, in both roles", async () => {
  const suites = [
    ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", "ECDHE-ECDSA-AES128-SHA"],
    ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256", "ECDHE-ECDSA-AES128-SHA256"],
    ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", "ECDHE-ECDSA-AES256-SHA384"],
  ] as const;
  for (const [suite, cipher] of suites) {
    for (const order of [["-no_etm"], []]) {
      await using peer = await server("-cipher", cipher, ...order);
      const socket = await client(peer, { cipherSuites: [suite] });
      assertEquals((await socket.handshake()).cipherSuite, suite);
      await peer.exchange(socket, 40_000);
      await goodbye(socket);
      const options = { cipherSuites: [suite] };
      const { error } = await withClient(
        ["-cipher", cipher, ...order],
        options,
        (process) => roundTrip(process, 40_000),
      );
      assertEquals(error, undefined);
    }
  }
});

test("importFD() client declines to renegotiate with openssl s_server, which gives up", async () => {
  const file = `${(await testPki()).directory}/tls12_messages`;
  await using peer = await server("-msg", "-msgfile", file);
  const socket = await client(peer);
  await peer.exchange(socket, 200);
  await peer.process.write("r\n");
  const error = await assertRejects(() => socket.read(new Uint8Array(1)), SslError);
  // To OpenSSL the warning is the end, of which it tells us.
  assertEquals([error.name, error.origin], ["SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "peer"]);
  await peer.finish(1);
  const messages = await Deno.readTextFile(file);
  assertMatch(messages, /^>>> .* HelloRequest$/m);
  assertMatch(messages, /^<<< .* warning no_renegotiation$/m);
});

test("importFD() server declines to renegotiate with openssl s_client, which gives up", async () => {
  const { output, error } = await withClient([], {}, async (process) => {
    await roundTrip(process, 200);
    await process.write("R\n");
    await process.waitFor((p) => /no renegotiation/.test(p.output) ? p : null);
  });
  assertMatch(output, /RENEGOTIATING/);
  assert(error instanceof SslError, output);
  // To OpenSSL the warning is the end, of which it tells us.
  assertEquals([error.name, error.origin], ["SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "peer"]);
});
