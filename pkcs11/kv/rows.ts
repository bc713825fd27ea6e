// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The rows of a token in Deno KV, and their protection by keys that derive from its data key.
 *
 * @module
 */

import { toHex } from "../../cert/base/runtime.ts";
import type { CertTrust } from "../../cert/db/trust_flags.ts";
import { DATA_KEY_LENGTH, isSealed, seal, type Sealed, unseal } from "./sealing.ts";
import {
  CONFLICT,
  type KvKey,
  type KvRow,
  type KvStore,
  rowsUnder,
  withoutConflict,
  withStore,
} from "./store.ts";

/** A stored private key. */
export interface StoredKey {
  readonly label: string | null;
  readonly spki: Uint8Array<ArrayBuffer>;
  /** The private key, encrypted with the public key as additional data. */
  readonly pkcs8: Sealed;
  /** The MAC of the other parts, and of the location. */
  readonly mac: Uint8Array<ArrayBuffer>;
}

/** A stored certificate, at the location of its SHA-256. */
export interface StoredCert {
  readonly der: Uint8Array<ArrayBuffer>;
  readonly nickname: string | null;
  readonly trust: CertTrust | null;
  /** The MAC of the other parts, and of the location. */
  readonly mac: Uint8Array<ArrayBuffer>;
}

/** The value of a row, without its MAC. */
type Unsigned = Omit<StoredKey, "mac"> | Omit<StoredCert, "mac">;

/** Returns whether a value has the form of {@linkcode StoredKey}. */
export function isStoredKey(value: unknown): value is StoredKey {
  const { label, spki, pkcs8, mac } = (value ?? {}) as Partial<StoredKey>;
  return spki instanceof Uint8Array && isSealed(pkcs8) && mac instanceof Uint8Array &&
    (label === null || typeof label === "string");
}

/** Returns whether a value has the form of {@linkcode StoredCert}. */
export function isStoredCert(value: unknown): value is StoredCert {
  const { der, nickname, trust, mac } = (value ?? {}) as Partial<StoredCert>;
  return der instanceof Uint8Array && mac instanceof Uint8Array &&
    (nickname === null || typeof nickname === "string") &&
    (trust === null ||
      [trust?.ssl, trust?.email, trust?.objectSigning].every(Number.isInteger));
}

/** The keys that derive from one data key. */
export interface RowKeys {
  /** Encrypts private keys. */
  readonly seal: CryptoKey;
  /** Authenticates rows. */
  readonly mac: CryptoKey;
}

/** The keys of the current data key, for what is written, then those of the previous one. */
export type Keyring = readonly [RowKeys, ...RowKeys[]];

const encoder = new TextEncoder();

/**
 * Derives the keys of data keys.
 *
 * @param dataKeys One or two data keys, which are overwritten.
 * @returns The keys; `null` if that is no length of data keys.
 */
export async function deriveKeyring(dataKeys: Uint8Array<ArrayBuffer>): Promise<Keyring | null> {
  const keys: RowKeys[] = [];
  const count = dataKeys.length / DATA_KEY_LENGTH;
  for (let i = 0; i < count && Number.isInteger(count); i++) {
    const dataKey = dataKeys.slice(i * DATA_KEY_LENGTH, (i + 1) * DATA_KEY_LENGTH);
    const base = await crypto.subtle.importKey("raw", dataKey, "HKDF", false, ["deriveKey"]);
    dataKey.fill(0);
    const aes = { name: "AES-GCM", length: 256 };
    const hmac = { name: "HMAC", hash: "SHA-256", length: 256 };
    const [seal, mac] = await Promise.all([
      crypto.subtle.deriveKey(hkdf("private keys"), base, aes, false, ["encrypt", "decrypt"]),
      crypto.subtle.deriveKey(hkdf("rows"), base, hmac, false, ["sign", "verify"]),
    ]);
    keys.push({ seal, mac });
  }
  dataKeys.fill(0);
  const [first, ...rest] = keys;
  return first === undefined || rest.length > 1 ? null : [first, ...rest];
}

function hkdf(purpose: string): HkdfParams {
  const info = encoder.encode(`NSS for Deno: ${purpose} of a token`);
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
}

/** What the MAC of a row is of. JSON tells all texts apart; the location stands for the DER. */
function signedPart(name: string, row: Unsigned): Uint8Array<ArrayBuffer> {
  const parts = "spki" in row
    ? ["key", name, row.label, toHex(row.spki)]
    : ["certificate", name, row.nickname, row.trust && trustFlags(row.trust)];
  return encoder.encode(JSON.stringify(parts));
}

function trustFlags({ ssl, email, objectSigning }: CertTrust): number[] {
  return [ssl, email, objectSigning];
}

/**
 * Adds the MAC to a row.
 *
 * @param keys The keys of the current data key.
 * @param name The last part of the key of the row.
 * @param row The row.
 * @returns The row to store.
 */
export async function signRow<R extends Unsigned>(
  keys: RowKeys,
  name: string,
  row: R,
): Promise<R & { readonly mac: Uint8Array<ArrayBuffer> }> {
  const mac = await crypto.subtle.sign("HMAC", keys.mac, signedPart(name, row));
  return { ...row, mac: new Uint8Array(mac) };
}

