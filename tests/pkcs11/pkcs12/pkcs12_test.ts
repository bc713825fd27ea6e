// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertMatch,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { exportPkcs12 } from "../../../pkcs11/pkcs12/export_pkcs12.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { importPkcs12 } from "../../../pkcs11/pkcs12/import_pkcs12.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import { pbkdf2, writePbkdf2 } from "../../../pkcs11/pbe/pbkdf2.ts";
import { bmpPassword } from "../../../pkcs11/pbe/pkcs12_kdf.ts";
import { MAX_BAGS } from "../../../pkcs11/pkcs12/file_budget.ts";
import { computeMac, writeMac } from "../../../pkcs11/pkcs12/mac.ts";
import { PKCS12_OIDS } from "../../../pkcs11/pkcs12/oids.ts";
import { exportPkcs8 } from "../../../pkcs11/keys/private_key.ts";
import { countDigests } from "../../support/count_digests.ts";
import { Prng } from "../../support/prng.ts";
import { importFailing } from "./_import_fails.ts";
import { segments } from "../../cert/der/_segments.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const PASSWORD = "pässword 🔑";
const assertFails = importFailing(PASSWORD);
const NAME = "Müller 🔑";
const iterations = 2;

const [rootKeys, middleKeys, keys] = await Promise.all([
  generateKeyPair(),
  generateKeyPair(),
  generateKeyPair("ec-p256", { extractable: true }),
]);
const root = await createCertificate({ ...rootKeys, subject: "CN=root", isCa: true });
const middle = await createCertificate({
  publicKey: middleKeys.publicKey,
  subject: "CN=middle",
  isCa: true,
  issuer: { certificate: root, privateKey: rootKeys.privateKey },
});
const issuer = { certificate: middle, privateKey: middleKeys.privateKey };
const [leaf, renewed] = await Promise.all(
  ["a.example", "b.example"].map((name) =>
    createCertificate({ publicKey: keys.publicKey, dnsNames: [name], issuer })
  ),
);
const FILE = await exportPkcs12({
  key: keys.privateKey,
  certificates: [leaf!, root, middle],
  friendlyName: NAME,
  password: PASSWORD,
  iterations,
});

Deno.test("importPkcs12() reads what exportPkcs12() writes: key, chain in its order, names", async () => {
  const { identities, certificates } = await importPkcs12(FILE, PASSWORD);
  assertEquals(identities.length, 1);
  const [identity] = identities;
  assert(identity!.key.publicKey!.equals(keys.publicKey));
  assertEquals(identity!.friendlyName, NAME);
  assertEquals(
    identity!.certificates.map(({ der }) => der),
    [leaf!, middle, root].map(({ der }) => der),
  );
  assertEquals(
    certificates.map(({ certificate, friendlyName }) => [certificate.der, friendlyName]),
    [[leaf!.der, NAME], [root.der, null], [middle.der, null]],
  );
  const key = await importPkcs12(FILE, PASSWORD, { extractable: true });
  assertEquals(
    await exportPkcs8(key.identities[0]!.key),
    await keys.exportPkcs8(),
  );
  const error = await assertRejects(() => exportPkcs8(identity!.key), NssError);
  assertEquals(error.name, "SEC_ERROR_INVALID_KEY");
});

Deno.test("importPkcs12() leaves the caller's bytes alone", async () => {
  const copy = FILE.slice();
  await importPkcs12(copy, PASSWORD);
  assertEquals(copy, FILE);
});

Deno.test("exportPkcs12() writes certificates alone, and a key alone", async () => {
  const password = "";
  const certs = await exportPkcs12({
    certificates: [root],
    friendlyName: "a",
    password,
    iterations,
  });
  const only = await importPkcs12(certs, password);
  assertEquals(only.identities, []);
  assertEquals(only.certificates.map(({ friendlyName }) => friendlyName), ["a"]);
  const key = await exportPkcs12({ key: keys.privateKey, certificates: [], password, iterations });
  const alone = await importPkcs12(key, password);
  assertEquals(alone.certificates, []);
  assertEquals(alone.identities[0]?.certificates, []);
  assertEquals(alone.identities[0]?.friendlyName, null);
});

