// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

export const redis: ServerProgram = {
  name: "Redis",
  package: "redis-server",
  version: ["redis-server", ["--version"], /v=(\S+)/],
  prepare: async (place) => {
    await writeLines(place, "conf", [
      "bind 127.0.0.1",
      "port 0",
      `tls-port ${place.ports[0]}`,
      `tls-ca-cert-file ${place.caFile}`,
      `tls-cert-file ${place.certFile}`,
      `tls-key-file ${place.keyFile}`,
      "tls-auth-clients yes",
      'save ""',
      `dir ${place.folder}`,
    ]);
  },
  command: ({ folder }) => ["redis-server", `${folder}/conf`],
};
