// Copyright 2026 the NSS for Deno authors. MIT license.

import type { CertificateTypes } from "../../extensions/certificate_type.ts";
import type { HandshakeContext } from "../handshake.ts";
import type { RecordLimits } from "../limit_records.ts";
import type { Tls12Agreement } from "../negotiated.ts";
import { logKey } from "../log_secret.ts";
import { deriveProtections, type Protections } from "../../record/tls12_key_block.ts";
import { MasterSecret, type Randoms } from "../../crypto/master_secret.ts";

/** What the hellos have determined in TLS 1.2. */
export interface Tls12Choice {
  readonly agreement: Tls12Agreement;
  readonly randoms: Randoms;
  /** The session ID in ServerHello; empty if the server does not cache the session. */
  readonly sessionId: Uint8Array<ArrayBuffer>;
  /** The limits of the records under the keys of this handshake. */
  readonly recordLimits: RecordLimits;
  /** Whether the ends show certificates or raw public keys. */
  readonly certificateTypes: CertificateTypes;
  /** Whether the server may send an OCSP response. */
  readonly statusDue: boolean;
  /** Whether the server must send a ticket. */
  readonly ticketDue: boolean;
}

/** A TLS 1.2 handshake with its keys. */
export interface Tls12Session extends Tls12Choice {
  readonly masterSecret: MasterSecret;
  /** The protections of the records, which are derived while the handshake continues. */
  readonly protections: Promise<Protections>;
}

/** Begins to derive the keys of a handshake, and writes the secret to the key log. */
export function withKeys(
  hs: HandshakeContext,
  choice: Tls12Choice,
  masterSecret: MasterSecret,
): Tls12Session {
  const { agreement, randoms } = choice;
  logKey(hs.config, "CLIENT_RANDOM", randoms.client, masterSecret.bytes);
  const protections = deriveProtections(
    agreement.cipherSuite,
    masterSecret.prf,
    randoms.client,
    randoms.server,
    {
      encryptThenMac: agreement.encryptThenMac,
      random: (length) => hs.environment.random(length),
    },
  );
  protections.catch(() => {}); // whoever installs them awaits them
  return { ...choice, masterSecret, protections };
}

/**
 * Derives the master secret of a full handshake (RFC 5246, Section 8.1; RFC 7627, Section 4), and
 * begins to derive its keys.
 */
export async function withNewKeys(
  hs: HandshakeContext,
  choice: Tls12Choice,
  premasterSecret: Uint8Array<ArrayBuffer>,
): Promise<Tls12Session> {
  const { agreement: { cipherSuite, extendedMasterSecret }, randoms } = choice;
  const transcript = extendedMasterSecret ? hs.transcript : null;
  const secret = await MasterSecret.derive(cipherSuite, premasterSecret, randoms, transcript);
  return withKeys(hs, choice, secret);
}
