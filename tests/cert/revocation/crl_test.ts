// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Crl, MAX_CRL_SIZE, parseCrl, parseCrlsPem } from "../../../cert/revocation/crl.ts";
import { constructedTag, TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { crlReasonNumber } from "../../../cert/extensions/crl_entry.ts";
import { crlNumber, MAX_CRL_NUMBER_SIZE } from "../../../cert/extensions/crl_number.ts";
import {
  type CertificateExtension,
  makeExtension,
  writeExtensions,
} from "../../../cert/extensions/extension.ts";
import { issuingDistributionPoint } from "../../../cert/extensions/issuing_distribution_point.ts";
import { Name } from "../../../cert/names/name.ts";
import { encodeSignatureAlgorithm } from "../../../cert/certificate/signature_algorithm.ts";
import { writeTime } from "../../../cert/der/time.ts";
import {
  assertMutationsRefused,
  assertThrowsWith,
  assertWhole,
  crlOf,
  days,
  pki,
} from "../_revocation_support.ts";
import { seeded } from "../_support.ts";

const { intermediate } = await pki();
const ALGORITHM = encodeSignatureAlgorithm("ecdsa_secp256r1_sha256");

interface RawCrl {
  readonly version?: number | null;
  readonly issuer?: string;
  readonly inner?: Uint8Array;
  readonly nextUpdate?: boolean;
  readonly revoked?: ((w: DerWriter) => void) | null;
  readonly extensions?: readonly CertificateExtension[];
}

/** A list whose signature nobody looks at. */
function raw(options: RawCrl): Uint8Array<ArrayBuffer> {
  const { version = 1, revoked = null, extensions = [makeExtension(crlNumber, 1n)] } = options;
  return new DerWriter().sequence((w) => {
    w.sequence((w) => {
      if (version !== null) w.integer(version);
      w.raw(options.inner ?? ALGORITHM).raw(Name.parse(options.issuer ?? "CN=Test").der);
      writeTime(w, days(-1));
      if (options.nextUpdate !== false) writeTime(w, days(6));
      if (revoked !== null) w.sequence(revoked);
      if (extensions.length > 0) {
        w.constructed(constructedTag(0), (w) => writeExtensions(w, extensions));
      }
    });
    w.raw(ALGORITHM).bitString(new Uint8Array(70));
  }).finish();
}

function entry(serial: number, extensions: readonly CertificateExtension[] = []) {
  return (w: DerWriter) => {
    w.sequence((w) => {
      w.integer(serial);
      writeTime(w, days(-2));
      if (extensions.length > 0) writeExtensions(w, extensions);
    });
  };
}

const extension = (oid: string, critical: boolean): CertificateExtension => ({
  oid,
  critical,
  value: Uint8Array.of(5, 0),
  offset: 0,
});

const sample = await crlOf(intermediate, [], {
  crlNumber: 77,
  revoked: [
    { serialNumber: Uint8Array.of(9), revocationDate: days(-3) },
    { serialNumber: Uint8Array.of(0, 0x80), revocationDate: days(-4), reason: "superseded" },
    {
      serialNumber: Uint8Array.of(1, 2, 3),
      revocationDate: days(-5),
      reason: "keyCompromise",
      invalidityDate: days(-9),
    },
  ],
  issuingDistributionPoint: {
    fullName: [{ type: "uri", value: "http://crl.example/a" }],
    onlyContainsUserCerts: true,
  },
});

Deno.test("parseCrl() reads every field", () => {
  const crl = parseCrl(sample.der);
  assertEquals(crl.version, 2);
  assertEquals(crl.issuer.toString(), "CN=Test CA");
  assertEquals(crl.thisUpdate, days(-1));
  assertEquals(crl.nextUpdate, days(6));
  assertEquals(crl.crlNumber, 77n);
  assertEquals(
    crl.authorityKeyIdentifier?.keyIdentifier,
    intermediate.certificate.subjectKeyIdentifier,
  );
  assertEquals(crl.issuingDistributionPoint, {
    fullName: [{ type: "uri", value: "http://crl.example/a" }],
    onlyContainsUserCerts: true,
    onlyContainsCaCerts: false,
    indirectCrl: false,
    onlyContainsAttributeCerts: false,
  });
  assertEquals(crl.signatureAlgorithm.name, "ecdsa-with-SHA256");
  assertEquals(crl.deltaCrlIndicator, undefined);
  assertEquals(crl.isIndirect, false);
  assertEquals(crl.size, 3);
  assertEquals(`${crl}`, 'CRL 77 of "CN=Test CA" of 2026-05-31T12:00:00.000Z');
});

Deno.test("Crl.find() gives date, reason and invalidity date", () => {
  assertEquals(sample.find(Uint8Array.of(9))?.revocationDate, days(-3));
  assertEquals(sample.find(Uint8Array.of(9))?.reason, undefined);
  assertEquals(sample.find(Uint8Array.of(0, 0x80))?.reason, "superseded");
  const found = sample.find(Uint8Array.of(1, 2, 3));
  assertEquals(found?.reason, "keyCompromise");
  assertEquals(found?.invalidityDate, days(-9));
  for (const serial of [[8], [0x80], [1, 2], [1, 2, 4], [], [0, 9]]) {
    assertEquals(sample.find(Uint8Array.from(serial)), undefined);
  }
  assertEquals([...sample.entries()].map(({ serialNumber }) => serialNumber.toHex()), [
    "09",
    "0080",
    "010203",
  ]);
});

Deno.test("Crl.find() finds each of many entries, whatever their order, and none besides", async () => {
  const random = seeded(7);
  const serials = new Map<string, Uint8Array<ArrayBuffer>>();
  while (serials.size < 3000) {
    const serial = Uint8Array.from(
      { length: 1 + Math.floor(random() * 20) },
      () => 1 + Math.floor(random() * 127),
    );
    serials.set(serial.toHex(), serial);
  }
  const [absent, ...present] = serials.values();
  const crl = await crlOf(intermediate, [], {
    revoked: present.map((serialNumber) => ({ serialNumber, revocationDate: days(-2) })),
  });
  assertEquals(crl.size, present.length);
  for (const serial of present) assertEquals(crl.find(serial)?.serialNumber, serial);
  assertEquals(crl.find(absent!), undefined);
});

Deno.test("Crl.find() finds entries among 100,000, which keep no objects", () => {
  const count = 100_000;
  const template = new DerWriter().sequence((w) => {
    w.integer(Uint8Array.of(0x40, 0, 0, 0, 0));
    writeTime(w, days(-2));
  }).finish();
  const list = new Uint8Array(count * template.length);
  const view = new DataView(list.buffer);
  // Multiplied by an odd number: each once, in no order
  const scattered = (i: number) => Math.imul(i, 0x9e3779b1) >>> 0;
  for (let i = 0; i < count; i++) {
    list.set(template, i * template.length);
    view.setUint32(i * template.length + 5, scattered(i));
  }
  const crl = parseCrl(raw({ revoked: (w) => w.raw(list) }));
  assertEquals(crl.size, count);
  const serial = new Uint8Array(5);
  serial[0] = 0x40;
  const at = (i: number) => {
    new DataView(serial.buffer).setUint32(1, scattered(i));
    return crl.find(serial);
  };
  for (let i = 0; i < count; i += 97) assertEquals(at(i)?.revocationDate, days(-2));
  for (let i = count; i < count + 1000; i++) assertEquals(at(i), undefined);
  // A look-up reads the entry anew, so nothing was kept
  assert(at(5) !== at(5));
});

Deno.test("Crl.find() prefers, of entries for one serial, the first that revokes", () => {
  const removed = [{
    oid: "2.5.29.21",
    critical: false,
    value: Uint8Array.of(TAG.enumerated, 1, crlReasonNumber("removeFromCRL")),
    offset: 0,
  }];
  const crl = parseCrl(raw({
    revoked: (w) => {
      entry(5, removed)(w);
      entry(5)(w);
      entry(6, removed)(w);
    },
  }));
  assertEquals(crl.find(Uint8Array.of(5))?.reason, undefined);
  assertEquals(crl.find(Uint8Array.of(6))?.reason, "removeFromCRL");
});

Deno.test("parseCrl() reads entries with long forms of length", () => {
  const long = Uint8Array.from({ length: 200 }, () => 0x11);
  const der = raw({
    revoked: (w) => {
      w.sequence((w) => {
        w.integer(long);
        writeTime(w, days(-2));
      });
      entry(3)(w);
    },
  });
  const crl = parseCrl(der);
  assertEquals(crl.find(long)?.serialNumber, long);
  assert(crl.find(Uint8Array.of(3)) !== undefined);
});

Deno.test("parseCrl() takes version 1, which has no extensions", () => {
  const crl = parseCrl(
    raw({ version: null, extensions: [], nextUpdate: false, revoked: entry(4) }),
  );
  assertEquals([crl.version, crl.nextUpdate, crl.crlNumber, crl.size], [1, null, undefined, 1]);
  assertThrowsWith(
    () => parseCrl(raw({ version: null })),
    "SEC_ERROR_CRL_INVALID",
    "they are of version 2",
  );
  assertThrowsWith(
    () => parseCrl(raw({ version: null, extensions: [extension("1.2.3", true)] })),
    "SEC_ERROR_CRL_V1_CRITICAL_EXTENSION",
  );
  assertThrowsWith(
    () =>
      parseCrl(
        raw({ version: null, extensions: [], revoked: entry(4, [extension("1.2.3", false)]) }),
      ),
    "SEC_ERROR_CRL_INVALID",
    "after the last field",
  );
  for (const version of [0, 2]) {
    assertThrowsWith(() => parseCrl(raw({ version })), "SEC_ERROR_CRL_INVALID_VERSION");
  }
});

Deno.test("parseCrl() takes an empty revokedCertificates, and notes it", () => {
  const der = raw({ revoked: () => {} });
  const crl = parseCrl(der);
  assertEquals([crl.size, crl.hasEmptyList, crl.isIndirect], [0, true, false]);
  assertEquals([...crl.entries()], []);
  assertEquals(crl.find(Uint8Array.of(1)), undefined);
  assertEquals(parseCrl(raw({})).hasEmptyList, false);
  assertEquals(parseCrl(raw({ revoked: entry(1) })).hasEmptyList, false);
  // An entry without content is none
  const empty = raw({ revoked: (w) => void w.sequence(() => {}) });
  assertThrowsWith(() => parseCrl(empty), "SEC_ERROR_CRL_INVALID", "userCertificate");
  for (let length = 0; length < der.length; length++) {
    assertThrowsWith(() => parseCrl(der.subarray(0, length)), "SEC_ERROR_CRL_INVALID");
  }
});

Deno.test("parseCrl() refuses what RFC 5280, Section 5, forbids", () => {
  const cases: readonly [RawCrl, string][] = [
    [{ issuer: "" }, "the name is empty"],
    [{ inner: encodeSignatureAlgorithm("ed25519") }, "the algorithm is not that of the list"],
    [{ extensions: [extension("2.5.29.28", true)] }, "issuingDistributionPoint"],
    [{ extensions: [extension("2.5.29.20", false)] }, "cRLNumber"],
    [{ revoked: entry(1, [extension("2.5.29.21", false)]) }, "reasonCode"],
    [{ revoked: entry(1, [extension("2.5.29.24", false)]) }, "invalidityDate"],
    [{ revoked: entry(1, [extension("2.5.29.29", true)]) }, "certificateIssuer"],
  ];
  for (const [options, part] of cases) {
    assertThrowsWith(() => parseCrl(raw(options)), "SEC_ERROR_CRL_INVALID", part);
  }
});

Deno.test("parseCrl() refuses a reason that is none", () => {
  for (const number of [7, 11]) {
    const reason = {
      ...extension("2.5.29.21", false),
      value: Uint8Array.of(TAG.enumerated, 1, number),
    };
    assertThrowsWith(
      () => parseCrl(raw({ revoked: entry(1, [reason]) })),
      "SEC_ERROR_CRL_INVALID",
      `${number} is not a reason`,
    );
  }
});

Deno.test("parseCrl() tells of unknown critical extensions of entries, behind any number of others", () => {
  const others = Array.from({ length: 30 }, (_, i) => entry(i, [extension(`1.2.3.${i}`, false)]));
  const known = parseCrl(raw({ revoked: (w) => others.forEach((write) => write(w)) }));
  assertEquals(known.unknownCriticalEntryExtension, null);
  const unknown = parseCrl(raw({
    revoked: (w) => [...others, entry(99, [extension("1.2.9", true)])].forEach((write) => write(w)),
  }));
  assertEquals(unknown.unknownCriticalEntryExtension, "1.2.9");
});

Deno.test("parseCrl() takes a number of 20 bytes and none longer", () => {
  const of = (size: number) => ({
    extensions: [makeExtension(crlNumber, (1n << BigInt(8 * size - 1)) - 1n)],
  });
  assertEquals(MAX_CRL_NUMBER_SIZE, 20);
  assertEquals(parseCrl(raw(of(20))).crlNumber, (1n << 159n) - 1n);
  assertThrowsWith(() => parseCrl(raw(of(21))), "SEC_ERROR_CRL_INVALID", "is too long");
});

Deno.test("issuingDistributionPoint refuses contradictions, FALSE and nothing", () => {
  const parse = (write: (w: DerWriter) => void) => () => {
    const value = new DerWriter().sequence(write).finish();
    parseCrl(raw({ extensions: [{ oid: "2.5.29.28", critical: true, value, offset: 0 }] }));
  };
  const flag = (w: DerWriter, number: number, byte = 0xff) =>
    w.primitive(0x80 | number, Uint8Array.of(byte));
  assertThrowsWith(parse(() => {}), "SEC_ERROR_CRL_INVALID", "it says nothing");
  assertThrowsWith(
    parse((w) => flag(flag(w, 1), 2)),
    "SEC_ERROR_CRL_INVALID",
    "two kinds of certificates",
  );
  assertThrowsWith(parse((w) => flag(w, 1, 0)), "SEC_ERROR_CRL_INVALID", "no TRUE of DER");
  assertThrowsWith(parse((w) => flag(w, 1, 1)), "SEC_ERROR_CRL_INVALID", "no TRUE of DER");
  parse((w) => flag(w, 1))();
});

Deno.test("issuingDistributionPoint writes what it reads", () => {
  const whole = {
    nameRelativeToCrlIssuer: Uint8Array.of(0x30, 0),
    onlyContainsUserCerts: false,
    onlyContainsCaCerts: true,
    onlySomeReasons: new Set([1, 3]),
    indirectCrl: true,
    onlyContainsAttributeCerts: false,
  };
  const crl = parseCrl(raw({ extensions: [makeExtension(issuingDistributionPoint, whole, true)] }));
  assertEquals(crl.issuingDistributionPoint, whole);
  assert(crl.isIndirect);
});

Deno.test("parseCrl() takes MAX_CRL_SIZE bytes and none more", () => {
  // The limit comes first: what is shorter fails for what it holds
  assertThrowsWith(
    () => parseCrl(new Uint8Array(MAX_CRL_SIZE)),
    "SEC_ERROR_CRL_INVALID",
    "expected tag",
  );
  assertThrowsWith(
    () => parseCrl(new Uint8Array(MAX_CRL_SIZE + 1)),
    "SEC_ERROR_CRL_INVALID",
    `more than ${MAX_CRL_SIZE}`,
  );
});

Deno.test("parseCrl() refuses every strict prefix", () => {
  assertWhole(sample.der, parseCrl);
});

Deno.test("parseCrl() refuses mutations with an NssError, or reads them wholly", () => {
  assertMutationsRefused(sample.der, (bytes) => {
    const crl = parseCrl(bytes);
    crl.find(Uint8Array.of(9));
    for (const { serialNumber } of crl.entries()) assert(crl.find(serialNumber) !== undefined);
  }, 4000);
});

Deno.test("parseCrl() copies what it is given", () => {
  const bytes = sample.der.slice();
  const crl = parseCrl(bytes);
  bytes.fill(0);
  assertEquals(crl.find(Uint8Array.of(9))?.revocationDate, days(-3));
});

Deno.test("parseCrlsPem() reads what Crl.toPem() writes", () => {
  const crls = parseCrlsPem(sample.toPem() + intermediate.certificate.toPem() + sample.toPem());
  assertEquals(crls.map((crl) => crl.der), [sample.der, sample.der]);
  assert(crls[0] instanceof Crl);
  assertThrows(() => parseCrlsPem(intermediate.certificate.toPem()), NssError, "there is none");
});
