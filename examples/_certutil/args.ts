// Copyright 2026 the NSS for Deno authors. MIT license.

/** Reads the command line. @module */

/** An option, `--name` or `--name VALUE`. */
export interface Option {
  /** Its name, without dashes. */
  readonly name: string;
  /** What its value is called; without it the option takes none. */
  readonly value?: string;
  /** What it does, in a line. */
  readonly text: string;
}

/** The command line is not as it should be. */
export class UsageError extends Error {
  /** What it is called. */
  override readonly name = "UsageError";
}

/** A command line, read. */
export class Args {
  /** What is no option. */
  readonly positional: readonly string[];
  readonly #values: ReadonlyMap<string, readonly string[]>;

  /** Reads a command line; what stands behind `--` is no option. */
  constructor(args: readonly string[], options: readonly Option[]) {
    const positional: string[] = [];
    const values = new Map<string, string[]>();
    const rest = [...args];
    for (let arg; (arg = rest.shift()) !== undefined;) {
      if (arg === "--") {
        positional.push(...rest.splice(0));
        continue;
      }
      if (!arg.startsWith("--")) {
        if (/^-./.test(arg)) throw new UsageError(`Cannot read "${arg}": options begin with --`);
        positional.push(arg); // "-" is standard input
        continue;
      }
      const [, name = "", given] = /^--([^=]*)(?:=(.*))?$/s.exec(arg)!;
      const option = options.find((one) => one.name === name);
      if (option === undefined) {
        throw new UsageError(`Cannot read "--${name}": no such option here`);
      }
      if (option.value === undefined && given !== undefined) {
        throw new UsageError(`Cannot read "${arg}": --${name} takes no value`);
      }
      const value = option.value === undefined ? "" : given ?? rest.shift();
      if (value === undefined) {
        throw new UsageError(`Cannot read "--${name}": ${option.value} is missing`);
      }
      values.set(name, [...values.get(name) ?? [], value]);
    }
    this.positional = positional;
    this.#values = values;
  }

  /** Whether an option is there. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** All values of an option, those that are separated by commas apart. */
  list(name: string): string[] {
    return this.all(name).flatMap((value) => value.split(",")).map((value) => value.trim())
      .filter((value) => value !== "");
  }

  /** All values of an option. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** The value of an option that may be given once. */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new UsageError(`Cannot take --${name} ${values.length} times`);
    return values[0];
  }

  /** The value of an option that must be a whole number. */
  number(name: string): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value)) {
      throw new UsageError(`Cannot take --${name} "${value}": it is no whole number`);
    }
    return Number(value);
  }

  /** The value of an option that must be one of several words. */
  choice<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : oneOf(`--${name}`, value, words);
  }

  /** The values of an option that must be of several words. */
  choices<T extends string>(name: string, words: readonly T[]): readonly T[] {
    return this.list(name).map((value) => oneOf(`--${name}`, value, words));
  }
}

/** The word, if it is one of these. */
export function oneOf<T extends string>(what: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value);
  if (found !== undefined) return found;
  throw new UsageError(`Cannot take ${what} "${value}": it is none of ${words.join(", ")}`);
}
