// Copyright 2026 the NSS for Deno authors. MIT license.

import { withoutWarning } from "../../cert/base/webcrypto.ts";
import { copyBytes } from "../../cert/base/bytes.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { pemOrDer } from "../../cert/der/pem.ts";
import { NssError } from "../../cert/base/errors.ts";
import { stateOf } from "../../cert/base/printable.ts";
import type {
  EcCurve,
  HashName,
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "../../cert/certificate/private_key.ts";
import {
  keyFitsScheme,
  schemeRow,
  type SignatureAlgorithm,
  signatureSchemesOf,
} from "../../cert/certificate/signature_algorithm.ts";
import {
  COMMON_RSA_BITS,
  describeKey,
  parseSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import {
  decodePrivateKey,
  decodePrivateKeyBlock,
  type EncryptedKey,
  findPrivateKeyPem,
  isEncryptedBlock,
  isEncryptedPrivateKey,
  type PrivateKeyInfo,
  withAlgorithm,
} from "./pkcs8.ts";

/** The algorithms for which RSA keys are imported: a CryptoKey has one algorithm and hash. */
const RSA_BINDINGS: readonly { name: string; hash: HashName }[] = [
  ...(["SHA-256", "SHA-384", "SHA-512"] as const).map((hash) => ({ name: "RSA-PSS", hash })),
  ...(["SHA-256", "SHA-384", "SHA-512", "SHA-1"] as const)
    .map((hash) => ({ name: "RSASSA-PKCS1-v1_5", hash })),
];

/** WebCrypto's name of each other kind of key, which has one algorithm. */
const WEB_CRYPTO_NAMES = {
  ec: "ECDSA",
  ed25519: "Ed25519",
  mldsa44: "ML-DSA-44",
  mldsa65: "ML-DSA-65",
  mldsa87: "ML-DSA-87",
} as const;

/** A newer method of SubtleCrypto, which some runtimes and their types do not have. */
interface PublicKeyGetter {
  getPublicKey?(key: CryptoKey, usages: readonly KeyUsage[]): Promise<CryptoKey>;
}

/** The export functions of extractable keys. */
const EXPORTERS = new WeakMap<PrivateKey, () => Promise<Uint8Array<ArrayBuffer>>>();

/** A private key in WebCrypto: for RSA a CryptoKey per algorithm and hash, for others one. */
class WebCryptoPrivateKey implements PrivateKey {
  readonly algorithm: KeyAlgorithm;
  declare readonly publicKey?: SubjectPublicKeyInfo;
  readonly schemes: readonly SignatureScheme[];
  readonly #keys: ReadonlyMap<string, CryptoKey>;

  constructor(
    algorithm: KeyAlgorithm,
    publicKey: SubjectPublicKeyInfo | undefined,
    keys: readonly CryptoKey[],
  ) {
    this.algorithm = algorithm;
    if (publicKey !== undefined) this.publicKey = publicKey;
    this.#keys = new Map(keys.map((key) => [bindingOf(key), key]));
    this.schemes = signatureSchemesOf(algorithm, { anyCurve: true })
      .filter((scheme) => this.#keyFor(schemeRow(scheme).algorithm) !== undefined);
  }

  async sign(
    scheme: SignatureScheme,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer>> {
    const row = schemeRow(scheme);
    // In TLS 1.2 and X.509, an ECDSA key may sign with another curve's hash
    const fits = row !== undefined && keyFitsScheme(this.algorithm, scheme, { anyCurve: true });
    const key = fits ? this.#keyFor(row.algorithm) : undefined;
    if (key === undefined) {
      throw new NssError(
        "SEC_ERROR_INVALID_ALGORITHM",
        `Cannot sign: a key of ${describeKey(this.algorithm)} ${
          fits
            ? `does not sign ${scheme}, its CryptoKey is for ${
              [...this.#keys.keys()].join(" and ")
            } only`
            : isTooShort(this.algorithm, scheme)
            ? `is too short for ${scheme}; use a longer one, or a shorter hash`
            : `does not sign ${scheme}`
        }`,
      );
    }
    const { webCrypto: name, hash, saltLength } = row.algorithm;
    const parameters = {
      name,
      ...(hash !== undefined && { hash }),
      ...(saltLength !== undefined && { saltLength }),
    };
    let signature: Uint8Array<ArrayBuffer>;
    try {
      signature = new Uint8Array(await crypto.subtle.sign(parameters, key, data));
    } catch (cause) {
      throw new NssError(
        "SEC_ERROR_INVALID_KEY",
        `Cannot sign: WebCrypto does not sign ${scheme} with this ${
          describeKey(this.algorithm)
        } key`,
        { cause },
      );
    }
    return this.algorithm.type === "ec" ? encodeEcdsaSignature(signature) : signature;
  }

  #keyFor({ webCrypto, hash }: SignatureAlgorithm): CryptoKey | undefined {
    return this.#keys.get(webCrypto) ?? this.#keys.get(`${webCrypto} with ${hash}`);
  }
}

/** Returns the algorithm and hash for which a CryptoKey was imported. */
function bindingOf({ algorithm }: CryptoKey): string {
  const { name, hash } = algorithm as Partial<RsaHashedKeyAlgorithm>;
  return name!.startsWith("RSA") ? `${name} with ${hash!.name}` : name!;
}

/** Returns whether a key would sign a scheme if it were longer. */
function isTooShort(algorithm: KeyAlgorithm, scheme: SignatureScheme): boolean {
  return "modulusLength" in algorithm && schemeRow(scheme) !== undefined &&
    keyFitsScheme({ ...algorithm, modulusLength: COMMON_RSA_BITS }, scheme);
}

/** Encodes WebCrypto's concatenated r and s as DER for TLS and X.509 (RFC 3279, Section 2.2.3). */
function encodeEcdsaSignature(raw: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const half = raw.length / 2;
  return new DerWriter().sequence((w) =>
    w.unsignedInteger(raw.subarray(0, half)).unsignedInteger(raw.subarray(half))
  ).finish();
}

/**
 * Imports a decoded key and overwrites its encoding.
 *
 * @param info The decoded key.
 * @param extractable Whether the key can be exported.
 * @returns The key.
 * @throws {NssError} As `importPrivateKey`.
 */
export async function fromInfo(info: PrivateKeyInfo, extractable = false): Promise<PrivateKey> {
  const { type, pkcs8 } = info;
  const bindings = type === "rsa" || type === "rsa-pss"
    ? RSA_BINDINGS.filter(({ name }) => type === "rsa" || name === "RSA-PSS")
    : [{ name: WEB_CRYPTO_NAMES[type], ...(type === "ec" && { namedCurve: info.curve! }) }];
  try {
    const known = info.publicKey && encodeSpki(info.algorithm, info.publicKey);
    const keys = await Promise.all(bindings.map((binding) => importPkcs8(pkcs8, binding, false)))
      .catch((error) => {
        throw known === null ? error : asTooLarge(known.algorithm, error);
      });
    const publicKey = known ?? await computePublicKey(info, keys[0]!, bindings[0]!);
    const key = new WebCryptoPrivateKey(publicKey.algorithm, publicKey, keys);
    await checkPair(key, publicKey);
    if (extractable) {
      const identifier = info.algorithm.slice();
      allowExport(
        key,
        await importPkcs8(pkcs8, bindings[0]!, true),
        type === "rsa-pss" ? (pkcs8) => withAlgorithm(pkcs8, identifier) : undefined,
      );
    }
    return key;
  } finally {
    pkcs8.fill(0);
  }
}

async function importPkcs8(
  pkcs8: Uint8Array<ArrayBuffer>,
  binding: AlgorithmIdentifier,
  extractable: boolean,
): Promise<CryptoKey> {
  try {
    return await withoutWarning(() =>
      crypto.subtle.importKey("pkcs8", pkcs8, binding, extractable, ["sign"])
    );
  } catch (cause) {
    const { name } = binding as Algorithm;
    const unknown = cause instanceof Error && cause.name === "NotSupportedError";
    throw new NssError(
      unknown ? "SEC_ERROR_UNSUPPORTED_KEYALG" : "SEC_ERROR_BAD_KEY",
      unknown
        ? `Cannot import private key: this runtime's WebCrypto does not know ${name}`
        : `Cannot import private key: WebCrypto refuses it as one of ${name}`,
      { cause },
    );
  }
}

/**
 * Returns the error of a private key that the runtime refuses: of an RSA key that is larger than
 * every runtime takes, it is about the size.
 */
function asTooLarge(algorithm: KeyAlgorithm, cause: NssError): NssError {
  if (!("modulusLength" in algorithm) || algorithm.modulusLength <= COMMON_RSA_BITS) return cause;
  return new NssError(
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    `Cannot import private key: this runtime's WebCrypto does not sign with ${
      describeKey(algorithm)
    }; RSA keys of up to ${COMMON_RSA_BITS} bits work everywhere, and ECDSA keys are faster`,
    { cause },
  );
}

async function computePublicKey(
  info: PrivateKeyInfo,
  key: CryptoKey,
  binding: AlgorithmIdentifier,
): Promise<SubjectPublicKeyInfo> {
  const known = await derivePublicKey(key);
  if (known !== undefined) return known;
  // Without getPublicKey, the public key can only be derived from an extractable key
  return (await derivePublicKey(await importPkcs8(info.pkcs8, binding, true)))!;
}

/**
 * Encodes a public key.
 *
 * @param algorithm The AlgorithmIdentifier.
 * @param publicKey The content of subjectPublicKey.
 * @returns The key.
 */
function encodeSpki(algorithm: Uint8Array, publicKey: Uint8Array): SubjectPublicKeyInfo {
  return parseSubjectPublicKeyInfo(
    new DerWriter().sequence((w) => w.raw(algorithm).bitString(publicKey)).finish(),
  );
}

/** Derives the public key of a CryptoKey; `undefined` if the runtime cannot. */
async function derivePublicKey(key: CryptoKey): Promise<SubjectPublicKeyInfo | undefined> {
  const subtle: SubtleCrypto & PublicKeyGetter = crypto.subtle;
  let publicKey: CryptoKey;
  if (typeof subtle.getPublicKey === "function") {
    const { getPublicKey } = subtle;
    publicKey = await withoutWarning(() => Reflect.apply(getPublicKey, subtle, [key, ["verify"]]));
  } else if (key.extractable) {
    const { kty, crv, alg, n, e, x, y, pub } = await subtle.exportKey("jwk", key) as
      & JsonWebKey
      & { pub?: string };
    const jwk = Object.fromEntries(
      Object.entries({ kty, crv, alg, n, e, x, y, pub }).filter(([, value]) => value !== undefined),
    );
    publicKey = await subtle.importKey("jwk", jwk, key.algorithm, true, ["verify"]);
  } else return undefined;
  return parseSubjectPublicKeyInfo(new Uint8Array(await subtle.exportKey("spki", publicKey)));
}

/**
 * Checks that public and private key match, because WebCrypto may import keys whose parts do not.
 */
async function checkPair(key: WebCryptoPrivateKey, publicKey: SubjectPublicKeyInfo): Promise<void> {
  const [scheme] = key.schemes;
  if (scheme === undefined) throw badKey(`${describeKey(key.algorithm)} is too small to sign with`);
  const data = new TextEncoder().encode("NSS for Deno checks a private key");
  const signature = await key.sign(scheme, data).catch((cause) => {
    const state = "WebCrypto does not sign with it, perhaps as its parts do not belong together";
    throw asTooLarge(key.algorithm, badKey(state, cause));
  });
  let matches;
  try {
    matches = await verifySignature(publicKey, scheme, data, signature);
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw new NssError(cause.name, `Cannot import private key: ${stateOf(cause)}`, { cause });
  }
  if (!matches) throw badKey("its parts do not belong together");
}

function badKey(state: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_BAD_KEY",
    `Cannot import private key: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/**
 * Wraps a CryptoKey.
 *
 * @param key A private key with the usage `sign`.
 * @param known The public key, if known.
 * @returns The key.
 * @throws {NssError} As `importPrivateKey`.
 */
export async function fromCryptoKey(
  key: CryptoKey,
  known?: SubjectPublicKeyInfo,
): Promise<PrivateKey> {
  const algorithm = algorithmOf(key);
  const publicKey = known ?? await derivePublicKey(key);
  const privateKey = new WebCryptoPrivateKey(algorithm, publicKey, [key]);
  if (key.extractable) allowExport(privateKey, key);
  return privateKey;
}

/**
 * Returns the kind of a CryptoKey.
 *
 * @param key A private key with the usage `sign`.
 * @returns The kind.
 * @throws {NssError} As `importPrivateKey`.
 */
function algorithmOf({ algorithm, type, usages }: CryptoKey): KeyAlgorithm {
  if (type !== "private" || !usages.includes("sign")) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot import private key: the CryptoKey is a ${type} one for ` +
        `${usages.join(", ") || "nothing"}, not a private one for sign`,
    );
  }
  switch (algorithm.name) {
    case "RSASSA-PKCS1-v1_5":
    case "RSA-PSS":
      return { type: "rsa", modulusLength: (algorithm as RsaHashedKeyAlgorithm).modulusLength };
    case "ECDSA": {
      const curve = (algorithm as EcKeyAlgorithm).namedCurve;
      if (curve === "P-256" || curve === "P-384" || curve === "P-521") return { type: "ec", curve };
      throw new NssError(
        "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
        `Cannot import private key: the CryptoKey's curve ${curve} is not supported`,
      );
    }
    case "Ed25519":
      return { type: "ed25519" };
    case "ML-DSA-44":
      return { type: "mldsa44" };
    case "ML-DSA-65":
      return { type: "mldsa65" };
    case "ML-DSA-87":
      return { type: "mldsa87" };
  }
  throw new NssError(
    "SEC_ERROR_UNSUPPORTED_KEYALG",
    `Cannot import private key: a CryptoKey of ${algorithm.name} is not supported`,
  );
}

/**
 * Makes a key exportable.
 *
 * @param privateKey The key.
 * @param key Its extractable CryptoKey.
 * @param rewrite Changes the exported PKCS#8.
 */
export function allowExport(
  privateKey: PrivateKey,
  key: CryptoKey,
  rewrite: (pkcs8: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> = (pkcs8) => pkcs8,
): void {
  EXPORTERS.set(
    privateKey,
    async () => {
      const exported = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key));
      const pkcs8 = rewrite(exported);
      if (pkcs8 !== exported) exported.fill(0);
      return pkcs8;
    },
  );
}

/**
 * Exports a key.
 *
 * @param key The key.
 * @returns The PKCS#8 encoding; secret.
 * @throws {NssError} `SEC_ERROR_INVALID_KEY` if it is not exportable.
 */
export function exportPkcs8(key: PrivateKey): Promise<Uint8Array<ArrayBuffer>> {
  const exporter = EXPORTERS.get(key);
  if (exporter === undefined) {
    return Promise.reject(
      new NssError(
        "SEC_ERROR_INVALID_KEY",
        "Cannot export private key: only keys generated or imported with extractable: true, and extractable CryptoKeys, " +
          "may leave",
      ),
    );
  }
  return exporter();
}

/** What a private key shows before it is imported. */
export interface PrivateKeyFacts {
  /** The kind of key. */
  readonly type: KeyAlgorithm["type"];
  /** The curve, of an elliptic curve key. */
  readonly curve?: EcCurve;
  /** The public key; `null` if it has to be computed. */
  readonly publicKey: SubjectPublicKeyInfo | null;
}

/**
 * Returns what a private key shows without being imported.
 *
 * @param input The key, in any form that `importPrivateKey` accepts.
 * @returns The facts.
 * @throws {NssError} As `importPrivateKey`; `SEC_ERROR_BAD_PASSWORD` if it is encrypted.
 */
export function inspectPrivateKey(
  input: CryptoKey | PrivateKey | string | Uint8Array,
): PrivateKeyFacts {
  if (typeof input === "string" || input instanceof Uint8Array) {
    const decoded = decodeInput(input);
    if ("encrypted" in decoded) {
      decoded.encrypted.fill(0);
      throw noPassword();
    }
    decoded.pkcs8.fill(0);
    const { type, curve, algorithm, publicKey } = decoded;
    return {
      type,
      ...(curve !== undefined && { curve }),
      publicKey: publicKey === null ? null : encodeSpki(algorithm, publicKey),
    };
  }
  if (input instanceof CryptoKey) return { ...algorithmOf(input), publicKey: null };
  if (isPrivateKey(input)) return { ...input.algorithm, publicKey: input.publicKey ?? null };
  throw noPrivateKey(input);
}

/** Returns whether a value is an object that signs. */
export function isPrivateKey(input: PrivateKey | null | undefined): input is PrivateKey {
  return typeof input?.sign === "function" && typeof input.algorithm?.type === "string";
}

/** Decodes PEM or DER; what it returns is secret and to be overwritten. */
export function decodeInput(input: string | Uint8Array): PrivateKeyInfo | EncryptedKey {
  const given = pemOrDer(input);
  if ("text" in given) return decodeText(given.text);
  const bytes = copyBytes(given.der);
  if (bytes.length === 0) {
    throw new NssError("SEC_ERROR_BAD_DER", "Cannot import private key: it is empty");
  }
  let isEncrypted = false;
  try {
    isEncrypted = isEncryptedPrivateKey(bytes);
    return isEncrypted ? { encrypted: bytes, traditional: null } : decodePrivateKey(bytes);
  } finally {
    if (!isEncrypted) bytes.fill(0);
  }
}

function decodeText(text: string): PrivateKeyInfo | EncryptedKey {
  const { block, dekInfo } = findPrivateKeyPem(text);
  const { label, der } = block;
  if (dekInfo !== null) return { encrypted: der, traditional: { label, dekInfo } };
  if (isEncryptedBlock(block)) return { encrypted: der, traditional: null };
  try {
    return decodePrivateKeyBlock(block);
  } finally {
    der.fill(0);
  }
}

/** Returns the error of a value that is no private key. */
export function noPrivateKey(input: unknown): NssError {
  const isPair = typeof input === "object" && input !== null && "privateKey" in input;
  const state = input === undefined || input === null
    ? "none is given"
    : input instanceof Promise
    ? "it is a Promise; await it"
    : isPair
    ? "it is a key pair; give its privateKey"
    : "it is no PEM text, no bytes, no CryptoKey and no PrivateKey";
  return new NssError("SEC_ERROR_INVALID_ARGS", `Cannot import private key: ${state}`);
}

/** Returns the error of an encrypted key without a password. */
export function noPassword(): NssError {
  return new NssError(
    "SEC_ERROR_BAD_PASSWORD",
    "Cannot import private key: it is encrypted, and no password is given; " +
      "importPrivateKey(key, { password }) takes one",
  );
}
