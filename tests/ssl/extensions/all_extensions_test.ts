// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals, assertThrows } from "@std/assert";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";
import { assertRefused } from "../messages/refused.ts";
import { type Carrier, carriers } from "../messages/samples.ts";
import { Random } from "../wire/random.ts";
import { extensionSamples } from "./samples.ts";

/** Extensions of which every beginning is a whole body: they are opaque to their end. */
const OPAQUE_TO_THE_END = ["padding in ClientHello", "session_ticket in ClientHello"];

for (const [index, { name, kinds }] of extensionSamples(new Random(0)).entries()) {
  const title = `${name} in ${kinds.join(", ")}`;

  Deno.test(`${title} reads what it writes`, () => {
    for (let seed = 0; seed < 20; seed++) {
      const { values, bodies, parse, encode } = extensionSamples(new Random(seed))[index]!;
      for (const [i, body] of bodies.entries()) {
        assertEquals(parse(body), values[i]);
        assertEquals(encode(parse(body)), body);
      }
    }
  });

  const opaque = OPAQUE_TO_THE_END.includes(title);

  if (opaque) {
    Deno.test(`${title} takes every strict prefix, and a byte more, as a body of its own`, () => {
      const { bodies, parse, encode } = extensionSamples(new Random(1))[index]!;
      for (const body of bodies) {
        const longer = Uint8Array.from([...body, 0]);
        for (let length = 0; length <= longer.length; length++) {
          const other = longer.slice(0, length);
          assertEquals(encode(parse(other)), other);
        }
      }
    });
  } else {
    Deno.test(`${title} refuses every strict prefix, and a byte more`, () => {
      const { bodies, parse } = extensionSamples(new Random(1))[index]!;
      for (const body of bodies) {
        for (let length = 0; length < body.length; length++) {
          assertThrows(() => parse(body.subarray(0, length)), DecodeError);
        }
        assertThrows(() => parse(Uint8Array.from([...body, 0])), DecodeError);
      }
    });
  }

  Deno.test(`${title} is read with its message${opaque ? "" : ", and refused with it"}`, () => {
    const sample = extensionSamples(new Random(2))[index]!;
    const carrierOf = carriers(new Random(3));
    for (const kind of kinds) {
      const carrier: Carrier = carrierOf[kind];
      for (const [i, body] of sample.bodies.entries()) {
        const sent = new ExtensionBlock();
        addWhatMarksTheKind(sent, kind, sample.type);
        sample.addTo(sent, i);
        const received = carrier.parse(carrier.encode(sent))!;
        assertEquals(sample.getFrom(received), sample.values[i]);
        assertEquals(received.body(sample.type), body);
      }
      if (opaque) continue;
      const bad = new ExtensionBlock();
      addWhatMarksTheKind(bad, kind, sample.type);
      bad.addBody(sample.type, Uint8Array.from([...sample.bodies[0]!, 0]));
      assertRefused(
        () => carrier.parse(carrier.encode(bad)),
        carrier.error,
        "decode_error",
        `in extension ${name}, 1 bytes are left`,
      );
    }
  });
}

/** TLS 1.3's ServerHello is told from TLS 1.2's by supported_versions. */
function addWhatMarksTheKind(block: ExtensionBlock, kind: string, type: number): void {
  if (kind === "ServerHello" && type !== 43) block.addBody(43, Uint8Array.of(3, 4));
}

Deno.test("ExtensionBlock.get() gives the value that was parsed, each time the same", () => {
  for (const sample of extensionSamples(new Random(4))) {
    const block = new ExtensionBlock();
    sample.addTo(block, 0);
    assertEquals(sample.getFrom(block), sample.values[0]);
    assertStrictEquals(sample.getFrom(block), sample.getFrom(block));
  }
});
