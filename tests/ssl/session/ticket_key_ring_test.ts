// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { MAX_TICKET_KEYS, resolveSharedLimits } from "../../../ssl/session/shared_limits.ts";
import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import { MAX_CLOCK_SKEW } from "../../../ssl/session/session_ticket.ts";
import { decodeRing } from "../../../ssl/session/ticket_key_ring.ts";
import { keyOf, Process, World } from "./_processes.ts";

const HOUR = 3_600_000;
const LIMITS = { lifetime: 48 * 3600, rotation: 24 * 3600 };
const ROTATION = LIMITS.rotation * 1000;
const LIFETIME = LIMITS.lifetime * 1000;
/** How often a ring that is used is read. */
const INTERVAL = 60_000;

/** Has processes seal, time after time. */
async function run(world: World, processes: readonly Process[], time: number, step: number) {
  for (let passed = 0; passed < time; passed += step) {
    world.now += step;
    for (const process of processes) {
      await process.seal();
      await process.settle();
    }
  }
}

Deno.test("TicketKeyRing: of many processes that start at once one makes the keys, and all seal under the same", async () => {
  const world = new World();
  const processes = Array.from({ length: 16 }, () => new Process(world, LIMITS));
  const tickets = await Promise.all(processes.map((one) => one.seal()));
  assertEquals(new Set(tickets.map(keyOf)).size, 1);
  for (const process of processes) assert(await process.opens(tickets[0]!));
});

Deno.test("TicketKeyRing: a key seals for one rotation, and is known to all for one before", async () => {
  const world = new World();
  const processes = [1, 2, 3].map(() => new Process(world, LIMITS));
  const [one] = processes;
  const first = keyOf(await one!.seal());
  await run(world, processes, ROTATION - 4 * HOUR, 4 * HOUR);
  assertEquals(keyOf(await one!.seal()), first);
  await run(world, processes, 8 * HOUR, 4 * HOUR);
  const seconds = await Promise.all(processes.map((process) => process.seal()));
  assertEquals(new Set(seconds.map(keyOf)).size, 1);
  assertNotEquals(keyOf(seconds[0]!), first);
  // Nobody needed to ask the store for the new key
  const calls = processes.map((process) => process.calls);
  for (const process of processes) assert(await process.opens(seconds[0]!));
  assertEquals(processes.map((process) => process.calls), calls);
});

Deno.test("TicketKeyRing: a ticket opens everywhere for its lifetime, also where it was made and the store went away right after a rotation", async () => {
  const world = new World();
  const processes = [1, 2, 3].map(() => new Process(world, LIMITS));
  const [one, two, three] = processes;
  await Promise.all(processes.map((process) => process.seal()));
  await run(world, processes, ROTATION - 4 * HOUR, 4 * HOUR);
  world.now += 4 * HOUR;
  for (const process of [one!, two!]) {
    await process.seal();
    await process.settle();
  }
  world.isAway = true; // before the third has heard of the rotation
  const ticket = (await one!.seal())!;
  const old = (await three!.seal())!;
  assertNotEquals(keyOf(old), keyOf(ticket));
  for (const process of processes) {
    assertEquals([await process.opens(ticket), await process.opens(old)], [true, true]);
  }
  world.now += LIFETIME;
  for (const process of processes) {
    assertEquals([await process.opens(ticket), await process.opens(old)], [true, true]);
  }
});

Deno.test("TicketKeyRing: while the store is away the known keys seal for two rotations, and those tickets open everywhere for their lifetime", async () => {
  const world = new World();
  const [cut, other, witness] = [1, 2, 3].map(() => new Process(world, LIMITS));
  await Promise.all([cut, other, witness].map((process) => process!.seal()));
  const tickets: { ticket: Uint8Array<ArrayBuffer>; at: number }[] = [];
  const start = world.now;
  const isAwayFor = async (process: Process) => {
    world.isAway = true;
    const ticket = await process.seal();
    await process.settle();
    world.isAway = false;
    return ticket;
  };
  while (world.now < start + 5 * ROTATION) {
    world.now += 4 * HOUR;
    const ticket = await isAwayFor(cut!);
    // Up to one millisecond before the end
    assertEquals(ticket !== null, world.now - start < 2 * ROTATION, `${world.now - start}`);
    if (ticket !== null) tickets.push({ ticket, at: world.now });
    await other!.seal();
    await other!.settle();
    for (const { ticket, at } of tickets) {
      if (world.now - at <= LIFETIME) assert(await other!.opens(ticket), `${world.now - at}`);
    }
  }
  assertEquals(tickets.length, 11);
  assertEquals(new Set(tickets.map(({ ticket }) => keyOf(ticket))).size, 2);
});

