// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { encodeHex } from "@std/encoding";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { issuerAltName, subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { basicConstraints } from "../../../cert/extensions/basic_constraints.ts";
import {
  crlDistributionPoints,
  freshestCrl,
} from "../../../cert/extensions/crl_distribution_points.ts";
import {
  type ExtensionCodec,
  makeExtension,
  PROCESSED_EXTENSIONS,
  readExtension,
  readExtensions,
  writeExtensions,
} from "../../../cert/extensions/extension.ts";
import { extKeyUsage } from "../../../cert/extensions/ext_key_usage.ts";
import { authorityInfoAccess, subjectInfoAccess } from "../../../cert/extensions/info_access.ts";
import {
  authorityKeyIdentifier,
  subjectKeyIdentifier,
} from "../../../cert/extensions/key_identifiers.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import {
  certificatePolicies,
  inhibitAnyPolicy,
  policyConstraints,
  policyMappings,
} from "../../../cert/extensions/policies.ts";
import { tlsFeature } from "../../../cert/extensions/tls_feature.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { mutate, seeded } from "../_support.ts";

const DNS = { type: "dns", value: "example.com" } as const;
const URI = { type: "uri", value: "http://example.com/" } as const;
const BYTES = Uint8Array.of(1, 2, 3);

interface Case {
  readonly codec: ExtensionCodec<unknown>;
  readonly values: readonly unknown[];
}
function values<T>(codec: ExtensionCodec<T>, ...values: T[]): Case {
  return { codec, values };
}

/** Values of every extension: a new one is a line here. */
const CASES: Case[] = [
  values(basicConstraints, { isCa: false }, { isCa: true }, { isCa: true, pathLength: 3 }),
  values(keyUsage, new Set(["digitalSignature"]), new Set(["keyCertSign", "decipherOnly"])),
  values(extKeyUsage, [OIDS.serverAuth], [OIDS.serverAuth, OIDS.clientAuth]),
  values(subjectAltName, [DNS], [DNS, URI]),
  values(issuerAltName, [DNS]),
  values(nameConstraints, { permitted: [DNS], excluded: [] }, { permitted: [], excluded: [DNS] }),
  values(nameConstraints, { permitted: [DNS, URI], excluded: [URI] }),
  values(subjectKeyIdentifier, BYTES),
  values(authorityKeyIdentifier, {}, { keyIdentifier: BYTES }),
  values(authorityKeyIdentifier, {
    keyIdentifier: BYTES,
    authorityCertIssuer: [DNS],
    authorityCertSerialNumber: BYTES,
  }),
  values(authorityInfoAccess, [{ method: OIDS.ocsp, location: URI }]),
  values(subjectInfoAccess, [{ method: OIDS.caIssuers, location: URI }]),
  values(crlDistributionPoints, [{ fullName: [URI] }], [{ crlIssuer: [DNS] }, {}]),
  values(crlDistributionPoints, [{ fullName: [URI], reasons: new Set([1, 8]) }]),
  values(freshestCrl, [{ nameRelativeToCrlIssuer: Uint8Array.of(5, 0) }]),
  values(
    certificatePolicies,
    [{ policy: OIDS.anyPolicy, qualifiers: [] }],
    [{ policy: "1.2.3", qualifiers: [{ type: OIDS.cps, value: Uint8Array.of(0x16, 1, 97) }] }],
  ),
  values(policyMappings, [{ issuerDomainPolicy: "1.2.3", subjectDomainPolicy: "1.2.4" }]),
  values(policyConstraints, { requireExplicitPolicy: 0 }, { inhibitPolicyMapping: 2 }),
  values(policyConstraints, { requireExplicitPolicy: 1, inhibitPolicyMapping: 2 }),
  values(inhibitAnyPolicy, 0, 300),
  values(tlsFeature, [5], [5, 17]),
];

Deno.test("ExtensionCodec.read() reads what write() writes, of every extension", () => {
  for (const { codec, values } of CASES) {
    for (const value of values) {
      const extension = makeExtension(codec, value);
      assertEquals(readExtension(extension, codec), value, codec.name);
    }
  }
});

Deno.test("readExtension() refuses every strict prefix, and what is left", () => {
  for (const { codec, values } of CASES) {
    for (const value of values) {
      const extension = makeExtension(codec, value);
      const whole = extension.value;
      const read = (bytes: Uint8Array<ArrayBuffer>) =>
        assertThrows(() => readExtension({ ...extension, value: bytes }, codec), NssError);
      for (let size = 0; size < whole.length; size++) {
        assertEquals(read(whole.slice(0, size)).name, "SEC_ERROR_EXTENSION_VALUE_INVALID");
      }
      read(Uint8Array.from([...whole, 5, 0]));
    }
  }
});

Deno.test("readExtension() fails with NssError alone, whatever is changed", () => {
  const random = seeded(7);
  for (const { codec, values } of CASES) {
    for (const value of values) {
      const extension = makeExtension(codec, value);
      for (let i = 0; i < 100; i++) {
        const bytes = mutate(extension.value, random);
        try {
          readExtension({ ...extension, value: bytes }, codec);
        } catch (error) {
          if (!(error instanceof NssError)) throw error;
        }
      }
    }
  }
});

