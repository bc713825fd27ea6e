// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import nodeTls from "node:tls";
import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertThrows,
} from "@std/assert";
import { createOcspResponse } from "@nss/nss/cert";
import { exportPkcs12 } from "@nss/nss/pkcs11";
import {
  createSecureContext,
  createServer,
  type SecureContext,
  Server,
  type ServerOptions,
  TLSSocket,
} from "@nss/nss/node";
import { PASSPHRASE, PEMS, TestServer, thrownBy, within } from "./_node_peers.ts";

Deno.test("createServer: a Server is a net.Server, and takes a listener with and without options", async () => {
  const { cert, key } = PEMS.server;
  const seen: string[] = [];
  const listener = (socket: TLSSocket) => {
    seen.push(socket.constructor.name);
  };
  for (
    const server of [createServer({ cert, key }, listener), new Server({ cert, key }, listener)]
  ) {
    assertInstanceOf(server, Server);
    assertInstanceOf(server, net.Server);
  }
  const bare = createServer(listener);
  assertEquals(bare.listenerCount("secureConnection"), 1);
  bare.setSecureContext({ cert, key });
  await using server = await TestServer.start();
  server.server.on("secureConnection", listener);
  await server.connect().finish();
  assertEquals(seen, ["TLSSocket"]);
});

Deno.test("createServer: connection comes with the plain socket, secureConnection after the handshake", async () => {
  await using server = await TestServer.start();
  const seen: string[] = [];
  server.server.on("connection", (raw) => seen.push(raw instanceof TLSSocket ? "TLS" : "plain"));
  server.server.on("secureConnection", (socket: TLSSocket) => {
    seen.push(`${socket.getProtocol()} ${socket.servername} ${socket.authorized}`);
  });
  await server.connect().finish();
  assertEquals(seen, ["plain", "TLSv1.3 localhost false"]);
});

Deno.test("createServer: connection can be emitted with a stream of another server", async () => {
  const { cert, key } = PEMS.server;
  const server = createServer({ cert, key }, (socket) => socket.end("hello"));
  const plain = net.createServer((raw) => server.emit("connection", raw)).listen(0, "127.0.0.1");
  await once(plain, "listening");
  const address = plain.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  await using other = await TestServer.start();
  assertEquals(await other.connect({ port }).finish(), "hello");
  await within(once(plain.close(), "close"));
});

Deno.test("createServer: tlsClientError tells of garbage, of a client that leaves, and of one that refuses", async () => {
  await using server = await TestServer.start();
  const open = async () => {
    const raw = net.connect(server.port, "127.0.0.1");
    await once(raw, "connect");
    return raw;
  };
  const garbage = await open();
  garbage.end("GET / HTTP/1.1\r\n\r\n");
  await within(once(garbage.resume(), "close"));
  const leaving = await open();
  leaving.destroy();
  await within(once(server.server, "tlsClientError"));
  await server.connect({ ca: [] }).failure();
  while (server.clientErrors.length < 3) await within(once(server.server, "tlsClientError"));
  assertEquals(server.sockets.length, 0);
  const codes = server.clientErrors.map((error) => String(Reflect.get(error, "code")));
  assert(codes.includes("ECONNRESET"), codes.join());
  assert(codes.includes("ERR_SSL_TLSV1_ALERT_UNKNOWN_CA"), codes.join());
});

Deno.test("createServer: handshakeTimeout ends a silent client with ERR_TLS_HANDSHAKE_TIMEOUT", async () => {
  await using server = await TestServer.start({ handshakeTimeout: 50 });
  const raw = net.connect(server.port, "127.0.0.1");
  const [error] = await within(once(server.server, "tlsClientError"));
  assertEquals(error.code, "ERR_TLS_HANDSHAKE_TIMEOUT");
  raw.destroy();
});

Deno.test("createServer: requestCert requires a trusted certificate, and rejectUnauthorized: false reports", async () => {
  const { client, otherClient } = PEMS;
  const ca = PEMS.root.cert;
  await using strict = await TestServer.start({ requestCert: true, ca });
  assertEquals(await strict.connect({ cert: client.cert, key: client.key }).finish(), "hello");
  await strict.connect({ maxVersion: "TLSv1.2" }).failure();
  await strict.connect({ ...pair(otherClient), maxVersion: "TLSv1.2" }).failure();
  assertEquals(strict.sockets.length, 1);
  await using lax = await TestServer.start({ requestCert: true, rejectUnauthorized: false, ca });
  for (const options of [pair(client), pair(otherClient), {}]) await lax.connect(options).finish();
  assertEquals(lax.sockets.map(({ authorized }) => authorized), [true, false, false]);
  assertEquals(lax.sockets.map(({ authorizationError }) => String(authorizationError)), [
    "null",
    "DEPTH_ZERO_SELF_SIGNED_CERT",
    "UNABLE_TO_GET_ISSUER_CERT",
  ]);
});

