// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { decodeHex } from "@std/encoding";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import type { CertProfile } from "../../../cert/verify/check_certificate.ts";
import { checkNameConstraints } from "../../../cert/verify/check_name_constraints.ts";
import { TAG } from "../../../cert/der/tag.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { type ErrorName, NssError } from "../../../cert/base/errors.ts";
import { subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import type { GeneralName } from "../../../cert/names/general_name.ts";
import { parseIpAddress } from "../../../cert/names/ip_address.ts";
import { Name } from "../../../cert/names/name.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import {
  VERIFICATION_LIMITS,
  VerificationBudget,
} from "../../../cert/verify/verification_budget.ts";
import { issue } from "../_support.ts";

const dns = (value: string): GeneralName => ({ type: "dns", value });
const email = (value: string): GeneralName => ({ type: "email", value });
const uri = (value: string): GeneralName => ({ type: "uri", value });
const ip = (text: string): GeneralName => ({ type: "ip", value: parseIpAddress(text)! });
const net = (hex: string): GeneralName => ({ type: "ip", value: new Uint8Array(decodeHex(hex)) });
const directory = (text: string): GeneralName => ({ type: "directory", value: Name.parse(text) });
const other: GeneralName = { type: "other", typeId: "1.2.3", value: Uint8Array.of(5, 0) };

const utf8Mailbox = (text: string, tag: number = TAG.utf8String): GeneralName => ({
  type: "other",
  typeId: OIDS.smtpUtf8Mailbox,
  value: new DerWriter().primitive(tag, new TextEncoder().encode(text)).finish(),
});

async function named(names: GeneralName[], subject = ""): Promise<Certificate> {
  const options = names.length > 0
    ? { extensions: [makeExtension(subjectAltName, names)] }
    : { without: [OIDS.subjectAltName] };
  return (await issue({ subject, ...options })).certificate;
}

function verdict(
  certificate: Certificate,
  permitted: GeneralName[],
  excluded: GeneralName[],
  commonName = false,
  profile: CertProfile = "strict",
): ErrorName | "ok" {
  const budget = new VerificationBudget();
  try {
    checkNameConstraints(certificate, { permitted, excluded }, { commonName, budget, profile });
    return "ok";
  } catch (error) {
    if (error instanceof NssError) return error.name;
    throw error;
  }
}

const BAD_UTF8 = Uint8Array.of(0x61, 0xff);
const OUT = "SEC_ERROR_CERT_NOT_IN_NAME_SPACE";
const BAD = "SEC_ERROR_EXTENSION_VALUE_INVALID";

/**
 * A name, a constraint, and whether the name lies in it: wholly (`in`), partly (`partly`), not
 * (`out`).
 */
