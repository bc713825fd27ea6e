// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss tap between clients and servers of OpenSSL, GnuTLS and NSS, decrypted by their key logs.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { importFD, type ImportOptions } from "@nss/nss/ssl";
import { widthOf } from "../../cli/base/text.ts";
import { type Field, isMalformed } from "../../cli/explain/field.ts";
import type { TapEvent } from "../../cli/net/tap_events.ts";
import { bridge } from "../support/bridge.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { nss } from "../support/peers/nss.ts";
import { curl } from "../support/peers/curl.ts";
import { openssl, startServer } from "../support/peers/openssl.ts";
import type { Peer, Version } from "../support/peers/peer.ts";
import { programVersion, run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";
import { eventsOf, type RunningTap, startTap } from "./_tap.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_tap_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));

let files = 0;

/** Lets programs write a key log, as GnuTLS, NSS and curl do by a variable. */
function keyLogFile(): { readonly path: string; [Symbol.dispose](): void } {
  const path = `${directory}/${++files}.log`;
  Deno.env.set("SSLKEYLOGFILE", path);
  return { path, [Symbol.dispose]: () => Deno.env.delete("SSLKEYLOGFILE") };
}

function malformedOf({ field }: TapEvent): Field[] {
  return field !== null && isMalformed(field) ? [field] : [];
}

const namesOf = (events: readonly TapEvent[], connection: number): string[] =>
  events.filter((one) =>
    one.connection === connection && one.field !== null && one.event !== "record"
  )
    .map(({ from, event }) => `${from} ${event}`);

/** What is sent in every full handshake of a version, in its order. */
const FULL: Readonly<Record<Version, readonly string[]>> = {
  "TLSv1.3": [
    ...["client client_hello", "server server_hello", "server encrypted_extensions"],
    ...["server certificate_request", "server certificate", "server certificate_verify"],
    ...["server finished", "client certificate", "client certificate_verify", "client finished"],
  ],
  "TLSv1.2": [
    ...["client client_hello", "server server_hello", "server certificate"],
    ...["server server_key_exchange", "server certificate_request", "server server_hello_done"],
    ...["client certificate", "client client_key_exchange", "client certificate_verify"],
    ...["client change_cipher_spec", "client finished", "server change_cipher_spec"],
    ...["server finished"],
  ],
};

/** Fails where something was not decoded or decrypted; returns what was sent, by connection. */
function assertAllDecrypted(tap: RunningTap): readonly (readonly string[])[] {
  const events = eventsOf(tap);
  assertEquals(events.flatMap(malformedOf), []);
  assertEquals(events.filter(({ event }) => /^(?:bytes|stopped|failed)$/.test(event)), []);
  assertEquals(events.filter(({ sealed }) => sealed), []);
  const last = Math.max(...events.map(({ connection }) => connection));
  return Array.from({ length: last }, (_, i) => namesOf(events, i + 1));
}

function assertFull(names: readonly string[], version: Version, without = /^$/): void {
  const wanted = FULL[version].filter((name) => !without.test(name));
  assertEquals(names.filter((name) => wanted.includes(name)).slice(0, wanted.length), wanted);
}

const pki = await testPki();

async function peerTest(
  title: string,
  peers: readonly Pick<Peer, "available">[],
  fn: () => Promise<void>,
): Promise<void> {
  for (const { available } of peers) {
    const found = await available();
    if (!found.ok) return skip(title, found.reason);
  }
  Deno.test(title, fn);
}

for (const client of [openssl, gnutls]) {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const title = `nss tap decrypts ${version} of ${client.clientName} and gnutls-serv: client ` +
      "certificate, resumption";
    await peerTest(title, [client, gnutls], async () => {
      using keyLog = keyLogFile();
      await using server = await gnutls.startServer({
        pki,
        certificate: "ecdsa-p256",
        version,
        clientAuth: "require",
      });
      await using through = bridge(() => server.connect());
      const tap = await startTap(through.port, [
        ...["--key-log", keyLog.path, "--connections", "2", "--json", "--data"],
      ]);
      const { output } = await client.runClient({
        version,
        pki,
        port: tap.port,
        clientCertificate: "ecdsa-p256",
        connections: 2,
        bytes: 100,
        closer: "client",
      });
      assertEquals(await tap.outcome, "good", output);
      const [first = [], second = []] = assertAllDecrypted(tap);
      assertFull(first, version);
      assert(!second.includes("server certificate"), `no resumption: ${second}`);
      assert(second.includes("client application_data"));
    });
  }
}

