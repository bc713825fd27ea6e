// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../../cert/extensions/extension.ts";
import { signedCertificateTimestampList } from "../../../cert/extensions/signed_certificate_timestamp_list.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import type { SignatureScheme } from "../../../cert/certificate/private_key.ts";
import type { Sct } from "../../../cert/extensions/sct.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import {
  type CtLog,
  precertificateTbs,
  verifySct,
  type VerifySctOptions,
} from "../../../cert/revocation/verify_sct.ts";
import { assertRejectsWith, days, type Party, party, pki } from "../_revocation_support.ts";
import { makeKeys, NOW, type TestKeys } from "../_support.ts";

const { intermediate, leaf, root } = await pki();
const keys = await makeKeys();
const log: CtLog = { key: keys.publicKey, description: "the test log" };

const POISON: CertificateExtension = {
  oid: OIDS.precertificatePoison,
  critical: true,
  value: Uint8Array.of(5, 0),
  offset: 0,
};

interface SignOptions {
  readonly signer?: TestKeys;
  readonly timestamp?: Date;
  readonly extensions?: Uint8Array<ArrayBuffer>;
  readonly scheme?: SignatureScheme;
  readonly algorithm?: number;
}

/**
 * What a log does: RFC 6962, Section 3.2, written a second time and in another way than in the
 * library.
 */
async function sign(entry: string, options: SignOptions = {}): Promise<Sct> {
  const { signer = keys, timestamp = days(-1), extensions = Uint8Array.of() } = options;
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  const data = Uint8Array.fromHex(
    "0000" + hex(timestamp.getTime(), 8) + entry + hex(extensions.length, 2) + extensions.toHex(),
  );
  return {
    logId: (await signer.publicKey.digest()).slice(),
    timestamp,
    extensions,
    signatureAlgorithm: options.algorithm ?? 0x0403,
    signature: await signer.privateKey.sign(options.scheme ?? "ecdsa_secp256r1_sha256", data),
  };
}

const x509Entry = ({ der }: Certificate) =>
  "0000" + der.length.toString(16).padStart(6, "0") + der.toHex();

async function precertEntry(issuer: Certificate, tbs: Uint8Array<ArrayBuffer>): Promise<string> {
  const hash = await crypto.subtle.digest("SHA-256", issuer.subjectPublicKeyInfo.der);
  return "0001" + new Uint8Array(hash).toHex() + tbs.length.toString(16).padStart(6, "0") +
    tbs.toHex();
}

const options: VerifySctOptions = {
  certificate: leaf.certificate,
  source: "delivered",
  logs: [log],
  time: NOW,
};

Deno.test("verifySct() takes what a log signed of a certificate, and tells the log", async () => {
  const sct = await sign(x509Entry(leaf.certificate));
  const other = await makeKeys();
  const logs = [{ key: other.publicKey }, log];
  assertStrictEquals(await verifySct(sct, { ...options, logs }), log);
  const extended = await sign(x509Entry(leaf.certificate), { extensions: Uint8Array.of(1, 2) });
  await verifySct(extended, options);
});

/** A precertificate, the certificate that it became, and the SCT in it. */
async function embedded(): Promise<{ precertificate: Party; certificate: Certificate; sct: Sct }> {
  const precertificate = await party({
    subject: "CN=example.com",
    dnsNames: ["example.com"],
    issuer: intermediate,
    extensions: [POISON],
  });
  // What an authority does: the same certificate with the SCTs in the place of the poison
  const bare = precertificateTbs(precertificate.certificate);
  const sct = await sign(await precertEntry(intermediate.certificate, bare));
  const der = withExtension(
    precertificate.certificate,
    makeExtension(signedCertificateTimestampList, [sct]),
  );
  return { precertificate, certificate: parseCertificate(der), sct };
}

/** Puts an extension into the poison's place. */
function withExtension(
  { tbsCertificate, extensions, signatureAlgorithmDer, signature }: Certificate,
  extension: CertificateExtension,
): Uint8Array<ArrayBuffer> {
  const fields = new DerReader(tbsCertificate, "test").sequence("");
  const list = [...extensions.values()].map((one) => one.oid === POISON.oid ? extension : one);
  return new DerWriter().sequence((w) => {
    w.sequence((w) => {
      while (fields.nextTag !== constructedTag(3)) w.raw(fields.element("").der);
      w.constructed(constructedTag(3), (w) => writeExtensions(w, list));
    });
    w.raw(signatureAlgorithmDer).bitString(signature);
  }).finish();
}

Deno.test("precertificateTbs() is the same for a precertificate and its certificate", async () => {
  const { precertificate, certificate } = await embedded();
  assert(precertificate.certificate.extensions.has(OIDS.precertificatePoison));
  assert(certificate.extensions.has(OIDS.signedCertificateTimestampList));
  const tbs = precertificateTbs(certificate);
  assertEquals(tbs, precertificateTbs(precertificate.certificate));
  assert(tbs.length < certificate.tbsCertificate.length);
  assertEquals(precertificateTbs(leaf.certificate), leaf.certificate.tbsCertificate);
});

