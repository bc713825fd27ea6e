// Copyright 2026 the NSS for Deno authors. MIT license.

import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { PASSWORD, postgresql } from "./servers/postgresql.ts";

type Row = { readonly [column: string]: string };

interface Sql {
  unsafe(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  end(options: { readonly timeout: number }): Promise<void>;
}

interface Recipe {
  openSql(options: object, ca: string, cert?: string, key?: string): Sql;
}

async function open({ host, port, ca, cert, key }: Target): Promise<Sql> {
  const { openSql } = await loadRecipe<Recipe>("postgres.ts");
  const user = { user: "alice", password: PASSWORD, database: "postgres" };
  return openSql({ host, port, ...user, max: 3, connect_timeout: 20 }, ca, cert, key);
}

const WHO = "select version, client_dn from pg_stat_ssl where pid = pg_backend_pid()";

await testDriver({
  driver: "postgres",
  server: postgresql,
  withoutCertificate: "valid client certificate",
  identity: "TLSv1.3 /CN=alice",
  reconnects: true,
  async open(target) {
    const sql = await open(target);
    return {
      async ask() {
        const [row] = await sql.unsafe(WHO);
        return `${row!.version} ${row!.client_dn}`;
      },
      async fetch(length) {
        const [row] = await sql.unsafe("select repeat('x', $1) as text", [length]);
        return row!.text!.length;
      },
      async send(length) {
        const [row] = await sql.unsafe("select length($1) as length", ["x".repeat(length)]);
        return Number(row!.length);
      },
      close: () => sql.end({ timeout: 1 }),
    };
  },
});
