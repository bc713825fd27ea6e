// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch, assertNotEquals, assertStringIncludes } from "@std/assert";
import { type ProcessResult, run, runOk } from "../support/process.ts";
import { runExample } from "./_example.ts";
import { testWith } from "./_programs.ts";

/** A temporary folder with an authority in its folder `ca`. */
async function withCa(fn: (folder: string, ca: CaRunner) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nss_local_ca_" });
  const ca: CaRunner = (command, ...args) =>
    runExample("local_ca.ts", {
      permissions: [
        `--allow-read=${folder}`,
        ...(command === "print" ? [] : [`--allow-write=${folder}`]),
      ],
      args: [command, ...args],
    });
  try {
    const { code, stdout, stderr } = await ca("init", `${folder}/ca`, "CN=My Authority,O=Me");
    assertEquals(code, 0, stderr);
    assertStringIncludes(stdout, 'Certificate "CN=My Authority,O=Me"');
    await fn(folder, ca);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

type CaRunner = (command: string, ...args: string[]) => Promise<ProcessResult>;

async function ok(result: Promise<ProcessResult>): Promise<string> {
  const { code, stdout, stderr } = await result;
  assertEquals(code, 0, stderr);
  return stdout;
}

Deno.test("local_ca.ts keeps its key for itself and does not overwrite it", async () => {
  await withCa(async (folder, ca) => {
    const { mode } = await Deno.stat(`${folder}/ca/ca-key.pem`);
    if (mode !== null) assertEquals(mode & 0o777, 0o600);
    const key = await Deno.readTextFile(`${folder}/ca/ca-key.pem`);
    assertNotEquals((await ca("init", `${folder}/ca`, "CN=Another")).code, 0);
    assertEquals(await Deno.readTextFile(`${folder}/ca/ca-key.pem`), key);
    const { code, stderr } = await ca("issue", `${folder}/ca`, "no host");
    assertEquals(code, 1);
    assertStringIncludes(stderr, "SEC_ERROR_INVALID_ARGS: ");
  });
});

await testWith("openssl", "local_ca.ts makes what openssl verifies", async () => {
  await withCa(async (folder, ca) => {
    const dir = `${folder}/ca`;
    const verify = (file: string, ...more: string[]) =>
      run("openssl", {
        args: ["verify", "-x509_strict", "-CAfile", `${dir}/ca.pem`, ...more, file],
      });

    await ok(ca("issue", dir, "localhost", "*.example.com", "127.0.0.1", "::1"));
    const cert = `${dir}/localhost.pem`;
    for (
      const name of [
        ["-verify_hostname", "localhost"],
        ["-verify_hostname", "www.example.com"],
        ["-verify_ip", "127.0.0.1"],
        ["-verify_ip", "::1"],
      ]
    ) {
      const { code, stderr } = await verify(cert, "-purpose", "sslserver", ...name);
      assertEquals(code, 0, stderr);
    }
    assertNotEquals((await verify(cert, "-verify_hostname", "example.org")).code, 0);

    const before = await Deno.readTextFile(cert);
    await ok(ca("renew", dir, "localhost"));
    assertNotEquals(await Deno.readTextFile(cert), before);
    assertEquals((await verify(cert, "-verify_ip", "::1", "-purpose", "sslclient")).code, 0);
    // The key still fits
    const publicKey = (args: string[]) => runOk("openssl", args);
    assertEquals(
      await publicKey(["x509", "-in", cert, "-noout", "-pubkey"]),
      await publicKey(["pkey", "-in", `${dir}/localhost-key.pem`, "-pubout"]),
    );

    const text = await ok(ca("print", cert));
    assertStringIncludes(text, "DNS:localhost, DNS:*.example.com, IP Address:127.0.0.1");
    assertMatch(text, /Issuer: CN=My Authority,O=Me/);
  });
});

await testWith("openssl", "local_ca.ts certifies the request of openssl req", async () => {
  await withCa(async (folder, ca) => {
    await runOk("openssl", [
      ...["req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout", `${folder}/key.pem`],
      ...["-out", `${folder}/host.csr`, "-subj", "/CN=host.example"],
      ...["-addext", "subjectAltName=DNS:host.example"],
    ]);
    await ok(ca("sign", `${folder}/ca`, `${folder}/host.csr`));
    await runOk("openssl", [
      ...["verify", "-CAfile", `${folder}/ca/ca.pem`, "-verify_hostname", "host.example"],
      `${folder}/host-cert.pem`,
    ]);
  });
});
