// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { peerCertificate, setTrustAnchors } from "@nss/nss/ssl";
import {
  assertFails,
  connected,
  join,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  pingPong,
  PKI,
  shake,
} from "../_support.ts";

const between = await makeIdentity({ subject: "CN=Between", isCa: true }, PKI.root);
/** A certificate under an intermediate that the client does not have. */
const lower = await makeIdentity({ subject: "CN=Lower" }, between);
const stranger = await makeIdentity({ subject: "CN=Stranger" }, PKI.otherRoot);
const ed25519 = await makeIdentity({ subject: "CN=Edwards" }, PKI.root, "ed25519");

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: version, max: version };

  Deno.test(`a client sends its certificate to a server that names only the root above a missing intermediate (${version})`, async () => {
    await using joined = join({
      client: { versions, certificates: [lower.credential] },
      server: { versions, clientAuth: "require", caCerts: [PKI.root.cert, between.cert] },
    });
    setTrustAnchors(joined.server, [PKI.root.cert]);
    await shake(joined);
    await pingPong(joined);
    assertEquals(peerCertificate(joined.server), lower.cert);
  });

  Deno.test(`a client prefers a certificate that an authority of the server's has issued (${version})`, async () => {
    for (const fitting of [PKI.client, await makeIdentity({ subject: "CN=Under" }, between)]) {
      const { cert, key } = fitting.credential;
      const certificates = [stranger.credential, { cert, key, chain: between.cert }];
      await using joined = await connected({
        client: { versions, certificates },
        server: { versions, clientAuth: "require", caCerts: [PKI.root.cert] },
      });
      assertEquals(peerCertificate(joined.server), fitting.cert);
    }
  });

  Deno.test(`a client sends the first certificate that can sign where none fits the server's authorities (${version})`, async () => {
    await using joined = await connected({
      client: {
        versions,
        certificates: [ed25519.credential, stranger.credential, lower.credential],
      },
      server: {
        versions,
        clientAuth: "require",
        caCerts: [PKI.client.cert],
        authCertificate: () => true,
        signatureSchemes: ["ecdsa_secp256r1_sha256"],
      },
    });
    assertEquals(peerCertificate(joined.server), stranger.cert);
  });

  Deno.test(`a client whose certificates were all passed over is told which and why when the server refuses it (${version})`, async () => {
    const rows: readonly [JoinOptions["client"] & object, string][] = [
      [{}, "the option certificates has none"],
      [{ getClientAuthData: () => null }, "the getClientAuthData hook chose none"],
      [
        { certificates: [ed25519.credential] },
        '"CN=Edwards" was passed over, because its key (ed25519) signs with no scheme that both ends accept',
      ],
      [
        { getClientAuthData: () => ed25519.credential },
        '"CN=Edwards" was passed over, because its key (ed25519)',
      ],
      [
        { certificates: [ed25519.credential], policy: "pci-dss-4" },
        '"CN=Edwards" was passed over, because',
      ],
    ];
    for (const [options, says] of rows) {
      await using joined = join({
        client: { versions, ...options },
        server: { versions, clientAuth: "require", signatureSchemes: ["ecdsa_secp256r1_sha256"] },
      });
      const [client] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
      assertStringIncludes(String(client), `. This client sent no certificate: ${says}`);
    }
  });

  Deno.test(`a client that sent a certificate is not told that it sent none (${version})`, async () => {
    await using joined = join({
      client: { versions, certificates: [stranger.credential] },
      server: { versions, clientAuth: "require" },
    });
    const [client] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
    assertEquals(String(client).includes("sent no certificate"), false);
  });
}

Deno.test("a client says which certificate policy forbids when the server refuses it", async () => {
  const versions = { min: "TLSv1.3", max: "TLSv1.3" } as const;
  const p384 = await makeIdentity({ dnsNames: ["server.test"] }, PKI.root, "ec-p384");
  await using joined = join({
    client: {
      versions,
      policy: "cnsa-1.0",
      certificates: [PKI.client.credential],
      authCertificate: () => true,
    },
    server: { versions, clientAuth: "require", certificates: [p384.credential] },
  });
  const [client] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  assertStringIncludes(
    String(client),
    '"CN=Client" was passed over, because policy "cnsa-1.0" forbids it: its key is on P-256',
  );
});

Deno.test("a server whose certificates are all forbidden by policy says so", async () => {
  const error = await assertFails({ server: { policy: "cnsa-1.0" }, client: {} }, {
    at: "server",
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  });
  assertStringIncludes(error.message, 'policy "cnsa-1.0" forbids it: its key is on P-256');
});
