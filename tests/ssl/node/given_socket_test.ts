// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, as what it tests makes objects of Node's.

/** TLS over a socket that a driver has used before, as after STARTTLS. */

import { assertEquals } from "@std/assert";
import { once } from "node:events";
import net from "node:net";
import { PassThrough } from "node:stream";
import { connect } from "@nss/nss/node";
import { PEMS, TestClient, TestServer } from "./_node_peers.ts";

/** What drivers do with the plain socket once TLS has begun. */
const HABITS: readonly (readonly [name: string, act: (socket: net.Socket) => void])[] = [
  ["resume() (nodemailer)", (socket) => socket.resume()],
  ["pause()", (socket) => socket.pause()],
  ["setEncoding()", (socket) => socket.setEncoding("utf8")],
  ["removeAllListeners() of each event (basic-ftp)", (socket) => {
    for (const event of ["data", "end", "error", "close", "readable"]) {
      socket.removeAllListeners(event);
    }
  }],
  ["removeAllListeners()", (socket) => socket.removeAllListeners()],
];

for (const [name, act] of HABITS) {
  Deno.test(`connect: ${name} of the plain socket afterwards takes nothing away`, async () => {
    await using server = await TestServer.start();
    const plain = net.connect(server.port, "127.0.0.1");
    await once(plain, "connect");
    const client = server.connect({ socket: plain });
    act(plain);
    client.socket.once("secureConnect", () => act(plain));
    assertEquals(await client.finish(), "hello");
  });

  Deno.test(`connect: a reset after ${name} of the plain socket is an error of ours alone`, async () => {
    await using server = await TestServer.start({}, () => {});
    const plain = net.connect(server.port, "127.0.0.1");
    await once(plain, "connect");
    const client = server.connect({ socket: plain });
    act(plain);
    await once(client.socket, "secureConnect");
    act(plain);
    plain.destroy(new Error("the cable is cut"));
    assertEquals((await client.failure()).message.includes("the cable is cut"), true);
  });
}

Deno.test("connect: a plain socket that was piped before gives its bytes (imapflow)", async () => {
  await using server = await TestServer.start();
  const plain = net.connect(server.port, "127.0.0.1");
  await once(plain, "connect");
  const sink = new PassThrough();
  plain.pipe(sink);
  await new Promise((resolve) => setTimeout(resolve, 0));
  plain.unpipe(sink);
  assertEquals(plain.read(), null);
  assertEquals(await server.connect({ socket: plain }).finish(), "hello");
});

Deno.test("connect: the address of a given socket counts where nobody names the server", async () => {
  await using server = await TestServer.start();
  // Node takes "localhost" then, whatever was dialled
  for (const waits of [true, false]) {
    const plain = net.connect(server.port, "127.0.0.1");
    if (waits) await once(plain, "connect");
    const client = new TestClient(connect({ socket: plain, ca: PEMS.root.cert }));
    const { code } = await client.failure();
    assertEquals(code, "ERR_TLS_CERT_ALTNAME_INVALID");
  }
  const named = net.connect(server.port, "localhost");
  const client = new TestClient(connect({ socket: named, ca: PEMS.root.cert }));
  assertEquals(await client.finish(), "hello");
});
