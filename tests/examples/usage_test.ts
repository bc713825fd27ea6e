// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { run } from "../support/process.ts";

const EXAMPLES = new URL("../../examples/", import.meta.url);

/** The page of the browser is no program. */
const names = [...[...Deno.readDirSync(EXAMPLES)].map(({ name }) => name), "browser/relay.ts"]
  .filter((name) => /^[a-z].*\.ts$/.test(name))
  .sort();

Deno.test("examples say in their headers how they are run, with named permissions", () => {
  assert(names.length > 0);
  for (const name of names) {
    const header = Deno.readTextFileSync(new URL(name, EXAMPLES)).split("@module")[0]!;
    const commands = header.replaceAll(/\\\n \*/g, "").match(/deno run .*/g) ?? [];
    assert(commands.length > 0, `${name} does not say how it is run`);
    for (const command of commands) {
      assertMatch(
        command,
        new RegExp(`^deno run (--(?:allow|unstable)-\\S+ +)+examples/${name}`),
        name,
      );
    }
  }
});

/** Those that show one feature. */
const SHORT = ["early_data", "ech", "external_psk", "post_quantum", "raw_public_key"];

Deno.test("examples of one feature have at most 40 lines of code: no comments, no blank lines", () => {
  for (const name of SHORT) {
    const [, code] = Deno.readTextFileSync(new URL(`${name}.ts`, EXAMPLES)).split("@module\n */");
    const lines = code!.split("\n").filter((line) => !/^\s*(\/\/.*|\/?\*.*)?$/.test(line));
    assert(lines.length <= 40, `${name}.ts has ${lines.length}`);
  }
});

Deno.test("examples print their usage on --help, without any permission", async () => {
  // These take no arguments
  const usages = names.filter((name) => !["demo.ts", "raw_public_key.ts"].includes(name));
  await Promise.all(usages.map(async (name) => {
    const { href } = new URL(name, EXAMPLES);
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "--no-prompt", "--no-check", href, "--help"],
      env: { NO_COLOR: "1" },
    });
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, name);
    assertMatch(stdout, new RegExp(`^Usage: ${name.replace(/^.*\//, "")} `), name);
  }));
});

/** Arguments that are wrong, by example: each run ends in one sentence. */
const WRONG: Readonly<Record<string, readonly (readonly string[])[]>> = {
  "browser/relay.ts": [["--script", "no.js", "--ca", "no.pem", "a.test:443"], [
    "--script",
    "no.js",
    "--ca",
    "no.pem",
    "a.test",
  ]],
  "cluster.ts": [["abc", "a.pem", "b.pem", "a.kv"], ["0", "a.pem", "b.pem", "/missing/a.kv"]],
  "deploy.ts": [["check", "127.0.0.1", "abc"], ["import"], ["import", "garbage"]],
  "early_data.ts": [["serve", "abc", "a", "b"], ["GET", "1", "missing.pem"]],
  "echo_server.ts": [["abc"], ["0", "missing.pem", "missing.pem"], ["0", "missing.pem"]],
  "external_psk.ts": [["ask", "abc", "missing"], ["serve", "1", "missing"]],
  "ech.ts": [["nonsense:port", "missing.txt"], ["a.test", "missing.txt"]],
  "ftps_put.ts": [["nonsense", "file"], ["ftp://127.0.0.1/a", "missing.txt"]],
  "hot_reload.ts": [["abc", "a.pem", "b.pem"], ["0", "missing.pem", "missing.pem"]],
  "https_get.ts": [["nonsense"], ["http://127.0.0.1/"], ["--nonsense"], [
    "--ca",
    "missing.pem",
    "https://127.0.0.1/",
  ]],
  "local_ca.ts": [["print", "missing.pem"], ["issue", "missing", "a.test"]],
  "mutual_tls.ts": [["serve", "abc", "a", "b", "c"], ["get", "1", "missing", "b", "c"]],
  "http_serve.ts": [["get", "nonsense", "missing.pem"], ["serve", "0", "missing.pem", "b", "c"]],
  "pin_certificate.ts": [["host:port", "pin"], ["--nonsense"], ["a.test", "--ca", "no.pem", "pin"]],
  "postgres_channel_binding.ts": [["nonsense", "missing.pem", "select 1"], [
    "postgres://127.0.0.1/",
    "missing.pem",
    "select 1",
  ]],
  "starttls.ts": [["serve", "abc", "a", "b"], ["send", "abc", "a", "b"], ["send", "1", "a", "b"]],
  "tls_in_tls.ts": [["nonsense", "https://a.test/", "ca.pem"], [
    "https://a.test/",
    "https://b.test/",
    "missing.pem",
  ]],
  "unix_socket.ts": [["ask", "missing", "missing.pem"], ["serve", "x", "missing.pem", "b"]],
};

Deno.test("examples say in a sentence what is wrong with an argument, without a stack", async () => {
  const directory = await Deno.makeTempDir({ prefix: "nss_usage_" });
  try {
    const runs = Object.entries(WRONG).flatMap(([name, rows]) =>
      rows.map((args) => ({ name, args }))
    );
    for (const { name, args } of runs) {
      const { code, stdout, stderr } = await run(Deno.execPath(), {
        // deno-fmt-ignore
        args: ["run", "-A", "--unstable-kv", "--no-check", new URL(name, EXAMPLES).href, ...args],
        env: { NO_COLOR: "1", DENO_DIR: directory },
      });
      const what = `${name} ${args.join(" ")}`;
      assert(code === 1 || code === 2, `${what}: ${code} ${stdout}`);
      // An error is one sentence; the usage is printed in its place.
      const lines = `${code === 2 ? stdout : stderr}`.trimEnd().split("\n");
      if (code === 1) assertEquals(lines.length, 1, `${what}: ${stderr}`);
      assertMatch(lines[0]!, /^[A-Z]\w+/, what);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

Deno.test("examples say in a sentence what keeps them from the network", async () => {
  using busy = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = busy.addr;
  const closed = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const free = closed.addr.port;
  closed.close();
  const rows: [string, string[], string, RegExp][] = [
    ["echo_server.ts", [`${port}`], "--allow-net", /^Cannot listen: another program uses/],
    ["https_get.ts", [`https://127.0.0.1:${free}/`], "--allow-net", /^Cannot connect: nothing/],
    ["https_get.ts", ["https://no.invalid/"], "--allow-net", /^Cannot find the host: no address/],
    ["https_get.ts", ["https://127.0.0.1/"], "--allow-read", /^Requires net access to "127/],
    ["echo_server.ts", ["0"], "--allow-read", /^Requires net access to "127/],
  ];
  await Promise.all(rows.map(async ([name, args, permission, sentence]) => {
    const { code, stderr } = await run(Deno.execPath(), {
      // deno-fmt-ignore
      args: ["run", "--no-prompt", "--no-check", permission, new URL(name, EXAMPLES).href, ...args],
      env: { NO_COLOR: "1" },
    });
    assertEquals([code, stderr.trimEnd().split("\n").length], [1, 1], stderr);
    assertMatch(stderr, sentence);
  }));
});
