// Copyright 2026 the NSS for Deno authors. MIT license.

/** RSASSA-PKCS1-v1_5 of TLS 1.3's clients, for tokens without RSASSA-PSS (RFC 9963). @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import type { PrivateKey, SignatureScheme } from "@nss/nss/cert";
import { type ImportOptions, optionSet, reHandshake } from "@nss/nss/ssl";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { parseCertificateRequest } from "../../ssl/messages/certificate_request.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, setU16 } from "./_filters.ts";
import { keepHellos } from "./_hello.ts";
import {
  assertFails,
  HOSTNAME,
  join,
  type JoinOptions,
  makeIdentity,
  pingPong,
  PKI,
  readExactly,
  shake,
} from "./_support.ts";
import { ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";

const rsa = await makeIdentity({ subject: "CN=Card" }, PKI.root, "rsa-2048");
const rsaServer = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "rsa-2048");
const PKCS1: readonly SignatureScheme[] = [
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];
const LEGACY = [0x0420, 0x0520, 0x0620];

/** A key as that of an old card; it says what it signs with. */
function card(schemes: readonly SignatureScheme[], used: SignatureScheme[] = []): PrivateKey {
  const { privateKey, publicKey } = rsa.keys;
  return {
    algorithm: privateKey.algorithm,
    publicKey,
    schemes,
    sign(scheme, data) {
      used.push(scheme);
      return privateKey.sign(scheme, data);
    },
  };
}

function withCard(
  key: PrivateKey,
  client: ImportOptions = {},
  server: ImportOptions = {},
): JoinOptions {
  return {
    client: {
      versions: ONLY_TLS13,
      pkcs1ClientAuth: true,
      certificates: [{ cert: rsa.cert, key }],
      ...client,
    },
    server: { clientAuth: "require", pkcs1ClientAuth: true, ...server },
  };
}

Deno.test("pkcs1ClientAuth: a key without RSASSA-PSS authenticates a client of TLS 1.3, and both ends say by what", async () => {
  for (const scheme of PKCS1) {
    const used: SignatureScheme[] = [];
    await using joined = join(withCard(card([scheme], used)));
    const [client, server] = await shake(joined);
    assertEquals([client.version, client.localSignatureScheme], ["TLSv1.3", scheme]);
    assertEquals([server.peerSignatureScheme, used], [scheme, [scheme]]);
    assertEquals(server.peerCertificates, [rsa.cert]);
    await pingPong(joined);
  }
});

Deno.test("pkcs1ClientAuth: off by default at each end, and under each preset", async () => {
  const rows: readonly [ImportOptions, ImportOptions][] = [
    [{ pkcs1ClientAuth: false }, {}],
    [{}, { pkcs1ClientAuth: false }],
    [{ policy: "compatible", versions: ONLY_TLS13 }, {}],
    [{}, { policy: "compatible" }],
    [{}, { signatureSchemes: ["ecdsa_secp256r1_sha256", "rsa_pss_rsae_sha256"] }],
  ];
  for (const [client, server] of rows) {
    const error = await assertFails(withCard(card(PKCS1), client, server), {
      at: "server",
      error: "SSL_ERROR_NO_CERTIFICATE",
      alert: "certificate_required",
    });
    assertStringIncludes(error.message, "it sent no certificate");
  }
});

Deno.test("pkcs1ClientAuth: a key with RSASSA-PSS uses that, in whatever order the schemes are", async () => {
  const signatureSchemes: readonly SignatureScheme[] = [
    ...PKCS1,
    "rsa_pss_rsae_sha256",
    "ecdsa_secp256r1_sha256",
  ];
  const used: SignatureScheme[] = [];
  const key = card([...PKCS1, "rsa_pss_rsae_sha256"], used);
  await using joined = join(withCard(key, { signatureSchemes }, { signatureSchemes }));
  await shake(joined);
  assertEquals(used, ["rsa_pss_rsae_sha256"]);
});

Deno.test("pkcs1ClientAuth: the code points are in CertificateRequest of TLS 1.3 alone, never in a ClientHello", async () => {
  for (const versions of [ONLY_TLS12, ONLY_TLS13]) {
    const hellos = keepHellos();
    const requests: Uint8Array<ArrayBuffer>[] = [];
    await using joined = join({
      ...withCard(card(PKCS1), { versions }),
      clientInternals: hellos,
      serverInternals: {
        messageFilter: ({ type, body, raw }) => {
          if (type === HandshakeType.certificateRequest) requests.push(body.slice());
          return [raw];
        },
      },
    });
    await shake(joined);
    const offered = hellos.sent[0]!.extensions!.get(signatureAlgorithms)!;
    assertEquals(offered.filter((id) => LEGACY.includes(id)), []);
    const [request] = requests;
    if (versions === ONLY_TLS13) {
      const asked = parseCertificateRequest(request!).extensions.get(signatureAlgorithms)!;
      assertEquals(asked.slice(-3), LEGACY);
    } else assertEquals(/0[456]20/.test(request!.subarray(0, 64).toHex()), false);
  }
});

Deno.test("pkcs1ClientAuth: post-handshake authentication has it, too", async () => {
  const used: SignatureScheme[] = [];
  await using joined = join(withCard(card(["rsa_pkcs1_sha256"], used), {}, { clientAuth: "none" }));
  optionSet(joined.client, "ENABLE_POST_HANDSHAKE_AUTH", true);
  await shake(joined);
  optionSet(joined.server, "REQUEST_CERTIFICATE", true);
  const reading = readExactly(joined.client, 1);
  await reHandshake(joined.server, false);
  await joined.server.write(new Uint8Array(1));
  await reading;
  assertEquals(used, ["rsa_pkcs1_sha256"]);
});

Deno.test("pkcs1ClientAuth: a server takes no code point that it has not offered, nor a client any of a server", async () => {
  const failure = {
    error: "SSL_ERROR_INCORRECT_SIGNATURE_ALGORITHM",
    alert: "illegal_parameter",
  } as const;
  const verify = (id: number) => ({
    messageFilter: actOn(HandshakeType.certificateVerify, 0, { edit: setU16(0, id) }),
  });
  const pss = card(["rsa_pss_rsae_sha256"]);
  for (const id of [...LEGACY, 0x0401]) {
    const off = { pkcs1ClientAuth: id === 0x0401 };
    await assertFails({ ...withCard(pss, {}, off), clientInternals: verify(id) }, {
      at: "server",
      ...failure,
    });
  }
  const server: ImportOptions = { certificates: [rsaServer.credential], pkcs1ClientAuth: true };
  for (const id of LEGACY) {
    await assertFails({
      client: { pkcs1ClientAuth: true, versions: ONLY_TLS13 },
      server,
      serverInternals: verify(id),
    }, { at: "client", ...failure });
  }
});
