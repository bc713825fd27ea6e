// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Opens what the command line names: an NSS database, a token of a PKCS#11 library, a Deno KV
 * store, PEM files.
 *
 * @module
 */

import { importLazily } from "../../cert/base/lazy_module.ts";
import { toHex } from "../../cert/base/runtime.ts";
import {
  type CertDB,
  type Certificate,
  type Crl,
  decodePem,
  findCertByNickname,
  importCert,
  NssError,
  parseCertificatesPem,
  type PrivateKey,
} from "../../cert/mod.ts";
import {
  findCertFromNickname,
  importPrivateKey,
  NssContext,
  platformTrustAnchors,
  setPasswordFunc,
  type Token,
  type TokenKey,
} from "../../pkcs11/mod.ts";
import type { NssCrls, NssDbToken } from "../../pkcs11/nss_db/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { makeWhole, readBytes } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { parseAs } from "../base/what_file.ts";
import {
  askPassword,
  givenPassword,
  noPassword,
  PASSWORD_OPTIONS,
  passwordFunc,
  readPassword,
} from "../base/passwords.ts";

/** The options that say which token, and who gives its password. */
export const STORE_OPTIONS: readonly Option[] = [
  {
    name: "db",
    value: "DIR",
    text: "the NSS database in a folder (cert9.db and key4.db)",
    example: "~/.pki/nssdb",
  },
  {
    name: "prefix",
    value: "PREFIX",
    text: "with --db: what the names of its files begin with",
    example: "my-",
  },
  {
    name: "module",
    value: "LIB",
    text: "a PKCS#11 library; with --db, beside the database",
    example: "/usr/lib/softhsm/libsofthsm2.so",
  },
  {
    name: "token",
    value: "LABEL",
    text: "which token of the library, if it has several",
    example: "Card",
  },
  { name: "kv", value: "PATH", text: "a Deno KV store", example: "keys.kv" },
  {
    name: "pem",
    value: "FILE",
    text: "certificates and keys in PEM files, read only (repeatable)",
    example: "ca.pem",
  },
  ...PASSWORD_OPTIONS,
];

/** The most issuers of a certificate; real ones have three at most. */
const MAX_CHAIN = 16;

/** How a store is opened. */
export interface OpenOptions {
  /** Whether it is to be changed. */
  readonly write?: boolean;
  /** Whether it is made, which it must not be yet, and with which password. */
  readonly create?: { readonly password: string };
  /** Whether Mozilla's authorities are trusted besides. */
  readonly roots?: boolean;
}

/** An open store: the token that is meant, in a context. */
export class Store implements AsyncDisposable {
  /** The context. */
  readonly context: NssContext;
  /** The token that the command is about. */
  readonly token: Token;
  readonly #keepsTrust: boolean;
  readonly #exportable: ReadonlyMap<string, PrivateKey>;

  /** Opened by {@linkcode openStore}. */
  constructor(
    context: NssContext,
    token: Token,
    keepsTrust: boolean,
    exportable: ReadonlyMap<string, PrivateKey>,
  ) {
    this.context = context;
    this.token = token;
    this.#keepsTrust = keepsTrust;
    this.#exportable = exportable;
  }

  /** The certificates of the token. */
  get certificates(): CertDB {
    return this.token.certificates;
  }

