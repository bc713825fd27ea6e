// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Apache, whose folders ask for a client's certificate of their own: by renegotiation in TLS 1.2,
 * after the handshake in TLS 1.3, both after ALPN; and as a proxy, which is the client.
 *
 * @module
 */

import { assertEquals, assertMatch } from "@std/assert";
import {
  getChannelInfo,
  handshakeCallback,
  importFD,
  newModel,
  optionSet,
  peerCertificate,
  type ProtocolVersion,
  reHandshake,
} from "@nss/nss/ssl";
import { type Process, programVersion, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { freePort } from "../examples/_unprivileged.ts";
import { testPki } from "../support/test_pki.ts";

const apache = await programVersion("apache2", ["-v"], /^Server version: Apache\/(\S+)/m);

function withApache(title: string, fn: () => Promise<void>): void {
  if (apache.ok) Deno.test(title, fn);
  else skip(title, apache.reason);
}

interface Apache extends AsyncDisposable {
  readonly port: number;
  readonly process: Process;
}

/** Starts one process of Apache, with its files in a folder of its own. */
async function startApache(directives: readonly string[]): Promise<Apache> {
  const pki = await testPki();
  const directory = await Deno.makeTempDir({ prefix: "nss_apache_" });
  // Apache cannot be told to take any port.
  const port = freePort();
  const modules = ["mpm_prefork", "authz_core", "ssl", "proxy", "proxy_http2"].map((name) =>
    `LoadModule ${name}_module /usr/lib/apache2/modules/mod_${name}.so`
  );
  await Deno.mkdir(`${directory}/private`);
  for (const page of ["open", "private/page"]) {
    await Deno.writeTextFile(`${directory}/${page}`, `This is ${page}.\n`);
  }
  for (const folder of [directory, `${directory}/private`]) await Deno.chmod(folder, 0o755);
  await Deno.writeTextFile(
    `${directory}/conf`,
    [
      ...modules,
      `Listen 127.0.0.1:${port}`,
      "ServerName localhost",
      "User www-data",
      "Group www-data",
      `PidFile ${directory}/pid`,
      `DefaultRuntimeDir ${directory}`,
      "ErrorLog /dev/stderr",
      "LogLevel info",
      `DocumentRoot ${directory}`,
      "SSLSessionCache none",
      `SSLCACertificateFile ${pki.rootFile}`,
      ...directives,
      "",
    ].join("\n"),
  );
  // -X: one process, which serves one connection after the other.
  const process = spawn("apache2", {
    args: ["-X", "-f", `${directory}/conf`],
    cwd: directory,
    timeout: 60_000,
  });
  const served: Apache = {
    port,
    process,
    async [Symbol.asyncDispose]() {
      await process.close();
      await Deno.remove(directory, { recursive: true });
    },
  };
  for (let tries = 0;; tries++) {
    try {
      (await Deno.connect({ hostname: "127.0.0.1", port })).close();
      return served;
    } catch (error) {
      if (tries < 100) await new Promise((resolve) => setTimeout(resolve, 50));
      else {
        await served[Symbol.asyncDispose]();
        throw new Error(`Apache does not listen: ${process.output}`, { cause: error });
      }
    }
  }
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const satisfies readonly ProtocolVersion[]) {
  withApache(
    `our client shows Apache its certificate where a folder asks for it, after ALPN (${version})`,
    async () => {
      const pki = await testPki();
      const server = pki.leaf("server", "ecdsa-p256");
      const client = pki.leaf("client", "ecdsa-p256");
      await using served = await startApache([
        "SSLEngine on",
        `SSLCertificateFile ${server.chainFile}`,
        `SSLCertificateKeyFile ${server.keyFile}`,
        "SSLVerifyDepth 4",
        "<Location /private>",
        "SSLVerifyClient require",
        "</Location>",
      ]);
      const model = newModel({
        hostname: "localhost",
        caCerts: [pki.root],
        certificates: [{ cert: client.chain, key: client.key }],
        alpnProtocols: ["http/1.1"],
        versions: { min: version, max: version },
      });
      optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
      optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
      await using socket = importFD(
        await Deno.connect({ hostname: "127.0.0.1", port: served.port }),
        { model },
      );
      let handshakes = 0;
      handshakeCallback(socket, () => void handshakes++);
      const text = new TextDecoder();
      const get = async (path: string, end: RegExp) => {
        const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
        await socket.write(new TextEncoder().encode(request));
        let answer = "";
        const buffer = new Uint8Array(4096);
        while (!end.test(answer)) {
          const count = await socket.read(buffer);
          if (count === null) break;
          answer += text.decode(buffer.subarray(0, count));
        }
        assertMatch(answer, /^HTTP\/1\.1 200 OK\r\n/, served.process.output);
        assertMatch(answer, end);
      };
      await get("/open", /This is open\.\n$/);
      assertEquals(getChannelInfo(socket).alpnProtocol, "http/1.1");
      await get("/private/page", /This is private\/page\.\n$/);
      assertEquals(getChannelInfo(socket).alpnProtocol, "http/1.1");
      assertEquals(handshakes, version === "TLSv1.2" ? 2 : 1);
      await get("/open", /This is open\.\n$/);
    },
  );
}

withApache(
  "our server asks Apache as a proxy for its certificate later, after ALPN (TLSv1.2)",
  async () => {
    const pki = await testPki();
    const server = pki.leaf("server", "ecdsa-p256");
    const client = pki.leaf("client", "ecdsa-p256");
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const both = `${pki.directory}/apache_proxy.pem`;
    await Deno.writeTextFile(both, client.cert + client.key);
    await using served = await startApache([
      "SSLProxyEngine on",
      `SSLProxyCACertificateFile ${pki.rootFile}`,
      "SSLProxyVerify require",
      "SSLProxyVerifyDepth 4",
      "SSLProxyProtocol TLSv1.2",
      `SSLProxyMachineCertificateFile ${both}`,
      `SSLProxyMachineCertificateChainFile ${pki.intermediateFile}`,
      "ProxyPreserveHost on",
      `ProxyPass / h2://localhost:${listener.addr.port}/`,
    ]);
    using browser = await Deno.connect({ hostname: "127.0.0.1", port: served.port });
    await browser.write(
      new TextEncoder().encode("GET /x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"),
    );
    await using socket = importFD(await listener.accept(), {
      role: "server",
      certificates: [{ cert: server.chain, key: server.key }],
      caCerts: [pki.root],
      alpnProtocols: ["h2"],
    });
    // The preface of HTTP/2.
    assertEquals(await socket.read(new Uint8Array(16)), 16);
    assertEquals(getChannelInfo(socket).alpnProtocol, "h2");
    optionSet(socket, "REQUEST_CERTIFICATE", true);
    optionSet(socket, "REQUIRE_CERTIFICATE", "ALWAYS");
    const { alpnProtocol } = await reHandshake(socket, true, { timeout: 10_000 });
    assertEquals(alpnProtocol, "h2");
    assertEquals(String(peerCertificate(socket)?.subject), "CN=client ecdsa-p256");
  },
);
