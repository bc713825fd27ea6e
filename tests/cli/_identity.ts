// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A client's certificate and key, in the places from which the program takes them. @module */

import type { Identity } from "../drivers/_pki.ts";
import { runOk } from "../support/process.ts";
import { note } from "../support/skip.ts";
import { runNss } from "./_run.ts";

const PASSWORD = "a password";

/** The places. */
export const IDENTITY_PLACES = ["PEM", "PKCS#12", "an NSS database", "SoftHSM"] as const;

/**
 * Puts an identity into a place, by the tools that others have.
 *
 * @returns The options that find it; `null` where there is no such place here.
 */
export async function putIdentity(
  place: typeof IDENTITY_PLACES[number],
  folder: string,
  identity: Identity,
  pem: readonly string[],
): Promise<readonly string[] | null> {
  if (place === "PEM") return pem;
  const password = `${folder}/password`;
  const p12 = `${folder}/me.p12`;
  await Deno.writeTextFile(password, `${PASSWORD}\n`);
  await Deno.writeTextFile(`${folder}/me.crt`, identity.cert);
  await Deno.writeTextFile(`${folder}/me.key`, identity.key);
  await runOk("openssl", [
    ...["pkcs12", "-export", "-in", `${folder}/me.crt`, "-inkey", `${folder}/me.key`],
    ...["-name", "alice", "-out", p12, "-passout", `file:${password}`],
  ]);
  if (place === "PKCS#12") return ["--p12", p12, "--file-password-file", password];
  if (place === "an NSS database") {
    const db = `${folder}/db`;
    await Deno.mkdir(db);
    await runOk("certutil", ["-N", "-d", `sql:${db}`, "-f", password]);
    await runOk("pk12util", ["-i", p12, "-d", `sql:${db}`, "-k", password, "-w", password]);
    return ["--db", db, "--cert", "alice", "--password-file", password];
  }
  const library = "/usr/lib/softhsm/libsofthsm2.so";
  if (await Deno.stat(library).then(() => false, () => true)) {
    note(`left out: SoftHSM: there is no ${library}`);
    return null;
  }
  await Deno.mkdir(`${folder}/tokens`);
  await Deno.writeTextFile(`${folder}/hsm.conf`, `directories.tokendir = ${folder}/tokens\n`);
  Deno.env.set("SOFTHSM2_CONF", `${folder}/hsm.conf`);
  await runOk("softhsm2-util", [
    ...["--init-token", "--free", "--label", "Card", "--so-pin", "12345678", "--pin", PASSWORD],
  ]);
  const card = ["--module", library, "--token", "Card", "--password-file", password];
  const imported = await runNss([
    ...["p12", "import", p12, "--file-password-file", password],
    ...card,
  ]);
  if (imported.code !== 0) throw new Error(`Cannot import ${p12}: ${imported.err}`);
  return [...card, "--cert", "alice"];
}
