// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { IterationBudget } from "../pbe/iteration_budget.ts";
import {
  decodePkcs12,
  type Pkcs12Cert,
  type Pkcs12Contents,
  type Pkcs12Key,
} from "./decode_pkcs12.ts";
import { fromInfo } from "../keys/private_key.ts";

/** A private key with its certificates, as a PKCS#12 file holds them. */
export interface Pkcs12Identity {
  /** The private key. */
  readonly key: PrivateKey;
  /**
   * The certificate of the key, then that of its issuer, and so on; none if the file has none of
   * the key.
   */
  readonly certificates: readonly Certificate[];
  /** What people call it; `null` if it has no name. */
  readonly friendlyName: string | null;
}

/** A certificate of a PKCS#12 file. */
export interface Pkcs12Certificate {
  /** The certificate. */
  readonly certificate: Certificate;
  /** What people call it; `null` if it has no name. */
  readonly friendlyName: string | null;
}

/** What a PKCS#12 file holds. */
export interface Pkcs12 {
  /** The private keys with their certificates. */
  readonly identities: readonly Pkcs12Identity[];
  /** All certificates in the order of the file, those of the identities too. */
  readonly certificates: readonly Pkcs12Certificate[];
}

/** How {@linkcode importPkcs12} reads a file. */
export interface ImportPkcs12Options {
  /** Whether the keys may leave again, as by {@linkcode exportPkcs12}; `false` by default. */
  readonly extractable?: boolean;
  /**
   * How often the file may have its password hashed at most; 10,000,000 by default, which takes
   * seconds. Less for files of strangers.
   */
  readonly maxIterations?: number;
}

/**
 * Reads a PKCS#12 file (`.p12`, `.pfx`): private keys with their certificates
 * (`SEC_PKCS12DecoderImportBags`).
 *
 * Its MAC is verified first, so that a wrong password or a damaged file is known before anything is
 * decrypted. Files of OpenSSL, NSS, Windows and Java are read as far as the runtime has their
 * ciphers: PBES2 with AES everywhere, 3DES where there is `node:crypto`, RC2 and RC4 nowhere.
 *
 * @param bytes The file.
 * @param password Its password; empty for none.
 * @param options Whether the keys may leave.
 * @returns What it holds.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if it is no such file,
 * `SEC_ERROR_PKCS12_INVALID_MAC` if the password is wrong or the file is damaged or has no MAC,
 * `SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM` or `SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM` if
 * it is of a kind that the runtime does not have, `SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE` if
 * it is for a key and not for a password, `SEC_ERROR_PKCS12_UNSUPPORTED_VERSION`,
 * `SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT` if its parts have another password than its MAC,
 * `SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE`, `SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY` and
 * `SEC_ERROR_PKCS12_IMPORTING_CERT_CHAIN` if what is in it is malformed, `SEC_ERROR_BAD_DATA` if it
 * asks for more than `maxIterations`.
 *
 * @example Usage
 * ```ts
 * import { exportPkcs12, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const { privateKey, publicKey } = await generateKeyPair("ec-p256", { extractable: true });
 * const certificate = await createCertificate({ privateKey, publicKey, dnsNames: ["example.com"] });
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
 */
export async function importPkcs12(
  bytes: Uint8Array,
  password: string,
  options: ImportPkcs12Options = {},
): Promise<Pkcs12> {
  const budget = new IterationBudget(options.maxIterations);
  const { keys, certs } = await decodePkcs12(bytes.slice(), password, budget);
  const identities = await importKeys(keys, options.extractable ?? false);
  return {
    identities: identities.map((key, i) => identityOf(key, keys[i]!, certs)),
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

function identityOf(
  key: PrivateKey,
  { localKeyId, friendlyName }: Pkcs12Key,
  certs: readonly Pkcs12Cert[],
): Pkcs12Identity {
  // The same key may have several certificates, of which localKeyId tells the one that is meant
  const own = certs.filter(({ certificate }) => isOf(certificate, key));
  const paired =
    own.find((cert) =>
      localKeyId !== null && cert.localKeyId !== null && bytesEqual(cert.localKeyId, localKeyId)
    ) ?? own[0];
  return {
    key,
    certificates: paired === undefined ? [] : chainOf(paired.certificate, certs),
    friendlyName: friendlyName ?? paired?.friendlyName ?? null,
  };
}

function isOf(certificate: Certificate, key: PrivateKey): boolean {
  try {
    // A key of the RSASSA-PSS kind may be stored as a plain RSA key, which has the same bits
    const { publicKey } = certificate.subjectPublicKeyInfo;
    return bytesEqual(publicKey, key.publicKey!.publicKey);
  } catch {
    return false; // a kind of key that is not supported
  }
}

/** Issuers by name, and by key identifier where several have the name. */
function chainOf(leaf: Certificate, certs: readonly Pkcs12Cert[]): Certificate[] {
  const chain = [leaf];
  for (let last = leaf; !last.isSelfIssued;) {
    const named = certs.map(({ certificate }) => certificate).filter((certificate) =>
      certificate.subject.equals(last.issuer) && !chain.some((one) => one.equals(certificate))
    );
    const identifier = keyIdentifierOf(() => last.authorityKeyIdentifier?.keyIdentifier);
    const issuer = named.find((certificate) => {
      const own = keyIdentifierOf(() => certificate.subjectKeyIdentifier);
      return own !== undefined && identifier !== undefined && bytesEqual(own, identifier);
    }) ?? named[0];
    if (issuer === undefined) break;
    chain.push(issuer);
    last = issuer;
  }
  return chain;
}

/** A malformed extension identifies nothing; whoever verifies the certificate says so. */
function keyIdentifierOf(get: () => Uint8Array | undefined): Uint8Array | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
