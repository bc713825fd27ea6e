// Copyright 2026 the NSS for Deno authors. MIT license.

/** Asks a server one question a connection. @module */

import { type ConnLike, importFD, type ImportOptions, type SslSocket } from "../../ssl/mod.ts";
import { generateKeyShare, type KeyShare } from "../../ssl/crypto/key_exchange.ts";
import { namedGroupByName } from "../../ssl/tables/named_groups.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { Unreachable } from "../base/fail.ts";
import { PlainTextError } from "../net/plain_text.ts";
import { askRaw, type HelloAnswer, type RawAnswer } from "../net/raw_answer.ts";
import { encodeRawHello, nameToAsk, type RawHello } from "../net/raw_hello.ts";
import { NoAnswer, type Pace } from "./pace.ts";
import { groupName } from "../explain/names.ts";
import { REGISTERED_SCHEMES } from "../explain/registered_schemes.ts";
import { TLS12_CURVES, TLS13_GROUPS } from "./asked_groups.ts";

/** What is asked: what is left out has a value that most servers like. */
export type Question = Pick<RawHello, "version" | "cipherSuites"> & Partial<RawHello> & {
  /** The code points of the groups of which real key shares are sent, in TLS 1.3. */
  readonly shareOf?: readonly number[];
  /** The most bytes of a record. */
  readonly fragment?: number;
};

/** An answer that decides something. */
export type Decided = Exclude<RawAnswer, { readonly kind: "late" | "malformed" }>;

/** How a server is asked. */
export interface ProberOptions {
  /** Opens a connection on which TLS may begin. */
  readonly open: () => Promise<ConnLike>;
  /** The name that is asked for, or an address. */
  readonly hostname: string;
  /** How many milliseconds an answer may take. */
  readonly timeout: number;
  /** How many connections, and how fast. */
  readonly pace: Pace;
  /** Is told of each connection. */
  readonly progress: (made: number) => Promise<void>;
}

/** Nothing is sent over these connections, so that nobody has to be who it says. */
const takeAnyone = (): true => true;

/** Asks a server. */
export class Prober {
  readonly #options: ProberOptions;
  /** The answers with a ServerHello, for what all of them show besides. */
  readonly answers: HelloAnswer[] = [];

  /** Asks by some options. */
  constructor(options: ProberOptions) {
    this.#options = options;
  }

  /**
   * Asks.
   *
   * @returns The answer; a server that refuses has answered.
   * @throws {NoAnswer} If there is none, or none that can be understood.
   */
  async ask(question: Question): Promise<Decided> {
    const { timeout, pace } = this.#options;
    const answer = await this.askOnce(question);
    if (answer.kind === "late") {
      throw pace.unanswered(`the server did not answer in ${timeout} ms`);
    }
    if (answer.kind === "malformed") throw new NoAnswer(`the answer is no TLS: ${answer.says}`);
    pace.answered();
    if (answer.kind !== "closed") return answer;
    // A connection may be lost by accident; one that is refused is refused again
    const again = await this.askOnce(question);
    return again.kind === "late" || again.kind === "malformed" ? answer : again;
  }

  /**
   * Asks without judging the answer, which may be that there is none.
   *
   * @throws {NoAnswer} If there is no connection.
   */
  async askOnce(question: Question): Promise<RawAnswer> {
    const shares = await sharesOf(question);
    const hello = encodeRawHello({
      groups: question.version === TLS_1_3 ? TLS13_GROUPS : TLS12_CURVES,
      schemes: REGISTERED_SCHEMES,
      hostname: nameToAsk(this.#options.hostname),
      ...question,
      shares: shares.map(({ group, publicKey }) => ({ group, keyExchange: publicKey })),
    }, question.fragment);
    const conn = await this.#open();
    const answer = await askRaw(conn, hello, shares, this.#options.timeout);
    if (answer.kind === "hello") this.answers.push(answer);
    return answer;
  }

  /**
   * Begins a handshake of this package's own client, for what needs a complete one.
   *
   * @throws {NoAnswer} If there is no connection.
   */
  async connect(options: ImportOptions): Promise<SslSocket> {
    const { hostname, timeout } = this.#options;
    const conn = await this.#open();
    return importFD(conn, {
      hostname,
      ...options,
      authCertificate: takeAnyone,
      handshakeTimeout: timeout,
      closeTimeout: 1000,
    });
  }

  async #open(): Promise<ConnLike> {
    const { open, pace, progress } = this.#options;
    await pace.turn();
    await progress(pace.made);
    try {
      return await open();
    } catch (error) {
      if (error instanceof PlainTextError) throw new NoAnswer(error.message);
      if (!(error instanceof Unreachable)) throw error;
      if (pace.made === 1) throw error; // there is nothing to look at
      throw pace.unanswered(error.message);
    }
  }
}

async function sharesOf({ shareOf = [] }: Question): Promise<KeyShare[]> {
  return await Promise.all(shareOf.map((id) => {
    const group = namedGroupByName(groupName(id));
    if (group === undefined) throw new TypeError(`Cannot make key share: no group ${id}`);
    return generateKeyShare(group);
  }));
}
