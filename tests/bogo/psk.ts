// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the flags say about external pre-shared keys. @module */

import type { Settings } from "../../ssl/config/config.ts";
import type { Flags } from "./flags.ts";

/**
 * The settings of `-psk` and `-psk-identity`; the runner's keys are shorter than options may be.
 */
export function pskSettings(flags: Flags): Partial<Settings> {
  const psk = flags.text("-psk");
  if (psk === undefined) return {};
  const identity = flags.text("-psk-identity") ?? "";
  const [key, name] = [psk, identity].map((text) => new TextEncoder().encode(text));
  return {
    externalPsks: [{ identity: name!, key: key!, hash: "SHA-256", context: null }],
    pskIdentityHint: identity === "" ? null : identity,
    certificateFallback: true,
  };
}
