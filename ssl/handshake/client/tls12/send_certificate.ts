// Copyright 2026 the NSS for Deno authors. MIT license.

import type { PrivateKey, SignatureScheme } from "../../../../cert/certificate/private_key.ts";
import type { Credential } from "../../../config/credential.ts";
import type { ClientAuthRequest } from "../../../config/hooks.ts";
import { encodeCertificateVerify } from "../../../messages/certificate_verify.ts";
import { encodeTls12Certificate } from "../../../messages/tls12_certificate.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { type HandshakeContext, sendHandshake } from "../../handshake.ts";
import { chooseTls12Scheme, signTls12 } from "../../../authentication/tls12_signature.ts";
import { chooseCredential } from "../tls13/send_certificate.ts";

/** What a client shows, and how it signs for it. */
export interface ClientProof {
  readonly credential: Credential;
  readonly key: PrivateKey;
  readonly scheme: SignatureScheme;
}

/** The client's certificate for a server that asks for one; `null` where there is nothing to show. */
export async function chooseTls12Credential(
  hs: HandshakeContext,
  request: ClientAuthRequest,
): Promise<ClientProof | null> {
  const credential = await chooseCredential(hs, request, chooseTls12Scheme);
  if (credential === null) return null;
  const key = await credential.privateKey();
  const scheme = chooseTls12Scheme(key, hs.config.signatureSchemes, request.signatureSchemes);
  // A certificate whose key the server cannot check would only end the handshake.
  return scheme === undefined ? null : { credential, key, scheme };
}

/** Sends Certificate, with an empty list where there is nothing to show (RFC 5246, Section 7.4.6). */
export function sendTls12Certificate(hs: HandshakeContext, credential: Credential | null): void {
  const chain = credential?.chain ?? [];
  sendHandshake(
    hs,
    HandshakeType.certificate,
    encodeTls12Certificate({ certificateList: chain.map(({ der }) => der) }),
  );
  hs.negotiated.localChain = chain;
}

/** Signs all messages so far (RFC 5246, Section 7.4.8). */
export async function sendTls12CertificateVerify(
  hs: HandshakeContext,
  { key, scheme }: ClientProof,
): Promise<void> {
  const signed = await signTls12(key, scheme, hs.transcript.messages());
  sendHandshake(hs, HandshakeType.certificateVerify, encodeCertificateVerify(signed));
  hs.negotiated.localSignatureScheme = scheme;
}
