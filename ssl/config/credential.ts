// Copyright 2026 the NSS for Deno authors. MIT license.

import { Certificate, parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { bytesEqual, copyBytes } from "../../cert/base/bytes.ts";
import { decodeOnePemOrDer, OCSP_RESPONSE_PEM, whyNoPem } from "../../cert/der/pem.ts";
import {
  anything,
  isArrayOf,
  isBytes,
  isBytesOrText,
  isInstance,
  kindOf,
  required,
  type Shape,
} from "../../cert/base/options.ts";
import { shown } from "../../cert/base/printable.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { parseSctList } from "../../cert/extensions/sct.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { inspectPrivateKey } from "../../pkcs11/keys/private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { MAX_HANDSHAKE_SIZE } from "../messages/handshake.ts";
import {
  copyInput,
  invalid,
  isSameInput,
  requireSslArgs,
  takeSslOptions,
} from "./option_values.ts";

/**
 * A certificate: parsed, PEM text or bytes (its chain may follow), or DER.
 *
 * @category Options
 */
export type CertificateInput = Certificate | readonly Certificate[] | string | Uint8Array;

/**
 * A certificate to present to peers, with its private key.
 *
 * @category Options
 */
export interface CertificateOptions {
  /**
   * The certificate; PEM, as text or bytes, and arrays may contain its chain, each certificate
   * followed by its issuer.
   */
  cert: CertificateInput;
  /**
   * The private key: PEM text, PEM bytes, DER, a WebCrypto key, or any object that signs
   * ({@linkcode PrivateKey}), such as a key in a token or behind a service. An encrypted key has to
   * be imported before, by `importPrivateKey`.
   */
  key: string | Uint8Array | CryptoKey | PrivateKey;
  /** The issuers' certificates, if `cert` does not contain them; the root may be omitted. */
  chain?: CertificateInput;
  /**
   * An OCSP response for the certificate, to staple for clients that request it: DER, or PEM text
   * or bytes with one `OCSP RESPONSE`.
   */
  ocsp?: Uint8Array | string;
  /**
   * Signed certificate timestamps (RFC 6962), as encoded by `encodeSctList`, for clients that
   * request them.
   */
  scts?: Uint8Array;
}

/** What an end shows of itself, with the key that signs. */
export interface Credentials {
  /** The certificates to send, leaf first; empty for a raw public key. */
  readonly chain: readonly Certificate[];
  /** The key to send in place of certificates (RFC 7250). */
  readonly rawPublicKey: SubjectPublicKeyInfo | null;
  /** The OCSP response to staple, if any. */
  readonly ocspResponse: Uint8Array<ArrayBuffer> | undefined;
  /** The list of SCTs to send, if any. */
  readonly scts: Uint8Array<ArrayBuffer> | undefined;
}

/** A parsed chain with its private key, which is that of the leaf. */
export class Credential implements Credentials {
  /** The certificates to send, leaf first. */
  readonly chain: readonly Certificate[];
  /** None: certificates are sent. */
  readonly rawPublicKey = null;
  /** The OCSP response to staple, if any. */
  readonly ocspResponse: Uint8Array<ArrayBuffer> | undefined;
  /** The list of SCTs to send, if any. */
  readonly scts: Uint8Array<ArrayBuffer> | undefined;
  readonly #key: OwnKey;

  /**
   * Parses the certificates, and compares the key with the leaf as far as it shows what it is; it
   * is imported on first use, which is asynchronous.
   *
   * @throws {SslError} If the key is none, or not that of the certificate.
   */
  constructor(options: CertificateOptions, name: string) {
    const own = toCertificates(options.cert, `${name}.cert`);
    if (own.length === 0) {
      throw new SslError("SSL_ERROR_NO_CERTIFICATE", `Cannot use option ${name}.cert: it is empty`);
    }
    const chain = options.chain === undefined ? [] : toCertificates(options.chain, `${name}.chain`);
    this.chain = [...own, ...chain];
    this.ocspResponse = options.ocsp === undefined
      ? undefined
      : toOcspResponse(options.ocsp, `${name}.ocsp`);
    this.scts = options.scts && checkedScts(options.scts);
    checkSize(this, name);
    const { subject } = this.certificate;
    this.#key = new OwnKey(options.key, publicKeyOf(this.certificate), {
      kind: "certificate",
      name: () => shown(subject),
    });
  }

  /** The leaf certificate. */
  get certificate(): Certificate {
    return this.chain[0]!;
  }

  /**
   * Whether nothing more can be known of the key before it signs; otherwise {@linkcode privateKey}
   * compares it.
   */
  get isCompared(): boolean {
    return this.#key.isCompared;
  }

  /**
   * Returns the private key, which the first call imports.
   *
   * @throws {SslError} If it is none, or not that of the certificate.
   */
  privateKey(): Promise<PrivateKey> {
    return this.#key.privateKey();
  }
}

