// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a better client would have sent, and what is good already. @module */

import { groupBy } from "../../cert/base/runtime.ts";
import { alpnProtocols } from "../../ssl/extensions/application_layer_protocol_negotiation.ts";
import { keyShareClientHello } from "../../ssl/extensions/key_share.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../ssl/extensions/psk_key_exchange_modes.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import type { ClientHello } from "../../ssl/messages/client_hello.ts";
import {
  TLS_EMPTY_RENEGOTIATION_INFO_SCSV,
  TLS_FALLBACK_SCSV,
} from "../../ssl/tables/cipher_suites.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { describeVersion, TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import { join, safe } from "../base/text.ts";
import { groupName, isGrease, namedGroup, namedScheme, suiteName } from "../explain/names.ts";

/** How grave a finding is, the gravest first. */
export const LEVELS = ["insecure", "old", "better", "good"] as const;

/** How grave a finding is: `better` means that a better client would do otherwise. */
export type Level = (typeof LEVELS)[number];

/** What is to be said of a ClientHello. */
export interface Finding {
  /** How grave it is. */
  readonly level: Level;
  /** What the client does, as a phrase. */
  readonly what: string;
  /** Which of its values are meant; empty where the phrase says it. */
  readonly which: readonly string[];
  /** Why that matters. */
  readonly why: string;
  /** What would mend it; empty where nothing is to be mended. */
  readonly cure: string;
}

/** Families of cipher suites that a better client does not offer; the first that fits counts. */
const SUITES: readonly (readonly [pattern: RegExp, finding: Omit<Finding, "which">])[] = [
  [/_NULL_(?!WITH)/, {
    level: "insecure",
    what: "offers suites without encryption",
    why: "a server that chooses one sends everything in the clear",
    cure: "remove eNULL from its list of suites",
  }],
  [/_EXPORT/, {
    level: "insecure",
    what: "offers suites of export strength",
    why: "their keys of 40 to 56 bits are broken in hours (FREAK, Logjam)",
    cure: "remove EXPORT from its list of suites",
  }],
  [/_anon_/i, {
    level: "insecure",
    what: "offers suites without authentication",
    why: "whoever is between can answer in place of the server, and read along",
    cure: "remove aNULL from its list of suites",
  }],
  [/_RC4_/, {
    level: "insecure",
    what: "offers RC4",
    why: "its key stream is biased, so that cookies can be recovered; RFC 7465 forbids it",
    cure: "remove RC4 from its list of suites",
  }],
  [/_RC2_|_DES_CBC_|_DES40_|_IDEA_|_SEED_/, {
    level: "insecure",
    what: "offers DES, RC2, IDEA or SEED",
    why: "DES and RC2 are broken by trying all keys, and the others no longer get attention",
    cure: "remove them from its list of suites",
  }],
  [/_3DES_/, {
    level: "insecure",
    what: "offers 3DES",
    why: "its blocks of 64 bits collide after some gigabytes, which gives away cookies (Sweet32)",
    cure: "remove 3DES from its list of suites",
  }],
  [/^TLS_RSA_/, {
    level: "old",
    what: "offers RSA key transport",
    why:
      "without forward secrecy: who gets the server's key later can read what was recorded; and " +
      "servers leaked through it again and again (ROBOT)",
    cure: "keep only suites with ECDHE, and those of TLS 1.3",
  }],
  [/^TLS_(?:ECDH|DH)_/, {
    level: "old",
    what: "offers static Diffie-Hellman",
    why: "without forward secrecy: who gets the server's key later can read what was recorded",
    cure: "keep only suites with ECDHE, and those of TLS 1.3",
  }],
  [/_CBC_/, {
    level: "old",
    what: "offers suites with CBC",
    why:
      "they authenticate before they encrypt, which was attacked again and again (BEAST, Lucky " +
      "Thirteen, POODLE)",
    cure: "keep only suites with GCM or ChaCha20-Poly1305",
  }],
];

/** A ClientHello, as the rules look at it. */
class Facts {
  readonly hello: ClientHello;
  /** Whether the server was named by an address, which SNI never has. */
  readonly isAddress: boolean;

  constructor(hello: ClientHello, isAddress: boolean) {
    this.hello = hello;
    this.isAddress = isAddress;
  }

  /** The versions; without the list the newest alone, as the older ones are not said. */
  get versions(): readonly number[] {
    const { extensions, legacyVersion } = this.hello;
    const listed = extensions?.get(supportedVersionsClientHello);
    return listed?.filter((version) => !isGrease(version)) ?? [legacyVersion];
  }

  get offersTls12(): boolean {
    return this.versions.includes(TLS_1_2);
  }

  get groups(): readonly number[] {
    const groups = this.hello.extensions?.get(supportedGroups) ?? [];
    return groups.filter((group) => !isGrease(group));
  }

  get shares(): readonly number[] {
    return (this.hello.extensions?.get(keyShareClientHello) ?? []).map(({ group }) => group);
  }

  get hybrids(): readonly number[] {
    return this.groups.filter((group) => /.MLKEM/.test(groupName(group)));
  }

