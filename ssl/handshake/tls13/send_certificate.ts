// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Credentials } from "../../config/credential.ts";
import { ExtensionBlock } from "../../extensions/extension_block.ts";
import { certificateStatus } from "../../extensions/status_request.ts";
import { encodeCertificate } from "../../messages/certificate.ts";
import { ExtensionType } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { signTranscript } from "../../authentication/certificate_verify.ts";
import type { Signer } from "../../authentication/authentication_context.ts";
import { encodeCertificateVerify } from "../../messages/certificate_verify.ts";
import { type HandshakeContext, prepareHandshake } from "../handshake.ts";

/**
 * Adds Certificate (RFC 8446, Section 4.4.2) to the transcript.
 *
 * @param hs The context of the handshake.
 * @param credential The credential; `null` for an empty list.
 * @param asked The extensions of the ClientHello, which limit those of a server's certificate.
 * @param certificateRequestContext The context of a post-handshake request.
 * @returns The message, to be sent.
 */
export function prepareCertificate(
  hs: HandshakeContext,
  credential: Credentials | null,
  asked: ExtensionBlock | null = null,
  certificateRequestContext: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const key = credential?.rawPublicKey ?? null;
  const shown = key === null ? credential?.chain ?? [] : [key];
  const certificateList = shown.map(({ der }, index) => {
    const extensions = new ExtensionBlock();
    const { ocspResponse, scts } = index === 0 ? credential! : {};
    if (ocspResponse !== undefined && asked?.has(ExtensionType.statusRequest)) {
      extensions.add(certificateStatus, ocspResponse);
    }
    if (scts !== undefined && asked?.has(ExtensionType.signedCertificateTimestamp)) {
      extensions.addBody(ExtensionType.signedCertificateTimestamp, scts);
    }
    return { certData: der, extensions };
  });
  return prepareHandshake(
    hs,
    HandshakeType.certificate,
    encodeCertificate({ certificateRequestContext, certificateList }),
  );
}

/**
 * Signs the transcript so far, which ends with Certificate, and returns the body of
 * CertificateVerify (RFC 8446, Section 4.4.3).
 *
 * @throws {SslError} `SSL_ERROR_SIGN_HASHES_FAILURE` if the key throws an error other than an
 * `NssError`.
 */
export async function signHandshake(
  hs: HandshakeContext,
  { key, scheme }: Signer,
): Promise<Uint8Array<ArrayBuffer>> {
  const transcriptHash = await hs.transcript.digest();
  return encodeCertificateVerify(await signTranscript(key, scheme, hs.config.role, transcriptHash));
}
