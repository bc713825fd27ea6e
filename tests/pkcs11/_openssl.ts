// Copyright 2026 the NSS for Deno authors. MIT license.

/** The command-line tool as a second opinion on keys and signatures. @module */

import { skip } from "../support/skip.ts";

async function probe(): Promise<boolean> {
  try {
    return (await new Deno.Command("openssl", { args: ["version"], stdout: "null" }).output())
      .success;
  } catch {
    return false;
  }
}

const AVAILABLE = await probe();

/** A folder for one test, in which the tool runs. */
export class OpensslFolder {
  /** Creates a view of a folder. */
  constructor(readonly path: string) {}

  /** Runs the tool; fails with what it said. */
  async run(...args: string[]): Promise<string> {
    const command = new Deno.Command("openssl", {
      args,
      cwd: this.path,
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    });
    const { success, stdout, stderr } = await command.output();
    const text = new TextDecoder().decode(stdout);
    if (!success) {
      throw new Error(`openssl ${args.join(" ")}: ${text}${new TextDecoder().decode(stderr)}`);
    }
    return text;
  }

  /** Reads a file as text. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.path}/${name}`);
  }

  /** Writes a file. */
  write(name: string, content: string | Uint8Array): Promise<void> {
    return typeof content === "string"
      ? Deno.writeTextFile(`${this.path}/${name}`, content)
      : Deno.writeFile(`${this.path}/${name}`, content);
  }

  /** Makes a private key and returns its PEM; the file is called `name`. */
  async genpkey(name: string, algorithm: string, ...options: string[]): Promise<string> {
    const args = options.flatMap((option) => ["-pkeyopt", option]);
    await this.run("genpkey", "-quiet", "-algorithm", algorithm, ...args, "-out", name)
      .catch(() => this.run("genpkey", "-algorithm", algorithm, ...args, "-out", name));
    return await this.read(name);
  }
}

/**
 * Registers a test that needs the tool; where there is none it is skipped, saying why, or fails
 * where CI must have it.
 */
export function opensslTest(
  name: string,
  fn: (folder: OpensslFolder, t: Deno.TestContext) => Promise<void>,
): void {
  if (!AVAILABLE) {
    skip(name, "openssl is not installed");
    return;
  }
  Deno.test(name, async (t) => {
    const path = await Deno.makeTempDir({ prefix: "nss_openssl_" });
    try {
      await fn(new OpensslFolder(path), t);
    } finally {
      await Deno.remove(path, { recursive: true });
    }
  });
}
