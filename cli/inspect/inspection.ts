// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a visitor's own handshake shows, as `/json` prints it. @module */

import type { VerifyLogEntry } from "../../cert/mod.ts";
import { adviceOf } from "../base/advice.ts";
import { safe } from "../base/text.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { HANDSHAKE_HEADER_LENGTH } from "../../ssl/messages/handshake.ts";
import type { ChannelInfo } from "../../ssl/mod.ts";
import type { SslConfig } from "../../ssl/config/config.ts";
import { explainClientHello } from "../explain/handshake.ts";
import type { Field } from "../explain/field.ts";
import { type Offer, offerOf } from "../explain/offer.ts";
import type { Diagnosis } from "../net/diagnosis.ts";
import { type Flight, flightsOf } from "../net/flights.ts";
import { type CertificateReport, reportChain } from "../net/report.ts";
import { type Finding, judgeClient } from "./better_client.ts";
import { type Choice, choicesOf, type Sessions, sessionsOf } from "./negotiation.ts";
import type { Observation } from "./visitor.ts";

/** A port of this server, and where it leads. */
export interface Link {
  /** The name of the door; `main` for the port of the command line. */
  readonly door: string;
  /** Its address, as `https://localhost:4433/`. */
  readonly url: string;
}

/** A chain of certificates. */
export interface ChainReport {
  /** The certificates, the own one first. */
  readonly certificates: readonly CertificateReport[];
  /** What is wrong; always empty for the server's, which the client judges. */
  readonly problems: readonly Diagnosis[];
}

/** A visitor's handshake. */
export interface Inspection {
  /** The version of this form: it changes when a member goes or means something else. */
  readonly format: 1;
  /** The door by which the visitor came. */
  readonly door: string;
  /** The visitor's address, as `127.0.0.1:50000`. */
  readonly client: string;
  /** The fingerprint of the client. */
  readonly ja4: string;
  /** What the client offers. */
  readonly offered: Offer;
  /** Each ClientHello, field by field; a second one behind a HelloRetryRequest. */
  readonly hellos: readonly Field[];
  /** What was agreed on, and why. */
  readonly negotiated: readonly Choice[];
  /** What a better client would have sent, and what is good; the gravest first. */
  readonly findings: readonly Finding[];
  /** The certificates of both ends. */
  readonly certificates: { readonly server: ChainReport; readonly client: ChainReport };
  /** Resumption, early data and key updates. */
  readonly sessions: Sessions;
  /** What went over the connection till the request, as the server has seen it. */
  readonly flights: readonly Flight[];
  /** Where other handshakes are to be had. */
  readonly links: readonly Link[];
}

/** What an inspection is made of. */
export interface Inspected {
  /** The door. */
  readonly door: string;
  /** What was seen of the connection. */
  readonly seen: Observation;
  /** What was negotiated. */
  readonly info: ChannelInfo;
  /** The server's configuration, as handshakes use it. */
  readonly config: SslConfig;
  /** The host that the request names. */
  readonly hostname: string;
  /** The port of each door. */
  readonly ports: ReadonlyMap<string, number>;
  /** The time. */
  readonly now: Date;
}

/** Whether a host of a URL is an address. */
function isAddress(hostname: string): boolean {
  return hostname.startsWith("[") || /^\d+\.\d+\.\d+\.\d+$/.test(hostname);
}

/** Explains what is wrong with a client's certificate; most causes are told of servers. */
function explainClientProblem({ error: { name, message } }: VerifyLogEntry): Diagnosis {
  const base = { error: name, says: safe(message, 500) };
  return name !== "SEC_ERROR_UNKNOWN_ISSUER" ? { ...base, ...adviceOf(name) } : {
    ...base,
    cause: "no authority that this server trusts vouches for it: it is self-signed, of a private " +
      "authority, or the client has not sent the certificates between",
    cure: "name its authority to this server by --ca, or have the client send its whole chain",
  };
}

async function chainsOf(
  { seen, info, now }: Inspected,
): Promise<Inspection["certificates"]> {
  const [server, client] = await Promise.all(
    [info.localCertificates, info.peerCertificates].map((chain) =>
      reportChain({ chain, path: null, problems: [], hostname: "", now })
    ),
  );
  return {
    server: server!,
    client: {
      certificates: client!.certificates,
      problems: seen.problems.map(explainClientProblem),
    },
  };
}

/**
 * Tells what was seen of a handshake.
 *
 * @returns The inspection; `null` if no ClientHello was seen.
 */
export async function inspect(inspected: Inspected): Promise<Inspection | null> {
  const { door, seen, info, config, hostname, ports } = inspected;
  const [first] = seen.hellos;
  if (first === undefined) return null;
  const hello = parseClientHello(first.raw.slice(HANDSHAKE_HEADER_LENGTH));
  const negotiation = { hello, info, config };
  const { hostname: address, port } = seen.conn.remoteAddr;
  const [certificates, flights] = await Promise.all([
    chainsOf(inspected),
    flightsOf(seen.conn.chunks, seen.keyLog, true),
  ]);
  return {
    format: 1,
    door,
    client: `${address.includes(":") ? `[${address}]` : address}:${port}`,
    ja4: first.ja4,
    offered: offerOf(hello),
    hellos: seen.hellos.map(({ raw }) => explainClientHello(raw)),
    negotiated: choicesOf(negotiation),
    findings: judgeClient(hello, isAddress(hostname)),
    certificates,
    sessions: sessionsOf(negotiation),
    flights,
    links: [...ports].map(([name, number]) => ({
      door: name,
      url: `https://${hostname}:${number}/`,
    })),
  };
}
