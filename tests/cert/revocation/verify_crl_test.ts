// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { parseCrl } from "../../../cert/revocation/crl.ts";
import { ALL_REASONS, crlScope } from "../../../cert/revocation/crl_scope.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import {
  crlDistributionPoints,
  type DistributionPoint,
} from "../../../cert/extensions/crl_distribution_points.ts";
import { certificateIssuer } from "../../../cert/extensions/crl_entry.ts";
import { crlNumber, deltaCrlIndicator } from "../../../cert/extensions/crl_number.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../../cert/extensions/extension.ts";
import type { IssuingDistributionPoint } from "../../../cert/extensions/issuing_distribution_point.ts";
import { encodeSignedData } from "../../../cert/create/signed_data.ts";
import { writeTime } from "../../../cert/der/time.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCrl, type VerifyCrlOptions } from "../../../cert/revocation/verify_crl.ts";
import { assertRejectsWith, crlOf, days, party, pki } from "../_revocation_support.ts";
import { NOW } from "../_support.ts";

const { root, intermediate, leaf } = await pki();
const good = await crlOf(intermediate);
const options: VerifyCrlOptions = { issuer: intermediate.certificate, time: NOW };

Deno.test("verifyCrl() takes a good list, again and again, and for a trust anchor", async () => {
  await verifyCrl(good, options);
  await verifyCrl(good, options);
  await verifyCrl(good, { issuer: trustAnchorOf(intermediate.certificate), time: NOW });
});

Deno.test("verifyCrl() wants the issuer's name", async () => {
  await assertRejectsWith(
    () => verifyCrl(good, { issuer: root.certificate, time: NOW }),
    "SEC_ERROR_CRL_INVALID",
    'it is not of "CN=Test Root"',
  );
});

Deno.test("verifyCrl() wants the issuer's key, also after it has seen it", async () => {
  await verifyCrl(good, options);
  const other = await party({ subject: "CN=Test CA", isCa: true });
  await assertRejectsWith(
    () => verifyCrl(good, { issuer: other.certificate, time: NOW }),
    "SEC_ERROR_CRL_BAD_SIGNATURE",
  );
});

Deno.test("verifyCrl() finds a changed list", async () => {
  const der = good.der.slice();
  const number = good.extensions.get("2.5.29.20")!;
  der[number.offset + 2]! ^= 1;
  await assertRejectsWith(() => verifyCrl(parseCrl(der), options), "SEC_ERROR_CRL_BAD_SIGNATURE");
});

Deno.test("verifyCrl() keeps to the times of the list, to the second, and to the slop", async () => {
  const at = (time: Date, slopSeconds = 0) => verifyCrl(good, { ...options, time, slopSeconds });
  const second = 1000;
  await at(days(-1));
  await at(days(6));
  const early = new Date(days(-1).getTime() - second);
  const late = new Date(days(6).getTime() + second);
  await assertRejectsWith(() => at(early), "SEC_ERROR_CRL_NOT_YET_VALID");
  await assertRejectsWith(() => at(late), "SEC_ERROR_CRL_EXPIRED", "2026-06-07T12:00:00.000Z");
  await at(early, 1);
  await at(late, 1);
});

Deno.test("verifyCrl() takes no list at a time, or with a slop, that is none", async () => {
  for (const wrong of [{ time: new Date(NaN) }, { slopSeconds: NaN }]) {
    await assertRejectsWith(
      () => verifyCrl(good, { ...options, ...wrong }),
      "SEC_ERROR_INVALID_ARGS",
    );
  }
});

