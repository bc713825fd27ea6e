// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import {
  explainHandshakeError,
  isReset,
  transportError,
} from "../../../ssl/connection/transport_error.ts";

Deno.test("transportError() names what was tried, and tells resets from other failures", () => {
  const rows: readonly [unknown, string, boolean][] = [
    [new Deno.errors.ConnectionReset("gone"), "PR_CONNECT_RESET_ERROR", true],
    [new Deno.errors.ConnectionAborted("gone"), "PR_CONNECT_RESET_ERROR", true],
    [new Deno.errors.BrokenPipe("gone"), "PR_CONNECT_RESET_ERROR", true],
    [Object.assign(new Error("gone"), { code: "ECONNRESET" }), "PR_CONNECT_RESET_ERROR", true],
    [Object.assign(new Error("gone"), { code: "EPIPE" }), "PR_CONNECT_RESET_ERROR", true],
    [Object.assign(new Error("gone"), { code: "EIO" }), "PR_IO_ERROR", false],
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

Deno.test("explainHandshakeError() adds causes that the version, the role and the bytes so far allow", () => {
  const client = resolveConfig({ hostname: "localhost" });
  const server = resolveConfig({ role: "server" });
  const cause = new Deno.errors.ConnectionReset("gone");
  const reset = transportError("read", cause);
  const end = new SslError("PR_END_OF_FILE_ERROR", "Cannot complete handshake: it ended");
  const late = new SslError("PR_IO_TIMEOUT_ERROR", "Cannot complete handshake: it took long");
  for (const error of [reset, end, late]) {
    const rows = [
      [client, false, "without STARTTLS or the like? Some firewalls drop"],
      [server, false, "or wait for a greeting, as before STARTTLS"],
      [
        client,
        true,
        error === late ? "unless a hook of this end takes long" : "its log may tell why",
      ],
      [server, true, error === late ? "unless a hook" : "may not trust this server's certificate"],
    ] as const;
    for (const [config, heard, hint] of rows) {
      const explained = explainHandshakeError(error, config, heard);
      assertEquals([explained.name, explained.cause], [error.name, error.cause]);
      assertEquals("cause" in explained, "cause" in error);
      assert(explained.message.startsWith(`${error.message}; the peer has`) || heard);
      assertStringIncludes(explained.message, hint);
    }
  }
  const others = [
    new SslError("SSL_ERROR_BAD_MAC_READ"),
    new SslError("PR_OPERATION_ABORTED_ERROR"),
    new SslError("PR_END_OF_FILE_ERROR", "", { origin: "peer" }),
    transportError("read", new Error("gone")),
  ];
  for (const error of others) {
    assertStrictEquals(explainHandshakeError(error, client, false), error);
  }
});