Deno.test("exportPkcs12() refuses another key's certificate, and a key that may not leave", async () => {
  const password = "a";
  const other = await assertRejects(
    () => exportPkcs12({ key: keys.privateKey, certificates: [root], password, iterations }),
    NssError,
  );
  assertEquals(other.name, "SEC_ERROR_INVALID_ARGS");
  assertStringIncludes(other.message, "CN=root");
  const stays = await assertRejects(
    () => exportPkcs12({ key: rootKeys.privateKey, certificates: [root], password, iterations }),
    NssError,
  );
  assertEquals(stays.name, "SEC_ERROR_INVALID_KEY");
  const none = await assertRejects(
    () => exportPkcs12({ certificates: [root], password, iterations: 0 }),
    NssError,
  );
  assertEquals(none.name, "SEC_ERROR_INVALID_ARGS");
});

Deno.test("importPkcs12() refuses a wrong password and every damaged byte of what the MAC is of", async () => {
  await assertFails(FILE, "SEC_ERROR_PKCS12_INVALID_MAC", "password is wrong", {}, "wrong");
  await assertFails(FILE, "SEC_ERROR_PKCS12_INVALID_MAC", "password is wrong", {}, "");
  const { content } = takeApart(FILE);
  const start = FILE.toHex().indexOf(content.toHex()) / 2;
  for (let i = start; i < start + content.length; i += 7) {
    const damaged = FILE.slice();
    damaged[i]! ^= 0x40;
    const error = await assertRejects(() => importPkcs12(damaged, PASSWORD), NssError);
    // What is malformed or asks for too much is refused before the MAC is computed
    assertMatch(error.name, /^SEC_ERROR_(PKCS12_|BAD_DER|BAD_DATA)/);
  }
});

Deno.test("importPkcs12() spends no more iterations than allowed over all parts", async () => {
  // One block for the MAC, by PKCS#12's own derivation, one each for the keys of both parts
  const needed = 22 * iterations;
  await importPkcs12(FILE, PASSWORD, { maxIterations: needed });
  const digests = await countDigests(() =>
    assertFails(FILE, "SEC_ERROR_BAD_DATA", `the work of ${needed} iterations`, {
      maxIterations: needed - 1,
    })
  );
  assertEquals(digests, 0);
});

Deno.test("importPkcs12() fails at every strict prefix, and meets mutations with typed errors", async () => {
  const options = { maxIterations: 100 };
  for (let length = 0; length < FILE.length; length++) {
    await assertFails(FILE.slice(0, length), "SEC_ERROR_PKCS12_DECODING_PFX", "", options);
  }
  const prng = new Prng(12);
  const { content } = takeApart(FILE);
  for (let i = 0; i < 400; i++) {
    // Every second one with a new MAC, so that what is behind it is met too
    const bytes = (i % 2 === 0 ? FILE : content).slice();
    for (let times = prng.integer(1, 3); times > 0; times--) {
      bytes[prng.integer(0, bytes.length - 1)] = prng.integer(0, 255);
    }
    const file = i % 2 === 0 ? bytes : await withMac(bytes);
    try {
      await importPkcs12(file, PASSWORD, options);
    } catch (error) {
      assert(error instanceof NssError && error.name !== "SEC_ERROR_LIBRARY_FAILURE", `${error}`);
    }
  }
});

/** The parts of a file: what the MAC is of. */
function takeApart(file: Bytes): { content: Bytes } {
  const pfx = new DerReader(file, "file").sequence("");
  pfx.integer("");
  const info = pfx.sequence("");
  info.oid("");
  return { content: info.constructed("", constructedTag(0)).octetString("") };
}

function pfx(
  content: (w: DerWriter) => void,
  mac: (w: DerWriter) => void,
  { version = 3, type = PKCS12_OIDS.data as string } = {},
): Bytes {
  return new DerWriter().sequence((w) => {
    w.integer(version);
    w.sequence((w) => w.oid(type).constructed(constructedTag(0), content));
    mac(w);
  }).finish();
}

async function withMac(content: Bytes): Promise<Bytes> {
  const mac = await computeMac(content, PASSWORD, iterations);
  return pfx((w) => w.octetString(content), (w) => writeMac(w, mac));
}

