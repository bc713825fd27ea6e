// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { PasswordKey } from "../../../pkcs11/nss_db/sealing.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";

const VALUE = Uint8Array.of(1, 2, 3);
const key = await PasswordKey.derive(new Uint8Array(20), "password");

async function assertDamaged(fn: () => Promise<unknown>, what: string): Promise<void> {
  const error = await assertRejects(fn, NssError, undefined, what);
  assertEquals(error.name, "SEC_ERROR_BAD_DATABASE", what);
}

interface Parts {
  readonly iterations?: number;
  readonly keyLength?: number | null;
  readonly iv?: Uint8Array<ArrayBuffer>;
  readonly ciphertext?: Uint8Array<ArrayBuffer>;
}

/** A value as NSS stores it, or a MAC, of which some part is another. */
function sealed(scheme: "pbes2" | "pbmac1", parts: Parts = {}): Uint8Array<ArrayBuffer> {
  const { iterations = 1, keyLength = 32, iv = new Uint8Array(16) } = parts;
  return new DerWriter().sequence((w) => {
    w.sequence((w) =>
      w.oid(PBE_OIDS[scheme]).sequence((w) => {
        w.sequence((w) =>
          w.oid(PBE_OIDS.pbkdf2).sequence((w) => {
            w.octetString(new Uint8Array(32)).integer(iterations);
            if (keyLength !== null) w.integer(keyLength);
            w.sequence((w) => w.oid(PBE_OIDS.hmacWithSHA256));
          })
        );
        w.sequence((w) => {
          if (scheme === "pbes2") w.oid(PBE_OIDS.aes256CBC).octetString(iv);
          else w.oid(PBE_OIDS.hmacWithSHA256);
        });
      })
    );
    w.octetString(parts.ciphertext ?? new Uint8Array(32));
  }).finish();
}

const isRead = async (parts: Parts): Promise<boolean> =>
  (await key.decrypt(sealed("pbes2", parts))).plaintext === null;
const isVerified = (parts: Parts): Promise<boolean> =>
  key.verify(sealed("pbmac1", parts), 1, 2, VALUE);

Deno.test("PasswordKey decrypts what it encrypts, and verifies what it signs", async () => {
  assertEquals((await key.decrypt(await key.encrypt(VALUE))).plaintext, VALUE);
  const mac = await key.sign(1, 2, VALUE);
  assert(await key.verify(mac, 1, 2, VALUE));
  assertFalse(await key.verify(mac, 3, 2, VALUE));
  assertFalse(await key.verify(mac, 1, 3, VALUE));
  assertFalse(await key.verify(mac, 1, 2, VALUE.subarray(1)));
});

Deno.test("PasswordKey hashes a million times for one value and not once more", async () => {
  assert(await isRead({ iterations: 1_000_000 }));
  await assertDamaged(() => isRead({ iterations: 1_000_001 }), "decrypt");
  await assertDamaged(() => isVerified({ iterations: 1_000_001 }), "verify");
  await assertDamaged(() => isRead({ iterations: 0 }), "none");
});

Deno.test("PasswordKey.decrypt() wants a key, an IV and blocks of AES-256", async () => {
  assert(await isRead({}));
  assert(await isRead({ keyLength: null }));
  for (const keyLength of [0, 16, 31, 33, 64]) {
    await assertDamaged(() => isRead({ keyLength }), `a key of ${keyLength} bytes`);
  }
  assert(await isRead({ iv: new Uint8Array(14) })); // with its header, as NSS has it
  for (const length of [0, 13, 15, 17]) {
    await assertDamaged(() => isRead({ iv: new Uint8Array(length) }), `an IV of ${length} bytes`);
  }
  for (const length of [0, 15, 17]) {
    const parts = { ciphertext: new Uint8Array(length) };
    await assertDamaged(() => isRead(parts), `a ciphertext of ${length} bytes`);
  }
});

Deno.test("PasswordKey.verify() takes keys of 1 to 64 bytes, and a MAC of any length for wrong", async () => {
  for (const keyLength of [1, 64, null]) assertFalse(await isVerified({ keyLength }));
  for (const keyLength of [0, 65]) {
    await assertDamaged(() => isVerified({ keyLength }), `a key of ${keyLength} bytes`);
  }
  for (const length of [0, 31, 33]) {
    assertFalse(await isVerified({ ciphertext: new Uint8Array(length) }));
  }
});

Deno.test("PasswordKey.decrypt() hashes 10,000 times for a value of NSS before 3.49 and not once more", async () => {
  const legacy = (iterations: number, length = 8) =>
    new DerWriter().sequence((w) => {
      w.sequence((w) =>
        w.oid("1.2.840.113549.1.12.5.1.3").sequence((w) =>
          w.octetString(new Uint8Array(16)).integer(iterations)
        )
      );
      w.octetString(new Uint8Array(length));
    }).finish();
  assertEquals((await key.decrypt(legacy(10_000))).isLegacy, true);
  await assertDamaged(() => key.decrypt(legacy(10_001)), "10,001 iterations");
  for (const length of [0, 7, 9]) {
    await assertDamaged(() => key.decrypt(legacy(1, length)), `a ciphertext of ${length} bytes`);
  }
});
