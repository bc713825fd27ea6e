// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import type { CheckOptions } from "../../cert/verify/check_certificate.ts";
import { constructedTag } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { subjectAltName } from "../../cert/extensions/alt_name.ts";
import { basicConstraints } from "../../cert/extensions/basic_constraints.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../cert/extensions/ext_key_usage.ts";
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
} from "../../cert/extensions/key_identifiers.ts";
import { keyUsage } from "../../cert/extensions/key_usage.ts";
import { Name } from "../../cert/names/name.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type {
  EcCurve,
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import { encodeSignatureAlgorithm, schemeRow } from "../../cert/certificate/signature_algorithm.ts";
import {
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { writeTime } from "../../cert/der/time.ts";

/** A key pair of a test; it can sign in every way that its kind can. */
export interface TestKeys {
  readonly publicKey: SubjectPublicKeyInfo;
  readonly privateKey: PrivateKey;
}

/** The kinds of keys that tests make. */
export type TestKeyType = EcCurve | "Ed25519" | "ML-DSA-44" | `RSA-${number}`;

function rawToDer(raw: Uint8Array): Uint8Array<ArrayBuffer> {
  const half = raw.length / 2;
  return new DerWriter().sequence((w) => {
    w.unsignedInteger(raw.subarray(0, half)).unsignedInteger(raw.subarray(half));
  }).finish();
}

/** Makes a key pair with WebCrypto. */
export async function makeKeys(type: TestKeyType = "P-256"): Promise<TestKeys> {
  const parameters = type.startsWith("P-")
    ? { name: "ECDSA", namedCurve: type }
    : type.startsWith("RSA-")
    ? {
      name: "RSASSA-PKCS1-v1_5",
      modulusLength: Number(type.slice(4)),
      publicExponent: Uint8Array.of(1, 0, 1),
      hash: "SHA-256",
    }
    : { name: type };
  const pair = await crypto.subtle.generateKey(parameters, true, ["sign", "verify"]);
  if (!("privateKey" in pair)) throw new TypeError("Not a key pair");
  const spki = new Uint8Array(await crypto.subtle.exportKey("spki", pair.publicKey));
  const publicKey = parseSubjectPublicKeyInfo(spki);
  return { publicKey, privateKey: await signerOf(pair.privateKey, publicKey) };
}

async function signerOf(key: CryptoKey, publicKey: SubjectPublicKeyInfo): Promise<PrivateKey> {
  const { algorithm } = publicKey;
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
  return {
    algorithm,
    publicKey,
    async sign(scheme: SignatureScheme, data: Uint8Array<ArrayBuffer>) {
      const { webCrypto, hash, saltLength } = schemeRow(scheme).algorithm;
      const parameters = {
        name: webCrypto,
        ...(hash !== undefined && { hash }),
        ...(saltLength !== undefined && { saltLength }),
      };
      if (algorithm.type === "rsa") {
        const bound = await crypto.subtle.importKey("pkcs8", pkcs8, parameters, false, ["sign"]);
        return new Uint8Array(await crypto.subtle.sign(parameters, bound, data));
      }
      const signature = new Uint8Array(await crypto.subtle.sign(parameters, key, data));
      return algorithm.type === "ec" ? rawToDer(signature) : signature;
    },
  };
}

/** A copy of a public key whose SubjectPublicKeyInfo says something else about its algorithm. */
export function withAlgorithm(
  key: SubjectPublicKeyInfo,
  write: (writer: DerWriter) => void,
): SubjectPublicKeyInfo {
  const der = new DerWriter().sequence((w) => w.sequence(write).bitString(key.publicKey)).finish();
  return parseSubjectPublicKeyInfo(der);
}

/** The time at which the certificates of tests are verified. */
export const NOW: Date = new Date("2026-06-01T12:00:00Z");

/** What is checked of certificates where a test says nothing else. */
export const CHECKS: CheckOptions = {
  usage: "sslServer",
  time: NOW,
  slopSeconds: 0,
  profile: "strict",
  minRsaBits: 2048,
  allowSha1: false,
};

/** A certificate with its keys. */
export interface TestCertificate extends TestKeys {
  readonly certificate: Certificate;
}

/** What {@linkcode issue} makes; everything may be wrong. */
export interface IssueOptions {
  readonly subject?: string | Name;
  readonly issuer?: TestCertificate;
  readonly keys?: TestKeys;
  readonly ca?: boolean;
  readonly pathLength?: number;
  readonly dns?: string;
  readonly notBefore?: string;
  readonly notAfter?: string;
  readonly version?: number;
  readonly serial?: Uint8Array;
  readonly issuerName?: string;
  readonly scheme?: SignatureScheme;
  /** The AlgorithmIdentifier, if not that of the scheme. */
  readonly algorithm?: Uint8Array<ArrayBuffer>;
  /** Extensions to add, or to take the place of those of the same kind. */
  readonly extensions?: readonly CertificateExtension[];
  /** Identifiers of extensions to leave out. */
  readonly without?: readonly string[];
  /** Whose key signs, if not the issuer's. */
  readonly signer?: PrivateKey;
}

const SCHEMES: { readonly [type in KeyAlgorithm["type"]]?: SignatureScheme } = {
  "rsa": "rsa_pkcs1_sha256",
  "rsa-pss": "rsa_pss_pss_sha256",
  "ec": "ecdsa_secp256r1_sha256",
  "ed25519": "ed25519",
  "mldsa44": "mldsa44",
  "mldsa65": "mldsa65",
  "mldsa87": "mldsa87",
};

let shared: Promise<TestKeys> | undefined;

/** Makes a certificate that is good but for what the options say. */
export async function issue(options: IssueOptions = {}): Promise<TestCertificate> {
  const { issuer, ca = false } = options;
  const keys = options.keys ?? await (ca ? makeKeys() : shared ??= makeKeys());
  const subject = Name.parse(options.subject ?? (ca ? "CN=Test Root" : "CN=example.com"));
  const issuerName = options.issuerName !== undefined
    ? Name.parse(options.issuerName)
    : issuer?.certificate.subject ?? subject;
  const signer = options.signer ?? issuer?.privateKey ?? keys.privateKey;
  const scheme = options.scheme ?? SCHEMES[signer.algorithm.type]!;
  const identifier = await keyIdentifier(keys.publicKey);
  const authority = issuer === undefined ? identifier : await keyIdentifier(issuer.publicKey);
  const { pathLength } = options;
  const defaults: CertificateExtension[] = [
    makeExtension(
      basicConstraints,
      { isCa: ca, ...(pathLength !== undefined && { pathLength }) },
      true,
    ),
    makeExtension(keyUsage, new Set([ca ? "keyCertSign" : "digitalSignature"] as const), true),
    makeExtension(subjectKeyIdentifier, identifier),
    makeExtension(authorityKeyIdentifier, { keyIdentifier: authority }),
  ];
  if (!ca) {
    defaults.push(makeExtension(extKeyUsage, [OIDS.serverAuth]));
    const names = [{ type: "dns", value: options.dns ?? "example.com" }] as const;
    defaults.push(makeExtension(subjectAltName, names, subject.isEmpty));
  }
  const extensions = new Map([...defaults, ...options.extensions ?? []].map((e) => [e.oid, e]));
  for (const oid of options.without ?? []) extensions.delete(oid);

  const version = options.version ?? 3;
  const algorithm = options.algorithm ?? encodeSignatureAlgorithm(scheme);
  const tbs = new DerWriter().sequence((w) => {
    if (version > 1) w.constructed(constructedTag(0), (w) => w.integer(version - 1));
    w.integer(options.serial ?? Uint8Array.of(1, 2, 3)).raw(algorithm).raw(issuerName.der);
    w.sequence((w) => {
      writeTime(w, new Date(options.notBefore ?? "2026-01-01T00:00:00Z"));
      writeTime(w, new Date(options.notAfter ?? "2026-12-31T23:59:59Z"));
    });
    w.raw(subject.der).raw(keys.publicKey.der);
    if (version === 3 && extensions.size > 0) {
      w.constructed(constructedTag(3), (w) => writeExtensions(w, extensions.values()));
    }
  }).finish();
  const signature = await signer.sign(scheme, tbs);
  const der = new DerWriter().sequence((w) => w.raw(tbs).raw(algorithm).bitString(signature));
  return { ...keys, certificate: parseCertificate(der.finish()) };
}

async function keyIdentifier(key: SubjectPublicKeyInfo): Promise<Uint8Array<ArrayBuffer>> {
  return (await key.digest()).slice(0, 20);
}

/** A random number generator with a seed (mulberry32), so that a failure can be repeated. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Changes a few bytes: flips, sets, cuts, doubles. */
export function mutate(
  bytes: Uint8Array<ArrayBuffer>,
  random: () => number,
): Uint8Array<ArrayBuffer> {
  const mutated = Array.from(bytes);
  const times = 1 + Math.floor(random() * 3);
  for (let i = 0; i < times; i++) {
    const at = Math.floor(random() * mutated.length);
    switch (Math.floor(random() * 5)) {
      case 0:
        mutated[at]! ^= 1 << Math.floor(random() * 8);
        break;
      case 1:
        mutated[at] = Math.floor(random() * 256);
        break;
      case 2:
        mutated.splice(at, 1 + Math.floor(random() * 4));
        break;
      case 3:
        mutated.splice(at, 0, ...mutated.slice(at, at + 1 + Math.floor(random() * 8)));
        break;
      default:
        mutated[at] = [0, 1, 0x7f, 0x80, 0xff, 0x30, 0x31, 0x04, 0x03, 0x05][
          Math.floor(random() * 10)
        ]!;
    }
  }
  return Uint8Array.from(mutated);
}

/** Runs `openssl`, or tells why it cannot. */
export async function openssl(
  args: readonly string[],
  input = "",
): Promise<{ code: number; stdout: string; stderr: string } | null> {
  try {
    const child = new Deno.Command("openssl", {
      args: [...args],
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input)).catch(() => {});
    await writer.close().catch(() => {});
    const { code, stdout, stderr } = await child.output();
    const text = new TextDecoder();
    return { code, stdout: text.decode(stdout), stderr: text.decode(stderr) };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}
