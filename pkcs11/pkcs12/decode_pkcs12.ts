// Copyright 2026 the NSS for Deno authors. MIT license.

import { Certificate } from "../../cert/certificate/certificate.ts";
import { berToDer, joinOctetStrings } from "../../cert/der/ber.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, contextTag, TAG } from "../../cert/der/tag.ts";
import { NssError } from "../../cert/base/errors.ts";
import { decodeOnePemOrDer, type PemKind, pemOrDer } from "../../cert/der/pem.ts";
import { decryptKey, readEncryptedPkcs8 } from "../keys/encrypted_pkcs8.ts";
import { foreignForm } from "../keys/foreign_keys.ts";
import type { DecryptRc2 } from "../pbe/ciphers.ts";
import { SLICES } from "../pbe/iterated_hash.ts";
import type { IterationBudget } from "../pbe/iteration_budget.ts";
import {
  decryptSealed,
  deriveAhead,
  eraseAhead,
  erasePassword,
  type PasswordBytes,
  passwordBytes,
  type PasswordContext,
  readSealed,
  type Sealed,
  wrongPassword,
} from "../pbe/password_scheme.ts";
import { decodePrivateKey, type PrivateKeyInfo } from "../keys/pkcs8.ts";
import { FileBudget } from "./file_budget.ts";
import { isMacOf, type Mac, readMac } from "./mac.ts";
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
const DECODING = "SEC_ERROR_PKCS12_DECODING_PFX";
const ATTEMPT = "Cannot import PKCS#12";
/** Without a pipe, because OpenSSL reads its input twice. */
const CONVERSION = "openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem && " +
  "openssl pkcs12 -export -in all.pem -out new.p12 && rm all.pem";

/** What a file is decoded with. */
export interface DecodeOptions {
  /** The work that may be asked for. */
  readonly budget: IterationBudget;
  /** Whether a file may have no MAC where there is a password. */
  readonly allowMissingMac: boolean;
  /** The application's RC2. */
  readonly decryptRc2: DecryptRc2 | undefined;
}

/** A part of a file that has been read: with a `sealed`, it has to be decrypted. */
type Part =
  | { readonly cert: Pkcs12Cert }
  | { readonly key: Pkcs12Key }
  | { readonly attributes: Pkcs12Attributes; readonly sealed: Sealed }
  | { readonly safe: Sealed };

/** The state of decoding a file. */
interface Decoder extends Pkcs12Contents {
  readonly context: PasswordContext;
  readonly size: FileBudget;
  readonly keys: Pkcs12Key[];
  readonly certs: Pkcs12Cert[];
  /** The keys that have been read, to overwrite them where another part is wrong. */
  readonly secrets: PrivateKeyInfo[];
}

/**
 * Decodes a PKCS#12 file (RFC 7292, Section 4).
 *
 * Before anything is hashed, all of the file that is not encrypted is read: what is malformed, has
 * algorithms that are not supported or asks for too much work is refused at once. So it is with
 * what an encrypted part holds, once that is decrypted.
 *
 * @param file The file.
 * @param password The password, for its MAC and all its parts.
 * @param options The options.
 * @returns Its contents. The keys are secret, for the caller to overwrite.
 * @throws {NssError} As `importPkcs12`.
 */
export async function decodePkcs12(
  file: Uint8Array | string,
  password: string,
  { budget, allowMissingMac, decryptRc2 }: DecodeOptions,
): Promise<Pkcs12Contents> {
  const ahead: NonNullable<PasswordContext["ahead"]> = new Map();
  const context: PasswordContext = {
    attempt: ATTEMPT,
    unsupported: "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM",
    wrongPassword: "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT",
    conversion: CONVERSION,
    budget,
    decryptRc2,
    ahead,
  };
  const decoder: Decoder = {
    context,
    size: new FileBudget(),
    keys: [],
    certs: [],
    secrets: [],
  };
  const { authSafe, macData } = readPfx(berToDer(berOf(file), decoder.size));
  // Anybody can compute the MAC of an empty password
  if (macData === null && password !== "" && !allowMissingMac) {
    throw new NssError(
      "SEC_ERROR_PKCS12_INVALID_MAC",
      `${ATTEMPT}: the file has no MAC, so that anybody may have changed it; ` +
        "the option allowMissingMac takes it all the same",
    );
  }
  const forms = passwordBytes(password);
  try {
    const mac = macData === null ? null : readMac(macData, context);
    const parts = await readSafes(authSafe, decoder);
    deriveAhead(parts.flatMap(sealedOf), forms, mac?.work ?? 0, ahead);
    const known = mac === null ? null : await passwordOfMac(mac, authSafe, forms, budget);
    await openParts(parts, decoder, (sealed) => candidates(sealed, known ?? forms, known !== null));
  } catch (error) {
    for (const { pkcs8 } of decoder.secrets) pkcs8.fill(0);
    throw error;
  } finally {
    await eraseAhead(ahead);
    erasePassword(forms);
  }
  return decoder;
}

