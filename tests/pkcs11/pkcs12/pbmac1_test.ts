// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import { exportPkcs12 } from "../../../pkcs11/pkcs12/export_pkcs12.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { countDigests } from "../../support/count_digests.ts";
import { Prng } from "../../support/prng.ts";
import vectors from "../../vectors/rfc9879.json" with { type: "json" };
import { importFailing } from "./_import_fails.ts";
import { A1, membersOf, type Parts, withMacData, withParts } from "./_pbmac1.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Write = (w: DerWriter) => void;

const assertFails = importFailing(vectors.password);
const PASSWORD = "pässword 🔑";
const iterations = 3;

const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({ ...keys, subject: "CN=server.example" });
const FILE = await exportPkcs12({
  key: keys.privateKey,
  certificates: [certificate],
  password: PASSWORD,
  encryption: "aes-256-pbmac1",
  iterations,
});

const withMacOf = (name: keyof typeof vectors.macDataOfA1): Bytes =>
  withMacData(A1, Uint8Array.fromBase64(vectors.macDataOfA1[name]));

for (const [name, file] of Object.entries(vectors.files)) {
  Deno.test(`importPkcs12() reads RFC 9879's file ${name}`, async () => {
    const bytes = Uint8Array.fromBase64(file);
    const { identities } = await importPkcs12(bytes, vectors.password);
    assertEquals(identities.map(({ certificates }) => certificates.length), [1]);
    await assertFails(bytes, "SEC_ERROR_PKCS12_INVALID_MAC", "password is wrong", {}, "1235");
  });
}

Deno.test("importPkcs12() refuses RFC 9879's files with other iterations, another salt, and without a length of the key", async () => {
  await assertFails(withMacOf("A.4"), "SEC_ERROR_PKCS12_INVALID_MAC");
  await assertFails(withMacOf("A.5"), "SEC_ERROR_PKCS12_INVALID_MAC");
  await assertFails(withMacOf("A.6"), "SEC_ERROR_PKCS12_DECODING_PFX", "has no length");
});

const WRONG = "SEC_ERROR_PKCS12_INVALID_MAC";
const UNSUPPORTED = "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM";

Deno.test("importPkcs12() says what of PBMAC1 is not supported, before it derives anything", async () => {
  const parts: readonly (readonly [Parts, string])[] = [
    [{ prf: PBE_OIDS.hmacWithSHA224 }, "its MAC is by PBKDF2 with hmacWithSHA224"],
    [{ hmac: PBE_OIDS.hmacWithSHA224 }, "its MAC is by hmacWithSHA224"],
    [{ kdf: PBE_OIDS.scrypt }, "its MAC is by scrypt"],
  ];
  for (const [part, message] of parts) {
    const digests = await countDigests(() => assertFails(withParts(part), UNSUPPORTED, message));
    assertEquals(digests, 0);
  }
});

Deno.test("importPkcs12() takes keys of PBMAC1 of 20 to 128 bytes, and no other", async () => {
  for (const keyLength of [20, 128]) await assertFails(withParts({ keyLength }), WRONG);
  for (const keyLength of [1, 19, 129]) {
    const state = `is of ${keyLength} bytes, not 20 to 128`;
    await assertFails(withParts({ keyLength }), "SEC_ERROR_PKCS12_DECODING_PFX", state);
  }
});

Deno.test("importPkcs12() counts the iterations of PBMAC1, those of each block of its key", async () => {
  const sealed = 2 * 2048; // A.1's two parts
  for (const [part, work] of [[{}, 5], [{ keyLength: 33 }, 10]] as const) {
    const file = withParts({ ...part, iterations: 5 });
    await assertFails(file, WRONG, "", { maxIterations: sealed + work });
    const digests = await countDigests(() =>
      assertFails(file, "SEC_ERROR_BAD_DATA", "more than maxIterations allows", {
        maxIterations: sealed + work - 1,
      })
    );
    assertEquals(digests, 0);
  }
  await assertFails(withParts({ iterations: 0 }), "SEC_ERROR_PKCS12_DECODING_PFX", "less than 1");
});

