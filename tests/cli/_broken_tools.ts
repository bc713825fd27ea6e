// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What other tools print of the ten broken servers, and the page that has it beside ours.
 *
 * @module
 */

import { programVersion, run, runOk } from "../support/process.ts";
import { table } from "../support/generated_page.ts";
import { BROKEN_SERVERS, type BrokenServer, type Files } from "./_broken_servers.ts";

/** How long a tool may wait for a silent server, in milliseconds. */
const TIMEOUT = 3000;

/** Where a tool finds what it needs. */
interface Place {
  /** The port of the server. */
  readonly port: number;
  /** The root that it trusts. */
  readonly root: string;
  /** An NSS database that trusts the root. */
  readonly db: string;
  /** The files of the certificates that the server sends, its own first. */
  readonly chain: readonly [string, ...string[]];
}

/** A tool. */
export interface Tool {
  /** The command without what differs, as the page shows it. */
  readonly name: string;
  /** The program. */
  readonly program: string;
  /** What tells its version; where it has none, that of another of its package. */
  readonly version: readonly [program: string, args: readonly string[], pattern: RegExp];
  /** Its arguments. */
  readonly args: (place: Place) => readonly string[];
  /** What is most telling in its output; the first pattern that matches, its last match. */
  readonly telling: readonly RegExp[];
  /** Whether it looks at files of certificates, not at servers. */
  readonly looksAtFiles?: boolean;
}

const OPENSSL = ["openssl", ["version"], /^OpenSSL (\S+)/] as const;
// NSS's tools tell no version
const NSS_VERSION = [
  "dpkg-query",
  ["-W", "-f", "${Version}", "libnss3-tools"],
  /^(?:\d+:)?(\d[\d.]+)/,
] as const;

/** The tools. */
export const TOOLS: readonly Tool[] = [
  {
    name: "openssl s_client",
    program: "openssl",
    version: OPENSSL,
    // deno-fmt-ignore
    args: ({ port, root }) => ["s_client", "-connect", `127.0.0.1:${port}`, "-servername",
      "localhost", "-verify_hostname", "localhost", "-CAfile", root],
    telling: [/error:\w+:[^:]*:[^:]*:[^:\n]*/g, /Verify return code: .*/g],
  },
  {
    name: "openssl verify",
    program: "openssl",
    version: OPENSSL,
    // deno-fmt-ignore
    args: ({ root, chain: [leaf, ...others] }) => ["verify", "-CAfile", root, "-verify_hostname",
      "localhost", ...others.flatMap((file) => ["-untrusted", file]), leaf],
    telling: [/error \d+ at .*/g, /: OK$/gm],
    looksAtFiles: true,
  },
  {
    name: "curl",
    program: "curl",
    version: ["curl", ["--version"], /^curl (\S+)/],
    // deno-fmt-ignore
    args: ({ port, root }) => ["-svS", "--max-time", `${TIMEOUT / 1000 - 1}`, "--cacert", root,
      `https://localhost:${port}/`],
    telling: [/curl: \((?!28\))\d+\) .*/g, /SSL certificate verify ok/g, /curl: \(28\) .*/g],
  },
  {
    name: "gnutls-cli",
    program: "gnutls-cli",
    version: ["gnutls-cli", ["--version"], /gnutls-cli (\S+)/],
    // deno-fmt-ignore
    args: ({ port, root }) => ["--x509cafile", root, "--verify-hostname", "localhost",
      "--sni-hostname", "localhost", "127.0.0.1", "-p", `${port}`],
    telling: [
      /Status: .*NOT trusted.*/g,
      /Received alert .*/g,
      /\*\*\* Fatal error: .*/g,
      /Status: .*/g,
    ],
  },
  {
    name: "tstclnt",
    program: "tstclnt",
    version: NSS_VERSION,
    // deno-fmt-ignore
    args: ({ port, db }) => ["-h", "127.0.0.1", "-p", `${port}`, "-a", "localhost", "-d", db, "-Q",
      "-T"],
    telling: [/S\w+_ERROR_\w+: .*/g, /Received \d+ Cert Status items.*/g],
  },
  {
    name: "vfychain",
    program: "vfychain",
    version: NSS_VERSION,
    args: ({ db, chain }) => ["-d", db, "-pp", "-u", "1", "-a", ...chain],
    telling: [/^ *(?:ERROR -\d+: )?.*issuer.*recognized.*|ERROR -\d+: .*/gim, /Chain is \w+!/g],
    looksAtFiles: true,
  },
  {
    name: "certutil -V",
    program: "certutil",
    version: NSS_VERSION,
    args: ({ db }) => ["-V", "-d", db, "-n", "server", "-u", "V"],
    telling: [/certificate is .*/g],
    looksAtFiles: true,
  },
];

/** What a tool says. */
export interface Said {
  /** The exit code; `null` where it waits without end. */
  readonly code: number | null;
  /** The most telling line. */
  readonly line: string;
}

/** Whether a server has certificates to look at. */
export function hasCertificates({ name }: BrokenServer): boolean {
  return !["not TLS", "silent", "no shared suite", "TLS 1.0 only"].includes(name);
}

/** Asks a tool. */
async function ask(tool: Tool, place: Place, waits: boolean): Promise<Said> {
  const end = { ...waits ? { interactive: true } : { input: "Q\n" } };
  const result = await run(tool.program, { args: tool.args(place), ...end, timeout: TIMEOUT })
    .catch((error: Error) => ({ code: null, stdout: error.message, stderr: "" }));
  const text = result.stdout + result.stderr;
  const line = tool.telling.map((pattern) => text.match(pattern)?.at(-1)).find((one) => one) ?? "";
  // The servers answer no request, which is no fault of their TLS
  const isDone = tool.program === "curl" && /verify ok/.test(line);
  return { code: isDone ? 0 : result.code, line: stable(line, place) };
}

