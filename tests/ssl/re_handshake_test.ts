// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Handshakes after the first one: renegotiation in TLS 1.2, post-handshake authentication in TLS
 * 1.3.
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import {
  authCertificate,
  authCertificateHook,
  cipherPrefSet,
  configServerCert,
  dataPending,
  exportKeyingMaterial,
  forceHandshake,
  getChannelInfo,
  handshakeCallback,
  type ImportOptions,
  invalidateSession,
  keyUpdate,
  localCertificate,
  newModel,
  optionSet,
  peerCertificate,
  type ProtocolVersion,
  reHandshake,
  type SslError,
  type SslSocket,
} from "@nss/nss";
import { getImplementedCiphers, namedGroupConfig } from "@nss/nss/ssl";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { configClientSessionCache } from "../../ssl/nss/client_session_cache.ts";
import { MemorySessionCache } from "../../ssl/session/memory_cache.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { MAX_RENEGOTIATIONS } from "../../ssl/engine/flood_limits.ts";
import { tls12CipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { MAX_KEPT_APPLICATION_DATA } from "../../ssl/connection/pump.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { configOf } from "../../ssl/config/config_registry.ts";
import { mayRenegotiate } from "../../ssl/handshake/tls12/renegotiation.ts";
import { MAX_CERTIFICATE_REQUESTS } from "../../ssl/handshake/client/tls13/certificate_requests.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  IMPATIENCE,
  join,
  type Joined,
  type JoinOptions,
  makeIdentity,
  pingPong,
  PKI,
  readExactly,
  serverOptions,
  session,
  turns,
} from "./_support.ts";
import { actOn, flip } from "./_filters.ts";
import { Acquaintance, editHello, ONLY_TLS12, ONLY_TLS13, tappedAndConnected } from "./_tls12.ts";

/** The most that one read from the transport adds to what is kept. */
const CHUNK = 8 * (16384 + 256 + 5);

/** A client that does what its server asks for after the handshake, in any version. */
function willing(options: ImportOptions = {}): ImportOptions {
  const model = newModel(clientOptions(options));
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return { ...options, model };
}

function serving(
  renegotiation: "NEVER" | "REQUIRES_XTN" | "UNRESTRICTED",
  options: ImportOptions = {},
) {
  const model = newModel(serverOptions(options));
  optionSet(model, "ENABLE_RENEGOTIATION", renegotiation);
  return { ...options, model };
}

