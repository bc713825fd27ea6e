// Copyright 2026 the NSS for Deno authors. MIT license.

import { fromBase64, toBase64 } from "../../cert/base/runtime.ts";
import { importLazily } from "../../cert/base/lazy_module.ts";
import { isFunction, isLike, isString, type Shape } from "../../cert/base/options.ts";
import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import { isKvStore, type KvStore } from "../../pkcs11/kv/store.ts";
import { SslError } from "../base/errors.ts";
import type { SessionStore, StoreFault } from "../base/session_store.ts";
import { isStoreSecret, type StoreSecret } from "../base/store_secret.ts";
import { CONTEXT_OPTIONS } from "../config/context_policy.ts";
import { requireSslArgs, takeSslOptions } from "../config/option_values.ts";
import { SHARED_LIMITS, type SharedSessionLimits } from "../session/limits.ts";
import { areServerSessionsConfigured, setServerSessions } from "../session/server_cache.ts";
import { countersOf } from "../session/statistics.ts";

export type { KvStore } from "../../pkcs11/kv/store.ts";
export type { SessionStore } from "../base/session_store.ts";
export type { StoreSecret } from "../base/store_secret.ts";
export type { SharedSessionLimits } from "../session/limits.ts";

/**
 * The environment variable that describes the cache to a child process.
 *
 * @category Sessions
 */
export const SSL_INHERITANCE = "SSL_INHERITANCE";

/**
 * The options of {@linkcode configMPServerSIDCache}.
 *
 * @category Sessions
 */
export interface MPServerSessionCacheOptions extends SharedSessionLimits {
  /**
   * The file of the store; by default a temporary one, which is removed when the cache is shut
   * down.
   */
  readonly path?: string;
  /** An open database of Deno KV to use instead of a file; it is not closed with the cache. */
  readonly kv?: KvStore;
  /**
   * Any other store, of one machine or of many; it is not closed with the cache. Of `path`, `kv`
   * and `store` only one can be given.
   */
  readonly store?: SessionStore;
  /**
   * Is told when the store fails, takes too long, or has a row that cannot be read: to count or log
   * it. What it throws is dropped.
   */
  readonly onStoreFault?: (fault: StoreFault) => void;
  /**
   * What encrypts the sessions in the store, the same in all processes; by default 32 new random
   * bytes, which only the returned text contains.
   */
  readonly secret?: StoreSecret;
  /** Not here: the store has the keys. {@linkcode configServerSessionIDCache} takes them. */
  readonly ticketKeys?: never;
  /** The context of the servers; the default context by default. */
  readonly context?: NssContext;
}

/**
 * The options of {@linkcode inheritMPServerSIDCache}.
 *
 * @category Sessions
 */
export interface InheritOptions {
  /** The database, if the cache was created with the option `kv`. */
  readonly kv?: KvStore;
  /** The store, if the cache was created with the option `store`. */
  readonly store?: SessionStore;
  /** Is told of faults of the store, as in {@linkcode configMPServerSIDCache}. */
  readonly onStoreFault?: (fault: StoreFault) => void;
  /** The context of the servers; the default context by default. */
  readonly context?: NssContext;
}

const INHERIT_SHAPE: Shape<InheritOptions> = {
  ...CONTEXT_OPTIONS,
  kv: isKvStore,
  onStoreFault: isFunction,
  store: isLike("a SessionStore", "get", "put", "replace", "epoch"),
};

const SHAPE: Shape<MPServerSessionCacheOptions> = {
  ...INHERIT_SHAPE,
  ...SHARED_LIMITS,
  path: isString,
  secret: isStoreSecret,
  ticketKeys: (_, name) =>
    `${name} exclude a store, which has keys that are renewed; give them to ` +
    "configServerSessionIDCache(), or leave them out",
};

/** The version of the description; another one is of another version of this package. */
const FORM = 2;

/** The description of a cache, with which other processes open it. */
interface Inheritance extends Required<SharedSessionLimits> {
  readonly form: typeof FORM;
  readonly secret: Uint8Array<ArrayBuffer>;
  /** The file; `null` if the cache uses the option `kv` or `store`. */
  readonly path: string | null;
}

/** What a call does: the one that configures a cache owns its file. */
type Attempt = "configure" | "inherit";

/** Where a cache is: at most one of these; in a temporary file without any. */
interface Place {
  readonly path: string | undefined;
  readonly kv: KvStore | undefined;
  readonly store: SessionStore | undefined;
}

type OnStoreFault = MPServerSessionCacheOptions["onStoreFault"];

