// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { BerBudget, berToDer, MAX_BER_ELEMENTS } from "../../../cert/der/ber.ts";
import { seeded } from "../_support.ts";
import { segments } from "./_segments.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const budgetOf = () => new BerBudget("file", "SEC_ERROR_BAD_DER");
const convert = (ber: Uint8Array, verbatimDepth?: number) =>
  berToDer(ber, budgetOf(), verbatimDepth);

Deno.test("berToDer() gives indefinite lengths, long lengths and pieces the form of DER", () => {
  const cases: [string, string][] = [
    ["3003020105", "3003020105"],
    ["30800201050000", "3003020105"],
    ["3080308002010500000000", "30053003020105"],
    ["308103020105", "3003020105"],
    ["3084000000 03020105", "3003020105"],
    ["2480040101 04020203 0000", "0403010203"],
    ["2408 2403040101 040102", "04020102"],
    ["2400", "0400"],
    ["a080 0401010401020000", "a006040101040102"],
  ];
  for (const [ber, der] of cases) {
    const bytes = Uint8Array.fromHex(ber.replaceAll(" ", ""));
    assertEquals(convert(bytes).toHex(), der);
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => convert(bytes.slice(0, length)), NssError, "Cannot parse file");
    }
  }
});

Deno.test("berToDer() refuses what is no BER, and what is too deep", () => {
  for (
    const hex of [
      "0480010200",
      "3080020105",
      "30800201050001",
      "2403020105",
      "1f0100",
      "30850000000003020105",
      "30050201",
      "0401010401",
    ]
  ) {
    assertThrows(() => convert(Uint8Array.fromHex(hex)), NssError, "Cannot parse file");
  }
  const nest = (depth: number): Bytes => {
    let bytes = Uint8Array.of(5, 0);
    for (let i = 0; i < depth; i++) bytes = Uint8Array.of(0x30, bytes.length, ...bytes);
    return bytes;
  };
  assertEquals(convert(nest(32)), nest(32));
  assertThrows(() => convert(nest(33)), NssError, "nested deeper than 32");
});

/** The buffers that JavaScript makes of a length that is given: how many, and their bytes. */
function countBuffers(run: () => unknown): { buffers: number; bytes: number } {
  const { Uint8Array: Original } = globalThis;
  const count = { buffers: 0, bytes: 0 };
  globalThis.Uint8Array = new Proxy(Original, {
    construct: (target, args, newTarget) => {
      if (typeof args[0] === "number") {
        count.buffers++;
        count.bytes += args[0];
      }
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    run();
  } finally {
    globalThis.Uint8Array = Original;
  }
  return count;
}

Deno.test("berToDer() joins 200,000 segments in one buffer of their size, and makes no other", () => {
  const ber = segments(200_000);
  let der: Bytes | undefined;
  const { buffers, bytes } = countBuffers(() => der = convert(ber));
  assertEquals(der!.length, 200_000 + 5);
  assertEquals(der!.subarray(0, 5).toHex(), "0483030d40");
  assert(der!.subarray(5).every((byte) => byte === 7));
  assert(buffers <= 2 && bytes <= der!.length, `${buffers} buffers of ${bytes} bytes`);
});

Deno.test("berToDer() takes MAX_BER_ELEMENTS and no more, over all parts of a file", () => {
  assertEquals(MAX_BER_ELEMENTS, 250_000);
  convert(segments(MAX_BER_ELEMENTS - 1));
  const refused = (elements: number, budget?: BerBudget): void => {
    const { buffers } = countBuffers(() =>
      assertThrows(
        () => berToDer(segments(elements - 1), budget ?? budgetOf()),
        NssError,
        "the file has more than 250000 elements",
      )
    );
    assert(buffers <= 2, `${buffers} buffers`);
  };
  refused(MAX_BER_ELEMENTS + 1);
  refused(3_000_000);
  const budget = budgetOf();
  berToDer(segments(MAX_BER_ELEMENTS - 11), budget);
  berToDer(segments(9), budget);
  refused(1, budget);
});

Deno.test("berToDer() keeps elements of definite length as they are, from a depth on, and counts them once", () => {
  const cases: [string, string][] = [
    // SEQUENCE { SEQUENCE (length not minimal) }, both ways
    ["30803081020500 0000", "3005 3081020500"],
    ["3083000005 3081020500", "3005 3081020500"],
    // An indefinite one is converted all the same, what is in it is not
    ["30803080 24030401ff 00000000", "3007 3005 24030401ff"],
    // So are the segments of a string above
    ["2480 040101 240404020203 0000", "0403010203"],
    ["0403010203", "0403010203"],
  ];
  for (const [ber, der] of cases) {
    const bytes = Uint8Array.fromHex(ber.replaceAll(" ", ""));
    assertEquals(convert(bytes, 1).toHex(), der.replaceAll(" ", ""));
    for (let length = 0; length < bytes.length; length++) {
      assertThrows(() => convert(bytes.slice(0, length), 1), NssError, "Cannot parse file");
    }
  }
  const inner = segments(MAX_BER_ELEMENTS + 1);
  const whole = new Uint8Array(inner.length + 4);
  whole.set([0x30, 0x80]);
  whole.set(inner, 2);
  assertThrows(() => convert(whole), NssError, "more than 250000 elements");
  assertEquals(convert(whole, 1).subarray(5), inner);
});

Deno.test("berToDer() meets altered BER with typed errors, and makes the same of what it has made", () => {
  const random = seeded(5);
  const good = Uint8Array.fromHex(
    "3080 0203010203 2480 040101 24040402 0203 0000 a080 3081020500 0000 0000".replaceAll(" ", ""),
  );
  let converted = 0;
  for (let i = 0; i < 5_000; i++) {
    const bytes = good.slice();
    for (let changes = 0; changes < 2; changes++) {
      bytes[Math.floor(random() * bytes.length)] = Math.floor(random() * 256);
    }
    for (const depth of [undefined, 1]) {
      try {
        const der = convert(bytes, depth);
        assertEquals(convert(der, depth), der);
        converted++;
      } catch (error) {
        assert(error instanceof NssError, String(error));
      }
    }
  }
  assert(converted > 500, `${converted}`);
});
