// Copyright 2026 the NSS for Deno authors. MIT license.

import { groupBy } from "../../cert/base/runtime.ts";

/**
 * An immutable map that shares what it has with the map it was made from: a change costs what has
 * changed, and not what is there. (Layers of falling size; a lookup asks each, and there are as
 * many as the size has binary digits, at most.)
 */
export class Layers<K, V> {
  /** From the largest to the smallest, and newest; `undefined` is what a layer has removed. */
  #layers: readonly ReadonlyMap<K, V | undefined>[];

  private constructor(layers: readonly ReadonlyMap<K, V | undefined>[]) {
    this.#layers = layers;
  }

  /**
   * Makes a map of entries.
   *
   * @param entries The entries, of which each key is there once.
   * @returns The map.
   */
  static of<K, V>(entries: Iterable<readonly [K, V]> = []): Layers<K, V> {
    return new Layers([new Map(entries)]);
  }

  /** Returns the value of a key. */
  get(key: K): V | undefined {
    const layers = this.#layers;
    for (let i = layers.length - 1; i >= 0; i--) {
      const value = layers[i]!.get(key);
      if (value !== undefined || layers[i]!.has(key)) return value;
    }
    return undefined;
  }

  /** Returns whether a key has a value. */
  has(key: K): boolean {
    return this.get(key) !== undefined;
  }

  /** Returns all values, in the order in which their keys were added. */
  values(): V[] {
    const all = this.#layers.reduce(joined);
    this.#layers = [all];
    return [...all.values()].filter((value) => value !== undefined);
  }

  /**
   * Returns a changed map.
   *
   * @param changes The new values of keys; `undefined` removes one.
   * @returns The map; this one stays as it is.
   */
  with(changes: ReadonlyMap<K, V | undefined>): Layers<K, V> {
    if (changes.size === 0) return this;
    const layers = [...this.#layers];
    let top = changes;
    while (layers.length > 0 && layers.at(-1)!.size <= 2 * top.size) {
      top = joined(layers.pop()!, top);
    }
    if (layers.length === 0) top = new Map([...top].filter(([, value]) => value !== undefined));
    return new Layers([...layers, top]);
  }
}

function joined<K, V>(
  below: ReadonlyMap<K, V | undefined>,
  above: ReadonlyMap<K, V | undefined>,
): ReadonlyMap<K, V | undefined> {
  const all = new Map(below);
  for (const [key, value] of above) all.set(key, value);
  return all;
}

/** An immutable index: lists of values by keys, with what {@linkcode Layers} promises. */
export class Index<V> {
  readonly #lists: Layers<string, readonly V[]>;

  private constructor(lists: Layers<string, readonly V[]>) {
    this.#lists = lists;
  }

  /**
   * Makes an index.
   *
   * @param entries The values with their keys.
   * @returns The index.
   */
  static of<V>(entries: Iterable<readonly [string, V]> = []): Index<V> {
    const lists = groupBy(entries, ([key]) => key);
    return new Index(
      Layers.of([...lists].map(([key, list]) => [key, list.map(([, value]) => value)] as const)),
    );
  }

  /** Returns the values of a key. */
  get(key: string): readonly V[] {
    return this.#lists.get(key) ?? [];
  }

  /**
   * Returns a changed index.
   *
   * @param removed The values that go, with their keys.
   * @param added The values that come, with their keys.
   * @returns The index; this one stays as it is.
   */
  with(
    removed: Iterable<readonly [string, V]>,
    added: Iterable<readonly [string, V]>,
  ): Index<V> {
    const changes = new Map<string, readonly V[] | undefined>();
    const now = (key: string): readonly V[] => changes.get(key) ?? this.get(key);
    for (const [key, value] of removed) changes.set(key, now(key).filter((one) => one !== value));
    for (const [key, value] of added) changes.set(key, [...now(key), value]);
    for (const [key, list] of changes) if (list?.length === 0) changes.set(key, undefined);
    return new Index(this.#lists.with(changes));
  }
}
