// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { NssError } from "../../cert/base/errors.ts";
import type { KvStore } from "./store.ts";

/**
 * Opens Deno KV. A new file is its owner's alone, as SQLite's other files beside it then are;
 * an existing one keeps its permissions.
 *
 * @param path The path; by default that of the application, on Deno Deploy its database.
 * @returns The store.
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV, `SEC_ERROR_IO` if
 * it does not open.
 */
export async function openKv(path?: string): Promise<KvStore> {
  requireKv();
  let isNew = false;
  try {
    isNew = path !== undefined && isFile(path) && await createPrivately(path);
    return await Deno.openKv(path);
  } catch (cause) {
    if (isNew) await Deno.remove(path!).catch(() => {}); // the first error matters
    throw new NssError("SEC_ERROR_IO", "Cannot open Deno KV: Deno.openKv failed", { cause });
  }
}

/**
 * Checks that the runtime has Deno KV.
 *
 * @throws {NssError} `PR_OPERATION_NOT_SUPPORTED_ERROR` if there is no Deno KV.
 */
export function requireKv(): void {
  if ("Deno" in globalThis && typeof Deno.openKv === "function") return;
  const cure = "Deno" in globalThis
    ? "on the command line run with --unstable-kv"
    : "this runtime is not Deno, so pass a store with the methods of Deno.Kv as kv";
  throw new NssError(
    "PR_OPERATION_NOT_SUPPORTED_ERROR",
    `Cannot open Deno KV: there is no Deno.openKv here; ${cure}`,
  );
}

/** Returns whether a path is not that of a database in memory, or of a remote one. */
function isFile(path: string): boolean {
  return path !== "" && path !== ":memory:" && !/^https?:/.test(path);
}

/** Creates an empty file; returns `false` if it exists. */
async function createPrivately(path: string): Promise<boolean> {
  try {
    (await Deno.open(path, { write: true, createNew: true, mode: 0o600 })).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    return false;
  }
}

/** The length of a secret in bytes. */
const SECRET_LENGTH = 32;

/**
 * The number of attempts to read a secret that another process is just writing, and the pause
 * between them in milliseconds.
 */
const SECRET_READS = { attempts: 50, pause: 10 } as const;

/**
 * Reads the secret of a store in a file from the file beside it, which only its owner can read, and
 * creates it if it is missing.
 *
 * @param path The path of the store.
 * @returns The secret, 32 bytes; a new one for a store in memory, `undefined` for other stores.
 * @throws {NssError} `SEC_ERROR_IO` if it cannot be read or written.
 */
export async function readSecret(path?: string): Promise<Uint8Array<ArrayBuffer> | undefined> {
  const fresh = crypto.getRandomValues(new Uint8Array(SECRET_LENGTH));
  if (path === ":memory:" || path === "") return fresh;
  if (path === undefined || !isFile(path)) return undefined;
  const place = `${path}.key`;
  const failed = (state: string, cause?: unknown): NssError =>
    new NssError(
      "SEC_ERROR_IO",
      `Cannot open Deno KV: "${place}", the secret of its content, ${state}`,
      { cause },
    );
  try {
    await Deno.writeFile(place, fresh, { createNew: true, mode: 0o600 });
    return fresh;
  } catch (cause) {
    if (!(cause instanceof Deno.errors.AlreadyExists)) throw failed("cannot be written", cause);
  }
  for (let reads = 0; reads < SECRET_READS.attempts; reads++) {
    const secret = await Deno.readFile(place).catch((cause) => {
      throw failed("cannot be read", cause);
    });
    if (secret.length === SECRET_LENGTH) return secret;
    await new Promise((resolve) => setTimeout(resolve, SECRET_READS.pause));
  }
  throw failed(`does not have ${SECRET_LENGTH} bytes; remove it to begin anew`);
}
