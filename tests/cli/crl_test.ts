// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss crl`, by itself, and with openssl crl and NSS's crlutil. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createCertificate, createCrl, Name } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { run, runOk } from "../support/process.ts";
import { type Desk, deskTest, nssTools, openssl, rows } from "./_desk.ts";

/** A database with an authority, and its certificate in a file. */
async function authority(desk: Desk): Promise<string[]> {
  const db = ["--db", ":db"];
  await desk.database("db");
  await desk.ok("cert", "self-sign", "CA", ...db, "--ca", "--trust", "CT,,");
  await desk.ok("cert", "show", "CA", ...db, "--as-pem", "--out", ":ca.pem");
  return db;
}

const create = ["crl", "create", "--db", ":db", "--issuer", "CA"];

/** What openssl reads in a list. */
async function opensslText(desk: Desk, name: string): Promise<string> {
  const args = ["crl", "-in", desk.path(name), "-noout", "-text", "-CAfile", desk.path("ca.pem")];
  const { stdout, stderr } = await run("openssl", { args });
  assertStringIncludes(stdout + stderr, "verify OK");
  return stdout;
}

deskTest(
  "nss crl create makes lists that openssl reads: reasons, dates, what goes",
  async (desk) => {
    await authority(desk);
    assertEquals(
      await desk.ok(
        ...create,
        ...[
          "--revoke",
          "4b:1d=keyCompromise,2026-02-01,2026-01-15",
          "--revoke",
          "5",
          "--out",
          ":1.crl",
        ],
        ...["--this-update", "2026-02-02", "--next-update", "2026-03-01T12:00:00Z"],
      ),
      `Made list 1 of 2 certificates: ${desk.path("1.crl")}\n`,
    );
    const first = await opensslText(desk, "1.crl");
    for (
      const part of [
        "Last Update: Feb {2}2 00:00:00 2026 GMT",
        "Next Update: Mar  1 12:00:00 2026 GMT",
        /X509v3 CRL Number: *\n +1\n/,
        /Serial Number: 4B1D\n +Revocation Date: Feb {2}1 00:00:00 2026 GMT/,
        "Key Compromise",
        /Invalidity Date: *\n +Jan 15 00:00:00 2026 GMT/,
        /Serial Number: 05\n +Revocation Date: Feb {2}2 00:00:00 2026 GMT/,
      ]
    ) assertMatch(first, typeof part === "string" ? new RegExp(part) : part);
    // One goes, one gets another reason, one comes
    const next = ["--add-to", ":1.crl", "--remove", "5", "--revoke", "0006=superseded"];
    await desk.ok(
      ...create,
      ...next,
      "--revoke",
      "4b1d=cACompromise",
      "--as-der",
      "--out",
      ":2.crl",
    );
    await runOk("openssl", ["crl", "-inform", "DER", "-in", desk.path("2.crl"), "-noout"]);
    const { number, revoked } = await desk.json("crl", "show", ":2.crl");
    assertEquals(number, "2");
    assertEquals(
      revoked.map((
        row: Record<string, string>,
      ) => [row.serialNumber, row.reason, row.invalidityDate]),
      [["06", "superseded", null], ["4b1d", "cACompromise", null]],
    );
  },
  openssl,
);

deskTest("nss crl create revokes certificates of files, of its own issuer only", async (desk) => {
  const db = await authority(desk);
  await desk.ok("cert", "self-sign", "other", ...db, "--dns", "a.test");
  await desk.ok("cert", "show", "other", ...db, "--as-pem", "--out", ":other.pem");
  await desk.ok("csr", "create", ...db, "--dns", "a.test", "--out", ":a.req");
  await desk.ok(
    "csr",
    "issue",
    ":a.req",
    ...db,
    "--issuer",
    "CA",
    "--as-requested",
    "--out",
    ":a.pem",
  );
  await desk.ok(...create, "--revoke-file", `${desk.path("a.pem")}=superseded`, "--out", ":a.crl");
  const { revoked } = await desk.json("crl", "show", ":a.crl");
  const text = await runOk("openssl", ["x509", "-in", desk.path("a.pem"), "-noout", "-serial"]);
  assertEquals(text.trim().toLowerCase(), `serial=${revoked[0].serialNumber}`);
  assertEquals(revoked[0].reason, "superseded");
  assertStringIncludes(
    await desk.fails(2, ...create, "--revoke-file", ":other.pem"),
    '"CN=other" has issued it, not "CN=CA"',
  );
}, openssl);

