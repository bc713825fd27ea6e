// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A PKCS#11 library that misbehaves, `hostile_module.c`, in processes of their own: what crashes is
 * a failed test.
 *
 * @module
 */

import { assert, assertEquals, assertGreaterOrEqual } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { programVersion, runOk, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";

type Outcomes = Readonly<Record<string, string>>;

const DEVICE = "SEC_ERROR_PKCS11_DEVICE_ERROR";
const INCOMPATIBLE = "SEC_ERROR_INCOMPATIBLE_PKCS11";

// What fails in a mode, by the steps of `_module_client.ts`
const load = (error: string): Outcomes => ({ load: error });
const sign = (error: string): Outcomes => ({ sign: error, "sign again": error });
const key = (error: string): Outcomes => ({ key: error, ...sign(error) });
const search = (error: string): Outcomes => ({ certificates: error, ...key(error) });
const mechanisms = (error: string): Outcomes => ({
  mechanisms: error,
  generate: error,
  ...key(error),
});
const NO_CERTIFICATE: Outcomes = { certificates: "SEC_ERROR_UNKNOWN_CERT" };
const NO_OBJECT: Outcomes = { ...key("SEC_ERROR_NO_KEY"), ...NO_CERTIFICATE };

/** The modes of `hostile_module.c`, and what fails in each. */
const MODES: Readonly<Record<string, Outcomes>> = {
  "C_GetFunctionList fails": load("SEC_ERROR_PKCS11_GENERAL_ERROR"),
  "C_GetFunctionList gives NULL": load(INCOMPATIBLE),
  "C_GetFunctionList gives nothing": load(INCOMPATIBLE),
  "version 9": load(INCOMPATIBLE),
  "no functions": load("PR_NOT_IMPLEMENTED_ERROR"),
  "only C_Initialize and C_Finalize": load("PR_NOT_IMPLEMENTED_ERROR"),
  "C_Initialize fails": load("SEC_ERROR_PKCS11_GENERAL_ERROR"),
  "C_Finalize is slow": {},
  "C_GetInfo is slow": {},
  "texts are 0xff": {},
  "texts have no end": {},
  "the label has escapes": {},
  "descriptions are slow": {},
  "slots: 2^60 of them": load(INCOMPATIBLE),
  "slots: 2^64-1 of them": load(INCOMPATIBLE),
  "slots: always one more": load(INCOMPATIBLE),
  "slots: too small for ever": load(INCOMPATIBLE),
  "slots: more than there is room": load(INCOMPATIBLE),
  "slots: more than 2^32 afterwards": load(INCOMPATIBLE),
  "slots: one more meanwhile": {},
  "one of two slots fails": load(DEVICE),
  "C_GetTokenInfo fails": load(DEVICE),
  "mechanisms: 2^60 of them": mechanisms(INCOMPATIBLE),
  "mechanisms: 2^64-1 of them": mechanisms(INCOMPATIBLE),
  "mechanisms: always one more": mechanisms(INCOMPATIBLE),
  "mechanisms: too small for ever": mechanisms(INCOMPATIBLE),
  "mechanisms: more than there is room": mechanisms(INCOMPATIBLE),
  "mechanisms: more than 2^32 afterwards": mechanisms(INCOMPATIBLE),
  "mechanisms: one more meanwhile": {},
  "C_GetMechanismInfo fails": mechanisms("SEC_ERROR_INVALID_ALGORITHM"),
  "C_OpenSession fails": search("PR_INSUFFICIENT_RESOURCES_ERROR"),
  "C_CloseSession fails": {},
  "handles are 2^64-1": {},
  "a login is needed and fails": { login: "SEC_ERROR_UNKNOWN_PKCS11_ERROR" },
  "a login is needed and returns 2^64-1": { login: "SEC_ERROR_UNKNOWN_PKCS11_ERROR" },
  "C_FindObjectsInit fails": search(DEVICE),
  "C_FindObjects fails": search(DEVICE),
  "C_FindObjects is NULL": search("PR_NOT_IMPLEMENTED_ERROR"),
  "C_FindObjects is slow": {},
  "C_FindObjectsFinal fails": {},
  "a search has no end": search(INCOMPATIBLE),
  "a search finds 2^64-1 objects": {},
  "C_GetAttributeValue fails": search(DEVICE),
  "attributes of 2^62 bytes": search(INCOMPATIBLE),
  "attributes of 2 GiB": search(INCOMPATIBLE),
  "attributes of 16 MiB that are not written": {},
  "attributes grow to 2^40 bytes": NO_OBJECT,
  "attributes shrink": NO_OBJECT,
  "the attributes' pointers are changed": NO_OBJECT,
  "the attributes' types are changed": {},
  "a label of 1 MiB": {},
  "labels are no UTF-8": {},
  "a certificate of no bytes": NO_CERTIFICATE,
  "a certificate of noise": NO_CERTIFICATE,
  "a key type of 3 bytes": {},
  "a point that is none": {},
  "C_SignInit fails": sign("SEC_ERROR_INVALID_KEY"),
  "C_Sign is slow": {},
  "a signature of 2^64-1 bytes": sign(INCOMPATIBLE),
  "a signature longer than its room": sign(INCOMPATIBLE),
  "a signature of no bytes": sign(INCOMPATIBLE),
  "a signature of 3 bytes": sign(INCOMPATIBLE),
  "a signature of 66 bytes": sign(INCOMPATIBLE),
  "a signature that is always too long": sign("SEC_ERROR_OUTPUT_LEN"),
  "a signature that needs 2^50 bytes": sign("SEC_ERROR_OUTPUT_LEN"),
};

const SOURCE = `${import.meta.dirname}/hostile_module.c`;
const CLIENT = `${import.meta.dirname}/_module_client.ts`;
const compiler = await programVersion("cc", ["--version"], /(\d+\.\d+)/);

interface Fixture {
  readonly library: string;
  readonly env: Readonly<Record<string, string>>;
}

let prepared: Promise<Fixture> | undefined;

/** Compiles the module, and makes what it has. */
function prepare(): Promise<Fixture> {
  return prepared ??= (async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss_module_" });
    globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));
    const library = `${folder}/hostile_module.so`;
    await runOk("cc", ["-shared", "-fPIC", "-o", library, SOURCE]);
    const keys = await generateKeyPair();
    const point = new DerWriter().octetString(keys.publicKey.publicKey).finish();
    const certificate = await createCertificate({ ...keys, subject: "CN=hostile" });
    await Deno.writeFile(`${folder}/point`, point);
    await Deno.writeFile(`${folder}/certificate`, certificate.der);
    const env = {
      HOSTILE_CERTIFICATE: `${folder}/certificate`,
      HOSTILE_POINT: `${folder}/point`,
    };
    return { library, env };
  })();
}

