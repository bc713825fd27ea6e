// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The folder of an authority:
 *
 * ```text
 * ca.json                 what was decided when it was made
 * ca.pem  ca.key          the root, and its key unless that is in a token
 * intermediate.pem .key   the authority below it, if there is one, which issues then
 * ca.crl intermediate.crl what each has revoked (DER)
 * index.json              what was certified and revoked
 * issued/SERIAL.pem       each certificate
 * lock                    held while something is changed; empty
 * ```
 *
 * Each file is written whole or not at all. A certificate is in `issued/` first, then in the index,
 * and only then anybody's: what a crash leaves out of the index is taken up again from `issued/`.
 *
 * @module
 */

import { type Certificate, NssError, parseCertificatesPem } from "../../cert/mod.ts";
import { LocalError, type NewFile, readBytes, readText } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import {
  type AuthorityName,
  damaged,
  type Entry,
  entryOf,
  formatIndex,
  type Index,
  parseIndex,
  readFormat1,
} from "./index_file.ts";

/** How long one waits for another program at the same folder, in milliseconds. */
const LOCK_PATIENCE = 30_000;
/** How often one tries in that time. */
const LOCK_PAUSE = 50;

/** What was decided when an authority was made. */
export interface Settings {
  /** What it is called. */
  readonly name: string;
  /** Where its keys are: files of the folder, or a token that the command line names. */
  readonly keys: "files" | "token";
  /** Where its lists are to be had by HTTP, without their names; `null` for nowhere. */
  readonly crlUrl: string | null;
  /** How many days a list of what it issues is good. */
  readonly crlDays: number;
}

/** Writes settings down. */
export function formatSettings(settings: Settings): string {
  return `${JSON.stringify({ format: 1, ...settings }, null, 2)}\n`;
}

function parseSettings(text: string, path: string): Settings {
  const { name, keys, crlUrl, crlDays } = readFormat1(text, path);
  if (typeof name !== "string") throw damaged(path, "it is damaged: it has no name");
  if (keys !== "files" && keys !== "token") {
    throw damaged(path, "it does not say where the keys are");
  }
  if (crlUrl !== null && typeof crlUrl !== "string") throw damaged(path, "crlUrl is no URL");
  if (typeof crlDays !== "number" || !(crlDays >= 1 && crlDays <= MAX_CRL_DAYS)) {
    throw damaged(path, `crlDays is not from 1 to ${MAX_CRL_DAYS}`);
  }
  return { name, keys, crlUrl, crlDays };
}

/** The longest that a list may be good. */
export const MAX_CRL_DAYS = 365;

/** An authority of a folder. */
export interface Authority {
  /** Which: its files begin so. */
  readonly name: AuthorityName;
  /** Its certificate. */
  readonly certificate: Certificate;
}

/** Whether an error says that there is no such file. */
const isMissing = (error: unknown): boolean => error instanceof Deno.errors.NotFound;

async function readOne(path: string, io: Io): Promise<Certificate> {
  try {
    const [certificate] = parseCertificatesPem(await readBytes(path, io));
    return certificate!;
  } catch (error) {
    if (error instanceof NssError) throw damaged(path, error.message);
    throw error;
  }
}

/** The folder of an authority that is there. */
export class CaFolder {
  /** Where it is. */
  readonly path: string;
  /** What was decided. */
  readonly settings: Settings;
  /** The root: what clients trust. */
  readonly root: Certificate;
  /** The authority below it; `null` if the root issues. */
  readonly intermediate: Certificate | null;

  private constructor(
    path: string,
    settings: Settings,
    root: Certificate,
    intermediate: Certificate | null,
  ) {
    this.path = path;
    this.settings = settings;
    this.root = root;
    this.intermediate = intermediate;
  }

