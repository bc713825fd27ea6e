// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  type Certificate,
  parseCertificate,
  parseCertificatesPem,
} from "../../../cert/certificate/certificate.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { basicConstraints } from "../../../cert/extensions/basic_constraints.ts";
import { type CertificateExtension, makeExtension } from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { type KeyUsage, keyUsage } from "../../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import { policyConstraints } from "../../../cert/extensions/policies.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { VERIFICATION_LIMITS } from "../../../cert/verify/verification_budget.ts";
import { imposedNameConstraints } from "../../../cert/verify/check_name_constraints.ts";
import { Name } from "../../../cert/names/name.ts";
import { rootCertificates } from "node:tls";
import { forgetCertificates } from "../../../cert/certificate/known_certificates.ts";
import {
  type VerifiedPath,
  verifyCertificateChain,
  type VerifyChainOptions,
} from "../../../cert/verify/verify_cert.ts";
import { verifyCert } from "../../../cert/verify/verify_cert_usage.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { checkRevocation } from "../../../cert/revocation/revocation.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import { issue, makeKeys, NOW, openssl, type TestCertificate } from "../_support.ts";

const root = await issue({ ca: true });
const sub = await issue({ ca: true, subject: "CN=Test Sub", issuer: root });
const leaf = await issue({ issuer: sub });

function verify(
  end: TestCertificate,
  between: readonly TestCertificate[] = [],
  options: Partial<VerifyChainOptions> = {},
): Promise<readonly Certificate[]> {
  return verifyCertificateChain(end.certificate, {
    anchors: [trustAnchorOf(root.certificate)],
    intermediates: between.map(({ certificate }) => certificate),
    time: NOW,
    usage: "sslServer",
    ...options,
  });
}

async function assertFails(
  name: ErrorName,
  end: TestCertificate,
  between: readonly TestCertificate[] = [],
  options: Partial<VerifyChainOptions> = {},
): Promise<NssError> {
  const error = await assertRejects(() => verify(end, between, options), NssError);
  assertEquals(error.name, name, error.message);
  return error;
}

const uses = (...usages: KeyUsage[]) => makeExtension(keyUsage, new Set(usages), true);
const purposes = (...oids: string[]) => makeExtension(extKeyUsage, oids);
const unknown = (critical: boolean): CertificateExtension => ({
  oid: "1.2.3.4",
  critical,
  value: Uint8Array.of(5, 0),
  offset: 0,
});

Deno.test("verifyCertificateChain() gives the path, the leaf first and the anchor last", async () => {
  assertEquals(await verify(leaf, [sub]), [leaf.certificate, sub.certificate, root.certificate]);
  const direct = await issue({ issuer: root });
  assertEquals(await verify(direct), [direct.certificate, root.certificate]);
});

Deno.test("verifyCertificateChain() ignores certificates that do not help, in any order", async () => {
  const stranger = await issue({ ca: true, subject: "CN=Stranger" });
  const path = await verify(leaf, [stranger, root, sub, leaf, stranger]);
  assertEquals(path.length, 3);
});

Deno.test("verifyCertificateChain() verifies a chain of every kind of key", async () => {
  for (const kind of ["P-384", "P-521", "Ed25519", "RSA-2048", "ML-DSA-44"] as const) {
    const own = await issue({ ca: true, keys: await makeKeys(kind), subject: `CN=${kind}` });
    const end = await issue({ issuer: own });
    const anchors = [trustAnchorOf(own.certificate)];
    assertEquals((await verify(end, [], { anchors })).length, 2);
  }
});

Deno.test("verifyCertificateChain() takes an anchor that is a name and a key alone", async () => {
  const { subject, subjectPublicKeyInfo } = root.certificate;
  const anchors = [{ subject, subjectPublicKeyInfo }];
  assertEquals(await verify(leaf, [sub], { anchors }), [leaf.certificate, sub.certificate]);
});

Deno.test("verifyCertificateChain() takes an intermediate as the anchor", async () => {
  const anchors = [trustAnchorOf(sub.certificate)];
  assertEquals((await verify(leaf, [root], { anchors })).length, 2);
});

