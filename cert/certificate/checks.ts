// Copyright 2026 the NSS for Deno authors. MIT license.

/** The checks of arguments that are certificates and keys. @module */

import {
  type Check,
  hasMembers,
  isArrayOf,
  isBoolean,
  isBytes,
  isInstance,
  isString,
  required,
} from "../base/options.ts";
import { Certificate } from "./certificate.ts";
import { isPrivateKey } from "./private_key.ts";

export const isCertificate: Check = isInstance(
  Certificate,
  "; parseCertificate(der) and parseCertificatesPem(text) make one",
);
export const isCertificates: Check = isArrayOf(isCertificate);

/** Accepts a certificate with the private key of its holder. */
export const isIssuer: Check = hasMembers("{ certificate, privateKey }", {
  certificate: required(isCertificate),
  privateKey: required(isPrivateKey),
});

export const isExtension: Check = hasMembers("an extension; makeExtension() makes one", {
  oid: required(isString),
  critical: required(isBoolean),
  value: required(isBytes),
});
export const isExtensions: Check = isArrayOf(isExtension);
