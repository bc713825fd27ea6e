// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Every `AlertDescription` of RFC 9846, Section 6, and those of TLS 1.2 and before (RFC 5246,
 * Section 7.2), with the RFCs' names.
 *
 * @category Errors
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
  general_error: 117,
  no_application_protocol: 120,
  ech_required: 121,
} as const satisfies Record<string, number>;

/**
 * The name of an alert in RFC 9846, Section 6.
 *
 * @category Errors
 */
export type AlertName = keyof typeof ALERT_DESCRIPTIONS;

/**
 * The `AlertLevel` of RFC 8446, Section 6.
 *
 * @category Errors
 */
export const ALERT_LEVELS = { warning: 1, fatal: 2 } as const;

/**
 * The name of an alert level.
 *
 * @category Errors
 */
export type AlertLevelName = keyof typeof ALERT_LEVELS;

/**
 * An alert (RFC 8446, Section 6).
 *
 * @category Errors
 */
export interface Alert {
  /**
   * The level; `null` if it is not defined. It has no meaning in TLS 1.3: all but closure alerts
   * are fatal.
   */
  readonly level: AlertLevelName | null;
  /** The description; `null` if it is not defined. */
  readonly description: AlertName | null;
  /** The byte of the description. */
  readonly code: number;
}

const NAMES: ReadonlyMap<number, AlertName> = new Map(
  (Object.keys(ALERT_DESCRIPTIONS) as AlertName[]).map((name) => [ALERT_DESCRIPTIONS[name], name]),
);

/**
 * Returns the description byte of an alert.
 *
 * @param name The name of the alert.
 * @returns The byte.
 */
export function alertCode(name: AlertName): number {
  return ALERT_DESCRIPTIONS[name];
}

/**
 * Returns the name of an alert.
 *
 * @param code The byte of the description.
 * @returns The name, or `undefined` if it is not defined.
 */
export function alertName(code: number): AlertName | undefined {
  return NAMES.get(code);
}

/**
 * Returns the alert of two bytes.
 *
 * @param level The byte of the level.
 * @param code The byte of the description.
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
