// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Which version two ends agree on, what protects that choice from whoever stands between (RFC 8446,
 * Section 4.1.3; RFC 7507), and what is never agreed on in TLS 1.2.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { ImportOptions, VersionRange } from "../../ssl/config/import_options.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import { type ClientHello, parseClientHello } from "../../ssl/messages/client_hello.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import {
  DOWNGRADE_TO_TLS_1_1,
  DOWNGRADE_TO_TLS_1_2,
  hasDowngradeSentinel,
} from "../../ssl/tables/downgrade_sentinels.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, type Edit, setU16 } from "./_filters.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  connected,
  type Failure,
  join,
  type JoinOptions,
  outcomeOf,
  shake,
  TestEnvironment,
} from "./_support.ts";
import {
  addSuite,
  addToHello,
  BOTH_VERSIONS,
  editHello,
  identityOf,
  ONLY_TLS12,
  ONLY_TLS13,
  tls12,
} from "./_tls12.ts";

const T = HandshakeType;
const E = ExtensionType;
const RANGES = { "1.2": ONLY_TLS12, "1.3": ONLY_TLS13, "both": BOTH_VERSIONS } as const;

const failsAt = (at: Failure["at"], error: ErrorName, alert: AlertName): Failure => ({
  at,
  error,
  alert,
});
const NO_VERSION = failsAt("server", "SSL_ERROR_UNSUPPORTED_VERSION", "protocol_version");

/** RFC 8446, Appendix D: the highest version that both ends have. */
const AGREED = {
  "1.2": { "1.2": "TLSv1.2", "1.3": null, "both": "TLSv1.2" },
  "1.3": { "1.2": null, "1.3": "TLSv1.3", "both": "TLSv1.3" },
  "both": { "1.2": "TLSv1.2", "1.3": "TLSv1.3", "both": "TLSv1.3" },
} as const;

for (const client of ["1.2", "1.3", "both"] as const) {
  for (const server of ["1.2", "1.3", "both"] as const) {
    const version = AGREED[client][server];
    Deno.test(`SslSocket as a client of ${client} and a server of ${server} agrees on ${version ?? "nothing"}`, async () => {
      const options = {
        client: { versions: RANGES[client] },
        server: { versions: RANGES[server] },
      };
      if (version === null) return void await assertFails(options, NO_VERSION);
      await using joined = await connected(options);
      for (const info of await shake(joined)) {
        assertEquals([info.version, info.resumed], [version, false]);
        assertEquals(/WITH/.test(info.cipherSuite), version === "TLSv1.2");
      }
    });
  }
}

Deno.test("SslSocket speaks the versions that are on by default", async () => {
  const { minVersion, maxVersion } = resolveConfig({});
  await using joined = await connected();
  const [{ version }] = await shake(joined);
  assertEquals(version, "TLSv1.3");
  assertEquals(maxVersion, 0x0304);
  assert(minVersion >= 0x0303);
});

/** The ClientHello of a client with these options. */
async function helloOf(client: ImportOptions): Promise<ClientHello> {
  let hello: ClientHello | undefined;
  await using joined = join({
    client,
    server: { versions: BOTH_VERSIONS },
    clientInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === T.clientHello) hello ??= parseClientHello(body.slice());
        return [raw];
      },
    },
  });
  await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
  return hello!;
}

Deno.test("SslSocket as client offers in each range of versions what belongs to it", async () => {
  const all = [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES];
  const rows: readonly [VersionRange, versions: number[] | undefined, sessionIdLength: number][] = [
    [ONLY_TLS12, undefined, 0],
    [ONLY_TLS13, [0x0304], 32],
    [BOTH_VERSIONS, [0x0304, 0x0303], 32],
  ];
  for (const [versions, listed, sessionIdLength] of rows) {
    const { legacyVersion, extensions, cipherSuites, legacySessionId } = await helloOf({
      versions,
    });
    const tls12 = versions.min === "TLSv1.2";
    const tls13 = versions.max === "TLSv1.3";
    assertEquals(legacyVersion, 0x0303);
    assertEquals(extensions!.get(supportedVersionsClientHello), listed);
    assertEquals(legacySessionId.length, sessionIdLength);
    for (
      const type of [E.extendedMasterSecret, E.renegotiationInfo, E.ecPointFormats, E.sessionTicket]
    ) {
      assertEquals(extensions!.has(type), tls12, `extension ${type}`);
    }
    for (const type of [E.keyShare, E.pskKeyExchangeModes]) {
      assertEquals(extensions!.has(type), tls13, `extension ${type}`);
    }
    // Only CBC has use for it, and that is off.
    assertEquals(extensions!.has(E.encryptThenMac), false);
    const names = cipherSuites.map((suite) => all.find(({ id }) => id === suite)!.name);
    assertEquals(names.some((name) => /_WITH_/.test(name)), tls12);
    assertEquals(names.some((name) => !/_WITH_/.test(name)), tls13);
    assertEquals(names.filter((name) => /CBC/.test(name)), []);
    // A hybrid group needs the messages of TLS 1.3.
    assertEquals(extensions!.get(supportedGroups)!.includes(0x11ec), tls13);
    // RFC 9155: SHA-1 and MD5 are gone.
    const schemes = extensions!.get(signatureAlgorithms)!;
    assertEquals(schemes.filter((scheme) => [1, 2].includes(scheme >> 8)), []);
  }
});