type Write = (w: DerWriter) => void;

const explicit = (w: DerWriter, body: Write): DerWriter => w.constructed(constructedTag(0), body);

/** A file in clear of bags. */
function ofBags(...bags: Write[]): Promise<Bytes> {
  const content = new DerWriter().sequence((w) =>
    w.sequence((w) => {
      w.oid(PKCS12_OIDS.data);
      explicit(w, (w) => w.octetString((w) => w.sequence((w) => bags.forEach((bag) => bag(w)))));
    })
  ).finish();
  return withMac(content);
}

const attribute = (oid: string, value: Write): Write => (w) =>
  w.sequence((w) => w.oid(oid).setOf([value]));
const localKeyId = (id: number): Write =>
  attribute(PKCS12_OIDS.localKeyId, (w) => w.octetString(Uint8Array.of(id)));

const bag = (type: string, value: Write, ...attributes: Write[]): Write => (w) =>
  w.sequence((w) => {
    explicit(w.oid(type), value);
    if (attributes.length > 0) w.setOf(attributes);
  });
const certBag = (der: Uint8Array, ...attributes: Write[]): Write =>
  bag(
    PKCS12_OIDS.certBag,
    (w) =>
      w.sequence((w) => explicit(w.oid(PKCS12_OIDS.x509Certificate), (w) => w.octetString(der))),
    ...attributes,
  );

Deno.test("importPkcs12() pairs key and certificate by localKeyId, or by the key without one", async () => {
  const pkcs8 = await keys.exportPkcs8();
  const keyBag = (...attributes: Write[]): Write =>
    bag(PKCS12_OIDS.keyBag, (w) => w.raw(pkcs8), ...attributes);
  const certs = [
    certBag(middle.der),
    certBag(leaf!.der, localKeyId(1)),
    certBag(renewed!.der, localKeyId(2)),
  ];
  const cases = [[localKeyId(1), leaf], [localKeyId(2), renewed], [localKeyId(3), leaf]] as const;
  for (const [id, expected] of cases) {
    const { identities } = await importPkcs12(await ofBags(...certs, keyBag(id)), PASSWORD);
    assertEquals(identities[0]?.certificates.map(({ der }) => der), [expected!.der, middle.der]);
  }
  const { identities } = await importPkcs12(await ofBags(keyBag(), ...certs), PASSWORD);
  assertEquals(identities[0]?.certificates[0]?.der, leaf!.der);
  // The certificate of another key is not this key's, whatever localKeyId says
  const wrong = await ofBags(keyBag(localKeyId(1)), certBag(root.der, localKeyId(1)));
  assertEquals((await importPkcs12(wrong, PASSWORD)).identities[0]?.certificates, []);
});

Deno.test("importPkcs12() reads nested bags, skips bags and certificates of other kinds", async () => {
  const nested = bag(PKCS12_OIDS.safeContentsBag, (w) => w.sequence(certBag(root.der)));
  const secret = bag("1.2.840.113549.1.12.10.1.5", (w) => w.sequence((w) => w.null()));
  const sdsi = bag(
    PKCS12_OIDS.certBag,
    (w) => w.sequence((w) => explicit(w.oid("1.2.840.113549.1.9.22.2"), (w) => w.null())),
  );
  const { certificates } = await importPkcs12(await ofBags(secret, sdsi, nested), PASSWORD);
  assertEquals(certificates.map(({ certificate }) => certificate.der), [root.der]);
});

Deno.test("importPkcs12() tells what is wrong inside of a file whose MAC is right", async () => {
  const k1 = new DerWriter().sequence((w) =>
    w.integer(0).sequence((w) => w.oid(OIDS.ecPublicKey).oid("1.3.132.0.10")).octetString(
      new Uint8Array(3),
    )
  ).finish();
  const key = await ofBags(bag(PKCS12_OIDS.keyBag, (w) => w.raw(k1)));
  await assertFails(key, "SEC_ERROR_PKCS12_UNABLE_TO_IMPORT_KEY", "secp256k1");
  const cert = await ofBags(certBag(root.der.slice(0, 99)));
  await assertFails(cert, "SEC_ERROR_PKCS12_IMPORTING_CERT_CHAIN");
  await assertFails(
    await withMac(Uint8Array.of(0x31, 0)),
    "SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE",
  );
});

