// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Programs of newer Debian releases than the machine's own, beside it: their packages lie unpacked
 * in the user's cache folder, and run with the loader and the C library they were built for.
 *
 * ```ts ignore
 * const found = await openssl35();
 * if (found.ok) spawn(found.commands.openssl, { args: ["version"] });
 * else skip("...", found.reason, found.optional);
 * ```
 *
 * Ask at the top level of a test file, not in a test: the first call on a machine downloads 10 MB
 * of lists and 10 MB of packages; the later ones read a folder.
 *
 * @module
 */

import { programVersion, runOk } from "./process.ts";

/** Where the programs are, or why they cannot be had. */
export type NewerPeer<Name extends string> =
  | {
    readonly ok: true;
    /** The version of its first package. */
    readonly version: string;
    /** What to run, by the name of the program: a script that becomes the program itself. */
    readonly commands: Readonly<Record<Name, string>>;
  }
  | {
    readonly ok: false;
    /** Why it is not here. */
    readonly reason: string;
    /** Whether CI goes on without it. */
    readonly optional: boolean;
  };

/** What makes a peer. */
interface Recipe<Name extends string> {
  /** The folder in the cache. */
  readonly name: string;
  /** The packages: what `apt-get download` takes, with the release. */
  readonly packages: readonly [string, ...string[]];
  /** The programs in `/usr/bin`. */
  readonly programs: readonly Name[];
  /** What makes one of the programs print what the pattern looks for, which shows that it runs. */
  readonly probe: {
    readonly program: Name;
    readonly args: readonly string[];
    readonly pattern: RegExp;
  };
  /**
   * Whether CI goes on without it: for all, until CI has had them for a while. A stable release
   * should prove as dependable as the machine's own, from the same mirror; what is in Debian's
   * experimental may be gone tomorrow.
   */
  readonly optional: boolean;
}

/** The releases whose lists are read. */
const RELEASES = ["trixie", "experimental"];

/** glibc, with the loader, and what all link to. */
const LIBRARIES = ["libc6/trixie", "zlib1g/trixie", "libzstd1/trixie"];

/** How long a download may take, and how long others wait for it, in milliseconds. */
const DOWNLOAD_TIMEOUT = 60_000;

/** For how long a failure is not tried again, in milliseconds: another test file asks soon. */
const FAILURE_LIFETIME = 10 * 60_000;

const cache = `${
  Deno.env.get("XDG_CACHE_HOME") ?? `${Deno.env.get("HOME") ?? "."}/.cache`
}/nss-newer-peers`;

/** OpenSSL 3.5: ML-KEM and its hybrids, ML-DSA, raw public keys. */
export const openssl35: () => Promise<NewerPeer<"openssl">> = peer({
  name: "openssl-3.5",
  packages: ["openssl/trixie", "libssl3t64/trixie", ...LIBRARIES],
  programs: ["openssl"],
  probe: { program: "openssl", args: ["version"], pattern: /^OpenSSL (3\.5\S*)/ },
  optional: true,
});

/** OpenSSL 4.0: ECH. */
export const openssl4: () => Promise<NewerPeer<"openssl">> = peer({
  name: "openssl-4",
  packages: ["openssl/experimental", "libssl4/experimental", ...LIBRARIES],
  programs: ["openssl"],
  probe: { program: "openssl", args: ["version"], pattern: /^OpenSSL (4\.\S*)/ },
  optional: true,
});

/** NSS 3.110: `selfserv` with ECH, `tstclnt`, `certutil`, `pk12util`. */
export const nss3110: () => Promise<
  NewerPeer<"selfserv" | "tstclnt" | "certutil" | "pk12util">
> = peer({
  name: "nss-3.110",
  packages: [
    "libnss3-tools/trixie",
    "libnss3/trixie",
    "libnspr4/trixie",
    "libsqlite3-0/trixie",
    ...LIBRARIES,
  ],
  programs: ["selfserv", "tstclnt", "certutil", "pk12util"],
  // None of them tells NSS's version; this one tells of options that old ones lack.
  probe: { program: "selfserv", args: ["-h"], pattern: /-z externalPsk/ },
  optional: true,
});

