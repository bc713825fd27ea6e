// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** PKCS#11 libraries: what is none, and those of NSS and p11-kit. @module */

import {
  assert,
  assertEquals,
  assertGreater,
  assertRejects,
  assertStringIncludes,
} from "@std/assert";
import {
  createCertificate,
  type ErrorName,
  formatTrust,
  NssError,
  verifySignature,
} from "@nss/nss/cert";
import { generateKeyPair, platformTrustAnchors, setPasswordFunc } from "@nss/nss/pkcs11";
import { loadModule } from "@nss/nss/pkcs11/module";
import { testToken } from "../pkcs11/token_conformance.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import { findLibrary } from "../support/softhsm.ts";

const PIN = "1234";
const DATA = new TextEncoder().encode("to be signed");
const tstclnt = await programVersion("tstclnt", ["-H"], /(usage|option|help)/i);

const folder = await Deno.makeTempDir({ prefix: "nss_libraries_" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function failsWith(
  run: () => Promise<unknown>,
  name: ErrorName,
  message: string,
): Promise<NssError> {
  const error = await assertRejects(run, NssError);
  assertEquals(error.name, name, error.message);
  assertStringIncludes(error.message, message);
  return error;
}

Deno.test("loadModule() tells a missing file from one that is no PKCS#11 library, and from no library", async () => {
  await failsWith(() => loadModule(`${folder}/none.so`), "PR_FILE_NOT_FOUND_ERROR", "none.so");
  await Deno.writeTextFile(`${folder}/text.so`, "text");
  await failsWith(() => loadModule(`${folder}/text.so`), "PR_LOAD_LIBRARY_ERROR", "text.so");
  await failsWith(() => loadModule("libc.so.6"), "PR_FIND_SYMBOL_ERROR", "C_GetFunctionList");
});

Deno.test("loadModule() names the permission that is missing, and why a path is not enough", async () => {
  const script = `
    import { loadModule } from ${
    JSON.stringify(new URL("../../pkcs11/module/mod.ts", import.meta.url).href)
  };
    await loadModule("/usr/lib/none.so").catch((error) => console.log(error.name, error.message));`;
  const cwd = `${import.meta.dirname}/../..`;
  const cases = [[[], "run with --allow-ffi, without a path"], [
    ["--allow-ffi=/usr/lib/none.so"],
    "--allow-ffi with a path is not enough",
  ]] as const;
  for (const [permissions, message] of cases) {
    const { stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", ...permissions, "-"],
      input: script,
      cwd,
    });
    assertStringIncludes(stdout + stderr, "PR_NO_ACCESS_RIGHTS_ERROR");
    assertStringIncludes(stdout, message);
  }
});

const CKBI = findLibrary("libnssckbi.so");
if (CKBI === undefined) {
  skip("loadModule() reads NSS's built-in roots with their trust", "no libnssckbi.so here");
} else {
  testToken("ModuleToken of NSS's built-in roots", async () => {
    const module = await loadModule(CKBI);
    return { token: module.slots[0]!.token!, close: () => module.close() };
  }, { readOnly: true, noKeys: true });

  Deno.test("loadModule() reads NSS's built-in roots with their trust", async () => {
    await using module = await loadModule(CKBI);
    const token = module.slots[0]!.token!;
    assertStringIncludes(token.label, "Builtin");
    assert(token.isLoggedIn); // it needs none
    const records = await token.certificates.find({});
    assertGreater(records.length, 50);
    const trusted = records.filter(({ trust }) =>
      trust !== null && formatTrust(trust).startsWith("C")
    );
    assertGreater(trusted.length, 50);
    assertEquals(await token.listKeys(), []);
    const [first] = trusted;
    const again = await token.certificates.find({ subject: first!.certificate.subject.der });
    assert(again.some(({ certificate }) => certificate.equals(first!.certificate)));
    const distrusted = records.filter(({ distrustAfter }) => distrustAfter !== undefined);
    note(
      `libnssckbi: ${records.length} roots, ${trusted.length} trusted for servers, ${distrusted.length} with a last day`,
    );
    // The dates that this package knows of the runtime's roots are those of NSS
    const anchors = await platformTrustAnchors();
    for (const { certificate, distrustAfter } of distrusted) {
      const same = anchors.find((anchor) => anchor.certificate?.equals(certificate));
      if (same !== undefined) assertEquals(same.distrustAfter, distrustAfter);
    }
    const { publicKey, privateKey } = await generateKeyPair();
    const certificate = await createCertificate({ publicKey, privateKey, subject: "CN=a" });
    await failsWith(
      () => token.certificates.importCert(certificate),
      "SEC_ERROR_READ_ONLY",
      "read-only",
    );
    await failsWith(() => token.generateKeyPair(), "SEC_ERROR_READ_ONLY", "read-only");
  });
}

const SOFTOKEN = findLibrary("libsoftokn3.so");
if (SOFTOKEN === undefined || !tstclnt.ok) {
  skip("loadModule() opens an NSS database by NSS's softoken", "no libsoftokn3.so here");
} else {
  Deno.test("loadModule() opens an NSS database by NSS's softoken, and signs with its keys", async () => {
    const path = await Deno.makeTempDir({ dir: folder });
    await Deno.writeTextFile(`${path}/pw`, `${PIN}\n`);
    await Deno.writeTextFile(`${path}/noise`, "noise");
    const common = ["-d", `sql:${path}`, "-f", `${path}/pw`];
    await runOk("certutil", ["-N", ...common]);
    await runOk("certutil", [
      ...[
        "-S",
        ...common,
        "-z",
        `${path}/noise`,
        "-n",
        "server",
        "-s",
        "CN=server",
        "-x",
        "-t",
        "C,,",
      ],
      ...["-k", "ec", "-q", "nistp256", "-m", "1"],
    ]);
    await using module = await loadModule(SOFTOKEN, {
      parameters:
        `configdir='sql:${path}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readOnly`,
    });
    const slot = module.slots.find(({ token }) => token?.label.includes("Certificate DB"))!;
    setPasswordFunc((_slot, retry) => retry ? null : PIN, { for: slot });
    const record = (await slot.token!.certificates.find({ nickname: "server" }))[0]!;
    assertEquals(record.nickname, "server");
    const key = await slot.token!.findKey(record.certificate);
    const signature = await key!.sign("ecdsa_secp256r1_sha256", DATA);
    const publicKey = record.certificate.subjectPublicKeyInfo;
    assert(await verifySignature(publicKey, "ecdsa_secp256r1_sha256", DATA, signature));
    assertEquals((await slot.token!.listKeys()).length, 1);
  });
}

const P11_KIT = findLibrary("p11-kit-proxy.so");
if (P11_KIT === undefined) {
  skip("loadModule() lists the slots of p11-kit-proxy", "no p11-kit-proxy.so here");
} else {
  Deno.test("loadModule() lists the slots of p11-kit-proxy", async () => {
    await using module = await loadModule(P11_KIT);
    assertStringIncludes(module.describe().manufacturer, "PKCS#11 Kit");
    const labels = module.slots.map(({ token }) => token?.label ?? "none");
    note(`p11-kit-proxy: ${labels.join(", ")}`);
    for (const { token } of module.slots) if (token !== null) await token.certificates.find({});
  });
}
