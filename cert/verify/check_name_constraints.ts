// Copyright 2026 the NSS for Deno authors. MIT license.

import { groupBy } from "../base/runtime.ts";
import type { Certificate } from "../certificate/certificate.ts";
import { certificateError, type CertProfile } from "./check_certificate.ts";
import { DerReader } from "../der/der_reader.ts";
import { normalizeDnsName } from "../names/dns_name.ts";
import { NssError } from "../base/errors.ts";
import type { NameConstraints } from "../extensions/name_constraints.ts";
import { formatGeneralName, type GeneralName } from "../names/general_name.ts";
import { parseIpAddress } from "../names/ip_address.ts";
import { decodeText, malformedText, Name } from "../names/name.ts";
import { brief } from "../base/printable.ts";
import { OIDS } from "../der/oids.ts";
import type { VerificationBudget } from "./verification_budget.ts";

/**
 * The domains to which Mozilla's root program limits authorities whose certificates do not say so
 * (`CERT_GetImposedNameConstraints` in NSS's `lib/certdb/genname.c`), by their subject.
 */
const IMPOSED_DOMAINS: readonly (readonly [subject: string, domains: string])[] = [
  [
    "E=igca@sgdn.pm.gouv.fr,CN=IGC/A,OU=DCSSI,O=PM/SGDN,L=Paris,ST=France,C=FR",
    "fr gp gf mq re yt pm bl mf wf pf nc tf",
  ],
  [
    "CN=TUBITAK Kamu SM SSL Kok Sertifikasi - Surum 1,OU=Kamu Sertifikasyon Merkezi - Kamu SM," +
    "O=Turkiye Bilimsel ve Teknolojik Arastirma Kurumu - TUBITAK,L=Gebze - Kocaeli,C=TR",
    "tr",
  ],
];
/** How the keys of these names begin: other authorities' names need no comparison. */
const IMPOSED_COUNTRIES: readonly string[] = ["fr", "tr"].map((country) =>
  `${OIDS.countryName}=${country.length}:${country}`
);
/** The constraints by the key of the name, made when one of these countries is first met. */
let imposed: ReadonlyMap<string, NameConstraints> | null = null;

/**
 * Returns the constraints that Mozilla imposes on an authority besides those of its certificate,
 * whoever trusts it.
 *
 * @param authority The subject of the authority.
 * @returns The constraints; `undefined` for nearly all.
 */
export function imposedNameConstraints(authority: Name): NameConstraints | undefined {
  if (!IMPOSED_COUNTRIES.includes(authority.rdnKeys[0] ?? "")) return undefined;
  imposed ??= new Map(IMPOSED_DOMAINS.map(([subject, domains]) => {
    const permitted = domains.split(" ").map((value) => ({ type: "dns", value }) as const);
    return [Name.parse(subject).key, { permitted, excluded: [] }];
  }));
  return imposed.get(authority.key);
}

/** A subtree, prepared for comparisons. */
interface Constraint {
  readonly type: GeneralName["type"];
  readonly name: GeneralName;
  /** Returns whether the name is certainly in the subtree. */
  permits(name: GeneralName): boolean;
  /** Returns whether the name may be in the subtree. */
  excludes(name: GeneralName): boolean;
}

/** Constraints, or names, by kind, so that those of other kinds cost nothing. */
type ByType<T> = ReadonlyMap<GeneralName["type"], readonly T[]>;

interface Prepared {
  readonly permitted: ByType<Constraint>;
  readonly excluded: ByType<Constraint>;
  /** The errors of malformed constraints by kind, each that of the first one. */
  readonly malformed: ReadonlyMap<GeneralName["type"], NssError>;
  /** The first error of the `"strict"` profile. */
  readonly strictError: NssError | undefined;
}

const PREPARED = new WeakMap<NameConstraints, Prepared>();
const SUBJECT_NAMES = new WeakMap<Certificate, ByType<GeneralName>>();

function byType<T extends { readonly type: GeneralName["type"] }>(list: readonly T[]): ByType<T> {
  return groupBy(list, ({ type }) => type);
}

