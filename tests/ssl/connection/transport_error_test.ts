// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStrictEquals } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { isReset, transportError } from "../../../ssl/connection/transport_error.ts";

Deno.test("transportError() names what was tried, and tells resets from other failures", () => {
  const rows: readonly [unknown, string, boolean][] = [
    [new Deno.errors.ConnectionReset("gone"), "PR_CONNECT_RESET_ERROR", true],
    [new Deno.errors.ConnectionAborted("gone"), "PR_CONNECT_RESET_ERROR", true],
    [new Deno.errors.BrokenPipe("gone"), "PR_CONNECT_RESET_ERROR", true],
    [new Error("gone"), "PR_IO_ERROR", false],
    ["gone", "PR_IO_ERROR", false],
  ];
  for (const [cause, name, reset] of rows) {
    const error = transportError("write", cause);
    assertEquals([error.name, error.cause, isReset(error)], [name, cause, reset]);
    assertEquals(error.message, "Cannot write: the transport failed: gone");
  }
});

Deno.test("transportError() keeps the error of a transport that is TLS itself", () => {
  const inner = new SslError("SSL_ERROR_BAD_MAC_READ", "Cannot read record");
  assertStrictEquals(transportError("read", inner), inner);
});

Deno.test("isReset() is for errors of this library alone", () => {
  assertEquals(isReset(new Deno.errors.ConnectionReset("gone")), false);
});
