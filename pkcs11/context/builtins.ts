// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno. This module uses node:.

/**
 * The authorities that are trusted by default: those of the runtime or of the system.
 *
 * ```ts
 * import { platformTrustAnchors } from "@nss/nss/pkcs11/builtins";
 * import { assert } from "@std/assert";
 *
 * const anchors = await platformTrustAnchors(); // needs --allow-sys, or --allow-read
 * assert(anchors.length > 0);
 * ```
 *
 * @module
 */

import { type CertTrust, parseTrust } from "../../cert/db/trust_flags.ts";
import { parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { importBuiltin } from "../../cert/base/lazy_module.ts";
import { pemOrDer } from "../../cert/der/pem.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";

/** The PEM files in which systems keep their roots, as in Go's `crypto/x509`. */
const BUNDLES: readonly string[] = [
  "/etc/ssl/certs/ca-certificates.crt", // Debian, Arch, Alpine
  "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL
  "/etc/ssl/ca-bundle.pem", // SUSE
  "/etc/ssl/cert.pem", // macOS, BSD, Alpine
];

/** The variables that name a PEM file of the user's own roots; Deno and Node read the second. */
const OWN_FILES: readonly string[] = ["DENO_CERT", "NODE_EXTRA_CA_CERTS"];

/** Mozilla's roots are approved for servers, not for client certificates or e-mail. */
const TRUST: CertTrust = parseTrust("C,,");

/**
 * The dates after which Mozilla trusts no new server certificates of a root, which neither source
 * has (`CKA_NSS_SERVER_DISTRUST_AFTER` in NSS's certdata.txt since 2024). By common name, or
 * subject if there is none.
 */
const DISTRUST_AFTER: ReadonlyMap<string, Date> = new Map(
  ([
    ["2024-06-30T00:00:00Z", ["GLOBALTRUST 2020"]],
    [
      "2024-11-30T23:59:59Z",
      [
        "AffirmTrust Commercial",
        "AffirmTrust Networking",
        "AffirmTrust Premium",
        "AffirmTrust Premium ECC",
        "Entrust Root Certification Authority",
        "Entrust Root Certification Authority - EC1",
        "Entrust Root Certification Authority - G2",
        "Entrust.net Certification Authority (2048)",
      ],
    ],
    [
      "2025-04-15T23:59:59Z",
      ["OU=ePKI Root Certification Authority,O=Chunghwa Telecom Co.\\, Ltd.,C=TW"],
    ],
  ] as const).flatMap(([date, names]) => names.map((name) => [name, new Date(date)])),
);

let anchors: Promise<readonly TrustAnchor[]> | undefined;

/**
 * Loads the root certificates that the platform trusts.
 *
 * They are those of the runtime, for which Deno needs `--allow-sys`: Mozilla's as built into it,
 * and those that the user has chosen by `NODE_EXTRA_CA_CERTS`; with
 * `--allow-env=NODE_USE_SYSTEM_CA`, the choice of `DENO_TLS_CA_STORE` counts as well. Without
 * `--allow-sys` they are those of the system's PEM file, if it may be read. The roots in the files
 * that `DENO_CERT` and `NODE_EXTRA_CA_CERTS` name are added if variable and file may be read
 * already; no permission is asked for. A program cannot see the roots of Deno's option `--cert`.
 * All are loaded once, by the first call that succeeds.
 *
 * They are trusted for servers only, and, as by Mozilla, not for new certificates of roots that are
 * being phased out (`distrustAfter`). Those that are built into the runtime count as `vetted`.
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
 *
 * @category Verification
 */
export function platformTrustAnchors(): Promise<readonly TrustAnchor[]> {
  return anchors ??= load().catch((error) => {
    anchors = undefined; // a permission may be granted later
    throw error;
  });
}

/** Roots as PEM, a text each. */
interface Roots {
  readonly pems: readonly string[];
  /** The content of those that are built into the runtime. */
  readonly bundled: ReadonlySet<string>;
}

async function load(): Promise<readonly TrustAnchor[]> {
  const { pems, bundled } = await readBundle() ?? await readRuntime();
  const found = new Map<string, TrustAnchor>();
  for (const pem of [...pems, ...await readOwnFiles()]) {
    try {
      const [certificate] = parseCertificatesPem(pem);
      const key = contentOf(pem);
      const { subject } = certificate!;
      const distrustAfter = DISTRUST_AFTER.get(subject.commonName ?? String(subject));
      found.set(key, {
        ...trustAnchorOf(certificate!),
        trust: TRUST,
        vetted: bundled.has(key),
        ...(distrustAfter !== undefined && { distrustAfter }),
      });
    } catch {
      // A root that cannot be parsed must not discard the others
    }
  }
  if (found.size === 0) {
    throw new NssError("SEC_ERROR_NO_MODULE", "Cannot load the platform's roots: there are none");
  }
  return [...found.values()];
}

/** The base64 of a block, which may be broken into lines in any way. */
function contentOf(pem: string): string {
  return /-----BEGIN [^-]*-----([^-]*)/.exec(pem)?.[1]?.replaceAll(/\s/g, "") ?? "";
}

function blocksOf(text: string): readonly string[] {
  return text.split(/(?=-----BEGIN )/);
}

/** Returns whether Deno has a permission, without a prompt. */
async function isGranted(permission: Deno.PermissionDescriptor): Promise<boolean> {
  return (await Deno.permissions.query(permission)).state === "granted";
}

/** Reads a file of PEM if that is permitted; `null` if it is not, or there is none. */
async function readIfPermitted(path: string): Promise<readonly string[] | null> {
  if (!await isGranted({ name: "read", path })) return null;
  try {
    const given = pemOrDer(await Deno.readFile(path));
    return "text" in given ? blocksOf(given.text) : null;
  } catch {
    return null;
  }
}

async function readOwnFiles(): Promise<readonly string[]> {
  if (!("Deno" in globalThis)) return [];
  const files = await Promise.all(OWN_FILES.map(async (variable) => {
    if (!await isGranted({ name: "env", variable })) return null;
    const path = Deno.env.get(variable);
    return path === undefined || path === "" ? null : await readIfPermitted(path);
  }));
  return files.flatMap((pems) => pems ?? []);
}

/** Returns the roots of the system's file if it may be read and the runtime's may not. */
async function readBundle(): Promise<Roots | null> {
  if (!("Deno" in globalThis) || await isGranted({ name: "sys" })) return null;
  for (const path of BUNDLES) {
    const pems = await readIfPermitted(path);
    if (pems !== null) return { pems, bundled: new Set() };
  }
  return null;
}

async function readRuntime(): Promise<Roots> {
  const tls = await importBuiltin(
    () => import("node:tls"),
    "SEC_ERROR_NO_MODULE",
    "Cannot load the platform's roots: this runtime has no node:tls to read them from; pass caCerts",
  );
  try {
    const { getCACertificates, rootCertificates } = tls;
    const bundled = new Set(rootCertificates.map(contentOf));
    // Older versions of Node have only the built-in ones
    if (typeof getCACertificates !== "function") return { pems: rootCertificates, bundled };
    // The default set is read by the help of a variable
    const seesDefault = !("Deno" in globalThis) ||
      await isGranted({ name: "env", variable: "NODE_USE_SYSTEM_CA" });
    const pems = seesDefault
      ? getCACertificates("default")
      : [...rootCertificates, ...getCACertificates("extra")];
    return { pems, bundled };
  } catch (cause) {
    const state = "Deno" in globalThis
      ? "a permission is missing; run with --allow-sys for Mozilla's roots, or with " +
        `--allow-read=${BUNDLES.join(",")} for the system's, or pass caCerts`
      : "this runtime shows them to no program; pass the roots to trust as caCerts";
    throw new NssError("SEC_ERROR_NO_MODULE", `Cannot load the platform's roots: ${state}`, {
      cause,
    });
  }
}
