// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";

/** The policy of a context, which overrides the settings of its sockets. */
export interface ContextPolicy {
  /** The code points of the disallowed cipher suites. */
  readonly disallowedSuites: Set<number>;
  /** The preset that applies to all its sockets. */
  preset: PolicyPreset | null;
}

const policies = new WeakMap<NssContext, ContextPolicy>();

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
