// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import {
  isBoolean,
  isBytesOrText,
  isFunction,
  isInteger,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { groupBy, toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { Name } from "../../cert/names/name.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { MAX_PATH_LENGTH } from "../../cert/verify/build_path.ts";
import type { DecryptRc2 } from "../pbe/ciphers.ts";
import { IterationBudget } from "../pbe/iteration_budget.ts";
import type { Pkcs12Cert, Pkcs12Contents, Pkcs12Key } from "./decode_pkcs12.ts";
import { fromInfo } from "../keys/private_key.ts";

/**
 * A private key of a PKCS#12 file with its certificates.
 *
 * @category Keys
 */
export interface Pkcs12Identity {
  /** The private key. */
  readonly key: PrivateKey;
  /**
   * The certificate of the key, then that of its issuer, and so on; empty if the file has none of
   * the key.
   */
  readonly certificates: readonly Certificate[];
  /** The display name; `null` if it has none. */
  readonly friendlyName: string | null;
}

/**
 * A certificate of a PKCS#12 file.
 *
 * @category Keys
 */
export interface Pkcs12Certificate {
  /** The certificate. */
  readonly certificate: Certificate;
  /** The display name; `null` if it has none. */
  readonly friendlyName: string | null;
}

/**
 * The contents of a PKCS#12 file.
 *
 * @category Keys
 */
export interface Pkcs12 {
  /** The private keys with their certificates. */
  readonly identities: readonly Pkcs12Identity[];
  /** All certificates in the order of the file, including those of the identities. */
  readonly certificates: readonly Pkcs12Certificate[];
}

/**
 * The options of {@linkcode importPkcs12}.
 *
 * @category Keys
 */
export interface ImportPkcs12Options {
  /** Whether the keys can be exported, as by {@linkcode exportPkcs12}; `false` by default. */
  readonly extractable?: boolean;
  /**
   * The maximum work of all parts, in iterations of PBKDF2 with SHA-1 or SHA-256; 100,000,000 by
   * default, which take some 30 seconds. An iteration of PBKDF2 with SHA-384 or SHA-512 counts 3,
   * one of PKCS#12's own derivation 20, and scrypt 3 times the product of its N, r and p. What asks
   * for more is refused before anything is hashed. Set it lower for files from untrusted sources:
   * 3,000,000 are a second.
   */
  readonly maxIterations?: number;
  /**
   * Whether a file without a MAC is taken, `false` by default. Anybody may have replaced what it
   * holds, encrypted or not. With an empty password it is always taken, as Java's `cacerts` is,
   * because a MAC of that protects nothing.
   */
  readonly allowMissingMac?: boolean;
  /** Decrypts RC2, which no runtime has; files with it are refused by default. */
  readonly decryptRc2?: DecryptRc2;
}

const SHAPE: Shape<ImportPkcs12Options> = {
  extractable: isBoolean,
  maxIterations: isInteger(1),
  allowMissingMac: isBoolean,
  decryptRc2: isFunction,
};

/**
 * Imports a PKCS#12 file (`.p12`, `.pfx`): private keys with their certificates
 * (`SEC_PKCS12DecoderImportBags`).
 *
 * Algorithms and iteration counts are checked before anything is hashed, and the MAC is verified
 * before anything is decrypted. Files of OpenSSL, NSS, Windows, Java and Go are read if the runtime
 * has their ciphers: all runtimes have PBES2 with AES; DES, 3DES and scrypt need `node:crypto`; RC2
 * needs the option `decryptRc2`; RC4 is not supported.
 *
 * @param file The file: BER, or PEM as text or bytes with one `PKCS12`, as GnuTLS writes it.
 * @param password The password; empty if it has none.
 * @param options Whether the keys can be exported.
 * @returns The contents.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if it is not a PKCS#12 file or has more than
 * 250,000 elements, `SEC_ERROR_PKCS12_INVALID_MAC` if the password is wrong or the file is damaged
 * or has no MAC that it needs, `SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM` or
 * `SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM` if the runtime does not have its algorithms,
 * `SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE` if it is protected by a key instead of a password,
 * `SEC_ERROR_PKCS12_UNSUPPORTED_VERSION`, `SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT` if its
 * parts have another password than its MAC, `SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE`,
 * `SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY` and `SEC_ERROR_PKCS12_IMPORTING_CERT_CHAIN` if its
 * contents are malformed or more than 4,096 keys and certificates, `SEC_ERROR_BAD_DATA` if it
 * exceeds `maxIterations` or 64 MiB for scrypt, `SEC_ERROR_INVALID_ARGS` if what `decryptRc2`
 * returns has another length than the ciphertext.
 *
 * @example Usage
 * ```ts
 * import { exportPkcs12, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey, publicKey } = await generateKeyPair("ec-p256", { extractable: true });
 * const dnsNames = ["example.com"];
 * const certificate = await createCertificate({ privateKey, publicKey, dnsNames });
 * const file = await exportPkcs12({
 *   key: privateKey,
 *   certificates: [certificate],
 *   friendlyName: "server",
 *   password: "correct horse",
 * });
 *
 * const { identities: [identity] } = await importPkcs12(file, "correct horse");
 * assertEquals(identity?.friendlyName, "server");
 * assertEquals(identity?.certificates[0]?.subject.toString(), certificate.subject.toString());
 * ```
 *
 * @category Keys
 */
export async function importPkcs12(
  file: Uint8Array | string,
  password: string,
  options: ImportPkcs12Options = {},
): Promise<Pkcs12> {
  const attempt = "Cannot import PKCS#12";
  requireArgs(attempt, isBytesOrText(file, "file"), isString(password, "password"));
  const { extractable = false, maxIterations, allowMissingMac = false, decryptRc2 } = takeOptions(
    attempt,
    options,
    SHAPE,
  );
  const own = typeof file === "string" ? file : copyBytes(file);
  const { decodePkcs12 } = await importLazily(
    "the reader of PKCS#12 files",
    () => import("./decode_pkcs12.ts"),
  ); // most programs need none of it
  const { keys, certs } = await decodePkcs12(own, password, {
    budget: new IterationBudget(maxIterations),
    allowMissingMac,
    decryptRc2,
  });
  const identities = await importKeys(keys, extractable);
  const index = indexOf(certs);
  return {
    identities: identities.map((key, i) => identityOf(key, keys[i]!, index)),
    certificates: certs.map(({ certificate, friendlyName }) => ({ certificate, friendlyName })),
  };
}

async function importKeys(
  keys: Pkcs12Contents["keys"],
  extractable: boolean,
): Promise<PrivateKey[]> {
  try {
    return await Promise.all(keys.map(({ info }) => fromInfo(info, extractable)));
  } catch (cause) {
    throw new NssError(
      "SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY",
      `Cannot import PKCS#12: its private key is refused${
        cause instanceof NssError ? `: ${cause.message}` : ""
      }`,
      { cause },
    );
  }
}

/** The certificates of a file, by what they are looked up by. */
interface CertIndex {
  /** By the bits of the public key in hexadecimal; `null` if its kind is not supported. */
  readonly byKey: ReadonlyMap<string | null, readonly Pkcs12Cert[]>;
  /** By subject, and by subject and key identifier, as {@linkcode nameOf} writes them. */
  readonly byName: ReadonlyMap<string, readonly Certificate[]>;
}

function indexOf(certs: readonly Pkcs12Cert[]): CertIndex {
  const named = certs.flatMap(({ certificate }) => {
    const { subject } = certificate;
    const names = [nameOf(subject), nameOf(subject, () => certificate.subjectKeyIdentifier)];
    return names.map((name) => ({ name, certificate }));
  });
  const byName = new Map<string, Certificate[]>();
  for (const { name, certificate } of named) {
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [certificate]);
    else same.push(certificate);
  }
  return { byKey: groupBy(certs, ({ certificate }) => publicKeyOf(certificate)), byName };
}

