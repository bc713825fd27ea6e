// Copyright 2026 the NSS for Deno authors. MIT license.

/** The rules of architecture.md that a machine can check; each returns what breaks it. @module */

import { type Import, LAYERS, resolveImport, type Source } from "./_source.ts";

/** Packages that published files may use; `@std/assert` is for tests and examples. */
const PACKAGES = /^@std\/(?:crypto|encoding|streams)(?:\/|$)/;

/** `cert <- pkcs11 <- ssl <- mod.ts <- cli`: a higher number may import a lower one. */
function layerOf(path: string): number {
  const index = LAYERS.findIndex((layer) => path.startsWith(`${layer}/`));
  return index < 0 ? LAYERS.indexOf("cli") - 0.5 : index;
}

/** Nothing imports to the right, not even types. */
export function layerProblems(source: Source): string[] {
  return source.imports.flatMap(({ specifier }) => {
    const target = resolveImport(source.path, specifier);
    if (target === null || layerOf(target) <= layerOf(source.path)) return [];
    return [`${source.path} imports ${target}, which is in a higher layer`];
  });
}

/**
 * The rooms of a package, from the highest to the lowest; what stands in one row forms no circle.
 */
export const ROOMS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  cert: [
    ["create", "format"],
    ["revocation"],
    ["verify"],
    ["db"],
    ["certificate"],
    ["extensions"],
    ["names"],
    ["der"],
    ["base"],
  ],
  pkcs11: [
    ["context"],
    ["kv", "module", "nss_db"],
    ["slots"],
    ["pkcs12", "token"],
    ["keys"],
    ["pbe"],
  ],
  ssl: [
    ["http"],
    ["node"],
    ["nss"],
    ["connection"],
    ["engine"],
    ["handshake"],
    ["authentication", "session"],
    ["config"],
    ["record"],
    ["crypto"],
    ["messages"],
    ["extensions"],
    ["base"],
    ["tables", "wire"],
  ],
  cli: [
    ["ca"],
    ["scan"],
    ["inspect"],
    ["net"],
    ["explain"],
    ["store"],
    ["base"],
  ],
};

/** The rooms that stand above the files at the root of their package. */
const ABOVE_THE_ROOT: readonly string[] = ["http", "node"];

/** The rooms that make objects of Node's: their files import `node:` at once, and nobody them. */
const NODE_ROOMS = /(?:^|\/)ssl\/(?:http|node)\//;

/** What the program imports of Node's at once. */
const CLI_MODULES: ReadonlySet<string> = new Set(["node:util"]);

/** The folder of the program, whose modules nothing else imports. */
const CLI = /(?:^|\/)cli\//;

/**
 * The folders of `ssl/handshake/`, from the highest to the lowest: what begins a handshake, its
 * versions, what both ends share.
 */
const HANDSHAKE_ROOMS: readonly (readonly string[])[] = [
  ["client", "server"],
  ["client/tls12", "client/tls13", "server/tls12", "server/tls13"],
  ["tls12", "tls13"],
  [""],
];

/**
 * The room of a file; `""` for the files at the root of a package, which stand above its rooms but
 * for {@linkcode ABOVE_THE_ROOT}.
 */
function roomOf(path: string): string {
  const parts = path.split("/");
  return parts.length === 2 ? "" : parts[1]!;
}

/**
 * The imports of one room of a package from a higher one or one of its row, types included.
 *
 * @returns As `ssl/nss/peer_names.ts -> ssl/ssl_socket.ts`.
 */
