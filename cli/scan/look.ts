// Copyright 2026 the NSS for Deno authors. MIT license.

/** Looks at a server, question by question. @module */

import { namedGroupByName } from "../../ssl/tables/named_groups.ts";
import { ExtensionType, extensionTypeName } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  describeVersion,
  SSL_3_0,
  TLS_1_0,
  TLS_1_1,
  TLS_1_2,
  TLS_1_3,
} from "../../ssl/tables/versions.ts";
import type { HelloAnswer } from "../net/raw_answer.ts";
import { certificateCurves } from "./certificates.ts";
import { type Enumeration, NOTHING } from "./enumerate.ts";
import {
  extensionsOf,
  probeAlpn,
  probeCertificateCompression,
  probeCompression,
  probeEch,
  probeEncryptThenMac,
  probeExtensions,
  probeFallback,
} from "./features.ts";
import { canShare, ecdheSuites, probeRetry, probeTls12Groups, probeTls13Groups } from "./groups.ts";
import { keyExchangeOf } from "./key_exchange.ts";
import { NoAnswer } from "./pace.ts";
import type { Prober, Question } from "./prober.ts";
import { groupName, schemeName, suiteName } from "../explain/names.ts";
import { probeSchemes } from "./schemes.ts";
import {
  type Choices,
  NO_SESSIONS,
  type Seen,
  type SessionsSeen,
  type ToleranceSeen,
  type Unknown,
} from "./seen.ts";
import { probeClientRenegotiation, probeResumption, SPOKEN_SUITES } from "./sessions.ts";
import { probeVersion } from "./suites.ts";
import { traitsOf } from "./suite_traits.ts";
import { probeTolerance } from "./tolerance.ts";

/** The versions, the oldest first. */
export const SCANNED_VERSIONS: readonly number[] = [SSL_3_0, TLS_1_0, TLS_1_1, TLS_1_2, TLS_1_3];

/** What is said where no suite of a server is among those of this program. */
const NOT_SPOKEN = "the server has no cipher suite that this program speaks in this version";

function named<T>({ found, order, complete }: Enumeration<T>, name: (id: T) => string): Choices {
  return { names: found.map(name), order, complete };
}

/** What was found of a version. */
interface Found {
  readonly version: number;
  suites: Enumeration<number>;
  /** Whether TLS 1.3 wants key shares at once. */
  needsShares: boolean;
}

/** A look at a server. */
export class Look {
  readonly #prober: Prober;
  readonly #timeout: number;
  readonly #step: (what: string) => Promise<void>;
  readonly #notKnown: Unknown[] = [];
  #found: Found[] = [];

  /**
   * Begins.
   *
   * @param prober Who asks.
   * @param timeout How many milliseconds an answer may take.
   * @param step Is told what is looked at.
   */
  constructor(prober: Prober, timeout: number, step: (what: string) => Promise<void>) {
    this.#prober = prober;
    this.#timeout = timeout;
    this.#step = step;
  }

