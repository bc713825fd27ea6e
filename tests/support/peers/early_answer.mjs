// Copyright 2026 the NSS for Deno authors. MIT license.

// The node:tls ends of early_answers.ts: `node early_answer.mjs <JSON>` is a server that answers
// early, or a client that uploads, and prints what it got, as a JSON line.

import tls from "node:tls";

const { role, cert, key, ca, version, port, head, answer, upload } = JSON.parse(process.argv[2]);
const versions = { minVersion: version, maxVersion: version };

function tell(event) {
  process.stdout.write(JSON.stringify(event) + "\n");
}

if (role === "server") {
  const server = tls.createServer({ cert, key, ...versions }, (socket) => {
    socket.once("data", () => {
      socket.pause();
      socket.end(answer);
    });
    socket.on("error", () => {}); // the client may be cut off
  });
  server.listen(0, "127.0.0.1", () => tell({ listening: server.address().port }));
} else {
  const socket = tls.connect({ host: "127.0.0.1", port, servername: "localhost", ca, ...versions });
  let got = "";
  let problem = "";
  socket.on("secureConnect", () => {
    // In two writes: Node takes its time to encrypt the second, and sends nothing meanwhile.
    socket.write(head);
    socket.write(Buffer.alloc(upload));
  });
  socket.on("data", (data) => {
    got += data;
    if (got.length >= answer.length) socket.destroy();
  });
  socket.on("error", (error) => problem = error.message);
  socket.on("close", () => tell({ answer: got + problem }));
}
