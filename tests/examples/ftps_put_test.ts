// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { importFD, type SslSocket } from "@nss/nss";
import { Lines } from "../../examples/_lines.ts";
import { type Process, type ProcessResult, spawn } from "../support/process.ts";
import { runExample } from "./_example.ts";
import { type ExamplePki, makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";
import { asNobody, freePort, giveToNobody } from "./_unprivileged.ts";

/** Runs the example against a server on this port. */
function upload(
  pki: ExamplePki,
  port: number,
  path: string,
  file: string,
  ...flags: readonly string[]
): Promise<ProcessResult> {
  return runExample("ftps_put.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${pki.directory}`],
    args: [...flags, `ftp://anonymous@127.0.0.1:${port}/${path}`, file, pki.rootFile],
  });
}

/**
 * Starts vsftpd as somebody without rights, with anonymous uploads into `in`, and only to those who
 * resume the session.
 */
async function startVsftpd(
  { directory, server }: ExamplePki,
): Promise<{ readonly process: Process; readonly port: number; readonly inbox: string }> {
  const port = freePort();
  const root = `${directory}/ftp`;
  const inbox = `${root}/in`;
  await Deno.mkdir(inbox, { recursive: true });
  const config = {
    listen: "YES",
    listen_address: "127.0.0.1",
    listen_port: port,
    background: "NO",
    run_as_launching_user: "YES",
    anonymous_enable: "YES",
    no_anon_password: "YES",
    local_enable: "NO",
    anon_root: root,
    anon_upload_enable: "YES",
    write_enable: "YES",
    secure_chroot_dir: root,
    seccomp_sandbox: "NO",
    isolate: "NO",
    isolate_network: "NO",
    xferlog_enable: "YES",
    log_ftp_protocol: "YES",
    vsftpd_log_file: `${directory}/vsftpd.log`,
    ssl_enable: "YES",
    allow_anon_ssl: "YES",
    force_anon_data_ssl: "YES",
    force_anon_logins_ssl: "YES",
    require_ssl_reuse: "YES",
    ssl_ciphers: "HIGH",
    debug_ssl: "YES",
    rsa_cert_file: server.certFile,
    rsa_private_key_file: server.keyFile,
  };
  const file = `${directory}/vsftpd.conf`;
  const lines = Object.entries(config).map(([name, value]) => `${name}=${value}\n`);
  await Deno.writeTextFile(file, lines.join(""));
  await giveToNobody(directory, inbox, file, server.certFile, server.keyFile);
  const [command, ...args] = asNobody("vsftpd", file);
  const process = spawn(command!, { args });
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return { process, port, inbox };
    } catch (error) {
      if (tries < 100) await new Promise((done) => setTimeout(done, 50));
      else {
        await process.close();
        throw new Error(`vsftpd does not listen: ${process.output}`, { cause: error });
      }
    }
  }
}

await testWith(
  "vsftpd",
  "ftps_put.ts uploads to vsftpd, which refuses whoever does not resume the session",
  async () => {
    await using pki = await makePki();
    const file = `${pki.directory}/a.bin`;
    const data = crypto.getRandomValues(new Uint8Array(50_000));
    await Deno.writeFile(file, data);
    const { process, port, inbox } = await startVsftpd(pki);
    await using _ = process;
    for (
      const [name, version, ...flags] of [["13", "TLSv1.3", "--strict"], [
        "12",
        "TLSv1.2",
        "--tls12",
      ]] as const
    ) {
      const { code, stdout, stderr } = await upload(pki, port, `in/${name}`, file, ...flags);
      assertEquals([code, stderr], [0, ""]);
      assertEquals(stdout, `Data connection: ${version}, resumed\n`);
      assertEquals(await Deno.readFile(`${inbox}/${name}`), data);
    }
    for (const flags of [["--no-reuse"], ["--no-reuse", "--tls12"]]) {
      const { code, stderr } = await upload(pki, port, "in/refused", file, ...flags);
      assertEquals(code, 1);
      assertMatch(stderr, /The server says: 522 .*session reuse required/);
      await Deno.remove(`${inbox}/refused`); // which it has made, empty
    }
    const log = await Deno.readTextFile(`${pki.directory}/vsftpd.log`);
    assertStringIncludes(log, "No SSL session reuse on data channel.");
  },
);

/** A server of FTP for one upload that hangs up on the data connection without close_notify. */
async function serveRudely(
  listener: Deno.TcpListener,
  { server }: ExamplePki,
): Promise<void> {
  const options = {
    role: "server",
    certificates: [{ cert: server.cert, key: server.key }],
  } as const;
  using passive = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const conn = await listener.accept();
  const clear = new Lines(conn);
  await clear.write("220 Hello");
  await clear.read();
  await clear.write("234 Go ahead");
  await using control = importFD(conn, options);
  const lines = new Lines(control);
  const answers: Record<string, string> = {
    USER: "230 Come in",
    EPSV: `229 Here (|||${passive.addr.port}|)`,
    STOR: "150 Send",
    QUIT: "221 Bye",
  };
  for (let line; (line = await lines.read()) !== null;) {
    const verb = line.split(" ")[0]!;
    await lines.write(answers[verb] ?? "200 Fine");
    if (verb === "QUIT") return;
    if (verb !== "STOR") continue;
    const data: SslSocket = importFD(await passive.accept(), options);
    while (await data.read(new Uint8Array(4096)) !== null);
    data[Symbol.dispose]();
    await lines.write("226 Taken");
  }
}

Deno.test("ftps_put.ts takes an end without close_notify on the data connection, unless it is to be strict", async () => {
  await using pki = await makePki();
  const file = `${pki.directory}/a.txt`;
  await Deno.writeTextFile(file, "hello");
  for (const [flags, expected] of [[[], 0], [["--strict"], 1]] as const) {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const serving = serveRudely(listener, pki).catch(() => {}); // the strict one hangs up
    const { code, stdout, stderr } = await upload(pki, listener.addr.port, "a.txt", file, ...flags);
    assertEquals(code, expected, stderr);
    assertStringIncludes(stdout, "resumed");
    if (expected === 1) assertStringIncludes(stderr, "PR_END_OF_FILE_ERROR: ");
    await serving;
  }
});

Deno.test("ftps_put.ts sends no command that somebody has put into the URL", async () => {
  await using pki = await makePki();
  const file = `${pki.directory}/a.bin`;
  await Deno.writeFile(file, new Uint8Array(1));
  for (const path of ["a%0D%0ADELE%20b", "a%0Ab", "a%00"]) {
    const { code, stdout, stderr } = await upload(pki, 1, path, file);
    assertEquals([code, stdout, stderr], [1, "", "The URL holds the end of a line\n"]);
  }
});
