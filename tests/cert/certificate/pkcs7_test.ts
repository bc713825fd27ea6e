// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import { concat } from "../../../cert/base/bytes.ts";
import { DerReader } from "../../../cert/der/der_reader.ts";
import { constructedTag } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { encodePem } from "../../../cert/der/pem.ts";
import { NssError } from "../../../cert/base/errors.ts";
import {
  encodePkcs7Certificates,
  MAX_BUNDLE_CERTIFICATES,
  parsePkcs7Certificates,
} from "../../../cert/certificate/pkcs7.ts";
import { opensslTest } from "../../pkcs11/_openssl.ts";
import { issue, seeded } from "../_support.ts";

const root = await issue({ ca: true });
const leaf = await issue({ issuer: root });
const chain = [leaf.certificate, root.certificate];
const ders = (certificates: readonly { der: Uint8Array }[]) =>
  certificates.map(({ der }) => der.toHex());

/** A bundle of anything. */
function bundle(
  inside: (w: DerWriter) => void,
  type = "1.2.840.113549.1.7.2",
): Uint8Array<ArrayBuffer> {
  return new DerWriter().sequence((w) => {
    w.oid(type).constructed(constructedTag(0), (w) =>
      w.sequence((w) => {
        w.integer(1).setOf([]).sequence((w) => w.oid("1.2.840.113549.1.7.1"));
        inside(w);
      }));
  }).finish();
}

Deno.test("parsePkcs7Certificates() reads what encodePkcs7Certificates() makes, in its order", () => {
  for (const certificates of [[], [leaf.certificate], chain, chain.toReversed()]) {
    assertEquals(
      ders(parsePkcs7Certificates(encodePkcs7Certificates(certificates))),
      ders(certificates),
    );
    const pem = encodePem("PKCS7", encodePkcs7Certificates(certificates));
    assertEquals(ders(parsePkcs7Certificates(pem)), ders(certificates));
    assertEquals(ders(parsePkcs7Certificates(new TextEncoder().encode(pem))), ders(certificates));
  }
});

Deno.test("parsePkcs7Certificates() skips what is no certificate, revocation lists and signers", () => {
  const der = bundle((w) => {
    w.constructed(constructedTag(0), (w) => {
      w.constructed(constructedTag(1), (w) => w.null()).raw(leaf.certificate.der);
    });
    w.constructed(constructedTag(1), (w) => w.sequence(() => {}));
    w.setOf([(w) => void w.sequence((w) => w.integer(1))]);
  });
  assertEquals(ders(parsePkcs7Certificates(der)), ders([leaf.certificate]));
  assertEquals(parsePkcs7Certificates(bundle((w) => w.setOf([]))), []);
});

/** Gives the outer elements of a bundle indefinite lengths, to a depth. */
function indefinite(der: Uint8Array, depth: number): Uint8Array<ArrayBuffer> {
  const reader = new DerReader(new Uint8Array(der), "bundle");
  const parts: Uint8Array[] = [];
  while (!reader.done) {
    const { tag, der, content } = reader.element("");
    parts.push(
      depth === 0 || (tag & 0x20) === 0
        ? der
        : concat([Uint8Array.of(tag, 0x80), indefinite(content, depth - 1), new Uint8Array(2)]),
    );
  }
  return concat(parts);
}

Deno.test("parsePkcs7Certificates() reads BER to where certificates begin, which are DER", () => {
  const signed = bundle((w) => {
    w.constructed(constructedTag(0), (w) => chain.forEach(({ der }) => w.raw(der)));
    w.constructed(constructedTag(1), (w) => w.sequence(() => {}));
    w.setOf([(w) => void w.sequence((w) => w.integer(1))]);
  });
  for (let depth = 0; depth < 12; depth++) {
    const ber = indefinite(signed, depth);
    assertEquals(ders(parsePkcs7Certificates(ber)), ders(chain), `to depth ${depth}`);
    assertEquals(ders(parsePkcs7Certificates(encodePem("PKCS7", ber))), ders(chain));
  }
  // A certificate of definite length is taken as it is: BER in it is no certificate
  const inner = indefinite(leaf.certificate.der, 2).subarray(2, -2);
  const certificate = new DerWriter().sequence((w) => w.raw(inner)).finish();
  const der = bundle((w) => w.constructed(constructedTag(0), (w) => w.raw(certificate)).setOf([]));
  assertThrows(() => parsePkcs7Certificates(der), NssError, "the length is indefinite");
  const ber = indefinite(signed, 4);
  for (let length = 0; length < ber.length; length++) {
    const error = assertThrows(() => parsePkcs7Certificates(ber.subarray(0, length)), NssError);
    assertEquals(error.name, "SEC_ERROR_BAD_DER");
  }
});

