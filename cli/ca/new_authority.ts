// Copyright 2026 the NSS for Deno authors. MIT license.

/** Makes authorities: their keys, their certificates, and the files of their folder. @module */

import {
  type Certificate,
  createCertificate,
  type NameConstraints,
  type PrivateKey,
  type SubjectPublicKeyInfo,
} from "../../cert/mod.ts";
import { exportPrivateKeyPem, generateKeyPair, type KeyPairType } from "../../pkcs11/mod.ts";
import type { NewFile } from "../base/files.ts";
import type { Store } from "../store/store.ts";
import { crlDaysOf, makeList } from "./crl.ts";
import { formatSettings, type Settings } from "./folder.ts";
import { type AuthorityName, EMPTY_INDEX, entryOf, formatIndex } from "./index_file.ts";
import { commonName, intermediateContent, rootContent } from "./profile.ts";

/** A new authority, with the key that signs. */
export interface NewAuthority {
  readonly name: AuthorityName;
  readonly certificate: Certificate;
  readonly privateKey: PrivateKey;
}

interface NewKey {
  readonly privateKey: PrivateKey;
  readonly publicKey: SubjectPublicKeyInfo;
}

/** Makes keys, and gives them up again where what they are for fails. */
export class KeyMaker implements AsyncDisposable {
  readonly #store: Store | null;
  readonly #type: KeyPairType;
  readonly #made: NewKey[] = [];
  #isDone = false;

  constructor(store: Store | null, type: KeyPairType) {
    this.#store = store;
    this.#type = type;
  }

  async make(label: string): Promise<NewKey> {
    const key = this.#store === null
      ? await generateKeyPair(this.#type, { extractable: true })
      : await this.#store.token.generateKeyPair(this.#type, { label });
    this.#made.push(key);
    return key;
  }

  /** The keys are used: they stay. */
  done(): void {
    this.#isDone = true;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#store === null) return;
    await using store = this.#store;
    if (this.#isDone) return;
    for (const { publicKey } of this.#made) await store.token.deleteKey(publicKey);
  }
}

/** Makes a root, and an authority below it if there are two names. */
export async function makeAuthorities(
  names: readonly string[],
  keys: KeyMaker,
  constraints: NameConstraints | null,
  days: number,
  crlUrl: string | null,
): Promise<readonly NewAuthority[]> {
  const now = new Date();
  const made: NewAuthority[] = [];
  for (const [i, name] of names.entries()) {
    const [issuer] = made;
    const key = await keys.make(name);
    const certificate = await createCertificate({
      ...issuer === undefined
        ? { ...rootContent(commonName(name), names.length - 1, constraints), days }
        : {
          ...intermediateContent(commonName(name), constraints, crlUrl),
          days: Math.ceil(days / 2),
          issuer,
        },
      ...key,
      now,
    });
    made.push({ name: i === 0 ? "ca" : "intermediate", certificate, ...key });
  }
  return made;
}

/** The files of a new folder; `password` is `null` where the keys are in a token. */
export async function filesOf(
  folder: string,
  authorities: readonly NewAuthority[],
  settings: Settings,
  password: string | null,
): Promise<readonly NewFile[]> {
  const files: NewFile[] = [];
  let index = EMPTY_INDEX;
  const now = new Date();
  for (const { name, certificate, privateKey } of authorities) {
    const file = (end: string): string => `${folder}/${name}.${end}`;
    files.push({ path: file("pem"), content: certificate.toPem() });
    if (password !== null) {
      const content = await exportPrivateKeyPem(privateKey, password === "" ? {} : { password });
      files.push({ path: file("key"), content, isSecret: true });
    }
    if (name === "intermediate") {
      const entry = entryOf(certificate, "ca");
      index = { ...index, certificates: [entry] };
      files.push({ path: `${folder}/issued/${entry.serial}.pem`, content: certificate.toPem() });
    }
  }
  for (const authority of authorities) {
    const days = crlDaysOf(settings, authority === authorities.at(-1));
    const list = await makeList(authority, index, days, now);
    index = list.index;
    files.push({ path: `${folder}/${authority.name}.crl`, content: list.crl.der });
  }
  files.push({ path: `${folder}/index.json`, content: formatIndex(index) });
  // The last one: with it, the folder is an authority's
  files.push({ path: `${folder}/ca.json`, content: formatSettings(settings) });
  return files;
}
