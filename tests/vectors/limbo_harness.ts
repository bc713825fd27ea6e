// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A harness of x509-limbo: its JSON on standard input, its results' JSON on standard output.
 *
 * One configuration for all cases, the library's defaults; a case gives no more than the trust, the
 * time, the usage, the peer's name and the depth.
 *
 *     deno run tests/vectors/limbo_harness.ts < limbo.json > results.json
 *
 * @module
 */

import { type Certificate, parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { type TrustAnchor, trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { limboRevocation } from "./limbo_revocation.ts";
import { verifyCertName } from "../../cert/verify/verify_cert_name.ts";

/** The name of a peer in a case. */
export interface LimboPeerName {
  /** What the name is: `DNS`, `IP` or `RFC822`. */
  readonly kind: string;
  /** The name. */
  readonly value: string;
}

/** A case of x509-limbo, as far as the harness reads it. */
export interface LimboCase {
  /** What the case is called. */
  readonly id: string;
  /** What it needs beyond path validation. */
  readonly features?: readonly string[] | null;
  /** `SERVER` or `CLIENT`: whose certificate is verified. */
  readonly validation_kind: string;
  /** The trust anchors, PEM. */
  readonly trusted_certs: readonly string[];
  /** What may stand between, PEM. */
  readonly untrusted_intermediates: readonly string[];
  /** The certificate to verify, PEM. */
  readonly peer_certificate: string;
  /** When; now if null. */
  readonly validation_time: string | null;
  /** What the name must be. */
  readonly expected_peer_name: LimboPeerName | null;
  /** `SUCCESS` or `FAILURE`. */
  readonly expected_result: string;
  /** How many authorities may stand between. */
  readonly max_chain_depth: number | null;
  /** The revocation lists, PEM. */
  readonly crls?: readonly string[];
}

/** What x509-limbo gives to a harness. */
export interface LimboInput {
  /** 1. */
  readonly version: number;
  /** The cases. */
  readonly testcases: readonly LimboCase[];
}

/** What came of a case. */
export interface LimboResult {
  /** What the case is called. */
  readonly id: string;
  /** What the library did. */
  readonly actual_result: "SUCCESS" | "FAILURE" | "SKIPPED";
  /** Why. */
  readonly context: string | null;
}

/** What a harness gives to x509-limbo. */
export interface LimboOutput {
  /** 1. */
  readonly version: number;
  /** Who ran. */
  readonly harness: string;
  /** The results in the order of the cases. */
  readonly results: readonly LimboResult[];
}

function usable<T>(pems: readonly string[], take: (certificate: Certificate) => T): T[] {
  // What cannot be read cannot help: a path that needs it fails, another may not
  return pems.flatMap((pem) => {
    try {
      return parseCertificatesPem(pem).map(take);
    } catch (error) {
      if (error instanceof NssError) return [];
      throw error;
    }
  });
}

/**
 * Runs a case.
 *
 * @param limbo The case.
 * @returns What came of it.
 */
export async function runLimboCase(limbo: LimboCase): Promise<LimboResult> {
  const { id } = limbo;
  const time = limbo.validation_time === null ? new Date() : new Date(limbo.validation_time);
  try {
    const [leaf] = parseCertificatesPem(limbo.peer_certificate);
    const anchors = usable<TrustAnchor>(limbo.trusted_certs, trustAnchorOf);
    const intermediates = usable(limbo.untrusted_intermediates, (certificate) => certificate);
    const path = await verifyCertificateChain(leaf!, {
      anchors,
      intermediates,
      time,
      ...limboRevocation(limbo, time),
      usage: limbo.validation_kind === "CLIENT" ? "sslClient" : "sslServer",
      ...(limbo.max_chain_depth !== null && { maxDepth: limbo.max_chain_depth }),
    });
    const name = limbo.expected_peer_name;
    if (name !== null && (name.kind === "DNS" || name.kind === "IP")) {
      verifyCertName(leaf!, name.value);
    }
    return { id, actual_result: "SUCCESS", context: path.join(" <- ") };
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    return { id, actual_result: "FAILURE", context: `${error.name}: ${error.message}` };
  }
}

/**
 * Runs all cases.
 *
 * @param input The cases.
 * @returns What came of them.
 */
export async function runLimbo(input: LimboInput): Promise<LimboOutput> {
  const results: LimboResult[] = [];
  for (const limbo of input.testcases) results.push(await runLimboCase(limbo));
  return { version: 1, harness: "nss-deno", results };
}

if (import.meta.main) {
  const input = await new Response(Deno.stdin.readable).json() as LimboInput;
  const output = new Blob([JSON.stringify(await runLimbo(input))]);
  await output.stream().pipeTo(Deno.stdout.writable);
}
