// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { encodePem } from "../../../cert/der/pem.ts";
import { constructedTag, contextTag } from "../../../cert/der/tag.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { MAX_ITERATIONS, MAX_WORK } from "../../../pkcs11/pbe/iteration_budget.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import { encryptWeakly } from "../../../pkcs11/pbe/password_encryption.ts";
import { exportPkcs12 } from "../../../pkcs11/pkcs12/export_pkcs12.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { computeMac, writeMac } from "../../../pkcs11/pkcs12/mac.ts";
import { PKCS12_OIDS } from "../../../pkcs11/pkcs12/oids.ts";
import { countDigests } from "../../support/count_digests.ts";
import { Prng } from "../../support/prng.ts";
import { typed } from "../../fuzz/_support.ts";
import { importFailing } from "./_import_fails.ts";

type Bytes = Uint8Array<ArrayBuffer>;
type Write = (w: DerWriter) => void;

const PASSWORD = "secret";
const assertFails = importFailing(PASSWORD);
const iterations = 2;
const keys = await generateKeyPair("ec-p256", { extractable: true });
const cert = await createCertificate({ ...keys, subject: "CN=a" });
const content = { key: keys.privateKey, certificates: [cert], iterations };

const explicit = (w: DerWriter, body: Write): DerWriter => w.constructed(constructedTag(0), body);

/** The authenticated content of a file. */
function contentOf(file: Bytes): Bytes {
  const pfx = new DerReader(file, "file").sequence("");
  pfx.integer("");
  const info = pfx.sequence("");
  info.oid("");
  return info.constructed("", constructedTag(0)).octetString("");
}

/** A file of an authenticated content, with a MAC where there is one. */
function pfx(content: Bytes, mac: Write = () => {}): Bytes {
  return new DerWriter().sequence((w) => {
    w.integer(3);
    w.sequence((w) => explicit(w.oid(PKCS12_OIDS.data), (w) => w.octetString(content)));
    mac(w);
  }).finish();
}

const withoutMac = (file: Bytes): Bytes => pfx(contentOf(file));

/** An encrypted part; its algorithm and ciphertext are what they are. */
const sealedPart = (algorithm: Write, ciphertext: Bytes): Write => (w) =>
  w.sequence((w) =>
    explicit(
      w.oid(PKCS12_OIDS.encryptedData),
      (w) =>
        w.sequence((w) =>
          w.integer(0).sequence((w) => {
            algorithm(w.oid(PKCS12_OIDS.data));
            w.primitive(contextTag(0), ciphertext);
          })
        ),
    )
  );

const scheme = (oid: string, iterations = 1): Write => (w) =>
  w.sequence((w) =>
    w.oid(oid).sequence((w) => w.octetString(new Uint8Array(8)).integer(iterations))
  );

/** A part in clear of one shrouded key. */
const shroudedKey = (algorithm: Write): Write => (w) =>
  w.sequence((w) =>
    explicit(
      w.oid(PKCS12_OIDS.data),
      (w) =>
        w.octetString((w) =>
          w.sequence((w) =>
            w.sequence((w) =>
              explicit(w.oid(PKCS12_OIDS.pkcs8ShroudedKeyBag), (w) =>
                w.sequence((w) => {
                  algorithm(w);
                  w.octetString(new Uint8Array(16));
                }))
            )
          )
        ),
    )
  );

async function ofParts(...parts: Write[]): Promise<Bytes> {
  const content = new DerWriter().sequence((w) => parts.forEach((part) => part(w))).finish();
  const mac = await computeMac(content, PASSWORD, iterations);
  return pfx(content, (w) => writeMac(w, mac));
}

