// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Each field of each row of a token in Deno KV, damaged. @module */

import { assert, assertEquals } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { formatTrust, parseTrust } from "../../../cert/db/trust_flags.ts";
import { verifySignature } from "../../../cert/verify/verify_signature.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { type KvToken, openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import type { KeyQuery } from "../../../pkcs11/token/token.ts";

const PASSWORD = "secret";
const DATA = Uint8Array.of(1, 2, 3);

type Row = readonly [key: string[], value: unknown];

async function rowsOf(kv: Deno.Kv): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const { key, value } of kv.list({ prefix: [] })) rows.push([key as string[], value]);
  return rows;
}

/** Opens a store in memory with these rows. */
async function storeOf(rows: readonly Row[]): Promise<Deno.Kv> {
  const kv = await Deno.openKv(":memory:");
  const operation = kv.atomic();
  for (const [key, value] of rows) operation.set(key, value);
  await operation.commit();
  return kv;
}

/** Two keys with certificates, of which one is distrusted, and an authority without a key. */
async function makeRows(): Promise<Row[]> {
  const kv = await Deno.openKv(":memory:");
  const token = await openKvToken({ kv, iterations: 2 });
  await token.changePassword(null, PASSWORD);
  for (const [name, trust] of [["good", "P,,"], ["bad", "p,p,p"], ["ca", "CT,C,C"]] as const) {
    const pair = name === "ca"
      ? await generateKeyPair()
      : await token.generateKeyPair("ec-p256", { label: name });
    const certificate = await createCertificate({ ...pair, subject: `CN=${name}` });
    const options = { nickname: name, trust: parseTrust(trust) };
    await token.certificates.importCert(certificate, options);
  }
  const rows = await rowsOf(kv);
  kv.close();
  return rows;
}

const rows = await makeRows();
const ofKind = (kind: string) => rows.filter(([key]) => key[1] === kind);
/** The row of a kind that is damaged: of what is distrusted. */
const rowOf = (kind: string) =>
  ofKind(kind).find(([, value]) =>
    kind === "password" || Object.values(value as object).includes("bad")
  )!;
const certificates = await (async () => {
  const kv = await storeOf(rows);
  const records = await (await openKvToken({ kv })).certificates.find({});
  kv.close();
  return records.map(({ certificate }) => certificate)
    .sort((a, b) => `${a.subject}` < `${b.subject}` ? -1 : 1);
})();
const [bad, , good] = certificates as [Certificate, Certificate, Certificate];
const other = await generateKeyPair("ec-p256", { extractable: true });
const otherPem = await exportPrivateKeyPem(other.privateKey);
const otherCertificate = await createCertificate({ ...other, subject: "CN=other" });

async function recordsOf(records: ReturnType<KvToken["certificates"]["find"]>): Promise<string[]> {
  const lines = (await records).map(async ({ certificate, nickname, trust, hasKey }) => {
    const fingerprint = (await certificate.fingerprint()).toHex();
    return [
      `${fingerprint} ${nickname}`,
      ...trust === null ? [] : [`${fingerprint} is trusted ${formatTrust(trust)}`],
      ...hasKey ? [`${fingerprint} has its key`] : [],
    ];
  });
  return (await Promise.all(lines)).flat();
}

async function keyOf(token: KvToken, which: KeyQuery): Promise<string[]> {
  const key = await token.findKey(which);
  if (key === undefined) return [];
  const signature = await key.sign("ecdsa_secp256r1_sha256", DATA);
  const signs = certificates.find(({ subjectPublicKeyInfo }) =>
    subjectPublicKeyInfo.equals(key.publicKey!)
  )!;
  const { subjectPublicKeyInfo } = signs;
  assert(
    await verifySignature(subjectPublicKeyInfo, "ecdsa_secp256r1_sha256", DATA, signature),
  );
  return [`${signs.subject}`];
}

