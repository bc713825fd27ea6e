// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The tables of docs/node.md, from the rows: `deno task node-tls` writes them. @module */

import { table } from "../../support/generated_page.ts";
import {
  CONNECT_OPTIONS,
  MODULE_MEMBERS,
  type Row,
  SECURE_CONTEXT_OPTIONS,
  SERVER_EVENTS,
  SERVER_MEMBERS,
  SERVER_OPTIONS,
  SOCKET_EVENTS,
  SOCKET_MEMBERS,
} from "./_node_tls_rows.ts";

/** The page. */
export const PAGE = new URL("../../../docs/node.md", import.meta.url);

/** What writes the tables, as the marks of the page call it. */
export const WRITER = "deno task node-tls";

/** The tables, by their headings. */
export const TABLES: Readonly<Record<string, Readonly<Record<string, Row>>>> = {
  "Options of `createSecureContext()`, `connect()` and `createServer()`": SECURE_CONTEXT_OPTIONS,
  "Options of `connect()`": CONNECT_OPTIONS,
  "Options of `createServer()`": SERVER_OPTIONS,
  "Members of sockets": SOCKET_MEMBERS,
  "Events of sockets": SOCKET_EVENTS,
  "Members of servers": SERVER_MEMBERS,
  "Events of servers": SERVER_EVENTS,
  "Members of the module": MODULE_MEMBERS,
};

/** The tables as Markdown. */
export function tables(): string {
  return Object.entries(TABLES).flatMap(([heading, rows]) => [
    `### ${heading}`,
    table(
      ["of Node's", "here", ""],
      Object.entries(rows).map(([name, [mark, does]]) => [`\`${name}\``, mark, does]),
    ),
  ]).join("\n\n");
}
