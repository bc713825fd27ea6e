// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * `nss scan` against real servers, and what sslscan and nmap find on the same ones. With
 * `NSS_SOAK=1` there are more servers, and nmap looks at them, too.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { createCertificate } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
import { generateEchKeys, importFD } from "@nss/nss/ssl";
import { SCAN_MEMBERS, type ScanReport } from "../../cli/scan/scan_report.ts";
import { freePort } from "../examples/_unprivileged.ts";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
import { openssl } from "../support/peers/openssl.ts";
import { type Process, programVersion, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { makeFiles, opensslServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";
import { lookAt, suitesOfNmap, suitesOfSslscan, suitesSeen, to } from "./_scan.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const found = await openssl.available();
const sslscan = await programVersion("sslscan", ["--version"], /(\d+\.\d+\.\d+)/);
const nmap = await programVersion("nmap", ["--version"], /Nmap version (\S+)/);
const directory = await Deno.makeTempDir({ prefix: "nss_scan_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

function peerTest(title: string, fn: () => Promise<void>): void {
  if (!found.ok) return skip(title, found.reason);
  if (!sslscan.ok) return skip(title, sslscan.reason);
  if (!nmap.ok) return skip(title, nmap.reason);
  Deno.test(title, fn);
}

async function report(...args: readonly string[]): Promise<ScanReport> {
  const { out, err } = await runNss(
    ["scan", ...args, "--rate", "1000", "--json", "--ca", files.root],
  );
  assertEquals(err, "");
  return JSON.parse(out);
}

const ec = await files.make("ec");
const rsa = await makeRsa();

async function makeRsa() {
  const keys = await generateKeyPair("rsa-2048", { extractable: true });
  const made = await createCertificate({
    publicKey: keys.publicKey,
    subject: "CN=rsa",
    dnsNames: ["localhost"],
    issuer: files.issuer,
  });
  const [cert, key] = [`${directory}/rsa.pem`, `${directory}/rsa.key`];
  await Deno.writeTextFile(cert, made.toPem());
  await Deno.writeTextFile(key, await exportPrivateKeyPem(keys.privateKey));
  return { cert, key };
}

const TWO_KEYS = [
  ...["-cert", ec.cert, "-key", ec.key, "-dcert", rsa.cert, "-dkey", rsa.key],
  ...["-cert_chain", files.intermediate, "-dcert_chain", files.intermediate],
];

async function sslscanOf(port: number): Promise<ReturnType<typeof suitesOfSslscan>> {
  return suitesOfSslscan(
    await runOk(
      "sslscan",
      ["--no-colour", "--xml=-", "--sni-name=localhost", `127.0.0.1:${port}`],
      {
        timeout: 120_000,
      },
    ),
  );
}

/** Configurations of `openssl s_server`. */
const SAMPLES: readonly (readonly [name: string, args: readonly string[]])[] = [
  ["the default", []],
  ["all suites of all versions", ["-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0"]],
  ["one scheme", ["-sigalgs", "ECDSA+SHA256"]],
];

const MORE_SAMPLES: typeof SAMPLES = [
  ["TLS 1.0 alone", ["-tls1", "-cipher", "DEFAULT:@SECLEVEL=0"]],
  ["TLS 1.3 alone", ["-tls1_3"]],
  ["TLS 1.2 alone", ["-tls1_2"]],
  ["the server's order", ["-serverpref"]],
  ["RSA key transport", ["-no_tls1_3", "-cipher", "kRSA"]],
  ["Camellia and ARIA", ["-no_tls1_3", "-cipher", "CAMELLIA:ARIA"]],
  ["CCM in both versions", ["-cipher", "AESCCM", "-ciphersuites", "TLS_AES_128_CCM_SHA256"]],
  ["without encryption", ["-no_tls1_3", "-cipher", "eNULL:@SECLEVEL=0"]],
  ["anonymous", ["-no_tls1_3", "-cipher", "aNULL:@SECLEVEL=0"]],
  ["one curve", ["-groups", "P-384"]],
];

/**
 * OpenSSL chooses RSA among all suites, and fails since no scheme is left for it: sslscan takes
 * that for a refusal of ECDSA, too. nmap does not.
 */
const MISLEADS_SSLSCAN: ReadonlySet<string> = new Set(["one scheme"]);

for (const [name, args] of soak ? [...SAMPLES, ...MORE_SAMPLES] : SAMPLES) {
  const isMisleading = MISLEADS_SSLSCAN.has(name);
  const title = `nss scan finds the suites that ${
    isMisleading ? "nmap" : "sslscan"
  } finds: openssl s_server, ${name}`;
  peerTest(title, async () => {
    await using server = await opensslServer([...TWO_KEYS, ...args]);
    const seen = await lookAt(to(server.port));
    assertEquals(seen.notKnown.filter(({ isLimit }) => !isLimit), []);
    if (!isMisleading) assertEquals(suitesSeen(seen), await sslscanOf(server.port));
    if (soak || isMisleading) assertEquals(suitesSeen(seen), await nmapOf(server.port));
  });
}

async function nmapOf(port: number): Promise<ReturnType<typeof suitesOfNmap>> {
  return suitesOfNmap(
    await runOk("nmap", [
      ...["-Pn", "-oX", "-", "--script", "ssl-enum-ciphers", "-p", `${port}`, "127.0.0.1"],
    ], { timeout: 120_000 }),
  );
}

peerTest(
  "nss scan --json has the documented members, and tells what openssl s_server does",
  async () => {
    await using server = await opensslServer([
      ...TWO_KEYS,
      ...["-alpn", "h2,http/1.1", "-early_data", "-max_early_data", "1234"],
      ...["-client_renegotiation", "-legacy_renegotiation", "-cipher", "DEFAULT:@SECLEVEL=0"],
      ...["-groups", "X25519:P-384", "-serverpref"],
    ]);
    const seen = await report(`localhost:${server.port}`, "--policy", "compatible");
    assertEquals(Object.keys(seen).sort(), Object.keys(SCAN_MEMBERS).sort());
    assertEquals([seen.complete, seen.notKnown, seen.good], [true, [], false]);
    assertEquals(seen.tls13Groups?.names, ["x25519", "secp384r1"]);
    assertEquals(seen.tls12Groups?.names, ["x25519", "secp384r1"]);
    assertEquals(seen.alpn, { names: ["h2", "http/1.1"], order: "server", complete: true });
    assertEquals(seen.sessions.maxEarlyData, 1234);
    assertEquals([seen.sessions.tls12Resumed, seen.sessions.tls13Resumed], [true, true]);
    assertEquals([seen.sessions.tls12Ids, seen.sessions.tls12Tickets], [true, true]);
    assertEquals([seen.secureRenegotiation, seen.clientRenegotiation], [true, "accepted"]);
    assertEquals([seen.compression, seen.fallbackScsv], [false, true]);
    assertEquals([seen.extendedMasterSecret, seen.encryptThenMac], [true, true]);
    assertEquals([seen.clientCertificate, seen.ech], [false, null]);
    assertEquals(seen.certificates.map(({ key, problems }) => [key, problems]).sort(), [
      ["ec P-256", []],
      ["rsa 2048", []],
    ]);
    assert(seen.tls12Schemes?.names.includes("rsa_pkcs1_sha256"));
    assert(seen.tls12Schemes?.names.includes("ecdsa_secp256r1_sha256"));
    assert(seen.tls13Schemes?.names.includes("rsa_pss_rsae_sha256"));
    assertEquals(seen.tolerance.filter(({ tolerated }) => tolerated !== true), []);
    const levels = Object.fromEntries(seen.findings.map(({ id, level }) => [id, level]));
    assertEquals(levels["old-version"], "bad");
    assertEquals(levels["no-forward-secrecy"], "forbidden");
    assertEquals(levels["early-data"], "advice");
  },
);

peerTest(
  "nss scan calls a server good that keeps to the preset, and says which presets",
  async () => {
    await using server = await opensslServer([
      ...["-cert", ec.cert, "-key", ec.key, "-cert_chain", files.intermediate],
      ...["-tls1_3", "-groups", "X25519:P-256:P-384"],
    ]);
    const where = `localhost:${server.port}`;
    const args = ["scan", where, "--rate", "1000", "--ca", files.root];
    const { code, out, err } = await runNss(args, { columns: 80 });
    assertEquals([code, out.split("\n")[0]], [0, `${where} keeps to modern`], out);
    // On a terminal the line of progress comes and goes
    assertStringIncludes(err, "the groups of TLS 1.3");
    assert(err.endsWith("\r\x1b[K"), JSON.stringify(err.slice(-20)));
    assertEquals(out.split("\n").filter((line) => line.length > 80), []);
    const strict = await runNss([...args, "--policy", "cnsa-2.0", "--json"]);
    const seen: ScanReport = JSON.parse(strict.out);
    assertEquals(strict.code, 1);
    assertEquals(seen.policies.filter(({ good }) => good).map(({ name }) => name), [
      ...["modern", "compatible", "pci-dss-4"],
    ]);
  },
);

Deno.test("nss scan looks at a server of this package: hybrids, both versions, tickets, ECH", async () => {
  const keys = await generateKeyPair();
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
    alpnProtocols: ["http/1.1"],
    echKeys: [await generateEchKeys({ publicName: "public.test" })],
    clientAuth: "request",
  });
  const serving = (async () => {
    for await (const socket of listener) {
      // Each is read to its end, so that tickets go out
      new Response(socket.readable).arrayBuffer().catch(() => {}).finally(() =>
        socket.close().catch(() => {})
      );
    }
  })();
  const seen = await lookAt(to((listener.addr as Deno.NetAddr).port));
  listener.close();
  await serving;
  assertEquals(seen.notKnown, []);
  assertEquals(Object.keys(suitesSeen(seen)), ["TLS 1.2", "TLS 1.3"]);
  assertEquals(seen.tls13Groups?.names.slice(0, 3), [
    ...["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024"],
  ]);
  assertEquals(seen.tls13Groups?.order, "server");
  assertEquals(seen.tls13Schemes?.names, ["ecdsa_secp256r1_sha256"]);
  assertEquals(seen.alpn?.names, ["http/1.1"]);
  assertEquals([seen.ech, seen.clientCertificate], [["public.test"], true]);
  assertEquals([seen.sessions.tls13Resumed, seen.sessions.tls12Resumed], [true, true]);
  assertEquals(seen.clientRenegotiation, "refused");
  assertEquals(seen.tolerance.filter(({ tolerated }) => tolerated !== true), []);
});

/** Servers that bind all interfaces, or need files: started in a network of their own. */
interface OtherServer {
  readonly name: string;
  readonly command: string;
  readonly args: (port: number) => Promise<readonly string[]>;
}

const OTHERS: readonly OtherServer[] = [
  {
    name: "gnutls-serv with old suites",
    command: "gnutls-serv",
    args: (port) =>
      Promise.resolve([
        ...["--http", "--port", `${port}`, "--disable-client-cert"],
        "--priority",
        "NORMAL:+VERS-ALL:+ARCFOUR-128:+3DES-CBC:+MD5:+ANON-ECDH:+ANON-DH:+DHE-RSA:+RSA",
        ...["--x509certfile", rsa.cert, "--x509keyfile", rsa.key],
        ...["--x509certfile", ec.cert, "--x509keyfile", ec.key],
      ]),
  },
  {
    name: "NSS's selfserv with old versions",
    command: "selfserv",
    args: async (port) => {
      const db = `${directory}/nssdb`;
      await Deno.mkdir(db);
      await runOk("certutil", ["-N", "-d", `sql:${db}`, "--empty-password"]);
      const p12 = `${directory}/nss.p12`;
      await runOk("openssl", [
        ...["pkcs12", "-export", "-in", rsa.cert, "-inkey", rsa.key, "-name", "rsa"],
        ...["-passout", "pass:", "-out", p12],
      ]);
      await runOk("pk12util", ["-i", p12, "-d", `sql:${db}`, "-W", "", "-K", ""]);
      return ["-d", `sql:${db}`, "-n", "rsa", "-p", `${port}`, "-V", "tls1.0:tls1.3", "-u", "-Z"];
    },
  },
  {
    name: "nginx with the server's order",
    command: "nginx",
    args: async (port) => {
      await Deno.writeTextFile(
        `${directory}/nginx.conf`,
        [
          `daemon off; master_process off; pid ${directory}/nginx.pid;`,
          `error_log ${directory}/nginx.log; events {}`,
          `http { access_log off; server { listen 127.0.0.1:${port} ssl http2;`,
          `ssl_certificate ${rsa.cert}; ssl_certificate_key ${rsa.key};`,
          `ssl_certificate ${ec.cert}; ssl_certificate_key ${ec.key};`,
          "ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3; ssl_ciphers ALL:@SECLEVEL=0;",
          "ssl_prefer_server_ciphers on; } }",
        ].join("\n"),
      );
      return ["-p", directory, "-c", `${directory}/nginx.conf`];
    },
  },
  {
    name: "Apache with RSA key transport",
    command: "apache2",
    args: async (port) => {
      const module = (name: string) =>
        `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`;
      await Deno.chmod(directory, 0o755);
      await Deno.writeTextFile(
        `${directory}/apache.conf`,
        [
          ...["mpm_prefork", "authz_core", "ssl"].map(module),
          `Listen 127.0.0.1:${port}`,
          "ServerName localhost\nUser www-data\nGroup www-data",
          `PidFile ${directory}/apache.pid\nDefaultRuntimeDir ${directory}`,
          `ErrorLog ${directory}/apache.log\nDocumentRoot ${directory}`,
          "SSLEngine on\nSSLProtocol -all +TLSv1.2\nSSLSessionCache none",
          "SSLHonorCipherOrder on\nSSLCipherSuite kRSA+AES:ECDHE+AESGCM",
          `SSLCertificateFile ${rsa.cert}\nSSLCertificateKeyFile ${rsa.key}`,
          "",
        ].join("\n"),
      );
      return ["-X", "-f", `${directory}/apache.conf`];
    },
  },
];

const problem = await namespaceProblem();

for (const { name, command, args } of soak ? OTHERS : OTHERS.slice(0, 1)) {
  const title = `nss scan finds the suites that sslscan and nmap find: ${name}`;
  if (problem !== undefined) skip(title, problem);
  else {
    peerTest(title, async () => {
      const port = freePort();
      const given = await args(port);
      const namespace = await openNamespace();
      let server: Process | undefined;
      try {
        server = namespace.spawn(command, { args: given, cwd: directory, timeout: 120_000 });
        const seen = await lookAt(() => namespace.connect(port));
        assertEquals(seen.notKnown.filter(({ isLimit }) => !isLimit), [], server.output);
        const xml = await resultOf(
          namespace.spawn("sslscan", {
            args: ["--no-colour", "--xml=-", "--sni-name=localhost", `127.0.0.1:${port}`],
            timeout: 120_000,
          }),
        );
        assertEquals(suitesSeen(seen), suitesOfSslscan(xml));
        if (!soak) return;
        const nmapXml = await resultOf(
          namespace.spawn("nmap", {
            args: ["-Pn", "-oX", "-", "--script", "ssl-enum-ciphers", "-p", `${port}`, "127.0.0.1"],
            timeout: 120_000,
          }),
        );
        assertEquals(suitesSeen(seen), suitesOfNmap(nmapXml));
      } finally {
        await server?.close();
        await namespace.close();
      }
    });
  }
}

async function resultOf(process: Process): Promise<string> {
  await using running = process;
  return (await running.result()).stdout;
}
