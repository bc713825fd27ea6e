// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { createCrl } from "../../../cert/create/create_crl.ts";
import type { PrivateKey } from "../../../cert/certificate/private_key.ts";
import { verifyCrl } from "../../../cert/revocation/verify_crl.ts";
import { assertRejectsWith, crlOf, DAY, days, party, pki } from "../_revocation_support.ts";
import { NOW } from "../_support.ts";
import { Name } from "../../../cert/names/name.ts";
import { OIDS } from "../../../cert/der/oids.ts";

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
    [() => crlOf(root, [], { baseCrlNumber: 1 }), "baseCrlNumber is not below crlNumber"],
    [() => crlOf(root, [], { baseCrlNumber: -1 }), "from 0 to 2^159 - 1"],
    [
      () => crlOf(root, [], { crlNumber: 2, baseCrlNumber: 1, freshestCrl: [{}] }),
      "a delta CRL has no freshestCrl",
    ],
    [
      () => crlOf(root, [], { revoked: [{ ...twice, certificateIssuer: Name.parse("CN=B") }] }),
      "of another issuer, and the CRL is not indirect",
    ],
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

Deno.test("createCrl() makes delta CRLs and tells where they are", async () => {
  const point = { fullName: [{ type: "uri", value: "http://crl.example/delta" } as const] };
  const base = await crlOf(root, [], { crlNumber: 5, freshestCrl: [point] });
  assertEquals([base.freshestCrl, base.deltaCrlIndicator], [[point], undefined]);
  assertEquals(base.extensions.get(OIDS.freshestCRL)?.critical, false);
  for (const baseCrlNumber of [5, 5n]) {
    const delta = await crlOf(root, [], { crlNumber: 6, baseCrlNumber });
    assertEquals(delta.deltaCrlIndicator, 5n);
    assertEquals(delta.extensions.get(OIDS.deltaCRLIndicator)?.critical, true);
  }
});

Deno.test("createCrl() writes the certificateIssuer of an entry where it changes", async () => {
  const serials = [1, 2, 3, 4, 5].map((byte) => Uint8Array.of(byte));
  const other = Name.parse("CN=Other");
  const issuers = [undefined, other, Name.parse("cn=OTHER"), undefined, root.certificate.subject];
  const crl = await crlOf(root, [], {
    issuingDistributionPoint: { indirectCrl: true },
    revoked: serials.map((serialNumber, i) => ({
      serialNumber,
      revocationDate: NOW,
      ...(issuers[i] !== undefined && { certificateIssuer: issuers[i] }),
    })),
  });
  const written = [...crl.entries()].map(({ extensions }) =>
    extensions.get(OIDS.certificateIssuer)?.critical
  );
  assertEquals(written, [undefined, true, undefined, true, undefined]);
  for (const [i, serial] of serials.entries()) {
    const isOther = i === 1 || i === 2;
    assertEquals(crl.find(serial) === undefined, isOther);
    assertEquals(crl.find(serial, other) !== undefined, isOther);
  }
});
