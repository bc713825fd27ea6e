// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { eventually, served } from "./_support.ts";

const UPGRADE = ["Connection: Upgrade", "Upgrade: echo"];

Deno.test("onUpgrade is given the connection, what was read of it, and who is calling", async () => {
  await using own = served(() => new Response("no"), {
    idleTimeout: 200,
    onUpgrade(request, socket, head, info) {
      assertEquals(head.toString(), "early");
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n` +
          `${request.url} ${info.remoteAddr.port};`,
      );
      socket.write(head);
      socket.on("data", (data) => socket.write(data));
      socket.on("end", () => socket.end());
    },
  });
  await using client = await own.connect();
  const head = ["GET /up HTTP/1.1", "Host: server.test", ...UPGRADE, "", ""].join("\r\n");
  await client.send(`${head}early`);
  await client.until(/\r\n\r\n/);
  assertEquals(await client.until(/;/), `/up ${client.socket.localAddr.port};`);
  await client.until(/early/);
  await new Promise((resolve) => setTimeout(resolve, 500)); // idleTimeout is not for it
  await client.send("late");
  await client.until(/late/);
});

Deno.test("onUpgrade is not asked for a host that is not this one", async () => {
  let asked = 0;
  await using own = served(() => new Response("no"), { onUpgrade: () => asked++ });
  await using client = await own.connect();
  await client.send(["GET / HTTP/1.1", "Host: other.test", ...UPGRADE, "", ""].join("\r\n"));
  const { text } = await client.rest();
  assert(text.startsWith("HTTP/1.1 421 Misdirected Request\r\n"), text);
  assertEquals(asked, 0);
});

Deno.test("onUpgrade that throws ends the connection, and onConnectionError is told", async () => {
  await using own = served(() => new Response("no"), {
    onUpgrade() {
      throw new Error("a bug in onUpgrade");
    },
  });
  await using client = await own.connect();
  await client.request("GET /", ...UPGRADE);
  assertEquals((await client.rest()).text, "");
  await eventually(() => own.told.length > 0);
  assertEquals(own.told, ["a bug in onUpgrade"]);
});

Deno.test("shutdown() waits for what was upgraded, and its grace ends it", async () => {
  const up = Promise.withResolvers<void>();
  const own = served(() => new Response("no"), { onUpgrade: () => up.resolve() });
  await using client = await own.connect();
  await client.request("GET /", ...UPGRADE);
  await up.promise;
  await own.server.shutdown({ grace: 100 });
  assertEquals((await client.rest()).end, "PR_END_OF_FILE_ERROR");
});
