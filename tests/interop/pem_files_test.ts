// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Files of certificates as other programs make and count them.

import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  createCertificate,
  encodePem,
  NssError,
  parseCertificate,
  parseCertificatesPem,
  parsePkcs7Certificates,
} from "@nss/nss/cert";
import { generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { newModel } from "@nss/nss/ssl";
import { programVersion, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";

/** Registers a test that needs programs, and gets a folder. */
async function peerTest(
  name: string,
  programs: readonly (readonly [string, readonly string[], RegExp])[],
  run: (folder: string) => Promise<void>,
): Promise<void> {
  for (const [command, args, pattern] of programs) {
    const found = await programVersion(command, args, pattern);
    if (!found.ok) return skip(name, found.reason);
  }
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss pem files " });
    try {
      await run(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

const OPENSSL = ["openssl", ["version"], /OpenSSL ([\d.]+)/] as const;
const CERTUTIL = ["certutil", ["-H"], /Certificate/] as const;
const CERTTOOL = ["certtool", ["--version"], /certtool ([\d.]+)/] as const;

const keys = await generateKeyPair("ec-p256", { extractable: true });
const root = await createCertificate({ ...keys, subject: "CN=Root", isCa: true });
const leaf = await createCertificate({
  ...keys,
  subject: "CN=leaf",
  dnsNames: ["leaf.test"],
  issuer: { certificate: root, privateKey: keys.privateKey },
});
const KEY = encodePem("PRIVATE KEY", await keys.exportPkcs8());
const texts = (list: readonly unknown[]) => list.map(String).sort();

/** How many certificates OpenSSL finds in a file. */
async function count(path: string): Promise<number> {
  const said = await runOk("openssl", ["storeutl", "-noout", "-certs", path]);
  return Number(/Total found: (\d+)/.exec(said)![1]);
}

await peerTest(
  "parseCertificatesPem() finds as many roots as openssl in the system's file, and with comments of all languages",
  [OPENSSL],
  async (folder) => {
    // Where there is no bundle, that of this test is one
    const system = await Deno.readFile(BUNDLE).catch(() =>
      new TextEncoder().encode((leaf.toPem() + root.toPem()).repeat(60))
    );
    const text = new TextDecoder().decode(system);
    const comments = ["Főtanúsítvány", "NetLock Arany (Class Gold)", "中華電信", "0x30"];
    let i = 0;
    // As curl's cacert.pem: a name, and a line below it as long
    const commented = text.replaceAll("-----BEGIN", () => {
      const name = comments[i++ % comments.length]!;
      return `\n${name}\n${"=".repeat(name.length)}\n-----BEGIN`;
    });
    const utf8 = (value: string) => new TextEncoder().encode(value);
    const latin1 = Uint8Array.from(commented, (unit) => Math.min(unit.charCodeAt(0), 0xff));
    const files = {
      system,
      commented: utf8(commented),
      marked: utf8(`\ufeff${commented}`),
      latin1,
      crlf: utf8(commented.replaceAll("\n", "\r\n")),
    };
    for (const [name, bytes] of Object.entries(files)) {
      const path = `${folder}/${name}.pem`;
      await Deno.writeFile(path, bytes);
      const found = await count(path);
      // OpenSSL does not know the mark, and loses nothing here, since a comment comes first
      assert(found > 100, `${name}: ${found}`);
      assertEquals(parseCertificatesPem(bytes).length, found, name);
      newModel({ caCerts: [bytes] });
    }
  },
);

await peerTest(
  "parsePkcs7Certificates() reads what openssl crl2pkcs7 and cms make, PEM and BER",
  [OPENSSL],
  async (folder) => {
    const path = (name: string) => `${folder}/${name}`;
    await Deno.writeTextFile(path("chain.pem"), leaf.toPem() + root.toPem());
    await Deno.writeTextFile(path("leaf.pem"), leaf.toPem());
    await Deno.writeTextFile(path("root.pem"), root.toPem());
    await Deno.writeTextFile(path("key.pem"), KEY);
    await Deno.writeTextFile(path("message"), "x".repeat(100_000));
    const chain = ["crl2pkcs7", "-nocrl", "-certfile", path("chain.pem")];
    const sign = [
      ...["cms", "-sign", "-nodetach", "-binary", "-in", path("message")],
      ...["-signer", path("leaf.pem"), "-inkey", path("key.pem"), "-certfile", path("root.pem")],
    ];
    for (const outform of ["DER", "PEM"]) {
      // -stream writes indefinite lengths, and the content in pieces
      for (const args of [chain, sign, [...sign, "-stream"]]) {
        const out = path("out");
        await runOk("openssl", [...args, "-outform", outform, "-out", out]);
        const read = parsePkcs7Certificates(await Deno.readFile(out));
        assertEquals(texts(read), texts([leaf, root]), `${args[0]} ${outform}`);
      }
    }
  },
);

await peerTest(
  "parsePkcs7Certificates() reads what NSS's cmsutil makes",
  [CERTUTIL, ["cmsutil", ["-H"], /cmsutil/]],
  async (folder) => {
    const db = `sql:${folder}`;
    await runOk("certutil", ["-N", "--empty-password", "-d", db]);
    for (const [name, certificate] of Object.entries({ root, leaf })) {
      const path = `${folder}/${name}.pem`;
      await Deno.writeTextFile(path, certificate.toPem());
      await runOk("certutil", ["-A", "-d", db, "-n", name, "-t", "C,C,C", "-a", "-i", path]);
    }
    await runOk("cmsutil", ["-O", "-d", db, "-r", "leaf,root", "-o", `${folder}/out.p7c`]);
    const read = parsePkcs7Certificates(await Deno.readFile(`${folder}/out.p7c`));
    assert(texts(read).includes(String(leaf)), texts(read).join());
  },
);

await peerTest(
  "parseCertificatesPem() reads openssl's TRUSTED CERTIFICATE, and refuses one that is limited",
  [OPENSSL],
  async (folder) => {
    const path = `${folder}/root.pem`;
    await Deno.writeTextFile(path, root.toPem());
    const trusted = (...args: string[]) =>
      runOk("openssl", ["x509", "-in", path, "-trustout", ...args]);
    for (const args of [[], ["-setalias", "my root"]]) {
      const pem = await trusted(...args);
      assert(pem.includes("BEGIN TRUSTED CERTIFICATE"), pem);
      assertEquals(texts(parseCertificatesPem(pem)), [String(root)]);
      assertEquals(parseCertificate(new TextEncoder().encode(pem)).der, root.der);
    }
    for (const args of [["-addtrust", "emailProtection"], ["-addreject", "serverAuth"]]) {
      const pem = await trusted(...args);
      for (const read of [parseCertificatesPem, parseCertificate]) {
        assertThrows(() => read(pem), NssError, "settings limit its uses");
      }
      assertThrows(() => newModel({ caCerts: [pem] }), NssError, "settings limit its uses");
      // What the message tells to do
      await Deno.writeTextFile(`${folder}/trusted.pem`, pem);
      const plain = await runOk("openssl", ["x509", "-in", `${folder}/trusted.pem`]);
      assertEquals(parseCertificate(plain).der, root.der);
    }
  },
);

await peerTest(
  "importPkcs12() reads the PEM that GnuTLS writes by default",
  [CERTTOOL],
  async (folder) => {
    await Deno.writeTextFile(`${folder}/leaf.pem`, leaf.toPem());
    await Deno.writeTextFile(`${folder}/key.pem`, KEY);
    await runOk("certtool", [
      ...["--to-p12", "--load-certificate", `${folder}/leaf.pem`],
      ...["--load-privkey", `${folder}/key.pem`, "--p12-name", "a", "--password", "pw"],
      ...["--pkcs-cipher", "aes-256", "--outfile", `${folder}/out.p12`],
    ]);
    const file = await Deno.readFile(`${folder}/out.p12`);
    assert(new TextDecoder().decode(file).startsWith("-----BEGIN PKCS12-----"));
    const { identities } = await importPkcs12(file, "pw");
    assertEquals(identities[0]!.certificates.map(String), [String(leaf)]);
  },
);