Deno.test("verifyCertificateChain() tells checkPath the anchor", async () => {
  const anchor = trustAnchorOf(root.certificate);
  const paths: VerifiedPath[] = [];
  await verifyCertificateChain(leaf.certificate, {
    anchors: [anchor],
    intermediates: [sub.certificate],
    time: NOW,
    usage: "sslServer",
    checkPath: (path) => void paths.push(path),
  });
  assertEquals(paths.length, 1);
  assert(paths[0]!.anchor === anchor);
  assertEquals(paths[0]!.certificates.length, 2);
});

Deno.test("verifyCertificateChain() refuses a chain whose issuer is not known", async () => {
  const error = await assertFails("SEC_ERROR_UNKNOWN_ISSUER", leaf);
  assertStringIncludes(error.message, 'its issuer "CN=Test Sub" is not known');
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", leaf, [sub], { anchors: [] });
  const own = await issue();
  assertStringIncludes((await assertFails("SEC_ERROR_UNKNOWN_ISSUER", own)).message, "self-signed");
});

Deno.test("verifyCertificateChain() refuses a leaf outside its validity", async () => {
  const at = (iso: string) => ({ time: new Date(iso) });
  await verify(leaf, [sub], at("2026-12-31T23:59:59.5Z"));
  await assertFails("SEC_ERROR_EXPIRED_CERTIFICATE", leaf, [sub], at("2027-01-01T00:00:00Z"));
  await assertFails("SEC_ERROR_EXPIRED_CERTIFICATE", leaf, [sub], at("2025-12-31T23:59:59Z"));
  await verify(leaf, [sub], { ...at("2025-12-31T23:59:59Z"), slopSeconds: 1 });
});

Deno.test("verifyCertificateChain() refuses an authority or anchor outside its validity", async () => {
  const old = await issue({
    ca: true,
    subject: "CN=Old",
    issuer: root,
    notAfter: "2026-05-01T00:00:00Z",
  });
  const end = await issue({ issuer: old });
  await assertFails("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", end, [old]);
  const anchors = [trustAnchorOf(old.certificate)];
  await assertFails("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", end, [], { anchors });
});

Deno.test("verifyCertificateChain() refuses a wrong signature, of the leaf and above", async () => {
  const keys = await makeKeys();
  const forged = await issue({ issuer: sub, signer: keys.privateKey });
  await assertFails("SEC_ERROR_BAD_SIGNATURE", forged, [sub]);
  const fake = await issue({ ca: true, subject: "CN=Fake", issuer: root, signer: keys.privateKey });
  await assertFails("SEC_ERROR_BAD_SIGNATURE", await issue({ issuer: fake }), [fake]);
});

Deno.test("verifyCertificateChain() refuses a certificate changed anywhere in what is signed", async () => {
  const { der } = leaf.certificate;
  let parsed = 0;
  for (let at = 4; at < der.length; at += 7) {
    const bytes = der.slice();
    bytes[at]! ^= 1;
    let certificate: Certificate;
    try {
      certificate = parseCertificate(bytes);
    } catch (error) {
      if (error instanceof NssError) continue;
      throw error;
    }
    parsed++;
    await assertRejects(() => verify({ ...leaf, certificate }, [sub]), NssError, "", `byte ${at}`);
  }
  assert(parsed > 20, `${parsed} of the changed certificates parse`);
});

Deno.test("verifyCertificateChain() refuses an issuer that is no authority", async () => {
  const end = await issue({ issuer: root, subject: "CN=End" });
  const below = await issue({ issuer: end });
  await assertFails("SEC_ERROR_CA_CERT_INVALID", below, [end]);
  const without = [OIDS.basicConstraints];
  const bare = await issue({ ca: true, issuer: root, subject: "CN=Bare", without });
  await assertFails("SEC_ERROR_CA_CERT_INVALID", await issue({ issuer: bare }), [bare]);
  const v1 = await issue({ ca: true, issuer: root, subject: "CN=V1", version: 1 });
  await assertFails("SEC_ERROR_CA_CERT_INVALID", await issue({ issuer: v1 }), [v1]);
});

