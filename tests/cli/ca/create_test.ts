// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss ca create and issue: what is in the certificates and in the folder.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createCertificate,
  createCertificateRequest,
  parseCrl,
  trustAnchorOf,
  verifyCertificateChain,
  verifyCrl,
} from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { runNss } from "../_run.ts";
import { daysLeft, Desk, names, one, PASSWORD } from "./_authority.ts";

const DAY = 86_400_000;

Deno.test("nss ca create makes a root that may certify private names only, whose key is encrypted", async () => {
  await using desk = await Desk.open();
  const args = [desk.path("ca"), "My CA, 2026", "--password-file", desk.path("password")];
  const out = await desk.ok("create", ...args);
  assertStringIncludes(out, "It may certify localhost, test, internal");
  assertEquals(await desk.files("ca"), [
    "ca/ca.crl",
    "ca/ca.json",
    "ca/ca.key",
    "ca/ca.pem",
    "ca/index.json",
  ]);
  const root = await one(desk, "ca/ca.pem");
  assertEquals(root.subject.commonName, "My CA, 2026");
  assertEquals([root.basicConstraints?.pathLength, daysLeft(root)], [0, 3650]);
  assert(root.nameConstraints !== undefined);
  assertStringIncludes(await desk.read("ca/ca.key"), "BEGIN ENCRYPTED PRIVATE KEY");
  assertEquals((await Deno.stat(desk.path("ca/ca.key"))).mode! & 0o777, 0o600);
  assertEquals((await Deno.stat(desk.path("ca"))).mode! & 0o777, 0o700);
  const crl = parseCrl(await Deno.readFile(desk.path("ca/ca.crl")));
  await verifyCrl(crl, { issuer: root, time: new Date() });
  assertEquals([crl.crlNumber, crl.size], [1n, 0]);

  // The key signs only with the password
  const issue = ["issue", desk.path("ca"), "www.internal", "--out", desk.path("www.pem")];
  await Deno.writeTextFile(desk.path("wrong"), "wrong\n");
  const wrong = await desk.fails(
    4,
    issue[0]!,
    ...issue.slice(1),
    "--password-file",
    desk.path("wrong"),
  );
  assertStringIncludes(wrong, "SEC_ERROR_BAD_PASSWORD");
  assertEquals(await desk.files("ca/issued"), []);
  const keyOut = ["--key-out", desk.path("www.key"), "--password-file", desk.path("password")];
  await desk.ok(issue[0]!, ...issue.slice(1), ...keyOut);
  await verifyCertificateChain(await one(desk, "www.pem"), {
    anchors: [trustAnchorOf(root)],
    time: new Date(),
    usage: "sslServer",
  });
  assertEquals(
    await desk.fails(2, "create", desk.path("new"), "x".repeat(65), ...args.slice(2)),
    [
      `Cannot call an authority "${"x".repeat(65)}": 64 characters are the most`,
      "See: nss ca create --help",
      "",
    ].join("\n"),
  );
  await desk.ok("create", desk.path("new"), "x".repeat(64), "--no-password");
});

Deno.test("nss ca create refuses names, folders and options that are mistakes, and leaves nothing", async () => {
  await using desk = await Desk.open();
  const refused = async (code: number, says: string, name: string, ...args: readonly string[]) => {
    const err = await desk.fails(code, "create", desk.path("ca"), name, ...args, "--no-password");
    assertStringIncludes(err, says);
    assertEquals(await desk.files(), ["password"]);
  };
  await refused(2, "it has no letters, or others too", "a\x1b[2J");
  await refused(2, "it has no letters, or others too", " ");
  await refused(2, "--names and --unconstrained", "a", "--unconstrained", "--names", "a.test");
  await refused(2, "that is all there is", "a", "--names", "0.0.0.0/0");
  await refused(2, "it would never be valid", "a", "--days", "0");
  await refused(2, "from 0 to 36500", "a", "--days", "36501");
  await refused(2, "from 0 to 365", "a", "--crl-days", "366");
  await refused(2, "no list would ever be good", "a", "--crl-days", "0");
  await refused(2, "say http://", "a", "--crl-url", "https://a.test");
  for (const url of ["a", "ftp://a.test", "http://u@a.test", "http://a.test/?x", "file:///x"]) {
    await refused(2, "no URL of a folder", "a", "--crl-url", url);
  }
  await refused(2, "51 characters are the most", "x".repeat(52), "--intermediate");
  const folder = await desk.create();
  assertStringIncludes(
    await desk.fails(4, "create", folder, "b", "--no-password"),
    "there is an authority already",
  );
  assertStringIncludes(
    await desk.fails(4, "create", desk.folder, "b", "--no-password"),
    "already; choose another folder",
  );
  await Deno.writeTextFile(desk.path("empty"), "\n");
  assertStringIncludes(
    await desk.fails(4, "create", desk.path("b"), "b", "--password-file", desk.path("empty")),
    "say --no-password",
  );
  assertStringIncludes(await desk.fails(4, "create", desk.path("b"), "b"), "no terminal");
});

