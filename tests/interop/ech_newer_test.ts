// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Encrypted Client Hello with OpenSSL 4.0 and NSS 3.110, in both roles.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { NssContext } from "@nss/nss/pkcs11";
import { getChannelInfo, importEchKey, type ImportOptions, writeEarlyData } from "@nss/nss/ssl";
import { encodePem } from "../../cert/der/pem.ts";
import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
import { nss3110, openssl4 } from "../support/newer_peers.ts";
import { type Process, run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import {
  caFile,
  cert,
  clientOver,
  file,
  folder,
  key,
  KINDS,
  listOf,
  otherKey,
  pair,
  PUBLIC,
  SECRET,
  serve,
  SERVER_KINDS,
  TIMEOUT,
  trustingDatabase,
} from "./_ech.ts";

const openssl = await openssl4();
const nss = await nss3110();
const OPENSSL = openssl.ok ? openssl.commands.openssl : "";
const NSS = nss.ok ? nss.commands : { selfserv: "", tstclnt: "", certutil: "", pk12util: "" };
const namespaces = await namespaceProblem();

/** Why a program cannot be had. */
interface Lack {
  readonly reason: string;
  readonly optional: boolean;
}

const noOpenssl: Lack | null = openssl.ok ? null : openssl;
const noNss: Lack | null = nss.ok ? null : nss;

function test(lack: Lack | null, title: string, fn: () => Promise<void>): void {
  if (lack === null) Deno.test(title, fn);
  else skip(title, lack.reason, lack.optional);
}

const keyPem = encodePem("PRIVATE KEY", await pair.exportPkcs8());
const certFile = await file("cert.pem", cert.toPem());
const keyFile = await file("key.pem", keyPem);
const echPkcs8 = new Uint8Array(await crypto.subtle.exportKey("pkcs8", key.privateKey));

/** A server program with a key of Encrypted Client Hello. */
interface Server extends AsyncDisposable {
  readonly process: Process;
  /** What its configurations are. */
  readonly list: Uint8Array<ArrayBuffer>;
  connect(): Promise<Deno.Conn>;
}

/** Starts OpenSSL's server: our key is in the form of its own, PKCS #8 and the list. */
async function startOpenssl(group: string | null): Promise<Server> {
  const list = listOf(key);
  const echFile = await file(
    "ech.pem",
    encodePem("PRIVATE KEY", echPkcs8) + encodePem("ECHCONFIG", list),
  );
  const process = spawn(OPENSSL, {
    // deno-fmt-ignore
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", certFile, "-key", keyFile, "-early_data",
      "-ech_key", echFile, "-alpn", "h2", ...group === null ? [] : ["-groups", group]],
    interactive: true,
  });
  const [, port] = await process.waitFor(/ACCEPT 127\.0\.0\.1:(\d+)/) as RegExpExecArray;
  return {
    process,
    list,
    connect: () => Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    [Symbol.asyncDispose]: () => process.close(),
  };
}

/** Starts NSS's server, which makes its key, and tells the list only on a terminal at once. */
async function startNss(group: string | null): Promise<Server> {
  const db = `sql:${await Deno.makeTempDir({ dir: folder })}`;
  await runOk(NSS.certutil, ["-N", "-d", db, "--empty-password"]);
  // deno-fmt-ignore
  await runOk("openssl", ["pkcs12", "-export", "-in", certFile, "-inkey", keyFile, "-name", "server",
    "-passout", "pass:", "-out", `${folder}/server.p12`]);
  await runOk(NSS.pk12util, ["-i", `${folder}/server.p12`, "-d", db, "-W", "", "-K", ""]);
  const namespace = await openNamespace();
  const groups = group === null ? "" : ` -I ${group}`;
  const command = `exec ${NSS.selfserv} -d ${db} -n server -p 4433 -V tls1.3:tls1.3 -u -Z -v ` +
    `-X publicname:${PUBLIC}${groups}`;
  const process = namespace.spawn("script", {
    args: ["-qfec", command, "/dev/null"],
    cwd: folder,
    interactive: true,
  });
  const [list] = await process.waitFor(/^A[\w+/]{80,}=*/m) as RegExpExecArray;
  return {
    process,
    list: Uint8Array.fromBase64(list),
    connect: () => namespace.connect(4433),
    [Symbol.asyncDispose]: async () => {
      await process.close();
      await namespace.close();
    },
  };
}