Deno.test("verifyCrl() wants cRLSign where there is a keyUsage", async () => {
  const limited = await party({
    subject: "CN=Test CA",
    isCa: true,
    keyUsage: ["keyCertSign"],
    issuer: root,
  });
  const unlimited = await party({ subject: "CN=Test CA", isCa: true, keyUsage: [], issuer: root });
  const signer = { certificate: unlimited.certificate, privateKey: unlimited.privateKey };
  const crl = await crlOf(signer);
  await verifyCrl(crl, { issuer: unlimited.certificate, time: NOW });
  await assertRejectsWith(
    () => verifyCrl(crl, { issuer: limited.certificate, time: NOW }),
    "SEC_ERROR_INADEQUATE_KEY_USAGE",
    "no cRLSign",
  );
  await assertRejectsWith(
    () => verifyCrl(crl, { issuer: trustAnchorOf(limited.certificate), time: NOW }),
    "SEC_ERROR_INADEQUATE_KEY_USAGE",
  );
});

interface Form {
  readonly next?: Date;
  readonly extensions?: readonly CertificateExtension[];
  readonly entryExtensions?: readonly CertificateExtension[];
}

/** A signed list of any form. */
async function signed({ next, extensions = [], entryExtensions = [] }: Form) {
  const der = await encodeSignedData(
    { what: "CRL", privateKey: intermediate.privateKey, publicKey: intermediate.publicKey },
    (algorithm) =>
      new DerWriter().sequence((w) => {
        w.integer(1).raw(algorithm).raw(intermediate.certificate.subject.der);
        writeTime(w, days(-1));
        if (next !== undefined) writeTime(w, next);
        w.sequence((w) => {
          w.sequence((w) => {
            w.integer(5);
            writeTime(w, days(-1));
            if (entryExtensions.length > 0) writeExtensions(w, entryExtensions);
          });
        });
        if (extensions.length > 0) {
          w.constructed(constructedTag(0), (w) => writeExtensions(w, extensions));
        }
      }),
  );
  return parseCrl(der);
}

const number = makeExtension(crlNumber, 1n);
const unknown: CertificateExtension = {
  oid: "1.2.3.4",
  critical: true,
  value: Uint8Array.of(5, 0),
  offset: 0,
};

Deno.test("verifyCrl() wants the form of RFC 5280 in the strict profile alone", async () => {
  const cases: readonly [Form, string][] = [
    [{ extensions: [number] }, "does not say when the next one is due"],
    [{ next: days(6) }, "it has no number"],
    [{ next: days(6), extensions: [{ ...number, critical: true }] }, "its number is critical"],
  ];
  for (const [form, part] of cases) {
    const crl = await signed(form);
    await assertRejectsWith(() => verifyCrl(crl, options), "SEC_ERROR_CRL_INVALID", part);
    await verifyCrl(crl, { ...options, profile: "compatible" });
  }
  const backwards = await signed({ next: days(-3), extensions: [number] });
  await assertRejectsWith(
    () => verifyCrl(backwards, { ...options, time: days(-2), profile: "compatible" }),
    "SEC_ERROR_CRL_INVALID",
    "before its thisUpdate",
  );
});

Deno.test("verifyCrl() refuses what it does not understand, in either profile", async () => {
  const issuer = makeExtension(
    certificateIssuer,
    [{ type: "directory", value: root.certificate.subject }],
    true,
  );
  const cases: readonly [Form, string][] = [
    [{ extensions: [number, unknown] }, "its critical extension 1.2.3.4 is not known"],
    [{ entryExtensions: [unknown] }, "the critical extension 1.2.3.4 of an entry is not known"],
    [
      { extensions: [number, makeExtension(deltaCrlIndicator, 3n, true)] },
      "it is a delta CRL to number 3, and proves nothing alone",
    ],
  ];
  for (const [form, part] of cases) {
    const crl = await signed({ next: days(6), ...form });
    for (const profile of ["strict", "compatible"] as const) {
      await assertRejectsWith(
        () => verifyCrl(crl, { ...options, profile }),
        "SEC_ERROR_CRL_UNKNOWN_CRITICAL_EXTENSION",
        part,
      );
    }
  }
  for (const profile of ["strict", "compatible"] as const) {
    const unsaid = await signed({ next: days(6), extensions: [number], entryExtensions: [issuer] });
    await assertRejectsWith(
      () => verifyCrl(unsaid, { ...options, profile }),
      "SEC_ERROR_CRL_INVALID",
      "its entries name other issuers, and it does not say that it is indirect",
    );
  }
  const indirect = await crlOf(intermediate, [], {
    issuingDistributionPoint: { indirectCrl: true },
  });
  await verifyCrl(indirect, options);
  await verifyCrl(
    await signed({ next: days(6), extensions: [number, { ...unknown, critical: false }] }),
    options,
  );
});

