// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Files that are something else than they are taken for: what they are is said. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { whatIs } from "../../cli/base/what_file.ts";
import { Prng } from "../support/prng.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { type Desk, deskTest, openssl } from "./_desk.ts";

const keytool = await programVersion("keytool", ["-help"], /Key and Certificate/);
const sshKeygen = await programVersion("ssh-keygen", ["-?"], /usage: ssh-keygen/);

/** The commands that read a file, each with what they want. */
const READERS: Readonly<Record<string, readonly string[]>> = {
  certificate: ["verify", "FILE"],
  "certificate of --ca": ["verify", ":good.pem", "--ca", "FILE"],
  "certificate to add": ["cert", "add", "x", "FILE", "--db", ":db"],
  "certificate of --pem": ["cert", "list", "--pem", "FILE"],
  crl: ["crl", "show", "FILE"],
  "crl of --crl": ["verify", ":good.pem", "--ca", ":good.pem", "--crl", "FILE"],
  "crl to import": ["crl", "import", "FILE", "--db", ":db"],
  request: ["csr", "show", "FILE"],
  pkcs12: ["p12", "list", "FILE", "--file-password-file", ":password"],
  "pkcs12 to import": [
    ...["p12", "import", "FILE", "--db", ":db", "--file-password-file", ":password"],
  ],
};

/** Files of each kind, with what is to be said of them. */
async function makeFiles(desk: Desk): Promise<[name: string, kind: string, says: string][]> {
  const db = ["--db", ":db"];
  await desk.database("db");
  await desk.ok("cert", "self-sign", "good", ...db, "--ca", "--trust", "CT,,");
  await desk.ok("cert", "show", "good", ...db, "--as-pem", "--out", ":good.pem");
  await desk.ok("cert", "show", "good", ...db, "--as-der", "--out", ":good.der");
  await desk.ok("crl", "create", ...db, "--issuer", "good", "--out", ":list.pem");
  await desk.ok("crl", "create", ...db, "--issuer", "good", "--as-der", "--out", ":list.der");
  await desk.ok("csr", "create", "good", ...db, "--dns", "a.test", "--out", ":ask.pem");
  await desk.ok("csr", "create", "good", ...db, "--dns", "a.test", "--as-der", "--out", ":ask.der");
  const p12 = ["p12", "export", "good", ...db, "--file-password-file", ":password"];
  await desk.ok(...p12, "--iterations", "1000", "--out", ":all.p12");
  const genpkey = ["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"];
  const files = (...args: readonly string[]) => runOk("openssl", desk.args(args));
  await files(...genpkey, "-out", ":key.pem");
  await files(
    "pkcs8",
    "-topk8",
    "-nocrypt",
    "-in",
    ":key.pem",
    "-outform",
    "DER",
    "-out",
    ":key.der",
  );
  await files("pkey", "-in", ":key.pem", "-pubout", "-out", ":pub.pem");
  await files("pkey", "-in", ":key.pem", "-pubout", "-outform", "DER", "-out", ":pub.der");
  await files("ec", "-in", ":key.pem", "-outform", "DER", "-out", ":ec.der");
  await files("ecparam", "-name", "prime256v1", "-out", ":param.pem");
  const base64 = (await Deno.readFile(desk.path("good.der"))).toBase64();
  const text: Readonly<Record<string, string>> = {
    "empty": "",
    "white": " \n\n",
    "note.txt": "the certificate is on the other server\n",
    "page.html": "<!DOCTYPE html>\n<html><body>404 Not Found</body></html>\n",
    "doc.pdf": "%PDF-1.7\n%\u00e2\u00e3",
    "data.json": '{"certificate": "..."}',
    "pgp.asc":
      "-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmQENB\n-----END PGP PUBLIC KEY BLOCK-----\n",
    "id.pub": `ssh-ed25519 ${"A".repeat(68)} me@here\n`,
    "bare.b64": `${base64}\n`,
    "cut.pem": (await desk.read("good.pem")).slice(0, 200),
  };
  for (const [name, content] of Object.entries(text)) await desk.write(name, content);
  await desk.write("utf16.pem", new Uint8Array([0xff, 0xfe, 0x2d, 0x00, 0x2d, 0x00]));
  await desk.write("all.zip", new Uint8Array([0x50, 0x4b, 0x03, 0x04, 20, 0, 0, 0]));
  await desk.write("all.gz", new Uint8Array([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]));
  await desk.write("noise.bin", new Prng(7).bytes(512));
  return [
    ["good.pem", "certificate", "a certificate (PEM, CERTIFICATE); nss cert show"],
    ["good.der", "certificate", "a certificate (DER); nss cert show"],
    ["list.pem", "crl", "a revocation list (PEM, X509 CRL); nss crl show"],
    ["list.der", "crl", "a revocation list (DER); nss crl show"],
    ["ask.pem", "request", "a request for a certificate (PEM, CERTIFICATE REQUEST); nss csr show"],
    ["ask.der", "request", "a request for a certificate (DER); nss csr show"],
    ["all.p12", "pkcs12", "a PKCS#12 file (DER); nss p12 list"],
    ["key.pem", "key", "a private key (PEM, PRIVATE KEY)"],
    ["key.der", "key", "a private key (DER, PKCS#8)"],
    ["ec.der", "key", "a private key (DER)"],
    ["pub.pem", "", "PEM of PUBLIC KEY"],
    ["pub.der", "", "a public key (DER)"],
    ["param.pem", "", "PEM of EC PARAMETERS"],
    ["empty", "", "it is empty"],
    ["white", "", "it is white space"],
    ["note.txt", "", "it is plain text; PEM begins with"],
    ["page.html", "", "a page of HTML; what was fetched is the page of a login or of an error"],
    ["doc.pdf", "", "a PDF document"],
    ["data.json", "", "JSON"],
    ["pgp.asc", "", "a file of OpenPGP"],
    ["id.pub", "", "a public key of OpenSSH"],
    ["bare.b64", "", "base64 without the lines of PEM; decode it"],
    ["cut.pem", "certificate", "a certificate (PEM, CERTIFICATE)"],
    ["utf16.pem", "", "text in UTF-16; convert it"],
    ["all.zip", "", "a ZIP archive"],
    ["all.gz", "", "compressed by gzip"],
    ["noise.bin", "?", "noise.bin"],
  ];
}

