// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Every `AlertDescription` of RFC 8446, Section 6, and those of TLS 1.2 and before (RFC 5246,
 * Section 7.2), by the RFC's own names.
 */
export const ALERT_DESCRIPTIONS = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  decryption_failed: 21,
  record_overflow: 22,
  decompression_failure: 30,
  handshake_failure: 40,
  no_certificate: 41,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  export_restriction: 60,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  inappropriate_fallback: 86,
  user_canceled: 90,
  no_renegotiation: 100,
  missing_extension: 109,
  unsupported_extension: 110,
  certificate_unobtainable: 111,
  unrecognized_name: 112,
  bad_certificate_status_response: 113,
  bad_certificate_hash_value: 114,
  unknown_psk_identity: 115,
  certificate_required: 116,
  no_application_protocol: 120,
  ech_required: 121,
} as const satisfies Record<string, number>;

/** The name of an alert, as RFC 8446, Section 6 writes it. */
export type AlertName = keyof typeof ALERT_DESCRIPTIONS;

/** The `AlertLevel` of RFC 8446, Section 6. */
export const ALERT_LEVELS = { warning: 1, fatal: 2 } as const;

/** The name of an alert level. */
export type AlertLevelName = keyof typeof ALERT_LEVELS;

/** An alert, as it is on the wire (RFC 8446, Section 6). */
export interface Alert {
  /** Its level; `null` for one that no RFC gave out. In TLS 1.3 it says nothing: all but closure alerts are fatal. */
  readonly level: AlertLevelName | null;
  /** What it says; `null` for a number that no RFC gave out. */
  readonly description: AlertName | null;
  /** The number of what it says. */
  readonly code: number;
}

const NAMES: ReadonlyMap<number, AlertName> = new Map(
  (Object.keys(ALERT_DESCRIPTIONS) as AlertName[]).map((name) => [ALERT_DESCRIPTIONS[name], name]),
);

/**
 * Finds the number of an alert.
 *
 * @param name The name of the alert.
 * @returns The byte that stands for it on the wire.
 */
export function alertCode(name: AlertName): number {
  return ALERT_DESCRIPTIONS[name];
}

/**
 * Finds the name of an alert.
 *
 * @param code The byte of the wire.
 * @returns The name, or `undefined` for a number that no RFC gave out.
 */
export function alertName(code: number): AlertName | undefined {
  return NAMES.get(code);
}

/**
 * Names the two bytes of an alert.
 *
 * @param level The byte of its level.
 * @param code The byte of its description.
 * @returns The alert.
 */
export function alertOf(level: number, code: number): Alert {
  const levels = Object.keys(ALERT_LEVELS) as AlertLevelName[];
  return {
    level: levels.find((name) => ALERT_LEVELS[name] === level) ?? null,
    description: alertName(code) ?? null,
    code,
  };
}
