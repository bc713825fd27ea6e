// Copyright 2026 the NSS for Deno authors. MIT license.

/** Certificates in files. @module */

import { type Certificate, parseCertificatesPem, parsePkcs7Certificates } from "../../cert/mod.ts";
import { readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";

/** Reads certificates of PEM, DER or PKCS#7. */
export async function readCertificates(file: string, io: Io): Promise<readonly Certificate[]> {
  const bytes = await readBytes(file, io);
  try {
    return parseCertificatesPem(bytes);
  } catch (error) {
    try {
      return parsePkcs7Certificates(bytes);
    } catch {
      throw error;
    }
  }
}
