// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss p12`, with openssl pkcs12 and NSS's pk12util at the same files. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { run, runOk } from "../support/process.ts";
import { type Desk, deskTest, nssTools, openssl, rows } from "./_desk.ts";

/** Few, so that the tests are fast. */
const FEW = ["--iterations", "10000"];
const FILE = ["--file-password-file", ":password"];
const soak = Deno.env.get("NSS_SOAK") === "1";

/** A database with an authority, and a server's certificate that it has issued, with its key. */
async function identity(desk: Desk, name = "db"): Promise<string[]> {
  const db = ["--db", `:${name}`];
  await desk.database(name);
  await desk.ok("cert", "self-sign", "CA", ...db, "--ca");
  await desk.ok("csr", "create", ...db, "--dns", "a.test", "--name", "me", "--out", ":me.req");
  await desk.ok(
    "csr",
    "issue",
    ":me.req",
    ...db,
    "--issuer",
    "CA",
    "--as-requested",
    "--name",
    "me",
  );
  return db;
}

async function opensslInfo(desk: Desk, file: string): Promise<string> {
  const password = ["-passin", `file:${desk.path("password")}`];
  const args = ["pkcs12", "-in", desk.path(file), "-info", "-nodes", "-legacy", ...password];
  const { code, stdout, stderr } = await run("openssl", { args });
  assertEquals(code, 0, stderr);
  return stdout + stderr;
}

deskTest(
  "nss p12 export writes keys of a database as openssl and pk12util read them",
  async (desk) => {
    const db = await identity(desk);
    const exported = async (file: string, ...options: readonly string[]) => {
      const line = ["p12", "export", "me", ...db, ...FILE, ...options, "--out", `:${file}`];
      const { code, out, err } = await desk.run(line);
      assertEquals(
        [code, out],
        [0, `Exported 2 certificates and the key to ${desk.path(file)}\n`],
        err,
      );
      return err;
    };
    assertEquals(await exported("aes.p12", ...FEW), "");
    const aes = await opensslInfo(desk, "aes.p12");
    assertMatch(aes, /MAC: sha256, Iteration 10000/);
    assertMatch(aes, /PBES2, PBKDF2, AES-256-CBC, Iteration 10000, PRF hmacWithSHA256/);
    assertMatch(aes, /BEGIN PRIVATE KEY/);
    assertEquals(aes.match(/BEGIN CERTIFICATE/g)?.length, 2);
    const warning = await exported("old.p12", "--encryption", "weak-3des-sha1");
    assertMatch(warning, /^Warning: 3DES and SHA-1 protect little/);
    assertMatch(await opensslInfo(desk, "old.p12"), /pbeWithSHA1And3-KeyTripleDES-CBC/);
    for (const file of ["aes.p12", "old.p12"]) {
      const listed = await runOk("pk12util", ["-l", desk.path(file), "-w", desk.path("password")]);
      assertMatch(listed, /Certificate\(has private key\)/);
    }
    assertEquals((await Deno.stat(desk.path("aes.p12"))).mode! & 0o777, 0o600);
  },
  openssl,
  nssTools,
);

deskTest(
  "nss p12 list shows what is in files of each program, and how they are protected",
  async (desk) => {
    const db = await identity(desk);
    const list = (file: string) => desk.json("p12", "list", `:${file}`, ...FILE);
    const content = ({ keys, certificates }: Awaited<ReturnType<typeof list>>) => [
      keys.map(({ name, kind }: Record<string, string>) => [name, kind]),
      certificates.map(({ subject }: Record<string, string>) => subject),
    ];
    const all = [[["me", "ec P-256"]], ["DNS:a.test", "CN=CA"]];
    for (
      const [encryption, options, mac, isWeak] of [
        ["aes-256", FEW, "sha256", false],
        ["aes-256-pbmac1", FEW, "pbkdf2, hmacWithSHA256, hmacWithSHA256", false],
        ["aes-256", ["--iterations", "9999"], "sha256", true],
        ["weak-3des-sha1", [], "sha1", true],
      ] as const
    ) {
      const file = `${encryption}${options[1] ?? ""}.p12`; // as aes-25610000.p12
      const line = ["p12", "export", "me", ...db, ...FILE, "--out", `:${file}`];
      await desk.run([...line, "--encryption", encryption, ...options]);
      const json = await list(file);
      assertEquals(content(json), all);
      assertEquals([json.mac.name, json.mac.isWeak], [mac, isWeak]);
      assertEquals(json.encryption.length, 2);
      for (const part of json.encryption) assertEquals(part.isWeak, isWeak);
    }
    // GnuTLS writes PEM; a file without a MAC is taken where that is said
    const der = await Deno.readFile(desk.path("aes-25610000.p12"));
    const base64 = der.toBase64().replaceAll(/(.{64})/g, "$1\n");
    await desk.write("p12.pem", `-----BEGIN PKCS12-----\n${base64}\n-----END PKCS12-----\n`);
    assertEquals(content(await list("p12.pem")), all);
    const text = await desk.ok("p12", "list", ":weak-3des-sha1.p12", ...FILE);
    assertStringIncludes(
      text.replaceAll(/\s+/g, " "),
      "weak: a guess of the password costs little",
    );
    assertMatch(text, /^key\tme\tec P-256\tDNS:a\.test$/m);
  },
  nssTools,
);

