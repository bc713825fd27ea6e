// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Credential, toCredential } from "../../../config/credential.ts";
import { toSslError } from "../../../base/errors.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import type { HandshakeContext } from "../../handshake.ts";
import { chooseScheme, sendCertificateVerify } from "../../../authentication/certificate_verify.ts";
import { sendCertificate } from "../../tls13/send_certificate.ts";

/**
 * Answers a CertificateRequest, with an empty Certificate where there is nothing to show (RFC 8446, Section 4.4.2).
 *
 * @param context Which request it answers, after the handshake.
 */
export async function sendClientCertificate(
  hs: HandshakeContext,
  request: ClientAuthRequest,
  context?: Uint8Array<ArrayBuffer>,
): Promise<void> {
  const credential = await chooseCredential(hs, request, chooseScheme);
  if (credential === null) return sendCertificate(hs, null, null, context);
  const key = await credential.privateKey();
  const scheme = chooseScheme(key, hs.config.signatureSchemes, request.signatureSchemes);
  // A certificate whose key the server cannot check would only end the handshake.
  if (scheme === undefined) return sendCertificate(hs, null, null, context);
  sendCertificate(hs, credential, null, context);
  hs.negotiated.localChain = credential.chain;
  await sendCertificateVerify(hs, key, scheme);
}

/**
 * Asks the hook for a credential, or chooses one of the configured ones.
 *
 * @param choose How the protocol version chooses a scheme for a key.
 */
export async function chooseCredential(
  { config, hooks, negotiated }: HandshakeContext,
  request: ClientAuthRequest,
  choose: typeof chooseScheme,
): Promise<Credential | null> {
  if (config.getClientAuthData !== null) {
    negotiated.askedForClientAuthData = true;
    try {
      const chosen = await hooks.call(config.getClientAuthData, request);
      return chosen ? toCredential(chosen) : null;
    } catch (error) {
      throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
    }
  }
  return config.credentials.find((credential) => isWanted(credential, request, choose)) ?? null;
}

/** Whether a credential's chain leads to an issuer that the server knows, and its key signs in a way that it accepts. */
function isWanted(
  credential: Credential,
  { caNames, signatureSchemes }: ClientAuthRequest,
  choose: typeof chooseScheme,
): boolean {
  const algorithm = credential.certificate.subjectPublicKeyInfo.algorithm;
  if (choose({ algorithm }, signatureSchemes, signatureSchemes) === undefined) return false;
  if (caNames.length === 0) return true;
  return credential.chain.some(({ issuer }) => caNames.some((name) => name.equals(issuer)));
}