function sealedOf(part: Part): readonly Sealed[] {
  if ("safe" in part) return [part.safe];
  return "sealed" in part ? [part.sealed] : [];
}

const PEM: PemKind = { attempt: ATTEMPT, labels: ["PKCS12"], error: DECODING };

/** Returns the BER of a file, which may be PEM as certtool writes it. */
function berOf(file: Uint8Array | string): Uint8Array {
  const given = pemOrDer(file);
  const foreign = foreignForm("der" in given ? given.der : given.text);
  if (foreign !== null) throw new NssError(DECODING, `${ATTEMPT}: ${foreign}`);
  if ("text" in given && /^\s*MI[\w+/=\s]+$/.test(given.text)) {
    const state = "this is base64; decode it first, as with Uint8Array.fromBase64()";
    throw new NssError(DECODING, `${ATTEMPT}: ${state}`);
  }
  return decodeOnePemOrDer("der" in given ? given.der : given.text, PEM).der;
}

/** Returns the authenticated content, and the reader of MacData. */
function readPfx(
  der: Uint8Array<ArrayBuffer>,
): { readonly authSafe: Uint8Array<ArrayBuffer>; readonly macData: DerReader | null } {
  const pfx = new DerReader(der, WHAT, DECODING).sequence("pfx");
  const first: number = pfx.nextTag;
  if (first === TAG.oid || first === TAG.sequence) {
    const state = first === TAG.oid
      ? "this is PKCS#7; parsePkcs7Certificates() reads it"
      : "this is a certificate, a key or another document, and no PKCS#12";
    throw new NssError(DECODING, `${ATTEMPT}: ${state}`);
  }
  const version = pfx.smallInteger("version");
  if (version !== 3) {
    throw new NssError(
      "SEC_ERROR_PKCS12_UNSUPPORTED_VERSION",
      `${ATTEMPT}: version ${version} is not supported` +
        (version < 2 ? "; if it is a private key, importPrivateKey() reads it" : ""),
    );
  }
  const content = readContent(pfx, "authSafe");
  // RFC 7292, Section 3.1: a file may instead be signed with a key, which no known program does
  if (content.type !== PKCS12_OIDS.data) throw unsupportedMode(content.type);
  const authSafe = content.data();
  const macData = pfx.done ? null : pfx.sequence("macData");
  pfx.finish();
  return { authSafe, macData };
}

/** Returns the encodings of the password that the file uses. */
async function passwordOfMac(
  mac: Mac,
  content: Uint8Array<ArrayBuffer>,
  forms: PasswordBytes,
  budget: IterationBudget,
): Promise<PasswordBytes> {
  if (await isMacOf(mac, content, forms)) return forms;
  if (forms.utf8.length === 0) {
    budget.spend(mac.work);
    const other = withoutNull(forms);
    if (await isMacOf(mac, content, other)) return other;
  }
  throw new NssError("SEC_ERROR_PKCS12_INVALID_MAC");
}

/** Some programs hash an empty password as a lone NULL character, others as no bytes. */
function withoutNull(forms: PasswordBytes): PasswordBytes {
  return { ...forms, bmp: new Uint8Array(0) };
}

/** Returns the encodings of the password that a part may have. */
function candidates(
  { form }: Sealed,
  forms: PasswordBytes,
  isKnown: boolean,
): readonly PasswordBytes[] {
  // NSS before 3.31 used the BMPString in PBES2 instead of UTF-8 (bug 1268141)
  if (form === "utf8") return [forms, { ...forms, utf8: forms.bmp }];
  return isKnown || forms.utf8.length > 0 ? [forms] : [forms, withoutNull(forms)];
}

type Candidates = (sealed: Sealed) => readonly PasswordBytes[];

/** Decrypts what is encrypted, and adds what it holds to the contents, in the order of the file. */
async function openParts(
  parts: readonly Part[],
  decoder: Decoder,
  candidatesOf: Candidates,
): Promise<void> {
  for (const part of parts) {
    if ("cert" in part) decoder.certs.push(part.cert);
    else if ("key" in part) decoder.keys.push(part.key);
    else if ("safe" in part) {
      await openParts(await openSafe(part.safe, decoder, candidatesOf), decoder, candidatesOf);
    } else {
      const { sealed, attributes } = part;
      const info = await decryptAnyForm(
        sealed,
        decoder.context,
        candidatesOf,
        (password) => decryptKey(sealed, password, decoder.context),
      ).catch((error) => asImportError(() => Promise.reject(error)));
      decoder.secrets.push(info);
      decoder.keys.push({ info, ...attributes });
    }
  }
}

