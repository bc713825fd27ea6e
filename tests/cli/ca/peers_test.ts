// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What openssl, NSS's tools, GnuTLS, curl, Chromium and the system's store make of an authority:
// they accept what it issues, and refuse what is revoked, not permitted, or trusted no more.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCertificate } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair, importPrivateKey } from "@nss/nss/pkcs11";
import { programVersion, run, runOk } from "../../support/process.ts";
import { findChromium, withTab } from "../../support/peers/chromium.ts";
import { skip } from "../../support/skip.ts";
import { runNss } from "../_run.ts";
import { Desk, one, PASSWORD } from "./_authority.ts";

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const certutil = await programVersion("certutil", ["-H"], /Certificate/);
const certtool = await programVersion("certtool", ["--version"], /certtool (\S+)/);
const curl = await programVersion("curl", ["--version"], /^curl (\S+)/);
const update = await programVersion("update-ca-certificates", ["--help"], /--fresh/);
const chromium = (await findChromium()).availability;

/** A test in a folder of its own, with programs that it needs. */
function peersTest(
  title: string,
  fn: (desk: Desk) => Promise<void>,
  ...needs: readonly Awaited<ReturnType<typeof programVersion>>[]
): void {
  const missing = needs.find((need) => !need.ok);
  if (missing?.ok === false) return skip(title, missing.reason);
  Deno.test(title, async () => {
    await using desk = await Desk.open();
    await fn(desk);
  });
}

/** What a program says of a file, and whether it is content. */
async function says(command: string, ...args: readonly string[]): Promise<[boolean, string]> {
  const { code, stdout, stderr } = await run(command, { args });
  return [code === 0, stdout + stderr];
}

/** Makes a certificate with the authority's key that the authority itself would not make. */
async function forge(desk: Desk, file: string, options: object): Promise<void> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({
    publicKey: keys.publicKey,
    ...options,
    issuer: {
      certificate: await one(desk, "ca/ca.pem"),
      privateKey: await importPrivateKey(await desk.read("ca/ca.key"), { password: PASSWORD }),
    },
  });
  await Deno.writeTextFile(desk.path(`${file}.pem`), certificate.toPem());
  await Deno.writeTextFile(desk.path(`${file}.key`), await exportPrivateKeyPem(keys.privateKey));
}

peersTest(
  "openssl verifies what is issued, by its lists too, and refuses what is revoked or not permitted",
  async (desk) => {
    const folder = await desk.create("--intermediate", "--names", "corp.test,10.1.0.0/16");
    const verify = (file: string, ...args: readonly string[]) =>
      says(
        "openssl",
        "verify",
        "-x509_strict",
        "-CAfile",
        desk.path("ca/ca.pem"),
        "-untrusted",
        desk.path("ca/intermediate.pem"),
        ...args,
        desk.path(file),
      );
    const lists = ["ca", "intermediate"].flatMap((
      name,
    ) => ["-CRLfile", desk.path(`ca/${name}.crl`)]);
    const checks = ["-crl_check_all", ...lists];
    await desk.issue("www", "www.corp.test", "10.1.2.3");
    await desk.issue("ip", "10.1.0.1");
    await desk.issue("ada", "ada@corp.test");
    await desk.issue("rsa", "*.corp.test", "--type", "rsa-2048");
    await desk.issue("ed", "ed.corp.test", "--type", "ed25519");
    const server = ["-purpose", "sslserver"];
    for (const file of ["www.pem", "ip.pem", "rsa.pem", "ed.pem"]) {
      assertEquals(await verify(file, ...server, ...checks), [true, `${desk.path(file)}: OK\n`]);
    }
    for (const purpose of ["sslclient", "smimesign"]) {
      assertEquals((await verify("ada.pem", "-purpose", purpose, ...checks))[0], true, purpose);
    }
    assertEquals((await verify("ada.pem", ...server))[0], false);
    await desk.ok("revoke", folder, desk.path("www.pem"), "--reason", "keyCompromise");
    const [isGood, text] = await verify("www.pem", ...checks);
    assertEquals(isGood, false);
    assertStringIncludes(text, "certificate revoked");
    assertEquals((await verify("ip.pem", ...checks))[0], true);
    assertStringIncludes(
      await runOk("openssl", ["crl", "-in", desk.path("ca/intermediate.crl"), "-noout", "-text"]),
      "Key Compromise",
    );
  },
  openssl,
);

