// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  Certificate,
  parseCertificate,
  parseCertificatesPem,
} from "../../cert/certificate/certificate.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { parseSctList } from "../../cert/extensions/sct.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";

/** A certificate: parsed, PEM text (its chain may follow), or DER. */
export type CertificateInput = Certificate | readonly Certificate[] | string | Uint8Array;

/** A certificate to present to peers, with its private key. */
export interface CertificateOptions {
  /**
   * The certificate; PEM text and arrays may contain its chain, each certificate followed by its
   * issuer.
   */
  cert: CertificateInput;
  /**
   * The private key: PEM text, PKCS#8 bytes, a WebCrypto key, or any object that signs
   * ({@linkcode PrivateKey}), such as a key in a token or behind a service.
   */
  key: string | Uint8Array | CryptoKey | PrivateKey;
  /** The issuers' certificates, if `cert` does not contain them; the root may be omitted. */
  chain?: CertificateInput;
  /** An OCSP response for the certificate (DER), to staple for clients that request it. */
  ocsp?: Uint8Array;
  /**
   * Signed certificate timestamps (RFC 6962), as encoded by `encodeSctList`, for clients that
   * request them.
   */
  scts?: Uint8Array;
}

/** A parsed chain with its private key. */
export class Credential {
  /** The certificates to send, leaf first. */
  readonly chain: readonly Certificate[];
  /** The OCSP response to staple, if any. */
  readonly ocspResponse: Uint8Array<ArrayBuffer> | undefined;
  /** The list of SCTs to send, if any. */
  readonly scts: Uint8Array<ArrayBuffer> | undefined;
  readonly #key: CertificateOptions["key"];
  #privateKey: Promise<PrivateKey> | undefined;

  /** Parses the certificates; the key is imported on first use, which is asynchronous. */
  constructor(options: CertificateOptions) {
    const own = toCertificates(options.cert);
    if (own.length === 0) {
      throw new SslError("SSL_ERROR_NO_CERTIFICATE", "Cannot use certificate: the text holds none");
    }
    this.chain = [...own, ...(options.chain === undefined ? [] : toCertificates(options.chain))];
    this.ocspResponse = options.ocsp && new Uint8Array(options.ocsp);
    this.scts = options.scts && checkedScts(options.scts);
    this.#key = options.key;
  }

  /** The leaf certificate. */
  get certificate(): Certificate {
    return this.chain[0]!;
  }

  /** Returns the private key, which the first call imports. */
  privateKey(): Promise<PrivateKey> {
    return this.#privateKey ??= importPrivateKey(this.#key);
  }
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

const credentials = new WeakMap<CertificateOptions, Credential>();

/**
 * Returns the credential of options; the same one for the same object, so that a server that passes
 * the same options to each connection parses and imports them once.
 */
export function toCredential(options: CertificateOptions): Credential {
  let credential = credentials.get(options);
  if (credential === undefined) {
    credential = new Credential(options);
    credentials.set(options, credential);
  }
  return credential;
}

/** Parses the certificates of a {@linkcode CertificateInput}. */
export function toCertificates(input: CertificateInput): readonly Certificate[] {
  if (typeof input === "string") return parseCertificatesPem(input);
  if (input instanceof Uint8Array) return [parseCertificate(input)];
  return input instanceof Certificate ? [input] : input;
}
