// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The folder `shared` beside the repository: test data of others, which is not committed here.
 *
 * @module
 */

import { skip } from "./skip.ts";

/** A line of a fuzz corpus. */
export interface CorpusEntry {
  /** Its name. */
  readonly id: string;
  /** Its bytes. */
  readonly data: Uint8Array<ArrayBuffer>;
}

/**
 * Where a file or folder of the shared data is, whether it is there or not.
 *
 * @param path Its path in `shared`.
 * @returns Its path in the file system.
 */
export function sharedPath(path: string): string {
  return `${import.meta.dirname}/../../../shared/${path}`;
}

/**
 * Why a file or folder of the shared data cannot be used.
 *
 * @param path Its path in `shared`.
 * @returns The reason to skip a test, or `null` where it is there.
 */
export function sharedProblem(path: string): string | null {
  try {
    Deno.statSync(sharedPath(path));
    return null;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return `there is no ../shared/${path}`;
  }
}

/**
 * Opens a file of the shared data.
 *
 * @param path Its path in `shared`; what ends in `.gz` is decompressed.
 * @returns Its contents.
 */
export async function openShared(path: string): Promise<Response> {
  const { readable } = await Deno.open(sharedPath(path));
  return new Response(
    path.endsWith(".gz") ? readable.pipeThrough(new DecompressionStream("gzip")) : readable,
  );
}

/**
 * Reads the entries of a fuzz corpus.
 *
 * @param contents Its file.
 * @returns The entries.
 */
export async function corpusOf(contents: Response): Promise<CorpusEntry[]> {
  const lines = (await contents.text()).trim().split("\n");
  return lines.map((line) => {
    const { id, data } = JSON.parse(line);
    return { id, data: Uint8Array.fromBase64(data) };
  });
}

/**
 * Registers a test over a file of the shared data: skipped with the reason where it is not there, a
 * failure with `CI=true`.
 *
 * @param title The test's title.
 * @param path The file's path in `shared`.
 * @param run The test.
 */
export function testShared(
  title: string,
  path: string,
  run: (contents: Response) => void | Promise<void>,
): void {
  const problem = sharedProblem(path);
  if (problem !== null) return skip(title, problem);
  Deno.test(title, async () => await run(await openShared(path)));
}
