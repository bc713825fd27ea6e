// Copyright 2026 the NSS for Deno authors. MIT license.

/** The forms in which TLS 1.3 uses external pre-shared keys. Loaded when there is one. @module */

import { toHex } from "../../cert/base/runtime.ts";
import { bytesEqual } from "../../cert/base/bytes.ts";
import { toSslError } from "../base/errors.ts";
import {
  type ExternalKey,
  MAX_PSK_CONTEXT_LENGTH,
  MAX_PSK_IDENTITY_LENGTH,
  toExternalKey,
  toKeyOf,
} from "../config/external_psk.ts";
import type { ExternalPskRequest, GetExternalPskHook } from "../config/hooks.ts";
import {
  type CipherSuiteHash,
  encodeLabel,
  extractThenExpand,
  HASH_LENGTHS,
  importHkdfKey,
} from "../crypto/hkdf.ts";
import { EarlySecret } from "../crypto/key_schedule.ts";
import {
  encodeImportedIdentity,
  parseImportedIdentity,
  TARGET_KDFS,
} from "../extensions/imported_identity.ts";
import { TLS_1_3 } from "../tables/versions.ts";
import type { AuthenticationContext } from "./authentication_context.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The form of a key for one hash: the key itself, or an imported one (RFC 9258, Section 5.1). */
export class PskForm {
  /** The identity before an import, which the application knows. */
  readonly externalIdentity: Bytes;
  /** The identity on the wire. */
  readonly identity: Bytes;
  /** The hash that it is bound to. */
  readonly hash: CipherSuiteHash;
  /** Which label its binder has. */
  readonly kind: "ext" | "imp";
  readonly #makeKey: () => Promise<CryptoKey>;
  #key: Promise<CryptoKey> | null = null;

  /** Creates a form of a key, whose secret is derived when it is first used. */
  constructor(key: ExternalKey, hash: CipherSuiteHash) {
    const { identity, context } = key;
    this.externalIdentity = identity;
    this.hash = hash;
    this.kind = context === null ? "ext" : "imp";
    this.identity = context === null ? identity : encodeImportedIdentity({
      externalIdentity: identity,
      context,
      targetProtocol: TLS_1_3,
      targetKdf: TARGET_KDFS[hash],
    });
    this.#makeKey = context === null ? () => baseKey(key) : () => this.#import(key);
  }

  /** Returns the Early Secret of a handshake. */
  earlySecret(): EarlySecret {
    if (this.#key === null) {
      this.#key = this.#makeKey();
      this.#key.catch(() => this.#key = null); // the next handshake tries again
    }
    return EarlySecret.fromKey(this.hash, this.#key);
  }

  /** HKDF-Expand-Label(HKDF-Extract(0, epsk), "derived psk", Hash(ImportedIdentity), L). */
  async #import(key: ExternalKey): Promise<CryptoKey> {
    const [input, digest] = await Promise.all([
      baseKey(key),
      crypto.subtle.digest(key.hash, this.identity),
    ]);
    const salt = new Uint8Array(HASH_LENGTHS[key.hash]);
    const length = HASH_LENGTHS[this.hash];
    const context = new Uint8Array(digest);
    const derived = new Uint8Array(
      await extractThenExpand(key.hash, input, salt, DERIVED_PSK, context, length),
    );
    const imported = importHkdfKey(derived);
    derived.fill(0); // importKey has copied it
    return await imported;
  }
}

const DERIVED_PSK = encodeLabel("derived psk");

async function baseKey({ key }: ExternalKey): Promise<CryptoKey> {
  return key instanceof Uint8Array ? await importHkdfKey(key) : key;
}

const FORMS = new WeakMap<ExternalKey, readonly PskForm[]>();

/** Returns the forms of a key: one, or that of each hash if it is imported. */
export function formsOf(key: ExternalKey): readonly PskForm[] {
  let forms = FORMS.get(key);
  if (forms === undefined) {
    const hashes: readonly CipherSuiteHash[] = key.context === null
      ? [key.hash]
      : ["SHA-256", "SHA-384"];
    FORMS.set(key, forms = hashes.map((hash) => new PskForm(key, hash)));
  }
  return forms;
}

const FORMS_OF_LISTS = new WeakMap<readonly ExternalKey[], ReadonlyMap<string, PskForm>>();

/** Returns the form of a configured key that has an identity on the wire. */
export function configuredForm(
  keys: readonly ExternalKey[],
  identity: Bytes,
): PskForm | undefined {
  let table = FORMS_OF_LISTS.get(keys);
  if (table === undefined) {
    table = new Map(keys.flatMap(formsOf).map((form) => [toHex(form.identity), form]));
    FORMS_OF_LISTS.set(keys, table);
  }
  return table.get(toHex(identity));
}

/** The longest identity that a key can have here, imported. */
const MAX_WIRE_LENGTH = MAX_PSK_IDENTITY_LENGTH + MAX_PSK_CONTEXT_LENGTH + 8;

/**
 * Asks a server's hook for the key of an identity on the wire.
 *
 * @returns Its form; `null` if the hook knows none, or it is not imported as the client has it.
 */
export async function formFromHook(
  context: AuthenticationContext,
  hook: GetExternalPskHook,
  identity: Bytes,
): Promise<PskForm | null> {
  if (identity.length > MAX_WIRE_LENGTH) return null;
  const parts = parseImportedIdentity(identity);
  const imported = parts?.targetProtocol === TLS_1_3 ? parts : null;
  const key = await askForPsk(context, hook, {
    version: "TLSv1.3",
    identity: (imported?.externalIdentity ?? identity).slice(),
    importContext: imported?.context.slice() ?? null,
    identityHint: null,
  });
  if (key === null) return null;
  return formsOf(key).find((form) => bytesEqual(form.identity, identity)) ?? null;
}

/**
 * Calls the hook, and checks its answer.
 *
 * @returns The key; `null` if the hook has none.
 * @throws {SslError} What the hook throws, or `SEC_ERROR_INVALID_ARGS` for a wrong answer.
 */
export async function askForPsk(
  { hooks }: Pick<AuthenticationContext, "hooks">,
  hook: GetExternalPskHook,
  request: ExternalPskRequest,
): Promise<ExternalKey | null> {
  const { identity } = request;
  if (identity !== null && identity.length > MAX_PSK_IDENTITY_LENGTH) return null;
  const asked = identity?.slice(); // the application may change what it is given
  try {
    const answer = await hooks.call(hook, request);
    if (answer === null || answer === undefined) return null;
    const name = "getExternalPsk()";
    return asked === undefined ? toExternalKey(answer, name) : toKeyOf(asked, answer, name);
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}
