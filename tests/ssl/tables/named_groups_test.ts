// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import {
  DEFAULT_NAMED_GROUPS,
  NAMED_GROUPS,
  namedGroupByName,
} from "../../../ssl/tables/named_groups.ts";

Deno.test("namedGroupByName() finds each row", () => {
  for (const group of NAMED_GROUPS) {
    assertStrictEquals(namedGroupByName(group.name), group);
  }
  assertEquals(namedGroupByName("X25519"), undefined);
});

Deno.test("DEFAULT_NAMED_GROUPS are the hybrids, then the curves, without ML-KEM alone", () => {
  assertEquals(DEFAULT_NAMED_GROUPS.map(({ name }) => name), [
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
  ]);
  const others = NAMED_GROUPS.filter((group) => !DEFAULT_NAMED_GROUPS.includes(group));
  assertEquals(others.map(({ name }) => name), ["MLKEM1024"]);
});

Deno.test("NAMED_GROUPS have the share lengths of their RFCs", () => {
  const lengths = NAMED_GROUPS.map((g) => [g.id, g.clientShareLength, g.serverShareLength]);
  assertEquals(lengths.sort(([a], [b]) => a! - b!), [
    [0x0017, 65, 65],
    [0x0018, 97, 97],
    [0x0019, 133, 133],
    [0x001d, 32, 32],
    [0x0202, 1568, 1568],
    [0x11eb, 1249, 1153],
    [0x11ec, 1216, 1120],
    [0x11ed, 1665, 1665],
  ]);
});

Deno.test("NamedGroup.available() follows what the runtime's WebCrypto says", () => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "SubtleCrypto")!;
  const availableWith = (value: unknown) => {
    Object.defineProperty(globalThis, "SubtleCrypto", { ...own, value });
    try {
      return NAMED_GROUPS.filter((group) => group.available()).map(({ name }) => name);
    } finally {
      Object.defineProperty(globalThis, "SubtleCrypto", own);
    }
  };
  const all = NAMED_GROUPS.map(({ name }) => name);
  assertEquals(availableWith({ supports: () => true }), all);
  assertEquals(availableWith({ supports: () => false }), []);
  const noX25519 = (_operation: string, { name }: { name: string }) => name !== "X25519";
  assertEquals(
    availableWith({ supports: noX25519 }),
    all.filter((name) => !name.toLowerCase().includes("x25519")),
  );
  // A runtime that cannot be asked is older than ML-KEM.
  assertEquals(availableWith({}), all.filter((name) => !name.includes("MLKEM")));
});
