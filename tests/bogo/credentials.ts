// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { CertificateOptions } from "../../ssl/config/credential.ts";
import type { Flags } from "./flags.ts";

/** Reads what an end shows of itself; `null` for nothing. */
export async function readCredential(flags: Flags): Promise<CertificateOptions | null> {
  const certFile = flags.text("-cert-file");
  const keyFile = flags.text("-key-file");
  if (certFile === undefined || keyFile === undefined) return null;
  const ocsp = flags.bytes("-ocsp-response");
  const scts = flags.bytes("-signed-cert-timestamps");
  return {
    cert: await Deno.readTextFile(certFile),
    key: await Deno.readTextFile(keyFile),
    ...(ocsp !== undefined && !flags.has("-set-ocsp-in-callback") &&
        !flags.has("-decline-ocsp-callback")
      ? { ocsp }
      : {}),
    ...(scts === undefined ? {} : { scts }),
  };
}
