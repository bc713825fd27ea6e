// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import nodeTls from "node:tls";
import { Server, TLSSocket } from "@nss/nss/node";
import { withoutLayout, withText } from "../../support/generated_page.ts";
import { CHECKED, NOT_HERE } from "./_node_own_tests.ts";
import { PAGE, TABLES, tables, WRITER } from "./_node_tls_page.ts";
import { SERVER_MEMBERS, SOCKET_MEMBERS } from "./_node_tls_rows.ts";

/** The names of the tests of our form of Node's `tls`. */
async function testNames(): Promise<readonly string[]> {
  const folder = new URL(".", import.meta.url);
  const files = (await Array.fromAsync(Deno.readDir(folder)))
    .filter(({ name }) => name.endsWith("_test.ts")).map(({ name }) => new URL(name, folder));
  const interop = new URL("../../interop/node_tls_test.ts", import.meta.url);
  const texts = await Promise.all([...files, interop].map((file) => Deno.readTextFile(file)));
  return texts.flatMap((text) =>
    [...text.matchAll(/Deno\.test\(\s*"((?:[^"\\]|\\.)*)"/g)].map(([, name]) =>
      String(JSON.parse(`"${name}"`))
    )
  );
}

Deno.test("docs/node.md has the tables of the rows: `deno task node-tls` writes them anew", async () => {
  const page = await Deno.readTextFile(PAGE);
  assertEquals(withoutLayout(page), withoutLayout(withText(page, WRITER, tables())));
});

Deno.test("each row of Node's tls has a test", async () => {
  const names = await testNames();
  const missing = Object.values(TABLES).flatMap((rows) =>
    Object.entries(rows).filter(([, [, , test]]) => !names.some((name) => name.startsWith(test)))
      .map(([name, [, , test]]) => `${name}: ${test}`)
  );
  assertEquals(missing, []);
});

Deno.test("each of Node's own tests has one of ours, or a reason why not", async () => {
  const names = await testNames();
  const missing = Object.entries(CHECKED).filter(([, test]) =>
    !names.some((name) => name.startsWith(test))
  );
  assertEquals(missing, []);
  assertEquals(Object.keys(CHECKED).filter((title) => title in NOT_HERE), []);
  assert(Object.keys(CHECKED).length > 100);
});

Deno.test("each test of ours that names one of Node's, in brackets, names one of the list", async () => {
  const named = (await testNames()).flatMap((name) =>
    /\[([\w, -]+)\]$/.exec(name)?.[1]?.split(", ") ?? []
  );
  assertEquals(named.filter((title) => !(title in CHECKED)), []);
});

Deno.test("sockets and servers have every member of the table", () => {
  for (const name of Object.keys(SERVER_MEMBERS)) assert(name in Server.prototype, name);
  const own = Object.keys(SOCKET_MEMBERS).filter((name) => !(name in TLSSocket.prototype));
  // Properties of each object
  assertEquals(own, [
    "alpnProtocol",
    "authorizationError",
    "authorized",
    "encrypted",
    "servername",
  ]);
  const inherited = Object.getOwnPropertyNames(nodeTls.Server.prototype).filter((name) =>
    !name.startsWith("_") && !(name in Server.prototype)
  );
  assertEquals(inherited.filter((name) => name !== "setOptions"), []); // deprecated
});
