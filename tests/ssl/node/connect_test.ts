// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { constants } from "node:crypto";
import { once } from "node:events";
import net from "node:net";
import { Duplex } from "node:stream";
import nodeTls from "node:tls";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertStrictEquals,
} from "@std/assert";
import {
  checkServerIdentity,
  connect,
  createSecureContext,
  createServer,
  TLSSocket,
} from "@nss/nss/node";
import { createCrl } from "@nss/nss/cert";
import { PASSPHRASE, PEMS, TestClient, TestServer, thrownBy, within } from "./_node_peers.ts";

Deno.test("connect: options, (port, host, options, listener), (port, options) and strings all connect", async () => {
  await using server = await TestServer.start();
  const { port } = server;
  const options = { ca: PEMS.root.cert, servername: "localhost" };
  const seen: string[] = [];
  for (
    const make of [
      () => connect({ ...options, port, host: "127.0.0.1" }, () => seen.push("a")),
      () => connect(port, "127.0.0.1", options, () => seen.push("b")),
      () => connect(port, { ...options, host: "127.0.0.1" }, () => seen.push("c")),
      () => connect(port, "127.0.0.1", options),
      () => connect(`${port}`, { ...options, host: "127.0.0.1" }, () => seen.push("d")),
      // An option counts more than an argument
      () => connect(1, "192.0.2.1", { ...options, port, host: "127.0.0.1" }, () => seen.push("e")),
    ]
  ) assertEquals(await new TestClient(make()).finish(), "hello");
  assertEquals(seen.join(""), "abcde");
});

Deno.test("connect: a path, as argument and as option, leads to a Unix socket", async () => {
  const directory = await Deno.makeTempDir();
  const path = `${directory}/socket`;
  const { cert, key } = PEMS.server;
  const server = createServer({ cert, key }, (socket) => socket.end("hello"));
  await once(server.listen(path), "listening");
  const options = { ca: PEMS.root.cert, servername: "localhost" };
  assertEquals(await new TestClient(connect(path, options)).finish(), "hello");
  assertEquals(await new TestClient(connect({ ...options, path })).finish(), "hello");
  await within(once(server.close(), "close"));
  await Deno.remove(directory, { recursive: true });
});

Deno.test("connect: the events come in Node's order, and the class is Node's and ours", async () => {
  await using server = await TestServer.start();
  const client = server.connect();
  assert(client.socket.connecting);
  assertInstanceOf(client.socket, TLSSocket);
  assertInstanceOf(client.socket, nodeTls.TLSSocket);
  assertInstanceOf(client.socket, net.Socket);
  await client.finish();
  const order = client.events.filter((event) => event !== "session");
  assertEquals(order, ["connect", "ready", "secureConnect", "end", "close"]);
  assert(client.socket.authorized);
  assertEquals(client.socket.authorizationError, null);
});

