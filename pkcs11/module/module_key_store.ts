// Copyright 2026 the NSS for Deno authors. MIT license.

import { toHex } from "../../cert/base/runtime.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { CertSource } from "../../cert/db/cert_db.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf, publicValueOf } from "../keys/key_id.ts";
import { decodePrivateKey } from "../keys/pkcs8.ts";
import {
  type ImportableKey,
  type KeyQuery,
  matchesKeyQuery,
  publicKeyOf,
  type TokenKey,
  type TokenKeyPair,
} from "../token/token.ts";
import type { TokenLogin } from "../token/token_login.ts";
import { storeImported, type TokenKeyStore } from "../token/token_key_store.ts";
import { CKA, CKM, CKO } from "./constants.ts";
import {
  type Attribute,
  attributesOfKey,
  GENERATE,
  KEY_ATTRIBUTES,
  publicKeyOfAttributes,
} from "./key_attributes.ts";
import { type KeyObject, readKeyedPublicKeys, readKeyObjects } from "./key_objects.ts";
import { ModuleKey } from "./module_key.ts";
import { isReturned } from "./return_values.ts";
import type { SessionPool } from "./session_pool.ts";
import { mechanism, Template } from "./template.ts";
import type { TokenMechanisms } from "./token_mechanisms.ts";

/** The options of a {@linkcode ModuleKeyStore}. */
export interface ModuleKeyStoreOptions {
  /** The label of the token. */
  readonly label: string;
  /** The sessions. */
  readonly pool: SessionPool;
  /** The mechanisms. */
  readonly mechanisms: TokenMechanisms;
  /** The login. */
  readonly login: TokenLogin;
  /** The certificates. */
  readonly certificates: CertSource;
}

/** The private keys of a token of a PKCS#11 library, which are not visible without a login. */
export class ModuleKeyStore implements TokenKeyStore {
  readonly #options: ModuleKeyStoreOptions;
  readonly #reading: string;

  /**
   * Creates a view of the keys of a token.
   *
   * @param options The token.
   */
  constructor(options: ModuleKeyStoreOptions) {
    this.#options = options;
    this.#reading = `Cannot read keys of token "${options.label}"`;
  }

  /** Lists the keys, after a login; see {@linkcode TokenKeyStore.list}. */
  async list(login: () => Promise<void>): Promise<readonly TokenKey[]> {
    await login();
    return await this.#options.pool.use((session) => readKeyObjects(session, [], this.#reading));
  }

  /**
   * Finds a key; see {@linkcode TokenKeyStore.find}. The password is asked for only if the token
   * has the public key or certificate, as NSS does.
   */
  async find(which: KeyQuery, login: () => Promise<void>): Promise<PrivateKey | undefined> {
    let found = await this.#find(which);
    if (
      found === undefined && !this.#options.login.isLoggedIn && await this.#hasPublicObject(which)
    ) {
      await login();
      found = await this.#find(which);
    }
    return found === undefined ? undefined : await this.#keyOf(found.handle, found.publicKey);
  }

