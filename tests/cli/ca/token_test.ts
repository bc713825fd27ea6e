// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Authorities whose keys are in a token: an NSS database, SoftHSM.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { trustAnchorOf, verifyCertificateChain } from "@nss/nss/cert";
import { openNssDb } from "@nss/nss/pkcs11/nss-db";
import { Args } from "../../../cli/base/args.ts";
import { LocalError } from "../../../cli/base/files.ts";
import { KeyMaker } from "../../../cli/ca/new_authority.ts";
import { openStore, STORE_OPTIONS } from "../../../cli/store/store.ts";
import { programVersion, runOk } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { Desk, EMPTY_IO, one, PASSWORD } from "./_authority.ts";

const PROGRAM = `${import.meta.dirname}/../../../cli/mod.ts`;

async function isGood(desk: Desk): Promise<void> {
  await verifyCertificateChain(await one(desk, "www.pem"), {
    anchors: [trustAnchorOf(await one(desk, "ca/ca.pem"))],
    time: new Date(),
    usage: "sslServer",
  });
}

async function makeDatabase(folder: string, password = ""): Promise<void> {
  await Deno.mkdir(folder);
  await (await openNssDb(folder, { create: true, password })).close();
}

Deno.test("an authority's key may be in an NSS database, which is named each time", async () => {
  await using desk = await Desk.open();
  await makeDatabase(desk.path("db"), PASSWORD);
  const token = ["--db", desk.path("db"), "--password-file", desk.path("password")];
  const keys = async () => {
    const database = await openNssDb(desk.path("db"));
    const found = await database.listKeys();
    await database.close();
    return found.map(({ label }) => label);
  };
  // Where something fails afterwards, no key is left in the token
  const store = await openStore(new Args(token, STORE_OPTIONS), EMPTY_IO, { write: true });
  await assertRejects(async () => {
    await using made = new KeyMaker(store, "ec-p256");
    await made.make("lost");
    throw new LocalError("a full disk");
  }, LocalError);
  assertEquals(await keys(), []);
  assertStringIncludes(
    await desk.fails(2, "create", desk.path("ca"), "a", "--no-password", ...token),
    "the keys are in a token",
  );
  await desk.ok("create", desk.path("ca"), "Token CA", ...token);
  assertEquals(await keys(), ["Token CA"]);
  assert(!(await desk.files()).includes("ca/ca.key"));
  // A folder never says which library or database is opened
  assertStringIncludes(await desk.read("ca/ca.json"), '"keys": "token"');
  assert(!(await desk.read("ca/ca.json")).includes(desk.path("db")));
  const issue = [desk.path("ca"), "www.test", "--out", desk.path("www.pem")];
  const key = ["--key-out", desk.path("www.key")];
  assertStringIncludes(
    await desk.fails(2, "issue", ...issue, ...key),
    "say which by --db or --module",
  );
  await desk.ok("issue", ...issue, ...key, ...token);
  await isGood(desk);
  await desk.ok("revoke", desk.path("ca"), "www.test", ...token);
  // Another database has no such key
  await makeDatabase(desk.path("other"));
  assertStringIncludes(
    await desk.fails(4, "renew", desk.path("ca"), "www.test", "--db", desk.path("other")),
    "it is revoked",
  );
  assertStringIncludes(
    await desk.fails(4, "issue", ...issue, ...key, "--db", desk.path("other")),
    "SEC_ERROR_NO_KEY",
  );
});

Deno.test("a token is not taken for an authority whose keys are files", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const args = ["a.test", "--out", desk.path("a.pem"), "--key-out", desk.path("a.key")];
  assertStringIncludes(
    await desk.fails(2, "issue", folder, ...args, "--db", desk.path("db")),
    "are in its files",
  );
});

const softhsm = await programVersion("softhsm2-util", ["--version"], /(\d+\.\d+\.\d+)/);
const LIBRARY = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

const IN_SOFTHSM = "an authority's key may be made in SoftHSM, and never leaves it";
if (LIBRARY === undefined || !softhsm.ok) {
  skip(IN_SOFTHSM, softhsm.ok ? "no libsofthsm2.so here" : softhsm.reason);
} else {
  Deno.test(IN_SOFTHSM, async () => {
    await using desk = await Desk.open();
    await Deno.mkdir(desk.path("tokens"));
    const conf = desk.path("softhsm2.conf");
    await Deno.writeTextFile(conf, `directories.tokendir = ${desk.path("tokens")}\n`);
    const env = { SOFTHSM2_CONF: conf, NO_COLOR: "1" };
    const pins = ["--so-pin", "12345678", "--pin", PASSWORD];
    await runOk("softhsm2-util", ["--init-token", "--free", "--label", "Card", ...pins], { env });
    const card = ["--module", LIBRARY, "--token", "Card", "--password-file", desk.path("password")];
    const nss = (...args: readonly string[]) =>
      runOk(Deno.execPath(), ["run", "--no-check", "-A", PROGRAM, "ca", ...args, ...card], { env });
    await nss("create", desk.path("ca"), "Card CA", "--type", "rsa-2048");
    assert(!(await desk.files("ca")).includes("ca/ca.key"));
    const out = ["--out", desk.path("www.pem"), "--key-out", desk.path("www.key")];
    await nss("issue", desk.path("ca"), "www.test", ...out);
    await isGood(desk);
  });
}