Deno.test("connect: ca decides whom to trust, and rejectUnauthorized: false reports why not", async () => {
  await using server = await TestServer.start();
  const codes: unknown[] = [];
  for (const ca of [PEMS.otherRoot.cert, [], Buffer.from(PEMS.otherRoot.cert)]) {
    codes.push((await server.connect({ ca }).failure()).code);
  }
  assertEquals(codes, Array(3).fill("UNABLE_TO_VERIFY_LEAF_SIGNATURE"));
  const client = server.connect({ ca: PEMS.otherRoot.cert, rejectUnauthorized: false });
  assertEquals(await client.finish(), "hello");
  assertFalse(client.socket.authorized);
  assertEquals(String(client.socket.authorizationError), "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const [, both] = [0, [PEMS.otherRoot.cert, Buffer.from(PEMS.root.cert)]];
  assertEquals(await server.connect({ ca: both }).finish(), "hello");
  assertEquals(await server.connect({ ca: both.join("\n") }).finish(), "hello");
});

Deno.test("connect: rejectUnauthorized undefined and null reject, as in Node", async () => {
  await using server = await TestServer.start();
  const ca = PEMS.otherRoot.cert;
  const given: object = { ca, rejectUnauthorized: null };
  await server.connect(given).failure();
  await server.connect({ ca, rejectUnauthorized: undefined }).failure();
});

Deno.test("connect: each kind of untrusted chain has OpenSSL's code", async () => {
  const chain = (...all: { readonly cert: string }[]) => all.map(({ cert }) => cert).join("");
  const { selfSigned, server, deepServer, intermediate, root, otherRoot } = PEMS;
  const rows = [
    [selfSigned.cert, selfSigned.key, "DEPTH_ZERO_SELF_SIGNED_CERT"],
    [server.cert, server.key, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
    [chain(deepServer, intermediate), deepServer.key, "UNABLE_TO_GET_ISSUER_CERT_LOCALLY"],
    [chain(deepServer, intermediate, root), deepServer.key, "SELF_SIGNED_CERT_IN_CHAIN"],
  ] as const;
  for (const [cert, key, code] of rows) {
    await using peer = await TestServer.start({ cert, key });
    assertEquals((await peer.connect({ ca: otherRoot.cert }).failure()).code, code);
  }
});

Deno.test("connect: an intermediate in ca is a link, and an anchor only with allowPartialTrustChain", async () => {
  const { deepServer: { cert, key }, intermediate, root } = PEMS;
  await using server = await TestServer.start({ cert, key });
  await server.connect({ ca: intermediate.cert }).failure();
  assertEquals(await server.connect({ ca: [intermediate.cert, root.cert] }).finish(), "hello");
  const ca = intermediate.cert;
  assertEquals(await server.connect({ ca, allowPartialTrustChain: true }).finish(), "hello");
});

Deno.test("connect: the name is that of servername, else of host, and the common name counts alone", async () => {
  await using server = await TestServer.start();
  const error = await server.connect({ servername: "other.test" }).failure();
  assertEquals(error.code, "ERR_TLS_CERT_ALTNAME_INVALID");
  assertEquals(Reflect.get(error, "host"), "other.test");
  assertMatch(String(Reflect.get(error, "reason")), /DNS:localhost/);
  assertEquals(
    Object(Reflect.get(error, "cert")).subjectaltname,
    "DNS:localhost, DNS:*.server.test",
  );
  const byHost = await server.connect({ servername: undefined }).failure();
  assertEquals(Reflect.get(byHost, "host"), "127.0.0.1");
  assertEquals(
    await server.connect({ servername: undefined, host: "localhost" }).finish(),
    "hello",
  );
  assertEquals(await server.connect({ servername: "a.server.test" }).finish(), "hello");
  const { cert, key } = PEMS.commonName;
  await using named = await TestServer.start({ cert, key });
  assertEquals(await named.connect().finish(), "hello");
});

Deno.test("connect: servername is sent, an empty one sends none, and so does an address", async () => {
  await using server = await TestServer.start();
  for (
    const [options, sent] of [
      [{}, "localhost"],
      [{ servername: undefined, host: "localhost" }, "localhost"],
      [{ servername: "", host: "localhost" }, false],
      [{ servername: "", checkServerIdentity: () => undefined }, false],
    ] as const
  ) {
    await server.connect(options).finish();
    assertEquals(server.sockets.at(-1)?.servername, sent);
  }
});

Deno.test("connect: checkServerIdentity gets the name and the whole chain, and its error is the socket's", async () => {
  const { deepServer: { cert, key }, intermediate } = PEMS;
  await using server = await TestServer.start({ cert: cert + intermediate.cert, key });
  const refusal = Object.assign(new Error("not this one"), { code: "PINNED" });
  const seen: unknown[] = [];
  const check = (hostname: string, peer: nodeTls.PeerCertificate) => {
    const issuer: unknown = Reflect.get(peer, "issuerCertificate");
    seen.push(hostname, peer.subject.CN, Object(issuer).subject.CN, peer.fingerprint256.length);
    return refusal;
  };
  const client = server.connect({ checkServerIdentity: check });
  assertStrictEquals(await client.failure(), refusal);
  assertEquals(seen, ["localhost", "deep", "Test Intermediate", 95]);
  const lax = server.connect({ checkServerIdentity: check, rejectUnauthorized: false });
  assertEquals(await lax.finish(), "hello");
  assertEquals(String(lax.socket.authorizationError), "PINNED");
  assertFalse(lax.socket.authorized);
});

Deno.test("connect: checkServerIdentity replaces the check of the name alone, and may be asynchronous", async () => {
  await using server = await TestServer.start();
  const anyName = { servername: "other.test", checkServerIdentity: () => undefined };
  assertEquals(await server.connect(anyName).finish(), "hello");
  let isAsked = false;
  const checkServerIdentity = () => {
    isAsked = true;
    return undefined;
  };
  await server.connect({ ca: PEMS.otherRoot.cert, checkServerIdentity }).failure();
  assertFalse(isAsked); // as in Node, of trusted certificates only
  const later: object = { checkServerIdentity: () => Promise.resolve(new Error("later")) };
  assertEquals((await server.connect(later).failure()).message, "later");
  const own = { checkServerIdentity };
  assertEquals(await server.connect(own).finish(), "hello");
  const asNode = { checkServerIdentity: checkServerIdentityOfNode };
  assertEquals(await server.connect(asNode).finish(), "hello");
});

function checkServerIdentityOfNode(hostname: string, cert: nodeTls.PeerCertificate) {
  return checkServerIdentity(hostname, cert);
}

Deno.test("connect: with crl each certificate needs a list, and a revoked one is refused", async () => {
  await using server = await TestServer.start();
  const { root, otherRoot, server: { certificate } } = PEMS;
  const yesterday = new Date(Date.now() - 86_400_000);
  const tomorrow = new Date(Date.now() + 86_400_000);
  const crlOf = async (revoked: boolean, issuer = root) =>
    (await createCrl({
      issuer: { certificate: issuer.certificate, privateKey: issuer.keys.privateKey },
      crlNumber: 1n,
      thisUpdate: yesterday,
      nextUpdate: tomorrow,
      revoked: revoked
        ? [{ serialNumber: certificate.serialNumber, revocationDate: yesterday }]
        : [],
    })).toPem();
  assertEquals(await server.connect({ crl: await crlOf(false) }).finish(), "hello");
  const revoked = await server.connect({ crl: [await crlOf(true)] }).failure();
  assertEquals(revoked.code, "CERT_REVOKED");
  const missing = await server.connect({ crl: await crlOf(false, otherRoot) }).failure();
  assertEquals(missing.code, "UNABLE_TO_GET_CRL");
});

Deno.test("connect: ciphers, ecdhCurve, sigalgs, minVersion and maxVersion decide what is negotiated", async () => {
  await using server = await TestServer.start({ ALPNProtocols: ["b", "a"] });
  const negotiated = async (options: object) => {
    const client = server.connect(options);
    await client.finish();
    const info = client.socket.channelInfo;
    return [info?.version, info?.cipherSuite, info?.group, info?.alpnProtocol];
  };
  const suite = "TLS_AES_256_GCM_SHA384";
  assertEquals(
    await negotiated({ ciphers: suite, ecdhCurve: "P-384", ALPNProtocols: ["a"] }),
    ["TLSv1.3", suite, "secp384r1", "a"],
  );
  assertEquals(
    await negotiated({
      maxVersion: "TLSv1.2",
      ciphers: "ECDHE-ECDSA-CHACHA20-POLY1305",
      ecdhCurve: "prime256v1",
      ALPNProtocols: Buffer.from("\x01a\x01b"),
    }),
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", "secp256r1", "b"],
  );
  assertEquals((await negotiated({ secureProtocol: "TLSv1_2_method" }))[0], "TLSv1.2");
  const { SSL_OP_NO_TLSv1_3 } = constants;
  assertEquals((await negotiated({ secureOptions: SSL_OP_NO_TLSv1_3 }))[0], "TLSv1.2");
  await server.connect({ sigalgs: "RSA-PSS+SHA256" }).failure(); // the server's key is EC
  assertEquals((await negotiated({ sigalgs: "ECDSA+SHA256" }))[0], "TLSv1.3");
});

Deno.test("connect: cert and key, under a password too, authenticate the client", async () => {
  await using server = await TestServer.start({ requestCert: true, ca: PEMS.root.cert });
  const { cert, key, encryptedKey, keys } = PEMS.client;
  const { cert: rsaCert, key: rsaKey } = PEMS.rsaServer;
  const owner: object = { cert, key: keys.privateKey };
  for (
    const options of [
      { cert, key },
      { cert: Buffer.from(cert), key: [Buffer.from(key)] },
      { cert, key: encryptedKey, passphrase: PASSPHRASE },
      { cert, key: [{ pem: encryptedKey, passphrase: PASSPHRASE }] },
      { cert: [cert, rsaCert], key: [rsaKey, key], sigalgs: "ECDSA+SHA256" },
      owner,
    ]
  ) {
    assertEquals(await server.connect(options).finish(), "hello");
    assert(server.sockets.at(-1)?.authorized);
    assertEquals(server.sockets.at(-1)?.getPeerX509Certificate()?.subject, "CN=client");
  }
  const wrong = await server.connect({ cert, key: encryptedKey, passphrase: "no" }).failure();
  assertEquals(wrong.code, "SEC_ERROR_BAD_PASSWORD");
});

Deno.test("connect: session resumes, and nothing else does", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    await using server = await TestServer.start({ maxVersion });
    const sessions: Buffer[] = [];
    const first = server.connect();
    first.socket.on("session", (session: Buffer) => sessions.push(session));
    await first.finish();
    assert(sessions.length > 0, maxVersion);
    const again = server.connect();
    await again.finish();
    assertFalse(again.socket.isSessionReused());
    const resumed = server.connect({ session: sessions[0] });
    await resumed.finish();
    assert(resumed.socket.isSessionReused());
    assert(resumed.socket.authorized);
  }
});

