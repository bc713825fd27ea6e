// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Files, `-` for standard input or output; they are written whole or not at all. @module */

import type { Io, Output } from "./io.ts";

/** The most bytes of a file that is read: certificates, keys and CRLs are shorter. */
export const MAX_FILE = 64 * 1024 * 1024;

/** Something local is in the way: a file, a password, a permission. */
export class LocalError extends Error {
  /** What it is called. */
  override readonly name = "LocalError";
}

/** The temporary files that Ctrl-C must not leave behind. */
const unfinished = new Set<string>();

/** Deletes what has not been written to its end, when the program is interrupted. */
export function deleteUnfinished(): void {
  for (const path of unfinished) {
    try {
      Deno.removeSync(path);
    } catch {
      // It may never have come to be.
    }
  }
  unfinished.clear();
}

/**
 * Reads a file.
 *
 * @param path Where from; `-` is standard input.
 * @param io Standard input.
 * @param max The most bytes that it may have.
 */
export async function readBytes(
  path: string,
  io: Io,
  max: number = MAX_FILE,
): Promise<Uint8Array<ArrayBuffer>> {
  if (path === "-") return await readStream(io.in, "standard input", max);
  using file = await Deno.open(path, { read: true });
  const { isDirectory, size } = await file.stat();
  if (isDirectory) throw new LocalError(`Cannot read "${path}": it is a folder, not a file`);
  if (size > max) throw tooLong(`"${path}"`, max);
  // Devices and pipes do not tell their size
  return await readStream(file.readable, `"${path}"`, max);
}

async function readStream(
  stream: ReadableStream<Uint8Array<ArrayBuffer>>,
  what: string,
  max: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  let length = 0;
  for await (const chunk of stream) {
    length += chunk.length;
    if (length > max) {
      throw tooLong(what, max);
    }
    chunks.push(chunk);
  }
  return new Uint8Array(await new Blob(chunks).arrayBuffer());
}

function tooLong(what: string, max: number): LocalError {
  return new LocalError(
    `Cannot read ${what}: it has more than ${max} bytes, and is something else than is wanted here`,
  );
}

/**
 * Makes files that others write, as a database: if that fails, or Ctrl-C comes before it is done,
 * those that were not there before are deleted.
 *
 * @param paths What is made; a folder behind what is in it.
 * @param make Makes it.
 * @returns What it returns.
 */
export async function makeWhole<T>(paths: readonly string[], make: () => Promise<T>): Promise<T> {
  const own: string[] = [];
  for (const path of paths) if (await statusOf(path) === null) own.push(path);
  for (const path of own) unfinished.add(path);
  try {
    return await make();
  } catch (error) {
    for (const path of own) await Deno.remove(path).catch(() => {}); // it may never have come to be
    throw error;
  } finally {
    for (const path of own) unfinished.delete(path);
  }
}

/** Reads a file of text. */
export async function readText(path: string, io: Io, max?: number): Promise<string> {
  return new TextDecoder().decode(await readBytes(path, io, max));
}

/** How a file is written. */
export interface WriteOptions {
  /** Whether it has a private key: it is for its owner only, and replaces no other file. */
  readonly isSecret?: boolean;
}

/** A file that is to be written. */
export interface NewFile extends WriteOptions {
  /** Where to; `-` is standard output. */
  readonly path: string;
  /** What. */
  readonly content: string | Uint8Array;
}

/**
 * Checks that a file with a private key can be written: before a password is asked for, or a second
 * of work is done.
 *
 * @param path Where to; `-` is standard output.
 * @throws {LocalError} If there is a file already.
 */
export async function checkNoFile(path: string): Promise<void> {
  if (path === "-" || await statusOf(path) === null) return;
  throw new LocalError(
    `Cannot write "${path}": it is there already, and a file with a private key replaces none; ` +
      "choose another name, or move it away",
  );
}

async function statusOf(path: string): Promise<Deno.FileInfo | null> {
  return await Deno.lstat(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  });
}

/**
 * Writes a file under another name first, and gives it its own when all of it is on the disk: a
 * full disk or Ctrl-C leaves the file that was there before, or none.
 *
 * @param path Where to; `-` is standard output.
 * @param content What.
 * @param out Standard output.
 */
export async function writeFile(
  path: string,
  content: string | Uint8Array,
  out: Output,
  options: WriteOptions = {},
): Promise<void> {
  await writeFiles([{ path, content, ...options }], out);
}

/**
 * Writes files that belong together: each as {@linkcode writeFile} does, and none of them has its
 * own name before all are on the disk.
 *
 * @param files The files, in the order in which they are given their names.
 * @param out Standard output.
 */
export async function writeFiles(files: readonly NewFile[], out: Output): Promise<void> {
  const staged: StagedFile[] = [];
  try {
    for (const file of files) staged.push(await stage(file, out));
    for (const file of staged) await file.putInPlace();
  } finally {
    for (const { temporary } of staged) if (temporary !== null) await discard(temporary);
  }
}

/** A file whose content is on the disk under another name. */
interface StagedFile {
  /** That name; `null` where the content is written in place. */
  readonly temporary: string | null;
  readonly putInPlace: () => Promise<void>;
}

async function stage(
  { path, content, isSecret = false }: NewFile,
  out: Output,
): Promise<StagedFile> {
  if (path === "-") return { temporary: null, putInPlace: () => out.write(content) };
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (isSecret) await checkNoFile(path);
  const present = await statusOf(path);
  if (present !== null && !present.isFile) {
    // A device, a pipe or a link is written to, not replaced
    if (present.isDirectory) throw new LocalError(`Cannot write "${path}": it is a folder`);
    return { temporary: null, putInPlace: () => Deno.writeFile(path, bytes) };
  }
  const mode = isSecret ? 0o600 : present?.mode ?? 0o666;
  const temporary = `${path}.${crypto.randomUUID().slice(0, 8)}.tmp`;
  unfinished.add(temporary);
  try {
    // At once, so that Ctrl-C does not delete it before it comes to be
    using file = Deno.openSync(temporary, { write: true, createNew: true, mode: mode & 0o777 });
    for (let sent = 0; sent < bytes.length;) sent += await file.write(bytes.subarray(sent));
    await file.sync();
  } catch (error) {
    await discard(temporary);
    throw error;
  }
  return { temporary, putInPlace: () => putInPlace(temporary, path, isSecret) };
}

/** Deletes what has no name of its own yet; what has one is not there any more. */
async function discard(temporary: string): Promise<void> {
  await Deno.remove(temporary).catch(() => {});
  unfinished.delete(temporary);
}

/** A secret must not replace a file that has come meanwhile: there, only a link fails. */
async function putInPlace(temporary: string, path: string, isSecret: boolean): Promise<void> {
  if (isSecret) await linkNew(temporary, path);
  else await Deno.rename(temporary, path);
  await syncFolderOf(path);
}

async function linkNew(temporary: string, path: string): Promise<void> {
  try {
    await Deno.link(temporary, path);
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    return await Deno.rename(temporary, path); // a file system without links
  }
  await Deno.remove(temporary);
}

/** The name of a file is on the disk when its folder is. */
async function syncFolderOf(path: string): Promise<void> {
  try {
    using folder = await Deno.open(path.replace(/[^/\\]*$/, "") || ".");
    await folder.sync();
  } catch {
    // Windows opens no folders; the file is whole all the same
  }
}