/** A malformed key identifier counts as absent; verification reports it. */
function nameOf(name: Name, identifier: () => Uint8Array | undefined = () => undefined): string {
  try {
    return `${toHex(identifier() ?? new Uint8Array())} ${name.key}`;
  } catch {
    return ` ${name.key}`;
  }
}

function identityOf(
  key: PrivateKey,
  { localKeyId, friendlyName }: Pkcs12Key,
  { byKey, byName }: CertIndex,
): Pkcs12Identity {
  // A key may have several certificates; localKeyId identifies the one to use
  const own = byKey.get(toHex(key.publicKey!.publicKey)) ?? [];
  const paired =
    own.find((cert) =>
      localKeyId !== null && cert.localKeyId !== null && bytesEqual(cert.localKeyId, localKeyId)
    ) ?? own[0];
  return {
    key,
    certificates: paired === undefined ? [] : chainOf(paired.certificate, byName),
    friendlyName: friendlyName ?? paired?.friendlyName ?? null,
  };
}

function publicKeyOf(certificate: Certificate): string | null {
  try {
    // An RSASSA-PSS key may be stored as a plain RSA key, which has the same bits
    return toHex(certificate.subjectPublicKeyInfo.publicKey);
  } catch {
    return null;
  }
}

/** Follows the issuers by key identifier and name, or by name alone, as far as a path may go. */
function chainOf(leaf: Certificate, byName: CertIndex["byName"]): Certificate[] {
  const chain = [leaf];
  for (let last = leaf; !last.isSelfIssued && chain.length <= MAX_PATH_LENGTH;) {
    const { issuer: name } = last;
    const names = [nameOf(name, () => last.authorityKeyIdentifier?.keyIdentifier), nameOf(name)];
    const issuer = names.map((name) => byName.get(name)?.find((one) => !chain.includes(one)))
      .find((found) => found !== undefined);
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}
