// Copyright 2026 the NSS for Deno authors. MIT license.

import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { mariadb } from "./servers/mariadb.ts";

type Row = { readonly [column: string]: string };

interface Pool {
  query(sql: string, values?: readonly unknown[]): Promise<readonly Row[]>;
  end(): Promise<void>;
}

interface Recipe {
  openPool(options: object, ca: string, cert?: string, key?: string): Pool;
}

async function open({ host, port, ca, cert, key }: Target): Promise<Pool> {
  const { openPool } = await loadRecipe<Recipe>("mariadb.ts");
  const user = { user: "alice", password: "a password" };
  const times = { connectTimeout: 5000, acquireTimeout: 5000, initializationTimeout: 5000 };
  return openPool({ host, port, ...user, ...times, connectionLimit: 1 }, ca, cert, key);
}

await testDriver({
  driver: "mariadb",
  server: mariadb,
  withoutCertificate: "Access denied",
  identity: "alice TLSv1.3",
  reconnects: true,
  async open(target) {
    const pool = await open(target);
    return {
      async ask() {
        const [user] = await pool.query("select user() as name");
        const [status] = await pool.query("show status like 'Ssl_version'");
        return `${user!.name!.split("@")[0]} ${status!.Value}`;
      },
      async fetch(length) {
        const [row] = await pool.query("select repeat('x', ?) as text", [length]);
        return row!.text!.length;
      },
      async send(length) {
        const [row] = await pool.query("select length(?) as length", ["x".repeat(length)]);
        return Number(row!.length);
      },
      close: () => pool.end(),
    };
  },
});
