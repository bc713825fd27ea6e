// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { createCrl } from "../../../cert/create/create_crl.ts";
import type { PrivateKey } from "../../../cert/certificate/private_key.ts";
import { verifyCrl } from "../../../cert/revocation/verify_crl.ts";
import { assertRejectsWith, crlOf, DAY, days, party, pki } from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate } = await pki();

Deno.test("createCrl() makes lists with every kind of key, which verifyCrl() takes", async () => {
  for (const keyType of ["P-256", "P-384", "P-521", "RSA-2048", "Ed25519", "ML-DSA-44"] as const) {
    const issuer = await party({ subject: `CN=${keyType}`, isCa: true, keyType });
    await verifyCrl(await crlOf(issuer), { issuer: issuer.certificate, time: NOW });
  }
});

Deno.test("createCrl() makes lists good for a week by default, with nothing for no entries", async () => {
  const crl = await createCrl({ issuer: root, crlNumber: 0, thisUpdate: NOW, revoked: [] });
  assertEquals(crl.nextUpdate, new Date(NOW.getTime() + 7 * DAY));
  assertEquals([crl.size, crl.crlNumber], [0, 0n]);
});

Deno.test("createCrl() leaves unspecified out, as RFC 5280, Section 5.3.1, wants", async () => {
  const serialNumber = Uint8Array.of(5);
  const crl = await crlOf(root, [], {
    revoked: [{ serialNumber, revocationDate: NOW, reason: "unspecified" }],
  });
  assertEquals(crl.find(serialNumber)?.extensions.size, 0);
});

Deno.test("createCrl() refuses contradictions", async () => {
  const twice = { serialNumber: Uint8Array.of(5), revocationDate: NOW };
  const plain = await party({ subject: "CN=Plain", isCa: true, keyUsage: ["keyCertSign"] });
  const cases: readonly [() => Promise<unknown>, string][] = [
    [() => crlOf(root, [], { nextUpdate: days(-2) }), "nextUpdate is before thisUpdate"],
    [() => crlOf(root, [], { crlNumber: -1 }), "from 0 to 2^159 - 1"],
    [() => crlOf(root, [], { crlNumber: 1n << 159n }), "from 0 to 2^159 - 1"],
    [() => crlOf(root, [], { revoked: [twice, twice] }), "05 is there twice"],
    [
      () => crlOf(root, [], { revoked: [twice, { ...twice, serialNumber: Uint8Array.of(0, 5) }] }),
      "05 is there twice",
    ],
    [
      () => crlOf(root, [], { revoked: [{ ...twice, serialNumber: new Uint8Array(0) }] }),
      "is empty",
    ],
    [() => crlOf(plain), "has no cRLSign"],
  ];
  for (const [run, part] of cases) await assertRejectsWith(run, "SEC_ERROR_INVALID_ARGS", part);
  await crlOf(root, [], { crlNumber: (1n << 159n) - 1n });
});

Deno.test("createCrl() refuses a key that is not the issuer's, or that cannot sign", async () => {
  await assertRejectsWith(
    () => crlOf({ certificate: root.certificate, privateKey: intermediate.privateKey }),
    "SEC_ERROR_BAD_SIGNATURE",
  );
  const unable: PrivateKey = { ...root.privateKey, schemes: [] };
  await assertRejectsWith(
    () => crlOf({ certificate: root.certificate, privateKey: unable }),
    "SEC_ERROR_INVALID_ALGORITHM",
  );
});