  has(type: number): boolean {
    return this.hello.extensions?.has(type) ?? false;
  }
}

type Rule = (facts: Facts) => Finding | readonly Finding[] | null;

const finding = (
  level: Level,
  what: string,
  why: string,
  cure = "",
  which: readonly string[] = [],
): Finding => ({ level, what, which, why, cure });

/** The most values that a finding names. */
const MAX_NAMED = 8;

/** Names in the order in which they were sent, safe to be printed; of the rest the number. */
function some(names: readonly string[]): readonly string[] {
  const left = names.length - MAX_NAMED;
  const shown = names.slice(0, MAX_NAMED).map((name) => safe(name, 60));
  return left > 0 ? [...shown, `${left} more`] : shown;
}

const versions: Rule = ({ versions }) => {
  const below = versions.filter((version) => version < TLS_1_2);
  return [
    versions.includes(TLS_1_3)
      ? finding("good", "offers TLS 1.3", "no weak suites, a round trip less, hidden certificates")
      : finding(
        "old",
        "does not offer TLS 1.3",
        "TLS 1.3 (2018) has no weak suites, hides certificates, and takes a round trip less",
        "update the client or its TLS library; OpenSSL has it since 1.1.1",
      ),
    ...below.length === 0 ? [] : [finding(
      "old",
      `offers ${join(below.map(describeVersion))}`,
      "they rest on MD5 and SHA-1, and RFC 8996 forbids them; an attacker may lead client and " +
        "server there",
      "set its lowest version to TLS 1.2",
    )],
  ];
};

const hybrid: Rule = ({ hybrids, shares, versions }) => {
  if (hybrids.length === 0) {
    return finding(
      "better",
      "offers no hybrid group",
      "what is recorded today, a later quantum computer can decrypt; X25519MLKEM768 prevents that",
      versions.includes(TLS_1_3)
        ? "put X25519MLKEM768 first in its groups; OpenSSL has it since 3.5, Chromium since 131, " +
          "Firefox since 132"
        : "it needs TLS 1.3: update the client or its TLS library",
    );
  }
  const name = groupName(hybrids[0]!);
  return hybrids.some((group) => shares.includes(group))
    ? finding(
      "good",
      `sends a key share of ${name}`,
      "what is recorded today, no later quantum computer decrypts",
    )
    : finding(
      "better",
      `offers ${name} without a key share`,
      "a server that prefers it has to ask for one, which takes a round trip, and others do not ask",
      "send its key share in the first flight",
    );
};

const groups: Rule = ({ groups }) => {
  const weak = groups.filter((group) => namedGroup(group).mark === "weak").map(groupName);
  return weak.length === 0 ? null : finding(
    "old",
    "offers weak curves",
    "they are too small, or deprecated and little looked at (RFC 8422)",
    "keep x25519, secp256r1 and secp384r1, and the hybrids",
    some(weak),
  );
};

const suites: Rule = ({ hello, offersTls12 }) => {
  const names = hello.cipherSuites.filter((id) => !isGrease(id)).map(suiteName);
  const byFamily = groupBy(
    names,
    (name) => SUITES.find(([pattern]) => pattern.test(name))?.[1] ?? null,
  );
  byFamily.delete(null);
  const found = [...byFamily].flatMap(([family, members]) =>
    family === null ? [] : [{ ...family, which: some(members) }]
  );
  if (found.length > 0) return found;
  return finding(
    "good",
    "offers only suites with forward secrecy and AEAD",
    offersTls12 ? "none of the old weaknesses of TLS 1.2 can be chosen" : "TLS 1.3 has no others",
  );
};

const schemes: Rule = ({ hello, offersTls12 }) => {
  const listed = hello.extensions?.get(signatureAlgorithms);
  if (listed === undefined) {
    return finding(
      "insecure",
      "names no signature algorithms",
      "a server of TLS 1.2 then has to take it that SHA-1 is wanted (RFC 5246, Section 7.4.1.4.1)",
      "update the client or its TLS library",
    );
  }
  const weak = listed.map(namedScheme).filter(({ mark }) => mark === "weak");
  if (weak.length === 0) {
    return finding(
      "good",
      "takes no signatures with SHA-1 or MD5",
      "collisions of both can be made",
    );
  }
  return finding(
    "old",
    "takes weak signatures",
    "collisions of SHA-1 and MD5 can be made, and DSA and SHA-224 are given up (RFC 9155)" +
      (offersTls12 ? "; TLS 1.2 would sign handshakes with them" : ""),
    "remove them from its signature algorithms; OpenSSL: SECLEVEL 2, or -sigalgs",
    some(weak.map(({ name }) => name)),
  );
};

const name: Rule = ({ hello, isAddress }) => {
  const asked = hello.extensions?.get(serverName) ?? null;
  if (asked !== null) {
    return finding(
      "good",
      "says which host it wants (SNI)",
      "a server of many names can choose the certificate",
      "",
      some([asked]),
    );
  }
  return isAddress
    ? finding(
      "good",
      "sends no server name (SNI) for an address",
      "RFC 6066 has names only; by a host name it should send one",
    )
    : finding(
      "better",
      "sends no server name (SNI)",
      "a server of many names cannot know which certificate is wanted, and shows a wrong one or none",
      "set the host name; openssl s_client: -servername",
    );
};

