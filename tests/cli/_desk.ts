// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A folder in which commands of the program are run, in this process. @module */

import { assert, assertEquals } from "@std/assert";
import { OUTPUT_MEMBERS } from "../../cli/base/output_as_json.ts";
import { programVersion, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { allCommands } from "./_page.ts";
import { type Result, runNss, type RunOptions } from "./_run.ts";

/** The password of databases and files. */
export const PASSWORD = "Secret-Pw1";

/** NSS's tools. */
export const nssTools = await programVersion("certutil", ["-H"], /Certificate/);
/** OpenSSL. */
export const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);

/** A folder in which commands are run. */
export class Desk implements AsyncDisposable {
  /** The folder. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes a folder, with a file of the password. */
  static async open(): Promise<Desk> {
    const desk = new Desk(await Deno.makeTempDir({ prefix: "nss_desk_" }));
    await desk.write("password", `${PASSWORD}\n`);
    await desk.write("noise", crypto.randomUUID());
    return desk;
  }

  /** The path of a file. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Writes a file; gives its path. */
  async write(name: string, content: string | Uint8Array): Promise<string> {
    const path = this.path(name);
    if (typeof content === "string") await Deno.writeTextFile(path, content);
    else await Deno.writeFile(path, content);
    return path;
  }

  /** Reads a file of text. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  /** The names of the files, but for those that each desk has. */
  async names(): Promise<string[]> {
    const names = (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name);
    return names.filter((name) => name !== "password" && name !== "noise").sort();
  }

  /** The words of a command line: `:name` is the path of a file. */
  args(line: readonly string[]): string[] {
    return line.map((word) => /^:[^:]/.test(word) ? this.path(word.slice(1)) : word);
  }

  /** Runs a command. */
  run(line: readonly string[], options?: RunOptions): Promise<Result> {
    return runNss(this.args(line), options);
  }

  /** Runs a command, which succeeds; gives what it prints. */
  async ok(...line: readonly string[]): Promise<string> {
    const { code, out, err } = await this.run(line);
    assertEquals([code, err], [0, ""], `${line.join(" ")}\n${out}${err}`);
    return out;
  }

  /** Runs a command with `--json`; gives what it prints, whose members are those it declares. */
  // deno-lint-ignore no-explicit-any -- each test knows what it looks at
  async json(...line: readonly string[]): Promise<any> {
    const value = JSON.parse(await this.ok(...line, "--json"));
    const command = (await allCommands()).find(({ name }) =>
      name === line.slice(0, name.split(" ").length).join(" ")
    );
    assertEquals(
      Object.keys(value).sort(),
      Object.keys(command?.json ?? OUTPUT_MEMBERS).sort(),
      line.join(" "),
    );
    return value;
  }

  /** Runs a command, which fails; gives what it says of that. */
  async fails(code: number, ...line: readonly string[]): Promise<string> {
    const { code: ended, out, err } = await this.run(line);
    assertEquals([ended, out], [code, ""], `${line.join(" ")}\n${err}`);
    assert(!/\n +at /.test(err), err);
    return err;
  }

  /** Makes a database. */
  async database(name: string, password = ""): Promise<void> {
    const file = await this.write(`${name}.password`, `${password}\n`);
    const way = password === "" ? ["--no-password"] : ["--new-password-file", file];
    await this.ok("cert", "create", "--db", `:${name}`, ...way);
  }

  /** NSS's own certutil, at a database. */
  certutil(database: string, ...args: readonly string[]): Promise<string> {
    // -2 asks: is it an authority, how long the path, is it critical
    const options = args.includes("-2") ? { input: "y\n\ny\n" } : {};
    const files = ["-d", `sql:${this.path(database)}`, "-f", this.path("password")];
    const noise = /^-[SRG]$/.test(args[0]!) ? ["-z", this.path("noise")] : [];
    return runOk("certutil", [...this.args(args), ...files, ...noise], options);
  }

  /** Removes the folder. */
  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** Registers a test in a folder of its own, with programs that it needs. */
export function deskTest(
  title: string,
  fn: (desk: Desk) => Promise<void>,
  ...needs: readonly Awaited<ReturnType<typeof programVersion>>[]
): void {
  const missing = needs.find((need) => !need.ok);
  if (missing?.ok === false) return skip(title, missing.reason);
  Deno.test(title, async () => {
    await using desk = await Desk.open();
    await fn(desk);
  });
}

/** The rows of a table that is printed, without the heading. */
export function rows(text: string): string[][] {
  return text.trimEnd().split("\n").slice(1).map((line) => line.split("\t"));
}