/** What a private key is given for, in words. */
export interface KeyHolder {
  readonly kind: "certificate" | "raw public key";
  /** Returns its name. */
  readonly name: () => string;
}

/** A private key, which must be that of a public key. */
export class OwnKey {
  readonly #key: CertificateOptions["key"];
  readonly #own: SubjectPublicKeyInfo;
  readonly #holder: KeyHolder;
  #privateKey: Promise<PrivateKey> | undefined;
  #isCompared: boolean;

  /**
   * Compares the key with the public one as far as it shows what it is; it is imported on first
   * use, which is asynchronous.
   *
   * @throws {SslError} If the key is none, or another's.
   */
  constructor(key: CertificateOptions["key"], own: SubjectPublicKeyInfo, holder: KeyHolder) {
    this.#key = key;
    this.#own = own;
    this.#holder = holder;
    this.#isCompared = this.#compareFacts();
  }

  /**
   * Whether nothing more can be known of the key before it signs; otherwise {@linkcode privateKey}
   * compares it.
   */
  get isCompared(): boolean {
    return this.#isCompared;
  }

  /**
   * Returns the private key, which the first call imports.
   *
   * @throws {SslError} If it is none, or another's.
   */
  privateKey(): Promise<PrivateKey> {
    return this.#privateKey ??= this.#import();
  }

