// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

const user = Deno.uid() === 0 ? "nobody" : "$ENV:USER";
const group = Deno.uid() === 0 ? "nogroup" : "$ENV:USER";

/** IMAP with TLS from the start on the first port, STARTTLS on the second. */
export const dovecot: ServerProgram = {
  name: "Dovecot",
  package: "dovecot-imapd",
  version: ["dovecot", ["--version"], /^(\S+)/],
  prepare: async (place) => {
    const { folder, ports: [tls, startTls] } = place;
    await Deno.mkdir(`${folder}/run`);
    await Deno.mkdir(`${folder}/mail`);
    await writeLines(place, "conf", [
      "protocols = imap",
      "listen = 127.0.0.1",
      `base_dir = ${folder}/run`,
      `state_dir = ${folder}/run`,
      `default_internal_user = ${user}`,
      `default_internal_group = ${group}`,
      `default_login_user = ${user}`,
      "log_path = /dev/stderr",
      "ssl = required",
      `ssl_ca = <${place.caFile}`,
      `ssl_cert = <${place.certFile}`,
      `ssl_key = <${place.keyFile}`,
      "ssl_verify_client_cert = yes",
      "ssl_require_crl = no",
      "auth_ssl_require_client_cert = yes",
      "auth_ssl_username_from_cert = yes",
      "passdb {",
      "  driver = static",
      "  args = password=secret",
      "}",
      "userdb {",
      "  driver = static",
      `  args = uid=${user} gid=${group} home=${folder}/mail/%u`,
      "}",
      "mail_location = maildir:~/Mail",
      "mail_max_userip_connections = 100",
      "first_valid_uid = 1",
      "service anvil {",
      "  chroot =",
      "}",
      "service imap-login {",
      "  chroot =",
      "  process_min_avail = 0",
      "  inet_listener imap {",
      `    port = ${startTls}`,
      "  }",
      "  inet_listener imaps {",
      `    port = ${tls}`,
      "    ssl = yes",
      "  }",
      "}",
    ]);
  },
  command: ({ folder }) => ["dovecot", "-F", "-c", `${folder}/conf`],
};
