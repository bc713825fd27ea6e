// Copyright 2026 the NSS for Deno authors. MIT license.

/** Stores that are wrong in one thing each, none of which may pass the suite. @module */

import { MAX_ROW_LENGTH } from "../../../ssl/base/session_store.ts";
import {
  answering,
  type Bytes,
  comparing,
  type Engine,
  epochs,
  getting,
  living,
  type Make,
  Model,
  named,
  type Value,
  written,
} from "./_model_store.ts";

const text = (bytes: Bytes) => new TextDecoder().decode(bytes);
const utf8 = (bytes: Bytes) => new TextEncoder().encode(text(bytes));
let calls = 0;

/** A wrong store, and a test that must find it. */
export const WRONG: Readonly<Record<string, readonly [fails: string, make: Make]>> = {
  "its replace() reads, waits and writes": [
    "of many who write a row that is not there",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          const found = this.find(name);
          await this.pause();
          if (!this.isExpected(found, before)) return false;
          await this.put(name, new Uint8Array(after ?? []), lifetime);
          if (after === null) this.write(name, null, lifetime);
          return true;
        }
      }(engine),
  ],
  "taking a row is not atomic": [
    "of many who take a row",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          if (after !== null) return await super.replace(name, before, after, lifetime);
          const found = this.find(name);
          await this.pause();
          if (!this.isExpected(found, before)) return false;
          this.write(name, null, lifetime);
          return true;
        }
      }(engine),
  ],
  "creating a row is not atomic": [
    "of many who write a row that is not there",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          if (before !== null) return await super.replace(name, before, after, lifetime);
          if (this.find(name) !== undefined) return false;
          await this.pause();
          this.write(name, after, lifetime);
          return true;
        }
      }(engine),
  ],
  "replacing a value is not atomic": [
    "of counts that many add to a row",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          if (before === null || after === null) {
            return await super.replace(name, before, after, lifetime);
          }
          const found = this.find(name);
          await this.pause();
          if (!this.isExpected(found, before)) return false;
          this.write(name, after, lifetime);
          return true;
        }
      }(engine),
  ],
  "replacing a value is atomic in each store alone": [
    "of many who replace a value, one",
    (engine) => {
      let turn: Promise<unknown> = Promise.resolve();
      return new class extends Model {
        override replace(name: string, before: Value, after: Value, lifetime: number) {
          const next = turn.then(async () => {
            const found = this.find(name);
            await this.pause();
            if (!this.isExpected(found, before)) return false;
            this.write(name, after, lifetime);
            return true;
          });
          turn = next;
          return next;
        }
      }(engine);
    },
  ],
  "a value that is there already counts as replaced": [
    "of many who replace a value by the same one",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          if (await super.replace(name, before, after, lifetime)) return true;
          return before !== null && after !== null && this.isExpected(this.find(name), after);
        }
      }(engine),
  ],
  "a row that is gone already counts as taken": [
    "of those who take a row and those who replace it",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          if (before === null || after !== null) {
            return await super.replace(name, before, after, lifetime);
          }
          await this.pause();
          const isThere = this.find(name) !== undefined;
          this.write(name, null, lifetime);
          return isThere;
        }
      }(engine),
  ],
  "its replace() overwrites what put() has written meanwhile": [
    "what put() writes is not lost",
    (() => {
      const locks = new WeakMap<Engine, Promise<unknown>>();
      return (engine) =>
        new class extends Model {
          // One at a time among themselves, and yet not with put()
          override replace(name: string, before: Value, after: Value, lifetime: number) {
            const turn = (locks.get(engine) ?? Promise.resolve()).then(async () => {
              const found = this.find(name);
              await this.pause();
              if (!this.isExpected(found, before)) return false;
              this.write(name, after, lifetime);
              return true;
            });
            locks.set(engine, turn);
            return turn;
          }
        }(engine);
    })(),
  ],
  "its replace() ignores the expected value": [
    "replace() replaces the expected value alone",
    comparing(() => true),
  ],
  "its replace() compares the lengths": [
    "replace() compares all bytes",
    comparing((a, b) => a.length === b.length),
  ],
  "its replace() compares the first 16 bytes": [
    "replace() compares all bytes",
    comparing((a, b) => a.subarray(0, 16).toHex() === b.subarray(0, 16).toHex()),
  ],
  "its replace() compares without the last byte": [
    "replace() compares all bytes",
    comparing((a, b) => a.subarray(0, -1).toHex() === b.subarray(0, -1).toHex()),
  ],
  "its replace() compares without case": [
    "replace() compares all bytes",
    comparing((a, b) => text(a).toLowerCase() === text(b).toLowerCase()),
  ],
  "its replace() compares texts in UTF-8": [
    "replace() compares all bytes",
    comparing((a, b) => text(a) === text(b)),
  ],
  "its replace() takes base64 of the value for the value": [
    "a value is none of the texts",
    comparing((a, b) => {
      const base64 = (
        bytes: Bytes,
      ) => [bytes.toHex(), new TextEncoder().encode(bytes.toBase64()).toHex()];
      return base64(a).some((one) => base64(b).includes(one));
    }),
  ],
  "its replace() takes digits of the value for the value": [
    "a value is none of the texts",
    comparing((a, b) => a.toHex() === b.toHex() || text(b) === a.toHex() || text(a) === b.toHex()),
  ],
  "its replace() does not remove": [
    "replace() replaces the expected value alone",
    (engine) =>
      new class extends Model {
        override write(name: string, value: Value, lifetime: number) {
          if (value !== null) super.write(name, value, lifetime);
        }
      }(engine),
  ],
  "its replace() takes no row for any row": [
    "replace() replaces the expected value alone",
    (engine) =>
      new class extends Model {
        override isExpected(found: Bytes | undefined, before: Value) {
          return before === null || super.isExpected(found, before);
        }
      }(engine),
  ],
  "its replace() answers 1 and 0": ["replace() replaces the expected", answering(Number)],
  "its replace() answers nothing": ["replace() replaces the expected", answering(() => undefined)],
  "its replace() always answers true": ["replace() replaces the expected", answering(() => true)],
  "its replace() answers the contrary": ["replace() replaces the expected", answering((it) => !it)],
  "its rows never expire": ["a row of put() is there until", living(() => Infinity)],
  "what its replace() writes never expires": [
    "a row of replace() is there until",
    (engine) =>
      new class extends Model {
        override replace(name: string, before: Value, after: Value) {
          return super.replace(name, before, after, Infinity);
        }
      }(engine),
  ],
  "its rows expire 1 ms late": ["a row of put() is there until", living((n) => n + 1)],
  "its rows expire 1 ms early": ["a row of put() is there until", living((n) => n - 1)],
  "its lifetimes are seconds": ["a row of put() is there until", living((n) => 1000 * n)],
  "its lifetimes are rounded up to seconds": [
    "a lifetime may be 1 ms",
    living((n) => 1000 * Math.ceil(n / 1000)),
  ],
  "its lifetimes are rounded down to seconds": [
    "a row of put() is there until",
    living((n) => 1000 * Math.floor((n - 1) / 1000)),
  ],
  "its lifetimes have 31 bits": ["a lifetime may be 1 ms", living((n) => n & 0x7fffffff)],
  "its lifetimes overflow to nothing": [
    "a lifetime may be 1 ms",
    living((n) => n > 0x7fffffff ? 0 : n),
  ],
  "its replace() leaves the lifetime as it was": [
    "a new value",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          await this.pause();
          if (!this.isExpected(this.find(name), before)) return false;
          const expiresAt = engine.rows.get(name)?.expiresAt;
          this.write(name, after, lifetime);
          const row = engine.rows.get(name);
          if (row && before !== null) row.expiresAt = expiresAt!;
          return true;
        }
      }(engine),
  ],
  "its put() leaves the lifetime as it was": [
    "a new value",
    (engine) =>
      new class extends Model {
        override async put(name: string, value: Bytes, lifetime: number) {
          await this.pause();
          const before = this.find(name) && engine.rows.get(name)!.expiresAt;
          this.write(name, value, lifetime);
          if (before !== undefined) engine.rows.get(name)!.expiresAt = before;
        }
      }(engine),
  ],
  "its lifetimes only grow": [
    "a new value has its own lifetime",
    (engine) =>
      new class extends Model {
        override write(name: string, value: Value, lifetime: number) {
          const before = this.find(name) === undefined ? 0 : engine.rows.get(name)!.expiresAt;
          super.write(name, value, Math.max(lifetime, before - engine.now));
        }
      }(engine),
  ],
  "a timer of the row before ends the new one": [
    "a new value outlives",
    (engine) => {
      const ends = new Map<string, number>();
      return new class extends Model {
        override find(name: string) {
          if (engine.now >= (ends.get(name) ?? Infinity)) {
            ends.delete(name);
            engine.rows.delete(name);
          }
          return super.find(name);
        }
        override write(name: string, value: Value, lifetime: number) {
          super.write(name, value, lifetime);
          const end = engine.now + lifetime;
          ends.set(name, Math.min(end, ends.get(name) ?? Infinity));
        }
      }(engine);
    },
  ],
  "its replace() sees rows that have expired": [
    "a row that has expired is no row",
    (engine) =>
      new class extends Model {
        override async replace(name: string, before: Value, after: Value, lifetime: number) {
          await this.pause();
          if (!this.isExpected(engine.rows.get(name)?.value, before)) return false;
          this.write(name, after, lifetime);
          return true;
        }
      }(engine),
  ],
  "its values are UTF-8": ["values come back byte by byte", written(utf8)],
  "its values have 7 bits": [
    "values come back byte by byte",
    written((it) => it.map((b) => b & 127)),
  ],
  "its values end at a zero": [
    "values come back byte by byte",
    written((it) => it.subarray(0, it.includes(0) ? it.indexOf(0) : undefined)),
  ],
  "its values are trimmed": [
    "values come back byte by byte",
    written((it) =>
      new TextEncoder().encode(text(it).trim()).length < utf8(it).length ? it.slice(0, -1) : it
    ),
  ],
  "its line ends are changed": [
    "values come back byte by byte",
    written((it) => it.toHex() === "0d0a" ? it.slice(1) : it),
  ],
  "its numbers lose their zeros": [
    "values come back byte by byte",
    written((it) => it.length > 1 && it[0] === 0 ? it.subarray(1) : it),
  ],
  "its values end at 32,768 bytes": [
    "values may have any length",
    written((it) => it.subarray(0, 32_768)),
  ],
  "its values end one byte early": [
    "values may have any length",
    written((it) => it.subarray(0, MAX_ROW_LENGTH - 1)),
  ],
  "its put() alone damages bytes": [
    "values come back byte by byte",
    (engine) =>
      new class extends Model {
        override put(name: string, value: Bytes, lifetime: number) {
          return super.put(name, utf8(value), lifetime);
        }
      }(engine),
  ],
  "its replace() alone damages bytes": [
    "replace() writes values byte by byte",
    (engine) =>
      new class extends Model {
        override replace(name: string, before: Value, after: Value, lifetime: number) {
          return super.replace(name, before, after === null ? null : utf8(after), lifetime);
        }
      }(engine),
  ],
  "it keeps the given array": [
    "a value is a copy",
    (engine) =>
      new class extends Model {
        override write(name: string, value: Value, lifetime: number) {
          super.write(name, value, lifetime);
          const row = engine.rows.get(name);
          if (row !== undefined && value !== null) row.value = value;
        }
      }(engine),
  ],
  "it returns its own array": ["a value is a copy", (engine) =>
    new class extends Model {
      override async get(name: string) {
        await this.pause();
        return this.find(name);
      }
    }(engine)],
  "it stores the whole buffer of a view": [
    "a value is a copy",
    written((it) => new Uint8Array(it.buffer)),
  ],
  "its names have no case": ["names are told apart", named((it) => it.toLowerCase())],
  "its names end at 36 characters": ["names are told apart", named((it) => it.slice(0, 36))],
  "its names end at 63 characters": ["names are told apart", named((it) => it.slice(0, 63))],
  "its names lose their signs": ["names are told apart", named((it) => it.replaceAll("_", "-"))],
  "its names are those of an object": [
    "names may be words",
    getting((found, name) => found ?? Reflect.get({}, name)),
  ],
  "it removes by a prefix": [
    "names are told apart",
    (engine) =>
      new class extends Model {
        override write(name: string, value: Value, lifetime: number) {
          super.write(name, value, lifetime);
          if (value !== null) return;
          for (const key of engine.rows.keys()) if (key.startsWith(name)) engine.rows.delete(key);
        }
      }(engine),
  ],
  "its get() returns null for no row": ["a row that was never", getting((found) => found ?? null)],
  "its get() returns nothing for no row": [
    "a row that was never written",
    getting((found) => found ?? new Uint8Array(0)),
  ],
  "its get() returns an array": ["what one store writes", getting((found) => found && [...found])],
  "its get() returns a text": ["what one store writes", getting((found) => found && text(found))],
  "its stores do not share": [
    "what one store writes, another reads",
    (engine) => new Model({ ...engine, rows: new Map() }),
  ],
  "a store reads what it has read before": [
    "what one store writes, another reads",
    (engine) => {
      const known = new Map<string, Bytes>();
      return new class extends Model {
        override async get(name: string) {
          const value = known.get(name) ?? await super.get(name);
          if (value !== undefined) known.set(name, value);
          return value?.slice();
        }
      }(engine);
    },
  ],
  "its patience is a text": [
    "the patience of a store",
    (engine) => Object.assign(new Model(engine), { patience: "1000" as unknown as number }),
  ],
  "its patience is half a millisecond": [
    "the patience of a store",
    (engine) => Object.assign(new Model(engine), { patience: 0.5 }),
  ],
  "one that is closed closes all": [
    "a closed store leaves the others open",
    (engine) =>
      new class extends Model {
        close() {
          engine.rows.clear();
        }
      }(engine),
  ],
  "its put() forgets to write over": [
    "what one store writes, another reads",
    (engine) =>
      new class extends Model {
        override async put(name: string, value: Bytes, lifetime: number) {
          await super.replace(name, null, value, lifetime);
        }
      }(engine),
  ],
  "its put() is done before it is written": [
    "what one store writes, another reads",
    (engine) =>
      new class extends Model {
        override put(name: string, value: Bytes, lifetime: number) {
          const copy = value.slice();
          setTimeout(() => this.write(name, copy, lifetime));
          return Promise.resolve();
        }
      }(engine),
  ],
  "its epoch is another one each time": ["the epoch of a row is one", epochs(() => `${calls++}`)],
  "its epoch is that of a process": ["the epoch of a row is one", (engine) => {
    const own = `${calls++}`;
    return epochs(() => own)(engine);
  }],
  "its epoch changes with a row": [
    "the epoch of a row is one",
    epochs(({ rows }) => `${[...rows.values()].map(({ value }) => value)}.`),
  ],
  "its epoch is empty": ["the epoch of a row is one", epochs(() => "")],
  "its epoch is too long": ["the epoch of a row is one", epochs(() => "x".repeat(101))],
  "its epoch is a number": ["the epoch of a row is one", epochs(({ run }) => run)],
  "its epoch is undefined": ["the epoch of a row is one", epochs(() => undefined)],
  "it does not tell an epoch": ["where the engine can restart", epochs(() => null)],
  "its epoch stays after a restart": ["where the engine can restart", epochs(() => "1")],
  "its epoch comes back": ["where the engine can restart", epochs(({ run }) => `${run % 2}`)],
  "its get() fails for what others have written": [
    "where others can write",
    getting((found, name, { spoilt }) => {
      if (spoilt.has(name)) throw new Error("this is no row");
      return found;
    }),
  ],
  "what others have written cannot be replaced": [
    "where others can write",
    getting((found, name, { spoilt }) => spoilt.has(name) ? undefined : found),
  ],
  "what others have written comes back as it is": [
    "where others can write",
    getting((found, name, { spoilt }) => spoilt.has(name) ? { any: 1 } : found),
  ],
};
