// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What openssl can do and say beyond the matrix: key updates, padded and short records, key logs,
// refusals.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createCertificate, encodeSctList, parseCertificatesPem, type Sct } from "@nss/nss/cert";
import { generateKeyPair, type KeyPair } from "@nss/nss/pkcs11";
import {
  type HelloRetryRequest,
  importFD,
  type ImportOptions,
  keyUpdate,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { openssl, type OpensslServer, startServer } from "../support/peers/openssl.ts";
import { echo, payload, type ServerOptions } from "../support/peers/peer.ts";
import { type Process, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const found = await openssl.available();

function test(title: string, fn: () => Promise<void>): void {
  if (found.ok) Deno.test(title, fn);
  else skip(title, found.reason);
}

/** Starts `s_server` with more arguments. */
async function server(
  extra: readonly string[],
  options: Partial<ServerOptions> = {},
): Promise<OpensslServer> {
  return await startServer({ pki: await testPki(), certificate: "ecdsa-p256", extra, ...options });
}

/** Connects to `s_server`. */
async function client(to: OpensslServer, options: ImportOptions = {}): Promise<SslSocket> {
  const { root } = await testPki();
  return importFD(await to.connect(), {
    hostname: "localhost",
    caCerts: [root],
    handshakeTimeout: 10_000,
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
 * Runs `s_client` against one connection of ours, which echoes; gives what our handshake or echo
 * threw.
 */
async function withClient(
  extra: readonly string[],
  options: ImportOptions,
  talk: (process: Process) => Promise<void>,
  serve: (socket: SslSocket) => Promise<void> = (socket) => echo(socket),
): Promise<{ output: string; error: unknown }> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-servername", "localhost",
      "-verify_hostname", "localhost", "-CAfile", pki.rootFile, "-verify_return_error", ...extra],
    interactive: true,
  });
  using socket = importFD(await listener.accept(), {
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    caCerts: [pki.root],
    handshakeTimeout: 10_000,
    ...options,
  });
  let error: unknown;
  const serving = serve(socket).catch((thrown) => error = thrown);
  await talk(process);
  await process.closeInput();
  await serving;
  if (error === undefined) await socket.close();
  await process.result();
  return { output: process.output, error };
}

/** Sends a line through `s_client` and waits until it is back. */
async function roundTrip(process: Process, bytes: number): Promise<void> {
  await process.waitFor((p) => /^Verify return code: /m.exec(p.stdout));
  const text = payload(bytes);
  const start = process.stdout.length;
  await process.write(text);
  await process.waitFor((p) => p.stdout.slice(start).includes(text) ? p : null);
}

test("keyUpdate() changes keys with openssl s_server, whichever end asks", async () => {
  const file = `${(await testPki()).directory}/messages`;
  await using peer = await server(["-msg", "-msgfile", file]);
  const socket = await client(peer);
  await peer.exchange(socket, 200);
  for (const command of ["k\n", "K\n"]) {
    // "K" asks for an update of our keys too.
    await peer.process.write(command);
    await peer.exchange(socket, 40_000); // which reads the request
    await peer.exchange(socket, 40_000); // which answers it
  }
  for (const requestUpdate of [false, true, true]) {
    await keyUpdate(socket, requestUpdate);
    await peer.exchange(socket, 40_000);
  }
  await goodbye(socket);
  const [fact] = await peer.finish(1);
  assertEquals(fact?.closeNotify, true, peer.output());
  const messages = await Deno.readTextFile(file);
  assertEquals(messages.match(/^>>> .* KeyUpdate$/gm)?.length, 4, "its own two, and two answers");
  assertEquals(messages.match(/^<<< .* KeyUpdate$/gm)?.length, 4, "our own three, and one answer");
});

test("a server of several certificates shows openssl s_client one of an authority that it names (RFC 9846, Section 4.5.1.2)", async () => {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  const keys = await generateKeyPair();
  const stranger = await createCertificate({ ...keys, subject: "CN=x", dnsNames: ["localhost"] });
  const certificates = [
    { cert: stranger, key: keys.privateKey },
    { cert: leaf.chain, key: leaf.key },
  ];
  const named = await withClient(
    ["-requestCAfile", pki.rootFile],
    { certificates },
    (process) => roundTrip(process, 200),
    (socket) => echo(socket, 200),
  );
  assertEquals(named.error, undefined, named.output);
  // Without a name it is the first, which s_client does not trust.
  const unnamed = await withClient([], { certificates }, () => Promise.resolve());
  assert(unnamed.error instanceof SslError, unnamed.output);
  assertMatch(unnamed.output, /self-signed certificate/);
});

test("keyUpdate() changes keys with openssl s_client, whichever end asks", async () => {
  const { error, output } = await withClient(
    [],
    {},
    async (process) => {
      await roundTrip(process, 200);
      for (const command of ["k\n", "K\n"]) {
        const start = process.output.length;
        await process.write(command);
        await process.waitFor((p) => /^KEYUPDATE$/m.exec(p.output.slice(start)));
        await roundTrip(process, 40_000);
      }
    },
    async (socket) => {
      await echo(socket, 200);
      await keyUpdate(socket, true);
      await echo(socket, 40_000);
      await keyUpdate(socket);
      await echo(socket);
    },
  );
  assertEquals(error, undefined, output.slice(-3000));
});

for (
  const [what, extra] of [
    ["padded records", ["-record_padding", "1024"]],
    ["short records", ["-max_send_frag", "512"]],
    ["no middlebox compatibility", ["-no_middlebox"]],
    ["no tickets", ["-num_tickets", "0"]],
  ] as const
) {
  test(`importFD() client reads what openssl s_server sends with ${what}`, async () => {
    await using peer = await server(extra);
    const socket = await client(peer);
    await peer.exchange(socket, 50_000);
    await goodbye(socket);
    const [fact] = await peer.finish(1);
    assertEquals(fact?.closeNotify, true, peer.output());
  });
}

for (
  const [what, extra] of [
    ["padded records", ["-record_padding", "1024"]],
    ["short records", ["-max_send_frag", "512"]],
    ["no middlebox compatibility", ["-no_middlebox"]],
  ] as const
) {
  test(`importFD() server reads what openssl s_client sends with ${what}`, async () => {
    const { error, output } = await withClient(
      extra,
      {},
      (process) => roundTrip(process, 50_000),
    );
    assertEquals(error, undefined, output.slice(-3000));
  });
}

test("keyLog gives the same lines as openssl s_server's key log", async () => {
  const pki = await testPki();
  const file = `${pki.directory}/server.keylog`;
  await using peer = await server(["-keylogfile", file]);
  const lines: string[] = [];
  const socket = await client(peer, { keyLog: (line) => void lines.push(line.trim()) });
  await peer.exchange(socket, 200);
  await goodbye(socket);
  await peer.finish(1);
  const theirs = (await Deno.readTextFile(file)).split("\n").filter((line) =>
    line !== "" && !line.startsWith("#")
  );
  assertEquals(lines.toSorted(), theirs.toSorted());
  assertEquals(lines.length, 5);
});

test("keyLog gives the same lines as openssl s_client's key log", async () => {
  const pki = await testPki();
  const file = `${pki.directory}/client.keylog`;
  const lines: string[] = [];
  const { error } = await withClient(
    ["-keylogfile", file],
    { keyLog: (line) => void lines.push(line.trim()) },
    (process) => roundTrip(process, 200),
  );
  assertEquals(error, undefined);
  const theirs = (await Deno.readTextFile(file)).split("\n").filter((line) =>
    line !== "" && !line.startsWith("#")
  );
  assertEquals(lines.toSorted(), theirs.toSorted());
  assertEquals(lines.length, 5);
});

/** What our client throws, and what s_server must print of the alert it got. */
async function refused(
  extra: readonly string[],
  serverOptions: Partial<ServerOptions>,
  options: ImportOptions,
): Promise<{ error: SslError; output: string }> {
  await using peer = await server(extra, serverOptions);
  using socket = await client(peer, options);
  const error = await assertRejects(async () => {
    await socket.handshake();
    // A server's refusal comes after the client's part is over.
    await socket.read(new Uint8Array(1));
  }, SslError);
  // The one on its output, the other on its error output: either may come first.
  await peer.process.waitFor((p) =>
    /^ERROR$/m.test(p.output) && /:SSL routines:/.test(p.output) ? p : null
  );
  return { error, output: peer.output() };
}

test("importFD() client refuses openssl s_server's certificate of an unknown issuer with unknown_ca", async () => {
  const { leaf } = await testPki();
  // Somebody's certificate, but no authority's.
  const { error, output } = await refused([], {}, { caCerts: [leaf("client", "rsa").cert] });
  assertEquals([error.name, error.alert, error.origin], [
    "SEC_ERROR_UNKNOWN_ISSUER",
    "unknown_ca",
    "local",
  ]);
  assert(output.includes("alert unknown ca"), output);
});

test("importFD() client refuses openssl s_server's certificate for another host with bad_certificate", async () => {
  const { error, output } = await refused([], {}, { hostname: "other.example" });
  assertEquals([error.name, error.alert, error.origin], [
    "SSL_ERROR_BAD_CERT_DOMAIN",
    "bad_certificate",
    "local",
  ]);
  assert(output.includes("alert bad certificate"), output);
});

test("importFD() client learns of certificate_required from openssl s_server", async () => {
  const { error } = await refused([], { clientAuth: "require" }, {});
  assertEquals([error.name, error.origin], ["SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT", "peer"]);
});

test("importFD() client learns from openssl s_server that nothing is in common", async () => {
  const rows: readonly (readonly [Partial<ServerOptions>, ImportOptions])[] = [
    [{ suites: ["TLS_AES_128_GCM_SHA256"] }, { cipherSuites: ["TLS_AES_256_GCM_SHA384"] }],
    [{ groups: ["secp384r1"] }, { groups: ["x25519"] }],
    [{ certificate: "rsa" }, { signatureSchemes: ["ecdsa_secp256r1_sha256"] }],
  ];
  for (const [theirs, ours] of rows) {
    const { error } = await refused([], theirs, ours);
    assertEquals([error.name, error.origin], ["SSL_ERROR_HANDSHAKE_FAILURE_ALERT", "peer"]);
  }
});

test("importFD() server tells openssl s_client what it refuses", async () => {
  const rows: readonly (readonly [readonly string[], ImportOptions, string, RegExp])[] = [
    [[], { clientAuth: "require" }, "SSL_ERROR_NO_CERTIFICATE", /alert certificate required/],
    [
      ["-tls1_2"],
      { versions: { min: "TLSv1.3" } },
      "SSL_ERROR_UNSUPPORTED_VERSION",
      /alert protocol version/,
    ],
    [
      ["-ciphersuites", "TLS_AES_128_GCM_SHA256"],
      { cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
      "SSL_ERROR_NO_CYPHER_OVERLAP",
      /alert handshake failure/,
    ],
  ];
  for (const [extra, options, name, alert] of rows) {
    const { error, output } = await withClient(extra, options, async (process) => {
      await process.waitFor(/alert number|errno=/);
    });
    assert(error instanceof SslError, `${error} ${output}`);
    assertEquals([error.name, error.origin], [name, "local"]);
    assert(alert.test(output), output.slice(-2000));
  }
});

test("helloRetryRequestCallback() has openssl s_client say hello once more, and bring the token back", async () => {
  const token = new TextEncoder().encode("to be brought back");
  const asked: HelloRetryRequest[] = [];
  const fingerprints: string[] = [];
  const { error, output } = await withClient([], {
    clientHelloCallback: (_socket, { ja4 }) => void fingerprints.push(ja4),
    helloRetryRequestCallback: (_socket, request) => {
      asked.push(request);
      return request.firstHello ? { retryToken: token } : "accept";
    },
  }, (process) => roundTrip(process, 200));
  assertEquals(error, undefined, output.slice(-2000));
  assertEquals(asked.map(({ firstHello }) => firstHello), [true, false]);
  assertEquals(asked[1]!.clientToken, token);
  // The second hello has one extension more: the cookie.
  const [first, second] = fingerprints.map((ja4) => Number(ja4.slice(6, 8)));
  assertEquals([fingerprints.length, second! - first!], [2, 1]);
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  test(`importFD() server sends openssl s_client SCTs, which that verifies (${version})`, async () => {
    const pki = await testPki();
    const leaf = pki.leaf("server", "ecdsa-p256");
    const logKeys = await generateKeyPair();
    const certificates = [{
      cert: leaf.chain,
      key: leaf.key,
      scts: encodeSctList([await promise(logKeys, parseCertificatesPem(leaf.cert)[0]!)]),
    }];
    const file = `${pki.directory}/ct_${version}`;
    const key = logKeys.publicKey.der.toBase64();
    await Deno.writeTextFile(
      file,
      `enabled_logs = test\n[test]\ndescription = The Log\nkey = ${key}\n`,
    );
    const { error, output } = await withClient(
      ["-ct", "-ctlogfile", file],
      { certificates, versions: { min: version, max: version } },
      async (process) => {
        await process.waitFor((p) => /^ *Verify return code: /m.exec(p.stdout));
      },
    );
    assertEquals(error, undefined, output.slice(-2000));
    assertMatch(output, /SCTs present \(1\)/);
    assertMatch(output, /SCT validation status: valid/);
  });
}

/** What a log promises about a certificate (RFC 6962, Section 3.2). */
async function promise(
  { privateKey, publicKey }: KeyPair,
  { der }: { readonly der: Uint8Array },
): Promise<Sct> {
  const timestamp = new Date(Date.now() - 60_000);
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  const entry = "0000" + hex(der.length, 3) + der.toHex();
  const data = Uint8Array.fromHex("0000" + hex(timestamp.getTime(), 8) + entry + "0000");
  return {
    logId: await publicKey.digest(),
    timestamp,
    extensions: new Uint8Array(0),
    signatureAlgorithm: 0x0403,
    signature: await privateKey.sign("ecdsa_secp256r1_sha256", data),
  };
}

test("importFD() server learns from openssl s_client that its certificate is refused", async () => {
  const { error, output } = await withClient(
    ["-verify_hostname", "other.example"],
    {},
    async (process) => {
      await process.waitFor(/Hostname mismatch|hostname mismatch/);
    },
  );
  assert(error instanceof SslError, `${error} ${output}`);
  assertEquals(error.origin, "peer");
});

test("importFD() client tells a cut connection from an end", async () => {
  const peer = await server([]);
  const socket = await client(peer);
  await peer.exchange(socket, 200);
  const reading = assertRejects(() => socket.read(new Uint8Array(1)), SslError);
  // Its connection ends with the process, and no close_notify is said.
  Deno.kill(peer.process.pid, "SIGKILL");
  const error = await reading;
  assertEquals(error.name, "PR_END_OF_FILE_ERROR");
  await peer.close();
  socket[Symbol.dispose]();
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  test(`openssl that names only the root above a missing intermediate gets the client's certificate (${version})`, async () => {
    const pki = await testPki();
    const { cert, key, commonName } = pki.leaf("client", "ecdsa-p256");
    const authorities = `${pki.directory}/authorities.pem`;
    const files = [pki.rootFile, pki.intermediateFile];
    const texts = await Promise.all(files.map((file) => Deno.readTextFile(file)));
    await Deno.writeTextFile(authorities, texts.join(""));
    // -CAfile, the root's, is what the request names
    const extra = ["-Verify", "4", "-verify_return_error", "-verifyCAfile", authorities];
    await using to = await server(extra, { version });
    const socket = await client(to, {
      certificates: [{ cert, key }],
      versions: { min: version, max: version },
    });
    await to.exchange(socket, 100);
    await goodbye(socket);
    const [facts] = await to.finish(1);
    assertEquals(facts?.peerCertificate, commonName);
  });
}