  /** Where trust is kept: in the database, where there is one beside a token of a library. */
  get trustDB(): CertDB {
    if (this.#keepsTrust) return this.context.token.certificates;
    throw noTrust();
  }

  /** The CRLs, which only an NSS database has. */
  get crls(): NssCrls {
    const { crls } = this.context.token as Partial<NssDbToken>;
    if (crls !== undefined) return crls;
    throw new UsageError("Cannot keep lists: only an NSS database has them; name one by --db");
  }

  /** Reads the CRLs of the database, for who goes by them. */
  async usableCrls(): Promise<readonly Crl[]> {
    return (await this.crls.find()).map(({ crl, issuer }) => {
      if (crl !== null) return crl;
      throw new NssError(
        "SEC_ERROR_CRL_INVALID",
        `Cannot go by the list of "${issuer}" in the database: it is not as RFC 5280 wants it; ` +
          "import another one, or take it out by nss crl delete",
      );
    });
  }

  /**
   * Finds a certificate by nickname, `token:nickname`, fingerprint, e-mail address or `pkcs11:`
   * URI.
   */
  async certificate(name: string): Promise<Certificate> {
    return await findCertByNickname(this.certificates, name, { time: new Date() }) ??
      await findCertFromNickname(name, { context: this.context });
  }

  /** Finds the private key of a certificate. */
  async keyOf(certificate: Certificate): Promise<PrivateKey> {
    const key = await this.token.findKey(certificate);
    if (key !== undefined) return key;
    throw new NssError(
      "SEC_ERROR_NO_KEY",
      `Cannot find private key of "${certificate.subject}": "${this.token.label}" does not have it`,
    );
  }

  /** The private key of a certificate, which may leave. */
  async exportableKeyOf(certificate: Certificate): Promise<PrivateKey> {
    const publicKey = toHex(certificate.subjectPublicKeyInfo.publicKey);
    const { extractKey } = this.token as Partial<NssDbToken>;
    return this.#exportable.get(publicKey) ?? await extractKey?.call(this.token, certificate) ??
      await this.keyOf(certificate);
  }

  /** Finds a private key by its id (hexadecimal), its name, or the name of its certificate. */
  async key(name: string): Promise<{ readonly entry: TokenKey; readonly key: PrivateKey }> {
    const keys = await this.token.listKeys();
    const byId = keys.filter(({ id }) => toHex(id) === name.toLowerCase().replaceAll(":", ""));
    const found = byId.length > 0 ? byId : keys.filter(({ label }) => label === name);
    if (found.length > 1) {
      const ids = found.map(({ id }) => toHex(id)).join(", ");
      throw new NssError(
        "SEC_ERROR_INVALID_ARGS",
        `Cannot find key "${name}": there are several, ${ids}`,
      );
    }
    const which = found[0] ?? await this.#keyOfNamed(name, keys);
    const key = which && await this.token.findKey(which);
    if (which !== undefined && key !== undefined) return { entry: which, key };
    throw new NssError(
      "SEC_ERROR_NO_KEY",
      `Cannot find key "${name}": "${this.token.label}" has none of that name or id`,
    );
  }

  /** The issuers of a certificate that the context has, up to the root. */
  async issuersOf(leaf: Certificate): Promise<Certificate[]> {
    const chain: Certificate[] = [];
    for (let last = leaf; !last.isSelfIssued && chain.length < MAX_CHAIN;) {
      const records = await this.context.certDB.find({ subject: last.issuer.der });
      const [issuer] = records.map(({ certificate }) => certificate)
        .sort((a, b) => b.notBefore.getTime() - a.notBefore.getTime());
      if (issuer === undefined || chain.includes(issuer)) break;
      chain.push(last = issuer);
    }
    return chain;
  }

  async #keyOfNamed(name: string, keys: readonly TokenKey[]): Promise<TokenKey | undefined> {
    const certificate = await findCertByNickname(this.certificates, name, { time: new Date() });
    const publicKey = certificate?.subjectPublicKeyInfo;
    return publicKey && keys.find((key) => key.publicKey?.equals(publicKey));
  }

