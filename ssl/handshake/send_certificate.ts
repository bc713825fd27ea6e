// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Credential } from "../credential.ts";
import { ExtensionBlock } from "../extensions/extension_block.ts";
import { certificateStatus } from "../extensions/status_request.ts";
import { encodeCertificate } from "../messages/certificate.ts";
import { HandshakeType } from "../tables/handshake_types.ts";
import { type HandshakeContext, sendHandshake } from "./handshake.ts";

/**
 * Sends Certificate (RFC 8446, Section 4.4.2).
 *
 * @param credential What to show; `null` for an empty list.
 * @param staple Whether the peer has asked for an OCSP response.
 * @param certificateRequestContext Which request it answers, after the handshake.
 */
export function sendCertificate(
  hs: HandshakeContext,
  credential: Credential | null,
  staple = false,
  certificateRequestContext: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): void {
  const certificateList = (credential?.chain ?? []).map(({ der }, index) => {
    const extensions = new ExtensionBlock();
    const response = credential?.ocspResponse;
    if (staple && index === 0 && response !== undefined) {
      extensions.add(certificateStatus, response);
    }
    return { certData: der, extensions };
  });
  sendHandshake(
    hs,
    HandshakeType.certificate,
    encodeCertificate({ certificateRequestContext, certificateList }),
  );
}
