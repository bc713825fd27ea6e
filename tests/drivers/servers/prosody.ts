// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** XMPP for clients, with STARTTLS. */
export const prosody: ServerProgram = {
  name: "Prosody",
  package: "prosody",
  version: ["prosodyctl", ["about"], /Prosody (\S+)/],
  prepare: async (place) => {
    const { folder, certFile, keyFile } = place;
    // It reads no file of another ending
    await writeLines(place, "conf.lua", [
      `data_path = "${folder}"`,
      `pidfile = "${folder}/pid"`,
      'interfaces = { "127.0.0.1" }',
      `c2s_ports = { ${place.ports[0]} }`,
      "s2s_ports = {}",
      'modules_enabled = { "tls", "saslauth" }',
      'modules_disabled = { "s2s", "offline" }',
      "c2s_require_encryption = true",
      `ssl = { certificate = "${certFile}", key = "${keyFile}" }`,
      'log = { info = "*console" }',
      'VirtualHost "localhost"',
    ]);
  },
  command: ({ folder }) => ["prosody", "-F", "--config", `${folder}/conf.lua`],
};