for (const encryption of ["aes-256", "weak-3des-sha1"] as const) {
  const file = await exportPkcs12({ ...content, password: PASSWORD, encryption });

  Deno.test(`importPkcs12() takes a file without a MAC only where the application says so (${encryption})`, async () => {
    const bare = withoutMac(file);
    for (const options of [{}, { allowMissingMac: false }]) {
      await assertFails(bare, "SEC_ERROR_PKCS12_INVALID_MAC", "allowMissingMac", options);
    }
    const options = { allowMissingMac: true };
    const { identities } = await importPkcs12(bare, PASSWORD, options);
    assert(identities[0]?.key.publicKey?.equals(keys.publicKey));
    const wrong = "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT";
    await assertFails(bare, wrong, "the password is wrong", options, "wrong");
  });

  Deno.test(`importPkcs12() with allowMissingMac still verifies a MAC that is there (${encryption})`, async () => {
    const damaged = file.slice();
    damaged[file.length - 40]! ^= 1;
    const options = { allowMissingMac: true };
    await assertFails(damaged, "SEC_ERROR_PKCS12_INVALID_MAC", "password is wrong", options);
    await assertFails(file, "SEC_ERROR_PKCS12_INVALID_MAC", "", options, "wrong");
  });

  Deno.test(`importPkcs12() takes a file without a MAC for the empty password (${encryption})`, async () => {
    const bare = withoutMac(await exportPkcs12({ ...content, password: "", encryption }));
    const { identities } = await importPkcs12(bare, "");
    assert(identities[0]?.key.publicKey?.equals(keys.publicKey));
    // One of another password is not opened by the empty one
    const error = await assertRejects(() => importPkcs12(withoutMac(file), ""), NssError);
    assertEquals(error.name, "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT");
  });

  Deno.test(`importPkcs12() meets prefixes and mutations of a file without a MAC with typed errors (${encryption})`, async () => {
    const bare = withoutMac(file);
    const options = { allowMissingMac: true, maxIterations: 1_000 };
    for (let length = 0; length < bare.length; length++) {
      const cut = bare.slice(0, length);
      await assertFails(cut, "SEC_ERROR_PKCS12_DECODING_PFX", "", options);
    }
    const prng = new Prng(16);
    for (let i = 0; i < 400; i++) {
      const bytes = bare.slice();
      for (let times = prng.integer(1, 3); times > 0; times--) {
        bytes[prng.integer(0, bytes.length - 1)] = prng.integer(0, 255);
      }
      await typed(() => importPkcs12(bytes, PASSWORD, options));
    }
  });
}

Deno.test("importPkcs12() tries both forms of the empty password that programs hash, with a MAC and without", async () => {
  // As some hash it: as no bytes, not even the NULL character
  const plain = new DerWriter().sequence((w) =>
    w.sequence((w) =>
      explicit(
        w.oid(PKCS12_OIDS.certBag),
        (w) =>
          w.sequence((w) =>
            explicit(w.oid(PKCS12_OIDS.x509Certificate), (w) => w.octetString(cert.der))
          ),
      )
    )
  ).finish();
  const { writeAlgorithm, ciphertext } = await encryptWeakly(plain, "", iterations);
  const parts = new DerWriter().sequence(sealedPart(writeAlgorithm, ciphertext)).finish();
  assertEquals((await importPkcs12(pfx(parts), "")).certificates.length, 1);
  // Without the character, what PKCS#12's derivation hashes has no password at all
  const bare = await emptyWithoutNull(plain);
  assertEquals((await importPkcs12(bare, "")).certificates.length, 1);
});

/** A part encrypted under an empty password without its NULL character. */
async function emptyWithoutNull(plain: Bytes): Promise<Bytes> {
  const { pkcs12Kdf, PURPOSE } = await import("../../../pkcs11/pbe/pkcs12_kdf.ts");
  const { encryptTripleDes } = await import("../../../pkcs11/pbe/ciphers.ts");
  const parameters = { hash: "SHA-1", salt: new Uint8Array(8), iterations: 1 } as const;
  const none = new Uint8Array(0);
  const key = await pkcs12Kdf(none, { ...parameters, purpose: PURPOSE.key }, 24);
  const iv = await pkcs12Kdf(none, { ...parameters, purpose: PURPOSE.iv }, 8);
  const ciphertext = await encryptTripleDes(key, iv, plain);
  const algorithm = scheme(PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC);
  return pfx(new DerWriter().sequence(sealedPart(algorithm, ciphertext)).finish());
}