Deno.test("connect: a session of another host, of node:tls or of bad bytes makes a full handshake", async () => {
  await using server = await TestServer.start();
  const sessions: Buffer[] = [];
  const first = server.connect();
  first.socket.on("session", (session: Buffer) => sessions.push(session));
  await first.finish();
  for (
    const options of [
      { session: Buffer.from("no session") },
      { session: sessions[0], servername: "a.server.test" },
    ]
  ) {
    const client = server.connect(options);
    assertEquals(await client.finish(), "hello");
    assertFalse(client.socket.isSessionReused());
  }
});

Deno.test("connect: a session is resumed only if its certificate is trusted now", async () => {
  await using server = await TestServer.start();
  const sessions: Buffer[] = [];
  const first = server.connect({ ca: [], rejectUnauthorized: false });
  first.socket.on("session", (session: Buffer) => sessions.push(session));
  await first.finish();
  const session = sessions[0];
  assert(session !== undefined);
  const strict = await server.connect({ ca: PEMS.otherRoot.cert, session }).failure();
  assertEquals(strict.code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  const lax = server.connect({ ca: [], rejectUnauthorized: false, session });
  await lax.finish();
  assert(lax.socket.isSessionReused());
  assertFalse(lax.socket.authorized);
});

Deno.test("connect: keylog listeners get the secrets, a line each", async () => {
  await using server = await TestServer.start();
  const client = server.connect();
  const lines: string[] = [];
  client.socket.on("keylog", (line: Buffer) => lines.push(line.toString()));
  await client.finish();
  assert(lines.some((line) => /^CLIENT_TRAFFIC_SECRET_0 \w{64} \w+\n$/.test(line)));
});

Deno.test("connect: requestOCSP emits OCSPResponse before secureConnect, with null for none", async () => {
  await using server = await TestServer.start();
  const client = server.connect({ requestOCSP: true });
  const responses: unknown[] = [];
  client.socket.on("OCSPResponse", (response: unknown) => {
    responses.push(response, client.events.includes("secureConnect"));
  });
  await client.finish();
  assertEquals(responses, [null, false]);
  const ended = server.connect({ requestOCSP: true });
  ended.socket.on("OCSPResponse", () => ended.socket.destroy());
  await ended.close();
  assertFalse(ended.events.includes("secureConnect"));
});

Deno.test("connect: socket takes a connected, a connecting and any duplex stream", async () => {
  await using server = await TestServer.start();
  const { port } = server;
  const host = "localhost";
  const connected = net.connect(port, "127.0.0.1");
  await once(connected, "connect");
  connected.setEncoding("utf8");
  const wrong: unknown[] = [];
  connected.on("data", (data) => wrong.push(data));
  assertEquals(await server.connect({ socket: connected, host }).finish(), "hello");
  assertEquals(wrong, []); // records are not the plain connection's
  const connecting = net.connect(port, "127.0.0.1");
  assertEquals(await server.connect({ socket: connecting }).finish(), "hello");
  const plain = net.connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  const duplex = new Duplex({
    read() {
      plain.resume();
    },
    write(chunk, _encoding, done) {
      plain.write(chunk, done);
    },
    final(done) {
      plain.end(done);
    },
    destroy(error, done) {
      plain.destroy();
      done(error);
    },
  });
  plain.on("data", (data) => duplex.push(data) || plain.pause()).on("end", () => duplex.push(null));
  const client = server.connect({ socket: duplex });
  client.socket.on("end", () => client.socket.end()); // a duplex stream is half open, as in Node
  assertEquals(await client.finish(), "hello");
});

Deno.test("connect: TLS in TLS", async () => {
  await using inner = await TestServer.start();
  await using outer = await TestServer.start({}, (socket) => {
    const through = net.connect(inner.port, "127.0.0.1");
    socket.pipe(through).pipe(socket);
    for (const one of [socket, through]) one.on("error", () => {});
  });
  const tunnel = outer.connect().socket;
  tunnel.removeAllListeners("data");
  assertEquals(await inner.connect({ socket: tunnel }).finish(), "hello");
});

Deno.test("connect: a port that nobody listens on, lookup and signal are errors of Node's", async () => {
  const free = net.createServer().listen(0, "127.0.0.1");
  await once(free, "listening");
  const address = free.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await once(free.close(), "close");
  const refused = await new TestClient(connect({ port, host: "127.0.0.1" })).failure();
  assertEquals(refused.code, "ECONNREFUSED");
  const lookup: net.LookupFunction = (_name, _options, done) => done(new Error("no such name"), "");
  const unknown = await new TestClient(connect({ port, host: "x.test", lookup })).failure();
  assertMatch(unknown.message, /no such name/);
  await using server = await TestServer.start();
  const aborting = new AbortController();
  const client = server.connect({ signal: aborting.signal });
  aborting.abort();
  assertEquals((await client.failure()).code, "ABORT_ERR");
});

Deno.test("connect: lookup finds the address", async () => {
  await using server = await TestServer.start();
  const lookup: net.LookupFunction = (_name, { all }, done) =>
    all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4);
  const client = server.connect({ host: "a.server.test", servername: undefined, lookup });
  assertEquals(await client.finish(), "hello");
});

