// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A handshake with a server, to look at: what was seen, also where it failed. @module */

import { NssError } from "../../cert/base/errors.ts";
import { inTime } from "../../cert/base/runtime.ts";
import type {
  Certificate,
  RevocationReport,
  VerifiedPath,
  VerifyLogEntry,
} from "../../cert/mod.ts";
import {
  authCertificate,
  type AuthCertificateOptions,
  type ChannelInfo,
  type ClientAuthRequest,
  getResumptionTokenInfo,
  importFD,
  type ImportOptions,
  optionSet,
  type PeerAuthentication,
  setResumptionToken,
  type SslSocket,
  writeEarlyData,
} from "../../ssl/mod.ts";
import { Unreachable } from "../base/fail.ts";
import { connect, where } from "./connect.ts";
import { PlainText } from "./plain_text.ts";
import { RecordedConn } from "./recorded_conn.ts";
import { startTls, type StartTlsName } from "./starttls.ts";
import type { Target } from "./target.ts";
import type { Trust } from "./tls_options.ts";

/** How a server is visited. */
export interface VisitOptions {
  /** Where to connect. */
  readonly target: Target;
  /** Whose certificate it must have, and which name it is asked for. */
  readonly hostname: string;
  /** The protocol in which TLS begins after some plain text. */
  readonly starttls: StartTlsName | null;
  /** How many milliseconds the connection, the plain text and the handshake may take each. */
  readonly timeout: number;
  /** What is offered. */
  readonly tls: ImportOptions;
  /** Who is trusted, and what this end shows. */
  readonly trust: Trust;
  /** How revocation is looked at. */
  readonly revocation: NonNullable<AuthCertificateOptions["revocation"]>;
  /** Whether a server that is not good is shown the client's certificate all the same. */
  readonly insecure: boolean;
}

/** How long each part took, in milliseconds. */
export interface Timings {
  /** Finding the address and connecting. */
  readonly connect: number;
  /** The plain text before TLS; `null` without. */
  readonly plainText: number | null;
  /** The handshake, or its part that there was; `null` if it never began. */
  handshake: number | null;
}

/** Early data that was tried. */
export interface EarlyDataReport {
  /** How many bytes were to be sent: none but by `--early-data`. */
  readonly bytes: number;
  /** Whether the server has accepted it. */
  readonly accepted: boolean;
}

/** What was seen. */
export interface Visit {
  /** The connection. */
  readonly conn: RecordedConn<Deno.NetAddr>;
  /** The socket. */
  readonly socket: SslSocket;
  /** What was negotiated; `null` if the handshake failed. */
  info: ChannelInfo | null;
  /** What has ended it, or come behind the handshake; `null` for nothing. */
  error: NssError | null;
  /** What the server has shown to be authenticated; `null` if it never came to that. */
  peer: PeerAuthentication | null;
  /** What is wrong with its certificates. */
  problems: readonly VerifyLogEntry[];
  /** The path that was verified; `null` for none. */
  path: VerifiedPath | null;
  /** What was found of the revocation of each certificate. */
  readonly reports: RevocationReport[];
  /** The request for a client certificate; `null` for none. */
  request: ClientAuthRequest | null;
  /** Whether the own certificate was shown; `withheld` from a server that is not good. */
  identity: "none" | "shown" | "withheld";
  /** The session to be resumed; `null` for none. */
  token: Uint8Array<ArrayBuffer> | null;
  /** What became of early data; `null` where none was tried. */
  earlyData: EarlyDataReport | null;
  /** The lines of the key log. */
  readonly keyLog: string[];
  /** The timings. */
  readonly timings: Timings;
}

/** Opens a connection on which TLS may begin. */
export async function openConn(
  { target, hostname, starttls, timeout }: Pick<
    VisitOptions,
    "target" | "hostname" | "starttls" | "timeout"
  >,
): Promise<
  { readonly conn: Deno.TcpConn; readonly connect: number; readonly plainText: number | null }
> {
  const begin = performance.now();
  const conn = await connect(target, timeout);
  const connected = performance.now();
  if (starttls === null) return { conn, connect: connected - begin, plainText: null };
  try {
    await inTime(
      startTls(starttls, new PlainText(conn), hostname),
      timeout,
      () =>
        new Unreachable(
          `Cannot start TLS with ${where(target)}: the server says nothing for ${timeout} ms in ` +
            `which ${starttls} would go on; it may begin with TLS at once, or be another protocol`,
        ),
    );
  } catch (error) {
    conn.close();
    throw error;
  }
  return { conn, connect: connected - begin, plainText: performance.now() - connected };
}

/**
 * Connects and completes a handshake. A server whose certificate is not good is looked at to the
 * end; no data is sent to it.
 *
 * @param options How.
 * @param token The session that is resumed.
 * @param early What is sent as early data, where the session allows it: nothing asks the server
 * whether it would take some, and leaves nothing that could be replayed.
 * @throws {Unreachable} If there is no connection.
 * @throws {PlainTextError} If the plain text before TLS is not as it should be.
 */
