// Copyright 2026 the NSS for Deno authors. MIT license.

import { LazyModule } from "../../cert/base/lazy_module.ts";
import { toHex } from "../../cert/base/runtime.ts";
import {
  isDate,
  isInstance,
  isString,
  requireArgs,
  type Shape,
  takeOptions,
} from "../../cert/base/options.ts";
import { isCertificate } from "../../cert/certificate/checks.ts";
import type { CertRecord, CertSource } from "../../cert/db/cert_db.ts";
import { shown } from "../../cert/base/printable.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { findCertByNickname } from "../../cert/db/find_cert.ts";
import { OIDS } from "../../cert/der/oids.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { defaultContext, NssContext } from "./context.ts";
import { keyIdOf } from "../keys/key_id.ts";
import type { Slot } from "../slots/slot.ts";
import { type Token, TOKEN_OPTIONS, type TokenOptions } from "../token/token.ts";
import type { TokenModule } from "../slots/token_module.ts";
import type { Pkcs11Uri } from "./uri.ts";

/** Few programs name certificates by URIs. */
const URIS = new LazyModule("PKCS#11 URIs", () => import("./uri.ts"));

/**
 * The options of a search in the tokens of a context.
 *
 * @category Tokens
 */
export interface FindInTokensOptions extends TokenOptions {
  /** The context whose tokens are searched; the default one by default. */
  readonly context?: NssContext;
}

/**
 * The options of {@linkcode findCertFromNickname}.
 *
 * @category Tokens
 */
export interface FindFromNicknameOptions extends FindInTokensOptions {
  /**
   * The time at which the certificate should be valid if several of one subject match; now by
   * default.
   */
  readonly time?: Date;
}

const IN_TOKENS: Shape<FindInTokensOptions> = { ...TOKEN_OPTIONS, context: isInstance(NssContext) };
const FROM_NICKNAME: Shape<FindFromNicknameOptions> = { ...IN_TOKENS, time: isDate };

/**
 * Finds a certificate (`PK11_FindCertFromNickname`) by one of these:
 *
 * - a nickname in the context's database, with the prefix `"token:"` in other tokens,
 * - a PKCS#11 URI (RFC 7512): `"pkcs11:token=...;object=..."`,
 * - a SHA-256 or SHA-1 fingerprint in hexadecimal, with or without colons and `sha256:` or `sha1:`,
 * - an e-mail address in the certificate.
 *
 * The first of these that matches is used.
 *
 * @param nickname The nickname, URI, fingerprint or address.
 * @param options The context, and the time at which it should be valid.
 * @returns The certificate; of several with one subject a valid one, and of these the newest.
 * @throws {NssError} `SEC_ERROR_UNKNOWN_CERT` if there is none, `SEC_ERROR_BAD_NICKNAME` if several
 * subjects have the name, whose fingerprints the message lists, `SEC_ERROR_INVALID_ARGS` if it is a
 * malformed URI.
 *
 * @example Usage
 * ```ts
 * import { findCertFromNickname, initContext } from "@nss/nss/pkcs11";
 * import { createCertificate, importCert } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * await using context = await initContext(null);
 * const keys = await context.token.generateKeyPair();
 * const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * await importCert(context.certDB, certificate, { nickname: "server" });
 *
 * assertEquals(await findCertFromNickname("server", { context }), certificate);
 * const uri = "pkcs11:token=Memory;object=server";
 * assertEquals(await findCertFromNickname(uri, { context }), certificate);
 * const fingerprint = (await certificate.fingerprint()).toHex();
 * assertEquals(await findCertFromNickname(fingerprint, { context }), certificate);
 * ```
 *
 * @category Tokens
 */
export async function findCertFromNickname(
  nickname: string,
  options: FindFromNicknameOptions = {},
): Promise<Certificate> {
  options = takeOptions("Cannot find certificate", options, FROM_NICKNAME);
  const found = await findRecords(nickname, options);
  // Certificates of one subject are ranked; several subjects are an error
  const source: CertSource = { name: "found", find: () => Promise.resolve(found) };
  const certificate = await findCertByNickname(source, nickname, {
    time: options.time ?? new Date(),
  });
  if (certificate !== undefined) return certificate;
  throw new NssError(
    "SEC_ERROR_UNKNOWN_CERT",
    `Cannot find certificate "${nickname}": no token has it`,
  );
}

/**
 * Finds all certificates that match a nickname (`PK11_FindCertsFromNickname`).
 *
 * @param nickname The nickname or other name, as for {@linkcode findCertFromNickname}.
 * @param options The context.
 * @returns The certificates, the newest first.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is a malformed URI.
 *
 * @example Usage
 * ```ts
 * import { findCertsFromNickname, initContext } from "@nss/nss/pkcs11";
 * import { assertEquals } from "@std/assert";
 *
 * await using context = await initContext(null, { trustAnchors: [] });
 * assertEquals(await findCertsFromNickname("server", { context }), []);
 * ```
 *
 * @category Tokens
 */
