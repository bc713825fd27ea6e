// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the runtime's WebCrypto has. @module */

/** An algorithm, as far as support for it depends on its parameters. */
export interface AskedAlgorithm {
  /** Its name in WebCrypto. */
  readonly name: string;
  /** The curve. */
  readonly namedCurve?: string;
}

/** `SubtleCrypto`, whose `supports()` only newer runtimes have. */
interface Asked {
  readonly prototype?: object;
  supports?(operation: string, algorithm: AskedAlgorithm): boolean;
}

/** The answers of a runtime. */
const ANSWERS = new WeakMap<Asked, Map<string, boolean>>();

/**
 * Returns whether the runtime's WebCrypto supports an algorithm. It is asked once, without making
 * a key.
 *
 * @param operation The operation, as `"importKey"`.
 * @param algorithm The algorithm.
 * @param otherwise The answer for a runtime without `SubtleCrypto.supports()`.
 * @returns Whether it does.
 */
export function supports(
  operation: string,
  algorithm: AskedAlgorithm,
  otherwise: boolean,
): boolean {
  const { SubtleCrypto: asked }: { readonly SubtleCrypto?: Asked } = globalThis;
  if (asked?.supports === undefined) return otherwise;
  let answers = ANSWERS.get(asked);
  if (answers === undefined) ANSWERS.set(asked, answers = new Map());
  const question = `${operation} ${algorithm.name} ${algorithm.namedCurve}`;
  let answer = answers.get(question);
  if (answer === undefined) {
    answer = withoutWarning(() => asked.supports!(operation, algorithm));
    answers.set(question, answer);
  }
  return answer;
}

/** The object with Node's `emitWarning()`; Deno's and Bun's warn of none of this. */
function warner(): object | null {
  if ("Deno" in globalThis || !("process" in globalThis)) return null;
  const { process } = globalThis;
  return typeof process === "object" && process !== null && "emitWarning" in process
    ? process
    : null;
}

/** The type of a warning that is given as a string, by `emitWarning()`'s second argument. */
function typeOf(detail: unknown): unknown {
  return typeof detail === "object" && detail !== null && "type" in detail ? detail.type : detail;
}

/**
 * Calls a function of the runtime's that makes Node warn of an experimental feature, which the user
 * of a TLS socket has not chosen: algorithms and methods of Node 24's WebCrypto. Only warnings of
 * that kind are dropped, and only until the call returns. As Node warns once of each feature, it
 * does not warn later when an application uses the same one directly: nothing of Node's undoes that.
 *
 * @param call Calls the function.
 * @returns What it returns.
 */
export function withoutWarning<T>(call: () => T): T {
  const target = warner();
  if (target === null) return call();
  const own = Object.getOwnPropertyDescriptor(target, "emitWarning");
  const emit: unknown = Reflect.get(target, "emitWarning");
  if (typeof emit !== "function") return call();
  const value = (warning: unknown, detail: unknown, ...rest: unknown[]): void => {
    if (typeOf(detail) !== "ExperimentalWarning") {
      Reflect.apply(emit, target, [warning, detail, ...rest]);
    }
  };
  if (!Reflect.defineProperty(target, "emitWarning", { configurable: true, value })) return call();
  try {
    return call();
  } finally {
    if (own === undefined) Reflect.deleteProperty(target, "emitWarning");
    else Object.defineProperty(target, "emitWarning", own);
  }
}
