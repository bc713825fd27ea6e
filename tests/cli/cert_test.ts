// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss cert` and `nss csr` by themselves: what they make, change and show. @module */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseCertificatesPem } from "@nss/nss/cert";
import { runOk } from "../support/process.ts";
import { deskTest, openssl, rows } from "./_desk.ts";

deskTest("nss cert makes an authority and a server's certificate from nothing", async (desk) => {
  const password = ["--password-file", ":password"];
  const db = ["--db", ":db", ...password];
  await desk.ok("cert", "create", ...db, "--new-password-file", ":password");
  const mode = (name: string): number => Deno.statSync(desk.path(name)).mode! & 0o777;
  assertEquals([mode("db"), mode("db/key4.db"), mode("db/cert9.db")], [0o700, 0o600, 0o600]);
  const authority = ["--ca", "--path-length", "0", "--trust", "CT,C,C"];
  await desk.ok("cert", "self-sign", "My CA", ...db, ...authority);
  const names = ["--dns", "example.com,www.example.com", "--ip", "::1", "--type", "ec-p384"];
  await desk.ok("csr", "create", ...db, ...names, "--name", "www", "--out", ":www.req");
  const issue = ["csr", "issue", ":www.req", ...db, "--issuer", "My CA", "--as-requested"];
  assertEquals(await desk.ok(...issue, "--name", "www", "--days", "9"), 'Stored "www"\n');

  const listed = rows(await desk.ok("cert", "list", "--db", ":db"));
  assertEquals(listed.map(([name, trust, , subject]) => [name, trust, subject]), [
    ["My CA", "CTu,Cu,Cu", "CN=My CA"],
    ["www", "u,u,u", "DNS:example.com"],
  ]);
  const keys = rows(await desk.ok("cert", "list", "keys", "--db", ":db"));
  assertEquals(keys.map((row) => row.slice(1)).sort(), [
    ["ec P-256", "My CA", "My CA"],
    ["ec P-384", "www", "www"],
  ]);
  const verify = ["verify", "www", "--db", ":db", "--usage", "sslServer"];
  const verified = await desk.ok(...verify, "--hostname", "www.example.com");
  for (
    const line of [
      '"www" of "NSS Certificate DB" is good for sslServer',
      'leads to the trusted "My CA"',
      'has the name "www.example.com"',
    ]
  ) assertStringIncludes(verified, line);

  const text = await desk.ok("cert", "show", "www", "--db", ":db");
  for (const part of ["Nickname: www", "Private key: yes", "DNS:www.example.com", "IP Address:"]) {
    assertStringIncludes(text, part);
  }
  const [certificate] = parseCertificatesPem(
    await desk.ok("cert", "show", "www", "--as-pem", "--db", ":db"),
  );
  const days = (certificate!.notAfter.getTime() - Date.now()) / 86_400_000;
  assert(8 < days && days < 10, String(days));
  const fingerprint = (await certificate!.fingerprint()).toHex();
  assertEquals(await desk.ok("cert", "show", fingerprint, "--db", ":db"), text);
  assertEquals(
    await desk.ok("cert", "chain", "www", "--db", ":db"),
    "My CA: CN=My CA\n  www: DNS:example.com\n",
  );
});

deskTest(
  "nss cert --json has what the text has, and all members that are declared",
  async (desk) => {
    const db = ["--db", ":db"];
    await desk.database("db");
    await desk.ok("cert", "self-sign", "CA", ...db, "--ca", "--trust", "C,,");
    await desk.ok("cert", "issue", "www", ...db, "--issuer", "CA", "--dns", "a.test");
    const { format, certificates, keys } = await desk.json("cert", "list", ...db);
    assertEquals([format, keys], [1, null]);
    assertEquals(
      certificates.map((one: Record<string, unknown>) => [
        ...[one.nickname, one.trust, one.hasKey, one.subject, one.subjectAltName, one.isCa],
      ]),
      [
        ["CA", "Cu,u,u", true, "CN=CA", [], true],
        ["www", "u,u,u", true, "CN=www", ["DNS:a.test"], false],
      ],
    );
    const list = await desk.json("cert", "list", "keys", ...db);
    assertEquals(list.certificates, null);
    assertEquals(
      list.keys.map((key: Record<string, unknown>) => [key.kind, key.name, key.nicknames]).sort(),
      [["ec P-256", "CA", ["CA"]], ["ec P-256", "www", ["www"]]],
    );
    const { certificate } = await desk.json("cert", "show", "www", ...db);
    assertEquals(certificate, certificates[1]);
    const chain = await desk.json("cert", "chain", "www", ...db);
    assertEquals(chain.certificates, [certificates[1], certificates[0]]);
    await desk.ok(
      "csr",
      "create",
      ...db,
      "--dns",
      "b.test",
      "--subject",
      "CN=b",
      "--out",
      ":b.req",
    );
    assertEquals(await desk.json("csr", "show", ":b.req"), {
      format: 1,
      subject: "CN=b",
      names: ["DNS:b.test"],
      key: "ec P-256",
      extensions: [{ oid: "2.5.29.17", name: "subjectAltName", critical: false }],
      good: true,
      error: null,
    });
  },
);

