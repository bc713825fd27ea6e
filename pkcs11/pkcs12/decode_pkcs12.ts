// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, contextTag, TAG } from "../../cert/der/tag.ts";
import { NssError } from "../../cert/base/errors.ts";
import { decryptPkcs8 } from "../keys/encrypted_pkcs8.ts";
import { yieldToEventLoop } from "../pbe/iterated_hash.ts";
import type { IterationBudget } from "../pbe/iteration_budget.ts";
import {
  decryptWithPassword,
  erasePassword,
  type PasswordBytes,
  passwordBytes,
  type PasswordErrors,
} from "../pbe/password_encryption.ts";
import { decodePrivateKey, type PrivateKeyInfo } from "../keys/pkcs8.ts";
import { berToDer, FileBudget, joinOctetStrings } from "./ber.ts";
import { verifyMac } from "./mac.ts";
import { PKCS12_OIDS } from "./oids.ts";

/** The attributes of a key or certificate. */
export interface Pkcs12Attributes {
  /** The display name. */
  readonly friendlyName: string | null;
  /** The id that a key and its certificate share. */
  readonly localKeyId: Uint8Array<ArrayBuffer> | null;
}

/** A private key of a file. */
export interface Pkcs12Key extends Pkcs12Attributes {
  /** The key; secret. */
  readonly info: PrivateKeyInfo;
}

/** A certificate of a file. */
export interface Pkcs12Cert extends Pkcs12Attributes {
  /** The certificate. */
  readonly certificate: Certificate;
}

/** The contents of a file, in its order. */
export interface Pkcs12Contents {
  /** The private keys. */
  readonly keys: readonly Pkcs12Key[];
  /** The certificates. */
  readonly certs: readonly Pkcs12Cert[];
}

const WHAT = "PKCS#12";
const CORRUPT = "SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE";
const ATTEMPT = "Cannot import PKCS#12";
const ERRORS: PasswordErrors = {
  attempt: ATTEMPT,
  unsupported: "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM",
  wrongPassword: "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT",
};

/** The number of bags, some milliseconds, between yields to the event loop. */
const SLICE = 64;

/** The state of decoding a file. */
interface Decoder {
  readonly password: PasswordBytes;
  readonly budget: IterationBudget;
  readonly size: FileBudget;
  readonly keys: Pkcs12Key[];
  readonly certs: Pkcs12Cert[];
}

/**
 * Decodes a PKCS#12 file (RFC 7292, Section 4).
 *
 * @param bytes The file.
 * @param password The password, for its MAC and all its parts.
 * @param budget The iteration budget.
 * @returns Its contents. The keys are secret, for the caller to overwrite.
 * @throws {NssError} As `importPkcs12`.
 */
export async function decodePkcs12(
  bytes: Uint8Array<ArrayBuffer>,
  password: string,
  budget: IterationBudget,
): Promise<Pkcs12Contents> {
  const size = new FileBudget();
  const der = berToDer(bytes, size);
  const pfx = new DerReader(der, WHAT, "SEC_ERROR_PKCS12_DECODING_PFX").sequence("pfx");
  const version = pfx.smallInteger("version");
  if (version !== 3) {
    throw new NssError(
      "SEC_ERROR_PKCS12_UNSUPPORTED_VERSION",
      `${ATTEMPT}: version ${version} is not supported`,
    );
  }
  const authSafe = readContent(pfx, "authSafe");
  // RFC 7292, Section 3.1: a file may instead be signed with a key, which no known program does
  if (authSafe.type !== PKCS12_OIDS.data) throw unsupportedMode(authSafe.type);
  if (pfx.done) {
    throw new NssError("SEC_ERROR_PKCS12_INVALID_MAC", `${ATTEMPT}: the file has no MAC`);
  }
  const macData = pfx.sequence("macData");
  pfx.finish();
  const forms = passwordBytes(password);
  const keys: Pkcs12Key[] = [];
  const certs: Pkcs12Cert[] = [];
  try {
    const form = await verifyMac(macData, authSafe.data(), forms, budget);
    await readSafes(authSafe.data(), { password: form, budget, size, keys, certs });
  } catch (error) {
    for (const { info } of keys) info.pkcs8.fill(0);
    throw error;
  } finally {
    erasePassword(forms);
  }
  return { keys, certs };
}

