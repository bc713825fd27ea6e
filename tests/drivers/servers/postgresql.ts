// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

/** Alice's password. */
export const PASSWORD = "a password of Alice's";

/** Where Debian keeps the programs of each version. */
function findPrograms(): string {
  const base = "/usr/lib/postgresql";
  try {
    for (const { name } of Deno.readDirSync(base)) return `${base}/${name}/bin`;
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return base;
}

const programs = findPrograms();

/** Alice must have a certificate of that name, and know a password (SCRAM-SHA-256). */
export const postgresql: ServerProgram = {
  name: "PostgreSQL",
  package: "postgresql",
  version: [`${programs}/postgres`, ["--version"], /PostgreSQL\) (\S+)/],
  prepare: async (place) => {
    const { folder } = place;
    await writeLines(place, "password", [PASSWORD]);
    await writeLines(place, "hba", [
      "hostssl all alice 127.0.0.1/32 scram-sha-256 clientcert=verify-full",
    ]);
    return [
      `${programs}/initdb`,
      ...["-D", `${folder}/data`, "-U", "alice", "-A", "scram-sha-256"],
      ...[`--pwfile=${folder}/password`, "--no-sync", "--locale=C", "--encoding=UTF8"],
    ];
  },
  command: ({ folder, caFile, certFile, keyFile, ports: [port] }) => {
    const settings = {
      listen_addresses: "127.0.0.1",
      unix_socket_directories: "",
      hba_file: `${folder}/hba`,
      ssl: "on",
      ssl_ca_file: caFile,
      ssl_cert_file: certFile,
      ssl_key_file: keyFile,
      fsync: "off",
    };
    return [
      `${programs}/postgres`,
      ...["-D", `${folder}/data`, "-p", String(port)],
      ...Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]),
    ];
  },
  ready: /database system is ready to accept connections/,
};
