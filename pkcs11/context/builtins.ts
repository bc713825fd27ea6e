// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno. This module uses node:.

import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";

/** The PEM files in which systems keep their roots, as in Go's `crypto/x509`. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Alpine
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL
  "/etc/ssl/ca-bundle.pem", // SUSE
  "/etc/ssl/cert.pem", // macOS, BSD, Alpine
];

let anchors: Promise<readonly TrustAnchor[]> | undefined;

/**
 * Loads the root certificates that the platform trusts.
 *
 * They are Mozilla's roots as built into the runtime, for which Deno needs `--allow-sys`; without
 * it, those of the system's PEM file, if it may be read. They are loaded once, by the first call
 * that succeeds.
 *
 * Neither source says for which purposes a root is trusted, or from which date its new certificates
 * are not.
 *
 * @returns The trust anchors.
 * @throws {NssError} `SEC_ERROR_NO_MODULE` if neither is permitted; the message names the
 * permissions.
 *
 * @example Usage
 * ```ts
 * import { platformTrustAnchors } from "@nss/nss/pkcs11";
 * import { assertGreater } from "@std/assert";
 *
 * assertGreater((await platformTrustAnchors()).length, 100);
 * ```
 */
export function platformTrustAnchors(): Promise<readonly TrustAnchor[]> {
  return anchors ??= load().catch((error) => {
    anchors = undefined; // a permission may be granted later
    throw error;
  });
}

async function load(): Promise<readonly TrustAnchor[]> {
  const pems = await readBundle() ?? await readRuntime();
  const parsed = pems.flatMap((pem) => {
    try {
      return parseCertificatesPem(pem).map((certificate) => ({
        ...trustAnchorOf(certificate),
        vetted: true,
      }));
    } catch {
      return []; // a root that cannot be parsed must not discard the others
    }
  });
  if (parsed.length === 0) {
    throw new NssError("SEC_ERROR_NO_MODULE", "Cannot load the platform's roots: there are none");
  }
  return parsed;
}

/**
 * Returns the roots of the system's file if it may be read without a prompt and the runtime's may
 * not.
 */
async function readBundle(): Promise<string[] | null> {
  if (!("Deno" in globalThis)) return null;
  const { permissions } = Deno;
  if ((await permissions.query({ name: "sys" })).state === "granted") return null;
  for (const path of BUNDLES) {
    if ((await permissions.query({ name: "read", path })).state !== "granted") continue;
    try {
      const text = await Deno.readTextFile(path);
      return text.split(/(?=-----BEGIN )/);
    } catch {
      // Try the next one
    }
  }
  return null;
}

async function readRuntime(): Promise<readonly string[]> {
  try {
    const { rootCertificates } = await import("node:tls");
    return [...rootCertificates];
  } catch (cause) {
    throw new NssError(
      "SEC_ERROR_NO_MODULE",
      "Cannot load the platform's roots: a permission is missing; run with --allow-sys for Mozilla's roots, " +
        `or with --allow-read=${BUNDLES.join(",")} for the system's, or pass caCerts`,
      { cause },
    );
  }
}