await peerTest(
  "nss tap decrypts renegotiation and KeyUpdate of openssl s_client and s_server",
  [openssl],
  async () => {
    for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
      using keyLog = keyLogFile();
      await using server = await startServer({
        pki,
        certificate: "ecdsa-p256",
        version,
        extra: ["-client_renegotiation"],
      });
      const tap = await startTap(server.port, [
        ...["--key-log", keyLog.path, "--connections", "1", "--json", "--data"],
      ]);
      await using client = spawn("openssl", {
        // deno-fmt-ignore
        args: ["s_client", "-connect", `127.0.0.1:${tap.port}`, "-servername", "localhost",
          "-CAfile", pki.rootFile, "-keylogfile", keyLog.path],
        interactive: true,
      });
      await client.waitFor(/Verify return code: 0/);
      await client.write("before\n");
      await server.process.waitFor(/^before$/m);
      await client.write(version === "TLSv1.3" ? "K\n" : "R\n");
      await client.waitFor(version === "TLSv1.3" ? /KEYUPDATE/ : /RENEGOTIATING/);
      await client.write("after\n");
      await server.process.waitFor(/^after$/m);
      await client.closeInput();
      await client.result();
      assertEquals(await tap.outcome, "good");
      const [names = []] = assertAllDecrypted(tap);
      assertFull(names, version, /request|^client cert/);
      const again = version === "TLSv1.3" ? "client key_update" : "client client_hello";
      assert(names.lastIndexOf(again) > names.indexOf("client finished"), names.join());
      const data = eventsOf(tap).flatMap(({ bytes }) => bytes === null ? [] : [atob(bytes)]);
      assertEquals(data, ["before\n", "after\n"]);
    }
  },
);

/** A server of this package that sends back what comes, and closes. */
function echoServer(options: ImportOptions) {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const leaf = pki.leaf("server", "ecdsa-p256");
  const secured = importFD(listener, {
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    caCerts: [pki.root],
    ...options,
  });
  const serving = (async () => {
    for await (const socket of secured) {
      const buffer = new Uint8Array(1000);
      const length = await socket.read(buffer);
      await socket.write(buffer.subarray(0, length ?? 0));
      await socket.close();
    }
  })();
  return {
    port: listener.addr.port,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await serving;
    },
  };
}

const append = (path: string) => (line: string) =>
  Deno.writeTextFileSync(path, `${line}\n`, { append: true });

await peerTest("nss tap decrypts what NSS's tstclnt sends and is sent", [nss], async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    using keyLog = keyLogFile();
    await using server = echoServer({ clientAuth: "require", keyLog: append(keyLog.path) });
    const tap = await startTap(server.port, [
      "--key-log",
      keyLog.path,
      "--connections",
      "2",
      "--json",
    ]);
    const { output } = await nss.runClient({
      version,
      pki,
      port: tap.port,
      clientCertificate: "ecdsa-p256",
      connections: 2,
      bytes: 100,
      closer: "server",
    });
    assertEquals(await tap.outcome, "good", output);
    const [first = []] = assertAllDecrypted(tap);
    assertFull(first, version);
  }
});

await peerTest("nss tap decrypts what NSS's selfserv answers", [nss], async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    using keyLog = keyLogFile();
    await using server = await nss.startServer({ pki, certificate: "rsa", version });
    await using through = bridge(() => server.connect());
    const tap = await startTap(through.port, [
      ...["--key-log", keyLog.path, "--connections", "1", "--json"],
    ]);
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: tap.port });
    await using client = importFD(conn, {
      hostname: "localhost",
      caCerts: [pki.root],
      keyLog: append(keyLog.path),
    });
    await server.exchange(client, 100);
    await client.close();
    assertEquals(await tap.outcome, "good");
    const [names = []] = assertAllDecrypted(tap);
    assertFull(names, version, /request|^client cert/);
  }
});

/** A port that is free now: nginx cannot be told to take any. */
function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

