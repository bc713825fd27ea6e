// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A session store in PostgreSQL, as an example of a store of one's own: it passes
 * `testSessionStore()` of `@nss/nss/ssl/session-store-conformance`.
 *
 * With npm's `pg`:
 *
 *     const pool = new pg.Pool({ host: "db.example" });
 *     await pool.query(SCHEMA);
 *     const store = new PostgresSessionStore((text, values) => pool.query(text, values));
 *
 * The table must be in the write-ahead log, and `synchronous_commit` on, as it is by default. Rows
 * that have expired are deleted by whoever runs `CLEANUP`, once an hour for example.
 *
 * @module
 */

import type { SessionStore } from "@nss/nss/ssl/session-store";

/** Runs a statement with `$1`, `$2` ... for its values. */
export type Query = (
  text: string,
  values: (string | number)[],
) => Promise<{ readonly rows: readonly Readonly<Record<string, unknown>>[] }>;

/** Creates the table. */
export const SCHEMA = `create table if not exists nss_sessions (
  name text collate "C" primary key,
  value bytea not null,
  expires_at timestamptz not null
)`;

/** Deletes what has expired, which nobody sees. */
export const CLEANUP = "delete from nss_sessions where expires_at <= now()";

/** The server's clock counts, which is one for all. */
const IS_ALIVE = "nss_sessions.expires_at > clock_timestamp()";
const END = "clock_timestamp() + $3::float8 * interval '1 millisecond'";
const INSERT = `insert into nss_sessions values ($1, decode($2, 'hex'), ${END})
  on conflict (name) do update set value = excluded.value, expires_at = excluded.expires_at`;
/** A row that is there and has not expired is left as it is: then no row is returned. */
const INSERT_IF_NONE = `${INSERT} where not (${IS_ALIVE}) returning name`;
const UPDATE = `update nss_sessions set value = decode($2, 'hex'), expires_at = ${END}
  where name = $1 and value = decode($4, 'hex') and ${IS_ALIVE} returning name`;
const DELETE = `delete from nss_sessions
  where name = $1 and value = decode($2, 'hex') and ${IS_ALIVE} returning name`;
const SELECT = `select encode(value, 'hex') as value from nss_sessions
  where name = $1 and ${IS_ALIVE}`;
/**
 * The server's start, which a restart from a backup changes, the timeline, which a failover and a
 * recovery to an earlier time change, and the table's file, which a restored table changes.
 */
const EPOCH = `select concat_ws(':', extract(epoch from pg_postmaster_start_time()),
  (select timeline_id from pg_control_checkpoint()), pg_relation_filenode('nss_sessions')) as epoch`;

/** Rows in a table of PostgreSQL. */
export class PostgresSessionStore implements SessionStore {
  readonly #query: Query;

  constructor(query: Query) {
    this.#query = query;
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const [row] = (await this.#query(SELECT, [name])).rows;
    return row === undefined ? undefined : Uint8Array.fromHex(String(row.value));
  }

  async put(name: string, value: Uint8Array, lifetime: number): Promise<void> {
    await this.#query(INSERT, [name, value.toHex(), lifetime]);
  }

  async replace(
    name: string,
    before: Uint8Array | null,
    after: Uint8Array | null,
    lifetime: number,
  ): Promise<boolean> {
    if (before === null && after === null) return await this.get(name) === undefined;
    const { rows } =
      await (before === null
        ? this.#query(INSERT_IF_NONE, [name, after!.toHex(), lifetime])
        : after === null
        ? this.#query(DELETE, [name, before.toHex()])
        : this.#query(UPDATE, [name, after.toHex(), lifetime, before.toHex()]));
    return rows.length === 1;
  }

  async epoch(): Promise<string | null> {
    const [row] = (await this.#query(EPOCH, [])).rows;
    return typeof row?.epoch === "string" ? row.epoch : null;
  }
}
