// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// PBMAC1 (RFC 9879) with OpenSSL: of version 3.4 and newer, as a program or in Python's package
// cryptography.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCertificate } from "@nss/nss/cert";
import { exportPkcs12, exportPrivateKeyPem, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../support/process.ts";
import { note } from "../support/skip.ts";

const PASSWORD = "Secret-Pw1 ü";
const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });

async function inFolder(fn: (path: string) => Promise<void>): Promise<void> {
  const path = await Deno.makeTempDir({ prefix: "nss_pbmac1_" });
  try {
    await Deno.writeTextFile(`${path}/key.pem`, await exportPrivateKeyPem(keys.privateKey));
    await Deno.writeTextFile(`${path}/cert.pem`, certificate.toPem());
    await Deno.writeFile(
      `${path}/ours.p12`,
      await exportPkcs12({
        key: keys.privateKey,
        certificates: [certificate],
        password: PASSWORD,
        encryption: "aes-256-pbmac1",
        iterations: 2048,
      }),
    );
    await fn(path);
  } finally {
    await Deno.remove(path, { recursive: true });
  }
}

async function assertHolds(file: Uint8Array): Promise<void> {
  const { identities } = await importPkcs12(file, PASSWORD);
  assertEquals(identities.length, 1);
  assert(identities[0]!.key.publicKey!.equals(keys.publicKey));
  assertEquals(identities[0]!.certificates.map(({ der }) => der), [certificate.der]);
}

/** Whether a version knows PBMAC1. */
function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split(".").map(Number);
  return major > 3 || (major === 3 && minor >= 4);
}

const openssl = await programVersion("openssl", ["version"], /OpenSSL (\d+\.\d+)/);
if (!openssl.ok || !isNewEnough(openssl.version)) {
  note(`not tried: PBMAC1 with openssl: ${openssl.ok ? openssl.version : openssl.reason}`);
} else {
  Deno.test("exportPkcs12() writes PBMAC1 for OpenSSL, and importPkcs12() reads OpenSSL's", () =>
    inFolder(async (cwd) => {
      const pass = `pass:${PASSWORD}`;
      const pem = await runOk(
        "openssl",
        ["pkcs12", "-in", "ours.p12", "-passin", pass, "-noenc"],
        { cwd },
      );
      assertStringIncludes(pem, await exportPrivateKeyPem(keys.privateKey));
      for (const more of [[], ["-macalg", "sha512"], ["-pbmac1_pbkdf2_md", "sha512"]]) {
        await runOk("openssl", [
          ...["pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-passout", pass],
          ...["-pbmac1_pbkdf2", ...more, "-out", "theirs.p12"],
        ], { cwd });
        await assertHolds(await Deno.readFile(`${cwd}/theirs.p12`));
      }
    }));
}

/** Reads ours.p12 and prints its key. */
const READ = `
import sys
from cryptography.hazmat.primitives.serialization import *
from cryptography.hazmat.primitives.serialization import pkcs12
key, cert, more = pkcs12.load_key_and_certificates(open("ours.p12", "rb").read(), sys.argv[1].encode())
print(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode(), end="")
`;

const version = await programVersion(
  "python3",
  [
    "-c",
    "from cryptography.hazmat.backends.openssl import backend; print(backend.openssl_version_text())",
  ],
  /OpenSSL (\d+\.\d+)/,
);
// It is one more way to have a new OpenSSL where the system's is older: CI does not install it
if (!version.ok || !isNewEnough(version.version)) {
  note(`not tried: PBMAC1 with Python: ${version.ok ? version.version : version.reason}`);
} else {
  Deno.test("exportPkcs12() writes PBMAC1 that Python's cryptography reads", () =>
    inFolder(async (cwd) => {
      const pem = await runOk("python3", ["-c", READ, PASSWORD], { cwd });
      assertEquals(pem, await exportPrivateKeyPem(keys.privateKey));
      const { code, stderr } = await run("python3", { args: ["-c", READ, "wrong"], cwd });
      assertEquals(code, 1);
      assertStringIncludes(stderr, "Invalid password");
    }));
}