deskTest(
  "nss cert issue puts what is asked for into a certificate, as openssl reads it",
  async (desk) => {
    const db = ["--db", ":db"];
    await desk.database("db");
    const limits = ["--permit", "dns:a.test,ip:10.1.0.0/12", "--exclude", "dns:x.a.test,dn:O=Evil"];
    await desk.ok("cert", "self-sign", "CA", ...db, "--ca", ...limits, "--trust", "CT,,");
    await desk.write("nonsense.der", Uint8Array.of(0x0c, 0x02, 0x68, 0x69));
    await desk.ok(
      ...[
        "cert",
        "issue",
        "www",
        ...db,
        "--issuer",
        "CA",
        "--dns",
        "www.a.test",
        "--serial",
        "4b:1d",
      ],
      ...["--not-before", "2026-01-02", "--not-after", "2099-12-31T23:59:59Z", "--subject", "O=A"],
      ...[
        "--uri",
        "spiffe://a.test/w",
        "--for",
        "serverAuth,1.2.3.4",
        "--key-usage",
        "keyAgreement",
      ],
      ...[
        "--crl-url",
        "http://c.test/1.crl",
        "--ocsp-url",
        "http://o.test/",
        "--policy",
        "2.23.140.1.2.1",
      ],
      ...[
        "--issuer-url",
        "http://i.test/ca.der",
        "--extension",
        `1.2.3:critical=${desk.path("nonsense.der")}`,
      ],
      ...["--scheme", "ecdsa_secp256r1_sha256", "--out", ":www.pem"],
    );
    await desk.ok("cert", "show", "CA", ...db, "--as-der", "--out", ":ca.der");
    const show = (...args: readonly string[]) =>
      runOk("openssl", ["x509", "-noout", "-text", ...desk.args(args)]);
    const text = await show("-in", ":www.pem");
    for (
      const part of [
        /Serial Number: 19229 \(0x4b1d\)/,
        /Signature Algorithm: ecdsa-with-SHA256/,
        /Not Before: Jan +2 00:00:00 2026 GMT/,
        /Not After : Dec 31 23:59:59 2099 GMT/,
        /Subject: O = A/,
        /DNS:www\.a\.test, URI:spiffe:\/\/a\.test\/w/,
        /TLS Web Server Authentication, 1\.2\.3\.4/,
        /Key Usage: critical\s+Key Agreement\n/,
        /URI:http:\/\/c\.test\/1\.crl/,
        /OCSP - URI:http:\/\/o\.test\//,
        /CA Issuers - URI:http:\/\/i\.test\/ca\.der/,
        /Policy: 2\.23\.140\.1\.2\.1/,
        /1\.2\.3: critical\s+\.\.hi/,
      ]
    ) assertMatch(text, part);
    const authority = await show("-inform", "DER", "-in", ":ca.der");
    for (
      const part of [
        /Permitted:\s+DNS:a\.test\s+IP:10\.0\.0\.0\/255\.240\.0\.0/,
        /Excluded:\s+DNS:x\.a\.test\s+DirName: ?O = Evil/,
      ]
    ) assertMatch(authority, part);
  },
  openssl,
);

