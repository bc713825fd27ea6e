// Copyright 2026 the NSS for Deno authors. MIT license.

// The names that an authority is asked for, and those that it may certify.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createCertificate, type NameConstraints } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { UsageError } from "../../../cli/base/args.ts";
import {
  DEFAULT_NAMES,
  isConstrained,
  makeConstraints,
  permittedNames,
  wideNames,
} from "../../../cli/ca/constraints.ts";
import { MAX_NAMES, nameText, readNames, warningsOf } from "../../../cli/ca/names.ts";
import { Prng } from "../../support/prng.ts";

const texts = (...typed: readonly string[]) =>
  readNames(typed).map((name) => `${name.type}:${nameText(name)}`);

Deno.test("readNames() reads hosts, addresses and mailboxes, each once", () => {
  assertEquals(texts("WWW.Internal.", "*.a.test", "10.0.0.1", "::1", "[fe80::1]", "a_b.test"), [
    "dns:www.internal",
    "dns:*.a.test",
    "ip:10.0.0.1",
    "ip:::1",
    "ip:fe80::1",
    "dns:a_b.test",
  ]);
  assertEquals(texts("a.test", "A.TEST", "a.test."), ["dns:a.test"]);
  assertEquals(texts("bücher.internal", "*.例え.test", "ß.test"), [
    "dns:xn--bcher-kva.internal",
    "dns:*.xn--r8jz45g.test",
    "dns:xn--zca.test",
  ]);
  assertEquals(texts("Ada.L+x@BÜCHER.test"), ["email:Ada.L+x@xn--bcher-kva.test"]);
});

Deno.test("readNames() refuses what is no name, and says what it is", () => {
  for (
    const text of [
      "",
      " ",
      "a b",
      "a\nb",
      "a\0.test",
      "\x1b[2J",
      "a\u202eb.test",
      "a\u200bb.test",
      "a/b",
      "a.test:443",
      "a..test",
      ".test",
      "*",
      "*.*.test",
      "w*.test",
      "a@*.test",
      "a@b@c.test",
      "a b@c.test",
      "@a.test",
      "1.2.3",
      "1.2.3.4.5",
      "10.0.0.0/8",
      "ex%61mple.test",
      "é#.test",
      "é%2e.test",
      "é:80.test",
      "x".repeat(64) + ".test",
    ]
  ) {
    assertThrows(() => readNames([text]), UsageError, "neither a host name", JSON.stringify(text));
  }
  assertThrows(() => readNames(["https://a.test/"]), UsageError, "it is a URL");
});

Deno.test("readNames() takes 100 names, and not 101", () => {
  const names = Array.from({ length: MAX_NAMES }, (_, i) => `a${i}.test`);
  assertEquals(readNames(names).length, MAX_NAMES);
  assertThrows(() => readNames([...names, "b.test"]), UsageError, "100 are the most");
});

Deno.test("readNames() takes no text apart, and lets none through that a certificate cannot have", () => {
  const prng = new Prng(20);
  const pieces = ["a", "-", "_", ".", "*", "@", "é", "%", "/", ":", "\0", "\u00ad", "1", "漢", " "];
  for (let i = 0; i < 3000; i++) {
    let text = "";
    for (let n = prng.uint32() % 8; n >= 0; n--) text += pieces[prng.uint32() % pieces.length];
    try {
      for (const name of readNames([text])) {
        assert(/^[\x21-\x7e]+$/.test(nameText(name)), JSON.stringify(text));
        // What stands before the @ of a mailbox may have a slash (RFC 5321, Section 4.1.2)
        assert(!/[%/\\]/.test(nameText(name).replace(/^.*@/, "")), JSON.stringify(text));
      }
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
    }
  }
});

Deno.test("warningsOf() tells of wildcards, and of names that have another form", () => {
  const warnings = (text: string) => warningsOf(readNames([text]), [text]).join("\n");
  assertEquals(warnings("a.test"), "");
  assertStringIncludes(warnings("bücher.test"), '"bücher.test" is certified as xn--bcher-kva.test');
  assertStringIncludes(warnings("*.a.test"), "stands for one label: neither for a.test nor");
  assertStringIncludes(warnings("*.test"), "a whole top-level domain, which browsers refuse");
});

async function authority(nameConstraints?: NameConstraints) {
  return await createCertificate({
    ...await generateKeyPair(),
    subject: "CN=a",
    isCa: true,
    ...nameConstraints !== undefined && { nameConstraints },
  });
}