  /** Compares what the key shows without being imported; returns whether that is enough. */
  #compareFacts(): boolean {
    const key = this.#key;
    const own = this.#own;
    let facts;
    try {
      facts = inspectPrivateKey(key);
    } catch (error) {
      throw this.#refusal(error);
    }
    const { type, curve, publicKey } = facts;
    const ownCurve = own.algorithm.type === "ec" ? own.algorithm.curve : undefined;
    if (type !== own.algorithm.type || curve !== ownCurve) {
      throw this.#mismatch(
        `; it is of kind ${curve === undefined ? type : `${type} ${curve}`}, not ${own}`,
      );
    }
    if (publicKey !== null) this.#comparePublicKey(publicKey);
    // A key of the application's own shows itself in its first signature only
    return publicKey !== null || !isEncoded(key);
  }

  async #import(): Promise<PrivateKey> {
    let key: PrivateKey;
    try {
      key = await importPrivateKey(this.#key);
    } catch (error) {
      throw this.#refusal(error);
    }
    const { publicKey } = key;
    if (publicKey !== undefined) this.#comparePublicKey(publicKey);
    else {
      key = this.#withFirstSignatureVerified(key);
      const [scheme] = key.schemes ?? [];
      if (isEncoded(this.#key) && scheme !== undefined) {
        await key.sign(scheme, new TextEncoder().encode("NSS for Deno compares a private key"));
      }
    }
    this.#isCompared = true;
    return key;
  }

  #comparePublicKey(publicKey: SubjectPublicKeyInfo): void {
    // The algorithm's identifier and parameters may be encoded differently
    if (!bytesEqual(publicKey.publicKey, this.#own.publicKey)) {
      throw this.#mismatch(`, but another one of kind ${this.#own}`);
    }
  }

  /** Returns a key whose signatures are verified until one was right. */
  #withFirstSignatureVerified(key: PrivateKey): PrivateKey {
    const { algorithm, schemes } = key;
    let isVerified = false;
    return {
      algorithm,
      ...(schemes !== undefined && { schemes }),
      sign: async (scheme, data) => {
        const signature = await key.sign(scheme, data);
        isVerified ||= await verifySignature(this.#own, scheme, data, signature, {
          anyCurve: true,
        });
        if (isVerified) return signature;
        throw this.#mismatch(`; what it signs does not verify with the ${this.#holder.kind}`);
      },
    };
  }

  #mismatch(state: string): SslError {
    const { kind, name } = this.#holder;
    return new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot use ${kind} ${name()}: the key given for it is not its own${state}`,
    );
  }

  /** Returns the error of a key that cannot be imported, which says what it was given for. */
  #refusal(cause: unknown): SslError {
    const { kind, name: nameOf } = this.#holder;
    const { name, message } = toSslError(cause);
    const state = message.replace(/^Cannot (?:import|parse|use) (?:private|public) key: /, "");
    return new SslError(name, `Cannot use the key given for ${kind} ${nameOf()}: ${state}`, {
      cause,
    });
  }
}

function publicKeyOf(certificate: Certificate): SubjectPublicKeyInfo {
  try {
    return certificate.subjectPublicKeyInfo;
  } catch (error) {
    throw toSslError(error);
  }
}

/** Returns whether a key is imported into WebCrypto. */
function isEncoded(key: CertificateOptions["key"]): boolean {
  return typeof key === "string" || key instanceof Uint8Array || key instanceof CryptoKey;
}

/**
 * Rejects what does not fit into a Certificate message (RFC 8446, Section 4.4.2) that is read here,
 * and by most peers, since it would end each handshake.
 */
function checkSize({ chain, ocspResponse: ocsp, scts }: Credential, name: string) {
  // Lengths of 1 and 3 bytes; of each certificate 3 and 2; headers of 4 and 4, and of 4
  const length = chain.reduce((sum, { der }) => sum + 5 + der.length, 4) +
    (ocsp === undefined ? 0 : 8 + ocsp.length) + (scts === undefined ? 0 : 4 + scts.length);
  if (length <= MAX_HANDSHAKE_SIZE) return;
  const why = `the Certificate message would be longer than ${MAX_HANDSHAKE_SIZE} bytes`;
  if (ocsp === undefined) throw invalid(name, why);
  throw invalid(`${name}.ocsp`, `with its ${ocsp.length} bytes ${why}`);
}

/** Returns a copy of a list of SCTs that parses, since a malformed one would end handshakes. */
function checkedScts(scts: Uint8Array): Uint8Array<ArrayBuffer> {
  try {
    parseSctList(scts);
  } catch (error) {
    throw toSslError(error);
  }
  return new Uint8Array(scts);
}

/** The members that an application may change in place, copied; a key is not, as it is secret. */
type KnownInputs = Readonly<Record<keyof CertificateOptions, unknown>>;

interface KnownCredential {
  readonly inputs: KnownInputs;
  readonly credential: Credential;
}

const credentials = new WeakMap<CertificateOptions, KnownCredential>();

/**
 * Returns the credential of options; the same one for the same object while its members are the
 * same, so that a server that passes the same options to each connection parses and imports them
 * once, and presents a new certificate that the application puts into them.
 */
export function toCredential(options: CertificateOptions, name: string): Credential {
  const own = takeSslOptions("Cannot use options", options, SHAPE, name);
  const known = credentials.get(options);
  if (known !== undefined && hasInputs(own, known.inputs)) return known.credential;
  const credential = new Credential(own, name);
  const inputs = {
    cert: copyInput(own.cert),
    key: own.key, // by identity: another key needs another certificate
    chain: copyInput(own.chain),
    ocsp: copyInput(own.ocsp),
    scts: copyInput(own.scts),
  };
  credentials.set(options, { inputs, credential });
  return credential;
}

function hasInputs(own: CertificateOptions, inputs: KnownInputs): boolean {
  return own.key === inputs.key && isSameInput(own.cert, inputs.cert) &&
    isSameInput(own.chain, inputs.chain) && isSameInput(own.ocsp, inputs.ocsp) &&
    isSameInput(own.scts, inputs.scts);
}

const SHAPE: Shape<CertificateOptions> = {
  cert: required(anything),
  key: required(anything), // examined with the certificate
  chain: anything,
  ocsp: isBytesOrText,
  scts: isBytes,
};

/**
 * Parses the certificates of a {@linkcode CertificateInput}.
 *
 * @param input The certificates.
 * @param name Their name, for the message.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if they are none.
 */
export function toCertificates(input: unknown, name: string): readonly Certificate[] {
  if (input instanceof Certificate) return [input];
  if (Array.isArray(input)) {
    const problem = isArrayOf(isInstance(Certificate))(input, name);
    requireSslArgs("Cannot use options", problem);
    return input;
  }
  if (typeof input !== "string" && !(input instanceof Uint8Array)) {
    const why = `${
      kindOf(input)
    } is not a Certificate, an array of them, PEM text or bytes, or DER`;
    throw invalid(name, why);
  }
  const isText = typeof input === "string" && !input.includes("-----BEGIN ");
  if (isText) throw invalid(name, whyNoPem(input));
  return naming(name, () => parseCertificatesPem(input));
}

function toOcspResponse(input: Uint8Array | string, name: string): Uint8Array<ArrayBuffer> {
  if (input.length === 0) throw invalid(name, "it is empty");
  return naming(name, () => copyBytes(decodeOnePemOrDer(input, OCSP_RESPONSE_PEM).der));
}

/** Runs a parser; its error then says which option is wrong. */
function naming<T>(name: string, parse: () => T): T {
  try {
    return parse();
  } catch (cause) {
    const error = toSslError(cause);
    const state = error.message.replace(/^Cannot parse [^:]+: (?:there is none: )?/, "");
    throw new SslError(error.name, `Cannot use option ${name}: ${state}`, { cause });
  }
}
