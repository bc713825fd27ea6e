// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno. This module uses node:.

import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";

/** Where systems keep their roots as one PEM file, as in Go's `crypto/x509`. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Alpine
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL
  "/etc/ssl/ca-bundle.pem", // SUSE
  "/etc/ssl/cert.pem", // macOS, BSD, Alpine
];

let anchors: Promise<readonly TrustAnchor[]> | undefined;

/**
 * Loads the certification authorities that the platform trusts.
 *
 * They are Mozilla's, as the runtime carries them, which Deno allows with `--allow-sys`. Where that
 * is missing and reading is allowed, they are those of the system's PEM file. Loaded once, at the
 * first call that succeeds.
 *
 * Neither source tells for which purposes an authority is trusted, nor from which day on it no
 * longer is.
 *
 * @returns The trust anchors.
 * @throws {NssError} `SEC_ERROR_NO_MODULE` if neither is allowed; the message names the ways out.
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
      return []; // one root that is not understood must not take the others with it
    }
  });
  if (parsed.length === 0) {
    throw new NssError("SEC_ERROR_NO_MODULE", "Cannot load the platform's roots: there are none");
  }
  return parsed;
}

/**
 * The roots of the system's file, if that may be read without a question and the runtime's may not.
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
      // the next one
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
