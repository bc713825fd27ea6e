// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * X.509 certificates: parsing, verification and creation, on WebCrypto.
 *
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import {
 *   createCertificate,
 *   parseCertificatesPem,
 *   trustAnchorOf,
 *   verifyCertificateChain,
 *   verifyCertName,
 * } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * // A private CA, and a certificate that it issues
 * const authority = await generateKeyPair();
 * const root = await createCertificate({ ...authority, subject: "CN=Example Root", isCa: true });
 * const { publicKey } = await generateKeyPair();
 * const leaf = await createCertificate({
 *   publicKey,
 *   dnsNames: ["example.com"],
 *   issuer: { certificate: root, privateKey: authority.privateKey },
 * });
 *
 * // What a client does with a server's certificate
 * const [received] = parseCertificatesPem(leaf.toPem());
 * const path = await verifyCertificateChain(received!, {
 *   anchors: [trustAnchorOf(root)],
 *   time: new Date(),
 *   usage: "sslServer",
 * });
 * verifyCertName(received!, "example.com");
 * assertEquals(path.length, 2);
 * ```
 *
 * All certificates pass one strict parser. Names, purposes, constraints and signatures are checked
 * as RFC 5280 says, and the work that a peer can cause is bounded. Time is an argument, except in
 * functions that create certificates, {@linkcode verifyCertNow} and
 * {@linkcode verifyCertificateNow}. Errors are those of NSS, with a message that says what is wrong
 * and where.
 *
 * Trust may be stored in a database, as in NSS: {@linkcode importCert} stores a certificate with
 * trust such as `"CT,C,C"`, {@linkcode verifyCert} and {@linkcode verifyCertificate} use it, and
 * {@linkcode getDefaultCertDB} returns the database of the default context.
 * {@linkcode MemoryCertDB} is one in memory; the tokens of `@nss/nss/pkcs11` have others (see
 * {@linkcode CertDB}).
 *
 * {@linkcode verifyCertificateChain} has two profiles. `"strict"`, the default, requires the form
 * that RFC 5280 and the CA/Browser Forum prescribe and that all CAs of the public web use. Private
 * CAs often omit key identifiers and similar fields that do not affect security; `"compatible"`
 * accepts their certificates. `docs/leniency.md` lists what each accepts beyond the standards.
 *
 * Other jobs: {@linkcode createCertificateRequest} and {@linkcode issueCertificate} for your own
 * authority, {@linkcode verifyOcspResponse} and {@linkcode verifyCrl} for revocation
 * (`docs/revocation.md`), {@linkcode formatCertificate} to show what is in a certificate. Keys and
 * PKCS#12 files are in `@nss/nss/pkcs11` (`docs/key_files.md`).
 *
 * To read and write other extensions, use {@linkcode DerReader} and {@linkcode DerWriter} (see
 * {@linkcode ExtensionCodec}). The limits of inputs are exported, such as {@linkcode MAX_CRL_SIZE}.
 *
 * @module
 */

export type { AltNameOptions } from "./names/alt_names.ts";
export {
  Certificate,
  MAX_CERTIFICATE_SIZE,
  parseCertificate,
  parseCertificatesPem,
} from "./certificate/certificate.ts";
export {
  type CertDB,
  type CertFindOptions,
  type CertQuery,
  type CertRecord,
  type CertSource,
  checkStorable,
  matchesCertQuery,
  type StoreCertOptions,
} from "./db/cert_db.ts";
export { CERT_USAGES, type CertUsageName } from "./verify/cert_usage.ts";
export {
  type CertificateExtensionJson,
  type CertificateJson,
  certificateToJson,
} from "./format/certificate_to_json.ts";
export type { CertProfile } from "./verify/check_certificate.ts";
export {
  type CertTimeValidity,
  checkCertValidTimes,
  NSS_SLOP_SECONDS,
} from "./verify/check_cert_valid_times.ts";
export { combineCertSources, type CombineCertSourcesOptions } from "./db/combine_cert_sources.ts";
export {
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
  type KeyPurpose,
} from "./create/create_certificate.ts";
export { createCrl, type CreateCrlOptions, type RevokedCertificate } from "./create/create_crl.ts";
export {
  createOcspErrorResponse,
  createOcspResponse,
  type CreateOcspResponseOptions,
  type OcspStatusOptions,
} from "./create/create_ocsp_response.ts";
export { Crl, type CrlEntry, MAX_CRL_SIZE, parseCrl, parseCrlsPem } from "./revocation/crl.ts";
export {
  CertificateRequest,
  createCertificateRequest,
  type CreateCertificateRequestOptions,
  MAX_REQUEST_SIZE,
  parseCertificateRequest,
  verifyCertificateRequest,
} from "./create/csr.ts";
export {
  issueCertificate,
  type IssueCertificateOptions,
  type RequestedExtension,
} from "./create/issue_certificate.ts";
export { formatCertificate } from "./format/format_certificate.ts";
export { encodePkcs7Certificates, parsePkcs7Certificates } from "./certificate/pkcs7.ts";
export { destroyCertificate, dupCertificate } from "./db/certificate_references.ts";
export { type ErrorName, ERRORS, errorToName, errorToString, NssError } from "./base/errors.ts";
export { issuerAltName, subjectAltName } from "./extensions/alt_name.ts";
export { type BasicConstraints, basicConstraints } from "./extensions/basic_constraints.ts";
export {
  crlDistributionPoints,
  type DistributionPoint,
  freshestCrl,
} from "./extensions/crl_distribution_points.ts";
export {
  certificateIssuer,
  type CrlReason,
  invalidityDate,
  reasonCode,
} from "./extensions/crl_entry.ts";
export { crlNumber, deltaCrlIndicator } from "./extensions/crl_number.ts";
export {
  type CertificateExtension,
  type ExtensionCodec,
  makeExtension,
  readExtension,
  readExtensions,
  writeExtensions,
} from "./extensions/extension.ts";
export { extKeyUsage } from "./extensions/ext_key_usage.ts";
export {
  type AccessDescription,
  authorityInfoAccess,
  subjectInfoAccess,
} from "./extensions/info_access.ts";
export {
  type IssuingDistributionPoint,
  issuingDistributionPoint,
} from "./extensions/issuing_distribution_point.ts";
export {
  type AuthorityKeyIdentifier,
  authorityKeyIdentifier,
  subjectKeyIdentifier,
} from "./extensions/key_identifiers.ts";
export { type KeyUsage, keyUsage } from "./extensions/key_usage.ts";
export { type NameConstraints, nameConstraints } from "./extensions/name_constraints.ts";
export { ocspNonce } from "./extensions/ocsp_nonce.ts";
export {
  certificatePolicies,
  inhibitAnyPolicy,
  type PolicyConstraints,
  policyConstraints,
  type PolicyInformation,
  type PolicyMapping,
  policyMappings,
  type PolicyQualifier,
} from "./extensions/policies.ts";
export {
  ocspSignedCertificateTimestampList,
  signedCertificateTimestampList,
} from "./extensions/signed_certificate_timestamp_list.ts";
export { tlsFeature } from "./extensions/tls_feature.ts";
export {
  findCertByDER,
  findCertByIssuerAndSN,
  findCertByKeyID,
  findCertByName,
  findCertByNickname,
  type FindCertOptions,
} from "./db/find_cert.ts";
export {
  formatGeneralName,
  type GeneralName,
  type GeneralNameType,
  readGeneralName,
  readGeneralNames,
  writeGeneralName,
} from "./names/general_name.ts";
export type { PolicyInputs } from "./verify/check_policies.ts";
export { getDefaultCertDB } from "./db/default_cert_db.ts";
export { importCert, type ImportCertOptions } from "./db/import_cert.ts";
export { formatIpAddress, parseIpAddress } from "./names/ip_address.ts";
export { MemoryCertDB, type MemoryCertDBOptions } from "./db/memory_cert_db.ts";
export { Name, type NameAttribute } from "./names/name.ts";
export { freeNicknames, getCertNicknames, nicknameOf, type NicknameSet } from "./db/nicknames.ts";
export {
  createOcspRequest,
  type CreateOcspRequestOptions,
  MAX_OCSP_REQUEST_SIZE,
  type OcspCertId,
  type OcspRequest,
  parseOcspRequest,
} from "./revocation/ocsp_request.ts";
export {
  type BasicOcspResponse,
  MAX_OCSP_RESPONSE_SIZE,
  type OcspCertStatus,
  type OcspResponderId,
  OcspResponse,
  type OcspResponseStatus,
  type OcspSingleResponse,
  parseOcspResponse,
} from "./revocation/ocsp_response.ts";
export { type BitString, type DerElement, DerReader, MAX_DER_SIZE } from "./der/der_reader.ts";
export { constructedTag, contextTag, TAG } from "./der/tag.ts";
export { DerWriter } from "./der/der_writer.ts";
export { type OidName, oidName, OIDS } from "./der/oids.ts";
export { decodePem, encodePem, MAX_PEM_SIZE, type PemBlock } from "./der/pem.ts";
export type {
  EcCurve,
  HashName,
  KeyAlgorithm,
  PrivateKey,
  SignatureScheme,
} from "./certificate/private_key.ts";
export {
  checkRevocation,
  type FetchCrl,
  type FetchCrlRequest,
  type FetchOcsp,
  type FetchOcspRequest,
  type RevocationOptions,
  type RevocationPolicy,
  type RevocationReport,
} from "./revocation/revocation.ts";
export { encodeSctList, parseSctList, type Sct } from "./extensions/sct.ts";
export { type SignatureAlgorithm, signatureSchemesOf } from "./certificate/signature_algorithm.ts";
export { parseSubjectPublicKeyInfo, SubjectPublicKeyInfo } from "./certificate/spki.ts";
export { type AnchorChecks, type TrustAnchor, trustAnchorOf } from "./verify/trust_anchor.ts";
export {
  type CertTrust,
  formatTrust,
  parseTrust,
  TRUST_FLAGS,
  trustFromLevels,
  type TrustLevel,
  type TrustLevels,
  trustLevels,
  type TrustPurpose,
} from "./db/trust_flags.ts";
export {
  type PathCheck,
  type VerifiedPath,
  verifyCertificateChain,
  type VerifyChainOptions,
  type VerifyLogEntry,
} from "./verify/verify_cert.ts";
export { verifyCertName } from "./verify/verify_cert_name.ts";
export { verifyCertificateNow, verifyCertNow } from "./verify/verify_cert_now.ts";
export {
  verifyCert,
  verifyCertificate,
  type VerifyCertOptions,
} from "./verify/verify_cert_usage.ts";
export { verifyCrl, type VerifyCrlOptions } from "./revocation/verify_crl.ts";
export {
  type VerifiedOcspStatus,
  verifyOcspResponse,
  type VerifyOcspResponseOptions,
} from "./revocation/verify_ocsp_response.ts";
export {
  type CtLog,
  precertificateTbs,
  verifySct,
  type VerifySctOptions,
} from "./revocation/verify_sct.ts";
export { verifySignature } from "./verify/verify_signature.ts";