function pair({ cert, key }: { readonly cert: string; readonly key: string }) {
  return { cert, key };
}

Deno.test("createServer: a client that was not trusted is not trusted after a resumption either", async () => {
  const options = { requestCert: true, rejectUnauthorized: false, ca: PEMS.root.cert };
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    await using server = await TestServer.start({ ...options, maxVersion });
    for (const [identity, isTrusted] of [[PEMS.otherClient, false], [PEMS.client, true]] as const) {
      const own = pair(identity);
      const sessions: Buffer[] = [];
      const first = server.connect(own);
      first.socket.on("session", (session: Buffer) => sessions.push(session));
      await first.finish();
      const [session] = sessions;
      const again = server.connect({ ...own, ...session && { session } });
      await again.finish();
      assertEquals(server.sockets.at(-1)?.authorized, isTrusted, maxVersion);
      assertEquals(again.socket.isSessionReused(), isTrusted, maxVersion);
    }
  }
});

Deno.test("createServer: addContext chooses certificates by name, the last added first", async () => {
  await using server = await TestServer.start();
  const { server: own, otherServer: other, rsaServer } = PEMS;
  server.server.addContext("other.test", pair(rsaServer));
  server.server.addContext("other.test", pair(other));
  server.server.addContext("*.wild.test", createSecureContext(pair(other)));
  const seen = async (servername: string) => {
    const client = server.connect({ servername, checkServerIdentity: () => undefined });
    await client.finish();
    return String(client.socket.channelInfo?.peerCertificates[0]?.subject);
  };
  assertEquals(await seen("other.test"), String(other.certificate.subject));
  assertEquals(await seen("a.wild.test"), String(other.certificate.subject));
  assertEquals(await seen("a.b.wild.test"), String(own.certificate.subject));
  assertEquals(await seen("localhost"), String(own.certificate.subject));
  assertThrows(() => server.server.addContext("", {}), Error, "hostname");
});

Deno.test("createServer: a name's context changes no version, and its ca replaces the server's", async () => {
  await using server = await TestServer.start({
    minVersion: "TLSv1.3",
    requestCert: true,
    ca: PEMS.root.cert,
  });
  const { otherServer, client, otherClient } = PEMS;
  server.server.addContext("other.test", { ...pair(otherServer), ca: otherClient.cert });
  const name = { servername: "other.test" };
  await server.connect({ ...name, ...pair(otherClient), maxVersion: "TLSv1.2" }).failure();
  assertEquals(await server.connect({ ...name, ...pair(otherClient) }).finish(), "hello");
  assertEquals(await server.connect(pair(client)).finish(), "hello");
  assertEquals(server.sockets.map(({ authorized }) => authorized), [true, true]);
});

Deno.test("createServer: SNICallback may answer later, with a context, none, or an error", async () => {
  const asked: string[] = [];
  const SNICallback = (
    name: string,
    done: (error: Error | null, context?: SecureContext | nodeTls.SecureContext) => void,
  ) => {
    asked.push(name);
    setTimeout(() => {
      if (name === "bad.test") done(new Error("no such name"));
      else if (name === "foreign.test") done(null, nodeTls.createSecureContext({}));
      else if (name === "other.test") done(null, createSecureContext(pair(PEMS.otherServer)));
      else done(null);
    }, 1);
  };
  await using server = await TestServer.start({ SNICallback });
  assertEquals(await server.connect({ servername: "other.test" }).finish(), "hello");
  assertEquals(await server.connect().finish(), "hello");
  assertEquals(await server.connect({ servername: "", host: "localhost" }).finish(), "hello");
  await server.connect({ servername: "bad.test" }).failure();
  await server.connect({ servername: "foreign.test" }).failure();
  assertEquals(asked, ["other.test", "localhost", "bad.test", "foreign.test"]);
  while (server.clientErrors.length < 2) await within(once(server.server, "tlsClientError"));
  assertMatch(String(server.clientErrors[0]), /no such name/);
  assertMatch(String(server.clientErrors[1]), /createSecureContext\(\) of this module/);
});