/** Valkey 8.1, which speaks as Redis does. */
export const valkey81: () => Promise<NewerPeer<"valkey-server">> = peer({
  name: "valkey-8.1",
  packages: [
    "valkey-server/trixie",
    "valkey-tools/trixie",
    "libatomic1/trixie",
    "libcap2/trixie",
    "libgcc-s1/trixie",
    "libjemalloc2/trixie",
    "liblzf1/trixie",
    "libssl3t64/trixie",
    "libstdc++6/trixie",
    "libsystemd0/trixie",
    ...LIBRARIES,
  ],
  programs: ["valkey-server"],
  probe: { program: "valkey-server", args: ["--version"], pattern: /v=(8\.1\S*)/ },
  optional: true,
});

function peer<Name extends string>(recipe: Recipe<Name>): () => Promise<NewerPeer<Name>> {
  let found: Promise<NewerPeer<Name>> | undefined;
  return () => found ??= find(recipe);
}

async function find<Name extends string>(recipe: Recipe<Name>): Promise<NewerPeer<Name>> {
  const { name, optional } = recipe;
  const folder = `${cache}/${name}`;
  if (!await exists(folder)) {
    const problem = await onlyOne(() => make(recipe, folder));
    if (problem !== null) return { ok: false, reason: problem, optional };
  }
  const { program, args, pattern } = recipe.probe;
  const probed = await programVersion(`${folder}/bin/${program}`, args, pattern);
  if (!probed.ok) return { ok: false, reason: `no ${name} here: ${probed.reason}`, optional };
  const version = await Deno.readTextFile(`${folder}/version`);
  return { ok: true, version, commands: commands(recipe.programs, folder) };
}

function commands<Name extends string>(
  programs: readonly Name[],
  folder: string,
): Record<Name, string>;
function commands(programs: readonly string[], folder: string): Record<string, string> {
  return Object.fromEntries(programs.map((name) => [name, `${folder}/bin/${name}`]));
}

