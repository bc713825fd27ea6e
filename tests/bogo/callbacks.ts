// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the shim's hooks answer, as the flags say.
 *
 * @module
 */

import { Name } from "../../cert/names/name.ts";
import { chooseScheme } from "../../ssl/authentication/certificate_verify.ts";
import { chooseTls12Scheme } from "../../ssl/authentication/tls12_signature.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { CertificateOptions } from "../../ssl/config/credential.ts";
import type {
  ClientAuthRequest,
  ClientHelloInfo,
  SniSocketConfig,
} from "../../ssl/config/hooks.ts";
import { certificateAuthorities } from "../../ssl/extensions/certificate_authorities.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import type { ShimConnection } from "./config.ts";
import type { ShimCredential } from "./credentials.ts";

const REFUSAL = "SSL_ERROR_APPLICATION_ABORT";
const OCSP_REFUSAL = "SEC_ERROR_OCSP_MALFORMED_RESPONSE";

export function authCertificate({ flags }: ShimConnection): boolean {
  const refused = flags.has("-use-ocsp-callback") && flags.has("-fail-ocsp-callback");
  if (refused && !flags.has("-server")) throw new SslError(OCSP_REFUSAL, "The callback refuses");
  if (!flags.has("-verify-fail")) return true;
  // The error says which alert follows, as BoringSSL's callback does.
  const isCustom = flags.has("-use-custom-verify-callback");
  throw new SslError(
    isCustom ? "SEC_ERROR_INADEQUATE_CERT_TYPE" : REFUSAL,
    "The callback refuses",
  );
}

/** BoringSSL's `SSL_VERIFY_NONE`: the callback's verdict is remembered, and changes nothing. */
export function overrides({ flags }: ShimConnection, error: SslError): boolean {
  return error.name === REFUSAL && !flags.has("-verify-peer") &&
    !flags.has("-use-custom-verify-callback");
}

export function takeHello({ flags, seen }: ShimConnection, hello: ClientHelloInfo): boolean {
  seen.clientHello = hello;
  seen.peerSchemes = hello.signatureSchemes;
  if (flags.has("-fail-ddos-callback")) {
    throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  }
  return !flags.has("-fail-early-callback");
}

export function chooseProtocol({ flags }: ShimConnection): string | null {
  if (flags.has("-reject-alpn")) {
    throw new SslError("SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL", "The callback refuses");
  }
  if (flags.has("-select-empty-alpn")) return "";
  return flags.has("-decline-alpn") ? null : flags.text("-select-alpn") ?? null;
}

/** Chooses a server's certificates, where not each is for each client. */
export function chooseCertificates(
  { flags, credentials, seen }: ShimConnection,
): SniSocketConfig | undefined {
  const failed = flags.has("-fail-cert-callback") ||
    flags.has("-use-ocsp-callback") && flags.has("-fail-ocsp-callback");
  if (failed) throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  const ocsp = flags.bytes("-ocsp-response");
  if (ocsp !== undefined && flags.has("-set-ocsp-in-callback")) {
    return { certificates: credentials.map(({ options }) => ({ ...options, ocsp })) };
  }
  if (!credentials.some(({ mustMatchIssuer }) => mustMatchIssuer)) return;
  const authorities = authoritiesOf(seen.clientHello);
  return { certificates: forAuthorities(credentials, authorities).map(({ options }) => options) };
}

/** Chooses a client's certificate: the first whose key signs as the server asks. */
export function chooseClientCertificate(
  { flags, seen, credentials }: ShimConnection,
  { version, caNames, signatureSchemes }: ClientAuthRequest,
): CertificateOptions | null {
  seen.caNames = caNames;
  seen.peerSchemes = signatureSchemes.map((scheme) =>
    SIGNATURE_SCHEMES.find((row) => row.scheme === scheme)!.id
  );
  if (flags.has("-fail-cert-callback")) {
    throw new SslError("SEC_ERROR_LIBRARY_FAILURE", "The callback fails");
  }
  const choose = version === "TLSv1.2" ? chooseTls12Scheme : chooseScheme;
  const fitting = forAuthorities(credentials, caNames);
  const signing = fitting.find(({ key }) => choose(key, signatureSchemes, signatureSchemes));
  return (signing ?? fitting[0])?.options ?? null;
}

/** The authorities that a client names (RFC 8446, Section 4.2.4). */
function authoritiesOf(hello: ClientHelloInfo | null): readonly Name[] {
  const { type } = certificateAuthorities;
  const body = hello?.extensions.find((extension) => extension.type === type)?.body;
  if (body === undefined) return [];
  return certificateAuthorities.parse(new Reader(body)).map((der) => Name.fromDer(der));
}

/** Leaves out what is for peers alone that name its issuer. */
function forAuthorities(
  credentials: readonly ShimCredential[],
  authorities: readonly Name[],
): readonly ShimCredential[] {
  return credentials.filter(({ mustMatchIssuer, chain }) => {
    return !mustMatchIssuer ||
      chain.some(({ issuer }) => authorities.some((name) => name.equals(issuer)));
  });
}
