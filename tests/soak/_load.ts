// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Certificate, parseCertificatesPem } from "@nss/nss";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { LoadProcess } from "./_load_process.ts";
import type { Outcome } from "./_load_server.ts";
import { ResettableConn } from "./_resettable_conn.ts";

/**
 * How many peers of this process shake hands at once: more would starve each other, and it is the
 * server that is tried.
 */
const HANDSHAKES_AT_ONCE = 16;

/** How many milliseconds a run may take longer, until connections of all kinds have ended. */
const MAX_OVERTIME = 60_000;

/** How long things take in a run, in milliseconds. */
export interface Times {
  /** How long peers come. */
  readonly run: number;
  /** The server's handshakeTimeout; `null` for the library's default. */
  readonly handshakeTimeout: number | null;
  /** The server's idle timeout. */
  readonly idleTimeout: number;
  /**
   * How long honest peers rest between two requests, and hostile ones before they turn hostile, at
   * most.
   */
  readonly rest: number;
  /** The server's closeTimeout; `null` for the library's default. */
  readonly closeTimeout: number | null;
  /** How long slow peers rest between two bytes. */
  readonly drip: number;
}

/** What the peers of a kind do, again and again until time is up. */
export interface PeerKind {
  /** What they are called. */
  readonly name: string;
  /** How many of them there are for a hundred connections. */
  readonly share: number;
  /**
   * What their connections end in: at the server, or at our client where the server is the hostile
   * one.
   */
  readonly outcome: Outcome;
  /** One connection. Whoever is not hostile fails where it is not served. */
  readonly meet: (load: Load, kind: PeerKind) => Promise<void>;
  /** Whether it is hostile, so that nobody is astonished where its connection fails. */
  readonly hostile?: boolean;
}

/** A connection to the server. */
interface Visit {
  readonly kind: PeerKind;
  readonly since: number;
  /** Whether it was given up since time was up: then its end says nothing. */
  givenUp: boolean;
}

/** The peers of one server, and what has come of them. */
export class Load implements AsyncDisposable {
  /** How often connections of each kind have ended in what. */
  readonly outcomes = new Map<string, Map<Outcome, number>>();
  /** What honest peers have to complain of, and connections that have not ended as they should. */
  readonly complaints: string[] = [];
  /** How many requests were answered by the right bytes. */
  served = 0;
  /** The server. */
  readonly process: LoadProcess;
  /** Who the server's certificate is accepted by. */
  readonly certificate: Certificate;
  readonly times: Times;
  /** Who has a port, the longest there first: ports come back. */
  readonly #visits: Map<number, Visit[]>;
  readonly #open = new Map<ConnLike, Visit>();
  readonly #over = Promise.withResolvers<void>();
  #isOver = false;
  /** Of whom no connection has ended yet, once time is up. */
  #awaited: Set<string> | null = null;
  #shaking = 0;
  readonly #queue: (() => void)[] = [];

  private constructor(process: LoadProcess, times: Times, visits: Map<number, Visit[]>) {
    this.process = process;
    this.times = times;
    this.#visits = visits;
    this.certificate = parseCertificatesPem(process.greeting.pem)[0]!;
  }

  /** Starts the server. */
  static async start(times: Times): Promise<Load> {
    const visits = new Map<number, Visit[]>();
    const process = await LoadProcess.start(
      times,
      times.run + 300_000,
      (port, outcome, message) => {
        const visit = visits.get(port)?.shift();
        if (visit?.givenUp) return;
        load.note(visit?.kind.name ?? "another program", outcome);
        if (visit === undefined || visit.kind.outcome === outcome) return;
        const lasted = Math.round(performance.now() - visit.since);
        load.complaints.push(
          `${visit.kind.name}: after ${lasted} ms at port ${port}, ${
            load.isOver ? "with time up" : "with time left"
          }, ${outcome}: ${message}`,
        );
      },
    );
    const load: Load = new Load(process, times, visits);
    return load;
  }

