// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals } from "@std/assert";
import { brief, MAX_SHOWN_LENGTH, shown } from "../../../cert/base/printable.ts";
import { createCrl } from "../../../cert/create/create_crl.ts";
import { checkRevocation } from "../../../cert/revocation/revocation.ts";
import { trustAnchorOf } from "../../../cert/verify/trust_anchor.ts";
import { verifyCertificateChain } from "../../../cert/verify/verify_cert.ts";
import { verifyCertName } from "../../../cert/verify/verify_cert_name.ts";
import { subjectAltName } from "../../../cert/extensions/alt_name.ts";
import { makeExtension } from "../../../cert/extensions/extension.ts";
import { nameConstraints } from "../../../cert/extensions/name_constraints.ts";
import { keyUsage } from "../../../cert/extensions/key_usage.ts";
import { issue, makeKeys, NOW, type TestCertificate } from "../_support.ts";

Deno.test("shown() bounds what it shows, and escapes what moves a cursor", () => {
  const most = "x".repeat(MAX_SHOWN_LENGTH);
  assertEquals(shown(most), `"${most}"`);
  assertEquals(shown(`${most}x`), `"${most}... (${MAX_SHOWN_LENGTH + 1} characters)"`);
  assertEquals(brief("a\u001b[2J\u202e"), "a\\u{1b}[2J\\u{202e}");
  // Half of a pair where it is cut
  const cut = `${"x".repeat(MAX_SHOWN_LENGTH - 1)}😀`;
  assert(brief(cut).includes("\\u{d83d}..."));
});

Deno.test("no error repeats a peer's long names", async () => {
  const long = "x".repeat(30_000);
  const messages: string[] = [];
  const note = (error: Error) => void messages.push(error.message);
  const root = await issue({ ca: true, subject: `CN=root ${long}` });
  const anchors = [trustAnchorOf(root.certificate)];
  const verify = (end: TestCertificate, between: readonly TestCertificate[] = [], more = {}) =>
    verifyCertificateChain(end.certificate, {
      anchors,
      intermediates: between.map(({ certificate }) => certificate),
      time: NOW,
      usage: "sslServer",
      ...more,
    }).then(() => {}, note);
  const leaf = await issue({ issuer: root, subject: `CN=leaf ${long}` });
  await verify(await issue({ issuerName: `CN=nobody ${long}` }));
  await verify(await issue({ subject: `CN=self ${long}` }));
  await verify(leaf, [], { time: new Date(0) });
  await verify(await issue({ issuer: root, signer: (await makeKeys()).privateKey }));
  await verify(leaf, [], { anchors: [{ ...anchors[0], distrustAfter: new Date(0) }] });
  const dns = [{ type: "dns", value: `${long}.example` }] as const;
  const constrained = await issue({
    ca: true,
    subject: "CN=c",
    issuer: root,
    extensions: [makeExtension(nameConstraints, { permitted: [], excluded: dns }, true)],
  });
  await verify(await issue({ issuer: constrained }), [constrained]);
  const odd = await issue({ issuer: root, extensions: [makeExtension(subjectAltName, dns)] });
  await verify(odd);
  const permitting = await issue({
    ca: true,
    subject: "CN=p",
    issuer: root,
    extensions: [makeExtension(nameConstraints, {
      permitted: [{ type: "dns", value: "example.com" }],
      excluded: [],
    }, true)],
  });
  await verify(
    await issue({ issuer: permitting, extensions: [makeExtension(subjectAltName, dns)] }),
    [permitting],
    { profile: "compatible" },
  );
  try {
    verifyCertName(odd.certificate, "example.org");
  } catch (error) {
    note(error as Error);
  }
  const signer = await issue({
    ca: true,
    subject: `CN=crl ${long}`,
    extensions: [makeExtension(keyUsage, new Set(["keyCertSign", "cRLSign"] as const), true)],
  });
  const under = await issue({ issuer: signer });
  const crl = await createCrl({
    issuer: signer,
    crlNumber: 1,
    thisUpdate: NOW,
    revoked: [{ serialNumber: under.certificate.serialNumber, revocationDate: NOW }],
  });
  const path = {
    certificates: [under.certificate],
    anchor: trustAnchorOf(signer.certificate),
  };
  await checkRevocation({ policy: "hard", time: NOW, crls: [crl] })(path).then(() => {}, note);
  const late = new Date(NOW.getTime() + 1e10);
  const silent = {
    ...path,
    certificates: [(await issue({ issuer: signer, serial: Uint8Array.of(7) })).certificate],
  };
  await checkRevocation({ policy: "hard", time: late, crls: [crl] })(silent).then(() => {}, note);
  messages.push(String(root.certificate), String(crl));
  assertEquals(messages.length, 13);
  for (const message of messages) {
    assert(message.length < 1_500, `${message.length}: ${message.slice(0, 300)}`);
  }
});

Deno.test("every error shows the names of certificates by shown()", async () => {
  const bare: string[] = [];
  const visit = async (folder: URL): Promise<void> => {
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      const url = new URL(isDirectory ? `${name}/` : name, folder);
      if (isDirectory) await visit(url);
      else {
        const text = await Deno.readTextFile(url);
        for (const [found] of text.matchAll(/"\$\{[\w.!()]*\.?(subject|issuer)\}"/g)) {
          bare.push(`${name}: ${found}`);
        }
      }
    }
  };
  for (const room of ["cert", "pkcs11", "ssl"]) {
    await visit(new URL(`../../../${room}/`, import.meta.url));
  }
  assertEquals(bare, []);
});