/**
 * Checks the names of a certificate against the name constraints of a CA above it (RFC 5280,
 * Sections 4.2.1.10 and 6.1.3 (b), (c)).
 *
 * @param certificate The certificate.
 * @param constraints The constraints.
 * @param options Options.
 * @param options.commonName Whether to check the common name as a host name if the subject
 * alternative name has none, because some clients use it; for TLS server certificates.
 * @param options.budget The budget of the verification.
 * @param options.profile The profile. `"compatible"` accepts a DNS constraint with a leading dot,
 * and malformed constraints of kinds that the certificate has no names of.
 * @throws {NssError} `SEC_ERROR_CERT_NOT_IN_NAME_SPACE` if a name is not permitted or is excluded,
 * `SEC_ERROR_EXTENSION_VALUE_INVALID` if a constraint is malformed.
 */
export function checkNameConstraints(
  certificate: Certificate,
  constraints: NameConstraints,
  options: { commonName: boolean; budget: VerificationBudget; profile: CertProfile },
): void {
  const { permitted, excluded, malformed, strictError } = prepare(constraints);
  const { budget, profile } = options;
  if (profile === "strict" && strictError !== undefined) throw strictError;
  const names = subjectNames(certificate, options.commonName);
  for (const [type, error] of malformed) if (names.has(type)) throw error;
  const refuse = (name: GeneralName, state: string): never => {
    throw certificateError(
      "SEC_ERROR_CERT_NOT_IN_NAME_SPACE",
      certificate,
      `the name ${brief(formatGeneralName(name))} is ${state}`,
    );
  };
  for (const [type, list] of excluded) {
    for (const name of names.get(type) ?? []) {
      for (const constraint of list) {
        budget.spend("nameComparisons");
        if (!constraint.excludes(name)) continue;
        refuse(name, `excluded by ${brief(formatGeneralName(constraint.name))}`);
      }
    }
  }
  for (const [type, list] of permitted) {
    for (const name of names.get(type) ?? []) {
      const allowed = list.some((constraint) => {
        budget.spend("nameComparisons");
        return constraint.permits(name);
      });
      if (!allowed) refuse(name, "not permitted by the constraints of an authority above it");
    }
  }
}

/** Returns the names to which constraints apply. */
function subjectNames(certificate: Certificate, commonName: boolean): ByType<GeneralName> {
  let names = SUBJECT_NAMES.get(certificate);
  if (names === undefined) {
    const { subject, subjectAltName } = certificate;
    names = byType<GeneralName>([
      ...subjectAltName ?? [],
      ...(subjectAltName ?? []).flatMap(utf8Mailbox),
      ...(subject.isEmpty ? [] : [{ type: "directory", value: subject } as const]),
      // RFC 5280: without subjectAltName, also emailAddress attributes. One that is not text counts
      // as a malformed mailbox
      ...(subjectAltName === undefined
        ? subject.rdns.flat().filter(({ type }) => type === OIDS.emailAddress)
          .map(({ value }) => ({ type: "email", value: value ?? "" }) as const)
        : []),
    ]);
    SUBJECT_NAMES.set(certificate, names);
  }
  if (!commonName || names.has("dns") || names.has("ip")) return names;
  const hosts = certificate.subject.values(OIDS.commonName).flatMap((value): GeneralName[] => {
    const address = parseIpAddress(value);
    if (address !== null) return [{ type: "ip", value: address }];
    const options = { underscore: true, wildcard: true };
    return normalizeDnsName(value, options) === null ? [] : [{ type: "dns", value }];
  });
  return new Map([...names, ...byType(hosts)]);
}

/**
 * RFC 9598, Section 6: constraints on rfc822Name also apply to SmtpUTF8Mailbox. A value that is not
 * text counts as a malformed mailbox.
 */
function utf8Mailbox(name: GeneralName): GeneralName[] {
  if (name.type !== "other" || name.typeId !== OIDS.smtpUtf8Mailbox) return [];
  const { tag, content } = new DerReader(name.value, "mailbox").element("");
  return [{ type: "email", value: decodeText(tag, content) ?? "" }];
}

