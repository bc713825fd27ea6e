// Copyright 2026 the NSS for Deno authors. MIT license.

/** Where the command line lets the status of certificates be looked up. @module */

import {
  type Crl,
  MAX_CRL_SIZE,
  MAX_OCSP_RESPONSE_SIZE,
  type RevocationOptions,
} from "../../cert/mod.ts";
import type { Args, Option } from "../base/args.ts";

const POLICIES = ["off", "given", "fetch", "demand"] as const;

/** The option that says how revocation is looked at. */
export const REVOCATION_OPTION: Option = {
  name: "revocation",
  value: "HOW",
  text: "off; given: by the stapled OCSP response, --crl and --db (the default); fetch: ask the " +
    "authorities' servers, which lets them know; demand: fetch, and a status must be known",
  words: POLICIES,
};

/** How revocation is looked at; without `report` and what a handshake knows. */
export type Revocation = Omit<RevocationOptions, "time" | "stapledOcspResponse" | "mustStaple">;

/** How long a request to an authority may take, in milliseconds. */
const FETCH_TIMEOUT = 10_000;

async function fetchBytes(
  url: string,
  init: RequestInit,
  max: number,
): Promise<Uint8Array | null> {
  const response = await fetch(url, { ...init, signal: AbortSignal.timeout(FETCH_TIMEOUT) });
  if (!response.ok || response.body === null) {
    await response.body?.cancel();
    return null;
  }
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let size = 0;
  for await (const chunk of response.body) {
    size += chunk.length;
    if (size > max) return null;
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

/** Reads {@linkcode REVOCATION_OPTION}. */
export function revocationOf(args: Args, crls: readonly Crl[]): Revocation {
  const how = args.choice("revocation", POLICIES) ?? "given";
  if (how === "off") return { policy: "off" };
  if (how === "given") return { policy: "soft", crls };
  return {
    policy: how === "demand" ? "hard" : "soft",
    crls,
    fetchCrl: (url) => fetchBytes(url, {}, MAX_CRL_SIZE),
    fetchOcsp: (url, { request }) =>
      fetchBytes(
        url,
        { method: "POST", body: request, headers: { "content-type": "application/ocsp-request" } },
        MAX_OCSP_RESPONSE_SIZE,
      ),
  };
}