  async #find(which: KeyQuery): Promise<FoundKey | undefined> {
    const publicKey = publicKeyOf(which);
    return await this.#options.pool.use(async (session) => {
      const search = async (template: readonly Attribute[]): Promise<FoundKey | undefined> =>
        (await readKeyObjects(session, template, this.#reading)).find((key): key is FoundKey =>
          key.publicKey !== undefined && matchesKeyQuery(key, which)
        );
      if (publicKey === null) return await search([[CKA.id, (which as Pick<TokenKey, "id">).id]]);
      // First by an attribute that the token can search for, then all keys
      const template: Attribute = publicKey.algorithm.type.startsWith("rsa")
        ? [CKA.modulus, publicValueOf(publicKey)]
        : [CKA.id, await keyIdOf(publicKey)];
      return await search([template]) ?? await search([]);
    });
  }

  /** Returns whether the token has a public object that belongs to the key. */
  async #hasPublicObject(which: KeyQuery): Promise<boolean> {
    const { pool, certificates } = this.#options;
    const publicKey = publicKeyOf(which);
    if (publicKey === null) {
      const { id } = which as Pick<TokenKey, "id">;
      return await pool.use(async (session) => {
        for (const objectClass of [CKO.publicKey, CKO.certificate]) {
          const template: Attribute[] = [[CKA.class, objectClass], [CKA.id, id]];
          if ((await session.findObjects(template, this.#reading)).length > 0) return true;
        }
        return false;
      });
    }
    const hex = toHex(publicKey.publicKey);
    const keyed = await pool.use((session) => readKeyedPublicKeys(session, this.#reading));
    if (keyed.has(hex)) return true;
    const records = await certificates.find({});
    return records.some(({ certificate }) => {
      try {
        return toHex(certificate.subjectPublicKeyInfo.publicKey) === hex;
      } catch {
        return false; // the kind of key is not supported
      }
    });
  }

  async #keyOf(handle: bigint, publicKey: SubjectPublicKeyInfo): Promise<PrivateKey> {
    const { pool, label, mechanisms } = this.#options;
    const signing = await mechanisms.signing();
    return new ModuleKey({ pool, handle, publicKey, mechanisms: signing, token: label });
  }

  /**
   * Generates a key pair in the token (`C_GenerateKeyPair`); see
   * {@linkcode TokenKeyStore.generate}.
   */
  async generate(
    type: KeyPairType,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKeyPair> {
    const { pool, label: token, mechanisms } = this.#options;
    const row = GENERATE[type];
    const all = await mechanisms.list();
    if (row === undefined || !all.some((mechanism) => mechanism.type === CKM[row.mechanism])) {
      throw new NssError(
        "SEC_ERROR_KEYGEN_FAIL",
        `Cannot generate key pair: token "${token}" does not make ${type} keys`,
      );
    }
    await login();
    const attempt = `Cannot generate key pair in token "${token}"`;
    const temporary = crypto.getRandomValues(new Uint8Array(20));
    const { handle, publicKey, id } = await pool.write(async (session) => {
      const [publicHandle, handle] = await session.generateKeyPair(
        mechanism(CKM[row.mechanism]),
        [...publicTemplate(temporary, label), [CKA.keyType, row.keyType], ...row.publicKey],
        [...privateTemplate(temporary, label), [CKA.keyType, row.keyType]],
        attempt,
      );
      const attributes = await session.getAttributes(publicHandle, KEY_ATTRIBUTES, attempt);
      const publicKey = publicKeyOfAttributes(attributes);
      if (publicKey === undefined) {
        throw new NssError("SEC_ERROR_KEYGEN_FAIL", `${attempt}: it does not tell the public key`);
      }
      const id = await keyIdOf(publicKey);
      const template = Template.of([[CKA.id, id]]);
      for (const object of [publicHandle, handle]) {
        await session.call("C_SetAttributeValue", attempt, object, template.bytes, template.count);
      }
      return { handle, publicKey, id };
    });
    const privateKey = await this.#keyOf(handle, publicKey);
    return { id, label, algorithm: publicKey.algorithm, publicKey, privateKey };
  }

  /**
   * Stores a key (`C_CreateObject`); see {@linkcode TokenKeyStore.import}. Hardware tokens often
   * reject imports.
   */
  async import(
    key: ImportableKey,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKey> {
    const imported = await importPrivateKey(key, { extractable: true });
    return await storeImported(
      imported,
      this.#options.label,
      (pkcs8, publicKey) => this.#import(pkcs8, publicKey, label, login),
    );
  }

  async #import(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    label: string | null,
    login: () => Promise<void>,
  ): Promise<TokenKey> {
    const { pool, label: token } = this.#options;
    const attempt = `Cannot import private key into token "${token}"`;
    const info = decodePrivateKey(pkcs8);
    try {
      const attributes = attributesOfKey(info, publicKey);
      if (attributes === undefined) {
        throw new NssError(
          "SEC_ERROR_UNSUPPORTED_KEYALG",
          `${attempt}: tokens take no ${info.type} keys`,
        );
      }
      await login();
      const stored = await this.#find(publicKey);
      if (stored !== undefined) return stored;
      const id = await keyIdOf(publicKey);
      await pool.write(async (session) => {
        const handle = await session.createObject(
          [
            [CKA.class, CKO.privateKey],
            ...privateTemplate(id, label),
            ...attributes.privateKey,
          ],
          attempt,
        );
        try {
          await session.createObject(
            [[CKA.class, CKO.publicKey], ...publicTemplate(id, label), ...attributes.publicKey],
            attempt,
          );
        } catch (error) {
          await session.call("C_DestroyObject", attempt, handle);
          throw error;
        }
      });
      return { id, label, algorithm: publicKey.algorithm, publicKey };
    } finally {
      info.pkcs8.fill(0);
    }
  }

  /**
   * Deletes a key with its public key (`C_DestroyObject`), always after a login, because keys
   * without public objects are not visible before; see {@linkcode TokenKeyStore.delete}.
   */
  async delete(which: KeyQuery, login: () => Promise<void>): Promise<boolean> {
    await login();
    const found = await this.#find(which);
    if (found === undefined) return false;
    const { pool, label } = this.#options;
    const attempt = `Cannot delete key of token "${label}"`;
    return await pool.write(async (session) => {
      try {
        await session.call("C_DestroyObject", attempt, found.handle);
      } catch (error) {
        // it has been deleted meanwhile
        if (isReturned(error, "CKR_OBJECT_HANDLE_INVALID")) return false;
        throw error;
      }
      if (found.id.length === 0) return true;
      const template: Attribute[] = [[CKA.class, CKO.publicKey], [CKA.id, found.id]];
      for (const handle of await session.findObjects(template, attempt)) {
        const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
        const publicKey = publicKeyOfAttributes(attributes);
        if (publicKey !== undefined && matchesKeyQuery({ ...found, publicKey }, found.publicKey)) {
          await session.call("C_DestroyObject", attempt, handle);
        }
      }
      return true;
    });
  }
}

/** A key whose public key is known. */
interface FoundKey extends KeyObject {
  readonly publicKey: SubjectPublicKeyInfo;
}

function privateTemplate(id: Uint8Array, label: string | null): Attribute[] {
  return [
    [CKA.token, true],
    [CKA.private, true],
    [CKA.sensitive, true],
    [CKA.extractable, false],
    [CKA.sign, true],
    [CKA.id, id],
    ...labelled(label),
  ];
}

function publicTemplate(id: Uint8Array, label: string | null): Attribute[] {
  return [
    [CKA.token, true],
    [CKA.private, false],
    [CKA.verify, true],
    [CKA.id, id],
    ...labelled(label),
  ];
}

function labelled(label: string | null): Attribute[] {
  return label === null ? [] : [[CKA.label, label]];
}
