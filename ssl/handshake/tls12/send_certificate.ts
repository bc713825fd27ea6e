// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../../cert/certificate/certificate.ts";
import type { Signer } from "../../authentication/choose_signer.ts";
import { signTls12 } from "../../authentication/tls12_signature.ts";
import { encodeCertificateVerify } from "../../messages/certificate_verify.ts";
import { encodeTls12Certificate } from "../../messages/tls12_certificate.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { type HandshakeContext, sendHandshake } from "../handshake.ts";
import { show } from "../progress.ts";

/** Sends Certificate, whose list may be empty (RFC 5246, Section 7.4.6). */
export function sendTls12Certificate(
  hs: HandshakeContext,
  chain: readonly Certificate[],
): void {
  sendHandshake(
    hs,
    HandshakeType.certificate,
    encodeTls12Certificate({ certificateList: chain.map(({ der }) => der) }),
  );
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
