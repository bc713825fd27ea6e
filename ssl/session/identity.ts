// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";

const identities = new WeakMap<object, number>();
let lastIdentity = 0;

/** A number that tells one function from another for as long as the process runs; 0 for `null`. */
export function identityOf(value: object | null): number {
  if (value === null) return 0;
  let identity = identities.get(value);
  if (identity === undefined) {
    identity = ++lastIdentity;
    identities.set(value, identity);
  }
  return identity;
}

/** Longer texts are remembered once, and not in every key that they are part of. */
const SHORT_TEXT_LENGTH = 4096;
/** How many long texts are remembered: as many lists of authorities as one program may have. */
const REMEMBERED_TEXTS = 64;

/** In order of use, the longest unused first. */
const texts = new Map<string, number>();

/**
 * A text, or the number that stands for it if it is long, as a list of authorities is: two that differ never have the same. One that was
 * forgotten gets another number, so that what was kept under the old one is not found any more.
 */
export function shorten(text: string): string | number {
  if (text.length <= SHORT_TEXT_LENGTH) return text;
  const number = texts.get(text) ?? ++lastIdentity;
  texts.delete(text);
  texts.set(text, number);
  if (texts.size > REMEMBERED_TEXTS) {
    const [longestUnused] = texts.keys();
    texts.delete(longestUnused!);
  }
  return number;
}

/** Hooks are told apart by identity, so a hook that is made anew for each connection keeps its sessions to itself. */
export function hookIdentities(...hooks: readonly (object | null)[]): readonly number[] {
  return hooks.map(identityOf);
}

let process: string | undefined;

/** A name of this process that no other one has. */
function processName(): string {
  return process ??= crypto.randomUUID();
}

/**
 * What decides about a server's clients and is no plain value: hooks, and the context that says whom to trust where the
 * configuration does not. Sessions may be shared with other processes, which know none of it: it keeps them in this process, unless the
 * application says by a name that it is the same elsewhere.
 */
export function serverHookIdentity(config: SslConfig): unknown {
  const hooks = [config.authCertificate, config.badCert, config.sniSocketConfig];
  const trusted = config.clientAuth !== "none" && config.trustAnchors === null
    ? config.context
    : null;
  const things: readonly (object | null)[] = [...hooks, trusted];
  if (config.sessionIdContext !== null) {
    return [config.sessionIdContext, ...things.map((thing) => thing !== null)];
  }
  if (things.every((thing) => thing === null)) return null;
  return [processName(), ...hookIdentities(...things)];
}

/** Whom a configuration trusts, as plain values; `null` where its context says it. */
export function trustIdentity({ trustAnchors }: SslConfig): readonly unknown[] | null {
  return trustAnchors?.map(anchorIdentity) ?? null;
}

/** The presets that a configuration is under: they judge the peer's certificates, too. */
export function presetNames(config: SslConfig): readonly string[] {
  return presetsOf(config).map(({ name }) => name);
}

/** What a client offers, demands and shows, as plain values: a session lives on only where it could have been negotiated anew. */
export function negotiationIdentity(config: SslConfig): readonly unknown[] {
  return [
    [config.minVersion, config.maxVersion],
    [...config.cipherSuites, ...config.tls12CipherSuites].map(({ id }) => id),
    config.groups.map(({ id }) => id),
    config.signatureSchemes,
    config.extendedMasterSecret,
    config.ocspStapling,
    config.signedCertTimestamps,
    presetNames(config),
    config.credentials.map(({ certificate }) => certificate.der.toBase64()),
  ];
}

/** Not its name and key alone: certificates of one authority may differ in what they let it do. */
function anchorIdentity(anchor: TrustAnchor): readonly unknown[] {
  return [
    anchor.certificate?.der.toBase64() ??
      [anchor.subject.der.toBase64(), anchor.subjectPublicKeyInfo.der.toBase64()],
    identityOf(anchor.nameConstraints ?? null),
    anchor.distrustAfter?.getTime() ?? null,
  ];
}
