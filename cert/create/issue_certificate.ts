// Copyright 2026 the NSS for Deno authors. MIT license.

import { isArrayOf, isOneOf, required, type Shape, takeOptions } from "../base/options.ts";
import { NssError } from "../base/errors.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { isIssuer } from "../certificate/checks.ts";
import { oidName, OIDS } from "../der/oids.ts";
import { extKeyUsage } from "../extensions/ext_key_usage.ts";
import { type KeyUsage, keyUsage } from "../extensions/key_usage.ts";
import {
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
  type KeyPurpose,
} from "./create_certificate.ts";
import { type CertificateRequest, verifyCertificateRequest } from "./csr.ts";
import { CERTIFICATE_OPTIONS } from "./signed_data.ts";

/**
 * An extension that {@linkcode issueCertificate} can copy from a request.
 *
 * @category Issuing certificates
 */
export type RequestedExtension = "subjectAltName" | "keyUsage" | "extKeyUsage";

/**
 * The options of {@linkcode issueCertificate}.
 *
 * @category Issuing certificates
 */
export interface IssueCertificateOptions
  extends Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer"> {
  /** The issuer. */
  readonly issuer: CertificateIssuer;
  /**
   * The extensions to copy from the request, which the caller has to examine first; none by
   * default. Other options take precedence. `basicConstraints` is never copied. `keyCertSign` and
   * `cRLSign` (unless `isCa`), `ocspSigning` and `anyExtendedKeyUsage` are refused in a request.
   */
  readonly copyExtensions?: readonly RequestedExtension[];
}

const REQUESTED: readonly RequestedExtension[] = ["subjectAltName", "keyUsage", "extKeyUsage"];

const SHAPE: Shape<IssueCertificateOptions> = {
  ...CERTIFICATE_OPTIONS,
  issuer: required(isIssuer),
  copyExtensions: isArrayOf(isOneOf(REQUESTED)),
};

/**
 * Verifies a certificate signing request and issues a certificate.
 *
 * The public key, and the subject unless the options have one, are those of the request.
 * Alternative names, key usages and purposes are copied only if `copyExtensions` names them.
 *
 * @param request The request.
 * @param options The issuer and the contents of the certificate.
 * @returns The certificate.
 * @throws {NssError} As {@linkcode verifyCertificateRequest} and {@linkcode createCertificate};
 * `SEC_ERROR_INVALID_ARGS` if a usage or purpose to copy is reserved for the issuer.
 *
 * @example Usage
 * ```ts
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { createCertificate, createCertificateRequest, issueCertificate } from "@nss/nss/cert";
 * import { assertEquals } from "@std/assert";
 *
 * const authority = await generateKeyPair();
 * const root = await createCertificate({ ...authority, subject: "CN=Example Root", isCa: true });
 *
 * const { privateKey } = await generateKeyPair();
 * const request = await createCertificateRequest({ privateKey, dnsNames: ["example.com"] });
 * const certificate = await issueCertificate(request, {
 *   issuer: { certificate: root, privateKey: authority.privateKey },
 *   copyExtensions: ["subjectAltName"],
 *   days: 30,
 * });
 * assertEquals(String(certificate.issuer), "CN=Example Root");
 * assertEquals(certificate.subjectAltName, [{ type: "dns", value: "example.com" }]);
 * ```
 *
 * @category Issuing certificates
 */
export async function issueCertificate(
  request: CertificateRequest,
  options: IssueCertificateOptions,
): Promise<Certificate> {
  options = takeOptions("Cannot issue certificate", options, SHAPE);
  await verifyCertificateRequest(request);
  const { copyExtensions = [], ...rest } = options;
  const copies = (name: RequestedExtension): boolean => copyExtensions.includes(name);
  const { dnsNames, ipAddresses, emailAddresses } = options;
  const given = dnsNames ?? ipAddresses ?? emailAddresses ?? options.otherNames;
  const names = copies("subjectAltName") && given === undefined
    ? request.subjectAltName
    : undefined;
  const usages = copies("keyUsage") ? request.extension(keyUsage) : undefined;
  const purposes = copies("extKeyUsage") ? request.extension(extKeyUsage) : undefined;
  if (options.keyUsage === undefined && options.isCa !== true) {
    refuseReserved(usages ?? [], RESERVED_USAGES);
  }
  if (options.extKeyUsage === undefined) refuseReserved(purposes ?? [], RESERVED_PURPOSES);
  return await createCertificate({
    subject: request.subject,
    ...(names !== undefined && { otherNames: names }),
    ...(usages !== undefined && { keyUsage: [...usages] }),
    ...(purposes !== undefined && { extKeyUsage: purposes as readonly KeyPurpose[] }),
    ...rest,
    publicKey: request.subjectPublicKeyInfo,
  });
}

/**
 * What is not copied from a request: the rights to sign certificates, CRLs and OCSP responses in
 * the issuer's name.
 */
const RESERVED_USAGES: readonly KeyUsage[] = ["keyCertSign", "cRLSign"];
const RESERVED_PURPOSES: readonly string[] = [OIDS.ocspSigning, OIDS.anyExtendedKeyUsage];

function refuseReserved<T extends string>(asked: Iterable<T>, reserved: readonly T[]): void {
  for (const one of asked) {
    if (!reserved.includes(one)) continue;
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot issue certificate: the request asks for ${oidName(one) ?? one}, ` +
        "which is the authority's to give by an option",
    );
  }
}
