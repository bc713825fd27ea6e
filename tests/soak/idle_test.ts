// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertLess } from "@std/assert";
import { runOk } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";

const KIB = 1024;
const CONNECTIONS = 1000;
/** Deno's own client takes 118 KiB (design/performance.md, Section 4). */
const MAX_MEMORY = 40 * KIB;
const TITLE =
  `importFD() keeps ${CONNECTIONS} idle connections in at most 40 KiB each beside plain TCP`;

async function memoryPerEnd(kind: "tcp" | "tls"): Promise<number> {
  const program = `${import.meta.dirname}/_idle.ts`;
  const flags = ["run", "-A", "--no-check", "--v8-flags=--expose-gc"];
  const args = [...flags, program, kind, String(CONNECTIONS)];
  return JSON.parse(await runOk(Deno.execPath(), args, { timeout: 300_000 }));
}

if (Deno.env.get("NSS_SOAK") === "1") {
  Deno.test(TITLE, async () => {
    const tcp = await memoryPerEnd("tcp");
    const tls = await memoryPerEnd("tls");
    const kib = (bytes: number) => `${(bytes / KIB).toFixed(1)} KiB`;
    note(`idle connections: ${kib(tls)} at each end, of which plain TCP takes ${kib(tcp)}`);
    assertLess(tls - tcp, MAX_MEMORY);
  });
} else {
  skip(TITLE, "it takes a thousand handshakes; NSS_SOAK=1 (deno task soak) runs it", true);
}
