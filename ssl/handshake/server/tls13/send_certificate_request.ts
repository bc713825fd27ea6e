// Copyright 2026 the NSS for Deno authors. MIT license.

import { certificateAuthorities } from "../../../extensions/certificate_authorities.ts";
import { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { signatureAlgorithms } from "../../../extensions/signature_algorithms.ts";
import { encodeCertificateRequest } from "../../../messages/certificate_request.ts";
import { HandshakeType } from "../../../tables/handshake_types.ts";
import { signatureSchemeByName } from "../../../tables/signature_schemes.ts";
import { type HandshakeContext, prepareHandshake } from "../../handshake.ts";
import { addGrease } from "./add_grease.ts";
import { pkcs1ClientIds } from "../../../authentication/certificate_verify.ts";
import { authorityNames } from "../../../authentication/authority_names.ts";

/**
 * Adds CertificateRequest (RFC 8446, Section 4.3.2) to the transcript.
 *
 * @param hs The context of the handshake.
 * @param certificateRequestContext The context, which the answer repeats; empty in the handshake.
 * @returns The message, to be sent.
 */
export function prepareCertificateRequest(
  hs: HandshakeContext,
  certificateRequestContext: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): Uint8Array<ArrayBuffer> {
  const { signatureSchemes, pkcs1ClientAuth } = hs.config;
  const ids = signatureSchemes.map((scheme) => signatureSchemeByName(scheme)!.id);
  if (pkcs1ClientAuth) ids.push(...pkcs1ClientIds(signatureSchemes));
  const extensions = new ExtensionBlock().add(signatureAlgorithms, ids);
  const names = authorityNames(hs.config);
  if (names.length > 0) extensions.add(certificateAuthorities, names);
  addGrease(hs, extensions);
  return prepareHandshake(
    hs,
    HandshakeType.certificateRequest,
    encodeCertificateRequest({ certificateRequestContext, extensions }),
  );
}
