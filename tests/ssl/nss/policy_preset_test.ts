// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertGreater,
  assertLess,
  assertMatch,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { keyFault } from "../../../ssl/config/certificate_rules.ts";
import { ExtensionType } from "../../../ssl/tables/extension_types.ts";
import { namedGroupByName } from "../../../ssl/tables/named_groups.ts";
import { signatureSchemeByName } from "../../../ssl/tables/signature_schemes.ts";
import { signatureAlgorithms } from "../../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../../ssl/extensions/supported_groups.ts";
import {
  cipherPrefSet,
  getCipherSuiteInfo,
  importFD,
  type ImportOptions,
  newModel,
  optionSet,
  peerCertificate,
  POLICY_PRESETS,
  policyPreset,
  type PolicyPresetName,
  setPolicyPreset,
  SslError,
  versionRangeGet,
  versionRangeSet,
} from "@nss/nss/ssl";
import { generateKeyPair, NssContext } from "@nss/nss/pkcs11";
import { memoryPair } from "../../support/memory_pair.ts";
import {
  assertFails,
  connected,
  failureOf,
  join,
  type JoinOptions,
  makeIdentity,
  PKI,
  session,
  shake,
} from "../_support.ts";
import { keepHellos, withoutExtension } from "../_hello.ts";

const NAMES = POLICY_PRESETS.map(({ name }) => name);
const TLS12 = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const BOTH = { min: "TLSv1.2", max: "TLSv1.3" } as const;

function newContext(): NssContext {
  return new NssContext({ trustAnchors: [] });
}

// P-384 and SHA-384 all the way, for CNSA
const root384 = await makeIdentity(
  { subject: "CN=Root 384", isCa: true, signatureScheme: "ecdsa_secp384r1_sha384" },
  undefined,
  "ec-p384",
);
const server384 = await makeIdentity(
  { dnsNames: ["server.test"], signatureScheme: "ecdsa_secp384r1_sha384" },
  root384,
  "ec-p384",
);

// ML-DSA-87 all the way, for CNSA 2.0
const root87 = await makeIdentity({ subject: "CN=Root 87", isCa: true }, undefined, "mldsa87");
const server87 = await makeIdentity({ dnsNames: ["server.test"] }, root87, "mldsa87");

/** Keys of RSA take their time: each once, for a server and for an authority. */
const rsa = {
  2048: await generateKeyPair("rsa-2048"),
  3072: await generateKeyPair("rsa-3072"),
} as const;

