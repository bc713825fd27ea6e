// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { signatureAlgorithms } from "../../../ssl/extensions/signature_algorithms.ts";
import { newModel, signatureSchemePrefGet, signatureSchemePrefSet, SslError } from "@nss/nss/ssl";
import { failureOf, join, makeIdentity, PKI, shake } from "../_support.ts";
import { keepHellos } from "../_hello.ts";

const ed25519 = await makeIdentity({ dnsNames: ["server.test"] }, PKI.root, "ed25519");

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };
  Deno.test(`signatureSchemePrefSet() decides what a client accepts, and in which order (${version})`, async () => {
    const hellos = keepHellos();
    await using joined = join({
      client: { versions },
      server: { versions, certificates: [PKI.server.credential, ed25519.credential] },
      clientInternals: hellos,
    });
    signatureSchemePrefSet(joined.client, ["ed25519", "rsa_pss_rsae_sha384"]);
    assertEquals((await shake(joined))[0].peerSignatureScheme, "ed25519");
    assertEquals(hellos.sent[0]!.extensions!.get(signatureAlgorithms), [0x0807, 0x0805]);
  });

  Deno.test(`signatureSchemePrefSet() decides what a server signs with (${version})`, async () => {
    await using joined = join({
      client: { versions },
      server: { versions, certificates: [PKI.server.credential, ed25519.credential] },
    });
    signatureSchemePrefSet(joined.server, ["ed25519"]);
    assertEquals((await shake(joined))[0].peerSignatureScheme, "ed25519");

    await using refused = join({ client: { versions }, server: { versions } });
    signatureSchemePrefSet(refused.server, ["rsa_pss_rsae_sha256"]);
    refused.client.handshake().catch(() => {});
    const error = await failureOf(refused.server.handshake());
    assertEquals(error.name, "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM");
  });
}

Deno.test("signatureSchemePrefSet() refuses schemes that nobody has, and none", () => {
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  for (const schemes of [[], ["dsa_sha256"], ["ed25519", "ed448"]] as any[]) {
    const error = assertThrows(() => signatureSchemePrefSet(newModel(), schemes), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("signatureSchemePrefGet() is what is set, and a copy of it", () => {
  const model = newModel({ signatureSchemes: ["ed25519"] });
  (signatureSchemePrefGet(model) as string[]).push("rsa_pkcs1_sha1");
  assertEquals(signatureSchemePrefGet(model), ["ed25519"]);
});
