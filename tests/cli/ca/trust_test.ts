// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss ca trust and untrust, with the stores below a temporary root and home.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCertificate, importCert, parseTrust } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { openNssDb } from "@nss/nss/pkcs11/nss-db";
import { profileFolders } from "../../../cli/ca/trust/nss_stores.ts";
import { findStores } from "../../../cli/ca/trust/trust.ts";
import { STORE_KINDS, type Trusted } from "../../../cli/ca/trust/trust_store.ts";
import { runNss } from "../_run.ts";
import { Desk, EMPTY_IO, one, PASSWORD } from "./_authority.ts";

const FIREFOX = "home/.mozilla/firefox";

interface Row {
  readonly store: string;
  readonly where: string;
  readonly held: string | null;
  readonly state: string;
  readonly steps: readonly string[];
  readonly note: string | null;
}

/** Makes a root, and a home with a profile of Firefox and a database of Chromium. */
async function makeStores(desk: Desk, options: { readonly password?: string } = {}): Promise<void> {
  await Deno.mkdir(desk.path("root"));
  for (const folder of [`${FIREFOX}/a.default`, `${FIREFOX}/b.new`, "home/.pki/nssdb"]) {
    await Deno.mkdir(desk.path(folder), { recursive: true });
  }
  await Deno.writeTextFile(
    desk.path(`${FIREFOX}/profiles.ini`),
    "[Install1]\nDefault=a.default\n\n[Profile1]\nIsRelative=1\nPath=b.new\n\n" +
      "[Profile0]\nIsRelative=1\nPath=a.default\nDefault=1\n",
  );
  const firefox = await openNssDb(desk.path(`${FIREFOX}/a.default`), { create: true, ...options });
  await firefox.close();
  await (await openNssDb(desk.path("home/.pki/nssdb"), { create: true })).close();
}

/** Runs trust or untrust; gives the code and the rows. */
async function rowsOf(
  desk: Desk,
  command: string,
  ...args: readonly string[]
): Promise<{ readonly code: number; readonly rows: readonly Row[] }> {
  const places = ["--root", desk.path("root"), "--home", desk.path("home")];
  const { code, out, err } = await runNss([
    "ca",
    command,
    desk.path("ca"),
    ...places,
    "--json",
    ...args,
  ]);
  assertEquals(err, "");
  return { code, rows: JSON.parse(out).stores };
}

const states = (rows: readonly Row[]) => rows.map(({ store, state }) => `${store} ${state}`);

/** The certificates of a database, with their trust. */
async function certificatesOf(desk: Desk, folder: string): Promise<string[]> {
  const token = await openNssDb(desk.path(folder));
  const records = await token.certificates.find({});
  await token.close();
  return records.map(({ nickname, trust }) => `${nickname} ${trust?.ssl ?? 0}`).sort();
}

const TRUSTED_CA = parseTrust("C,,").ssl;

Deno.test("nss ca trust changes nothing without --yes, and untrust takes out exactly that certificate", async () => {
  await using desk = await Desk.open();
  await desk.create();
  await makeStores(desk);
  // Another authority of the same name is another one
  const other = await createCertificate({
    ...await generateKeyPair(),
    subject: (await one(desk, "ca/ca.pem")).subject,
    isCa: true,
  });
  const chromium = await openNssDb(desk.path("home/.pki/nssdb"), { readWrite: true });
  await importCert(chromium.certificates, other, { nickname: "Test CA", trust: "C,," });
  await chromium.close();
  const stores = [`${FIREFOX}/a.default`, "home/.pki/nssdb"];
  const content = () =>
    Promise.all(
      stores.map(async (store) => (await Deno.readFile(desk.path(`${store}/cert9.db`))).toHex()),
    );
  const before = await content();

  const planned = await rowsOf(desk, "trust");
  assertEquals(planned.code, 0);
  assertEquals(states(planned.rows), [
    "system missing",
    "firefox missing",
    "firefox needed",
    "chromium needed",
  ]);
  assertStringIncludes(planned.rows[0]!.note!, "install ca-certificates");
  assertStringIncludes(planned.rows[1]!.note!, "start Firefox once");
  assertEquals(planned.rows[3]!.steps[0], 'add "Test CA" to cert9.db, trusted for servers (C,,)');
  assertEquals(await content(), before);

  const done = await rowsOf(desk, "trust", "--yes");
  assertEquals(states(done.rows).slice(2), ["firefox done", "chromium done"]);
  assertEquals(await certificatesOf(desk, stores[0]!), [`Test CA ${TRUSTED_CA}`]);
  assertEquals((await certificatesOf(desk, stores[1]!)).length, 2);
  const again = await rowsOf(desk, "trust", "--yes");
  assertEquals(states(again.rows).slice(2), ["firefox unneeded", "chromium unneeded"]);

  assertEquals(states((await rowsOf(desk, "untrust")).rows).slice(2), [
    "firefox needed",
    "chromium needed",
  ]);
  await rowsOf(desk, "untrust", "--yes", "--stores", "chromium");
  assertEquals(await certificatesOf(desk, stores[0]!), [`Test CA ${TRUSTED_CA}`]);
  assertEquals(await certificatesOf(desk, stores[1]!), [`Test CA ${TRUSTED_CA}`]);
  const left = await openNssDb(desk.path("home/.pki/nssdb"));
  assertEquals((await left.certificates.find({ der: other.der })).length, 1);
  await left.close();
  assertEquals(states((await rowsOf(desk, "untrust", "--yes")).rows).slice(2), [
    "firefox done",
    "chromium unneeded",
  ]);
  assertEquals(await certificatesOf(desk, stores[0]!), []);
});

