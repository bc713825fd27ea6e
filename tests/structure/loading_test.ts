// Copyright 2026 the NSS for Deno authors. MIT license.

// What is loaded when: a program pays for each module that it loads (docs/performance.md).

import { assertEquals } from "@std/assert";
import { reach, readGraph } from "./_entries.ts";
import { readSources, ROOT } from "./_source.ts";

/** The files that are loaded with one file. */
async function loadedWith(path: string): Promise<string[]> {
  const { loaded } = reach(await readGraph(path), [new URL(path, ROOT).href]);
  return [...loaded].map((module) => module.replace(ROOT.href, "")).sort();
}

/** What renegotiates is asked by every connection whether it does. */
const TLS_1_2 = /\/tls12\/(?!renegotiation\.ts$)|^ssl\/messages\/tls12_/;

Deno.test("the root loads nothing that a program needs only once there is a connection, or rarely", async () => {
  const late =
    /^ssl\/(?:handshake\/(?:client|server)\/|extensions\/registry)|^cert\/(?:revocation|format)\/|^pkcs11\/(?:nss_db|module)\/|\/(?:decode_pkcs12|encrypted_pkcs8|kv_\w+|large_rsa|path_problems)\.ts$/;
  const loaded = await loadedWith("mod.ts");
  assertEquals(loaded.filter((path) => late.test(path) || TLS_1_2.test(path)), []);
});

Deno.test("a client's handshake loads no states of a server, nor of TLS 1.2, and a server's none of a client", async () => {
  for (const [end, other] of [["client", "server"], ["server", "client"]]) {
    const loaded = await loadedWith(`ssl/handshake/${end}/start.ts`);
    const vain = loaded.filter((path) =>
      path.startsWith(`ssl/handshake/${other}/`) || TLS_1_2.test(path)
    );
    assertEquals(vain, [], end);
  }
});

Deno.test("the package's own modules are imported lazily by LazyModule or importLazily(), so that a failure is an NssError", async () => {
  const bare = (await readSources()).flatMap(({ path, imports, code }) => {
    const own = imports.filter(({ dynamic, specifier }) => dynamic && specifier.startsWith("."));
    // `code` has no strings any more: the imports of `node:` and packages are awaited as they are
    const wrapped = code.match(/\(\) => import\(/g)?.length ?? 0;
    return own.length === wrapped ? [] : [path];
  });
  assertEquals(bare, []);
});
