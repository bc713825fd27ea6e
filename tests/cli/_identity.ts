// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A client's certificate and key, in the places from which the program takes them. @module */

import type { Identity } from "../drivers/_pki.ts";
import { runOk } from "../support/process.ts";
import { openSoftHsm } from "../support/softhsm.ts";
import { runNss } from "./_run.ts";

const PASSWORD = "a password";

/** The places. */
export const IDENTITY_PLACES = ["PEM", "PKCS#12", "an NSS database", "SoftHSM"] as const;

/**
 * Puts an identity into a place, by the tools that others have, while something runs.
 *
 * @param place The place.
 * @param folder A folder for what is made.
 * @param identity The identity.
 * @param pem The options that find it in PEM files.
 * @param use What runs; it is given the options that find the identity there.
 */
export async function withIdentity(
  place: typeof IDENTITY_PLACES[number],
  folder: string,
  identity: Identity,
  pem: readonly string[],
  use: (options: readonly string[]) => Promise<void>,
): Promise<void> {
  if (place === "PEM") return await use(pem);
  const password = `${folder}/password`;
  const p12 = `${folder}/me.p12`;
  await Deno.writeTextFile(password, `${PASSWORD}\n`);
  await Deno.writeTextFile(`${folder}/me.crt`, identity.cert);
  await Deno.writeTextFile(`${folder}/me.key`, identity.key);
  await runOk("openssl", [
    ...["pkcs12", "-export", "-in", `${folder}/me.crt`, "-inkey", `${folder}/me.key`],
    ...["-name", "alice", "-out", p12, "-passout", `file:${password}`],
  ]);
  if (place === "PKCS#12") return await use(["--p12", p12, "--file-password-file", password]);
  if (place === "an NSS database") {
    const db = `${folder}/db`;
    await Deno.mkdir(db);
    await runOk("certutil", ["-N", "-d", `sql:${db}`, "-f", password]);
    await runOk("pk12util", ["-i", p12, "-d", `sql:${db}`, "-k", password, "-w", password]);
    return await use(["--db", db, "--cert", "alice", "--password-file", password]);
  }
  await using hsm = await openSoftHsm("Card", PASSWORD);
  const card = ["--module", hsm.library, "--token", hsm.label, "--password-file", password];
  const imported = await runNss([
    ...["p12", "import", p12, "--file-password-file", password],
    ...card,
  ]);
  if (imported.code !== 0) throw new Error(`Cannot import ${p12}: ${imported.err}`);
  await use([...card, "--cert", "alice"]);
}