deskTest(
  "each command says of a file of another kind what it is, and what would help",
  async (desk) => {
    const files = await makeFiles(desk);
    if (keytool.ok) {
      const store = [
        "-keystore",
        desk.path("old.jks"),
        "-storetype",
        "JKS",
        "-storepass",
        "changeit",
      ];
      const key = ["-keypass", "changeit", "-keyalg", "EC", "-dname", "CN=a", "-alias", "a"];
      await run("keytool", { args: ["-genkeypair", ...store, ...key] });
      files.push(["old.jks", "", "a Java key store (JKS); convert it: keytool -importkeystore"]);
    }
    if (sshKeygen.ok) {
      const args = ["-q", "-t", "ed25519", "-N", "", "-f", desk.path("id")];
      await runOk("ssh-keygen", args);
      files.push(["id", "", "an OpenSSH private key; convert it"]);
    }
    const before = await desk.json("cert", "list", "--db", ":db");
    for (const [name, kind, says] of files) {
      for (const [what, line] of Object.entries(READERS)) {
        const wanted = what.split(" ")[0]!;
        // A key may be imported, and be among the files of --pem
        const isTaken = wanted === kind || (kind === "key" && /pem|import/.test(what)) ||
          (kind === "certificate" && what === "pkcs12 to import" && name.endsWith(".pem"));
        if (isTaken && name !== "cut.pem") continue;
        const { code, out, err } = await desk.run(
          line.map((word) => word === "FILE" ? `:${name}` : word),
        );
        const where = `${line.join(" ")} of ${name}: ${err}`;
        assertEquals([code, out], [4, ""], where);
        assert(/^[^\n]+\n$/.test(err), where); // one sentence
        assert(!err.includes("defect"), where);
        assertStringIncludes(err, name, where);
        if (!isTaken && kind !== "?") assertStringIncludes(err, says, where);
        // Nothing of a key
        assert(!/[A-Za-z0-9+/]{40}/.test(err.replaceAll(desk.folder, "")), where);
      }
    }
    assertEquals(await desk.json("cert", "list", "--db", ":db"), before);
  },
  openssl,
);

deskTest(
  "folders, devices and huge files are refused before they fill the memory",
  async (desk) => {
    await desk.database("db");
    const huge = await Deno.create(desk.path("huge"));
    await huge.truncate(20 * 1024 ** 3); // which takes no room on the disk
    huge.close();
    await Deno.mkdir(desk.path("folder"));
    const add = (file: string) => ["cert", "add", "x", file, "--db", ":db"];
    const list = (file: string) => ["p12", "list", file, "--file-password-file", ":password"];
    for (
      const [line, says] of [
        [add(":folder"), "it is a folder, not a file"],
        [list(":folder"), "it is a folder, not a file"],
        [add(":huge"), "it has more than 67108864 bytes"],
        [["crl", "show", ":huge"], "it has more than 67108864 bytes"],
        [add("/dev/zero"), "it has more than 67108864 bytes"],
        [add("/dev/null"), "it is empty"],
        [list("/dev/null"), "it is empty"],
      ] as const
    ) assertStringIncludes(await desk.fails(4, ...line), says);
    const password = [
      "cert",
      "list",
      "--db",
      ":db",
      "--pem",
      ":db",
      "--password-file",
      "/dev/zero",
    ];
    assertStringIncludes(await desk.fails(2, ...password), "several of");
    assertStringIncludes(
      await desk.fails(4, "p12", "list", ":password", "--file-password-file", "/dev/zero"),
      "it has more than 65536 bytes",
    );
  },
);

Deno.test("whatIs() meets any bytes without an error", () => {
  const prng = new Prng(2022);
  const begins = ["", "-----BEGIN ", "\x30\x82\x01\x00", "%PDF", "ssh-rsa ", "{", "MII", "<"];
  for (let i = 0; i < 3000; i++) {
    const begin = Array.from(begins[i % begins.length]!, (character) => character.charCodeAt(0));
    const found = whatIs(Uint8Array.from([...begin, ...prng.bytes(prng.uint32() % 300)]));
    assert(found === null || (found.what !== "" && found.cure !== ""));
    assert(found === null || !/[^\P{Cc}]/u.test(found.what));
  }
});
