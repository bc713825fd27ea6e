// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/leniency.md from the rows: `deno task leniency`. @module */

import { LENIENCIES, type Peer } from "../cert/_leniencies.ts";
import { table, withText } from "../support/generated_page.ts";
import { JUDGES } from "./_leniency_judges.ts";

const PAGE = new URL("../../docs/leniency.md", import.meta.url);
const PEERS = Object.keys(JUDGES) as Peer[];

/** The tables that the rows make. */
function tables(): string {
  const mark = (accepted: boolean | undefined): string =>
    accepted === undefined ? "" : accepted ? "accepts" : "refuses";
  return [
    "## What, and why",
    table(
      ["what", "who writes it", "accepted in", "`strict`'s clause"],
      LENIENCIES.map(({ what, writtenBy, acceptedIn, clause }) => [
        what,
        writtenBy,
        acceptedIn.length === 0
          ? "neither profile"
          : acceptedIn.map((profile) => `\`${profile}\``).join(", "),
        clause,
      ]),
    ),
    "## Who takes it",
    table(
      ["what", "`strict`", "`compatible`", ...PEERS.map((peer) => JUDGES[peer].name)],
      LENIENCIES.map(({ what, acceptedIn, peers }) => [
        what,
        mark(acceptedIn.includes("strict")),
        mark(acceptedIn.includes("compatible")),
        ...PEERS.map((peer) => mark(peers[peer])),
      ]),
    ),
  ].join("\n\n");
}

/** The page as the rows say it. */
export async function leniencyPage(): Promise<{ written: string; wanted: string }> {
  const written = await Deno.readTextFile(PAGE);
  return { written, wanted: withText(written, "tests/interop/leniency_page.ts", tables()) };
}

if (import.meta.main) await Deno.writeTextFile(PAGE, (await leniencyPage()).wanted);