export function roomProblems(source: Source): string[] {
  const [layer] = source.path.split("/");
  const rows = ROOMS[layer!];
  const room = roomOf(source.path);
  if (rows === undefined) return [];
  const rankIn = (name: string) => rows.findIndex((row) => row.includes(name));
  const root = Math.max(-1, ...ABOVE_THE_ROOT.map(rankIn)) + 0.5;
  const rank = (name: string) => name === "" ? root : rankIn(name);
  if (room !== "" && rank(room) < 0) return [`${source.path} is in no room`];
  return source.imports.flatMap(({ specifier }) => {
    const target = resolveImport(source.path, specifier);
    if (target === null || !target.startsWith(`${layer}/`)) return [];
    const other = roomOf(target);
    if (other === room || rank(other) > rank(room)) return [];
    return [`${source.path} -> ${target}`];
  });
}

/**
 * The imports of one folder of `ssl/handshake/` from a higher one, or from one in the same row,
 * types included.
 *
 * @returns As `ssl/handshake/client/tls12/connected.ts -> ssl/handshake/client/start.ts`.
 */
export function handshakeProblems({ path, imports }: Source): string[] {
  const rank = (file: string) => {
    const folder = /^ssl\/handshake\/(?:(.*)\/)?[^/]+$/.exec(file);
    return folder && HANDSHAKE_ROOMS.findIndex((row) => row.includes(folder[1] ?? ""));
  };
  const own = rank(path);
  if (own === null) return [];
  if (own < 0) return [`${path} is in no room`];
  const folderOf = (file: string) => file.slice(0, file.lastIndexOf("/"));
  return imports.flatMap(({ specifier }) => {
    const target = resolveImport(path, specifier);
    const other = target === null ? null : rank(target);
    if (target === null || other === null || folderOf(target) === folderOf(path)) return [];
    return other > own ? [] : [`${path} -> ${target}`];
  });
}

/**
 * Imports lead to published files, to @std, or to node:, lazily but in {@linkcode NODE_ROOMS};
 * never to npm:, a URL or a test.
 */
export function importProblems(source: Source): string[] {
  return source.imports.flatMap((entry) => {
    const state = importState(source, entry);
    return state === null ? [] : [`${source.path} imports ${entry.specifier}, ${state}`];
  });
}

function importState(source: Source, { specifier, dynamic, typeOnly }: Import): string | null {
  const target = resolveImport(source.path, specifier);
  if (target !== null) {
    const published = !target.includes("/") ||
      LAYERS.some((layer) => target.startsWith(`${layer}/`));
    return published ? null : "which is not published";
  }
  if (specifier.startsWith("node:")) {
    const isAllowed = CLI.test(source.path)
      ? CLI_MODULES.has(specifier)
      : dynamic || typeOnly || NODE_ROOMS.test(source.path);
    return isAllowed ? null : "which must be a lazy import()";
  }
  return PACKAGES.test(specifier) ? null : "which is no package of this project";
}

const USES_DENO = "This module uses Deno";
const USES_NODE = "This module uses node:";

/** Only files whose header says so touch `Deno` or `node:`, and no header says so in vain. */
export function platformProblems(source: Source): string[] {
  const usesDeno = /\bDeno\b/.test(source.code);
  const usesNode = source.imports.some(({ specifier }) => specifier.startsWith("node:"));
  return [
    ...compare(source, USES_DENO, usesDeno),
    ...compare(source, USES_NODE, usesNode),
  ];
}

function compare({ path, header }: Source, sentence: string, uses: boolean): string[] {
  if (header.includes(sentence) === uses) return [];
  return [uses ? `${path} does not say "${sentence}"` : `${path} says "${sentence}" in vain`];
}

/** Ring 0: bytes and typed values, tables, limits. */
const RING_0 =
  /^(?:cert\/der\/(?:der_reader|der_writer|dotted_oid|tag)\.ts|ssl\/(?:wire|tables|messages|extensions)\/.*|ssl\/record\/(?:header|deframer|fragmenter)\.ts)$/;

/** Ring 1: cryptography, with time and randomness as arguments. */
const RING_1 =
  /^(?:cert\/.*|ssl\/(?:engine|handshake|authentication|record|crypto)\/.*|ssl\/base\/(?:alerts|errors)\.ts|ssl\/session\/(?:(?:find|keep|accept)_session|session_ticket)\.ts)$/;