function unsupportedMode(oid: string): NssError {
  const names: Readonly<Record<string, string>> = {
    [PKCS12_OIDS.signedData]: "signed with a key",
    [PKCS12_OIDS.envelopedData]: "encrypted for a key",
  };
  return new NssError(
    "SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE",
    `${ATTEMPT}: it is ${names[oid] ?? `of type ${oid}`}, only the password modes are supported`,
  );
}

/** ContentInfo of PKCS#7 (RFC 2315, Section 7). */
interface Content {
  readonly type: string;
  /** Returns the content of type data. */
  data(): Uint8Array<ArrayBuffer>;
  /** Returns a reader of the content of another type. */
  reader(): DerReader;
}

function readContent(outer: DerReader, name: string): Content {
  const info = outer.sequence(name);
  const type = info.oid("contentType");
  const content = info.constructed("content", constructedTag(0));
  info.finish();
  let data: Uint8Array<ArrayBuffer> | undefined;
  return {
    type,
    data: () => {
      if (data === undefined) {
        data = content.octetString("data");
        content.finish();
      }
      return data;
    },
    reader: () => {
      const reader = content.sequence("");
      content.finish();
      return reader;
    },
  };
}

/** AuthenticatedSafe (RFC 7292, Section 4.1). */
async function readSafes(content: Uint8Array<ArrayBuffer>, decoder: Decoder): Promise<void> {
  const whole = new DerReader(berToDer(content, decoder.size), WHAT, CORRUPT);
  const safes = whole.sequence("authenticatedSafe");
  whole.finish();
  while (!safes.done) {
    const safe = readContent(safes, "contentInfo");
    if (safe.type === PKCS12_OIDS.data) await readBags(safe.data(), decoder);
    else if (safe.type === PKCS12_OIDS.encryptedData) {
      const plain = await decryptSafe(safe.reader(), decoder);
      try {
        await readBags(plain, decoder);
      } finally {
        plain.fill(0);
      }
    } else throw unsupportedMode(safe.type);
  }
}

/** EncryptedData (RFC 2315, Section 13). */
async function decryptSafe(data: DerReader, decoder: Decoder): Promise<Uint8Array<ArrayBuffer>> {
  const version = data.smallInteger("version");
  if (version !== 0) data.fail("version", `${version} is unknown`);
  const info = data.sequence("encryptedContentInfo");
  data.finish();
  const type = info.oid("contentType");
  if (type !== PKCS12_OIDS.data) info.fail("contentType", `${type} is not data`);
  const algorithm = info.element("contentEncryptionAlgorithm", TAG.sequence).der;
  const ciphertext = info.nextTag === constructedTag(0)
    ? joinOctetStrings(info.content("encryptedContent", constructedTag(0)))
    : info.octetString("encryptedContent", contextTag(0));
  info.finish();
  return await decryptAnyForm(
    decoder,
    (password) =>
      decryptWithPassword(algorithm, ciphertext, password, decoder.budget, ERRORS).then((plain) => {
        // A wrong password may give valid padding by chance, but hardly a SEQUENCE as well
        if (plain[0] === TAG.sequence) return plain;
        throw new NssError(ERRORS.wrongPassword);
      }),
  );
}

/**
 * Decrypts with both encodings of the password: NSS before 3.31 used the BMPString in PBES2 instead
 * of UTF-8 (bug 1268141). The MAC has shown that the password is right.
 */
async function decryptAnyForm<T>(
  { password }: Decoder,
  decrypt: (password: PasswordBytes) => Promise<T>,
): Promise<T> {
  try {
    return await decrypt(password);
  } catch (error) {
    if (!(error instanceof NssError) || error.name !== ERRORS.wrongPassword) throw error;
    return await decrypt({ ...password, utf8: password.bmp }).catch(() => {
      throw error;
    });
  }
}