Deno.test("verifyCertificateChain() refuses an authority whose key may not sign", async () => {
  const extensions = [uses("cRLSign", "digitalSignature")];
  const weak = await issue({ ca: true, issuer: root, subject: "CN=W", extensions });
  await assertFails("SEC_ERROR_INADEQUATE_KEY_USAGE", await issue({ issuer: weak }), [weak]);
});

Deno.test("verifyCertificateChain() refuses a leaf whose key may not sign", async () => {
  const end = await issue({ issuer: root, extensions: [uses("keyEncipherment")] });
  await assertFails("SEC_ERROR_INADEQUATE_KEY_USAGE", end);
  await verify(await issue({ issuer: root, without: [OIDS.keyUsage] }));
});

Deno.test("verifyCertificateChain() wants the purpose of the usage", async () => {
  const server = await issue({ issuer: root });
  const client = await issue({ issuer: root, extensions: [purposes(OIDS.clientAuth)] });
  const responder = await issue({ issuer: root, extensions: [purposes(OIDS.ocspSigning)] });
  const none = await issue({ issuer: root, without: [OIDS.extKeyUsage] });
  const any = await issue({ issuer: root, extensions: [purposes(OIDS.anyExtendedKeyUsage)] });
  const wrong = "SEC_ERROR_INADEQUATE_CERT_TYPE";
  await verify(client, [], { usage: "sslClient" });
  await assertFails(wrong, server, [], { usage: "sslClient" });
  await assertFails(wrong, client);
  await verify(responder, [], { usage: "statusResponder" });
  for (const usage of ["sslServer", "sslClient"] as const) {
    await assertFails(wrong, responder, [], { usage });
    await verify(none, [], { usage });
    await verify(any, [], { usage, profile: "compatible" });
  }
  for (const end of [server, none, any]) {
    await assertFails(wrong, end, [], { usage: "statusResponder", profile: "compatible" });
  }
});

Deno.test("verifyCertificateChain() chains purposes through authorities", async () => {
  const with_ = async (...oids: string[]) => {
    const extensions = [purposes(...oids)];
    return await issue({ ca: true, issuer: root, subject: "CN=P", extensions });
  };
  const good = await with_(OIDS.clientAuth, OIDS.serverAuth);
  await verify(await issue({ issuer: good }), [good]);
  const any = await with_(OIDS.anyExtendedKeyUsage);
  await verify(await issue({ issuer: any }), [any]);
  const bad = await with_(OIDS.clientAuth);
  await assertFails("SEC_ERROR_INADEQUATE_CERT_TYPE", await issue({ issuer: bad }), [bad]);
});

Deno.test("verifyCertificateChain() bounds the path by pathLenConstraint, self-issued ones not counted", async () => {
  const a = await issue({ ca: true, issuer: root, subject: "CN=A", pathLength: 0 });
  await verify(await issue({ issuer: a }), [a]);
  const b = await issue({ ca: true, issuer: a, subject: "CN=B" });
  const error = "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID";
  await assertFails(error, await issue({ issuer: b }), [a, b]);
  const renewed = await issue({ ca: true, issuer: a, subject: "CN=A" });
  await verify(await issue({ issuer: renewed }), [a, renewed]);
  const bounded = await issue({ ca: true, subject: "CN=Bounded", pathLength: 0 });
  const anchors = [trustAnchorOf(bounded.certificate)];
  const under = await issue({ ca: true, issuer: bounded, subject: "CN=Under" });
  await assertFails(error, await issue({ issuer: under }), [under], { anchors });
});

Deno.test("verifyCertificateChain() refuses an unknown critical extension anywhere", async () => {
  const critical = "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION";
  const end = await issue({ issuer: root, extensions: [unknown(true)] });
  assertStringIncludes((await assertFails(critical, end)).message, "1.2.3.4");
  await verify(await issue({ issuer: root, extensions: [unknown(false)] }));
  const extensions = [unknown(true)];
  const middle = await issue({ ca: true, issuer: root, subject: "CN=M", extensions });
  await assertFails(critical, await issue({ issuer: middle }), [middle]);
  const anchors = [trustAnchorOf(middle.certificate)];
  await assertFails(critical, await issue({ issuer: middle }), [], { anchors });
});

