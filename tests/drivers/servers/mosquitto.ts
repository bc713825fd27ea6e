// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** The name in the certificate is the user's. */
export const mosquitto: ServerProgram = {
  name: "Mosquitto",
  package: "mosquitto",
  version: ["mosquitto", ["-h"], /mosquitto version (\S+)/],
  prepare: async (place) => {
    await writeLines(place, "conf", [
      `listener ${place.ports[0]} 127.0.0.1`,
      `cafile ${place.caFile}`,
      `certfile ${place.certFile}`,
      `keyfile ${place.keyFile}`,
      "require_certificate true",
      "use_identity_as_username true",
      "allow_anonymous false",
      "log_type all",
    ]);
  },
  command: ({ folder }) => ["mosquitto", "-c", `${folder}/conf`],
};
