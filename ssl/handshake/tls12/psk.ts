// Copyright 2026 the NSS for Deno authors. MIT license.

/** What both ends of ECDHE_PSK share (RFC 5489). @module */

import { bytesEqual } from "../../../cert/base/bytes.ts";
import { SslError } from "../../base/errors.ts";
import type { ExternalKey } from "../../config/external_psk.ts";
import { Writer } from "../../wire/writer.ts";
import type { HandshakeContext } from "../handshake.ts";
import { refuseOtherPeer } from "./renegotiation.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A pre-shared key that TLS 1.2 can use: not imported, and its bytes are known. */
export interface Tls12Psk {
  readonly identity: Bytes;
  readonly key: Bytes;
}

/**
 * Returns a key as TLS 1.2 uses it; `null` if it cannot: "External PSKs MUST NOT be imported for
 * (D)TLS 1.2" (RFC 9258, Section 5.1), and a `CryptoKey` does not give its bytes away.
 */
export function tls12Psk({ identity, key, context }: ExternalKey): Tls12Psk | null {
  return context === null && key instanceof Uint8Array ? { identity, key } : null;
}

/** Returns the premaster secret (RFC 5489, Section 2); overwrites the secret of ECDH with zeros. */
export function pskPremasterSecret(sharedSecret: Bytes, key: Bytes): Bytes {
  const secret = new Writer(4 + sharedSecret.length + key.length)
    .vector16(sharedSecret)
    .vector16(key)
    .finish();
  sharedSecret.fill(0);
  return secret;
}

/**
 * Refuses a renegotiation with another identity than before.
 *
 * @throws {SslError} `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if it was a certificate,
 * `SSL_ERROR_RENEGOTIATION_NOT_ALLOWED` if it was another pre-shared key, or nothing.
 */
export function refuseOtherPsk(hs: HandshakeContext, identity: Bytes): void {
  refuseOtherPeer(hs, { peerChain: [], peerRawPublicKey: null });
  if (hs.established === null) return;
  const before = hs.established.negotiated.peer.pskIdentity;
  if (before !== null && bytesEqual(before, identity)) return;
  throw new SslError(
    "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED",
    "Cannot renegotiate: the pre-shared key is another one than before",
  );
}
