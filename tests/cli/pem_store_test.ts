// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Stores that are PEM files, and what is exported to such ones. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { runOk } from "../support/process.ts";
import { deskTest, openssl, rows } from "./_desk.ts";

deskTest("nss reads PEM files as a token, and exports to them and imports", async (desk) => {
  const db = ["--db", ":db"];
  const file = ["--file-password-file", ":password"];
  await desk.database("db");
  await runOk(
    "openssl",
    desk.args([
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", ":key.pem", "-out", ":cert.pem", "-subj", "/CN=Root"],
    ]),
  );
  const pem = ["--pem", ":cert.pem", "--pem", ":key.pem"];
  assertEquals(
    rows(await desk.ok("cert", "list", ...pem)).map((row) => row.slice(0, 2)),
    [["Root", "u,u,u"]],
  );
  // An authority in files certifies a request of the database
  const request = ["--subject", "CN=leaf", "--name", "leaf", "--out", ":leaf.req"];
  await desk.ok("csr", "create", ...db, ...request);
  const issue = ["csr", "issue", ":leaf.req", ...pem, "--issuer", "Root", "--dns", "leaf.test"];
  await desk.ok(...issue, "--out", ":leaf.pem");
  await runOk("openssl", desk.args(["verify", "-CAfile", ":cert.pem", ":leaf.pem"]));
  await desk.ok("cert", "add", "leaf", ":leaf.pem", ...db);
  assertMatch(await desk.ok("cert", "list", ...db), /^leaf\tu,u,u/m);

  const few = ["--iterations", "10000"];
  await desk.ok("p12", "export", "Root", ...pem, ...file, ...few, "--out", ":root.p12");
  const p12 = ["pkcs12", "-in", ":root.p12", "-passin", `file:${desk.path("password")}`, "-nodes"];
  assertStringIncludes(await runOk("openssl", desk.args(p12)), "PRIVATE KEY");
  const imported = await desk.ok("p12", "import", ":root.p12", ...db, ...file, "--name", "root");
  assertMatch(imported, /^Imported key [0-9a-f]{40}\nImported "root"\n$/);
  await desk.ok("cert", "trust", "root", "C,,", ...db);
  assertStringIncludes(
    await desk.ok("verify", "leaf", ...db, "--usage", "sslServer"),
    'leads to the trusted "Root"',
  );

  const again = ["p12", "export", "Root", ...pem, ...file, "--format", "pem", "--out", ":out.pem"];
  await desk.ok(...again);
  assertStringIncludes(await desk.read("out.pem"), "ENCRYPTED PRIVATE KEY");
  assertEquals(Deno.statSync(desk.path("out.pem")).mode! & 0o777, 0o600);
  assertStringIncludes(await desk.fails(4, ...again), "is there already");
  const encrypted = ["--pem", ":out.pem", "--password-file", ":password"];
  assertMatch(await desk.ok("cert", "list", "keys", ...encrypted), /ec P-256/);
  assertStringIncludes(
    await desk.fails(2, "cert", "generate-key", ...encrypted),
    "only read",
  );
}, openssl);
