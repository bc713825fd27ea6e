// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

/**
 * One test for each kind of secret of keys and tokens that SECURITY.md says is overwritten.
 *
 * @module
 */

import { createCipheriv, createHash, scryptSync } from "node:crypto";
import { assert, assertEquals, assertRejects } from "@std/assert";
import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, contextTag } from "../../cert/der/tag.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { NssError } from "../../cert/base/errors.ts";
import { encodePem } from "../../cert/der/pem.ts";
import { exportPkcs12 } from "../../pkcs11/pkcs12/export_pkcs12.ts";
import { exportPrivateKeyPem, generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { importPkcs12 } from "../../pkcs11/pkcs12/import_pkcs12.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { openKvToken } from "../../pkcs11/kv/kv_token.ts";
import type { Argument, Caller } from "../../pkcs11/module/library.ts";
import { ModuleToken } from "../../pkcs11/module/module_token.ts";
import type { ReadTokenInfo } from "../../pkcs11/module/token_info.ts";
import { decryptLegacy } from "../../pkcs11/nss_db/legacy_3des.ts";
import { openNssDb } from "../../pkcs11/nss_db/mod.ts";
import type { Rc2Ciphertext } from "../../pkcs11/pbe/ciphers.ts";
import { PBE_OIDS } from "../../pkcs11/pbe/oids.ts";
import { IterationBudget } from "../../pkcs11/pbe/iteration_budget.ts";
import { encryptWithPassword } from "../../pkcs11/pbe/password_encryption.ts";
import { decryptSealed, readSealed } from "../../pkcs11/pbe/password_scheme.ts";
import { bmpPassword, pkcs12Kdf, PURPOSE } from "../../pkcs11/pbe/pkcs12_kdf.ts";
import { computeMac, writeMac } from "../../pkcs11/pkcs12/mac.ts";
import { PKCS12_OIDS } from "../../pkcs11/pkcs12/oids.ts";
import { decodePrivateKey } from "../../pkcs11/keys/pkcs8.ts";
import { MemoryWatch } from "../support/memory.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Write = (writer: DerWriter) => void;

const PASSWORD = "correct horse battery staple";
const UTF8 = new TextEncoder().encode(PASSWORD);
const BMP = bmpPassword(PASSWORD);
const UTF16 = BMP.slice(0, -2);
const iterations = 3;

const RSA = { name: "RSA-PSS", hash: "SHA-256" };

/** A key pair, its encodings, and the part of them that is secret. */
async function makeKey(
  type: "ec-p256" | "ed25519" | "rsa-2048" | "rsa-pss-2048",
  algorithm: Parameters<SubtleCrypto["importKey"]>[2],
) {
  const pair = await generateKeyPair(type, { extractable: true });
  const der = await pair.exportPkcs8();
  const { pkcs8 } = decodePrivateKey(der);
  const key = await crypto.subtle.importKey("pkcs8", pkcs8, algorithm, true, ["sign"]);
  const { d } = await crypto.subtle.exportKey("jwk", key);
  const secret = Uint8Array.fromBase64(d!, { alphabet: "base64url" });
  return { ...pair, type, der, pem: encodePem("PRIVATE KEY", der), secret };
}

const EC = await makeKey("ec-p256", { name: "ECDSA", namedCurve: "P-256" });
const RSA_KEY = await makeKey("rsa-2048", RSA);
const KEYS = [EC, await makeKey("ed25519", "Ed25519"), RSA_KEY, await makeKey("rsa-pss-2048", RSA)];

for (const { type, der, pem, secret, privateKey } of KEYS) {
  Deno.test(`importPrivateKey() leaves nothing of a key (${type})`, async () => {
    const older = pem.replaceAll("PRIVATE", "EC PRIVATE"); // which it is not
    for (const input of [pem, der, new TextEncoder().encode(pem), pem + older, older]) {
      using memory = new MemoryWatch(der);
      const isWrong = typeof input === "string" && input.includes(" EC ");
      const importing = importPrivateKey(input, { extractable: true });
      if (isWrong) await assertRejects(() => importing, NssError);
      else await importing;
      assertEquals(memory.copiesOf(secret), 0);
    }
  });

  Deno.test(`exportPrivateKeyPem() and importPrivateKey() leave nothing of a key and its password (${type})`, async () => {
    using memory = new MemoryWatch();
    const encrypted = await exportPrivateKeyPem(privateKey, { password: PASSWORD, iterations });
    await importPrivateKey(encrypted, { password: PASSWORD });
    assertEquals([secret, UTF8, UTF16].map((bytes) => memory.copiesOf(bytes)), [0, 0, 0]);
    memory.assertErased(/^gave decrypt AES-CBC/);
    memory.assertErased(/^took importKey raw (PBKDF2|AES-CBC)/);
  });
}

for (const type of ["rsa-2048", "rsa-pss-2048"] as const) {
  Deno.test(`generateKeyPair() leaves nothing of a key (${type})`, async () => {
    using memory = new MemoryWatch();
    await generateKeyPair(type);
    for (const { bytes } of memory.passed(/^gave exportKey pkcs8/)) {
      assertEquals(memory.copiesOf(bytes.subarray(-64)), 0); // the coefficient
    }
  });
}

Deno.test("decryptSealed() leaves nothing of PKCS#12's old keys but the plaintext that it returns", async () => {
  const salt = new Uint8Array(8);
  const derive = (purpose: number, length: number) =>
    pkcs12Kdf(BMP, { hash: "SHA-1", salt, iterations, purpose }, length);
  const iv = await derive(PURPOSE.iv, 8);
  const diversifier = new Uint8Array(64).fill(PURPOSE.key);
  for (const [oid, length] of [["1.2.840.113549.1.12.1.3", 24], ["1.2.840.113549.1.12.1.4", 16]]) {
    const derived = (await derive(PURPOSE.key, length as number)).slice();
    const key = length === 24 ? derived : Uint8Array.of(...derived, ...derived.subarray(0, 8));
    const cipher = createCipheriv("des-ede3-cbc", key, iv);
    const ciphertext = new Uint8Array([...cipher.update(EC.secret), ...cipher.final()]);
    const algorithm = new DerWriter().sequence((w) =>
      w.oid(oid as string).sequence((w) => w.octetString(salt).integer(iterations))
    ).finish();
    using memory = new MemoryWatch();
    const context = {
      attempt: "Cannot decrypt",
      unsupported: "SEC_ERROR_INVALID_ALGORITHM",
      wrongPassword: "SEC_ERROR_BAD_PASSWORD",
      conversion: "",
      budget: new IterationBudget(),
    } as const;
    const sealed = readSealed(algorithm, ciphertext, context);
    const plain = await decryptSealed(sealed, { utf8: UTF8, bmp: BMP }, context);
    assertEquals(plain, EC.secret);
    plain.fill(0);
    assertEquals([EC.secret, key, UTF16].map((bytes) => memory.copiesOf(bytes)), [0, 0, 0]);
    for (const { bytes } of memory.passed(/^gave digest SHA-1/)) {
      // What is hashed again
      assertEquals(memory.copiesOf(createHash("sha1").update(bytes).digest()), 0);
    }
    memory.assertErased(/^gave digest SHA-1/);
    assertEquals(memory.copiesOf(diversifier), 0); // before the password in what is hashed
  }
});

/** A traditional key, and what encrypts it: MD5 of password and salt. */
function traditionalPem(): { pem: string; key: Bytes } {
  const iv = new Uint8Array(16).fill(3);
  const first = createHash("md5").update(UTF8).update(iv.subarray(0, 8)).digest();
  const second = createHash("md5").update(first).update(UTF8).update(iv.subarray(0, 8)).digest();
  const key = Uint8Array.of(...first, ...second);
  const { pkcs8 } = decodePrivateKey(EC.der);
  const cipher = createCipheriv("aes-256-cbc", key, iv);
  const ciphertext = new Uint8Array([...cipher.update(pkcs8), ...cipher.final()]);
  const headers = `Proc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,${iv.toHex()}\n\n`;
  return { pem: encodePem("PRIVATE KEY", ciphertext).replace("-----\n", `$&${headers}`), key };
}

Deno.test("importPrivateKey() leaves nothing of a traditional key and what encrypts it", async () => {
  const { pem, key } = traditionalPem();
  const half = key.slice(0, 16); // what is hashed again
  for (const password of [PASSWORD, `${PASSWORD} wrong`]) {
    using memory = new MemoryWatch();
    const importing = importPrivateKey(pem, { password });
    if (password === PASSWORD) {
      await importing;
      memory.assertErased(/^gave decrypt AES-CBC/);
    } else await assertRejects(() => importing, NssError);
    assertEquals([EC.secret, UTF8, key, half].map((bytes) => memory.copiesOf(bytes)), [0, 0, 0, 0]);
    memory.assertErased(/^took importKey raw AES-CBC/);
  }
});

/** The key encrypted as openssl pkcs8 does it, by node:crypto. */
function encryptedKey(algorithm: (w: DerWriter) => unknown, key: Bytes, iv: Bytes): Bytes {
  const name = key.length === 32 ? "aes-256-cbc" : "des-ede3-cbc";
  const cipher = createCipheriv(name, key, iv);
  const ciphertext = new Uint8Array([...cipher.update(EC.der), ...cipher.final()]);
  return new DerWriter().sequence((w) => {
    algorithm(w);
    w.octetString(ciphertext);
  }).finish();
}

Deno.test("importPrivateKey() leaves nothing of a key under scrypt, under PBES1, and of RC2", async () => {
  const salt = new Uint8Array(8).fill(5);
  const iv = new Uint8Array(16).fill(6);
  const scryptKey = new Uint8Array(scryptSync(UTF8, salt, 32, { N: 16, r: 1, p: 1 }));
  const withScrypt = encryptedKey(
    (w) =>
      w.sequence((w) =>
        w.oid(PBE_OIDS.pbes2).sequence((w) => {
          w.sequence((w) =>
            w.oid(PBE_OIDS.scrypt).sequence((w) =>
              w.octetString(salt).integer(16).integer(1).integer(1)
            )
          );
          w.sequence((w) => w.oid(PBE_OIDS.aes256CBC).octetString(iv));
        })
      ),
    scryptKey,
    iv,
  );
  const derived = new Uint8Array(createHash("md5").update(UTF8).update(salt).digest());
  const des = derived.subarray(0, 8);
  const three = Uint8Array.of(...des, ...des, ...des);
  const scheme = (oid: string) => (w: DerWriter) =>
    w.sequence((w) => w.oid(oid).sequence((w) => w.octetString(salt).integer(1)));
  const withMd5 = encryptedKey(scheme(PBE_OIDS.pbeWithMD5AndDESCBC), three, derived.subarray(8));
  // No RC2: what a function returns is what matters
  const withRc2 = encryptedKey(scheme(PBE_OIDS.pbeWithMD5AndRC2CBC), three, derived.subarray(8));
  const given: Uint8Array[] = [];
  const decryptRc2 = ({ key, iv, data }: Rc2Ciphertext) => {
    const padded = new Uint8Array(data.length).fill(data.length - EC.der.length);
    padded.set(EC.der);
    given.push(key, iv, padded);
    return padded;
  };
  for (const der of [withScrypt, withMd5, withRc2]) {
    using memory = new MemoryWatch();
    const key = await importPrivateKey(der, { password: PASSWORD, decryptRc2 });
    assert(key.publicKey!.equals(EC.publicKey));
    assertEquals(
      [EC.secret, UTF8, UTF16, scryptKey, derived, three].map((bytes) => memory.copiesOf(bytes)),
      [0, 0, 0, 0, 0, 0],
    );
  }
  assertEquals(given.length, 3);
  for (const bytes of given) assert(bytes.every((byte) => byte === 0));
});

const FILE = await exportPkcs12({
  key: EC.privateKey,
  certificates: [],
  password: PASSWORD,
  iterations,
});

Deno.test("exportPkcs12() leaves nothing of a key, its password and the key of its MAC", async () => {
  for (const encryption of ["aes-256", "aes-256-pbmac1", "weak-3des-sha1"] as const) {
    using memory = new MemoryWatch();
    await exportPkcs12({
      key: EC.privateKey,
      certificates: [],
      password: PASSWORD,
      iterations,
      encryption,
    });
    // Deno's node:crypto keeps what it has encrypted
    const kept = encryption === "weak-3des-sha1" ? 1 : 0;
    assertEquals([EC.secret, UTF8, UTF16].map((bytes) => memory.copiesOf(bytes)), [kept, 0, 0]);
    memory.assertErased(/^took importKey raw HMAC/);
    if (encryption === "weak-3des-sha1") memory.assertErased(/^gave digest SHA-1/);
  }
});

Deno.test("importPkcs12() leaves nothing of a key, its password and the key of its MAC", async () => {
  for (const password of [PASSWORD, `${PASSWORD} wrong`]) {
    using memory = new MemoryWatch();
    const importing = importPkcs12(FILE, password);
    if (password === PASSWORD) {
      await importing;
      memory.assertErased(/^gave decrypt AES-CBC/);
    } else await assertRejects(() => importing, NssError);
    assertEquals([EC.secret, UTF8, UTF16].map((bytes) => memory.copiesOf(bytes)), [0, 0, 0]);
    memory.assertErased(/^took importKey raw HMAC/);
    memory.assertErased(/^gave deriveBits PBKDF2/); // which is derived while the MAC is verified
  }
});

const explicit = (w: DerWriter, body: Write): DerWriter => w.constructed(constructedTag(0), body);

/** A file of one encrypted part, which holds keys in clear. */
async function fileOf(...bags: Write[]): Promise<Bytes> {
  const contents = new DerWriter().sequence((w) => bags.forEach((bag) => bag(w))).finish();
  const { writeAlgorithm, ciphertext } = await encryptWithPassword(contents, PASSWORD, iterations);
  const data: Write = (w) =>
    w.sequence((w) => {
      w.integer(0).sequence((w) => {
        writeAlgorithm(w.oid(PKCS12_OIDS.data));
        w.primitive(contextTag(0), ciphertext);
      });
    });
  const safes = new DerWriter().sequence((w) =>
    w.sequence((w) => explicit(w.oid(PKCS12_OIDS.encryptedData), data))
  ).finish();
  const mac = await computeMac(safes, PASSWORD, iterations);
  return new DerWriter().sequence((w) => {
    w.integer(3);
    w.sequence((w) => explicit(w.oid(PKCS12_OIDS.data), (w) => w.octetString(safes)));
    writeMac(w, mac);
  }).finish();
}

Deno.test("importPkcs12() leaves nothing of an encrypted part, and of its keys where another is malformed", async () => {
  const keyBag = (value: Uint8Array): Write => (w) =>
    w.sequence((w) => explicit(w.oid(PKCS12_OIDS.keyBag), (w) => w.raw(value)));
  const good = keyBag(EC.der);
  // An OCTET STRING in pieces, as BER allows
  const { pkcs8 } = decodePrivateKey(EC.der);
  const info = new DerReader(pkcs8, "key").sequence("");
  info.integer("");
  const algorithm = info.element("").der;
  const piece = info.octetString("");
  const inPieces = new DerWriter().sequence((w) =>
    w.integer(0).raw(algorithm).constructed(0x24, (w) => w.octetString(piece))
  ).finish();
  const bad = keyBag(new DerWriter().sequence((w) => w.integer(9)).finish());
  for (
    const [isGood, file] of [
      [true, await fileOf(good)],
      [true, await fileOf(keyBag(inPieces))],
      [false, await fileOf(good, bad)],
    ] as const
  ) {
    using memory = new MemoryWatch();
    if (isGood) assertEquals((await importPkcs12(file, PASSWORD)).identities.length, 1);
    else await assertRejects(() => importPkcs12(file, PASSWORD), NssError);
    memory.assertErased(/^gave decrypt AES-CBC/);
    assertEquals(memory.copiesOf(EC.secret), 0);
  }
});

for (const { type, der, publicKey, secret } of [EC, RSA_KEY]) {
  Deno.test(`NssDbToken leaves nothing of a key, of its passwords and of what it seals with (${type})`, async () => {
    const directory = await Deno.makeTempDir({ prefix: "nss_db_" });
    using memory = new MemoryWatch(der);
    const token = await openNssDb(directory, { create: true, password: PASSWORD });
    await token.login(PASSWORD);
    await token.importKey(der);
    await token.changePassword(PASSWORD, `${PASSWORD} 2`);
    assert(await token.findKey(publicKey) !== undefined);
    await token.logout();
    assertEquals([secret, UTF8].map((bytes) => memory.copiesOf(bytes)), [0, 0]);
    memory.assertErased(/^took importKey raw (PBKDF2|AES-CBC|HMAC)/);
    await token.close();
    await Deno.remove(directory, { recursive: true });
  });
}

Deno.test("decryptLegacy() leaves nothing of the key of the password, and of what comes of it", async () => {
  const key = crypto.getRandomValues(new Uint8Array(20));
  const parameters = new DerReader(
    new DerWriter().sequence((w) => w.octetString(new Uint8Array(8)).integer(iterations)).finish(),
    "",
  ).sequence("");
  using memory = new MemoryWatch();
  await decryptLegacy(key, parameters, new Uint8Array(16));
  assertEquals(memory.copiesOf(key), 0);
  memory.assertErased(/^(took|gave) digest SHA-1/);
  memory.assertErased(/^(took importKey raw|(took|gave) sign) HMAC/);
});

Deno.test("KvToken leaves nothing of a key, of its password and of what it seals with", async () => {
  using memory = new MemoryWatch(EC.der);
  const token = await openKvToken({ path: ":memory:", iterations });
  await token.changePassword(null, PASSWORD);
  await token.logout();
  await token.login(PASSWORD);
  await token.importKey(EC.der);
  const { publicKey } = await token.generateKeyPair("ed25519");
  for (const which of [EC.publicKey, publicKey]) assert(await token.findKey(which) !== undefined);
  await token.close();
  assertEquals([EC.secret, UTF8].map((bytes) => memory.copiesOf(bytes)), [0, 0]);
  memory.assertErased(/^took importKey raw (PBKDF2|AES-GCM)/);
  memory.assertErased(/^gave (decrypt AES-GCM|exportKey pkcs8)/);
});

/** A library that says yes to everything, and notes where it was given secrets. */
class YesLibrary implements Caller {
  readonly given: Bytes[] = [];

  async call(...[name, , ...args]: [string, string, ...Argument[]]): Promise<void> {
    await this.tryCall(name, ...args);
  }

  tryCall(name: string, ...args: Argument[]): Promise<number> {
    if (/^C_(Login|SetPIN|CreateObject)$/.test(name)) {
      this.given.push(...args.filter((argument) => argument instanceof Uint8Array));
    }
    return Promise.resolve(0);
  }
}

const TOKEN_INFO: ReadTokenInfo = {
  label: "yes",
  manufacturer: "",
  model: "",
  serialNumber: "",
  isReadOnly: false,
  isInitialized: true,
  needsLogin: true,
  hasProtectedAuthPath: false,
  isFinalTry: false,
  isLocked: false,
  isTokenInitialized: true,
  maxSessions: 0,
};

for (const { type, der, secret } of [EC, RSA_KEY]) {
  Deno.test(`ModuleToken leaves nothing of a key and its passwords (${type})`, async () => {
    const library = new YesLibrary();
    using memory = new MemoryWatch(der);
    const token = new ModuleToken(library, 1n, TOKEN_INFO);
    assert(await token.login(PASSWORD));
    assert(await token.login(PASSWORD)); // which compares it with the one before
    await token.changePassword(PASSWORD, `${PASSWORD} 2`);
    await token.importKey(der);
    await token.close();
    assertEquals([secret, UTF8].map((bytes) => memory.copiesOf(bytes)), [0, 0]);
    memory.assertErased(/^took importKey raw HMAC/);
  });
}
