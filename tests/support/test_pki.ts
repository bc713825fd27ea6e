// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A certificate authority for tests, made by the openssl command: somebody else's encoder is the point where our own
 * certificates would only show that we agree with ourselves. A root (ECDSA P-256), an intermediate (ECDSA P-384), and
 * under it a server's and a client's leaf of each key type, as PEM files in a temporary folder.
 *
 * @module
 */

import { runOk } from "./process.ts";

/** The kinds of keys that certificates hold in these tests. */
export type CertificateType =
  | "ecdsa-p256"
  | "ecdsa-p384"
  | "ecdsa-p521"
  | "ed25519"
  | "rsa"
  | "rsa-pss";

/** How openssl makes a key of each kind. */
const KEY_ARGUMENTS: Readonly<Record<CertificateType, readonly string[]>> = {
  "ecdsa-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ecdsa-p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "ecdsa-p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "ed25519": ["-algorithm", "ED25519"],
  "rsa": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "rsa-pss": ["-algorithm", "RSA-PSS", "-pkeyopt", "rsa_keygen_bits:2048"],
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
 * Gives the authority of this test module, made at the first call. Its folder goes when the module is unloaded.
 *
 * @returns The authority.
 */
export function testPki(): Promise<TestPki> {
  return cached ??= makePki();
}

const CA_EXTENSIONS = [
  "basicConstraints=critical,CA:TRUE",
  "keyUsage=critical,keyCertSign,cRLSign,digitalSignature",
  "subjectKeyIdentifier=hash",
];

function leafExtensions(role: LeafRole, type: CertificateType): string {
  // NSS accepts an RSA certificate for a TLS 1.3 server only with keyEncipherment.
  const usage = type === "rsa" ? "digitalSignature,keyEncipherment" : "digitalSignature";
  return [
    "basicConstraints=critical,CA:FALSE",
    `keyUsage=critical,${usage}`,
    `extendedKeyUsage=${role}Auth`,
    "subjectKeyIdentifier=hash",
    "authorityKeyIdentifier=keyid",
    ...(role === "server" ? ["subjectAltName=DNS:localhost,IP:127.0.0.1"] : []),
    "",
  ].join("\n");
}

async function makePki(): Promise<TestPki> {
  const directory = await Deno.makeTempDir({ prefix: "nss_pki_" });
  globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
  const path = (name: string): string => `${directory}/${name}`;
  const openssl = (...args: string[]): Promise<string> =>
    runOk("openssl", args, { cwd: directory });
  const makeKey = (name: string, type: CertificateType): Promise<string> =>
    openssl("genpkey", ...KEY_ARGUMENTS[type], "-out", `${name}.key`);
  const sign = async (name: string, issuer: string, serial: number): Promise<void> => {
    const common = name.replaceAll("_", " ");
    await openssl(
      "req",
      "-new",
      "-key",
      `${name}.key`,
      "-subj",
      `/CN=${common}`,
      "-out",
      `${name}.csr`,
    );
    // deno-fmt-ignore
    await openssl("x509", "-req", "-in", `${name}.csr`, "-CA", `${issuer}.pem`, "-CAkey", `${issuer}.key`,
      "-set_serial", String(serial), "-days", "30", "-sha256", "-extfile", `${name}.ext`, "-out", `${name}.pem`);
  };

  await Promise.all([
    makeKey("test_root", "ecdsa-p256"),
    makeKey("test_intermediate", "ecdsa-p384"),
  ]);
  // deno-fmt-ignore
  await openssl("req", "-x509", "-new", "-key", "test_root.key", "-subj", "/CN=test root", "-days", "30",
    "-set_serial", "1", "-out", "test_root.pem", ...CA_EXTENSIONS.flatMap((line) => ["-addext", line]));
  await Deno.writeTextFile(path("test_intermediate.ext"), CA_EXTENSIONS.join("\n"));
  await sign("test_intermediate", "test_root", 2);
  const intermediate = await Deno.readTextFile(path("test_intermediate.pem"));

  const leaves = new Map<string, TestLeaf>();
  const makeLeaf = async (role: LeafRole, type: CertificateType, serial: number): Promise<void> => {
    const name = `${role}_${type}`;
    await makeKey(name, type);
    await Deno.writeTextFile(path(`${name}.ext`), leafExtensions(role, type));
    await sign(name, "test_intermediate", serial);
    const cert = await Deno.readTextFile(path(`${name}.pem`));
    await Deno.writeTextFile(path(`${name}.chain.pem`), cert + intermediate);
    leaves.set(name, {
      commonName: name.replaceAll("_", " "),
      cert,
      chain: cert + intermediate,
      key: await Deno.readTextFile(path(`${name}.key`)),
      certFile: path(`${name}.pem`),
      chainFile: path(`${name}.chain.pem`),
      keyFile: path(`${name}.key`),
      spkiSha256: await spkiSha256(
        await openssl("x509", "-in", `${name}.pem`, "-noout", "-pubkey"),
      ),
    });
  };
  const roles: readonly LeafRole[] = ["server", "client"];
  await Promise.all(roles.map(async (role, r) => {
    for (const [t, type] of CERTIFICATE_TYPES.entries()) {
      await makeLeaf(role, type, 10 + 10 * r + t);
    }
  }));

  return {
    directory,
    root: await Deno.readTextFile(path("test_root.pem")),
    rootFile: path("test_root.pem"),
    intermediateFile: path("test_intermediate.pem"),
    leaf(role, type) {
      const leaf = leaves.get(`${role}_${type}`);
      if (!leaf) throw new RangeError(`Cannot give a leaf: no ${role} certificate of type ${type}`);
      return leaf;
    },
  };
}

async function spkiSha256(pem: string): Promise<string> {
  const base64 = pem.replace(/-----[^-]+-----/g, "").replace(/\s/g, "");
  const der = Uint8Array.from(atob(base64), (char) => char.charCodeAt(0));
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", der));
  return btoa(String.fromCharCode(...digest));
}
