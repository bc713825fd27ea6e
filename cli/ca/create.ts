// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss ca create`. @module */

import type { NameConstraints } from "../../cert/mod.ts";
import { type Args, UsageError } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import { LocalError, writeFiles } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { NEW_PASSWORD, NO_PASSWORD, passwordToBe } from "../base/passwords.ts";
import { day, safe } from "../base/text.ts";
import { KEY_TYPES, TYPE } from "../store/change.ts";
import { openStore } from "../store/store.ts";
import {
  DEFAULT_NAMES,
  isConstrained,
  makeConstraints,
  namesText,
  wideWarning,
} from "./constraints.ts";
import { MAX_CRL_DAYS, type Settings } from "./folder.ts";
import { filesOf, KeyMaker, makeAuthorities, type NewAuthority } from "./new_authority.ts";
import { daysOf, MAX_COMMON_NAME } from "./profile.ts";
import { KEY_OPTIONS, namesToken } from "./signer.ts";

const ROOT_DAYS = 3650;

/** Reads where lists are to be had. */
function readCrlUrl(text: string | undefined): string | null {
  if (text === undefined) return null;
  const url = URL.parse(text);
  if (url?.protocol === "https:") {
    throw new UsageError(
      `Cannot take --crl-url "${text}": who fetches a list must not have to verify a certificate ` +
        "first (RFC 5280, Section 8); say http:// (a list is signed)",
    );
  }
  if (url?.protocol !== "http:" || url.username !== "" || url.search !== "" || url.hash !== "") {
    throw new UsageError(
      `Cannot take --crl-url "${text}": it is no URL of a folder, as http://127.0.0.1:8080`,
    );
  }
  return url.href.replace(/\/+$/, "");
}

function readName(name: string, isTwo: boolean): readonly string[] {
  if (/\p{C}/u.test(name) || name.trim() === "") {
    throw new UsageError(`Cannot call an authority "${name}": it has no letters, or others too`);
  }
  const names = isTwo ? [name, `${name} Intermediate`] : [name];
  if (names.some((one) => one.length > MAX_COMMON_NAME)) {
    throw new UsageError(
      `Cannot call an authority "${name}": ${
        MAX_COMMON_NAME - (isTwo ? " Intermediate".length : 0)
      } characters are the most`,
    );
  }
  return names;
}

async function constraintsOf(args: Args, io: Io): Promise<NameConstraints | null> {
  const names = args.list("names");
  if (!args.has("unconstrained")) return makeConstraints(names.length > 0 ? names : DEFAULT_NAMES);
  if (args.has("names")) throw new UsageError("Cannot take both --names and --unconstrained");
  await io.err.line(
    "Warning: this authority may certify every name there is: who gets hold of its key can " +
      "impersonate every site to those who trust it",
  );
  return null;
}

