// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The tables of docs/nss_functions.md, "NSS function → here", tell the truth: what it names is
 * there, and a test proves it.
 */

import { assert, assertEquals, assertGreater } from "@std/assert";
import * as nss from "@nss/nss";
import { testShared } from "../support/shared_data.ts";
import { readSources } from "./_source.ts";
import { filesByTitle, readRows, ROOT, rowsOf } from "./_nss_functions.ts";

const rows = await readRows();
const titles = await filesByTitle();

/**
 * What the pages' tables import from; a function without a table of its own is looked for in all of
 * them.
 */
const PACKAGES: Readonly<Record<string, object>> = {
  "@nss/nss/cert": await import("@nss/nss/cert"),
  "@nss/nss/pkcs11": await import("@nss/nss/pkcs11"),
  "@nss/nss/ssl": await import("@nss/nss/ssl"),
};

Deno.test("docs/nss_functions.md: the table of NSS functions names exports, and each has tests under its name", () => {
  assertGreater(rows.length, 60);
  for (const { nss: name, names, entry } of rows) {
    const within = entry === null ? Object.values(PACKAGES) : [PACKAGES[entry]!];
    for (const here of names) {
      if (here.includes(".")) continue; // a member of the socket: below
      assert(within.some((one) => here in one), `${name}: ${here} is not in ${entry}`);
      assert(titles.has(here), `${name}: no test title begins with "${here}() "`);
    }
  }
});

Deno.test("docs/nss_functions.md has a row for each public function of ssl/nss", async () => {
  const page = await Deno.readTextFile(new URL("docs/nss_functions.md", ROOT));
  const own = (await readSources()).filter(({ path }) => path.startsWith("ssl/nss/"))
    .flatMap(({ code }) => [...code.matchAll(/^export (?:async )?function (\w+)/gm)])
    .map(([, name]) => name!)
    .filter((name) => name in PACKAGES["@nss/nss/ssl"]!);
  assertGreater(own.length, 60);
  assertEquals(own.filter((name) => !page.includes(`\`${name}(`)), []);
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

Deno.test("rowsOf() reads a row with two functions, and where they are", () => {
  const text =
    '## A\n`import { ... } from "b"`\n| `A`, `B` | `setA(x)`, `b(y)`; option `c` |\n## Z\n| `D` | |';
  assertEquals(rowsOf(text), [
    { nss: "`A`, `B`", names: ["setA", "b"], isNoOp: false, entry: "b" },
    { nss: "`D`", names: [], isNoOp: false, entry: null },
  ]);
});

/** The functions that a text of the design names. */
function functionsOf(text: string): ReadonlySet<string> {
  // Functions have small letters; what goes on with a slash or an ellipsis is no whole name,
  // `PR_SockOpt_` are values.
  const names = /\b(?:SSL|NSSSSL|NSS|DTLS|CERT|PK11|PR|PL)_(?!SockOpt)\w*[a-z]\w*(?![\w/…])/g;
  return new Set(text.match(names));
}

/** Asserts that each name of a text of the design has a row. */
async function assertListed(contents: Response, atLeast: number): Promise<void> {
  const named = functionsOf(await contents.text());
  assertGreater(named.size, atLeast);
  const listed = rows.flatMap((row) => row.nss.match(/\w+/g) ?? []);
  assertEquals([...named].filter((name) => !listed.includes(name)), []);
}

testShared(
  "docs/nss_functions.md: every function that the seed's page names has a row",
  "design/seed_overview_of_an_ssl_application.txt",
  (contents) => assertListed(contents, 50),
);

testShared(
  "docs/nss_functions.md: every function that the seed's page names is in the root, too",
  "design/seed_overview_of_an_ssl_application.txt",
  async (contents) => {
    const named = functionsOf(await contents.text());
    const here = rows.filter(({ nss: name }) => name.match(/\w+/g)!.some((one) => named.has(one)))
      .flatMap(({ names }) => names).filter((name) => !name.includes("."));
    assertGreater(here.length, 30);
    assertEquals(here.filter((name) => !(name in nss)), []);
  },
);

testShared(
  "docs/nss_functions.md: every function that the design's list names has a row",
  "design/nss_api.md",
  (contents) => assertListed(contents, 140),
);

Deno.test("docs/nss_functions.md: no function has two rows", () => {
  const listed = rows.flatMap((row) => row.nss.match(/\w+_\w+/g) ?? []);
  assertEquals(listed.filter((name, i) => listed.indexOf(name) !== i), []);
});

Deno.test("docs/nss_functions.md: each line of the NSPR part runs", async (t) => {
  const text = await Deno.readTextFile(new URL("docs/nss_functions.md", ROOT));
  const lines = [...text.matchAll(/^\| (`(?:PR|PL)_.*?) \|.*\| `(.*)` +\|$/gm)];
  assertEquals(lines.length, rows.filter((row) => /`(PR|PL)_/.test(row.nss)).length);
  const AsyncFunction = (async () => {}).constructor as new (...code: string[]) => (
    ...values: unknown[]
  ) => Promise<unknown>;
  for (const [, names, line] of lines) {
    await t.step(names!, async () => {
      await using here = await loopback();
      const run = new AsyncFunction(...Object.keys(here.scope), line!);
      await run(...Object.values(here.scope));
    });
  }
});

/**
 * What the lines may use: two ends that are connected, a listener that has somebody to accept,
 * bytes.
 */
async function loopback() {
  const keys = await nss.generateKeyPair();
  const cert = await nss.createCertificate({ ...keys, dnsNames: ["localhost"] });
  const context = new nss.NssContext({ trustAnchors: [] });
  const listener = nss.importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
    context,
  });
  const connect = () => Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port });
  const conn = await connect();
  const peer = await listener.accept();
  const socket = nss.importFD(await connect(), {
    hostname: "localhost",
    authCertificate: () => true,
    context,
  });
  const server = await listener.accept();
  await Promise.all([socket.handshake(), server.handshake()]);
  const next = await connect(); // whom the listener still has to accept
  const { importFD, errorToName } = nss;
  return {
    scope: { conn, socket, peer: server, listener, p: new Uint8Array(1), importFD, errorToName },
    async [Symbol.asyncDispose]() {
      listener.close();
      await Promise.allSettled([socket, peer, server].map((end) => end.close()));
      for (const rest of [conn, next]) {
        try {
          rest.close();
        } catch {
          // a line has closed it
        }
      }
    },
  };
}
