// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The tables of docs/nss_functions.md, "NSS function → here", tell the truth: what it names is there, and a test proves it. */

import { assert, assertEquals, assertGreater } from "@std/assert";
import * as nss from "@nss/nss";
import { filesByTitle, readRows, rowsOf } from "./_nss_functions.ts";

const rows = await readRows();
const titles = await filesByTitle();

Deno.test("docs/nss_functions.md: the table of NSS functions names exports, and each has tests under its name", () => {
  assertGreater(rows.length, 60);
  for (const { nss: name, names } of rows) {
    for (const here of names) {
      if (here.includes(".")) continue; // a member of the socket: below
      assert(here in nss, `${name}: ${here} is not exported`);
      assert(titles.has(here), `${name}: no test title begins with "${here}() "`);
    }
  }
});

Deno.test("docs/nss_functions.md: the members of sockets and listeners that the table names are there", () => {
  const members = new Set(rows.flatMap(({ names }) => names).filter((name) => name.includes(".")));
  const { readable, writable } = new TransformStream<Uint8Array>();
  const socket = nss.importFD({ readable, writable });
  const listener = nss.importFD({
    accept: () => Promise.reject(new Error("Not called")),
    close: () => {},
    addr: null,
  });
  const owners: Record<string, object> = { socket, listener };
  const missing = [...members].filter((member) => {
    const [owner, name] = member.split(".");
    return !(name! in (owners[owner!] ?? {}));
  });
  assertEquals(missing, []);
  socket[Symbol.dispose]();
});

Deno.test("rowsOf() reads a row with two functions", () => {
  const [row] = rowsOf(
    "### NSS function → here\n| `A`, `B` | `setA(x)`, `b(y)`; option `c` |\n## Z",
  );
  assertEquals(row, { nss: "`A`, `B`", names: ["setA", "b"], isNoOp: false });
});
