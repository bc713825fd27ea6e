// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertInstanceOf, assertStrictEquals } from "@std/assert";
import { type ErrorName, ERRORS, NssError } from "../../../cert/base/errors.ts";
import { alertFor } from "../../../ssl/base/alerts.ts";
import { SslError, toSslError } from "../../../ssl/base/errors.ts";

Deno.test("SslError carries what NssError carries, and the alert of its name and fault", () => {
  const cause = new RangeError("inner");
  const error = new SslError("SSL_ERROR_RX_MALFORMED_CLIENT_HELLO", "Cannot parse", {
    cause,
    fault: "value",
  });
  assertInstanceOf(error, NssError);
  assertEquals(error.name, "SSL_ERROR_RX_MALFORMED_CLIENT_HELLO");
  assertEquals(error.code, -12260);
  assertEquals(error.message, "Cannot parse");
  assertEquals(error.cause, cause);
  assertEquals(error.alert, "illegal_parameter");
  assertEquals(error.fault, "value");
  assertEquals(error.origin, "local");
});

Deno.test("SslError means a local syntax error by default", () => {
  const error = new SslError("SSL_ERROR_RX_MALFORMED_CLIENT_HELLO");
  assertEquals(error.message, ERRORS.SSL_ERROR_RX_MALFORMED_CLIENT_HELLO[1]);
  assertEquals([error.alert, error.fault, error.origin], ["decode_error", "syntax", "local"]);
  assert(!("cause" in error));
});

Deno.test("SslError of every name has alertFor()'s alert, and none where it is the peer's", () => {
  for (const name of Object.keys(ERRORS) as ErrorName[]) {
    assertEquals(new SslError(name).alert, alertFor(name, "syntax"), name);
    assertEquals(new SslError(name, undefined, { origin: "peer" }).alert, null, name);
  }
});

Deno.test("toSslError() returns an SslError as it is", () => {
  const error = new SslError("SSL_ERROR_BAD_MAC_READ");
  assertStrictEquals(toSslError(error), error);
});

Deno.test("toSslError() keeps name, message, cause and stack of an NssError", () => {
  const cause = new Error("inner");
  const inner = new NssError("SEC_ERROR_UNKNOWN_ISSUER", "Cannot verify certificate", { cause });
  const error = toSslError(inner);
  assertInstanceOf(error, SslError);
  assertEquals(error.name, "SEC_ERROR_UNKNOWN_ISSUER");
  assertEquals(error.message, "Cannot verify certificate");
  assertStrictEquals(error.cause, cause);
  assertEquals(error.stack, inner.stack);
  assertEquals(error.alert, "unknown_ca");
  assert(!("cause" in toSslError(new NssError("SEC_ERROR_BAD_DER"))));
});

Deno.test("toSslError() makes anything else the cause", () => {
  const thrown = new TypeError("x is not a function");
  const internal = toSslError(thrown);
  assertEquals(internal.name, "SEC_ERROR_LIBRARY_FAILURE");
  assertEquals(internal.alert, "internal_error");
  assertStrictEquals(internal.cause, thrown);
  assertEquals(
    internal.message,
    "An internal operation failed: TypeError: x is not a function",
  );

  const hook = toSslError("no such user", "SSL_ERROR_APP_CALLBACK_ERROR");
  assertEquals(hook.name, "SSL_ERROR_APP_CALLBACK_ERROR");
  assertEquals(hook.message, "A hook of the application failed: no such user");
  assertEquals(hook.cause, "no such user");

  const nothing = toSslError(undefined, "PR_IO_ERROR");
  assertEquals(nothing.message, "Cannot go on: undefined was thrown");
  assertEquals(nothing.alert, null);
});