deskTest("nss crl create limits a list, and keeps its scope in the next one", async (desk) => {
  await authority(desk);
  const scope = ["--only", "users", "--point", "http://ca.test/u.crl"];
  const delta = ["--delta-url", "http://ca.test/d.crl"];
  await desk.ok(...create, ...scope, ...delta, "--number", "7", "--revoke", "09=certificateHold")
    .then((pem) => desk.write("1.crl", pem));
  const text = await opensslText(desk, "1.crl");
  assertMatch(text, /Issuing Distribution Point: critical/);
  assertMatch(text, /Only User Certificates/);
  assertMatch(text, /Freshest CRL/);
  await desk.ok(...create, "--add-to", ":1.crl", "--out", ":2.crl");
  const before = await desk.json("crl", "show", ":1.crl");
  const after = await desk.json("crl", "show", ":2.crl");
  assertEquals([after.scope, after.extensions], [before.scope, before.extensions]);
  assertEquals(after.scope, ["not of authorities", "of URI:http://ca.test/u.crl"]);
  // What has changed since: one is on hold no more, one is revoked
  const changes = ["--delta-of", "7", "--number", "8", "--remove", "09", "--revoke", "0a"];
  await desk.ok(...create, ...scope, ...changes, "--out", ":d.crl");
  assertMatch(await opensslText(desk, "d.crl"), /Delta CRL Indicator: critical\s+7/);
  const { revoked } = await desk.json("crl", "show", ":d.crl");
  assertEquals(revoked.map((row: { reason: string | null }) => row.reason), [
    null,
    "removeFromCRL",
  ]);
}, openssl);

deskTest("nss crl create says in words why a list cannot be made", async (desk) => {
  const db = await authority(desk);
  await desk.ok("cert", "self-sign", "other", ...db, "--ca");
  await desk.ok(...create, "--revoke", "09", "--number", "7", "--out", ":1.crl");
  await desk.ok(...create, "--delta-of", "7", "--number", "8", "--out", ":d.crl");
  const keys = await generateKeyPair();
  const certificate = await createCertificate({ ...keys, subject: "CN=CA", isCa: true });
  const indirect = await createCrl({
    issuer: { certificate, privateKey: keys.privateKey },
    crlNumber: 1,
    thisUpdate: new Date(),
    revoked: [{
      serialNumber: Uint8Array.of(1),
      revocationDate: new Date(),
      certificateIssuer: Name.parse("CN=else"),
    }],
    issuingDistributionPoint: { indirectCrl: true },
  });
  await desk.write("indirect.crl", indirect.toPem());
  for (
    const [code, args, says] of [
      [2, ["--revoke", "xyz"], "hexadecimal"],
      [2, ["--revoke", "00".repeat(21)], "at most 20 bytes"],
      [2, ["--revoke", "09=lost"], "none of unspecified"],
      [2, ["--revoke", "09=superseded,yesterday"], "it is no date"],
      [2, ["--revoke", "09=superseded,2026-02-30"], "it is no date"],
      [2, ["--revoke", "09=superseded,2026-01-01,2026-01-01,x"], "too much"],
      [2, ["--remove", "09"], "nothing to remove from"],
      [2, ["--add-to", ":1.crl", "--remove", "0a"], "it is not on the list"],
      [2, ["--add-to", ":1.crl", "--number", "7"], "must be higher"],
      [2, ["--add-to", ":1.crl", "--delta-of", "7"], "it is a complete list"],
      [2, ["--add-to", ":d.crl"], "give --delta-of 7"],
      [2, ["--add-to", ":indirect.crl"], "other issuers"],
      [2, ["--days", "3", "--next-update", "2026-01-01"], "both"],
      [4, ["--next-update", "2020-01-01"], "nextUpdate is before thisUpdate"],
      [4, ["--revoke", "09", "--revoke", "0009"], "is there twice"],
      [4, ["--scheme", "rsa_pkcs1_sha256"], "SEC_ERROR_INVALID_ALGORITHM"],
    ] as const
  ) assertStringIncludes(await desk.fails(code, ...create, ...args), says);
  const other = ["crl", "create", ...db, "--issuer", "other", "--add-to", ":1.crl"];
  assertStringIncludes(await desk.fails(2, ...other), 'it is that of "CN=CA"');
});

