// Copyright 2026 the NSS for Deno authors. MIT license.

type Timer = ReturnType<typeof setTimeout>;

/** The longest delay of `setTimeout`, about 24 days; a longer one would fire at once. */
const MAX_TIMER = 2 ** 31 - 1;

/** Starts a timer. */
export function startTimer(callback: () => void, milliseconds: number): Timer {
  return setTimeout(callback, Math.min(milliseconds, MAX_TIMER));
}

/** The part of a transport that keeps the process alive. */
interface Holder {
  ref(): void;
  unref(): void;
}

/**
 * Decides whether a connection keeps the process alive: by the reads of its transport, and by the
 * timers of its handshakes.
 */
export class Liveness {
  readonly #transport: Holder;
  /** The timers that run; `null` while there are none. */
  #timers: Set<Timer> | null = null;
  /** Whether the application lets the connection keep the process alive. */
  #wanted = true;
  #background = false;

  /** Creates the liveness of a new connection, which keeps the process alive. */
  constructor(transport: Holder) {
    this.#transport = transport;
  }

  /** Keeps the process alive. */
  ref(): void {
    this.#wanted = true;
    this.#apply();
  }

  /** Lets the process end. */
  unref(): void {
    this.#wanted = false;
    this.#apply();
  }

  /** Says whether the transport is read in the background only, which keeps no process alive. */
  set background(value: boolean) {
    if (this.#background === value) return;
    this.#background = value;
    if (this.#wanted) this.#apply();
  }

  /** Starts a timer that keeps the process alive as the connection does. */
  startTimer(callback: () => void, milliseconds: number): Timer {
    const timer = startTimer(() => {
      this.#forget(timer);
      callback();
    }, milliseconds);
    this.#timers ??= new Set();
    this.#timers.add(timer);
    if (!this.#wanted) hold(timer, false);
    return timer;
  }

  /** Stops a timer. */
  clearTimer(timer: Timer): void {
    clearTimeout(timer);
    this.#forget(timer);
  }

  #forget(timer: Timer): void {
    this.#timers?.delete(timer);
    if (this.#timers?.size === 0) this.#timers = null;
  }

  #apply(): void {
    for (const timer of this.#timers ?? []) hold(timer, this.#wanted);
    if (this.#wanted && !this.#background) this.#transport.ref();
    else this.#transport.unref();
  }
}

/**
 * Says whether a timer keeps the process alive; in a browser, timers are numbers, and none does.
 */
function hold(timer: unknown, alive: boolean): void {
  if (typeof timer !== "object" || timer === null) return;
  const method = Reflect.get(timer, alive ? "ref" : "unref");
  if (typeof method === "function") Reflect.apply(method, timer, []);
}
