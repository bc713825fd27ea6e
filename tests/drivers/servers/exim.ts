// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

/** SMTP with TLS from the start on the first port, STARTTLS on the second; mail stays queued. */
export const exim: ServerProgram = {
  name: "Exim",
  package: "exim4-daemon-light",
  version: ["exim4", ["-bV"], /Exim version (\S+)/],
  prepare: async (place) => {
    const { folder, ports: [tls, startTls] } = place;
    await Deno.mkdir(`${folder}/spool`);
    await writeLines(place, "conf", [
      `spool_directory = ${folder}/spool`,
      `log_file_path = ${folder}/spool/%slog`,
      `pid_file_path = ${folder}/spool/pid`,
      "primary_hostname = localhost",
      "keep_environment =",
      "exim_user = nobody",
      "exim_group = nogroup",
      "local_interfaces = 127.0.0.1",
      `daemon_smtp_ports = ${tls} : ${startTls}`,
      `tls_on_connect_ports = ${tls}`,
      "tls_advertise_hosts = *",
      `tls_certificate = ${place.certFile}`,
      `tls_privatekey = ${place.keyFile}`,
      `tls_verify_certificates = ${place.caFile}`,
      "tls_verify_hosts = *",
      "smtp_accept_max = 100",
      "smtp_accept_max_per_host = 100",
      "message_size_limit = 50M",
      "queue_only = true",
      "acl_smtp_mail = check_mail",
      "acl_smtp_rcpt = accept",
      "begin acl",
      "check_mail:",
      "  require message = no TLS",
      "    encrypted = *",
      "  accept message = $tls_in_peerdn",
      "begin routers",
      "fail:",
      "  driver = redirect",
      "  data = :defer:",
    ]);
  },
  command: ({ folder }) => ["exim4", "-C", `${folder}/conf`, "-bdf", "-v"],
  // It lets nobody else be a daemon, and gives up its rights itself.
  asRoot: true,
};
