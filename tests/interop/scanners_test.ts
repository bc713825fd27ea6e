// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What scanners say of a server in its default configuration: testssl.sh, sslscan and nmap. With
 * `NSS_SOAK=1` testssl.sh does all its checks with each kind of key, otherwise those of protocols
 * and certificate with one.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertNotMatch } from "@std/assert";
import { importFD } from "@nss/nss";
import { withoutLayout } from "../support/generated_page.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { type ScannedServer, startScannedServer } from "./_scanned_server.ts";
import { FINDINGS, withFindings } from "./_scanner_findings.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const PATIENCE = 180_000;
const KINDS = ["ec-p256", "rsa-2048"] as const;

interface Scanner {
  readonly command: string;
  readonly version: readonly string[];
  readonly pattern: RegExp;
  readonly scan: (server: ScannedServer, kind: (typeof KINDS)[number]) => Promise<void>;
}

const SCANNERS: readonly Scanner[] = [
  {
    command: "testssl",
    version: ["--version"],
    pattern: /testssl\S*\s+(\d\S*)/,
    scan: async ({ port, rootFile }, kind) => {
      // The whole for one kind of key takes a minute.
      if (!soak && kind !== "ec-p256") return;
      const checks = soak ? [] : ["-p", "-S"];
      const output = await Deno.makeTempFile({ prefix: "nss_scan_", suffix: ".json" });
      await Deno.remove(output); // testssl.sh makes it itself
      const { code, stdout } = await run("testssl", {
        // deno-fmt-ignore
        args: ["--quiet", "--color", "0", "--warnings", "off", "--nodns", "none", "--ip", "127.0.0.1",
          "--add-ca", rootFile, "--jsonfile", output, ...checks, `localhost:${port}`],
        timeout: PATIENCE,
      });
      const report = JSON.parse(await Deno.readTextFile(output)) as {
        readonly id: string;
        readonly severity: string;
        readonly finding: string;
      }[];
      await Deno.remove(output);
      // Its exit code counts its own troubles, not findings.
      assert(code < 128, stdout);
      assertEquals(report.find(({ id }) => id === "TLS1_3")?.severity, "OK");
      assertEquals(report.find(({ id }) => id === "cert_chain_of_trust")?.finding, "passed.");
      const problems = report.filter(({ severity }) => !/^(OK|INFO|WARN|DEBUG)$/.test(severity))
        .map(({ id, severity, finding }) => ({ id, severity, finding }));
      const known = FINDINGS.map(({ id, severity, finding }) => ({ id, severity, finding }));
      assertEquals(problems, known.filter(({ id }) => report.some((entry) => entry.id === id)));
    },
  },
  {
    command: "sslscan",
    version: ["--version"],
    pattern: /(\d+\.\d+\.\d+)/,
    scan: async ({ port }) => {
      const output = await runOk("sslscan", [
        "--no-colour",
        "--sni-name=localhost",
        `127.0.0.1:${port}`,
      ], { timeout: PATIENCE });
      for (const version of ["SSLv2", "SSLv3", "TLSv1.0", "TLSv1.1"]) {
        assertMatch(output, new RegExp(`^${version} +disabled$`, "m"));
      }
      assertMatch(output, /^TLSv1\.2 +enabled$/m);
      assertMatch(output, /^TLSv1\.3 +enabled$/m);
      assertMatch(output, /^Server supports TLS Fallback SCSV$/m);
      assertMatch(output, /^Session renegotiation not supported$/m);
      assertNotMatch(output, / vulnerable to heartbleed(?<!not vulnerable to heartbleed)/);
      const suites = [...output.matchAll(/^(?:Preferred|Accepted) +(\S+) +(\d+) bits +(\S+)/gm)];
      assertEquals(suites.length, 6);
      for (const [, version, bits, name] of suites) {
        assert(Number(bits) >= 128, name);
        assertMatch(name!, version === "TLSv1.3" ? /^TLS_/ : /^ECDHE-.*(GCM|POLY1305)/);
      }
    },
  },
  {
    command: "nmap",
    version: ["--version"],
    pattern: /version (\S+)/,
    scan: async ({ port }) => {
      const output = await runOk("nmap", [
        "-n",
        "-Pn",
        "-p",
        String(port),
        "--script",
        "ssl-enum-ciphers",
        "127.0.0.1",
      ], { timeout: PATIENCE });
      assertMatch(output, /least strength: A$/m);
      assertNotMatch(output, /warnings/);
      const versions = [...output.matchAll(/^\| {3}(\S+): $/gm)].map(([, version]) => version);
      assertEquals(versions, ["TLSv1.2", "TLSv1.3"]);
      assertNotMatch(output, /- [B-F]$/m);
    },
  },
];

for (const { command, version, pattern, scan } of SCANNERS) {
  const found = await programVersion(command, version, pattern);
  const title = `${command} finds nothing against a server in its default configuration`;
  if (!found.ok) {
    skip(title, found.reason);
    continue;
  }
  Deno.test(title, async (t) => {
    for (const kind of KINDS) {
      await t.step(kind, async () => {
        await using server = await startScannedServer(kind);
        await scan(server, kind);
        // Whatever it has been sent, it serves on.
        const socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port: server.port }), {
          hostname: "localhost",
          caCerts: [await Deno.readTextFile(server.rootFile)],
        });
        await socket.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        assertMatch(await new Response(socket.readable).text(), /^HTTP\/1\.1 200 OK/);
        await socket.close();
      });
    }
  });
}

Deno.test("docs/scanners.md says what is found: tests/interop/_scanner_findings.ts writes it anew", async () => {
  const page = await Deno.readTextFile(new URL("../../docs/scanners.md", import.meta.url));
  assertEquals(withoutLayout(page), withoutLayout(withFindings(page)));
  for (const { severity, why } of FINDINGS) assert(severity === "LOW" || why.length > 0);
});
