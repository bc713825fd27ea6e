// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) moves the whole GiB, otherwise a tenth of it.

import { assertEquals, assertLess } from "@std/assert";
import { runOk } from "../support/process.ts";
import { note } from "../support/skip.ts";
import type { Outcome, Way } from "./_transfer.ts";

const MIB = 1 << 20;
const soak = Deno.env.get("NSS_SOAK") === "1";
const TIMEOUT = soak ? 900_000 : 120_000;

/** The bytes each way, fewer where they cost more time, and what the process may take meanwhile. */
const TRANSFERS: Readonly<Record<Way, { readonly whole: number; readonly maxRss: number }>> = {
  "read and write": { whole: 1024 * MIB, maxRss: 200 * MIB },
  "streams": { whole: 512 * MIB, maxRss: 200 * MIB },
  // Two connections inside of two others
  "TLS in TLS": { whole: 256 * MIB, maxRss: 300 * MIB },
};

for (const [way, { whole, maxRss }] of Object.entries(TRANSFERS)) {
  const length = Math.floor(soak ? whole : whole / 10);
  const title = `importFD() moves ${Math.floor(length / MIB)} MiB each way at once, by ${way}, ` +
    `unaltered and in less than ${maxRss / MIB} MiB of memory`;
  Deno.test(title, async () => {
    const program = `${import.meta.dirname}/_transfer.ts`;
    const args = ["run", "-A", "--no-check", program, way, String(length)];
    const output = await runOk(Deno.execPath(), args, { timeout: TIMEOUT });
    const { peakRss, startRss, up, down, received }: Outcome = JSON.parse(output);
    note(`${way}: rss ${mib(startRss)} at the start, ${mib(peakRss)} at the peak`);
    assertEquals(received, [length, length]);
    assertEquals(up[1], up[0]);
    assertEquals(down[1], down[0]);
    assertLess(peakRss, maxRss);
  });
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
