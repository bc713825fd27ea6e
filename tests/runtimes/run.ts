// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.
// deno-lint-ignore-file no-console

/**
 * Runs the checks in each runtime, and prints a table: `deno task runtimes [--write] [NAME ...]`.
 *
 * Node, Bun and Deno import the package as npm would install it: `deno pack` makes the tarball, a
 * JavaScript file for each module, as JSR's own compatibility with npm does. `workerd` and Chromium
 * get one file of `deno bundle --platform browser`.
 *
 * `--write` writes the table of docs/runtimes.md.
 *
 * @module
 */

import { encodeBase64 } from "@std/encoding/base64";
import { fileURLToPath } from "node:url";
import { table, withText } from "../support/generated_page.ts";
import { installAsNpm } from "../support/npm_package.ts";
import { runOk, spawn } from "../support/process.ts";
import { inCi } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";
import { CHECKS, type Peers } from "./checks.ts";
import { NODE_CHECKS } from "./http_checks.ts";
import { type Job, type Run, type Runtime, RUNTIMES } from "./runtimes.ts";

const ROOT = new URL("../../", import.meta.url);
const PAGE = new URL("docs/runtimes.md", ROOT);

async function build(folder: string): Promise<void> {
  const bundle = (program: string, ...args: string[]) => {
    const files = ["-o", `${folder}/${program}.js`, `tests/runtimes/${program}.ts`];
    return runOk(Deno.execPath(), ["bundle", "--quiet", ...args, ...files], {
      cwd: fileURLToPath(ROOT),
      timeout: 60_000,
    });
  };
  await installAsNpm(folder);
  await Deno.writeTextFile(
    `${folder}/package.json`,
    JSON.stringify({
      type: "module",
      dependencies: { "@nss/nss": "*", "@std/crypto": "*", "@std/encoding": "*" },
    }),
  );
  await bundle("node_program", "--external", "@nss/nss", "--external", "@nss/nss/*");
  await bundle("page_program", "--platform", "browser");
  await bundle("workerd_program", "--platform", "browser", "--external", "cloudflare:sockets");
}

/** The peers of OpenSSL: servers that answer, and clients that ask. */
async function makePeers(stack: AsyncDisposableStack): Promise<Omit<Job, "folder">> {
  const pki = await testPki();
  const { certFile, chainFile, keyFile, ...server } = pki.leaf("server", "ecdsa-p256");
  const client = pki.leaf("client", "ecdsa-p256");
  const own = ["-cert", certFile, "-key", keyFile, "-CAfile", pki.rootFile];
  const port = async (version: "-tls1_2" | "-tls1_3"): Promise<number> => {
    const server = stack.use(spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_server", "-accept", "127.0.0.1:0", ...own, "-cert_chain", pki.intermediateFile,
        "-Verify", "4", "-verify_return_error", "-rev", version],
      interactive: true,
      timeout: 170_000,
    }));
    const found = await server.waitFor(/^ACCEPT 127\.0\.0\.1:(\d+)/m);
    return Number(Object(found)[1]);
  };
  const bundle = `${pki.directory}/bundle.p12`;
  // deno-fmt-ignore
  await runOk("openssl", ["pkcs12", "-export", "-in", chainFile, "-inkey", keyFile,
    "-passout", "pass:password", "-out", bundle]);
  const peers: Peers = {
    ports: { "TLSv1.3": await port("-tls1_3"), "TLSv1.2": await port("-tls1_2") },
    root: pki.root,
    server,
    client,
    pkcs12: encodeBase64(await Deno.readFile(bundle)),
  };
  const clients = async (port: number): Promise<void> => {
    for (const version of ["-tls1_3", "-tls1_2"]) {
      await using process = spawn("openssl", {
        // deno-fmt-ignore
        args: ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", version,
          "-CAfile", pki.rootFile, "-verify_return_error", "-cert", client.certFile,
          "-key", client.keyFile, "-cert_chain", pki.intermediateFile, "-quiet", "-no_ign_eof"],
        interactive: true,
      });
      await process.write("a line for the echo\n");
      await process.waitFor(/^a line for the echo$/m);
      await process.closeInput();
      await process.result();
    }
  };
  return { peers, clients };
}

