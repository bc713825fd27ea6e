// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Certificate, parseCertificatesPem } from "../../cert/certificate/certificate.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import type { CertificateOptions } from "../../ssl/config/credential.ts";
import { SIGNATURE_SCHEMES } from "../../ssl/tables/signature_schemes.ts";
import type { Flags } from "./flags.ts";
import { known } from "./offers.ts";

/** What an end may show of itself. */
export interface ShimCredential {
  /** Its place among those that begin with a flag; -1 for the one that is there without. */
  readonly number: number;
  /** Its certificates, leaf first. */
  readonly chain: readonly Certificate[];
  /** Its key, which tells when it signs. */
  readonly key: PrivateKey;
  /** As the options take it. */
  readonly options: CertificateOptions;
  /** Whether it is for peers alone that name its issuer. */
  readonly mustMatchIssuer: boolean;
}

/**
 * Reads what an end may show of itself, in the order of preference: what begins with a flag of its
 * own, then what is there without.
 *
 * @param onUse Called with the number of the one whose key signs.
 */
export async function readCredentials(
  flags: Flags,
  onUse: (number: number) => void,
): Promise<readonly ShimCredential[]> {
  const all = [...flags.credentials, flags];
  const read = await Promise.all(all.map((own, i) => {
    const number = own === flags ? -1 : i;
    return readCredential(own, flags, number, onUse);
  }));
  return read.filter((credential) => credential !== null);
}

async function readCredential(
  own: Flags,
  flags: Flags,
  number: number,
  onUse: (number: number) => void,
): Promise<ShimCredential | null> {
  const certFile = own.text("-cert-file");
  const keyFile = own.text("-key-file");
  if (certFile === undefined || keyFile === undefined) return null;
  const ocsp = own.bytes("-ocsp-response");
  const scts = own.bytes("-signed-cert-timestamps");
  const chain = parseCertificatesPem(await Deno.readTextFile(certFile));
  const prefs = own === flags ? undefined : own.numbers("-signing-prefs");
  const imported = await importPrivateKey(await Deno.readTextFile(keyFile));
  const key = watched(imported, prefs, () => onUse(number));
  return {
    number,
    chain,
    key,
    mustMatchIssuer: own.has("-must-match-issuer"),
    options: {
      cert: chain,
      key,
      ...(ocsp !== undefined && !flags.has("-set-ocsp-in-callback") &&
          !flags.has("-decline-ocsp-callback")
        ? { ocsp }
        : {}),
      ...(scts === undefined ? {} : { scts }),
    },
  };
}

/** A key that tells when it is used, and signs only as it is told. */
function watched(
  key: PrivateKey,
  prefs: readonly number[] | undefined,
  onUse: () => void,
): PrivateKey {
  const schemes = prefs === undefined
    ? key.schemes
    : known(prefs, SIGNATURE_SCHEMES).map(({ scheme }) => scheme);
  return {
    algorithm: key.algorithm,
    ...(key.publicKey !== undefined && { publicKey: key.publicKey }),
    ...(schemes !== undefined && { schemes }),
    sign: (scheme, data) => {
      onUse();
      return key.sign(scheme, data);
    },
  };
}
