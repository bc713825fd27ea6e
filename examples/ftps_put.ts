// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Uploads a file by FTP over TLS (RFC 4217) to a server that takes a data connection only from
 * whoever has the session of the control connection: vsftpd's `require_ssl_reuse`, ProFTPD's
 * default. No TLS of Deno's can do that, since it resumes nothing.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=. examples/ftps_put.ts \
 *       ftp://anonymous@127.0.0.1:2121/in/a.txt a.txt ca.pem
 *
 * `--no-reuse` shows how the server refuses a data connection without the session. `--strict` wants
 * a close_notify for an end of the data connection, too, which some servers leave out. `--tls12`
 * speaks TLS 1.2, in which sessions are resumed as well.
 *
 * @module
 */

import {
  importFD,
  type ImportOptions,
  resumptionTokenCallback,
  setResumptionToken,
  type SslSocket,
  type VersionRange,
} from "@nss/nss";
import { Lines } from "./_lines.ts";
import { reason, run, urlOf } from "./_program.ts";

/** How to upload. */
interface PutOptions {
  /** Where to: `ftp://user:password@host:port/path`. */
  readonly url: URL;
  /** What. */
  readonly data: Uint8Array;
  /** The authority to trust, PEM; by default the platform's. */
  readonly ca?: string | undefined;
  /** Whether the data connection resumes the control connection's session. */
  readonly reuse: boolean;
  /** Whether an end without close_notify is an error on the data connection. */
  readonly strict: boolean;
  /** The versions. */
  readonly versions: VersionRange;
}

/** The control connection: commands and replies. */
class Control {
  readonly #lines: Lines;

  constructor(lines: Lines) {
    this.#lines = lines;
  }

  /** Sends a command and demands one of these replies. */
  async command(text: string, ...expected: number[]): Promise<string> {
    await this.#lines.write(text);
    return await this.reply(...expected);
  }

  /** Reads a reply, which may have several lines, the last of which has a space behind its code. */
  async reply(...expected: number[]): Promise<string> {
    const lines = await this.#lines.readTo((line) => /^\d{3} /.test(line));
    const last = lines.at(-1)!;
    if (expected.includes(Number(last.slice(0, 3)))) return last;
    throw new Error(`The server says: ${last}`);
  }

  /** Asks for a port to send data to (RFC 2428). */
  async passivePort(): Promise<number> {
    const line = await this.command("EPSV", 229);
    const port = Number(/\(\|\|\|(\d{1,5})\|\)/.exec(line)?.[1]);
    if (port >= 1 && port <= 65_535) return port;
    throw new Error(`The server names no port: ${line}`);
  }
}

async function put({ url, data, ca, reuse, strict, versions }: PutOptions): Promise<void> {
  const { hostname } = url;
  // What stands in a command must not begin another one
  if (/[\r\n\0]/.test(decodeURIComponent(url.username + url.password + url.pathname))) {
    throw new Error("The URL holds the end of a line");
  }
  const options: ImportOptions = {
    hostname,
    versions,
    ...(ca !== undefined && { caCerts: [ca] }),
  };
  const conn = await Deno.connect({ hostname, port: Number(url.port || 21) });

  const clear = new Lines(conn);
  const before = new Control(clear);
  await before.reply(220);
  await before.command("AUTH TLS", 234);

  // Whatever came behind the answer and in clear would be somebody else's word: there must be none
  // (STARTTLS injection)
  if (clear.rest.length > 0) throw new Error("The server speaks before TLS has begun");
  await using socket = importFD(conn, options);
  let token: Uint8Array | undefined;
  resumptionTokenCallback(socket, (_socket, newest) => {
    token = newest;
  });

  const control = new Control(new Lines(socket));
  const user = decodeURIComponent(url.username) || "anonymous";
  if (/^331/.test(await control.command(`USER ${user}`, 230, 331))) {
    await control.command(`PASS ${decodeURIComponent(url.password)}`, 230, 202);
  }
  await control.command("PBSZ 0", 200);
  await control.command("PROT P", 200);
  await control.command("TYPE I", 200);
  const dataConn = await Deno.connect({ hostname, port: await control.passivePort() });
  await control.command(`STOR ${decodeURIComponent(url.pathname).slice(1)}`, 125, 150);

  // In an upload nothing is received that could be truncated
  const upload = importFD(dataConn, { ...options, allowTruncation: !strict });
  if (reuse && token !== undefined) setResumptionToken(upload, token);
  await send(upload, data).catch(async (error) => {
    // What the server says of it is the better reason, if it says anything
    await control.reply(226).catch((said) => console.error(reason(said)));
    throw error;
  });
  await control.reply(226);
  await control.command("QUIT", 221);
}

/** Sends everything, and waits until the server has taken it. */
async function send(socket: SslSocket, data: Uint8Array): Promise<void> {
  await using _ = socket;
  const { version, resumed } = await socket.handshake();
  console.log(`Data connection: ${version}, ${resumed ? "resumed" : "a session of its own"}`);
  await socket.write(data);
  await socket.closeWrite();
  while (await socket.read(new Uint8Array(1024)) !== null);
}

async function main(): Promise<void> {
  const flags = Deno.args.filter((arg) => arg.startsWith("--"));
  const [url, file, caFile] = Deno.args.filter((arg) => !arg.startsWith("--"));
  if (url === undefined || file === undefined) {
    console.log(
      "Usage: ftps_put.ts [--no-reuse] [--strict] [--tls12] ftp://USER:PASSWORD@HOST:PORT/PATH FILE [ca.pem]",
    );
    Deno.exit(flags.includes("--help") ? 0 : 2);
  }
  await put({
    url: urlOf(url, "ftp"),
    data: await Deno.readFile(file),
    ca: caFile && await Deno.readTextFile(caFile),
    reuse: !flags.includes("--no-reuse"),
    strict: flags.includes("--strict"),
    versions: flags.includes("--tls12") ? { max: "TLSv1.2" } : {},
  });
}

if (import.meta.main) await run(main);
