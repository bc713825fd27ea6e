// Copyright 2026 the NSS for Deno authors. MIT license.

/** The flights of a handshake, drawn: time runs down, the client stands left. @module */

import { count } from "../base/text.ts";
import type { Flight } from "../net/flights.ts";
import { milliseconds } from "../net/report_text.ts";
import { type Markup, markup } from "./markup.ts";

/** The most flights that are drawn; a handshake has six at most. */
export const MAX_FLIGHTS = 12;

/** The most characters that have room above an arrow. */
const MAX_LABEL = 30;

const WIDTH = 340;
const CLIENT_X = 66;
const SERVER_X = 318;
const TOP = 44;
/** The room that a flight needs for its labels. */
const STEP = 62;
/** The room besides, in which the time between flights is drawn. */
const STRETCH = 90;
/** How much lower an arrow ends than it begins. */
const SLANT = 14;

/** The names of a flight's messages: all that fit, or the first and the last. */
export function flightLabel({ items }: Flight): string {
  const names = items.map(({ name }) => name)
    .filter((name, i, all) => name !== "change_cipher_spec" && name !== all[i - 1]);
  const whole = names.join(", ");
  if (whole.length <= MAX_LABEL) return whole || "change_cipher_spec";
  return `${names[0]} ... ${names.at(-1)}`;
}

interface Placed {
  readonly flight: Flight;
  readonly y: number;
}

/** Each flight has room for its labels; the time that passes stretches the rest. */
function place(flights: readonly Flight[]): readonly Placed[] {
  const whole = Math.max(1e-9, ...flights.map(({ at }) => at));
  return flights.map((flight, i) => ({
    flight,
    y: TOP + 22 + i * STEP + Math.round(STRETCH * flight.at / whole),
  }));
}

function arrow({ flight, y }: Placed): Markup {
  const { way, at, bytes } = flight;
  const [from, to] = way === "received" ? [CLIENT_X, SERVER_X] : [SERVER_X, CLIENT_X];
  const back = way === "received" ? -9 : 9;
  const end = y + SLANT;
  const middle = (CLIENT_X + SERVER_X) / 2;
  return markup`
<line class="${way}" x1="${from}" y1="${y}" x2="${to + back}" y2="${end}"/>
<path class="tip-${way}" d="M${to} ${end}l${back} -5.5v11z"/>
<text class="quiet" x="${CLIENT_X - 8}" y="${y + 4}" text-anchor="end">${milliseconds(at)}</text>
<text x="${middle}" y="${y - 5}" text-anchor="middle">${flightLabel(flight)}</text>
<text class="quiet" x="${middle}" y="${end + 15}" text-anchor="middle">${
    count(bytes, "byte")
  }</text>`;
}

/**
 * Draws flights as a server has seen them. What stands beside it has to say the same as text.
 *
 * @param flights The flights; only the first {@linkcode MAX_FLIGHTS} are drawn.
 */
export function drawFlights(flights: readonly Flight[]): Markup {
  const placed = place(flights.slice(0, MAX_FLIGHTS));
  const height = (placed.at(-1)?.y ?? TOP) + STEP - 16;
  return markup`<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-labelledby="timeline-name">
<title id="timeline-name">Timeline of ${
    count(placed.length, "flight")
  } between client and server; the table beside it has the same as text</title>
<text class="head" x="${CLIENT_X}" y="18" text-anchor="middle">client</text>
<text class="head" x="${SERVER_X}" y="18" text-anchor="end">server</text>
<line class="life" x1="${CLIENT_X}" y1="28" x2="${CLIENT_X}" y2="${height}"/>
<line class="life" x1="${SERVER_X}" y1="28" x2="${SERVER_X}" y2="${height}"/>${placed.map(arrow)}
</svg>`;
}
