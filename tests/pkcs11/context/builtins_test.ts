// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assertEquals,
  assertGreater,
  assertLessOrEqual,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  createCertificate,
  NssError,
  parseTrust,
  trustAnchorOf,
  verifyCertificateChain,
} from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { platformTrustAnchors } from "../../../pkcs11/context/builtins.ts";
import { skip } from "../../support/skip.ts";

const MODULE = new URL("../../../pkcs11/context/builtins.ts", import.meta.url).href;
const CONFIG = `${import.meta.dirname}/../../../deno.json`;

const PRINT_COUNT =
  "anchors.length > 50, anchors.every(({ subject }) => String(subject).length > 0)";

/** The variables by which a user chooses roots: those of whoever runs the tests must not count. */
const OWN_TRUST = ["NODE_EXTRA_CA_CERTS", "DENO_TLS_CA_STORE", "DENO_CERT", "NODE_USE_SYSTEM_CA"];

/**
 * Loads the roots in a process of its own, whose permissions and variables are the point, and
 * prints something of `anchors`.
 */
async function run(
  permissions: readonly string[],
  env: Readonly<Record<string, string>> = {},
  print = PRINT_COUNT,
): Promise<string> {
  const script = `
    import { platformTrustAnchors } from ${JSON.stringify(MODULE)};
    try {
      const anchors = await platformTrustAnchors();
      const own = anchors.find(({ subject }) => String(subject) === "CN=My Own Root");
      console.log(${print});
    } catch (error) {
      console.log(error.name, error.message);
    }`;
  const inherited = Object.entries(Deno.env.toObject())
    .filter(([name]) => !OWN_TRUST.includes(name));
  const process = new Deno.Command(Deno.execPath(), {
    args: ["run", "--no-check", "--no-prompt", "--config", CONFIG, ...permissions, "-"],
    clearEnv: true,
    env: { ...Object.fromEntries(inherited), ...env },
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
  const printed = await run([]);
  assertStringIncludes(printed, "SEC_ERROR_NO_MODULE");
  assertStringIncludes(printed, "--allow-sys");
  assertStringIncludes(printed, "--allow-read=");
  assertStringIncludes(printed, "caCerts");
});

Deno.test("platformTrustAnchors() is content with --allow-sys", async () => {
  assertEquals(await run(["--allow-sys"]), "true true\n");
});

Deno.test("platformTrustAnchors() heeds the user's own roots, where it may see them without a prompt", async () => {
  const folder = await Deno.makeTempDir();
  try {
    const { publicKey, privateKey } = await generateKeyPair();
    const root = await createCertificate({
      publicKey,
      privateKey,
      subject: "CN=My Own Root",
      isCa: true,
    });
    const path = `${folder}/own.pem`;
    await Deno.writeTextFile(path, `My own\n${root.toPem()}`);
    const print = "own !== undefined, own?.vetted, anchors.some((one) => one.vetted)";
    const seen = (permissions: readonly string[], env: Record<string, string>) =>
      run(permissions, env, print);
    const added = "true false true\n";
    const unseen = "false undefined true\n";
    const extra = { NODE_EXTRA_CA_CERTS: path };
    assertEquals(await seen(["--allow-sys"], extra), added);
    assertEquals(await seen(["-A"], extra), added);
    assertEquals(await seen(["-A"], {}), unseen);
    const file = { DENO_CERT: path };
    assertEquals(await seen(["-A"], file), added);
    assertEquals(await seen(["--allow-sys"], file), unseen);
    assertEquals(await seen(["--allow-sys", "--allow-env=DENO_CERT"], file), unseen);
    assertEquals(await seen(["--allow-sys", `--allow-read=${path}`], file), unseen);
    const both = ["--allow-sys", "--allow-env=DENO_CERT", `--allow-read=${path}`];
    assertEquals(await seen(both, file), added);
    for (const missing of [`${folder}/none.pem`, folder, ""]) {
      assertEquals(await seen(["-A"], { DENO_CERT: missing }), unseen);
    }
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("platformTrustAnchors() trusts for servers alone, and not after the dates of Mozilla", async () => {
  const anchors = await platformTrustAnchors();
  const [first] = anchors;
  const servers = { ssl: parseTrust("C,,").ssl, email: 0, objectSigning: 0 };
  for (const { trust } of anchors) assertEquals(trust, servers);
  const { publicKey, privateKey } = await generateKeyPair();
  const name = "Entrust Root Certification Authority - G2";
  const entrust = anchors.find(({ subject }) => subject.commonName === name);
  if (entrust !== undefined) {
    assertEquals(entrust.distrustAfter, new Date("2024-11-30T23:59:59Z"));
  }
  assertEquals(
    anchors.filter(({ distrustAfter }) => distrustAfter !== undefined).length < 20,
    true,
  );
  // By the authority's name, so that the purpose is what is looked at
  const issuer = await createCertificate({ publicKey, privateKey, subject: "CN=x", isCa: true });
  const leaf = await createCertificate({
    publicKey,
    subject: "CN=client",
    issuer: { certificate: issuer, privateKey },
  });
  const anchor = { ...trustAnchorOf(issuer), trust: first!.trust! };
  const verify = (usage: "sslClient" | "sslServer") =>
    verifyCertificateChain(leaf, {
      anchors: [anchor],
      time: new Date(),
      usage,
      profile: "compatible",
    });
  const error = await assertRejects(() => verify("sslClient"), NssError);
  assertEquals(error.name, "SEC_ERROR_UNTRUSTED_ISSUER");
  assertStringIncludes(error.message, '"CN=x" is not trusted for the usage sslClient');
  assertEquals((await verify("sslServer")).length, 2);
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
    assertEquals(await run([`--allow-read=${BUNDLE}`]), "true true\n");
  });

  Deno.test("platformTrustAnchors() takes the roots of DENO_TLS_CA_STORE, and calls vetted what is also bundled", async () => {
    const print = "anchors.length, anchors.filter((one) => one.vetted).length";
    const counts = async (store?: string) => {
      const env = store === undefined ? {} : { DENO_TLS_CA_STORE: store };
      const printed = await run(["--allow-sys", "--allow-env=NODE_USE_SYSTEM_CA"], env, print);
      return printed.split(" ").map(Number);
    };
    const [all, vetted] = await counts();
    assertEquals(all, vetted);
    assertEquals(await counts("mozilla"), [all, vetted]);
    const [system, ofMozilla] = await counts("system");
    assertGreater(system!, 0);
    assertLessOrEqual(ofMozilla!, system!);
    const [both, alsoVetted] = await counts("mozilla,system");
    assertEquals([both, alsoVetted], [all! + system! - ofMozilla!, vetted]);
    // A file says nothing of Mozilla's
    const read = [`--allow-read=${BUNDLE}`];
    assertEquals(await run(read, {}, "anchors.some((one) => one.vetted)"), "false\n");
  });
} else {
  skip(
    "platformTrustAnchors() is content with reading the system's file",
    `there is no ${BUNDLE}`,
  );
}