Deno.test("importPkcs12() refuses other versions, modes and files without a MAC", async () => {
  const { content } = takeApart(FILE);
  const mac = await computeMac(content, PASSWORD, 1);
  const write: Write = (w) => writeMac(w, mac);
  const octets: Write = (w) => w.octetString(content);
  await assertFails(
    pfx(octets, write, { version: 2 }),
    "SEC_ERROR_PKCS12_UNSUPPORTED_VERSION",
    "2",
  );
  await assertFails(
    pfx(octets, write, { type: PKCS12_OIDS.signedData }),
    "SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE",
    "signed with a key",
  );
  await assertFails(pfx(octets, () => {}), "SEC_ERROR_PKCS12_INVALID_MAC", "no MAC");
  const enveloped = new DerWriter().sequence((w) =>
    w.sequence((w) => explicit(w.oid(PKCS12_OIDS.envelopedData), (w) => w.null()))
  ).finish();
  await assertFails(
    await withMac(enveloped),
    "SEC_ERROR_PKCS12_UNSUPPORTED_TRANSPORT_MODE",
    "encrypted for a key",
  );
  const md5: Write = (w) =>
    w.sequence((w) => {
      w.sequence((w) =>
        w.sequence((w) => w.oid("1.2.840.113549.2.5").null()).octetString(new Uint8Array(16))
      );
      w.octetString(new Uint8Array(8));
    });
  await assertFails(pfx(octets, md5), "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM", "MD5");
});

/** A file with PBMAC1 (RFC 9879). */
async function withPbmac1(keyLength: number | null, password = PASSWORD): Promise<Bytes> {
  const { content } = takeApart(FILE);
  const parameters = {
    salt: new Uint8Array(8),
    iterations: 5,
    keyLength,
    hash: "SHA-512",
  } as const;
  const bytes = new TextEncoder().encode(password);
  const raw = await pbkdf2(bytes, parameters, keyLength ?? 32);
  const algorithm = { name: "HMAC", hash: "SHA-256" };
  const key = await crypto.subtle.importKey("raw", raw, algorithm, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign(algorithm, key, content));
  return pfx((w) => w.octetString(content), (w) =>
    w.sequence((w) => {
      w.sequence((w) => {
        w.sequence((w) =>
          w.oid(PBE_OIDS.pbmac1).sequence((w) => {
            writePbkdf2(w, parameters);
            w.sequence((w) => w.oid(PBE_OIDS.hmacWithSHA256).null());
          })
        );
        w.octetString(digest);
      });
      w.octetString(new Uint8Array(8)).integer(1);
    }));
}

Deno.test("importPkcs12() verifies PBMAC1, with keys of 20 bytes and more", async () => {
  for (const length of [20, 32, 128]) {
    const { identities } = await importPkcs12(await withPbmac1(length), PASSWORD);
    assertEquals(identities.length, 1);
  }
  await assertFails(await withPbmac1(32, "other"), "SEC_ERROR_PKCS12_INVALID_MAC");
  for (const length of [19, 129, null]) {
    await assertFails(
      await withPbmac1(length),
      "SEC_ERROR_PKCS12_DECODING_PFX",
      "the key of its MAC by PBMAC1",
    );
  }
});

Deno.test("importPkcs12() refuses a file of a million segments before it computes anything of the password", async () => {
  const file = pfx(
    (w) => w.raw(segments(1_000_000)),
    (w) =>
      writeMac(w, {
        kind: "SHA-256",
        digest: new Uint8Array(32),
        salt: new Uint8Array(8),
        iterations,
      }),
  );
  const digests = await countDigests(() =>
    assertFails(file, "SEC_ERROR_PKCS12_DECODING_PFX", "more than 250000 elements")
  );
  assertEquals(digests, 0);
});

