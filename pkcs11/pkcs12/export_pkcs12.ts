// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  isInteger,
  isOneOf,
  isString,
  orNull,
  required,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { isCertificates } from "../../cert/certificate/checks.ts";
import { isPrivateKey } from "../../cert/certificate/private_key.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { shown } from "../../cert/base/printable.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import { constructedTag, contextTag, TAG } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { encodeEncryptedPkcs8 } from "../keys/encrypted_pkcs8.ts";
import {
  DEFAULT_ITERATIONS,
  type Encrypted,
  encryptWeakly,
  encryptWithPassword,
} from "../pbe/password_encryption.ts";
import { MAX_ITERATIONS } from "../pbe/iteration_budget.ts";
import { computeMac, type MacKind, writeMac } from "./mac.ts";
import { PKCS12_OIDS } from "./oids.ts";
import { exportPkcs8 } from "../keys/private_key.ts";

/**
 * The options of {@linkcode exportPkcs12}.
 *
 * @category Keys
 */
export interface ExportPkcs12Options {
  /** The private key, which must be extractable; absent to export certificates only. */
  readonly key?: PrivateKey;
  /** The certificate of the key, then those of its issuers in any order. */
  readonly certificates: readonly Certificate[];
  /** The display name of the key and its certificate; none by default. */
  readonly friendlyName?: string;
  /** The password that encrypts the file. */
  readonly password: string;
  /**
   * The number of iterations for each of the three parts; 600,000 by default, as in NSS, and 10,000
   * of `"weak-3des-sha1"`, as in Java.
   */
  readonly iterations?: number;
  /**
   * How the file is protected. By default, `"aes-256"`: PBES2 with AES-256-CBC and PBKDF2 with
   * SHA-256, and a MAC with SHA-256.
   *
   * `"aes-256-pbmac1"` is the same with a MAC by PBMAC1 (RFC 9879), whose key PBKDF2 derives as
   * well: a guess of the password costs twice as much, and export and import take a fraction of the
   * time. It is for programs that know it, of OpenSSL 3.4, NSS 3.101, Java 26 and newer; others
   * refuse the file.
   *
   * `"weak-3des-sha1"`, 3DES and a MAC with SHA-1, is for programs that refuse that, such as
   * Keychain Access of older macOS, older Android, and Windows Server 2012 and 2016. It is weak: a
   * guess of the password costs little. Choose a long random password, and delete the file once it
   * has been imported. It needs `node:crypto`.
   */
  readonly encryption?: "aes-256" | "aes-256-pbmac1" | "weak-3des-sha1";
}

const SHAPE: Shape<ExportPkcs12Options> = {
  key: isPrivateKey,
  certificates: required(isCertificates),
  friendlyName: orNull(isString), // as importPkcs12() gives it
  password: required(isString),
  iterations: isInteger(1, MAX_ITERATIONS),
  encryption: isOneOf(["aes-256", "aes-256-pbmac1", "weak-3des-sha1"]),
};

const STRONG = { encrypt: encryptWithPassword, defaultIterations: DEFAULT_ITERATIONS } as const;

const PROTECTIONS = {
  "aes-256": { ...STRONG, mac: "SHA-256" },
  "aes-256-pbmac1": { ...STRONG, mac: "PBMAC1" },
  "weak-3des-sha1": { encrypt: encryptWeakly, mac: "SHA-1", defaultIterations: 10_000 },
} as const satisfies Record<
  NonNullable<ExportPkcs12Options["encryption"]>,
  { encrypt: typeof encryptWithPassword; mac: MacKind; defaultIterations: number }
>;

/**
 * Exports a PKCS#12 file (`.p12`, `.pfx`): a private key with its certificates
 * (`SEC_PKCS12Encode`).
 *
 * By default, key and certificates are encrypted by PBES2 (PBKDF2 with SHA-256, AES-256-CBC), and
 * the MAC is HMAC with SHA-256, which OpenSSL 1.1, NSS, Java 8u301, Windows 10 and later versions
 * read. For older programs, and for a faster way, see {@linkcode ExportPkcs12Options.encryption}.
 *
 * @param options The key, its certificates, a name and the password.
 * @returns The file.
 * @throws {NssError} `SEC_ERROR_INVALID_KEY` if the key is not extractable,
 * `SEC_ERROR_INVALID_ARGS` if the first certificate is of another key or the iterations are out of
 * range.
 *
 * @example Usage
 * ```ts
 * import { exportPkcs12, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assert } from "@std/assert";
 *
 * const { privateKey, publicKey } = await generateKeyPair("ec-p256", { extractable: true });
 * const dnsNames = ["example.com"];
 * const certificate = await createCertificate({ privateKey, publicKey, dnsNames });
 * const password = "correct horse";
 * const file = await exportPkcs12({ key: privateKey, certificates: [certificate], password });
 *
 * const { identities: [identity] } = await importPkcs12(file, password);
 * assert(identity?.key.publicKey?.equals(publicKey));
 * ```
 *
 * @category Keys
 */