const nginx = { available: () => programVersion("nginx", ["-v"], /nginx\/(\S+)/) };

await peerTest(
  "nss tap decrypts HTTP/2 of curl and nginx, at 80 columns",
  [curl, nginx],
  async () => {
    using keyLog = keyLogFile();
    const port = freePort();
    const leaf = pki.leaf("server", "ecdsa-p256");
    await Deno.writeTextFile(
      `${directory}/nginx.conf`,
      [
        "daemon off;",
        "error_log stderr notice;",
        `pid ${directory}/pid;`,
        "events {}",
        "http {",
        "  access_log off;",
        ...["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map((name) =>
          `  ${name}_temp_path ${directory}/${name};`
        ),
        "  server {",
        `    listen 127.0.0.1:${port} ssl http2;`,
        `    ssl_certificate ${leaf.chainFile};`,
        `    ssl_certificate_key ${leaf.keyFile};`,
        '    location / { return 200 "hello from nginx\\n"; }',
        "  }",
        "}",
      ].join("\n"),
    );
    await using server = spawn("nginx", {
      args: ["-p", directory, "-c", `${directory}/nginx.conf`],
    });
    await server.waitFor(/start worker process /);
    const tap = await startTap(port, ["--key-log", keyLog.path, "--connections", "1", "--data"], {
      columns: 80,
    });
    // deno-fmt-ignore
    const page = await runOk("curl", ["--silent", "--http2", "--cacert", pki.rootFile,
    "--connect-to", `localhost:443:127.0.0.1:${tap.port}`, "https://localhost/"]);
    assertEquals(page, "hello from nginx\n");
    assertEquals(await tap.outcome, "good");
    const text = tap.output();
    for (
      const part of [
        'server_name: "localhost"',
        "application_layer_protocol_negotiation: h2",
        'certificate: "server ecdsa-p256"',
        "#1 → ",
        "#1 ← ",
        "| 50 52 49 20 2a 20 48 54 54 50 2f 32 2e 30 0d 0a  PRI * HTTP/2.0..",
        "Finished, ",
        "#1 ended",
      ]
    ) assertStringIncludes(text, part);
    assertEquals(text.includes(", encrypted"), false, text);
    for (const line of text.split("\n")) {
      assert(widthOf(line) <= 80 || /^ +\S+$/.test(line), line);
    }
  },
);

await peerTest("nss tap shows the plain text before STARTTLS", [openssl], async () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const leaf = pki.leaf("server", "ecdsa-p256");
  const serving = (async () => {
    using conn = await listener.accept();
    listener.close();
    const buffer = new Uint8Array(1000);
    const say = (line: string) => conn.write(new TextEncoder().encode(line));
    await say("220 mail.test ESMTP\r\n");
    await conn.read(buffer);
    await say("250-mail.test\r\n250 STARTTLS\r\n");
    await conn.read(buffer);
    await say("220 go ahead\r\n");
    await using socket = importFD(conn, {
      role: "server",
      certificates: [{ cert: leaf.chain, key: leaf.key }],
    });
    await socket.handshake();
    await socket.read(buffer);
  })();
  const tap = await startTap(listener.addr.port, ["--connections", "1", "--brief"]);
  // deno-fmt-ignore
  await run("openssl", { args: ["s_client", "-connect", `127.0.0.1:${tap.port}`, "-starttls", "smtp",
    "-name", "me.test"] });
  await serving;
  assertEquals(await tap.outcome, "good");
  const told = tap.output().split("\n").filter((line) => /plain text|#1 . .*Hello/.test(line))
    .map((line) =>
      line.replace(/^(#1 .) +[\d.]+ ms {2}/, "$1 ").replace(/, \d+ bytes: (?:offers|chooses).*/, "")
    );
  assertEquals(told, [
    '#1 ← plain text of SMTP, 21 bytes: "220 mail.test ESMTP"',
    '#1 → plain text of SMTP, 14 bytes: "EHLO me.test"',
    "#1 ← plain text of FTP or SMTP, 29 bytes: 2 lines",
    '#1 → plain text, 10 bytes: "STARTTLS"',
    '#1 ← plain text of FTP or SMTP, 14 bytes: "220 go ahead"',
    "#1 → ClientHello",
    "#1 ← ServerHello",
  ]);
});
