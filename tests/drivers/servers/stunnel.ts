// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** OpenSSL's TLS in front of whatever listens in the clear on the second port. */
export const stunnel: ServerProgram = {
  name: "stunnel",
  package: "stunnel4",
  version: ["stunnel4", ["-version"], /stunnel (\S+)/],
  prepare: async (place) => {
    const { ports: [tls, clear] } = place;
    await writeLines(place, "conf", [
      "foreground = yes",
      "pid =",
      "debug = info",
      "[front]",
      `accept = 127.0.0.1:${tls}`,
      `connect = 127.0.0.1:${clear}`,
      `cert = ${place.certFile}`,
      `key = ${place.keyFile}`,
      `CAfile = ${place.caFile}`,
      "verifyChain = yes",
    ]);
  },
  command: ({ folder }) => ["stunnel4", `${folder}/conf`],
};
