// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { type ConnLike, importFD, type ImportOptions, SslError } from "@nss/nss";
import { Lines } from "../../examples/_lines.ts";
import { type Process, spawn } from "../support/process.ts";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { type ExamplePki, makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";

function startServer({ server: { certFile, keyFile } }: ExamplePki): Process {
  return startExample("starttls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile}`],
    args: ["serve", "0", certFile, keyFile],
  });
}

function send({ rootFile }: ExamplePki, port: number, text: string) {
  return runExample("starttls.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${rootFile}`],
    args: ["send", String(port), rootFile, text],
  });
}

await testWith("openssl", "starttls.ts takes mail from openssl s_client", async () => {
  await using pki = await makePki();
  await using server = startServer(pki);
  const port = await listeningPort(server);
  await using client = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_client", "-starttls", "smtp", "-connect", `127.0.0.1:${port}`, "-CAfile", pki.rootFile,
      "-verify_return_error", "-verify_hostname", "localhost", "-quiet", "-crlf"],
    interactive: true,
  });
  const say = async (line: string, reply: RegExp) => {
    await client.write(`${line}\n`);
    await client.waitFor((p) => reply.exec(p.stdout));
  };
  await say("EHLO me", /^250 localhost/m);
  await say("MAIL FROM:<me@example.com>", /(^250 OK[^]*){1}/m);
  await say("RCPT TO:<you@example.com>", /(^250 OK[^]*){2}/m);
  await say("DATA", /^354 /m);
  await say("From openssl\n..dot\n.", /^250 Delivered/m);
  await say("quit", /^221 /m);
  await server.waitFor((p) =>
    /^me@example\.com -> you@example\.com \(TLSv1\.3 TLS_\S+\)\nFrom openssl\n\.dot$/m.exec(
      p.stdout,
    )
  );
});

Deno.test("starttls.ts delivers mail from its own client", async () => {
  await using pki = await makePki();
  await using server = startServer(pki);
  const port = await listeningPort(server);
  const { code, stdout, stderr } = await send(pki, port, "Hello\n.\nthere");
  assertEquals(code, 0, stderr);
  assertStringIncludes(stdout, "Sent (TLSv1.3 TLS_");
  await server.waitFor((p) =>
    /^me@localhost -> you@localhost \(TLSv1\.3 TLS_\S+\)\nHello\n\.\nthere$/m.exec(p.stdout)
  );
});

await testWith("node", "starttls.ts sends mail to a server with Node's TLS", async () => {
  await using pki = await makePki();
  await using server = startNodeServer(pki);
  const { code, stderr } = await send(pki, await listeningPort(server), "Hello node\n.dot");
  assertEquals(code, 0, stderr);
  assertEquals((await server.result()).stdout.split("\n").slice(1, -1), [
    "plain EHLO localhost",
    "plain STARTTLS",
    "tls EHLO localhost",
    "tls MAIL FROM:<me@localhost>",
    "tls RCPT TO:<you@localhost>",
    "tls DATA",
    "tls Hello node",
    "tls ..dot",
    "tls .",
    "tls QUIT",
  ]);
});

await testWith("node", "starttls.ts sends no mail to a server without STARTTLS", async () => {
  await using pki = await makePki();
  await using server = startNodeServer(pki, "plain");
  const { code, stderr } = await send(pki, await listeningPort(server), "secret");
  assertEquals(code, 1);
  assertStringIncludes(stderr, "Cannot send mail: the server has no TLS");
  assertEquals((await server.result()).stdout.split("\n").slice(1, -1), ["plain EHLO localhost"]);
});

Deno.test("starttls.ts hands on TLS that came with STARTTLS, and takes no commands from there", async () => {
  await using pki = await makePki();
  await using server = startServer(pki);
  const port = await listeningPort(server);
  const options = { hostname: "localhost", caCerts: [pki.root] };

  await using hasty = await startTlsAtOnce(port, "STARTTLS\r\n", options);
  const lines = new Lines(hasty);
  await lines.write("EHLO me");
  assertEquals(await lines.read(), "250 localhost");

  await using injected = await startTlsAtOnce(port, "STARTTLS\r\nMAIL FROM:<evil@x>\r\n", options);
  await assertRejects(() => injected.handshake(), SslError, "Peer sent alert");
  await server.waitFor((p) => /^SSL_ERROR_RX_\w+: /m.exec(p.stderr));
});

/** Says STARTTLS and puts the ClientHello behind it, into the same write. */
async function startTlsAtOnce(port: number, command: string, options: ImportOptions) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const plain = new Lines(conn);
  await plain.write("EHLO me");
  for (const reply of ["220 localhost ESMTP", "250-localhost", "250 STARTTLS"]) {
    assertEquals(await plain.read(), reply);
  }
  let prefix = new TextEncoder().encode(command);
  let rest: Uint8Array | null = null;
  const hasty: ConnLike<Deno.NetAddr> = {
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    close: () => conn.close(),
    write: async (p) => {
      const bytes = new Uint8Array([...prefix, ...p]);
      prefix = new Uint8Array(0);
      for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
      return p.length;
    },
    read: async (p) => {
      if (rest === null) {
        assertEquals(await plain.read(), "220 Go ahead");
        rest = plain.rest;
      }
      if (rest.length === 0) return await conn.read(p);
      const taken = rest.subarray(0, p.length);
      p.set(taken);
      rest = rest.subarray(taken.length);
      return taken.length;
    },
  };
  return importFD(hasty, options);
}

function startNodeServer({ server: { certFile, keyFile } }: ExamplePki, mode = "tls"): Process {
  const script = `${import.meta.dirname}/_smtp_server.mjs`;
  return spawn("node", { args: [script, certFile, keyFile, mode] });
}
