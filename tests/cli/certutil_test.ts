// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss cert` and `nss csr` with NSS's certutil at the same databases. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runOk } from "../support/process.ts";
import { deskTest, nssTools, rows } from "./_desk.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";

/** RSA keys take long to make: CI makes those of one size. */
const TYPES = soak
  ? ["ec-p256", "ec-p384", "ec-p521", "rsa-2048", "rsa-3072", "rsa-4096"]
  : ["ec-p256", "rsa-2048"];

deskTest("certutil reads, verifies and changes the databases that nss cert makes", async (desk) => {
  const db = ["--db", ":db", "--password-file", ":password"];
  await desk.database("db", "Secret-Pw1");
  const authority = ["--ca", "--trust", "CT,C,C", "--type", "ec-p384"];
  await desk.ok("cert", "self-sign", "My CA", ...db, ...authority);
  for (const type of TYPES) {
    const request = ["--dns", "localhost", "--name", type, "--type", type, "--out", `:${type}.req`];
    await desk.ok("csr", "create", ...db, ...request);
    const issue = ["csr", "issue", `:${type}.req`, ...db, "--issuer", "My CA", "--as-requested"];
    await desk.ok(...issue, "--name", type);
    const verified = await desk.certutil("db", "-V", "-e", "-u", "V", "-n", type);
    assertEquals(verified.trim(), "certutil: certificate is valid");
  }
  const theirs = (await desk.certutil("db", "-L")).match(/^\S.* [\w]*,[\w]*,[\w]* *$/gm) ?? [];
  const ours = rows(await desk.ok("cert", "list", ...db)).map(([name, trust]) => [name!, trust!]);
  assertEquals(theirs.map((line) => line.trim().split(/ {2,}/)).sort(), ours.sort());
  assertEquals(ours.length, 1 + TYPES.length);
  const ids = (text: string): string[] => (text.match(/\b[0-9a-f]{40}\b/g) ?? []).sort();
  const keys = ids(await desk.ok("cert", "list", "keys", ...db));
  assertEquals(ids(await desk.certutil("db", "-K")), keys);
  assertEquals(keys.length, 1 + TYPES.length);
  // The chains are the same
  assertMatch(await desk.certutil("db", "-O", "-n", "rsa-2048"), /"My CA" [^]*"rsa-2048"/);
  assertMatch(await desk.ok("cert", "chain", "rsa-2048", ...db), /^My CA: [^]*\n {2}rsa-2048: /);
  // The other way round
  await desk.certutil("db", "-M", "-n", "My CA", "-t", "C,,");
  await desk.certutil("db", "-F", "-n", "rsa-2048");
  await desk.certutil("db", "--rename", "-n", "ec-p256", "--new-n", "renamed");
  await desk.certutil(
    "db",
    ...["-S", "-n", "theirs", "-s", "CN=theirs", "-c", "My CA", "-t", ",,", "-m", "7", "-k", "ec"],
    ...["-q", "nistp256"],
  );
  const listed = rows(await desk.ok("cert", "list", ...db)).map(([name, trust]) =>
    `${name} ${trust}`
  );
  for (const line of ["My CA Cu,u,u", "theirs u,u,u", "renamed u,u,u"]) {
    assertEquals(listed.includes(line), true, line);
  }
  assertEquals(listed.length, 1 + TYPES.length);
  assertStringIncludes(await desk.ok("verify", "theirs", ...db), 'leads to the trusted "My CA"');
  await desk.write("next", "Another-Pw2\n");
  await runOk(
    "certutil",
    desk.args([
      ...["-W", "-d", `sql:${desk.path("db")}`, "-f", ":password", "-@", ":next"],
    ]),
  );
  await desk.ok("cert", "generate-key", "--db", ":db", "--password-file", ":next");
}, nssTools);

