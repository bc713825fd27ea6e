// Copyright 2026 the NSS for Deno authors. MIT license.

/** What happens later in simulated time, in its order. @module */

interface Event {
  readonly time: number;
  /** Of those at the same time, the one that was planned first happens first. */
  readonly order: number;
  readonly run: () => void;
}

function isBefore(a: Event, b: Event): boolean {
  return a.time < b.time || (a.time === b.time && a.order < b.order);
}

/** Simulated time, in milliseconds. It knows no clock. */
export class Timeline {
  /** The present. */
  now = 0;
  /** A binary heap. */
  readonly #events: Event[] = [];
  #planned = 0;

  /** Plans what happens after so many milliseconds. */
  after(delay: number, run: () => void): void {
    const events = this.#events;
    const event = { time: this.now + Math.max(0, delay), order: this.#planned++, run };
    let place = events.push(event) - 1;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (!isBefore(event, events[parent]!)) break;
      events[place] = events[parent]!;
      place = parent;
    }
    events[place] = event;
  }

  /** Waits in simulated time. */
  runUntil(end: number): void {
    const events = this.#events;
    while (events.length > 0 && events[0]!.time < end) {
      const { time, run } = this.#take();
      this.now = time;
      run();
    }
    this.now = end;
  }

  #take(): Event {
    const events = this.#events;
    const first = events[0]!;
    const last = events.pop()!;
    if (events.length === 0) return first;
    let place = 0;
    for (;;) {
      let child = 2 * place + 1;
      if (child >= events.length) break;
      if (child + 1 < events.length && isBefore(events[child + 1]!, events[child]!)) child++;
      if (!isBefore(events[child]!, last)) break;
      events[place] = events[child]!;
      place = child;
    }
    events[place] = last;
    return first;
  }
}