Deno.test("verifyCertificateChain() refuses a malformed extension", async () => {
  const broken = {
    oid: OIDS.nameConstraints,
    critical: true,
    value: Uint8Array.of(5, 0),
    offset: 0,
  };
  const middle = await issue({ ca: true, issuer: root, subject: "CN=M", extensions: [broken] });
  await assertFails("SEC_ERROR_EXTENSION_VALUE_INVALID", await issue({ issuer: middle }), [middle]);
  const aia = { ...broken, oid: OIDS.authorityInfoAccess, critical: false };
  const end = await issue({ issuer: root, extensions: [aia] });
  await assertFails("SEC_ERROR_EXTENSION_VALUE_INVALID", end);
  await verify(end, [], { profile: "compatible" });
});

Deno.test("verifyCertificateChain() refuses RSA keys below 2048 bits, unless told otherwise", async () => {
  const keys = await makeKeys("RSA-1024");
  await assertFails("SEC_ERROR_INVALID_KEY", await issue({ issuer: root, keys }));
  await verify(await issue({ issuer: root, keys }), [], { minRsaBits: 1024 });
  const weak = await issue({ ca: true, issuer: root, subject: "CN=Weak", keys });
  await assertFails("SEC_ERROR_INVALID_KEY", await issue({ issuer: weak }), [weak]);
});

Deno.test("verifyCertificateChain() refuses SHA-1, unless told otherwise", async () => {
  const keys = await makeKeys("RSA-2048");
  // The anchor's own signature does not matter
  const own = await issue({ ca: true, keys, subject: "CN=RSA", scheme: "rsa_pkcs1_sha1" });
  const anchors = [trustAnchorOf(own.certificate)];
  await verify(await issue({ issuer: own }), [], { anchors });
  const end = await issue({ issuer: own, scheme: "rsa_pkcs1_sha1" });
  const disabled = "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED";
  await assertFails(disabled, end, [], { anchors });
  await verify(end, [], { anchors, allowSha1: true });
  const middle = await issue({ ca: true, issuer: own, scheme: "rsa_pkcs1_sha1", subject: "CN=S" });
  await assertFails(disabled, await issue({ issuer: middle }), [middle], { anchors });
});

Deno.test("verifyCertificateChain() applies the name constraints of every authority and anchor", async () => {
  const permitted = [{ type: "dns", value: "example.org" }] as const;
  const extensions = [makeExtension(nameConstraints, { permitted, excluded: [] }, true)];
  const middle = await issue({ ca: true, issuer: root, subject: "CN=N", extensions });
  await assertFails("SEC_ERROR_CERT_NOT_IN_NAME_SPACE", await issue({ issuer: middle }), [middle]);
  const good = await issue({ issuer: middle, subject: "CN=ok", dns: "a.example.org" });
  await verify(good, [middle]);
  const anchors = [{
    ...trustAnchorOf(root.certificate),
    nameConstraints: { permitted, excluded: [] },
  }];
  await assertFails("SEC_ERROR_CERT_NOT_IN_NAME_SPACE", leaf, [sub], { anchors });
  const own = [trustAnchorOf(middle.certificate)];
  await assertFails("SEC_ERROR_CERT_NOT_IN_NAME_SPACE", await issue({ issuer: middle }), [], {
    anchors: own,
  });
});

/** Authorities and a domain that each may name, and one that it may not. */
const IMPOSED = [
  [
    "E=igca@sgdn.pm.gouv.fr,CN=IGC/A,OU=DCSSI,O=PM/SGDN,L=Paris,ST=France,C=FR",
    [
      "a.gouv.fr",
      "a.gp",
      "a.gf",
      "a.mq",
      "a.re",
      "a.yt",
      "a.pm",
      "a.bl",
      "a.mf",
      "a.wf",
      "a.pf",
      "a.nc",
      "a.tf",
    ],
    ["example.com", "xfr", "a.tr"],
  ],
  [
    "CN=TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1,OU=Kamu Sertifikasyon Merkezi - Kamu SM," +
    "O=Turkiye Bilimsel ve Teknolojik Arastirma Kurumu - TUBITAK,L=Gebze - Kocaeli,C=TR",
    ["a.gov.tr", "tr"],
    ["example.com", "a.fr"],
  ],
] as const;