peersTest(
  "openssl, NSS and GnuTLS hold the authority to its names",
  async (desk) => {
    await desk.create("--names", "corp.test,10.1.0.0/16");
    await desk.issue("good", "a.corp.test", "10.1.2.3", "a@corp.test");
    const bad: Readonly<Record<string, object>> = {
      dns: { dnsNames: ["a.corp.test", "www.example.com"] },
      ip: { ipAddresses: ["192.0.2.1"] },
      ipv6: { ipAddresses: ["::1"] },
      email: { dnsNames: ["a.corp.test"], emailAddresses: ["a@example.com"] },
    };
    for (const [name, names] of Object.entries(bad)) {
      await forge(desk, name, {
        subject: "O=a",
        ...names,
      });
    }
    const root = desk.path("ca/ca.pem");
    const judges: Readonly<Record<string, (file: string) => Promise<[boolean, string]>>> = {
      openssl: (file) => says("openssl", "verify", "-CAfile", root, file),
      "vfychain -pp": (file) => says("vfychain", "-pp", "-u", "1", "-a", file, "-t", "-a", root),
      certtool: (file) =>
        says("certtool", "--verify", "--load-ca-certificate", root, "--infile", file),
    };
    await Deno.mkdir(desk.path("db"));
    await runOk("certutil", ["-N", "-d", `sql:${desk.path("db")}`, "--empty-password"]);
    await runOk("certutil", [
      "-A",
      "-d",
      `sql:${desk.path("db")}`,
      "-n",
      "ca",
      "-t",
      "C,,",
      "-i",
      root,
    ]);
    const all = {
      ...judges,
      vfychain: (file: string) =>
        says("vfychain", "-d", `sql:${desk.path("db")}`, "-u", "1", "-a", file),
    };
    const verdicts: Record<string, string[]> = {};
    for (const [judge, judging] of Object.entries(all)) {
      verdicts[judge] = [];
      for (const file of ["good", ...Object.keys(bad)]) {
        const [isGood] = await judging(desk.path(`${file}.pem`));
        if (isGood) verdicts[judge]!.push(file);
      }
    }
    assertEquals(verdicts, Object.fromEntries(Object.keys(all).map((judge) => [judge, ["good"]])));
  },
  openssl,
  certutil,
  certtool,
);

peersTest("openssl reads the encrypted key with its password, and with no other", async (desk) => {
  await desk.ok("create", desk.path("ca"), "a", "--password-file", desk.path("password"));
  const pkey = (password: string) =>
    says(
      "openssl",
      "pkey",
      "-in",
      desk.path("ca/ca.key"),
      "-passin",
      `pass:${password}`,
      "-noout",
      "-check",
    );
  assertEquals(await pkey(PASSWORD), [true, "Key is valid\n"]);
  assertEquals((await pkey("wrong"))[0], false);
  assertStringIncludes(
    await runOk("openssl", ["asn1parse", "-in", desk.path("ca/ca.key")]),
    ":PBES2",
  );
}, openssl);

