// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

/** `ldaps` on the first port, StartTLS on the second. */
export const openldap: ServerProgram = {
  name: "OpenLDAP",
  package: "slapd",
  version: ["slapd", ["-VV"], /slapd (\S+)/],
  prepare: async (place) => {
    await Deno.mkdir(`${place.folder}/data`);
    await writeLines(place, "conf", [
      "include /etc/ldap/schema/core.schema",
      "modulepath /usr/lib/ldap",
      "moduleload back_mdb",
      `TLSCACertificateFile ${place.caFile}`,
      `TLSCertificateFile ${place.certFile}`,
      `TLSCertificateKeyFile ${place.keyFile}`,
      "TLSVerifyClient demand",
      "sizelimit unlimited",
      "sockbuf_max_incoming 4194304",
      "sockbuf_max_incoming_auth 4194304",
      "database mdb",
      'suffix "dc=test"',
      'rootdn "cn=alice,dc=test"',
      "rootpw secret",
      "maxsize 134217728",
      `directory ${place.folder}/data`,
    ]);
  },
  command: ({ folder, ports: [tls, startTls] }) => [
    "slapd",
    ...["-f", `${folder}/conf`, "-d", "256", "-n", "nss"],
    ...["-h", `ldaps://127.0.0.1:${tls} ldap://127.0.0.1:${startTls}`],
  ],
  ready: /slapd starting/,
};