Deno.test("TicketKeyRing: a process that was without its store for two rotations seals as soon as the store is back", async () => {
  const world = new World();
  const [cut, other] = [1, 2].map(() => new Process(world, LIMITS));
  await cut!.seal();
  for (const [away, isKnown] of [[2 * ROTATION - 1, true], [1, false]] as const) {
    world.now += away;
    await other!.seal();
    world.isAway = true;
    assertEquals(await cut!.seal() !== null, isKnown);
    await cut!.settle();
    world.isAway = false;
  }
  const ticket = (await cut!.seal())!;
  assertEquals([keyOf(ticket), await other!.opens(ticket)], [keyOf(await other!.seal()), true]);
});

Deno.test("TicketKeyRing: a store that has lost its rows, or in which a new process has made others, costs no resumption", async () => {
  for (const age of [0, 2 * ROTATION]) {
    for (const first of ["one that knows the keys", "a new process"] as const) {
      const world = new World();
      const losses: number[] = [];
      const onLoss = () => Promise.resolve(void losses.push(world.now));
      const processes = [1, 2, 3].map(() => new Process(world, LIMITS, 0, {}, onLoss));
      await Promise.all(processes.map((process) => process.seal()));
      await run(world, processes, age, 4 * HOUR);
      const tickets = [(await processes[0]!.seal())!];
      world.loseRows();
      world.now += 100; // long before the ring is read on schedule
      const fresh = new Process(world, LIMITS, 0, {}, onLoss);
      if (first === "a new process") {
        tickets.push((await fresh.seal())!);
        // Who meets a ticket of the new process puts back what that one does not know
        assert(await processes[0]!.opens(tickets[1]!));
        assert(await processes[0]!.opens(tickets[0]!));
      } else world.now += INTERVAL;
      const before = losses.length;
      await processes[0]!.seal();
      await processes[0]!.settle();
      assert(losses.length > 1 || losses.length > before);
      world.now += 100;
      for (const process of [...processes, fresh]) {
        for (const ticket of tickets) assert(await process.opens(ticket), `${age} ${first}`);
      }
      world.now += INTERVAL;
      await run(world, [...processes, fresh], INTERVAL, INTERVAL);
      const sealed = await Promise.all([...processes, fresh].map((process) => process.seal()));
      assertEquals(new Set(sealed.map(keyOf)).size, 1);
      // All of it lasts for the whole lifetime, also in the ring of the store
      await run(world, [...processes, fresh], LIFETIME - 2 * INTERVAL - 4 * HOUR, 4 * HOUR);
      const last = new Process(world, LIMITS);
      for (const ticket of tickets) assert(await last.opens(ticket), `${age} ${first}, in the end`);
    }
  }
});

Deno.test("TicketKeyRing: rows of an earlier time cost no resumption, and what is put back goes when its time is over", async () => {
  const world = new World();
  const processes = [1, 2].map(() => new Process(world, LIMITS));
  await Promise.all(processes.map((process) => process.seal()));
  const rows = new SealedRows(world.store, new Uint8Array(32).fill(19));
  const row = `ticket keys ${LIMITS.lifetime} ${LIMITS.rotation}`;
  const earlier = (await rows.read(row)).content!;
  await run(world, processes, 2 * ROTATION, 4 * HOUR);
  const ticket = (await processes[0]!.seal())!;
  await rows.put(row, earlier, 10 * ROTATION);
  world.now += INTERVAL;
  for (const process of processes) {
    await process.seal();
    await process.settle();
  }
  const fresh = new Process(world, LIMITS);
  for (const process of [...processes, fresh]) assert(await process.opens(ticket));
  assertEquals(keyOf(await fresh.seal()), keyOf(ticket)); // the later ring seals
  await run(world, processes, 8 * ROTATION, 4 * HOUR);
  assertEquals(decodeRing((await rows.read(row)).content!)?.keys.length, 5);
});

