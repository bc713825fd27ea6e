// Copyright 2026 the NSS for Deno authors. MIT license.

// The node:tls server of late_readers.ts: `node late_reader.mjs <JSON>` begins to read each
// connection late, and prints how many bytes came of it, as JSON lines.

import tls from "node:tls";

const { cert, key, version, address, delay } = JSON.parse(process.argv[2]);

function tell(event) {
  process.stdout.write(JSON.stringify(event) + "\n");
}

const server = tls.createServer({ cert, key, minVersion: version, maxVersion: version });
server.on("secureConnection", (socket) => {
  let bytes = 0;
  socket.pause();
  socket.on("end", () => {
    tell({ bytes });
    socket.end();
  });
  socket.on("error", (error) => tell({ bytes, error: error.message }));
  setTimeout(() => {
    socket.on("data", (data) => {
      bytes += data.length;
    });
    socket.resume();
  }, delay);
});
server.on("tlsClientError", (error) => tell({ bytes: 0, error: error.message }));
server.listen(address, () => tell({ listening: server.address().port ?? 0 }));