deskTest(
  "nss crl verify tells good lists from those that are old, changed or another's",
  async (desk) => {
    const db = await authority(desk);
    await desk.ok("cert", "self-sign", "other", ...db, "--ca", "--subject", "CN=CA");
    await desk.ok("cert", "show", "other", ...db, "--as-pem", "--out", ":other.pem");
    await desk.ok(...create, "--out", ":1.crl");
    const verify = ["crl", "verify", ":1.crl", "--issuer"];
    assertEquals(await desk.ok(...verify, ":ca.pem"), "good\n");
    assertEquals(await desk.json(...verify, ":ca.pem"), {
      format: 1,
      good: true,
      error: null,
      says: null,
    });
    const late = await desk.run([...verify, ":ca.pem", "--at", "2099-01-01", "--json"]);
    assertEquals([late.code, JSON.parse(late.out).error], [1, "SEC_ERROR_CRL_EXPIRED"]);
    const wrong = await desk.run([...verify, ":other.pem"]);
    assertEquals(wrong.code, 1);
    assertMatch(wrong.out, /^not good: .*\(SEC_ERROR_CRL_BAD_SIGNATURE\)\n$/);
  },
);

deskTest(
  "nss crl shows at most a thousand of a long list, and says how many there are",
  async (desk) => {
    await authority(desk);
    const revoked = (length: number) =>
      Array.from({ length }, (_, i) => ["--revoke", (4096 + i).toString(16)]).flat();
    await desk.ok(...create, ...revoked(1000), "--out", ":1000.crl");
    assert(!(await desk.ok("crl", "show", ":1000.crl")).includes("more"));
    await desk.ok(...create, ...revoked(1001), "--out", ":1001.crl");
    assertMatch(await desk.ok("crl", "show", ":1001.crl"), /\nand 1 more\n$/);
    const json = await desk.json("crl", "show", ":1001.crl");
    assertEquals([json.size, json.revoked.length], [1001, 1000]);
  },
);

deskTest(
  "crlutil reads, and goes by, the lists that nss crl puts into a database",
  async (desk) => {
    const db = await authority(desk);
    const list = () => runOk("crlutil", ["-L", "-d", `sql:${desk.path("db")}`]);
    await desk.ok(...create, "--revoke", "09=superseded", "--out", ":1.crl", "--days", "30");
    const url = ["--url", "http://ca.test/ca.crl"];
    assertEquals(
      await desk.ok("crl", "import", ":1.crl", ...db, ...url),
      'Imported the list of "CN=CA" with 1 certificate\n',
    );
    assertEquals(
      await desk.ok("crl", "import", ":1.crl", ...db),
      'The list of "CN=CA" is there already\n',
    );
    assertMatch(await list(), /^CA +CRL/m);
    const theirs = await runOk("crlutil", ["-L", "-n", "CA", "-d", `sql:${desk.path("db")}`]);
    assertMatch(theirs, /Serial Number: 9 \(0x9\)/);
    const { crls } = await desk.json("crl", "list", ...db);
    assertEquals(
      crls.map((one: Record<string, unknown>) => [one.nickname, one.issuer, one.size, one.url]),
      [["CA", "CN=CA", 1, "http://ca.test/ca.crl"]],
    );
    await desk.ok("crl", "export", "CA", ...db, "--out", ":out.crl");
    assertEquals(await desk.read("out.crl"), await desk.read("1.crl"));
    // An older one does not replace it
    await desk.ok(...create, "--this-update", "2026-01-01", "--days", "3650", "--out", ":0.crl");
    assertStringIncludes(
      await desk.fails(4, "crl", "import", ":0.crl", ...db),
      "SEC_ERROR_OLD_CRL",
    );
    assertEquals(await desk.ok("crl", "delete", "CA", ...db), 'Deleted the list of "CN=CA"\n');
    assert(!/CA +CRL/.test(await list()));
    assertStringIncludes(
      await desk.fails(4, "crl", "delete", "CA", ...db),
      "SEC_ERROR_CRL_NOT_FOUND",
    );
    assertStringIncludes(await desk.fails(2, "crl", "delete", ...db), "--all");
  },
  nssTools,
);

