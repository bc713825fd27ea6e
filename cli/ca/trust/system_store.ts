// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The store of the system, which most programs but browsers go by. @module */

import { type Certificate, NssError, parseCertificatesPem } from "../../../cert/mod.ts";
import { toHex } from "../../../cert/base/runtime.ts";
import { LocalError, writeFile } from "../../base/files.ts";
import { safe } from "../../base/text.ts";
import type { Held, NoStore, Places, Trusted, TrustStore } from "./trust_store.ts";

/** How long a command of the system may take, in milliseconds. */
const PATIENCE = 120_000;

/** A command line. */
type CommandLine = readonly [string, ...string[]];

/** A kind of system whose store is a folder of files, and a command that reads them. */
interface FolderKind {
  readonly systems: string;
  /** Its folder. */
  readonly folder: string;
  /** How its files end. */
  readonly end: string;
  /** The file of all authorities that the command makes, where that is known. */
  readonly bundle?: string;
  /** Reads the folder anew; `root` is empty, or another root of the file system. */
  readonly update: (root: string, adds: boolean) => CommandLine | null;
}

/** A command that works on this system alone. */
const here = (...line: CommandLine) => (root: string) => root === "" ? line : null;

/** The first that is there counts, as with mkcert. */
const FOLDERS: readonly FolderKind[] = [
  {
    systems: "Fedora, RHEL",
    folder: "/etc/pki/ca-trust/source/anchors",
    end: ".pem",
    update: here("update-ca-trust", "extract"),
  },
  {
    systems: "Debian, Ubuntu, Alpine",
    folder: "/usr/local/share/ca-certificates",
    end: ".crt",
    bundle: "/etc/ssl/certs/ca-certificates.crt",
    update: (root, adds) => [
      "update-ca-certificates",
      // Links to what is gone go with it
      ...adds ? [] : ["--fresh"],
      ...root === "" ? [] : ["--sysroot", root],
    ],
  },
  {
    systems: "Arch",
    folder: "/etc/ca-certificates/trust-source/anchors",
    end: ".crt",
    update: here("trust", "extract-compat"),
  },
  {
    systems: "openSUSE",
    folder: "/usr/share/pki/trust/anchors",
    end: ".pem",
    update: here("update-ca-certificates"),
  },
];

/** What is printed and not run. */
function lineText(line: CommandLine): string {
  return line.map((word) => /^[\w./:=@-]+$/.test(word) ? word : `"${word}"`).join(" ");
}

async function runCommand([program, ...args]: CommandLine): Promise<void> {
  const output = await new Deno.Command(program, {
    args,
    stdin: "null",
    signal: AbortSignal.timeout(PATIENCE),
  }).output().catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    throw new LocalError(`Cannot run "${program}": it is not installed`);
  });
  if (output.success) return;
  const last = new TextDecoder().decode(output.stderr).trim().split("\n").at(-1) ?? "";
  throw new LocalError(
    `Cannot change the system's store: ${program} ended with ${output.code}: ${safe(last)}`,
  );
}

/** The name of the authority's file: nobody else's, whatever they are called. */
async function fileOf({ name, certificate }: Trusted, end: string): Promise<string> {
  const words = name.replaceAll(/[^A-Za-z0-9]+/g, "-").replaceAll(/^-|-$/g, "").slice(0, 40);
  const digest = toHex((await certificate.fingerprint("SHA-256")).subarray(0, 8));
  return `nss-${words === "" ? "" : `${words}-`}${digest}${end}`;
}

async function holdsFile(path: string, certificate: Certificate): Promise<Held> {
  try {
    const bytes = await Deno.readFile(path);
    const [found] = parseCertificatesPem(bytes);
    if (found !== undefined && toHex(found.der) === toHex(certificate.der)) return "trusted";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "absent";
    if (!(error instanceof NssError)) throw error;
  }
  throw new LocalError(`Cannot use "${path}": it is another file than nss ca trust writes`);
}