async function openSafe(
  sealed: Sealed,
  decoder: Decoder,
  candidatesOf: Candidates,
): Promise<Part[]> {
  const plain = await decryptAnyForm(sealed, decoder.context, candidatesOf, async (password) => {
    const plain = await decryptSealed(sealed, password, decoder.context);
    // A wrong password may give valid padding by chance, but hardly a SEQUENCE as well
    if (plain[0] === TAG.sequence) return plain;
    plain.fill(0);
    throw wrongPassword(decoder.context);
  });
  try {
    return await readBags(plain, decoder);
  } finally {
    plain.fill(0);
  }
}

/** Decrypts with each encoding of the password; the error is that of the first. */
async function decryptAnyForm<T>(
  sealed: Sealed,
  { budget }: PasswordContext,
  candidatesOf: Candidates,
  decrypt: (password: PasswordBytes) => Promise<T>,
): Promise<T> {
  const [first, ...others] = candidatesOf(sealed);
  try {
    return await decrypt(first!);
  } catch (error) {
    const isWrong = error instanceof NssError &&
      error.name === "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT";
    for (const password of isWrong ? others : []) {
      try {
        budget.spend(sealed.work);
        return await decrypt(password);
      } catch { /* another encoding of the password than the usual one is rare */ }
    }
    throw error;
  }
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
async function readSafes(content: Uint8Array<ArrayBuffer>, decoder: Decoder): Promise<Part[]> {
  const whole = new DerReader(berToDer(content, decoder.size), WHAT, CORRUPT);
  const safes = whole.sequence("authenticatedSafe");
  whole.finish();
  const parts: Part[] = [];
  while (!safes.done) {
    const safe = readContent(safes, "contentInfo");
    if (safe.type === PKCS12_OIDS.data) {
      for (const part of await readBags(safe.data(), decoder)) parts.push(part);
    } else if (safe.type === PKCS12_OIDS.encryptedData) {
      parts.push({ safe: readEncryptedData(safe.reader(), decoder) });
    } else throw unsupportedMode(safe.type);
  }
  return parts;
}

/** EncryptedData (RFC 2315, Section 13). */
function readEncryptedData(data: DerReader, { context, size }: Decoder): Sealed {
  const version = data.smallInteger("version");
  if (version !== 0) data.fail("version", `${version} is unknown`);
  const info = data.sequence("encryptedContentInfo");
  data.finish();
  const type = info.oid("contentType");
  if (type !== PKCS12_OIDS.data) info.fail("contentType", `${type} is not data`);
  const algorithm = info.element("contentEncryptionAlgorithm", TAG.sequence).der;
  const ciphertext = info.nextTag === constructedTag(0)
    ? joinOctetStrings(info.content("encryptedContent", constructedTag(0)), size)
    : info.octetString("encryptedContent", contextTag(0));
  info.finish();
  return readSealed(algorithm, ciphertext, context);
}

/** SafeContents (RFC 7292, Section 4.2). */
async function readBags(content: Uint8Array<ArrayBuffer>, decoder: Decoder): Promise<Part[]> {
  const der = berToDer(content, decoder.size);
  try {
    const whole = new DerReader(der, WHAT, CORRUPT);
    const bags = whole.sequence("safeContents");
    whole.finish();
    const parts: Part[] = [];
    const open = [bags];
    await SLICES.run((units) => {
      for (let i = 0; i < units && open.length > 0; i++) {
        const innermost = open.at(-1)!;
        const part = innermost.done ? null : readBag(innermost, decoder);
        if (innermost.done) open.pop();
        if (part instanceof DerReader) open.push(part);
        else if (part !== null) parts.push(part);
      }
      return open.length > 0;
    });
    return parts;
  } finally {
    der.fill(0);
  }
}

/** Reads a bag: to a part, `null` for what is ignored, a reader for one of further bags. */
function readBag(bags: DerReader, decoder: Decoder): Part | DerReader | null {
  decoder.size.spendBag();
  const bag = bags.sequence("safeBag");
  const type = bag.oid("bagId");
  const value = bag.constructed("bagValue", constructedTag(0));
  const attributes = readAttributes(bag);
  bag.finish();
  let part: Part | DerReader | null = null;
  if (type === PKCS12_OIDS.keyBag) {
    const { der } = value.element("key", TAG.sequence);
    const info = asImportError(() => decodePrivateKey(der));
    decoder.secrets.push(info);
    part = { key: { info, ...attributes } };
  } else if (type === PKCS12_OIDS.pkcs8ShroudedKeyBag) {
    const { der } = value.element("key", TAG.sequence);
    part = { sealed: asImportError(() => readEncryptedPkcs8(der, decoder.context)), attributes };
  } else if (type === PKCS12_OIDS.certBag) {
    const certificate = readCertificate(value.sequence("certBag"));
    if (certificate !== null) part = { cert: { certificate, ...attributes } };
  } else if (type === PKCS12_OIDS.safeContentsBag) part = value.sequence("safeContentsBag");
  else value.rest(); // CRLs and secrets are ignored
  value.finish();
  return part;
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
    return Certificate.fromDer(der);
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
