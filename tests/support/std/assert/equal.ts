// Copyright 2026 the NSS for Deno authors. MIT license.

/** Deep equality. @module */

/** Pairs that are being compared, so that circles come to an end. */
type Pairs = Map<object, Set<object>>;

/**
 * Tells whether two values are deeply equal: of the same class, with the same own enumerable
 * properties and the same content. As in the real package, 0 equals -0.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, open: Pairs): boolean {
  if (a === b || Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (classOf(a) !== classOf(b) || typeof a === "function") return false;
  const others = open.get(a) ?? new Set();
  if (others.has(b)) return true;
  open.set(a, others.add(b));
  const same = sameContent(a, b, open) && sameProperties(a, b, open);
  others.delete(b);
  return same;
}

/** The prototype; an object without one counts as a plain object, as in the real package. */
function classOf(value: object): unknown {
  return Object.getPrototypeOf(value) ?? Object.prototype;
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null || typeof value === "function";
}

/** Compares what built-in classes hold beside their properties. */
function sameContent(a: object, b: object, open: Pairs): boolean {
  if (a instanceof Date && b instanceof Date) return Object.is(a.getTime(), b.getTime());
  if (a instanceof RegExp && b instanceof RegExp) return String(a) === String(b);
  if (a instanceof URL && b instanceof URL) return a.href === b.href;
  if (a instanceof Error && b instanceof Error) {
    return a.name === b.name && a.message === b.message && compare(a.cause, b.cause, open);
  }
  if (a instanceof ArrayBuffer && b instanceof ArrayBuffer) {
    return sameBytes(new Uint8Array(a), new Uint8Array(b));
  }
  if (ArrayBuffer.isView(a) && ArrayBuffer.isView(b)) return sameBytes(bytesOf(a), bytesOf(b));
  if (a instanceof Map && b instanceof Map) {
    return a.size === b.size && sameMembers([...a], [...b], open);
  }
  if (a instanceof Set && b instanceof Set) {
    return a.size === b.size && sameMembers([...a], [...b], open);
  }
  if (a instanceof WeakMap || a instanceof WeakSet || a instanceof Promise) return false;
  const isWrapper = a instanceof Number || a instanceof String || a instanceof Boolean;
  return !isWrapper || Object.is(a.valueOf(), b.valueOf());
}

function bytesOf(view: ArrayBufferView): Uint8Array {
  return view instanceof Uint8Array
    ? view
    : new Uint8Array(view.buffer, view.byteOffset, view.byteLength);
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i]);
}

/** Compares members without an order. */
function sameMembers(a: readonly unknown[], b: readonly unknown[], open: Pairs): boolean {
  const left = [...b];
  return a.every((member) => {
    const at = left.findIndex((other) => compare(member, other, open));
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  });
}

/** Compares own enumerable properties; those of a typed array are its content. */
function sameProperties(a: object, b: object, open: Pairs): boolean {
  if (ArrayBuffer.isView(a)) return true;
  if (Array.isArray(a) && Array.isArray(b) && a.length !== b.length) return false;
  const keys = keysOf(a);
  return keys.length === keysOf(b).length &&
    keys.every((key) =>
      Object.prototype.propertyIsEnumerable.call(b, key) &&
      compare(Reflect.get(a, key), Reflect.get(b, key), open)
    );
}

function keysOf(value: object): PropertyKey[] {
  return Reflect.ownKeys(value)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
}