for (const [subject, inside, outside] of IMPOSED) {
  Deno.test(`verifyCertificateChain() imposes the domains that NSS does on ${subject.slice(0, 27)}, whoever trusts it`, async () => {
    const authority = await issue({ ca: true, subject });
    const cross = await issue({ ca: true, subject, issuer: root });
    const { subject: name, subjectPublicKeyInfo } = authority.certificate;
    for (const [names, isInside] of [[inside, true], [outside, false]] as const) {
      for (const dns of names) {
        for (
          const [issuer, between, anchor] of [
            [authority, [], trustAnchorOf(authority.certificate)],
            [authority, [], { subject: name, subjectPublicKeyInfo }],
            [cross, [cross], trustAnchorOf(root.certificate)],
          ] as const
        ) {
          const leaf = await issue({ issuer, dns, subject: "" });
          const anchors = [anchor];
          if (isInside) await verify(leaf, between, { anchors });
          else {
            await assertFails("SEC_ERROR_CERT_NOT_IN_NAME_SPACE", leaf, between, { anchors });
          }
        }
      }
    }
  });
}

Deno.test("imposedNameConstraints() knows the authorities by the subjects of genname.c, and no other", () => {
  const names = [
    "308185310b3009060355040613024652310f300d060355040813064672616e6365310e300c0603550407130550617269733110300e060355040a1307504d2f5347444e310e300c060355040b13054443535349310e300c060355040313054947432f413123302106092a864886f70d010901161469676361407367646e2e706d2e676f75762e6672",
    "3081d2310b3009060355040613025452311830160603550407130f4765627a65202d204b6f6361656c6931423040060355040a13395475726b6979652042696c696d73656c2076652054656b6e6f6c6f6a696b20417261737469726d61204b7572756d75202d205455424954414b312d302b060355040b13244b616d7520536572746966696b6173796f6e204d65726b657a69202d204b616d7520534d313630340603550403132d5455424954414b204b616d7520534d2053534c204b6f6b20536572746966696b617369202d20537572756d2031",
  ].map((hex) => Name.fromDer(Uint8Array.fromHex(hex)));
  assertEquals(names.map(String), IMPOSED.map(([subject]) => subject));
  for (const name of names) assert(imposedNameConstraints(name) !== undefined);
  assertEquals(imposedNameConstraints(root.certificate.subject), undefined);
  assert(
    rootCertificates.some((pem) => {
      const { subject } = parseCertificatesPem(pem)[0]!;
      return imposedNameConstraints(subject) !== undefined;
    }),
    "TUBITAK's is one of the runtime's roots",
  );
});

Deno.test("verifyCertificateChain() distrusts what is made after distrustAfter", async () => {
  const at = (iso: string) => ({
    anchors: [{ ...trustAnchorOf(root.certificate), distrustAfter: new Date(iso) }],
  });
  await verify(leaf, [sub], at("2026-01-01T00:00:00Z"));
  await assertFails("SEC_ERROR_UNTRUSTED_ISSUER", leaf, [sub], at("2025-12-31T23:59:59Z"));
  await assertFails("SEC_ERROR_INVALID_ARGS", leaf, [sub], at("no date"));
});

Deno.test("verifyCertificateChain() accepts a leaf that is itself an anchor, if it is valid", async () => {
  const own = await issue({ subject: "CN=own" });
  const anchors = [trustAnchorOf(own.certificate)];
  const copy = { ...own, certificate: parseCertificate(own.certificate.der) };
  assertEquals(await verify(copy, [], { anchors }), [copy.certificate]);
  const late = { anchors, time: new Date("2027-06-01T00:00:00Z") };
  await assertFails("SEC_ERROR_EXPIRED_CERTIFICATE", own, [], late);
  await assertFails("SEC_ERROR_INADEQUATE_CERT_TYPE", own, [], { anchors, usage: "sslClient" });
  // As `openssl req -x509` makes them: an authority, without keyUsage
  const dev = await issue({ ca: true, subject: "CN=dev", without: [OIDS.keyUsage] });
  await verify(dev, [], { anchors: [trustAnchorOf(dev.certificate)] });
  // The same name and key in another certificate is another certificate
  const twin = await issue({ subject: "CN=own", keys: own, serial: Uint8Array.of(9) });
  await assertFails("SEC_ERROR_CA_CERT_INVALID", twin, [], { anchors });
});