function prepare(constraints: NameConstraints): Prepared {
  let prepared = PREPARED.get(constraints);
  if (prepared === undefined) {
    const malformed = new Map<GeneralName["type"], NssError>();
    let strictError: NssError | undefined;
    const prepareAll = (names: readonly GeneralName[]): ByType<Constraint> =>
      byType(names.flatMap((name) => {
        const constraint = prepareOne(name);
        if (constraint === null) {
          const error = constraintError(name, MALFORMED);
          strictError ??= error;
          if (!malformed.has(name.type)) malformed.set(name.type, error);
          return [];
        }
        if (name.type === "dns" && name.value.startsWith(".")) {
          strictError ??= constraintError(name, LEADING_DOT);
        }
        return [constraint];
      }));
    prepared = {
      permitted: prepareAll(constraints.permitted),
      excluded: prepareAll(constraints.excluded),
      malformed,
      strictError,
    };
    PREPARED.set(constraints, prepared);
  }
  return prepared;
}

const MALFORMED = "is malformed, so that nobody can tell which names the authority may certify";
const LEADING_DOT = "begins with a dot, which RFC 5280 defines for URI and e-mail only; " +
  'the profile "compatible" reads it as all names below';

function constraintError(name: GeneralName, state: string): NssError {
  return new NssError(
    "SEC_ERROR_EXTENSION_VALUE_INVALID",
    `Cannot use name constraint: ${brief(formatGeneralName(name))} ${state}`,
  );
}

/** Prepares a constraint; `null` if it is malformed. */
function prepareOne(name: GeneralName): Constraint | null {
  switch (name.type) {
    case "dns":
      return dnsConstraint(name);
    case "email":
      return emailConstraint(name);
    case "uri":
      return uriConstraint(name);
    case "ip":
      return ipConstraint(name);
    case "directory": {
      if (malformedText(name.value) !== undefined) return null;
      return {
        type: "directory",
        name,
        permits: (other) => other.type === "directory" && other.value.isWithin(name.value),
        excludes: (other) => other.type === "directory" && other.value.mayBeWithin(name.value),
      };
    }
    default:
      // RFC 5280: process the constraint or reject the certificate, if such a name occurs
      return { type: name.type, name, permits: () => false, excludes: () => true };
  }
}

/** Caches the parsed form of a name, which is compared with every constraint. */
function once<T>(parse: (value: string) => T): (name: Of<"dns" | "email" | "uri">) => T {
  const known = new WeakMap<GeneralName, { readonly parsed: T }>();
  return (name) => {
    let entry = known.get(name);
    if (entry === undefined) known.set(name, entry = { parsed: parse(name.value) });
    return entry.parsed;
  };
}

type Of<T extends GeneralName["type"]> = Extract<GeneralName, { type: T }>;

const isWithin = (name: string, base: string) =>
  base === "" || name === base || name.endsWith(`.${base}`);

const presentedName = once((value) =>
  normalizeDnsName(value, { underscore: true, wildcard: true })
);
const presentedMailbox = once(mailboxOf);
const presentedHost = once(uriHost);

/**
 * Prepares a constraint on DNS names: the empty one matches every name, one with a leading dot the
 * names below it, any other the name itself and those below it.
 */
function dnsConstraint(name: Of<"dns" | "email" | "uri">): Constraint | null {
  const below = name.value.startsWith(".");
  const host = below ? name.value.slice(1) : name.value;
  const base = name.value === "" ? "" : normalizeDnsName(host, { underscore: true });
  if (base === null) return null;
  const compare = (other: GeneralName, ifUncertain: boolean) => {
    const presented = other.type === "dns" ? presentedName(other) : null;
    // An invalid DNS name is never permitted and always excluded
    if (presented === null) return ifUncertain;
    if (!presented.startsWith("*.")) {
      return below ? presented.endsWith(`.${base}`) : isWithin(presented, base);
    }
    const parent = presented.slice(2);
    if (isWithin(parent, base)) return true;
    // The wildcard may stand for the label of the constraint one level below the parent
    return ifUncertain && !below && base.slice(base.indexOf(".") + 1) === parent;
  };
  return {
    type: "dns",
    name,
    permits: (other) => compare(other, false),
    excludes: (other) => compare(other, true),
  };
}

