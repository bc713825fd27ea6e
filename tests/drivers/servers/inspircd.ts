// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/** IRC, with STARTTLS. */
export const inspircd: ServerProgram = {
  name: "InspIRCd",
  package: "inspircd",
  version: ["inspircd", ["--version"], /InspIRCd-(\S+)/],
  prepare: async (place) => {
    const { folder, ports: [port] } = place;
    await writeLines(place, "conf", [
      '<server name="irc.localhost" description="test" network="test">',
      '<admin name="nobody" nick="nobody" email="nobody@localhost">',
      `<bind address="127.0.0.1" port="${port}" type="clients">`,
      '<connect allow="*" timeout="60" localmax="100" globalmax="100">',
      `<path configdir="${folder}" datadir="${folder}" logdir="${folder}" runtimedir="${folder}">`,
      `<pid file="${folder}/pid">`,
      '<dns server="127.0.0.1" timeout="1">',
      '<log method="file" type="*" level="default" target="log">',
      '<module name="ssl_gnutls">',
      `<sslprofile name="main" provider="gnutls" certfile="${place.certFile}"`,
      `  keyfile="${place.keyFile}">`,
      '<module name="starttls">',
    ]);
  },
  command: ({ folder }) => ["inspircd", "--nofork", "--nopid", "--config", `${folder}/conf`],
};
