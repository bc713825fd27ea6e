// Copyright 2026 the NSS for Deno authors. MIT license.

import type { NssContext } from "../../pkcs11/context/context.ts";
import type { PolicyPreset } from "../tables/policy_presets.ts";

/** What a context allows, whatever its sockets are set to. */
export interface ContextPolicy {
  /** The numbers of the cipher suites that are not allowed. */
  readonly disallowedSuites: Set<number>;
  /** The preset that all its sockets are under. */
  preset: PolicyPreset | null;
}

const policies = new WeakMap<NssContext, ContextPolicy>();

/** The policy of a context, changed in place. */
export function contextPolicy(context: NssContext): ContextPolicy {
  let policy = policies.get(context);
  if (policy === undefined) {
    policy = { disallowedSuites: new Set(), preset: null };
    policies.set(context, policy);
  }
  return policy;
}

/** The presets that a socket is under: its own, and its context's. */
export function presetsOf(
  { context, policyPreset }: {
    readonly context: NssContext;
    readonly policyPreset: PolicyPreset | null;
  },
): readonly PolicyPreset[] {
  const presets = new Set([policyPreset, contextPolicy(context).preset]);
  return [...presets].filter((preset) => preset !== null);
}