function connectedIn(
  version: ProtocolVersion,
  { client = willing({ certificates: [PKI.client.credential] }), server = {}, ...rest }:
    JoinOptions = {},
): Promise<Joined> {
  const versions = { min: version, max: version };
  return connected({
    ...rest,
    client: { ...client, versions },
    server: { ...server, versions },
  });
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`reHandshake() lets a server ask for a certificate when it needs one (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    await pingPong(joined);
    assertEquals([peerCertificate(server), localCertificate(client)], [null, null]);
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = readExactly(client, 1);
    const info = await reHandshake(server);
    assertEquals(await server.handshake(), info);
    assertEquals(info.peerCertificates[0], PKI.client.cert);
    assertEquals(peerCertificate(server), PKI.client.cert);
    assertEquals(getChannelInfo(server).version, version);
    await server.write(new Uint8Array([9]));
    assertEquals(await reading, new Uint8Array([9]));
    assertEquals(localCertificate(client), PKI.client.cert);
    await pingPong(joined);
  });

  Deno.test(`reHandshake() tells the handshake callback of what has changed (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    const seen: (string | undefined)[] = [];
    handshakeCallback(server, async (_socket, { peerCertificates }) => {
      await Promise.resolve();
      seen.push(String(peerCertificates[0]?.subject));
    });
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = client.read(new Uint8Array(1));
    await reHandshake(server);
    assertEquals(seen, [String(PKI.client.cert.subject)]);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() keeps application data that crosses it (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(300_000).fill(5);
    const [, , received, answer] = await Promise.all([
      reHandshake(server),
      client.write(sent),
      readExactly(server, sent.length),
      readExactly(client, sent.length),
      server.write(sent),
    ]);
    assertEquals([received, answer], [sent, sent]);
    assertEquals(peerCertificate(server), PKI.client.cert);
  });

  Deno.test(`reHandshake() keeps so much application data that nobody reads, and no more (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(4 * MAX_KEPT_APPLICATION_DATA).fill(7);
    const writing = client.write(sent); // before the client hears of the request
    let least = 0;
    const asked = reHandshake(server);
    for (let same = 0; same < 20; same++) {
      await turns(1);
      if (dataPending(server) > least) [least, same] = [dataPending(server), 0];
    }
    assert(
      least > MAX_KEPT_APPLICATION_DATA && least <= MAX_KEPT_APPLICATION_DATA + CHUNK,
      `${least - MAX_KEPT_APPLICATION_DATA}`,
    );
    const reading = client.read(new Uint8Array(1));
    assertEquals(await readExactly(server, sent.length), sent);
    await Promise.all([writing, asked]);
    assertEquals(peerCertificate(server), PKI.client.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() goes on by itself when what was kept has been read (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const sent = new Uint8Array(1.5 * MAX_KEPT_APPLICATION_DATA).fill(7);
    const writing = client.write(sent); // before the client hears of the request
    const asked = reHandshake(server);
    while (dataPending(server) <= MAX_KEPT_APPLICATION_DATA) await turns(1);
    const reading = client.read(new Uint8Array(1));
    const kept = await server.read(new Uint8Array(sent.length));
    await Promise.all([writing, asked]); // though nobody reads the rest
    assertEquals(await readExactly(server, sent.length - kept!), sent.subarray(kept!));
    assertEquals(peerCertificate(server), PKI.client.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() insists on a certificate where that is configured (${version})`, async () => {
    await using joined = await connectedIn(version, { client: willing() });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    optionSet(server, "REQUIRE_CERTIFICATE", "ALWAYS");
    const reading = failureOf(client.read(new Uint8Array(1)));
    const error = await failureOf(reHandshake(server));
    const alert = version === "TLSv1.2" ? "handshake_failure" : "certificate_required";
    assertLocal(error, "SSL_ERROR_NO_CERTIFICATE", alert);
    assertFromPeer(await reading, alert);
    assertEquals(peerCertificate(server), null);
  });

  Deno.test(`reHandshake() goes on without a certificate where none is required (${version})`, async () => {
    await using joined = await connectedIn(version, { client: willing() });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    optionSet(server, "REQUIRE_CERTIFICATE", "NEVER");
    const reading = client.read(new Uint8Array(1));
    assertEquals((await reHandshake(server)).peerCertificates, []);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() refuses a client whose certificate is not trusted (${version})`, async () => {
    const stranger = await makeIdentity({ subject: "CN=Stranger" }, PKI.otherRoot);
    await using joined = await connectedIn(version, {
      client: willing({ getClientAuthData: () => stranger.credential }),
    });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = failureOf(client.read(new Uint8Array(1)));
    const error = await failureOf(reHandshake(server));
    assertLocal(error, "SEC_ERROR_UNKNOWN_ISSUER", "unknown_ca");
    assertFromPeer(await reading, "unknown_ca");
    assertEquals(peerCertificate(server), null);
  });

  Deno.test(`reHandshake() asks the hooks that are set by then (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    authCertificateHook(server, () => false);
    const reading = failureOf(client.read(new Uint8Array(1)));
    assertLocal(
      await failureOf(reHandshake(server)),
      "SSL_ERROR_BAD_CERTIFICATE",
      "bad_certificate",
    );
    assertFromPeer(await reading, "bad_certificate");
  });

  Deno.test(`reHandshake() can be asked twice, each time for another certificate (${version})`, async () => {
    const other = await makeIdentity({ subject: "CN=Other Client" }, PKI.root);
    const shown = [PKI.client, other];
    await using joined = await connectedIn(version, {
      client: willing({ getClientAuthData: () => shown.shift()!.credential }),
    });
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = client.read(new Uint8Array(1));
    assertEquals((await reHandshake(server)).peerCertificates[0], PKI.client.cert);
    assertEquals((await reHandshake(server)).peerCertificates[0], other.cert);
    await server.write(new Uint8Array(1));
    await reading;
  });

  Deno.test(`reHandshake() gives up waiting for a client that does not answer, and the connection goes on (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const late = failureOf(reHandshake(server, true, { timeout: IMPATIENCE }));
    assertEquals((await late).name, "PR_IO_TIMEOUT_ERROR");
    const controller = new AbortController();
    const aborted = failureOf(reHandshake(server, true, { signal: controller.signal }));
    controller.abort();
    const expected = version === "TLSv1.2"
      ? "PR_OPERATION_ABORTED_ERROR"
      : "SSL_ERROR_HANDSHAKE_NOT_COMPLETED"; // the request before is still to be answered
    assertEquals((await aborted).name, expected);
    const told = Promise.withResolvers<Certificate | undefined>();
    handshakeCallback(server, (_, { peerCertificates }) => told.resolve(peerCertificates[0]));
    // The client answers with what it reads next.
    const reading = readExactly(client, 1);
    await server.write(new Uint8Array([3]));
    assertEquals(await reading, new Uint8Array([3]));
    await client.write(new Uint8Array([4]));
    assertEquals(await readExactly(server, 1), new Uint8Array([4]));
    assertEquals(peerCertificate(server), PKI.client.cert);
    assertEquals(await told.promise, PKI.client.cert); // late as it is
  });

  Deno.test(`reHandshake() does not wait for ever for a handshake callback (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    handshakeCallback(server, () => new Promise(() => {}));
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const reading = failureOf(client.read(new Uint8Array(1)));
    const late = await failureOf(reHandshake(server, true, { timeout: IMPATIENCE }));
    assertEquals(late.name, "PR_IO_TIMEOUT_ERROR");
    assertEquals((await failureOf(server.write(new Uint8Array(1)))).name, "PR_IO_TIMEOUT_ERROR");
    await reading;
  });

  Deno.test(`reHandshake() needs a complete handshake (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    optionSet(server, "REQUEST_CERTIFICATE", true);
    const first = reHandshake(server);
    const second = await failureOf(reHandshake(server));
    assertEquals(second.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
    const reading = client.read(new Uint8Array(1));
    await first;
    await server.write(new Uint8Array(1));
    await reading;
  });
}

Deno.test("reHandshake() of a client of TLS 1.3 names keyUpdate()", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const error = await failureOf(reHandshake(joined.client));
  assertLocal(error, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED", "no_renegotiation");
  assert(error.message.includes("keyUpdate()"), error.message);
  await pingPong(joined);
});

Deno.test("what a client keeps after it has shown another certificate is for whom shows that one", async () => {
  const [context, serverContext] = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const versions = ONLY_TLS13;
  const { client, server } = await connectedIn("TLSv1.3", {
    client: willing({ context: context! }),
    server: { context: serverContext! },
  });
  // Set when the server's request was to be foreseen, after the handshake.
  await configServerCert(client, PKI.client.cert, PKI.client.keys.privateKey);
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const reading = readExactly(client, 1);
  await reHandshake(server, false);
  assertEquals(peerCertificate(server), PKI.client.cert);
  await server.write(new Uint8Array(1)); // and with it the tickets
  await reading;
  await Promise.all([client.close(), server.close()]);

  const again = async (options: ImportOptions) => {
    const [info] = await session({
      client: { ...willing({ context: context! }), versions, ...options },
      server: { context: serverContext!, versions },
    });
    return info.resumed;
  };
  assertEquals(await again({}), false);
  assertEquals(await again({ certificates: [PKI.client.credential] }), true);
});

Deno.test("reHandshake() that cannot begin leaves the session alone", async () => {
  const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const options: JoinOptions = {
    client: { context: contexts[0]!, versions: ONLY_TLS13 },
    server: { context: contexts[1]!, versions: ONLY_TLS13 },
  };
  await using joined = await connected(options);
  await pingPong(joined);
  for (const end of [joined.client, joined.server]) await failureOf(reHandshake(end));
  const [info] = await session(options);
  assertEquals(info.resumed, true);
});

Deno.test("reHandshake() cannot ask a client of TLS 1.3 that has not offered it", async () => {
  await using joined = await connectedIn("TLSv1.3", {
    client: clientOptions({ certificates: [PKI.client.credential] }),
  });
  const error = await failureOf(reHandshake(joined.server));
  assertEquals(error.name, "SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION");
  await pingPong(joined);
});

Deno.test("reHandshake() asks once more after keys were renewed, by either end", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const { client, server } = joined;
  await keyUpdate(client, true);
  await pingPong(joined);
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const asked = reHandshake(server);
  await keyUpdate(client); // before it has read the request
  const reading = client.read(new Uint8Array(1));
  assertEquals((await asked).peerCertificates[0], PKI.client.cert);
  await server.write(new Uint8Array(1));
  await reading;
  await pingPong(joined);
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`a client that does not answer keeps nobody from writing and closing (${version})`, async () => {
    await using joined = await connectedIn(version);
    const { client, server } = joined;
    const asked = failureOf(reHandshake(server));
    if (version === "TLSv1.3") await keyUpdate(server);
    await server.write(new Uint8Array([1]));
    await server.closeWrite();
    await server.close();
    assertEquals((await asked).name, "PR_BAD_DESCRIPTOR_ERROR");
    assertEquals(await readExactly(client, 1), new Uint8Array([1]));
  });
}

Deno.test("a client refuses a CertificateRequest that it has not offered to answer", async () => {
  // The server is made to believe that it was offered.
  await using joined = await connected({
    client: { certificates: [PKI.client.credential], versions: ONLY_TLS13 },
    server: { versions: ONLY_TLS13 },
    serverInternals: {
      messageFilter: sentTwice(HandshakeType.keyUpdate, certificateRequest([1])),
    },
  });
  const reading = failureOf(joined.client.read(new Uint8Array(1)));
  await keyUpdate(joined.server);
  assertLocal(await reading, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST", "unexpected_message");
});

for (
  const [why, contexts, error, alert] of [
    ["an empty context", [[]], "SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "illegal_parameter"],
    ["a context twice", [[1], [1]], "SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "illegal_parameter"],
  ] as const
) {
  Deno.test(`a client refuses a CertificateRequest after the handshake with ${why}`, async () => {
    await using joined = await connected({
      client: { ...willing(), versions: ONLY_TLS13 },
      server: { versions: ONLY_TLS13 },
      serverInternals: {
        messageFilter: sentTwice(
          HandshakeType.keyUpdate,
          ...contexts.map((context) => certificateRequest(context)),
        ),
      },
    });
    joined.server.read(new Uint8Array(1)).catch(() => {});
    const reading = failureOf(joined.client.read(new Uint8Array(1)));
    await keyUpdate(joined.server);
    assertLocal(await reading, error, alert);
  });
}

Deno.test("a client answers so many certificate requests in one connection, and no more", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const { client, server } = joined;
  const reading = failureOf(client.read(new Uint8Array(1)));
  for (let i = 0; i < MAX_CERTIFICATE_REQUESTS; i++) await reHandshake(server);
  assertFromPeer(await failureOf(reHandshake(server)), "unexpected_message");
  assertLocal(await reading, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST", "unexpected_message");
});

for (
  const [what, edit, error, alert] of [
    [
      "another context",
      (m: Bytes) => m.with(5, m[5]! ^ 1),
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      "illegal_parameter",
    ],
    [
      "no context",
      (m: Bytes) => framed(m[0]!, [0, ...m.subarray(4 + 33)]),
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      "illegal_parameter",
    ],
  ] as const
) {
  Deno.test(`a server refuses an answer to its request with ${what}`, async () => {
    let armed = false;
    await using joined = await connectedIn("TLSv1.3", {
      clientInternals: {
        messageFilter: ({ type, raw }) =>
          armed && type === HandshakeType.certificate ? [edit(raw)] : [raw],
      },
    });
    armed = true;
    const reading = failureOf(joined.client.read(new Uint8Array(1)));
    assertLocal(await failureOf(reHandshake(joined.server)), error, alert);
    assertFromPeer(await reading, alert);
    assertEquals(peerCertificate(joined.server), null);
  });
}

Deno.test("a server believes no certificate after the handshake whose Finished is wrong", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.3", {
    clientInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.finished ? [raw.with(9, raw[9]! ^ 1)] : [raw],
    },
  });
  armed = true;
  const reading = failureOf(joined.client.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(joined.server));
  assertLocal(error, "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE", "decrypt_error");
  assertFromPeer(await reading, "decrypt_error");
  assertEquals(peerCertificate(joined.server), null);
});

Deno.test("reHandshake() renegotiates for a client, with new keys", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN"),
  });
  const { client, server } = joined;
  const before = await exportKeyingMaterial(client, "EXPORTER-test", 16);
  const reading = readExactly(server, 1);
  const info = await reHandshake(client);
  assertEquals([info.resumed, info.version], [false, "TLSv1.2"]);
  await client.write(new Uint8Array([7]));
  assertEquals(await reading, new Uint8Array([7]));
  const after = await Promise.all(
    [client, server].map((socket) => exportKeyingMaterial(socket, "EXPORTER-test", 16)),
  );
  assertEquals(after[0], after[1]);
  assertNotEquals(after[0], before);
  await pingPong(joined);
});

Deno.test("reHandshake() resumes the session where it is not flushed", async () => {
  const two = new Acquaintance();
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({ context: two.client }),
    server: serving("REQUIRES_XTN", { context: two.server }),
  });
  const reading = readExactly(joined.server, 2);
  assertEquals((await reHandshake(joined.client, false)).resumed, true);
  await joined.client.write(new Uint8Array(1));
  assertEquals((await reHandshake(joined.client, true)).resumed, false);
  await joined.client.write(new Uint8Array(1));
  await reading;
  // What the renegotiation has left is good for another connection, too.
  const [info] = await session({
    client: { context: two.client, versions: ONLY_TLS12 },
    server: { context: two.server, versions: ONLY_TLS12 },
  });
  assertEquals([info.version, info.resumed], ["TLSv1.2", true]);
});

for (const gives of [false, true]) {
  const title = gives
    ? "forgets the session before it, too"
    : "is what keeps it from being resumed";
  Deno.test(`invalidateSession() in the middle of a renegotiation ${title}`, async () => {
    const two = new Acquaintance();
    let asked = 0;
    // Of two versions, unlike the renegotiation, under which the session must be found all the
    // same.
    const client = willing({
      context: two.client,
      authCertificate: async (socket, peer) => {
        if (++asked === 2 && gives) await invalidateSession(socket);
        return await authCertificate(socket, peer);
      },
    });
    const server = serving("REQUIRES_XTN", { context: two.server, versions: ONLY_TLS12 });
    {
      await using joined = await connected({ client, server });
      const reading = readExactly(joined.client, 1);
      await reHandshake(joined.server, true);
      await joined.server.write(new Uint8Array(1));
      await reading;
    }
    const [info] = await session({ client, server });
    assertEquals([info.version, info.resumed], ["TLSv1.2", !gives]);
  });
}

for (
  const [title, begins, clientAuth, certificates, resumes] of [
    ["wants a certificate does not resume without one", "server", "request", [], false],
    ["wants a certificate resumes with one", "server", "request", [PKI.client.credential], true],
    ["wants no certificate resumes without one", "server", "none", [], true],
    ["follows the client's request resumes without one", "client", "request", [], true],
  ] as const
) {
  Deno.test(`a server that renegotiates and ${title}`, async () => {
    let ticket: Bytes | null = null;
    let types: number[] = [];
    // As clients may that are not NSS's: it offers its session, whoever wants the handshake.
    const offer = editHello("ClientHello", ExtensionType.sessionTicket, () => ticket!);
    await using joined = await connectedIn("TLSv1.2", {
      client: willing({ certificates }),
      server: serving("REQUIRES_XTN", { clientAuth }),
      clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit: offer }) },
      serverInternals: {
        messageFilter: ({ type, body, raw }) => {
          types.push(type);
          // Behind its lifetime and its length.
          if (type === HandshakeType.newSessionTicket) ticket ??= body.slice(6);
          return [raw];
        },
      },
    });
    types = [];
    const [own, peer] = begins === "server"
      ? [joined.server, joined.client]
      : [joined.client, joined.server];
    // Only the filter offers the session: the two see different hellos, and it fails later.
    const failing = failureOf(reHandshake(own, begins === "client"));
    await Promise.all([failing, failureOf(peer.read(new Uint8Array(1)))]);
    assertEquals(types.includes(HandshakeType.certificate), !resumes);
    assertEquals(types.includes(HandshakeType.finished), resumes);
  });
}

Deno.test("reHandshake() cannot begin with no suite or group of TLS 1.2 left, and the connection goes on", async () => {
  const changes: ((client: SslSocket) => void)[] = [
    (client) => {
      for (const suite of getImplementedCiphers()) {
        if (tls12CipherSuiteById(suite) !== undefined) cipherPrefSet(client, suite, false);
      }
    },
    (client) => namedGroupConfig(client, ["X25519MLKEM768"]),
  ];
  for (const change of changes) {
    await using joined = await connected({
      client: willing({ versions: { min: "TLSv1.2", max: "TLSv1.3" } }),
      server: { ...serving("REQUIRES_XTN"), versions: ONLY_TLS12 },
    });
    const { client, server } = joined;
    change(client);
    assertEquals((await failureOf(reHandshake(client))).name, "SSL_ERROR_SSL_DISABLED");
    const reading = readExactly(server, 1);
    await client.write(new Uint8Array([5]));
    assertEquals(await reading, new Uint8Array([5]));
  }
});

Deno.test("reHandshake() in the moment in which the peer begins is refused, and the peer's goes on", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  let refused: ReturnType<typeof failureOf> | undefined;
  // What the option says is asked for when the peer's request has come, and nothing of it has been
  // done.
  Object.defineProperty(configOf(client), "renegotiation", {
    enumerable: true,
    get() {
      refused ??= failureOf(reHandshake(client));
      return "REQUIRES_XTN";
    },
  });
  const reading = readExactly(client, 1);
  const info = await reHandshake(server);
  assertEquals(info.version, "TLSv1.2");
  assertEquals((await refused)?.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  await server.write(new Uint8Array([6]));
  assertEquals(await reading, new Uint8Array([6]));
});

Deno.test("reHandshake() by a hook of the peer's renegotiation is refused, and the peer's goes on", async () => {
  let hellos = 0;
  let refused: SslError | undefined;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", {
      sniSocketConfig: async (socket) => {
        if (++hellos === 1) return;
        refused = await failureOf(reHandshake(socket, true, { timeout: IMPATIENCE }));
      },
    }),
  });
  const { client, server } = joined;
  const reading = readExactly(server, 1);
  await reHandshake(client);
  assertEquals(refused?.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  await client.write(new Uint8Array([6]));
  assertEquals(await reading, new Uint8Array([6]));
});

Deno.test("reHandshake() meets the error that ended the connection, whatever else is over", async () => {
  await using joined = await connectedIn("TLSv1.3", {
    serverInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.keyUpdate) throw new Error("no memory left");
        return [raw];
      },
    },
  });
  const { client, server } = joined;
  await client.closeWrite();
  assertEquals(await server.read(new Uint8Array(1)), null);
  const error = await failureOf(keyUpdate(server));
  assertEquals(await failureOf(reHandshake(server)), error);
});

Deno.test("reHandshake() that fails in the middle ends the connection", async () => {
  let hellos = 0;
  await using joined = await connectedIn("TLSv1.2", {
    client: willing(),
    server: serving("REQUIRES_XTN"),
    clientInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.clientHello && ++hellos === 2) throw new Error("no memory left");
        return [raw];
      },
    },
  });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(client));
  assertLocal(error, "SEC_ERROR_LIBRARY_FAILURE", "internal_error");
  assertEquals(await failureOf(client.write(new Uint8Array(1))), error);
  assertFromPeer(await reading, "internal_error");
});

Deno.test("reHandshake() does not wait for ever for a hook that judges the session again", async () => {
  const context = new NssContext({ trustAnchors: [] });
  configClientSessionCache({ context, cache: new MemorySessionCache() });
  let calls = 0;
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({
      context,
      authCertificate: () => ++calls === 1 || new Promise<never>(() => {}),
    }),
    server: serving("REQUIRES_XTN"),
  });
  const late = await failureOf(reHandshake(joined.client, false, { timeout: IMPATIENCE }));
  assertLocal(late, "PR_IO_TIMEOUT_ERROR", null);
  assertEquals(calls, 2);
});

Deno.test("reHandshake() goes by what is configured by then: another suite", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const before = getChannelInfo(client).cipherSuite;
  cipherPrefSet(client, before as "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", false);
  const reading = readExactly(server, 1);
  const { cipherSuite } = await reHandshake(client);
  assertNotEquals(cipherSuite, before);
  await client.write(new Uint8Array(1));
  await reading;
  assertEquals(getChannelInfo(server).cipherSuite, cipherSuite);
});

Deno.test("reHandshake() of a client is declined by a server that has not enabled it, and the connection goes on", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  const reading = readExactly(server, 1);
  const before = getChannelInfo(client);
  const error = await failureOf(reHandshake(client));
  assertFromPeer(error, "no_renegotiation");
  assertEquals(getChannelInfo(client), before);
  await client.write(new Uint8Array([1]));
  assertEquals(await reading, new Uint8Array([1]));
  await pingPong(joined);
});

Deno.test("reHandshake() of a server is declined by a client that has not enabled it, and the connection goes on", async () => {
  await using joined = await connectedIn("TLSv1.2", { client: clientOptions() });
  const { client, server } = joined;
  const reading = readExactly(client, 1);
  assertFromPeer(await failureOf(reHandshake(server)), "no_renegotiation");
  await server.write(new Uint8Array([1]));
  assertEquals(await reading, new Uint8Array([1]));
  await pingPong(joined);
});

Deno.test("reHandshake() rejects before the first handshake", async () => {
  await using joined = join();
  const error = await failureOf(reHandshake(joined.client));
  assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
});

Deno.test("reHandshake() needs the extended master secret (RFC 7627, Section 5.4)", async () => {
  const client = newModel(clientOptions());
  optionSet(client, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  optionSet(client, "ENABLE_EXTENDED_MASTER_SECRET", false);
  await using joined = await connectedIn("TLSv1.2", {
    client: { model: client },
    server: serving("REQUIRES_XTN"),
  });
  assertEquals(getChannelInfo(joined.client).extendedMasterSecret, false);
  const error = await failureOf(reHandshake(joined.client));
  assertEquals(error.name, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED");
  await pingPong(joined);
});

for (const role of ["client", "server"] as const) {
  Deno.test(`a ${role} refuses a renegotiation that loses the extended master secret`, async () => {
    const withoutIt = editHello("ServerHello", ExtensionType.extendedMasterSecret, null);
    await using joined = await connectedIn("TLSv1.2", {
      client: willing(),
      server: serving("UNRESTRICTED"),
      ...(role === "server" ? {} : {
        serverInternals: {
          messageFilter: actOn(HandshakeType.serverHello, 1, { edit: withoutIt }),
        },
      }),
    });
    const { client, server } = joined;
    if (role === "server") optionSet(client, "ENABLE_EXTENDED_MASTER_SECRET", false);
    const reading = failureOf(server.read(new Uint8Array(1)));
    const errors = { client: await failureOf(reHandshake(client)), server: await reading };
    assertLocal(errors[role], "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET", "handshake_failure");
    assertFromPeer(errors[role === "client" ? "server" : "client"], "handshake_failure");
  });
}

Deno.test("a server renegotiates so often without application data between, and no more", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  for (let i = 0; i < MAX_RENEGOTIATIONS; i++) await reHandshake(client);
  assertFromPeer(await failureOf(reHandshake(client)), "no_renegotiation");
  assertLocal(await reading, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED", "no_renegotiation");
});

Deno.test("application data between sets the count of renegotiations back", async () => {
  await using joined = await connectedIn("TLSv1.2", { server: serving("REQUIRES_XTN") });
  const { client, server } = joined;
  const total = 2 * MAX_RENEGOTIATIONS;
  const reading = readExactly(server, total);
  for (let i = 0; i < total; i++) {
    await reHandshake(client);
    await client.write(new Uint8Array([i]));
  }
  assertEquals((await reading).length, total);
});

for (
  const [who, internals, at] of [
    ["ClientHello", "clientInternals", "server"],
    ["ServerHello", "serverInternals", "client"],
  ] as const
) {
  for (
    const [what, edit] of [
      ["another handshake's renegotiation_info", (body: Bytes) => body.with(1, body[1]! ^ 1)],
      ["an empty renegotiation_info", () => new Uint8Array([0])],
    ] as const
  ) {
    Deno.test(`a ${at} refuses a ${who} that renegotiates with ${what} (RFC 5746)`, async () => {
      let armed = false;
      const type = who === "ClientHello" ? HandshakeType.clientHello : HandshakeType.serverHello;
      const filter = editedExtension(type, 0xff01, edit);
      await using joined = await connectedIn("TLSv1.2", {
        server: serving("REQUIRES_XTN"),
        [internals]: {
          messageFilter: ((message) => armed ? filter(message) : [message.raw]) as MessageFilter,
        },
      });
      armed = true;
      const { client, server } = joined;
      const reading = failureOf(server.read(new Uint8Array(1)));
      const own = await failureOf(reHandshake(client));
      const [found, told] = at === "client" ? [own, await reading] : [await reading, own];
      assertLocal(found, "SSL_ERROR_UNSAFE_NEGOTIATION", "handshake_failure");
      assertFromPeer(told, "handshake_failure");
    });
  }
}

Deno.test("a client takes no application data between the change_cipher_spec and the Finished of a renegotiation", async () => {
  await using joined = await tappedAndConnected("server", {
    client: willing(),
    server: serving("REQUIRES_XTN"),
  });
  const { client, server, tap } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  tap.rewrite = (record) => {
    const isFinished = record.type === ContentType.handshake &&
      record.fragment[0] === HandshakeType.finished;
    const early = { type: ContentType.applicationData, fragment: new Uint8Array([1]) };
    return isFinished ? [early, record] : [record];
  };
  const error = await failureOf(reHandshake(client));
  assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_APPLICATION_DATA", "unexpected_message");
  assertFromPeer(await reading, "unexpected_message");
});

Deno.test("a client refuses a server that shows another certificate when it renegotiates", async () => {
  const other = await makeIdentity({ dnsNames: ["server.test"] }, PKI.root);
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  await configServerCert(server, other.cert, other.keys.privateKey);
  const reading = failureOf(client.read(new Uint8Array(1)));
  assertFromPeer(await failureOf(reHandshake(server)), "illegal_parameter");
  assertLocal(await reading, "SSL_ERROR_RX_MALFORMED_CERTIFICATE", "illegal_parameter");
  assertEquals(peerCertificate(client), PKI.server.cert);
});

for (const [what, second] of [["another", "c"], ["no", null]] as const) {
  for (const role of ["client", "server"] as const) {
    Deno.test(`a ${role} refuses a renegotiation that ends in ${what} application protocol`, async () => {
      const chosen: (string | null)[] = ["b", role === "server" ? second : "b"];
      const alpnProtocols = ["b", "c"];
      const changed = second === null ? null : flip(-1); // its last bit tells "c" from "b"
      const alpn = ExtensionType.applicationLayerProtocolNegotiation;
      const edit = editHello("ServerHello", alpn, changed);
      await using joined = await connectedIn("TLSv1.2", {
        client: willing({ alpnProtocols }),
        server: serving("REQUIRES_XTN", { nextProtoCallback: () => chosen.shift()! }),
        serverInternals: role === "server" ? {} : {
          messageFilter: actOn(HandshakeType.serverHello, 1, { edit }),
        },
      });
      const { client, server } = joined;
      const reading = failureOf(server.read(new Uint8Array(1)));
      const errors = { client: await failureOf(reHandshake(client)), server: await reading };
      assertLocal(errors[role], "SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID", "illegal_parameter");
      assertFromPeer(errors[role === "client" ? "server" : "client"], "illegal_parameter");
    });
  }
}

Deno.test("a server refuses a client that becomes another one in a renegotiation of its own", async () => {
  const other = await makeIdentity({ subject: "CN=Other Client" }, PKI.root);
  const shown = [PKI.client, other];
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({ getClientAuthData: () => shown.shift()!.credential }),
    server: serving("REQUIRES_XTN", { clientAuth: "require" }),
  });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  assertFromPeer(await failureOf(reHandshake(client)), "illegal_parameter");
  assertLocal(await reading, "SSL_ERROR_RX_MALFORMED_CERTIFICATE", "illegal_parameter");
});

Deno.test("a client that is not asked again stays who it is", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", { clientAuth: "require" }),
  });
  const { client, server } = joined;
  optionSet(server, "REQUEST_CERTIFICATE", false);
  const reading = readExactly(server, 1);
  await reHandshake(client);
  await client.write(new Uint8Array(1));
  await reading;
  assertEquals(peerCertificate(server), PKI.client.cert);
});

Deno.test("a client that stands by override and is not asked again stands by override still", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", {
      clientAuth: "require",
      authCertificate: () => false,
      badCert: () => true,
    }),
  });
  const { client, server } = joined;
  const { badCertAccepted, peerSignatureScheme } = getChannelInfo(server);
  assertEquals([badCertAccepted, peerSignatureScheme], [true, "ecdsa_secp256r1_sha256"]);
  optionSet(server, "REQUEST_CERTIFICATE", false);
  const reading = readExactly(server, 1);
  await reHandshake(client);
  await client.write(new Uint8Array(1));
  await reading;
  const after = getChannelInfo(server);
  assertEquals(after.peerCertificates, [PKI.client.cert]);
  assertEquals([after.badCertAccepted, after.peerSignatureScheme], [true, null]);
});

Deno.test("a renegotiation that the peer leaves in the middle ends the connection in time", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", { handshakeTimeout: 20_000 }),
    serverInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.serverHelloDone ? [] : [raw],
    },
  });
  armed = true;
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(client, true, { timeout: IMPATIENCE }));
  assertEquals(error.name, "PR_IO_TIMEOUT_ERROR");
  assertEquals((await failureOf(client.write(new Uint8Array(1)))).name, "PR_IO_TIMEOUT_ERROR");
  await reading;
});

Deno.test("close_notify in the middle of a renegotiation ends it with an error", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN"),
    serverInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.serverHelloDone ? [] : [raw],
    },
  });
  armed = true;
  const { client, server } = joined;
  server.read(new Uint8Array(1)).catch(() => {});
  const shaking = failureOf(reHandshake(client));
  await forceHandshake(server, { timeout: IMPATIENCE }).catch(() => {});
  await server.close().catch(() => {});
  assertEquals((await shaking).name, "PR_END_OF_FILE_ERROR");
});

Deno.test("forceHandshake() waits for the handshake that is under way, after the first one, too", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const asked = reHandshake(server);
  await Promise.resolve();
  const forced = forceHandshake(server);
  const reading = client.read(new Uint8Array(1));
  await asked;
  await server.write(new Uint8Array(1));
  await reading;
  assertEquals((await forced).peerCertificates[0], PKI.client.cert);
});

Deno.test("forceHandshake() gives up in time, or when it is told to, and with it the connection", async () => {
  for (
    const [bounds, name] of [
      [{ timeout: IMPATIENCE }, "PR_IO_TIMEOUT_ERROR"],
      [{ signal: AbortSignal.abort("enough") }, "PR_OPERATION_ABORTED_ERROR"],
    ] as const
  ) {
    await using joined = join();
    assertEquals((await failureOf(forceHandshake(joined.client, bounds))).name, name);
    assertEquals((await failureOf(joined.client.handshake())).name, name);
  }
});

Deno.test("forceHandshake() of a complete handshake takes no time", async () => {
  await using joined = await connectedIn("TLSv1.2");
  const { version } = await forceHandshake(joined.client, { signal: AbortSignal.abort() });
  assertEquals(version, "TLSv1.2");
  await pingPong(joined);
});

Deno.test("mayRenegotiate() goes by the option, the role and what the peer knows", () => {
  const all = ["NEVER", "REQUIRES_XTN", "TRANSITIONAL", "UNRESTRICTED"] as const;
  const allowed = (role: "client" | "server", byPeer: boolean, knows: boolean, binds: boolean) =>
    all.filter((renegotiation) => {
      const config = { ...resolveConfig({}), role, renegotiation };
      const negotiated = { secureRenegotiation: knows, extendedMasterSecret: binds };
      return mayRenegotiate(config, negotiated, byPeer);
    });
  for (const role of ["client", "server"] as const) {
    assertEquals(allowed(role, true, true, true), all.slice(1));
    assertEquals(allowed(role, false, true, true), [...all]);
    for (const byPeer of [false, true]) {
      assertEquals(allowed(role, byPeer, false, true), all.slice(role === "client" ? 2 : 3));
      assertEquals(allowed(role, byPeer, true, false), ["UNRESTRICTED"]);
    }
  }
});

type Bytes = Uint8Array<ArrayBuffer>;

function framed(type: number, body: readonly number[]): Bytes {
  return new Uint8Array([type, 0, body.length >> 8, body.length & 255, ...body]);
}

/** A CertificateRequest for ECDSA with P-256. */
function certificateRequest(context: readonly number[]): Bytes {
  const extensions = [0, 13, 0, 4, 0, 2, 4, 3];
  return framed(HandshakeType.certificateRequest, [
    context.length,
    ...context,
    0,
    extensions.length,
    ...extensions,
  ]);
}

/** Sends other messages in the place of one of this type. */
function sentTwice(type: number, ...messages: readonly Bytes[]): MessageFilter {
  return (message) => message.type === type ? messages : [message.raw];
}

/** Edits an extension of a hello. */
function editedExtension(
  type: number,
  extension: number,
  edit: (body: Bytes) => Bytes,
): MessageFilter {
  return (message) =>
    message.type === type ? [rewritten(message.raw, extension, edit)] : [message.raw];
}

function rewritten(raw: Bytes, wanted: number, edit: (body: Bytes) => Bytes): Bytes {
  const isClient = raw[0] === HandshakeType.clientHello;
  let offset = 4 + 2 + 32;
  offset += 1 + raw[offset]!;
  offset += isClient ? 2 + (raw[offset]! << 8 | raw[offset + 1]!) : 2;
  offset += isClient ? 1 + raw[offset]! : 1;
  const head = [...raw.subarray(4, offset)];
  const extensions: number[] = [];
  for (let at = offset + 2; at < raw.length;) {
    const type = raw[at]! << 8 | raw[at + 1]!;
    const length = raw[at + 2]! << 8 | raw[at + 3]!;
    let body = raw.slice(at + 4, at + 4 + length);
    at += 4 + length;
    if (type === wanted) body = edit(body);
    extensions.push(type >> 8, type & 255, body.length >> 8, body.length & 255, ...body);
  }
  return framed(raw[0]!, [...head, extensions.length >> 8, extensions.length & 255, ...extensions]);
}