Deno.test("createServer: ALPNProtocols and ALPNCallback choose, and refuse with no_application_protocol", async () => {
  await using fixed = await TestServer.start({ ALPNProtocols: ["x", "y"] });
  const first = fixed.connect({ ALPNProtocols: ["y", "x"] });
  await first.finish();
  assertEquals(first.socket.alpnProtocol, "x");
  const none = fixed.connect();
  await none.finish();
  assertEquals(none.socket.alpnProtocol, false);
  const unknown = await fixed.connect({ ALPNProtocols: ["z"] }).failure();
  assertEquals(unknown.code, "ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL");
  const seen: unknown[] = [];
  await using asking = await TestServer.start({
    ALPNCallback({ servername, protocols }) {
      seen.push(servername, [...protocols]);
      return protocols.includes("y") ? "y" : protocols.includes("bad") ? "unasked" : undefined;
    },
  });
  const chosen = asking.connect({ ALPNProtocols: ["x", "y"] });
  await chosen.finish();
  assertEquals(chosen.socket.alpnProtocol, "y");
  assertEquals(seen, ["localhost", ["x", "y"]]);
  await asking.connect({ ALPNProtocols: ["x"] }).failure();
  await asking.connect({ ALPNProtocols: ["bad"] }).failure();
  const both: ServerOptions = { ALPNCallback: () => undefined, ALPNProtocols: ["x"] };
  assertMatch(thrownBy(() => createServer(both)).message, /ALPNProtocols excludes it/);
});

Deno.test("createServer: setSecureContext counts for later connections", async () => {
  await using server = await TestServer.start();
  await server.connect().finish();
  server.server.setSecureContext(pair(PEMS.otherServer));
  await server.connect().failure();
  assertEquals(await server.connect({ servername: "other.test" }).finish(), "hello");
});

Deno.test("createServer: a key under a password is decrypted later, and a wrong password is an error event", async () => {
  const { cert, encryptedKey: key } = PEMS.server;
  await using server = await TestServer.start({ cert, key, passphrase: PASSPHRASE });
  assertEquals(await server.connect().finish(), "hello");
  const bad = createServer({ cert, key, passphrase: "no" });
  const [error] = await within(once(bad, "error"));
  assertMatch(error.message, /^Cannot use option key\[0\]: the password is wrong/);
});

Deno.test("createServer: pfx has key, certificate and chain, and its root is trusted besides", async () => {
  const { server: own, root, client } = PEMS;
  const file = Buffer.from(
    await exportPkcs12({
      key: own.keys.privateKey,
      certificates: [own.certificate, root.certificate],
      iterations: 1000,
      password: PASSPHRASE,
    }),
  );
  for (const pfx of [file, [{ buf: file, passphrase: PASSPHRASE }]]) {
    await using server = await TestServer.start({ pfx, passphrase: PASSPHRASE, requestCert: true });
    assertEquals(await server.connect(pair(client)).finish(), "hello");
    assert(server.sockets[0]?.authorized);
  }
  const bad = createServer({ pfx: file, passphrase: "no" });
  const [error] = await within(once(bad, "error"));
  assertMatch(error.message, /^Cannot use option pfx\[0\]: /);
});

Deno.test("createServer: the last certificate of a kind is used, and keys come in any order", async () => {
  const { server: own, otherServer, rsaServer } = PEMS;
  await using server = await TestServer.start({
    cert: [otherServer.cert, rsaServer.cert, own.cert],
    key: [own.key, otherServer.key, rsaServer.key],
  });
  const subject = async (sigalgs: string) => {
    const client = server.connect({ sigalgs, checkServerIdentity: () => undefined });
    await client.finish();
    return client.socket.channelInfo?.peerCertificates[0]?.subject.commonName;
  };
  assertEquals(await subject("ECDSA+SHA256"), "server");
  assertEquals(await subject("RSA-PSS+SHA256:ECDSA+SHA256"), "rsa");
});

Deno.test("createServer: keylog comes with its socket", async () => {
  await using server = await TestServer.start();
  const lines: string[] = [];
  server.server.on("keylog", (line: Buffer, socket: unknown) => {
    lines.push(String(line));
    assertInstanceOf(socket, TLSSocket);
  });
  await server.connect().finish();
  assert(lines.some((line) => line.startsWith("SERVER_TRAFFIC_SECRET_0 ")));
});

Deno.test("createServer: OCSPRequest gives certificate and issuer, and staples the answer", async () => {
  const { server: own, root } = PEMS;
  const { der } = await createOcspResponse({
    issuer: root.certificate,
    producedAt: new Date(),
    responses: [{ certificate: own.certificate, status: "good" }],
    responder: { certificate: root.certificate, privateKey: root.keys.privateKey },
  });
  const response = Buffer.from(der);
  await using server = await TestServer.start({ ca: root.cert });
  const asked: unknown[] = [];
  server.server.on("OCSPRequest", (certificate: Buffer, issuer: Buffer, done) => {
    asked.push(certificate.equals(own.certificate.der), issuer.equals(root.certificate.der));
    done(null, response);
  });
  await server.connect().finish(); // it does not ask
  const client = server.connect({ requestOCSP: true });
  const seen: Buffer[] = [];
  client.socket.on("OCSPResponse", (stapled: Buffer) => seen.push(stapled));
  await client.finish();
  assertEquals(asked, [true, true]);
  assert(seen[0]?.equals(response));
});

