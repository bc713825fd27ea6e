// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The recipes that need no driver, each with OpenSSL's server. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  getChannelInfo,
  importFD,
  peerCertificate,
  type SslListener,
  type SslSocket,
} from "@nss/nss";
import { opensslServer, testWith } from "../examples/_programs.ts";
import { makePki } from "../examples/_pki.ts";
import { programVersion, run, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { loadRecipe } from "./_driver.ts";

interface Opening {
  open(hostname: string, port: number, ca: string): Promise<SslSocket>;
}

/** Sends a line that `openssl s_server -rev` turns round. */
async function turnRound(socket: SslSocket): Promise<string> {
  await socket.write(new TextEncoder().encode("hello\n"));
  const buffer = new Uint8Array(100);
  const count = await socket.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

await testWith(
  "openssl",
  "cbc_server.ts talks to a server that has suites of AES-CBC only",
  async () => {
    await using pki = await makePki();
    const args = ["-tls1_2", "-cipher", "AES128-SHA:ECDHE-ECDSA-AES128-SHA", "-rev"];
    const { process, port } = await opensslServer(pki.server, ...args);
    await using _ = process;
    const { open } = await loadRecipe<Opening>("cbc_server.ts");
    await using socket = await open("localhost", port, pki.root);
    assertEquals(await turnRound(socket), "olleh\n");
    assertEquals(getChannelInfo(socket).cipherSuite, "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA");
  },
);

await testWith("openssl", "no_resumption.ts makes a full handshake each time", async () => {
  await using pki = await makePki();
  const { open } = await loadRecipe<Opening>("no_resumption.ts");
  for (const version of ["-tls1_2", "-tls1_3"]) {
    const { process, port } = await opensslServer(pki.server, version, "-rev");
    await using _ = process;
    for (let round = 0; round < 3; round++) {
      await using socket = await open("localhost", port, pki.root);
      assertEquals(await turnRound(socket), "olleh\n");
      assertEquals(getChannelInfo(socket).resumed, false);
    }
  }
});

interface Reloading {
  reload(listener: SslListener, certFile: string, keyFile: string): Promise<void>;
}

await testWith(
  "openssl",
  "hot_reload.ts shows OpenSSL the new certificate, without a restart",
  async () => {
    await using pki = await makePki();
    const { reload } = await loadRecipe<Reloading>("hot_reload.ts");
    await using listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }));
    const serving = (async () => {
      for await (const socket of listener) {
        socket.readable.pipeTo(socket.writable).catch(() => {});
      }
    })();
    await using renewed = await makePki();
    for (const identity of [pki.server, renewed.server]) {
      await reload(listener, identity.certFile, identity.keyFile);
      const { stdout } = await run("openssl", {
        args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`],
        input: "hello\n",
      });
      assertStringIncludes(stdout, identity.cert.trim());
    }
    listener.close();
    await serving;
  },
);

interface OwnAuthority {
  open(hostname: string, port: number, caFile: string): Promise<SslSocket>;
}

const mkcert = await programVersion("mkcert", ["-version"], /v?(\d\S+)/);
const TITLE = "own_authority.ts trusts the authority that mkcert has made";
if (mkcert.ok) {
  Deno.test(TITLE, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss_mkcert_" });
    try {
      const [certFile, keyFile] = [`${folder}/cert.pem`, `${folder}/key.pem`];
      const env = { CAROOT: folder };
      const args = ["-cert-file", certFile, "-key-file", keyFile, "localhost", "127.0.0.1"];
      await runOk("mkcert", args, { env });
      const root = (await runOk("mkcert", ["-CAROOT"], { env })).trim();
      const identity = { cert: "", key: "", certFile, keyFile, pin: "" };
      const { process, port } = await opensslServer(identity, "-rev");
      await using _ = process;
      const { open } = await loadRecipe<OwnAuthority>("own_authority.ts");
      await using socket = await open("localhost", port, `${root}/rootCA.pem`);
      assertEquals(await turnRound(socket), "olleh\n");
      assertMatch(String(peerCertificate(socket)?.issuer), /mkcert/);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
} else {
  skip(TITLE, mkcert.reason);
}
