// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssError } from "../../../cert/base/errors.ts";
import {
  isFunction,
  isString,
  kindOf,
  required,
  type Shape,
  takeOptions,
} from "../../../cert/base/options.ts";
import { fromBase64, toBase64 } from "../../../cert/base/runtime.ts";
import { MAX_ROW_LENGTH, type SessionStore } from "../../base/session_store.ts";
import { checkRow, type EpochOptions, isEpochLabel, withLabel } from "./row.ts";

/**
 * Sends a command to Redis or Valkey, and returns its answer.
 *
 * @param key The key that the command touches, by which a cluster chooses the node.
 * @param args The whole command, its name first.
 * @returns The answer: a string or a number; bytes in place of a string do as well.
 *
 * @category Sessions
 */
export type RedisCommand = (key: string, args: string[]) => Promise<unknown>;

/**
 * The options of {@linkcode RedisSessionStore}.
 *
 * @category Sessions
 */
export interface RedisSessionStoreOptions extends EpochOptions {
  /** Sends a command by the application's client. */
  readonly command: RedisCommand;
  /** What the keys begin with, without braces; default `nss`. */
  readonly prefix?: string;
  /**
   * Called once if the server does not tell when it was started, so that early data is refused. By
   * default the problem is only at {@linkcode RedisSessionStore.problem}.
   */
  readonly onProblem?: (problem: NssError) => void;
}

const SHAPE: Shape<RedisSessionStoreOptions> = {
  command: required(isFunction),
  prefix: isPrefix,
  epoch: isEpochLabel,
  onProblem: isFunction,
};

/** The maximum length of a prefix. */
const MAX_PREFIX_LENGTH = 100;

function isPrefix(value: unknown, name: string): string | null {
  const problem = isString(value, name);
  if (problem !== null) return problem;
  const text = String(value);
  if (text === "" || text.length > MAX_PREFIX_LENGTH) {
    return `${name} has ${text.length} characters, not 1 to ${MAX_PREFIX_LENGTH}`;
  }
  // A cluster would place all rows by what stands in the first braces
  return /[{}]/.test(text) ? `${name} has braces, which choose the node of a cluster` : null;
}

/** The length of the text of the longest value: base64url without padding. */
const MAX_TEXT_LENGTH = Math.ceil(MAX_ROW_LENGTH * 4 / 3);

/** The canonical form of base64url without padding: each value has one text. */
const CANONICAL = /^(?:[\w-]{4})*(?:[\w-][AQgw]|[\w-]{2}[AEIMQUYcgkosw048])?$/;

/**
 * Replaces a row. `ARGV` is the expected text, the new one, either empty for none, and the lifetime
 * in milliseconds. What this store has not written counts as no row, as in `get()`.
 */