deskTest("nss cert reads and changes databases that certutil makes", async (desk) => {
  await Deno.mkdir(desk.path("theirs"));
  await desk.certutil("theirs", "-N");
  await desk.certutil(
    "theirs",
    ...["-S", "-n", "root", "-s", "CN=root", "-x", "-t", "CTu,Cu,Cu", "-m", "1", "-k", "ec"],
    ...["-q", "nistp384", "-2"],
  );
  const asks = ["-R", "-s", "CN=asks", "-k", "ec", "-q", "nistp256", "-o", ":asks.req"];
  await desk.certutil("theirs", ...asks);
  const db = ["--db", ":theirs", "--password-file", ":password"];
  assertEquals((await desk.json("csr", "show", ":asks.req")).subject, "CN=asks");
  await desk.ok("csr", "issue", ":asks.req", ...db, "--issuer", "root", "--name", "asks");
  const verified = await desk.certutil("theirs", "-V", "-u", "C", "-n", "asks");
  assertEquals(verified.trim(), "certutil: certificate is valid");
  assertMatch(await desk.certutil("theirs", "-L"), /^asks +u,u,u/m);
  await desk.ok("cert", "trust", "root", "C,,", ...db);
  await desk.ok("cert", "rename", "asks", "asked", ...db);
  const listed = await desk.certutil("theirs", "-L");
  assertMatch(listed, /^root +Cu,u,u/m);
  assertMatch(listed, /^asked +u,u,u/m);
  // certutil certifies a request of ours, and takes what nss cert merge leaves it
  await desk.ok("csr", "create", ...db, "--subject", "CN=ours", "--as-der", "--out", ":ours.req");
  await desk.certutil(
    "theirs",
    "-C",
    "-c",
    "root",
    "-i",
    ":ours.req",
    "-o",
    ":ours.der",
    "-m",
    "5",
  );
  await desk.ok("cert", "add", "ours", ":ours.der", ...db);
  await desk.database("next");
  const merge = [
    "cert",
    "merge",
    ":theirs",
    "--db",
    ":next",
    "--source-password-file",
    ":password",
  ];
  assertStringIncludes(await desk.ok(...merge), "3 keys, 3 certificates, 1 trust, 0 lists");
  assertMatch(await desk.certutil("next", "-L"), /^root +Cu,u,u/m);
  const valid = await desk.certutil("next", "-V", "-u", "V", "-n", "ours");
  assertEquals(valid.trim(), "certutil: certificate is valid");
  await desk.ok("cert", "delete", "asked", "--with-key", "--db", ":next");
  assertEquals((await desk.certutil("next", "-K")).match(/^<|[0-9a-f]{40}/gm)?.length, 4);
}, nssTools);

deskTest("nss cert and certutil find the same database by a prefix of its files", async (desk) => {
  const db = ["--db", ":db", "--prefix", "my-"];
  await desk.ok("cert", "create", ...db, "--new-password-file", ":password");
  assertEquals((await Array.fromAsync(Deno.readDir(desk.path("db")), ({ name }) => name)).sort(), [
    "my-cert9.db",
    "my-key4.db",
    "pkcs11.txt",
  ]);
  assertStringIncludes(
    await desk.fails(4, "cert", "create", ...db, "--no-password"),
    '"my-cert9.db" already'.replaceAll('"', ""),
  );
  const theirs = ["-S", "-n", "x", "-s", "CN=x", "-x", "-t", "C,,", "-k", "ec", "-q", "nistp256"];
  await desk.certutil("db", ...theirs, "-m", "1", "-P", "my-");
  assertEquals(rows(await desk.ok("cert", "list", ...db)).map(([name]) => name), ["x"]);
  await desk.ok("cert", "rename", "x", "y", ...db);
  assertMatch(await desk.certutil("db", "-L", "-P", "my-"), /^y +Cu,u,u/m);
  assertStringIncludes(await desk.fails(4, "cert", "list", "--db", ":db"), "does not exist");
  assertStringIncludes(
    await desk.fails(2, "cert", "list", "--db", ":db", "--prefix", "../x"),
    "it is a path",
  );
  assertEquals((await desk.json("module", "list", ...db)).modules.length, 2);
}, nssTools);