/** All that a program does with a token, in its order; each tells what it saw. */
const OPERATIONS: Readonly<Record<string, (token: KvToken) => Promise<string[]>>> = {
  describe: async (token) => [JSON.stringify(await token.describe())],
  login: async (token) => await token.login(PASSWORD) ? ["in"] : [],
  listKeys: async (token) =>
    (await token.listKeys()).flatMap(({ id, label, publicKey }) =>
      publicKey === undefined ? [] : [`${id.toHex()} ${label} ${publicKey.der.toHex()}`]
    ),
  "find({})": ({ certificates }) => recordsOf(certificates.find({})),
  ...Object.fromEntries(certificates.flatMap((certificate) => {
    const { der, subject } = certificate;
    return [
      [`find(${subject})`, ({ certificates }: KvToken) => recordsOf(certificates.find({ der }))],
      [`findKey(${subject})`, (token: KvToken) => keyOf(token, certificate)],
    ];
  })),
  ...Object.fromEntries(
    ofKind("key").map(([key]) => [
      `findKey(${key[2]})`,
      (token: KvToken) => keyOf(token, { id: Uint8Array.fromHex(key[2]!) }),
    ]),
  ),
  setTrust: ({ certificates: db }) =>
    recordsOf(Promise.all([db.setTrust(good, parseTrust("p,p,p"))])),
  importKey: async (token) => [(await token.importKey(otherPem)).id.toHex()],
  importCert: ({ certificates: db }) =>
    recordsOf(Promise.all([db.importCert(otherCertificate, { nickname: "other" })])),
  deleteKey: async (token) => await token.deleteKey(good) ? ["gone"] : [],
  deleteCert: async ({ certificates: db }) => await db.deleteCert(bad) ? ["gone"] : [],
  changePassword: async (token) => {
    await token.changePassword(PASSWORD, "next");
    return await token.login("next") ? ["in"] : [];
  },
};

type Outcome = string[] | NssError;

/** What each operation comes to; only errors of NSS, and no waiting for ever. */
async function exercise(damaged: readonly Row[], title: string): Promise<Map<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const kv = await storeOf(damaged);
  let step = "openKvToken";
  const attempt = async (run: () => Promise<string[]>): Promise<void> => {
    outcomes.set(
      step,
      await run().catch((error) => {
        if (error instanceof NssError) return error;
        throw new Error(`${title}: ${step}() ends in an error of another kind`, { cause: error });
      }),
    );
  };
  const { promise, reject } = Promise.withResolvers<never>();
  const bound = setTimeout(() => reject(new Error(`${title}: ${step}() does not end`)), 20_000);
  const all = async (): Promise<void> => {
    let token: KvToken | undefined;
    await attempt(async () => {
      token = await openKvToken({ kv, iterations: 2 });
      return [];
    });
    if (token === undefined) return;
    for (const [name, run] of Object.entries(OPERATIONS)) {
      step = name;
      await attempt(() => run(token!));
    }
    await token.close();
  };
  try {
    await Promise.race([all(), promise]);
  } finally {
    clearTimeout(bound);
    kv.close();
  }
  return outcomes;
}

interface Damage {
  readonly title: string;
  readonly rows: readonly Row[];
}

/** Each place in a value where something is, and what is there. */
function* placesIn(value: unknown, path: string[] = []): Generator<[string[], unknown]> {
  if (path.length > 0) yield [path, value];
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return;
  for (const [name, part] of Object.entries(value)) yield* placesIn(part, [...path, name]);
}

/** A copy of a value that has something else in one place, or nothing. */
function changed(value: unknown, [name, ...rest]: readonly string[], next?: [unknown]): unknown {
  if (name === undefined) return next![0];
  const copy = { ...value as Record<string, unknown> };
  if (rest.length === 0 && next === undefined) delete copy[name];
  else copy[name] = changed(copy[name], rest, next);
  return copy;
}

function flipped(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice();
  copy[at]! ^= 1;
  return copy;
}

const TYPES: readonly unknown[] = [undefined, null, 42, "text", {}, Uint8Array.of(1, 2)];
const LONGEST = 60_000; // with the rest of a row no more than Deno KV takes