Deno.test("POLICY_PRESETS quote their sources, name what is here, and say what they do not enforce", () => {
  assertEquals(NAMES, [
    "modern",
    "compatible",
    "cnsa-1.0",
    "cnsa-2.0",
    "cnsa-2.0-transitional",
    "pci-dss-4",
  ]);
  for (const preset of POLICY_PRESETS) {
    assertGreater(preset.source.quote.length, 40);
    assertMatch(preset.source.url, /^https:\/\//);
    assertGreater(preset.notEnforced.length, 0);
    for (const suite of preset.cipherSuites) {
      const { version, present } = getCipherSuiteInfo(suite);
      assert(present);
      if (version === "TLSv1.2") assertEquals(preset.minVersion, "TLSv1.2");
    }
    for (const group of preset.groups) assert(namedGroupByName(group));
    for (const scheme of preset.signatureSchemes) assert(signatureSchemeByName(scheme));
  }
});

Deno.test("setPolicyPreset() chooses what a client offers, and what is set besides does not go beyond it", async () => {
  for (const preset of POLICY_PRESETS) {
    for (const set of ["before", "after"] as const) {
      const hellos = keepHellos();
      await using joined = join({ clientInternals: hellos });
      const widen = () => {
        versionRangeSet(joined.client, BOTH);
        cipherPrefSet(joined.client, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA", true);
        cipherPrefSet(joined.client, "TLS_AES_128_GCM_SHA256", true);
      };
      if (set === "before") widen();
      setPolicyPreset(preset.name, joined.client);
      if (set === "after") widen();
      joined.server.handshake().catch(() => {});
      await joined.client.handshake().catch(() => {}); // the certificate may not do
      const { cipherSuites, extensions } = hellos.sent[0]!;
      const allowed = preset.cipherSuites.map((name) => getCipherSuiteInfo(name).id);
      assertEquals(new Set(cipherSuites), new Set(allowed), preset.name);
      assertEquals(
        extensions!.get(supportedGroups),
        preset.groups.map((name) => namedGroupByName(name)!.id),
      );
      assertEquals(
        extensions!.get(signatureAlgorithms),
        preset.signatureSchemes.map((scheme) => signatureSchemeByName(scheme)!.id),
      );
      const offersTls12 = extensions!.has(ExtensionType.extendedMasterSecret);
      assertEquals(offersTls12, preset.minVersion === "TLSv1.2");
    }
  }
});

Deno.test('setPolicyPreset("compatible") sends no ML-KEM, whose long hellos some middleboxes drop', async () => {
  const sizeOf = async (options: ImportOptions): Promise<number> => {
    const hellos = keepHellos();
    await using joined = join({ client: options, clientInternals: hellos });
    await shake(joined);
    return hellos.sent[0]!.extensions!.body(ExtensionType.keyShare)!.length;
  };
  assertLess(await sizeOf({ policy: "compatible" }), 100);
  assertGreater(await sizeOf({ policy: "modern" }), 1200);
});

Deno.test("setPolicyPreset() bounds what a server chooses from", async () => {
  const credentials = { certificates: [server384, PKI.server].map(({ credential }) => credential) };
  const versions = BOTH;
  const rows: [PolicyPresetName, JoinOptions["client"]][] = [
    ["modern", { versions: TLS12 }],
    ["compatible", { versions: TLS12, cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA"] }],
    ["compatible", { versions, groups: ["secp521r1"] }],
    ["pci-dss-4", { versions: TLS12, cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA"] }],
    ["cnsa-1.0", { versions, cipherSuites: ["TLS_AES_128_GCM_SHA256"] }],
    ["cnsa-1.0", { versions, groups: ["x25519", "secp256r1"] }],
    ["cnsa-1.0", { versions, signatureSchemes: ["ecdsa_secp256r1_sha256"] }],
    ["cnsa-2.0", { versions: TLS12 }],
    ["cnsa-2.0", { versions, groups: ["SecP384r1MLKEM1024", "secp384r1"] }],
    ["cnsa-2.0-transitional", { versions, groups: ["secp384r1", "X25519MLKEM768"] }],
  ];
  const caCerts = [root384.cert, PKI.root.cert];
  for (const [name, client] of rows) {
    await using refused = join({ client: { caCerts, ...client }, server: credentials });
    setPolicyPreset(name, refused.server);
    const widened = [
      "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
      "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    ] as const;
    for (const suite of widened) cipherPrefSet(refused.server, suite, true);
    versionRangeSet(refused.server, BOTH);
    refused.client.handshake().catch(() => {});
    const { alert } = await failureOf(refused.server.handshake());
    assert(["protocol_version", "handshake_failure"].includes(alert!), `${name}: ${alert}`);
  }
});

Deno.test("setPolicyPreset() of either end lets two ends meet that both keep to it", async () => {
  for (const policy of NAMES) {
    await using joined = await connected({
      client: { policy, caCerts: [root384.cert, root87.cert] },
      server: { policy, certificates: [server384.credential, server87.credential] },
    });
    const { cipherSuite, group, version } = await joined.client.handshake();
    const preset = policyPreset(joined.server)!;
    assertEquals([version, cipherSuite], ["TLSv1.3", preset.cipherSuites[0]]);
    assertEquals(group, preset.groups[0]);
  }
});

Deno.test("setPolicyPreset() of a context holds for sockets and models that were made before", async () => {
  const context = newContext();
  const model = newModel({ context, versions: BOTH });
  const [a] = memoryPair();
  const client = importFD(a, { model, hostname: "server.test", versions: TLS12 });
  setPolicyPreset("modern", context);
  assertEquals((await failureOf(client.handshake())).name, "SSL_ERROR_SSL_DISABLED");
  assertEquals(policyPreset(model)?.name, "modern");
  // And it opens as well: later sockets have all that the preset has.
  setPolicyPreset("compatible", context);
  assertEquals(versionRangeGet(newModel({ context })), BOTH);
  setPolicyPreset(null, context);
  assertEquals(versionRangeGet(newModel({ context })), BOTH);
  assertEquals([policyPreset(context), policyPreset(model)], [null, null]);
});

Deno.test("setPolicyPreset() is copied with a model, and two presets leave what both allow", async () => {
  const context = newContext();
  setPolicyPreset("modern", context);
  const model = newModel({ policy: "cnsa-1.0" });
  const hellos = keepHellos();
  await using joined = await connected({
    client: { model, context, caCerts: [root384.cert] },
    server: { versions: BOTH, certificates: [server384.credential] },
    clientInternals: hellos,
  });
  assertEquals(policyPreset(joined.client)?.name, "cnsa-1.0");
  assertEquals(hellos.sent[0]!.cipherSuites, [0x1302]); // of TLS 1.3, and AES-256
});

Deno.test("setPolicyPreset() refuses names that no preset has", () => {
  // deno-lint-ignore no-explicit-any -- what JavaScript may pass
  const error = assertThrows(() => setPolicyPreset("lax" as any, newContext()), SslError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  assertStringIncludes(error.message, NAMES.join(", "));
});

for (const versions of [BOTH, TLS12]) {
  Deno.test(`setPolicyPreset() takes RSA keys of its least length, and none below (${versions.max})`, async () => {
    const issuer = { certificate: root384.cert, privateKey: root384.keys.privateKey };
    for (const [bits, passes] of [[2048, false], [3072, true]] as const) {
      const { publicKey, privateKey: key } = rsa[bits];
      const signatureScheme = "ecdsa_secp384r1_sha384";
      const cert = await createCertificate({
        publicKey,
        issuer,
        dnsNames: ["server.test"],
        signatureScheme,
      });
      const server = { versions, certificates: [{ cert, key }] };
      const client = { policy: "cnsa-1.0", versions, caCerts: [root384.cert] } as const;
      if (passes) {
        await using _joined = await connected({ client, server });
        continue;
      }
      await assertFails({ client, server }, {
        at: "client",
        error: "SSL_ERROR_WEAK_SERVER_CERT_KEY",
        alert: "insufficient_security",
      });
      // No hook overrules it.
      await assertFails({ client: { ...client, badCert: () => true }, server }, {
        at: "client",
        error: "SSL_ERROR_WEAK_SERVER_CERT_KEY",
        alert: "insufficient_security",
      });
    }
  });
}

Deno.test("keyFault() takes the RSA keys of CNSA's two lengths, and of no other (RFC 9151, Section 5.2)", () => {
  const fault = (name: PolicyPresetName, modulusLength: number) => {
    const algorithm = { type: "rsa", modulusLength };
    const certificate = { subjectPublicKeyInfo: { algorithm } } as unknown as Certificate;
    return keyFault(
      certificate,
      POLICY_PRESETS.find((preset) => preset.name === name)!.certificates,
    );
  };
  const lengths = [2048, 3072, 3584, 4096, 8192];
  assertEquals(lengths.filter((bits) => fault("cnsa-1.0", bits) === null), [3072, 4096]);
  assertEquals(lengths.filter((bits) => fault("pci-dss-4", bits) === null), lengths);
  assertMatch(fault("cnsa-1.0", 8192)!, /8192 bits, which is none of 3072, 4096/);
});

Deno.test("setPolicyPreset() holds client certificates to its rules", async () => {
  const server = {
    policy: "cnsa-1.0",
    certificates: [server384.credential],
    caCerts: [PKI.root.cert],
    clientAuth: "require",
  } as const;
  // A key on P-256: the client cannot even sign as the server wants, and shows nothing.
  await using joined = join({
    client: { certificates: [PKI.client.credential], caCerts: [root384.cert] },
    server,
  });
  joined.client.handshake().catch(() => {});
  assertEquals((await failureOf(joined.server.handshake())).name, "SSL_ERROR_NO_CERTIFICATE");
});

for (const versions of [TLS12, { min: "TLSv1.3", max: "TLSv1.3" }] as const) {
  Deno.test(`setPolicyPreset() keeps a client's hook from showing certificates against its rules (${versions.max})`, async () => {
    const cert = await createCertificate({ ...rsa[2048], subject: "CN=Client" });
    const getClientAuthData = () => ({ cert, key: rsa[2048].privateKey });
    const server = { certificates: [server384.credential], clientAuth: "request" } as const;
    const client = { caCerts: [root384.cert], getClientAuthData, versions };
    {
      await using joined = await connected({ client, server: { ...server, caCerts: [cert] } });
      assertEquals(peerCertificate(joined.server), cert); // without the preset it is shown
    }
    await using joined = join({ client: { ...client, policy: "cnsa-1.0" }, server });
    joined.server.handshake().catch(() => {});
    const error = await failureOf(joined.client.handshake());
    assertEquals(error.name, "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED");
    assertStringIncludes(error.message, "2048 bits");
  });
}

Deno.test("setPolicyPreset() keeps a server from showing certificates against its rules", async () => {
  await using joined = join({
    client: { versions: BOTH },
    server: { policy: "cnsa-1.0", certificates: [PKI.server.credential] },
  });
  joined.client.handshake().catch(() => {});
  assertEquals(
    (await failureOf(joined.server.handshake())).name,
    "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
  );
});

Deno.test("setPolicyPreset() looks at keys and hashes above the peer's certificate, too", async () => {
  const { publicKey, privateKey: key } = await generateKeyPair("ec-p384");
  const rows = [
    [2048, "rsa_pkcs1_sha384", /its RSA key has 2048 bits/],
    [3072, "rsa_pkcs1_sha256", /its signature is sha256WithRSAEncryption/],
    [3072, "rsa_pkcs1_sha384", null],
  ] as const;
  for (const [bits, signatureScheme, message] of rows) {
    const root = await createCertificate({ ...rsa[bits], subject: "CN=RSA Root", isCa: true });
    const issuer = { certificate: root, privateKey: rsa[bits].privateKey };
    const dnsNames = ["server.test"];
    const cert = await createCertificate({ publicKey, dnsNames, issuer, signatureScheme });
    const options = {
      client: { policy: "cnsa-1.0", caCerts: [root] },
      server: { certificates: [{ cert, key }] },
    } as const;
    if (message === null) {
      await using _joined = await connected(options);
    } else {
      const error = await assertFails(options, {
        at: "client",
        error: "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
        alert: "bad_certificate",
      });
      assertMatch(error.message, message);
    }
  }
});

Deno.test("setPolicyPreset() of cnsa-1.0 requires the extended master secret of TLS 1.2, at either end", async () => {
  const drop = { messageFilter: withoutExtension(ExtensionType.extendedMasterSecret) };
  const certificates = [server384.credential];
  const client = { versions: TLS12, caCerts: [root384.cert] };
  const server = { versions: TLS12, certificates };
  const failure = {
    error: "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET",
    alert: "handshake_failure",
  } as const;
  await assertFails(
    { client, server: { ...server, policy: "cnsa-1.0" }, clientInternals: drop },
    { at: "server", ...failure },
  );
  await assertFails(
    { client: { ...client, policy: "cnsa-1.0" }, server, serverInternals: drop },
    { at: "client", ...failure },
  );
  // The option cannot turn it off.
  await using joined = join({ client: { ...client, policy: "cnsa-1.0" }, server });
  optionSet(joined.client, "ENABLE_EXTENDED_MASTER_SECRET", false);
  const [info] = await shake(joined);
  assert(info.extendedMasterSecret);
});

Deno.test("setPolicyPreset() takes up no session that was made without it", async () => {
  const [context, serverContext] = [newContext(), newContext()];
  const client = { context, caCerts: [root384.cert], versions: BOTH };
  const server = { context: serverContext, certificates: [server384.credential] };
  await session({ client, server });
  setPolicyPreset("cnsa-1.0", context);
  assertEquals((await session({ client, server }))[0].resumed, false);
  assertEquals((await session({ client, server }))[0].resumed, true);
  setPolicyPreset("cnsa-1.0", serverContext);
  assertEquals((await session({ client, server }))[0].resumed, false);
});

Deno.test("policyPreset() reads back what is in force, and the rules themselves", () => {
  const context = newContext();
  assertEquals(policyPreset(context), null);
  const model = newModel({ context, policy: "pci-dss-4" });
  assertEquals(policyPreset(model)?.certificates.minRsaBits, 2048);
  setPolicyPreset("cnsa-1.0", context);
  assertEquals(policyPreset(context)?.certificates.minRsaBits, 3072);
  assertEquals(policyPreset(newModel({ context }))?.name, "cnsa-1.0");
  assertEquals(policyPreset(model)?.name, "pci-dss-4");
  setPolicyPreset(null, model);
  assertEquals(policyPreset(model)?.name, "cnsa-1.0");
});

Deno.test('setPolicyPreset("cnsa-2.0") takes ML-DSA-87 all the way, and "cnsa-2.0-transitional" CNSA 1.0\'s certificates, too', async () => {
  const [root44, root65] = await Promise.all(
    (["mldsa44", "mldsa65"] as const).map((type) =>
      makeIdentity({ subject: `CN=${type}`, isCa: true }, undefined, type)
    ),
  );
  const names = { dnsNames: ["server.test"] };
  const sha384 = { ...names, signatureScheme: "ecdsa_secp384r1_sha384" } as const;
  const rows = [
    // An ML-DSA-87 key, but its signature is of the authority's.
    [await makeIdentity(names, root65!, "mldsa87"), root65!, false, false],
    [await makeIdentity(sha384, root384, "mldsa87"), root384, false, true],
    [await makeIdentity(names, root87, "ec-p384"), root87, false, true],
    [await makeIdentity(names, root44!, "mldsa44"), root44!, false, false],
    [server384, root384, false, true],
    [server87, root87, true, true],
  ] as const;
  for (const [server, root, strict, transitional] of rows) {
    for (
      const [policy, passes] of [
        ["cnsa-2.0", strict],
        ["cnsa-2.0-transitional", transitional],
      ] as const
    ) {
      await using joined = join({
        client: { policy, caCerts: [root.cert] },
        server: { groups: ["MLKEM1024"], certificates: [server.credential] },
      });
      const outcome = await Promise.allSettled([
        joined.client.handshake(),
        joined.server.handshake(),
      ]);
      const chain = `${server.cert.subjectPublicKeyInfo} by ${root.cert.subject}`;
      assertEquals(outcome[0].status, passes ? "fulfilled" : "rejected", `${policy}: ${chain}`);
    }
  }
});

Deno.test("setPolicyPreset() of CNSA has both ends authenticate by certificates: a PSK or a raw key is refused, not ignored", async () => {
  const { publicKey, privateKey } = await generateKeyPair("ec-p384");
  const psk = { identity: "device 7", key: new Uint8Array(32) };
  const instead: readonly ImportOptions[] = [
    { externalPsks: [psk] },
    { getExternalPsk: () => null },
    { rawPublicKeys: { accept: [publicKey] } },
    { rawPublicKeys: { keys: [{ key: privateKey, publicKey }] } },
  ];
  for (const { name: policy, requiresCertificates } of POLICY_PRESETS) {
    assertEquals(requiresCertificates, policy.startsWith("cnsa-") ? true : undefined);
    if (!requiresCertificates) continue;
    for (const own of instead) {
      for (const server of [false, true]) {
        const context = newContext();
        const [conn] = memoryPair();
        const role: ImportOptions = server
          ? { role: "server", certificates: [server384.credential] }
          : { hostname: "server.test" };
        const error = await failureOf(
          importFD(conn, { context, policy, ...role, ...own }).handshake(),
        );
        assertEquals(error.name, "SSL_ERROR_SSL_DISABLED", policy);
        assertMatch(error.message, new RegExp(`policy "${policy}".*by certificates.*leave out`));
      }
    }
  }
});