Deno.test("createServer: a response that OCSPRequest did not get, or cannot be used, is no failure", async () => {
  await using server = await TestServer.start();
  const unauthorized = Buffer.from("30030a0106", "hex");
  const answers = [null, unauthorized];
  server.server.on("OCSPRequest", (_certificate, _issuer, done) => done(null, answers.shift()));
  assertEquals(await server.connect({ requestOCSP: true }).finish(), "hello");
  const client = server.connect({ requestOCSP: true });
  const seen: Buffer[] = [];
  client.socket.on("OCSPResponse", (stapled: Buffer) => seen.push(stapled));
  assertEquals(await client.finish(), "hello");
  assert(seen[0]?.equals(unauthorized));
  server.server.removeAllListeners("OCSPRequest");
  server.server.on("OCSPRequest", (_certificate, _issuer, done) => done(new Error("no responder")));
  await server.connect({ requestOCSP: true }).failure();
});

Deno.test("createServer: sessionTimeout bounds sessions, and SSL_OP_NO_TICKET and 0 switch them off", async () => {
  for (
    const [options, isResumed] of [
      [{ sessionTimeout: 60 }, true],
      [{ sessionTimeout: 0 }, false],
      [{ secureOptions: 0x4000 }, false], // SSL_OP_NO_TICKET
    ] as const
  ) {
    await using server = await TestServer.start(options);
    const sessions: Buffer[] = [];
    const first = server.connect();
    first.socket.on("session", (session: Buffer) => sessions.push(session));
    await first.finish();
    const [session] = sessions;
    const again = server.connect(session === undefined ? {} : { session });
    await again.finish();
    assertEquals(again.socket.isSessionReused(), isResumed, JSON.stringify(options));
  }
});

Deno.test("createServer: an error after the handshake does not end the process, and pauseOnConnect pauses", async () => {
  await using server = await TestServer.start({ pauseOnConnect: true }, (socket) => {
    assert(socket.isPaused());
    socket.write("ready");
    setTimeout(() => socket.resume(), 1);
    socket.on("data", (data) => socket.end(`got ${data}`));
  });
  const client = server.connect();
  client.socket.write("ping");
  assertEquals(await client.finish(), "readygot ping");
  await using vanishing = await TestServer.start({}, (socket) => socket.write("hello"));
  const leaving = vanishing.connect();
  await within(once(leaving.socket, "data"));
  leaving.socket.destroy();
  await leaving.close();
  await within(
    new Promise<void>((resolve) => {
      const [socket] = vanishing.sockets;
      if (socket?.closed) resolve();
      else socket?.once("close", () => resolve());
    }),
  );
  assertFalse(vanishing.sockets[0]?.errored === null);
});

Deno.test("createServer: http.createServer serves its sockets, and https.request uses connect()", async () => {
  const { connect } = await import("@nss/nss/node");
  const https = await import("node:https");
  const web = http.createServer((request, response) => response.end(`you asked ${request.url}`));
  await using server = await TestServer.start({}, (socket) => web.emit("connection", socket));
  const text = await within(
    new Promise<string>((resolve, reject) => {
      const request = https.request({
        host: "127.0.0.1",
        port: server.port,
        path: "/a",
        servername: "localhost",
        ca: PEMS.root.cert,
        createConnection: (options: object, _done: unknown) => connect(options),
      }, (response) => {
        let body = "";
        response.on("data", (data) => body += data).on("end", () => resolve(body));
      });
      request.on("error", reject).end();
    }),
  );
  assertEquals(text, "you asked /a");
  web.close();
});

Deno.test("createServer: the server's order of suites counts, with honorCipherOrder and without", async () => {
  const [a, b] = ["ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384"];
  for (const honorCipherOrder of [true, false, undefined]) {
    await using server = await TestServer.start({ ciphers: `${a}:${b}`, honorCipherOrder });
    const client = server.connect({ ciphers: `${b}:${a}`, maxVersion: "TLSv1.2" });
    await client.finish();
    assertEquals(
      client.socket.channelInfo?.cipherSuite,
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    );
  }
});

Deno.test("createServer: secureContext is one of createSecureContext()", async () => {
  const secureContext = createSecureContext(pair(PEMS.otherServer));
  const options: object = { secureContext, ...pair(PEMS.server) };
  await using server = await TestServer.start(options);
  assertEquals(await server.connect({ servername: "other.test" }).finish(), "hello");
  const foreign: object = { secureContext: nodeTls.createSecureContext({}) };
  assertMatch(thrownBy(() => createServer(foreign)).message, /secureContext: .* of this module/);
});
