// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import {
  cipherPolicyGet,
  cipherPolicySet,
  cipherPrefSet,
  newModel,
  setDomesticPolicy,
  setExportPolicy,
  setFrancePolicy,
  setPolicyPreset,
  SslError,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { ABSENT_CIPHER_SUITES } from "../../../ssl/tables/absent_cipher_suites.ts";
import { connected, failureOf, join, PKI, shake } from "../_support.ts";
import { keepHellos } from "../_hello.ts";

function newContext(): NssContext {
  return new NssContext({ trustAnchors: [] });
}

const ROWS = [
  ["TLSv1.3", "TLS_AES_128_GCM_SHA256", 0x1301, "TLS_CHACHA20_POLY1305_SHA256"],
  [
    "TLSv1.2",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xc02b,
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
  ],
] as const;

for (const [version, suite, id, next] of ROWS) {
  const versions = { min: version, max: version };
  Deno.test(`cipherPolicySet() cuts what a client offers, whatever it was set to (${version})`, async () => {
    const context = newContext();
    const hellos = keepHellos();
    await using joined = join({
      client: { context, versions, cipherSuites: [suite, next] },
      server: { versions },
      clientInternals: hellos,
    });
    cipherPolicySet(suite, "NOT_ALLOWED", { context }); // after the socket was made
    cipherPrefSet(joined.client, suite, true);
    const [info] = await shake(joined);
    assertEquals(info.cipherSuite, next);
    assertEquals(hellos.sent[0]!.cipherSuites.includes(id), false);
  });

  Deno.test(`cipherPolicySet() cuts what a server chooses from (${version})`, async () => {
    const context = newContext();
    cipherPolicySet(id, "NOT_ALLOWED", { context }); // by its number
    await using joined = await connected({
      client: { versions },
      server: { context, versions, cipherSuites: [suite, next] },
    });
    assertEquals((await joined.server.handshake()).cipherSuite, next);
  });

  Deno.test(`cipherPolicySet() ends a handshake before it begins where nothing is left (${version})`, async () => {
    for (const end of ["client", "server"] as const) {
      const context = newContext();
      cipherPolicySet(suite, "NOT_ALLOWED", { context });
      await using joined = join({ [end]: { context, versions, cipherSuites: [suite] } });
      assertEquals((await failureOf(joined[end].handshake())).name, "SSL_ERROR_SSL_DISABLED");
    }
  });
}

Deno.test("cipherPolicySet() reaches what a name hook chooses", async () => {
  const context = newContext();
  cipherPolicySet("TLS_AES_128_GCM_SHA256", "NOT_ALLOWED", { context });
  const model = newModel({ cipherSuites: ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] });
  const certificates = [PKI.server.credential];
  const sniSocketConfig = () => ({ certificates, model });
  await using joined = await connected({ server: { context, sniSocketConfig } });
  assertEquals((await joined.server.handshake()).cipherSuite, "TLS_AES_256_GCM_SHA384");
});

Deno.test("cipherPolicySet() is of its context alone, and can be taken back", async () => {
  const context = newContext();
  cipherPolicySet("TLS_AES_128_GCM_SHA256", "NOT_ALLOWED", { context });
  assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256"), "ALLOWED");
  cipherPolicySet("TLS_AES_128_GCM_SHA256", "ALLOWED", { context });
  await using joined = await connected({ client: { context } });
  assertEquals((await joined.client.handshake()).cipherSuite, "TLS_AES_128_GCM_SHA256");
});

Deno.test("cipherPolicySet() refuses suites that are not here, and other policies", () => {
  const unknown = assertThrows(() => cipherPolicySet(0x002f, "ALLOWED"), SslError);
  assertEquals(unknown.name, "SSL_ERROR_UNKNOWN_CIPHER_SUITE");
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  const restricted = assertThrows(() => cipherPolicySet(0x1301, "RESTRICTED" as any), SslError);
  assertEquals(restricted.name, "SEC_ERROR_INVALID_ARGS");
});

Deno.test("cipherPolicyGet() knows what is not here, and the preset of the context", () => {
  const context = newContext();
  for (const { id } of ABSENT_CIPHER_SUITES) {
    assertEquals(cipherPolicyGet(id, { context }), "NOT_ALLOWED");
  }
  assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "ALLOWED");
  setPolicyPreset("cnsa-1.0", context);
  assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "NOT_ALLOWED");
  assertEquals(cipherPolicyGet("TLS_AES_256_GCM_SHA384", { context }), "ALLOWED");
  const error = assertThrows(() => cipherPolicyGet(0x1305), SslError);
  assertEquals(error.name, "SSL_ERROR_UNKNOWN_CIPHER_SUITE");
});

async function allowsAgain(setPolicy: typeof setDomesticPolicy): Promise<void> {
  const context = newContext();
  cipherPolicySet("TLS_AES_128_GCM_SHA256", "NOT_ALLOWED", { context });
  cipherPolicySet("TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "NOT_ALLOWED", { context });
  setPolicy({ context });
  for (
    const [version, cipherSuite] of [
      ["TLSv1.3", "TLS_AES_128_GCM_SHA256"],
      ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    ] as const
  ) {
    const versions = { min: version, max: version };
    await using joined = await connected({ client: { context, versions }, server: { versions } });
    assertEquals((await joined.client.handshake()).cipherSuite, cipherSuite);
  }
  setPolicyPreset("cnsa-1.0", context);
  setPolicy({ context });
  assertEquals(cipherPolicyGet("TLS_AES_128_GCM_SHA256", { context }), "NOT_ALLOWED");
}

Deno.test("setDomesticPolicy() allows every suite again, and no more than the preset does", () =>
  allowsAgain(setDomesticPolicy));

Deno.test("setExportPolicy() allows every suite again, and no more than the preset does", () =>
  allowsAgain(setExportPolicy));

Deno.test("setFrancePolicy() allows every suite again, and no more than the preset does", () =>
  allowsAgain(setFrancePolicy));
