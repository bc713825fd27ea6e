// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** Alice must have a certificate of that name. */
export const mariadb: ServerProgram = {
  name: "MariaDB",
  package: "mariadb-server",
  version: ["mariadbd", ["--version"], /Ver (\S+)/],
  prepare: async (place) => {
    const { folder } = place;
    await writeLines(place, "users", [
      "CREATE USER IF NOT EXISTS alice@'127.0.0.1' IDENTIFIED BY 'a password' REQUIRE SUBJECT '/CN=alice';",
      "CREATE USER IF NOT EXISTS alice@'localhost' IDENTIFIED BY 'a password' REQUIRE SUBJECT '/CN=alice';",
    ]);
    return [
      "mariadb-install-db",
      ...["--no-defaults", `--datadir=${folder}/data`, "--auth-root-authentication-method=normal"],
      ...["--skip-test-db", "--skip-name-resolve", `--tmpdir=${folder}`],
      ...["--innodb-log-file-size=4M", "--innodb-flush-method=nosync"],
    ];
  },
  command: ({ folder, caFile, certFile, keyFile, ports: [port] }) => [
    "mariadbd",
    ...["--no-defaults", `--datadir=${folder}/data`, `--tmpdir=${folder}`],
    ...["--bind-address=127.0.0.1", `--port=${port}`, `--socket=${folder}/socket`],
    ...[`--ssl-ca=${caFile}`, `--ssl-cert=${certFile}`, `--ssl-key=${keyFile}`],
    ...[`--init-file=${folder}/users`, "--require-secure-transport=on"],
    ...["--innodb-log-file-size=4M", "--innodb-flush-method=nosync"],
    ...[`--pid-file=${folder}/pid`, "--skip-name-resolve", "--max-allowed-packet=64M"],
  ],
  ready: /ready for connections/,
};