const CASES: [GeneralName, GeneralName, "in" | "partly" | "out"][] = [
  [dns("example.com"), dns("example.com"), "in"],
  [dns("EXAMPLE.com"), dns("example.COM"), "in"],
  [dns("a.b.example.com"), dns("example.com"), "in"],
  [dns("example.com"), dns(""), "in"],
  [dns("xexample.com"), dns("example.com"), "out"],
  [dns("com"), dns("example.com"), "out"],
  [dns("*.example.com"), dns("example.com"), "in"],
  [dns("*.example.com"), dns("a.example.com"), "partly"],
  [dns("*.example.com"), dns("a.b.example.com"), "out"],
  [dns("*.example.org"), dns("a.example.com"), "out"],
  [dns(".example.com"), dns("example.com"), "partly"],
  [email("a@example.com"), email("a@example.com"), "in"],
  [email("A@example.com"), email("a@example.com"), "out"],
  [email("a@EXAMPLE.com"), email("a@example.com"), "in"],
  [email("*@example.com"), email("*@example.com"), "in"],
  [email("a@example.com"), email("*@example.com"), "out"],
  [email("a@example.com"), email("example.com"), "in"],
  [email("a@b.example.com"), email("example.com"), "out"],
  [email("a@b.example.com"), email(".example.com"), "in"],
  [email("a@example.com"), email(".example.com"), "out"],
  [email("no mailbox"), email("example.com"), "partly"],
  [email("a@b@example.com"), email("example.com"), "partly"],
  // RFC 9598, Section 6
  [utf8Mailbox("ä@example.com"), email("example.com"), "in"],
  [utf8Mailbox("ä@xn--4ca.com"), email("xn--4ca.com"), "in"],
  [utf8Mailbox("ä@b.example.com"), email(".example.com"), "in"],
  [utf8Mailbox("ä@example.org"), email("example.com"), "out"],
  [utf8Mailbox("ä@example.com"), email("a@example.com"), "out"],
  [utf8Mailbox("ä@ä.com"), email("example.com"), "partly"],
  [utf8Mailbox("no mailbox"), email("example.com"), "partly"],
  [utf8Mailbox("ä@example.com", TAG.octetString), email("example.com"), "partly"],
  [uri("https://example.com:1/x"), uri("example.com"), "in"],
  [uri("https://u@example.com/x"), uri("example.com"), "in"],
  [uri("https://b.example.com"), uri("example.com"), "out"],
  [uri("https://b.example.com"), uri(".example.com"), "in"],
  [uri("https://example.com"), uri(".example.com"), "out"],
  [uri("https://192.0.2.1/"), uri("example.com"), "partly"],
  [uri("urn:x"), uri("example.com"), "partly"],
  [uri("https://example.org@example.com"), uri("example.org"), "out"],
  [ip("192.0.2.9"), net("c0000200ffffff00"), "in"],
  [ip("192.0.3.9"), net("c0000200ffffff00"), "out"],
  [ip("192.0.2.9"), net("0000000000000000"), "in"],
  [ip("2001:db8::1"), net("20010db8" + "00".repeat(12) + "ffffffff" + "00".repeat(12)), "in"],
  [ip("2001:db9::1"), net("20010db8" + "00".repeat(12) + "ffffffff" + "00".repeat(12)), "out"],
  [ip("2001:db8::1"), net("c0000200ffffff00"), "out"],
  // An address of the other length that begins alike
  [ip("32.1.13.184"), net("20010db8" + "00".repeat(12) + "ffffffff" + "00".repeat(12)), "out"],
  [ip("c000:201::"), net("c0000200ffffff00"), "out"],
  // Browsers take the backslash for a slash, RFC 3986 for nothing that may stand here
  [uri("http://good.com\\@evil.com/"), uri("evil.com"), "partly"],
  [uri("http://good.com\\@evil.com/"), uri("good.com"), "partly"],
  [{ type: "ip", value: Uint8Array.of(1, 2, 3) }, net("0000000000000000"), "partly"],
  [directory("CN=a,O=b"), directory("O=B"), "in"],
  [directory("O=b"), directory("CN=a,O=b"), "out"],
  [other, other, "partly"],
];

Deno.test("checkNameConstraints() permits what lies wholly inside, excludes what may lie inside", async () => {
  for (const [name, constraint, where] of CASES) {
    const certificate = await named([name]);
    const what = JSON.stringify([name, constraint]);
    assertEquals(verdict(certificate, [constraint], []), where === "in" ? "ok" : OUT, what);
    assertEquals(verdict(certificate, [], [constraint]), where === "out" ? "ok" : OUT, what);
  }
});

Deno.test("checkNameConstraints() leaves names of other kinds alone", async () => {
  const certificate = await named([dns("example.com")]);
  for (const constraint of [email("x.com"), uri("x.com"), net("c0000200ffffff00"), other]) {
    assertEquals(verdict(certificate, [constraint], []), "ok");
    assertEquals(verdict(certificate, [], [constraint]), "ok");
  }
});

Deno.test("checkNameConstraints() wants every name to be permitted, by any constraint", async () => {
  const certificate = await named([dns("a.com"), dns("b.com")]);
  assertEquals(verdict(certificate, [dns("a.com")], []), OUT);
  assertEquals(verdict(certificate, [dns("a.com"), dns("b.com")], []), "ok");
  assertEquals(verdict(certificate, [dns("")], [dns("b.com")]), OUT);
});

