// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Tls13ClientSession } from "../../../base/session_cache.ts";
import type { BinderKey } from "../../../crypto/expanded_secrets.ts";
import type { CipherSuiteHash } from "../../../crypto/hkdf.ts";
import type { EarlySecret } from "../../../crypto/key_schedule.ts";

/** A PSK that a ClientHello offers, its Early Secret, and the key of its binder. */
export interface OfferedPsk {
  readonly identity: Uint8Array<ArrayBuffer>;
  /** Returns the `obfuscated_ticket_age` at a time in milliseconds since 1970. */
  obfuscatedTicketAge(now: number): number;
  /** The hash that it is bound to. */
  readonly hash: CipherSuiteHash;
  /** The length of this hash in bytes. */
  readonly hashLength: number;
  readonly earlySecret: EarlySecret;
  readonly binderKey: Promise<BinderKey>;
  /** The session that it resumes; `null` for an external PSK. */
  readonly session: Tls13ClientSession | null;
  /** The identity of an external PSK before an import; `null` for a session. */
  readonly externalIdentity: Uint8Array<ArrayBuffer> | null;
}
