// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a file is that is something else than it was taken for. @module */

import { NssError } from "../../cert/base/errors.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { TAG } from "../../cert/der/tag.ts";
import { parseCertificate, parseCertificateRequest, parseCrl } from "../../cert/mod.ts";
import { foreignForm } from "../../pkcs11/keys/foreign_keys.ts";
import { LocalError, readBytes } from "./files.ts";
import type { Io } from "./io.ts";
import { join, safe } from "./text.ts";

/** The kinds of files that commands read. */
export type FileKind = "certificate" | "crl" | "request" | "pkcs12" | "key";

/** What each kind is called, and what looks into it. */
const KINDS: Readonly<Record<FileKind, readonly [what: string, cure: string]>> = {
  certificate: ["a certificate", "nss cert show looks at it"],
  crl: ["a revocation list", "nss crl show looks at it"],
  request: ["a request for a certificate", "nss csr show looks at it"],
  pkcs12: ["a PKCS#12 file", "nss p12 list looks into it, and nss p12 import takes it"],
  key: ["a private key", "it goes with its certificate, as --key or in a file of both"],
};

/** What a file is. */
interface Found {
  /** One of the kinds that are read; `null` for anything else. */
  readonly kind: FileKind | null;
  /** What it is called. */
  readonly what: string;
  /** What would help. */
  readonly cure: string;
}

/** How much of a file is looked at. */
const BEGINNING = 65_536;

/** What files begin with, in hexadecimal. */
const BYTES: readonly (readonly [begin: RegExp, what: string, cure: string])[] = [
  [/^25504446/, "a PDF document", "export the certificate itself"],
  [/^504b0304/, "a ZIP archive, or a document in one", "unpack it: unzip FILE"],
  [/^1f8b/, "compressed by gzip", "unpack it: gzip -d FILE"],
  [/^7f454c46|^4d5a/, "a program or a library", "a PKCS#11 library is named by --module"],
  [/^89504e47|^ffd8ff|^47494638/, "a picture", "name another file"],
  [/^53514c69746520666f726d6174203300/, "a database of SQLite", "name the folder by --db"],
  [/^fffe|^feff/, "text in UTF-16", "convert it: iconv -f UTF-16 -t UTF-8"],
  [/^99(?:00|01|02)|^c[56]|^85|^8c/, "a file of OpenPGP, in binary", "it has no X.509 in it"],
];

