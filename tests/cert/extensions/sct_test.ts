// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import {
  ocspSignedCertificateTimestampList,
  signedCertificateTimestampList,
} from "../../../cert/extensions/signed_certificate_timestamp_list.ts";
import {
  encodeSctList,
  MAX_SCT_LIST_SIZE,
  parseSctList,
  type Sct,
  SCT_LOG_ID_SIZE,
} from "../../../cert/extensions/sct.ts";
import {
  assertMutationsRefused,
  assertThrowsWith,
  assertWhole,
  party,
} from "../_revocation_support.ts";

const sct = (more: Partial<Sct> = {}): Sct => ({
  logId: Uint8Array.from({ length: SCT_LOG_ID_SIZE }, (_, i) => i),
  timestamp: new Date("2026-05-01T01:02:03.456Z"),
  extensions: Uint8Array.of(),
  signatureAlgorithm: 0x0403,
  signature: Uint8Array.of(1, 2, 3, 4),
  ...more,
});

/** RFC 6962, Section 3.2, by hand. */
const BYTES = "0035" + "0033" + "00" +
  "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f" +
  BigInt(Date.parse("2026-05-01T01:02:03.456Z")).toString(16).padStart(16, "0") + "0000" + "0403" +
  "000401020304";

Deno.test("parseSctList() reads RFC 6962, Section 3.3", () => {
  assertEquals(parseSctList(Uint8Array.fromHex(BYTES)), [sct()]);
});

Deno.test("encodeSctList() writes what parseSctList() reads", () => {
  assertEquals(encodeSctList([sct()]).toHex(), BYTES);
  const two = [sct({ extensions: Uint8Array.of(9) }), sct({ signatureAlgorithm: 0x0401 })];
  assertEquals(parseSctList(encodeSctList(two)), two);
});

Deno.test("parseSctList() leaves out SCTs of other versions, and nothing else", () => {
  const other = Uint8Array.of(0, 3, 1, 0xaa, 0xbb);
  const known = encodeSctList([sct()]).subarray(2);
  const list = Uint8Array.of(0, other.length + known.length, ...other, ...known);
  assertEquals(parseSctList(list), [sct()]);
});

Deno.test("parseSctList() refuses what is empty, late or too long", () => {
  const cases: readonly [string, string][] = [
    ["0000", "it is empty"],
    ["00020000", "an SCT is empty"],
    ["0001", "1 bytes announced, 0 present"],
    ["0003000100ff", "after the last field"],
    [BYTES.replace(/0000019d[0-9a-f]{8}/, "ffffffffffffffff"), "later than any date"],
    ["0036" + "0034" + BYTES.slice(8) + "ff", "1 bytes after the last field"],
  ];
  for (const [hex, part] of cases) {
    assertThrowsWith(() => parseSctList(Uint8Array.fromHex(hex)), "SEC_ERROR_BAD_DATA", part);
  }
});

Deno.test("parseSctList() takes MAX_SCT_LIST_SIZE bytes and none more", () => {
  const room = MAX_SCT_LIST_SIZE - encodeSctList([sct({ signature: new Uint8Array(0) })]).length;
  const most = encodeSctList([sct({ signature: new Uint8Array(room) })]);
  assertEquals(most.length, MAX_SCT_LIST_SIZE);
  assertEquals(parseSctList(most)[0]?.signature.length, room);
  assertThrowsWith(
    () => parseSctList(Uint8Array.of(...most, 0)),
    "SEC_ERROR_BAD_DATA",
    "are more than",
  );
  assertThrowsWith(
    () => encodeSctList([sct({ signature: new Uint8Array(room + 1) })]),
    "SEC_ERROR_INVALID_ARGS",
    "are more than",
  );
});

Deno.test("encodeSctList() refuses no SCT, and a log identifier of another length", () => {
  assertThrowsWith(() => encodeSctList([]), "SEC_ERROR_INVALID_ARGS", "the list is empty");
  assertThrowsWith(
    () => encodeSctList([sct({ logId: new Uint8Array(31) })]),
    "SEC_ERROR_INVALID_ARGS",
    "not 32 bytes",
  );
});

Deno.test("parseSctList() refuses every strict prefix, and mutations with an NssError", () => {
  const bytes = encodeSctList([sct(), sct({ extensions: Uint8Array.of(5) })]);
  assertWhole(bytes, parseSctList);
  assertMutationsRefused(bytes, parseSctList, 3000);
});

Deno.test("signedCertificateTimestampList reads the extension of a certificate", async () => {
  for (const codec of [signedCertificateTimestampList, ocspSignedCertificateTimestampList]) {
    const { certificate } = await party({
      subject: "CN=test",
      extensions: [makeExtension(codec, [sct()])],
    });
    assertEquals(certificate.extension(codec), [sct()]);
  }
  const bad = {
    ...makeExtension(signedCertificateTimestampList, [sct()]),
    value: Uint8Array.of(4, 0),
  };
  const { certificate } = await party({ subject: "CN=test", extensions: [bad] });
  assertThrowsWith(
    () => certificate.extension(signedCertificateTimestampList),
    "SEC_ERROR_EXTENSION_VALUE_INVALID",
    "2 bytes announced, 0 present",
  );
});
