// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertGreater, assertStrictEquals, assertStringIncludes } from "@std/assert";
import { platformTrustAnchors } from "../../../pkcs11/context/builtins.ts";
import { skip } from "../../support/skip.ts";

const MODULE = new URL("../../../pkcs11/context/builtins.ts", import.meta.url).href;
const CONFIG = `${import.meta.dirname}/../../../deno.json`;

/** Loads the roots in a process of its own, whose permissions are the point. */
async function run(...permissions: string[]): Promise<string> {
  const script = `
    import { platformTrustAnchors } from ${JSON.stringify(MODULE)};
    try {
      const anchors = await platformTrustAnchors();
      console.log(anchors.length > 50, anchors.every(({ subject }) => String(subject).length > 0));
    } catch (error) {
      console.log(error.name, error.message);
    }`;
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--config", CONFIG, ...permissions, "-"],
    stdin: "piped",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  const writer = process.stdin.getWriter();
  await writer.write(new TextEncoder().encode(script));
  await writer.close();
  const { stdout, stderr } = await process.output();
  return new TextDecoder().decode(stdout) + new TextDecoder().decode(stderr);
}

Deno.test("platformTrustAnchors() gives Mozilla's roots, each with a name and a key", async () => {
  const anchors = await platformTrustAnchors();
  assertGreater(anchors.length, 100);
  for (const { subject, subjectPublicKeyInfo } of anchors) {
    assertGreater(String(subject).length, 0);
    assertGreater(subjectPublicKeyInfo.der.length, 50);
  }
});

Deno.test("platformTrustAnchors() loads once", async () => {
  assertStrictEquals(await platformTrustAnchors(), await platformTrustAnchors());
});

Deno.test("platformTrustAnchors() names three ways out where permissions are missing", async () => {
  const printed = await run();
  assertStringIncludes(printed, "SEC_ERROR_NO_MODULE");
  assertStringIncludes(printed, "--allow-sys");
  assertStringIncludes(printed, "--allow-read=");
  assertStringIncludes(printed, "caCerts");
});

Deno.test("platformTrustAnchors() is content with --allow-sys", async () => {
  assertEquals(await run("--allow-sys"), "true true\n");
});

async function exists(path: string): Promise<boolean> {
  try {
    return (await Deno.stat(path)).isFile;
  } catch {
    return false;
  }
}

const BUNDLE = "/etc/ssl/certs/ca-certificates.crt";
if (await exists(BUNDLE)) {
  Deno.test("platformTrustAnchors() is content with reading the system's file", async () => {
    assertEquals(await run(`--allow-read=${BUNDLE}`), "true true\n");
  });
} else {
  skip(
    "platformTrustAnchors() is content with reading the system's file",
    `there is no ${BUNDLE}`,
  );
}
