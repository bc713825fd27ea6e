// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { decodePem, encodePem, MAX_PEM_SIZE } from "../../../cert/der/pem.ts";

const A = "-----BEGIN A-----\nAAEC\n-----END A-----\n";
const B = "-----BEGIN B C-----\nAwQ=\n-----END B C-----\n";
const DER_A = Uint8Array.of(0, 1, 2);
const DER_B = Uint8Array.of(3, 4);

Deno.test("decodePem() reads all blocks in their order, or those of a label", () => {
  const text = A + B + A;
  assertEquals(decodePem(text).map(({ label }) => label), ["A", "B C", "A"]);
  assertEquals(decodePem(text, "B C"), [{ label: "B C", der: DER_B }]);
  assertEquals(decodePem(text, ["A", "X"]).length, 2);
  assertEquals(decodePem(text, "X"), []);
  assertEquals(decodePem(""), []);
});

Deno.test("decodePem() skips what stands around, and white space", () => {
  const texts = [
    `Subject: CN=x\n${A}trailing`,
    A.replaceAll("\n", "\r\n"),
    A.replaceAll("\n", "\r"),
    A.replace("AAEC", "AA\nEC"),
    A.replace("AAEC", "  AAEC \t"),
    A.replace("AAEC", "\nAAEC\n"),
    A.trimEnd(),
    ` ${A}`,
  ];
  for (const text of texts) assertEquals(decodePem(text), [{ label: "A", der: DER_A }]);
});

Deno.test("decodePem() refuses a block that does not end as it begins", () => {
  assertThrows(() => decodePem(A.replace("END A", "END B")), NssError, "line 3");
  assertThrows(() => decodePem("-----BEGIN A-----\nAAEC\n"), NssError, "has no end");
  assertThrows(() => decodePem("-----BEGIN A-----\nAAEC\n" + B), NssError, "does not end");
});

Deno.test("decodePem() refuses what is not base64", () => {
  for (const body of ["AAE", "A", "AA=C", "AAEC====", "AA*C", "AAE_"]) {
    assertThrows(() => decodePem(A.replace("AAEC", body)), NssError, "not base64");
  }
});

Deno.test("decodePem() refuses the headers of an encrypted block that is asked for", () => {
  const text = A.replace("AAEC", "Proc-Type: 4,ENCRYPTED\n\nAAEC");
  assertThrows(() => decodePem(text), NssError, "Proc-Type");
  assertEquals(decodePem(text + B, "B C").length, 1);
});

Deno.test("decodePem() takes MAX_PEM_SIZE characters and not one more", () => {
  const text = A.padEnd(MAX_PEM_SIZE, " ");
  assertEquals(decodePem(text).length, 1);
  assertThrows(() => decodePem(`${text} `), NssError, "are more than");
});

Deno.test("encodePem() writes 64 characters in a line, which decodePem() reads", () => {
  for (const size of [0, 1, 47, 48, 49, 300]) {
    const der = new Uint8Array(size).fill(7);
    const text = encodePem("X Y", der);
    assertEquals(text.split("\n").every((line) => line.length <= 64), true);
    assertEquals(decodePem(text), [{ label: "X Y", der }]);
  }
});