/**
 * Finds the keys that a row is written with.
 *
 * @param keyring The keys to try.
 * @param name The last part of the key of the row.
 * @param row The row.
 * @returns The keys; `null` if its MAC is of none.
 */
export async function signerOf(
  keyring: Keyring,
  name: string,
  row: StoredKey | StoredCert,
): Promise<RowKeys | null> {
  const data = signedPart(name, row);
  for (const keys of keyring) {
    if (await crypto.subtle.verify("HMAC", keys.mac, row.mac, data)) return keys;
  }
  return null;
}

/** The locations of the rows of a token. */
export interface KvPlaces {
  /** The password record. */
  readonly password: KvKey;
  /** The private keys. */
  readonly keys: KvKey;
  /** The certificates. */
  readonly certificates: KvKey;
  /** The row that changes with each write of a certificate. */
  readonly revision: KvKey;
}

/**
 * Returns the locations of the rows of a token.
 *
 * @param prefix The prefix of the token.
 * @returns The locations.
 */
export function placesOf(prefix: KvKey): KvPlaces {
  const [password, keys] = [[...prefix, "password"], [...prefix, "key"]];
  const certificates = [...prefix, "certificate", "der"];
  return { password, keys, certificates, revision: [...prefix, "certificate", "revision"] };
}

/** Reads all keys and certificates of a token. */
export async function allRows(
  what: string,
  store: KvStore,
  { keys, certificates }: KvPlaces,
): Promise<KvRow[]> {
  return [
    ...await rowsUnder(what, store, keys),
    ...await rowsUnder(what, store, certificates),
  ];
}

/** Finds the keys that any row is written with; `null` if there are none, or it is damaged. */
async function signerOfAny(keyring: Keyring, { name, value }: KvRow): Promise<RowKeys | null> {
  return isStoredKey(value) || isStoredCert(value) ? await signerOf(keyring, name, value) : null;
}

/**
 * Returns whether a keyring is that of a token, or that of none yet.
 *
 * @param keyring The keyring.
 * @param rows The rows of the token.
 * @returns Whether there are no rows, or any of them is written with it.
 */
export async function fitsAny(keyring: Keyring, rows: readonly KvRow[]): Promise<boolean> {
  for (const row of rows) if (await signerOfAny(keyring, row) !== null) return true;
  return rows.length === 0;
}

/**
 * Finds a row that cannot be written with other keys.
 *
 * @param keyring The keyring.
 * @param rows The rows.
 * @returns The first that is damaged.
 */
export async function findDamaged(
  keyring: Keyring,
  rows: readonly KvRow[],
): Promise<KvRow | undefined> {
  for (const row of rows) {
    const signer = await signerOfAny(keyring, row);
    if (signer === null || await rewrite(row, signer, signer) === null) return row;
  }
  return undefined;
}

/** Encrypts and signs a row with other keys; `null` if the encrypted part is damaged. */
async function rewrite(
  { name, value }: KvRow,
  from: RowKeys,
  to: RowKeys,
): Promise<StoredKey | StoredCert | null> {
  if (!isStoredKey(value)) return isStoredCert(value) ? await signRow(to, name, value) : null;
  const plain = await unseal(from.seal, value.pkcs8, value.spki);
  if (plain === null) return null;
  const pkcs8 = await seal(to.seal, plain, value.spki);
  plain.fill(0);
  return await signRow(to, name, { ...value, pkcs8 });
}

/**
 * The number of rows that are written at once; Deno KV takes 100 checks and 800 KiB, and a row has
 * at most 64.
 */
const BATCH = 10;

/**
 * Writes rows of the previous data key anew with the current one. Rows that are of neither stay as
 * they are.
 *
 * @param store The store.
 * @param places The locations.
 * @param keyring The keys of both.
 * @param versionstamp The versionstamp of the password record, which must not change meanwhile.
 * @returns Whether it is complete; `false` if the password record has changed.
 * @throws {NssError} `SEC_ERROR_IO` if others prevent it.
 */
export async function moveRows(
  store: KvStore,
  places: KvPlaces,
  keyring: Keyring,
  versionstamp: string | null,
): Promise<boolean> {
  const what = "change password";
  const record = { key: places.password, versionstamp };
  const [current] = keyring;
  return await withoutConflict(what, async () => {
    const changes: { row: KvRow; next: StoredKey | StoredCert }[] = [];
    for (const row of await allRows(what, store, places)) {
      const signer = await signerOfAny(keyring, row);
      if (signer === null || signer === current) continue;
      const next = await rewrite(row, signer, current);
      if (next !== null) changes.push({ row, next });
    }
    let isComplete = true;
    for (let i = 0; i < changes.length && isComplete; i += BATCH) {
      isComplete = await withStore(what, async () => {
        const operation = store.atomic().check(record);
        for (const { row: { key, versionstamp }, next } of changes.slice(i, i + BATCH)) {
          operation.check({ key, versionstamp }).set(key, next);
        }
        return (await operation.commit()).ok;
      });
    }
    if (isComplete) return true;
    const now = await withStore(what, () => store.get(record.key));
    return now.versionstamp === versionstamp ? CONFLICT : false;
  });
}