/** What is wrong with a run. */
function problems({ hasMlKem }: Runtime, { results, served, warnings, untouched }: Run): string[] {
  const group = hasMlKem ? "X25519MLKEM768" : "x25519";
  const due = CHECKS.size + (served === null ? 0 : NODE_CHECKS.size);
  const first = results.find(({ name }) => name === "first choice of a key exchange")?.detail;
  return [
    ...results.filter(({ ok }) => ok === false).map(({ name, detail }) => `${name}: ${detail}`),
    ...results.length === due ? [] : [`${results.length} of ${due} checks ran`],
    ...first === group ? [] : [`the first choice of a key exchange is ${first}, not ${group}`],
    ...warnings.map((warning) => `the user sees a warning: ${warning}`),
    ...untouched ? [] : ["Node's means of warning are not as they were"],
    ...served === null || String(served) === "TLSv1.3 client ecdsa-p256,TLSv1.2 client ecdsa-p256"
      ? []
      : [`it served ${served}`],
  ];
}

/** Names are long: what a runtime lacks is shown as in WebCrypto. */
function shorter(detail: string): string {
  return detail.replaceAll(/TLS_\w*CHACHA20\w*/g, "ChaCha20").replaceAll("mldsa65", "ML-DSA")
    .replace(/^\d+ of (\d+)$/, "all $1");
}

/** The table: a row for each check, a column for each runtime. */
function tableOf(runs: ReadonlyMap<string, Run>): string {
  const cells = (row: (run: Run) => string) => [...runs.values()].map(row);
  return table(["", ...runs.keys()], [
    ...[...CHECKS.keys(), ...NODE_CHECKS.keys()].map((check) => [
      check,
      ...cells(({ results, served }) => {
        if (served === null && NODE_CHECKS.has(check)) return "-";
        const { ok = false, detail = "" } = results.find(({ name }) => name === check) ?? {};
        return ok === null ? "-" : ok ? shorter(detail) : "**fails**";
      }),
    ]),
    [
      "a server of both versions over TCP, for openssl s_client",
      ...cells(({ served }) => served === null ? "-" : "yes"),
    ],
  ]);
}

/** What a version is called: `workerd` has dates. */
function majorOf(version: string): string {
  return /^\d{4}-/.test(version) ? version : version.split(".")[0]!;
}

async function main(args: readonly string[]): Promise<number> {
  const wanted = args.filter((arg) => !arg.startsWith("--"));
  const runs = new Map<string, Run>();
  let failures = 0;
  const fail = (text: string) => {
    failures++;
    console.error(`FAILED: ${text}`);
  };
  await using stack = new AsyncDisposableStack();
  const folder = await Deno.makeTempDir({ prefix: "nss_runtimes_" });
  stack.defer(() => Deno.remove(folder, { recursive: true }));
  await build(folder);
  const job: Job = { folder, ...await makePeers(stack) };
  await Deno.writeTextFile(`${folder}/peers.json`, JSON.stringify(job.peers));
  for (
    const runtime of RUNTIMES.filter(({ name }) => wanted.length === 0 || wanted.includes(name))
  ) {
    const found = await runtime.find();
    if (!found.ok) {
      if (inCi) fail(`${runtime.name}: ${found.reason}`);
      else console.log(`skipped: ${runtime.name}: ${found.reason}`);
      continue;
    }
    const start = performance.now();
    try {
      const result = await runtime.run(job);
      const wrong = problems(runtime, result);
      for (const problem of wrong) fail(`${runtime.name}: ${problem}`);
      const seconds = ((performance.now() - start) / 1000).toFixed(1);
      console.log(`${runtime.name} ${found.version}: ${seconds} s, ${wrong.length} problems`);
      runs.set(
        `${runtime.name} ${majorOf(found.version)}`.replace(/ (\d+) \1$/, " $1"),
        result,
      );
    } catch (error) {
      fail(`${runtime.name}: ${error instanceof Error ? error.message : error}`);
    }
  }
  const text = tableOf(runs);
  console.log(text);
  if (args.includes("--write") && runs.size === RUNTIMES.length && failures === 0) {
    const page = await Deno.readTextFile(PAGE);
    await Deno.writeTextFile(PAGE, withText(page, "`deno task runtimes --write`", text));
  }
  return failures === 0 ? 0 : 1;
}

if (import.meta.main) Deno.exit(await main(Deno.args));
