// Copyright 2026 the NSS for Deno authors. MIT license.

/** The option `rawPublicKeys`: raw public keys in place of certificates (RFC 7250). @module */

import { toBase64 } from "../../cert/base/runtime.ts";
import {
  anything,
  isArray,
  isBoolean,
  kindOf,
  required,
  type Shape,
} from "../../cert/base/options.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { parseSubjectPublicKeyInfo, SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { inspectPrivateKey } from "../../pkcs11/keys/private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { type CertificateOptions, type Credentials, OwnKey } from "./credential.ts";
import { RAW_PUBLIC_KEY, X509 } from "../tables/extension_types.ts";
import type { RawPublicKeyHook } from "./hooks.ts";
import type { RawKeyOptions, RawPublicKeyOptions } from "./import_options.ts";
import type { KeyPart } from "./key_part.ts";
import {
  copyInput,
  invalid,
  isSameInput,
  reusing,
  type Take,
  takeArray,
  takeSslOptions,
} from "./option_values.ts";

/** The option as it is used. */
export interface RawPublicKeys {
  readonly keys: readonly RawKey[];
  /** What judges peers; `null` for nobody. */
  readonly accept: readonly Pin[] | RawPublicKeyHook | null;
  readonly orCertificate: boolean;
  /** Its part of a session's key: other keys, or another judge, prevent resumption. */
  readonly part: KeyPart;
}

/** A key that is accepted: its encoding, its Base64 SHA-256, or WebCrypto's form. */
export type Pin =
  | { readonly der: Uint8Array<ArrayBuffer> }
  | { readonly digest: string }
  | { readonly key: CryptoKey };

/** The most keys in a list; what needs more is a hook. */
export const MAX_RAW_PUBLIC_KEYS = 1024;

/** A raw public key of this end, once it is known. */
export class RawCredential implements Credentials {
  readonly chain = [];
  readonly ocspResponse = undefined;
  readonly scts = undefined;
  readonly rawPublicKey: SubjectPublicKeyInfo;
  readonly #privateKey: PrivateKey;

  constructor(rawPublicKey: SubjectPublicKeyInfo, privateKey: PrivateKey) {
    this.rawPublicKey = rawPublicKey;
    this.#privateKey = privateKey;
  }

  /** Returns the private key. */
  privateKey(): Promise<PrivateKey> {
    return Promise.resolve(this.#privateKey);
  }
}

/** A key of this end, which may have to be imported before its public key is known. */
export class RawKey {
  readonly #options: RawKeyOptions;
  readonly #name: string;
  /** The public key, where it shows without a promise. */
  readonly #known: SubjectPublicKeyInfo | null;
  readonly #own: OwnKey | null;
  #loaded: Promise<RawCredential> | undefined;

  /** Checks the key, and compares both parts of it as far as they show. */
  constructor(options: RawKeyOptions, name: string) {
    const { key, publicKey } = options;
    this.#options = options;
    this.#name = name;
    let shown;
    try {
      shown = inspectPrivateKey(key).publicKey;
    } catch (error) {
      throw refusal(error, `${name}.key`);
    }
    const given = publicKey === undefined ? null : toPublicKey(publicKey, `${name}.publicKey`);
    if (given === null && shown === null && !canShow(key)) {
      throw invalid(
        name,
        "the key does not show its public key, which is what is sent; give the member publicKey",
      );
    }
    this.#known = given instanceof SubjectPublicKeyInfo ? given : given === null ? shown : null;
    this.#own = this.#known && ownKey(key, this.#known);
  }

  /** Its part of a session's key. */
  get part(): KeyPart {
    return this.#known === null ? { object: this } : toBase64(this.#known.der);
  }

  /**
   * Returns what is sent and signs; the first call imports it.
   *
   * @throws {SslError} If the private key is not that of the public one.
   */
  load(): Promise<RawCredential> {
    return this.#loaded ??= this.#load();
  }

