// Copyright 2026 the NSS for Deno authors. MIT license.

import { type ServerProgram, writeLines } from "./_server.ts";

/**
 * HTTP/1.1 and HTTP/2, in front of whatever listens in the clear on the second port: `/client`
 * tells the client's name.
 */
export function nginx(locations: readonly string[] = []): ServerProgram {
  return {
    name: "nginx",
    package: "nginx-light",
    version: ["nginx", ["-v"], /nginx\/(\S+)/],
    prepare: async (place) => {
      const { folder, ports: [tls, clear] } = place;
      await writeLines(place, "conf", [
        "daemon off;",
        "error_log stderr info;",
        `pid ${folder}/pid;`,
        "events { worker_connections 512; }",
        "http {",
        "  access_log off;",
        ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
          `  ${name}_temp_path ${folder}/${name};`
        ),
        "  client_max_body_size 100m;",
        "  server {",
        `    listen 127.0.0.1:${tls} ssl http2;`,
        `    ssl_certificate ${place.certFile};`,
        `    ssl_certificate_key ${place.keyFile};`,
        `    ssl_client_certificate ${place.caFile};`,
        "    ssl_verify_client on;",
        "    ssl_protocols TLSv1.2 TLSv1.3;",
        `    root ${folder};`,
        "    location /client { return 200 $ssl_client_s_dn; }",
        "    location /ws {",
        `      proxy_pass http://127.0.0.1:${clear};`,
        "      proxy_http_version 1.1;",
        "      proxy_set_header Upgrade $http_upgrade;",
        "      proxy_set_header Connection upgrade;",
        "      proxy_set_header X-Client $ssl_client_s_dn;",
        "    }",
        "    location /echo. {",
        `      grpc_pass grpc://127.0.0.1:${clear};`,
        "      grpc_set_header X-Client $ssl_client_s_dn;",
        "    }",
        ...locations,
        "  }",
        "}",
      ]);
    },
    command: ({ folder }) => ["nginx", "-p", folder, "-c", `${folder}/conf`],
  };
}
