// Copyright 2026 the NSS for Deno authors. MIT license.

/** The options `cert`, `key`, `pfx` and `passphrase` of Node's. @module */

import { importLazily } from "../../cert/base/lazy_module.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { kindOf } from "../../cert/base/options.ts";
import { NssError } from "../../cert/base/errors.ts";
import { shown } from "../../cert/base/printable.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { inspectPrivateKey } from "../../pkcs11/keys/private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { type CertificateOptions, toCertificates } from "../config/credential.ts";
import { invalid } from "../config/option_values.ts";
import { type Input, inputOf, type NodeOptions } from "./read_options.ts";

/** Certificates to present and, of PKCS#12 files, to trust. */
export interface Identities {
  /** The certificates with their keys. */
  readonly certificates: readonly CertificateOptions[] | Promise<readonly CertificateOptions[]>;
  /** The authorities in PKCS#12 files. */
  readonly bundled: readonly Certificate[] | Promise<readonly Certificate[]>;
}

/** A key as it was given. */
interface GivenKey {
  readonly key: CertificateOptions["key"];
  readonly passphrase: string | undefined;
  readonly name: string;
}

/**
 * Reads the options for certificates and keys. What needs no decryption is read at once, and what
 * is wrong with it is thrown; the rest is a promise.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if a certificate, a key or a file is none, or if one
 * of a pair is missing.
 */
export function readIdentities(options: NodeOptions): Identities {
  const chains = options.inputs("cert").map((input, i) => toCertificates(input, `cert[${i}]`));
  const keys = options.list("key").map((value, i) => givenKey(value, `key[${i}]`, options));
  requirePairs(chains, keys);
  const files = options.list("pfx").map((value, i) => givenFile(value, `pfx[${i}]`, options));
  const own = pairAll(chains, keys);
  if (files.length === 0) return { certificates: own, bundled: [] };
  const read = Promise.all(files.map(readFile));
  read.catch(() => {}); // reported by whoever awaits what is made of it
  const certificates = (async () =>
    lastOfEachKind([
      ...await own,
      ...(await read).flatMap((file) => file.certificates),
    ]))();
  const bundled = read.then((all) => all.flatMap((file) => file.bundled));
  for (const promise of [certificates, bundled]) promise.catch(() => {});
  return { certificates, bundled };
}

function requirePairs(
  chains: readonly (readonly Certificate[])[],
  keys: readonly GivenKey[],
): void {
  if (chains.length > keys.length) {
    throw invalid("cert", "there is no key for it; give its private key as key");
  }
  if (keys.length > 0 && chains.length === 0) {
    throw invalid("key", "there is no certificate for it; give its certificate as cert");
  }
}

function givenKey(value: unknown, name: string, options: NodeOptions): GivenKey {
  const shared = passphraseOf(options.get("passphrase"), "passphrase");
  if (value instanceof CryptoKey) return { key: value, passphrase: shared, name };
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    return { key: inputOf(value, name), passphrase: shared, name };
  }
  if (isSigner(value)) return { key: value, passphrase: shared, name };
  const pem: unknown = Reflect.get(value, "pem");
  return {
    key: inputOf(pem, `${name}.pem`),
    passphrase: passphraseOf(Reflect.get(value, "passphrase"), `${name}.passphrase`) ?? shared,
    name,
  };
}

function isSigner(value: object): value is PrivateKey {
  return "sign" in value && typeof value.sign === "function" && "algorithm" in value;
}

/** Checks a password without showing it; Node takes bytes, too. */
function passphraseOf(value: unknown, name: string): string | undefined {
  if (value === undefined || value === null || typeof value === "string") return value ?? undefined;
  if (ArrayBuffer.isView(value)) return new TextDecoder().decode(value);
  throw invalid(name, `it is ${kindOf(value)}, not a string`);
}

/** A certificate of a key, or a key of a certificate. */
interface ImportedKey {
  readonly given: GivenKey;
  /** The key to sign with. */
  readonly key: CertificateOptions["key"];
  readonly kind: string;
  /** The public key's bits; `null` if they show only in a signature. */
  readonly publicKey: Uint8Array | null;
}

/** Pairs certificates with their keys, which may come in another order. */
function pairAll(
  chains: readonly (readonly Certificate[])[],
  given: readonly GivenKey[],
): Identities["certificates"] {
  if (chains.length === 0) return [];
  const inspected = given.map(inspect);
  const areKnown = inspected.every((key) => key !== null) &&
    (inspected.length === 1 || inspected.every((key) => key.publicKey !== null));
  if (areKnown) return lastOfEachKind(pair(chains, inspected));
  const pairs = Promise.all(given.map(importKey)).then((keys) =>
    lastOfEachKind(pair(chains, keys))
  );
  pairs.catch(() => {}); // reported by whoever awaits it
  return pairs;
}

