// Copyright 2026 the NSS for Deno authors. MIT license.

/** Clients and servers that resume sessions with early data. @module */

import { NssContext } from "../../pkcs11/context/context.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { join, type Joined, type JoinOptions, ping, shake, TestEnvironment } from "./_support.ts";

/** The maximum of early data of these servers, in bytes. */
export const LIMIT = 1000;

/** A request, as early data. */
export const REQUEST: Uint8Array<ArrayBuffer> = new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n");

/** A client and a server that remember their sessions, and a clock for both. */
export interface Home {
  /** The clock of both. */
  readonly environment: TestEnvironment;
  /** Joins both; `change` says what differs this time. */
  join(change?: JoinOptions): Joined;
  /** Makes a full handshake, after which the client has two tickets. */
  visit(change?: JoinOptions): Promise<void>;
}

/** Makes a client and a server. */
export function home(
  server: ImportOptions = {},
  client: ImportOptions = {},
): Home {
  const environment = new TestEnvironment();
  const [clients, servers] = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const joinHere = (change: JoinOptions = {}): Joined =>
    join({
      ...change,
      client: { context: clients!, ...client, ...change.client },
      server: { context: servers!, maxEarlyData: LIMIT, ...server, ...change.server },
      clientInternals: { environment, ...change.clientInternals },
      serverInternals: { environment, ...change.serverInternals },
    });
  return {
    environment,
    join: joinHere,
    async visit(change) {
      await using joined = joinHere(change);
      await shake(joined);
      await ping(joined);
    },
  };
}