Deno.test("nss ca create --unconstrained warns", async () => {
  await using desk = await Desk.open();
  const args = ["ca", "create", desk.path("ca"), "a", "--no-password", "--unconstrained"];
  const { code, err } = await runNss(args);
  assertEquals(code, 0);
  assertStringIncludes(err, "can impersonate every site");
  assertStringIncludes(err, "the keys are not encrypted");
  assertEquals((await one(desk, "ca/ca.pem")).nameConstraints, undefined);
});

Deno.test("nss ca issue certifies hosts, addresses and mailboxes for what they are", async () => {
  await using desk = await Desk.open();
  await desk.create("--crl-url", "http://127.0.0.1:8080/lists/");
  await desk.issue("www", "www.internal", "10.0.0.7", "*.a.test");
  const www = await one(desk, "www.pem");
  assertEquals(names(www), ["DNS:www.internal", "IP Address:10.0.0.7", "DNS:*.a.test"]);
  assertEquals([www.subject.commonName, daysLeft(www)], ["www.internal", 90]);
  assertEquals(www.extKeyUsage, ["1.3.6.1.5.5.7.3.1"]);
  const [point] = www.crlDistributionPoints!;
  assertEquals(point!.fullName, [{ type: "uri", value: "http://127.0.0.1:8080/lists/ca.crl" }]);
  assertEquals((await Deno.stat(desk.path("www.key"))).mode! & 0o777, 0o600);

  await desk.issue("ip", "::1", "127.0.0.1");
  const ip = await one(desk, "ip.pem");
  assertEquals([ip.subject.isEmpty, names(ip)], [true, ["IP Address:::1", "IP Address:127.0.0.1"]]);
  await desk.issue("ada", "ada@home.arpa");
  assertEquals((await one(desk, "ada.pem")).extKeyUsage, [
    "1.3.6.1.5.5.7.3.2",
    "1.3.6.1.5.5.7.3.4",
  ]);
  await desk.issue("both", "b.test", "--client", "--type", "rsa-2048", "--subject", "O=B,CN=b");
  const both = await one(desk, "both.pem");
  assertEquals(both.extKeyUsage, ["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]);
  assertEquals(String(both.subject), "O=B,CN=b");
  assert(both.keyUsage?.has("keyEncipherment"));

  assertEquals((await desk.files("ca/issued")).length, 4);
});

Deno.test({
  name: "nss ca issue --p12 writes key and certificates for their owner, and no PEM",
  ignore: Deno.env.get("NSS_SOAK") !== "1", // the password's hash takes some seconds
  fn: async () => {
    await using desk = await Desk.open();
    const folder = await desk.create("--intermediate");
    const args = ["--p12", desk.path("a.p12"), "--file-password-file", desk.path("password")];
    await desk.ok("issue", folder, "c@home.arpa", ...args);
    const { identities } = await importPkcs12(await Deno.readFile(desk.path("a.p12")), PASSWORD);
    assertEquals(identities.length, 1);
    assertEquals(names(identities[0]!.certificates[0]!), ["email:c@home.arpa"]);
    assertEquals((await Deno.stat(desk.path("a.p12"))).mode! & 0o777, 0o600);
    assertEquals((await desk.files()).filter((file) => !file.startsWith("ca/")), [
      "a.p12",
      "password",
    ]);
  },
});

Deno.test("nss ca issue refuses what the authority may not certify before it signs", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create("--names", "corp.test,10.1.0.0/16", "--days", "30");
  const refused = async (code: number, says: string, ...args: readonly string[]) => {
    const err = await desk.fails(code, "issue", folder, ...args, "--out", desk.path("x.pem"));
    assertStringIncludes(err, says);
  };
  for (const name of ["www.example.com", "corp.test.example.com", "xcorp.test", "*.test"]) {
    await refused(4, "(SEC_ERROR_CERT_NOT_IN_NAME_SPACE)", name);
  }
  for (const name of ["10.2.0.1", "::1", "127.0.0.1", "a@example.com"]) {
    await refused(4, "it may certify corp.test, 10.1.0.0/16", name);
  }
  await refused(4, "not permitted", "a.corp.test", "b.example.com");
  await refused(2, "neither a host name", "a\x07.test");
  await refused(2, "the authority itself ends on", "a.corp.test", "--days", "31");
  await refused(2, "say for which NAME");
  await refused(2, "two files of the same name", "a.corp.test", "--key-out", desk.path("x.pem"));
  assertEquals(await desk.files("ca/issued"), []);
  assertEquals(await desk.files(), [
    "ca/ca.crl",
    "ca/ca.json",
    "ca/ca.key",
    "ca/ca.pem",
    "ca/index.json",
    "password",
  ]);

  // Without --days it ends with the authority
  await desk.issue("a", "a.corp.test", "*.corp.test", "10.1.255.255", "a@corp.test");
  const [leaf, root] = [await one(desk, "a.pem"), await one(desk, "ca/ca.pem")];
  assertEquals(leaf.notAfter, root.notAfter);
  assert(leaf.notBefore >= root.notBefore);
  // A key that is there already is never replaced, and nothing is issued for it
  await Deno.remove(desk.path("a.pem"));
  const again = ["a.corp.test", "--out", desk.path("a.pem"), "--key-out", desk.path("a.key")];
  assertStringIncludes(await desk.fails(4, "issue", folder, ...again), "there already");
  assertEquals((await desk.files("ca/issued")).length, 1);
  assert(!(await desk.files()).includes("a.pem"));
});

Deno.test("an authority that has expired signs no more, and says so", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const notAfter = new Date(Date.now() - DAY);
  const notBefore = new Date(Date.now() - 2 * DAY);
  const root = await createCertificate({
    ...keys,
    subject: "CN=Old",
    isCa: true,
    notBefore,
    notAfter,
  });
  await Deno.writeTextFile(desk.path("ca/ca.pem"), root.toPem());
  await Deno.writeTextFile(desk.path("ca/ca.key"), await exportPrivateKeyPem(keys.privateKey));
  assertStringIncludes(
    await desk.fails(4, "issue", folder, "a.test"),
    `the authority "CN=Old" has expired on ${notAfter.toISOString().slice(0, 10)}`,
  );
  assertStringIncludes(await desk.fails(4, "trust", folder), "it has expired on");
  assertStringIncludes(
    await desk.fails(4, "serve-crl", folder, "--once"),
    'the authority "CN=Old" has expired',
  );
});