Deno.test("parsePkcs7Certificates() reads content in pieces, which OpenSSL and Windows write", () => {
  const pieces = Uint8Array.fromHex("2480040101040202030000");
  const der = new DerWriter().sequence((w) => {
    w.oid("1.2.840.113549.1.7.2").constructed(constructedTag(0), (w) =>
      w.sequence((w) => {
        w.integer(1).setOf([]).sequence((w) => {
          w.oid("1.2.840.113549.1.7.1").constructed(constructedTag(0), (w) => w.raw(pieces));
        });
        w.constructed(constructedTag(0), (w) => w.raw(leaf.certificate.der)).setOf([]);
      }));
  }).finish();
  assertEquals(ders(parsePkcs7Certificates(der)), ders([leaf.certificate]));
});

Deno.test("parsePkcs7Certificates() refuses what is malformed", () => {
  const good = encodePkcs7Certificates(chain);
  const bad: readonly Uint8Array[] = [
    bundle((w) => w.setOf([]), "1.2.840.113549.1.7.3"),
    bundle(() => {}),
    bundle((w) => w.setOf([]).null()),
    bundle((w) => w.constructed(constructedTag(0), (w) => w.sequence(() => {})).setOf([])),
    new Uint8Array([...good, 0]),
    new Uint8Array(0),
  ];
  for (const der of bad) {
    assertEquals(
      assertThrows(() => parsePkcs7Certificates(der), NssError).name,
      "SEC_ERROR_BAD_DER",
    );
  }
  for (let length = 0; length < good.length; length += 7) {
    assertThrows(() => parsePkcs7Certificates(good.subarray(0, length)), NssError);
  }
  assertThrows(
    () => parsePkcs7Certificates(leaf.certificate.toPem()),
    NssError,
    "there is none: the text holds only CERTIFICATE",
  );
});

Deno.test("parsePkcs7Certificates() throws nothing but NssError, whatever is changed", () => {
  const good = encodePkcs7Certificates(chain);
  const random = seeded(3);
  let parsed = 0;
  for (let i = 0; i < 2000; i++) {
    const changed = good.slice();
    changed[Math.floor(random() * changed.length)] = Math.floor(random() * 256);
    try {
      parsePkcs7Certificates(changed);
      parsed++;
    } catch (error) {
      assert(error instanceof NssError, String(error));
    }
  }
  assert(parsed > 100);
});

Deno.test(`parsePkcs7Certificates() reads ${MAX_BUNDLE_CERTIFICATES} certificates and no more`, () => {
  const many = (count: number) => {
    // Not certificates, but as many: the count is checked before they are parsed
    const der = bundle((w) => {
      w.constructed(constructedTag(0), (w) => {
        for (let i = 0; i < count - 1; i++) w.raw(leaf.certificate.der);
        w.sequence(() => {});
      });
      w.setOf([]);
    });
    return assertThrows(() => parsePkcs7Certificates(der), NssError).message;
  };
  assertFalse(many(MAX_BUNDLE_CERTIFICATES).includes("there are more than"));
  assert(many(MAX_BUNDLE_CERTIFICATES + 1).includes("there are more than"));
});

opensslTest("parsePkcs7Certificates() and openssl read each other's bundles", async (folder) => {
  await folder.write("chain.pem", chain.map((certificate) => certificate.toPem()).join(""));
  await folder.run(...["crl2pkcs7", "-nocrl", "-certfile", "chain.pem", "-out", "theirs.p7b"]);
  assertEquals(ders(parsePkcs7Certificates(await folder.read("theirs.p7b"))), ders(chain));
  await folder.write("ours.p7b", encodePkcs7Certificates(chain));
  const text = await folder.run("pkcs7", "-in", "ours.p7b", "-inform", "DER", "-print_certs");
  for (const certificate of chain) {
    assert(text.replace(/\s/g, "").includes(certificate.toPem().replace(/\s/g, "")), text);
  }
});
