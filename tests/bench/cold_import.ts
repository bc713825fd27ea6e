// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What it costs to start: an empty program, ones that import an entry point and end, one that
 * completes a handshake, and the root in one bundled file. Each runs in a new process, in turns,
 * after a first run that fills a `DENO_DIR` of its own. Besides the time there is that of the
 * processor, which says more on a busy machine; `bash` measures both.
 *
 * ```sh
 * deno run -A tests/bench/cold_import.ts [--rounds=20] [ROOT ...]
 * ```
 *
 * Each `ROOT` is a checkout; this one by default.
 *
 * @module
 */

import { fileURLToPath } from "node:url";
import { createCertificate, generateKeyPair, importFD, type SslListener } from "../../mod.ts";

/** What was measured of one program. */
export interface ColdStart {
  /** The checkout; `""` for the empty program. */
  readonly root: string;
  /** What the program does. */
  readonly program: string;
  /** The time in milliseconds from its start to its end. */
  readonly elapsed: Times;
  /** The time in milliseconds that processors have worked for it. */
  readonly cpu: Times;
}

/** What several runs took. */
export interface Times {
  readonly least: number;
  readonly median: number;
}

/** A program that runs again and again. */
interface Program extends Pick<ColdStart, "root" | "program"> {
  readonly args: readonly string[];
  readonly runs: Run[];
}

/** What one run took, in milliseconds. */
interface Run {
  readonly elapsed: number;
  readonly cpu: number;
}

/** The entry points that are measured, by their files; the file of `importFD` is none. */
const IMPORTS: Readonly<Record<string, string>> = {
  "import .": "mod.ts",
  "import ./ssl": "ssl/mod.ts",
  "import ./cert": "cert/mod.ts",
  "import ./pkcs11": "pkcs11/mod.ts",
  "importFD's file alone": "ssl/import_fd.ts",
};

/** A client that connects, completes a handshake and ends. */
const CLIENT = `
const [port, maximum, ca] = Deno.args;
const socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }), {
  hostname: "localhost",
  caCerts: [ca],
  versions: { min: "TLSv1.2", max: maximum },
});
await socket.handshake();
await socket.close();
`;

/**
 * Measures cold starts.
 *
 * @param roots The checkouts, as URLs of their folders.
 * @param rounds How often each program runs.
 * @returns A row for the empty program, then the rows of each checkout. Without the bundler, which
 * Deno fetches from npm when it is first used, there is no row of a bundled file.
 */
export async function coldStarts(roots: readonly URL[], rounds: number): Promise<ColdStart[]> {
  const folder = await Deno.makeTempDir();
  const keys = await generateKeyPair();
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
  });
  const serving = serve(listener);
  try {
    const { port } = listener.addr as Deno.NetAddr;
    const programs = await writePrograms(folder, roots, [`${port}`, cert.toPem()]);
    for (let round = 0; round <= rounds; round++) {
      for (const { args, runs } of programs) {
        const one = await run(args, { DENO_DIR: `${folder}/cache` });
        if (round > 0) runs.push(one); // the first fills the cache
      }
    }
    return programs.map(({ root, program, runs }) => ({
      root,
      program,
      elapsed: timesOf(runs.map(({ elapsed }) => elapsed)),
      cpu: timesOf(runs.map(({ cpu }) => cpu)),
    }));
  } finally {
    listener.close();
    await serving;
    await Deno.remove(folder, { recursive: true });
  }
}

function timesOf(times: readonly number[]): Times {
  const sorted = times.toSorted((a, b) => a - b);
  return { least: sorted[0]!, median: sorted[sorted.length >> 1]! };
}

/** Reads from each client until it ends. */
async function serve(listener: SslListener): Promise<void> {
  const open: Promise<unknown>[] = [];
  for await (const socket of listener) {
    open.push(socket.read(new Uint8Array(1)).catch(() => {}).then(() => socket.close()));
  }
  await Promise.all(open);
}

/** Writes the programs into a folder. */
async function writePrograms(
  folder: string,
  roots: readonly URL[],
  [port, ca]: readonly [port: string, ca: string],
): Promise<Program[]> {
  const programs: Program[] = [];
  const add = async (
    root: URL | null,
    program: string,
    text: string,
    args: readonly string[] = [],
  ): Promise<void> => {
    const file = `${folder}/${programs.length}.ts`;
    await Deno.writeTextFile(file, text);
    const config = root === null
      ? "--no-config"
      : `--config=${fileURLToPath(new URL("deno.json", root))}`;
    programs.push({
      root: root === null ? "" : fileURLToPath(root),
      program,
      args: ["run", "-A", "--no-check", config, file, ...args],
      runs: [],
    });
  };
  await add(null, "empty", "export {};\n");
  for (const [index, root] of roots.entries()) {
    for (const [program, path] of Object.entries(IMPORTS)) {
      await add(root, program, `import "${new URL(path, root)}";\n`);
    }
    const client = `import { importFD } from "${new URL("mod.ts", root)}";\n${CLIENT}`;
    for (const version of ["TLSv1.3", "TLSv1.2"]) {
      await add(root, `handshake of ${version}`, client, [port, version, ca]);
    }
    const bundle = await bundled(root, `${folder}/bundle${index}`);
    if (bundle !== null) await add(root, "import . as bundled", `import "${bundle}";\n`);
  }
  return programs;
}

/** Bundles the root, what is loaded lazily apart; returns the file, or `null` if that fails. */
async function bundled(root: URL, folder: string): Promise<string | null> {
  const mod = fileURLToPath(new URL("mod.ts", root));
  const { success } = await new Deno.Command(Deno.execPath(), {
    args: [
      "bundle",
      "--quiet",
      "--code-splitting",
      `--outdir=${folder}`,
      `--config=${fileURLToPath(new URL("deno.json", root))}`,
      mod,
    ],
    stderr: "null",
  }).output();
  return success ? `${folder}/mod.js` : null;
}

/** Runs a program. */
async function run(args: readonly string[], env: Record<string, string>): Promise<Run> {
  const script = `TIMEFORMAT="%R %U %S"; time "$@"`;
  const { success, stderr } = await new Deno.Command("bash", {
    args: ["-c", script, "bash", Deno.execPath(), ...args],
    env: { ...env, LC_ALL: "C" },
    stdout: "null",
  }).output();
  const text = new TextDecoder().decode(stderr).trim();
  if (!success) throw new Error(text);
  const [elapsed, user, system] = text.split("\n").at(-1)!.split(" ").map((s) => Number(s) * 1000);
  return { elapsed: elapsed!, cpu: user! + system! };
}

if (import.meta.main) {
  const rounds = Number(Deno.args.find((arg) => arg.startsWith("--rounds="))?.slice(9) ?? 20);
  const roots = Deno.args.filter((arg) => !arg.startsWith("--"))
    .map((arg) => new URL(`${arg}/`, `file://${Deno.cwd()}/`));
  const rows = await coldStarts(
    roots.length > 0 ? roots : [new URL("../../", import.meta.url)],
    rounds,
  );
  const [empty] = rows;
  // deno-lint-ignore no-console
  console.table(rows.map(({ root, program, elapsed, cpu }) => ({
    root,
    program,
    "least ms": elapsed.least,
    "median ms": elapsed.median,
    "least CPU ms": cpu.least,
    "median CPU ms": cpu.median,
    "CPU over empty, ms": cpu.least - empty!.cpu.least,
  })));
}