Deno.test("verifyCertificateChain() finds the way among cross-signed authorities", async () => {
  const other = await issue({ ca: true, subject: "CN=Other Root" });
  const keys = await makeKeys();
  const one = await issue({ ca: true, keys, subject: "CN=X", issuer: other });
  const two = await issue({ ca: true, keys, subject: "CN=X", issuer: root });
  const end = await issue({ issuer: one });
  assertEquals((await verify(end, [one, two]))[1], two.certificate);
  assertEquals((await verify(end, [two, one]))[1], two.certificate);
  const anchors = [trustAnchorOf(other.certificate)];
  assertEquals((await verify(end, [two, one], { anchors }))[1], one.certificate);
});

Deno.test("verifyCertificateChain() goes on when a path fails, in names, time or signature", async () => {
  const keys = await makeKeys();
  const subject = "CN=Y";
  const expired = await issue({
    ca: true,
    keys,
    subject,
    issuer: root,
    notAfter: "2026-02-01T00:00:00Z",
  });
  const excluded = [{ type: "dns", value: "example.com" }] as const;
  const extensions = [makeExtension(nameConstraints, { permitted: [], excluded }, true)];
  const constrained = await issue({ ca: true, keys, subject, issuer: root, extensions });
  const forged = await issue({ ca: true, subject, issuer: root, signer: keys.privateKey });
  const good = await issue({ ca: true, keys, subject, issuer: root });
  const end = await issue({ issuer: good });
  const path = await verify(end, [expired, constrained, forged, good]);
  assertEquals(path[1], good.certificate);
});

Deno.test("verifyCertificateChain() reports the error that tells most", async () => {
  const subject = "CN=Z";
  const stranger = await issue({ ca: true, subject });
  const expired = await issue({
    ca: true,
    subject,
    issuer: root,
    notAfter: "2026-02-01T00:00:00Z",
  });
  const end = await issue({ issuer: expired });
  await assertFails("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", end, [stranger, expired]);
  await assertFails("SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE", end, [expired, stranger]);
});

Deno.test("verifyCertificateChain() is not caught in loops", async () => {
  const [a, b] = [await makeKeys(), await makeKeys()];
  const first = await issue({ ca: true, subject: "CN=A", keys: a });
  const ab = await issue({ ca: true, subject: "CN=B", keys: b, issuer: first });
  const ba = await issue({ ca: true, subject: "CN=A", keys: a, issuer: ab });
  const end = await issue({ issuer: ab });
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", end, [ab, ba, first]);
});

/** A chain of authorities under the root, and a leaf under the last. */
async function chain(length: number, selfIssued = false): Promise<TestCertificate[]> {
  const authorities: TestCertificate[] = [];
  let issuer = root;
  for (let i = 0; i < length; i++) {
    issuer = await issue({ ca: true, subject: selfIssued ? "CN=Test Root" : `CN=S${i}`, issuer });
    authorities.push(issuer);
  }
  return [await issue({ issuer }), ...authorities];
}

Deno.test("verifyCertificateChain() lets 6 authorities stand between and not one more", async () => {
  const [six, ...between] = await chain(6);
  assertEquals((await verify(six!, between)).length, 8);
  const [seven, ...more] = await chain(7);
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", seven!, more);
  assertEquals((await verify(seven!, more, { maxDepth: 7 })).length, 9);
});

Deno.test("verifyCertificateChain() lets 10 stand between in the compatible profile and not one more", async () => {
  const profile = "compatible";
  const [ten, ...between] = await chain(10);
  assertEquals((await verify(ten!, between, { profile })).length, 12);
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", ten!, between, { profile, maxDepth: 9 });
  const [eleven, ...more] = await chain(11);
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", eleven!, more, { profile });
});

Deno.test("verifyCertificateChain() counts no self-issued ones in maxDepth, up to 16 in all", async () => {
  const [end, ...between] = await chain(16, true);
  assertEquals((await verify(end!, between, { maxDepth: 0 })).length, 18);
  const [long, ...more] = await chain(17, true);
  await assertFails("SEC_ERROR_UNKNOWN_ISSUER", long!, more);
});