const REPLACE = `
local row = redis.pcall('GETRANGE', KEYS[1], 0, ${MAX_TEXT_LENGTH})
if type(row) ~= 'string' or #row > ${MAX_TEXT_LENGTH} or row:find('[^A-Za-z0-9_-]')
  or #row % 4 == 1
  or #row % 4 == 2 and not row:find('[AQgw]$')
  or #row % 4 == 3 and not row:find('[AEIMQUYcgkosw048]$') then row = '' end
if row ~= ARGV[1] then return 0 end
if ARGV[2] == '' then redis.call('DEL', KEYS[1])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

/**
 * Returns the ID of the server's data, which each start and each promotion of a replica change. The
 * run ID would stay the same where a failover is followed by one back. As a script with a key, the
 * node that has the row answers, whatever the client does with `INFO`; only one that may be written
 * to counts.
 */
const EPOCH = `
local info = redis.pcall('INFO', 'replication')
if type(info) ~= 'string' or not info:find('role:master', 1, true) then return '' end
return info:match('master_replid:(%x+)') or ''`;

/**
 * Rows in Redis or Valkey, of one server or a cluster, by the application's own client. Values are
 * stored as base64url text, because many clients damage other bytes, under keys such as
 * `nss:{name}`.
 *
 * The commands are `GETRANGE`, `SET`, and `EVAL` with one key, whose scripts use `DEL` and `INFO`
 * as well. A server that evicts keys (`maxmemory-policy` other than `noeviction`) may forget what
 * {@linkcode forgetSessions} has said. The epoch changes when the server is started, when a replica
 * takes its place, and when the row moves to another node; after a snapshot of a whole virtual
 * machine was restored, change the option `epoch`.
 *
 * @example Usage
 * ```ts
 * import { RedisSessionStore } from "@nss/nss/ssl/session-store";
 * import { assertEquals } from "@std/assert";
 *
 * // With ioredis: command: (_key, [name, ...args]) => redis.call(name, ...args)
 * const answers: Record<string, string> = { SET: "OK", GETRANGE: "AQI" };
 * const command = (_key: string, [name]: string[]) => Promise.resolve(answers[name!]);
 * const store = new RedisSessionStore({ command, prefix: "example" });
 * await store.put("row", new Uint8Array([1, 2]), 60_000);
 * assertEquals(await store.get("row"), new Uint8Array([1, 2]));
 * ```
 *
 * @category Sessions
 */
export class RedisSessionStore implements SessionStore {
  readonly #command: RedisCommand;
  readonly #prefix: string;
  readonly #label: string | undefined;
  readonly #onProblem: ((problem: NssError) => void) | undefined;
  #problem: NssError | null = null;

  /**
   * Creates a store; nothing is sent yet.
   *
   * @param options The function that sends commands, and the prefix of the keys.
   * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if an option is invalid.
   */
  constructor(options: RedisSessionStoreOptions) {
    const { command, prefix = "nss", epoch, onProblem } = takeOptions(
      "Cannot use Redis",
      options,
      SHAPE,
    );
    this.#command = command;
    this.#prefix = prefix;
    this.#label = epoch;
    this.#onProblem = onProblem;
  }

  /** Why {@linkcode RedisSessionStore.epoch} has returned `null`; `null` if it has not. */
  get problem(): NssError | null {
    return this.#problem;
  }

  /**
   * Reads a row.
   *
   * @param name Its name.
   * @returns Its value; `undefined` if there is none, or one that this store has not written.
   * @throws {NssError} `SEC_ERROR_IO` if the command fails or its answer is no text.
   */
  async get(name: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
    const what = "read row";
    checkRow(what, name);
    // A value of others may be of any length: no more of it is sent than tells so
    const args = (key: string) => ["GETRANGE", key, "0", String(MAX_TEXT_LENGTH)];
    const text = await this.#send(what, name, args).then(
      (answer) => textOf(what, answer),
      (error) => {
        if (/\bWRONGTYPE\b/.test(String(error.cause))) return "";
        throw error;
      },
    );
    if (text === "" || text.length > MAX_TEXT_LENGTH || !CANONICAL.test(text)) return undefined;
    return fromBase64(text.replaceAll("-", "+").replaceAll("_", "/"));
  }

  /**
   * Writes a row, whether there is one or not.
   *
   * @param name Its name.
   * @param value Its value.
   * @param lifetime The time in milliseconds after which it is gone.
   * @throws {NssError} `SEC_ERROR_IO` if the command fails, `SEC_ERROR_INVALID_ARGS` if the value
   * is empty or too long.
   */
  async put(name: string, value: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void> {
    const what = "write row";
    checkRow(what, name, value, lifetime);
    const args = (key: string) => ["SET", key, toText(value), "PX", String(lifetime)];
    const answer = textOf(what, await this.#send(what, name, args));
    if (answer !== "OK") throw failed(what, "the answer to SET is not OK");
  }

  /**
   * Replaces a row if its value is still the expected one.
   *
   * @param name Its name.
   * @param before The expected value; `null` if there must be no row.
   * @param after The new value; `null` removes the row.
   * @param lifetime The time in milliseconds after which the new value is gone.
   * @returns Whether the row was replaced.
   * @throws {NssError} `SEC_ERROR_IO` if the command fails or its answer is neither 0 nor 1,
   * `SEC_ERROR_INVALID_ARGS` if a value is empty or too long.
   */
  async replace(
    name: string,
    before: Uint8Array<ArrayBuffer> | null,
    after: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Promise<boolean> {
    const what = "replace row";
    checkRow(what, name, before, lifetime);
    checkRow(what, name, after, lifetime);
    const texts = [before, after].map((value) => value === null ? "" : toText(value));
    const args = (key: string) => ["EVAL", REPLACE, "1", key, ...texts, String(lifetime)];
    const answer = await this.#send(what, name, args);
    // Some clients return numbers as another type
    const isNumber = typeof answer === "number" || typeof answer === "bigint";
    const text = isNumber ? String(answer) : textOf(what, answer);
    if (text !== "0" && text !== "1") throw failed(what, "the answer to EVAL is neither 0 nor 1");
    return text === "1";
  }

  /**
   * Returns a text that changes with each start of the server and each failover.
   *
   * @param name The name of a row, whose node is asked.
   * @returns The text; `null` if the server does not tell, see {@linkcode
   * RedisSessionStore.problem}.
   * @throws {NssError} `SEC_ERROR_IO` if the command fails.
   */
  async epoch(name: string): Promise<string | null> {
    const what = "read the epoch of Redis";
    checkRow(what, name);
    const answer = await this.#send(what, name, (key) => ["EVAL", EPOCH, "1", key]);
    const text = textOf(what, answer);
    if (/^[0-9a-f]{40}$/.test(text)) return withLabel(text, this.#label);
    this.#tell(failed(
      what,
      "the server does not tell its role:master and master_replid; allow the command INFO in scripts (ACL: +info), or early data is refused",
    ));
    return null;
  }

  #tell(problem: NssError): void {
    if (this.#problem !== null) return;
    this.#problem = problem;
    this.#onProblem?.(problem);
  }

  async #send(
    what: string,
    name: string,
    argsOf: (key: string) => string[],
  ): Promise<unknown> {
    const key = `${this.#prefix}:{${name}}`;
    try {
      return await this.#command(key, argsOf(key));
    } catch (cause) {
      throw failed(what, "the command failed", cause);
    }
  }
}

function failed(what: string, state: string, cause?: unknown): NssError {
  return new NssError(
    "SEC_ERROR_IO",
    `Cannot ${what}: ${state}`,
    cause === undefined ? {} : { cause },
  );
}

/** Returns an answer as text; some clients are configured to return bytes. */
function textOf(what: string, answer: unknown): string {
  // The longest that is asked for has one character more than the longest value
  if (typeof answer === "string" && answer.length <= MAX_TEXT_LENGTH + 1) return answer;
  if (answer instanceof Uint8Array && answer.length <= MAX_TEXT_LENGTH + 1) {
    return new TextDecoder("latin1").decode(answer);
  }
  const isLong = typeof answer === "string" || answer instanceof Uint8Array;
  const shown = isLong ? `${answer.length} characters long` : kindOf(answer);
  throw failed(what, `the function command returned ${shown}, not the answer of Redis`);
}

function toText(value: Uint8Array): string {
  return toBase64(value).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}
