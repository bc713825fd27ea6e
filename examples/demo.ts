// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * TLS 1.3 through `importFD`, in both roles, against ourselves, Deno and OpenSSL: all on 127.0.0.1,
 * with certificates made here.
 *
 *     deno task demo
 *     deno run --allow-net=127.0.0.1 --allow-run=openssl --allow-write examples/demo.ts
 *
 * Each exchange is one line of text, which the server sends back reversed. The exit code is 0 if
 * every one came back right.
 *
 * @module
 */

import {
  type Certificate,
  type ChannelInfo,
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  importFD,
  type SslSocket,
} from "@nss/nss";
import { hasOpenssl, runClient, startServer } from "./_demo/openssl.ts";
import { Report } from "./_demo/report.ts";
import { askForReverse, reversed, serveReversed } from "./_demo/reverse.ts";

/** What every server of the demo shows, and what every client trusts. */
interface Credentials {
  readonly root: Certificate;
  readonly cert: Certificate;
  readonly keyPem: string;
}

/** No exchange takes longer; a peer that hangs fails the demo instead of stopping it. */
const TIMEOUT = 10_000;
const LOOPBACK = "127.0.0.1";
const ALPN = "reverse/1";

async function makeCredentials(): Promise<Credentials> {
  const authority = await generateKeyPair("ec-p384");
  const root = await createCertificate({
    ...authority,
    subject: "CN=Demo Root,O=NSS for Deno",
    isCa: true,
    days: 30,
  });
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const cert = await createCertificate({
    subject: "CN=localhost",
    publicKey: keys.publicKey,
    issuer: { certificate: root, privateKey: authority.privateKey },
    dnsNames: ["localhost"],
    ipAddresses: [LOOPBACK],
    days: 7,
  });
  // Our own server would take the key as it is; Deno and OpenSSL want it as PEM.
  return { root, cert, keyPem: await exportPrivateKeyPem(keys.privateKey) };
}

/** Our client: connects, shakes hands, sends a line and wants it back reversed. */
async function ourClient(
  report: Report,
  peer: string,
  port: number,
  { root }: Credentials,
): Promise<ChannelInfo> {
  const conn = await Deno.connect({ hostname: LOOPBACK, port });
  await using socket = importFD(conn, {
    hostname: "localhost",
    caCerts: [root],
    alpnProtocols: [ALPN],
    handshakeTimeout: TIMEOUT,
  });
  const start = performance.now();
  const info = await socket.handshake();
  const handshake = performance.now() - start;
  await report.negotiated(info);
  report.time("handshake", handshake);
  await exchange(report, socket, peer);
  return info;
}

async function exchange(report: Report, stream: SslSocket | Deno.Conn, peer: string) {
  const line = `Hello, ${peer}!`;
  const start = performance.now();
  const answer = await askForReverse(stream, line);
  const roundTrip = performance.now() - start;
  report.fact("sent", line);
  report.fact("received", answer);
  report.time("round trip", roundTrip);
  report.verdict(answer === reversed(line), "the line came back reversed");
}

/** Twice, as the second connection resumes the session of the first. */
async function ourClientTwice(
  report: Report,
  peer: string,
  port: number,
  credentials: Credentials,
): Promise<void> {
  await report.section(`our client -> ${peer}`, async () => {
    await ourClient(report, peer, port, credentials);
  });
  await report.section(`our client -> ${peer}, again`, async () => {
    const { resumed } = await ourClient(report, peer, port, credentials);
    report.verdict(resumed, "the session was resumed, with fresh keys");
  });
}

/** Serves each connection; returns how to stop and to learn what the last one negotiated. */
function ourServer({ root, cert, keyPem }: Credentials) {
  const infos: Promise<ChannelInfo>[] = [];
  const listener = importFD(Deno.listen({ hostname: LOOPBACK, port: 0 }), {
    certificates: [{ cert, chain: root, key: keyPem }],
    alpnProtocols: [ALPN],
    handshakeTimeout: TIMEOUT,
  });
  const loop = async () => {
    for await (const socket of listener) {
      infos.push(socket.handshake());
      serveReversed(socket).catch(() => {}); // the client tells what went wrong
    }
  };
  loop();
  return {
    port: listener.addr.port,
    lastInfo: () => infos.at(-1)!,
    [Symbol.dispose]: () => listener.close(),
  };
}

function denoServer({ cert, keyPem }: Credentials) {
  const listener = Deno.listenTls({
    hostname: LOOPBACK,
    port: 0,
    cert: cert.toPem(),
    key: keyPem,
    alpnProtocols: [ALPN],
  });
  const loop = async () => {
    for await (const conn of listener) serveReversed(conn).catch(() => {});
  };
  loop();
  return { port: listener.addr.port, [Symbol.dispose]: () => listener.close() };
}

async function main(): Promise<boolean> {
  const report = new Report(TIMEOUT);
  report.title("NSS for Deno: TLS 1.3 on any byte stream");

  const start = performance.now();
  const credentials = await makeCredentials();
  const making = performance.now() - start;
  report.heading("a private authority and a certificate of it, made here");
  await report.certificate(credentials.root, "authority");
  await report.certificate(credentials.cert, "server");
  report.time("made in", making);

  {
    using server = ourServer(credentials);
    await ourClientTwice(report, "importFD", server.port, credentials);

    await report.section("Deno.connectTls -> our server", async () => {
      const started = performance.now();
      using conn = await Deno.connectTls({
        hostname: LOOPBACK,
        port: server.port,
        caCerts: [credentials.root.toPem()],
        alpnProtocols: [ALPN],
      });
      await conn.handshake();
      const handshake = performance.now() - started;
      await report.negotiated(await server.lastInfo());
      report.time("handshake", handshake);
      await exchange(report, conn, "our server");
    });

    await report.section("openssl s_client -> our server", async () => {
      if (!await hasOpenssl()) return report.absent("openssl");
      const line = "Hello, our server!";
      const answer = await runClient(server.port, credentials.root.toPem(), `${line}\n`, TIMEOUT);
      await report.negotiated(await server.lastInfo());
      report.fact("sent", line);
      report.verdict(answer.includes(reversed(line)), "the line came back reversed");
    });
  }

  {
    using server = denoServer(credentials);
    await ourClientTwice(report, "Deno.listenTls", server.port, credentials);
  }

  if (await hasOpenssl()) {
    await using server = await startServer(
      credentials.cert.toPem(),
      credentials.keyPem,
      ALPN,
      TIMEOUT,
    );
    await ourClientTwice(report, "openssl s_server", server.port, credentials);
  } else {
    report.heading("our client -> openssl s_server");
    report.absent("openssl");
  }
  return report.summary();
}

if (import.meta.main) Deno.exit(await main() ? 0 : 1);
