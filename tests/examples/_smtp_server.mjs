// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

// A mail server for one client, with STARTTLS by Node's TLS: node _smtp_server.mjs cert.pem key.pem
// It prints its port, then the mail. With "plain" as its third argument it offers no STARTTLS.

import { readFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { TLSSocket } from "node:tls";

const [certFile, keyFile, mode] = process.argv.slice(2);

const server = createServer((conn) => {
  server.close();
  conn.write("220 node ESMTP\r\n");
  conn.once("data", (ehlo) => {
    console.log(`plain ${ehlo.toString().trim()}`);
    if (mode === "plain") return conn.end("250 node\r\n");
    conn.write("250-node\r\n250 STARTTLS\r\n");
    conn.once("data", (startTls) => {
      console.log(`plain ${startTls.toString().trim()}`);
      conn.write("220 Go ahead\r\n");
      const [cert, key] = [certFile, keyFile].map((file) => readFileSync(file));
      serveMail(new TLSSocket(conn, { isServer: true, cert, key }));
    });
  });
});

function serveMail(socket) {
  let inData = false;
  createInterface({ input: socket }).on("line", (line) => {
    console.log(`tls ${line}`);
    if (inData && line !== ".") return;
    inData = line === "DATA";
    if (line === "QUIT") socket.end("221 Bye\r\n");
    else socket.write(inData ? "354 Go on\r\n" : "250 OK\r\n");
  });
}

server.listen(0, "127.0.0.1", () => console.log(`Listening on 127.0.0.1:${server.address().port}`));