  /** Closes the token. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.context.close();
  }
}

function noTrust(): UsageError {
  return new UsageError(
    "Cannot keep trust: a PKCS#11 token has none; name a database besides by --db",
  );
}

/** Opens what the options name. */
export async function openStore(args: Args, io: Io, options: OpenOptions = {}): Promise<Store> {
  const [db, kv, library] = [args.one("db"), args.one("kv"), args.one("module")];
  const pem = args.all("pem");
  const kinds = [db, kv, pem[0]].filter((kind) => kind !== undefined).length;
  if (kinds > 1) throw new UsageError("Cannot open several of --db, --kv and --pem at once");
  if (kinds === 0 && library === undefined) {
    throw new UsageError("Cannot go on: say which token by --db, --module, --kv or --pem");
  }
  if (args.has("token") && library === undefined) {
    throw new UsageError("Cannot take --token without --module");
  }
  if (pem.length > 0 && options.write === true && library === undefined) {
    throw new UsageError("Cannot change PEM files: they are only read; write new ones by --out");
  }
  // Before anything is done
  if (args.has("trust") && kinds === 0) throw noTrust();
  const own = db !== undefined
    ? await openDatabase(db, args.one("prefix") ?? "", options)
    : kv !== undefined
    ? await openKv(kv, options)
    : undefined;
  const context = new NssContext({
    trustAnchors: options.roots === true ? platformTrustAnchors : [],
    ...(own !== undefined && { token: own }),
  });
  setPasswordFunc(passwordFunc(args, io), { for: context });
  try {
    // Whom a token in Deno KV trusts is told after a login only
    if (kv !== undefined) await context.internalSlot.authenticate();
    const exportable = await readPem(context.token, pem, args, io);
    const token = library === undefined ? context.token : await openModule(context, library, args);
    return new Store(context, token, own !== undefined || library === undefined, exportable);
  } catch (error) {
    await context.close();
    throw error;
  }
}

/** The folder of a database, with or without NSS's `sql:` before it. */
export function databaseFolder(given: string): string {
  const folder = given.replace(/^sql:/, "");
  if (!folder.startsWith("dbm:")) return folder;
  throw new NssError(
    "SEC_ERROR_LEGACY_DATABASE",
    `Cannot open "${folder}": the dbm: form is too old`,
  );
}

async function openDatabase(
  directory: string,
  prefix: string,
  { write, create }: OpenOptions,
): Promise<Token> {
  const { openNssDb } = await importLazily(
    "NSS databases",
    () => import("../../pkcs11/nss_db/mod.ts"),
  );
  const folder = databaseFolder(directory);
  if (/[/\\\0]/.test(prefix)) {
    throw new UsageError(`Cannot take --prefix "${prefix}": it is a path`);
  }
  const prefixes = { certPrefix: prefix, keyPrefix: prefix };
  if (create === undefined) {
    return await openNssDb(folder, { readWrite: write ?? false, ...prefixes });
  }
  const present = await databaseFile(folder, prefix);
  if (present !== null) {
    throw new NssError(
      "SEC_ERROR_INVALID_ARGS",
      `Cannot create database: "${folder}" has ${present} already`,
    );
  }
  const names = ["cert9.db", "key4.db"].flatMap((name) =>
    ["", "-journal"].map((end) => prefix + name + end)
  );
  const paths = [...names, "pkcs11.txt"].map((name) => `${folder}/${name}`);
  return await makeWhole([...paths, folder], async () => {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await openNssDb(folder, { readWrite: true, create: true, ...create, ...prefixes });
  });
}

/** A file of a database in a folder; `null` if there is none. */
async function databaseFile(folder: string, prefix: string): Promise<string | null> {
  try {
    for await (const { name } of Deno.readDir(folder)) {
      if (name.startsWith(prefix) && /^(?:cert[89]|key[34])\.db$/.test(name.slice(prefix.length))) {
        return name;
      }
    }
    return null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

async function openKv(path: string, { create }: OpenOptions): Promise<Token> {
  const isThere = path === ":memory:" ||
    await Deno.stat(path).then(() => true, (error) => {
      if (error instanceof Deno.errors.NotFound) return false;
      throw error;
    });
  if (isThere === (create !== undefined)) {
    throw isThere
      ? new NssError("SEC_ERROR_INVALID_ARGS", `Cannot create store: there is "${path}" already`)
      : new NssError(
        "PR_FILE_NOT_FOUND_ERROR",
        `Cannot open store: there is no "${path}"; make it by nss cert create`,
      );
  }
  const { openKvToken } = await importLazily(
    "tokens in Deno KV",
    () => import("../../pkcs11/kv/kv_token.ts"),
  );
  if (create === undefined) return await openKvToken({ path });
  return await makeWhole(
    ["", "-wal", "-shm", "-journal", ".key"].map((end) => path + end),
    async () => {
      const token = await openKvToken({ path });
      try {
        await token.changePassword(null, create.password);
        return token;
      } catch (error) {
        await token.close();
        throw error;
      }
    },
  );
}

async function openModule(context: NssContext, library: string, args: Args): Promise<Token> {
  const { loadModule } = await importLazily(
    "PKCS#11 libraries",
    () => import("../../pkcs11/module/mod.ts"),
  );
  const module = context.addModule(await loadModule(library));
  const tokens = module.slots.flatMap(({ token }) => token === null ? [] : [token]);
  const wanted = args.one("token");
  const found = wanted === undefined ? tokens : tokens.filter(({ label }) => label === wanted);
  if (found.length === 1) return found[0]!;
  const labels = tokens.map(({ label }) => `"${label}"`).join(", ");
  throw new NssError(
    "SEC_ERROR_NO_TOKEN",
    tokens.length === 0
      ? `Cannot open token: "${library}" has none`
      : `Cannot open token: ${
        wanted === undefined
          ? "say which by --token"
          : `there is ${found.length === 0 ? "no" : "more than one"} "${wanted}"`
      }; it has ${labels}`,
  );
}

/**
 * Fills the token in memory. A certificate is called as its subject, whose common name is short.
 */
async function readPem(
  token: Token,
  paths: readonly string[],
  args: Args,
  io: Io,
): Promise<Map<string, PrivateKey>> {
  const exportable = new Map<string, PrivateKey>();
  for (const path of paths) {
    const bytes = await readBytes(path, io);
    const { certificates, hasKey } = await parseAs("certificate", path, bytes, readPemFile);
    for (const certificate of certificates) {
      await importNamed(token.certificates, certificate, null);
    }
    if (hasKey) {
      const key = await importPem(bytes, path, args, "password-file", io);
      await token.importKey(key);
      if (key.publicKey !== undefined) exportable.set(toHex(key.publicKey.publicKey), key);
    }
  }
  return exportable;
}

/** Reads the certificates of a PEM file, which must have some, or a key. */
function readPemFile(
  bytes: Uint8Array<ArrayBuffer>,
): { readonly certificates: readonly Certificate[]; readonly hasKey: boolean } {
  const labels = decodePem(bytes).map(({ label }) => label);
  const hasKey = labels.some((label) => /PRIVATE KEY$/.test(label));
  const hasCertificates = labels.some((label) => /^(?:X509 |TRUSTED )?CERTIFICATE$/.test(label));
  if (hasCertificates || hasKey) {
    return { certificates: hasCertificates ? parseCertificatesPem(bytes) : [], hasKey };
  }
  throw new NssError("SEC_ERROR_BAD_DATA", "Cannot use PEM file: it has no certificate and no key");
}

/** Reads the private key of a PEM file, and gets its password by an option if it has one. */
export async function importPem(
  pem: Uint8Array<ArrayBuffer>,
  path: string,
  args: Args,
  option: "password-file" | "file-password-file",
  io: Io,
): Promise<PrivateKey> {
  const password = async (): Promise<string> => {
    const file = args.one(option);
    const given = option === "password-file"
      ? await givenPassword(args, io)
      : file === undefined
      ? undefined
      : await readPassword(file, io);
    return given ?? await askPassword(`Password of the key in ${path}`, option, io) ??
      noPassword();
  };
  return await parseAs(
    "key",
    path,
    pem,
    () => importPrivateKey(pem, { extractable: true, password }),
  );
}

/** Stores a certificate under a name that nobody else has; by default one that is in it. */
export async function importNamed(
  db: CertDB,
  certificate: Certificate,
  name: string | null,
): Promise<string> {
  const known = await db.find({ subject: certificate.subject.der });
  const own = known.find((record) => record.nickname !== null)?.nickname;
  const base = name ?? own ?? certificate.subject.commonName ??
    (String(certificate.subject) || "unnamed");
  for (let i = 1;; i++) {
    const nickname = i === 1 ? base : `${base} #${i}`;
    try {
      await importCert(db, certificate, { nickname });
      return nickname;
    } catch (error) {
      const isTaken = error instanceof NssError &&
        error.name === "SEC_ERROR_CERT_NICKNAME_COLLISION";
      if (!isTaken || i === 100) throw error;
    }
  }
}
