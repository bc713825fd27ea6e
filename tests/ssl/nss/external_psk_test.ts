// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  addExternalPsk,
  type ExternalPsk,
  newModel,
  removeExternalPsk,
  SslError,
} from "@nss/nss/ssl";
import { configOf } from "../../../ssl/config/config_registry.ts";
import {
  assertFails,
  assertLocal,
  clientOptions,
  join,
  serverOptions,
  session,
  shake,
} from "../_support.ts";

const PSK: ExternalPsk = { identity: "a", key: new Uint8Array(16) };
const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);

function thrownBy(fn: () => unknown): unknown {
  try {
    fn();
  } catch (error) {
    return error;
  }
  throw new Error("it has not thrown");
}

Deno.test("addExternalPsk() adds keys in order, to sockets and models, and not one identity twice", async () => {
  const model = newModel({ role: "server" });
  for (const identity of ["a", "b"]) addExternalPsk(model, { ...PSK, identity });
  assertEquals(configOf(model).externalPsks.map(({ identity }) => text(identity)), ["a", "b"]);
  const again = thrownBy(() => addExternalPsk(model, { ...PSK, key: new Uint8Array(32) }));
  assertLocal(again, "SEC_ERROR_INVALID_ARGS", "internal_error");
  // The same one imported is another
  addExternalPsk(model, { ...PSK, importer: { context: "x" } });
  await using joined = join({
    client: { versions: { min: "TLSv1.3" } },
    server: { certificates: [], model },
  });
  addExternalPsk(joined.client, { ...PSK, identity: "none" });
  addExternalPsk(joined.client, { ...PSK, identity: "b" });
  const [info] = await shake(joined);
  assertEquals(text(info.pskIdentity), "b");
});

Deno.test("removeExternalPsk() takes a key from later handshakes, however it is imported", async () => {
  const model = newModel({
    externalPsks: [PSK, { ...PSK, importer: {} }, { ...PSK, identity: "b" }],
  });
  const server = { certificates: [], model };
  const client = { externalPsks: [PSK], versions: { min: "TLSv1.3" } } as const;
  await session({ client, server });
  removeExternalPsk(model, new TextEncoder().encode("a"));
  assertEquals(configOf(model).externalPsks.map(({ identity }) => text(identity)), ["b"]);
  await assertFails({ client, server }, {
    at: "server",
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  });
  const error = thrownBy(() => removeExternalPsk(model, "a"));
  assertEquals(error instanceof SslError && error.name, "SEC_ERROR_NO_KEY");
});

Deno.test("addExternalPsk() and removeExternalPsk() refuse during a handshake", async () => {
  await using joined = join({ client: clientOptions(), server: serverOptions() });
  const handshake = shake(joined);
  for (
    const change of [
      () => addExternalPsk(joined.client, PSK),
      () => removeExternalPsk(joined.server, "a"),
    ]
  ) {
    assertLocal(thrownBy(change), "PR_IS_CONNECTED_ERROR", null);
  }
  await handshake;
});
