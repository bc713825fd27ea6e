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

/** A certificate in any of the forms that people have it in: parsed, PEM text (the chain may follow), DER. */
export type CertificateInput = Certificate | readonly Certificate[] | string | Uint8Array;

/** A certificate to show to peers and the key that belongs to it. */
export interface CertificateOptions {
  /** The certificate; PEM text and arrays may hold its chain as well, each followed by its issuer. */
  cert: CertificateInput;
  /**
   * The private key: PEM text, PKCS#8 bytes, a WebCrypto key, or any object that signs
   * ({@linkcode PrivateKey}), such as a key in a token or behind a service.
   */
  key: string | Uint8Array | CryptoKey | PrivateKey;
  /** The issuers' certificates, where `cert` does not hold them; the root may be left out. */
  chain?: CertificateInput;
  /** An OCSP response about the certificate (DER), to be stapled for clients that ask for it. */
  ocsp?: Uint8Array;
  /** Signed certificate timestamps (RFC 6962), as `encodeSctList` writes them, to be sent to clients that ask for them. */
  scts?: Uint8Array;
}

/** A parsed chain with the key to it; made once for each {@linkcode CertificateOptions} object. */
export class Credential {
  /** The certificates to send, this end's own first. */
  readonly chain: readonly Certificate[];
  /** The OCSP response to staple, if any. */
  readonly ocspResponse: Uint8Array<ArrayBuffer> | undefined;
  /** The list of SCTs to send, if any. */
  readonly scts: Uint8Array<ArrayBuffer> | undefined;
  readonly #key: CertificateOptions["key"];
  #privateKey: Promise<PrivateKey> | undefined;

  /** Parses the certificates now and leaves the key for its first use, as that takes a promise. */
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

  /** The certificate that names this end. */
  get certificate(): Certificate {
    return this.chain[0]!;
  }

  /** The key, imported on the first call. */
  privateKey(): Promise<PrivateKey> {
    return this.#privateKey ??= importPrivateKey(this.#key);
  }
}

/** What is no list would only end handshakes. */
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
 * The credential that options describe; the same one for the same object, so that a server which hands the same
 * options to each connection parses and imports once.
 */
export function toCredential(options: CertificateOptions): Credential {
  let credential = credentials.get(options);
  if (credential === undefined) {
    credential = new Credential(options);
    credentials.set(options, credential);
  }
  return credential;
}

/** Reads certificates from any of the forms of {@linkcode CertificateInput}. */
export function toCertificates(input: CertificateInput): readonly Certificate[] {
  if (typeof input === "string") return parseCertificatesPem(input);
  if (input instanceof Uint8Array) return [parseCertificate(input)];
  return input instanceof Certificate ? [input] : input;
}
