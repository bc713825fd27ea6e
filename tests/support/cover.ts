// Copyright 2026 the NSS for Deno authors. MIT license.

/** The axes of a test matrix: each name with the values it takes. */
export type Axes = Readonly<Record<string, readonly (string | boolean)[]>>;

/** One row of a matrix: a value for each axis. */
export type Row<A extends Axes> = { readonly [K in keyof A]: A[K][number] };

/**
 * Makes a pairwise cover: rows such that every pair of values of any two axes is in at least one
 * row. The full product of five axes has hundreds of rows, the cover about as many as the two
 * longest axes multiplied. The greedy choice is deterministic.
 *
 * @param axes The axes; where one is empty there are no rows.
 * @returns The rows.
 */
export function coverPairs<A extends Axes>(axes: A): Row<A>[] {
  const names: (keyof A & string)[] = Object.keys(axes);
  const key = (a: string, i: number, b: string, j: number): string =>
    a < b ? `${a}=${i}&${b}=${j}` : `${b}=${j}&${a}=${i}`;
  const open = new Map<string, readonly [string, number, string, number]>();
  for (const [n, a] of names.entries()) {
    for (const b of names.slice(n + 1)) {
      for (const i of values(axes, a).keys()) {
        for (const j of values(axes, b).keys()) open.set(key(a, i, b, j), [a, i, b, j]);
      }
    }
  }
  const rows: Row<A>[] = [];
  for (let pair = first(open); pair !== undefined; pair = first(open)) {
    const [a, i, b, j] = pair;
    const chosen = new Map([[a, i], [b, j]]);
    for (const name of names) {
      if (chosen.has(name)) continue;
      let best = -1;
      let bestGain = -1;
      const count = values(axes, name).length;
      for (let offset = 0; offset < count; offset++) {
        // Ties go to a value that depends on the row, so that no value is left to the end.
        const candidate = (offset + rows.length) % count;
        let gain = 0;
        for (const [other, index] of chosen) {
          if (open.has(key(name, candidate, other, index))) gain++;
        }
        if (gain > bestGain) [best, bestGain] = [candidate, gain];
      }
      chosen.set(name, best);
    }
    const list = [...chosen];
    for (const [n, [x, xi]] of list.entries()) {
      for (const [y, yi] of list.slice(n + 1)) open.delete(key(x, xi, y, yi));
    }
    const entries = names.map((name) => [name, values(axes, name)[chosen.get(name) ?? 0]]);
    rows.push(Object.fromEntries(entries));
  }
  return rows;
}

/**
 * Makes the shortest cover: rows such that every value of every axis is in at least one row.
 *
 * @param axes The axes; where one is empty there are no rows.
 * @returns The rows, as many as the longest axis has values.
 */
export function coverValues<A extends Axes>(axes: A): Row<A>[] {
  const lists = Object.entries(axes);
  if (lists.some(([, list]) => list.length === 0)) return [];
  const rows: Row<A>[] = [];
  for (let i = 0; i < Math.max(...lists.map(([, list]) => list.length)); i++) {
    const entries = lists.map(([name, list]) => [name, list[i % list.length]]);
    rows.push(Object.fromEntries(entries));
  }
  return rows;
}

function values(axes: Axes, name: string): readonly (string | boolean)[] {
  return axes[name] ?? [];
}

function first<K, V>(map: Map<K, V>): V | undefined {
  return map.values().next().value;
}
