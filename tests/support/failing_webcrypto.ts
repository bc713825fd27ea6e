// Copyright 2026 the NSS for Deno authors. MIT license.

/** A WebCrypto that fails, as one without memory, or without a size of keys. @module */

type Method = "verify" | "sign" | "importKey";

/**
 * Replaces a property of an object while something runs.
 *
 * @param target The object.
 * @param name The property.
 * @param value What stands in its place.
 * @param run What runs.
 */
export async function replacing(
  target: object,
  name: string,
  value: unknown,
  run: () => unknown,
): Promise<void> {
  const own = Object.getOwnPropertyDescriptor(target, name);
  Object.defineProperty(target, name, { value, configurable: true, writable: true });
  try {
    await run();
  } finally {
    if (own === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, own);
  }
}

/**
 * Makes a method of `crypto.subtle` fail while something runs, save for HMAC.
 *
 * @param method The method.
 * @param run What runs.
 * @param error What it throws.
 */
export async function withFailing(
  method: Method,
  run: () => unknown,
  error: Error = new DOMException("The operation failed", "OperationError"),
): Promise<void> {
  const { subtle } = crypto;
  const original = subtle[method];
  const fail = (...args: unknown[]) =>
    args[0] === "HMAC" ? Reflect.apply(original, subtle, args) : Promise.reject(error);
  await replacing(subtle, method, fail, run);
}