  /** Asks something; what has no answer is written down. */
  async #attempt<T>(what: string, ask: () => Promise<T>): Promise<T | null> {
    await this.#step(what);
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      this.#notKnown.push({ what, why: error.message, isLimit: error.isLimit });
      return null;
    }
  }

  /** Enumerates something; what was found before an answer failed to come is kept. */
  async #enumerated<T>(
    what: string,
    ask: (keep: (so: Enumeration<T>) => void) => Promise<unknown>,
  ): Promise<Enumeration<T>> {
    let found: Enumeration<T> = NOTHING;
    await this.#attempt(what, () =>
      ask((so) => {
        found = so;
      }));
    return found;
  }

  /** Asks for the versions and their suites. */
  async versions(): Promise<void> {
    for (const version of SCANNED_VERSIONS) {
      const found: Found = { version, suites: NOTHING, needsShares: false };
      this.#found.push(found);
      await this.#attempt(`the cipher suites of ${describeVersion(version)}`, async () => {
        const probe = await probeVersion(this.#prober, version, (so) => {
          found.suites = so;
        });
        Object.assign(found, probe);
      });
    }
  }

  /** Whether the server has any version. */
  get speaksTls(): boolean {
    return this.#found.some(({ suites }) => suites.found.length > 0);
  }

  #suitesOf(version: number): readonly number[] {
    return this.#found.find((one) => one.version === version)?.suites.found ?? [];
  }

  /** The newest version before TLS 1.3 that the server has; `null` for none. */
  get #newestOld(): number | null {
    const old = this.#found.filter(({ version, suites }) =>
      version < TLS_1_3 && suites.found.length > 0
    );
    return old.at(-1)?.version ?? null;
  }

  /** Looks at all else. */
  async everything(): Promise<Omit<Seen, "certificates">> {
    const prober = this.#prober;
    const newestOld = this.#newestOld;
    const old: Question | null = newestOld === null
      ? null
      : { version: newestOld, cipherSuites: this.#suitesOf(newestOld) };
    const tls13Groups = await this.#tls13Groups();
    const tls13 = this.#tls13Question(tls13Groups?.found ?? []);
    const tls13Schemes = tls13 === null ? null : await this.#enumerated<number>(
      "the signature schemes of TLS 1.3",
      (keep) => probeSchemes(prober, tls13, keep),
    );
    const tls12Groups = await this.#tls12Groups();
    const tls12Schemes = await this.#tls12Schemes();
    for (const question of [old, tls13]) {
      if (question === null) continue;
      const version = describeVersion(question.version);
      await this.#attempt(`the extensions of ${version}`, () => probeExtensions(prober, question));
    }
    const best = tls13 ?? old;
    const features = {
      helloRetryRequest: tls13Groups === null ? null : await this.#attempt(
        "HelloRetryRequest",
        () => probeRetry(prober, this.#suitesOf(TLS_1_3), tls13Groups.found),
      ),
      alpn: best === null ? null : named(
        await this.#enumerated<string>(
          "the application protocols",
          (keep) => probeAlpn(prober, best, keep),
        ),
        (name) => name,
      ),
      compression: old === null
        ? false
        : await this.#attempt("compression", () => probeCompression(prober, old)),
      fallbackScsv: await this.#fallback(),
      encryptThenMac: await this.#encryptThenMac(old),
      ech: tls13 === null
        ? null
        : await this.#attempt("Encrypted Client Hello", () => probeEch(prober, tls13)),
    };
    const compressed = tls13 !== null && await this.#attempt(
      "certificate compression",
      () => probeCertificateCompression(prober, tls13),
    );
    const seen = this.#answersSay(compressed === true);
    const sessions = await this.#sessions();
    const clientRenegotiation = await this.#renegotiation();
    const tolerance = this.#shareTolerance();
    if (best !== null) {
      await this.#attempt(
        "what is unusual",
        () => probeTolerance(prober, best, this.#timeout, (one) => void tolerance.push(one)),
      );
    }
    return {
      versions: this.#versionsSeen(),
      tls13Groups: tls13Groups === null ? null : named(tls13Groups, groupName),
      tls12Groups: tls12Groups === null ? null : named(tls12Groups, groupName),
      tls13Schemes: tls13Schemes === null ? null : named(tls13Schemes, schemeName),
      tls12Schemes: tls12Schemes === null ? null : named(tls12Schemes, schemeName),
      ...features,
      ...seen,
      sessions: { ...sessions, ...this.#sessionsSay() },
      clientRenegotiation,
      tolerance,
      notKnown: this.#notKnown,
    };
  }

  #versionsSeen(): Seen["versions"] {
    return this.#found.map(({ version, suites }) => ({
      version: describeVersion(version),
      offered: suites.found.length > 0 ? true : suites.complete ? false : null,
      ...named(suites, suiteName),
    }));
  }

  async #tls13Groups(): Promise<Enumeration<number> | null> {
    const suites = this.#suitesOf(TLS_1_3);
    if (suites.length === 0) return null;
    const { needsShares } = this.#found.at(-1)!;
    return await this.#enumerated<number>(
      "the groups of TLS 1.3",
      (keep) => probeTls13Groups(this.#prober, suites, needsShares, keep),
    );
  }

  /** RFC 8446, Section 4.2.8, lets a client ask which group the server wants. */
  #shareTolerance(): ToleranceSeen[] {
    const tls13 = this.#found.at(-1);
    if (tls13 === undefined || tls13.suites.found.length === 0) return [];
    const tolerated = !tls13.needsShares;
    const says = tolerated ? "goes on" : "refuses it";
    return [{ what: "a ClientHello without key shares", tolerated, says }];
  }

  /** What TLS 1.3's server answers with a whole flight; `null` if it cannot be read here. */
  #tls13Question(groups: readonly number[]): Question | null {
    const suites = this.#suitesOf(TLS_1_3);
    const cipherSuites = suites.filter((id) => SPOKEN_SUITES.has(id));
    const shareLength = (id: number) => namedGroupByName(groupName(id))!.clientShareLength;
    const [group] = groups.filter(canShare).toSorted((a, b) => shareLength(a) - shareLength(b));
    if (cipherSuites.length > 0 && group !== undefined) {
      return { version: TLS_1_3, cipherSuites, groups: [group], shareOf: [group] };
    }
    if (suites.length > 0) {
      this.#notKnown.push({
        what: "what TLS 1.3 encrypts: signature schemes, extensions, certificates",
        why: groups.length === 0
          ? "no group of the key exchange was found"
          : "the server has no cipher suite or no group that this program computes",
        isLimit: groups.length > 0,
      });
    }
    return null;
  }

  async #tls12Groups(): Promise<Enumeration<number> | null> {
    const version = this.#newestOld;
    if (version === null) return null;
    const suites = ecdheSuites(this.#suitesOf(version));
    if (suites.length === 0) return null;
    const curves = () => certificateCurves(this.#prober.answers);
    return await this.#enumerated<number>(
      "the curves of TLS 1.2 and before",
      (keep) => probeTls12Groups(this.#prober, version, suites, curves, keep),
    );
  }

  /** The kinds of keys apart: a server may choose the suite before it looks at the schemes. */
  async #tls12Schemes(): Promise<Enumeration<number> | null> {
    const signed = this.#suitesOf(TLS_1_2)
      .filter((id) => traitsOf(suiteName(id)).isSigned);
    if (signed.length === 0) return null;
    const kindOf = (id: number) => traitsOf(suiteName(id)).keyExchange.replace(/^.*_/, "");
    const all: Enumeration<number>[] = [];
    for (const kind of new Set(signed.map(kindOf))) {
      const cipherSuites = signed.filter((id) => kindOf(id) === kind);
      all.push(
        await this.#enumerated<number>(
          `the signature schemes of TLS 1.2 with ${kind}`,
          (keep) => probeSchemes(this.#prober, { version: TLS_1_2, cipherSuites }, keep),
        ),
      );
    }
    const orders = new Set(all.map(({ order }) => order).filter((order) => order !== null));
    return {
      found: [...new Set(all.flatMap(({ found }) => found))],
      order: orders.size === 1 ? [...orders][0]! : null,
      complete: all.every(({ complete }) => complete),
    };
  }

  /** Asks with the second newest version. */
  async #fallback(): Promise<boolean | null> {
    const offered = this.#found.filter(({ suites }) => suites.found.length > 0);
    const second = offered.at(-2);
    if (second === undefined) return null;
    const { version, suites } = second;
    return await this.#attempt(
      "the fallback signal",
      () => probeFallback(this.#prober, { version, cipherSuites: suites.found }),
    );
  }

  async #encryptThenMac(old: Question | null): Promise<boolean | null> {
    const cipherSuites = (old?.cipherSuites ?? [])
      .filter((id) => traitsOf(suiteName(id)).weaknesses.includes("cbc"));
    if (old === null || cipherSuites.length === 0 || old.version === SSL_3_0) return null;
    return await this.#attempt(
      "encrypt-then-MAC",
      () => probeEncryptThenMac(this.#prober, { ...old, cipherSuites }),
    );
  }

  /** What all answers together say. */
  #answersSay(compressed: boolean) {
    const { answers } = this.#prober;
    const old = answers.filter(({ hello }) => hello.version < TLS_1_3 && hello.version > SSL_3_0);
    const types = new Set(answers.flatMap((answer) => [...extensionsOf(answer).keys()]));
    if (compressed) types.add(ExtensionType.compressCertificate);
    const has = (type: number) =>
      old.length === 0 ? null : old.some(({ hello }) => hello.extensions.has(type));
    const bits = answers.flatMap((answer) => keyExchangeOf(answer)?.bits ?? []);
    return {
      dhBits: bits.length === 0 ? null : Math.min(...bits),
      extensions: [...types].toSorted((a, b) => a - b).map(extensionTypeName),
      secureRenegotiation: has(ExtensionType.renegotiationInfo),
      extendedMasterSecret: has(ExtensionType.extendedMasterSecret),
      clientCertificate: answers.some(hasCertificateRequest),
    };
  }

  #sessionsSay(): Pick<SessionsSeen, "tls12Ids" | "tls12Tickets"> {
    const answers = this.#prober.answers.filter(({ hello }) => hello.version === TLS_1_2);
    if (answers.length === 0) return { tls12Ids: null, tls12Tickets: null };
    const has = ({ hello }: HelloAnswer) => hello.extensions.has(ExtensionType.sessionTicket);
    return {
      tls12Ids: answers.some((answer) => !has(answer) && answer.hello.sessionIdLength > 0),
      tls12Tickets: answers.some(has),
    };
  }

  /** Whether a handshake of this program can end in a version. */
  #canSpeak(version: number, what: string): boolean {
    const suites = this.#suitesOf(version);
    if (suites.some((id) => SPOKEN_SUITES.has(id))) return true;
    if (suites.length > 0) this.#notKnown.push({ what, why: NOT_SPOKEN, isLimit: true });
    return false;
  }

  async #sessions(): Promise<SessionsSeen> {
    const sessions = { ...NO_SESSIONS };
    if (this.#canSpeak(TLS_1_2, "the resumption of TLS 1.2")) {
      const found = await this.#attempt(
        "the resumption of TLS 1.2",
        () => probeResumption(this.#prober, "TLSv1.2"),
      );
      Object.assign(sessions, { tls12Resumed: found?.resumed ?? null });
    }
    if (!this.#canSpeak(TLS_1_3, "the resumption of TLS 1.3")) return sessions;
    const found = await this.#attempt(
      "the resumption of TLS 1.3",
      () => probeResumption(this.#prober, "TLSv1.3"),
    );
    if (found === null) return sessions;
    return {
      ...sessions,
      tls13Resumed: found.resumed,
      tickets: found.tokens,
      lifetime: found.lifetime,
      maxEarlyData: found.maxEarlyData,
      earlyData: found.earlyData,
    };
  }

  async #renegotiation(): Promise<Seen["clientRenegotiation"]> {
    const what = "a renegotiation that the client begins";
    if (!this.#canSpeak(TLS_1_2, what)) return null;
    return await this.#attempt(
      what,
      () => probeClientRenegotiation(this.#prober, this.#timeout),
    );
  }
}

function hasCertificateRequest({ messages }: HelloAnswer): boolean {
  return messages.some(({ type }) => type === HandshakeType.certificateRequest);
}
