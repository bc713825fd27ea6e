// Copyright 2026 the NSS for Deno authors. MIT license.

/** A session store that is right, and what makes wrong ones of it. @module */

import type { SessionStore } from "../../../ssl/base/session_store.ts";

export type Bytes = Uint8Array<ArrayBuffer>;
export type Value = Bytes | null;

export interface Row {
  value: Bytes;
  expiresAt: number;
}

/** What the stores of one engine share. */
export interface Engine {
  rows: Map<string, Row>;
  now: number;
  run: number;
  /** Which garbage has been written. */
  readonly spoilt: Set<string>;
}

/** A store that is right; each wrong one replaces one of its methods. */
export class Model implements SessionStore {
  constructor(readonly engine: Engine) {}

  /** Lets the other stores go on. */
  async pause(): Promise<void> {
    await Promise.resolve();
    await Promise.resolve();
  }

  find(name: string): Bytes | undefined {
    const row = this.engine.rows.get(name);
    return row !== undefined && this.engine.now < row.expiresAt ? row.value : undefined;
  }

  write(name: string, value: Value, lifetime: number): void {
    if (value === null) this.engine.rows.delete(name);
    else {
      this.engine.spoilt.delete(name);
      this.engine.rows.set(name, { value: value.slice(), expiresAt: this.engine.now + lifetime });
    }
  }

  isExpected(found: Bytes | undefined, before: Value): boolean {
    return before === null ? found === undefined : found?.toHex() === before.toHex();
  }

  async get(name: string): Promise<Bytes | undefined> {
    await this.pause();
    return this.find(name)?.slice();
  }

  async put(name: string, value: Bytes, lifetime: number): Promise<void> {
    await this.pause();
    this.write(name, value, lifetime);
  }

  async replace(name: string, before: Value, after: Value, lifetime: number): Promise<boolean> {
    await this.pause();
    if (!this.isExpected(this.find(name), before)) return false;
    this.write(name, after, lifetime);
    return true;
  }

  epoch(_name: string): Promise<string | null> {
    return Promise.resolve(`run ${this.engine.run}`);
  }
}

export type Make = (engine: Engine) => SessionStore;

/** A model with another way to change bytes when they are written. */
export const written = (change: (value: Bytes) => Bytes): Make => (engine) =>
  new class extends Model {
    override write(name: string, value: Value, lifetime: number) {
      super.write(name, value === null ? null : change(value), lifetime);
    }
    override isExpected(found: Bytes | undefined, before: Value) {
      return super.isExpected(found, before === null ? null : change(before));
    }
  }(engine);

/** A model that finds rows under other names. */
export const named = (change: (name: string) => string): Make => (engine) =>
  new class extends Model {
    override find(name: string) {
      return super.find(change(name));
    }
    override write(name: string, value: Value, lifetime: number) {
      super.write(change(name), value, lifetime);
    }
  }(engine);

/** A model with another expiry. */
export const living = (lifetimeOf: (lifetime: number) => number): Make => (engine) =>
  new class extends Model {
    override write(name: string, value: Value, lifetime: number) {
      super.write(name, value, lifetimeOf(lifetime));
    }
  }(engine);

/** A model that compares in another way. */
export const comparing = (isEqual: (found: Bytes, before: Bytes) => boolean): Make => (engine) =>
  new class extends Model {
    override isExpected(found: Bytes | undefined, before: Value) {
      if (found === undefined || before === null) return super.isExpected(found, before);
      return isEqual(found, before);
    }
  }(engine);

/** A model with other epochs. */
export const epochs = (epochOf: (engine: Engine, name: string) => unknown): Make => (engine) =>
  new class extends Model {
    // deno-lint-ignore no-explicit-any
    override epoch(name: string): Promise<any> {
      return Promise.resolve(epochOf(engine, name));
    }
  }(engine);

/** A model with another `get()`. */
export const getting =
  (answer: (found: Bytes | undefined, name: string, engine: Engine) => unknown): Make => (engine) =>
    new class extends Model {
      // deno-lint-ignore no-explicit-any
      override async get(name: string): Promise<any> {
        return answer(await super.get(name), name, engine);
      }
    }(engine);

/** A model with another answer of `replace()`. */
export const answering = (answerOf: (answer: boolean) => unknown): Make => (engine) =>
  new class extends Model {
    override async replace(
      ...args: Parameters<Model["replace"]>
      // deno-lint-ignore no-explicit-any
    ): Promise<any> {
      return answerOf(await super.replace(...args));
    }
  }(engine);
