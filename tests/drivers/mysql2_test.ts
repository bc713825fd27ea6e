// Copyright 2026 the NSS for Deno authors. MIT license.

import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { mariadb } from "./servers/mariadb.ts";

type Row = { readonly [column: string]: string };

interface Pool {
  query(sql: string, values?: readonly unknown[]): Promise<readonly [readonly Row[], unknown]>;
  end(): Promise<void>;
}

interface Recipe {
  openPool(options: object, ca: string, cert?: string, key?: string): Pool;
}

async function open({ host, port, ca, cert, key }: Target): Promise<Pool> {
  const { openPool } = await loadRecipe<Recipe>("mysql2.ts");
  const user = { user: "alice", password: "a password" };
  return openPool({ host, port, ...user, connectionLimit: 3 }, ca, cert, key);
}

await testDriver({
  driver: "mysql2",
  server: mariadb,
  withoutCertificate: "Access denied",
  identity: "alice TLSv1.3",
  reconnects: true,
  async open(target) {
    const pool = await open(target);
    return {
      async ask() {
        const [[user]] = await pool.query("select user() as name");
        const [[status]] = await pool.query("show status like 'Ssl_version'");
        return `${user!.name!.split("@")[0]} ${status!.Value}`;
      },
      async fetch(length) {
        const [[row]] = await pool.query("select repeat('x', ?) as text", [length]);
        return row!.text!.length;
      },
      async send(length) {
        const [[row]] = await pool.query("select length(?) as length", ["x".repeat(length)]);
        return Number(row!.length);
      },
      close: () => pool.end(),
    };
  },
});
