// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { preSharedKeyClientHello } from "../../../ssl/extensions/pre_shared_key.ts";
import { assertRefused } from "../messages/refused.ts";
import { refusesSyntax, write } from "./bodies.ts";
import { encodeWith, parseWith } from "./samples.ts";

const zeros = (length: number) => new Uint8Array(length);

Deno.test("preSharedKeyClientHello wants a binder for each identity", () => {
  const offer = (identities: number, binders: number) =>
    write((w) =>
      w
        .vector16((list) => {
          for (let i = 0; i < identities; i++) list.vector16(Uint8Array.of(i)).u32(i);
        })
        .vector16((list) => {
          for (let i = 0; i < binders; i++) list.vector8(zeros(32));
        })
    );
  assertEquals(parseWith(preSharedKeyClientHello, offer(3, 3)).binders.length, 3);
  for (const [identities, binders] of [[1, 2], [2, 1]] as const) {
    assertRefused(
      () => parseWith(preSharedKeyClientHello, offer(identities, binders)),
      "SSL_ERROR_MALFORMED_PRE_SHARED_KEY",
      "illegal_parameter",
      `${identities} identities have ${binders} binders`,
    );
  }
  refusesSyntax(preSharedKeyClientHello, offer(0, 0));
  refusesSyntax(preSharedKeyClientHello, offer(0, 1));
  refusesSyntax(preSharedKeyClientHello, offer(1, 0));
  assertThrows(
    () =>
      encodeWith(preSharedKeyClientHello, {
        identities: [{ identity: zeros(1), obfuscatedTicketAge: 0 }],
        binders: [],
      }),
    RangeError,
  );
});

Deno.test("preSharedKeyClientHello takes binders of 32 to 255 bytes and identities of 1 or more", () => {
  // Two of each: the lists are long enough for one that is too short.
  const offer = (identity: number, binder: number) =>
    write((w) =>
      w.vector16((list) => list.vector16(zeros(9)).u32(0).vector16(zeros(identity)).u32(0))
        .vector16((list) => list.vector8(zeros(48)).vector8(zeros(binder)))
    );
  for (const binder of [32, 255]) {
    const { binders } = parseWith(preSharedKeyClientHello, offer(1, binder));
    assertEquals(binders[1]?.length, binder);
  }
  refusesSyntax(preSharedKeyClientHello, offer(1, 31));
  refusesSyntax(preSharedKeyClientHello, offer(0, 32));
});
