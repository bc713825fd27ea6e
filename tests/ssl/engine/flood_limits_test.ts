// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import type { ErrorName } from "../../../cert/base/errors.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import {
  DATA_PER_MESSAGE,
  FloodLimits,
  MAX_EMPTY_RECORDS,
  MAX_KEY_UPDATES,
  MAX_NEW_SESSION_TICKETS,
  MAX_RENEGOTIATIONS,
  MAX_WARNING_ALERTS,
  TIME_PER_MESSAGE,
} from "../../../ssl/engine/flood_limits.ts";

type Count = Exclude<keyof FloodLimits, "takeData" | "resetEmptyRecords">;

const LIMITS: Readonly<Record<Count, readonly [limit: number, error: ErrorName]>> = {
  countEmptyRecord: [MAX_EMPTY_RECORDS, "SSL_ERROR_RX_UNEXPECTED_RECORD_TYPE"],
  countWarningAlert: [MAX_WARNING_ALERTS, "SSL_ERROR_RX_UNEXPECTED_ALERT"],
  countKeyUpdate: [MAX_KEY_UPDATES, "SSL_ERROR_TOO_MANY_KEY_UPDATES"],
  countNewSessionTicket: [MAX_NEW_SESSION_TICKETS, "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET"],
  countRenegotiation: [MAX_RENEGOTIATIONS, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED"],
};
const COUNTS = Object.keys(LIMITS) as Count[];
/** What a byte of data does not make up for. */
const COSTLY: readonly Count[] = ["countKeyUpdate", "countNewSessionTicket"];

/** Limits at a time that stands still. */
function newLimits(): FloodLimits {
  return new FloodLimits(() => 0);
}

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
    const floods = newLimits();
    times(limit, () => floods[count]());
    refuses(floods);
  });

  Deno.test(`FloodLimits.takeData() lets ${count}() begin anew`, () => {
    const floods = newLimits();
    times(limit, () => floods[count]());
    floods.takeData(COSTLY.includes(count) ? limit * DATA_PER_MESSAGE : 1);
    times(limit, () => floods[count]());
    refuses(floods);
  });

  Deno.test(`FloodLimits.resetEmptyRecords() and ${count}()`, () => {
    const floods = newLimits();
    times(limit, () => floods[count]());
    floods.resetEmptyRecords();
    if (count === "countEmptyRecord") floods[count]();
    else refuses(floods);
  });
}

Deno.test("FloodLimits counts each kind apart", () => {
  const floods = newLimits();
  for (const count of COUNTS) times(LIMITS[count][0], () => floods[count]());
});

for (const count of COSTLY) {
  const [limit] = LIMITS[count];

  Deno.test(`FloodLimits.${count}() and a byte in turn come to the limit`, () => {
    const floods = newLimits();
    times(limit, () => {
      floods[count]();
      floods.takeData(1);
    });
    assertThrows(() => times(2, () => floods[count]()), SslError); // 32 bytes are a part of one
  });

  Deno.test(`FloodLimits.${count}() and DATA_PER_MESSAGE in turn have no end, one byte less has one`, () => {
    for (const less of [0, 1]) {
      const floods = newLimits();
      const run = () =>
        times(100 * DATA_PER_MESSAGE, () => {
          floods[count]();
          floods.takeData(DATA_PER_MESSAGE - less);
        });
      if (less === 0) run();
      else assertThrows(run, SslError);
    }
  });

  Deno.test(`FloodLimits.${count}() and a byte each TIME_PER_MESSAGE have no end, a little earlier they have`, () => {
    for (const less of [0, 20]) {
      let now = 1e12;
      const floods = new FloodLimits(() => now);
      const run = () =>
        times(10_000, () => {
          floods[count]();
          now += TIME_PER_MESSAGE - less;
          floods.takeData(1);
        });
      if (less === 0) run();
      else assertThrows(run, SslError);
    }
  });

  Deno.test(`FloodLimits.${count}() is not paid for by time without data, by time before it, or by a clock that is set back`, () => {
    let now = 1e12;
    const floods = new FloodLimits(() => now);
    now += 1e6;
    times(limit, () => floods[count]());
    now -= 1e6;
    floods.takeData(1);
    floods.takeData(0);
    assertThrows(() => floods[count](), SslError);
    now += 1e9;
    assertThrows(() => floods[count](), SslError);
  });
}
