// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What the commands about stores say of mistakes. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { deskTest, rows } from "./_desk.ts";

deskTest("nss cert says in words what is wrong, with exit codes 2 and 4", async (desk) => {
  const db = ["--db", ":db"];
  await desk.database("db");
  await desk.write("text.pem", "nothing\n");
  await desk.ok("cert", "self-sign", "mine", ...db);
  const cert = (...args: readonly string[]) => ["cert", ...args];
  for (
    const [code, args, message] of [
      [2, cert("crate"), '"nss cert crate": there is no such command; did you mean create?'],
      [2, cert("lsit"), "did you mean list?"],
      [2, cert("show", ...db), "NAME|FILE is missing"],
      [2, cert("show", "a", "b", ...db), '"b": that is one argument too many'],
      [2, cert("list"), "say which token"],
      [2, cert("list", "cats", ...db), '"cats": it is none of certificates'],
      [2, cert("list", ...db, "--out", "x"), '"--out": there is no such option'],
      [2, cert("list", "-L"), "options begin with --"],
      [2, cert("list", "--db"), "DIR is missing"],
      [2, cert("list", ...db, ...db), "--db 2 times"],
      [2, cert("list", ...db, "--kv", "x"), "several of"],
      [2, cert("self-sign", "x", ...db, "--days", "ten"), "no whole number"],
      [2, cert("self-sign", "x", ...db, "--type", "rsa-1"), '"rsa-1"'],
      [2, cert("self-sign", "x", ...db, "--not-after", "2026-13-01"), "it is no date"],
      [2, cert("self-sign", "x", ...db, "--not-after", "1/2/2027"), "it is no date"],
      [2, cert("self-sign", "x", ...db, "--days", "1", "--not-after", "2027-01-01"), "both"],
      [2, cert("self-sign", "x", ...db, "--serial", "xy"), "hexadecimal"],
      [2, cert("self-sign", "x", ...db, "--permit", "a.test", "--ca"), "dns:example.com"],
      [2, cert("self-sign", "x", ...db, "--permit", "ip:10.0.0.0/33", "--ca"), "dns:example.com"],
      [2, cert("self-sign", "x", ...db, "--policy", "any"), "dotted object identifier"],
      [2, cert("self-sign", "x", ...db, "--for", "serverauht"), "did you mean serverAuth?"],
      [2, cert("self-sign", "x", ...db, "--extension", "clearance"), "OID=FILE"],
      [2, cert("issue", "x", ...db), "--issuer"],
      [4, cert("self-sign", "x", ...db, "--permit", "dns:a.test"), "an authority's"],
      [4, cert("self-sign", "x", ...db, "--serial", "00"), "from 1 to 2^159 - 1"],
      [4, cert("self-sign", "x", ...db, "--extension", "1.2.3=:text.pem"), "Cannot find file"],
      [4, cert("self-sign", "x", ...db, "--scheme", "ed25519"), "SEC_ERROR_INVALID_ALGORITHM"],
      [4, cert("issue", "x", ...db, "--issuer", "mine", "--not-after", "2020-01-01"), "notAfter"],
      [4, cert("create", ...db, "--no-password"), "already"],
      [4, cert("create", "--db", ":new", "--new-password-file", ":text.pem.no"), "No such file"],
      [4, cert("show", "nobody", ...db), '"nobody"'],
      [4, cert("list", "--db", ":none"), "does not exist (PR_FILE_NOT_FOUND_ERROR)"],
      [4, cert("list", "--kv", ":none.kv"), "make it by nss cert create"],
      [4, cert("list", "--pem", ":none.pem"), "none.pem"],
      [4, cert("merge", ":none", ...db), "PR_FILE_NOT_FOUND_ERROR"],
      [4, cert("add", "mine", ":text.pem", ...db, "--trust", "X"), '"X"'],
      [4, cert("trust", "mine", "CT,C,C,C", ...db), "4 columns"],
      [4, cert("self-sign", "bad", ...db, "--dns", "no name"), '"no name" is not a DNS name'],
      [2, ["csr", "create", ...db, "mine", "--dns", "a.test", "--type", "ec-p256"], "--type"],
    ] as const
  ) assertStringIncludes(await desk.fails(code, ...args), message);
  // What failed has left no key behind
  assertEquals(rows(await desk.ok("cert", "list", "keys", ...db)).length, 1);
  assertEquals(rows(await desk.ok("cert", "list", ...db)).length, 1);
});
