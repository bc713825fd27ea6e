// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  DENO,
  LEMON,
  NODE,
  NODE_ON_DENO,
  OURS,
  RECLAIM,
  RECORDS,
  SUBTLS,
  TCP,
} from "../measures/contenders.ts";
import { number } from "./numbers.ts";
import { type Results, valueOf } from "./results.ts";

/** A part of the chart: one measure. */
interface Panel {
  readonly title: string;
  readonly id: string;
  readonly key?: string;
  readonly who: readonly string[];
}

const STACKS = [OURS, SUBTLS, LEMON, RECLAIM, NODE, NODE_ON_DENO, DENO];

const PANELS: readonly Panel[] = [
  { title: "Receive, MB/s", id: "receive-shared", who: [RECORDS, ...STACKS] },
  { title: "Send, MB/s", id: "send-shared", who: [RECORDS, ...STACKS] },
  { title: "Full handshakes a second, client, 16 at once", id: "client-16", who: STACKS },
  { title: "Full handshakes a second, server, 16 at once", id: "server-16", who: STACKS },
  { title: "Resumed connections with an echo a second", id: "resumed-1.3", who: STACKS },
  { title: "A byte there and back, us (less is better)", id: "ping", who: [RECORDS, ...STACKS] },
  { title: "Idle client, KiB (less is better)", id: "idle", who: [TCP, ...STACKS] },
  { title: "Idle server, KiB (less is better)", id: "idle", key: "server", who: [TCP, ...STACKS] },
];

const WIDTH = 960;
const GAP = 24;
const PANEL_WIDTH = (WIDTH - 3 * GAP) / 2;
const LABEL_WIDTH = 140;
const VALUE_WIDTH = 60;
const BAR = 18;
const HEAD = 30;

const COLORS = { ours: "#1f6feb", reference: "#c9d1d9", other: "#8b949e" };

/** A bar a contender; the longest fills the width. */
function drawPanel(results: Results, panel: Panel, x: number, y: number): string {
  const bars = barsOf(results, panel);
  const longest = Math.max(...bars.map(({ value }) => value));
  const room = PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH;
  const lines = bars.map(({ who, value }, i) => {
    const top = y + HEAD + i * BAR;
    const length = Math.max(1, Math.round(room * value / longest));
    const color = who === OURS
      ? COLORS.ours
      : who === RECORDS || who === TCP
      ? COLORS.reference
      : COLORS.other;
    const weight = who === OURS ? ' font-weight="bold"' : "";
    const left = x + LABEL_WIDTH;
    return [
      `<text x="${left - 8}" y="${top + 12}" text-anchor="end"${weight}>${who}</text>`,
      `<rect x="${left}" y="${top + 2}" width="${length}" height="${BAR - 5}" fill="${color}" />`,
      `<text x="${left + length + 6}" y="${top + 12}"${weight}>${number(value)}</text>`,
    ].join("\n");
  });
  return [`<text x="${x}" y="${y + 14}" font-size="14" font-weight="bold">${panel.title}</text>`]
    .concat(lines).join("\n");
}

function barsOf(results: Results, { id, key, who }: Panel) {
  return who.flatMap((one) => {
    const value = valueOf(results, id, one, key);
    return value === undefined ? [] : [{ who: one, value }];
  });
}

/** The chart, as SVG. */
export function chart(results: Results): string {
  const panels = PANELS.filter((panel) => barsOf(results, panel).length > 0);
  const drawn: string[] = [];
  let y = GAP;
  for (let i = 0; i < panels.length; i += 2) {
    const row = panels.slice(i, i + 2);
    row.forEach((panel, column) => {
      drawn.push(drawPanel(results, panel, GAP + column * (PANEL_WIDTH + GAP), y));
    });
    const tallest = Math.max(...row.map((panel) => barsOf(results, panel).length));
    y += HEAD + tallest * BAR + GAP;
  }
  const { cpu, cores, deno } = results.machine;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${y + 10}" role="img" ` +
    `font-family="system-ui, sans-serif" font-size="12" fill="#1f2328">
<title>@nss/nss beside other TLS stacks</title>
<rect width="100%" height="100%" rx="8" fill="#ffffff" />
${drawn.join("\n")}
<text x="${GAP}" y="${y}" fill="#59636e">${cpu}, ${cores} cores, Deno ${deno}</text>
</svg>
`;
}
