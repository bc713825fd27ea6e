// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { CertificateType } from "../test_pki.ts";
import {
  type ClientOptions,
  type ClientResult,
  echo,
  exchangeWithEcho,
  type Features,
  type Group,
  type Negotiated,
  type Peer,
  type PeerServer,
  peerServer,
  readText,
  type ServerOptions,
  SUITES,
  TLS12_AEAD_SUITES,
} from "./peer.ts";

const GROUPS: readonly Group[] = ["x25519", "secp256r1", "secp384r1", "X25519MLKEM768"];

/** rustls has no RSASSA-PSS keys. */
const CERTIFICATES: readonly CertificateType[] = [
  "ecdsa-p256",
  "ecdsa-p384",
  "ecdsa-p521",
  "ed25519",
  "rsa",
];

/** `Deno.listenTls` resumes from its memory, and asks for no client certificate. */
const SERVER: Features = {
  suites: SUITES,
  groups: GROUPS,
  serverCertificates: CERTIFICATES,
  clientCertificates: [],
  resumption: true,
  alpn: true,
  narrowsGroups: false,
  narrowsSuites: "never",
};

/** `Deno.connectTls` makes a fresh configuration for each connection, so that it never resumes. */
const CLIENT: Features = { ...SERVER, clientCertificates: CERTIFICATES, resumption: false };

/** `Deno.listenTls` and `Deno.connectTls`, in this process. */
export const denoNative: Peer = {
  serverName: "Deno.listenTls",
  clientName: "Deno.connectTls",
  available: () => Promise.resolve({ ok: true, version: Deno.version.deno }),
  serverFeatures: SERVER,
  clientFeatures: CLIENT,
  // What version it is our end decides; rustls has no AES-CBC.
  tls12ServerFeatures: { ...SERVER, suites: TLS12_AEAD_SUITES },
  // It reads certificates on P-521 and does not say so, as RFC 8422, Section 5.1.1 wants it.
  tls12ClientFeatures: {
    ...CLIENT,
    suites: TLS12_AEAD_SUITES,
    serverCertificates: CERTIFICATES.filter((type) => type !== "ecdsa-p521"),
  },
  habits: { application: "echo", greeting: false, closers: ["client", "server"] },
  startServer,
  runClient,
};

// deno-lint-ignore require-await
async function startServer(options: ServerOptions): Promise<PeerServer> {
  const { pki, certificate, alpnProtocols = [] } = options;
  const leaf = pki.leaf("server", certificate);
  const listener = Deno.listenTls({
    hostname: "127.0.0.1",
    port: 0,
    cert: leaf.chain,
    key: leaf.key,
    alpnProtocols: [...alpnProtocols],
  });
  const facts: Negotiated[] = [];
  const open = new Set<Deno.TlsConn>();
  let problems = "";
  const serve = async (conn: Deno.TlsConn): Promise<void> => {
    open.add(conn);
    try {
      const { alpnProtocol } = await conn.handshake();
      const fact: Negotiated = { alpn: alpnProtocol, closeNotify: false };
      facts.push(fact);
      // rustls reports an end without close_notify as an error.
      await echo(conn);
      facts[facts.indexOf(fact)] = { ...fact, closeNotify: true };
    } catch (error) {
      problems += `${error}\n`;
    } finally {
      open.delete(conn);
      conn.close();
    }
  };
  const serving = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const conn of listener) serving.add(serve(conn));
  })();
  let closed = false;
  const close = async (): Promise<void> => {
    if (closed) return;
    closed = true;
    listener.close();
    await accepting;
    for (const conn of open) conn.close();
    await Promise.allSettled(serving);
  };
  const { port } = listener.addr;
  return peerServer({
    port,
    connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
    exchange: exchangeWithEcho,
    finish: async () => {
      // Every client has closed by now.
      await Promise.all(serving);
      await close();
      return facts;
    },
    output: () => problems,
    close,
  });
}

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, clientCertificate, alpnProtocols = [], connections, bytes, closer } = options;
  const leaf = clientCertificate && pki.leaf("client", clientCertificate);
  const facts: Negotiated[] = [];
  for (let i = 0; i < connections; i++) {
    using conn = await Deno.connectTls({
      hostname: "localhost",
      port,
      caCerts: [pki.root],
      alpnProtocols: [...alpnProtocols],
      ...(leaf ? { cert: leaf.chain, key: leaf.key } : {}),
    });
    const { alpnProtocol } = await conn.handshake();
    await exchangeWithEcho(conn, bytes);
    if (closer === "client") await conn.closeWrite();
    // An end without close_notify throws here.
    await readText(conn, 0);
    if (await conn.read(new Uint8Array(1)) !== null) throw new Error("Cannot find the end: data");
    facts.push({ alpn: alpnProtocol, closeNotify: true });
  }
  return { exitCode: 0, output: "", connections: facts };
}
