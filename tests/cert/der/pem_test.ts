// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { encodeBase64 } from "@std/encoding/base64";
import { NssError } from "../../../cert/base/errors.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import {
  decodePem,
  encodePem,
  MAX_LABEL_SIZE,
  MAX_PEM_SIZE,
  pemOrDer,
  whyNoPem,
} from "../../../cert/der/pem.ts";
import { TAG } from "../../../cert/der/tag.ts";

const A = "-----BEGIN A-----\nAAEC\n-----END A-----\n";
const B = "-----BEGIN B C-----\nAwQ=\n-----END B C-----\n";
const DER_A = Uint8Array.of(0, 1, 2);
const DER_B = Uint8Array.of(3, 4);

Deno.test("decodePem() reads all blocks in their order, or those of a label", () => {
  const text = A + B + A;
  assertEquals(decodePem(text).map(({ label }) => label), ["A", "B C", "A"]);
  assertEquals(decodePem(text, "B C"), [{ label: "B C", der: DER_B }]);
  assertEquals(decodePem(text, ["A", "X"]).length, 2);
  assertEquals(decodePem(text, "X"), []);
  assertEquals(decodePem(""), []);
});

Deno.test("decodePem() skips what stands around, and white space", () => {
  const texts = [
    `Subject: CN=x\n${A}trailing`,
    A.replaceAll("\n", "\r\n"),
    A.replaceAll("\n", "\r"),
    A.replace("AAEC", "AA\nEC"),
    A.replace("AAEC", "  AAEC \t"),
    A.replace("AAEC", "\nAAEC\n"),
    A.trimEnd(),
    ` ${A}`,
  ];
  for (const text of texts) assertEquals(decodePem(text), [{ label: "A", der: DER_A }]);
});

Deno.test("decodePem() refuses a block that does not end as it begins", () => {
  assertThrows(() => decodePem(A.replace("END A", "END B")), NssError, "line 3");
  assertThrows(() => decodePem("-----BEGIN A-----\nAAEC\n"), NssError, "has no end");
  assertThrows(() => decodePem("-----BEGIN A-----\nAAEC\n" + B), NssError, "does not end");
});

Deno.test("decodePem() refuses what is not base64", () => {
  for (const body of ["AAE", "A", "AA=C", "AAEC====", "AA*C", "AAE_"]) {
    assertThrows(() => decodePem(A.replace("AAEC", body)), NssError, "not base64");
  }
});

Deno.test("decodePem() refuses the headers of an encrypted block that is asked for", () => {
  const text = A.replace("AAEC", "Proc-Type: 4,ENCRYPTED\n\nAAEC");
  assertThrows(() => decodePem(text), NssError, "Proc-Type");
  assertEquals(decodePem(text + B, "B C").length, 1);
});

/** Ways in which a file of text comes, and what stands in it. */
const utf16 = (text: string, order: "le" | "be", mark = true) => {
  const whole = (mark ? "\ufeff" : "") + text;
  const bytes = new Uint8Array(2 * whole.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < whole.length; i++) view.setUint16(2 * i, whole.charCodeAt(i), order === "le");
  return bytes;
};
const utf8 = (text: string) => new TextEncoder().encode(text);

Deno.test("decodePem() takes text and bytes, with what editors, shells and Windows make of a file", () => {
  const body = `\nAAEC\n`;
  const rows: Record<string, string | Uint8Array> = {
    "bytes": utf8(A),
    "a byte order mark, in text": `\ufeff${A}`,
    "a byte order mark, in bytes": utf8(`\ufeff${A}`),
    "a byte order mark between two files": utf8(`${B}\ufeff${A}`),
    "CRLF": utf8(A.replaceAll("\n", "\r\n")),
    "CR": utf8(A.replaceAll("\n", "\r")),
    "text around": utf8(`Bag Attributes\n  friendlyName: x\n${A}\nmore\n`),
    "a comment in UTF-8": utf8(`# Főtanúsítvány 根\n${A}`),
    "a comment in Latin-1": Uint8Array.of(0x23, 0xe9, 0xfc, 0x0a, ...utf8(A)),
    "text that begins with the digit 0": utf8(`0 s:CN = x\n   i:CN = y\n${A}`),
    "the digit 0 and what would be a length in DER": utf8(`0\u00e9\n${A}`),
    "the digit 0 and Latin-1": Uint8Array.of(0x30, 0x82, 0x0a, ...utf8(A)),
    "indentation": utf8(A.replaceAll(/^/gm, "    ")),
    "trailing white space": utf8(A.replaceAll("\n", " \t\n")),
    "no line break at the end": utf8(A.trimEnd()),
    "UTF-16 of PowerShell": utf16(A, "le"),
    "UTF-16 in the other order": utf16(A, "be"),
    "UTF-16 without a mark": utf16(A, "le", false),
    "UTF-16 in the other order, without a mark": utf16(A, "be", false),
    "a comment before it in UTF-16": utf16(`0 ключ\r\n${A}`, "le"),
    "base64 in one line, as in RFC 7468's lax form": `-----BEGIN A-----${body}-----END A-----`,
    "all in one line, with spaces": A.replaceAll("\n", " "),
    "all in one line, without": A.replaceAll("\n", ""),
    "two files joined without a line break": B.trimEnd() + A,
    "control characters before it": utf8(`\0\x01\n${A}`),
  };
  for (const [what, input] of Object.entries(rows)) {
    assertEquals(decodePem(input, "A"), [{ label: "A", der: DER_A }], what);
  }
});