interface Mailbox {
  readonly local: string;
  readonly host: string;
}

/** Parses a mailbox; the local part is compared literally (RFC 5280, Section 7.5). */
function mailboxOf(text: string): Mailbox | null {
  const at = text.lastIndexOf("@");
  const host = normalizeDnsName(text.slice(at + 1), { underscore: true });
  const local = text.slice(0, Math.max(at, 0));
  return local === "" || local.includes("@") || host === null ? null : { local, host };
}

/**
 * Parses a constraint on hosts of e-mail or URI: a host, or with a leading period all hosts below
 * it. Returns `null` if it is malformed.
 */
function hostConstraint(
  name: Of<"email" | "uri" | "dns">,
): ((host: string) => boolean) | null {
  const below = name.value.startsWith(".");
  const base = normalizeDnsName(below ? name.value.slice(1) : name.value, { underscore: true });
  if (base === null) return null;
  return (host) => below ? host.endsWith(`.${base}`) : host === base;
}

function emailConstraint(name: Of<"email" | "uri" | "dns">): Constraint | null {
  let within: (mailbox: Mailbox) => boolean;
  if (name.value.includes("@")) {
    const base = mailboxOf(name.value);
    if (base === null) return null;
    within = ({ local, host }) => local === base.local && host === base.host;
  } else {
    const matches = hostConstraint(name);
    if (matches === null) return null;
    within = ({ host }) => matches(host);
  }
  const compare = (other: GeneralName, ifUncertain: boolean) => {
    const mailbox = other.type === "email" ? presentedMailbox(other) : null;
    return mailbox === null ? ifUncertain : within(mailbox);
  };
  return {
    type: "email",
    name,
    permits: (other) => compare(other, false),
    excludes: (other) => compare(other, true),
  };
}

function uriConstraint(name: Of<"uri" | "email" | "dns">): Constraint | null {
  const matches = hostConstraint(name);
  if (matches === null) return null;
  const compare = (other: GeneralName, ifUncertain: boolean) => {
    // RFC 5280: if a constraint applies, a URI without a host name MUST be rejected
    const host = other.type === "uri" ? presentedHost(other) : null;
    return host === null ? ifUncertain : matches(host);
  };
  return {
    type: "uri",
    name,
    permits: (other) => compare(other, false),
    excludes: (other) => compare(other, true),
  };
}

/** Returns the host name of a URI (RFC 3986, Section 3.2.2), or `null` if it has none. */
function uriHost(uri: string): string | null {
  const authority = /^[A-Za-z][A-Za-z0-9+.-]*:\/\/([^/?#]*)/.exec(uri)?.[1];
  // Browsers treat a backslash as a slash, others as part of the user information
  if (authority === undefined || authority.includes("\\")) return null;
  const host = authority.slice(authority.lastIndexOf("@") + 1).replace(/:[0-9]*$/, "");
  return normalizeDnsName(host, { underscore: true, finalDot: true });
}

function ipConstraint(name: Of<"ip">): Constraint | null {
  const { value } = name;
  if (value.length !== 8 && value.length !== 32) return null;
  const size = value.length / 2;
  const base = value.subarray(0, size);
  const mask = value.subarray(size);
  // RFC 4632, Section 3.1, to which RFC 5280 refers: ones, then zeros
  const bits = Array.from(mask, (byte) => byte.toString(2).padStart(8, "0")).join("");
  if (!/^1*0*$/.test(bits)) return null;
  const compare = (other: GeneralName, ifUncertain: boolean) => {
    if (other.type !== "ip" || (other.value.length !== 4 && other.value.length !== 16)) {
      return ifUncertain;
    }
    return other.value.length === size &&
      other.value.every((byte, i) => (byte & mask[i]!) === (base[i]! & mask[i]!));
  };
  return {
    type: "ip",
    name,
    permits: (other) => compare(other, false),
    excludes: (other) => compare(other, true),
  };
}