Deno.test("importPkcs12() ignores the iterations outside of PBMAC1's parameters, whatever they are", async () => {
  const [, , macData] = membersOf(FILE);
  const mac = new DerReader(macData, "MacData").sequence("").element("mac").der;
  const outers: readonly Write[] = [
    () => {},
    (w) => w.integer(0),
    (w) => w.integer(2_000_000_000),
    (w) => w.integer(Uint8Array.of(0xff)),
  ];
  for (const outer of outers) {
    const other = new DerWriter().sequence((w) => outer(w.raw(mac).octetString(Uint8Array.of(1))));
    const { identities } = await importPkcs12(withMacData(FILE, other.finish()), PASSWORD);
    assertEquals(identities.length, 1);
  }
});

Deno.test('exportPkcs12({ encryption: "aes-256-pbmac1" }) writes what RFC 9879 demands, and importPkcs12() reads it', async () => {
  const { identities } = await importPkcs12(FILE, PASSWORD);
  assert(identities[0]?.key.publicKey?.equals(keys.publicKey));
  assertEquals(identities[0]?.certificates.map(({ der }) => der), [certificate.der]);
  await assertRejects(() => importPkcs12(FILE, "other"), NssError, "the password is wrong");
  // The parameters of A.1, but for salt and iterations
  const [theirs, ours] = [A1, FILE].map((file) => {
    const macData = new DerReader(membersOf(file)[2], "MacData").sequence("");
    const mac = macData.sequence("mac");
    const identifier = mac.sequence("digestAlgorithm");
    const algorithm = identifier.oid("algorithm");
    const parameters = identifier.sequence("parameters");
    const kdf = parameters.sequence("keyDerivationFunc");
    const kdfAlgorithm = kdf.oid("algorithm");
    const pbkdf2 = kdf.sequence("parameters");
    pbkdf2.octetString("salt");
    pbkdf2.smallInteger("iterations");
    const rest = [pbkdf2.element("keyLength").der, pbkdf2.element("prf").der];
    const scheme = parameters.element("messageAuthScheme").der;
    mac.octetString("digest");
    const outer = [macData.octetString("macSalt"), macData.element("iterations").der];
    return [algorithm, kdfAlgorithm, ...[...rest, scheme, ...outer].map((der) => der.toHex())];
  });
  assertEquals(ours, theirs);
});

Deno.test('exportPkcs12({ encryption: "aes-256-pbmac1" }) derives its three keys by PBKDF2, with 600,000 iterations by default', async () => {
  const { subtle } = crypto;
  const { deriveBits, deriveKey } = subtle;
  const seen: unknown[] = [];
  const counted = (original: typeof deriveBits | typeof deriveKey) => (...args: unknown[]) => {
    const [parameters] = args;
    if (typeof parameters === "object") seen.push({ ...parameters, salt: undefined });
    return Reflect.apply(original, subtle, args);
  };
  Object.defineProperty(subtle, "deriveBits", { value: counted(deriveBits), configurable: true });
  Object.defineProperty(subtle, "deriveKey", { value: counted(deriveKey), configurable: true });
  try {
    const file = await exportPkcs12({
      key: keys.privateKey,
      certificates: [certificate],
      password: PASSWORD,
      encryption: "aes-256-pbmac1",
    });
    await importPkcs12(file, PASSWORD);
  } finally {
    Reflect.deleteProperty(subtle, "deriveBits");
    Reflect.deleteProperty(subtle, "deriveKey");
  }
  const one = { name: "PBKDF2", hash: "SHA-256", salt: undefined, iterations: 600_000 };
  assertEquals(seen, [one, one, one, one, one, one]);
});

Deno.test("importPkcs12() meets mutations of a MacData with PBMAC1 with typed errors, and takes none", async () => {
  const [, , macData] = membersOf(FILE);
  const prng = new Prng(9879);
  const options = { maxIterations: 1_000 };
  for (let i = 0; i < 300; i++) {
    const mutated = macData.slice();
    mutated[prng.integer(0, mutated.length - 1)] = prng.integer(0, 255);
    const isOuter = mutated.slice(0, -11).toHex() === macData.slice(0, -11).toHex();
    try {
      await importPkcs12(withMacData(FILE, mutated), PASSWORD, options);
      assert(isOuter, mutated.toHex()); // macSalt and iterations are ignored
    } catch (error) {
      assert(error instanceof NssError && error.name !== "SEC_ERROR_LIBRARY_FAILURE", `${error}`);
    }
  }
});
