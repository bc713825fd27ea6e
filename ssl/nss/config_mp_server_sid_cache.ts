// Copyright 2026 the NSS for Deno authors. MIT license.

import { defaultContext, type NssContext } from "../../pkcs11/context/context.ts";
import type { KvStore } from "../../pkcs11/kv/store.ts";
import { SslError } from "../base/errors.ts";
import { resolveLimits, type ServerSessionLimits } from "../session/limits.ts";
import {
  areServerSessionsConfigured,
  ServerSessions,
  setServerSessions,
} from "../session/server_cache.ts";
import { countersOf } from "../session/statistics.ts";

export type { KvStore } from "../../pkcs11/kv/store.ts";

/** The environment variable that a child process finds the cache by. */
export const SSL_INHERITANCE = "SSL_INHERITANCE";

/** How {@linkcode configMPServerSIDCache} shares servers' sessions. */
export interface MPServerSessionCacheOptions extends ServerSessionLimits {
  /**
   * The file of the store; by default one for this cache alone, which is removed when it is shut
   * down.
   */
  readonly path?: string;
  /** A store that is open already, in place of a file; it is not closed with the cache. */
  readonly kv?: KvStore;
  /**
   * What seals the sessions in the store, 32 random bytes that the processes know from each other
   * or from elsewhere; by default new ones, so that the cache is found by those alone who are told
   * of it.
   */
  readonly secret?: Uint8Array;
  /** Whose servers; default the default context's. */
  readonly context?: NssContext;
}

/** How {@linkcode inheritMPServerSIDCache} finds the cache. */
export interface InheritOptions {
  /** The store, where the cache was made in one that was open already. */
  readonly kv?: KvStore;
  /** Whose servers; default the default context's. */
  readonly context?: NssContext;
}

/** What a cache is found by. */
interface Inheritance extends Required<ServerSessionLimits> {
  readonly form: 1;
  readonly secret: Uint8Array<ArrayBuffer>;
  /** The file; `null` where the store was open already. */
  readonly path: string | null;
}

/**
 * Shares servers' sessions among the processes of one machine, in Deno KV
 * (`SSL_ConfigMPServerSIDCache`): what one process has made another resumes, by IDs and by tickets,
 * whose keys are shared and renewed for all. Call it before the servers begin, once for a context.
 *
 * Sessions are shared only among servers that are configured alike: the same certificates, client
 * authentication, `caCerts` and presets. Hooks cannot be compared from process to process, nor can
 * whom a context trusts: where they decide about clients, a server shares its sessions with others
 * only under a name that says that they decide alike, the option `sessionIdContext`.
 *
 * All that is in the store is sealed. The text that this function returns holds the key: whoever
 * has it can read what the servers resume, so it goes to the workers and children that serve, and
 * to nobody else. It is not put into this process's environment, where every child would get it
 * (NSS does that). The store's file can be read and written by its owner only.
 *
 * A store that is locked is tried again for a second, with pauses that chance makes uneven; after
 * that, or if it fails otherwise, the handshake goes on without, and {@linkcode getStatistics}
 * counts it as `cacheUnavailable`. After three failures in a row the store is left alone for five
 * seconds, that it does not cost every handshake as much.
 *
 * @param options Where the store is, and how long sessions are good.
 * @returns What {@linkcode inheritMPServerSIDCache} takes, a secret; the value of `SSL_INHERITANCE`
 * for a child.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if an option has no such value,
 * `PR_OPERATION_NOT_SUPPORTED_ERROR` where there is no Deno KV, `SEC_ERROR_IO` if it does not open;
 * `PR_IS_CONNECTED_ERROR` if the context has a cache already.
 *
 * @example Usage
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
 *   args: ["eval", `console.log(Deno.env.has("${SSL_INHERITANCE}"))`], // say, "run" and a server
 *   env,
 * });
 * const { stdout } = await child.output();
 * assertEquals(new TextDecoder().decode(stdout), "true\n");
 * assertEquals(Deno.env.has(SSL_INHERITANCE), false); // nobody else is told
 * await shutdownServerSessionIDCache({ context });
 * ```
 */
export async function configMPServerSIDCache(
  options: MPServerSessionCacheOptions = {},
): Promise<string> {
  const { context = defaultContext(), kv, path } = options;
  const secret = options.secret === undefined
    ? crypto.getRandomValues(new Uint8Array(32))
    : new Uint8Array(options.secret);
  if (secret.length !== 32) {
    throw invalidInheritance("configure", `the secret has ${secret.length} bytes, not 32`);
  }
  const limits = resolveLimits(options);
  const found = await open(context, { form: 1, secret, path: path ?? null, ...limits }, kv, true);
  return encodeInheritance(found);
}