  async #load(): Promise<RawCredential> {
    const { key, publicKey } = this.#options;
    if (this.#known !== null && this.#own !== null) {
      return new RawCredential(this.#known, await this.#own.privateKey());
    }
    if (publicKey instanceof CryptoKey) {
      const known = await exported(publicKey);
      return new RawCredential(known, await ownKey(key, known).privateKey());
    }
    try {
      const imported = await importPrivateKey(key);
      if (imported.publicKey !== undefined) return new RawCredential(imported.publicKey, imported);
    } catch (error) {
      throw refusal(error, `${this.#name}.key`);
    }
    throw invalid(this.#name, "the key does not show its public key; give the member publicKey");
  }
}

function ownKey(key: CertificateOptions["key"], publicKey: SubjectPublicKeyInfo): OwnKey {
  return new OwnKey(key, publicKey, { kind: "raw public key", name: () => `(${publicKey})` });
}

/** Returns whether the public key can be computed when the key is imported. */
function canShow(key: CertificateOptions["key"]): boolean {
  return typeof key === "string" || key instanceof Uint8Array ||
    (key instanceof CryptoKey && key.extractable);
}

/** Returns the SubjectPublicKeyInfo of a WebCrypto key. */
export async function exported(key: CryptoKey): Promise<SubjectPublicKeyInfo> {
  return parseSubjectPublicKeyInfo(new Uint8Array(await crypto.subtle.exportKey("spki", key)));
}

/** Takes a public key; that of WebCrypto is encoded later, by a promise. */
function toPublicKey(input: unknown, name: string): SubjectPublicKeyInfo | CryptoKey {
  if (input instanceof SubjectPublicKeyInfo) return input;
  if (input instanceof CryptoKey) {
    if (input.type === "public" && input.extractable) return input;
    throw invalid(
      name,
      input.type === "public"
        ? "the CryptoKey is not extractable, so that it cannot be sent or compared"
        : `the CryptoKey is a ${input.type} one, not a public one`,
    );
  }
  if (typeof input !== "string" && !(input instanceof Uint8Array)) {
    throw invalid(
      name,
      `${kindOf(input)} is not a public key: PEM text or bytes, DER, a CryptoKey or a ` +
        "SubjectPublicKeyInfo",
    );
  }
  try {
    return parseSubjectPublicKeyInfo(input);
  } catch (error) {
    throw refusal(error, name);
  }
}

/** The Base64 of a SHA-256. */
const DIGEST = /^[A-Za-z0-9+/]{43}=$/;

function toPin(input: unknown, name: string): Pin {
  if (typeof input === "string" && !input.includes("-----BEGIN ")) {
    if (DIGEST.test(input)) return { digest: input };
    throw invalid(
      name,
      "the text is neither PEM nor the Base64 of a SHA-256, 44 characters such as " +
        "SubjectPublicKeyInfo.pin() returns",
    );
  }
  const key = toPublicKey(input, name);
  return key instanceof CryptoKey ? { key } : { der: key.der };
}

function refusal(cause: unknown, name: string): SslError {
  const { name: code, message } = toSslError(cause);
  const state = message.replace(
    /^Cannot (?:import|parse|use) (?:private|public) key: (?:there is none: )?/,
    "",
  );
  return new SslError(code, `Cannot use option ${name}: ${state}`, { cause });
}

const SHAPE: Shape<RawPublicKeyOptions> = {
  keys: isArray,
  accept: anything, // examined below
  orCertificate: isBoolean,
};

const KEY_SHAPE: Shape<RawKeyOptions> = { key: required(anything), publicKey: anything };

/** The keys of options objects, so that each is parsed and imported once. */
const KEYS = new WeakMap<RawKeyOptions, KnownKey>();

interface KnownKey {
  readonly key: RawKey;
  /** By identity, as it is secret. */
  readonly privateKey: unknown;
  readonly publicKey: unknown;
}

function toRawKey(options: RawKeyOptions, name: string): RawKey {
  const own = takeSslOptions("Cannot use options", options, KEY_SHAPE, name);
  const known = KEYS.get(options);
  if (known?.privateKey === own.key && isSameInput(own.publicKey, known.publicKey)) {
    return known.key;
  }
  const key = new RawKey(own, name);
  KEYS.set(options, { key, privateKey: own.key, publicKey: copyInput(own.publicKey) });
  return key;
}

/** Takes the option `rawPublicKeys`. */
export function takeRawPublicKeys(value: unknown, option: string): RawPublicKeys {
  const own = takeSslOptions<RawPublicKeyOptions>("Cannot use options", value, SHAPE, option);
  const { keys = [], accept = null } = own;
  if (keys.length === 0 && accept === null) {
    throw invalid(option, "it says neither which keys to present nor which to accept");
  }
  if (Array.isArray(accept) && accept.length === 0) {
    throw invalid(`${option}.accept`, "it is empty, so that no peer could be accepted");
  }
  for (const [name, list] of [["keys", keys], ["accept", accept]] as const) {
    if (Array.isArray(list) && list.length > MAX_RAW_PUBLIC_KEYS) {
      throw invalid(
        `${option}.${name}`,
        `there are ${list.length}, more than ${MAX_RAW_PUBLIC_KEYS}; a hook can decide by any rule`,
      );
    }
  }
  const taken = {
    keys: keys.map((key, i) => toRawKey(key, `${option}.keys[${i}]`)),
    accept: toAccept(accept, `${option}.accept`),
    orCertificate: own.orCertificate ?? accept === null,
  };
  const given = typeof value === "object" && value !== null ? value : {};
  const known = TAKEN.get(given);
  if (known !== undefined && isSame(taken, known)) return known;
  const result = { ...taken, part: partOf(taken) };
  TAKEN.set(given, result);
  return result;
}

/** What options objects have become, each of which many connections may be given. */
const TAKEN = new WeakMap<object, RawPublicKeys>();

type Taken = Omit<RawPublicKeys, "part">;

function isSame(one: Taken, other: Taken): boolean {
  return one.accept === other.accept && one.orCertificate === other.orCertificate &&
    one.keys.length === other.keys.length && one.keys.every((key, i) => key === other.keys[i]);
}

const takePins: Take<readonly Pin[]> = reusing((value, name) =>
  takeArray(value, name).map((input, i) => toPin(input, `${name}[${i}]`))
);

function toAccept(accept: unknown, name: string): RawPublicKeys["accept"] {
  if (accept === null) return null;
  if (isHook(accept)) return accept;
  if (Array.isArray(accept)) return takePins(accept, name);
  throw invalid(name, `${kindOf(accept)} is neither an array of public keys nor a function`);
}

function isHook(value: unknown): value is RawPublicKeyHook {
  return typeof value === "function";
}

function partOf({ keys, accept, orCertificate }: Taken): KeyPart {
  const judge = typeof accept === "function"
    ? { object: accept }
    : accept?.map((pin) =>
      "der" in pin ? toBase64(pin.der) : "digest" in pin ? pin.digest : { object: pin.key }
    ) ?? null;
  return [keys.map(({ part }) => part), judge, orCertificate];
}

interface AcceptSettings {
  readonly rawPublicKeys: Pick<RawPublicKeys, "keys" | "accept" | "orCertificate"> | null;
}

interface CredentialSettings extends AcceptSettings {
  readonly credentials: readonly unknown[];
  readonly getClientAuthData: unknown;
}

/** Returns the types that an end takes of its peer, in preference order. */
export function acceptedTypes({ rawPublicKeys }: AcceptSettings): readonly number[] {
  if (rawPublicKeys === null || rawPublicKeys.accept === null) return [X509];
  return rawPublicKeys.orCertificate ? [RAW_PUBLIC_KEY, X509] : [RAW_PUBLIC_KEY];
}

/** Returns the types that a client can show, in preference order. */
export function shownTypes(
  { rawPublicKeys, credentials, getClientAuthData }: CredentialSettings,
): readonly number[] {
  if (rawPublicKeys === null || rawPublicKeys.keys.length === 0) return [X509];
  const hasCertificate = credentials.length > 0 || getClientAuthData !== null;
  return hasCertificate ? [RAW_PUBLIC_KEY, X509] : [RAW_PUBLIC_KEY];
}

/** Returns whether an end takes certificates of its peer, with what belongs to them. */
export function takesCertificates(config: AcceptSettings): boolean {
  return acceptedTypes(config).includes(X509);
}
