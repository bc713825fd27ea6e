// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * TLS 1.2 over all that both ends have: suites, certificates, groups, client certificates,
 * signature schemes.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import type { PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { KeyPairType } from "../../pkcs11/keys/generate_key_pair.ts";
import { TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { connected, join, pattern, pingPong, readExactly, shake } from "./_support.ts";
import { identityOf, ONLY_TLS12, tls12 } from "./_tls12.ts";

const ECDSA: readonly KeyPairType[] = ["ec-p256", "ec-p384", "ec-p521", "ed25519"];
const RSA: readonly KeyPairType[] = ["rsa-2048", "rsa-pss-2048"];
const GROUPS = NAMED_GROUPS.filter((group) => group.tls12 && group.available());

for (const suite of TLS12_CIPHER_SUITES) {
  if (suite.auth === "psk") continue; // has no certificate: external_psk_test.ts
  Deno.test(`SslSocket completes ${suite.name} with every certificate and group, and carries data`, async () => {
    const types = suite.auth === "rsa" ? RSA : ECDSA;
    for (let i = 0; i < GROUPS.length; i++) {
      const type = types[i % types.length]!;
      const group = GROUPS[i]!.name;
      const identity = await identityOf(type);
      await using joined = join(tls12({
        client: { cipherSuites: [suite.name] },
        server: {
          cipherSuites: [suite.name],
          groups: [group],
          certificates: [identity.credential],
        },
      }));
      for (const info of await shake(joined)) {
        assertEquals(
          [info.version, info.cipherSuite, info.group, info.extendedMasterSecret, info.resumed],
          ["TLSv1.2", suite.name, group, true, false],
        );
      }
      const data = pattern(40_000);
      for (const [from, to] of [[joined.client, joined.server], [joined.server, joined.client]]) {
        const [received] = await Promise.all([readExactly(to!, data.length), from!.write(data)]);
        assertEquals(received, data);
      }
      await pingPong(joined);
    }
  });
}

Deno.test("SslSocket completes TLS 1.2 with every certificate in every group", async () => {
  for (const type of [...ECDSA, ...RSA]) {
    const identity = await identityOf(type);
    for (const { name } of GROUPS) {
      await using joined = await connected(
        tls12({ server: { groups: [name], certificates: [identity.credential] } }),
      );
      const [client, server] = await shake(joined);
      assertEquals([client.group, server.group], [name, name]);
      assertEquals(client.peerCertificates[0]!.der, identity.cert.der);
      assertEquals(client.peerSignatureScheme, server.localSignatureScheme);
      assert(client.peerSignatureScheme !== null);
      assertEquals([client.localSignatureScheme, server.peerSignatureScheme], [null, null]);
    }
  }
});

Deno.test("SslSocket signs in TLS 1.2 with an ECDSA key of any curve and the hash that the peer asks for, by preference that of the curve", async () => {
  const schemes = [
    "ecdsa_secp256r1_sha256",
    "ecdsa_secp384r1_sha384",
    "ecdsa_secp521r1_sha512",
  ] as const;
  for (const [i, type] of (["ec-p256", "ec-p384", "ec-p521"] as const).entries()) {
    const certificates = [(await identityOf(type)).credential];
    for (
      const [asked, expected] of [
        ...schemes.map((scheme) => [[scheme], scheme] as const),
        [schemes, schemes[i]] as const,
      ]
    ) {
      // Both ends show the certificate, and take only this scheme from the other.
      const asking = { certificates, signatureSchemes: asked };
      await using joined = await connected(
        tls12({ client: asking, server: { ...asking, clientAuth: "require" } }),
      );
      const [client, server] = await shake(joined);
      assertEquals(
        [server.localSignatureScheme, client.localSignatureScheme],
        [expected, expected],
        `${type}, ${asked}`,
      );
      await pingPong(joined);
    }
  }
});

Deno.test("SslSocket shows and takes a client certificate of every kind in TLS 1.2", async () => {
  for (const type of [...ECDSA, ...RSA]) {
    const { credential, cert } = await identityOf(type);
    for (const clientAuth of ["request", "require"] as const) {
      await using joined = await connected(
        tls12({ client: { certificates: [credential] }, server: { clientAuth } }),
      );
      const [client, server] = await shake(joined);
      assertEquals(server.peerCertificates.map(({ der }) => der), [cert.der]);
      assertEquals(client.localCertificates.map(({ der }) => der), [cert.der]);
      assert(client.localSignatureScheme !== null);
      assertEquals(client.localSignatureScheme, server.peerSignatureScheme);
      await pingPong(joined);
    }
  }
});

Deno.test("SslSocket signs TLS 1.2 in every scheme that both ends have, PKCS#1 included", async () => {
  const rows: readonly (readonly [KeyPairType, readonly SignatureScheme[]])[] = [
    ["rsa-2048", [
      "rsa_pkcs1_sha256",
      "rsa_pkcs1_sha384",
      "rsa_pkcs1_sha512",
      "rsa_pss_rsae_sha256",
      "rsa_pss_rsae_sha384",
      "rsa_pss_rsae_sha512",
    ]],
    ["rsa-pss-2048", ["rsa_pss_pss_sha256", "rsa_pss_pss_sha384", "rsa_pss_pss_sha512"]],
    // RFC 8422, Section 5.10: in TLS 1.2 the scheme names the hash, and the curve is the key's.
    ["ec-p256", ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"]],
    ["ec-p384", ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"]],
    ["ec-p521", ["ecdsa_secp256r1_sha256", "ecdsa_secp384r1_sha384", "ecdsa_secp521r1_sha512"]],
    ["ed25519", ["ed25519"]],
  ];
  for (const [type, schemes] of rows) {
    const { cert, keys } = await identityOf(type);
    const { algorithm } = keys.privateKey;
    // Keys of this package keep to their curve's hash; those of tokens need not.
    const sign: PrivateKey["sign"] = (scheme, data) => keys.privateKey.sign(scheme, data);
    const credential = { cert, key: { algorithm, sign } };
    for (const scheme of schemes) {
      await using joined = await connected(tls12({
        // The certificates' own signatures are the root's, and not asked about.
        client: { certificates: [credential] },
        server: {
          certificates: [credential],
          clientAuth: "require",
          signatureSchemes: [scheme],
        },
      }));
      const [client, server] = await shake(joined);
      assertEquals(
        [client.peerSignatureScheme, client.localSignatureScheme],
        [scheme, scheme],
      );
      assertEquals(server.localSignatureScheme, scheme);
    }
  }
});

Deno.test("SslSocket prefers the hash that goes with its key's curve in TLS 1.2", async () => {
  for (
    const [type, scheme] of [
      ["ec-p256", "ecdsa_secp256r1_sha256"],
      ["ec-p384", "ecdsa_secp384r1_sha384"],
      ["ec-p521", "ecdsa_secp521r1_sha512"],
    ] as const
  ) {
    const { credential } = await identityOf(type);
    await using joined = await connected(
      tls12({
        client: { certificates: [credential] },
        server: { certificates: [credential], clientAuth: "request" },
      }),
    );
    const [client] = await shake(joined);
    assertEquals([client.peerSignatureScheme, client.localSignatureScheme], [scheme, scheme]);
  }
});

Deno.test("SslSocket as server chooses among certificates by name, then by suite and scheme in TLS 1.2", async () => {
  const [ec, rsa] = await Promise.all([identityOf("ec-p256"), identityOf("rsa-2048")]);
  const certificates = [ec.credential, rsa.credential];
  const rows = [
    [{}, ec],
    [{ cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }, rsa],
    [{ signatureSchemes: ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"] }, rsa],
    // RFC 8422, Section 5.1.1: the groups are those of certificates, too.
    [{ groups: ["x25519"] }, rsa],
    [{ groups: ["x25519", "secp256r1"] }, ec],
  ] as const;
  for (const [client, expected] of rows) {
    const verified = { ...client, authCertificate: () => true };
    await using joined = await connected(tls12({ client: verified, server: { certificates } }));
    const [info] = await shake(joined);
    assertEquals(info.peerCertificates[0]!.der, expected.cert.der);
  }
});

Deno.test("SslSocket sends TLS 1.2's messages in the order of RFC 5246, Section 7.3", async () => {
  const types: number[][] = [[], []];
  const note = (list: number[]) => ({
    messageFilter: ({ type, raw }: { type: number; raw: Uint8Array<ArrayBuffer> }) => {
      list.push(type);
      return [raw];
    },
  });
  const { credential } = await identityOf("ec-p256");
  await using _joined = await connected({
    client: { versions: ONLY_TLS12, certificates: [credential] },
    server: { versions: ONLY_TLS12, clientAuth: "require" },
    clientInternals: note(types[0]!),
    serverInternals: note(types[1]!),
  });
  const T = HandshakeType;
  assertEquals(types[0], [
    T.clientHello,
    T.certificate,
    T.clientKeyExchange,
    T.certificateVerify,
    T.finished,
  ]);
  assertEquals(types[1], [
    T.serverHello,
    T.certificate,
    T.serverKeyExchange,
    T.certificateRequest,
    T.serverHelloDone,
    T.newSessionTicket,
    T.finished,
  ]);
});
