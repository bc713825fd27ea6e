// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses Deno.

/**
 * Uses a PKCS#11 library for `module_test.ts` in a process of its own, which a library may crash.
 * The arguments are the library, the label of a token, and what to do. Prints a line of JSON for
 * each thing done.
 *
 * @module
 */

import { parseCertificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { loadModule, type Pkcs11Module } from "../../../pkcs11/module/mod.ts";
import { setPasswordFunc } from "../../../pkcs11/slots/slot.ts";
import type { Token } from "../../../pkcs11/token/token.ts";

const [library, label, ...what] = Deno.args as [string, string, ...string[]];
const DATA = new TextEncoder().encode("to be signed");
/** Longer than the runtime keeps a thread that has nothing to do, which is 10 s. */
const THREADS_END = 12_000;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function tokenOf(module: Pkcs11Module): Token {
  const slot = module.slots.find(({ token }) => label === "" || token?.label === label)!;
  setPasswordFunc((_slot, retry) => retry ? null : "1234", { for: slot });
  return slot.token!;
}

/** Waits for an attempt; what fails must fail with an error of this package. */
async function outcomeOf(attempt: Promise<unknown>): Promise<string> {
  try {
    await attempt;
    return "ok";
  } catch (error) {
    const isTyped = error instanceof NssError && !/\p{Cc}/u.test(error.message);
    return isTyped ? error.name : `untyped ${error}`;
  }
}

async function keyOf(token: Token) {
  const path = Deno.env.get("HOSTILE_CERTIFICATE");
  const key = path === undefined
    ? (await token.listKeys())[0]!.publicKey!
    : parseCertificate(await Deno.readFile(path)).subjectPublicKeyInfo;
  const found = await token.findKey(key);
  if (found === undefined) throw new NssError("SEC_ERROR_NO_KEY");
  return found;
}

/** What an application does with a token, one thing after another. */
const STEPS: Readonly<Record<string, (module: Pkcs11Module) => Promise<unknown>>> = {
  describe: (module) => tokenOf(module).describe(),
  login: async (module) => {
    if (!await tokenOf(module).login("1234")) throw new NssError("SEC_ERROR_BAD_PASSWORD");
  },
  mechanisms: (module) => tokenOf(module).mechanisms(),
  certificates: async (module) => {
    const records = await tokenOf(module).certificates.find({});
    if (records.length === 0) throw new NssError("SEC_ERROR_UNKNOWN_CERT");
  },
  key: (module) => keyOf(tokenOf(module)),
  sign: async (module) => {
    const key = await keyOf(tokenOf(module));
    await key.sign("ecdsa_secp256r1_sha256", DATA);
  },
  "sign again": async (module) => {
    const key = await keyOf(tokenOf(module));
    await key.sign("ecdsa_secp256r1_sha256", DATA);
  },
  generate: (module) => tokenOf(module).generateKeyPair("rsa-2048"),
  refresh: (module) => module.refresh(),
};

/** Uses the module in a mode. */
async function useHostile(mode: string): Promise<Readonly<Record<string, string>>> {
  Deno.env.set("HOSTILE_MODE", mode);
  const outcomes: Record<string, string> = {};
  const loading = loadModule(library);
  outcomes.load = await outcomeOf(loading);
  if (outcomes.load !== "ok") return outcomes;
  const module = await loading;
  for (const [name, step] of Object.entries(STEPS)) outcomes[name] = await outcomeOf(step(module));
  outcomes.close = await outcomeOf(module.close());
  return outcomes;
}

/** Begins things with a module and closes it while they run. */
async function closeDuring(
  mode: string,
  names: readonly string[],
  turns: number,
): Promise<string[]> {
  Deno.env.set("HOSTILE_MODE", mode);
  const module = await loadModule(library);
  const running = names.map((name) => outcomeOf(STEPS[name]!(module)));
  for (let i = 0; i < turns; i++) await sleep(0);
  await module.close();
  return await Promise.all(running);
}

const SCENARIOS: Readonly<Record<string, (...args: string[]) => Promise<void>>> = {
  /** Uses the module in each mode. */
  hostile: async (...modes) => {
    for (const mode of modes) {
      console.log(JSON.stringify({ mode }));
      console.log(JSON.stringify({ mode, outcomes: await useHostile(mode) }));
    }
  },
  /** Closes a module again and again while something runs. */
  close: async (mode, rounds, ...names) => {
    for (let i = 0; i < Number(rounds); i++) {
      console.log(JSON.stringify(await closeDuring(mode!, names, i % 3)));
    }
  },
  /**
   * The same, and lives until the threads that ran calls have ended: beside the handlers at exit,
   * OpenSSL's and the end of a thread free the same memory.
   */
  "close and outlive": async (...args) => {
    await SCENARIOS.close!(...args);
    await sleep(THREADS_END);
  },
  /** Loads a module that fails while calls of it run. */
  load: async (mode) => {
    Deno.env.set("HOSTILE_MODE", mode!);
    console.log(JSON.stringify(await outcomeOf(loadModule(library))));
    await sleep(100);
  },
  /** Opens a library while it is being closed. */
  reopen: async (mode) => {
    Deno.env.set("HOSTILE_MODE", mode!);
    const first = await loadModule(library);
    const closing = first.close();
    await sleep(20); // C_Finalize takes 100 ms
    const second = await loadModule(library);
    await closing;
    console.log(JSON.stringify(await outcomeOf(tokenOf(second).describe())));
    const token = tokenOf(second);
    const ends = [token.close(), second.close(), token.close(), second.close()];
    console.log(JSON.stringify(await Promise.all(ends.map(outcomeOf))));
    console.log(JSON.stringify(await outcomeOf(second.refresh())));
  },
};

await SCENARIOS[what[0]!]!(...what.slice(1));
