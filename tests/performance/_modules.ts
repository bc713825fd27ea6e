// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

/**
 * Prints what a program loads by importing the root, and what more by its first handshake. A
 * program of its own, in which nothing else is loaded.
 *
 * @module
 */

import { Session } from "node:inspector";
import { connector, type Setup } from "./_native_peer.ts";

/** What a step loads of this project. */
export interface Loaded {
  readonly modules: number;
  /** Their length in KiB, without types. */
  readonly kib: number;
}

const ROOT = new URL("../../", import.meta.url).href;
const loaded = new Map<string, number>();

function watch(): void {
  const session = new Session();
  session.connect();
  session.on("Debugger.scriptParsed", ({ params }) => {
    if (params.url.startsWith(ROOT)) loaded.set(params.url, params.length ?? 0);
  });
  session.post("Debugger.enable");
}

function take(): Loaded {
  const bytes = loaded.values().reduce((sum, length) => sum + length, 0);
  const taken = { modules: loaded.size, kib: Math.round(bytes / 1024) };
  loaded.clear();
  return taken;
}

async function measure(setup: Setup): Promise<[imported: Loaded, handshake: Loaded]> {
  watch();
  take(); // this program
  const { importFD } = await import("../../mod.ts");
  const imported = take();
  await connector(importFD, setup)();
  return [imported, take()];
}

if (import.meta.main) {
  const measured = await measure(JSON.parse(Deno.args[0] ?? ""));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(measured)));
  Deno.exit();
}
