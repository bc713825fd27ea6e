// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Signer } from "../../authentication/authentication_context.ts";
import { signTls12 } from "../../authentication/tls12_signature.ts";
import type { Credentials } from "../../config/credential.ts";
import { encodeCertificateVerify } from "../../messages/certificate_verify.ts";
import {
  encodeTls12Certificate,
  encodeTls12RawPublicKey,
} from "../../messages/tls12_certificate.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { type HandshakeContext, sendHandshake } from "../handshake.ts";
import { show } from "../progress.ts";

/**
 * Sends Certificate, which may be empty (RFC 5246, Section 7.4.6).
 *
 * @param hs The context of the handshake.
 * @param credential What is shown; `null` for nothing.
 * @param isRaw Whether raw public keys were agreed on.
 */
export function sendTls12Certificate(
  hs: HandshakeContext,
  credential: Credentials | null,
  isRaw: boolean,
): void {
  const chain = credential?.chain ?? [];
  const key = credential?.rawPublicKey ?? null;
  const body = isRaw
    ? encodeTls12RawPublicKey(key?.der ?? null)
    : encodeTls12Certificate({ certificateList: chain.map(({ der }) => der) });
  sendHandshake(hs, HandshakeType.certificate, body);
  show(hs, { localChain: chain });
}

/** Sends CertificateVerify, which signs all messages so far (RFC 5246, Section 7.4.8). */
export async function sendTls12CertificateVerify(
  hs: HandshakeContext,
  { key, scheme }: Signer,
): Promise<void> {
  const signed = await signTls12(key, scheme, hs.transcript.messages());
  sendHandshake(hs, HandshakeType.certificateVerify, encodeCertificateVerify(signed));
}
