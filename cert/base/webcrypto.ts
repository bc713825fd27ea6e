// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the runtime's WebCrypto has. @module */

/** An algorithm, as far as support for it depends on its parameters. */
export interface AskedAlgorithm {
  readonly name: string;
  readonly namedCurve?: string;
}

/** `SubtleCrypto`, whose `supports()` only newer runtimes have. */
interface Asked {
  readonly prototype?: object;
  supports?(operation: string, algorithm: AskedAlgorithm): boolean;
}

const ANSWERS = new WeakMap<Asked, Map<string, boolean>>();

/**
 * Returns whether the runtime's WebCrypto supports an operation of an algorithm; it is asked once.
 *
 * @param otherwise The answer for a runtime without `SubtleCrypto.supports()`.
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

/** The object with Node's `emitWarning()`; Deno warns of none of this. */
function warner(): object | null {
  if ("Deno" in globalThis || !("process" in globalThis)) return null;
  const { process } = globalThis;
  return typeof process === "object" ? process : null;
}

/**
 * Calls a function of the runtime's that makes Node warn of an experimental feature, as of Node
 * 24's WebCrypto, which the user of a socket has not chosen. Only such warnings are dropped, and
 * only until the call returns. As Node warns of each feature once, it does not warn when an
 * application uses it directly, later: nothing of Node's undoes that.
 */
export function withoutWarning<T>(call: () => T): T {
  const target = warner();
  if (target === null) return call();
  const own = Object.getOwnPropertyDescriptor(target, "emitWarning");
  const emit: unknown = Reflect.get(target, "emitWarning");
  if (typeof emit !== "function") return call();
  const value = (...args: unknown[]): void => {
    if (args[1] !== "ExperimentalWarning") Reflect.apply(emit, target, args);
  };
  if (!Reflect.defineProperty(target, "emitWarning", { configurable: true, value })) return call();
  try {
    return call();
  } finally {
    if (own === undefined) Reflect.deleteProperty(target, "emitWarning");
    else Object.defineProperty(target, "emitWarning", own);
  }
}