Deno.test("verifyCrl() takes SHA-1 only where it is asked to", async () => {
  const issuer = await party({ subject: "CN=RSA", isCa: true, keyType: "RSA-2048" });
  const crl = await crlOf(issuer, [], { signatureScheme: "rsa_pkcs1_sha1" });
  const old = { issuer: issuer.certificate, time: NOW };
  await assertRejectsWith(
    () => verifyCrl(crl, old),
    "SEC_ERROR_CERT_SIGNATURE_ALGORITHM_DISABLED",
    "sha1WithRSAEncryption",
  );
  await verifyCrl(crl, { ...old, allowSha1: true });
});

async function scopeOf(
  point: Partial<IssuingDistributionPoint> | undefined,
  points: readonly DistributionPoint[] = [],
  isCa = false,
): Promise<number[]> {
  const { certificate } = await party({
    subject: "CN=example.org",
    isCa,
    issuer: intermediate,
    extensions: points.length === 0 ? [] : [makeExtension(crlDistributionPoints, points)],
  });
  const crl = await crlOf(intermediate, [], point && { issuingDistributionPoint: point });
  const { reasons, state } = crlScope(crl, certificate);
  assertEquals(state === "", reasons.size > 0);
  return [...reasons].sort();
}

const ALL = [...ALL_REASONS];
const uri = (path: string) => [{ type: "uri", value: `http://crl.example/${path}` } as const];

Deno.test("crlScope() is everything where the list does not limit itself", () => {
  assertEquals([...crlScope(good, leaf.certificate).reasons], ALL);
});

Deno.test("crlScope() honours what a list only contains", async () => {
  for (const isCa of [false, true]) {
    assertEquals(await scopeOf({ onlyContainsUserCerts: true }, [], isCa), isCa ? [] : ALL);
    assertEquals(await scopeOf({ onlyContainsCaCerts: true }, [], isCa), isCa ? ALL : []);
    assertEquals(await scopeOf({ onlyContainsAttributeCerts: true }, [], isCa), []);
  }
});

Deno.test("crlScope() wants one of the list's names among the certificate's points", async () => {
  const list = { fullName: [...uri("a"), ...uri("b")] };
  assertEquals(await scopeOf(list, [{ fullName: uri("c") }, { fullName: uri("b") }]), ALL);
  assertEquals(await scopeOf(list, [{ fullName: uri("c") }]), []);
  assertEquals(await scopeOf(list), []);
  // A point of another issuer's list
  const crlIssuer = [{ type: "directory", value: root.certificate.subject } as const];
  assertEquals(await scopeOf(list, [{ fullName: uri("a"), crlIssuer }]), []);
  // RFC 5280, Section 6.3.3: a list under the issuer's own name needs no point
  const own = [{ type: "directory", value: intermediate.certificate.subject } as const];
  assertEquals(await scopeOf({ fullName: own }), ALL);
  const relative = Uint8Array.of(0x30, 0);
  assertEquals(
    await scopeOf({ nameRelativeToCrlIssuer: relative }, [{ nameRelativeToCrlIssuer: relative }]),
    ALL,
  );
});

Deno.test("crlScope() is what list and point both cover", async () => {
  assertEquals(await scopeOf({ onlySomeReasons: new Set([1, 2]) }), [1, 2]);
  const some = { fullName: uri("a"), onlySomeReasons: new Set([1, 2]) };
  assertEquals(await scopeOf(some, [{ fullName: uri("a"), reasons: new Set([2, 3]) }]), [2]);
});
