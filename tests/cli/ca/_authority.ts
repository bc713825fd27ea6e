// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Folders of authorities for tests, and `nss ca` in this process. @module */

import { assertEquals } from "@std/assert";
import { type Certificate, formatGeneralName, parseCertificatesPem } from "@nss/nss/cert";
import { type Io, Output } from "../../../cli/base/io.ts";
import { runNss } from "../_run.ts";

/** The password of the keys of {@linkcode Desk.create}, where there is one. */
export const PASSWORD = "Secret-Pw1";

/** A folder in which `nss ca` works. */
export class Desk implements AsyncDisposable {
  /** The folder. */
  readonly folder: string;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /** Makes an empty folder, with a file `password`. */
  static async open(): Promise<Desk> {
    const desk = new Desk(await Deno.makeTempDir({ prefix: "nss_ca_" }));
    await Deno.writeTextFile(desk.path("password"), `${PASSWORD}\n`);
    return desk;
  }

  /** The path of a file. */
  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  /** Reads a file. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  /** The names of all files, of one folder or of all, sorted. */
  async files(name = "."): Promise<string[]> {
    const found: string[] = [];
    for await (const entry of Deno.readDir(this.path(name))) {
      const path = name === "." ? entry.name : `${name}/${entry.name}`;
      if (entry.isDirectory) found.push(...await this.files(path));
      else found.push(path);
    }
    return found.sort();
  }

  /** Runs `nss ca`, which succeeds; gives what it prints. */
  async ok(command: string, ...args: readonly string[]): Promise<string> {
    const { code, out, err } = await runNss(["ca", command, ...args]);
    assertEquals(code, 0, `${command} ${args.join(" ")}\n${out}${err}`);
    return out;
  }

  /** Runs `nss ca`, which fails; gives what it says of that. */
  async fails(code: number, command: string, ...args: readonly string[]): Promise<string> {
    const result = await runNss(["ca", command, ...args]);
    assertEquals([result.code, result.out], [code, ""], `${args.join(" ")}\n${result.err}`);
    return result.err;
  }

  /** Makes an authority in the folder `ca`, whose keys are not encrypted. */
  async create(...args: readonly string[]): Promise<string> {
    await this.ok("create", this.path("ca"), "Test CA", "--no-password", ...args);
    return this.path("ca");
  }

  /** Issues a certificate as `NAME.pem` and `NAME.key` of this folder. */
  async issue(file: string, ...names: readonly string[]): Promise<void> {
    const paths = ["--out", this.path(`${file}.pem`), "--key-out", this.path(`${file}.key`)];
    await this.ok("issue", this.path("ca"), ...names, ...paths);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** The first certificate of a file. */
export async function one(desk: Desk, name: string): Promise<Certificate> {
  return parseCertificatesPem(await desk.read(name))[0]!;
}

/** How many days a certificate is valid from now on. */
export function daysLeft({ notAfter }: Certificate): number {
  return Math.round((notAfter.getTime() - Date.now()) / 86_400_000);
}

/** The names of a certificate. */
export function names({ subjectAltName = [] }: Certificate): string[] {
  return subjectAltName.map(formatGeneralName);
}

/** What reads and writes nothing. */
export const EMPTY_IO: Io = {
  in: new Blob([]).stream(),
  out: new Output((bytes) => Promise.resolve(bytes.length), null),
  err: new Output((bytes) => Promise.resolve(bytes.length), null),
};
