// Copyright 2026 the NSS for Deno authors. MIT license.

/** The options of TLS that the command line sets, and the own certificate. @module */

import type { Certificate, Crl } from "../../cert/mod.ts";
import { importPkcs12, NssContext, platformTrustAnchors } from "../../pkcs11/mod.ts";
import {
  type CertificateOptions,
  type ImportOptions,
  POLICY_PRESETS,
  type ProtocolVersion,
} from "../../ssl/mod.ts";
import { GROUP_ALIASES, opensslSuiteName } from "../../ssl/node/openssl_names.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../../ssl/tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { readAs } from "../base/what_file.ts";
import { FILE_PASSWORD, filePassword, PASSWORD_OPTIONS } from "../base/passwords.ts";
import { readCertificates, readCrlFile } from "../store/read_certificates.ts";
import { importPem, openStore, type Store } from "../store/store.ts";

const SUITE_NAMES = [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES].map(({ name }) => name);
const GROUP_NAMES = NAMED_GROUPS.map(({ name }) => name);
const SCHEME_NAMES = SIGNATURE_SCHEMES.map(({ scheme }) => scheme);
const POLICY_NAMES = POLICY_PRESETS.map(({ name }) => name);
/** OpenSSL's names of suites, such as `ECDHE-RSA-AES128-GCM-SHA256`. */
const SUITE_ALIASES = new Map(
  TLS12_CIPHER_SUITES.map(({ name }) => [opensslSuiteName(name), name]),
);
const VERSIONS: readonly ProtocolVersion[] = ["TLSv1.2", "TLSv1.3"];

/** The options that say what is offered or accepted. */
export const TLS_OPTIONS: readonly Option[] = [
  {
    name: "versions",
    value: "VERSION[-VERSION]",
    text: "only these versions: 1.2, 1.3 or 1.2-1.3",
    example: "1.2",
  },
  {
    name: "suites",
    value: "NAME,...",
    text: "only these cipher suites, in this order, by their IANA or OpenSSL names",
    example: "TLS_AES_256_GCM_SHA384",
  },
  {
    name: "groups",
    value: "NAME,...",
    text: `only these groups of the key exchange: ${GROUP_NAMES.join(", ")}`,
    example: "x25519,secp256r1",
  },
  {
    name: "schemes",
    value: "NAME,...",
    text: "only these signature schemes, by their IANA names",
    example: "ecdsa_secp256r1_sha256",
  },
  { name: "policy", value: "NAME", text: "what a preset allows", words: POLICY_NAMES },
  {
    name: "alpn",
    value: "NAME,...",
    text: "the application protocols, in the order of preference",
    example: "h2,http/1.1",
  },
];

/** The options that say who is trusted. */
export const TRUST_OPTIONS: readonly Option[] = [
  {
    name: "ca",
    value: "FILE",
    text: "trust the certificates in a file, and not the authorities of the platform (repeatable)",
    example: "root.pem",
  },
  {
    name: "db",
    value: "DIR",
    text: "an NSS database: whom it trusts, besides the authorities of the platform, and its keys",
    example: "~/.pki/nssdb",
  },
  {
    name: "crl",
    value: "FILE",
    text: "certificate revocation lists, besides those of the database (repeatable)",
    example: "ca.crl",
  },
];

/** The options that say which certificate this end shows. */
export const IDENTITY_OPTIONS: readonly Option[] = [
  {
    name: "cert",
    value: "FILE",
    text: "this end's certificate with its chain; with --db or --module, a nickname",
    example: "me.pem",
  },
  {
    name: "key",
    value: "FILE",
    text: "its private key, if it is in another file",
    example: "me.key",
    needs: ["cert"],
  },
  {
    name: "p12",
    value: "FILE",
    text: "a PKCS#12 file with this end's certificate and key",
    example: "me.p12",
  },
  { ...FILE_PASSWORD, needs: ["p12"] },
  {
    name: "module",
    value: "LIB",
    text: "a PKCS#11 library that has the key",
    example: "/usr/lib/softhsm/libsofthsm2.so",
  },
  {
    name: "token",
    value: "LABEL",
    text: "which token of the library",
    example: "Card",
    needs: ["module", "db"],
  },
  ...PASSWORD_OPTIONS.map((option) => ({ ...option, needs: ["db", "module", "cert"] })),
];

/** Reads {@linkcode TLS_OPTIONS}. */
export function tlsOptions(args: Args): ImportOptions {
  const range = args.one("versions");
  const cipherSuites = args.choices("suites", SUITE_NAMES, (name) => SUITE_ALIASES.get(name));
  const groups = args.choices("groups", GROUP_NAMES, (name) => GROUP_ALIASES[name]);
  const signatureSchemes = args.choices("schemes", SCHEME_NAMES);
  const policy = args.choice("policy", POLICY_NAMES);
  const alpnProtocols = args.list("alpn");
  return {
    ...range !== undefined && { versions: readVersions(range) },
    ...cipherSuites.length > 0 && { cipherSuites },
    ...groups.length > 0 && { groups },
    ...signatureSchemes.length > 0 && { signatureSchemes },
    ...policy !== undefined && { policy },
    ...alpnProtocols.length > 0 && { alpnProtocols },
  };
}

