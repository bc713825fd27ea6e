// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  isAmount,
  isArrayOf,
  isBoolean,
  isBytes,
  isDate,
  isEither,
  isFunction,
  isInstance,
  isOneOf,
  orNull,
  required,
  type Shape,
} from "../base/options.ts";
import { isCertificates } from "../certificate/checks.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { type CertProfile, isProfile } from "../verify/check_certificate.ts";
import { Crl } from "./crl.ts";
import { OcspResponse } from "./ocsp_response.ts";
import type { FetchCrl, FetchOcsp } from "./revocation_fetcher.ts";

/**
 * What happens if the revocation status of a certificate cannot be determined.
 *
 * - `off`: revocation is not checked.
 * - `soft`: only certificates known to be revoked are refused, however old or malformed the signed
 *   CRL or response of their issuer is. An attacker who blocks the network, or omits a stapled
 *   response, is not detected.
 * - `hard`: a certificate is refused unless it is known not to be revoked.
 *
 * @category Revocation
 */
export type RevocationPolicy = "off" | "soft" | "hard";

/**
 * The result of the check of one certificate.
 *
 * @category Revocation
 */
export interface RevocationReport {
  /** The certificate. */
  readonly certificate: Certificate;
  /** Whether it is known not to be revoked. */
  readonly status: "good" | "unknown";
  /** The source that says so, or why no source does. */
  readonly reason: string;
}

/**
 * The options of {@linkcode checkRevocation}.
 *
 * @category Revocation
 */
export interface RevocationOptions {
  /** What happens if the status cannot be determined. */
  readonly policy: RevocationPolicy;
  /** The time at which CRLs and responses must be fresh. */
  readonly time: Date;
  /** CRLs of any issuers. */
  readonly crls?: readonly Crl[];
  /**
   * Certificates of CRL issuers, besides those of the verification: those with which an authority
   * signs CRLs after its renewal or with a key for CRLs only, and those of issuers of indirect
   * CRLs. Each must lead to the trust anchor of the path.
   */
  readonly crlIssuers?: readonly Certificate[];
  /** The OCSP response that the peer stapled; `null` if it sent none. */
  readonly stapledOcspResponse?: OcspResponse | Uint8Array | null;
  /**
   * Whether the handshake requested a stapled response; `false` by default. Then a path with a
   * must-staple certificate (RFC 7633) is refused without a good response, whatever the policy; and
   * so is any path, unless the policy is `"off"`, if a response came that is malformed, not signed
   * by the issuer, about another certificate, not fresh, or `unknown` (RFC 6066, Section 8).
   */
  readonly mustStaple?: boolean;
  /**
   * Whether such a response counts as none instead, as in NSS, unless the certificate is a
   * must-staple one; `false` by default.
   */
  readonly lenientStaple?: boolean;
  /** Fetches a CRL if no given source has the status; by default none is fetched. */
  readonly fetchCrl?: FetchCrl;
  /** Asks an OCSP responder if no given source has the status; by default none is asked. */
  readonly fetchOcsp?: FetchOcsp;
  /** Returns the nonce of a request, 32 random bytes (RFC 9654); by default requests have none. */
  readonly ocspNonce?: () => Uint8Array;
  /** Whether intermediate certificates are checked as well; `true` by default. */
  readonly wholePath?: boolean;
  /** The tolerated difference of clocks in seconds; 0 by default. */
  readonly slopSeconds?: number;
  /** The profile of CRLs and responder certificates; by default that of the path. */
  readonly profile?: CertProfile;
  /** Whether signatures with SHA-1 are accepted, `false` by default. */
  readonly allowSha1?: boolean;
  /** Aborts the waiting for hooks. */
  readonly signal?: AbortSignal;
  /** Called with the result for each certificate that is not refused. */
  readonly report?: (report: RevocationReport) => void;
}

/** The checks of the options that do not depend on the peer. */
export const REVOCATION_SOURCES: Shape<
  Omit<RevocationOptions, "time" | "stapledOcspResponse" | "mustStaple">
> = {
  policy: required(isOneOf(["off", "soft", "hard"])),
  crls: isArrayOf(isInstance(Crl, "; parseCrl(der) makes one")),
  crlIssuers: isCertificates,
  fetchCrl: isFunction,
  fetchOcsp: isFunction,
  ocspNonce: isFunction,
  wholePath: isBoolean,
  slopSeconds: isAmount,
  profile: isProfile,
  allowSha1: isBoolean,
  signal: isInstance(AbortSignal),
  report: isFunction,
  lenientStaple: isBoolean,
};

/** The checks of all options. */
export const REVOCATION_OPTIONS: Shape<RevocationOptions> = {
  ...REVOCATION_SOURCES,
  time: required(isDate),
  stapledOcspResponse: orNull(
    isEither("an OcspResponse or bytes", isBytes, isInstance(OcspResponse)),
  ),
  mustStaple: isBoolean,
};