/** Looks whether a command has done what it is for: Debian's leaves the last authority in. */
async function checkBundle(bundle: string, pem: string, adds: boolean): Promise<void> {
  const text = await Deno.readTextFile(bundle).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  if (text.includes(pem.trim()) === adds) return;
  throw new LocalError(
    adds
      ? `Cannot change the system's store: "${bundle}" does not have the authority all the same`
      : `Cannot change the system's store: "${bundle}" has the authority still, since there is no ` +
        "other one; delete that file",
  );
}

function folderStore(kind: FolderKind, root: string): TrustStore {
  const folder = `${root}${kind.folder}`;
  const pathOf = async (trusted: Trusted) => `${folder}/${await fileOf(trusted, kind.end)}`;
  const update = (adds: boolean): string => {
    const line = kind.update(root, adds);
    return line === null
      ? `run its command inside of ${root} yourself: ${lineText(kind.update("", adds)!)}`
      : `run ${lineText(line)}`;
  };
  return {
    kind: "system",
    where: folder,
    note: `${kind.systems}; writing there needs root`,
    holds: async (trusted) => await holdsFile(await pathOf(trusted), trusted.certificate),
    steps: async (trusted, adds) => [
      `${adds ? "write" : "delete"} ${await pathOf(trusted)}`,
      update(adds),
    ],
    change: async (trusted, adds, _args, io) => {
      const path = await pathOf(trusted);
      const pem = trusted.certificate.toPem();
      if (adds) await writeFile(path, pem, io.out);
      else await Deno.remove(path);
      const line = kind.update(root, adds);
      if (line === null) return;
      try {
        await runCommand(line);
        if (kind.bundle !== undefined) await checkBundle(`${root}${kind.bundle}`, pem, adds);
      } catch (error) {
        // Else the file would say what is not so
        if (adds) await Deno.remove(path).catch(() => {});
        else await writeFile(path, pem, io.out).catch(() => {});
        throw error;
      }
    },
  };
}

/** A system whose own program keeps the store. */
function commandStore(
  where: string,
  line: (trusted: Trusted, adds: boolean) => Promise<CommandLine>,
): TrustStore {
  return {
    kind: "system",
    where,
    note: "untested: nobody has run this on such a system yet",
    holds: () => Promise.resolve("unknown"),
    steps: async (trusted, adds) => [`run ${lineText(await line(trusted, adds))}`],
    change: async (trusted, adds) => await runCommand(await line(trusted, adds)),
  };
}

const KEYCHAIN = "/Library/Keychains/System.keychain";

const macos = commandStore(`the keychain ${KEYCHAIN}`, (trusted, adds) =>
  Promise.resolve(
    adds
      ? [
        "sudo",
        "security",
        "add-trusted-cert",
        "-d",
        "-r",
        "trustRoot",
        "-k",
        KEYCHAIN,
        trusted.file,
      ]
      : ["sudo", "security", "remove-trusted-cert", "-d", trusted.file],
  ));

const windows = commandStore(
  "the store ROOT of the user",
  async (trusted, adds) =>
    adds ? ["certutil.exe", "-user", "-addstore", "Root", trusted.file] : [
      "certutil.exe",
      "-user",
      "-delstore",
      "Root",
      toHex(await trusted.certificate.fingerprint("SHA-1")),
    ],
);

/** Finds the store of the system. */
export async function findSystemStore({ os, root }: Places): Promise<TrustStore | NoStore> {
  if (os === "darwin") return macos;
  if (os === "windows") return windows;
  for (const kind of FOLDERS) {
    const isThere = await Deno.stat(`${root}${kind.folder}`).then(
      ({ isDirectory }) => isDirectory,
      () => false,
    );
    if (isThere) return folderStore(kind, root);
  }
  return {
    kind: "system",
    where: `${root}/`,
    missing: `there is none of the folders ${FOLDERS.map(({ folder }) => folder).join(", ")}: ` +
      "install ca-certificates",
  };
}