Deno.test("SslSocket as client offers encrypt_then_mac with AES-CBC only", async () => {
  const { extensions } = await helloOf({
    versions: ONLY_TLS12,
    cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"],
  });
  assertEquals(extensions!.has(E.encryptThenMac), true);
});

Deno.test("SslSocket as client refuses encrypt_then_mac for a suite that has no MAC (RFC 7366, Section 3)", async () => {
  const aead = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256";
  await assertFails({
    client: {
      versions: ONLY_TLS12,
      cipherSuites: [aead, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"],
    },
    server: { versions: ONLY_TLS12, cipherSuites: [aead] },
    serverInternals: {
      messageFilter: actOn(T.serverHello, 0, { edit: addToHello("ServerHello", E.encryptThenMac) }),
    },
  }, failsAt("client", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "illegal_parameter"));
});

for (const server of ["1.2", "both"] as const) {
  Deno.test(`SslSocket as a server of ${server} ends its random as RFC 8446, Section 4.1.3 says`, async () => {
    const randoms: Uint8Array[] = [];
    await using joined = await connected({
      client: { versions: ONLY_TLS12 },
      server: { versions: RANGES[server] },
      serverInternals: {
        messageFilter: ({ type, body, raw }) => {
          if (type === T.serverHello) randoms.push(parseServerHello(body.slice()).random);
          return [raw];
        },
      },
    });
    await shake(joined);
    const [random] = randoms;
    assertEquals(hasDowngradeSentinel(random!, DOWNGRADE_TO_TLS_1_2), server === "both");
    assertEquals(hasDowngradeSentinel(random!, DOWNGRADE_TO_TLS_1_1), false);
  });
}

/** What an attacker does to the ClientHello to have TLS 1.2 spoken. */
const HIDE_TLS13: Edit = editHello(
  "ClientHello",
  E.supportedVersions,
  () => new Uint8Array([2, 3, 3]),
);

Deno.test("SslSocket as client sees by the sentinel that somebody has hidden TLS 1.3", async () => {
  for (const edit of [HIDE_TLS13, editHello("ClientHello", E.supportedVersions, null)]) {
    await assertFails({
      client: { versions: BOTH_VERSIONS },
      server: { versions: BOTH_VERSIONS },
      clientInternals: { messageFilter: actOn(T.clientHello, 0, { edit }) },
    }, failsAt("client", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "illegal_parameter"));
  }
});

Deno.test("SslSocket as client refuses both sentinels where it offers TLS 1.3, and minds none where it does not", async () => {
  for (const sentinel of [DOWNGRADE_TO_TLS_1_2, DOWNGRADE_TO_TLS_1_1]) {
    // A server with a sentinel of its own making: its randomness ends that way, so that all it
    // signs is right.
    class Sentinel extends TestEnvironment {
      override random(length: number): Uint8Array<ArrayBuffer> {
        const bytes = super.random(length);
        if (length === 32) bytes.set(sentinel, 24);
        return bytes;
      }
    }
    const options: JoinOptions = {
      server: { versions: ONLY_TLS12 },
      serverInternals: { environment: new Sentinel() },
    };
    await assertFails(
      { ...options, client: { versions: BOTH_VERSIONS } },
      failsAt("client", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "illegal_parameter"),
    );
    await using joined = await connected({ ...options, client: { versions: ONLY_TLS12 } });
    assertEquals((await joined.client.handshake()).version, "TLSv1.2");
  }
});

Deno.test("SslSocket as server tells a client that fell back without need (RFC 7507, Section 3)", async () => {
  const fallBack = () => ({
    clientInternals: { messageFilter: actOn(T.clientHello, 0, { edit: addSuite(0x5600) }) },
  });
  await assertFails({
    ...fallBack(),
    client: { versions: ONLY_TLS12 },
    server: { versions: BOTH_VERSIONS },
  }, failsAt("server", "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT", "inappropriate_fallback"));
  // Where the server has nothing better, what ends this is that the two have seen different hellos.
  await assertFails({
    ...fallBack(),
    client: { versions: ONLY_TLS12 },
    server: { versions: ONLY_TLS12 },
  }, failsAt("server", "SSL_ERROR_BAD_MAC_READ", "bad_record_mac"));
});

Deno.test("SslSocket as client does not let itself be led from a HelloRetryRequest to TLS 1.2", async () => {
  await using joined = join({
    client: { versions: BOTH_VERSIONS, keyShares: ["x25519"] },
    server: { versions: BOTH_VERSIONS, groups: ["secp256r1"] },
    serverInternals: {
      messageFilter: actOn(T.serverHello, 1, {
        edit: (body) => {
          const cut = body.slice(0, 35 + body[34]! + 3 + 2);
          cut.fill(0, cut.length - 2);
          return cut;
        },
      }),
    },
  });
  const [client, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  // RFC 8446, Section 4.1.4: the version must be that of the HelloRetryRequest.
  assertLocal(client, "SSL_ERROR_UNSUPPORTED_VERSION", "protocol_version");
  assertFromPeer(server, "protocol_version");
});

Deno.test("SslSocket as client takes no version that it has not offered", async () => {
  const rows: readonly [VersionRange, VersionRange, Edit, Failure][] = [
    // TLS 1.3 for a client of TLS 1.2 alone.
    [
      ONLY_TLS12,
      ONLY_TLS12,
      setU16(0, 0x0304),
      failsAt("client", "SSL_ERROR_UNSUPPORTED_VERSION", "protocol_version"),
    ],
    // A version in the extension that is none of TLS 1.3.
    [
      BOTH_VERSIONS,
      ONLY_TLS13,
      editHello("ServerHello", E.supportedVersions, setU16(0, 0x0303)),
      failsAt("client", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "illegal_parameter"),
    ],
    [
      BOTH_VERSIONS,
      ONLY_TLS13,
      editHello("ServerHello", E.supportedVersions, setU16(0, 0x0305)),
      failsAt("client", "SSL_ERROR_RX_MALFORMED_SERVER_HELLO", "illegal_parameter"),
    ],
  ];
  for (const [client, server, edit, failure] of rows) {
    await assertFails({
      client: { versions: client },
      server: { versions: server },
      serverInternals: { messageFilter: actOn(T.serverHello, 0, { edit }) },
    }, failure);
  }
});

Deno.test("SslSocket says what two ends of TLS 1.2 do not have in common", async () => {
  const [rsa, ed25519, pss, p384] = await Promise.all([
    identityOf("rsa-2048"),
    identityOf("ed25519"),
    identityOf("rsa-pss-2048"),
    identityOf("ec-p384"),
  ]);
  const verified = { authCertificate: () => true };
  const noSuite = failsAt("server", "SSL_ERROR_NO_CYPHER_OVERLAP", "handshake_failure");
  const noGroup = failsAt("server", "SSL_ERROR_KEY_EXCHANGE_FAILURE", "handshake_failure");
  const noScheme = failsAt(
    "server",
    "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    "handshake_failure",
  );
  const rows: readonly [ImportOptions, ImportOptions, Failure][] = [
    [
      { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] },
      { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] },
      noSuite,
    ],
    [{ cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }, {}, noSuite],
    [
      { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] },
      { certificates: [rsa.credential] },
      noSuite,
    ],
    [{ groups: ["x25519"] }, { groups: ["secp256r1"] }, noGroup],
    // RFC 8422, Section 5.1.1: the client cannot read such a certificate.
    [{ groups: ["x25519"] }, {}, noSuite],
    [{ groups: ["x25519", "secp256r1"] }, { certificates: [p384.credential] }, noSuite],
    [{ ...verified, signatureSchemes: ["rsa_pss_rsae_sha256"] }, {}, noScheme],
    [{ ...verified, signatureSchemes: ["rsa_pkcs1_sha1", "ecdsa_sha1"] }, {}, noScheme],
    [
      { ...verified, signatureSchemes: ["rsa_pkcs1_sha1"] },
      { certificates: [rsa.credential], signatureSchemes: ["rsa_pkcs1_sha1"] },
      noScheme,
    ],
    [
      { ...verified, signatureSchemes: ["ecdsa_sha1"] },
      { signatureSchemes: ["ecdsa_sha1", "ecdsa_secp256r1_sha256"] },
      noScheme,
    ],
    [
      { ...verified, signatureSchemes: ["ecdsa_secp256r1_sha256"] },
      { certificates: [ed25519.credential] },
      noScheme,
    ],
    [
      { ...verified, signatureSchemes: ["rsa_pss_rsae_sha256", "rsa_pkcs1_sha256"] },
      { certificates: [pss.credential] },
      noScheme,
    ],
    [
      {},
      { certificates: [] },
      failsAt("server", "SSL_ERROR_NO_SERVER_KEY_FOR_ALG", "handshake_failure"),
    ],
    [
      { alpnProtocols: ["a"] },
      { alpnProtocols: ["b"] },
      failsAt("server", "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "no_application_protocol"),
    ],
  ];
  for (const [client, server, failure] of rows) {
    await assertFails(
      tls12({
        client: { versions: ONLY_TLS12, ...client },
        server: { versions: ONLY_TLS12, ...server },
      }),
      failure,
    );
  }
});