Deno.test("decodePem() of one line reads all blocks, and skips none in silence", () => {
  const line = (A + B + A).replaceAll("\n", " ");
  assertEquals(decodePem(line).map(({ label }) => label), ["A", "B C", "A"]);
  assertThrows(
    () => decodePem(`${A.trimEnd()} # comment ${A}`),
    NssError,
    "line 3: other text stands behind the end of a block",
  );
  // What stands behind other text in its line is text, as in "between -----BEGIN A----- and ..."
  assertEquals(decodePem(`# ${A}`), []);
  assertEquals(decodePem(`text -----BEGIN A----- text\n${A}`).length, 1);
});

Deno.test("decodePem() refuses a first line that is cut, and does not skip its block", () => {
  for (const first of ["-----BEGIN A----", "-----BEGIN A", "-----BEGIN ", "-----BEGIN A\n-----"]) {
    assertThrows(() => decodePem(A.replace("-----BEGIN A-----", first)), NssError, "line 1: ");
  }
  const label = (size: number) => encodePem("A".repeat(size), DER_A);
  assertEquals(decodePem(label(MAX_LABEL_SIZE))[0]!.der, DER_A);
  assertThrows(() => decodePem(label(MAX_LABEL_SIZE + 1)), NssError, "five hyphens");
});

Deno.test("decodePem() explains line breaks that are written as \\\\n", () => {
  const texts = [
    A.replaceAll("\n", "\\n"),
    A.replaceAll("\n", "\\r\\n"),
    A.trimEnd().replaceAll("\n", "\\n"),
    (A + B).replaceAll("\n", "\\n"),
  ];
  for (const text of texts) {
    for (const label of [undefined, "A", "B C"]) {
      if (label === "B C" && !text.includes("B C")) continue;
      assertThrows(() => decodePem(text, label), NssError, 'text.replaceAll("\\\\n", "\\n")');
    }
    assertEquals(decodePem(text.replaceAll("\\r", "").replaceAll("\\n", "\n"), "A").length, 1);
  }
});

Deno.test("decodePem() refuses DER", () => {
  for (const der of [Uint8Array.of(0x30, 0), Uint8Array.of(1, 2, 3), new Uint8Array()]) {
    assertThrows(() => decodePem(der), NssError, 'the bytes have no "-----BEGIN "');
  }
});

Deno.test("decodePem() says nothing of a key in its errors", () => {
  const secret = "c2VjcmV0".repeat(6);
  for (const body of [`${secret}:`, `${secret}\n${secret}: x`, `${secret}*`]) {
    const error = assertThrows(() => decodePem(A.replace("AAEC", body)), NssError);
    assertEquals(error.message, "Cannot parse PEM: line 1: the block is not base64");
  }
});

Deno.test("pemOrDer() takes DER that quotes PEM for DER, whatever its length looks like", () => {
  const quotes = [
    new DerWriter().sequence((w) => w.integer(1).string(TAG.utf8String, A)).finish(),
    new DerWriter().sequence((w) => w.oid("1.2.3").string(TAG.ia5String, `\n${A}`)).finish(),
    new DerWriter().sequence((w) => w.sequence((w) => w.integer(0)).octetString(utf8(A))).finish(),
  ];
  for (const der of quotes) assertEquals(pemOrDer(der), { der });
  // Text of 122 bytes that begins with "0x" has the header of a SEQUENCE of its length
  const key = encodePem("PRIVATE KEY", new Uint8Array(48).fill(5));
  const text = `0x\n${key}`;
  assertEquals(text.length, 2 + "x".charCodeAt(0));
  assertEquals(pemOrDer(utf8(text)), { text });
});

