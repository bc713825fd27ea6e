// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  newModel,
  setPolicyPreset,
  SslError,
  versionRangeGet,
  versionRangeGetDefault,
  versionRangeGetSupported,
  versionRangeSet,
  versionRangeSetDefault,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { assertFails, connected, join, shake } from "../_support.ts";

const TLS13 = { min: "TLSv1.3", max: "TLSv1.3" } as const;
const TLS12 = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const BOTH = { min: "TLSv1.2", max: "TLSv1.3" } as const;

Deno.test("versionRangeGetSupported() is TLS 1.2 and 1.3, and both can be had", async () => {
  assertEquals(versionRangeGetSupported(), BOTH);
  for (const versions of [TLS12, TLS13]) {
    await using joined = await connected({ client: { versions }, server: { versions: BOTH } });
    assertEquals((await joined.client.handshake()).version, versions.max);
  }
});

Deno.test("versionRangeSet() decides at either end", async () => {
  for (
    const [client, server, version] of [
      [BOTH, BOTH, "TLSv1.3"],
      [TLS12, BOTH, "TLSv1.2"],
      [BOTH, TLS12, "TLSv1.2"],
    ] as const
  ) {
    await using joined = join();
    versionRangeSet(joined.client, client);
    versionRangeSet(joined.server, server);
    assertEquals((await shake(joined))[0].version, version);
  }
  await assertFails({ client: { versions: TLS12 }, server: { versions: TLS13 } }, {
    at: "server",
    error: "SSL_ERROR_UNSUPPORTED_VERSION",
    alert: "protocol_version",
  });
});

Deno.test("versionRangeSet() refuses what is no range, and changes nothing then", () => {
  const model = newModel({ versions: TLS12 });
  for (const range of [{ min: "TLSv1.3", max: "TLSv1.2" }, { min: "TLSv1.3" }] as const) {
    const error = assertThrows(() => versionRangeSet(model, range), SslError);
    assertEquals(error.name, "SSL_ERROR_INVALID_VERSION_RANGE");
  }
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  assertThrows(() => versionRangeSet(model, { min: "TLSv1.1" as any }), SslError);
  assertEquals(versionRangeGet(model), TLS12);
});

Deno.test("versionRangeGet() is what policy leaves of the range", () => {
  const context = new NssContext({ trustAnchors: [] });
  const model = newModel({ context, versions: BOTH });
  assertEquals(versionRangeGet(model), BOTH);
  setPolicyPreset("modern", context);
  assertEquals(versionRangeGet(model), TLS13);
  const old = newModel({ context, versions: TLS12 });
  assertEquals(
    assertThrows(() => versionRangeGet(old), SslError).name,
    "SSL_ERROR_INVALID_VERSION_RANGE",
  );
});

Deno.test("versionRangeSetDefault() counts for later sockets of its context, on the wire", async () => {
  const context = new NssContext({ trustAnchors: [] });
  const earlier = newModel({ context });
  versionRangeSetDefault(TLS12, { context });
  assertEquals(versionRangeGet(earlier), BOTH);
  for (const end of ["client", "server"] as const) {
    const other = end === "client" ? "server" : "client";
    await using joined = await connected({ [end]: { context }, [other]: { versions: BOTH } });
    assertEquals((await joined.client.handshake()).version, "TLSv1.2");
  }
  assertThrows(
    () => versionRangeSetDefault({ min: "TLSv1.3", max: "TLSv1.2" }, { context }),
    SslError,
  );
});

Deno.test("versionRangeGetDefault() is NSS's, TLS 1.2 and 1.3, and then what is set", async () => {
  const context = new NssContext({ trustAnchors: [] });
  assertEquals(versionRangeGetDefault({ context }), BOTH);
  versionRangeSetDefault({ min: "TLSv1.3" }, { context });
  assertEquals(versionRangeGetDefault({ context }), TLS13);
  assertEquals(versionRangeGetDefault(), BOTH);
  for (const [versions, expected] of [[{}, "TLSv1.3"], [TLS12, "TLSv1.2"]] as const) {
    for (const end of ["client", "server"] as const) {
      await using joined = await connected({ [end]: { versions } });
      assertEquals((await joined.client.handshake()).version, expected);
    }
  }
});
