// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Credential } from "../../config/credential.ts";
import { ExtensionBlock } from "../../extensions/extension_block.ts";
import { certificateStatus } from "../../extensions/status_request.ts";
import { encodeCertificate } from "../../messages/certificate.ts";
import { ExtensionType } from "../../tables/extension_types.ts";
import { HandshakeType } from "../../tables/handshake_types.ts";
import { signTranscript } from "../../authentication/certificate_verify.ts";
import type { Signer } from "../../authentication/choose_signer.ts";
import { encodeCertificateVerify } from "../../messages/certificate_verify.ts";
import { type HandshakeContext, sendHandshake } from "../handshake.ts";
import { show } from "../progress.ts";

/**
 * Sends Certificate (RFC 8446, Section 4.4.2).
 *
 * @param hs The context of the handshake.
 * @param credential The credential; `null` for an empty list.
 * @param asked The extensions of the ClientHello, which limit those of a server's certificate.
 * @param certificateRequestContext The context of a post-handshake request.
 */
export function sendCertificate(
  hs: HandshakeContext,
  credential: Credential | null,
  asked: ExtensionBlock | null = null,
  certificateRequestContext: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): void {
  const certificateList = (credential?.chain ?? []).map(({ der }, index) => {
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
  sendHandshake(
    hs,
    HandshakeType.certificate,
    encodeCertificate({ certificateRequestContext, certificateList }),
  );
}

/**
 * Sends Certificate and CertificateVerify.
 *
 * @param asked As for {@linkcode sendCertificate}.
 * @param certificateRequestContext As for {@linkcode sendCertificate}.
 * @throws {SslError} `SSL_ERROR_SIGN_HASHES_FAILURE` if the key throws an error other than an
 * `NssError`.
 */
export async function sendCertificateAndVerify(
  hs: HandshakeContext,
  { credential, key, scheme }: Signer,
  asked?: ExtensionBlock | null,
  certificateRequestContext?: Uint8Array<ArrayBuffer>,
): Promise<void> {
  sendCertificate(hs, credential, asked, certificateRequestContext);
  show(hs, { localChain: credential.chain });
  const transcriptHash = await hs.transcript.digest();
  const signed = await signTranscript(key, scheme, hs.config.role, transcriptHash);
  sendHandshake(hs, HandshakeType.certificateVerify, encodeCertificateVerify(signed));
}