Deno.test("checkNameConstraints() lets no SmtpUTF8Mailbox out of what rfc822Name permits", async () => {
  const certificate = await named([email("a@example.com"), utf8Mailbox("ä@example.org")]);
  assertEquals(verdict(certificate, [email("example.com")], []), OUT);
  assertEquals(verdict(certificate, [email("example.com"), email("example.org")], []), "ok");
});

Deno.test("checkNameConstraints() applies to the subject, and to its e-mail addresses without others", async () => {
  const constraint = directory("O=Example");
  assertEquals(verdict(await named([], "CN=a,O=Example"), [constraint], []), "ok");
  assertEquals(verdict(await named([], "CN=a,O=Other"), [constraint], []), OUT);
  const subject = "E=a@example.com";
  assertEquals(verdict(await named([], subject), [email("example.org")], []), OUT);
  assertEquals(verdict(await named([dns("x.com")], subject), [email("example.org")], []), "ok");
});

Deno.test("checkNameConstraints() takes the common name of a server for a host name without others", async () => {
  const host = await named([], "CN=www.example.com");
  assertEquals(verdict(host, [dns("example.org")], [], true), OUT);
  assertEquals(verdict(host, [dns("example.com")], [], true), "ok");
  assertEquals(verdict(host, [dns("example.org")], [], false), "ok");
  const address = await named([], "CN=192.0.2.1");
  assertEquals(verdict(address, [], [net("c0000200ffffff00")], true), OUT);
  const both = await named([dns("www.example.org")], "CN=www.example.com");
  assertEquals(verdict(both, [dns("example.org")], [], true), "ok");
  assertEquals(verdict(await named([], "CN=A Name"), [dns("example.org")], [], true), "ok");
});

Deno.test("checkNameConstraints() excludes a directory name in whatever type of string it is", async () => {
  const typed = (tag: number, content: Uint8Array) =>
    new DerWriter().sequence((w) => {
      w.setOf([(w) => w.sequence((w) => w.oid(OIDS.organizationName).primitive(tag, content))]);
    }).finish();
  const bmp = Uint8Array.from([..."Evil"].flatMap((c) => [0, c.charCodeAt(0)]));
  const latin = new TextEncoder().encode("EVIL");
  for (const [tag, content] of [[TAG.bmpString, bmp], [TAG.teletexString, latin]] as const) {
    const name = Name.fromDer(typed(tag, content));
    const certificate = await named([{ type: "directory", value: name }]);
    assertEquals(verdict(certificate, [], [directory("O=Evil")]), OUT);
    // To be permitted, it must be the same name to everybody
    assertEquals(verdict(certificate, [directory("O=Evil")], []), OUT);
    assertEquals(verdict(certificate, [], [directory("O=Other")]), "ok");
  }
});

Deno.test("checkNameConstraints() permits no e-mail address that is no text", async () => {
  const value = new DerWriter().primitive(TAG.ia5String, Uint8Array.of(0xe4, 0x40, 0x62)).finish();
  const subject = `E=#${value.toHex()}`;
  assertEquals(verdict(await named([], subject), [email("example.org")], []), OUT);
  assertEquals(verdict(await named([], subject), [], [email("example.org")]), OUT);
});

Deno.test("checkNameConstraints() refuses constraints that are none", async () => {
  const certificate = await named([dns("example.com")]);
  const bad = [dns("*.example.com"), dns(".example.com"), dns("a b"), email("a@"), email("@b.com")];
  bad.push(email("a@b@c.com"), email("*.com"), uri("http://a.com"), net("c00002"));
  bad.push(net("c0000200ff00ff00"), net("c0000200"));
  // As long as an address of IPv6, and one byte less and more than an address with its mask
  for (const length of [0, 7, 9, 16, 31, 33]) bad.push(net("ff".repeat(length)));
  for (const constraint of bad) {
    assertEquals(verdict(certificate, [constraint], []), BAD, JSON.stringify(constraint));
    assertEquals(verdict(certificate, [], [constraint]), BAD, JSON.stringify(constraint));
  }
});

