// Copyright 2026 the NSS for Deno authors. MIT license.

/** The parser of every message and of every extension, each with samples of its own, altered. */

import { assert, assertEquals } from "@std/assert";
import { SslError } from "../../ssl/base/errors.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { extensionSamples } from "../ssl/extensions/samples.ts";
import { messageSamples } from "../ssl/messages/samples.ts";
import { Random } from "../ssl/wire/random.ts";
import { assertTyped, type Bytes, flip, fuzz, mutate } from "./_support.ts";
import type { Prng } from "../support/prng.ts";

function alter(prng: Prng, body: Bytes): Bytes {
  return body.length > 0 && prng.pick([true, false]) ? flip(prng, body) : mutate(prng, body);
}

/**
 * What nobody here would send has no encoding: types to come, protocols whose names are no UTF-8
 * and too long as marks.
 */
function encoded(encode: (value: unknown) => Bytes, value: unknown): Bytes | null {
  try {
    return encode(value);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    return null;
  }
}

fuzz(
  "Every message's parser refuses altered bodies with an error that has an alert",
  300,
  (prng) => {
    const samples = messageSamples(new Random(prng.uint32()));
    const { bodies, parse, encode, error: name } = prng.pick(samples);
    for (const body of bodies) {
      const altered = alter(prng, body);
      let value;
      try {
        value = parse(altered);
      } catch (error) {
        assertTyped(error, SslError);
        assert(
          (error as SslError).alert !== null,
          `${(error as SslError).name} of ${name} is silent`,
        );
        continue;
      }
      // What is taken has one encoding: nothing was skipped, nothing was guessed.
      assertEquals(encode(value).toHex(), altered.toHex());
    }
  },
);

fuzz(
  "Every extension's parser refuses altered bodies with an error that has an alert",
  300,
  (prng) => {
    const { bodies, parse, encode } = prng.pick(extensionSamples(new Random(prng.uint32())));
    for (const body of bodies) {
      const altered = alter(prng, body);
      let value;
      try {
        value = parse(altered);
      } catch (error) {
        // The parser of the message makes an error with an alert of a DecodeError.
        if (!(error instanceof DecodeError)) {
          assertTyped(error, SslError);
          assert((error as SslError).alert !== null, `${(error as SslError).name} is silent`);
        }
        continue;
      }
      const again = encoded(encode, value);
      if (again !== null) assertEquals(parse(again), value);
    }
  },
);
