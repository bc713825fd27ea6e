// Copyright 2026 the NSS for Deno authors. MIT license.

/** Certificates, revocation lists and requests in files. @module */

import {
  type Certificate,
  type CertificateRequest,
  type Crl,
  MAX_CRL_SIZE,
  parseCertificateRequest,
  parseCertificatesPem,
  parseCrl,
  parseCrlsPem,
  parsePkcs7Certificates,
} from "../../cert/mod.ts";
import type { Io } from "../base/io.ts";
import { readAs } from "../base/what_file.ts";

/** PEM and base64 take a third more than DER. */
const MAX_CRL_FILE = 2 * MAX_CRL_SIZE;

/** Reads certificates of PEM, DER or PKCS#7. */
export async function readCertificates(file: string, io: Io): Promise<readonly Certificate[]> {
  return await readAs("certificate", file, io, (bytes) => {
    try {
      return parseCertificatesPem(bytes);
    } catch (error) {
      try {
        return parsePkcs7Certificates(bytes);
      } catch {
        throw error;
      }
    }
  });
}

/** Reads a revocation list of PEM or DER. */
export async function readCrl(file: string, io: Io): Promise<Crl> {
  return await readAs("crl", file, io, (bytes) => parseCrl(bytes), MAX_CRL_FILE);
}

/** Reads all revocation lists of PEM, or one of DER. */
export async function readCrlFile(file: string, io: Io): Promise<readonly Crl[]> {
  return await readAs("crl", file, io, (bytes) => parseCrlsPem(bytes), MAX_CRL_FILE);
}

/** Reads a request for a certificate of PEM or DER. */
export async function readRequest(file: string, io: Io): Promise<CertificateRequest> {
  return await readAs("request", file, io, (bytes) => parseCertificateRequest(bytes));
}