export async function findCertsFromNickname(
  nickname: string,
  options: FindInTokensOptions = {},
): Promise<Certificate[]> {
  options = takeOptions("Cannot find certificates", options, IN_TOKENS);
  const found = await findRecords(nickname, options);
  return found.map(({ certificate }) => certificate)
    .sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime());
}

async function findRecords(
  nickname: string,
  options: FindInTokensOptions,
): Promise<readonly CertRecord[]> {
  requireArgs("Cannot find certificate", isString(nickname, "nickname"));
  const { context = defaultContext() } = options;
  if (/^pkcs11:/i.test(nickname)) {
    const { parsePkcs11Uri } = URIS.exports ?? await URIS.load();
    return await findByUri(context, parsePkcs11Uri(nickname), options);
  }
  for (const find of [findByNickname, findByFingerprint, findByEmail]) {
    const found = await find(context, nickname, options);
    if (found.length > 0) return found;
  }
  return [];
}

async function findByNickname(
  context: NssContext,
  nickname: string,
  options: TokenOptions,
): Promise<readonly CertRecord[]> {
  const found = await context.certDB.find({ nickname }, options);
  if (found.length > 0) return found;
  // Nicknames of the internal token have no prefix, but it is accepted
  const { token } = context;
  if (!nickname.startsWith(`${token.label}:`)) return [];
  return await token.certificates.find(
    { nickname: nickname.slice(token.label.length + 1) },
    options,
  );
}

async function findByFingerprint(
  context: NssContext,
  text: string,
  options: TokenOptions,
): Promise<readonly CertRecord[]> {
  const [, name, value = ""] = /^(?:sha-?(1|256):)?([0-9a-f]{2}(?::?[0-9a-f]{2})*)$/i.exec(text) ??
    [];
  const digits = value.replaceAll(":", "").toLowerCase();
  const hash = digits.length === 64 ? "SHA-256" : digits.length === 40 ? "SHA-1" : null;
  if (hash === null || (name !== undefined && hash !== `SHA-${name}`)) return [];
  return await filter(
    await context.certDB.find({}, options),
    async ({ certificate }) => toHex(await certificate.fingerprint(hash)) === digits,
  );
}

async function findByEmail(
  context: NssContext,
  text: string,
  options: TokenOptions,
): Promise<readonly CertRecord[]> {
  if (!text.includes("@")) return [];
  const wanted = text.toLowerCase();
  return await filter(
    await context.certDB.find({}, options),
    ({ certificate }) => Promise.resolve(emailsOf(certificate).includes(wanted)),
  );
}

/**
 * Returns the e-mail addresses of subject and subjectAltName in lower case, as
 * `CERT_GetFirstEmailAddress`.
 */
function emailsOf(certificate: Certificate): string[] {
  const emails = certificate.subject.values(OIDS.emailAddress);
  try {
    for (const name of certificate.subjectAltName ?? []) {
      if (name.type === "email") emails.push(name.value);
    }
  } catch (error) {
    if (!(error instanceof NssError)) throw error; // a malformed extension counts as absent
  }
  return emails.map((email) => email.toLowerCase());
}

async function filter(
  records: readonly CertRecord[],
  matches: (record: CertRecord) => Promise<boolean>,
): Promise<CertRecord[]> {
  const results = await Promise.all(records.map(matches));
  return records.filter((_, i) => results[i]);
}

