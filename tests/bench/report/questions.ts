// Copyright 2026 the NSS for Deno authors. MIT license.

/** What the summaries ask of the results. @module */

import { CALLS_AND_IO, RECORDS, TCP } from "../measures/contenders.ts";

/** A row of a summary. */
export interface Question {
  /** What it is about, with the unit. */
  readonly label: string;
  /** The measure, and its column. */
  readonly id: string;
  readonly key?: string;
  readonly better: "more" | "less";
  /** Who shows what the platform allows. */
  readonly limit?: string;
  /** Whether README shows it. */
  readonly inReadme?: boolean;
}

type Column = Pick<Question, "id" | "key" | "better">;

const more = (id: string, key = "value"): Column => ({ id, key, better: "more" });
const less = (id: string, key = "value"): Column => ({ id, key, better: "less" });

const CALLS = { limit: CALLS_AND_IO };
const BARE = { limit: RECORDS };
const PLAIN = { limit: TCP };
const README = { inReadme: true };

/** The rows, in order. */
export const QUESTIONS: readonly Question[] = [
  { label: "receive, a core for each end, MB/s", ...more("receive-pinned"), ...BARE },
  { label: "receive, all cores, MB/s", ...more("receive-shared"), ...BARE, ...README },
  { label: "send, a core for each end, MB/s", ...more("send-pinned"), ...BARE },
  { label: "send, all cores, MB/s", ...more("send-shared"), ...BARE, ...README },
  { label: "receive over 1 connection, CPU us a MB", ...less("receive-of-one", "client"), ...BARE },
  { label: "receive over 500, CPU us a MB", ...less("receive-of-many", "client"), ...BARE },
  { label: "receive over 500, MiB of the client", ...less("receive-of-many", "memory"), ...BARE },
  { label: "client: full handshake, CPU us", ...less("client-1", "client"), ...CALLS },
  { label: "client: full handshakes, 16 at once, a second", ...more("client-16"), ...README },
  { label: "server: full handshake, CPU us", ...less("server-1", "server"), ...CALLS },
  { label: "server: full handshakes, 16 at once, a second", ...more("server-16"), ...README },
  { label: "client: resumed 1.3 and echo, CPU us", ...less("resumed-1.3", "client"), ...CALLS },
  { label: "client: resumed 1.3 and echo, a second", ...more("resumed-1.3"), ...README },
  { label: "client: resumed 1.2 and echo, CPU us", ...less("resumed-1.2", "client"), ...CALLS },
  { label: "both ends: connect, handshake, echo, a second", ...more("echo") },
  { label: "client: connect, handshake, echo, a second", ...more("echo-client") },
  { label: "server: connect, handshake, echo, a second", ...more("echo-server") },
  { label: "a byte there and back, us", ...less("ping"), ...BARE, ...README },
  { label: "idle client, KiB each of 1,000", ...less("idle"), ...PLAIN },
  { label: "idle server, KiB each of 1,000", ...less("idle", "server"), ...PLAIN },
  { label: "idle client, KiB each from there to 3,000", ...less("idle", "clientSlope"), ...PLAIN },
  { label: "idle server, KiB each from there to 3,000", ...less("idle", "serverSlope"), ...PLAIN },
  { label: "import of the root, ms", ...less("import"), limit: "an empty program" },
  { label: "PKCS #12 import, ms", ...less("pkcs12-import"), limit: "openssl" },
  { label: "PKCS #12 export, ms", ...less("pkcs12-export"), limit: "openssl" },
  { label: "PKCS #12 export, longest block, ms", ...less("pkcs12-export", "block") },
  { label: "16 KiB of 500 connections, p99, ms", ...less("requests") },
  { label: "the server's longest block meanwhile, ms", ...less("requests", "serverBlock") },
  { label: "the client's longest block meanwhile, ms", ...less("requests", "clientBlock") },
  { label: "chain of three, RSA-2048, ms", ...less("chain"), limit: "node:crypto" },
];
