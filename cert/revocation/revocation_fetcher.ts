// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../base/runtime.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { type Crl, MAX_CRL_SIZE, parseCrlsPem } from "./crl.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import type { DistributionPoint } from "../extensions/crl_distribution_points.ts";
import type { GeneralName } from "../names/general_name.ts";
import { createOcspRequest } from "./ocsp_request.ts";
import { type OcspResponse, readOcspResponse } from "./ocsp_response.ts";
import { OIDS } from "../der/oids.ts";
import type { TrustAnchor } from "../verify/trust_anchor.ts";

/** The maximum number of fetches in one verification, over all certificates and paths. */
export const MAX_REVOCATION_FETCHES = 16;

/** The maximum number of addresses of each kind that are tried for one certificate. */
export const MAX_REVOCATION_URLS = 4;

/** The maximum length of an address that is tried. */
export const MAX_REVOCATION_URL_LENGTH = 2048;

/**
 * The arguments of a {@linkcode FetchCrl} hook besides the address.
 *
 * @category Revocation
 */
export interface FetchCrlRequest {
  /** The certificate whose status is checked. */
  readonly certificate: Certificate;
  /** Aborts the fetch, if the caller set one. */
  readonly signal?: AbortSignal;
}

/**
 * The arguments of a {@linkcode FetchOcsp} hook besides the address.
 *
 * @category Revocation
 */
export interface FetchOcspRequest extends FetchCrlRequest {
  /** The body to POST, of the type `application/ocsp-request`. */
  readonly request: Uint8Array<ArrayBuffer>;
  /** The issuer of the certificate. */
  readonly issuer: Certificate | TrustAnchor;
}

/**
 * A hook that fetches a CRL.
 *
 * The address is an `http:` or `https:` URL from a certificate whose signature has been verified.
 * CRLs are signed, so plain HTTP is usual. The hook returns the bytes, also from a cache, or
 * returns `null` or throws if it has none.
 *
 * @category Revocation
 */
export type FetchCrl = (
  url: string,
  request: FetchCrlRequest,
) => Uint8Array | null | Promise<Uint8Array | null>;

/**
 * A hook that sends a request to an OCSP responder and returns the response, or `null`; see
 * {@linkcode FetchCrl}.
 *
 * @category Revocation
 */
export type FetchOcsp = (
  url: string,
  request: FetchOcspRequest,
) => Uint8Array | null | Promise<Uint8Array | null>;

/** The addresses of one kind in a certificate. */
export interface RevocationUrls {
  /** The addresses that are tried. */
  readonly urls: readonly string[];
  /** A note on the number of others, for error messages; empty if there are none. */
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
 * Returns the addresses of OCSP responders in a certificate (RFC 5280, Section 4.2.2.1).
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
 * Returns the addresses of CRLs (RFC 5280, Sections 4.2.1.13 and 4.2.1.15).
 *
 * @param points The distribution points of a certificate or a CRL.
 * @returns The addresses.
 */
export function crlUrlsOf(points: readonly DistributionPoint[]): RevocationUrls {
  return urlsOf(points.flatMap(({ fullName }) => fullName ?? []));
}

/** A response, and the nonce that it must repeat. */
interface FetchedOcspResponse {
  readonly response: OcspResponse;
  readonly nonce?: Uint8Array;
}

/** Calls the hooks of one verification and limits the number of calls. */
export class RevocationFetcher {
  readonly #fetchCrl: FetchCrl | undefined;
  readonly #fetchOcsp: FetchOcsp | undefined;
  readonly #ocspNonce: (() => Uint8Array) | undefined;
  readonly #signal: AbortSignal | undefined;
  readonly #crls = new Map<string, Promise<Crl>>();
  readonly #responses = new Map<string, Promise<FetchedOcspResponse>>();
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
   * Fetches and parses a CRL, each address only once.
   *
   * @param url The address.
   * @param certificate The certificate whose status is checked.
   * @returns The CRL.
   * @throws {NssError} `SEC_ERROR_CRL_NOT_FOUND` if the hook does not return one, and what
   * {@linkcode parseCrl} throws.
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
   * Sends a request to a responder, for each certificate only once.
   *
   * @param url The address.
   * @param certificate The certificate whose status is checked.
   * @param issuer The issuer.
   * @returns The response, and the nonce that it must repeat, if any.
   * @throws {NssError} `SEC_ERROR_OCSP_BAD_HTTP_RESPONSE` if the hook does not return one, and what
   * {@linkcode readOcspResponse} throws.
   */
  async fetchOcsp(
    url: string,
    certificate: Certificate,
    issuer: Certificate | TrustAnchor,
  ): Promise<FetchedOcspResponse> {
    const hashes = [issuer.subjectPublicKeyInfo.digest(), certificate.fingerprint()];
    const id = [url, ...(await Promise.all(hashes)).map((hash) => toHex(hash))].join(" ");
    let promise = this.#responses.get(id);
    if (promise === undefined) {
      this.#responses.set(id, promise = this.#askOcsp(url, certificate, issuer));
    }
    return await promise;
  }

  async #askOcsp(
    url: string,
    certificate: Certificate,
    issuer: Certificate | TrustAnchor,
  ): Promise<FetchedOcspResponse> {
    const nonce = this.#ocspNonce?.();
    const request = await createOcspRequest(certificate, issuer, {
      ...(nonce !== undefined && { nonce }),
    });
    const bytes = await this.#get(
      "SEC_ERROR_OCSP_BAD_HTTP_RESPONSE",
      () =>
        this.#fetchOcsp!(url, { request: request.der, certificate, issuer, ...this.#withSignal() }),
    );
    return { response: readOcspResponse(bytes), ...(nonce !== undefined && { nonce }) };
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
      bytes = await abortable((async () => await get())(), this.#signal);
    } catch (cause) {
      this.#signal?.throwIfAborted();
      const state = cause instanceof Error ? cause.message : String(cause);
      throw new NssError(name, `the fetch failed: ${state}`, { cause });
    }
    if (bytes === null) throw new NssError(name, "nothing was fetched");
    return bytes;
  }
}

/** RFC 5280, Section 4.2.1.13: a single DER encoded CRL; some CAs serve PEM. */
function parseFetchedCrl(bytes: Uint8Array): Crl {
  if (bytes.length <= MAX_CRL_SIZE) return parseCrlsPem(bytes)[0]!;
  const state = `${bytes.length} bytes are more than ${MAX_CRL_SIZE}`;
  throw new NssError("SEC_ERROR_CRL_INVALID", `Cannot parse CRL: ${state}`);
}

/** Rejects when the signal aborts, even if the hook ignores it. */
function abortable<T>(promise: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return promise;
  return new Promise<T>((resolve, reject) => {
    const abort = () => reject(signal.reason);
    signal.addEventListener("abort", abort, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}
