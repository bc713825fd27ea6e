// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertThrows } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import type { GeneralName } from "../../../cert/names/general_name.ts";
import { parseIpAddress } from "../../../cert/names/ip_address.ts";
import { OIDS } from "../../../cert/der/oids.ts";
import { dnsNameMatches, verifyCertName } from "../../../cert/verify/verify_cert_name.ts";
import { issue } from "../_support.ts";

const dns = (value: string): GeneralName => ({ type: "dns", value });
const ip = (text: string): GeneralName => ({ type: "ip", value: parseIpAddress(text)! });

async function named(names: GeneralName[], subject = "CN=common.example"): Promise<Certificate> {
  const extensions = names.length > 0 ? [makeExtension(subjectAltName, names)] : [];
  const without = names.length > 0 ? [] : [OIDS.subjectAltName];
  return (await issue({ subject, extensions, without })).certificate;
}

function assertMismatch(certificate: Certificate, host: string, options = {}): NssError {
  const error = assertThrows(() => verifyCertName(certificate, host, options), NssError);
  assertEquals(error.name, "SSL_ERROR_BAD_CERT_DOMAIN");
  return error;
}

Deno.test("verifyCertName() compares DNS names without regard to case and final dot", async () => {
  const certificate = await named([dns("Example.COM"), dns("xn--bcher-kva.example")]);
  for (const host of ["example.com", "EXAMPLE.com", "example.com.", "XN--bcher-kva.example"]) {
    verifyCertName(certificate, host);
  }
  for (const host of ["www.example.com", "com", "example.org", "xexample.com", "common.example"]) {
    assertMismatch(certificate, host);
  }
});

Deno.test("verifyCertName() takes a wildcard for one label", async () => {
  const certificate = await named([dns("*.example.com")]);
  for (const host of ["a.example.com", "xn--a.example.com", "A.EXAMPLE.COM."]) {
    verifyCertName(certificate, host);
  }
  assertMismatch(certificate, "example.com");
});

Deno.test("verifyCertName() refuses a wildcard for two labels", async () => {
  assertMismatch(await named([dns("*.example.com")]), "a.b.example.com");
});

Deno.test("dnsNameMatches() refuses a wildcard that is not the whole left-most label", () => {
  const bad = [
    "a*.example.com",
    "*a.example.com",
    "www.*.com",
    "*",
    "*.",
    "*.com",
    "**.example.com",
  ];
  for (const presented of [...bad, "*.*.com", "xn--*.example.com", "*example.com"]) {
    for (const host of ["a.example.com", "aa.example.com", "www.x.com", "example.com", "x.y.com"]) {
      assertFalse(dnsNameMatches(presented, host), presented);
    }
  }
});

Deno.test("dnsNameMatches() refuses a presented name that is none", () => {
  for (const presented of ["", ".", "example.com.", ".example.com", "example.com\0.evil.org"]) {
    assertFalse(dnsNameMatches(presented, "example.com"), presented);
  }
  assert(dnsNameMatches("_a.example.com", "_a.example.com"));
});

Deno.test("verifyCertName() compares IP addresses with iPAddress names alone", async () => {
  const certificate = await named([ip("192.0.2.1"), ip("2001:db8::1"), dns("192.0.2.2.example")]);
  const hosts = ["192.0.2.1", "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "[2001:db8::1]"];
  for (const host of hosts) verifyCertName(certificate, host);
  // An IPv4 address mapped into IPv6 is another address
  for (const host of ["192.0.2.2", "::ffff:192.0.2.1", "2001:db8::2"]) {
    assertMismatch(certificate, host);
  }
  assertMismatch(await named([dns("192.0.2.1")]), "192.0.2.1");
});

Deno.test("verifyCertName() does not look at the common name", async () => {
  assertMismatch(await named([]), "common.example");
  assertMismatch(await named([], "CN=192.0.2.1"), "192.0.2.1");
});

Deno.test("verifyCertName() takes the common name with commonNameFallback where no host is named", async () => {
  const options = { commonNameFallback: true };
  verifyCertName(await named([]), "common.example", options);
  verifyCertName(await named([{ type: "email", value: "a@b.c" }]), "common.example", options);
  verifyCertName(await named([], "CN=192.0.2.1"), "192.0.2.1", options);
  verifyCertName(await named([], "CN=*.a.example"), "x.a.example", options);
  assertMismatch(await named([dns("other.example")]), "common.example", options);
  assertMismatch(await named([ip("192.0.2.1")]), "common.example", options);
  assertMismatch(await named([], "O=common.example"), "common.example", options);
});

Deno.test("verifyCertName() says whom the certificate is for", async () => {
  assertEquals(
    assertMismatch(await named([dns("a.example"), ip("::1")]), "b.example").message,
    'Cannot verify certificate name "b.example": the certificate is for DNS:a.example, IP Address:::1',
  );
  const many = Array.from({ length: 10 }, (_, i) => dns(`h${i}.example`));
  assertEquals(assertMismatch(await named(many), "x.example").message.endsWith("2 more"), true);
  assertEquals(
    assertMismatch(await named([]), "x.example").message,
    'Cannot verify certificate name "x.example": the certificate has no subject alternative name',
  );
});

Deno.test("verifyCertName() refuses a host that is none", async () => {
  const certificate = await named([dns("*.example.com")]);
  const bad = ["", ".", "a b", "bücher.example", "*.example.com", "1.2.3", "a..b", "::1%eth0"];
  for (const host of bad) {
    const error = assertThrows(() => verifyCertName(certificate, host), NssError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", host);
  }
});
