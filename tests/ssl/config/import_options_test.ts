// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertThrows,
} from "@std/assert";
import { importFD, SslError } from "@nss/nss/ssl";
import { FOREIGN_OPTIONS, OPTION_NAMES } from "../../../ssl/config/resolve_config.ts";
import { memoryPair } from "../../support/memory_pair.ts";

Deno.test("importFD() refuses options that have no such value, and says which are there", () => {
  const rows: [Parameters<typeof importFD>[1], RegExp][] = [
    [{ cipherSuites: [] }, /cipherSuites: the list is empty/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ cipherSuites: ["TLS_NULL" as any] }, /"TLS_NULL" is none of TLS_AES_128_GCM_SHA256/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ groups: ["x448" as any] }, /"x448" is none of X25519MLKEM768/],
    [{ alpnProtocols: [""] }, /is not 1 to 255 bytes long/],
    [{ alpnProtocols: ["x".repeat(256)] }, /is not 1 to 255 bytes long/],
    [{ versions: { min: "TLSv1.3", max: "TLSv1.2" } }, /TLSv1.3 to TLSv1.2 is no range/],
  ];
  for (const [options, message] of rows) {
    const [a] = memoryPair();
    const error = assertThrows(() => importFD(a, options!), SslError);
    assertMatch(error.message, message);
    assertFalse(error.code === 0);
    assertInstanceOf(error, Error);
  }
});

Deno.test("FOREIGN_OPTIONS has no option of importFD, and names options that there are", () => {
  const own: readonly string[] = OPTION_NAMES;
  assertEquals(Object.keys(FOREIGN_OPTIONS).filter((name) => own.includes(name)), []);
  for (const instead of Object.values(FOREIGN_OPTIONS)) {
    const [option] = /^\w+(?=$|:)/.exec(instead) ?? [];
    if (option !== undefined && !own.includes(option)) throw new Error(`no option ${option}`);
  }
});
