// Copyright 2026 the NSS for Deno authors. MIT license.

import { certificateAuthorities } from "../../../extensions/certificate_authorities.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { signatureAlgorithms } from "../../../extensions/signature_algorithms.ts";
import { encodeCertificateRequest } from "../../../messages/certificate_request.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { signatureSchemeByName } from "../../../tables/signature_schemes.ts";
import { type HandshakeContext, sendHandshake } from "../../handshake.ts";
import { addGrease } from "./add_grease.ts";
import { authorityNames } from "../../../authentication/authority_names.ts";

/**
 * Sends CertificateRequest (RFC 8446, Section 4.3.2).
 *
 * @param hs The context of the handshake.
 * @param certificateRequestContext The context, which the answer repeats; empty in the handshake.
 */
export function sendCertificateRequest(
  hs: HandshakeContext,
  certificateRequestContext: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): void {
  const { signatureSchemes } = hs.config;
  const extensions = new ExtensionBlock().add(
    signatureAlgorithms,
    signatureSchemes.map((scheme) => signatureSchemeByName(scheme)!.id),
  );
  const names = authorityNames(hs.config);
  if (names.length > 0) extensions.add(certificateAuthorities, names);
  addGrease(hs, extensions);
  sendHandshake(
    hs,
    HandshakeType.certificateRequest,
    encodeCertificateRequest({ certificateRequestContext, extensions }),
  );
}
