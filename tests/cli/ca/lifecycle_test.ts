// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss ca renew, revoke, list and serve-crl.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { parseCrl, trustAnchorOf, verifyCertificateChain, verifyCrl } from "@nss/nss/cert";
import { toHex } from "../../../cert/base/runtime.ts";
import { runNss } from "../_run.ts";
import { daysLeft, Desk, names, one } from "./_authority.ts";

Deno.test("nss ca renew certifies the same key and names for longer, and nothing that is revoked", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  await desk.issue(
    "www",
    "www.test",
    "10.0.0.1",
    "--client",
    "--subject",
    "O=Ünï,CN=www",
    "--days",
    "3",
  );
  const old = await one(desk, "www.pem");
  await desk.ok("renew", folder, desk.path("www.pem"), "--days", "40");
  const renewed = await one(desk, "www.pem");
  assert(renewed.subjectPublicKeyInfo.equals(old.subjectPublicKeyInfo));
  assertEquals(names(renewed), names(old));
  assertEquals([String(renewed.subject), renewed.extKeyUsage], [
    String(old.subject),
    old.extKeyUsage,
  ]);
  assertEquals([daysLeft(old), daysLeft(renewed)], [3, 40]);

  // Of a name, the last one is meant
  const files = ["--out", desk.path("new.pem"), "--key-out", desk.path("new.key")];
  assertStringIncludes(
    await desk.fails(2, "renew", folder, "www.test", ...files),
    "without --new-key",
  );
  await desk.ok("renew", folder, "www.test", "--new-key", ...files);
  const rekeyed = await one(desk, "new.pem");
  assert(!rekeyed.subjectPublicKeyInfo.equals(old.subjectPublicKeyInfo));
  assertEquals(names(rekeyed), names(old));
  // With other names besides, nobody knows which
  await desk.issue("other", "www.test", "b.test");
  assertStringIncludes(await desk.fails(4, "renew", folder, "www.test"), "Cannot tell which");

  await desk.ok("revoke", folder, desk.path("new.pem"));
  assertStringIncludes(
    await desk.fails(4, "renew", folder, desk.path("new.pem")),
    "it is revoked (unspecified); nss ca issue makes another",
  );
});

Deno.test("nss ca revoke puts a certificate on the list, whose number grows", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const root = await one(desk, "ca/ca.pem");
  for (const name of ["a", "b", "c"]) await desk.issue(name, `${name}.test`);
  const list = async () => {
    const crl = parseCrl(await Deno.readFile(desk.path("ca/ca.crl")));
    await verifyCrl(crl, { issuer: root, time: new Date() });
    return [crl.crlNumber, ...[...crl.entries()].map(({ reason }) => reason)];
  };
  assertStringIncludes(await desk.ok("revoke", folder, "a.test"), "list 2 of 1");
  assertEquals(await list(), [2n, undefined]);
  await desk.ok("revoke", folder, desk.path("b.pem"), "--reason", "keyCompromise");
  assertEquals(await list(), [3n, undefined, "keyCompromise"]);
  assertStringIncludes(await desk.fails(4, "revoke", folder, "a.test"), "it is revoked since");
  assertStringIncludes(
    await desk.fails(4, "revoke", folder, "nobody.test"),
    "nss ca list shows them",
  );
  assertStringIncludes(
    await desk.fails(4, "revoke", folder, desk.path("ca/ca.pem")),
    "it is no name",
  );
  assertStringIncludes(
    await desk.fails(2, "revoke", folder, "c.test", "--reason", "certificateHold"),
    "it is none of unspecified",
  );
  assertEquals(await list(), [3n, undefined, "keyCompromise"]);
});

Deno.test("nss ca revoke takes serial numbers and their first 8 digits", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  for (const name of ["a", "b"]) await desk.issue(name, "same.test");
  const serial = toHex((await one(desk, "b.pem")).serialNumber);
  assertStringIncludes(await desk.fails(4, "revoke", folder, "same.test"), serial);
  assertStringIncludes(await desk.fails(4, "revoke", folder, serial.slice(0, 7)), "8 digits");
  const digits = serial.slice(0, 8).toUpperCase().replaceAll(/..(?=.)/g, "$&:");
  assertStringIncludes(await desk.ok("revoke", folder, digits), `Revoked ${serial}`);
  // The other one is the only valid one now
  await desk.ok("revoke", folder, "same.test");
});