Deno.test("TicketKeyRing: however often a store loses its rows, the ring has twice its keys at most", async () => {
  const world = new World();
  const one = new Process(world, LIMITS);
  await one.seal();
  for (let i = 0; i < 12; i++) {
    world.loseRows();
    const ticket = (await new Process(world, LIMITS).seal())!;
    world.now += 100;
    assert(await one.opens(ticket));
    await one.settle();
  }
  const rows = new SealedRows(world.store, new Uint8Array(32).fill(19));
  const row = `ticket keys ${LIMITS.lifetime} ${LIMITS.rotation}`;
  assertEquals(decodeRing((await rows.read(row)).content!)?.keys.length, 10);
});

Deno.test("TicketKeyRing: a ring that nobody has used until its last ticket has expired is not put back", async () => {
  const world = new World();
  const [one, two] = [1, 2].map(() => new Process(world, LIMITS));
  const ticket = (await one!.seal())!;
  await two!.opens(ticket);
  world.now += 5 * ROTATION; // the row is gone
  const fresh = (await one!.seal())!;
  assertNotEquals(keyOf(fresh), keyOf(ticket));
  assert(await two!.opens(fresh));
});

Deno.test("TicketKeyRing: who takes the turn and stops leaves the rotation to the next", async () => {
  const world = new World();
  const [one, two] = [1, 2].map(() => new Process(world, LIMITS));
  const first = keyOf(await one!.seal());
  await two!.seal();
  world.now += ROTATION;
  // Of the next process's calls only those about the turn arrive
  let calls = 0;
  const stopping = new Process(world, LIMITS, 0, {
    fate: () => ++calls <= 3 ? "answers" : "fails",
  });
  assertEquals(await stopping.seal(), null);
  await two!.seal();
  await two!.settle();
  assertNotEquals(keyOf(await two!.seal()), first);
  assertEquals(keyOf(await one!.seal()), keyOf(await two!.seal()));
});

Deno.test("TicketKeyRing looks for keys that it does not know ten times a second at most, and rotates nevertheless", async () => {
  const world = new World();
  const process = new Process(world, LIMITS);
  const first = keyOf(await process.seal());
  await process.settle();
  const unknown = () => process.random(16);
  const { counts } = process.handle;
  world.now += 99;
  const { get } = counts;
  const rows = [[0, 0], [1, 1], [0, 1], [99, 1], [1, 2]] as const;
  for (const [pause, reads] of rows) {
    world.now += pause;
    const found = await Promise.all([1, 2, 3].map(() => process.ring.find(unknown(), process)));
    assertEquals([found, counts.get - get], [[null, null, null], reads]);
  }
  // One who sends unknown names all the time does not keep the ring from turning
  const before = process.calls;
  for (let i = 0; i < 30; i++) {
    world.now += ROTATION / 24;
    await process.ring.find(unknown(), process);
    await process.seal();
    await process.settle();
  }
  assert(process.calls > before);
  assertNotEquals(keyOf(await process.seal()), first);
});

Deno.test("TicketKeyRing reads a ring that is used once a minute, or eight times a rotation, and nobody waits for it", async () => {
  const rows = [[LIMITS, INTERVAL], [{ lifetime: 60, rotation: 8 }, 1000]] as const;
  for (const [limits, interval] of rows) {
    const world = new World();
    const process = new Process(world, limits);
    await process.seal();
    const start = process.calls;
    world.now += interval - 1;
    await process.seal();
    assertEquals(process.calls, start);
    world.now += 1;
    const sealed = process.seal();
    assert(await sealed !== null);
    await process.settle();
    assertEquals(process.calls, start + 2); // the ring and the turn
  }
});

