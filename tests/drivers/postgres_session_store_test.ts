// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The example of a store in PostgreSQL, by npm's pg. @module */

import { assertEquals } from "@std/assert";
import { CLEANUP, PostgresSessionStore, SCHEMA } from "../../examples/session_stores/postgres.ts";
import { testSessionStore } from "../../ssl/session/session_store_conformance.ts";
import { PostgresServer, postgresVersion } from "../support/postgres.ts";
import { skip } from "../support/skip.ts";
import { inTime } from "./_driver.ts";
import { DRIVERS } from "./_drivers.ts";

/** What is used of npm's pg. */
interface Pool {
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[] }>;
  on(event: "error", listener: (error: Error) => void): unknown;
  end(): Promise<void>;
}

const title = "examples/session_stores/postgres.ts passes the suite of stores, by npm's pg";
const found = await postgresVersion();
if (!found.ok) skip(title, `${found.reason} (postgresql)`);
else {
  Deno.test(title, async (t) => {
    const specifier = `npm:pg@${DRIVERS.pg.version}`;
    const { default: { Pool } }: {
      default: { Pool: new (options: object) => Pool };
    } = await import(specifier);
    await using server = await PostgresServer.start();
    const open = () => {
      const pool = new Pool({ host: server.folder, user: "test", database: "postgres", max: 8 });
      pool.on("error", () => {}); // the server restarts
      return pool;
    };
    const admin = open();
    try {
      await admin.query(SCHEMA);
      const steps: [string, () => Promise<void>][] = [];
      testSessionStore({
        name: "PostgresSessionStore",
        test: (title, run) => steps.push([title, run]),
        engine: () => {
          const pools: Pool[] = [];
          return {
            open: () => {
              const pool = open();
              pools.push(pool);
              return new PostgresSessionStore((text, values) => pool.query(text, values));
            },
            advance: null,
            restart: () => server.restart(),
            spoil: null, // the types of the table's columns are the store's
            close: async () => {
              for (const pool of pools) await pool.end();
            },
          };
        },
      });
      for (const [title, run] of steps) await t.step(title, () => inTime(run(), title));
      await t.step("a table that was emptied or restored has a new epoch", async () => {
        const store = new PostgresSessionStore((text, values) => admin.query(text, values));
        const epochs = [await store.epoch()];
        await admin.query("truncate nss_sessions");
        epochs.push(await store.epoch());
        await admin.query("drop table nss_sessions");
        await admin.query(SCHEMA);
        epochs.push(await store.epoch());
        assertEquals(new Set(epochs).size, 3);
      });
      await t.step("what has expired is cleaned up", async () => {
        const store = new PostgresSessionStore((text, values) => admin.query(text, values));
        await store.put("long", new Uint8Array([1]), 60_000);
        await store.put("short", new Uint8Array([1]), 1);
        await new Promise((resolve) => setTimeout(resolve, 50));
        await admin.query(CLEANUP);
        const { rows } = await admin.query("select name from nss_sessions");
        assertEquals(rows, [{ name: "long" }]);
      });
    } finally {
      await admin.end();
    }
  });
}
