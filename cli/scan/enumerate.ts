// Copyright 2026 the NSS for Deno authors. MIT license.

/** Finds all that a server takes of a list, of which it chooses one at a time. @module */

/** What was found. */
export interface Enumeration<T> {
  /** What the server takes: in its own order, or as it was offered. */
  readonly found: readonly T[];
  /**
   * Whose order counts; `null` if there are less than two, or it is not known.
   */
  readonly order: "server" | "client" | null;
  /** Whether all was asked: else there may be more. */
  readonly complete: boolean;
}

/** Nothing was asked. */
export const NOTHING: Enumeration<never> = { found: [], order: null, complete: false };

/**
 * Offers the list, takes out what the server chooses, and goes on until it refuses what is left.
 *
 * @param pieces The list, in pieces that are offered by themselves.
 * @param choose Offers some; returns what the server chooses, `null` if it refuses them.
 * @param keep Is given what was found each time, so that a failure later does not lose it.
 * @param known What is offered behind all else, since some servers need it; it may be chosen.
 * @returns What was found.
 */
export async function enumerate<T>(
  pieces: readonly (readonly T[])[],
  choose: (offered: readonly T[]) => Promise<T | null>,
  keep: (so: Enumeration<T>) => void,
  known: () => readonly T[] = () => [],
): Promise<Enumeration<T>> {
  const found: T[] = [];
  let piecesWithFinds = 0;
  for (const piece of pieces) {
    let left: readonly T[] = piece.filter((one) => !found.includes(one));
    const before = found.length;
    while (left.length > 0) {
      const behind = known().filter((one) => !left.includes(one));
      let chosen = await choose([...left, ...behind]);
      // A server that prefers what is known shows the rest only where it can do without
      const isKnown = chosen !== null && behind.includes(chosen);
      if (isKnown) chosen = await choose(left);
      // One that was not offered ends it: such a server goes by no list
      if (chosen === null || !left.includes(chosen)) break;
      found.push(chosen);
      left = left.filter((one) => one !== chosen);
      keep({ found: [...found], order: null, complete: false });
    }
    if (found.length > before) piecesWithFinds++;
  }
  const order = await orderOf(found, choose);
  const sorted = order === "server" && piecesWithFinds > 1 ? await sort(found, choose) : found;
  const all = { found: sorted, order, complete: true };
  keep(all);
  return all;
}

/** Offers all from behind: who goes by the client's order chooses the last one. */
async function orderOf<T>(
  found: readonly T[],
  choose: (offered: readonly T[]) => Promise<T | null>,
): Promise<Enumeration<T>["order"]> {
  const [first, last] = [found[0], found.at(-1)];
  if (found.length < 2) return null;
  const [forwards, backwards] = [await choose(found), await choose(found.toReversed())];
  if (forwards === first && backwards === last) return "client";
  return forwards !== null && forwards === backwards ? "server" : null;
}

async function sort<T>(
  found: readonly T[],
  choose: (offered: readonly T[]) => Promise<T | null>,
): Promise<readonly T[]> {
  const sorted: T[] = [];
  let left = found;
  while (left.length > 1) {
    const chosen = await choose(left);
    if (chosen === null || !left.includes(chosen)) break;
    sorted.push(chosen);
    left = left.filter((one) => one !== chosen);
  }
  return [...sorted, ...left];
}