  /**
   * Opens a folder.
   *
   * @throws {LocalError} If it is none, or a file of it is damaged.
   */
  static async open(path: string, io: Io): Promise<CaFolder> {
    const folder = path.replace(/(?<=.)\/+$/, "");
    const file = `${folder}/ca.json`;
    const text = await readText(file, io).catch((error) => {
      if (!isMissing(error) && !(error instanceof Deno.errors.NotADirectory)) throw error;
      throw new LocalError(
        `Cannot open "${path}": it is no folder of an authority, which has a file ca.json; ` +
          "nss ca create makes one",
      );
    });
    const intermediate = await readOne(`${folder}/intermediate.pem`, io).catch((error) => {
      if (isMissing(error)) return null;
      throw error;
    });
    const root = await readOne(`${folder}/ca.pem`, io);
    return new CaFolder(folder, parseSettings(text, file), root, intermediate);
  }

  /** The path of one of its files. */
  file(name: string): string {
    return `${this.path}/${name}`;
  }

  /** The authorities, the root first. */
  get authorities(): readonly Authority[] {
    const root = { name: "ca", certificate: this.root } as const;
    return this.intermediate === null
      ? [root]
      : [root, { name: "intermediate", certificate: this.intermediate }];
  }

  /** The authority that issues. */
  get issuing(): Authority {
    return this.authorities.at(-1)!;
  }

  /** What stands between a certificate and the root: clients need it with the certificate. */
  get intermediates(): readonly Certificate[] {
    return this.intermediate === null ? [] : [this.intermediate];
  }

  /** An authority by its name. */
  authority(name: AuthorityName): Authority {
    const found = this.authorities.find((one) => one.name === name);
    if (found === undefined) throw damaged(this.file("index.json"), `there is no ${name}`);
    return found;
  }

  /** Reads the index, and takes up what a crash has left out of it. */
  async readIndex(io: Io): Promise<Index> {
    const path = this.file("index.json");
    const text = await readText(path, io).catch((error) => {
      if (!isMissing(error)) throw error;
      throw damaged(path, "it is not there, and nobody knows what was revoked");
    });
    const index = parseIndex(text, path);
    const known = new Set(index.certificates.map(({ serial }) => serial));
    const found: Entry[] = [];
    for await (const { name } of Deno.readDir(this.file("issued"))) {
      const serial = /^([0-9a-f]{2,40})\.pem$/.exec(name)?.[1];
      if (serial === undefined || known.has(serial)) continue;
      const certificate = await this.readIssued(serial, io);
      const issuer = this.authorities.find((one) =>
        one.certificate.subject.equals(certificate.issuer)
      );
      if (issuer !== undefined) found.push(entryOf(certificate, issuer.name));
    }
    return { ...index, certificates: [...index.certificates, ...found] };
  }

  /** Reads a certificate that was issued. */
  async readIssued(serial: string, io: Io): Promise<Certificate> {
    return await readOne(this.file(`issued/${serial}.pem`), io);
  }

  /** The files that record a certificate, in the order in which they are to be written. */
  record(certificate: Certificate, entry: Entry, index: Index): readonly NewFile[] {
    return [
      { path: this.file(`issued/${entry.serial}.pem`), content: certificate.toPem() },
      this.indexFile(index),
    ];
  }

  /** The file of an index. */
  indexFile(index: Index): NewFile {
    return { path: this.file("index.json"), content: formatIndex(index) };
  }

  /**
   * Changes something, while nobody else does. The lock ends with the process, whatever ends it.
   *
   * @param io Where it is told that one waits.
   * @param use Makes the change, of the index as it is then.
   * @param patience For how many milliseconds to wait for others.
   * @throws {LocalError} If another program holds the lock for too long.
   */
  async change<T>(
    io: Io,
    use: (index: Index) => Promise<T>,
    patience = LOCK_PATIENCE,
  ): Promise<T> {
    using lock = await Deno.open(this.file("lock"), { write: true, create: true, mode: 0o600 });
    for (let waited = 0; !await lock.tryLock(true); waited += LOCK_PAUSE) {
      if (waited === 0) await io.err.line("Waiting for another nss ca at this folder");
      if (waited >= patience) {
        throw new LocalError(
          `Cannot change "${this.path}": another program holds its lock; end it, and try again`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, LOCK_PAUSE));
    }
    return await use(await this.readIndex(io));
  }
}