Deno.test("whyNoPem() says what the text is instead", () => {
  const rows: [string, string][] = [
    ["", "it is empty"],
    [" \n", "it is empty"],
    ["ca.pem", "if it is the name of a file, read the file first"],
    ["<html>\n</html>", "the text holds no PEM block"],
    [new TextDecoder().decode(utf16(A, "le")), "UTF-16 that was read as UTF-8"],
    [encodeURIComponent(A), "percent-encoded"],
    [JSON.stringify(A), "written as the two characters"],
    [`"${A}"`, "other text stands before"],
    [
      encodeBase64(Uint8Array.of(0x30, 0x82, 1, 2, ...new Uint8Array(99))),
      "base64 without the lines",
    ],
  ];
  for (const [text, why] of rows) assertStringIncludes(whyNoPem(text), why);
  assertEquals(whyNoPem(A, new Set(["A", "B"]), "C"), "the text holds only A, B, and no C");
  assertStringIncludes(
    whyNoPem("", new Set(["PKCS7"]), "CERTIFICATE"),
    "; parsePkcs7Certificates() reads it",
  );
});

Deno.test("decodePem() and its errors take time in proportion to hostile text", () => {
  const size = 1 << 25;
  // Each row would be quadratic for a parser that looks at a line, or at what follows, twice
  const rows: [string, string | null][] = [
    ["-----BEGIN A-----\n", "does not end with its label"],
    ["-----BEGIN \n", "five hyphens"],
    ["-----BEGIN ", "does not end with its label"],
    [" -----BEGIN", "does not end with its label"],
    ["x -----BEGIN A-----", null],
    ["-----END A-----\n", null],
    ["\n", null],
    ["\r", null],
    [" ", null],
    ["-", null],
    ["-----BEGIN A-----\n-----END A-----\n", null],
    ["-----BEGIN A-----\n-----END A----- ", null],
  ];
  for (const [line, error] of rows) {
    const text = line.repeat(Math.ceil(size / line.length));
    if (error === null) decodePem(text, "none");
    else assertThrows(() => decodePem(text), NssError, error);
    assertStringIncludes(whyNoPem(text), "");
  }
  const bodies: [string, string | null][] = [
    ["A".repeat(size), null],
    ["A\n".repeat(size / 2), null],
    ["=".repeat(size), "not base64"],
    [`${"A".repeat(size)}:`, "not base64"],
    [`${"A".repeat(size)}*`, "not base64"],
    [" ".repeat(size), null],
    [`${"\n".repeat(size)}-----`, `line ${size + 1}: `],
  ];
  for (const [body, error] of bodies) {
    const text = `-----BEGIN A-----${body}\n-----END A-----`;
    if (error === null) assertEquals(decodePem(text).length, 1);
    else assertThrows(() => decodePem(text), NssError, error);
  }
});

Deno.test("decodePem() fails at every strict prefix within a block, or has all before it", () => {
  const text = `0 text\n${A}more\n${B}`;
  const ends = [text.indexOf("more") - 1, text.length - 1];
  for (const input of [text, utf8(text), utf16(text, "le")]) {
    for (let length = 0; length <= text.length; length++) {
      const cut = typeof input === "string"
        ? input.slice(0, length)
        : input.subarray(0, input[0] === 0x30 ? length : 2 + 2 * length);
      const whole = ends.filter((end) => end <= length).length;
      const isInside = /-----BEGIN (?![^]*-----END [^-]*-----)/.test(text.slice(0, length)) ||
        (length > ends[0]! && text.slice(ends[0], length).includes("-----BEGIN ") && whole < 2);
      // Bytes that begin with the digit 0 may be DER until "-----BEGIN " is there
      const mayBeDer = cut instanceof Uint8Array && (cut[0] === 0x30 || cut.length === 0) &&
        !text.slice(0, length).includes("-----BEGIN ");
      if (mayBeDer) assertThrows(() => decodePem(cut), NssError, "have no");
      else if (isInside) assertThrows(() => decodePem(cut), NssError, "line ");
      else assertEquals(decodePem(cut).length, whole, `${length}`);
    }
  }
});

Deno.test("decodePem() takes MAX_PEM_SIZE characters and not one more", () => {
  const text = A.padEnd(MAX_PEM_SIZE, " ");
  assertEquals(decodePem(text).length, 1);
  assertThrows(() => decodePem(`${text} `), NssError, "are more than");
  assertThrows(() => decodePem(utf8(`${text} `)), NssError, "bytes are more than");
});

Deno.test("encodePem() writes 64 characters in a line, which decodePem() reads", () => {
  for (const size of [0, 1, 47, 48, 49, 300]) {
    const der = new Uint8Array(size).fill(7);
    const text = encodePem("X Y", der);
    assertEquals(text.split("\n").every((line) => line.length <= 64), true);
    assertEquals(decodePem(text), [{ label: "X Y", der }]);
  }
});
