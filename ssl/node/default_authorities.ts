// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { toCertificates } from "../config/credential.ts";
import { invalid } from "../config/option_values.ts";
import { kindOf } from "../../cert/base/options.ts";
import { inputOf } from "./read_options.ts";

let chosen: readonly Certificate[] | undefined;

/**
 * Returns the authorities that count where the option `ca` is missing; `undefined` for those of the
 * default context of NSS.
 */
export function defaultAuthorities(): readonly Certificate[] | undefined {
  return chosen;
}

/**
 * Replaces the authorities that are trusted where the option `ca` is missing, in the form of Node's
 * `tls.setDefaultCACertificates`. Contexts that exist keep theirs.
 *
 * @param certs The certificates, PEM text or bytes; an empty array trusts nobody.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if they are none.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair } from "@nss/nss";
 * import { setDefaultCACertificates } from "@nss/nss/node";
 * import { assertThrows } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const ca = await createCertificate({ ...keys, subject: "CN=Example CA", isCa: true });
 * setDefaultCACertificates([ca.toPem()]);
 * assertThrows(() => setDefaultCACertificates(["ca.pem"]), Error, "read the file first");
 * ```
 *
 * @category Node
 */
export function setDefaultCACertificates(certs: readonly (string | ArrayBufferView)[]): void {
  if (!Array.isArray(certs)) throw invalid("certs", `it is ${kindOf(certs)}, not an array`);
  chosen = certs.flatMap((cert, i) => toCertificates(inputOf(cert, `certs[${i}]`), `certs[${i}]`));
}
