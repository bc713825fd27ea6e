// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { asciiOf } from "../der/der.ts";
import { type Crl, MAX_CRL_SIZE, parseCrl, parseCrlsPem } from "./crl.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import type { GeneralName } from "../names/general_name.ts";
import { createOcspRequest } from "./ocsp_request.ts";
import { type OcspResponse, parseOcspResponse } from "./ocsp_response.ts";
import { OIDS } from "../der/oids.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";

/** How many fetches one verification may cause, over all certificates and paths. */
export const MAX_REVOCATION_FETCHES = 16;

/** How many addresses of a kind are tried of one certificate. */
export const MAX_REVOCATION_URLS = 4;

/** The most characters of an address that is tried. */
export const MAX_REVOCATION_URL_LENGTH = 2048;

/** What a hook knows that fetches a list. */
export interface FetchCrlRequest {
  /** The certificate in question. */
  readonly certificate: Certificate;
  /** Ends the waiting, where the caller set one. */
  readonly signal?: AbortSignal;
}

/** What a hook knows that asks an OCSP responder. */
export interface FetchOcspRequest extends FetchCrlRequest {
  /** The body to POST, of the type `application/ocsp-request`. */
  readonly request: Uint8Array<ArrayBuffer>;
  /** Who issued the certificate. */
  readonly issuer: Certificate | TrustAnchor;
}

/**
 * Fetches a revocation list.
 *
 * The address is `http:` or `https:` and stands in a certificate whose signature is right; lists
 * are signed, so plain HTTP is usual. A hook gives `null`, or throws, where it has none. It may
 * give one from a cache.
 */
export type FetchCrl = (
  url: string,
  request: FetchCrlRequest,
) => Uint8Array | null | Promise<Uint8Array | null>;

/**
 * Sends a request to an OCSP responder and gives its response, or `null`; see {@linkcode FetchCrl}.
 */
export type FetchOcsp = (
  url: string,
  request: FetchOcspRequest,
) => Uint8Array | null | Promise<Uint8Array | null>;

/** The addresses of one kind in a certificate. */
export interface RevocationUrls {
  /** Those that are tried. */
  readonly urls: readonly string[];
  /** What to say of the others. */
  readonly ignored: string;
}

function urlsOf(names: readonly GeneralName[]): RevocationUrls {
  const all = new Set(names.flatMap((name) => name.type === "uri" ? [name.value] : []));
  const urls = [...all].filter(isFetchable).slice(0, MAX_REVOCATION_URLS);
  const ignored = all.size === urls.length ? "" : ` (${all.size - urls.length} addresses ignored)`;
  return { urls, ignored };
}

function isFetchable(url: string): boolean {
  const protocol = url.length <= MAX_REVOCATION_URL_LENGTH && URL.parse(url)?.protocol;
  return protocol === "http:" || protocol === "https:";
}

/**
 * Lists the OCSP responders that a certificate names (RFC 5280, Section 4.2.2.1).
 *
 * @param certificate The certificate.
 * @returns The addresses.
 */
export function ocspUrlsOf(certificate: Certificate): RevocationUrls {
  const descriptions = certificate.authorityInfoAccess ?? [];
  return urlsOf(
    descriptions.filter(({ method }) => method === OIDS.ocsp).map(({ location }) => location),
  );
}

/**
 * Lists where a certificate says that its revocation lists are (RFC 5280, Section 4.2.1.13); those
 * of other issuers are left out.
 *
 * @param certificate The certificate.
 * @returns The addresses.
 */
export function crlUrlsOf(certificate: Certificate): RevocationUrls {
  const points = certificate.crlDistributionPoints ?? [];
  return urlsOf(
    points.filter(({ crlIssuer }) => crlIssuer === undefined).flatMap(({ fullName }) =>
      fullName ?? []
    ),
  );
}

