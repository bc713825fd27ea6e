// Copyright 2026 the NSS for Deno authors. MIT license.

// What is loaded when: a program pays for each module that it loads (docs/performance.md).

import { assert, assertEquals } from "@std/assert";
import { reach, readGraph } from "./_entries.ts";
import { parseSource, readSources, ROOT, type Source } from "./_source.ts";

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

/** The files with an `import()` whose failure is not made an NssError. */
function bareImports(sources: readonly Source[]): string[] {
  const wrapped = /\b(?:new LazyModule|importLazily|importBuiltin)\([^;{}()]*\(\) => import\(/g;
  const count = (code: string, pattern: RegExp) => code.match(pattern)?.length ?? 0;
  return sources
    .filter(({ code }) => count(code, /(?<!typeof )\bimport\(["`]/g) !== count(code, wrapped))
    .map(({ path }) => path);
}

Deno.test("each import() is called by LazyModule, importLazily() or importBuiltin(), so that a failure is an NssError", async () => {
  assertEquals(bareImports(await readSources()), []);
});

Deno.test("bareImports() finds an import() of any module that nothing wraps", () => {
  const bare = (text: string) => bareImports([parseSource("a.ts", text)]).length > 0;
  for (const module of ["./b.ts", "@std/crypto", "node:fs"]) {
    assert(bare(`const a = await import("${module}");`));
    assert(bare(`const a = await import("${module}").catch(() => null);`));
    assert(bare(`const load = () => import("${module}"); importLazily("a", load);`));
    assert(!bare(`let a: typeof import("${module}");`));
    assert(bare(`importLazily("a", () => { f(() => import("${module}")); });`));
    assert(!bare(`const A = new LazyModule("a", () => import("${module}"));`));
    assert(!bare(`const a = await importLazily("a (b)", () => import("${module}"));`));
    assert(!bare(`importBuiltin(() => import("${module}"), "X", "a");`));
  }
});
