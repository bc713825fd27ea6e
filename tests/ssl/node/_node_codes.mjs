// Copyright 2026 the NSS for Deno authors. MIT license.

// Prints the code of what a client of node:tls fails with, or "connected".

import tls from "node:tls";

const { port, ca, servername, version } = JSON.parse(process.env.FACTS);
const socket = tls.connect({
  host: "127.0.0.1",
  port,
  ca,
  servername,
  minVersion: version,
  maxVersion: version,
});
socket.on("secureConnect", () => socket.end());
socket.on("error", ({ code }) => process.stdout.write(code));
socket.on("end", () => process.stdout.write("connected"));
socket.resume();
