// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** The name in the certificate is the user's. TLS begins after a line in the clear. */
export const nats: ServerProgram = {
  name: "NATS",
  package: "nats-server",
  version: ["nats-server", ["--version"], /v?(\d\S+)/],
  prepare: async (place) => {
    await writeLines(place, "conf", [
      `listen: 127.0.0.1:${place.ports[0]}`,
      `tls { cert_file: "${place.certFile}", key_file: "${place.keyFile}"`,
      `  ca_file: "${place.caFile}", verify_and_map: true }`,
      'authorization { users: [{ user: "CN=alice" }] }',
      "max_payload: 8MB",
    ]);
  },
  command: ({ folder }) => ["nats-server", "-c", `${folder}/conf`, "-D"],
};
