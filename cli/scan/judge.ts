// Copyright 2026 the NSS for Deno authors. MIT license.

/** Whether a server keeps to a preset. @module */

import type { PolicyPreset } from "../../ssl/mod.ts";
import { count, join } from "../base/text.ts";
import { type Finding, finding, type FindingId } from "./findings.ts";
import type { CertificateSeen, Choices, Seen, VersionSeen } from "./seen.ts";
import { traitsOf, type Weakness } from "./suite_traits.ts";

/** The fewest bits of Diffie-Hellman's prime (RFC 9325, Section 4.1). */
export const MIN_DH_BITS = 2048;

/** How many days before its end a certificate is told to end soon. */
const SOON = 14;

/** The weaknesses, the worst first: a suite is told of by its worst one. */
const WORST_FIRST: readonly Weakness[] = [
  ...["null", "anonymous", "export", "old-cipher", "rc4", "triple-des"] as const,
  ...["no-forward-secrecy", "cbc"] as const,
];

/** What is bad by anybody's measure; the others are so by the preset's. */
const BAD: ReadonlySet<Weakness> = new Set(WORST_FIRST.slice(0, 6));

/** The most names of a list that are told. */
const MAX_NAMES = 6;

/** The names of a list, shortened. */
function listed(names: readonly string[]): string {
  const more = names.length - MAX_NAMES;
  return more > 0 ? `${names.slice(0, MAX_NAMES).join(", ")} and ${more} more` : join(names);
}

/** The version of a preset as it is shown. */
function shown(version: string): string {
  return version.replace("TLSv", "TLS ");
}

const isOld = (version: string): boolean => /^SSL|^TLS 1\.[01]$/.test(version);

function versions({ versions: all }: Seen, preset: PolicyPreset): Finding[] {
  const offered = all.filter((one) => one.offered === true).map(({ version }) => version);
  const [min, max] = [shown(preset.minVersion), shown(preset.maxVersion)];
  const old = offered.filter(isOld);
  const allowed = (version: string) => !isOld(version) && version >= min && version <= max;
  const isUnknown = all.some(({ offered, version }) => offered === null && allowed(version));
  const others = offered.filter((version) => !isOld(version) && !allowed(version));
  return [
    ...old.length === 0 ? [] : [finding("old-version", "bad", `${join(old)} can be negotiated`)],
    ...others.length === 0 ? [] : [
      finding(
        "other-version",
        "forbidden",
        `${join(others)} can be negotiated; ${preset.name} has ${
          min === max ? `${min} alone` : `${min} and ${max}`
        }`,
      ),
    ],
    ...offered.some(allowed) || isUnknown ? [] : [
      finding("no-version", "missing", `the server has neither ${min} nor newer versions`),
    ],
    ...offered.includes("TLS 1.3") || !offered.some(allowed) ? [] : [
      finding("no-tls13", "advice", "the server has no TLS 1.3"),
    ],
  ];
}

function suites({ versions: all }: Seen, preset: PolicyPreset): Finding[] {
  const names = [...new Set(all.flatMap((version) => version.names))];
  const allowed: readonly string[] = preset.cipherSuites;
  const worst = (name: string) =>
    WORST_FIRST.find((weakness) => traitsOf(name).weaknesses.includes(weakness)) ?? null;
  const weak = WORST_FIRST.flatMap((weakness) => {
    const those = names.filter((name) => !allowed.includes(name) && worst(name) === weakness);
    if (those.length === 0) return [];
    const says = `${count(those.length, "cipher suite")}: ${listed(those)}`;
    return [finding(weakness, BAD.has(weakness) ? "bad" : "forbidden", says)];
  });
  const others = names.filter((name) => !allowed.includes(name) && worst(name) === null);
  return [
    ...weak,
    ...others.length === 0
      ? []
      : [finding("other-suite", "forbidden", `${preset.name} has not ${listed(others)}`)],
    ...names.some((name) => allowed.includes(name)) || all.some(({ complete }) => !complete)
      ? []
      : [finding("no-suite", "missing", `no cipher suite of ${preset.name} was found`)],
    ...all.flatMap((version) => clientOrder(version)),
  ];
}

/** The client's order is harmless where all suites are good. */
function clientOrder({ version, order, names }: VersionSeen): Finding[] {
  if (order !== "client" || names.every((name) => traitsOf(name).weaknesses.length === 0)) {
    return [];
  }
  return [finding("client-order", "advice", `in ${version} the client's order of suites counts`)];
}

/** What is in a list and should not be, or should be and is not. */
function compare(
  choices: Choices | null,
  allowed: readonly string[],
  [other, none]: readonly [FindingId, FindingId],
  what: string,
  { name }: PolicyPreset,
): Finding[] {
  if (choices === null) return [];
  const others = choices.names.filter((one) => !allowed.includes(one));
  const isEmpty = choices.complete && !choices.names.some((one) => allowed.includes(one));
  return [
    ...others.length === 0
      ? []
      : [finding(other, "forbidden", `in ${what}, ${name} has not ${listed(others)}`)],
    ...isEmpty && choices.names.length > 0
      ? [finding(none, "missing", `in ${what}, the server has none that ${name} has`)]
      : [],
  ];
}