deskTest("nss cert verify says all that is wrong, and exits with 1", async (desk) => {
  const db = ["--db", ":db"];
  await desk.database("db");
  await desk.ok("cert", "self-sign", "me", ...db, "--for", "clientAuth", "--dns", "me.test");
  const wrong = await desk.run(
    ["verify", "me", ...db, "--usage", "sslServer", "--hostname", "x.test"],
  );
  assertEquals(wrong.code, 1);
  for (
    const line of [
      "is not good for sslServer",
      "SEC_ERROR_INADEQUATE_CERT_TYPE",
      "SEC_ERROR_UNKNOWN_ISSUER",
      "SSL_ERROR_BAD_CERT_DOMAIN",
      'the certificate is for DNS:me.test, not for "x.test"',
    ]
  ) assertStringIncludes(wrong.out.replaceAll(/\s+/g, " "), line);
  // A file of authorities counts for this once
  await desk.ok("cert", "show", "me", ...db, "--as-pem", "--out", ":me.pem");
  const anchored = ["verify", "me", ...db, "--usage", "sslClient", "--ca", ":me.pem"];
  assertStringIncludes(await desk.ok(...anchored), "good for sslClient");
  await desk.ok("cert", "trust", "me", "P,,", ...db);
  assertMatch(await desk.ok("verify", "me", ...db), /is good for sslClient/);
  await desk.ok("cert", "trust", "me", "p,p,p", ...db);
  const distrusted = await desk.run(["verify", "me", ...db]);
  assertEquals(distrusted.code, 1);
  assertMatch(
    distrusted.out.replaceAll(/\s+/g, " "),
    /distrusted in "NSS Certificate DB" \(SEC_ERROR_UNTRUSTED_CERT\)/,
  );
});

deskTest("nss cert renames, deletes, and changes the password", async (desk) => {
  const db = ["--db", ":db"];
  const pw = ["--password-file", ":password"];
  await desk.database("db");
  await desk.ok("cert", "self-sign", "one", ...db);
  const id = (await desk.ok("cert", "generate-key", "spare", ...db, "--type", "rsa-2048")).trim();
  assertMatch(id, /^[0-9a-f]{40}$/);
  assertEquals(await desk.ok("cert", "rename", "one", "two", ...db), 'Renamed "one" to "two"\n');
  await desk.write("empty", "\n");
  const next = ["--new-password-file", ":password"];
  assertEquals(await desk.ok("cert", "password", ...db, ...next), "Changed the password\n");
  await desk.write("wrong", "wrong\n");
  const wrong = ["cert", "generate-key", ...db, "--password-file", ":wrong"];
  assertMatch(await desk.fails(4, ...wrong), /^Cannot .*password.* \(SEC_ERROR_BAD_PASSWORD\)\n$/);
  assertEquals(await desk.ok("cert", "delete-key", id, ...db, ...pw), `Deleted key ${id}\n`);
  assertEquals(
    await desk.ok("cert", "delete", "two", "--with-key", ...db, ...pw),
    'Deleted "CN=one" and its private key\n',
  );
  assertEquals(rows(await desk.ok("cert", "list", ...db)), []);
  assertEquals(rows(await desk.ok("cert", "list", "keys", ...db)), []);
  await desk.ok("cert", "password", ...db, ...pw, "--new-password-file", ":empty");
  await desk.ok("cert", "generate-key", ...db);
});

deskTest("nss cert keeps what is in names off the terminal, in text and in JSON", async (desk) => {
  const db = ["--db", ":db"];
  await desk.database("db");
  const evil = "a\u001b[2J\u202eb\u009b31m";
  const long = "x".repeat(30_000);
  await desk.ok("cert", "self-sign", evil, ...db);
  await desk.ok("cert", "self-sign", "long", ...db, "--subject", `CN=${long}`);
  for (
    const args of [
      ["cert", "list"],
      ["cert", "list", "--json"],
      ["cert", "list", "keys"],
      ["cert", "show", evil],
      ["cert", "show", evil, "--json"],
      ["cert", "chain", evil],
      ["cert", "chain", evil, "--json"],
      ["verify", evil],
      ["cert", "show", "\u001b[0m"],
    ]
  ) {
    const { out, err } = await desk.run([...args, ...db]);
    // deno-lint-ignore no-control-regex
    assert(!/[\u001b\u202e\u009b]/.test(out + err), args.join(" "));
  }
  const { certificates } = await desk.json("cert", "list", ...db);
  assertEquals(certificates[0].nickname, evil); // the data are the same
  assertEquals(certificates[1].subject, `CN=${long}`);
  assertStringIncludes(await desk.ok("cert", "list", ...db), "... (30003 characters)");
});

