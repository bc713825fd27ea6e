// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Raw public keys (RFC 7250), which only the newer runners have: their flags, and what they ask of
 * the configuration.
 *
 * @module
 */

import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import type { RawPublicKeyAuthentication, RawPublicKeyHook } from "../../ssl/config/hooks.ts";
import type { RawPublicKeyOptions } from "../../ssl/config/import_options.ts";
import type { Flags } from "./flags.ts";

/** The types of certificates (RFC 7250, Section 3). */
export const X509 = 0;
export const RAW_PUBLIC_KEY = 2;

/** What a connection has of raw public keys; `undefined` for nothing. */
export async function rawPublicKeysOf(
  flags: Flags,
  accept: RawPublicKeyHook,
): Promise<RawPublicKeyOptions | undefined> {
  const accepted = flags.numbers("-accepted-peer-cert-types") ?? [];
  const available = flags.numbers("-available-client-cert-types") ?? [RAW_PUBLIC_KEY];
  const files = flags.credentials.filter((own) => own.has("-new-rpk-credential"))
    .map((own) => own.text("-key-file"));
  const keys = await Promise.all(
    files.filter((file) => file !== undefined && available.includes(RAW_PUBLIC_KEY))
      .map(async (file) => ({ key: await importPrivateKey(await Deno.readTextFile(file!)) })),
  );
  if (keys.length === 0 && !accepted.includes(RAW_PUBLIC_KEY)) return undefined;
  return {
    ...(keys.length > 0 && { keys }),
    ...(accepted.includes(RAW_PUBLIC_KEY) &&
      { accept, orCertificate: accepted.includes(X509) }),
  };
}

/** Whether a key is the one whose hash the runner has told. */
export async function isExpectedKey(
  flags: Flags,
  { publicKey }: RawPublicKeyAuthentication,
): Promise<boolean> {
  const hash = await crypto.subtle.digest("SHA-256", publicKey.der);
  return new Uint8Array(hash).toHex() === flags.bytes("-expect-peer-rpk-sha256")?.toHex();
}