const protocols: Rule = ({ hello }) => {
  const offered = hello.extensions?.get(alpnProtocols);
  return offered === undefined
    ? finding(
      "better",
      "offers no application protocol (ALPN)",
      "no HTTP/2; and a server of another protocol with the same certificate can be taken for this " +
        "one (ALPACA)",
      "say what is spoken, as http/1.1",
    )
    : finding(
      "good",
      "says what it speaks (ALPN)",
      "servers of other protocols refuse it",
      "",
      some(offered),
    );
};

const compression: Rule = ({ hello }) =>
  hello.legacyCompressionMethods.every((method) => method === 0) ? null : finding(
    "insecure",
    "offers compression",
    "the length of what is compressed gives away secrets in it, as cookies (CRIME)",
    "switch the compression of TLS off",
  );

const extendedMasterSecret: Rule = (facts) =>
  !facts.offersTls12 || facts.has(ExtensionType.extendedMasterSecret) ? null : finding(
    "old",
    "offers TLS 1.2 without the extended master secret",
    "keys are not bound to the whole handshake: a man in the middle can make two connections have " +
      "the same (triple handshake; RFC 7627)",
    "update the client or its TLS library",
  );

const renegotiation: Rule = (facts) =>
  !facts.offersTls12 || facts.has(ExtensionType.renegotiationInfo) ||
    facts.hello.cipherSuites.includes(TLS_EMPTY_RENEGOTIATION_INFO_SCSV)
    ? null
    : finding(
      "insecure",
      "offers TLS 1.2 without secure renegotiation",
      "an attacker can put a request of its own before that of the client (RFC 5746)",
      "update the client or its TLS library",
    );

const sessions: Rule = (facts) => {
  const modes = facts.hello.extensions?.get(pskKeyExchangeModes);
  if (modes !== undefined && !modes.includes(PSK_DHE_KE)) {
    return finding(
      "old",
      "resumes sessions of TLS 1.3 without a new key exchange only",
      "without forward secrecy: who gets the ticket's key can read what was recorded; most servers " +
        "refuse it",
      "offer psk_dhe_ke",
    );
  }
  const takesTickets = modes !== undefined || facts.has(ExtensionType.sessionTicket) ||
    facts.hello.legacySessionId.length > 0;
  return takesTickets ? null : finding(
    "better",
    "cannot resume sessions",
    "each connection costs a full handshake: time, and signatures of the server",
    "let it keep sessions: psk_key_exchange_modes in TLS 1.3, session_ticket in TLS 1.2",
  );
};

const heartbeat: Rule = (facts) =>
  !facts.has(ExtensionType.heartbeat) ? null : finding(
    "old",
    "offers heartbeat",
    "nobody needs it over TCP, and OpenSSL's had Heartbleed",
    "switch it off",
  );

const fallback: Rule = ({ hello }) =>
  !hello.cipherSuites.includes(TLS_FALLBACK_SCSV) ? null : finding(
    "old",
    "has fallen back to an older version",
    "it offered a newer one first and got no answer; browsers do that no more",
    "let it offer its newest version only, and mend what has hindered it",
  );

const grease: Rule = ({ hello }) =>
  hello.cipherSuites.some(isGrease) || hello.extensions?.types().some(isGrease)
    ? finding(
      "good",
      "sends GREASE",
      "values that stand for nothing keep servers able to take what is new (RFC 8701)",
    )
    : null;

const encryptedHello: Rule = (facts) =>
  facts.has(ExtensionType.encryptedClientHello)
    ? finding(
      "good",
      "sends encrypted_client_hello",
      "a real one, or one that only looks like it, so that the real ones do not stand out (RFC 9849)",
    )
    : facts.versions.includes(TLS_1_3)
    ? finding(
      "better",
      "does not encrypt its ClientHello (ECH)",
      "everybody on the way can read which host is wanted",
      "use a client with ECH (RFC 9849), and a server that has keys for it",
    )
    : null;

const RULES: readonly Rule[] = [
  versions,
  hybrid,
  suites,
  groups,
  schemes,
  compression,
  extendedMasterSecret,
  renegotiation,
  name,
  protocols,
  sessions,
  heartbeat,
  fallback,
  encryptedHello,
  grease,
];

/**
 * Says what a better client would have sent, and what is good already.
 *
 * @param hello The ClientHello.
 * @param isAddress Whether the server was named by an address.
 * @returns The findings, the gravest first.
 */
export function judgeClient(hello: ClientHello, isAddress: boolean): readonly Finding[] {
  const facts = new Facts(hello, isAddress);
  return RULES.flatMap((rule) => rule(facts) ?? [])
    .sort((a, b) => LEVELS.indexOf(a.level) - LEVELS.indexOf(b.level));
}