export async function exportPkcs12(
  options: ExportPkcs12Options,
): Promise<Uint8Array<ArrayBuffer>> {
  const { key, certificates, friendlyName, password, encryption = "aes-256", ...chosen } =
    takeOptions("Cannot export PKCS#12", options, SHAPE);
  const { encrypt, mac: kind, defaultIterations } = PROTECTIONS[encryption];
  const { iterations = defaultIterations } = chosen;
  const [leaf] = certificates;
  if (key !== undefined) checkPair(key, leaf);
  // What may be refused is so before a second of work begins
  const pkcs8 = key === undefined ? null : await exportPkcs8(key);
  try {
    const localKeyId = key === undefined || leaf === undefined
      ? null
      : await leaf.fingerprint("SHA-1");
    const attributes = (w: DerWriter): void =>
      writeAttributes(w, friendlyName ?? undefined, localKeyId);
    const sealing = Promise.all([
      certificates.length === 0
        ? null
        : encrypt(encodeCertificates(certificates, attributes), password, iterations),
      pkcs8 === null ? null : encrypt(pkcs8, password, iterations),
    ]).then(([certs, key]) => encodeSafes(certs, key, attributes));
    const [safes, mac] = await Promise.all([
      sealing,
      computeMac(sealing, password, iterations, kind),
    ]);
    return new DerWriter().sequence((w) => {
      w.integer(3);
      writeContent(w, PKCS12_OIDS.data, (w) => w.octetString(safes));
      writeMac(w, mac);
    }).finish();
  } finally {
    pkcs8?.fill(0);
  }
}

function checkPair(key: PrivateKey, leaf: Certificate | undefined): void {
  const { publicKey } = key;
  if (leaf === undefined || publicKey === undefined) return;
  if (!bytesEqual(leaf.subjectPublicKeyInfo.publicKey, publicKey.publicKey)) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot export PKCS#12: the first certificate, ${
        shown(leaf.subject)
      }, is not of the private key`,
    );
  }
}

type Write = (writer: DerWriter) => void;

/** SafeContents with a certificate in each bag. */
function encodeCertificates(
  certificates: readonly Certificate[],
  attributes: Write,
): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => {
    certificates.forEach((certificate, i) => {
      writeBag(
        w,
        PKCS12_OIDS.certBag,
        (w) =>
          w.sequence((w) => {
            w.oid(PKCS12_OIDS.x509Certificate);
            w.constructed(constructedTag(0), (w) => w.octetString(certificate.der));
          }),
        i === 0 ? attributes : () => {},
      );
    });
  }).finish();
}

/** AuthenticatedSafe (RFC 7292, Section 4.1). */
function encodeSafes(
  certs: Encrypted | null,
  key: Encrypted | null,
  attributes: Write,
): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => {
    if (certs !== null) {
      writeContent(w, PKCS12_OIDS.encryptedData, (w) =>
        w.sequence((w) => {
          w.integer(0).sequence((w) => {
            w.oid(PKCS12_OIDS.data);
            certs.writeAlgorithm(w);
            w.primitive(contextTag(0), certs.ciphertext);
          });
        }));
    }
    if (key !== null) {
      const shrouded = encodeEncryptedPkcs8(key);
      writeContent(
        w,
        PKCS12_OIDS.data,
        (w) =>
          w.octetString((w) =>
            w.sequence((w) =>
              writeBag(w, PKCS12_OIDS.pkcs8ShroudedKeyBag, (w) => w.raw(shrouded), attributes)
            )
          ),
      );
    }
  }).finish();
}

/** ContentInfo of PKCS#7 (RFC 2315, Section 7). */
function writeContent(writer: DerWriter, type: string, content: Write): void {
  writer.sequence((w) => w.oid(type).constructed(constructedTag(0), content));
}

/** SafeBag (RFC 7292, Section 4.2). */
function writeBag(writer: DerWriter, type: string, value: Write, attributes: Write): void {
  writer.sequence((w) => {
    w.oid(type).constructed(constructedTag(0), value);
    attributes(w);
  });
}

function writeAttributes(
  writer: DerWriter,
  friendlyName: string | undefined,
  localKeyId: Uint8Array | null,
): void {
  const attributes: Write[] = [];
  if (friendlyName !== undefined) {
    attributes.push((w) =>
      w.sequence((w) => {
        w.oid(PKCS12_OIDS.friendlyName);
        w.setOf([(w) => w.primitive(TAG.bmpString, utf16(friendlyName))]);
      })
    );
  }
  if (localKeyId !== null) {
    attributes.push((w) =>
      w.sequence((w) => w.oid(PKCS12_OIDS.localKeyId).setOf([(w) => w.octetString(localKeyId)]))
    );
  }
  if (attributes.length > 0) writer.setOf(attributes);
}

function utf16(text: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i));
  return bytes;
}