deskTest("nss cert keeps keys in Deno KV", async (desk) => {
  const kv = ["--kv", ":keys.kv", "--password-file", ":password"];
  await desk.ok("cert", "create", ...kv, "--new-password-file", ":password");
  const authority = ["--ca", "--trust", "CT,,", "--type", "ed25519"];
  await desk.ok("cert", "self-sign", "CA", ...kv, ...authority);
  const listed = rows(await desk.ok("cert", "list", ...kv));
  assertEquals(listed.map((row) => row.slice(0, 2)), [["CA", "CTu,u,u"]]);
});

deskTest(
  "nss cert merge takes over keys, certificates, trust and lists, and changes nothing else",
  async (desk) => {
    await desk.database("old", "Secret-Pw1");
    const old = ["--db", ":old", "--password-file", ":password"];
    await desk.ok("cert", "self-sign", "CA", ...old, "--ca", "--trust", "CT,,");
    await desk.ok("cert", "issue", "www", ...old, "--issuer", "CA", "--dns", "old.test");
    await desk.ok("crl", "create", ...old, "--issuer", "CA", "--revoke", "09", "--out", ":ca.crl");
    await desk.ok("crl", "import", ":ca.crl", ...old, "--url", "http://c.test/");
    await desk.database("db");
    const db = ["--db", ":db"];
    await desk.ok("cert", "show", "CA", ...old, "--as-pem", "--out", ":ca.pem");
    await desk.ok("cert", "add", "mine", ":ca.pem", ...db, "--trust", "p,p,p");
    await desk.ok("cert", "self-sign", "www", ...db, "--dns", "new.test", "--subject", "CN=other");
    const merge = ["cert", "merge", ":old", ...db, "--source-password-file", ":password"];
    const says = `Merged ${desk.path("old")}`;
    assertEquals(await desk.ok(...merge), `${says}: 2 keys, 1 certificate, 0 trusts, 1 list\n`);
    const all = rows(await desk.ok("cert", "list", ...db)).map((row) =>
      row.filter((_, i) => i !== 2)
    );
    assertEquals(all, [
      ["mine", "pu,pu,pu", "CN=CA"],
      ["www", "u,u,u", "CN=other"],
      ["www #2", "u,u,u", "CN=www"],
    ]);
    assertEquals((await desk.json("crl", "list", ...db)).crls[0].url, "http://c.test/");
    assertEquals(await desk.ok(...merge), `${says}: 0 keys, 0 certificates, 0 trusts, 0 lists\n`);
    // It signs
    await desk.ok("csr", "create", "www #2", ...db, "--dns", "a.test", "--out", ":a.req");
  },
);

deskTest(
  "nss cert show prints what is in a file: PEM or DER, one certificate or several",
  async (desk) => {
    const db = ["--db", ":db"];
    await desk.database("db");
    await desk.ok("cert", "self-sign", "CA", ...db, "--ca", "--trust", "C,,");
    await desk.ok("cert", "self-sign", "www", ...db, "--dns", "a.test");
    const pem = await desk.ok("cert", "show", "CA", ...db, "--as-pem");
    const other = await desk.ok("cert", "show", "www", ...db, "--as-pem");
    await desk.write("two.pem", pem + other);
    await desk.ok("cert", "show", "CA", ...db, "--as-der", "--out", ":ca.der");
    const text = await desk.ok("cert", "show", ":two.pem");
    assertEquals(text.match(/^ *Subject: .*$/gm)?.map((line) => line.trim()), [
      "Subject: CN=CA",
      "Subject: CN=www",
    ]);
    assert(!/Nickname|Trust|Private key/.test(text), text); // a file has none
    assertEquals(await desk.ok("cert", "show", ":two.pem", "--as-pem"), pem + other);
    const { certificate, others } = await desk.json("cert", "show", ":two.pem");
    assertEquals([certificate.subject, others[0].subject, others.length], ["CN=CA", "CN=www", 1]);
    assertEquals(certificate.nickname, null);
    assertEquals(await desk.ok("cert", "show", ":ca.der", "--as-pem"), pem);
    const several = await desk.fails(2, "cert", "show", ":two.pem", "--as-der");
    assertStringIncludes(several, "Cannot write 2 certificates as DER: --as-pem writes all");
    const token = await desk.fails(2, "cert", "show", ":two.pem", "--token", "Card");
    assertStringIncludes(token, "say which token by --db, --module, --kv or --pem");
    const nowhere = await desk.fails(2, "cert", "show", "www");
    assertStringIncludes(nowhere, "no such file; for a certificate in a store, say which by --db");
  },
);
