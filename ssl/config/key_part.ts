// Copyright 2026 the NSS for Deno authors. MIT license.

/** The parts of a session's cache key. @module */

import { toBase64 } from "../../cert/base/runtime.ts";
import { formatTrust } from "../../cert/db/trust_flags.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";

/**
 * A part of a key: plain values, which are the same in all processes, and objects of this process.
 */
export type KeyPart = string | number | boolean | null | LocalObject | readonly KeyPart[];

/** A function or object, compared by identity. */
export interface LocalObject {
  readonly object: object;
}

/**
 * Returns the part of a key for a value: strings, numbers and booleans as they are, rows of TLS
 * tables by their code points, arrays element by element, and others by identity.
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
      if (Array.isArray(value)) return arrayPart(value);
      return "id" in value && typeof value.id === "number" ? value.id : { object: value };
    case "undefined":
      return null;
    default:
      return String(value);
  }
}

const ARRAY_PARTS = new WeakMap<readonly unknown[], KeyPart>();

/** Returns the part of a key for an array of a configuration, which never changes. */
function arrayPart(array: readonly unknown[]): KeyPart {
  let part = ARRAY_PARTS.get(array);
  if (part === undefined) ARRAY_PARTS.set(array, part = array.map(keyPart));
  return part;
}

const ANCHOR_PARTS = new WeakMap<readonly TrustAnchor[], KeyPart>();

/** Returns the part of a key for the trust anchors of a configuration, which never change. */
export function anchorsPart(anchors: readonly TrustAnchor[]): KeyPart {
  let part = ANCHOR_PARTS.get(anchors);
  if (part === undefined) ANCHOR_PARTS.set(anchors, part = anchors.map(anchorPart));
  return part;
}

/**
 * Returns the part of a key for a trust anchor: its whole certificate, since two certificates of
 * one authority may have different constraints.
 */
export function anchorPart(anchor: TrustAnchor): KeyPart {
  const { certificate, subject, subjectPublicKeyInfo } = anchor;
  return [
    certificate !== undefined
      ? toBase64(certificate.der)
      : [toBase64(subject.der), toBase64(subjectPublicKeyInfo.der)],
    keyPart(anchor.nameConstraints),
    anchor.distrustAfter?.getTime() ?? null,
    anchor.trust === undefined ? null : formatTrust(anchor.trust),
  ];
}
