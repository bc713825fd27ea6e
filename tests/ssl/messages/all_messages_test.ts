// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertInstanceOf } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import type { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { encodeClientHello, parseClientHello } from "../../../ssl/messages/client_hello.ts";
import { encodeServerHello, parseServerHello } from "../../../ssl/messages/server_hello.ts";
import type { AlertName } from "../../../ssl/tables/alert_descriptions.ts";
import { DecodeError } from "../../../ssl/wire/decode_error.ts";
import { Random } from "../wire/random.ts";
import { assertRefused } from "./refused.ts";
import { messageSamples } from "./samples.ts";

const ROUNDS = 20;

/** Messages of which every beginning is a whole message: they are opaque to their end. */
const OPAQUE_TO_THE_END = ["Finished"];

/**
 * The one beginning of a hello that is a hello: without the block of extensions, as TLS 1.2 allows.
 */
const WITHOUT_EXTENSIONS: Readonly<Record<string, (body: Uint8Array<ArrayBuffer>) => number>> = {
  ClientHello: (body) =>
    encodeClientHello({ ...parseClientHello(body), extensions: undefined }).length,
  ServerHello: withoutExtensions,
  HelloRetryRequest: withoutExtensions,
};

function withoutExtensions(body: Uint8Array<ArrayBuffer>): number {
  return encodeServerHello({ ...parseServerHello(body), extensions: undefined }).length;
}

for (const [index, { name }] of messageSamples(new Random(0)).entries()) {
  Deno.test(`parse${name}() reads what encode${name}() writes`, () => {
    for (let seed = 0; seed < ROUNDS; seed++) {
      const { values, bodies, parse, encode } = messageSamples(new Random(seed))[index]!;
      for (const [i, body] of bodies.entries()) {
        const parsed = parse(body);
        assertEquals(encode(parsed), body);
        assertEquals(withOpenBlocks(parsed), withOpenBlocks(values[i]));
      }
    }
  });

  if (OPAQUE_TO_THE_END.includes(name)) {
    Deno.test(`parse${name}() takes every strict prefix, and a byte more, as a message of its own`, () => {
      const { bodies, parse, encode } = messageSamples(new Random(0))[index]!;
      for (const body of bodies) {
        const longer = Uint8Array.from([...body, 0]);
        for (let length = 0; length <= longer.length; length++) {
          const other = longer.slice(0, length);
          assertEquals(encode(parse(other)), other);
        }
      }
    });
    continue;
  }

  Deno.test(`parse${name}() refuses every strict prefix, and a byte more`, () => {
    for (let seed = 0; seed < 3; seed++) {
      const { bodies, parse, error, alert } = messageSamples(new Random(seed))[index]!;
      for (const body of bodies) {
        const whole = WITHOUT_EXTENSIONS[name]?.(body);
        for (let length = 0; length < body.length; length++) {
          const prefix = body.subarray(0, length);
          if (length === whole) parse(prefix);
          // A HelloRetryRequest is one by its random: cut within it, it is a bad ServerHello.
          else if (name === "HelloRetryRequest" && length < 34) {
            assertRefused(
              () => parse(prefix),
              "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
              "decode_error",
            );
          } else {assertRefused(
              () => parse(prefix),
              error,
              alert,
              `Cannot parse ${name.replace("Tls12", "")}: `,
            );}
        }
        // Where a hello without extensions ends, more bytes are a block of extensions.
        if (body.length === whole) continue;
        const longer = Uint8Array.from([...body, 0]);
        assertRefused(() => parse(longer), error, alert, "1 bytes are left");
      }
    }
  });
}

Deno.test("parseClientHello() keeps the DecodeError as the cause", () => {
  try {
    parseClientHello(new Uint8Array(1));
  } catch (error) {
    assertInstanceOf(error, SslError);
    assertInstanceOf(error.cause, DecodeError);
    return;
  }
  throw new Error("nothing was thrown");
});

Deno.test("parsers throw nothing but SslError for 100,000 mutations", () => {
  const random = new Random(1);
  const samples = Array.from({ length: 10 }, (_, seed) => messageSamples(new Random(seed))).flat();
  let refused = 0;
  for (let i = 0; i < 100_000; i++) {
    const { parse, bodies, encode, alert } = random.pick(samples);
    const mutant = random.mutate(random.pick(bodies));
    let parsed;
    try {
      parsed = parse(mutant);
    } catch (error) {
      if (!(error instanceof SslError)) {
        throw new Error(`${mutant.toHex()} gave another error`, { cause: error });
      }
      // Extensions have alerts of their own, whatever the message.
      const alerts: (AlertName | null)[] = [alert, "decode_error", "illegal_parameter"];
      assertEquals(alerts.includes(error.alert), true, `${error.alert}`);
      refused++;
      continue;
    }
    // What parses is kept whole: it encodes to the same bytes.
    assertEquals(encode(parsed), mutant);
  }
  // Both ways are taken often.
  assertEquals(refused > 20_000 && refused < 95_000, true, `${refused} were refused`);
});

/**
 * A value with the extensions' types and bytes in the place of blocks, whose fields are private.
 */
function withOpenBlocks(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withOpenBlocks);
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return value;
  if (isBlock(value)) return value.types().map((type) => [type, value.body(type)]);
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [key, withOpenBlocks(field)]),
  );
}

function isBlock(value: object): value is ExtensionBlock {
  return "types" in value && "body" in value;
}