Deno.test("nss ca list tells the authority and its certificates, as JSON too", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create("--names", "corp.test,10.1.0.0/16,@mail.test");
  await desk.issue("a", "a.corp.test");
  await desk.issue("b", "b.corp.test", "10.1.0.9");
  await desk.ok("revoke", folder, "b.corp.test", "--reason", "superseded");
  const text = await desk.ok("list", folder);
  for (const part of ["corp.test, 10.1.0.0/16, @mail.test", "number 2, 1 revoked", "\tvalid\t"]) {
    assertStringIncludes(text, part);
  }
  const terminal = await runNss(["ca", "list", folder], { columns: 80 });
  const long = terminal.out.split("\n").filter((line) => line.length > 80);
  assertEquals(long.filter((line) => !line.startsWith("SHA-256")), []);
  const [serial] = await desk.files("ca/issued");
  const row = `${serial!.slice(10, 22)}  `; // issued/ and 12 digits
  assertStringIncludes(terminal.out, row);
  const { format, authority, certificates } = JSON.parse(await desk.ok("list", folder, "--json"));
  assertEquals(format, 1);
  assertEquals(authority.names, ["corp.test", "10.1.0.0/16", "@mail.test"]);
  assertEquals([authority.constrained, authority.keys, authority.crlNumber], [true, "files", "2"]);
  assertEquals(
    certificates.map((one: Record<string, unknown>) => [one.names, one.state]),
    [[["a.corp.test"], "valid"], [["b.corp.test", "10.1.0.9"], "revoked"]],
  );
  assertEquals(certificates[1].revoked.reason, "superseded");
  assertStringIncludes(await desk.fails(4, "list", desk.folder), "nss ca create makes one");
  assertStringIncludes(
    await desk.fails(4, "list", desk.path("password")),
    "no folder of an authority",
  );
});

Deno.test("an intermediate issues below a root whose key may be away, and is renewed and revoked by it", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create("--intermediate", "--crl-url", "http://127.0.0.1:8080");
  await Deno.rename(desk.path("ca/ca.key"), desk.path("away.key"));
  await desk.issue("www", "www.test");
  const chain = await Promise.all(
    ["www.pem", "ca/intermediate.pem", "ca/ca.pem"].map((name) => one(desk, name)),
  );
  const [leaf, intermediate, root] = chain as [typeof chain[0], typeof chain[0], typeof chain[0]];
  assertEquals((await desk.read("www.pem")).match(/BEGIN/g)!.length, 2); // the leaf brings it along
  await verifyCertificateChain(leaf!, {
    anchors: [trustAnchorOf(root!)],
    intermediates: [intermediate!],
    time: new Date(),
    usage: "sslServer",
  });
  assertEquals([root!, intermediate!].map((one) => one!.basicConstraints?.pathLength), [1, 0]);
  assert(intermediate!.nameConstraints !== undefined);
  assertEquals(
    [leaf!, intermediate!].map((one) => one!.crlDistributionPoints![0]!.fullName![0]!.value),
    ["http://127.0.0.1:8080/intermediate.crl", "http://127.0.0.1:8080/ca.crl"],
  );
  await desk.ok("revoke", folder, "www.test");
  const listOf = async (name: string) => parseCrl(await Deno.readFile(desk.path(name)));
  const lists = async () =>
    (await Promise.all(["ca/ca.crl", "ca/intermediate.crl"].map(listOf))).map((crl) =>
      `${crl.crlNumber}: ${crl.size}`
    );
  assertEquals(await lists(), ["1: 0", "2: 1"]);
  const subject = String(intermediate!.subject);
  assertStringIncludes(await desk.fails(4, "renew", folder, subject), "ca.key");
  await Deno.rename(desk.path("away.key"), desk.path("ca/ca.key"));
  assertStringIncludes(await desk.fails(2, "renew", folder, subject, "--new-key"), "keeps its key");
  await desk.ok("renew", folder, subject, "--days", "100");
  const renewed = await one(desk, "ca/intermediate.pem");
  assertEquals(daysLeft(renewed), 100);
  assert(renewed.subjectPublicKeyInfo.equals(intermediate!.subjectPublicKeyInfo));
  await verifyCertificateChain(leaf!, {
    anchors: [trustAnchorOf(root!)],
    intermediates: [renewed],
    time: new Date(),
    usage: "sslServer",
  });
  await desk.ok("revoke", folder, toHex(renewed.serialNumber), "--reason", "cACompromise");
  assertEquals(await lists(), ["2: 1", "2: 1"]);
  await verifyCrl(await listOf("ca/ca.crl"), { issuer: root!, time: new Date() });
  await desk.ok("serve-crl", folder, "--once");
  await desk.ok("serve-crl", folder, "--once", "--of-root");
  assertEquals(await lists(), ["3: 1", "3: 1"]);
});
