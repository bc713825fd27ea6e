// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { NssError } from "../../cert/base/errors.ts";
import { admitted, callableOf, isOptions, makeSamples, sampleOf, WRONG } from "./_arguments.ts";
import type { Manifest } from "./_rules.ts";
import { ROOT } from "./_source.ts";
import { type Parameter, parametersOf, readSymbols, type Symbol } from "./_surface.ts";

const { exports }: Manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

/** A public function, constructor or method, with its parameters; an overload is one more. */
interface Signature {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

function signaturesOf({ name, declarations }: Symbol): Signature[] {
  return declarations.flatMap(({ kind, def }) => {
    if (kind === "function") return [{ name, parameters: parametersOf(def) }];
    if (kind !== "class") return [];
    const isOpen = ({ accessibility }: { accessibility?: string }) => accessibility === undefined;
    return [
      ...(def.constructors ?? []).filter(isOpen).map((one) => ({
        name: `new ${name}`,
        parameters: parametersOf(one),
      })),
      ...(def.methods ?? []).filter(isOpen).filter(({ isStatic }) => isStatic !== true)
        .map((one) => ({
          name: `${name}.${one.name}`,
          parameters: parametersOf(one.functionDef ?? one),
        })),
    ];
  });
}

const SIGNATURES = new Map(
  [...await readSymbols(exports)].flatMap(([, symbols]) => symbols.flatMap(signaturesOf))
    .map((one) => [JSON.stringify(one), one] as const),
);

/** Where something is called with what is wrong. */
interface Call extends Signature {
  readonly position: number;
}

/** Those that look something up in a table, and find nothing for what is nothing. */
const LOOK_UPS = ["errorToName", "errorToString", "oidName"];

/**
 * Those that take arguments in the form of Node's, where drivers add members of their own;
 * `tests/ssl/node/node_options_test.ts` looks at them.
 */
const NODE_FORMS =
  /^(?:new )?(?:checkServerIdentity|connect|createSecureContext|createServer|getCACertificates|SecureContext|Server|setDefaultCACertificates|TLSSocket)(?:\.|$)/;

const CALLS: readonly Call[] = [...SIGNATURES.values()]
  .filter(({ name }) => !LOOK_UPS.includes(name) && !NODE_FORMS.test(name))
  .flatMap(({ name, parameters }) =>
    parameters.map((_, position) => ({ name, parameters, position }))
  );

/** What a call with one argument in place of a right one says; `null` if nothing. */
async function said(
  samples: ReadonlyMap<string, unknown>,
  { name, parameters, position }: Call,
  argument: unknown,
): Promise<string | null> {
  const callable = callableOf(samples, name);
  if (callable === null) return "Cannot call: not looked at";
  const args = parameters.map(({ type }, i) => i === position ? argument : sampleOf(samples, type));
  const { promise: late, resolve } = Promise.withResolvers<string>();
  const timer = setTimeout(() => resolve("it takes too long"), 20_000);
  const call = Promise.try(callable, ...args)
    .then(() => null, (error: unknown) => {
      const isOurs = error instanceof Error && /^Cannot [^:]+: ./s.test(error.message) &&
        (error instanceof NssError || error instanceof TypeError);
      return isOurs ? error.message : `an error of others: ${error}`;
    });
  try {
    return await Promise.race([call, late]);
  } finally {
    clearTimeout(timer);
  }
}

Deno.test("every public function refuses wrong arguments in words of ours", async () => {
  await using samples = await makeSamples();
  const faults: string[] = [];
  for (const call of CALLS) {
    const { name, isOptional, type } = call.parameters[call.position]!;
    if (/^_/.test(name)) continue; // not looked at
    const good = admitted(type, isOptional);
    for (const [kind, value] of Object.entries(WRONG)) {
      if (isOptions(type) && (kind === "object" || kind === "undefined")) continue;
      if (good.includes(kind) && kind === "undefined") continue;
      const answer = await said(samples, call, value);
      const isFault = answer === null
        ? !good.includes(kind)
        : /^(an error of|it takes)/.test(answer);
      if (isFault) faults.push(`${call.name}(${name}: ${type} = ${kind}) ${answer ?? "is taken"}`);
    }
  }
  assertEquals(faults, []);
});

Deno.test("every public function refuses options that there are not, null and strange objects", async () => {
  await using samples = await makeSamples();
  const faults: string[] = [];
  for (const call of CALLS) {
    const { name, type } = call.parameters[call.position]!;
    if (!isOptions(type) || callableOf(samples, call.name) === null) continue;
    const right = sampleOf(samples, type) as object;
    const strange = Object.assign(Object.create({}), right);
    const rows: [unknown, RegExp][] = [
      [{ ...right, nonsense: 1 }, /there is no option nonsense|has no member nonsense/],
      [null, /null, not a plain object/],
      [strange, /an object, not a plain object/],
    ];
    for (const [options, message] of rows) {
      const answer = await said(samples, call, options);
      if (answer === null || !message.test(answer)) {
        faults.push(`${call.name}(${name}: ${type}) ${message}: ${answer ?? "is taken"}`);
      }
    }
  }
  assertEquals(faults, []);
});