Deno.test("nss ca issue --csr certifies the key of a request, and its names where none are given", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const keys = await generateKeyPair();
  const request = async (name: string, options: Record<string, unknown>) => {
    const made = await createCertificateRequest({ ...keys, ...options });
    await Deno.writeTextFile(desk.path(name), made.toPem());
    return ["--csr", desk.path(name), "--out", desk.path("out.pem")];
  };
  const csr = await request("a.csr", {
    subject: "CN=evil.example.com,O=Bank",
    dnsNames: ["a.test"],
    extKeyUsage: ["codeSigning"],
  });
  await desk.ok("issue", folder, ...csr);
  const made = await one(desk, "out.pem");
  assert(made.subjectPublicKeyInfo.equals(keys.publicKey));
  assertEquals([String(made.subject), names(made)], ["CN=a.test", ["DNS:a.test"]]);
  assertEquals(made.extKeyUsage, ["1.3.6.1.5.5.7.3.1"]);
  await desk.ok("issue", folder, "b.test", ...csr);
  assertEquals(names(await one(desk, "out.pem")), ["DNS:b.test"]);

  const refused = async (code: number, says: string, ...args: readonly string[]) =>
    assertStringIncludes(await desk.fails(code, "issue", folder, ...args), says);
  await refused(2, "the request has its key already", ...csr, "--key-out", desk.path("a.key"));
  await refused(2, "asks for no names", ...await request("b.csr", { subject: "CN=a.test" }));
  await refused(4, "NOT_IN_NAME_SPACE", ...await request("c.csr", { dnsNames: ["a.com"] }));
  const uri = { otherNames: [{ type: "uri", value: "https://a.test" }] };
  await refused(4, 'a name of the kind "uri"', ...await request("d.csr", uri));
  const many = { dnsNames: Array.from({ length: 101 }, (_, i) => `a${i}.test`) };
  await refused(4, "more than 100 names", ...await request("e.csr", many));
  await refused(4, "(SEC_ERROR_", "--csr", desk.path("password"));
  const forged = (await createCertificateRequest({ ...keys, dnsNames: ["a.test"] })).der.slice();
  forged[forged.length - 1]! ^= 1;
  await Deno.writeFile(desk.path("forged.csr"), forged);
  await refused(4, "SEC_ERROR_BAD_SIGNATURE", "--csr", desk.path("forged.csr"));
});
