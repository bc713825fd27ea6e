// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The connections of visitors, each with what was seen of its handshake. @module */

import { toHex } from "../../cert/base/runtime.ts";
import type { VerifyLogEntry } from "../../cert/mod.ts";
import {
  type ClientHelloCallback,
  type ClientHelloInfo,
  type ConnLike,
  type HookOptions,
  importFD,
  type ImportOptions,
  type ListenerLike,
  SslError,
  type SslListener,
} from "../../ssl/mod.ts";
import { RecordedConn } from "../net/recorded_conn.ts";

/**
 * The most bytes that are remembered of a connection: the longest ClientHello that is taken, and as
 * much besides. Anybody may open connections.
 */
export const MAX_OBSERVED = 128 * 1024;

/** What was seen of a connection; it goes with the connection. */
export interface Observation {
  /** What went over it. */
  readonly conn: RecordedConn<Deno.NetAddr>;
  /** The ClientHello; a second one behind a HelloRetryRequest. */
  readonly hellos: ClientHelloInfo[];
  /** The lines of the key log, by which its flights are read. */
  readonly keyLog: string[];
  /** What is wrong with the client's certificate, which was taken all the same. */
  problems: readonly VerifyLogEntry[];
}

class VisitorConn extends RecordedConn<Deno.NetAddr> {
  /** One object, by which the observation is found. */
  readonly #remoteAddr: Deno.NetAddr;
  readonly #onClose: () => void;

  constructor(conn: ConnLike<Deno.NetAddr>, onClose: () => void) {
    super(conn, MAX_OBSERVED);
    this.#remoteAddr = { ...conn.remoteAddr };
    this.#onClose = onClose;
  }

  override get remoteAddr(): Deno.NetAddr {
    return this.#remoteAddr;
  }

  override close(): void {
    this.#onClose();
    super.close();
  }
}

/** Remembers the handshakes of a listener's connections. */
export class Visitors {
  readonly #observations = new WeakMap<object, Observation>();
  /** Key logs name a connection by the client's random alone. */
  readonly #byRandom = new Map<string, Observation>();

  /**
   * Makes a listener whose connections are observed.
   *
   * @param listener Where they come from.
   * @param options Its options, whose hooks for what is observed must be free.
   * @param takesAnyClient Whether a client's certificate is taken that is not good.
   */
  listen(
    listener: ListenerLike<Deno.NetAddr>,
    options: Omit<ImportOptions, keyof HookOptions>,
    takesAnyClient: boolean,
  ): SslListener<Deno.NetAddr> {
    const observed: ListenerLike<Deno.NetAddr> = {
      accept: async () => this.#observe(await listener.accept()),
      close: () => listener.close(),
      ref: () => listener.ref?.(),
      unref: () => listener.unref?.(),
      addr: listener.addr,
    };
    return importFD(observed, {
      ...options,
      clientHelloCallback: this.#takeHello,
      keyLog: this.#takeSecret,
      ...takesAnyClient && {
        badCert: (socket, _error, _peer, problems) => {
          const seen = this.of(socket.remoteAddr);
          // It is asked about each error, with those that are left
          if (seen?.problems.length === 0) seen.problems = problems;
          return true;
        },
      },
    });
  }

  /** Returns what was seen of the connection from an address, which is the socket's own object. */
  of(remoteAddr: unknown): Observation | undefined {
    return typeof remoteAddr === "object" && remoteAddr !== null
      ? this.#observations.get(remoteAddr)
      : undefined;
  }

  #observe(conn: ConnLike<Deno.NetAddr>): RecordedConn<Deno.NetAddr> {
    const visitor = new VisitorConn(conn, () => this.#forget(visitor));
    this.#observations.set(visitor.remoteAddr, {
      conn: visitor,
      hellos: [],
      keyLog: [],
      problems: [],
    });
    return visitor;
  }

  #forget(conn: RecordedConn<Deno.NetAddr>): void {
    conn.stop();
    for (const { random } of this.of(conn.remoteAddr)?.hellos ?? []) {
      this.#byRandom.delete(toHex(random));
    }
  }

  readonly #takeHello: ClientHelloCallback = (socket, hello) => {
    const seen = this.of(socket.remoteAddr);
    // A renegotiation is encrypted, and no part of the handshake that is shown
    if (seen === undefined || hello.isRenegotiation) return;
    const random = toHex(hello.random);
    if ((this.#byRandom.get(random) ?? seen) !== seen) {
      throw new SslError(
        "SSL_ERROR_APPLICATION_ABORT",
        "Cannot take ClientHello: another connection has its random, whose secrets would be taken " +
          "for those of this one",
      );
    }
    this.#byRandom.set(random, seen);
    seen.hellos.push(hello);
  };

  readonly #takeSecret = (line: string): void => {
    const [, random = ""] = line.split(" ");
    this.#byRandom.get(random)?.keyLog.push(line);
  };
}
