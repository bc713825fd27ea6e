// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that make certificates and requests. @module */

import {
  type Certificate,
  createCertificate,
  createCertificateRequest,
  importCert,
  issueCertificate,
  NssError,
  parseTrust,
  type PrivateKey,
  type SubjectPublicKeyInfo,
} from "../../cert/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { AS_DER, OUT } from "../base/command.ts";
import { writeFile } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";
import { KEY_TYPES, TRUST, TYPE } from "./change.ts";
import { contentOf, ISSUE_OPTIONS, NAME_OPTIONS, namesOf } from "./issue_options.ts";
import { printing } from "./printing.ts";
import { readRequest } from "./read_certificates.ts";
import { openStore, type Store } from "./store.ts";

interface UsedKey {
  readonly privateKey: PrivateKey;
  readonly publicKey: SubjectPublicKeyInfo;
}

/** Lends a key of the token, or a new one, which goes again where what it is for fails. */
async function withKey<T>(
  { token }: Store,
  key: () => Promise<UsedKey | undefined>,
  args: Args,
  label: string | undefined,
  use: (key: UsedKey) => Promise<T>,
): Promise<T> {
  const known = await key();
  if (known !== undefined) {
    if (args.has("type")) throw new UsageError("Cannot take --type: the key is there already");
    return await use(known);
  }
  const type = args.choice("type", KEY_TYPES) ?? "ec-p256";
  const made = await token.generateKeyPair(type, label === undefined ? {} : { label });
  try {
    return await use(made);
  } catch (error) {
    await token.deleteKey(made);
    throw error;
  }
}

async function keyNamed(store: Store, name: string): Promise<UsedKey> {
  const { entry, key } = await store.key(name);
  const publicKey = key.publicKey ?? entry.publicKey;
  if (publicKey !== undefined) return { privateKey: key, publicKey };
  throw new NssError(
    "SEC_ERROR_INVALID_KEY",
    `Cannot use key "${name}": its public half is not known`,
  );
}

/** The command. */
export const request = printing({
  name: "csr create",
  args: "[KEY]",
  text: "Make a request for a certificate (PKCS#10), with a key of the token or a new one",
  options: [
    ...NAME_OPTIONS,
    TYPE,
    {
      name: "name",
      value: "NAME",
      text: "what a new key is called",
      example: "www",
    },
    AS_DER,
    OUT,
  ],
  run: async (args, io) => {
    const [key] = args.positional;
    const names = await namesOf(args, io);
    await using store = await openStore(args, io, { write: key === undefined });
    const content = await withKey(
      store,
      () => key === undefined ? Promise.resolve(undefined) : keyNamed(store, key),
      args,
      args.one("name"),
      async (keys) => {
        const made = await createCertificateRequest({ ...keys, ...names });
        return args.has("as-der") ? made.der : made.toPem();
      },
    );
    await writeFile(args.one("out") ?? "-", content, io.out);
    return "";
  },
  examples: [{
    line: "csr create --db db --dns example.com --out request.pem",
    text: "with a new key, which stays in the database",
  }],
});

/** The options of commands that make a certificate with a key of the token. */
const OWN_KEY_OPTIONS: readonly Option[] = [
  ...ISSUE_OPTIONS,
  TYPE,
  {
    name: "key",
    value: "KEY",
    text: "the key, instead of a new one: its id, its name or the nickname of a certificate",
    example: "4b1d",
  },
  TRUST,
  AS_DER,
  OUT,
];

/** Who signs. */
const ISSUER: Option = {
  name: "issuer",
  value: "NAME",
  text: "the authority's certificate",
  example: "My CA",
};