Deno.test("TicketKeyRing makes keys of AES-256, which do not leave it, and replaces what it cannot read", async () => {
  const world = new World();
  const process = new Process(world, LIMITS);
  const { name, key } = (await process.ring.current(process))!;
  assertEquals([name.length, key.algorithm, key.extractable], [
    16,
    { name: "AES-GCM", length: 256 },
    false,
  ]);
  const rows = new SealedRows(world.store, new Uint8Array(32).fill(19));
  const row = `ticket keys ${LIMITS.lifetime} ${LIMITS.rotation}`;
  for (const bytes of [new Uint8Array(0), new Uint8Array([2]), new Uint8Array(60).fill(1)]) {
    await rows.put(row, bytes, HOUR);
    const fresh = new Process(world, LIMITS);
    assert(await fresh.seal() !== null);
    assertEquals(decodeRing((await rows.read(row)).content!)?.keys.length, 2);
  }
});

Deno.test("decodeRing() takes whole rings of its form with two keys or more, and nothing else", () => {
  const ring = (keys: number) => {
    const bytes = new Uint8Array(5 + keys * 50).fill(7);
    bytes.set([1, 0, 0, 0, 9]);
    return bytes;
  };
  for (const [keys, isGood] of [[0, false], [1, false], [2, true], [5, true]] as const) {
    const decoded = decodeRing(ring(keys));
    assertEquals(
      decoded === null ? null : [decoded.generation, decoded.keys.length],
      [
        ...isGood ? [[9, keys]] : [null],
      ][0],
    );
  }
  const whole = ring(3);
  for (let length = 0; length < whole.length; length++) {
    const isWhole = length === whole.length - 50;
    assertEquals(decodeRing(whole.slice(0, length)) !== null, isWhole, `${length}`);
  }
  assertEquals(decodeRing(whole.with(0, 2)), null);
});

Deno.test("ticketKeyRotation: a ring has room for 256 keys, and one more is refused with the arithmetic", () => {
  const rows = [
    [{}, 86_400],
    [{ ticketLifetime: 5 }, 3],
    [{ ticketLifetime: 253, ticketKeyRotation: 1 }, 1],
    [{ ticketLifetime: 604_800, ticketKeyRotation: 604_800 }, 604_800],
  ] as const;
  for (const [given, rotation] of rows) {
    assertEquals(resolveSharedLimits(given).ticketKeyRotation, rotation);
  }
  const error = assertThrows(
    () => resolveSharedLimits({ ticketLifetime: 254, ticketKeyRotation: 1 }),
    SslError,
  );
  assertEquals([error.name, error.message], [
    "SEC_ERROR_INVALID_ARGS",
    "Cannot configure session cache: tickets that last for 254 s under keys that change every " +
    `1 s need 254 / 1 + 3 = 257 keys at a time, more than ${MAX_TICKET_KEYS}; let ` +
    "ticketKeyRotation be 2 or more, or shorten ticketLifetime",
  ]);
});

Deno.test("MAX_CLOCK_SKEW: a ticket of a clock an hour ahead opens by one an hour behind, and by none a millisecond farther", async () => {
  const world = new World();
  const at = (skew: number) => new Process(world, LIMITS, skew);
  const skew = MAX_CLOCK_SKEW;
  const rows = [
    // made by, opened by, after, opens
    [skew, -skew, 0, true],
    [skew, -skew - 1, 0, false],
    [skew + 1, -skew, 0, false],
    [-skew, skew, LIFETIME, true],
    [-skew, skew + 1, LIFETIME, false],
    [-skew, skew, LIFETIME + 1, false],
  ] as const;
  for (const [maker, opener, age, opens] of rows) {
    world.loseRows();
    const ticket = (await at(maker).seal())!;
    const process = at(opener);
    await process.seal();
    const start = world.now;
    world.now += age;
    assertEquals(await process.opens(ticket), opens, `${maker} ${opener} ${age}`);
    world.now = start;
  }
});