export async function visit(
  options: VisitOptions,
  token: Uint8Array<ArrayBuffer> | null = null,
  early: Uint8Array<ArrayBuffer> = new Uint8Array(0),
): Promise<Visit> {
  const { conn, connect, plainText } = await openConn(options);
  const recorded = new RecordedConn(conn);
  const seen: Omit<Visit, "socket"> = {
    conn: recorded,
    info: null,
    error: null,
    peer: null,
    problems: [],
    path: null,
    reports: [],
    request: null,
    identity: "none",
    token: null,
    earlyData: null,
    keyLog: [],
    timings: { connect, plainText, handshake: null },
  };
  const begin = performance.now();
  const socket = secure(recorded, options, seen);
  try {
    if (token !== null) setResumptionToken(socket, token);
    if (token !== null && getResumptionTokenInfo(token).maxEarlyDataSize > 0) {
      const { outcome } = await writeEarlyData(socket, early);
      seen.earlyData = { bytes: early.length, accepted: outcome === "accepted" };
    }
    seen.info = await socket.handshake();
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    seen.error = error;
  }
  seen.timings.handshake = performance.now() - (begin + (recorded.chunks[0]?.at ?? 0));
  return Object.assign(seen, { socket });
}

function secure(
  conn: RecordedConn<Deno.NetAddr>,
  options: VisitOptions,
  seen: Omit<Visit, "socket">,
): SslSocket {
  try {
    const socket = importFD(conn, importOptions(options, seen));
    // Apache asks for a certificate when it knows what is wanted
    if (options.trust.identity !== null) optionSet(socket, "ENABLE_POST_HANDSHAKE_AUTH", true);
    return socket;
  } catch (error) {
    conn.close(); // the options do not go together
    throw error;
  }
}

function importOptions(options: VisitOptions, seen: Omit<Visit, "socket">): ImportOptions {
  const { hostname, timeout, tls, trust, revocation, insecure } = options;
  const { identity } = trust;
  return {
    ...tls,
    hostname,
    // The same certificate is shown on the second connection, so its session may be resumed
    peerId: "nss client",
    context: trust.context,
    ...trust.caCerts !== null && { caCerts: trust.caCerts },
    handshakeTimeout: timeout,
    closeTimeout: 1000,
    ocspStapling: true,
    signedCertTimestamps: true,
    authCertificate: async (socket, peer) => {
      seen.peer = peer;
      return await authCertificate(socket, peer, {
        checkPath: (path) => {
          seen.path = path;
        },
        revocation: { ...revocation, report: (report) => seen.reports.push(report) },
      });
    },
    badCert: (_socket, _error, _peer, problems) => {
      // It is asked about each error, with those that are left
      if (seen.problems.length === 0) seen.problems = problems;
      return true;
    },
    getClientAuthData: (_socket, request) => {
      seen.request = request;
      if (identity === null) return null;
      seen.identity = seen.problems.length === 0 || insecure ? "shown" : "withheld";
      return seen.identity === "shown" ? identity : null;
    },
    resumptionTokenCallback: (_socket, token) => {
      seen.token ??= token.slice();
    },
    keyLog: (line) => {
      seen.keyLog.push(line);
    },
  };
}

/** The most bytes that are read from a server that was only to be looked at. */
const MAX_DRAINED = 1024 * 1024;

/**
 * Says that no data comes, and waits for what the server sends behind the handshake: tickets, and
 * the alert of one that does not like the client.
 *
 * @param seen The visit.
 * @param starttls The protocol whose plain text went before: to that a server may go back.
 * @param patience How many milliseconds the server may take.
 */
export async function drain(
  seen: Visit,
  starttls: StartTlsName | null,
  patience: number,
): Promise<void> {
  const { socket } = seen;
  if (seen.info === null) return;
  const read = async (): Promise<void> => {
    await socket.closeWrite();
    const buffer = new Uint8Array(16_384);
    let size = 0;
    for (let length; size < MAX_DRAINED && (length = await socket.read(buffer)) !== null;) {
      size += length;
    }
  };
  try {
    await inTime(read(), patience, () => new Error("late"));
  } catch (error) {
    // Servers that go without close_notify have said all that they had to say
    if (!(error instanceof NssError) || /^PR_/.test(error.name)) return;
    // Exim takes the end of TLS for that of TLS alone, and says 421 in the clear
    if (starttls !== null && error.name === "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE") return;
    seen.error = error;
  }
}

/** Whether the server did not answer in time. */
export function isLate({ error }: Pick<Visit, "error">): boolean {
  return error?.name === "PR_IO_TIMEOUT_ERROR";
}

/** The certificates that the server has sent, its own first. */
export function chainOf({ peer, info }: Visit): readonly Certificate[] {
  return peer?.chain ?? info?.peerCertificates ?? [];
}