async function exists(path: string): Promise<boolean> {
  try {
    await Deno.stat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/**
 * Runs while no other process does: test files run side by side. The lock ends with its process.
 */
async function onlyOne(work: () => Promise<string | null>): Promise<string | null> {
  await Deno.mkdir(cache, { recursive: true });
  using lock = await Deno.open(`${cache}/lock`, { create: true, write: true });
  for (let waited = 0; !await lock.tryLock(true); waited += 200) {
    if (waited > 2 * DOWNLOAD_TIMEOUT) return "another process still downloads the newer peers";
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return await work();
}

/** Downloads and unpacks a peer, unless another process has; returns why that failed. */
async function make(
  recipe: Recipe<string>,
  folder: string,
): Promise<string | null> {
  if (await exists(folder)) return null;
  const failure = `${folder}.failed`;
  const before = await Deno.stat(failure).catch(() => null);
  if (before?.mtime && Date.now() - before.mtime.getTime() < FAILURE_LIFETIME) {
    return await Deno.readTextFile(failure);
  }
  const work = await Deno.makeTempDir({ dir: cache, prefix: `${recipe.name}.` });
  try {
    await download(recipe.packages, work);
    await unpack(recipe.packages[0], work);
    await Deno.mkdir(`${work}/bin`);
    for (const program of recipe.programs) {
      const script = `${work}/bin/${program}`;
      await Deno.writeTextFile(script, await wrapper(program, work, folder), { mode: 0o755 });
    }
    await Deno.rename(work, folder);
    return null;
  } catch (error) {
    const reason = `cannot fetch ${recipe.name}: ${Error.isError(error) ? error.message : error}`;
    await Deno.writeTextFile(failure, reason);
    return reason;
  } finally {
    await Deno.remove(work, { recursive: true }).catch(() => {});
  }
}

/** Makes the script that runs a program; `exec` leaves the process's id as it is. */
async function wrapper(program: string, work: string, folder: string): Promise<string> {
  const loaders = Array.from(Deno.readDirSync(`${work}/root/usr/lib`))
    .filter(({ isDirectory }) => isDirectory)
    .map(({ name }) => `usr/lib/${name}`);
  for (const libraries of loaders) {
    const files = Array.from(Deno.readDirSync(`${work}/root/${libraries}`));
    const loader = files.find(({ name }) => /^ld-linux.*\.so\.\d$/.test(name));
    if (loader === undefined || !files.some(({ name }) => name === "libc.so.6")) continue;
    const root = `${folder}/root`;
    const modules = `OPENSSL_MODULES="${root}/${libraries}/ossl-modules"`;
    const config = await exists(`${work}/root/etc/ssl/openssl.cnf`)
      ? `OPENSSL_CONF="\${OPENSSL_CONF:-${root}/etc/ssl/openssl.cnf}" `
      : "";
    return `#!/bin/sh\n${config}${modules} exec "${root}/${libraries}/${loader.name}" \\\n` +
      `  --library-path "${root}/${libraries}" "${root}/usr/bin/${program}" "$@"\n`;
  }
  throw new Error("the packages have no loader");
}

/** Downloads packages of newer releases, by lists of their own. */
async function download(packages: readonly string[], work: string): Promise<void> {
  const mirror = await findMirror();
  await Deno.mkdir(`${work}/lists/partial`, { recursive: true });
  await Deno.mkdir(`${work}/apt/archives/partial`, { recursive: true });
  const keyring = "/usr/share/keyrings/debian-archive-keyring.gpg";
  const signed = await exists(keyring) ? `[signed-by=${keyring}] ` : "";
  const sources = RELEASES.map((release) => `deb ${signed}${mirror} ${release} main\n`).join("");
  await Deno.writeTextFile(`${work}/sources.list`, sources);
  // deno-fmt-ignore
  const apt = (...args: string[]): Promise<string> =>
    runOk("apt-get", ["-qq", "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=2",
      "-o", "Acquire::Languages=none", "-o", `Dir::Etc::SourceList=${work}/sources.list`,
      "-o", "Dir::Etc::SourceParts=/dev/null", "-o", `Dir::State::Lists=${work}/lists`,
      "-o", `Dir::Cache=${work}/apt`, ...args], { cwd: work, timeout: DOWNLOAD_TIMEOUT });
  await apt("update");
  await apt("download", ...packages);
}

/** Unpacks the packages to `work/root`, notes the first one's version, and leaves nothing else. */
async function unpack(first: string, work: string): Promise<void> {
  const [named] = first.split("/");
  for (const { name } of Array.from(Deno.readDirSync(work))) {
    // name_version_architecture.deb; a colon after the epoch is %3a.
    const [deb, version] = name.split("_");
    if (version !== undefined) await runOk("dpkg", ["-x", `${work}/${name}`, `${work}/root`]);
    await Deno.remove(`${work}/${name}`, { recursive: true });
    if (deb !== named || version === undefined) continue;
    await Deno.writeTextFile(`${work}/version`, version.replace(/^\d+%3a/, ""));
  }
}

/** Finds the address from which this machine has its own release. */
async function findMirror(): Promise<string> {
  const release = await Deno.readTextFile("/etc/os-release").catch(() => "");
  const codename = /^VERSION_CODENAME="?(\w+)/m.exec(release)?.[1];
  if (!/^ID="?debian"?$/m.test(release) || codename === undefined) {
    throw new Error("this machine runs no release of Debian");
  }
  const format = "$(REPO_URI) $(RELEASE) $(CODENAME) $(COMPONENT)";
  const targets = await runOk("apt-get", ["indextargets", "--format", format]);
  for (const line of targets.split("\n")) {
    const [uri, ...names] = line.split(" ");
    if (uri !== undefined && names.includes(codename) && names.includes("main")) return uri;
  }
  throw new Error(`apt's sources have no ${codename}`);
}
