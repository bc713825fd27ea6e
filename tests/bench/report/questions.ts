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
}

const CALLS = CALLS_AND_IO;

/** The rows, in order. */
export const QUESTIONS: readonly Question[] = [
  { label: "receive, a core each, MB/s", id: "receive-pinned", better: "more", limit: RECORDS },
  { label: "receive, all cores, MB/s", id: "receive-shared", better: "more", limit: RECORDS },
  { label: "send, a core each, MB/s", id: "send-pinned", better: "more", limit: RECORDS },
  { label: "send, all cores, MB/s", id: "send-shared", better: "more", limit: RECORDS },
  { label: "receive over one, CPU us a MB", id: "receive-of-one", key: "client", better: "less" },
  { label: "over 500 at once, CPU us a MB", id: "receive-of-many", key: "client", better: "less" },
  {
    label: "client, full handshake, CPU us",
    id: "client-1",
    key: "client",
    better: "less",
    limit: CALLS,
  },
  { label: "16 at once, a second", id: "client-16", better: "more" },
  {
    label: "server, full handshake, CPU us",
    id: "server-1",
    key: "server",
    better: "less",
    limit: CALLS,
  },
  { label: "server, 16 at once, a second", id: "server-16", better: "more" },
  {
    label: "client, resumed TLS 1.3 with echo, CPU us",
    id: "resumed-1.3",
    key: "client",
    better: "less",
    limit: CALLS,
  },
  {
    label: "client, resumed TLS 1.2 with echo, CPU us",
    id: "resumed-1.2",
    key: "client",
    better: "less",
    limit: CALLS,
  },
  { label: "connect, handshake, echo; both ends, a second", id: "echo", better: "more" },
  { label: "the same as client alone, a second", id: "echo-client", better: "more" },
  { label: "the same as server alone, a second", id: "echo-server", better: "more" },
  { label: "a byte there and back, us", id: "ping", better: "less", limit: RECORDS },
  { label: "idle client of 1,000, KiB", id: "idle", better: "less", limit: TCP },
  { label: "idle server of 1,000, KiB", id: "idle", key: "server", better: "less", limit: TCP },
  { label: "each more client, KiB", id: "idle", key: "clientSlope", better: "less", limit: TCP },
  { label: "each more server, KiB", id: "idle", key: "serverSlope", better: "less", limit: TCP },
  { label: "import of the root, ms", id: "import", better: "less", limit: "an empty program" },
  { label: "PKCS #12 import, ms", id: "pkcs12-import", better: "less", limit: "openssl" },
  { label: "PKCS #12 export, ms", id: "pkcs12-export", better: "less", limit: "openssl" },
  { label: "its longest block, ms", id: "pkcs12-export", key: "block", better: "less" },
  { label: "request among 500, p99, ms", id: "requests", better: "less" },
  {
    label: "longest block of the server, ms",
    id: "requests",
    key: "serverBlock",
    better: "less",
  },
  { label: "chain of three RSA-2048, ms", id: "chain", better: "less", limit: "node:crypto" },
];