Deno.test("precertificateTbs() leaves no empty extensions behind", () => {
  const { tbsCertificate } = leaf.certificate;
  const whole = new DerWriter();
  whole.sequence((w) => {
    const { subject, subjectPublicKeyInfoDer, signatureAlgorithmDer, signature } = leaf.certificate;
    w.sequence((w) => {
      w.constructed(constructedTag(0), (w) => w.integer(2));
      w.integer(1).raw(signatureAlgorithmDer).raw(subject.der);
      w.sequence((w) => {
        w.string(0x17, "260101000000Z").string(0x17, "270101000000Z");
      });
      w.raw(subject.der).raw(subjectPublicKeyInfoDer);
      w.constructed(constructedTag(3), (w) => {
        w.sequence((w) =>
          w.sequence((w) => w.oid(POISON.oid).boolean(true).octetString(POISON.value))
        );
      });
    });
    w.raw(signatureAlgorithmDer).bitString(signature);
  });
  const tbs = precertificateTbs(parseCertificate(whole.finish()));
  assertEquals(tbs.indexOf(constructedTag(3), tbs.length - 3), -1);
  assert(tbs.length < tbsCertificate.length);
});

Deno.test("verifySct() takes the SCT embedded in a certificate", async () => {
  const { certificate, precertificate } = await embedded();
  const [sct] = certificate.extension(signedCertificateTimestampList)!;
  const source = "embedded" as const;
  const issuer = intermediate.certificate;
  await verifySct(sct!, { ...options, certificate, source, issuer });
  await verifySct(sct!, { ...options, certificate, source, issuer: trustAnchorOf(issuer) });
  await verifySct(sct!, { ...options, certificate: precertificate.certificate, source, issuer });
  const wrong: readonly Partial<VerifySctOptions>[] = [
    { certificate, source, issuer: root.certificate },
    { certificate: leaf.certificate, source, issuer },
    { certificate, source: "delivered" },
  ];
  for (const more of wrong) {
    await assertRejectsWith(
      () => verifySct(sct!, { ...options, ...more }),
      "SEC_ERROR_BAD_SIGNATURE",
      "not of the key of the test log",
    );
  }
  await assertRejectsWith(
    () => verifySct(sct!, { ...options, certificate, source }),
    "SEC_ERROR_INVALID_ARGS",
    "no issuer is given",
  );
});

Deno.test("verifySct() refuses a log that is not trusted", async () => {
  const sct = await sign(x509Entry(leaf.certificate), { signer: await makeKeys() });
  await assertRejectsWith(
    () => verifySct(sct, options),
    "SEC_ERROR_UNKNOWN_SIGNER",
    sct.logId.toHex(),
  );
});

Deno.test("verifySct() refuses a change of each field", async () => {
  const sct = await sign(x509Entry(leaf.certificate));
  const signature = sct.signature.slice();
  signature[signature.length - 1]! ^= 1;
  const changes: readonly Partial<Sct>[] = [
    { timestamp: days(-2) },
    { extensions: Uint8Array.of(1) },
    { signature },
    { signature: new Uint8Array(0) },
    { signatureAlgorithm: 0x0401 },
  ];
  for (const change of changes) {
    await assertRejectsWith(
      () => verifySct({ ...sct, ...change }, options),
      "SEC_ERROR_BAD_SIGNATURE",
    );
  }
});

Deno.test("verifySct() refuses the future, and a log's retirement", async () => {
  const sct = await sign(x509Entry(leaf.certificate), { timestamp: NOW });
  await verifySct(sct, options);
  await assertRejectsWith(
    () => verifySct(sct, { ...options, time: new Date(NOW.getTime() - 1) }),
    "SEC_ERROR_INVALID_TIME",
    "later than",
  );
  await assertRejectsWith(
    () => verifySct(sct, { ...options, time: new Date(NaN) }),
    "SEC_ERROR_INVALID_ARGS",
    "time is an invalid Date",
  );
  const retired = (time: number) => ({ ...options, logs: [{ ...log, retiredAt: new Date(time) }] });
  await verifySct(sct, retired(NOW.getTime() + 1));
  await assertRejectsWith(
    () => verifySct(sct, retired(NOW.getTime())),
    "SEC_ERROR_INVALID_TIME",
    "was retired at",
  );
});

Deno.test("verifySct() takes P-256 and RSA of 2048 bits with SHA-256, as RFC 6962 says, and no more", async () => {
  const entry = x509Entry(leaf.certificate);
  const rsa = await makeKeys("RSA-2048");
  const good = await sign(entry, { signer: rsa, scheme: "rsa_pkcs1_sha256", algorithm: 0x0401 });
  await verifySct(good, { ...options, logs: [{ key: rsa.publicKey }] });
  const short = await makeKeys("RSA-2047");
  const p384 = await makeKeys("P-384");
  const bad: readonly [SignOptions, TestKeys][] = [
    [{ signer: short, scheme: "rsa_pkcs1_sha256", algorithm: 0x0401 }, short],
    [{ signer: rsa, scheme: "rsa_pkcs1_sha512", algorithm: 0x0601 }, rsa],
    [{ signer: rsa, scheme: "rsa_pkcs1_sha1", algorithm: 0x0201 }, rsa],
    [{ signer: p384, scheme: "ecdsa_secp384r1_sha384", algorithm: 0x0503 }, p384],
    [{ signer: p384, scheme: "ecdsa_secp256r1_sha256", algorithm: 0x0403 }, p384],
  ];
  for (const [how, { publicKey }] of bad) {
    const sct = await sign(entry, how);
    await assertRejectsWith(
      () => verifySct(sct, { ...options, logs: [{ key: publicKey }] }),
      "SEC_ERROR_BAD_SIGNATURE",
    );
  }
});
