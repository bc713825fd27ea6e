// Copyright 2026 the NSS for Deno authors. MIT license.

import { copyBytes } from "../../cert/base/bytes.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { MAX_ROW_LENGTH, type SessionStore } from "../base/session_store.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Writer } from "../wire/writer.ts";

/** The version of the format; another version has rows of its own. */
const FORM = 1;
const IV_LENGTH = 12;
const TAG_LENGTH = 16;
/** The length in bytes of the digest that names a row. */
const NAME_LENGTH = 20;

/** The maximum length in bytes of what a row keeps. */
export const MAX_SEALED_LENGTH = MAX_ROW_LENGTH - IV_LENGTH - TAG_LENGTH;

/** A row as it was read. */
export interface SealedRow {
  /** Its content; `null` if there is no row, or one that was not written under this secret. */
  readonly content: Uint8Array<ArrayBuffer> | null;
  /** The value in the store; `null` if there is none. */
  readonly stored: Uint8Array<ArrayBuffer> | null;
}

/**
 * Rows of a store, named and encrypted under keys that derive from a secret outside of it. Read
 * access to the store reveals how many rows there are and when they change; write access allows to
 * remove rows, and to put earlier contents back into their row.
 */
export class SealedRows {
  /** The store. */
  readonly store: SessionStore;
  readonly #onUnreadable: () => void;
  readonly #base: Promise<CryptoKey>;
  readonly #names: Promise<CryptoKey>;

  /**
   * Creates the rows of a store.
   *
   * @param store The store.
   * @param secret The secret, at least 32 bytes, which all who share the rows have.
   * @param onUnreadable Called for a row that does not open, or that its reader cannot decode.
   */
  constructor(
    store: SessionStore,
    secret: Uint8Array<ArrayBuffer> | Promise<Uint8Array>,
    onUnreadable: () => void = () => {},
  ) {
    this.store = store;
    this.#onUnreadable = onUnreadable;
    this.#base = importSecret(secret);
    this.#names = this.#base.then((base) =>
      crypto.subtle.deriveKey(
        hkdf("names"),
        base,
        { name: "HMAC", hash: "SHA-256", length: 256 },
        false,
        ["sign"],
      )
    );
    this.#names.catch(() => {}); // awaited with the first call
  }

  /** Returns the name in the store of a row. */
  async nameOf(row: string): Promise<string> {
    const digest = await crypto.subtle.sign("HMAC", await this.#names, bytesOfText(row));
    return toHex(new Uint8Array(digest, 0, NAME_LENGTH));
  }

  /**
   * Reads a row.
   *
   * @throws {TypeError} If the store's answer is no row.
   */
  async read(row: string): Promise<SealedRow> {
    const stored: unknown = await this.store.get(await this.nameOf(row));
    if (stored === undefined || stored === null) return { content: null, stored: null };
    if (!(stored instanceof Uint8Array)) throw wrongAnswer("get", "neither bytes nor undefined");
    const value = copyBytes(stored);
    const content = await this.#open(row, value);
    if (content === null) this.#onUnreadable();
    return { content, stored: value };
  }

  /**
   * Decodes the content of a row.
   *
   * @param row The row as it was read.
   * @param decode Decodes it; `null`, or a {@linkcode DecodeError}, if that is not possible.
   * @returns What it has; `null` if there is no row, or it cannot be read.
   */
  decode<T>(
    { content }: SealedRow,
    decode: (content: Uint8Array<ArrayBuffer>) => T | null,
  ): T | null {
    if (content === null) return null;
    let decoded: T | null;
    try {
      decoded = decode(content);
    } catch (error) {
      if (!(error instanceof DecodeError)) throw error;
      decoded = null;
    }
    if (decoded === null) this.#onUnreadable();
    return decoded;
  }

  /** Writes a row, whether there is one or not. */
  async put(row: string, content: Uint8Array<ArrayBuffer>, lifetime: number): Promise<void> {
    await this.store.put(await this.nameOf(row), await this.#seal(row, content), lifetime);
  }

  /**
   * Replaces a row if it is still as it was read.
   *
   * @returns Whether it was replaced.
   * @throws {TypeError} If the store's answer is neither true nor false.
   */
  async replace(
    row: string,
    { stored }: SealedRow,
    content: Uint8Array<ArrayBuffer> | null,
    lifetime: number,
  ): Promise<boolean> {
    const after = content === null ? null : await this.#seal(row, content);
    const replaced: unknown = await this.store.replace(
      await this.nameOf(row),
      stored,
      after,
      lifetime,
    );
    if (typeof replaced !== "boolean") throw wrongAnswer("replace", "neither true nor false");
    return replaced;
  }

  /** Derives the key of a row: one for each, so that random nonces are not used up. */
  async #keyOf(row: string): Promise<CryptoKey> {
    return await crypto.subtle.deriveKey(
      hkdf(`row ${row}`),
      await this.#base,
      { name: "AES-GCM", length: 256 },
      false,
      ["encrypt", "decrypt"],
    );
  }

  async #seal(row: string, content: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    if (content.length > MAX_SEALED_LENGTH) {
      throw new RangeError(
        `Cannot keep row: it has ${content.length} bytes, more than ${MAX_SEALED_LENGTH}`,
      );
    }
    const iv = crypto.getRandomValues(new Uint8Array(IV_LENGTH));
    const key = await this.#keyOf(row);
    const sealed = await crypto.subtle.encrypt({ name: "AES-GCM", iv }, key, content);
    return new Writer().bytes(iv).bytes(new Uint8Array(sealed)).finish();
  }

  async #open(
    row: string,
    value: Uint8Array<ArrayBuffer>,
  ): Promise<Uint8Array<ArrayBuffer> | null> {
    // Much longer ones would cost a decryption each time
    if (value.length < IV_LENGTH + TAG_LENGTH || value.length > MAX_ROW_LENGTH) return null;
    const key = await this.#keyOf(row);
    const iv = value.subarray(0, IV_LENGTH);
    try {
      const sealed = value.subarray(IV_LENGTH);
      return new Uint8Array(await crypto.subtle.decrypt({ name: "AES-GCM", iv }, key, sealed));
    } catch {
      return null; // damaged, or of another secret
    }
  }
}

/** Returns the error of a store that answers what it must not. */
export function wrongAnswer(method: string, what: string): TypeError {
  return new TypeError(`Cannot take answer of session store: what ${method}() gave is ${what}`);
}

async function importSecret(
  secret: Uint8Array<ArrayBuffer> | Promise<Uint8Array>,
): Promise<CryptoKey> {
  const bytes = copyBytes(await secret);
  try {
    return await crypto.subtle.importKey("raw", bytes, "HKDF", false, ["deriveKey"]);
  } finally {
    bytes.fill(0);
  }
}

function hkdf(purpose: string): HkdfParams {
  const info = bytesOfText(`NSS for Deno, session store ${FORM}: ${purpose}`);
  return { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(32), info };
}

function bytesOfText(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text);
}