deskTest("nss crl reads the lists that crlutil makes and imports", async (desk) => {
  const db = await authority(desk);
  const theirs = (...args: readonly string[]) =>
    runOk("crlutil", [...args, "-d", `sql:${desk.path("db")}`]);
  const configuration = await desk.write(
    "conf",
    "update=20260101000000Z\nnextupdate=20991231000000Z\naddcert 5 20260101000000Z\n",
  );
  await theirs("-G", "-n", "CA", "-c", configuration, "-o", desk.path("g.crl"));
  const shown = await desk.json("crl", "show", ":g.crl");
  assertEquals(shown.revoked.map((row: Record<string, string>) => [row.serialNumber, row.reason]), [
    ["05", null],
  ]);
  // It has no number, which RFC 5280 demands
  const verified = await desk.run(["crl", "verify", ":g.crl", "--issuer", ":ca.pem"]);
  assertStringIncludes(verified.out, "it has no number");
  assertEquals((await desk.json("crl", "list", ...db)).crls.length, 1); // -G stores it, too
  await theirs("-D", "-n", "CA");
  await theirs("-I", "-i", desk.path("g.crl"), "-u", "http://x.test/");
  assertMatch(
    await desk.ok("crl", "list", ...db),
    /^CA\t2026-01-01\t2099-12-31\t1\thttp:\/\/x\.test\//m,
  );
  // With the next one of ours, which crlutil changes
  await desk.ok(...create, "--add-to", ":g.crl", "--revoke", "06", "--as-der", "--out", ":n.crl");
  await desk.ok("crl", "import", ":n.crl", ...db);
  assertEquals((await desk.json("crl", "list", ...db)).crls[0].number, "1");
  // crlutil 3.87 writes numbers as BIT STRING, reasons as OCTET STRING, which RFC 5280 forbids
  await desk.ok("crl", "delete", "CA", ...db);
  await desk.write("conf", "update=20260101000000Z\naddext crlNumber 0 3\n");
  await theirs("-G", "-n", "CA", "-c", configuration);
  assertMatch(await desk.ok("crl", "list", ...db), /^CA\tunreadable\t-\t-\t-\tCN=CA$/m);
  assertStringIncludes(await desk.fails(4, "crl", "export", "CA", ...db), "unreadable");
  assertStringIncludes(await desk.fails(4, "verify", "CA", ...db), "nss crl delete");
  await desk.ok("crl", "delete", "--all", ...db);
  assertEquals(rows(await desk.ok("crl", "list", ...db)), []);
}, nssTools);

deskTest(
  "nss crl import demands the authority's signature; nss verify goes by the lists of --db",
  async (desk) => {
    const db = await authority(desk);
    await desk.ok("csr", "create", ...db, "--dns", "a.test", "--name", "a", "--out", ":a.req");
    await desk.ok(
      "csr",
      "issue",
      ":a.req",
      ...db,
      "--issuer",
      "CA",
      "--as-requested",
      "--name",
      "a",
    );
    await desk.ok("cert", "show", "a", ...db, "--as-pem", "--out", ":a.pem");
    assertStringIncludes(await desk.ok("verify", "a", ...db), "is good for sslClient");
    await desk.ok(...create, "--revoke-file", ":a.pem", "--out", ":1.crl");
    await desk.database("empty");
    const foreign = ["crl", "import", ":1.crl", "--db", ":empty"];
    assertStringIncludes(await desk.fails(4, ...foreign), "SEC_ERROR_UNKNOWN_ISSUER");
    await desk.ok(...foreign, "--unchecked");
    assertEquals((await desk.json("crl", "list", "--db", ":empty")).crls[0].nickname, null);
    await desk.database("forged");
    await desk.ok("cert", "self-sign", "CA", "--db", ":forged", "--ca");
    assertStringIncludes(
      await desk.fails(4, "crl", "import", ":1.crl", "--db", ":forged"),
      "SEC_ERROR_CRL_BAD_SIGNATURE",
    );
    assertStringIncludes(await desk.fails(2, "crl", "list", "--pem", ":ca.pem"), "--db");
    await desk.ok("crl", "import", ":1.crl", ...db);
    const revoked = await desk.run(["verify", "a", ...db]);
    assertEquals(revoked.code, 1);
    assertStringIncludes(revoked.out, "SEC_ERROR_REVOKED_CERTIFICATE");
  },
);