Deno.test("readExtension() counts bytes from the beginning of the certificate", () => {
  const extension = { oid: keyUsage.oid, critical: true, value: Uint8Array.of(5, 0), offset: 300 };
  assertThrows(
    () => readExtension(extension, keyUsage),
    NssError,
    "Cannot parse extension keyUsage: at byte 300: expected tag 0x03, found 0x05",
  );
});

/** Each is DER, and forbidden. */
const FORBIDDEN: [ExtensionCodec<unknown>, (w: DerWriter) => void, string][] = [
  [basicConstraints, (w) => w.sequence((w) => w.integer(-1)), "negative"],
  [basicConstraints, (w) => w.sequence((w) => w.integer(1).boolean(true)), "after the last"],
  [keyUsage, (w) => w.namedBits([]), "no bit is set"],
  [keyUsage, (w) => w.namedBits([9]), "bit 9 has no meaning"],
  [extKeyUsage, (w) => w.sequence(() => {}), "missing"],
  [subjectAltName, (w) => w.sequence(() => {}), "not a GeneralName"],
  [nameConstraints, (w) => w.sequence(() => {}), "no constraints"],
  [nameConstraints, (w) => w.sequence((w) => w.constructed(0xa0, () => {})), "missing"],
  [
    nameConstraints,
    (w) =>
      w.sequence((w) =>
        w.constructed(0xa0, (w) => w.sequence((w) => w.string(0x82, "a").integer(1, 0x80)))
      ),
    "after the last field",
  ],
  [authorityInfoAccess, (w) => w.sequence(() => {}), "missing"],
  [crlDistributionPoints, (w) => w.sequence(() => {}), "missing"],
  [certificatePolicies, (w) => w.sequence(() => {}), "missing"],
  [
    certificatePolicies,
    (w) => w.sequence((w) => w.sequence((w) => w.oid("1.2.3")).sequence((w) => w.oid("1.2.3"))),
    "is there twice",
  ],
  [
    certificatePolicies,
    (w) => w.sequence((w) => w.sequence((w) => w.oid("1.2.3").sequence(() => {}))),
    "missing",
  ],
  [policyMappings, (w) => w.sequence(() => {}), "missing"],
  [
    policyMappings,
    (w) => w.sequence((w) => w.sequence((w) => w.oid(OIDS.anyPolicy).oid("1.2.3"))),
    "anyPolicy is mapped",
  ],
  [
    policyMappings,
    (w) => w.sequence((w) => w.sequence((w) => w.oid("1.2.3").oid(OIDS.anyPolicy))),
    "anyPolicy is mapped",
  ],
  [policyConstraints, (w) => w.sequence(() => {}), "no constraints"],
  [policyConstraints, (w) => w.sequence((w) => w.integer(-1, 0x80)), "negative"],
  [inhibitAnyPolicy, (w) => w.integer(-1), "negative"],
  [tlsFeature, (w) => w.sequence((w) => w.null()), "expected tag 0x02"],
];

Deno.test("ExtensionCodec.read() refuses what RFC 5280 forbids", () => {
  for (const [codec, write, message] of FORBIDDEN) {
    const writer = new DerWriter();
    write(writer);
    const extension = { oid: codec.oid, critical: false, value: writer.finish(), offset: 0 };
    assertThrows(() => readExtension(extension, codec), NssError, message);
  }
});

Deno.test("basicConstraints.read() takes an explicit FALSE, as the public web has it", () => {
  const value = Uint8Array.of(0x30, 3, 1, 1, 0);
  const extension = { oid: basicConstraints.oid, critical: false, value, offset: 0 };
  assertEquals(readExtension(extension, basicConstraints), { isCa: false });
});

Deno.test("writeExtensions() writes what readExtensions() reads, FALSE left out", () => {
  const list = [
    makeExtension(basicConstraints, { isCa: true }, true),
    makeExtension(inhibitAnyPolicy, 1),
  ];
  const writer = new DerWriter();
  writeExtensions(writer, list);
  const der = writer.finish();
  const read = [...readExtensions(new DerReader(der, "test"), "extensions").values()];
  assertEquals(read.map(({ oid, critical, value }) => [oid, critical, encodeHex(value)]), [
    [OIDS.basicConstraints, true, "30030101ff"],
    [OIDS.inhibitAnyPolicy, false, "020101"],
  ]);
});

Deno.test("PROCESSED_EXTENSIONS has none of those that must not be critical", () => {
  const uncritical = [OIDS.subjectKeyIdentifier, OIDS.authorityKeyIdentifier, OIDS.freshestCRL];
  for (const oid of [...uncritical, OIDS.authorityInfoAccess, OIDS.subjectInfoAccess]) {
    assertEquals(PROCESSED_EXTENSIONS.has(oid), false);
  }
});
