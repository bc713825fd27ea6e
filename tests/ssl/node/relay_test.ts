// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { Buffer } from "node:buffer";
import net from "node:net";
import process from "node:process";
import { relay } from "../../../ssl/node/mod.ts";
import { SOCKET_PATH_LENGTH } from "../../../ssl/node/relay.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { connected, failureOf, join, pattern, readAll, readExactly, turns } from "../_support.ts";
import { event, readToEnd } from "./_support.ts";

/** The folder of a relay's socket. */
const folderOf = (path: string) => path.slice(0, path.lastIndexOf("/"));

async function exists(path: string): Promise<boolean> {
  return await Deno.stat(path).then(() => true, () => false);
}

/** What connects to a path fails with. */
async function refusalOf(path: string): Promise<unknown> {
  const [error] = await event(net.connect(path), "error");
  return Reflect.get(Object(error), "code");
}

if (Deno.build.os === "windows") {
  Deno.test("relay() says that Windows has none, and closes the socket", async () => {
    await using ends = await connected();
    const error = await failureOf(relay(ends.client));
    assertEquals(error.name, "PR_OPERATION_NOT_SUPPORTED_ERROR");
  });
} else {
  Deno.test("relay() offers a connection as a Unix socket in a folder of mode 0700, once", async () => {
    await using ends = await connected();
    await using tunnel = await relay(ends.client);
    const { mode } = await Deno.stat(folderOf(tunnel.path));
    assertEquals(mode! & 0o777, 0o700);
    const software = net.connect({ path: tunnel.path, allowHalfOpen: true });
    software.write("request");
    assertEquals(String(Buffer.from(await readExactly(ends.server, 7))), "request");
    // It goes while the first bytes pass on
    for (let i = 0; i < 1000 && await exists(folderOf(tunnel.path)); i++) await turns(5);
    assertEquals(await exists(folderOf(tunnel.path)), false);
    assertEquals(await refusalOf(tunnel.path), "ENOENT");
    await ends.server.write(new TextEncoder().encode("answer"));
    await ends.server.closeWrite();
    assertEquals(String(await readToEnd(software)), "answer");
    software.end("bye");
    assertEquals((await readAll(ends.server)).length, 3); // close_notify, and no truncation
    await tunnel.closed;
  });

  Deno.test("relay() passes much on both ways, with back-pressure", async () => {
    await using ends = await connected();
    await using tunnel = await relay(ends.client);
    const software = net.connect({ path: tunnel.path, allowHalfOpen: true });
    const data = pattern(3_000_000);
    const received = readToEnd(software);
    const sending = ends.server.write(data).then(() => ends.server.closeWrite());
    software.end(Buffer.from(data));
    assertEquals(Buffer.compare(Buffer.from(await readAll(ends.server)), data), 0);
    assertEquals(Buffer.compare(await received, data), 0);
    await sending;
    await tunnel.closed;
  });

  Deno.test("relay() refuses the second of two that connect at once", async () => {
    await using ends = await connected();
    await using tunnel = await relay(ends.client);
    const both = [net.connect(tunnel.path), net.connect(tunnel.path)];
    for (const one of both) one.on("error", () => {});
    await Promise.race(both.map((one) => event(one, "close")));
    await turns(5);
    assertEquals(both.filter(({ destroyed }) => destroyed).length, 1);
    for (const one of both) one.destroy();
  });

  Deno.test("relay() shows what the peer has sent before anybody has connected", async () => {
    await using ends = await connected();
    await using tunnel = await relay(ends.client);
    await ends.server.write(new TextEncoder().encode("greeting"));
    await ends.server.closeWrite();
    await turns(5);
    const software = net.connect(tunnel.path);
    assertEquals(String(await readToEnd(software)), "greeting");
    await tunnel.closed;
  });

  Deno.test("relay() is closed, and says why, where the connection fails before anybody has connected", async () => {
    await using ends = await connected();
    const tunnel = await relay(ends.client);
    ends.server[Symbol.dispose]();
    const error = await assertRejects(() => tunnel.closed, Error, "without close_notify");
    assertEquals(Reflect.get(error, "code"), "ECONNRESET");
    assertEquals(await exists(folderOf(tunnel.path)), false);
    assertEquals(await tunnel.close().catch((same) => same), error);
  });

  Deno.test("relay() ends who has connected where the TLS connection is cut off, and says why", async () => {
    await using ends = await connected();
    const tunnel = await relay(ends.client);
    const software = net.connect(tunnel.path).on("error", () => {});
    software.write("x");
    await readExactly(ends.server, 1);
    const gone = event(software, "close");
    ends.server[Symbol.dispose]();
    await gone;
    await assertRejects(() => tunnel.closed, Error, "without close_notify");
  });

  Deno.test("relay() passes an end on where who has connected is gone, and answers are dropped", async () => {
    await using ends = await connected();
    const tunnel = await relay(ends.client);
    const software = net.connect(tunnel.path);
    software.write("x");
    await readExactly(ends.server, 1);
    software.destroy();
    assertEquals((await readAll(ends.server)).length, 0);
    // What it does not take any more is told of.
    const writes = (async () => {
      for (;;) await ends.server.write(new Uint8Array(100_000));
    })();
    await assertRejects(() => tunnel.closed);
    await failureOf(writes);
  });

  Deno.test("close() of a relay sends what has been passed on, ends both sides and removes the folder", async () => {
    await using ends = await connected();
    const tunnel = await relay(ends.client);
    const software = net.connect(tunnel.path);
    software.resume();
    software.write("last words");
    await readExactly(ends.server, 5);
    const received = readAll(ends.server);
    const gone = event(software, "close");
    await tunnel.close();
    assertEquals(String(Buffer.from(await received)), "words");
    await gone;
    await tunnel.closed;
    assertEquals(await exists(folderOf(tunnel.path)), false);
  });

  Deno.test("close() of a relay to which nobody has connected", async () => {
    await using ends = await connected();
    const tunnel = await relay(ends.client);
    const received = readAll(ends.server);
    await tunnel.close();
    assertEquals((await received).length, 0);
    assertEquals(await refusalOf(tunnel.path), "ENOENT");
  });

  Deno.test("relay() throws what the handshake fails with, closes the socket and leaves no folder", async () => {
    await using ends = join({ client: { hostname: "other.test" } });
    const folder = await Deno.makeTempDir();
    ends.server.handshake().catch(() => {});
    const error = await failureOf(relay(ends.client, { folder }));
    assertEquals(error.name, "SSL_ERROR_BAD_CERT_DOMAIN");
    assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    await Deno.remove(folder);
  });

  Deno.test("relay() takes a path of SOCKET_PATH_LENGTH bytes, and says so of a longer one", async () => {
    const parent = await Deno.makeTempDir();
    const own = "/nss-XXXXXX/socket".length;
    for (
      const [length, isTaken] of [[SOCKET_PATH_LENGTH, true], [
        SOCKET_PATH_LENGTH + 1,
        false,
      ]] as const
    ) {
      await using ends = await connected();
      const folder = parent + "/" + "x".repeat(length - own - parent.length - 1);
      await Deno.mkdir(folder);
      const attempt = relay(ends.client, { folder });
      if (isTaken) await (await attempt).close();
      else assertEquals((await failureOf(attempt)).name, "PR_NAME_TOO_LONG_ERROR");
      assertEquals(await Array.fromAsync(Deno.readDir(folder)), []);
    }
    await Deno.remove(parent, { recursive: true });
  });

  Deno.test("relay() has one listener of the program's exit for all relays, and none without any", async () => {
    const before = process.listenerCount("exit");
    const stack = new AsyncDisposableStack();
    for (let count = 0; count < 2; count++) {
      stack.use(await relay(stack.use(await connected()).client));
      assertEquals(process.listenerCount("exit"), before + 1);
    }
    await stack.disposeAsync();
    assertEquals(process.listenerCount("exit"), before);
  });

  const parent = Deno.makeTempDirSync();
  Deno.test({
    name: "relay() that may not read its folder says so at once, and leaves none behind",
    permissions: { read: false, write: [parent], net: true, env: true, sys: true },
    fn: async () => {
      await using ends = await connected();
      await assertRejects(() => relay(ends.client, { folder: parent }), Deno.errors.NotCapable);
      await Deno.remove(parent); // which fails if there is anything in it
    },
  });

  Deno.test("relay() refuses unknown options", async () => {
    await using ends = await connected();
    const error = await assertRejects(
      () => relay(ends.client, Object({ dir: "/tmp" })),
      SslError,
      "there is no option dir",
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    assert(error.message.startsWith("Cannot relay: "));
  });
}
