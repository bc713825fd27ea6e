// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { generateKeyPair, type KeyPairType } from "../../../pkcs11/keys/generate_key_pair.ts";
import { pointOf } from "../../../pkcs11/keys/key_id.ts";
import { CKA as MODULE_CKA, CKK as MODULE_CKK } from "../../../pkcs11/module/constants.ts";
import { publicKeyOfAttributes } from "../../../pkcs11/module/key_attributes.ts";
import { ulong as writeUlong } from "../../../pkcs11/module/template.ts";
import { CKA, CKK } from "../../../pkcs11/nss_db/attributes.ts";
import { readPublicKey } from "../../../pkcs11/nss_db/key_codec.ts";
import { StoredObject, ulong } from "../../../pkcs11/nss_db/values.ts";

/** The forms in which modules give a point. */
const FORMS: Readonly<
  Record<string, (point: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer>>
> = {
  "an OCTET STRING": (point) => new DerWriter().octetString(point).finish(),
  "a BIT STRING": (point) => new DerWriter().bitString(point).finish(),
  "bare": (point) => point,
};

const TYPES = ["ec-p256", "ec-p384", "ec-p521", "ed25519"] as const satisfies KeyPairType[];

for (const [form, encode] of Object.entries(FORMS)) {
  Deno.test(`a public key of a PKCS#11 module and of an NSS database is read whose CKA_EC_POINT is ${form}`, async () => {
    for (const type of TYPES) {
      const { publicKey } = await generateKeyPair(type);
      const algorithm = new DerReader(publicKey.der, "key").sequence("").sequence("algorithm");
      algorithm.oid("");
      const parameters = type === "ed25519" ? new Uint8Array(2) : algorithm.rest();
      const point = encode(publicKey.publicKey.slice());
      const keyType = type === "ed25519" ? MODULE_CKK.ecEdwards : MODULE_CKK.ec;
      const read = publicKeyOfAttributes(
        new Map([
          [MODULE_CKA.keyType, writeUlong(keyType)],
          [MODULE_CKA.ecParams, parameters],
          [MODULE_CKA.ecPoint, point],
        ]),
      );
      assertEquals(read?.equals(publicKey), true, `${type} of a module`);
      if (type === "ed25519") continue; // NSS databases hold none
      const column = (attribute: number) => `a${attribute.toString(16)}`;
      const object = new StoredObject({
        id: 1,
        [column(CKA.keyType)]: ulong(CKK.ec),
        [column(CKA.ecParams)]: parameters,
        [column(CKA.ecPoint)]: point,
      });
      assertEquals(readPublicKey(object)?.equals(publicKey), true, `${type} of a database`);
    }
  });
}

Deno.test("pointOf() takes a bare point for one whose X begins as the length of an OCTET STRING", () => {
  for (const length of [65, 97, 133]) {
    const point = new Uint8Array(length);
    point.set([4, length - 2, 4]);
    assertEquals(pointOf(point), point);
    assertEquals(pointOf(new DerWriter().octetString(point).finish()), point);
    assertEquals(pointOf(new DerWriter().bitString(point).finish()), point);
  }
});

Deno.test("pointOf() leaves what is no point in a string as it is, for the key to be refused", () => {
  const point = new Uint8Array(65).fill(4);
  const octets = new DerWriter().octetString(point).finish();
  const bits = new DerWriter().bitString(point).finish();
  const unused = bits.slice();
  unused[2] = 1;
  const sequence = new DerWriter().sequence((w) => w.octetString(point)).finish();
  for (const whole of [octets, bits]) {
    for (let end = 0; end < whole.length; end++) {
      if (end === 65) continue; // as long as a bare one
      assertEquals(pointOf(whole.slice(0, end)), whole.slice(0, end));
    }
    assertEquals(pointOf(Uint8Array.of(...whole, 0)), Uint8Array.of(...whole, 0));
  }
  assertEquals(pointOf(unused), unused);
  assertEquals(pointOf(sequence), sequence);
});