Deno.test("importPkcs12() hashes nothing for a file of which any part that is seen is not supported", async () => {
  const good = scheme(PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC);
  const rc4 = scheme(PBE_OIDS.pbeWithSHAAnd128BitRC4);
  const rc2 = scheme(PBE_OIDS.pbeWithSHAAnd40BitRC2CBC);
  const data = new Uint8Array(16);
  const files = [
    [await ofParts(sealedPart(good, data), sealedPart(rc4, data)), "RC4"],
    [await ofParts(shroudedKey(good), sealedPart(rc2, data)), "RC2"],
    [await ofParts(sealedPart(good, data), shroudedKey(rc4)), "RC4"],
    [await ofParts(sealedPart(good, data), shroudedKey(rc2)), "decryptRc2"],
  ] as const;
  for (const [file, name] of files) {
    const digests = await countDigests(() =>
      assertFails(file, "SEC_ERROR_PKCS12_UNSUPPORTED_PBE_ALGORITHM", name)
    );
    assertEquals(digests, 0);
  }
});

Deno.test("importPkcs12() takes MAX_WORK over the MAC and all parts, and hashes nothing for more", async () => {
  assertEquals(MAX_WORK, 100_000_000);
  assert(MAX_ITERATIONS < MAX_WORK); // what is exported can be imported
  const data = new Uint8Array(16);
  const mac = 20 * iterations;
  // A scheme of one hash for each iteration: 20 of the work
  const part = (iterations: number) =>
    sealedPart(scheme(PBE_OIDS.pbeWithSHA1AndDESCBC, iterations), data);
  const maxIterations = mac + 20 * 3 + 20 * 4;
  const file = await ofParts(part(3), part(4));
  const wrong = "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT";
  await assertFails(file, wrong, "", { maxIterations });
  for (
    const [more, options] of [
      [file, { maxIterations: maxIterations - 1 }],
      [await ofParts(part(3), part(MAX_WORK / 20 - 2 - iterations)), {}],
      // Many parts of little work each
      [await ofParts(...Array.from({ length: 1000 }, () => part(5_001))), {}],
    ] as const
  ) {
    const digests = await countDigests(() =>
      assertFails(more, "SEC_ERROR_BAD_DATA", "more than maxIterations allows", options)
    );
    assertEquals(digests, 0);
  }
});

Deno.test("importPkcs12() reads a PKCS12 block of PEM, as certtool writes it", async () => {
  const file = await exportPkcs12({ ...content, password: PASSWORD });
  const text = `some words\r\n${encodePem("PKCS12", file)}`;
  const { identities } = await importPkcs12(new TextEncoder().encode(text), PASSWORD);
  assertEquals(identities.length, 1);
  const cut = new TextEncoder().encode(text.slice(0, -10));
  await assertFails(cut, "SEC_ERROR_PKCS12_DECODING_PFX", "does not end");
});

Deno.test('exportPkcs12({ encryption: "weak-3des-sha1" }) hashes 10,000 times by default, and importPkcs12() reads it', async () => {
  const file = await exportPkcs12({
    key: keys.privateKey,
    certificates: [cert],
    password: "pässword",
    encryption: "weak-3des-sha1",
  });
  const times = file.toHex().split("02022710").length - 1; // INTEGER 10000
  assertEquals(times, 3);
  const { identities } = await importPkcs12(file, "pässword", { extractable: true });
  assert(identities[0]?.key.publicKey?.equals(keys.publicKey));
  assertEquals(identities[0]?.certificates[0]?.der, cert.der);
});