/** Calls the hooks of one verification, and counts. */
export class RevocationFetcher {
  readonly #fetchCrl: FetchCrl | undefined;
  readonly #fetchOcsp: FetchOcsp | undefined;
  readonly #ocspNonce: (() => Uint8Array) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #crls = new Map<string, Promise<Crl>>();
  #count = 0;

  /**
   * Creates a fetcher.
   *
   * @param options The hooks.
   */
  constructor(options: {
    readonly fetchCrl?: FetchCrl;
    readonly fetchOcsp?: FetchOcsp;
    readonly ocspNonce?: () => Uint8Array;
    readonly signal?: AbortSignal;
  }) {
    this.#fetchCrl = options.fetchCrl;
    this.#fetchOcsp = options.fetchOcsp;
    this.#ocspNonce = options.ocspNonce;
    this.#signal = options.signal;
  }

  /**
   * Fetches and parses a list, each only once.
   *
   * @param url Where it is.
   * @param certificate The certificate in question.
   * @returns The list.
   * @throws {NssError} `SEC_ERROR_CRL_NOT_FOUND` if the hook gives none, or why it does not parse.
   */
  fetchCrl(url: string, certificate: Certificate): Promise<Crl> {
    let promise = this.#crls.get(url);
    if (promise === undefined) {
      promise = this.#get(
        "SEC_ERROR_CRL_NOT_FOUND",
        () => this.#fetchCrl!(url, { certificate, ...this.#withSignal() }),
      ).then(parseFetchedCrl);
      this.#crls.set(url, promise);
    }
    return promise;
  }

  /**
   * Asks a responder.
   *
   * @param url Where it is.
   * @param certificate The certificate in question.
   * @param issuer Who issued it.
   * @returns The response, and the nonce that it must repeat.
   * @throws {NssError} `SEC_ERROR_OCSP_BAD_HTTP_RESPONSE` if the hook gives none, or why it does
   * not parse.
   */
  async fetchOcsp(
    url: string,
    certificate: Certificate,
    issuer: Certificate | TrustAnchor,
  ): Promise<{ response: OcspResponse; nonce?: Uint8Array }> {
    const nonce = this.#ocspNonce?.();
    const request = await createOcspRequest(certificate, issuer, {
      ...(nonce !== undefined && { nonce }),
    });
    const bytes = await this.#get(
      "SEC_ERROR_OCSP_BAD_HTTP_RESPONSE",
      () =>
        this.#fetchOcsp!(url, { request: request.der, certificate, issuer, ...this.#withSignal() }),
    );
    return { response: parseOcspResponse(bytes), ...(nonce !== undefined && { nonce }) };
  }

  #withSignal(): { signal?: AbortSignal } {
    return this.#signal === undefined ? {} : { signal: this.#signal };
  }

  async #get(
    name: ErrorName,
    get: () => Uint8Array | null | Promise<Uint8Array | null>,
  ): Promise<Uint8Array> {
    this.#signal?.throwIfAborted();
    if (this.#count === MAX_REVOCATION_FETCHES) {
      throw new NssError(name, `gave up after ${MAX_REVOCATION_FETCHES} fetches`);
    }
    this.#count++;
    let bytes: Uint8Array | null;
    try {
      bytes = await abortable(Promise.try(get), this.#signal);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const state = cause instanceof Error ? cause.message : String(cause);
      throw new NssError(name, `the fetch failed: ${state}`, { cause });
    }
    if (bytes === null) throw new NssError(name, "nothing was fetched");
    return bytes;
  }
}

/** RFC 5280, Section 4.2.1.13: a single DER encoded CRL; some authorities serve PEM. */
function parseFetchedCrl(bytes: Uint8Array): Crl {
  const text = bytes[0] === 0x2d && bytes.length <= MAX_CRL_SIZE ? asciiOf(bytes) : null;
  return text === null ? parseCrl(bytes) : parseCrlsPem(text)[0]!;
}

/** A hook that does not listen to the signal is not waited for. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