Deno.test("verifyCertificateChain() gives up after so many signatures", async () => {
  forgetCertificates();
  // Every path is complete, and every signature wrong
  const subject = "CN=Many";
  const keys = await makeKeys();
  const make = async (count: number) => {
    const list: TestCertificate[] = [];
    for (let i = 0; i < count; i++) {
      const serial = Uint8Array.of(1, i);
      list.push(await issue({ ca: true, subject, issuer: root, serial, signer: keys.privateKey }));
    }
    return list;
  };
  // The first path costs two, as the end's is under way until an authority's is wrong
  const many = await make(VERIFICATION_LIMITS.signatures);
  const end = await issue({ issuer: many[0]! });
  await assertFails("SEC_ERROR_BAD_SIGNATURE", end, many.slice(1));
  assertStringIncludes(
    (await assertFails("SEC_ERROR_UNKNOWN_ISSUER", end, many)).message,
    "gave up after 100 signatures",
  );
});

Deno.test("verifyCertificateChain() gives up after so many steps", async () => {
  // Each authority is signed by every other: the paths are more than can be walked
  const names = Array.from({ length: 14 }, (_, i) => `CN=W${i}`);
  const keys = await Promise.all(names.map(() => makeKeys()));
  const mesh: TestCertificate[] = [];
  for (const [i, subject] of names.entries()) {
    for (const [j, issuerName] of names.entries()) {
      if (i === j) continue;
      mesh.push(
        await issue({
          ca: true,
          subject,
          keys: keys[i]!,
          issuerName,
          signer: keys[j]!.privateKey,
        }),
      );
    }
  }
  const end = await issue({ issuer: mesh[0]! });
  const error = await assertFails("SEC_ERROR_UNKNOWN_ISSUER", end, mesh);
  assertStringIncludes(error.message, "gave up after 200000 pathSteps");
});

Deno.test("verifyCertificateChain() asks checkPath of each path, and takes its refusal", async () => {
  const seen: string[] = [];
  const checkPath = (path: { certificates: readonly Certificate[] }) => {
    seen.push(path.certificates.map(({ subject }) => `${subject}`).join());
  };
  await verify(leaf, [sub], { checkPath });
  assertEquals(seen, ["CN=example.com,CN=Test Sub"]);
  await assertFails("SEC_ERROR_REVOKED_CERTIFICATE", leaf, [sub], {
    checkPath: () => Promise.reject(new NssError("SEC_ERROR_REVOKED_CERTIFICATE")),
  });
  const bug = new TypeError("A bug");
  await assertRejects(
    () => verify(leaf, [sub], { checkPath: () => Promise.reject(bug) }),
    TypeError,
    "A bug",
  );
});

Deno.test("verifyCertificateChain() processes policies", async () => {
  const extensions = [makeExtension(policyConstraints, { requireExplicitPolicy: 0 }, true)];
  const strict = await issue({ ca: true, issuer: root, subject: "CN=Q", extensions });
  const end = await issue({ issuer: strict });
  await assertFails("SEC_ERROR_POLICY_VALIDATION_FAILED", end, [strict]);
  await assertFails("SEC_ERROR_POLICY_VALIDATION_FAILED", leaf, [sub], { policies: ["1.2.3"] });
});

Deno.test("verifyCertificateChain() takes pathLenConstraint of what is no authority as a form", async () => {
  const extensions = [makeExtension(basicConstraints, { isCa: false, pathLength: 0 }, true)];
  const end = await issue({ issuer: root, extensions });
  await assertFails("SEC_ERROR_EXTENSION_VALUE_INVALID", end);
  await verify(end, [], { profile: "compatible" });
});

const OPENSSL_EXTENSIONS = `
basicConstraints=critical,CA:FALSE
keyUsage=critical,digitalSignature
extendedKeyUsage=serverAuth
subjectAltName=DNS:example.com,IP:192.0.2.1
subjectKeyIdentifier=hash
authorityKeyIdentifier=keyid
`;