/** What may stand in place of something: of another type, shorter, longer, with another bit. */
function replacements(value: unknown): [what: string, value: unknown][] {
  const isBytes = value instanceof Uint8Array;
  const kind = (x: unknown) => x === null ? "null" : x instanceof Uint8Array ? "bytes" : typeof x;
  const made: [string, unknown][] = TYPES.filter((type) => kind(type) !== kind(value))
    .map((type) => [`as ${JSON.stringify(type)}`, type]);
  if (isBytes) {
    made.push(["empty", new Uint8Array(0)], ["truncated", value.subarray(0, -1)]);
    made.push(["one byte longer", new Uint8Array([...value, 0])]);
    made.push(["oversized", new Uint8Array(LONGEST)]);
    for (const at of [0, value.length >> 1, value.length - 1]) {
      made.push([`flipped at ${at}`, flipped(value, at)]);
    }
  } else if (typeof value === "number") {
    for (const n of [0, -1, value + 1, 0.5, NaN, 2 ** 53]) made.push([`as ${n}`, n]);
  } else if (typeof value === "string") {
    made.push(["empty", ""], ["oversized", "x".repeat(LONGEST)]);
  } else if (typeof value === "boolean") made.push(["negated", !value]);
  return made;
}

function* damagesOf(row: Row): Generator<Damage> {
  const [key, value] = row;
  const name = `${key.slice(1).join("/").slice(0, 30)}`;
  const others = rows.filter((other) => other !== row);
  const set = (what: string, next: unknown): Damage => ({
    title: `${name} ${what}`,
    rows: [...others, [key, next]],
  });
  yield { title: `${name} removed`, rows: others };
  for (const type of TYPES) yield set(`as ${JSON.stringify(type)}`, type);
  for (const [path, part] of placesIn(value)) {
    const place = path.join(".");
    yield set(`without ${place}`, changed(value, path));
    for (const [what, next] of replacements(part)) {
      yield set(`${place} ${what}`, changed(value, path, [next]));
    }
  }
  for (const [otherKey, otherValue] of others) {
    const rest = others.filter(([key]) => key !== otherKey);
    yield {
      title: `${name} swapped with ${otherKey.slice(1).join("/").slice(0, 30)}`,
      rows: [...rest, [key, otherValue], [otherKey, value]],
    };
    if (otherKey[1] !== key[1]) continue;
    // A part of the other row
    for (const [path, part] of placesIn(otherValue)) {
      const place = path.join(".");
      if (JSON.stringify(part) === JSON.stringify(path.reduce(partOf, value))) continue;
      yield set(`${place} of another`, changed(value, path, [part]));
    }
  }
}

function partOf(value: unknown, name: string): unknown {
  return (value as Record<string, unknown>)[name];
}

const whole = await exercise(rows, "whole");

/** What may be wrong besides the row: who is not logged in meets no damage. */
const ERRORS = [
  "SEC_ERROR_BAD_DATABASE",
  "SEC_ERROR_BAD_DATA", // more iterations than there may be
  "SEC_ERROR_BAD_PASSWORD",
  "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
  "SEC_ERROR_UNKNOWN_CERT",
];

async function tryAll(damages: Iterable<Damage>): Promise<void> {
  for (const { title, rows } of damages) {
    const outcomes = await exercise(rows, title);
    let isNoticed = false;
    for (const [operation, outcome] of outcomes) {
      if (outcome instanceof NssError) {
        assert(ERRORS.includes(outcome.name), `${title}: ${operation}: ${outcome}`);
        isNoticed = true;
      } else {
        const expected = whole.get(operation) as string[];
        const wrong = outcome.filter((line) => !expected.includes(line));
        assertEquals(wrong, [], `${title}: ${operation} tells what is not so`);
        isNoticed ||= outcome.length < expected.length;
      }
    }
    assert(isNoticed, `${title} is not noticed`);
  }
}

