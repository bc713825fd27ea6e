// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that make certificates and requests: request, self-sign, issue. @module */

import {
  type Certificate,
  createCertificate,
  type CreateCertificateOptions,
  createCertificateRequest,
  importCert,
  issueCertificate,
  NssError,
  parseCertificateRequest,
  parseTrust,
  type SubjectPublicKeyInfo,
} from "../../cert/mod.ts";
import { KEY_PURPOSES } from "../../cert/create/signed_data.ts";
import { KEY_USAGES } from "../../cert/extensions/key_usage.ts";
import type { PrivateKey } from "../../cert/mod.ts";
import { type Args, type Option, UsageError } from "../base/args.ts";
import { KEY_TYPES, TRUST, TYPE } from "./change.ts";
import { OUT } from "../base/command.ts";
import { printing } from "./printing.ts";
import { readBytes, writeFile } from "../base/files.ts";
import { openStore, type Store } from "./store.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";

/** Two of them only say more of keyAgreement, of keys that nobody makes. */
const USAGES = KEY_USAGES.filter((usage) => usage !== "encipherOnly" && usage !== "decipherOnly");

const NAME_OPTIONS: readonly Option[] = [
  {
    name: "subject",
    value: "NAME",
    text: "the distinguished name",
    example: "CN=example.com,O=Example",
  },
  { name: "dns", value: "NAME,...", text: "DNS names", example: "example.com" },
  { name: "ip", value: "ADDRESS,...", text: "IP addresses", example: "192.0.2.1" },
  { name: "email", value: "ADDRESS,...", text: "e-mail addresses", example: "a@example.com" },
  { name: "for", value: "PURPOSE,...", text: "what it is for", words: KEY_PURPOSES },
  { name: "key-usage", value: "USAGE,...", text: "the key usage", words: USAGES },
];

const ISSUE_OPTIONS: readonly Option[] = [
  ...NAME_OPTIONS,
  { name: "ca", text: "make it an authority's" },
  { name: "path-length", value: "N", text: "how many authorities may be under it", example: "0" },
  {
    name: "days",
    value: "N",
    text: "how long it is valid: 90, of an authority 3650",
    example: "30",
  },
];

type Names = Pick<
  CreateCertificateOptions,
  "subject" | "dnsNames" | "ipAddresses" | "emailAddresses" | "extKeyUsage" | "keyUsage"
>;

/** What the options say of names and purposes; nothing where they are silent. */
function namesOf(args: Args): Names {
  const subject = args.one("subject");
  const lists = {
    dnsNames: args.list("dns"),
    ipAddresses: args.list("ip"),
    emailAddresses: args.list("email"),
    extKeyUsage: args.choices("for", KEY_PURPOSES),
    keyUsage: args.choices("key-usage", USAGES),
  };
  const given = Object.entries(lists).filter(([, values]) => values.length > 0);
  return { ...(subject !== undefined && { subject }), ...Object.fromEntries(given) };
}

function validityOf(args: Args): Pick<CreateCertificateOptions, "isCa" | "pathLength" | "days"> {
  const [days, pathLength] = [args.number("days"), args.number("path-length")];
  return {
    isCa: args.has("ca"),
    ...(days !== undefined && { days }),
    ...(pathLength !== undefined && { pathLength }),
  };
}

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
  options: [...NAME_OPTIONS, TYPE, {
    name: "name",
    value: "NAME",
    text: "what a new key is called",
    example: "www",
  }, OUT],
  run: async (args, io) => {
    const [key] = args.positional;
    await using store = await openStore(args, io, { write: key === undefined });
    const pem = await withKey(
      store,
      () => key === undefined ? Promise.resolve(undefined) : keyNamed(store, key),
      args,
      args.one("name"),
      async (keys) => (await createCertificateRequest({ ...keys, ...namesOf(args) })).toPem(),
    );
    await writeFile(args.one("out") ?? "-", pem, io.out);
    return "";
  },
  examples: [{
    line: "csr create --db db --dns example.com --out request.pem",
    text: "with a new key, which stays in the database",
  }],
});

/** The command. */
export const selfSign = printing({
  name: "cert self-sign",
  args: "NAME",
  text: "Make a certificate that its own key signs, with a new key or --key, and store it",
  options: [
    ...ISSUE_OPTIONS,
    TYPE,
    {
      name: "key",
      value: "KEY",
      text: "the key: its id, its name or the nickname of a certificate",
      example: "4b1d",
    },
    TRUST,
    OUT,
  ],
  run: async (args, io) => {
    const name = args.positional[0]!;
    const key = args.one("key");
    const trust = args.one("trust");
    if (trust !== undefined) parseTrust(trust);
    const isFile = args.has("pem"); // which are only read: the certificate goes to --out
    await using store = await openStore(args, io, { write: !isFile });
    return await withKey(
      store,
      () => key === undefined ? Promise.resolve(undefined) : keyNamed(store, key),
      args,
      name,
      async (keys) => {
        const options = { subject: `CN=${name.replaceAll(/[\\,+"<>;=#]/g, "\\$&")}`, ...keys };
        const certificate = await createCertificate({
          ...options,
          ...namesOf(args),
          ...validityOf(args),
        });
        return await finish(store, certificate, name, args, io);
      },
    );
  },
  examples: [{ line: 'cert self-sign "My CA" --db db --ca --trust CT,,', text: "an authority" }],
});

/** The command. */
export const issue = printing({
  name: "csr issue",
  args: "REQUEST",
  text:
    "Certify a request (PEM or DER; - for standard input) with the key of an authority in the token",
  options: [
    { name: "issuer", value: "NAME", text: "the authority's certificate", example: "My CA" },
    { name: "as-requested", text: "take names and purposes from the request; look at them before" },
    ...ISSUE_OPTIONS,
    {
      name: "name",
      value: "NAME",
      text: "store the certificate under this nickname",
      example: "www",
    },
    TRUST,
    OUT,
  ],
  run: async (args, io) => {
    const issuerName = args.one("issuer");
    if (issuerName === undefined) throw new UsageError("Cannot issue: say who signs by --issuer");
    const parsed = parseCertificateRequest(await readBytes(args.positional[0]!, io));
    const name = args.one("name");
    await using store = await openStore(args, io, { write: name !== undefined });
    const issuer = await store.certificate(issuerName);
    const certificate = await issueCertificate(parsed, {
      issuer: { certificate: issuer, privateKey: await store.keyOf(issuer) },
      ...(args.has("as-requested") && {
        copyExtensions: ["subjectAltName", "keyUsage", "extKeyUsage"] as const,
      }),
      ...namesOf(args),
      ...validityOf(args),
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
  if (out !== undefined || !isStored) await writeFile(out ?? "-", certificate.toPem(), io.out);
  return isStored && out !== "-" ? `Stored "${safe(name)}"` : "";
}