/**
 * Shares servers' sessions among processes (`SSL_ConfigMPServerSIDCache`): those of one machine in
 * Deno KV, or those of many in any {@linkcode SessionStore}, for which they need the same `secret`.
 * A session of one process can be resumed in another, by ID or by ticket; the keys of tickets are
 * shared and renewed for all. Call it once per context, before the servers start, with the same
 * limits in all processes: others do not share.
 *
 * Sessions are shared only among servers with the same configuration: certificates, client
 * authentication, `caCerts` and presets. Hooks and the trust of contexts cannot be compared between
 * processes: if they decide about clients, a server shares its sessions only if the option
 * `sessionIdContext` names servers that decide alike.
 *
 * A handshake with tickets asks the store for nothing: the keys are in the memory of each process,
 * which reads them anew each minute (or eight times per `ticketKeyRotation`), and no more than ten
 * times a second for tickets of unknown keys. Each key is in the store for one rotation before it
 * seals and opens until its last ticket has expired. Rotations go by the clock of the store;
 * clocks of processes may be off by an hour, and one that is farther off shares nothing and harms
 * nobody. While the store is away, the known keys go on sealing for up to two rotations, as long
 * as all processes keep them; then there are no new tickets until it is back. A store that has lost
 * its rows gets the keys back from the processes that know them.
 *
 * The store is encrypted. The returned text contains the key, which allows decryption of resumed
 * connections: pass it only to the workers and child processes that serve. Unlike in NSS, it is not
 * put into this process's environment, which every child would inherit. Only its owner can read and
 * write the store's file.
 *
 * Where the store fails, or makes a handshake wait for longer than `storeTimeout` in all, the
 * handshake continues without it: {@linkcode getStatistics} counts, and `onStoreFault` is told.
 * After three failures in a row the store is not used for five seconds, to keep handshakes fast.
 *
 * @param options The store, and the limits of the sessions.
 * @returns The argument of {@linkcode inheritMPServerSIDCache}, which is secret; the value of
 * `SSL_INHERITANCE` for a child process.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` for an invalid option,
 * `PR_OPERATION_NOT_SUPPORTED_ERROR` if Deno KV is unavailable, `SEC_ERROR_IO` if the store cannot
 * be opened, or does not give the salt of a password; `PR_IS_CONNECTED_ERROR` if the context
 * already has a cache; what the key throws that is the secret.
 *
 * @example A store of many machines
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import { configMPServerSIDCache, shutdownServerSessionIDCache } from "@nss/nss/ssl";
 * import { MemorySessionStore } from "@nss/nss/ssl/session-store";
 * import { assertEquals } from "@std/assert";
 *
 * const store = new MemorySessionStore(); // on many machines: one in Redis, or of your own
 * const secret = { password: "kfqzvtrnwmxj" };
 * const [one, two] = [new NssContext(), new NssContext()];
 * for (const context of [one, two]) await configMPServerSIDCache({ store, secret, context });
 * // Servers with `context: one` and `context: two` now resume each other's sessions. The store
 * // has the salt of the password, and will have the keys of tickets with the first handshake
 * assertEquals(store.get("password-salt-1")?.length, 16);
 * for (const context of [one, two]) await shutdownServerSessionIDCache({ context });
 * ```
 *
 * @example A child process
 * ```ts
 * import { NssContext } from "@nss/nss/pkcs11";
 * import {
 *   configMPServerSIDCache,
 *   shutdownServerSessionIDCache,
 *   SSL_INHERITANCE,
 * } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * const inheritance = await configMPServerSIDCache({ context });
 * const env = { [SSL_INHERITANCE]: inheritance };
 * const child = new Deno.Command(Deno.execPath(), {
 *   args: ["eval", `console.log(Deno.env.has("${SSL_INHERITANCE}"))`], // or "run" and a server
 *   env,
 * });
 * const { stdout } = await child.output();
 * assertEquals(new TextDecoder().decode(stdout), "true\n");
 * assertEquals(Deno.env.has(SSL_INHERITANCE), false); // other children do not inherit it
 * await shutdownServerSessionIDCache({ context });
 * ```
 *
 * @category Sessions
 */
export async function configMPServerSIDCache(
  options: MPServerSessionCacheOptions = {},
): Promise<string> {
  const given = takeSslOptions("Cannot configure session cache", options, SHAPE);
  const { context = defaultContext(), kv, path, store, onStoreFault } = given;
  requireOnePlace("configure", { path, kv, store });
  const { secret = crypto.getRandomValues(new Uint8Array(32)) } = given;
  const opened = await open(
    "configure",
    context,
    given,
    secret,
    { path, kv, store },
    onStoreFault,
  );
  return encodeInheritance({ form: FORM, ...opened });
}

/**
 * Uses the cache of another process (`SSL_InheritMPServerSIDCache`), in a worker or a child
 * process.
 *
 * @param inheritance The text that {@linkcode configMPServerSIDCache} returned; by default the
 * value of the environment variable `SSL_INHERITANCE`.
 * @param options The store, if it is not a file, and the context.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if the text is invalid; otherwise as
 * {@linkcode configMPServerSIDCache}.
 *
 * @example Usage
 * ```ts
 * import {
 *   configMPServerSIDCache,
 *   inheritMPServerSIDCache,
 *   NssContext,
 *   shutdownServerSessionIDCache,
 *   SslError,
 * } from "@nss/nss";
 * import { assertRejects } from "@std/assert";
 *
 * const context = new NssContext();
 * const inheritance = await configMPServerSIDCache({ context });
 *
 * // In a worker that received it; a child process with the variable omits the argument
 * const workerContext = new NssContext();
 * await inheritMPServerSIDCache(inheritance, { context: workerContext });
 * await assertRejects(
 *   () => inheritMPServerSIDCache(inheritance, { context: workerContext }),
 *   SslError,
 *   "the context has one",
 * );
 * await shutdownServerSessionIDCache({ context: workerContext });
 * await shutdownServerSessionIDCache({ context });
 * ```
 *
 * @category Sessions
 */
