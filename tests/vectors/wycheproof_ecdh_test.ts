// Copyright 2026 the NSS for Deno authors. MIT license.

import { createECDH } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { decodeHex, encodeBase64Url, encodeHex } from "@std/encoding";
import { SslError } from "../../ssl/base/errors.ts";
import { generateKeyShare } from "../../ssl/crypto/key_exchange.ts";
import { namedGroupByName, type NamedGroupName } from "../../ssl/tables/named_groups.ts";
import { importX25519, withPrivateKey } from "../ssl/handshake/subtle.ts";
import { testShared } from "../support/shared_data.ts";

/** The part of Wycheproof's files that is of use here. */
interface Vectors {
  readonly testGroups: readonly {
    readonly tests: readonly {
      readonly tcId: number;
      readonly flags: readonly string[];
      readonly public: string;
      readonly private: string;
      readonly shared: string;
      readonly result: "valid" | "acceptable" | "invalid";
    }[];
  }[];
}

interface Case {
  readonly group: NamedGroupName;
  readonly file: string;
  readonly importPrivateKey: (hex: string) => Promise<CryptoKey>;
  /** Flags of test cases that TLS must refuse though Wycheproof allows them. */
  readonly refusedFlags: readonly string[];
  /** How many test cases are to be refused: a guard against a test that checks nothing. */
  readonly refused: number;
  readonly agreed: number;
}

const CASES: readonly Case[] = [
  {
    group: "x25519",
    file: "x25519_test.json.gz",
    importPrivateKey: (hex) => importX25519(decodeHex(hex)),
    // RFC 8446, Section 7.4.2.
    refusedFlags: ["ZeroSharedSecret"],
    refused: 31,
    agreed: 487,
  },
  {
    group: "secp256r1",
    file: "ecdh_secp256r1_ecpoint_test.json.gz",
    importPrivateKey: importP256,
    // RFC 8446, Section 4.2.8.2.
    refusedFlags: ["CompressedPublic"],
    refused: 25,
    agreed: 330,
  },
];

for (const { group, file, importPrivateKey, refusedFlags, refused, agreed } of CASES) {
  const title = `KeyShare.complete() agrees with Wycheproof's ${file} (${group})`;
  testShared(title, `data/wycheproof/${file}`, async (contents) => {
    const data = await contents.json() as Vectors;
    const counts = { refused: 0, agreed: 0 };
    for (const test of data.testGroups.flatMap(({ tests }) => tests)) {
      const privateKey = await importPrivateKey(test.private);
      const share = await withPrivateKey(
        privateKey,
        () => generateKeyShare(namedGroupByName(group)!),
      );
      const peerShare = decodeHex(test.public);
      const name = `tcId ${test.tcId}`;
      if (test.result === "invalid" || test.flags.some((flag) => refusedFlags.includes(flag))) {
        const error = await assertRejects(() => share.complete(peerShare), SslError);
        assertEquals(error.name, "SSL_ERROR_RX_MALFORMED_KEY_SHARE", name);
        counts.refused++;
      } else {
        assertEquals(encodeHex(await share.complete(peerShare)), test.shared, name);
        counts.agreed++;
      }
    }
    assertEquals(counts, { refused, agreed });
  });
}

function importP256(hex: string): Promise<CryptoKey> {
  const scalar = decodeHex(hex.padStart(64, "0").slice(-64));
  const ecdh = createECDH("prime256v1");
  ecdh.setPrivateKey(scalar);
  const point = Uint8Array.from(ecdh.getPublicKey());
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: encodeBase64Url(scalar),
    x: encodeBase64Url(point.subarray(1, 33)),
    y: encodeBase64Url(point.subarray(33)),
  };
  return crypto.subtle.importKey("jwk", jwk, { name: "ECDH", namedCurve: "P-256" }, false, [
    "deriveBits",
  ]);
}
