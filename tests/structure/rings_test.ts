// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { ringProblems } from "./_rules.ts";
import { parseSource, readSources } from "./_source.ts";

Deno.test("rings: async, cryptography, time, randomness and I/O begin where architecture.md says", async () => {
  assertEquals((await readSources()).flatMap(ringProblems), []);
});

const problems = (path: string, text: string) => ringProblems(parseSource(path, text));

Deno.test("ringProblems() keeps ring 0 free of promises, cryptography, time and Deno", () => {
  const paths = [
    "cert/der/der_reader.ts",
    "cert/der/der_writer.ts",
    "ssl/wire/a.ts",
    "ssl/tables/a.ts",
    "ssl/messages/a.ts",
    "ssl/extensions/a.ts",
    "ssl/record/header.ts",
    "ssl/record/deframer.ts",
    "ssl/record/fragmenter.ts",
  ];
  const snippets = [
    "function f(): Promise<void> {}",
    "async () => {};",
    "await f();",
    "crypto.subtle.digest(a, b);",
    "const a: Date = b;",
    "Deno.exit();",
    "setTimeout(f, 1);",
    "Math.random();",
    "fetch(a);",
  ];
  for (const path of paths) {
    for (const snippet of snippets) {
      assert(problems(path, snippet).length > 0, `${path}: ${snippet}`);
    }
    assertEquals(problems(path, `// async crypto\nconst a = "await Date"; asyncronous();`), []);
  }
});

Deno.test("ringProblems() keeps the clock, randomness, timers and I/O out of ring 1", () => {
  const paths = [
    "cert/verify/verify_cert.ts",
    "ssl/engine/a.ts",
    "ssl/handshake/client/a.ts",
    "ssl/record/cipher_spec.ts",
    "ssl/session/session_ticket.ts",
  ];
  const snippets = [
    "Date.now();",
    "new Date();",
    "performance.now();",
    "crypto.getRandomValues(a);",
    "crypto.randomUUID();",
    "Math.random();",
    "setTimeout(f, 1);",
    "setInterval(f, 1);",
    "inTime(a, 1, f);",
    "AbortSignal.timeout(1);",
    "fetch(a);",
    "Deno.connect(a);",
  ];
  for (const path of paths) {
    for (const snippet of snippets) {
      assertEquals(problems(path, snippet).length, 1, `${path}: ${snippet}`);
    }
    assertEquals(problems(path, "await crypto.subtle.digest(a, new Date(now));"), []);
  }
});

Deno.test("ringProblems() leaves ring 2 and the makers of certificates alone", () => {
  const text = "await Date.now(); crypto.getRandomValues(a); setTimeout(f, 1);";
  for (
    const path of [
      "mod.ts",
      "ssl/ssl_socket.ts",
      "pkcs11/a.ts",
      "cert/create/create_certificate.ts",
    ]
  ) {
    assertEquals(problems(path, text), []);
  }
});

Deno.test("ringProblems() lets ring 0 import itself, errors and types", () => {
  const path = "ssl/messages/a.ts";
  assertEquals(
    problems(
      path,
      `import { Reader } from "../wire/reader.ts";
       import { SslError } from "../base/errors.ts";
       import { NssError } from "../../cert/base/errors.ts";
       import type { Name } from "../../cert/names/name.ts";`,
    ),
    [],
  );
  assertEquals(problems(path, `import { a } from "../handshake/a.ts";`).length, 1);
  assertEquals(problems(path, `import { a } from "../../cert/names/name.ts";`).length, 1);
});

Deno.test("ringProblems() keeps ring 1 away from what owns the transport, save its types", () => {
  const path = "ssl/engine/engine.ts";
  assertEquals(problems(path, `import { SslSocket } from "../ssl_socket.ts";`).length, 1);
  assertEquals(problems(path, `import { importFD } from "../import_fd.ts";`).length, 1);
  assertEquals(problems(path, `import type { SslSocket } from "../ssl_socket.ts";`), []);
});