/** Makes a certificate of a key of the token, which another one or its own key signs. */
async function certify(issuerName: string | undefined, args: Args, io: Io): Promise<string> {
  const name = args.positional[0]!;
  const key = args.one("key");
  const trust = args.one("trust");
  if (trust !== undefined) parseTrust(trust);
  const isFile = args.has("pem"); // which are only read: the certificate goes to --out
  const content = await contentOf(args, io);
  await using store = await openStore(args, io, { write: !isFile });
  const signer = issuerName === undefined ? undefined : await store.certificate(issuerName);
  const issuer = signer && { certificate: signer, privateKey: await store.keyOf(signer) };
  return await withKey(
    store,
    () => key === undefined ? Promise.resolve(undefined) : keyNamed(store, key),
    args,
    name,
    async (keys) => {
      const subject = `CN=${name.replaceAll(/[\\,+"<>;=#]/g, "\\$&")}`;
      const certificate = await createCertificate({
        subject,
        ...keys,
        ...content,
        ...issuer !== undefined && { issuer },
      });
      return await finish(store, certificate, name, args, io);
    },
  );
}

/** The command. */
export const selfSign = printing({
  name: "cert self-sign",
  args: "NAME",
  text: "Make a certificate that its own key signs, with a new key or --key, and store it",
  options: OWN_KEY_OPTIONS,
  run: (args, io) => certify(undefined, args, io),
  examples: [{ line: 'cert self-sign "My CA" --db db --ca --trust CT,,', text: "an authority" }],
});

/** The command. */
export const issueOwn = printing({
  name: "cert issue",
  args: "NAME",
  text: "Make a certificate that an authority in the token signs, with a new key, and store it",
  options: [ISSUER, ...OWN_KEY_OPTIONS],
  run: async (args, io) => {
    const issuer = args.one("issuer");
    if (issuer === undefined) throw new UsageError("Cannot issue: say who signs by --issuer");
    return await certify(issuer, args, io);
  },
  examples: [{
    line: 'cert issue www --db db --issuer "My CA" --dns example.com',
    text: "a server's certificate and its key, in one step",
  }],
});

/** The command. */
export const issue = printing({
  name: "csr issue",
  args: "REQUEST",
  text:
    "Certify a request (PEM or DER; - for standard input) with the key of an authority in the token",
  options: [
    ISSUER,
    { name: "as-requested", text: "take names and purposes from the request; look at them before" },
    ...ISSUE_OPTIONS,
    {
      name: "name",
      value: "NAME",
      text: "store the certificate under this nickname",
      example: "www",
    },
    TRUST,
    AS_DER,
    OUT,
  ],
  run: async (args, io) => {
    const issuerName = args.one("issuer");
    if (issuerName === undefined) throw new UsageError("Cannot issue: say who signs by --issuer");
    const content = await contentOf(args, io);
    const parsed = await readRequest(args.positional[0]!, io);
    const name = args.one("name");
    await using store = await openStore(args, io, { write: name !== undefined });
    const issuer = await store.certificate(issuerName);
    const certificate = await issueCertificate(parsed, {
      issuer: { certificate: issuer, privateKey: await store.keyOf(issuer) },
      ...(args.has("as-requested") && {
        copyExtensions: ["subjectAltName", "keyUsage", "extKeyUsage"] as const,
      }),
      ...content,
    });
    return await finish(store, certificate, name, args, io);
  },
  examples: [{
    line: 'csr issue request.pem --db db --issuer "My CA" --as-requested --name www',
    text: "certify a request",
  }],
});

/**
 * Stores the certificate if it has a name, and writes it where that is wanted, or there is nothing
 * else to do.
 */
async function finish(
  store: Store,
  certificate: Certificate,
  name: string | undefined,
  args: Args,
  io: Io,
): Promise<string> {
  const out = args.one("out");
  const isStored = name !== undefined && !args.has("pem");
  if (isStored) {
    const trust = args.one("trust");
    await importCert(store.certificates, certificate, { nickname: name });
    if (trust !== undefined) {
      await importCert(store.trustDB, certificate, { nickname: name, trust });
    }
  }
  if (out !== undefined || !isStored) {
    const content = args.has("as-der") ? certificate.der : certificate.toPem();
    await writeFile(out ?? "-", content, io.out);
  }
  return isStored && out !== "-" ? `Stored "${safe(name)}"` : "";
}