/** What text files begin with. */
const TEXTS: readonly (readonly [begin: RegExp, what: string, cure: string])[] = [
  [
    /^\s*<(?:!doctype|html|head|body)\b/i,
    "a page of HTML",
    "what was fetched is the page of a login or of an error; look at it in a browser",
  ],
  [/^\s*<\?xml/, "XML", "take the base64 out of it"],
  [
    /^(?:ssh-(?:rsa|dss|ed25519)|ecdsa-sha2-|sk-)\S* AAAA/,
    "a public key of OpenSSH",
    "it is no certificate: have one issued",
  ],
  [/^---- BEGIN SSH2 PUBLIC KEY/, "a public key of ssh.com", "have a certificate issued"],
  [/^\s*[{[]/, "JSON", "take the certificate out of it"],
  [
    /^\s*MI[A-Za-z0-9+/]{10}[A-Za-z0-9+/=\s]*$/,
    "base64 without the lines of PEM",
    "decode it: base64 -d FILE",
  ],
  [/^\s*$/, "white space", "write the file anew"],
];

/** The labels of PEM of each kind. */
const LABELS: readonly (readonly [label: RegExp, kind: FileKind])[] = [
  [/^(?:X509 |TRUSTED )?CERTIFICATE$|^PKCS7$|^CMS$/, "certificate"],
  [/^(?:X509 )?CRL$/, "crl"],
  [/^(?:NEW )?CERTIFICATE REQUEST$/, "request"],
  [/^PKCS12$/, "pkcs12"],
  [/PRIVATE KEY$/, "key"],
];

function found(kind: FileKind, form: string): Found {
  const [what, cure] = KINDS[kind];
  return { kind, what: `${what} (${form})`, cure };
}

function pemOf(text: string): Found | null {
  const labels = [...text.matchAll(/^-----BEGIN ([^\r\n]{1,64}?)-----/gm)].map(([, label]) =>
    label!
  );
  const [first] = labels;
  if (first === undefined) return null;
  const kind = LABELS.find(([pattern]) => pattern.test(first))?.[1];
  if (kind !== undefined) return found(kind, `PEM, ${safe(first)}`);
  const words = join([...new Set(labels)].slice(0, 4).map((label) => safe(label)));
  return { kind: null, what: `PEM of ${words}`, cure: "name the file of what is wanted" };
}

/** Tries what reads a whole document. */
function isRead(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch (error) {
    if (error instanceof NssError) return false;
    throw error;
  }
}

/** The first elements of DER, by which its structures differ. */
function derOf(bytes: Uint8Array<ArrayBuffer>): Found | null {
  if (bytes[0] !== TAG.sequence) return null;
  if (isRead(() => parseCertificate(bytes))) return found("certificate", "DER");
  if (isRead(() => parseCrl(bytes))) return found("crl", "DER");
  if (isRead(() => parseCertificateRequest(bytes))) return found("request", "DER");
  const tags: number[] = [];
  isRead(() => {
    const reader = new DerReader(bytes, "file").sequence("file");
    while (!reader.done && tags.length < 4) tags.push(reader.element("element").tag);
  });
  const [first, second, third] = tags;
  const { integer, sequence, octetString, bitString, oid } = TAG;
  if (first === integer && second === sequence && third === octetString) {
    return found("key", "DER, PKCS#8");
  }
  if (first === integer && second === sequence) return found("pkcs12", "DER");
  if (first === integer && (second === integer || second === octetString)) {
    return found("key", "DER");
  }
  if (first === sequence && second === octetString) return found("key", "DER, encrypted");
  if (first === sequence && second === bitString) {
    return { kind: null, what: "a public key (DER)", cure: "have a certificate issued for it" };
  }
  if (first === oid) return found("certificate", "DER, PKCS#7");
  return null;
}

/** Says what a file is; `null` if that is not known. */
export function whatIs(bytes: Uint8Array<ArrayBuffer>): Found | null {
  if (bytes.length === 0) return { kind: null, what: "empty", cure: "write the file anew" };
  const begin = bytes.subarray(0, BEGINNING);
  const hex = toHex(begin.subarray(0, 16));
  const text = new TextDecoder().decode(begin);
  for (const form of [foreignForm(bytes), foreignForm(text)]) {
    const [, what, cure] = /^this is (.*?); (.*)$/.exec(form ?? "") ?? [];
    if (what !== undefined) return { kind: null, what, cure: cure! };
  }
  const pem = pemOf(text);
  if (pem !== null) return pem;
  const der = derOf(bytes);
  if (der !== null) return der;
  const row = BYTES.find(([pattern]) => pattern.test(hex)) ??
    TEXTS.find(([pattern]) => pattern.test(text));
  if (row !== undefined) return { kind: null, what: row[1], cure: row[2] };
  return /[^\P{Cc}\t\n\r]|\ufffd/u.test(text.slice(0, 1024)) ? null : {
    kind: null,
    what: "plain text",
    cure: "PEM begins with a line -----BEGIN ...-----",
  };
}

/**
 * Parses the content of a file; where that fails, it is said what the file is.
 *
 * @param wanted What it should be.
 * @param path Its name.
 * @param bytes Its content.
 * @param parse Parses it.
 * @throws {NssError} That of `parse`, with what the file is where it is something else.
 */
export async function parseAs<T>(
  wanted: FileKind,
  path: string,
  bytes: Uint8Array<ArrayBuffer>,
  parse: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
): Promise<T> {
  const [what] = KINDS[wanted];
  if (bytes.length === 0) throw new LocalError(`Cannot read ${nameOf(path)}: it is empty`);
  try {
    return await parse(bytes);
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    const is = whatIs(bytes);
    const message = is === null || is.kind === wanted
      ? `${cause.message}; the file is ${nameOf(path)}`
      : `Cannot read ${nameOf(path)} as ${what}: it is ${is.what}; ${is.cure}`;
    throw new NssError(cause.name, message, { cause });
  }
}

function nameOf(path: string): string {
  return path === "-" ? "standard input" : `"${safe(path)}"`;
}

/** Reads a file, and parses it as {@linkcode parseAs} does. */
export async function readAs<T>(
  wanted: FileKind,
  path: string,
  io: Io,
  parse: (bytes: Uint8Array<ArrayBuffer>) => T | Promise<T>,
  max?: number,
): Promise<T> {
  return await parseAs(wanted, path, await readBytes(path, io, max), parse);
}