/** SafeContents (RFC 7292, Section 4.2). */
async function readBags(content: Uint8Array<ArrayBuffer>, decoder: Decoder): Promise<void> {
  const der = berToDer(content, decoder.size);
  try {
    const whole = new DerReader(der, WHAT, CORRUPT);
    const bags = whole.sequence("safeContents");
    whole.finish();
    await readBagsOf(bags, decoder);
  } finally {
    der.fill(0);
  }
}

async function readBagsOf(bags: DerReader, decoder: Decoder): Promise<void> {
  while (!bags.done) {
    if (decoder.size.spendBag() % SLICE === 0) await yieldToEventLoop();
    const bag = bags.sequence("safeBag");
    const type = bag.oid("bagId");
    const value = bag.constructed("bagValue", constructedTag(0));
    const attributes = readAttributes(bag);
    bag.finish();
    switch (type) {
      case PKCS12_OIDS.keyBag:
        decoder.keys.push({
          info: asImportError(() => decodePrivateKey(value.element("key", TAG.sequence).der)),
          ...attributes,
        });
        break;
      case PKCS12_OIDS.pkcs8ShroudedKeyBag: {
        const { der } = value.element("key", TAG.sequence);
        const info = await decryptAnyForm(
          decoder,
          (password) => decryptPkcs8(der, password, decoder.budget, ERRORS),
        ).catch((error) => asImportError(() => Promise.reject(error)));
        decoder.keys.push({ info, ...attributes });
        break;
      }
      case PKCS12_OIDS.certBag: {
        const certificate = readCertificate(value.sequence("certBag"));
        if (certificate !== null) decoder.certs.push({ certificate, ...attributes });
        break;
      }
      case PKCS12_OIDS.safeContentsBag:
        await readBagsOf(value.sequence("safeContentsBag"), decoder);
        break;
      default: // CRLs and secrets are ignored
        value.rest();
    }
    value.finish();
  }
}

/** Converts the errors of a key to those of PKCS#12. */
function asImportError<T>(run: () => T): T {
  const wrap = (cause: unknown): never => {
    if (!(cause instanceof NssError) || !/^SEC_ERROR_(BAD_DER|UNSUPPORTED)/.test(cause.name)) {
      throw cause;
    }
    throw new NssError(
      "SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY",
      cause.message.replace(/^Cannot import private key/, `${ATTEMPT}: its private key`),
      { cause },
    );
  };
  try {
    const result = run();
    return result instanceof Promise ? result.catch(wrap) as T : result;
  } catch (error) {
    return wrap(error);
  }
}

function readCertificate(bag: DerReader): Certificate | null {
  const type = bag.oid("certId");
  const value = bag.constructed("certValue", constructedTag(0));
  bag.finish();
  if (type !== PKCS12_OIDS.x509Certificate) return null; // SDSI certificates are not in use
  const der = value.octetString("");
  value.finish();
  try {
    return parseCertificate(der);
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw new NssError(
      "SEC_ERROR_PKCS12_IMPORTING_CERT_CHAIN",
      `${ATTEMPT}: a certificate in it is malformed`,
      { cause },
    );
  }
}

/** PKCS12Attribute (RFC 7292, Section 4.2). */
function readAttributes(bag: DerReader): Pkcs12Attributes {
  let friendlyName: string | null = null;
  let localKeyId: Uint8Array<ArrayBuffer> | null = null;
  if (bag.nextTag === TAG.set) {
    const set = bag.constructed("bagAttributes", TAG.set);
    while (!set.done) {
      const attribute = set.sequence("attribute");
      const type = attribute.oid("attrId");
      const values = attribute.constructed("attrValues", TAG.set);
      attribute.finish();
      if (type === PKCS12_OIDS.friendlyName && !values.done) {
        friendlyName = new TextDecoder("utf-16be").decode(
          values.content("friendlyName", TAG.bmpString),
        );
      } else if (type === PKCS12_OIDS.localKeyId && !values.done) {
        localKeyId = values.octetString("localKeyId").slice();
      }
    }
  }
  return { friendlyName, localKeyId };
}