const SERVERS = [
  {
    name: "OpenSSL 4.0",
    lack: noOpenssl,
    start: startOpenssl,
    group: "P-384",
    alpn: "h2",
    retriesInClear: true,
    early: "Early data received:",
  },
  {
    name: "NSS 3.110",
    lack: noNss ?? (namespaces === undefined ? null : { reason: namespaces, optional: false }),
    start: startNss,
    group: "P384",
    alpn: null,
    // After a HelloRetryRequest its own client cannot read it either, unless it has decrypted the
    // first hello.
    retriesInClear: false,
    // It answers what came early as it answers all.
    early: "",
  },
] as const;

const REQUEST = "GET / HTTP/1.0\r\n\r\n";

/** A handshake of our client, which sends early data if it can; some bytes come behind tickets. */
async function visit(server: Server, options: ImportOptions) {
  await using socket = clientOver(await server.connect(), options);
  const bytes = new TextEncoder().encode(REQUEST);
  const { outcome } = await writeEarlyData(socket, bytes);
  if (outcome !== "accepted") await socket.write(bytes);
  // OpenSSL's server writes what it is typed.
  await server.process.write("typed\n");
  assert((await socket.read(new Uint8Array(1024)))! > 0);
  return { info: getChannelInfo(socket), outcome };
}

for (const { name, lack, start, group, alpn, retriesInClear, early } of SERVERS) {
  for (const [how, kind] of Object.entries(KINDS)) {
    const isRetried = how !== "";
    test(
      lack,
      `ECH: ${name}'s server accepts our client${how}, ignores GREASE, or tells how to retry`,
      async () => {
        await using server = await start(isRetried ? group : null);
        const options = { ...kind, alpnProtocols: ["h2"] };
        const accepted = { ...options, echConfigList: server.list };
        const { info } = await visit(server, accepted);
        assertEquals(
          [info.echAccepted, info.helloRetryRequest, info.alpnProtocol],
          [true, isRetried, alpn],
          server.process.output,
        );
        if (isRetried && !retriesInClear) return;
        const grease = await visit(server, { ...options, echGrease: true });
        assertEquals([grease.info.echAccepted, grease.info.resumed], [false, false]);
        const rejected = { ...options, echConfigList: listOf(otherKey) };
        const error = await visit(server, rejected).then(() => null, (error) => error);
        assert(error instanceof EchRejectedError, `${error} ${server.process.output}`);
        assertEquals(error.retryConfigs, server.list);
        const again = await visit(server, { ...options, echConfigList: error.retryConfigs! });
        assert(again.info.echAccepted);
      },
    );
  }

  test(
    lack,
    `ECH: ${name}'s server resumes a hidden session, and takes its early data`,
    async () => {
      await using server = await start(null);
      const context = new NssContext({ trustAnchors: [] });
      const options = { context, echConfigList: server.list };
      await visit(server, options);
      let found = await visit(server, options);
      // For some seconds NSS's server refuses all: it cannot know what came before it started.
      for (let i = 0; found.outcome === "refused" && i < 40; i++) {
        assertEquals([found.info.echAccepted, found.info.resumed], [true, true]);
        await new Promise((resolve) => setTimeout(resolve, 500));
        found = await visit(server, options);
      }
      const { info, outcome } = found;
      assertEquals([info.echAccepted, info.resumed, outcome], [true, true, "accepted"]);
      await server.process.waitFor((p) => p.output.includes(early) ? p : null);
    },
  );
}

async function opensslClient(port: number, list: Uint8Array, more: readonly string[]) {
  return await run(OPENSSL, {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", SECRET, "-CAfile", caFile,
      "-verify_return_error", "-ech_config_list", list.toBase64(), "-alpn", "h2", ...more],
    timeout: TIMEOUT,
  });
}