Deno.test("a certificate that a database has without trust is trusted, and taken out", async () => {
  await using desk = await Desk.open();
  await desk.create();
  await makeStores(desk);
  const chromium = await openNssDb(desk.path("home/.pki/nssdb"), { readWrite: true });
  await importCert(chromium.certificates, await one(desk, "ca/ca.pem"), { nickname: "mine" });
  await chromium.close();
  const args = ["--stores", "chromium", "--yes"];
  assertEquals((await rowsOf(desk, "trust", ...args)).rows[0]!.held, "known");
  assertEquals(await certificatesOf(desk, "home/.pki/nssdb"), [`mine ${TRUSTED_CA}`]);
  await rowsOf(desk, "untrust", ...args);
  assertEquals(await certificatesOf(desk, "home/.pki/nssdb"), []);
});

Deno.test("a database with a password takes it from a file; without it the other stores are changed all the same", async () => {
  await using desk = await Desk.open();
  await desk.create();
  await makeStores(desk, { password: PASSWORD });
  await Deno.writeTextFile(desk.path("wrong"), "wrong\n");
  const profile = `${FIREFOX}/a.default`;
  const wrong = await rowsOf(desk, "trust", "--yes", "--password-file", desk.path("wrong"));
  assertEquals([wrong.code, ...states(wrong.rows).slice(2)], [
    4,
    "firefox failed",
    "chromium done",
  ]);
  assertStringIncludes(wrong.rows[2]!.note!, "SEC_ERROR_");
  assertEquals(await certificatesOf(desk, profile), []);
  const asks = await rowsOf(desk, "trust", "--yes");
  assertStringIncludes(asks.rows[2]!.note!, "use --password-file FILE");
  const right = await rowsOf(desk, "trust", "--yes", "--password-file", desk.path("password"));
  assertEquals([right.code, ...states(right.rows).slice(2)], [
    0,
    "firefox done",
    "chromium unneeded",
  ]);
  assertEquals(await certificatesOf(desk, profile), [`Test CA ${TRUSTED_CA}`]);
  await rowsOf(desk, "untrust", "--yes", "--password-file", desk.path("password"));
  assertEquals(await certificatesOf(desk, profile), []);
});

Deno.test("a profile that a running Firefox has is said to be, and changed; one in another place is found", async () => {
  await using desk = await Desk.open();
  await desk.create();
  await makeStores(desk);
  await Deno.symlink(`127.0.1.1:+${Deno.pid}`, desk.path(`${FIREFOX}/a.default/lock`));
  const inUse = await rowsOf(desk, "trust", "--yes", "--stores", "firefox");
  assertEquals(states(inUse.rows), ["firefox missing", "firefox done"]);
  assertStringIncludes(inUse.rows[1]!.note!, "a running Firefox has it");
  // A crash left the link
  await Deno.remove(desk.path(`${FIREFOX}/a.default/lock`));
  await Deno.symlink("127.0.1.1:+4194999", desk.path(`${FIREFOX}/a.default/lock`));
  assertEquals((await rowsOf(desk, "untrust", "--stores", "firefox")).rows[1]!.note, null);

  await Deno.rename(desk.path("home/.pki"), desk.path("elsewhere"));
  assertStringIncludes(
    (await rowsOf(desk, "trust", "--stores", "chromium")).rows[0]!.note!,
    `nss cert create --db ${await Deno.realPath(desk.path("home"))}/.pki/nssdb --no-password`,
  );
});

Deno.test("profileFolders() reads the profiles of a profiles.ini", () => {
  const ini =
    "[General]\r\nPath=no\r\n\r\n[Profile0]\r\nName=a\r\nIsRelative=1\r\nPath=Profiles/a b\r\n" +
    "[Install9]\nPath=no\n[Profile12]\nIsRelative=0\nPath=/abs/c\n[Profile2]\nName=none\n";
  assertEquals(profileFolders(ini, "/base"), ["/base/Profiles/a b", "/abs/c"]);
  assertEquals(profileFolders("", "/base"), []);
  assertEquals(profileFolders("\0\xff[Profile0\nPath=a", "/base"), []);
});