/**
 * Uses the cache of another process (`SSL_InheritMPServerSIDCache`), in a worker or in a child.
 *
 * @param inheritance What {@linkcode configMPServerSIDCache} returned; by default the environment
 * variable `SSL_INHERITANCE`.
 * @param options The store, where it is not in a file, and whose servers.
 * @throws {NssError} `SEC_ERROR_INVALID_ARGS` if it is nothing of the kind, else as
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
 * // In a worker that was told; a child that has it in its environment names nothing
 * const itsContext = new NssContext();
 * await inheritMPServerSIDCache(inheritance, { context: itsContext });
 * await assertRejects(
 *   () => inheritMPServerSIDCache(inheritance, { context: itsContext }),
 *   SslError,
 *   "the context has one",
 * );
 * await shutdownServerSessionIDCache({ context: itsContext });
 * await shutdownServerSessionIDCache({ context });
 * ```
 */
export async function inheritMPServerSIDCache(
  inheritance?: string,
  options: InheritOptions = {},
): Promise<void> {
  const { context = defaultContext(), kv } = options;
  let text = inheritance;
  if (text === undefined) {
    const { readEnvironment } = await import("../session/kv_file.ts");
    text = readEnvironment(SSL_INHERITANCE);
  }
  if (text === undefined) throw invalidInheritance("inherit", `${SSL_INHERITANCE} is not set`);
  const found = decodeInheritance(text);
  if (found.path === null && kv === undefined) {
    throw invalidInheritance(
      "inherit",
      "it is in a store that was open already; give the option kv",
    );
  }
  await open(context, found, kv, false);
}

async function open(
  context: NssContext,
  inheritance: Inheritance,
  kv: KvStore | undefined,
  isFirst: boolean,
): Promise<Inheritance> {
  refuseSecond(context);
  const [{ KvServerSessionCache }, file] = await Promise.all([
    import("../session/kv_server.ts"),
    kv === undefined ? openFile(inheritance.path) : null,
  ]);
  const { secret, maxCacheEntries, timeout, ticketLifetime } = inheritance;
  const remove = isFirst ? file?.remove : undefined;
  const cache = new KvServerSessionCache({
    store: kv ?? file!.store,
    ownsStore: kv === undefined,
    secret,
    maxCacheEntries,
    ...(remove && { onClose: remove }),
  });
  try {
    refuseSecond(context); // while this one opened
  } catch (error) {
    await cache.close();
    throw error;
  }
  setServerSessions(
    context,
    new ServerSessions({
      cache,
      sessionLifetime: timeout,
      ticketLifetime,
      counters: countersOf(context),
    }),
  );
  return { ...inheritance, path: file?.path ?? null };
}

function refuseSecond(context: NssContext): void {
  if (!areServerSessionsConfigured(context)) return;
  throw new SslError(
    "PR_IS_CONNECTED_ERROR",
    "Cannot configure session cache: the context has one; shut that down first",
  );
}

async function openFile(path: string | null) {
  const { openKvFile } = await import("../session/kv_file.ts");
  return await openKvFile(path ?? undefined);
}

function encodeInheritance({ secret, ...rest }: Inheritance): string {
  return JSON.stringify({ ...rest, secret: secret.toBase64() });
}

function decodeInheritance(text: string): Inheritance {
  let value: Partial<Record<keyof Inheritance, unknown>> | null;
  let secret: Uint8Array<ArrayBuffer>;
  try {
    value = JSON.parse(text);
    secret = Uint8Array.fromBase64(String(value?.secret));
  } catch {
    // What JSON.parse throws quotes the text, which is a secret.
    throw invalidInheritance("inherit", "its description is damaged");
  }
  const { form, path } = value!;
  if (form !== 1 || secret.length !== 32 || (path !== null && typeof path !== "string")) {
    throw invalidInheritance("inherit", "its description is damaged or of another version");
  }
  const { maxCacheEntries, timeout, ticketLifetime } = value as Record<string, number>;
  const limits = { maxCacheEntries, timeout, ticketLifetime } as Required<ServerSessionLimits>;
  return { form, secret, path, ...resolveLimits(limits) };
}

function invalidInheritance(attempt: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot ${attempt} session cache: ${why}`);
}