/** Runs `_module_client.ts`: what it printed, and how it ended. */
async function use(...what: readonly string[]): Promise<{ lines: unknown[]; end: string }> {
  const { library, env } = await prepare();
  await using process = spawn(Deno.execPath(), {
    args: ["run", "-A", "--no-check", CLIENT, library, "", ...what],
    env,
    timeout: 20_000,
  });
  const end = await process.result().then(
    ({ code, stderr }) => code === 0 ? "ended" : `exit code ${code}: ${stderr}`,
    () => "no end",
  );
  return { end, lines: process.stdout.split("\n").filter(Boolean).map((line) => JSON.parse(line)) };
}

/** Runs it to its end, which comes without a crash. */
async function useToEnd(...what: readonly string[]): Promise<unknown[]> {
  const { lines, end } = await use(...what);
  assertEquals(end, "ended");
  return lines;
}

function test(title: string, fn: () => Promise<void>): void {
  if (compiler.ok) Deno.test(title, fn);
  else skip(title, compiler.reason);
}

Deno.test("hostile_module.c has the modes that are tested", async () => {
  const source = await Deno.readTextFile(SOURCE);
  const own = [...source.matchAll(/\bis\("([^"]+)"\)/g)].map(([, mode]) => mode);
  const listed = [...source.matchAll(/\bOF_KIND\("([^"]+)"\)/g)].flatMap(([, mode]) =>
    ["slots", "mechanisms"].map((kind) => `${kind}: ${mode}`)
  );
  assertEquals([...new Set([...own, ...listed])].sort(), Object.keys(MODES).sort());
  assertGreaterOrEqual(Object.keys(MODES).length, 47);
});

/** What came of each mode; after a crash or a hang, the next process goes on behind it. */
async function useAllModes(): Promise<ReadonlyMap<string, unknown>> {
  const outcomes = new Map<string, unknown>();
  let modes = ["", ...Object.keys(MODES)];
  while (modes.length > 0) {
    const { lines, end } = await use("hostile", ...modes);
    for (const line of lines as { mode: string; outcomes?: Outcomes }[]) {
      outcomes.set(line.mode, line.outcomes ?? end);
    }
    if (lines.length === 0) throw new Error(end);
    modes = modes.filter((mode) => !outcomes.has(mode));
  }
  return outcomes;
}

let used: Promise<ReadonlyMap<string, unknown>> | undefined;
const GOOD = [
  ...["load", "describe", "login", "mechanisms", "certificates", "key", "sign", "sign again"],
  ...["generate", "refresh", "close"],
];

for (const [mode, fails] of [["", {}] as const, ...Object.entries(MODES)]) {
  const title = mode === "" ? "as it should" : `badly (${mode})`;
  test(`loadModule() bears a library that behaves ${title}`, async () => {
    const outcomes = (await (used ??= useAllModes())).get(mode);
    const steps = "load" in fails ? ["load"] : GOOD;
    const expected = Object.fromEntries(steps.map((step) => [step, "ok"]));
    // It makes no RSA keys: an error that names the token
    if ("generate" in expected) expected.generate = "SEC_ERROR_KEYGEN_FAIL";
    assertEquals(outcomes, { ...expected, ...fails });
  });
}

const CLOSED = [
  "ok",
  "SEC_ERROR_NOT_INITIALIZED",
  "SEC_ERROR_NO_TOKEN",
  "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
];

const RUNNING = [
  ["descriptions are slow", "refresh"],
  ["descriptions are slow", "mechanisms"],
  ["descriptions are slow", "describe"],
  ["descriptions are slow", "refresh", "mechanisms", "describe", "refresh", "certificates", "sign"],
  ["C_FindObjects is slow", "certificates"],
  ["C_FindObjects is slow", "key", "sign", "certificates", "login"],
  ["C_Sign is slow", "sign", "sign again", "mechanisms"],
  ["C_Finalize is slow", "refresh", "mechanisms", "sign"],
] as const;

for (const [mode, ...names] of RUNNING) {
  test(`Pkcs11Module.close() waits for what runs, and each call ends with a result or a typed error: ${mode}: ${names}`, async () => {
    const lines = await useToEnd("close", mode, "5", ...names);
    assertEquals(lines.length, 5);
    for (const outcome of lines.flat() as string[]) assert(CLOSED.includes(outcome), outcome);
  });
}

test("loadModule() waits for the calls of other slots before it unloads a library whose slot fails", async () => {
  assertEquals(await useToEnd("load", "one of two slots fails"), [DEVICE]);
});

test("loadModule() opens a library that is being closed anew, and each close() waits for the end", async () => {
  assertEquals(await useToEnd("reopen", "C_Finalize is slow"), [
    "ok",
    ["ok", "ok", "ok", "ok"],
    "SEC_ERROR_NOT_INITIALIZED",
  ]);
});
