// Copyright 2026 the NSS for Deno authors. MIT license.

/** Ticket keys of processes with clocks that are wrong, over stores that fail. @module */

import { assert, assertEquals } from "@std/assert";
import { MAX_CLOCK_SKEW } from "../../../ssl/session/session_ticket.ts";
import { Prng } from "../../support/prng.ts";
import { type Fate, keyOf, Process, World } from "./_processes.ts";

const HOUR = 3_600_000;
const YEAR = 365 * 24 * HOUR;
const LIMITS = { lifetime: 48 * 3600, rotation: 24 * 3600 };
const ROTATION = LIMITS.rotation * 1000;
const LIFETIME = LIMITS.lifetime * 1000;

/** A ticket, and when it was made by the right clock. */
interface Made {
  readonly ticket: Uint8Array<ArrayBuffer>;
  readonly at: number;
}

/** Forgets those whose lifetime is over. */
function alive(made: readonly Made[], now: number): Made[] {
  return made.filter(({ at }) => now - at <= LIFETIME);
}

/** The oldest ticket of each key. */
function oldest(made: readonly Made[]): Made[] {
  return [...new Map(made.toReversed().map((one) => [keyOf(one.ticket), one])).values()];
}

Deno.test("TicketKeyRing: of three processes whose clocks are right, an hour ahead and an hour behind each takes every ticket of each for its whole lifetime, over two weeks", async () => {
  const world = new World();
  const processes = [0, MAX_CLOCK_SKEW, -MAX_CLOCK_SKEW]
    .map((skew) => new Process(world, LIMITS, skew));
  let made: Made[] = [];
  const names = new Set<string>();
  let opened = 0;
  for (const end = world.now + 14 * ROTATION; world.now < end; world.now += 6 * HOUR) {
    made = alive(made, world.now);
    for (const process of processes) {
      const ticket = (await process.seal())!;
      made.push({ ticket, at: world.now });
      names.add(keyOf(ticket));
      await process.settle();
    }
    for (const process of processes) {
      for (const { ticket } of made) {
        assert(await process.opens(ticket));
        opened++;
      }
    }
  }
  // One key a day, and each ticket was taken at the very end of its time, too
  assertEquals([names.size, opened > 3000], [14, true]);
});

Deno.test("TicketKeyRing: processes whose clocks are a year off do not take the ring from the others, nor turn it faster", async () => {
  const world = new World();
  const [one, two] = [0, 0].map(() => new Process(world, LIMITS));
  const wrong = [YEAR, -YEAR].map((skew) => new Process(world, LIMITS, skew));
  for (const first of [one!, ...wrong]) {
    world.loseRows();
    const processes = [first, ...[one!, two!, ...wrong].filter((process) => process !== first)];
    let made: Made[] = [];
    const names = new Set<string>();
    for (const end = world.now + 5 * ROTATION; world.now < end; world.now += 8 * HOUR) {
      made = alive(made, world.now);
      for (const process of processes) {
        const ticket = (await process.seal())!;
        await process.settle();
        names.add(keyOf(ticket));
        if (!wrong.includes(process)) made.push({ ticket, at: world.now });
      }
      for (const { ticket } of made) {
        for (const process of [one!, two!]) assert(await process.opens(ticket));
      }
    }
    assert(names.size <= 6, `${names.size}`);
    // Their own tickets are of another year
    for (const process of wrong) assertEquals(await one!.opens((await process.seal())!), false);
  }
});

Deno.test("TicketKeyRing: a clock that is set in either direction while the process runs costs no ticket of the others", async () => {
  for (const jump of [YEAR, -YEAR, 12 * HOUR, -12 * HOUR]) {
    const world = new World();
    const [one, jumping] = [0, 0].map(() => new Process(world, LIMITS));
    let made: Made[] = [];
    for (let i = 0; i < 15; i++) {
      made = alive(made, world.now);
      jumping!.skew = i % 5 === 4 ? jump : 0;
      for (const process of [one!, jumping!]) {
        const ticket = (await process.seal())!;
        if (process.skew === 0) made.push({ ticket, at: world.now });
        await process.settle();
      }
      for (const { ticket } of made) {
        assert(await one!.opens(ticket));
        if (jumping!.skew === 0) assert(await jumping!.opens(ticket));
      }
      world.now += 8 * HOUR;
    }
  }
});

/** The seeds, of which each is another course of events. */
const SEEDS = Array.from({ length: 3 }, (_, i) => i + 1);

Deno.test("TicketKeyRing: with delays, failures and lost answers every ticket opens everywhere for its lifetime, and keys turn on time", async (t) => {
  for (const seed of SEEDS) {
    await t.step(`seed ${seed}`, async () => {
      const prng = new Prng(seed);
      const world = new World();
      const network = () => {
        let bad = 0;
        let good = 0;
        return {
          fate: (): Fate => {
            if (good > 0) good--;
            else if (prng.integer(0, 3) === 0) {
              // Three in a row would open the circuit, for longer than this test takes
              if (++bad % 2 === 0) good = 16;
              return prng.integer(0, 1) === 0 ? "fails" : "loses the answer";
            }
            return "answers";
          },
          delay: async () => {
            for (let i = prng.integer(0, 3); i > 0; i--) {
              await new Promise((done) => setTimeout(done));
            }
          },
        };
      };
      const processes = [0, MAX_CLOCK_SKEW, -MAX_CLOCK_SKEW, YEAR]
        .map((skew) => new Process(world, LIMITS, skew, network()));
      const far = processes[3]!;
      while ((await Promise.all(processes.map((one) => one.seal()))).includes(null));
      let made: Made[] = [];
      const names = new Set<string>();
      for (const end = world.now + 8 * ROTATION; world.now < end;) {
        world.now += HOUR + prng.integer(0, 4 * HOUR);
        made = alive(made, world.now);
        const tickets = await Promise.all(processes.map((one) => one.seal()));
        await Promise.all(processes.map((one) => one.settle()));
        for (const [i, ticket] of tickets.entries()) {
          names.add(keyOf(ticket));
          if (processes[i] !== far) made.push({ ticket: ticket!, at: world.now });
        }
        for (const process of processes) {
          if (process === far) continue;
          for (const { ticket } of oldest(made)) assert(await process.opens(ticket));
        }
      }
      assert(names.size >= 5 && names.size <= 9, `${names.size} keys in 8 rotations`);
    });
  }
});