function groups(seen: Seen, preset: PolicyPreset): Finding[] {
  const { tls13Groups, tls12Groups, dhBits } = seen;
  const ids = ["other-group", "no-group"] as const;
  const isPostQuantum = tls13Groups?.names.some((name) => name.includes("MLKEM")) ?? false;
  return [
    ...compare(tls13Groups, preset.groups, ids, "TLS 1.3's groups", preset),
    ...compare(tls12Groups, preset.groups, ids, "TLS 1.2's curves", preset),
    ...dhBits === null || dhBits >= MIN_DH_BITS ? [] : [
      finding("weak-dh", "bad", `Diffie-Hellman has a prime of ${count(dhBits, "bit")}`),
    ],
    ...isPostQuantum || tls13Groups?.complete === false ? [] : [
      finding("no-post-quantum", "advice", "the server has no post-quantum key exchange"),
    ],
  ];
}

function schemes({ tls13Schemes, tls12Schemes }: Seen, preset: PolicyPreset): Finding[] {
  const isWeak = (name: string) => /_(?:md5|sha1)$/.test(name);
  const strong = (choices: Choices | null): Choices | null =>
    choices && { ...choices, names: choices.names.filter((name) => !isWeak(name)) };
  const weak = [...tls13Schemes?.names ?? [], ...tls12Schemes?.names ?? []].filter(isWeak);
  const ids = ["other-scheme", "no-scheme"] as const;
  return [
    ...weak.length === 0
      ? []
      : [finding("weak-scheme", "bad", `the server signs with ${join(weak)}`)],
    ...compare(strong(tls13Schemes), preset.signatureSchemes, ids, "TLS 1.3's schemes", preset),
    ...compare(strong(tls12Schemes), preset.signatureSchemes, ids, "TLS 1.2's schemes", preset),
  ];
}

function features(seen: Seen, preset: PolicyPreset): Finding[] {
  const { sessions: { maxEarlyData, tls12Resumed, tls13Resumed } } = seen;
  const lacksSecret = seen.extendedMasterSecret === false;
  const resumptions = [tls12Resumed, tls13Resumed].filter((one) => one !== null);
  return [
    ...seen.secureRenegotiation !== false ? [] : [
      finding("no-secure-renegotiation", "bad", "the server has no secure renegotiation"),
    ],
    ...seen.compression !== true ? [] : [
      finding("compression", "bad", "the server compresses what it sends"),
    ],
    ...!lacksSecret ? [] : [
      finding(
        "no-extended-master-secret",
        preset.requiresExtendedMasterSecret ? "missing" : "advice",
        "the server has no extended master secret",
      ),
    ],
    ...seen.fallbackScsv !== false ? [] : [
      finding("no-fallback-scsv", "advice", "a needless fallback to an older version is taken"),
    ],
    ...seen.clientRenegotiation !== "accepted" ? [] : [
      finding("client-renegotiation", "advice", "clients may begin to renegotiate"),
    ],
    ...seen.encryptThenMac !== false ? [] : [
      finding("no-encrypt-then-mac", "advice", "suites of CBC encrypt behind the MAC"),
    ],
    ...!seen.extensions.includes("heartbeat") ? [] : [
      finding("heartbeat", "advice", "the server answers the heartbeat extension"),
    ],
    ...maxEarlyData === null || maxEarlyData === 0 ? [] : [
      finding(
        "early-data",
        preset.forbidsEarlyData === true ? "forbidden" : "advice",
        `tickets allow ${count(maxEarlyData, "byte")} of early data`,
      ),
    ],
    ...resumptions.length === 0 || resumptions.includes(true) ? [] : [
      finding("no-resumption", "advice", "no second connection has resumed the first"),
    ],
    ...seen.tolerance.filter(({ tolerated }) => tolerated === false).map(({ what, says }) =>
      finding("intolerant", "bad", `${what}: the server ${says}`)
    ),
  ];
}

function certificate(one: CertificateSeen, preset: PolicyPreset): Finding[] {
  const [leaf] = one.chain;
  const who = `the certificate with the key ${one.key}`;
  const forbidden = one.forbiddenBy[preset.name];
  const days = leaf?.daysLeft ?? 0;
  return [
    ...one.problems.map(({ cause, cure }) =>
      finding("certificate", "bad", `${who}: ${cause}`, { cause, cure })
    ),
    ...forbidden === undefined
      ? []
      : [finding("certificate-forbidden", "forbidden", `${who}: ${forbidden}`)],
    ...!one.hasResponder || one.ocsp !== null ? [] : [
      finding("no-staple", "advice", `no OCSP response is stapled to ${who}`),
    ],
    ...days < 0 || days > SOON ? [] : [
      finding("certificate-ends-soon", "advice", `${who} ends in ${count(days, "day")}`),
    ],
  ];
}

/** Whether a finding makes a server not good. */
export function counts({ level }: Finding): boolean {
  return level !== "advice";
}

/**
 * Judges a server by a preset.
 *
 * @returns What is wrong, the worst first.
 */
export function judge(seen: Seen, preset: PolicyPreset): readonly Finding[] {
  const levels: readonly Finding["level"][] = ["bad", "forbidden", "missing", "advice"];
  return [
    ...versions(seen, preset),
    ...suites(seen, preset),
    ...groups(seen, preset),
    ...schemes(seen, preset),
    ...features(seen, preset),
    ...seen.certificates.flatMap((one) => certificate(one, preset)),
  ].toSorted((a, b) => levels.indexOf(a.level) - levels.indexOf(b.level));
}