/** What a client is given so that it speaks TLS 1.3 under a list, and what it says then. */
const CLIENTS = [
  {
    name: "OpenSSL 4.0",
    lack: noOpenssl,
    // The protocols of the outer hello are others.
    run: (port: number, list: Uint8Array) => opensslClient(port, list, ["-tls1_3"]),
    says: /ECH: success: 1\nECH: inner: secret\.test\nECH: outer: public\.test/,
    retries: /ECH required|ech required/i,
    alpn: " h2",
  },
  {
    name: "NSS 3.110",
    lack: noNss,
    run: async (port: number, list: Uint8Array) => {
      const db = await trustingDatabase(NSS.certutil);
      return await run(NSS.tstclnt, {
        // deno-fmt-ignore
        args: ["-d", db, "-h", "127.0.0.1", "-p", `${port}`, "-a", SECRET, "-Q", "-V",
          "tls1.3:tls1.3", "-N", list.toBase64()],
        timeout: TIMEOUT,
      });
    },
    says: /0 stateless resumes/,
    retries: /SSL_ERROR_ECH_RETRY_WITH_ECH/,
    alpn: "",
  },
] as const;

for (const { name, lack, run, says, retries, alpn } of CLIENTS) {
  for (const [how, kind] of Object.entries(SERVER_KINDS)) {
    test(
      lack,
      `ECH: our server accepts ${name}'s client${how}, or tells it how to retry`,
      async () => {
        await using server = serve({
          alpnProtocols: ["http/1.1", "h2"],
          ...kind,
        });
        const accepted = await run(server.port, listOf(key));
        if (name === "OpenSSL 4.0" && how.endsWith("cookie")) {
          // The inner hello of its client refers to a cookie that it leaves out of the outer one.
          assertMatch(accepted.stdout + accepted.stderr, /alert illegal parameter/);
          assertEquals(server.seen, ["SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION"]);
          return;
        }
        assertMatch(accepted.stdout + accepted.stderr, says);
        const rejected = await run(server.port, listOf(otherKey));
        assertMatch(rejected.stdout + rejected.stderr, retries);
        assertEquals(server.seen[0], `accepted ${SECRET} ${how !== ""}${alpn}`);
      },
    );
  }
}

test(
  noOpenssl,
  "ECH: our server refuses OpenSSL 4.0's client whose inner hello offers TLS 1.2, too",
  async () => {
    await using server = serve({});
    const { stdout, stderr } = await opensslClient(server.port, listOf(key), []);
    // RFC 9849, Section 7.1: the server MUST abort.
    assertMatch(stdout + stderr, /alert illegal parameter/);
    assertEquals(server.seen, ["SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION"]);
  },
);

test(
  noOpenssl,
  "ECH: our server chooses among the protocols of the inner hello of OpenSSL 4.0's client",
  async () => {
    const alpnProtocols = ["http/1.1", "h2"];
    await using server = serve({ alpnProtocols });
    const outer = ["-tls1_3", "-ech_outer_alpn", "http/1.1"];
    const { stdout } = await opensslClient(server.port, listOf(key), outer);
    assertMatch(stdout, /ALPN protocol: h2/);
    await opensslClient(server.port, listOf(otherKey), outer);
    assertEquals(server.seen[0], `accepted ${SECRET} false h2`);
  },
);

test(noOpenssl, "ECH: importEchKey() takes the key and configuration of openssl ech", async () => {
  const path = `${folder}/theirs.pem`;
  await runOk(OPENSSL, ["ech", "-public_name", PUBLIC, "-max_name_len", "40", "-out", path]);
  const pem = await Deno.readTextFile(path);
  const [, base64] = /ECHCONFIG-----\n([^-]+)/.exec(pem)!;
  const list = Uint8Array.fromBase64(base64!);
  const [privateKey] = /-----BEGIN PRIVATE[^]+?END PRIVATE KEY-----\n/.exec(pem)!;
  await using server = serve({ echKeys: [await importEchKey(list.subarray(2), privateKey)] });
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.port });
  await using socket = clientOver(conn, { echConfigList: list });
  assert((await socket.handshake()).echAccepted);
});