/** A line without what differs from run to run. */
function stable(line: string, { port, chain }: Place): string {
  let text = line.replaceAll(`${port}`, "PORT").replaceAll(/OpenSSL\/[\d.]+: /g, "");
  for (const file of chain) text = text.replaceAll(file, file.split("/").at(-1)!);
  return text.replaceAll(/^: OK/g, "OK").replaceAll(/after \d+ milliseconds/g, "in time")
    .trim();
}

/** Writes the certificates that a server sends into files, as openssl prints them. */
async function fetchChain(port: number, folder: string): Promise<[string, ...string[]]> {
  const { stdout } = await run("openssl", {
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-showcerts"],
    input: "Q\n",
    timeout: TIMEOUT,
  });
  const found = stdout.match(/-----BEGIN CERTIFICATE-----[^]*?-----END CERTIFICATE-----/g) ?? [];
  const files = await Promise.all(found.map(async (pem, i) => {
    const path = `${folder}/${i === 0 ? "server" : `sent-${i}`}.pem`;
    await Deno.writeTextFile(path, `${pem}\n`);
    return path;
  }));
  const [leaf, ...others] = files;
  if (leaf === undefined) throw new Error(`Cannot find a certificate: ${stdout}`);
  return [leaf, ...others];
}

/** Asks all tools of a server; those that look at files only where it has certificates. */
export async function askTools(
  server: BrokenServer,
  files: Files,
): Promise<ReadonlyMap<string, Said>> {
  const folder = await Deno.makeTempDir({ dir: files.directory });
  const db = `sql:${folder}`;
  await using running = await server.start(files);
  const { port } = running;
  const isLookedAt = hasCertificates(server);
  const chain = isLookedAt ? await fetchChain(port, folder) : ["none"] as [string];
  await runOk("certutil", ["-N", "--empty-password", "-d", db]);
  const add = (name: string, trust: string, file: string) =>
    runOk("certutil", ["-A", "-d", db, "-n", name, "-t", trust, "-a", "-i", file]);
  await add("root", "C,,", files.root);
  const said = new Map<string, Said>();
  for (const tool of TOOLS) {
    if (tool.looksAtFiles && !isLookedAt) continue;
    // What the database has is known to tstclnt, too
    if (tool.program === "certutil") {
      for (const [i, file] of chain.entries()) await add(i === 0 ? "server" : `${i}`, ",,", file);
    }
    const place = { port, root: files.root, db, chain };
    said.set(tool.name, await ask(tool, place, server.name === "client certificate wanted"));
  }
  return said;
}

function code(text: string): string {
  return text === "" ? "nothing" : `\`${text.replaceAll("|", "\\|")}\``;
}

/** What ours says, as a cell. */
export function oursOf({ cause, cure }: BrokenServer): string {
  const text = `${cause.join(" ... ")}; to fix: ${cure.join(" ... ")}`;
  return text.replaceAll(/[\\|*_<>`[\]]/g, "\\$&");
}

/** The heading and the rows of a server. */
function serverSection(server: BrokenServer, said: ReadonlyMap<string, Said>): string {
  const { name, exit } = server;
  return [
    `### ${name[0]!.toUpperCase()}${name.slice(1)}`,
    table(["tool", "exit", "its most telling line"], [
      ["**`nss client`**", `${exit}`, oursOf(server)],
      ...[...said].map(([tool, one]) => [
        `\`${tool}\``,
        one.code === null ? "never" : `${one.code}`,
        code(one.line),
      ]),
    ]),
  ].join("\n\n");
}

/** What a tool makes of a server, in short. */
function verdict(said: Said | undefined): string {
  if (said === undefined) return "-";
  if (said.code === null) return "waits";
  return said.code === 0 ? "**0**" : `${said.code}`;
}

/** The page. */
export async function brokenServersPage(files: Files): Promise<string> {
  const versions = await Promise.all(TOOLS.map(async ({ version, name }) => {
    const found = await programVersion(...version);
    if (!found.ok) throw new Error(`Cannot ask ${name}: ${found.reason}`);
    return `\`${name}\` ${found.version}`;
  }));
  const said: (readonly [BrokenServer, ReadonlyMap<string, Said>])[] = [];
  for (const server of BROKEN_SERVERS) said.push([server, await askTools(server, files)]);
  return [
    "# Ten broken servers, and what tools say of them",
    "This page is written by `deno task broken-servers`, which starts each server and asks each " +
    "tool; `deno task soak` holds it to what they say. All trust one root, and ask for " +
    "`localhost`.",
    `The tools: ${
      versions.join(", ")
    }. \`mkcert\` makes certificates and looks at none. They are ` +
    "called as most people do, by their defaults: `openssl s_client -verify_return_error` ends with " +
    "1 where it prints an error, `curl --cert-status` demands a stapled response, and `vfychain -g " +
    "leaf -m ocsp` asks a responder. `openssl verify`, `vfychain` and `certutil -V` look at the certificates that the server has " +
    "sent, as files.",
    "## Exit codes",
    "What a script sees: a bold **0** is a tool that has noticed nothing (or says it in its output " +
    "alone), `waits` one that has not ended in three seconds.",
    table(
      ["server", "`nss client`", ...TOOLS.map(({ name }) => `\`${name}\``)],
      said.map(([{ name, exit }, answers]) => [
        name,
        `${exit}`,
        ...TOOLS.map((tool) => verdict(answers.get(tool.name))),
      ]),
    ),
    "## What they say",
    ...said.map(([server, answers]) => serverSection(server, answers)),
  ].join("\n\n") + "\n";
}
