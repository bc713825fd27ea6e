// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

/** One version of TLS, and a folder that asks for a client's certificate after the request. */
export function apache(version: string): ServerProgram {
  return {
    name: "Apache",
    package: "apache2-bin",
    version: ["apache2", ["-v"], /Apache\/(\S+)/],
    prepare: async (place) => {
      const { folder } = place;
      await Deno.mkdir(`${folder}/site/private`, { recursive: true });
      await writeLines(place, "site/private/index.html", ["for alice only"]);
      const modules = ["mpm_prefork", "authz_core", "dir", "ssl"].map((name) =>
        `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
      );
      await writeLines(place, "conf", [
        ...modules,
        `Listen 127.0.0.1:${place.ports[0]}`,
        "ServerName localhost",
        `PidFile ${folder}/pid`,
        `DefaultRuntimeDir ${folder}`,
        `ErrorLog ${folder}/log`,
        `DocumentRoot ${folder}/site`,
        "DirectoryIndex index.html",
        "SSLSessionCache none",
        "SSLEngine on",
        `SSLProtocol ${version}`,
        `SSLCACertificateFile ${place.caFile}`,
        `SSLCertificateFile ${place.certFile}`,
        `SSLCertificateKeyFile ${place.keyFile}`,
        "<Location /private>",
        "SSLVerifyClient require",
        "</Location>",
      ]);
    },
    command: ({ folder }) => ["apache2", "-X", "-f", `${folder}/conf`],
  };
}