/** Serves HTTPS with the certificate of a file; gives its address. */
function serveHttps(
  desk: Desk,
  file: string,
): AsyncDisposable & { readonly port: number; readonly url: string } {
  const server = Deno.serve({
    hostname: "127.0.0.1",
    port: 0,
    cert: Deno.readTextFileSync(desk.path(`${file}.pem`)),
    key: Deno.readTextFileSync(desk.path(`${file}.key`)),
    onListen: () => {},
  }, () => new Response(`this is ${file}\n`, { headers: { "access-control-allow-origin": "*" } }));
  const { port } = server.addr;
  return {
    port,
    url: `https://127.0.0.1:${port}/`,
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

peersTest(
  "update-ca-certificates takes the authority into the store of a system, and out of it; curl goes by it",
  async (desk) => {
    const folder = await desk.create("--intermediate");
    await desk.issue("www", "127.0.0.1", "www.internal");
    const root = desk.path("root");
    for (
      const path of [
        "etc/ssl/certs",
        "etc/ca-certificates/update.d",
        "usr/share/ca-certificates",
        "usr/local/share/ca-certificates",
      ]
    ) await Deno.mkdir(`${root}/${path}`, { recursive: true });
    await Deno.writeTextFile(`${root}/etc/ca-certificates.conf`, "other.crt\n");
    const keys = await generateKeyPair();
    const other = (await createCertificate({ ...keys, subject: "CN=Other", isCa: true })).toPem();
    await Deno.writeTextFile(`${root}/usr/share/ca-certificates/other.crt`, other);
    const bundle = `${root}/etc/ssl/certs/ca-certificates.crt`;
    const args = [folder, "--stores", "system", "--root", root];
    assertStringIncludes(await desk.ok("trust", ...args), "Nothing was changed");
    assertEquals((await desk.files("root")).length, 2);
    assertStringIncludes(await desk.ok("trust", ...args, "--yes"), "trusts it now: system");
    assertEquals(await Deno.readTextFile(bundle), other + await desk.read("ca/ca.pem"));
    await using server = serveHttps(desk, "www");
    const fetched = (...more: readonly string[]) =>
      says("curl", "--silent", "--show-error", "--noproxy", "*", "--max-time", "20", ...more);
    const resolve = ["--resolve", `www.internal:${server.port}:127.0.0.1`];
    assertEquals(await fetched("--cacert", bundle, server.url), [true, "this is www\n"]);
    const named = `https://www.internal:${server.port}/`;
    assertEquals(await fetched("--cacert", bundle, ...resolve, named), [true, "this is www\n"]);

    assertStringIncludes(await desk.ok("untrust", ...args, "--yes"), "trusts it no more: system");
    assertEquals(await Deno.readTextFile(bundle), other);
    const links = await desk.files("root/etc/ssl/certs");
    assertEquals(links.filter((name) => name.includes("nss-")), []);
    const [isGood, text] = await fetched("--cacert", bundle, server.url);
    assertEquals([isGood, text.includes("unable to get local issuer certificate")], [false, true]);

    // The command leaves the last authority in its file: that is seen, and not called done
    await desk.ok("trust", ...args, "--yes");
    await Deno.writeTextFile(`${root}/etc/ca-certificates.conf`, "");
    const { code, out } = await runNss(["ca", "untrust", ...args, "--yes"]);
    assertEquals(code, 4);
    assertStringIncludes(out, "since there is no other one; delete that file");
  },
  update,
  curl,
  openssl,
);

peersTest(
  "curl goes by the list of what is revoked",
  async (desk) => {
    const folder = await desk.create();
    await desk.issue("www", "127.0.0.1");
    await using server = serveHttps(desk, "www");
    const fetched = async () => {
      const crl = await runOk("openssl", ["crl", "-in", desk.path("ca/ca.crl"), "-outform", "PEM"]);
      await Deno.writeTextFile(desk.path("ca.crl.pem"), crl);
      const files = ["--cacert", desk.path("ca/ca.pem"), "--crlfile", desk.path("ca.crl.pem")];
      return await says("curl", "--silent", "--show-error", "--noproxy", "*", ...files, server.url);
    };
    assertEquals(await fetched(), [true, "this is www\n"]);
    await desk.ok("revoke", folder, desk.path("www.pem"));
    const [isGood, text] = await fetched();
    assertEquals(isGood, false);
    assertStringIncludes(text, "certificate revoked");
  },
  curl,
  openssl,
);

peersTest(
  "certutil finds the authority trusted in a profile that it has made, with a password, and then not",
  async (desk) => {
    const folder = await desk.create();
    await desk.issue("www", "www.internal");
    const profile = desk.path("home/.mozilla/firefox/a.default");
    await Deno.mkdir(profile, { recursive: true });
    await Deno.writeTextFile(
      desk.path("home/.mozilla/firefox/profiles.ini"),
      "[Profile0]\nIsRelative=1\nPath=a.default\n",
    );
    const database = ["-d", `sql:${profile}`, "-f", desk.path("password")];
    await runOk("certutil", ["-N", ...database]);
    await runOk("certutil", [
      "-A",
      "-n",
      "www",
      "-t",
      ",,",
      "-i",
      desk.path("www.pem"),
      ...database,
    ]);
    const valid = () => says("certutil", "-V", "-n", "www", "-u", "V", ...database);
    assertEquals((await valid())[0], false);
    const args = ["--home", desk.path("home"), "--stores", "firefox", "--yes"];
    await desk.ok("trust", folder, ...args, "--password-file", desk.path("password"));
    assertEquals(await valid(), [true, "certutil: certificate is valid\n"]);
    assert(/^Test CA +C,, *$/m.test(await runOk("certutil", ["-L", ...database])));
    await desk.ok("untrust", folder, ...args, "--password-file", desk.path("password"));
    assertEquals((await valid())[0], false);
    const left = await runOk("certutil", ["-L", ...database]);
    assert(left.includes("www") && !left.includes("Test CA"), left);
  },
  certutil,
);

peersTest(
  "Chromium takes what a trusted authority issues for its names, nothing else, and nothing once it is untrusted",
  async (desk) => {
    const folder = await desk.create("--names", "127.0.0.0/8");
    await desk.issue("www", "127.0.0.1");
    await using good = serveHttps(desk, "www");
    // Its name is that of the address, but it has another one that is not permitted
    await forge(desk, "forged", { ipAddresses: ["127.0.0.1", "192.0.2.1"], subject: "CN=a" });
    await using forged = serveHttps(desk, "forged");
    const visit = async (command: string) =>
      await withTab("about:blank", async (tab) => {
        const got: unknown[] = [];
        for (const { url } of [good, forged]) {
          got.push(
            await tab.evaluate(`(() => {
            const request = new XMLHttpRequest();
            request.open("GET", ${JSON.stringify(url)}, false);
            try { request.send(); return request.responseText; } catch (e) { return e.name; }
          })()`),
          );
        }
        return got;
      }, {
        prepare: async (home) => {
          const database = `${home}/.pki/nssdb`;
          await Deno.mkdir(database, { recursive: true });
          await runOk("certutil", ["-N", "-d", `sql:${database}`, "--empty-password"]);
          const args = [folder, "--home", home, "--stores", "chromium", "--yes"];
          await desk.ok("trust", ...args);
          if (command === "untrust") await desk.ok("untrust", ...args);
        },
      });
    assertEquals(await visit("trust"), ["this is www\n", "NetworkError"]);
    // Another start of the browser takes seconds; NSS's own tools are asked above
    if (Deno.env.get("NSS_SOAK") !== "1") return;
    assertEquals(await visit("untrust"), ["NetworkError", "NetworkError"]);
  },
  chromium,
  certutil,
);