Deno.test("connect: timeout tells of silence, and onread reads into one buffer", async () => {
  await using silent = await TestServer.start({}, () => {});
  const waiting = silent.connect({ timeout: 50 });
  await within(once(waiting.socket, "timeout"));
  waiting.socket.destroy();
  await waiting.close();
  await using server = await TestServer.start();
  const pieces: string[] = [];
  const buffer = Buffer.alloc(2);
  const callback = (length: number, bytes: Uint8Array) => {
    pieces.push(Buffer.from(bytes.subarray(0, length)).toString());
    return true;
  };
  const reading: object = { onread: { buffer, callback } };
  await server.connect(reading).finish();
  assertEquals(pieces, ["he", "ll", "o"]);
});

Deno.test("connect: secureContext is one of createSecureContext(), and node:tls's is refused", async () => {
  await using server = await TestServer.start();
  const secureContext = createSecureContext({ ca: PEMS.root.cert, maxVersion: "TLSv1.2" });
  const client = server.connect({ secureContext, ca: undefined });
  await client.finish();
  assertEquals(client.socket.channelInfo?.version, "TLSv1.2");
  const foreign = nodeTls.createSecureContext({});
  const error = thrownBy(() => connect({ port: 1, secureContext: foreign }));
  assertMatch(error.message, /Cannot use option secureContext: .* createSecureContext\(\) of this/);
});

Deno.test("new TLSSocket: a client checks its server, and a server's end needs no tls.Server", async () => {
  const { cert, key } = PEMS.server;
  const plain = net.createServer((raw) => {
    const socket = new TLSSocket(raw, { isServer: true, cert, key });
    socket.on("error", () => {});
    socket.end("hello");
  });
  await once(plain.listen(0, "127.0.0.1"), "listening");
  const address = plain.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const open = (options: object) =>
    new TestClient(
      new TLSSocket(net.connect(port, "127.0.0.1"), { servername: "localhost", ...options }),
    );
  assertEquals(await open({ ca: PEMS.root.cert }).finish(), "hello");
  assertEquals((await open({ ca: [] }).failure()).code, "UNABLE_TO_VERIFY_LEAF_SIGNATURE");
  await within(once(plain.close(), "close"));
});
