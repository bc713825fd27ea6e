// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) moves the whole GiB, otherwise a tenth of it.

import { assertEquals, assertLess } from "@std/assert";
import { runOk } from "../support/process.ts";
import { note } from "../support/skip.ts";
import type { Outcome, Way } from "./_transfer.ts";

const MIB = 1 << 20;
const MAX_RSS = 200 * MIB;
const soak = Deno.env.get("NSS_SOAK") === "1";
const TIMEOUT = soak ? 900_000 : 120_000;

/** The bytes each way; sockets in sockets and streams cost several times as much time. */
const LENGTHS: Readonly<Record<Way, number>> = {
  "read and write": 1024 * MIB,
  "streams": 512 * MIB,
  "TLS in TLS": 256 * MIB,
};

for (const [way, whole] of Object.entries(LENGTHS)) {
  const length = Math.floor(soak ? whole : whole / 10);
  const title = `importFD() moves ${Math.floor(length / MIB)} MiB each way at once, by ${way}, ` +
    "unaltered and in less than 200 MiB of memory";
  Deno.test(title, async () => {
    const program = new URL("_transfer.ts", import.meta.url).pathname;
    const args = ["run", "-A", "--no-check", program, way, String(length)];
    const output = await runOk(Deno.execPath(), args, { timeout: TIMEOUT });
    const { peakRss, startRss, up, down, received }: Outcome = JSON.parse(output);
    note(`${way}: rss ${mib(startRss)} at the start, ${mib(peakRss)} at the peak`);
    assertEquals(received, [length, length]);
    assertEquals(up[1], up[0]);
    assertEquals(down[1], down[0]);
    assertLess(peakRss, MAX_RSS);
  });
}

function mib(bytes: number): string {
  return `${(bytes / MIB).toFixed(0)} MiB`;
}