/** Runs openssl, which must succeed. */
async function run(...args: string[]): Promise<void> {
  const result = await openssl(args);
  if (result?.code !== 0) {
    throw new Error(`openssl ${args[0]}: ${result?.stderr ?? "is not there"}`);
  }
}

/** Makes a root and a leaf with openssl, with a key for each and options of signing. */
async function opensslChain(directory: string, key: string, sign: readonly string[]) {
  const file = (name: string) => `${directory}/${name}`;
  await Deno.writeTextFile(file("ext"), OPENSSL_EXTENSIONS);
  await Deno.writeTextFile(file("config"), "[req]\ndistinguished_name=dn\n[dn]\n");
  const request = ["req", "-new", "-key", key, "-config", file("config"), ...sign];
  const root = ["-x509", "-days", "30", "-subj", "/CN=OpenSSL Root", "-out", file("root.pem")];
  root.push("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "subjectKeyIdentifier=hash");
  root.push("-addext", "keyUsage=critical,keyCertSign,cRLSign");
  await run(...request, ...root);
  await run(...request, "-subj", "/CN=example.com", "-out", file("leaf.csr"));
  const issuer = ["-CA", file("root.pem"), "-CAkey", key, "-CAcreateserial", "-days", "10"];
  const leaf = ["-in", file("leaf.csr"), "-extfile", file("ext"), "-out", file("leaf.pem")];
  await run("x509", "-req", ...issuer, ...sign, ...leaf);
  return {
    root: await Deno.readTextFile(file("root.pem")),
    leaf: await Deno.readTextFile(file("leaf.pem")),
  };
}

opensslTest(
  "verifyCertificateChain() accepts chains that openssl makes, of every kind",
  async ({ path: directory }, t) => {
    const keys = {
      rsa: ["RSA", "rsa_keygen_bits:2048"],
      pss: ["RSA-PSS", "rsa_keygen_bits:2048"],
      p256: ["EC", "ec_paramgen_curve:P-256"],
      p384: ["EC", "ec_paramgen_curve:P-384"],
      p521: ["EC", "ec_paramgen_curve:P-521"],
      ed25519: ["ED25519"],
    };
    const pss = ["-sigopt", "rsa_padding_mode:pss"];
    const kinds: Record<string, [keyof typeof keys, string[]]> = {
      "RSA with SHA-256": ["rsa", ["-sha256"]],
      "RSA with SHA-512": ["rsa", ["-sha512"]],
      "RSA-PSS, salt as long as the hash": ["rsa", [...pss, "-sigopt", "rsa_pss_saltlen:digest"]],
      "RSA-PSS, longest salt": ["rsa", [...pss, "-sha384"]],
      "RSASSA-PSS key": ["pss", []],
      "P-256": ["p256", []],
      "P-384 with SHA-256": ["p384", ["-sha256"]],
      "P-521": ["p521", ["-sha512"]],
      "Ed25519": ["ed25519", []],
    };
    for (const [name, [algorithm, option]] of Object.entries(keys)) {
      const options = option === undefined ? [] : ["-pkeyopt", option];
      const out = `${directory}/${name}.key`;
      await run("genpkey", "-algorithm", algorithm!, ...options, "-out", out);
    }
    for (const [name, [key, sign]] of Object.entries(kinds)) {
      await t.step(name, async () => {
        const made = await opensslChain(directory, `${directory}/${key}.key`, sign);
        const path = await verifyCertificateChain(parseCertificatesPem(made.leaf)[0]!, {
          anchors: [trustAnchorOf(parseCertificatesPem(made.root)[0]!)],
          time: new Date(),
          usage: "sslServer",
        });
        assertEquals(path.length, 2);
      });
    }
  },
);

Deno.test("verifyCertificateChain(), verifyCert() and checkRevocation() refuse an Invalid Date as the time", async () => {
  const time = new Date("not a date");
  const says = "time is an invalid Date";
  const runs = [
    () => verify(leaf, [sub], { time }),
    () => verifyCert(new MemoryCertDB(), leaf.certificate, true, "sslServer", time),
    () => Promise.try(() => checkRevocation({ policy: "soft", time })),
  ];
  for (const run of runs) {
    const error = await assertRejects(run, NssError, says);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
  }
});