/**
 * What makes certificates for people, or looks for one, takes the clock by default, and a random
 * serial number. The arithmetic of large RSA keys lets timers run between its slices. `inTime()` is
 * for ring 2: ring 1 may not call it.
 */
const RING_1_EXCEPTIONS: ReadonlySet<string> = new Set([
  "cert/base/runtime.ts",
  "ssl/authentication/get_client_auth_data.ts",
  "cert/create/create_certificate.ts",
  "cert/verify/large_rsa.ts",
  "cert/verify/verify_cert_now.ts",
]);

/** What ring 0 may import besides itself: errors. */
const RING_0_IMPORTS =
  /^(?:cert\/base\/(?:bytes|errors|error_table|webcrypto)\.ts|ssl\/base\/(?:errors|alerts)\.ts)$/;

/** Files that own a transport. */
const TRANSPORT_OWNERS = /^ssl\/(?:connection\/\w+|import_fd|ssl_socket|ssl_listener)\.ts$/;

const FORBIDDEN_0 = new Map<string, RegExp>([
  ["Promise", /\bPromise\b/],
  ["async", /\basync\b/],
  ["await", /\bawait\b/],
  ["crypto", /\bcrypto\b/],
  ["Date", /\bDate\b/],
]);

const FORBIDDEN_1 = new Map<string, RegExp>([
  ["the clock", /\bDate\.now\b|\bnew Date\(\s*\)|\bperformance\.|\bTemporal\.Now\b/],
  ["randomness", /\bgetRandomValues\b|\brandomUUID\b|\bMath\.random\b/],
  ["timers", /\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b|\binTime\(/],
  ["I/O", /\bfetch\(|\bDeno\b|\bnew (?:WebSocket|Worker)\b/],
]);

/** Rings: where async, cryptography, time, randomness and I/O begin. */
export function ringProblems(source: Source): string[] {
  const { path, code, imports } = source;
  const problems: string[] = [];
  const forbid = (ring: number, words: ReadonlyMap<string, RegExp>): void => {
    for (const [what, pattern] of words) {
      if (pattern.test(code)) problems.push(`${path} is of ring ${ring} and uses ${what}`);
    }
  };
  const inRing0 = RING_0.test(path);
  if (inRing0) forbid(0, FORBIDDEN_0);
  if (inRing0 || (RING_1.test(path) && !RING_1_EXCEPTIONS.has(path))) {
    forbid(inRing0 ? 0 : 1, FORBIDDEN_1);
  }
  for (const { specifier, typeOnly } of imports) {
    const target = resolveImport(path, specifier);
    if (target === null || typeOnly) continue;
    if (inRing0 && !RING_0.test(target) && !RING_0_IMPORTS.test(target)) {
      problems.push(`${path} is of ring 0 and imports ${target}`);
    } else if (RING_1.test(path) && TRANSPORT_OWNERS.test(target)) {
      problems.push(`${path} is of ring 1 and imports ${target}`);
    }
  }
  return problems;
}

/** What prints: only the program does, in one file. */
const PRINTS = /\bconsole\.|\bDeno\.std(?:out|err)\b/;
const PRINTER = "cli/base/io.ts";
/** As `Deno.serve` does by default, `serve()` tells standard error what a handler has thrown. */
const TELLS_ERRORS = "ssl/http/exchange.ts";

/** A library prints nothing, and the program by its one file, which knows terminals and pipes. */
export function printProblems({ path, code }: Source): string[] {
  return path !== PRINTER && path !== TELLS_ERRORS && PRINTS.test(code)
    ? [`${path} prints; only ${PRINTER} may`]
    : [];
}

/** Names and forms that every file keeps to. */
export function formProblems({ path, code, text }: Source): string[] {
  const problems: string[] = [];
  if (!/^(?:[a-z0-9_]+\/)*[a-z0-9_]+\.ts$/.test(path)) problems.push(`${path} is not snake_case`);
  if (!text.startsWith("// Copyright 2026 the NSS for Deno authors. MIT license.\n")) {
    problems.push(`${path} does not begin with the copyright line`);
  }
  if (/\bas unknown as\b/.test(code)) problems.push(`${path} casts by way of unknown`);
  if (/@ts-(?:ignore|expect-error|nocheck)/.test(text)) {
    problems.push(`${path} silences TypeScript`);
  }
  return problems;
}

/** The part of deno.json that {@linkcode exportProblems} reads. */
export interface Manifest {
  /** The entry points. */
  readonly exports: Readonly<Record<string, string>>;
}

/** The room in a path, as `ssl/nss/` without its package. */
function withoutRoom(path: string): string {
  const [layer, room, ...rest] = path.split("/");
  return ROOMS[layer!]?.flat().includes(room!) ? [layer, ...rest].join("/") : path;
}

/** The name of the entry point that a file would be. */
function entryName(path: string): string {
  const name = path.replace(/(?:^|\/)mod\.ts$|\.ts$/, "").replaceAll("_", "-");
  return name === "" ? "." : `./${name}`;
}

/**
 * Each entry point exists, and its kebab-case name is that of its file; rooms need not be part of
 * it, nor the package of {@linkcode NODE_ROOMS}.
 */
export function exportProblems(manifest: Manifest, paths: ReadonlySet<string>): string[] {
  return Object.entries(manifest.exports).flatMap(([name, target]) => {
    const path = target.replace(/^\.\//, "");
    const problems: string[] = [];
    if (!paths.has(path)) problems.push(`export ${name} leads to ${target}, which does not exist`);
    const ofNode = NODE_ROOMS.test(path) ? [path.replace("ssl/", "")] : [];
    const names = [path, withoutRoom(path), ...ofNode].map(entryName);
    if (!names.includes(name)) problems.push(`export ${name} does not have the name of ${target}`);
    if (/(?:^|\/)_/.test(path)) {
      problems.push(`export ${name} leads to ${target}, which is private`);
    }
    return problems;
  });
}

/** The part of `deno info --json` that {@linkcode graphProblems} reads. */
export interface ModuleGraph {
  /** The modules, with their imports. */
  readonly modules: readonly {
    readonly specifier: string;
    readonly kind?: string;
    /** The length of the source in bytes. */
    readonly size?: number;
    readonly dependencies?: readonly {
      readonly specifier: string;
      readonly code?: { readonly specifier?: string };
      readonly isDynamic?: boolean;
    }[];
  }[];
}

/**
 * No static path leads from an entry point to a `node:` or `npm:` module, or to one of those marked
 * heavy; those in {@linkcode NODE_ROOMS} may use `node:`.
 *
 * @param heavy Tells whether a module's address is of a file that opens a library (FFI) or Deno KV.
 */
export function graphProblems(
  graph: ModuleGraph,
  root: string,
  heavy: (specifier: string) => boolean,
): string[] {
  const modules = new Map(graph.modules.map((module) => [module.specifier, module]));
  const isCli = CLI.test(root);
  const forbidden = NODE_ROOMS.test(root) ? /^npm:/ : /^(?:node|npm):/;
  const problems: string[] = [];
  const seen = new Set([root]);
  const queue = [[root]];
  for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
    const from = path.at(-1)!;
    if (forbidden.test(from) && !(isCli && CLI_MODULES.has(from)) || heavy(from)) {
      problems.push(`a static path leads to ${from}: ${path.join(" -> ")}`);
      continue;
    }
    for (const { code, isDynamic } of modules.get(from)?.dependencies ?? []) {
      const target = code?.specifier;
      if (target === undefined || isDynamic || seen.has(target)) continue;
      seen.add(target);
      queue.push([...path, target]);
    }
  }
  return problems;
}
