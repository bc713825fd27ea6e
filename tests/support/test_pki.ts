// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A certificate authority for tests, made with our own code, so that every peer also judges our
 * certificates and key files: a root (ECDSA P-256), an intermediate (ECDSA P-384), and under it a
 * server's and a client's leaf of each key type, as PEM files in a temporary folder.
 *
 * @module
 */

import { type CertificateIssuer, createCertificate } from "@nss/nss/cert";
import {
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPair,
  type KeyPairType,
} from "@nss/nss/pkcs11";

/** The kinds of keys that certificates hold in these tests. */
export type CertificateType =
  | "ecdsa-p256"
  | "ecdsa-p384"
  | "ecdsa-p521"
  | "ed25519"
  | "rsa"
  | "rsa-pss";

/** What our own code calls each kind. */
const KEY_PAIR_TYPES: Readonly<Record<CertificateType, KeyPairType>> = {
  "ecdsa-p256": "ec-p256",
  "ecdsa-p384": "ec-p384",
  "ecdsa-p521": "ec-p521",
  "ed25519": "ed25519",
  "rsa": "rsa-2048",
  "rsa-pss": "rsa-pss-2048",
};

/** Every kind of key. */
export const CERTIFICATE_TYPES: readonly CertificateType[] = [
  "ecdsa-p256",
  "ecdsa-p384",
  "ecdsa-p521",
  "ed25519",
  "rsa",
  "rsa-pss",
];

/** Whose certificate a leaf is. */
export type LeafRole = "server" | "client";

/** A leaf certificate with its key. */
export interface TestLeaf {
  /** Its common name, `server rsa`, which the peers print. */
  readonly commonName: string;
  /** The certificate, PEM. */
  readonly cert: string;
  /** The certificate and the intermediate, PEM. */
  readonly chain: string;
  /** The key, PKCS#8 PEM. */
  readonly key: string;
  /** The file with the certificate. */
  readonly certFile: string;
  /** The file with the certificate and the intermediate. */
  readonly chainFile: string;
  /** The file with the key. */
  readonly keyFile: string;
  /** The SHA-256 of its SubjectPublicKeyInfo, base64. */
  readonly spkiSha256: string;
}

/** The test authority and its leaves. */
export interface TestPki {
  /** The folder of all files. */
  readonly directory: string;
  /** The root, PEM. */
  readonly root: string;
  /** The file with the root. */
  readonly rootFile: string;
  /** The file with the intermediate. */
  readonly intermediateFile: string;
  /** Gives a leaf. */
  leaf(role: LeafRole, type: CertificateType): TestLeaf;
}

let cached: Promise<TestPki> | undefined;

/**
 * Gives the authority of this test module, made at the first call. Its folder goes when the module
 * is unloaded.
 *
 * @returns The authority.
 */
export function testPki(): Promise<TestPki> {
  return cached ??= makePki();
}

/** Keys of an authority that are given; the others are made. */
export interface PkiKeys {
  /** The root's. */
  readonly root?: KeyPair;
  /** The intermediate's. */
  readonly intermediate?: KeyPair;
  /** That of all leaves of the type `rsa`, which are then the only ones. */
  readonly rsa?: KeyPair;
}

/**
 * Makes an authority, whose folder goes when the module is unloaded.
 *
 * @param given Keys that it has.
 * @returns The authority.
 */
export async function makePki(given: PkiKeys = {}): Promise<TestPki> {
  const directory = await Deno.makeTempDir({ prefix: "nss_pki_" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  const write = async (name: string, text: string): Promise<string> => {
    const path = `${directory}/${name}`;
    await Deno.writeTextFile(path, text);
    return path;
  };

  const [rootKeys, intermediateKeys] = await Promise.all([
    given.root ?? generateKeyPair("ec-p256"),
    given.intermediate ?? generateKeyPair("ec-p384"),
  ]);
  const root = await createCertificate({ ...rootKeys, subject: "CN=test root", isCa: true });
  const intermediate = await createCertificate({
    publicKey: intermediateKeys.publicKey,
    subject: "CN=test intermediate",
    isCa: true,
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  const issuer = { certificate: intermediate, privateKey: intermediateKeys.privateKey };

  const leaves = new Map<string, TestLeaf>();
  const makeLeaf = async (role: LeafRole, type: CertificateType, keys: KeyPair): Promise<void> => {
    const name = `${role}_${type}`;
    const commonName = `${role} ${type}`;
    const cert = await leafPem(role, type, keys, commonName, issuer);
    const chain = cert + intermediate.toPem();
    const key = await exportPrivateKeyPem(keys.privateKey);
    leaves.set(name, {
      commonName,
      cert,
      chain,
      key,
      certFile: await write(`${name}.pem`, cert),
      chainFile: await write(`${name}.chain.pem`, chain),
      keyFile: await write(`${name}.key`, key),
      spkiSha256: await sha256Base64(keys.publicKey.der),
    });
  };
  await Promise.all((given.rsa ? ["rsa" as const] : CERTIFICATE_TYPES).map(async (type) => {
    // RSA keys take their time, so that a client's and a server's leaf have the same.
    const keys = given.rsa ??
      await generateKeyPair(KEY_PAIR_TYPES[type], { extractable: true });
    await makeLeaf("server", type, keys);
    await makeLeaf("client", type, keys);
  }));

  return {
    directory,
    root: root.toPem(),
    rootFile: await write("test_root.pem", root.toPem()),
    intermediateFile: await write("test_intermediate.pem", intermediate.toPem()),
    leaf(role, type) {
      const leaf = leaves.get(`${role}_${type}`);
      if (!leaf) throw new RangeError(`Cannot give a leaf: no ${role} certificate of type ${type}`);
      return leaf;
    },
  };
}

async function leafPem(
  role: LeafRole,
  type: CertificateType,
  keys: KeyPair,
  commonName: string,
  issuer: CertificateIssuer,
): Promise<string> {
  const certificate = await createCertificate({
    publicKey: keys.publicKey,
    subject: `CN=${commonName}`,
    issuer,
    extKeyUsage: [role === "server" ? "serverAuth" : "clientAuth"],
    // NSS 3.87 accepts an RSA certificate for a server only with keyEncipherment.
    keyUsage: type === "rsa" ? ["digitalSignature", "keyEncipherment"] : ["digitalSignature"],
    ...(role === "server" ? { dnsNames: ["localhost"], ipAddresses: ["127.0.0.1"] } : {}),
  });
  return certificate.toPem();
}

async function sha256Base64(bytes: Uint8Array): Promise<string> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", new Uint8Array(bytes))).toBase64();
}
