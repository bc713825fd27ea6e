// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Good and bad chains of certificates, as data, and two that make them: this package and openssl.
 * Each makes the same chains; who verifies them must not care who made them.
 *
 * @module
 */

import {
  type Certificate,
  createCertificate,
  type ErrorName,
  type KeyPurpose,
  type KeyUsage,
  parseCertificate,
  parseCertificatesPem,
  type PrivateKey,
  type SubjectPublicKeyInfo,
} from "@nss/nss/cert";
import { generateKeyPair, type KeyPairType } from "@nss/nss/pkcs11";
import { runOk } from "../support/process.ts";

/** The time at which all is verified, to the second. */
export const NOW: Date = new Date(Math.floor(Date.now() / 1000) * 1000);

/** One certificate; what is not said is as it should be. */
export interface CertSpec {
  /** The common name. */
  readonly name: string;
  /** Whose key it has; by default one of its own by its place in the chain. */
  readonly key?: string;
  /** What it says about being an authority's; by default authorities say so. */
  readonly ca?: boolean | "unsaid";
  /** How many authorities may be under it. */
  readonly pathLength?: number;
  /** What the key may be used for. */
  readonly keyUsage?: readonly KeyUsage[];
  /** Purposes. */
  readonly extKeyUsage?: readonly KeyPurpose[];
  /** A DNS subtree that is permitted. */
  readonly permitted?: string;
  /** A DNS subtree that is excluded. */
  readonly excluded?: string;
  /** Days from now at which the validity begins. */
  readonly from?: number;
  /** Days from now at which the validity ends. */
  readonly to?: number;
  /** Whether it has a critical extension that nobody knows. */
  readonly unknownCritical?: boolean;
  /** Whether a bit of the signature is wrong. */
  readonly tampered?: boolean;
}

/** A chain and what is to be thought of it. */
export interface ChainCase {
  /** What it is. */
  readonly title: string;
  /** The certificates, the leaf first, the root last; each issues the one before it. */
  readonly chain: readonly CertSpec[];
  /**
   * What stands at the place of an issuer instead when the chain is verified, by its index in the
   * chain.
   */
  readonly shown?: Readonly<Record<number, CertSpec>>;
  /** Our error; nothing if the chain is good. */
  readonly error?: ErrorName;
  /** The kind of keys. */
  readonly keys?: KeyPairType;
  /** Whether the leaf is a client's. */
  readonly client?: boolean;
  /** Whether the root is one that nobody has heard of. */
  readonly untrusted?: boolean;
  /** Who sees this otherwise, and why. */
  readonly differs?: Readonly<Partial<Record<Judge, string>>>;
}

/** Who verifies. */
export type Judge = "ours" | "openssl" | "vfychain" | "vfychain-pp" | "certutil";

const NO_ENCIPHERMENT =
  "NSS wants keyEncipherment of a server's RSA key, though TLS 1.3 never enciphers with it";
const NO_ED25519 = "NSS 3.87 has no Ed25519";

const ROOT: CertSpec = { name: "Matrix Root" };
let leaves = 0;
const leaf = (more: Partial<CertSpec> = {}): CertSpec => ({
  name: `host${leaves++}.matrix.example`,
  ...more,
});
const ca = (name: string, more: Partial<CertSpec> = {}): CertSpec => ({ name, ...more });

