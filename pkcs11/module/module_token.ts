// Copyright 2026 the NSS for Deno authors. MIT license.

import { timingSafeEqual } from "@std/crypto/timing-safe-equal";
import { parseCertificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { PrivateKey } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { KeyPairType } from "../keys/generate_key_pair.ts";
import { importPrivateKey } from "../keys/import_private_key.ts";
import { keyIdOf, publicValueOf } from "../keys/key_id.ts";
import { decodePrivateKey } from "../keys/pkcs8.ts";
import { exportPkcs8 } from "../keys/private_key.ts";
import { SessionKey } from "../token/session_key.ts";
import {
  type ImportableKey,
  type KeyQuery,
  type LoginHandler,
  matchesKeyQuery,
  publicKeyOf,
  requireLogin,
  type StoreKeyOptions,
  type Token,
  type TokenInfo,
  type TokenKey,
  type TokenKeyPair,
  type TokenMechanism,
  type TokenOptions,
} from "../token/token.ts";
import { CKA, CKF, CKM, CKO, CKU_USER } from "./constants.ts";
import {
  type Attribute,
  attributesOfKey,
  GENERATE,
  generateMechanism,
  KEY_ATTRIBUTES,
  publicKeyOfAttributes,
} from "./key_attributes.ts";
import type { Library } from "./library.ts";
import { alloc, pinPassword } from "./memory.ts";
import { ModuleCertDB } from "./module_certs.ts";
import { ModuleKey } from "./module_key.ts";
import { isReturned } from "./return_values.ts";
import { type Attributes, readBig, type Session } from "./session.ts";
import { MAX_SESSIONS, SessionPool } from "./session_pool.ts";
import { mechanism, readUlong, Template } from "./template.ts";
import { readText } from "./text.ts";

const TOKEN_INFO_SIZE = 208;

/** What a token says of itself, and how many sessions it allows. */
export interface ReadTokenInfo extends TokenInfo {
  /** Whether there is something in it: an uninitialised token has not even a label. */
  readonly isTokenInitialized: boolean;
  /** How many sessions it allows; 0 if it does not tell, or as many as one likes. */
  readonly maxSessions: number;
}

/**
 * Reads CK_TOKEN_INFO.
 *
 * @param library The library.
 * @param slot The slot of the token.
 * @returns What it says.
 * @throws {NssError} `SEC_ERROR_NO_TOKEN` if there is none.
 */
export async function readTokenInfo(library: Library, slot: bigint): Promise<ReadTokenInfo> {
  const info = alloc(TOKEN_INFO_SIZE);
  await library.call("C_GetTokenInfo", "Cannot describe token", slot, info);
  const flags = Number(readBig(info, 96));
  const maxSessions = readBig(info, 104);
  const has = (flag: number): boolean => (flags & flag) !== 0;
  return {
    label: readText(info, 0, 32),
    manufacturer: readText(info, 32, 32),
    model: readText(info, 64, 16),
    serialNumber: readText(info, 80, 16),
    isReadOnly: has(CKF.writeProtected),
    isInitialized: has(CKF.userPinInitialized),
    needsLogin: has(CKF.loginRequired),
    hasProtectedAuthPath: has(CKF.protectedAuthenticationPath),
    isFinalTry: has(CKF.userPinFinalTry),
    isLocked: has(CKF.userPinLocked),
    isTokenInitialized: has(CKF.tokenInitialized),
    // CK_EFFECTIVELY_INFINITE is 0, CK_UNAVAILABLE_INFORMATION the largest number
    maxSessions: maxSessions > 0xffffffffn ? 0 : Number(maxSessions),
  };
}

/** A private key of the token as an object. */
interface KeyObject extends TokenKey {
  readonly handle: bigint;
}

/** A token of a PKCS#11 library. */
export class ModuleToken implements Token {
  /** What people call it. */
  readonly label: string;
  /** Its certificates. */
  readonly certificates: ModuleCertDB;
  /** Who logs it in. */
  loginHandler: LoginHandler | null = null;
  readonly #library: Library;
  readonly #slot: bigint;
  readonly #info: ReadTokenInfo;
  readonly #pool: SessionPool;
  #mechanisms: Promise<readonly TokenMechanism[]> | null = null;
  /** What a login is; keys hold on to it. */
  #session: object | null = null;
  #password: { readonly key: CryptoKey; readonly mac: Uint8Array<ArrayBuffer> } | null = null;
  #lastLogin: Promise<unknown> = Promise.resolve();
  #closed = false;

  /**
   * Makes a token of a slot.
   *
   * @param library The library.
   * @param slot The slot.
   * @param info What the token says of itself.
   */
  constructor(library: Library, slot: bigint, info: ReadTokenInfo) {
    this.label = info.label;
    this.#library = library;
    this.#slot = slot;
    this.#info = info;
    // One more is for writing
    const max = info.maxSessions === 0
      ? MAX_SESSIONS
      : Math.max(1, Math.min(MAX_SESSIONS, info.maxSessions - 1));
    this.#pool = new SessionPool(library, slot, info.label, max);
    if (!info.needsLogin) this.#session = {};
    this.certificates = new ModuleCertDB({
      label: info.label,
      isReadOnly: info.isReadOnly,
      pool: this.#pool,
      keyedPublicKeys: (session) => this.#keyedPublicKeys(session),
      login: (what, options) => requireLogin(this, what, options),
    });
  }

  /** Whether its keys are within reach. */
  get isLoggedIn(): boolean {
    return this.#session !== null && !this.#closed;
  }

  #checkOpen(what: string): void {
    if (!this.#closed) return;
    throw new NssError("SEC_ERROR_NO_TOKEN", `Cannot ${what}: token "${this.label}" is closed`);
  }

  /**
   * Tells what it is and in which state.
   *
   * @returns The answer of the moment.
   */
  async describe(): Promise<TokenInfo> {
    this.#checkOpen("describe token");
    const { isTokenInitialized: _, maxSessions: __, ...info } = await readTokenInfo(
      this.#library,
      this.#slot,
    );
    return info;
  }

  /**
   * Lists what it can do of what is used here; it is asked once.
   *
   * @returns The mechanisms that sign or make key pairs.
   */
  async mechanisms(): Promise<readonly TokenMechanism[]> {
    this.#checkOpen("list mechanisms");
    const mechanisms = this.#mechanisms ??= this.#readMechanisms();
    mechanisms.catch(() => this.#mechanisms = null);
    return await mechanisms;
  }

  async #readMechanisms(): Promise<readonly TokenMechanism[]> {
    const attempt = `Cannot list mechanisms of token "${this.label}"`;
    const count = alloc(8);
    await this.#library.call("C_GetMechanismList", attempt, this.#slot, null, count);
    const list = alloc(8 * Math.min(Number(readBig(count)), 4096));
    await this.#library.call("C_GetMechanismList", attempt, this.#slot, list, count);
    const types = Array.from({ length: Number(readBig(count)) }, (_, i) => readBig(list, 8 * i));
    const mechanisms = await Promise.all(types.map((type) => this.#readMechanism(type, attempt)));
    return mechanisms.filter(({ uses }) => uses.length > 0);
  }

  async #readMechanism(type: bigint, attempt: string): Promise<TokenMechanism> {
    const info = alloc(24);
    await this.#library.call("C_GetMechanismInfo", attempt, this.#slot, type, info);
    const flags = Number(readBig(info, 16));
    const number = Number(type);
    const uses: TokenMechanism["uses"] = [
      ...(flags & CKF.sign ? ["sign"] as const : []),
      ...(flags & CKF.generateKeyPair ? ["generateKeyPair"] as const : []),
    ];
    const [minKeySize, maxKeySize] = [Number(readBig(info)), Number(readBig(info, 8))];
    return {
      name: MECHANISM_NAMES.get(number) ?? `0x${number.toString(16)}`,
      type: number,
      uses,
      ...(maxKeySize > 0 && { minKeySize, maxKeySize }),
    };
  }

  async #signing(): Promise<ReadonlySet<number>> {
    const mechanisms = await this.mechanisms();
    return new Set(
      mechanisms.filter(({ uses }) => uses.includes("sign")).map(({ type }) => type),
    );
  }

  /**
   * Tries a password (`C_Login`).
   *
   * @param password The password; `null` where it is entered at the token itself.
   * @returns Whether it is right.
   * @throws {NssError} `SEC_ERROR_LOCKED_PASSWORD` if the token is locked, and what else it says.
   */
  login(password: string | null): Promise<boolean> {
    // One after another, so that the state here is that of the token
    const result = this.#lastLogin.then(() => this.#login(password));
    this.#lastLogin = result.catch(() => {});
    return result;
  }

  async #login(password: string | null): Promise<boolean> {
    this.#checkOpen("log in");
    if (!this.#info.needsLogin) return true;
    if (this.#session !== null && this.#password !== null && password !== null) {
      return await this.#isPassword(password);
    }
    const attempt = `Cannot log in to token "${this.label}"`;
    const pin = password === null ? null : pinPassword(password);
    const login = (): Promise<void> =>
      this.#pool.use((session) =>
        session.call("C_Login", attempt, CKU_USER, pin?.bytes ?? null, pin?.length ?? 0)
      );
    try {
      await login().catch(async (error) => {
        // Somebody else of this process has; whether this password is right, only a new login tells
        if (!isReturned(error, "CKR_USER_ALREADY_LOGGED_IN")) throw error;
        if (password === null) return;
        await this.#pool.use((session) => session.call("C_Logout", attempt));
        await login();
      });
    } catch (error) {
      if (isReturned(error, "CKR_PIN_INCORRECT", "CKR_PIN_INVALID", "CKR_PIN_LEN_RANGE")) {
        return false;
      }
      throw error;
    } finally {
      pin?.bytes.fill(0);
    }
    if (password !== null) await this.#remember(password);
    this.#session ??= {};
    return true;
  }

  /**
   * A token that is logged in takes any password for right. What is kept to know better is of no use to who reads it:
   * the key cannot be taken out.
   */
  async #remember(password: string): Promise<void> {
    const random = crypto.getRandomValues(new Uint8Array(32));
    const algorithm = { name: "HMAC", hash: "SHA-256" };
    const key = await crypto.subtle.importKey("raw", random, algorithm, false, ["sign"]);
    random.fill(0);
    this.#password = { key, mac: await macOf(password, key) };
  }

  async #isPassword(password: string): Promise<boolean> {
    const { key, mac } = this.#password!;
    return timingSafeEqual(await macOf(password, key), mac);
  }

  /**
   * Puts its keys out of reach (`C_Logout`), unless it needs no login.
   *
   * @returns When it has happened.
   */
  logout(): Promise<void> {
    const result = this.#lastLogin.then(async () => {
      if (!this.#info.needsLogin || this.#session === null || this.#closed) return;
      this.#session = null;
      this.#password = null;
      const attempt = `Cannot log out of token "${this.label}"`;
      await this.#pool.use((session) => session.call("C_Logout", attempt)).catch((error) => {
        if (!isReturned(error, "CKR_USER_NOT_LOGGED_IN")) throw error;
      });
    });
    this.#lastLogin = result.catch(() => {});
    return result;
  }

  /**
   * Changes the password (`C_SetPIN`).
   *
   * @param current The current password.
   * @param next The new one.
   * @returns When it has happened. The token is logged in.
   * @throws {NssError} `SEC_ERROR_BAD_PASSWORD` if the current one is wrong, `SEC_ERROR_INVALID_PASSWORD` if the token
   * does not take the new one, `PR_NOT_IMPLEMENTED_ERROR` if it has none yet: the first one is its security officer's
   * to give, with the tools of the library.
   */
  async changePassword(current: string | null, next: string): Promise<void> {
    this.#checkWritable("change password");
    if (current === null) {
      throw new NssError(
        "PR_NOT_IMPLEMENTED_ERROR",
        `Cannot change password: the first one of token "${this.label}" is given by its own tools`,
      );
    }
    const [old, fresh] = [pinPassword(current), pinPassword(next)];
    const attempt = `Cannot change password of token "${this.label}"`;
    try {
      await this.#pool.write((session) =>
        session.call("C_SetPIN", attempt, old.bytes, old.length, fresh.bytes, fresh.length)
      );
    } finally {
      old.bytes.fill(0);
      fresh.bytes.fill(0);
    }
    this.#password = null;
    await this.#remember(next);
    if (this.#session === null) await this.login(next);
  }

  /**
   * Lists the private keys, after a login where the token needs one: without it, it hides them.
   *
   * @param options What the password function is handed.
   * @returns The keys.
   */
  async listKeys(options: TokenOptions = {}): Promise<readonly TokenKey[]> {
    this.#checkOpen("list keys");
    await requireLogin(this, "list keys", options);
    const keys = await this.#pool.use((session) => this.#keyObjects(session, []));
    return keys.map(({ handle: _, ...key }) => key);
  }

  /** Private keys that fit a template, each with its public key as far as the token has it. */
  async #keyObjects(session: Session, template: readonly Attribute[]): Promise<KeyObject[]> {
    const attempt = `Cannot read keys of token "${this.label}"`;
    const handles = await session.findObjects([[CKA.class, CKO.privateKey], ...template], attempt);
    const keys: KeyObject[] = [];
    for (const handle of handles) {
      const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
      const publicKey = await this.#publicKeyFor(session, attributes);
      const id = attributes.get(CKA.id) ?? new Uint8Array(0);
      const label = new TextDecoder().decode(attributes.get(CKA.label) ?? new Uint8Array(0));
      keys.push({
        handle,
        id,
        label: label === "" ? null : label,
        algorithm: publicKey?.algorithm ?? null,
        ...(publicKey !== undefined && { publicKey }),
      });
    }
    return keys;
  }

  /** What the private key itself tells, else the public key or certificate of the same id. */
  async #publicKeyFor(
    session: Session,
    attributes: Attributes,
  ): Promise<SubjectPublicKeyInfo | undefined> {
    const own = publicKeyOfAttributes(attributes);
    const id = attributes.get(CKA.id);
    if (own !== undefined || id === undefined || id.length === 0) return own;
    const keyType = readUlong(attributes.get(CKA.keyType));
    const attempt = `Cannot read keys of token "${this.label}"`;
    const template: Attribute[] = [[CKA.class, CKO.publicKey], [CKA.id, id]];
    if (keyType !== null) template.push([CKA.keyType, keyType]);
    for (const handle of await session.findObjects(template, attempt)) {
      const found = publicKeyOfAttributes(
        await session.getAttributes(handle, KEY_ATTRIBUTES, attempt),
      );
      if (found !== undefined) return found;
    }
    const certificates = await session.findObjects(
      [[CKA.class, CKO.certificate], [CKA.id, id]],
      attempt,
    );
    for (const handle of certificates) {
      const der = (await session.getAttributes(handle, [CKA.value], attempt)).get(CKA.value);
      try {
        if (der !== undefined) return parseCertificate(der).subjectPublicKeyInfo;
      } catch (error) {
        if (!(error instanceof NssError)) throw error;
      }
    }
    return undefined;
  }

  /** The public keys of which the token has the private key, or says so by having the public one. */
  async #keyedPublicKeys(session: Session): Promise<ReadonlySet<string>> {
    const attempt = `Cannot read keys of token "${this.label}"`;
    const keyed = new Set<string>();
    for (const objectClass of [CKO.publicKey, CKO.privateKey]) {
      for (const handle of await session.findObjects([[CKA.class, objectClass]], attempt)) {
        const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
        const publicKey = objectClass === CKO.privateKey
          ? await this.#publicKeyFor(session, attributes)
          : publicKeyOfAttributes(attributes);
        if (publicKey !== undefined) keyed.add(publicKey.publicKey.toHex());
      }
    }
    return keyed;
  }

  /**
   * Finds a private key. The password is asked for only if the token has its public key or certificate, as NSS does.
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns The key, or `undefined` if the token does not have it.
   */
  async findKey(which: KeyQuery, options: TokenOptions = {}): Promise<PrivateKey | undefined> {
    this.#checkOpen("find key");
    let found = await this.#find(which);
    if (found === undefined && !this.isLoggedIn && await this.#knows(which)) {
      await requireLogin(this, "use private key", options);
      found = await this.#find(which);
    }
    return found === undefined ? undefined : await this.#keyOf(found);
  }

  async #find(which: KeyQuery): Promise<KeyObject | undefined> {
    const publicKey = publicKeyOf(which);
    const isWanted = (key: KeyObject): boolean =>
      key.algorithm !== null && matchesKeyQuery(key, which);
    return await this.#pool.use(async (session) => {
      // What the token can look for by itself, then everything
      const template: Attribute[] = publicKey === null
        ? [[CKA.id, (which as Pick<TokenKey, "id">).id]]
        : publicKey.algorithm.type.startsWith("rsa")
        ? [[CKA.modulus, publicValueOf(publicKey)]]
        : [[CKA.id, await keyIdOf(publicKey)]];
      return (await this.#keyObjects(session, template)).find(isWanted) ??
        (publicKey === null ? undefined : (await this.#keyObjects(session, [])).find(isWanted));
    });
  }

  /** Whether anything public in the token belongs to the key. */
  async #knows(which: KeyQuery): Promise<boolean> {
    const publicKey = publicKeyOf(which);
    const attempt = `Cannot read keys of token "${this.label}"`;
    if (publicKey === null) {
      const { id } = which as Pick<TokenKey, "id">;
      return await this.#pool.use(async (session) => {
        const classes = [CKO.publicKey, CKO.certificate];
        for (const objectClass of classes) {
          const template: Attribute[] = [[CKA.class, objectClass], [CKA.id, id]];
          if ((await session.findObjects(template, attempt)).length > 0) return true;
        }
        return false;
      });
    }
    const hex = publicKey.publicKey.toHex();
    if ((await this.#pool.use((session) => this.#keyedPublicKeys(session))).has(hex)) return true;
    const records = await this.certificates.find({});
    return records.some(({ certificate }) => {
      try {
        return certificate.subjectPublicKeyInfo.publicKey.toHex() === hex;
      } catch {
        return false; // a kind of key that is not supported
      }
    });
  }

  async #keyOf({ handle, publicKey }: KeyObject): Promise<PrivateKey> {
    const key = new ModuleKey({
      pool: this.#pool,
      handle,
      publicKey: publicKey!,
      mechanisms: await this.#signing(),
      token: this.label,
    });
    const session = this.#session;
    return new SessionKey(key, this.label, () => !this.#closed && this.#session === session);
  }

  /**
   * Makes a key pair in the token (`C_GenerateKeyPair`).
   *
   * @param type What kind of keys.
   * @param options What people call it.
   * @returns The pair.
   * @throws {NssError} `SEC_ERROR_KEYGEN_FAIL` if the token does not make such keys.
   */
  async generateKeyPair(
    type: KeyPairType = "ec-p256",
    options: StoreKeyOptions = {},
  ): Promise<TokenKeyPair> {
    this.#checkWritable("generate key pair");
    const row = GENERATE[type];
    const number = generateMechanism(type);
    const mechanisms = await this.mechanisms();
    if (row === undefined || !mechanisms.some((mechanism) => mechanism.type === number)) {
      throw new NssError(
        "SEC_ERROR_KEYGEN_FAIL",
        `Cannot generate key pair: token "${this.label}" does not make ${type} keys`,
      );
    }
    await requireLogin(this, "generate key pair", options);
    const attempt = `Cannot generate key pair in token "${this.label}"`;
    const temporary = crypto.getRandomValues(new Uint8Array(20));
    const label: Attribute[] = options.label === undefined ? [] : [[CKA.label, options.label]];
    const { handle, publicKey, id } = await this.#pool.write(async (session) => {
      const [publicHandle, handle] = await session.generateKeyPair(
        mechanism(number!),
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
    const key = { handle, id, publicKey, label: options.label ?? null };
    const { algorithm } = publicKey;
    const privateKey = await this.#keyOf({ ...key, algorithm });
    return { id, publicKey, label: key.label, algorithm, privateKey };
  }

  #checkWritable(what: string): void {
    this.#checkOpen(what);
    if (!this.#info.isReadOnly) return;
    throw new NssError(
      "SEC_ERROR_READ_ONLY",
      `Cannot ${what}: token "${this.label}" is read-only`,
    );
  }

  /**
   * Takes a private key in (`C_CreateObject`). Tokens that are made to keep keys in often take none.
   *
   * @param key The key.
   * @param options What people call it.
   * @returns What is stored now.
   * @throws {NssError} As {@linkcode Token.importKey} says.
   */
  async importKey(key: ImportableKey, options: StoreKeyOptions = {}): Promise<TokenKey> {
    this.#checkWritable("import private key");
    const imported = await importPrivateKey(key, { extractable: true });
    const pkcs8 = await exportPkcs8(imported).catch((cause) => {
      throw new NssError(
        "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
        `Cannot import private key into token "${this.label}": it may not leave where it is`,
        { cause },
      );
    });
    try {
      return await this.#import(pkcs8, imported.publicKey!, options);
    } finally {
      pkcs8.fill(0);
    }
  }

  async #import(
    pkcs8: Uint8Array<ArrayBuffer>,
    publicKey: SubjectPublicKeyInfo,
    options: StoreKeyOptions,
  ): Promise<TokenKey> {
    const info = decodePrivateKey(pkcs8);
    try {
      const attributes = attributesOfKey(info, publicKey);
      if (attributes === undefined) {
        throw new NssError(
          "SEC_ERROR_UNSUPPORTED_KEYALG",
          `Cannot import private key into token "${this.label}": tokens take no ${info.type} keys`,
        );
      }
      await requireLogin(this, "import private key", options);
      const there = await this.#find(publicKey);
      if (there !== undefined) {
        const { handle: _, ...known } = there;
        return known;
      }
      const id = await keyIdOf(publicKey);
      const label: Attribute[] = options.label === undefined ? [] : [[CKA.label, options.label]];
      const attempt = `Cannot import private key into token "${this.label}"`;
      await this.#pool.write(async (session) => {
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
      const { algorithm } = publicKey;
      return { id, label: options.label ?? null, algorithm, publicKey };
    } finally {
      info.pkcs8.fill(0);
    }
  }

  /**
   * Removes a private key with its public key, and leaves certificates (`C_DestroyObject`).
   *
   * @param which Which one.
   * @param options What the password function is handed.
   * @returns Whether it was there.
   */
  async deleteKey(which: KeyQuery, options: TokenOptions = {}): Promise<boolean> {
    this.#checkWritable("delete key");
    await requireLogin(this, "delete key", options);
    const found = await this.#find(which);
    if (found === undefined) return false;
    const attempt = `Cannot delete key of token "${this.label}"`;
    return await this.#pool.write(async (session) => {
      try {
        await session.call("C_DestroyObject", attempt, found.handle);
      } catch (error) {
        if (isReturned(error, "CKR_OBJECT_HANDLE_INVALID")) return false; // somebody else was faster
        throw error;
      }
      const point: Attribute = [CKA.id, found.id];
      const template: Attribute[] = [[CKA.class, CKO.publicKey], point];
      for (
        const handle of found.id.length === 0 ? [] : await session.findObjects(template, attempt)
      ) {
        const attributes = await session.getAttributes(handle, KEY_ATTRIBUTES, attempt);
        const publicKey = publicKeyOfAttributes(attributes);
        if (publicKey !== undefined && matchesKeyQuery({ ...found, publicKey }, found.publicKey!)) {
          await session.call("C_DestroyObject", attempt, handle);
        }
      }
      return true;
    });
  }

  /**
   * Tells whether another object is of the same token.
   *
   * @param other The other one.
   * @returns Whether label and serial number are the same, and this one is open.
   */
  isSame(other: ModuleToken): boolean {
    return !this.#closed && this.label === other.label &&
      this.#info.serialNumber === other.#info.serialNumber;
  }

  /**
   * Closes its sessions when their operations have ended. The library logs it out with the last one.
   *
   * @returns When it has happened.
   */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    this.#session = null;
    this.#password = null;
    await this.#pool.close();
  }
}

async function macOf(password: string, key: CryptoKey): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new TextEncoder().encode(password);
  const mac = crypto.subtle.sign("HMAC", key, bytes);
  bytes.fill(0); // sign took its copy at the call
  return new Uint8Array(await mac);
}

const MECHANISM_NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(CKM).map(([name, number]) => [number, name]),
);

function privateTemplate(id: Uint8Array, label: readonly Attribute[]): Attribute[] {
  return [
    [CKA.token, true],
    [CKA.private, true],
    [CKA.sensitive, true],
    [CKA.extractable, false],
    [CKA.sign, true],
    [CKA.id, id],
    ...label,
  ];
}

function publicTemplate(id: Uint8Array, label: readonly Attribute[]): Attribute[] {
  return [[CKA.token, true], [CKA.private, false], [CKA.verify, true], [CKA.id, id], ...label];
}
