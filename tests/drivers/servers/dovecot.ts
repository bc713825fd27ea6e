// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Place, type ServerProgram, writeLines } from "./_server.ts";

const user = Deno.uid() === 0 ? "nobody" : "$ENV:USER";
const group = Deno.uid() === 0 ? "nogroup" : "$ENV:USER";

/** Writes its settings: what is the same for all protocols, and those of some. */
async function configure(
  place: Place,
  protocols: string,
  services: readonly string[],
): Promise<void> {
  const { folder } = place;
  await Deno.mkdir(`${folder}/run`);
  await Deno.mkdir(`${folder}/mail`);
  await writeLines(place, "conf", [
    `protocols = ${protocols}`,
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
    ...services,
  ]);
}

/** The settings of a service that takes logins: no jail, and its listeners. */
function login(name: string, ...listeners: readonly string[]): string[] {
  return [`service ${name} {`, "  chroot =", "  process_min_avail = 0", ...listeners, "}"];
}

/** The settings of a listener. */
function listener(name: string, port: number, ...more: readonly string[]): string[] {
  return [`  inet_listener ${name} {`, `    port = ${port}`, ...more, "  }"];
}

const program = {
  version: ["dovecot", ["--version"], /^(\S+)/],
  command: ({ folder }) => ["dovecot", "-F", "-c", `${folder}/conf`],
} as const satisfies Partial<ServerProgram>;

/** IMAP with TLS from the start on the first port, STARTTLS on the second. */
export const dovecot: ServerProgram = {
  ...program,
  name: "Dovecot",
  package: "dovecot-imapd",
  prepare: (place) => {
    const { ports: [tls, startTls] } = place;
    return configure(
      place,
      "imap",
      login(
        "imap-login",
        ...listener("imap", startTls),
        ...listener("imaps", tls, "    ssl = yes"),
      ),
    );
  },
};

/** POP3 on the first port, LMTP on the second, both with STARTTLS. */
export const dovecotMail: ServerProgram = {
  ...program,
  name: "Dovecot (POP3, LMTP)",
  package: "dovecot-pop3d, dovecot-lmtpd",
  prepare: (place) => {
    const { ports: [pop3, lmtp] } = place;
    return configure(place, "pop3 lmtp", [
      ...login("pop3-login", ...listener("pop3", pop3), ...listener("pop3s", 0)),
      `service lmtp {`,
      `  user = ${user}`,
      ...listener("lmtp", lmtp, "    address = 127.0.0.1"),
      "}",
    ]);
  },
};
