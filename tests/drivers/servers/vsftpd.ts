// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type ServerProgram, writeLines } from "./_server.ts";

/** Anonymous uploads into `in`, and only to those who resume the session on the data connection. */
export const vsftpd: ServerProgram = {
  name: "vsftpd",
  package: "vsftpd",
  // It writes to its standard input.
  version: ["sh", ["-c", "vsftpd -v 0>&1"], /version (\S+)/],
  prepare: async (place) => {
    const { folder } = place;
    await Deno.mkdir(`${folder}/ftp/in`, { recursive: true });
    await Deno.chmod(`${folder}/ftp`, 0o555);
    const config = {
      listen: "YES",
      listen_address: "127.0.0.1",
      listen_port: place.ports[0],
      background: "NO",
      run_as_launching_user: "YES",
      anonymous_enable: "YES",
      no_anon_password: "YES",
      local_enable: "NO",
      anon_root: `${folder}/ftp`,
      anon_upload_enable: "YES",
      anon_other_write_enable: "YES",
      anon_world_readable_only: "NO",
      write_enable: "YES",
      secure_chroot_dir: `${folder}/ftp`,
      seccomp_sandbox: "NO",
      isolate: "NO",
      isolate_network: "NO",
      xferlog_enable: "YES",
      log_ftp_protocol: "YES",
      vsftpd_log_file: `${folder}/vsftpd.log`,
      ssl_enable: "YES",
      allow_anon_ssl: "YES",
      force_anon_data_ssl: "YES",
      force_anon_logins_ssl: "YES",
      require_ssl_reuse: "YES",
      require_cert: "YES",
      validate_cert: "YES",
      ca_certs_file: place.caFile,
      ssl_ciphers: "HIGH",
      debug_ssl: "YES",
      rsa_cert_file: place.certFile,
      rsa_private_key_file: place.keyFile,
    };
    await writeLines(
      place,
      "conf",
      Object.entries(config).map(([name, value]) => `${name}=${value}`),
    );
  },
  command: ({ folder }) => ["vsftpd", `${folder}/conf`],
};