async function findByUri(
  context: NssContext,
  uri: Pkcs11Uri,
  options: TokenOptions,
): Promise<readonly CertRecord[]> {
  if (uri.type !== undefined && uri.type !== "cert") {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot find certificate by its PKCS#11 URI: the URI is of type ${uri.type}; ` +
        "write type=cert, or no type",
    );
  }
  const found: CertRecord[] = [];
  for (const { slot, token } of await tokensOf(context, uri)) {
    if (uri.pinValue !== undefined && !token.isLoggedIn) await logIn(slot, token, uri.pinValue);
    const query = uri.object === undefined ? {} : { nickname: uri.object };
    const records = await token.certificates.find(query, options);
    const { id } = uri;
    found.push(
      ...id === undefined ? records : await filter(records, (record) => hasId(record, token, id)),
    );
  }
  const seen = new Set<string>();
  return found.filter(({ certificate }) => {
    const key = toHex(certificate.der);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

async function logIn(slot: Slot, token: Token, pin: string): Promise<void> {
  if (await token.login(pin)) return;
  throw new NssError(
    "SEC_ERROR_BAD_PASSWORD",
    `Cannot log in to token "${token.label}" in slot "${slot.name}": the pin-value of the URI is wrong`,
  );
}

/** NSS's ids are hashes of public keys; other tokens list theirs with their keys. */
async function hasId(
  { certificate }: CertRecord,
  token: Token,
  id: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const hex = toHex(id);
  try {
    const publicKey = certificate.subjectPublicKeyInfo;
    if (toHex(await keyIdOf(publicKey)) === hex) return true;
    return (await token.listKeys())
      .some((key) => toHex(key.id) === hex && key.publicKey?.equals(publicKey));
  } catch (error) {
    if (error instanceof NssError && /^SEC_ERROR_(?:UNSUPPORTED|BAD_KEY)/.test(error.name)) {
      return false;
    }
    throw error;
  }
}

async function tokensOf(
  context: NssContext,
  uri: Pkcs11Uri,
): Promise<{ slot: Slot; token: Token }[]> {
  const found: { slot: Slot; token: Token }[] = [];
  for (const module of context.modules) {
    if (!matchesModule(module, uri)) continue;
    for (const slot of module.slots) {
      const { token } = slot;
      if (token === null || !matchesSlot(slot, uri)) continue;
      const info = await token.describe();
      const matches = (wanted: string | undefined, value: string): boolean =>
        wanted === undefined || wanted === value;
      if (
        matches(uri.token, info.label) && matches(uri.manufacturer, info.manufacturer) &&
        matches(uri.serial, info.serialNumber) && matches(uri.model, info.model)
      ) found.push({ slot, token });
    }
  }
  return found;
}

function matchesModule(module: TokenModule, uri: Pkcs11Uri): boolean {
  const info = module.describe();
  const file = info.library?.split("/").at(-1)?.replace(/^lib/, "").replace(/\.[^.]*$/, "");
  return (uri.libraryDescription === undefined || uri.libraryDescription === info.description) &&
    (uri.libraryManufacturer === undefined || uri.libraryManufacturer === info.manufacturer) &&
    (uri.libraryVersion === undefined || uri.libraryVersion === info.version) &&
    (uri.modulePath === undefined || uri.modulePath === info.library) &&
    (uri.moduleName === undefined || uri.moduleName === file);
}

function matchesSlot(slot: Slot, uri: Pkcs11Uri): boolean {
  return (uri.slotDescription === undefined || uri.slotDescription === slot.name) &&
    (uri.slotManufacturer === undefined || uri.slotManufacturer === slot.manufacturer) &&
    (uri.slotId === undefined || (slot.id !== null && uri.slotId === BigInt(slot.id)));
}

/**
 * Finds the private key of a certificate in the tokens of a context (`PK11_FindKeyByAnyCert`).
 *
 * Tokens that have the certificate are searched first. A password is asked for only if a token has
 * the key.
 *
 * @param certificate The certificate.
 * @param options The context, and the argument for the password function.
 * @returns The key, which signs until its token is logged out or closed.
 * @throws {NssError} `SEC_ERROR_NO_KEY` if no token has it, or the error of the first token that
 * could not be searched.
 *
 * @example Usage
 * ```ts
 * import { findKeyByAnyCert, initContext } from "@nss/nss/pkcs11";
 * import { createCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * await using context = await initContext(null);
 * const keys = await context.token.generateKeyPair("ec-p384");
 * const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const key = await findKeyByAnyCert(certificate, { context });
 * assertEquals(key.algorithm, { type: "ec", curve: "P-384" });
 * ```
 *
 * @category Tokens
 */
export async function findKeyByAnyCert(
  certificate: Certificate,
  options: FindInTokensOptions = {},
): Promise<PrivateKey> {
  requireArgs("Cannot find private key", isCertificate(certificate, "certificate"));
  const { context = defaultContext(), ...own } = takeOptions(
    "Cannot find private key",
    options,
    IN_TOKENS,
  );
  let problem: unknown;
  const tokens: { token: Token; hasCertificate: boolean }[] = [];
  const attempt = async <T>(search: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await search();
    } catch (error) {
      problem ??= error; // another token may have it
      return undefined;
    }
  };
  for (const { token } of context.slots) {
    if (token === null) continue;
    const { der, subject } = certificate;
    const query = { der, subject: subject.der };
    const records = await attempt(() => token.certificates.find(query, own));
    tokens.push({ token, hasCertificate: (records?.length ?? 0) > 0 });
  }
  tokens.sort((a, b) => Number(b.hasCertificate) - Number(a.hasCertificate));
  for (const { token } of tokens) {
    const key = await attempt(() => token.findKey(certificate, own));
    if (key !== undefined) return key;
  }
  if (problem !== undefined) throw problem;
  throw new NssError(
    "SEC_ERROR_NO_KEY",
    `Cannot find private key of ${shown(certificate.subject)}: no token has it`,
  );
}
