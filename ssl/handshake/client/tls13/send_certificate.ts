// Copyright 2026 the NSS for Deno authors. MIT license.

import { chooseClientSigner } from "../../../authentication/choose_signer.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { type HandshakeContext, sendHandshake } from "../../handshake.ts";
import { type Shown, shownBy } from "../../negotiated.ts";
import { show } from "../../progress.ts";
import { prepareCertificate, signHandshake } from "../../tls13/send_certificate.ts";

/**
 * Answers a CertificateRequest, with an empty Certificate if there is no suitable one (RFC 8446,
 * Section 4.4.2).
 *
 * @param hs The context of the handshake.
 * @param request The request.
 * @param isRaw Whether raw public keys were agreed on for this end.
 * @param before The authentication of this end before.
 * @param context The context of a post-handshake request.
 * @returns The authentication of this end, which an empty Certificate does not change.
 */
export async function sendClientCertificate(
  hs: HandshakeContext,
  request: ClientAuthRequest,
  isRaw: boolean,
  before: Shown,
  context?: Uint8Array<ArrayBuffer>,
): Promise<Shown> {
  const signer = await chooseClientSigner(hs, request, isRaw);
  const credential = "reason" in signer ? null : signer.credential;
  hs.output.sendMessage(prepareCertificate(hs, credential, null, context));
  if (!("reason" in signer)) {
    show(hs, { localChain: signer.credential.chain });
    sendHandshake(hs, HandshakeType.certificateVerify, await signHandshake(hs, signer));
  }
  show(hs, { noCertificate: "reason" in signer ? signer.reason : null });
  return {
    ...("reason" in signer ? before : shownBy(signer)),
    askedForClientAuthData: before.askedForClientAuthData || hs.config.getClientAuthData !== null,
  };
}