  /** Whether no more connections are to be begun, and those there are come to their end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  /** Connects to the server. */
  async connect(kind: PeerKind): Promise<Deno.TcpConn> {
    const { port } = this.process.greeting;
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    conn.setNoDelay();
    return this.#visit(conn, kind);
  }

  /** Connects to the server by a connection that can be reset. */
  async connectResettable(kind: PeerKind): Promise<ResettableConn> {
    return this.#visit(await ResettableConn.connect(this.process.greeting.port), kind);
  }

  /** Closes a connection to the server. */
  close(conn: ConnLike): void {
    this.#open.delete(conn);
    try {
      conn.close();
    } catch (error) {
      if (!(error instanceof Deno.errors.BadResource)) throw error; // else it is closed
    }
  }

  #visit<C extends ConnLike<Deno.NetAddr>>(conn: C, kind: PeerKind): C {
    const visit: Visit = { kind, since: performance.now(), givenUp: false };
    const { port } = conn.localAddr;
    this.#visits.set(port, [...this.#visits.get(port) ?? [], visit]);
    if (kind.hostile) this.#open.set(conn, visit);
    return conn;
  }

  /** Shakes hands when it is this peer's turn. */
  async shake<T>(handshake: () => Promise<T>): Promise<T> {
    if (this.#shaking >= HANDSHAKES_AT_ONCE) {
      await new Promise<void>((resolve) => this.#queue.push(resolve));
    } else {
      this.#shaking++;
    }
    try {
      return await handshake();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#shaking--;
      else next();
    }
  }

  /** Rests for a time, or until time is up. */
  async rest(milliseconds: number): Promise<void> {
    const rested = Promise.withResolvers<void>();
    const timer = setTimeout(rested.resolve, milliseconds);
    await Promise.race([rested.promise, this.#over.promise]);
    clearTimeout(timer);
  }

  /** Rests as honest people do: nobody knows how long, but not too long. */
  async restSome(): Promise<void> {
    await this.rest(this.times.rest * (0.2 + 0.8 * Math.random()));
  }

  /** Counts what a connection has ended in. */
  note(kind: string, outcome: Outcome): void {
    const outcomes = this.outcomes.get(kind) ?? new Map<Outcome, number>();
    outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
    this.outcomes.set(kind, outcomes);
    this.#awaited?.delete(kind);
    if (this.#awaited?.size === 0) this.#end();
  }

  /**
   * Lets peers come until time is up and connections of all kinds have ended, which takes longer on
   * a busy machine, and returns when all of them are gone.
   */
  async run(kinds: readonly PeerKind[], connections: number): Promise<void> {
    const timer = setTimeout(() => {
      this.#awaited = new Set(kinds.map(({ name }) => name).filter((n) => !this.outcomes.has(n)));
      if (this.#awaited.size === 0) this.#end();
    }, this.times.run);
    const latest = setTimeout(() => this.#end(), this.times.run + MAX_OVERTIME);
    const places = kinds.flatMap((kind) =>
      Array<PeerKind>(Math.ceil(kind.share * connections / 100)).fill(kind)
    );
    await Promise.all(places.map((kind) => this.#keepPlace(kind)));
    clearTimeout(timer);
    clearTimeout(latest);
  }

  async #keepPlace(kind: PeerKind): Promise<void> {
    while (!this.isOver) {
      try {
        await kind.meet(this, kind);
      } catch (error) {
        if (kind.hostile) continue; // the server has ended it, which its outcome tells
        this.complaints.push(`${kind.name}: ${error}`);
        this.#end(); // a peer that is not served need not be tried for minutes
      }
    }
  }

  #end(): void {
    this.#isOver = true;
    this.#over.resolve();
    for (const [conn, visit] of this.#open) {
      visit.givenUp = true;
      this.close(conn);
    }
  }

  /** Ends the server. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
  }
}