export async function inheritMPServerSIDCache(
  inheritance?: string,
  options: InheritOptions = {},
): Promise<void> {
  const { context = defaultContext(), kv, store, onStoreFault } = takeSslOptions(
    "Cannot inherit session cache",
    options,
    INHERIT_SHAPE,
  );
  let text = inheritance;
  if (text === undefined) {
    const { readEnvironment } = await importLazily(
      "the shared session cache",
      () => import("../session/kv_file.ts"),
    );
    text = readEnvironment(SSL_INHERITANCE);
  }
  if (text === undefined) throw invalidInheritance("inherit", `${SSL_INHERITANCE} is not set`);
  requireSslArgs("Cannot inherit session cache", isString(text, "inheritance"));
  const decoded = decodeInheritance(text);
  if (decoded.path === null && kv === undefined && store === undefined) {
    throw invalidInheritance(
      "inherit",
      "it is in a store that was open already; give the option kv or store",
    );
  }
  const { secret, path: inherited, form: _, ...limits } = decoded;
  const path = inherited ?? undefined;
  requireOnePlace("inherit", { path, kv, store });
  await open("inherit", context, limits, secret, { path, kv, store }, onStoreFault);
}

/** Opens a cache, and returns its limits, its secret and the path of its file, if it is in one. */
async function open(
  attempt: Attempt,
  context: NssContext,
  given: SharedSessionLimits,
  secret: StoreSecret,
  { path, kv, store }: Place,
  onStoreFault: OnStoreFault,
): Promise<Omit<Inheritance, "form">> {
  requireUnconfigured(context);
  const { deriveStoreSecret, resolveSharedLimits, shareSessions } = await importLazily(
    "the shared session cache",
    () => import("../session/shared_sessions.ts"),
  );
  resolveSharedLimits(given); // before there is a file
  const file = store === undefined ? await openFile(kv ?? path) : null;
  const onClose = async () => {
    await file?.close();
    if (attempt === "configure") await file?.remove?.();
  };
  const rows = store ?? file!.store;
  const limits = resolveSharedLimits(given, rows.patience);
  try {
    const derived = await deriveStoreSecret(secret, rows, `Cannot ${attempt} session cache`);
    requireUnconfigured(context); // another call may have finished meanwhile
    const counters = countersOf(context);
    const shared = { ...limits, store: rows, secret: derived, counters, onStoreFault, onClose };
    setServerSessions(context, shareSessions(shared));
    return { ...limits, secret: derived.bytes, path: file?.path ?? null };
  } catch (error) {
    await onClose();
    throw error;
  }
}

function requireOnePlace(attempt: Attempt, places: Place): void {
  const given = Object.entries(places).filter(([, place]) => place !== undefined);
  if (given.length < 2) return;
  const names = given.map(([name]) => name);
  throw invalidInheritance(attempt, `${names.join(" and ")} exclude each other; give one of them`);
}

function requireUnconfigured(context: NssContext): void {
  if (!areServerSessionsConfigured(context)) return;
  throw new SslError(
    "PR_IS_CONNECTED_ERROR",
    "Cannot configure session cache: the context has one; shut that down first",
  );
}

async function openFile(place: KvStore | string | undefined) {
  const { openKvRows } = await importLazily(
    "the shared session cache",
    () => import("../session/kv_file.ts"),
  );
  return await openKvRows(place);
}

function encodeInheritance({ secret, ...rest }: Inheritance): string {
  return JSON.stringify({ ...rest, secret: toBase64(secret) });
}

function decodeInheritance(
  text: string,
): SharedSessionLimits & Pick<Inheritance, "form" | "secret" | "path"> {
  let value: Partial<Record<keyof Inheritance, unknown>> | null;
  let secret: Uint8Array<ArrayBuffer>;
  try {
    value = JSON.parse(text);
    secret = fromBase64(String(value?.secret));
  } catch {
    // The error of JSON.parse is dropped: it quotes the text, which is secret.
    throw invalidInheritance("inherit", "its description is damaged");
  }
  const { form, path } = value!;
  if (form !== FORM || secret.length !== 32 || (path !== null && typeof path !== "string")) {
    throw invalidInheritance("inherit", "its description is damaged or of another version");
  }
  const names = Object.keys(SHARED_LIMITS);
  const limits = takeSslOptions<SharedSessionLimits>(
    "Cannot inherit session cache",
    Object.fromEntries(Object.entries(value!).filter(([name]) => names.includes(name))),
    SHARED_LIMITS,
  );
  return { form, secret, path, ...limits };
}

function invalidInheritance(attempt: Attempt, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot ${attempt} session cache: ${why}`);
}