/** Checks that a folder has nothing in it, if it is there. */
async function checkEmpty(folder: string): Promise<void> {
  try {
    const names = (await Array.fromAsync(Deno.readDir(folder))).map(({ name }) => name);
    if (names.includes("ca.json")) {
      throw new LocalError(
        `Cannot make "${folder}": there is an authority already; nss ca list shows it`,
      );
    }
    for (const name of names) {
      // Where Ctrl-C came early, there may be this one, empty
      if (name === "issued") await checkEmpty(`${folder}/issued`);
      else {throw new LocalError(
          `Cannot make "${folder}": there is "${safe(name)}" already; choose another folder`,
        );}
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const [path, name] = args.positional as [string, string];
  const names = readName(name, args.has("intermediate"));
  const crlUrl = readCrlUrl(args.one("crl-url"));
  const days = daysOf(args) ?? ROOT_DAYS;
  const crlDays = args.number("crl-days", MAX_CRL_DAYS) ?? 7;
  if (crlDays === 0) throw new UsageError("Cannot take --crl-days 0: no list would ever be good");
  const type = args.choice("type", KEY_TYPES) ?? "ec-p256";
  const constraints = await constraintsOf(args, io);
  const inToken = namesToken(args);
  if (inToken && args.has("no-password")) {
    throw new UsageError("Cannot take --no-password: the keys are in a token");
  }
  const settings: Settings = { name, keys: inToken ? "token" : "files", crlUrl, crlDays };
  const folder = path.replace(/(?<=.)\/+$/, "");
  await checkEmpty(folder);
  const password = inToken ? null : await passwordToBe(args, `the keys in ${folder}`, io);
  if (password === "") {
    await io.err.line(
      "Warning: the keys are not encrypted: who can read the folder can certify in your name",
    );
  }
  const store = inToken ? await openStore(args, io, { write: true }) : null;
  await using keys = new KeyMaker(store, type);
  const authorities = await makeAuthorities(names, keys, constraints, days, crlUrl);
  const files = await filesOf(folder, authorities, settings, password);
  try {
    await Deno.mkdir(`${folder}/issued`, { recursive: true, mode: 0o700 });
    await writeFiles(files, io.out);
  } catch (error) {
    // Where nothing could be made, nothing is left; a folder with something in it stays
    await Deno.remove(`${folder}/issued`).catch(() => {});
    await Deno.remove(folder).catch(() => {});
    throw error;
  }
  keys.done();
  const warning = wideWarning(authorities[0]!.certificate);
  if (warning !== null) await io.err.line(warning);
  await io.out.line(told(folder, authorities));
  return "good";
}

function told(
  folder: string,
  authorities: readonly NewAuthority[],
): string {
  const { certificate } = authorities[0]!;
  return [
    `Made ${authorities.map((one) => `"${safe(one.certificate.subject)}"`).join(" and ")} in ${
      safe(folder)
    }, valid until ${day(certificate.notAfter)}`,
    `It may certify ${namesText(certificate)}${
      isConstrained(certificate) ? ", and what is below these domains" : ""
    }`,
    `Certify: nss ca issue ${safe(folder)} NAME`,
    `Trust it: nss ca trust ${safe(folder)}`,
  ].join("\n");
}

/** The command. */
export const create: Command = {
  name: "ca create",
  args: "DIR NAME",
  text: "Make a private authority in a new folder",
  more: [
    "It may certify only names that nobody can register and private addresses, unless --names says " +
    `others: ${DEFAULT_NAMES.join(", ")}. So its key cannot be used to impersonate anybody else. ` +
    "The keys are encrypted with a password (PKCS #8, PBES2), or made in a token.",
    "With --intermediate the root certifies one authority below it, which issues from then on: " +
    "ca.key can be kept elsewhere, and is needed to renew or revoke the intermediate, and once a " +
    "year for its list.",
  ],
  options: [
    {
      name: "names",
      value: "NAME,...",
      text: "what it may certify: domains with all below, networks, mailboxes",
      example: "corp.internal,10.1.0.0/16,@corp.example",
    },
    { name: "unconstrained", text: "let it certify every name there is: it warns" },
    { name: "intermediate", text: "make an authority below the root, which issues" },
    TYPE,
    {
      name: "days",
      value: "N",
      text: `how long the root is valid (${ROOT_DAYS}); an intermediate half as long`,
      example: "1825",
    },
    {
      name: "crl-url",
      value: "URL",
      text: "where its lists of revoked certificates are to be had; all certificates say so",
      example: "http://127.0.0.1:8080",
    },
    { name: "crl-days", value: "N", text: "how long such a list is good (7)", example: "30" },
    NEW_PASSWORD,
    NO_PASSWORD,
    ...KEY_OPTIONS,
  ],
  examples: [
    { line: 'ca create ca "My CA"', text: "for localhost, private domains and addresses" },
    {
      line: 'ca create ca "Corp CA" --names corp.internal,10.0.0.0/8 --intermediate',
      text: "a root that can be put away, and an authority below it",
    },
    {
      line: 'ca create ca "Card CA" --module /usr/lib/softhsm/libsofthsm2.so --token Card',
      text: "whose key is made in a token and stays there",
    },
  ],
  run,
};