/** Each certificate has a name of its own, so that all cases fit into one database. */
export const CASES: readonly ChainCase[] = [
  { title: "a root and a leaf", chain: [leaf(), ROOT] },
  { title: "one authority between", chain: [leaf(), ca("Between"), ROOT] },
  { title: "three authorities between", chain: [leaf(), ca("C1"), ca("C2"), ca("C3"), ROOT] },
  {
    title: "RSA",
    chain: [
      leaf({ keyUsage: ["digitalSignature", "keyEncipherment"] }),
      ca("R1"),
      ca("R Root"),
    ],
    keys: "rsa-2048",
  },
  {
    title: "RSA that only signs",
    chain: [leaf(), ca("R2"), ca("R Root")],
    keys: "rsa-2048",
    differs: {
      "vfychain": NO_ENCIPHERMENT,
      "vfychain-pp": NO_ENCIPHERMENT,
      "certutil": NO_ENCIPHERMENT,
    },
  },
  { title: "P-384", chain: [leaf(), ca("P1"), ca("P Root")], keys: "ec-p384" },
  { title: "P-521", chain: [leaf(), ca("Q1"), ca("Q Root")], keys: "ec-p521" },
  {
    title: "Ed25519",
    chain: [leaf(), ca("E1"), ca("E Root")],
    keys: "ed25519",
    differs: {
      "vfychain": NO_ED25519,
      "vfychain-pp": NO_ED25519,
      "certutil": NO_ED25519,
    },
  },
  { title: "a client", chain: [leaf({ extKeyUsage: ["clientAuth"] }), ROOT], client: true },
  { title: "no extKeyUsage", chain: [leaf({ extKeyUsage: [] }), ROOT] },
  { title: "a path length that suffices", chain: [leaf(), ca("L0", { pathLength: 0 }), ROOT] },
  {
    title: "two path lengths that suffice",
    chain: [leaf(), ca("L01", { pathLength: 0 }), ca("L1", { pathLength: 1 }), ROOT],
  },
  {
    title: "a name that is permitted",
    chain: [leaf(), ca("Permits", { permitted: "matrix.example" }), ROOT],
  },
  {
    title: "a name that is not excluded",
    chain: [leaf(), ca("Excludes Others", { excluded: "other.example" }), ROOT],
  },
  {
    title: "an authority for servers",
    chain: [leaf(), ca("For Servers", { extKeyUsage: ["serverAuth"] }), ROOT],
  },

  {
    title: "a leaf that has expired",
    chain: [leaf({ from: -20, to: -2 }), ROOT],
    error: "SEC_ERROR_EXPIRED_CERTIFICATE",
  },
  {
    title: "a leaf that is not valid yet",
    chain: [leaf({ from: 2, to: 20 }), ROOT],
    error: "SEC_ERROR_EXPIRED_CERTIFICATE",
  },
  {
    title: "an authority that has expired",
    chain: [leaf(), ca("Old", { from: -20, to: -2 }), ROOT],
    error: "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  },
  {
    title: "an authority that is not valid yet",
    chain: [leaf(), ca("New", { from: 2, to: 20 }), ROOT],
    error: "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  },
  {
    title: "a root that has expired",
    chain: [leaf(), ca("Old Root", { from: -20, to: -2 })],
    error: "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE",
  },
  {
    title: "a client's leaf as a server's",
    chain: [leaf({ extKeyUsage: ["clientAuth"] }), ROOT],
    error: "SEC_ERROR_INADEQUATE_CERT_TYPE",
  },
  {
    title: "a server's leaf as a client's",
    chain: [leaf({ extKeyUsage: ["serverAuth"] }), ROOT],
    client: true,
    error: "SEC_ERROR_INADEQUATE_CERT_TYPE",
  },
  {
    title: "a key for other things",
    chain: [leaf({ keyUsage: ["cRLSign"] }), ROOT],
    error: "SEC_ERROR_INADEQUATE_KEY_USAGE",
  },
  {
    title: "an authority for e-mail",
    chain: [leaf(), ca("For Mail", { extKeyUsage: ["emailProtection"] }), ROOT],
    error: "SEC_ERROR_INADEQUATE_CERT_TYPE",
  },
  {
    title: "a name that is not permitted",
    chain: [leaf(), ca("Permits Others", { permitted: "other.example" }), ROOT],
    error: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
  },
  {
    title: "a name that is excluded",
    chain: [leaf(), ca("Excludes", { excluded: "matrix.example" }), ROOT],
    error: "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
  },
  {
    title: "a path length that does not suffice",
    chain: [leaf(), ca("Too Low"), ca("Short", { pathLength: 0 }), ROOT],
    error: "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
  },
  {
    title: "a path length of the root that does not suffice",
    chain: [leaf(), ca("Much Too Low"), ca("Low"), ca("Short Root", { pathLength: 1 })],
    error: "SEC_ERROR_PATH_LEN_CONSTRAINT_INVALID",
  },
  {
    title: "a leaf whose signature is wrong",
    chain: [leaf({ tampered: true }), ROOT],
    error: "SEC_ERROR_BAD_SIGNATURE",
  },
  {
    title: "an authority whose signature is wrong",
    chain: [leaf(), ca("Tampered", { tampered: true }), ROOT],
    error: "SEC_ERROR_BAD_SIGNATURE",
  },
  {
    title: "an issuer of the same name with another key",
    chain: [leaf(), ca("Twin", { key: "twin" }), ROOT],
    shown: { 1: ca("Twin") },
    error: "SEC_ERROR_BAD_SIGNATURE",
  },
  {
    title: "a root that nobody knows",
    chain: [leaf(), ca("Known To None"), ca("Unknown Root")],
    untrusted: true,
    error: "SEC_ERROR_UNKNOWN_ISSUER",
  },
  {
    title: "a leaf that signed itself",
    chain: [leaf()],
    untrusted: true,
    error: "SEC_ERROR_UNKNOWN_ISSUER",
  },
  {
    title: "an issuer that is no authority",
    chain: [leaf(), ca("None", { ca: false, keyUsage: ["digitalSignature"] }), ROOT],
    error: "SEC_ERROR_CA_CERT_INVALID",
  },
  {
    title: "an issuer that is no authority, but has keyCertSign",
    chain: [leaf(), ca("None At All", { ca: false }), ROOT],
    error: "SEC_ERROR_CA_CERT_INVALID",
  },
  {
    title: "an issuer that does not say that it is an authority",
    chain: [leaf(), ca("Unsaid", { ca: "unsaid", keyUsage: ["digitalSignature"] }), ROOT],
    error: "SEC_ERROR_CA_CERT_INVALID",
  },
  {
    title: "an authority that must not sign certificates",
    chain: [leaf(), ca("No Sign", { keyUsage: ["cRLSign"] }), ROOT],
    error: "SEC_ERROR_INADEQUATE_KEY_USAGE",
  },
  {
    title: "a leaf with a critical extension that nobody knows",
    chain: [leaf({ unknownCritical: true }), ROOT],
    error: "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
  },
  {
    title: "an authority with a critical extension that nobody knows",
    chain: [leaf(), ca("Critical", { unknownCritical: true }), ROOT],
    error: "SEC_ERROR_UNKNOWN_CRITICAL_EXTENSION",
  },
];

/** A chain that has been made. */
export interface MadeChain {
  /** What it is. */
  readonly case: ChainCase;
  /** The certificates as they are shown, the leaf first. */
  readonly certificates: readonly Certificate[];
}

/** Who makes chains. */
export interface Maker {
  /** Its name. */
  readonly name: string;
  /** Makes the certificates of a chain. */
  make(chain: ChainCase): Promise<readonly Certificate[]>;
}

/** The period of a certificate. */
function validity({ from = -30, to = 300 }: CertSpec): { notBefore: Date; notAfter: Date } {
  const day = 86_400_000;
  return {
    notBefore: new Date(NOW.getTime() + from * day),
    notAfter: new Date(NOW.getTime() + to * day),
  };
}

const UNKNOWN_OID = "1.3.6.1.4.1.99999.1";

function tamper(certificate: Certificate): Certificate {
  const der = certificate.der.slice();
  der[der.length - 1]! ^= 1;
  return parseCertificate(der);
}

/** Makes a chain from its root down, then puts in what is shown instead. */
async function makeChain<K>(
  { chain, shown = {}, keys = "ec-p256" }: ChainCase,
  keyOf: (name: string, type: KeyPairType) => Promise<K>,
  make: (
    spec: CertSpec,
    key: K,
    isLeaf: boolean,
    issuer: { certificate: Certificate; key: K } | null,
  ) => Promise<Certificate>,
): Promise<readonly Certificate[]> {
  const made: Certificate[] = [];
  let issuer: { certificate: Certificate; key: K } | null = null;
  for (const [index, spec] of [...chain.entries()].reverse()) {
    const isLeaf = index === 0;
    const own = async (spec: CertSpec): Promise<[Certificate, K]> => {
      // A root is made once for all cases that have the same one
      const place = isLeaf ? "leaf" : `authority ${index} of ${chain.length}`;
      const key = await keyOf(spec.key ?? (issuer === null && !isLeaf ? spec.name : place), keys);
      const certificate = await make(spec, key, isLeaf, issuer);
      return [spec.tampered ? tamper(certificate) : certificate, key];
    };
    const [certificate, key]: [Certificate, K] = await own(spec);
    const other: CertSpec | undefined = shown[index];
    made.unshift(other === undefined ? certificate : (await own(other))[0]);
    issuer = { certificate, key };
  }
  return made;
}

function memoize<T>(make: (key: string) => Promise<T>): (key: string) => Promise<T> {
  const made = new Map<string, Promise<T>>();
  return (key) => {
    let promise = made.get(key);
    if (promise === undefined) made.set(key, promise = make(key));
    return promise;
  };
}

interface OurKey {
  readonly publicKey: SubjectPublicKeyInfo;
  readonly privateKey: PrivateKey;
}

/** This package. */
export function ourMaker(): Maker {
  const keys = memoize<OurKey>((id) => generateKeyPair(id.split("|")[1] as KeyPairType));
  const roots = new Map<string, Promise<Certificate>>();
  const make = async (
    spec: CertSpec,
    key: OurKey,
    isLeaf: boolean,
    issuer: { certificate: Certificate; key: OurKey } | null,
  ): Promise<Certificate> => {
    const { ca = !isLeaf, pathLength, permitted, excluded, extKeyUsage } = spec;
    const tree = (value: string | undefined) =>
      value === undefined ? [] : [{ type: "dns", value } as const];
    const certificate = await createCertificate({
      ...validity(spec),
      publicKey: key.publicKey,
      ...(issuer === null
        ? { privateKey: key.privateKey }
        : { issuer: { certificate: issuer.certificate, privateKey: issuer.key.privateKey } }),
      subject: `CN=${spec.name}`,
      ...(isLeaf && { dnsNames: [spec.name] }),
      isCa: ca === true,
      ...(pathLength !== undefined && { pathLength }),
      keyUsage: spec.keyUsage ?? (isLeaf ? ["digitalSignature"] : ["keyCertSign", "cRLSign"]),
      extKeyUsage: extKeyUsage ?? (isLeaf ? ["serverAuth", "clientAuth"] : []),
      ...((permitted ?? excluded) !== undefined && {
        nameConstraints: { permitted: tree(permitted), excluded: tree(excluded) },
      }),
      ...(spec.unknownCritical && {
        extensions: [{
          oid: UNKNOWN_OID,
          critical: true,
          value: Uint8Array.of(0x05, 0x00),
          offset: 0,
        }],
      }),
    });
    return certificate;
  };
  return {
    name: "this package",
    make: (chain) =>
      makeChain(
        chain,
        (name, type) => keys(`${name}|${type}`),
        (spec, key, isLeaf, issuer) => {
          if (issuer !== null || isLeaf) return make(spec, key, isLeaf, issuer);
          let root = roots.get(spec.name);
          if (root === undefined) roots.set(spec.name, root = make(spec, key, isLeaf, issuer));
          return root;
        },
      ),
  };
}

const OPENSSL_KEYS: Readonly<Partial<Record<KeyPairType, readonly string[]>>> = {
  "ec-p256": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"],
  "ec-p384": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-384"],
  "ec-p521": ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-521"],
  "rsa-2048": ["-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"],
  "ed25519": ["-algorithm", "ED25519"],
};

const opensslTime = (time: Date): string =>
  `${time.toISOString().slice(0, 19).replace(/[-:T]/g, "")}Z`;

/** The extensions of a certificate as openssl's configuration has them. */
function opensslExtensions(spec: CertSpec, isLeaf: boolean): string[] {
  const { ca = !isLeaf, pathLength, permitted, excluded } = spec;
  const usages = spec.keyUsage ?? (isLeaf ? ["digitalSignature"] : ["keyCertSign", "cRLSign"]);
  const purposes = spec.extKeyUsage ?? (isLeaf ? ["serverAuth", "clientAuth"] : []);
  const constraints = [
    ...(permitted === undefined ? [] : [`permitted;DNS:${permitted}`]),
    ...(excluded === undefined ? [] : [`excluded;DNS:${excluded}`]),
  ];
  return [
    "subjectKeyIdentifier=hash",
    "authorityKeyIdentifier=keyid",
    ...(ca === "unsaid" ? [] : [
      `basicConstraints=critical,CA:${ca ? "TRUE" : "FALSE"}` +
      (pathLength === undefined ? "" : `,pathlen:${pathLength}`),
    ]),
    `keyUsage=critical,${usages.join(",")}`,
    ...(purposes.length === 0 ? [] : [`extendedKeyUsage=${purposes.join(",")}`]),
    ...(isLeaf ? [`subjectAltName=DNS:${spec.name}`] : []),
    ...(constraints.length === 0 ? [] : [`nameConstraints=critical,${constraints.join(",")}`]),
    ...(spec.unknownCritical ? [`${UNKNOWN_OID}=critical,DER:0500`] : []),
  ];
}

/** What `openssl ca` must be told. */
const OPENSSL_CA = `[ca]
default_ca = d
[d]
database = index.txt
new_certs_dir = .
default_md = default
policy = p
unique_subject = no
rand_serial = yes
x509_extensions = e
[p]
commonName = supplied
[e]
`;

/** openssl, in a folder. */
export function opensslMaker(directory: string): Maker {
  const keys = memoize(async (id) => {
    const path = `${directory}/${id.replace(/\W/g, "_")}`;
    const type = id.split("|")[1] as KeyPairType;
    await runOk("openssl", ["genpkey", ...OPENSSL_KEYS[type]!, "-out", `${path}.key`]);
    await runOk("openssl", [
      ...["req", "-new", "-key", `${path}.key`, "-subj", "/CN=x", "-out", `${path}.csr`],
    ]);
    return path;
  });
  const roots = new Map<string, Promise<Certificate>>();
  let count = 0;
  const make = async (
    spec: CertSpec,
    key: string,
    isLeaf: boolean,
    issuer: { certificate: Certificate; key: string } | null,
  ): Promise<Certificate> => {
    const cwd = `${directory}/${count++}`;
    await Deno.mkdir(cwd);
    const { notBefore, notAfter } = validity(spec);
    await Promise.all([
      Deno.writeTextFile(`${cwd}/index.txt`, ""),
      Deno.writeTextFile(
        `${cwd}/ca.cnf`,
        `${OPENSSL_CA}${opensslExtensions(spec, isLeaf).join("\n")}\n`,
      ),
      ...(issuer === null
        ? []
        : [Deno.writeTextFile(`${cwd}/issuer.pem`, issuer.certificate.toPem())]),
    ]);
    await runOk("openssl", [
      ...["ca", "-batch", "-notext", "-config", "ca.cnf", "-in", `${key}.csr`, "-out", "cert.pem"],
      ...["-subj", `/CN=${spec.name}`, "-preserveDN"],
      ...["-startdate", opensslTime(notBefore), "-enddate", opensslTime(notAfter)],
      ...(issuer === null
        ? ["-selfsign", "-keyfile", `${key}.key`]
        : ["-cert", "issuer.pem", "-keyfile", `${issuer.key}.key`]),
    ], { cwd });
    return parseCertificatesPem(await Deno.readTextFile(`${cwd}/cert.pem`))[0]!;
  };
  return {
    name: "openssl",
    make: (chain) =>
      makeChain(
        chain,
        (name, type) => keys(`${name}|${type}`),
        (spec, key, isLeaf, issuer) => {
          if (issuer !== null || isLeaf) return make(spec, key, isLeaf, issuer);
          let root = roots.get(spec.name);
          if (root === undefined) roots.set(spec.name, root = make(spec, key, isLeaf, issuer));
          return root;
        },
      ),
  };
}
