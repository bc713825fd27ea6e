// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The commands that errors about files of keys give: each is run, and what it writes is read. */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createCertificate, NssError } from "@nss/nss/cert";
import {
  exportPrivateKeyPem,
  generateKeyPair,
  importPkcs12,
  importPrivateKey,
} from "@nss/nss/pkcs11";
import { programVersion, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";

const PASSWORD = "Secret-Pw1";

/** A file that is refused: how it is made, and how its command is told the password. */
interface Conversion {
  readonly title: string;
  /** The programs that it needs, with their arguments that print a version. */
  readonly needs: readonly (readonly [name: string, args: readonly string[], version: RegExp])[];
  /** Whether it may be missing where CI demands the others. */
  readonly optional?: boolean;
  /** Makes it: shell commands, in which `key.pem` and `cert.pem` are a key and its certificate. */
  readonly make: string;
  readonly file: string;
  /** Changes the command so that it asks nothing. */
  readonly quiet?: (command: string) => string;
  /** What the command writes. */
  readonly result: string;
}

const OPENSSL = ["openssl", ["version"], /OpenSSL (\S+)/] as const;
const KEYTOOL = ["keytool", ["-help"], /Certificate/] as const;
const SSH_KEYGEN = ["ssh-keygen", ["-?"], /usage|illegal|unknown/i] as const;
const PUTTYGEN = ["puttygen", ["--version"], /Release (\S+)/] as const;
const STORE_PASSWORDS = `-srcstorepass ${PASSWORD} -deststorepass ${PASSWORD} -noprompt`;

const keyStore = (type: string): Conversion => ({
  title: `a Java key store (${type.toUpperCase()})`,
  needs: [OPENSSL, KEYTOOL],
  optional: true,
  make: `openssl pkcs12 -export -in cert.pem -inkey key.pem -name a -passout pass:${PASSWORD} ` +
    `-out a.p12 && keytool -importkeystore -srckeystore a.p12 -srcstoretype PKCS12 ` +
    `-destkeystore old.jks -deststoretype ${type} ${STORE_PASSWORDS}`,
  file: "old.jks",
  quiet: (command) => `${command} ${STORE_PASSWORDS}`,
  result: "new.p12",
});

const legacyFile = (scheme: string, more = ""): Conversion => ({
  title: `PKCS#12 by ${scheme}${more}`,
  needs: [OPENSSL],
  make: `openssl pkcs12 -export -legacy -in cert.pem -inkey key.pem -certpbe ${scheme} ` +
    `${more} -passout pass:${PASSWORD} -out old.p12`,
  file: "old.p12",
  quiet: (command) =>
    command.replace("-legacy", `-legacy -passin pass:${PASSWORD}`)
      .replace("-export", `-export -passout pass:${PASSWORD}`),
  result: "new.p12",
});

const CONVERSIONS: readonly Conversion[] = [
  keyStore("jks"),
  keyStore("jceks"),
  legacyFile("PBE-SHA1-RC2-40"),
  legacyFile("PBE-SHA1-RC2-128"),
  legacyFile("PBE-SHA1-RC4-128"),
  legacyFile("PBE-SHA1-3DES", "-macalg MD5"),
  {
    title: "a key encrypted with RC4",
    needs: [OPENSSL],
    make: "openssl pkcs8 -topk8 -in key.pem -v1 PBE-SHA1-RC4-128 -provider default " +
      `-provider legacy -passout pass:${PASSWORD} -out old.pem`,
    file: "old.pem",
    quiet: (command) => `${command} -passin pass:${PASSWORD} -passout pass:${PASSWORD}`,
    result: "new.pem",
  },
  {
    title: "a key with the parameters of its curve",
    needs: [OPENSSL],
    make: "openssl pkey -in key.pem -ec_param_enc explicit -out old.pem",
    file: "old.pem",
    result: "new.pem",
  },
  {
    title: "an OpenSSH key",
    needs: [SSH_KEYGEN],
    optional: true,
    make: "ssh-keygen -q -t ecdsa -N '' -f id",
    file: "id",
    quiet: (command) => `${command.replace(/ \(.*$/, "")} -P '' -N ''`,
    result: "id",
  },
  {
    title: "a key of PuTTY",
    needs: [PUTTYGEN],
    optional: true,
    make: "puttygen -q -t ecdsa -o key.ppk --new-passphrase /dev/null",
    file: "key.ppk",
    quiet: (command) => `${command} --new-passphrase /dev/null`,
    result: "key.pem",
  },
  ...(["PVK", "MSBLOB"] as const).map((form): Conversion => {
    const file = form === "PVK" ? "key.pvk" : "key.blob";
    return {
      title: `a private key of Windows (${form})`,
      needs: [OPENSSL],
      make: `openssl genrsa -out rsa.pem 2048 && openssl rsa -in rsa.pem -outform ${form} ` +
        `${form === "PVK" ? "-pvk-none -provider default -provider legacy" : ""} -out ${file}`,
      file,
      result: "key.pem",
    };
  }),
];

/** Imports a file of either kind; what it refuses is told by the error of the one that knows it. */
async function read(name: string, bytes: Uint8Array<ArrayBuffer>): Promise<void> {
  if (/\.(?:p12|jks)$/.test(name)) {
    const { identities } = await importPkcs12(bytes, PASSWORD);
    assertEquals(identities.length, 1);
    assertEquals(identities[0]?.certificates.length, 1);
  } else await importPrivateKey(bytes, { password: PASSWORD });
}

async function missing({ needs }: Conversion): Promise<string | null> {
  for (const [name, args, version] of needs) {
    const found = await programVersion(name, args, version);
    if (!found.ok) return found.reason;
  }
  return null;
}

for (const conversion of CONVERSIONS) {
  const { title, make, file, quiet = (command) => command, result } = conversion;
  const test = `the error about ${title} gives a command that converts it`;
  const reason = await missing(conversion);
  if (reason !== null) {
    if (conversion.optional) note(`not tried: ${test}: ${reason}`);
    else skip(test, reason);
    continue;
  }
  Deno.test(test, async () => {
    const cwd = await Deno.makeTempDir({ prefix: "nss_conversion_" });
    try {
      const keys = await generateKeyPair("ec-p256", { extractable: true });
      const cert = await createCertificate({ ...keys, subject: "CN=a" });
      await Deno.writeTextFile(`${cwd}/key.pem`, await exportPrivateKeyPem(keys.privateKey));
      await Deno.writeTextFile(`${cwd}/cert.pem`, cert.toPem());
      await runOk("sh", ["-c", make], { cwd });
      const old = await Deno.readFile(`${cwd}/${file}`);
      const { message } = await assertRejects(() => read(file, old), NssError);
      const [, command] = /: ((?:openssl|keytool|ssh-keygen|puttygen) .*)$/.exec(message) ?? [];
      assert(command !== undefined, message);
      await runOk("sh", ["-c", quiet(command)], { cwd });
      await read(result, await Deno.readFile(`${cwd}/${result}`));
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}
