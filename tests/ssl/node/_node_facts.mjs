// Copyright 2026 the NSS for Deno authors. MIT license.

// Node's side of node_facts_test.ts: a server, or a client, of node:tls that prints a line of JSON:
// its port, what its socket says of the connection, and the events in their order.

import tls from "node:tls";

const { role, port, ca, cert, key, version, groups, sigalgs } = JSON.parse(process.env.FACTS);
const common = {
  ca,
  cert,
  key,
  minVersion: version,
  maxVersion: version,
  ecdhCurve: groups,
  sigalgs,
  ALPNProtocols: ["x/1", "y/2"],
};
const print = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const hex = (bytes) => bytes?.toString("hex");

function factsOf(socket) {
  const { pubkey, raw, ...peer } = socket.getPeerCertificate();
  const chain = [];
  for (let one = socket.getPeerCertificate(true); one && !chain.includes(one.subject.CN);) {
    chain.push(one.subject.CN);
    one = one.issuerCertificate;
  }
  return {
    finished: hex(socket.getFinished()),
    peerFinished: hex(socket.getPeerFinished()),
    cipher: socket.getCipher(),
    protocol: socket.getProtocol(),
    ephemeral: socket.getEphemeralKeyInfo(),
    sigalgs: socket.getSharedSigalgs(),
    reused: socket.isSessionReused(),
    alpn: socket.alpnProtocol,
    servername: socket.servername,
    authorized: socket.authorized,
    authorizationError: socket.authorizationError,
    exported: hex(socket.exportKeyingMaterial(100, "EXPORTER-test", Buffer.from("context"))),
    exportedWithout: hex(socket.exportKeyingMaterial(32, "EXPORTER-test")),
    exportedEmpty: hex(socket.exportKeyingMaterial(32, "EXPORTER-test", Buffer.alloc(0))),
    peer: { ...peer, pubkey: hex(pubkey), raw: hex(raw) },
    chain,
    own: hex(socket.getX509Certificate()?.raw),
    encrypted: socket.encrypted,
  };
}

const EVENTS = [
  "connect",
  "ready",
  "secure",
  "secureConnect",
  "session",
  "data",
  "end",
  "finish",
  "error",
  "close",
];

function use(socket, secure) {
  const events = [];
  const note = (name) => {
    if (name !== "session" || !events.includes("session")) events.push(name);
  };
  for (const name of EVENTS) socket.on(name, () => note(name));
  socket.on("close", () => print({ events }));
  secure(() => print(factsOf(socket)));
  return socket;
}

if (role === "server") {
  const server = tls.createServer({ ...common, requestCert: true, rejectUnauthorized: false });
  server.on("secureConnection", (socket) => {
    use(socket, (facts) => facts());
    socket.on("data", (data) => socket.end(data));
    server.close();
  });
  server.listen(0, "127.0.0.1", () => print({ port: server.address().port }));
} else {
  const socket = tls.connect({ ...common, host: "127.0.0.1", port, servername: "localhost" });
  use(socket, (facts) => socket.on("secureConnect", facts));
  socket.write("hello");
}
