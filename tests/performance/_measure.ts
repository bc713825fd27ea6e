// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Runs the programs that count, each in a process of its own. @module */

import { createCertificate, exportPrivateKeyPem, generateKeyPair } from "../../mod.ts";
import { runOk } from "../support/process.ts";
import type { Memory } from "./_memory.ts";
import { COLUMNS } from "./_meter.ts";
import type { Loaded } from "./_modules.ts";
import type { Setup } from "./_native_peer.ts";
import type { Measured } from "./_operations.ts";
import type { Table } from "./_table.ts";

const FLAGS = {
  // Nothing is collected before it is asked for
  memory: ["--v8-flags=--expose-gc,--min-semi-space-size=256,--max-semi-space-size=256"],
  modules: [],
  operations: [],
} as const;

async function run<T>(program: keyof typeof FLAGS, ...args: string[]): Promise<T> {
  const file = `${import.meta.dirname}/_${program}.ts`;
  const all = ["run", "-A", "--no-check", ...FLAGS[program], file, ...args];
  return JSON.parse(await runOk(Deno.execPath(), all, { timeout: 120_000 }));
}

async function makeSetups(): Promise<Setup[]> {
  const rootKeys = await generateKeyPair();
  const root = await createCertificate({ ...rootKeys, subject: "CN=root", isCa: true });
  const { publicKey, privateKey } = await generateKeyPair("ec-p256", { extractable: true });
  const issuer = { certificate: root, privateKey: rootKeys.privateKey };
  const cert = await createCertificate({ publicKey, dnsNames: ["localhost"], issuer });
  const identity = {
    cert: cert.toPem(),
    root: root.toPem(),
    key: await exportPrivateKeyPem(privateKey),
  };
  return (["TLSv1.3", "TLSv1.2"] as const).flatMap((version) =>
    (["client", "server"] as const).map((role) => ({ role, version, ...identity }))
  );
}

/** Counts what each end does in each operation. */
export async function measureOperations(): Promise<Table> {
  const measured = await run<Measured[]>("operations");
  const rows = measured.map(({ operation, counts }) =>
    [operation, COLUMNS.map((column) => counts[column])] as const
  );
  return { columns: COLUMNS, rows: new Map(rows) };
}

/** Measures the memory of a connection, at each end and of each version. */
export async function measureMemory(): Promise<Table> {
  const rows = new Map<string, number[]>();
  for (const setup of await makeSetups()) {
    const { taken, kept } = await run<Memory>("memory", JSON.stringify(setup));
    rows.set(`${setup.version}, ${setup.role}`, [taken, kept]);
  }
  return { columns: ["taken KiB", "kept KiB"], rows };
}

/** Counts the modules that the root loads, and more for each kind of first handshake. */
export async function measureModules(): Promise<Table> {
  const rows = new Map<string, number[]>();
  for (const setup of await makeSetups()) {
    const [imported, handshake] = await run<[Loaded, Loaded]>("modules", JSON.stringify(setup));
    rows.set("import of the root", [imported.modules, imported.kib]);
    const name = `first handshake of a ${setup.role}, ${setup.version}`;
    rows.set(name, [handshake.modules, handshake.kib]);
  }
  return { columns: ["modules", "KiB"], rows };
}

/** The tables of `counts.md`, by the name of their first column. */
export const TABLES: Readonly<Record<string, () => Promise<Table>>> = {
  operation: measureOperations,
  connection: measureMemory,
  loading: measureModules,
};