function readVersions(text: string): { min: ProtocolVersion; max: ProtocolVersion } {
  const parts = text.split("-").map((word) => word.replace(/^TLS ?v?/i, ""));
  const [min = -1, max = min] = parts.map((word) =>
    VERSIONS.findIndex((version) => version === `TLSv${word}`)
  );
  if (parts.length > 2 || min < 0 || max < min) {
    throw new UsageError(
      `Cannot take --versions "${text}": it is none of 1.2, 1.3 and 1.2-1.3, which are those that ` +
        "this program speaks",
    );
  }
  return { min: VERSIONS[min]!, max: VERSIONS[max]! };
}

/** Who is trusted, and what this end shows. */
export interface Trust extends AsyncDisposable {
  /** The context: its database and the platform's authorities. */
  readonly context: NssContext;
  /** What `--ca` names; `null` for those of the context. */
  readonly caCerts: readonly Certificate[] | null;
  /** What opens the key of this end; `null` for none. */
  readonly identity: CertificateOptions | null;
  /** The store that `--db` and `--module` name. */
  readonly store: Store | null;
}

/** Reads {@linkcode TRUST_OPTIONS} and {@linkcode IDENTITY_OPTIONS}. */
export async function readTrust(args: Args, io: Io): Promise<Trust> {
  const files = args.all("ca");
  const caCerts = files.length === 0
    ? null
    : (await Promise.all(files.map((file) => readCertificates(file, io)))).flat();
  const needsStore = ["db", "module", "kv", "pem"].some((name) => args.has(name));
  const store = needsStore ? await openStore(args, io, { roots: caCerts === null }) : null;
  const context = store?.context ??
    new NssContext({ trustAnchors: caCerts === null ? platformTrustAnchors : [] });
  try {
    return {
      context,
      caCerts,
      store,
      identity: await readIdentity(args, store, io),
      [Symbol.asyncDispose]: () => context.close(),
    };
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** Reads the CRLs of `--crl`, and those of the database. */
export async function readCrls(args: Args, { store }: Trust, io: Io): Promise<readonly Crl[]> {
  const lists = await Promise.all(args.all("crl").map((file) => readCrlFile(file, io)));
  const stored = store === null || !args.has("db") ? [] : await store.usableCrls();
  return [...lists.flat(), ...stored];
}

/** Reads the certificates of a server: `--p12`, or pairs of `--cert` and `--key`. */
export async function readPairs(
  args: Args,
  { store, identity }: Trust,
  io: Io,
): Promise<readonly CertificateOptions[]> {
  const [certs, keys] = [args.all("cert"), args.all("key")];
  if (certs.length <= 1) return identity === null ? [] : [identity];
  if (keys.length !== 0 && keys.length !== certs.length) {
    throw new UsageError(
      `Cannot take ${certs.length} --cert with ${keys.length} --key: each has its own, or none has`,
    );
  }
  return await Promise.all(certs.map((cert, i) => readPair(cert, keys[i], args, store, io)));
}

async function readPair(
  cert: string,
  key: string | undefined,
  args: Args,
  store: Store | null,
  io: Io,
): Promise<CertificateOptions> {
  if (store !== null && key === undefined) {
    const certificate = await store.certificate(cert);
    return { cert: certificate, key: await store.keyOf(certificate) };
  }
  const file = key ?? cert;
  return {
    cert: await readCertificates(cert, io),
    key: await importPem(await readBytes(file, io), file, args, "password-file", io),
  };
}

async function readIdentity(
  args: Args,
  store: Store | null,
  io: Io,
): Promise<CertificateOptions | null> {
  if (args.all("cert").length > 1) return null; // a server's, read by readPairs()
  const p12 = args.one("p12");
  const [cert, key] = [args.all("cert")[0], args.all("key")[0]];
  if (p12 !== undefined) {
    if (cert !== undefined) throw new UsageError("Cannot take both --cert and --p12");
    const password = await filePassword(p12, args, io);
    const { identities } = await readAs(
      "pkcs12",
      p12,
      io,
      (bytes) => importPkcs12(bytes, password),
    );
    const [identity] = identities;
    if (identity === undefined || identity.certificates.length === 0) {
      throw new UsageError(`Cannot use "${p12}": it has no certificate with its key`);
    }
    return { cert: identity.certificates, key: identity.key };
  }
  if (cert === undefined) {
    if (key !== undefined) throw new UsageError("Cannot take --key without --cert");
    return null;
  }
  return await readPair(cert, key, args, store, io);
}