Deno.test("an authority without constraints is trusted only with --unconstrained", async () => {
  await using desk = await Desk.open();
  await desk.create("--unconstrained");
  await makeStores(desk);
  for (const args of [[], ["--yes"]]) {
    const err = await desk.fails(4, "trust", desk.path("ca"), "--home", desk.path("home"), ...args);
    assertStringIncludes(err, "could impersonate every site to you");
  }
  assertEquals(await certificatesOf(desk, "home/.pki/nssdb"), []);
  const { rows } = await rowsOf(desk, "trust", "--yes", "--unconstrained", "--stores", "chromium");
  assertEquals(states(rows), ["chromium done"]);
  // Taking it out needs no such word
  assertEquals(states((await rowsOf(desk, "untrust", "--yes", "--stores", "chromium")).rows), [
    "chromium done",
  ]);
});

Deno.test("an authority of a whole top-level domain is trusted with a warning; names cannot steer a terminal", async () => {
  await using desk = await Desk.open();
  const { err } = await runNss([
    "ca",
    "create",
    desk.path("ca"),
    "a",
    "--no-password",
    "--names",
    "zip",
  ]);
  assertStringIncludes(err, "Warning: zip is a great part of the internet");
  const args = [desk.path("ca"), "--home", desk.folder, "--stores", "chromium"];
  assertStringIncludes(await desk.ok("trust", ...args), "Warning: zip is a great part");
  const root = await createCertificate({
    ...await generateKeyPair(),
    subject: "CN=a",
    isCa: true,
    nameConstraints: {
      permitted: [{ type: "dns", value: "\x1b[2Jcom" }],
      excluded: [4, 16].map((size) => ({ type: "ip", value: new Uint8Array(2 * size) })),
    },
  });
  await Deno.writeTextFile(desk.path("ca/ca.pem"), root.toPem());
  for (const more of [[], ["--json"]]) {
    const out = await desk.ok("trust", ...args, ...more);
    assertStringIncludes(out, "u{1b}[2Jcom");
    assert(!out.includes("\x1b"), out);
  }
  assert(!(await desk.ok("list", desk.path("ca"))).includes("\x1b"));
});

Deno.test("the folders of systems get one file, whose name is that of the certificate", async () => {
  await using desk = await Desk.open();
  await desk.create();
  const certificate = await one(desk, "ca/ca.pem");
  const digest = (await certificate.fingerprint()).subarray(0, 8).toHex();
  const folders = [
    ["etc/pki/ca-trust/source/anchors", "pem", "update-ca-trust extract"],
    ["etc/ca-certificates/trust-source/anchors", "crt", "trust extract-compat"],
    ["usr/share/pki/trust/anchors", "pem", "update-ca-certificates"],
  ];
  for (const [i, [folder, end, command]] of folders.entries()) {
    const root = desk.path(`root${i}`);
    await Deno.mkdir(`${root}/${folder}`, { recursive: true });
    const args = [desk.path("ca"), "--stores", "system", "--root", root];
    const text = await desk.ok("trust", ...args);
    assertStringIncludes(text, `run its command inside of ${root} yourself: ${command}`);
    assertEquals(await desk.files(`root${i}`), []);
    await desk.ok("trust", ...args, "--yes");
    const file = `root${i}/${folder}/nss-Test-CA-${digest}.${end}`;
    assertEquals(await desk.files(`root${i}`), [file]);
    assertEquals(await desk.read(file), certificate.toPem());
    // A file that was changed is nobody's to delete
    await Deno.writeTextFile(desk.path(file), "something else\n");
    assertStringIncludes(await desk.ok("list", desk.path("ca")), "Test CA");
    const { code, out } = await runNss(["ca", "untrust", ...args, "--yes"]);
    assertEquals(code, 4);
    assertStringIncludes(out, "it is another file than nss ca trust writes");
    await Deno.writeTextFile(desk.path(file), certificate.toPem());
    await desk.ok("untrust", ...args, "--yes");
    assertEquals(await desk.files(`root${i}`), []);
  }
});

Deno.test("on macOS and Windows the system's command is printed, and said to be untested", async () => {
  await using desk = await Desk.open();
  await desk.create();
  const trusted: Trusted = {
    name: "Test CA",
    certificate: await one(desk, "ca/ca.pem"),
    file: "/a b/ca.pem",
  };
  const steps = async (os: "darwin" | "windows", adds: boolean) => {
    const places = { os, root: "", home: desk.path("home") };
    const [system, ...others] = await findStores(places, STORE_KINDS, EMPTY_IO);
    assert(system !== undefined && "steps" in system);
    assertStringIncludes(system.note!, "untested");
    assertEquals(others.map((one) => "missing" in one), [true, true]);
    return (await system.steps(trusted, adds)).join("\n");
  };
  const keychain = "-k /Library/Keychains/System.keychain";
  assertEquals(
    await steps("darwin", true),
    `run sudo security add-trusted-cert -d -r trustRoot ${keychain} "/a b/ca.pem"`,
  );
  assertEquals(
    await steps("darwin", false),
    'run sudo security remove-trusted-cert -d "/a b/ca.pem"',
  );
  assertEquals(await steps("windows", true), 'run certutil.exe -user -addstore Root "/a b/ca.pem"');
  const sha1 = (await trusted.certificate.fingerprint("SHA-1")).toHex();
  assertEquals(await steps("windows", false), `run certutil.exe -user -delstore Root ${sha1}`);
});
