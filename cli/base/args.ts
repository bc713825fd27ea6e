// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node:.

/** Reads the command line. @module */

import { parseArgs } from "node:util";
import { nearestName } from "../../cert/base/options.ts";

/** An option, `--name` or `--name VALUE`: help, errors and docs/cli.md are made from it. */
export interface Option {
  /** Its name, without dashes. */
  readonly name: string;
  /** What its value is called, as `FILE`; without it the option is a flag. */
  readonly value?: string;
  /** What it does, in a line. */
  readonly text: string;
  /** A value that it may have. */
  readonly example?: string;
  /** The options of which one must be there, too, for it to have an effect. */
  readonly needs?: readonly string[];
  /** The words that it takes, where there are no others; a list is separated by commas. */
  readonly words?: readonly string[];
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

  /**
   * Reads a command line; what stands behind `--` is no option.
   *
   * @throws {UsageError} If an option is unknown, lacks its value, or has one that it does not
   * take.
   */
  constructor(args: readonly string[], options: readonly Option[]) {
    const { tokens } = parseArgs({
      args: [...args],
      strict: false,
      tokens: true,
      options: Object.fromEntries(
        options.map(({ name, value }) => [
          name,
          { type: value === undefined ? "boolean" : "string" } as const,
        ]),
      ),
    });
    const positional: string[] = [];
    const values = new Map<string, string[]>();
    for (const token of tokens) {
      if (token.kind === "positional") positional.push(token.value);
      if (token.kind !== "option") continue;
      const { name, rawName, value } = token;
      const option = rawName.startsWith("--")
        ? options.find((one) => one.name === name)
        : undefined;
      if (option === undefined) throw unknownOption(rawName, options);
      values.set(name, [...values.get(name) ?? [], takeValue(option, value, token.inlineValue)]);
    }
    this.positional = positional;
    this.#values = values;
    for (const { name, needs } of options) {
      if (needs === undefined || !values.has(name) || needs.some((one) => values.has(one))) {
        continue;
      }
      throw new UsageError(
        `Cannot take --${name} without ${needs.map((one) => `--${one}`).join(" or ")}: alone it ` +
          "has no effect",
      );
    }
  }

  /** Returns whether an option is there. */
  has(name: string): boolean {
    return this.#values.has(name);
  }

  /** Refuses options that mean nothing here. */
  refuse(names: readonly string[], reason: string): void {
    const given = names.find((name) => this.has(name));
    if (given !== undefined) throw new UsageError(`Cannot take --${given}: ${reason}`);
  }

  /** Returns all values of an option, those that are separated by commas apart. */
  list(name: string): string[] {
    return this.all(name).flatMap((value) => value.split(",")).map((value) => value.trim())
      .filter((value) => value !== "");
  }

  /** Returns all values of an option. */
  all(name: string): readonly string[] {
    return this.#values.get(name) ?? [];
  }

  /** Returns the value of an option that may be given once. */
  one(name: string): string | undefined {
    const values = this.all(name);
    if (values.length > 1) throw new UsageError(`Cannot take --${name} ${values.length} times`);
    return values[0];
  }

  /** Returns the value of an option that must be a whole number. */
  number(name: string, max = 999_999_999, min = 0): number | undefined {
    const value = this.one(name);
    if (value === undefined) return undefined;
    if (!/^\d{1,9}$/.test(value) || Number(value) > max || Number(value) < min) {
      throw new UsageError(
        `Cannot take --${name} "${value}": it is no whole number from ${min} to ${max}`,
      );
    }
    return Number(value);
  }

  /** Returns the value of an option that must be a day, or a time in ISO 8601. */
  date(name: string): Date | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : readDate(`--${name}`, value);
  }

  /** Returns the value of an option that must be one of several words. */
  choice<T extends string>(name: string, words: readonly T[]): T | undefined {
    const value = this.one(name);
    return value === undefined ? undefined : oneOf(`--${name}`, value, words);
  }

  /** Returns the values of an option that must be of several words, or other names for them. */
  choices<T extends string>(
    name: string,
    words: readonly T[],
    aliasOf: (value: string) => T | undefined = () => undefined,
  ): readonly T[] {
    return this.list(name).map((value) => aliasOf(value) ?? oneOf(`--${name}`, value, words));
  }
}

function takeValue(option: Option, value: string | undefined, isInline = false): string {
  const { name } = option;
  if (option.value === undefined) {
    if (value === undefined) return "";
    throw new UsageError(`Cannot take --${name} "${value}": it takes no value`);
  }
  if (value === undefined) {
    throw new UsageError(
      `Cannot read "--${name}": ${option.value} is missing${
        option.example === undefined ? "" : `, as --${name} ${option.example}`
      }`,
    );
  }
  // "--ca --json" lacks a file rather than names one
  if (!isInline && value.startsWith("--")) {
    throw new UsageError(
      `Cannot read "--${name}": ${option.value} is missing before ${value}; ` +
        `if that is meant as the value, write --${name}=${value}`,
    );
  }
  return value;
}

function unknownOption(rawName: string, options: readonly Option[]): UsageError {
  if (!rawName.startsWith("--")) {
    return new UsageError(`Cannot read "${rawName}": options begin with --`);
  }
  const near = nearestName(rawName.slice(2), options.map(({ name }) => name));
  return new UsageError(
    `Cannot read "${rawName}": there is no such option` +
      (near === undefined ? "" : `; did you mean --${near}?`),
  );
}

/** Returns the time that a text is: a day, of which it is the first second, or more of ISO 8601. */
export function readDate(what: string, text: string): Date {
  const time = new Date(text);
  // JavaScript's own forms depend on where it runs
  if (
    /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/.test(text) && isReal(time, text)
  ) {
    return time;
  }
  throw new UsageError(
    `Cannot take ${what} "${text}": it is no date, as 2027-01-31 or 2027-01-31T12:00:00Z`,
  );
}

/** February has no 30th, which `Date` takes for the 2nd of March. */
function isReal(time: Date, text: string): boolean {
  return !Number.isNaN(time.getTime()) && time.toISOString().startsWith(text.slice(0, 10));
}

/** Returns the word, if it is one of these. */
export function oneOf<T extends string>(what: string, value: string, words: readonly T[]): T {
  const found = words.find((word) => word === value) ??
    words.find((word) => word.toLowerCase() === value.toLowerCase());
  if (found !== undefined) return found;
  const near = nearestName(value, words);
  throw new UsageError(
    `Cannot take ${what} "${value}": it is none of ${words.join(", ")}` +
      (near === undefined ? "" : `; did you mean ${near}?`),
  );
}
