// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a client offers of its external pre-shared keys. Loaded when it has one. @module */

import { askForPsk, formsOf, type PskForm } from "../../../authentication/external_psk.ts";
import { SslError } from "../../../base/errors.ts";
import { offersTls12, offersTls13 } from "../../../config/config.ts";
import { distinct, MAX_OFFERED_PSKS, requiresExternalPsk } from "../../../config/external_psk.ts";
import { HASH_LENGTHS } from "../../../crypto/hkdf.ts";
import type { HandshakeContext } from "../../handshake.ts";
import type { OfferedPsk } from "./offered_psk.ts";

/**
 * Returns the PSKs to offer, in preference order: those that a suite of TLS 1.3 goes with.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there are more than a hello has room for;
 * `SSL_ERROR_NO_CYPHER_OVERLAP` if none is left, and one is required.
 */
export async function externalPsksToOffer(hs: HandshakeContext): Promise<readonly OfferedPsk[]> {
  const { config } = hs;
  if (!offersTls13(config)) return [];
  const { getExternalPsk, externalPsks } = config;
  const chosen = getExternalPsk && await askForPsk(hs, getExternalPsk, {
    version: "TLSv1.3",
    identity: null,
    importContext: null,
    identityHint: null,
  });
  const keys = chosen === null
    ? externalPsks
    : distinct([...externalPsks, chosen], "externalPsks with getExternalPsk()");
  if (keys.length > MAX_OFFERED_PSKS) {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot offer pre-shared keys: there are ${keys.length}, more than ${MAX_OFFERED_PSKS}; ` +
        "give a client those of the server that it connects to",
    );
  }
  const forms = keys.flatMap(formsOf).filter(({ hash }) =>
    config.cipherSuites.some((suite) => suite.hash === hash)
  );
  // With TLS 1.2 the key may still be chosen by the server's hint.
  if (forms.length === 0 && requiresExternalPsk(config) && !offersTls12(config)) {
    throw keys.length === 0
      ? new SslError(
        "SSL_ERROR_APPLICATION_ABORT",
        "Cannot start handshake: the getExternalPsk hook has returned no pre-shared key, and " +
          "without the option certificateFallback this client takes no certificate in its place",
      )
      : new SslError(
        "SSL_ERROR_NO_CYPHER_OVERLAP",
        `Cannot start handshake: the pre-shared key is bound to ${keys[0]!.hash}, and no cipher ` +
          "suite that is enabled has this hash; compare the options cipherSuites and externalPsks",
      );
  }
  return forms.map(offeredPsk);
}

/** Begins to derive the key of a binder. */
function offeredPsk(form: PskForm): OfferedPsk {
  const { identity, externalIdentity, hash, kind } = form;
  const earlySecret = form.earlySecret();
  const binderKey = earlySecret.binderKey(kind);
  binderKey.catch(() => {}); // awaited with the ClientHello
  return {
    identity,
    // RFC 8446, Section 4.2.11: "For identities established externally, an obfuscated_ticket_age of
    // 0 SHOULD be used".
    obfuscatedTicketAge: () => 0,
    hash,
    hashLength: HASH_LENGTHS[hash],
    earlySecret,
    binderKey,
    session: null,
    externalIdentity,
  };
}
