// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * `openssl s_server` and `s_client` for the demo: on 127.0.0.1, for a bounded time, ended by their
 * own id.
 *
 * @module
 */

/** Whether the openssl command is here. */
export async function hasOpenssl(): Promise<boolean> {
  try {
    const { success } = await new Deno.Command("openssl", {
      args: ["version"],
      stdout: "null",
      stderr: "null",
    }).output();
    return success;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** A running `s_server`. */
export interface OpensslServer extends AsyncDisposable {
  /** Where it listens. */
  readonly port: number;
}

/** Starts `openssl s_server -rev` on a free port. */
export async function startServer(
  cert: string,
  key: string,
  alpn: string,
  timeout: number,
): Promise<OpensslServer> {
  const directory = await Deno.makeTempDir({ prefix: "nss_demo_" });
  const pem = `${directory}/server.pem`; // the file goes with the server
  await Deno.writeTextFile(pem, cert + key, { mode: 0o600 });
  const child = new Deno.Command("openssl", {
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", pem, "-alpn", alpn, "-rev", "-tls1_3"],
    stdin: "null",
    stdout: "piped",
    stderr: "null",
  }).spawn();
  const timer = setTimeout(() => kill(child), timeout);
  const stdout = child.stdout.pipeThrough(new TextDecoderStream());
  const stop = async () => {
    clearTimeout(timer);
    kill(child);
    await child.status;
    await Deno.remove(directory, { recursive: true });
  };
  try {
    let output = "";
    const port = Promise.withResolvers<number>();
    const watch = async () => {
      for await (const text of stdout) { // to the end, so that the server never waits for us
        const match = /^ACCEPT .*:(\d+)\s/m.exec(output += text);
        if (match) port.resolve(Number(match[1]));
      }
      port.reject(new Error(`Cannot start openssl s_server: ${output}`));
    };
    watch();
    return { port: await port.promise, [Symbol.asyncDispose]: stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Runs `openssl s_client`, which must accept the certificate; returns what it received. */
export async function runClient(
  port: number,
  root: string,
  input: string,
  timeout: number,
): Promise<string> {
  const directory = await Deno.makeTempDir({ prefix: "nss_demo_" });
  try {
    const rootFile = `${directory}/root.pem`;
    await Deno.writeTextFile(rootFile, root);
    const child = new Deno.Command("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${port}`, "-CAfile", rootFile, "-verify_return_error",
        "-verify_hostname", "localhost", "-servername", "localhost", "-quiet"],
      stdin: "piped",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    const timer = setTimeout(() => kill(child), timeout);
    const writer = child.stdin.getWriter();
    await writer.write(new TextEncoder().encode(input));
    const { stdout } = await child.output();
    clearTimeout(timer);
    await writer.close().catch(() => {}); // openssl has gone first
    return new TextDecoder().decode(stdout);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
}

function kill(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // it has ended by itself
  }
}
