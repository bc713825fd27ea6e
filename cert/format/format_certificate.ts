// Copyright 2026 the NSS for Deno authors. MIT license.

import { toBigInt } from "../base/bytes.ts";
import { toBase64, toHex } from "../base/runtime.ts";
import { requireArgs } from "../base/options.ts";
import { isCertificate } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { attempt, colonHex, extensionText, hexLines } from "./certificate_text.ts";
import { DerReader } from "../der/der_reader.ts";
import type { EcCurve, KeyAlgorithm } from "../certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../certificate/spki.ts";

/** The number of bytes of a key in a line, as in OpenSSL. */
const KEY_BYTES_IN_LINE = 15;

/**
 * Formats a certificate as text, in the form of `openssl x509 -text`.
 *
 * Control characters in names and other text are escaped, so that the result is safe on a terminal.
 * Malformed parts are marked as such, and unknown extensions are formatted as bytes.
 *
 * @param certificate The certificate.
 * @returns Lines of text that end with the fingerprints and the pin of the key.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, formatCertificate } from "@nss/nss/cert";
 * import { assertStringIncludes } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["example.com"] });
 * const text = await formatCertificate(certificate);
 * assertStringIncludes(text, "X509v3 Subject Alternative Name");
 * assertStringIncludes(text, "DNS:example.com");
 * ```
 *
 * @category Certificates
 */
export async function formatCertificate(certificate: Certificate): Promise<string> {
  requireArgs("Cannot format certificate", isCertificate(certificate, "certificate"));
  const { version, serialNumber, issuer, subject, notBefore, notAfter, signature } = certificate;
  const algorithm = attempt(() => certificate.signatureAlgorithm);
  const signatureName = "error" in algorithm ? `<${algorithm.error.message}>` : algorithm.name;
  const key = attempt(() => certificate.subjectPublicKeyInfo);
  const extensions = [...certificate.extensions.values()].flatMap((extension) => {
    const { title, lines } = extensionText(extension);
    return [at(12, title), ...lines.map((line) => at(16, line))];
  });
  const [sha256, sha1, keyDigest] = await Promise.all([
    certificate.fingerprint("SHA-256"),
    certificate.fingerprint("SHA-1"),
    crypto.subtle.digest("SHA-256", certificate.subjectPublicKeyInfoDer),
  ]);
  return [
    "Certificate:",
    at(4, "Data:"),
    at(8, `Version: ${version} (0x${version - 1})`),
    ...serialLines(serialNumber),
    at(8, `Signature Algorithm: ${signatureName}`),
    at(8, `Issuer: ${issuer}`),
    at(8, "Validity"),
    at(12, `Not Before: ${formatTime(notBefore)}`),
    at(12, `Not After : ${formatTime(notAfter)}`),
    at(8, `Subject: ${subject}`),
    at(8, "Subject Public Key Info:"),
    ...("error" in key ? [at(12, `<${key.error.message}>`)] : keyLines(key)),
    ...(extensions.length === 0 ? [] : [at(8, "X509v3 extensions:"), ...extensions]),
    at(4, `Signature Algorithm: ${signatureName}`),
    at(4, "Signature Value:"),
    ...hexLines(signature).map((line) => at(8, line)),
    at(4, `Fingerprint (SHA-256): ${colonHex(sha256)}`),
    at(4, `Fingerprint (SHA-1): ${colonHex(sha1)}`),
    at(4, `Pin (SHA-256): ${toBase64(new Uint8Array(keyDigest))}`),
    "",
  ].join("\n");
}

function at(column: number, text: string): string {
  return " ".repeat(column) + text;
}

/** As in OpenSSL: in decimal if it fits in 63 bits. */
function serialLines(serialNumber: Uint8Array<ArrayBuffer>): string[] {
  const isNegative = serialNumber[0]! >= 0x80;
  if (serialNumber.length <= 8 && !isNegative) {
    const value = toBigInt(serialNumber);
    return [at(8, `Serial Number: ${value} (0x${value.toString(16)})`)];
  }
  const magnitude = serialNumber[0] === 0 ? serialNumber.subarray(1) : serialNumber;
  const note = isNegative ? " (negative, in two's complement)" : "";
  return [
    at(8, "Serial Number:"),
    at(12, `${toHex(magnitude).match(/../g)!.join(":")}${note}`),
  ];
}

/** As in OpenSSL: `Jan  1 00:00:00 2026 GMT`. */
function formatTime(time: Date): string {
  const [, day, month, year, clock] = /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(time.toUTCString())!;
  return `${month} ${String(Number(day)).padStart(2)} ${clock} ${Number(year)} GMT`;
}

const KEY_NAMES: Readonly<Record<Exclude<KeyAlgorithm["type"], "slhdsa">, string>> = {
  "rsa": "rsaEncryption",
  "rsa-pss": "rsassaPss",
  "ec": "id-ecPublicKey",
  "ed25519": "Ed25519",
  "mldsa44": "ML-DSA-44",
  "mldsa65": "ML-DSA-65",
  "mldsa87": "ML-DSA-87",
};

/** OpenSSL's name of each curve, and its size in bits. */
const CURVES: Readonly<Record<EcCurve, readonly [string, number]>> = {
  "P-256": ["prime256v1", 256],
  "P-384": ["secp384r1", 384],
  "P-521": ["secp521r1", 521],
};

function keyLines(key: SubjectPublicKeyInfo): string[] {
  const { algorithm, publicKey } = key;
  const name = algorithm.type === "slhdsa" ? algorithm.parameterSet : KEY_NAMES[algorithm.type];
  const head = at(12, `Public Key Algorithm: ${name}`);
  const bytes = (value: Uint8Array) =>
    hexLines(value, KEY_BYTES_IN_LINE).map((line) => at(20, line));
  switch (algorithm.type) {
    case "rsa":
    case "rsa-pss": {
      const reader = new DerReader(publicKey, "RSA public key").sequence("rsaPublicKey");
      const modulus = reader.integer("modulus");
      const exponent = toBigInt(reader.unsignedInteger("publicExponent"));
      return [
        head,
        at(16, `Public-Key: (${algorithm.modulusLength} bit)`),
        at(16, "Modulus:"),
        ...bytes(modulus),
        at(16, `Exponent: ${exponent} (0x${exponent.toString(16)})`),
      ];
    }
    case "ec": {
      const [name, bits] = CURVES[algorithm.curve];
      return [
        head,
        at(16, `Public-Key: (${bits} bit)`),
        at(16, "pub:"),
        ...bytes(publicKey),
        at(16, `ASN1 OID: ${name}`),
        at(16, `NIST CURVE: ${algorithm.curve}`),
      ];
    }
    default:
      return [
        head,
        at(16, `${name} Public-Key:`),
        at(16, "pub:"),
        ...bytes(publicKey),
      ];
  }
}
