// Copyright 2026 the NSS for Deno authors. MIT license.

/** What sessions cost: operations of a store and bytes, counted in real handshakes. @module */

import { importFD, type ImportOptions, NssContext } from "@nss/nss";
import {
  configMPServerSIDCache,
  setResumptionToken,
  shutdownServerSessionIDCache,
} from "@nss/nss/ssl";
import { MemorySessionStore } from "@nss/nss/ssl/session-store";
import { decodeToken } from "../../ssl/session/token.ts";
import { RawTls12Client } from "../ssl/_raw_tls12_client.ts";
import { join, ping, PKI, shake } from "../ssl/_support.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { MeteredStore } from "./_engine.ts";
import { type Operation, OPERATIONS } from "./_scenario.ts";

/** How a store is asked, by method. */
export type Operations = Readonly<Record<Operation, number>>;

/** A way in which a server keeps sessions. */
export interface Way {
  readonly version: "TLSv1.2" | "TLSv1.3";
  readonly maxEarlyData?: number;
  readonly singleUse?: boolean;
  /** Whether the client wants no tickets. */
  readonly byId?: boolean;
}

/** The ways in which a server keeps sessions. */
export const WAYS: Readonly<Record<string, Way>> = {
  "tickets of TLS 1.3": { version: "TLSv1.3" },
  "tickets of TLS 1.2": { version: "TLSv1.2" },
  "tickets with `singleUse`": { version: "TLSv1.3", singleUse: true },
  "tickets that allow early data": { version: "TLSv1.3", maxEarlyData: 1024 },
  "sessions by ID, of TLS 1.2": { version: "TLSv1.2", byId: true },
};

/** What one way costs. */
export interface Costs {
  /** What a full handshake asks the store. */
  readonly full: Operations;
  /** What a resumption asks the store. */
  readonly resumed: Operations;
  /** The bytes of names and values of a full handshake, to the store and back. */
  readonly bytes: number;
  /** The length of a ticket in bytes; 0 without one. */
  readonly ticket: number;
}

/** One connection. */
type Connect<T> = (session: T | null) => Promise<{ session: T; resumed: boolean }>;

/**
 * Counts what one way costs, with a client's certificate or without. What a process asks now and
 * then, whatever the number of handshakes, it has asked before.
 */
export async function measure(way: Way, withCertificate = false): Promise<Costs> {
  const context = new NssContext({ trustAnchors: [] });
  const store = new MeteredStore(new MemorySessionStore());
  const { singleUse = false } = way;
  await configMPServerSIDCache({ store, context, singleUse, revocationLag: 60_000 });
  const options: ImportOptions = {
    context,
    versions: { min: way.version, max: way.version },
    maxEarlyData: way.maxEarlyData ?? 0,
    ...(withCertificate && { clientAuth: "require", caCerts: [PKI.root.cert] }),
  };
  try {
    if (way.byId) return { ...(await count(store, connectById(options))).costs, ticket: 0 };
    const { costs, session } = await count(store, connectByTicket(options, withCertificate));
    return { ...costs, ticket: decodeToken(session).session.ticket.length };
  } finally {
    await shutdownServerSessionIDCache({ context });
  }
}

async function count<T>({ use }: MeteredStore, connect: Connect<T>) {
  const ask = async (offered: T | null, resumes: boolean) => {
    const before = structuredClone(use);
    const { session, resumed } = await connect(offered);
    if (resumed !== resumes) throw new Error("Cannot count: a session is resumed, or is not");
    const operations = { get: 0, put: 0, replace: 0, epoch: 0 };
    for (const name of OPERATIONS) {
      operations[name] = use.operations[name] - before.operations[name];
    }
    return { session, operations, bytes: use.bytes - before.bytes };
  };
  const first = await ask(null, false); // reads the ticket keys
  await ask(first.session, true); // reads what is forgotten
  const full = await ask(null, false);
  const resumed = await ask(full.session, true);
  const costs = { full: full.operations, resumed: resumed.operations, bytes: full.bytes };
  return { costs, session: full.session };
}

function connectByTicket(server: ImportOptions, withCertificate: boolean): Connect<Uint8Array> {
  return async (offered) => {
    let token: Uint8Array | null = null;
    await using joined = join({
      client: {
        context: new NssContext({ trustAnchors: [] }),
        versions: server.versions!,
        ...(withCertificate && { certificates: [PKI.client.credential] }),
        resumptionTokenCallback: (_, next) => {
          token = next;
        },
      },
      server,
    });
    if (offered !== null) setResumptionToken(joined.client, offered);
    const [{ resumed }] = await shake(joined);
    await ping(joined);
    if (token === null) throw new Error("Cannot count: there is no session");
    return { session: token, resumed };
  };
}

type KnownSession = Awaited<ReturnType<RawTls12Client["handshake"]>>;

function connectById(server: ImportOptions): Connect<KnownSession> {
  return async (offered) => {
    const [near, far] = memoryPair();
    await using socket = importFD(far, {
      ...server,
      role: "server",
      certificates: [PKI.server.credential],
    });
    const shaking = socket.handshake();
    const client = new RawTls12Client(near);
    const session = offered ?? await client.handshake();
    if (offered !== null) await client.resume(offered);
    const { resumed } = await shaking;
    near.close();
    return { session, resumed };
  };
}