Deno.test("KvToken does all that the damage tests try where nothing is damaged", () => {
  for (const [operation, outcome] of whole) {
    if (operation === "openKvToken") continue;
    // The authority has no key
    assertEquals(Array.isArray(outcome) && outcome.length > 0, operation !== "findKey(CN=ca)");
  }
});

for (const kind of ["password", "key", "certificate"]) {
  Deno.test(`KvToken meets a row of the kind "${kind}" that is damaged with typed errors, or leaves it out`, () =>
    tryAll(damagesOf(rowOf(kind))));
}

Deno.test("KvToken meets rows that are none of its own with typed errors", async () => {
  const at = (...key: string[]) => [...rows[0]![0].slice(0, 1), ...key];
  const [[, key], [, certificate]] = [rowOf("key"), rowOf("certificate")];
  const stray: Row[] = [
    [at("key", "zz"), key],
    [at("key", "00"), key],
    [at("certificate", "der", "zz"), certificate],
    [at("certificate", "der", "00"), certificate],
  ];
  await tryAll(stray.map((row) => ({
    title: row[0].join("/"),
    rows: [...rows, row],
  })));
});

Deno.test("KvToken refuses the password record of another token, whose password is the same", async () => {
  const foreign = (await makeRows()).filter(([key]) => key[1] === "password");
  const mixed = [...rows.filter(([key]) => key[1] !== "password"), ...foreign];
  const outcomes = await exercise(mixed, "the same password, another data key");
  for (const operation of ["login", "findKey(CN=good)", "importKey", "changePassword"]) {
    const error = outcomes.get(operation) as NssError;
    assertEquals(
      error.name.replace(/TOKEN_NOT_LOGGED_IN$/, "BAD_DATABASE"),
      "SEC_ERROR_BAD_DATABASE",
    );
  }
});

Deno.test("KvToken leaves one bad row out, whatever it is, and reads and writes all others", async () => {
  for (const kind of ["key", "certificate"]) {
    const [place, value] = rowOf(kind);
    const others = rows.filter(([key]) => key !== place);
    const replaced = [
      ...TYPES.filter((type) => type !== null),
      { ...value as object, label: "planted", nickname: "planted" },
      { ...value as object, mac: new Uint8Array(32) },
    ];
    for (const next of replaced) {
      const kv = await storeOf([...others, [place, next]]);
      const token = await openKvToken({ kv, password: PASSWORD });
      const { certificates: db } = token;
      const names = async () => (await db.find({})).map(({ nickname }) => nickname).sort();
      const labels = async () => (await token.listKeys()).map(({ label }) => label).sort();
      assertEquals(await names(), kind === "key" ? ["bad", "ca", "good"] : ["ca", "good"]);
      assertEquals(await labels(), kind === "key" ? ["good", null] : ["bad", "good"]);
      assertEquals(await keyOf(token, good), ["CN=good"]);
      await db.importCert(otherCertificate, { nickname: "other" });
      await token.importKey(otherPem, { label: "other" });
      assertEquals((await db.find({ nickname: "other" })).length, 1);
      // It is said where it is met
      if (kind === "certificate") {
        const { problem } = db;
        assertEquals(problem?.name, "SEC_ERROR_BAD_DATABASE");
        const named = await db.find({ der: bad.der }).then(() => null, (error) => error);
        assertEquals(named?.name, "SEC_ERROR_BAD_DATABASE");
        const kept = await db.importCert(bad).then(() => null, (error) => error);
        assertEquals(kept?.name, "SEC_ERROR_BAD_DATABASE"); // it may have been distrusted
        await db.importCert(bad, { nickname: "bad", trust: parseTrust("p,,") });
        assertEquals(await names(), ["bad", "ca", "good", "other"]);
        assertEquals(db.problem, null);
      } else {
        const error = await token.findKey(bad).then(() => null, (error) => error);
        assertEquals(error?.name, "SEC_ERROR_BAD_DATABASE");
        assert(await token.deleteKey({ id: Uint8Array.fromHex(place[2]!) }));
        assertEquals(await labels(), ["good", "other"]);
      }
      await token.close();
      kv.close();
    }
  }
});
