// Copyright 2026 the NSS for Deno authors. MIT license.

/** The option that says how an authority signs. @module */

import type { SignatureScheme } from "../../cert/mod.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import type { Args, Option } from "../base/args.ts";

/** SHA-1 is for those who verify what is old. */
const SCHEMES: readonly SignatureScheme[] = SIGNATURE_SCHEMES.map(({ scheme }) => scheme)
  .filter((scheme) => !/sha1/.test(scheme));

/** How it is signed. */
export const SCHEME: Option = {
  name: "scheme",
  value: "SCHEME",
  text: "the signature; by default with SHA-256, or with the hash that fits the curve",
  words: SCHEMES,
};

/** Reads {@linkcode SCHEME}. */
export function schemeOf(args: Args): { readonly signatureScheme?: SignatureScheme } {
  const signatureScheme = args.choice("scheme", SCHEMES);
  return signatureScheme === undefined ? {} : { signatureScheme };
}