/** Looks at a key without importing it; `null` if it is encrypted. */
function inspect(given: GivenKey): ImportedKey | null {
  if (isEncrypted(given.key)) {
    if (given.passphrase !== undefined) return null;
    throw invalid(given.name, "it is encrypted; give its password as passphrase");
  }
  try {
    const { type, curve, publicKey } = inspectPrivateKey(given.key);
    return {
      given,
      key: given.key,
      kind: `${type} ${curve ?? ""}`,
      publicKey: publicKey?.publicKey ?? null,
    };
  } catch (cause) {
    throw refusal(given.name, cause);
  }
}

function isEncrypted(key: CertificateOptions["key"]): boolean {
  if (typeof key !== "string" && !(key instanceof Uint8Array)) return false;
  try {
    inspectPrivateKey(key);
    return false;
  } catch (error) {
    return error instanceof NssError && error.name === "SEC_ERROR_BAD_PASSWORD";
  }
}

async function importKey(given: GivenKey): Promise<ImportedKey> {
  const { key: input, passphrase, name } = given;
  try {
    const key = await importPrivateKey(
      input,
      passphrase === undefined ? {} : { password: passphrase },
    );
    const { type } = key.algorithm;
    const curve = "curve" in key.algorithm ? key.algorithm.curve : "";
    return { given, key, kind: `${type} ${curve}`, publicKey: key.publicKey?.publicKey ?? null };
  } catch (cause) {
    throw refusal(name, cause);
  }
}

function pair(
  chains: readonly (readonly Certificate[])[],
  keys: readonly ImportedKey[],
): readonly CertificateOptions[] {
  return chains.map((cert, i) => {
    const { algorithm, publicKey } = cert[0]!.subjectPublicKeyInfo;
    const kind = `${algorithm.type} ${algorithm.type === "ec" ? algorithm.curve : ""}`;
    const own = keys.find((key) =>
      key.publicKey !== null && bytesEqual(key.publicKey, publicKey)
    ) ??
      keys.find((key) => key.publicKey === null && key.kind === kind);
    if (own !== undefined) return { cert, key: own.key };
    throw invalid(
      `cert[${i}]`,
      `none of the keys is that of certificate ${shown(cert[0]!.subject)}`,
    );
  });
}

/** As in OpenSSL, a certificate replaces an earlier one whose key is of the same kind. */
function lastOfEachKind(all: readonly CertificateOptions[]): readonly CertificateOptions[] {
  const kindOfCert = ({ cert }: CertificateOptions) =>
    toCertificates(cert, "cert")[0]!.subjectPublicKeyInfo.algorithm.type;
  return all.filter((one, i) =>
    !all.slice(i + 1).some((later) => kindOfCert(later) === kindOfCert(one))
  );
}

/** A PKCS#12 file as it was given. */
interface GivenFile {
  readonly file: Input;
  readonly passphrase: string;
  readonly name: string;
}

function givenFile(value: unknown, name: string, options: NodeOptions): GivenFile {
  const shared = passphraseOf(options.get("passphrase"), "passphrase") ?? "";
  if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) {
    return { file: fileOf(inputOf(value, name)), passphrase: shared, name };
  }
  return {
    file: fileOf(inputOf(Reflect.get(value, "buf"), `${name}.buf`)),
    passphrase: passphraseOf(Reflect.get(value, "passphrase"), `${name}.passphrase`) || shared,
    name,
  };
}

/** Node takes a file in a string of characters that are bytes, too. */
function fileOf(input: Input): Input {
  if (typeof input !== "string" || input.includes("-----BEGIN ")) return input;
  return Uint8Array.from(input, (character) => character.charCodeAt(0));
}

async function readFile({ file, passphrase, name }: GivenFile): Promise<{
  readonly certificates: readonly CertificateOptions[];
  readonly bundled: readonly Certificate[];
}> {
  const { importPkcs12 } = await importLazily(
    "the reader of PKCS#12 files",
    () => import("../../pkcs11/pkcs12/import_pkcs12.ts"),
  );
  try {
    const { identities, certificates } = await importPkcs12(file, passphrase);
    const own = identities.filter((identity) => identity.certificates.length > 0);
    const leaves = own.map((identity) => identity.certificates[0]);
    return {
      certificates: own.map((identity) => ({ cert: identity.certificates, key: identity.key })),
      bundled: certificates.map(({ certificate }) => certificate)
        .filter((one) => one.isSelfIssued && !leaves.some((leaf) => leaf?.equals(one))),
    };
  } catch (cause) {
    throw refusal(name, cause);
  }
}

function refusal(option: string, thrown: unknown): SslError {
  const { name, message } = toSslError(thrown);
  const state = message.replace(/^Cannot (?:import|parse|use) [^:]+: /, "");
  return new SslError(name, `Cannot use option ${option}: ${state}`, { cause: thrown });
}
