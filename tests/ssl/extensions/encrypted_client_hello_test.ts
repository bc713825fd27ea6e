// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import {
  encodeEchOuter,
  parseEchClientHello,
} from "../../../ssl/extensions/encrypted_client_hello.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const VALUES = {
  cipherSuite: { kdf: 0x0001, aead: 0x0003 },
  configId: 7,
  enc: new Uint8Array(32).fill(1),
  payload: new Uint8Array(40).fill(2),
};
const OUTER = encodeEchOuter(VALUES);

function refused(body: Bytes): SslError {
  const error = assertThrows(() => parseEchClientHello(body), SslError);
  assertEquals(error.name, "SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION");
  return error;
}

Deno.test("parseEchClientHello() reads what encodeEchOuter() writes, without copies, and the inner one", () => {
  const parsed = parseEchClientHello(OUTER);
  assert(parsed !== "inner");
  assertEquals(parsed, VALUES);
  assertEquals([parsed.enc.buffer, parsed.payload.buffer], [OUTER.buffer, OUTER.buffer]);
  const second = { ...VALUES, enc: new Uint8Array(0) };
  assertEquals(parseEchClientHello(encodeEchOuter(second)), second);
  assertEquals(parseEchClientHello(new Uint8Array([1])), "inner");
});

Deno.test("parseEchClientHello() refuses each prefix, and what comes behind, as a decode_error", () => {
  for (let length = 0; length < OUTER.length; length++) {
    assertEquals(refused(OUTER.slice(0, length)).alert, "decode_error", `${length}`);
  }
  for (const body of [[...OUTER, 0], [1, 0]]) {
    assertEquals(refused(new Uint8Array(body)).alert, "decode_error");
  }
  const empty = new Uint8Array([...OUTER.slice(0, 8 + 32), 0, 0]);
  assertEquals(refused(empty).alert, "decode_error"); // payload<1..2^16-1>
});

Deno.test("parseEchClientHello() refuses each type but two as an illegal_parameter", () => {
  for (let type = 2; type < 256; type++) {
    assertEquals(refused(OUTER.with(0, type)).alert, "illegal_parameter", `${type}`);
  }
});
