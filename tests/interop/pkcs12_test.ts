// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { type Certificate, createCertificate, NssError, parseCertificatesPem } from "@nss/nss/cert";
import {
  exportPkcs12,
  type ExportPkcs12Options,
  exportPrivateKeyPem,
  generateKeyPair,
  importPkcs12,
  type ImportPkcs12Options,
  type KeyPair,
} from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import { loadRc2 } from "../support/forge_rc2.ts";

const PASSWORD = "Secret-Pw1";
const forge = await loadRc2();
/** Few, so that the tests are fast; one test has what the programs have by default. */
const iterations = 2048;

interface Fixture {
  readonly keys: KeyPair;
  readonly root: Certificate;
  readonly leaf: Certificate;
}

async function makeFixture(type: "ec-p256" | "rsa-2048"): Promise<Fixture> {
  const [rootKeys, keys] = await Promise.all([
    generateKeyPair("ec-p256"),
    generateKeyPair(type, { extractable: true }),
  ]);
  const root = await createCertificate({ ...rootKeys, subject: `CN=root ${type}`, isCa: true });
  const leaf = await createCertificate({
    publicKey: keys.publicKey,
    subject: `CN=leaf ${type}`,
    dnsNames: ["localhost"],
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  return { keys, root, leaf };
}

const fixtures = new Map<string, Promise<Fixture>>();
function fixture(type: "ec-p256" | "rsa-2048"): Promise<Fixture> {
  let made = fixtures.get(type);
  if (made === undefined) fixtures.set(type, made = makeFixture(type));
  return made;
}

async function inFolder(fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "nss_pkcs12_" });
  try {
    await fn(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

/** Writes `key.pem`, `cert.pem` and `root.pem`. */
async function writePem(cwd: string, { keys, leaf, root }: Fixture): Promise<void> {
  await Deno.writeTextFile(`${cwd}/key.pem`, await exportPrivateKeyPem(keys.privateKey));
  await Deno.writeTextFile(`${cwd}/cert.pem`, leaf.toPem());
  await Deno.writeTextFile(`${cwd}/root.pem`, root.toPem());
}

/** Makes `file.p12` of them with OpenSSL. */
const EXPORT: readonly string[] = [
  ...["pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-certfile", "root.pem"],
  ...["-name", "my server", "-passout", `pass:${PASSWORD}`, "-out", "file.p12"],
];

function exportFixture(
  { keys, leaf, root }: Fixture,
  options: Partial<Pick<ExportPkcs12Options, "encryption" | "iterations">>,
): Promise<Uint8Array<ArrayBuffer>> {
  return exportPkcs12({
    key: keys.privateKey,
    certificates: [leaf, root],
    friendlyName: "my server",
    password: PASSWORD,
    ...options,
  });
}

const exportWeakly = (made: Fixture) => exportFixture(made, { encryption: "weak-3des-sha1" });

async function assertHolds(
  file: Uint8Array,
  expected: Fixture,
  friendlyName: string,
  options: ImportPkcs12Options = {},
): Promise<void> {
  const { identities, certificates } = await importPkcs12(file, PASSWORD, options);
  assertEquals(identities.length, 1);
  const identity = identities[0]!;
  assert(identity.key.publicKey!.equals(expected.keys.publicKey));
  assertEquals(identity.friendlyName, friendlyName);
  assertEquals(
    identity.certificates.map((certificate) => certificate.der),
    [expected.leaf.der, expected.root.der],
  );
  assertEquals(certificates.length, 2);
  await assertRejects(
    () => importPkcs12(file, "wrong", options),
    NssError,
    "the password is wrong",
  );
}

const openssl = await programVersion("openssl", ["version"], /OpenSSL (\S+)/);
// 600,000 iterations each way and file take their time: RSA in the long run
const TYPES = Deno.env.has("NSS_SOAK") ? ["ec-p256", "rsa-2048"] as const : ["ec-p256"] as const;

if (!openssl.ok) {
  skip("importPkcs12() and exportPkcs12() against OpenSSL", openssl.reason);
} else {
  const ways: readonly (readonly [string, readonly string[]])[] = [
    ["its defaults", []],
    ["AES-128, SHA-512 MAC", [
      "-certpbe",
      "AES-128-CBC",
      "-keypbe",
      "AES-192-CBC",
      "-macalg",
      "SHA512",
    ]],
    ["3DES, SHA-1 MAC", [
      "-certpbe",
      "PBE-SHA1-3DES",
      "-keypbe",
      "PBE-SHA1-3DES",
      "-macalg",
      "SHA1",
    ]],
    ["certificates in clear", ["-certpbe", "NONE"]],
    ["all in clear", ["-certpbe", "NONE", "-keypbe", "NONE"]],
    ["600,000 iterations", ["-iter", "600000"]],
    ["one iteration", ["-noiter", "-nomaciter"]],
  ];
  for (const type of TYPES) {
    for (const [title, args] of ways) {
      Deno.test(`importPkcs12() reads OpenSSL's ${type} with ${title}`, () =>
        inFolder(async (cwd) => {
          const made = await fixture(type);
          await writePem(cwd, made);
          await runOk("openssl", [...EXPORT, ...args], { cwd });
          await assertHolds(await Deno.readFile(`${cwd}/file.p12`), made, "my server");
        }));
    }

    Deno.test(`exportPkcs12() writes ${type} for OpenSSL`, () =>
      inFolder(async (cwd) => {
        const made = await fixture(type);
        const { keys, leaf, root } = made;
        const file = await exportFixture(made, { iterations });
        await Deno.writeFile(`${cwd}/file.p12`, file);
        const pem = await runOk(
          "openssl",
          ["pkcs12", "-in", "file.p12", "-passin", `pass:${PASSWORD}`, "-noenc"],
          { cwd },
        );
        assertEquals(
          parseCertificatesPem(pem).map(({ der }) => der),
          [leaf.der, root.der],
        );
        const key = /-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n/.exec(pem)?.[0];
        assertEquals(key, await exportPrivateKeyPem(keys.privateKey));
        assertStringIncludes(pem, "friendlyName: my server");
        assertMatch(pem, /localKeyID: ([0-9A-F]{2} ){20}[^]*localKeyID: /);
        const wrong = await run("openssl", {
          args: ["pkcs12", "-in", "file.p12", "-passin", "pass:wrong", "-noenc"],
          cwd,
        });
        assertStringIncludes(wrong.stderr, "invalid password");
      }));
  }

  const withRc2 = "importPkcs12() reads OpenSSL's RC2 by the recipe of docs/key_files.md";
  if ("reason" in forge) skip(withRc2, forge.reason);
  else {
    for (const scheme of ["PBE-SHA1-RC2-40", "PBE-SHA1-RC2-128"]) {
      Deno.test(`${withRc2}: ${scheme}`, () =>
        inFolder(async (cwd) => {
          const made = await fixture("ec-p256");
          await writePem(cwd, made);
          const args = ["-legacy", "-certpbe", scheme, "-keypbe", scheme];
          await runOk("openssl", [...EXPORT, ...args], { cwd });
          const file = await Deno.readFile(`${cwd}/file.p12`);
          await assertHolds(file, made, "my server", forge);
          const error = await assertRejects(() => importPkcs12(file, PASSWORD), NssError);
          assertEquals(error.name, "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM");
          assertStringIncludes(error.message, "RC2");
        }));
    }
  }

  Deno.test("importPkcs12() reads OpenSSL's files without a MAC where it is told to", () =>
    inFolder(async (cwd) => {
      const made = await fixture("ec-p256");
      await writePem(cwd, made);
      for (
        const args of [
          [],
          ["-certpbe", "NONE"],
          ["-certpbe", "PBE-SHA1-3DES", "-keypbe", "PBE-SHA1-2DES"],
        ]
      ) {
        await runOk("openssl", [...EXPORT, "-nomac", ...args], { cwd });
        const file = await Deno.readFile(`${cwd}/file.p12`);
        const error = await assertRejects(() => importPkcs12(file, PASSWORD), NssError);
        assertEquals(error.name, "SEC_ERROR_PKCS12_INVALID_MAC");
        assertStringIncludes(error.message, "allowMissingMac");
        const options = { allowMissingMac: true };
        const { identities } = await importPkcs12(file, PASSWORD, options);
        assertEquals(identities[0]?.certificates.length, 2);
        const wrong = await assertRejects(() => importPkcs12(file, "wrong", options), NssError);
        assertEquals(wrong.name, "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT");
        // The empty password needs no option
        const empty = EXPORT.map((arg) => arg === `pass:${PASSWORD}` ? "pass:" : arg);
        await runOk("openssl", [...empty, "-nomac", ...args], { cwd });
        const open = await importPkcs12(await Deno.readFile(`${cwd}/file.p12`), "");
        assertEquals(open.identities[0]?.certificates.length, 2);
      }
    }));

  Deno.test('exportPkcs12({ encryption: "weak-3des-sha1" }) is 3DES and SHA-1 to OpenSSL, without its legacy provider', () =>
    inFolder(async (cwd) => {
      const made = await fixture("ec-p256");
      await Deno.writeFile(`${cwd}/file.p12`, await exportWeakly(made));
      const { code, stdout, stderr } = await run("openssl", {
        args: ["pkcs12", "-in", "file.p12", "-passin", `pass:${PASSWORD}`, "-noenc", "-info"],
        cwd,
      });
      assertEquals(code, 0, stderr);
      assertStringIncludes(stderr, "MAC: sha1, Iteration 10000");
      const part = "pbeWithSHA1And3-KeyTripleDES-CBC, Iteration 10000";
      assertStringIncludes(stderr, `PKCS7 Encrypted data: ${part}`);
      assertStringIncludes(stderr, `Shrouded Keybag: ${part}`);
      assertEquals(
        parseCertificatesPem(stdout).map(({ der }) => der),
        [made.leaf.der, made.root.der],
      );
      const key = /-----BEGIN PRIVATE KEY-----[^]*?-----END PRIVATE KEY-----\n/.exec(stdout)?.[0];
      assertEquals(key, await exportPrivateKeyPem(made.keys.privateKey));
      await assertHolds(await Deno.readFile(`${cwd}/file.p12`), made, "my server");
    }));

  Deno.test("importPkcs12() and exportPkcs12() agree with OpenSSL on the empty password", () =>
    inFolder(async (cwd) => {
      const { keys, leaf, root } = await fixture("ec-p256");
      const certificates = [leaf, root];
      const written = await exportPkcs12({
        certificates,
        key: keys.privateKey,
        password: "",
        iterations,
      });
      await Deno.writeFile(`${cwd}/ours.p12`, written);
      const pem = await runOk("openssl", [
        "pkcs12",
        "-in",
        "ours.p12",
        "-passin",
        "pass:",
        "-noenc",
      ], { cwd });
      assertEquals(parseCertificatesPem(pem).length, 2);
      await Deno.writeTextFile(`${cwd}/all.pem`, pem);
      await runOk(
        "openssl",
        ["pkcs12", "-export", "-in", "all.pem", "-passout", "pass:", "-out", "theirs.p12"],
        { cwd },
      );
      const { identities } = await importPkcs12(await Deno.readFile(`${cwd}/theirs.p12`), "");
      assertEquals(identities[0]?.certificates.length, 2);
    }));
}

const pk12util = await programVersion("pk12util", ["-H"], /Usage:/);

if (!pk12util.ok) {
  skip("importPkcs12() and exportPkcs12() against pk12util", pk12util.reason);
} else {
  const makeDatabase = async (cwd: string): Promise<void> => {
    await Deno.writeTextFile(`${cwd}/pw`, `${PASSWORD}\n`);
    await runOk("certutil", ["-N", "-d", `sql:${cwd}`, "-f", "pw"], { cwd });
  };

  for (const type of TYPES) {
    Deno.test(`exportPkcs12() writes ${type} for pk12util, and importPkcs12() reads what it writes`, () =>
      inFolder(async (cwd) => {
        await makeDatabase(cwd);
        const made = await fixture(type);
        const file = await exportPkcs12({
          key: made.keys.privateKey,
          certificates: [made.leaf, made.root],
          friendlyName: "bücher",
          password: PASSWORD,
          iterations,
        });
        await Deno.writeFile(`${cwd}/ours.p12`, file);
        const common = ["-d", `sql:${cwd}`, "-k", "pw", "-W", PASSWORD];
        await runOk("pk12util", ["-i", "ours.p12", ...common], { cwd });
        const listed = await runOk("certutil", ["-K", "-d", `sql:${cwd}`, "-f", "pw"], { cwd });
        assertStringIncludes(listed, "bücher");

        const way = type === "ec-p256" ? [] : ["-c", "AES-256-CBC", "-C", "AES-256-CBC"];
        await runOk("pk12util", ["-o", "theirs.p12", "-n", "bücher", ...common, ...way], { cwd });
        await assertHolds(await Deno.readFile(`${cwd}/theirs.p12`), made, "bücher");
      }));
  }
}

if (pk12util.ok) {
  Deno.test('exportPkcs12({ encryption: "weak-3des-sha1" }) is read by pk12util, and its older files by importPkcs12()', () =>
    inFolder(async (cwd) => {
      await Deno.writeTextFile(`${cwd}/pw`, `${PASSWORD}\n`);
      await runOk("certutil", ["-N", "-d", `sql:${cwd}`, "-f", "pw"], { cwd });
      const made = await fixture("ec-p256");
      await Deno.writeFile(`${cwd}/ours.p12`, await exportWeakly(made));
      const common = ["-d", `sql:${cwd}`, "-k", "pw", "-W", PASSWORD];
      await runOk("pk12util", ["-i", "ours.p12", ...common], { cwd });
      const listed = await runOk("certutil", ["-K", "-d", `sql:${cwd}`, "-f", "pw"], { cwd });
      assertStringIncludes(listed, "my server");
      const oids = [
        ["PKCS #12 V2 PBE With SHA-1 And 3KEY Triple DES-CBC", {}],
        ["PKCS #12 V2 PBE With SHA-1 and 40 Bit RC2 CBC", "reason" in forge ? null : forge],
      ] as const;
      for (const [oid, options] of oids) {
        const args = ["-o", "theirs.p12", "-n", "my server", ...common, "-C", oid, "-c", oid];
        const { code, stderr } = await run("pk12util", { args, cwd });
        if (code !== 0 || options === null) {
          note(`not tried: pk12util -C "${oid}": ${stderr.trim()}`);
          continue;
        }
        // 600,000 iterations each: what it costs is tested elsewhere
        if (!Deno.env.has("NSS_SOAK")) continue;
        await assertHolds(await Deno.readFile(`${cwd}/theirs.p12`), made, "my server", options);
      }
    }));
}

const certtool = await programVersion("certtool", ["--version"], /certtool ([\d.]+)/);

if (!certtool.ok) skip("importPkcs12() and exportPkcs12() against certtool", certtool.reason);
else {
  for (const encryption of ["aes-256", "weak-3des-sha1"] as const) {
    Deno.test(`exportPkcs12() with ${encryption} is read by certtool`, () =>
      inFolder(async (cwd) => {
        const made = await fixture("ec-p256");
        const { leaf, root } = made;
        const file = await exportFixture(made, { encryption, iterations });
        await Deno.writeFile(`${cwd}/ours.p12`, file);
        const args = ["--p12-info", "--inder", "--infile", "ours.p12", "--password", PASSWORD];
        const info = await runOk("certtool", args, { cwd });
        assertEquals(parseCertificatesPem(info).map(({ der }) => der), [leaf.der, root.der]);
        const key = /-----BEGIN ENCRYPTED [^]*?-----END [^\n]*\n/.exec(info)![0];
        await Deno.writeTextFile(`${cwd}/key.pem`, key);
        const keyInfo = ["--key-info", "--pkcs8", "--infile", "key.pem", "--password", PASSWORD];
        assertStringIncludes(await runOk("certtool", keyInfo, { cwd }), "Public Key Algorithm");
      }));
  }

  // 600,000 iterations for each part: by PKCS#12's derivation they take half a minute
  const ciphers = Deno.env.has("NSS_SOAK")
    ? ["3des-pkcs12", "aes-128", "aes-192", "aes-256", "3des", "rc2-40"]
    : ["aes-256"];
  for (const cipher of ciphers) {
    Deno.test(`importPkcs12() reads certtool's ${cipher}`, () =>
      inFolder(async (cwd) => {
        const made = await fixture("ec-p256");
        await writePem(cwd, made);
        await runOk("certtool", [
          ...["--to-p12", "--load-certificate", "cert.pem", "--load-privkey", "key.pem"],
          ...["--load-ca-certificate", "root.pem", "--p12-name", "my server", "--outder"],
          ...["--password", PASSWORD, "--pkcs-cipher", cipher, "--outfile", "file.p12"],
        ], { cwd });
        const file = await Deno.readFile(`${cwd}/file.p12`);
        if (cipher === "rc2-40" && "reason" in forge) return note(`not tried: ${forge.reason}`);
        const { identities } = await importPkcs12(file, PASSWORD, "reason" in forge ? {} : forge);
        assert(identities[0]?.key.publicKey?.equals(made.keys.publicKey));
        assertEquals(identities[0]?.certificates.length, 2);
      }));
  }
}

const keytool = await programVersion("keytool", ["-help"], /Certificate/);

// Java is large: CI does not install it
if (!keytool.ok) note(`not tried: PKCS#12 with keytool: ${keytool.reason}`);
else {
  for (const encryption of ["aes-256", "weak-3des-sha1"] as const) {
    Deno.test(`exportPkcs12() with ${encryption} is read by keytool, and importPkcs12() reads what it writes`, () =>
      inFolder(async (cwd) => {
        const made = await fixture("ec-p256");
        const { keys } = made;
        const file = await exportFixture(made, { encryption, iterations });
        await Deno.writeFile(`${cwd}/ours.p12`, file);
        const common = ["-storepass", PASSWORD, "-keystore"];
        const listed = await runOk("keytool", ["-list", "-v", ...common, "ours.p12"], { cwd });
        assertStringIncludes(listed, "Entry type: PrivateKeyEntry");
        assertStringIncludes(listed, "Certificate chain length: 2");
        const legacy = encryption === "aes-256" ? [] : ["-J-Dkeystore.pkcs12.legacy"];
        await runOk("keytool", [
          ...legacy,
          ...["-importkeystore", "-srckeystore", "ours.p12", "-srcstorepass", PASSWORD],
          ...["-destkeystore", "theirs.p12", "-deststorepass", PASSWORD, "-noprompt"],
          ...["-deststoretype", "PKCS12"],
        ], { cwd });
        const theirs = await Deno.readFile(`${cwd}/theirs.p12`);
        const options = "reason" in forge ? {} : forge;
        if (legacy.length > 0 && "reason" in forge) return;
        const { identities } = await importPkcs12(theirs, PASSWORD, options);
        assert(identities[0]?.key.publicKey?.equals(keys.publicKey));
        assertEquals(identities[0]?.certificates.length, 2);
      }));
  }
}
