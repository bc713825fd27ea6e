// Copyright 2026 the NSS for Deno authors. MIT license.

import { isInstance, type Shape } from "../../cert/base/options.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import { takeSslOptions } from "./option_values.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";

/** The policy of a context, which overrides the settings of its sockets. */
export interface ContextPolicy {
  /** The code points of the disallowed cipher suites. */
  readonly disallowedSuites: Set<number>;
  /** The preset that applies to all its sockets. */
  preset: PolicyPreset | null;
}

const policies = new WeakMap<NssContext, ContextPolicy>();

/** The options of a function that is about a context. */
export interface ContextOptions {
  readonly context?: NssContext;
}

/** The check of {@linkcode ContextOptions}. */
export const CONTEXT_OPTIONS: Shape<ContextOptions> = { context: isInstance(NssContext) };

/**
 * Returns the context of options; the default context if they name none.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 */
export function contextOf(options: ContextOptions): NssContext {
  const { context } = takeSslOptions("Cannot use options", options, CONTEXT_OPTIONS);
  return context ?? defaultContext();
}

/** Returns the policy of a context, which callers change in place. */
export function contextPolicy(context: NssContext): ContextPolicy {
  let policy = policies.get(context);
  if (policy === undefined) {
    policy = { disallowedSuites: new Set(), preset: null };
    policies.set(context, policy);
  }
  return policy;
}

/** Returns the presets that apply to a socket: its own and its context's. */
export function presetsOf(
  { context, policyPreset }: {
    readonly context: NssContext;
    readonly policyPreset: PolicyPreset | null;
  },
): readonly PolicyPreset[] {
  const presets = new Set([policyPreset, contextPolicy(context).preset]);
  return [...presets].filter((preset) => preset !== null);
}
