// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * SoftHSM in the process of the tests. Test files run in threads of one process, in which a library
 * is initialised once: each file has a copy of it, with a state and tokens of its own.
 *
 * @module
 */

import { programVersion, runOk } from "./process.ts";

/** The folders where distributions keep libraries. */
const FOLDERS: readonly string[] = [
  "/usr/lib/softhsm",
  "/usr/lib64/softhsm",
  "/usr/lib64/pkcs11",
  "/usr/lib",
  "/usr/lib64",
  "/usr/local/lib/softhsm",
  "/usr/lib/x86_64-linux-gnu",
  "/usr/lib/x86_64-linux-gnu/nss",
  "/usr/lib/aarch64-linux-gnu",
  "/usr/lib/aarch64-linux-gnu/nss",
  "/opt/homebrew/lib/softhsm",
];

/** Finds a library where distributions keep it. */
export function findLibrary(...names: readonly string[]): string | undefined {
  return FOLDERS.flatMap((folder) => names.map((name) => `${folder}/${name}`)).find((path) => {
    try {
      return Deno.statSync(path).isFile;
    } catch {
      return false;
    }
  });
}

const library = findLibrary("libsofthsm2.so");
const utility = await programVersion("softhsm2-util", ["--version"], /(\d+\.\d+\.\d+)/);

/** Why there is no SoftHSM here; `null` where there is. */
export const softHsmMissing: string | null = library === undefined
  ? "no libsofthsm2.so here"
  : utility.ok
  ? null
  : utility.reason;

/** SoftHSM with a token of one test file. */
export interface SoftHsm extends AsyncDisposable {
  /** The folder of all of it. */
  readonly folder: string;
  /** The path of the copy of the library. */
  readonly library: string;
  /** The label of the token. */
  readonly label: string;
  /** With which other programs find the token, by the copy or by their own library. */
  readonly env: Readonly<Record<string, string>>;
}

const VARIABLE = "SOFTHSM2_CONF";

/**
 * Copies the library, with another name of the environment variable in it: what one file sets is
 * not seen by those that run beside it.
 */
async function copyLibrary(path: string): Promise<string> {
  const variable = `NSS_${crypto.randomUUID().slice(0, 8)}_`;
  const bytes = await Deno.readFile(library!);
  const name = new TextEncoder().encode(`${VARIABLE}\0`);
  let found = 0;
  for (let at = bytes.indexOf(name[0]!); at >= 0; at = bytes.indexOf(name[0]!, at + 1)) {
    if (!name.every((byte, i) => bytes[at + i] === byte)) continue;
    bytes.set(new TextEncoder().encode(variable), at);
    found++;
  }
  if (found === 0) throw new Error(`Cannot copy ${library}: it has no ${VARIABLE}`);
  await Deno.writeFile(path, bytes);
  return variable;
}

/**
 * Makes a token, and a copy of the library that knows no other.
 *
 * @param label What the token is called.
 * @param pin The password of its user.
 */
export async function openSoftHsm(label: string, pin: string): Promise<SoftHsm> {
  const folder = await Deno.makeTempDir({ prefix: "nss_softhsm_" });
  const copy = `${folder}/libsofthsm2.so`;
  const configuration = `${folder}/softhsm2.conf`;
  await Deno.mkdir(`${folder}/tokens`);
  await Deno.writeTextFile(
    configuration,
    `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
  );
  const variable = await copyLibrary(copy);
  Deno.env.set(variable, configuration);
  const env = { [variable]: configuration, [VARIABLE]: configuration };
  await runOk("softhsm2-util", [
    ...["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", pin],
  ], { env });
  return {
    folder,
    library: copy,
    label,
    env,
    [Symbol.asyncDispose]: async () => {
      Deno.env.delete(variable);
      await Deno.remove(folder, { recursive: true });
    },
  };
}
