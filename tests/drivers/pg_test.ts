// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses node: modules, as the driver does.

import { assertEquals, assertRejects } from "@std/assert";
import { X509Certificate } from "node:crypto";
import tls from "node:tls";
import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { PASSWORD, postgresql } from "./servers/postgresql.ts";

type Row = { readonly [column: string]: string };

interface Pool {
  query(sql: string, values?: readonly unknown[]): Promise<{ readonly rows: readonly Row[] }>;
  connect(): Promise<Pool & { release(): void }>;
  end(): Promise<void>;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface Recipe {
  openPool(options: object, ca: string, cert?: string, key?: string): Pool;
}

async function open({ host, port, ca, cert, key }: Target, options: object = {}): Promise<Pool> {
  const { openPool } = await loadRecipe<Recipe>("pg.ts");
  const user = { user: "alice", password: PASSWORD, database: "postgres" };
  const pool = openPool({ host, port, ...user, ...options }, ca, cert, key);
  firstError(pool);
  return pool;
}

const WHO = "select version, client_dn from pg_stat_ssl where pid = pg_backend_pid()";

await testDriver({
  driver: "pg",
  server: postgresql,
  withoutCertificate: "valid client certificate",
  identity: "TLSv1.3 /CN=alice",
  reconnects: true,
  async open(target) {
    const pool = await open(target);
    return {
      async ask() {
        const { rows: [row] } = await pool.query(WHO);
        return `${row!.version} ${row!.client_dn}`;
      },
      async fetch(length) {
        const { rows: [row] } = await pool.query("select repeat('x', $1) as text", [length]);
        return row!.text!.length;
      },
      async send(length) {
        const { rows: [row] } = await pool.query("select length($1) as length", [
          "x".repeat(length),
        ]);
        return Number(row!.length);
      },
      close: () => pool.end(),
    };
  },
  more: {
    "SCRAM-SHA-256-PLUS": async (target) => {
      const pool = await open(target);
      await pool.query("select 1");
      await pool.end();
      // Bound to another certificate, the same login fails: the server checks what only PLUS has
      const ours = tls.connect;
      Object.assign(tls, {
        connect: (options: tls.ConnectionOptions) =>
          Object.assign(ours(options), {
            getPeerCertificate: () => ({ raw: new X509Certificate(target.ca).raw }),
          }),
      });
      const other = await open(target);
      await assertRejects(() => other.query("select 1"), Error, "channel binding check failed");
      await other.end();
      Object.assign(tls, { connect: ours });
    },
    "fifty connections of a pool": async (target) => {
      const pool = await open(target, { max: 50 });
      const clients = await Promise.all(Array.from({ length: 50 }, () => pool.connect()));
      const pids = await Promise.all(clients.map(async (client) => {
        const { rows: [row] } = await client.query("select pg_backend_pid()::text as pid");
        return row!.pid;
      }));
      assertEquals(new Set(pids).size, 50);
      for (const client of clients) client.release();
      await pool.end();
    },
  },
});
