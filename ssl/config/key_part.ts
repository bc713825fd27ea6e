// Copyright 2026 the NSS for Deno authors. MIT license.

/** What stands for a setting in the key of a session. @module */

import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";

/** Plain values, which mean the same in another process, and objects that only this one knows. */
export type KeyPart = string | number | boolean | null | LocalObject | readonly KeyPart[];

/** A function or an object that is told from others by identity. */
export interface LocalObject {
  readonly object: object;
}

/**
 * A value by its type: text, numbers and truth values as they are, rows of the tables of TLS by
 * their numbers, lists element by element, and all else by identity.
 */
export function keyPart(value: unknown): KeyPart {
  switch (typeof value) {
    case "string":
    case "number":
    case "boolean":
      return value;
    case "function":
      return { object: value };
    case "object":
      if (value === null) return null;
      if (Array.isArray(value)) return value.map(keyPart);
      return "id" in value && typeof value.id === "number" ? value.id : { object: value };
    case "undefined":
      return null;
    default:
      return String(value);
  }
}

/** Not its name and key alone: certificates of one authority may differ in what they let it do. */
export function anchorPart(anchor: TrustAnchor): KeyPart {
  return [
    anchor.certificate?.der.toBase64() ??
      [anchor.subject.der.toBase64(), anchor.subjectPublicKeyInfo.der.toBase64()],
    keyPart(anchor.nameConstraints),
    anchor.distrustAfter?.getTime() ?? null,
  ];
}