Deno.test("makeConstraints() makes domains, networks and mailboxes", async () => {
  const names = [
    "Corp.Internal",
    ".b.test",
    "*.c.test",
    "10.1.0.0/16",
    "::1",
    "@d.test",
    "e@f.test",
  ];
  const certificate = await authority(makeConstraints(names));
  assertEquals(permittedNames(certificate), [
    "corp.internal",
    "b.test",
    "c.test",
    "10.1.0.0/16",
    "::1",
    "@d.test",
    "e@f.test",
  ]);
  assert(isConstrained(certificate));
  assertEquals(permittedNames(await authority(makeConstraints(DEFAULT_NAMES))), DEFAULT_NAMES);
});

Deno.test("makeConstraints() refuses what is everything, a network with bits of a host, and other words", () => {
  for (const text of ["0.0.0.0/0", "::/0", ".", "*.", "*"]) {
    assertThrows(() => makeConstraints([text]), UsageError, "say --unconstrained", text);
  }
  assertThrows(() => makeConstraints(["10.0.0.1/8"]), UsageError, "of so many bits is 10.0.0.0/8");
  assertEquals(makeConstraints(["10.0.0.1/32"]).permitted[0]!.type, "ip");
  assertThrows(() => makeConstraints(["10.0.0.0/33"]), UsageError, "0 to 32 bits");
  assertThrows(() => makeConstraints(["::1/129"]), UsageError, "0 to 128 bits");
  for (const text of ["a b", "a@b@c", "@*.a", "10.0.0.0/8/9", "a.*.b", "https://a.test"]) {
    assertThrows(() => makeConstraints([text]), UsageError, "it is neither a domain", text);
  }
});

Deno.test("makeConstraints() leaves no kind of name free", async () => {
  const excluded = (...names: string[]) =>
    makeConstraints(names).excluded.map(({ type, value }) =>
      type === "ip" ? `ip ${value.length}` : `${type} ${value}`
    );
  assertEquals(excluded("a.test"), ["ip 8", "ip 32"]);
  assertEquals(excluded("a.test", "10.0.0.0/8"), ["ip 32"]);
  assertEquals(excluded("10.0.0.0/8", "::1"), ["dns "]);
  assertEquals(excluded("@a.test"), ["dns ", "ip 8", "ip 32"]);
  for (const names of [["a.test"], ["10.0.0.0/8"], ["@a.test"]]) {
    const constraints = makeConstraints(names);
    for (const type of ["dns", "email", "uri", "ip"]) {
      assert(
        [...constraints.permitted, ...constraints.excluded].some((name) => name.type === type),
        `${names}: ${type} is free`,
      );
    }
    assert(isConstrained(await authority(constraints)));
  }
});

Deno.test("isConstrained() is false where hosts or addresses are free", async () => {
  const mask = (...bytes: number[]) => Uint8Array.from(bytes);
  const dns = { type: "dns", value: "a.test" } as const;
  const ip = { type: "ip", value: mask(10, 0, 0, 0, 255, 0, 0, 0) } as const;
  const any = { type: "ip", value: mask(0, 0, 0, 0, 0, 0, 0, 0) } as const;
  const constrained = async (permitted: NameConstraints["permitted"], excluded = permitted) =>
    isConstrained(await authority({ permitted, excluded }));
  assertEquals(isConstrained(await authority()), false);
  assertEquals(await constrained([dns, ip], []), true);
  assertEquals(await constrained([dns], []), false);
  assertEquals(await constrained([ip], []), false);
  assertEquals(await constrained([dns, any], []), false);
  assertEquals(await constrained([dns, ip, any], []), false);
  assertEquals(await constrained([{ type: "dns", value: "" }, ip], []), false);
  assertEquals(await constrained([dns, { type: "dns", value: "" }, ip], []), false);
  assertEquals(await constrained([dns], [any]), false); // IPv6 is free
  assertEquals(await constrained([dns], [any, { type: "ip", value: new Uint8Array(32) }]), true);
  assertEquals(await constrained([], [dns]), false);
});

Deno.test("wideNames() are whole top-level domains and networks wider than the private ones", async () => {
  const wide = async (...names: string[]) => wideNames(await authority(makeConstraints(names)));
  assertEquals(await wide(...DEFAULT_NAMES, "example", "corp.com", "fc00::/7"), []);
  assertEquals(await wide("com", "Test", "lan"), ["com", "lan"]);
  assertEquals(await wide("10.0.0.0/8", "12.0.0.0/7", "fc00::/6"), ["12.0.0.0/7", "fc00::/6"]);
});