deskTest(
  "nss p12 import takes files of openssl and pk12util, and what is imported works",
  async (desk) => {
    const db = await identity(desk);
    // pk12util's has 600,000 iterations, which take seconds; tests/interop/pkcs12_test.ts has one
    if (soak) {
      const pk12util = ["-o", desk.path("nss.p12"), "-n", "me", "-d", `sql:${desk.path("db")}`];
      const files = ["-w", desk.path("password"), "-k", desk.path("password")];
      await runOk("pk12util", [...pk12util, ...files]);
    } else {
      await desk.ok("p12", "export", "me", ...db, ...FILE, ...FEW, "--out", ":nss.p12");
    }
    await runOk("openssl", [
      ...["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=rsa"],
      ...["-keyout", desk.path("rsa.key"), "-out", desk.path("rsa.pem")],
    ]);
    const pkcs12 = [
      "pkcs12",
      "-export",
      "-in",
      desk.path("rsa.pem"),
      "-inkey",
      desk.path("rsa.key"),
    ];
    const password = ["-passout", `file:${desk.path("password")}`];
    await runOk("openssl", [...pkcs12, ...password, "-name", "ours", "-out", desk.path("rsa.p12")]);
    await runOk("openssl", [...pkcs12, ...password, "-nomac", "-out", desk.path("nomac.p12")]);
    await desk.database("next");
    const next = ["--db", ":next"];
    await desk.ok("p12", "import", ":nss.p12", ...next, ...FILE, "--trust", "CT,,");
    await desk.ok("p12", "import", ":rsa.p12", ...next, ...FILE);
    assertEquals(
      rows(await desk.ok("cert", "list", ...next)).map(([name, trust]) => [name, trust]),
      [
        ["CA", "CT,,"],
        ["me", "u,u,u"],
        ["ours", "u,u,u"],
      ],
    );
    const valid = await desk.certutil("next", "-V", "-u", "V", "-n", "me");
    assertEquals(valid.trim(), "certutil: certificate is valid");
    assertMatch(await desk.certutil("next", "-K"), /ours/);
    const nomac = ["p12", "import", ":nomac.p12", ...next, ...FILE];
    assertStringIncludes(await desk.fails(4, ...nomac), "no MAC");
    await desk.ok(...nomac, "--without-mac", "--name", "again");
    assertStringIncludes(
      await desk.ok("p12", "list", ":nomac.p12", ...FILE, "--without-mac"),
      "anybody",
    );
  },
  openssl,
  nssTools,
);

deskTest("nss p12 keeps in what must stay, and says in words what cannot be read", async (desk) => {
  const db = await identity(desk);
  await desk.certutil(
    "db",
    ...["-S", "-n", "stays", "-s", "CN=stays", "-x", "-t", ",,", "-k", "rsa", "-m", "9"],
    ...["--keyAttrFlags", "token,private,sensitive,unextractable"],
  );
  const stays = ["p12", "export", "stays", ...db, ...FILE];
  assertStringIncludes(
    await desk.fails(4, ...stays, "--out", ":x.p12"),
    "it is marked as not extractable (SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY)",
  );
  await desk.ok(...stays, ...FEW, "--no-key", "--out", ":certs.p12");
  assertEquals((await desk.json("p12", "list", ":certs.p12", ...FILE)).keys, []);
  await desk.ok("p12", "export", "me", ...db, ...FILE, ...FEW, "--out", ":me.p12");
  await desk.write("wrong", "wrong\n");
  const wrong = ["--file-password-file", ":wrong"];
  for (
    const [code, args, says] of [
      [4, ["p12", "list", ":me.p12", ...wrong], "SEC_ERROR_PKCS12_INVALID_MAC"],
      [4, ["p12", "list", ":password", ...FILE], "SEC_ERROR_PKCS12_DECODING_PFX"],
      [4, ["p12", "export", "me", ...db, ...FILE, "--out", ":me.p12"], "it is there already"],
      [2, ["p12", "export", "me", ...db, ...FILE], "--out FILE"],
      [
        2,
        ["p12", "export", "me", ...db, "--out", ":y", "--encryption", "aes"],
        "did you mean aes-256",
      ],
      [2, ["p12", "export", "me", ...db, "--out", ":y", "--format", "pem", ...FEW], "of PKCS#12"],
      [
        4,
        ["p12", "export", "me", ...db, ...FILE, "--out", ":y", "--iterations", "0"],
        "iterations",
      ],
    ] as const
  ) assertStringIncludes(await desk.fails(code, ...args), says);
  assertEquals((await desk.names()).filter((name) => /^[xy]/.test(name)), []);
}, nssTools);
