// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { dataPending, SslError, type SslSocket } from "@nss/nss/ssl";

Deno.test("functions that take a socket say when they are given none", () => {
  for (const other of [{}, new Map(), { read: () => null }]) {
    const error = assertThrows(() => dataPending(other as unknown as SslSocket), SslError);
    assertEquals(error.name, "PR_BAD_DESCRIPTOR_ERROR");
  }
});
