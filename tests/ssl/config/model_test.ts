// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { importFD, newModel, revealURL, setURL } from "@nss/nss/ssl";
import { memoryPair } from "../../support/memory_pair.ts";
import { clientOptions, closeAll, HOSTNAME, serverOptions, shake } from "../_support.ts";

Deno.test("newModel() is copied by value when a socket is imported", async () => {
  const model = newModel({ ...clientOptions(), alpnProtocols: ["first"] });
  const [a, b] = memoryPair();
  const client = importFD(a, { model });
  setURL(model, "other.test"); // too late for the socket
  const server = importFD(b, serverOptions({ alpnProtocols: ["first"] }));
  assertEquals(revealURL(client), HOSTNAME);
  const [info] = await shake({ client, server });
  assertEquals(info.alpnProtocol, "first");
  await closeAll(client, server);
});

Deno.test("newModel() may be a socket, too, and options change the copy", () => {
  const [a, b] = memoryPair();
  const first = importFD(a, clientOptions());
  const second = importFD(b, { model: first, hostname: "other.test" });
  assertEquals([revealURL(first), revealURL(second)], [HOSTNAME, "other.test"]);
  first[Symbol.dispose]();
  second[Symbol.dispose]();
});