Deno.test("SslSocket does not use ML-DSA in TLS 1.2, and does in TLS 1.3", async () => {
  const { credential } = await identityOf("mldsa44");
  const options = (versions: VersionRange): JoinOptions => ({
    client: {
      versions,
      authCertificate: () => true,
      signatureSchemes: ["mldsa44", "ecdsa_secp256r1_sha256"],
    },
    server: {
      versions,
      certificates: [credential],
      signatureSchemes: ["mldsa44", "ecdsa_secp256r1_sha256"],
    },
  });
  await using joined = await connected(options(ONLY_TLS13));
  assertEquals((await joined.client.handshake()).peerSignatureScheme, "mldsa44");
  await assertFails(
    options(ONLY_TLS12),
    failsAt("server", "SSL_ERROR_NO_CYPHER_OVERLAP", "handshake_failure"),
  );
  // As a client's, too: it is not shown.
  await using unseen = await connected(tls12({
    client: { versions: ONLY_TLS12, certificates: [credential] },
    server: { versions: ONLY_TLS12, clientAuth: "request" },
  }));
  const [, info] = await shake(unseen);
  assertEquals(info.peerCertificates, []);
});

Deno.test("SslSocket without a group for TLS 1.2 does not offer TLS 1.2", async () => {
  const groups = ["X25519MLKEM768"] as const;
  const hello = await helloOf({ versions: BOTH_VERSIONS, groups: [...groups] });
  assertEquals(hello.extensions!.get(supportedVersionsClientHello), [0x0304]);
  for (const role of ["client", "server"] as const) {
    await using joined = join(tls12({ [role]: { versions: ONLY_TLS12, groups: [...groups] } }));
    const outcome = await outcomeOf(joined[role]);
    assert(outcome instanceof Error && outcome.name === "SSL_ERROR_SSL_DISABLED", `${outcome}`);
  }
});

Deno.test("SslSocket as client shows no certificate that a server of TLS 1.2 cannot read, and goes on where it may", async () => {
  const ed25519 = await identityOf("ed25519");
  const rows: readonly [ImportOptions, number][] = [
    [{ clientAuth: "request" }, 1],
    [{ clientAuth: "request", signatureSchemes: ["ecdsa_secp256r1_sha256"] }, 0],
  ];
  for (const [server, count] of rows) {
    await using joined = await connected(tls12({
      client: { versions: ONLY_TLS12, certificates: [ed25519.credential] },
      server: { versions: ONLY_TLS12, ...server },
    }));
    const [client, info] = await shake(joined);
    assertEquals([client.localCertificates.length, info.peerCertificates.length], [count, count]);
  }
});

Deno.test("SslSocket as server of TLS 1.2 that requires a certificate refuses a client without one", async () => {
  await assertFails(
    tls12({ server: { versions: ONLY_TLS12, clientAuth: "require" } }),
    // RFC 5246, Section 7.4.6; TLS 1.3 has an alert of its own.
    failsAt("server", "SSL_ERROR_NO_CERTIFICATE", "handshake_failure"),
  );
});