Deno.test("checkNameConstraints() reads a leading dot as strictly below, in the compatible profile alone", async () => {
  const inside = ["www.example.com", "a.b.example.com", "*.example.com", "*.a.example.com"];
  const outside = ["example.com", "evilexample.com", "example.com.evil.org", "*.com", "com"];
  for (const [names, permitted] of [[inside, true], [outside, false]] as const) {
    for (const name of names) {
      const certificate = await named([dns(name)]);
      const compatible = (some: GeneralName[], others: GeneralName[]) =>
        verdict(certificate, some, others, false, "compatible");
      assertEquals(compatible([dns(".example.com")], []), permitted ? "ok" : OUT, name);
      assertEquals(compatible([], [dns(".example.com")]), permitted ? OUT : "ok", name);
      assertEquals(verdict(certificate, [dns(".example.com")], []), BAD, name);
      assertEquals(verdict(certificate, [], [dns(".example.com")]), BAD, name);
    }
  }
  // Without a dot, the name itself is inside
  assertEquals(verdict(await named([dns("example.com")]), [dns("example.com")], []), "ok");
});

Deno.test("checkNameConstraints() refuses other dots in both profiles, where there is such a name", async () => {
  const certificate = await named([dns("www.example.com")]);
  const bad = [".", "..example.com", ".example..com", "example..com", ".example.com.", "..", ". "];
  for (const value of [...bad, ".*.example.com", "*.example.com", ".-example.com", ".192.0.2.1"]) {
    for (const profile of ["strict", "compatible"] as const) {
      assertEquals(verdict(certificate, [dns(value)], [], false, profile), BAD, value);
      assertEquals(verdict(certificate, [], [dns(value)], false, profile), BAD, value);
      // One good constraint before it does not hide it
      const permitted = [dns("example.com"), dns(value)];
      assertEquals(verdict(certificate, permitted, [], false, profile), BAD, value);
    }
  }
});

Deno.test("checkNameConstraints() refuses malformed constraints for names of their kind alone, in the compatible profile", async () => {
  const badName = directory(
    `O=#${new DerWriter().primitive(TAG.utf8String, BAD_UTF8).finish().toHex()}`,
  );
  const kinds: Readonly<Record<string, readonly [bad: GeneralName, name: GeneralName]>> = {
    dns: [dns("a b"), dns("example.com")],
    email: [email("@b.com"), email("a@b.com")],
    uri: [uri("http://a.com"), uri("https://a.com/")],
    ip: [net("c0000200"), ip("192.0.2.1")],
    directory: [badName, directory("CN=a")],
  };
  for (const [kind, [bad]] of Object.entries(kinds)) {
    for (const [other, [, name]] of Object.entries(kinds)) {
      const certificate = await named([name]);
      const expected = kind === other ? BAD : "ok";
      const where = `${kind} constraint, ${other} name`;
      assertEquals(verdict(certificate, [bad], [], false, "compatible"), expected, where);
      assertEquals(verdict(certificate, [], [bad], false, "compatible"), expected, where);
      assertEquals(verdict(certificate, [bad], []), BAD, where);
    }
  }
  // The common name of a server counts as a DNS name, and a mailbox of UTF-8 as one
  const server = await named([], "CN=example.com");
  assertEquals(verdict(server, [dns("a b")], [], true, "compatible"), BAD);
  assertEquals(verdict(server, [dns("a b")], [], false, "compatible"), "ok");
  const mailbox = await named([utf8Mailbox("ä@b.com")]);
  assertEquals(verdict(mailbox, [email("@b.com")], [], false, "compatible"), BAD);
});

Deno.test("checkNameConstraints() compares as often as the budget allows and not once more", async () => {
  const budget = new VerificationBudget();
  const half = VERIFICATION_LIMITS.nameComparisons / 500;
  const excluded = Array.from({ length: 500 }, (_, i) => dns(`x${i}.example`));
  const constraints = { permitted: [], excluded };
  const options = { commonName: false, budget, profile: "strict" } as const;
  const one = await named([dns("example.com")]);
  for (let i = 0; i < half; i++) checkNameConstraints(one, constraints, options);
  assertThrows(() => checkNameConstraints(one, constraints, options), NssError, "gave up after");
});