Deno.test("importPkcs12() takes MAX_BAGS and no more, and lets timers run meanwhile", async () => {
  assertEquals(MAX_BAGS, 4_096);
  const bags = (count: number) => Array.from({ length: count }, () => certBag(root.der));
  const file = await ofBags(...bags(MAX_BAGS));
  let ticks = 0;
  const timer = setInterval(() => ticks++);
  try {
    assertEquals((await importPkcs12(file, PASSWORD)).certificates.length, MAX_BAGS);
  } finally {
    clearInterval(timer);
  }
  assert(ticks >= 10, `${ticks} ticks`);
  await assertFails(
    await ofBags(...bags(MAX_BAGS + 1)),
    "SEC_ERROR_PKCS12_CORRUPT_PFX_STRUCTURE",
    "the file has more than 4096 keys and certificates",
  );
});

Deno.test("importPkcs12() reads a file of indefinite lengths", async () => {
  const { content } = takeApart(FILE);
  const mac = await computeMac(content, PASSWORD, iterations);
  const macData = new DerWriter();
  writeMac(macData, mac);
  const half = content.length >> 1;
  const pieces = new DerWriter()
    .octetString(content.slice(0, half)).octetString(content.slice(half)).finish();
  const oid = new DerWriter().oid(PKCS12_OIDS.data).finish();
  const end = [0, 0];
  const file = Uint8Array.of(
    ...[0x30, 0x80, 2, 1, 3, 0x30, 0x80, ...oid, 0xa0, 0x80, 0x24, 0x80, ...pieces],
    ...[...end, ...end, ...end, ...macData.finish(), ...end],
  );
  assertFalse(file.toHex() === FILE.toHex());
  assertEquals((await importPkcs12(file, PASSWORD)).identities.length, 1);
});

/** What NSS before 3.31 wrote: PBES2 with PKCS#12's own form of the password. */
async function sealedByOldNss(
  plain: Bytes,
  password: string,
): Promise<{ algorithm: Bytes; ciphertext: Bytes }> {
  const parameters = {
    salt: new Uint8Array(8),
    iterations: 3,
    keyLength: 32,
    hash: "SHA-1",
  } as const;
  const raw = await pbkdf2(bmpPassword(password), parameters, 32);
  const key = await crypto.subtle.importKey("raw", raw, "AES-CBC", false, ["encrypt"]);
  const iv = new Uint8Array(16);
  const algorithm = new DerWriter().sequence((w) =>
    w.oid(PBE_OIDS.pbes2).sequence((w) => {
      writePbkdf2(w, parameters);
      w.sequence((w) => w.oid(PBE_OIDS.aes256CBC).octetString(iv));
    })
  ).finish();
  const ciphertext = await crypto.subtle.encrypt({ name: "AES-CBC", iv }, key, plain);
  return { algorithm, ciphertext: new Uint8Array(ciphertext) };
}

Deno.test("importPkcs12() tries the other form of the password, as NSS before 3.31 hashed it", async () => {
  const shrouded = async (password: string): Promise<Bytes> => {
    const { algorithm, ciphertext } = await sealedByOldNss(await keys.exportPkcs8(), password);
    return await ofBags(
      bag(
        PKCS12_OIDS.pkcs8ShroudedKeyBag,
        (w) => w.sequence((w) => w.raw(algorithm).octetString(ciphertext)),
      ),
    );
  };
  const { identities } = await importPkcs12(await shrouded(PASSWORD), PASSWORD);
  assert(identities[0]!.key.publicKey!.equals(keys.publicKey));
  await assertFails(await shrouded("other"), "SEC_ERROR_PKCS12_PRIVACY_PASSWORD_INCORRECT");

  const certs = new DerWriter().sequence(certBag(root.der)).finish();
  const { algorithm, ciphertext } = await sealedByOldNss(certs, PASSWORD);
  // In pieces under the implicit tag, as NSS writes it
  const safe = new DerWriter().sequence((w) =>
    w.sequence((w) =>
      explicit(
        w.oid(PKCS12_OIDS.encryptedData),
        (w) =>
          w.sequence((w) =>
            w.integer(0).sequence((w) =>
              w.oid(PKCS12_OIDS.data).raw(algorithm).constructed(
                constructedTag(0),
                (w) => w.octetString(ciphertext.slice(0, 20)).octetString(ciphertext.slice(20)),
              )
            )
          ),
      )
    )
  ).finish();
  assertEquals((await importPkcs12(await withMac(safe), PASSWORD)).certificates.length, 1);
});
