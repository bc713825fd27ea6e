// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import type { ErrorName } from "../../../cert/base/errors.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import {
  FloodLimits,
  MAX_EMPTY_RECORDS,
  MAX_KEY_UPDATES,
  MAX_NEW_SESSION_TICKETS,
  MAX_RENEGOTIATIONS,
  MAX_WARNING_ALERTS,
} from "../../../ssl/engine/flood_limits.ts";

type Count = Exclude<keyof FloodLimits, "reset" | "resetEmptyRecords">;

const LIMITS: Readonly<Record<Count, readonly [limit: number, error: ErrorName]>> = {
  countEmptyRecord: [MAX_EMPTY_RECORDS, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
  countWarningAlert: [MAX_WARNING_ALERTS, "SSL_ERROR_RX_UNEXPECTED_ALERT"],
  countKeyUpdate: [MAX_KEY_UPDATES, "SSL_ERROR_TOO_MANY_KEY_UPDATES"],
  countNewSessionTicket: [MAX_NEW_SESSION_TICKETS, "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET"],
  countRenegotiation: [MAX_RENEGOTIATIONS, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED"],
};
const COUNTS = Object.keys(LIMITS) as Count[];

function times(count: number, action: () => void): void {
  for (let i = 0; i < count; i++) action();
}

for (const count of COUNTS) {
  const [limit, name] = LIMITS[count];
  const refuses = (floods: FloodLimits) => {
    const error = assertThrows(() => floods[count](), SslError);
    assertEquals([error.name, error.message.includes(` ${limit} `)], [name, true], error.message);
  };

  Deno.test(`FloodLimits.${count}() takes so many in a row, and one more not`, () => {
    const floods = new FloodLimits();
    times(limit, () => floods[count]());
    refuses(floods);
  });

  Deno.test(`FloodLimits.reset() lets ${count}() begin anew`, () => {
    const floods = new FloodLimits();
    times(limit, () => floods[count]());
    floods.reset();
    times(limit, () => floods[count]());
    refuses(floods);
  });

  Deno.test(`FloodLimits.resetEmptyRecords() and ${count}()`, () => {
    const floods = new FloodLimits();
    times(limit, () => floods[count]());
    floods.resetEmptyRecords();
    if (count === "countEmptyRecord") floods[count]();
    else refuses(floods);
  });
}

Deno.test("FloodLimits counts each kind apart", () => {
  const floods = new FloodLimits();
  for (const count of COUNTS) times(LIMITS[count][0], () => floods[count]());
});
