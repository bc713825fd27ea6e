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
  exportPrivateKeyPem,
  generateKeyPair,
  importPkcs12,
  type KeyPair,
} from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";

const PASSWORD = "Secret-Pw1";
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

async function assertHolds(
  file: Uint8Array,
  expected: Fixture,
  friendlyName: string,
): Promise<void> {
  const { identities, certificates } = await importPkcs12(file, PASSWORD);
  assertEquals(identities.length, 1);
  const identity = identities[0]!;
  assert(identity.key.publicKey!.equals(expected.keys.publicKey));
  assertEquals(identity.friendlyName, friendlyName);
  assertEquals(
    identity.certificates.map((certificate) => certificate.der),
    [expected.leaf.der, expected.root.der],
  );
  assertEquals(certificates.length, 2);
  await assertRejects(() => importPkcs12(file, "wrong"), NssError, "the password is wrong");
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
          await Deno.writeTextFile(
            `${cwd}/key.pem`,
            await exportPrivateKeyPem(made.keys.privateKey),
          );
          await Deno.writeTextFile(`${cwd}/cert.pem`, made.leaf.toPem());
          await Deno.writeTextFile(`${cwd}/root.pem`, made.root.toPem());
          await runOk("openssl", [
            ...[
              "pkcs12",
              "-export",
              "-in",
              "cert.pem",
              "-inkey",
              "key.pem",
              "-certfile",
              "root.pem",
            ],
            ...["-name", "my server", "-passout", `pass:${PASSWORD}`, "-out", "file.p12", ...args],
          ], { cwd });
          await assertHolds(await Deno.readFile(`${cwd}/file.p12`), made, "my server");
        }));
    }

    Deno.test(`exportPkcs12() writes ${type} for OpenSSL`, () =>
      inFolder(async (cwd) => {
        const { keys, leaf, root } = await fixture(type);
        const file = await exportPkcs12({
          key: keys.privateKey,
          certificates: [leaf, root],
          friendlyName: "my server",
          password: PASSWORD,
          iterations,
        });
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

  Deno.test("importPkcs12() says that nobody has RC2 any more", () =>
    inFolder(async (cwd) => {
      const made = await fixture("ec-p256");
      await Deno.writeTextFile(`${cwd}/key.pem`, await exportPrivateKeyPem(made.keys.privateKey));
      await Deno.writeTextFile(`${cwd}/cert.pem`, made.leaf.toPem());
      const { code, stderr } = await run("openssl", {
        cwd,
        args: [
          ...["pkcs12", "-export", "-legacy", "-in", "cert.pem", "-inkey", "key.pem"],
          ...["-passout", `pass:${PASSWORD}`, "-out", "file.p12"],
        ],
      });
      if (code !== 0) return note(`not tried: openssl pkcs12 -legacy: ${stderr.split("\n")[0]}`);
      const file = await Deno.readFile(`${cwd}/file.p12`);
      const error = await assertRejects(() => importPkcs12(file, PASSWORD), NssError);
      assertEquals(error.name, "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM");
      assertStringIncludes(error.message, "RC2");
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
