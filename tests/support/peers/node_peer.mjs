// Copyright 2026 the NSS for Deno authors. MIT license.

// The node:tls peer: `node node_peer.mjs <JSON>` is an echo server or a client, and prints its facts as JSON lines.

import tls from "node:tls";
import { once } from "node:events";

const options = JSON.parse(process.argv[2]);

function tell(event) {
  process.stdout.write(JSON.stringify(event) + "\n");
}

function facts(socket) {
  const certificate = socket.getPeerCertificate();
  return {
    event: "secure",
    version: socket.getProtocol(),
    suite: socket.getCipher().name,
    // A server is told nothing of it.
    group: socket.getEphemeralKeyInfo()?.name,
    resumed: socket.isSessionReused(),
    authorized: socket.authorized,
    peerCertificate: certificate?.subject?.CN ?? null,
    alpn: socket.alpnProtocol || null,
  };
}

const common = {
  ca: options.ca,
  cert: options.cert,
  key: options.key,
  minVersion: options.version,
  maxVersion: options.version,
  ciphers: options.suites.join(":"),
  ecdhCurve: options.groups.join(":"),
  ALPNProtocols: options.alpnProtocols.length > 0 ? options.alpnProtocols : undefined,
};

if (options.role === "server") {
  const server = tls.createServer({
    ...common,
    requestCert: options.clientAuth !== "none",
    rejectUnauthorized: options.clientAuth === "require",
  }, (socket) => {
    tell(facts(socket));
    socket.on("error", (error) => tell({ event: "error", message: error.message }));
    socket.on("end", () => tell({ event: "end" }));
    let seen = 0;
    socket.on("data", (data) => {
      seen += data.length;
      if (!socket.write(data)) {
        socket.pause();
        socket.once("drain", () => socket.resume());
      }
      if (options.closeAfter && seen >= options.closeAfter) socket.end();
    });
  });
  server.on("tlsClientError", (error) => tell({ event: "error", message: error.message }));
  server.listen(0, "127.0.0.1", () => tell({ event: "listening", port: server.address().port }));
} else {
  const text = Buffer.from(options.text);
  let session;
  for (let i = 0; i < options.connections; i++) {
    const socket = tls.connect({
      ...common,
      host: "127.0.0.1",
      servername: "localhost",
      port: options.port,
      session,
    });
    socket.on("session", (value) => session = value);
    await once(socket, "secureConnect");
    tell(facts(socket));
    socket.write(text);
    let got = Buffer.alloc(0);
    for await (const data of socket.iterator({ destroyOnReturn: false })) {
      got = Buffer.concat([got, data]);
      if (got.length >= text.length) break;
    }
    if (!got.equals(text)) throw new Error(`Cannot accept the echo: ${got.length} bytes`);
    const ended = once(socket, "close");
    socket.resume();
    if (options.closer === "client") socket.end();
    await ended;
    tell({ event: "end" });
  }
}
