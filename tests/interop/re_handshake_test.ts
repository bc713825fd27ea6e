// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Handshakes after the first one, with openssl, GnuTLS and NSS: renegotiation in TLS 1.2,
// certificates asked for later in TLS 1.3.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import {
  getChannelInfo,
  importFD,
  type ImportOptions,
  newModel,
  optionSet,
  peerCertificate,
  type ProtocolVersion,
  reHandshake,
  type SslModel,
  type SslSocket,
} from "@nss/nss/ssl";
import { curl } from "../support/peers/curl.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { node } from "../support/peers/node.ts";
import { nss, nssDatabase } from "../support/peers/nss.ts";
import { openssl, type OpensslServer, startServer } from "../support/peers/openssl.ts";
import { echo, type Peer } from "../support/peers/peer.ts";
import { openNamespace } from "../support/namespace.ts";
import { type Process, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { type TestLeaf, type TestPki, testPki } from "../support/test_pki.ts";

const OPENSSL_VERSIONS = { "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3" } as const;

const tester = async ({ available }: Peer) => {
  const found = await available();
  return (title: string, fn: () => Promise<void>) => {
    if (found.ok) Deno.test(title, fn);
    else skip(title, found.reason);
  };
};
const withOpenssl = await tester(openssl);
const withGnutls = await tester(gnutls);
const withNss = await tester(nss);
const withNode = await tester(node);
const withCurl = await tester(curl);

/** Peers leave ALPN out of a renegotiation, as OpenSSL does, or name it again, as GnuTLS does. */
const PROTOCOLS = ["http/1.1"];

/** A client with a certificate that does what its server asks for after the handshake. */
async function willing(version: ProtocolVersion): Promise<SslModel> {
  const pki = await testPki();
  const leaf = pki.leaf("client", "ecdsa-p256");
  const model = newModel({
    hostname: "localhost",
    caCerts: [pki.root],
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    alpnProtocols: PROTOCOLS,
    handshakeTimeout: 10_000,
    versions: { min: version, max: version },
  });
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return model;
}

/** A server that lets its clients renegotiate. */
async function serving(version: ProtocolVersion): Promise<SslModel> {
  const pki = await testPki();
  const leaf = pki.leaf("server", "ecdsa-p256");
  const model = newModel({
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    caCerts: [pki.root],
    alpnProtocols: PROTOCOLS,
    handshakeTimeout: 10_000,
    versions: { min: version, max: version },
  });
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  return model;
}

/**
 * Starts `s_server`, which leaves it to commands when it wants a certificate, and connects to it.
 */
async function toServer(
  version: ProtocolVersion,
  use: (peer: OpensslServer, socket: SslSocket) => Promise<void>,
  ...extra: readonly string[]
): Promise<void> {
  const pki = await testPki();
  await using peer = await startServer({
    pki,
    certificate: "ecdsa-p256",
    version,
    alpnProtocols: PROTOCOLS,
    extra,
  });
  await using socket = importFD(await peer.connect(), { model: await willing(version) });
  await socket.handshake();
  assertEquals(getChannelInfo(socket).alpnProtocol, "http/1.1");
  await use(peer, socket);
  assertEquals(getChannelInfo(socket).alpnProtocol, "http/1.1");
}

/** Runs a client program against one connection of ours; what follows on it is up to the test. */
async function fromClient(
  command: string,
  args: (port: number) => readonly string[],
  options: ImportOptions,
  use: (process: Process, socket: SslSocket) => Promise<void>,
): Promise<string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn(command, { args: args(listener.addr.port), interactive: true });
  await using socket = importFD(await listener.accept(), options);
  await socket.handshake();
  await use(process, socket);
  return process.output;
}

async function opensslClient(
  version: ProtocolVersion,
  ...extra: readonly string[]
): Promise<(port: number) => string[]> {
  const pki = await testPki();
  const leaf = pki.leaf("client", "ecdsa-p256");
  // deno-fmt-ignore
  return (port) => ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-CAfile", pki.rootFile,
    "-verify_return_error", "-cert", leaf.certFile, "-key", leaf.keyFile, "-cert_chain", pki.intermediateFile,
    OPENSSL_VERSIONS[version], "-alpn", PROTOCOLS.join(","), ...extra];
}

/** The end that reads echoes lines; what was written comes back. */
async function roundTrip(process: Process, line: string): Promise<void> {
  await process.write(`${line}\n`);
  await process.waitFor((p) => p.stdout.includes(line) ? p : null);
}

function commonNameOf(socket: SslSocket): string {
  return String(peerCertificate(socket)?.subject);
}

// In TLS 1.2 s_server asks once.
for (const [version, command, times] of [["TLSv1.2", "R\n", 1], ["TLSv1.3", "c\n", 2]] as const) {
  withOpenssl(
    `our client shows openssl s_server its certificate when it is asked later (${version})`,
    async () => {
      await toServer(
        version,
        async (peer, socket) => {
          await peer.exchange(socket, 200);
          const reading = socket.read(new Uint8Array(1));
          reading.catch(() => {}); // it ends with the connection
          for (let i = 1; i <= times; i++) {
            await peer.process.write(command);
            await peer.process.waitFor((p) =>
              (p.output.match(/^<<< .*, CertificateVerify$/gm)?.length ?? 0) >= i ? p : null
            );
            await socket.write(new TextEncoder().encode(`after request ${i}\n`));
            await peer.process.waitFor((p) => p.stdout.includes(`after request ${i}\n`) ? p : null);
          }
        },
        ...(version === "TLSv1.3" ? ["-Verify", "4"] : []),
        "-verify_return_error",
        "-msg",
      );
    },
  );
}

withOpenssl("reHandshake() of our client renegotiates with openssl s_server", async () => {
  await toServer("TLSv1.2", async (peer, socket) => {
    for (const flush of [true, false]) {
      const { version, resumed } = await reHandshake(socket, flush);
      assertEquals([version, resumed], ["TLSv1.2", !flush]);
      await peer.exchange(socket, 20_000);
    }
  }, "-client_renegotiation");
});

withOpenssl(
  "reHandshake() of our server asks openssl s_client for its certificate (TLSv1.2)",
  async () => {
    await fromClient(
      "openssl",
      await opensslClient("TLSv1.2"),
      { model: await serving("TLSv1.2") },
      async (process, socket) => {
        optionSet(socket, "REQUEST_CERTIFICATE", true);
        optionSet(socket, "REQUIRE_CERTIFICATE", "ALWAYS");
        await reHandshake(socket);
        assertEquals(commonNameOf(socket), "CN=client ecdsa-p256");
        const serving = echo(socket);
        await roundTrip(process, "after it");
        await process.closeInput();
        await serving;
      },
    );
  },
);

withOpenssl("reHandshake() of openssl s_client renegotiates with our server", async () => {
  const output = await fromClient(
    "openssl",
    await opensslClient("TLSv1.2"),
    { model: await serving("TLSv1.2") },
    async (process, socket) => {
      const serving = echo(socket);
      await roundTrip(process, "before it");
      await process.write("R\n");
      await process.waitFor(/RENEGOTIATING/);
      await roundTrip(process, "after it");
      await process.closeInput();
      await serving;
    },
  );
  assertMatch(output, /RENEGOTIATING/);
});

withOpenssl(
  "reHandshake() of our server asks openssl s_client for its certificate (TLSv1.3), again and again",
  async () => {
    await fromClient(
      "openssl",
      await opensslClient("TLSv1.3", "-enable_pha"),
      { model: await serving("TLSv1.3") },
      async (process, socket) => {
        assertEquals(peerCertificate(socket), null);
        for (let i = 0; i < 2; i++) {
          await reHandshake(socket);
          assertEquals(commonNameOf(socket), "CN=client ecdsa-p256");
        }
        const serving = echo(socket);
        await roundTrip(process, "after it");
        await process.closeInput();
        await serving;
      },
    );
  },
);

withOpenssl(
  "reHandshake() tells a client of openssl's that cannot be asked (TLSv1.3)",
  async () => {
    await fromClient(
      "openssl",
      await opensslClient("TLSv1.3"),
      { model: await serving("TLSv1.3") },
      async (process, socket) => {
        const error = await assertRejects(() => reHandshake(socket), Error);
        assertEquals(error.name, "SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION");
        const serving = echo(socket);
        await roundTrip(process, "all the same");
        await process.closeInput();
        await serving;
      },
    );
  },
);

withGnutls("reHandshake() of gnutls-cli renegotiates with our server", async () => {
  const pki = await testPki();
  const output = await fromClient(
    "gnutls-cli",
    // deno-fmt-ignore
    (port) => ["--port", String(port), "--x509cafile", pki.rootFile, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2",
      "--sni-hostname", "localhost", "--verify-hostname", "localhost", "--alpn", "http/1.1", "--rehandshake", "127.0.0.1"],
    { model: await serving("TLSv1.2") },
    async (process, socket) => {
      const serving = echo(socket);
      await process.waitFor(/ReHandshake was completed/);
      await roundTrip(process, "after it");
      await process.closeInput();
      await serving;
    },
  );
  assertMatch(output, /ReHandshake was completed/);
});

withGnutls(
  "reHandshake() of our server asks gnutls-cli for its certificate (TLSv1.3)",
  async () => {
    const pki = await testPki();
    const leaf = pki.leaf("client", "ecdsa-p256");
    await fromClient(
      "gnutls-cli",
      // deno-fmt-ignore
      (port) => ["--port", String(port), "--x509cafile", pki.rootFile, "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.3",
      "--sni-hostname", "localhost", "--verify-hostname", "localhost", "--post-handshake-auth",
      "--x509certfile", leaf.chainFile, "--x509keyfile", leaf.keyFile, "127.0.0.1"],
      { model: await serving("TLSv1.3") },
      async (process, socket) => {
        await reHandshake(socket);
        assertEquals(commonNameOf(socket), "CN=client ecdsa-p256");
        const serving = echo(socket);
        await roundTrip(process, "after it");
        await process.closeInput();
        await serving;
      },
    );
  },
);

withGnutls("reHandshake() needs more than a client that does not know RFC 5746", async () => {
  const pki = await testPki();
  await fromClient(
    "gnutls-cli",
    // deno-fmt-ignore
    (port) => ["--port", String(port), "--x509cafile", pki.rootFile,
      "--priority", "NORMAL:-VERS-ALL:+VERS-TLS1.2:%DISABLE_SAFE_RENEGOTIATION",
      "--sni-hostname", "localhost", "--verify-hostname", "localhost", "127.0.0.1"],
    { model: await serving("TLSv1.2") },
    async (process, socket) => {
      const error = await assertRejects(() => reHandshake(socket), Error);
      assertEquals(error.name, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED");
      const serving = echo(socket);
      await roundTrip(process, "all the same");
      await process.closeInput();
      await serving;
    },
  );
});

withNss(
  "reHandshake() of NSS tstclnt renegotiates with our server, with and without a session",
  async () => {
    const pki = await testPki();
    const directory = await nssDatabase(pki, ["client"]);
    const resumed: boolean[] = [];
    const third = Promise.withResolvers<void>();
    const handshakeCallback: ImportOptions["handshakeCallback"] = (_socket, info) => {
      if (resumed.push(info.resumed) === 3) third.resolve();
    };
    await fromClient(
      "tstclnt",
      // deno-fmt-ignore
      (port) => ["-4", "-h", "127.0.0.1", "-a", "localhost", "-p", String(port), "-d", `sql:${directory}`,
      "-V", "tls1.2:tls1.2", "-u", "-v", "-G", "-r", "2"],
      { model: await serving("TLSv1.2"), handshakeCallback },
      async (process, socket) => {
        const serving = echo(socket).catch(() => {}); // it ends with the connection
        await process.write("before it\n");
        await third.promise;
        await roundTrip(process, "after it");
        await socket.close();
        await serving;
      },
    );
    assertEquals(resumed, [false, true, true]);
  },
);

withNss(
  "reHandshake() of our server asks NSS tstclnt for its certificate (TLSv1.2 and TLSv1.3)",
  async () => {
    const pki = await testPki();
    const directory = await nssDatabase(pki, ["client"]);
    for (
      const [version, own] of [["TLSv1.2", "tls1.2:tls1.2"], ["TLSv1.3", "tls1.3:tls1.3"]] as const
    ) {
      await fromClient(
        "tstclnt",
        // deno-fmt-ignore
        (port) => ["-4", "-h", "127.0.0.1", "-a", "localhost", "-p", String(port), "-d", `sql:${directory}`,
        "-V", own, "-u", "-v", "-G", "-E", "-n", "client ecdsa-p256"],
        { model: await serving(version) },
        async (process, socket) => {
          optionSet(socket, "REQUEST_CERTIFICATE", true);
          await reHandshake(socket);
          assertEquals(commonNameOf(socket), "CN=client ecdsa-p256", version);
          const serving = echo(socket).catch(() => {}); // it ends with the connection
          await roundTrip(process, "after it");
          await socket.close();
          await serving;
        },
      );
    }
  },
);

withNss(
  "our client shows NSS selfserv its certificate in the second handshake (TLSv1.2 and TLSv1.3)",
  async () => {
    const pki = await testPki();
    const directory = await nssDatabase(pki, ["server"]);
    for (
      const [version, own] of [["TLSv1.2", "tls1.2:tls1.2"], ["TLSv1.3", "tls1.3:tls1.3"]] as const
    ) {
      await using namespace = await openNamespace();
      await using process = namespace.spawn("selfserv", {
        // deno-fmt-ignore
        args: ["-d", `sql:${directory}`, "-n", pki.leaf("server", "ecdsa-p256").commonName, "-p", "4433", "-V", own, "-u", "-v", "-G",
        ...(version === "TLSv1.3" ? ["-E"] : []), "-r", "-r", "-r", "-r"],
        cwd: directory,
      });
      await using socket = importFD(await namespace.connect(4433), {
        model: await willing(version),
      });
      await socket.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
      const answer: string[] = [];
      const buffer = new Uint8Array(4096);
      for (let count; (count = await socket.read(buffer)) !== null;) {
        answer.push(new TextDecoder().decode(buffer.subarray(0, count)));
      }
      assert(answer.join("").includes("HTTP/1.0 200 OK"), process.output);
      await process.waitFor(/client ecdsa-p256/);
    }
  },
);

withNode("reHandshake() of our server asks node:tls for its certificate (TLSv1.2)", async () => {
  const pki = await testPki();
  const leaf = pki.leaf("client", "ecdsa-p256");
  const script = `
    const options = JSON.parse(process.argv[1]);
    const socket = require("node:tls").connect(options, () => console.log(socket.alpnProtocol));
    socket.on("data", (data) => socket.end(data)).on("error", (error) => console.log(error));`;
  const output = await fromClient(
    "node",
    (port) => ["-e", script, JSON.stringify({ ...nodeOptions(pki, leaf), port })],
    { model: await serving("TLSv1.2") },
    async (_process, socket) => {
      optionSet(socket, "REQUEST_CERTIFICATE", true);
      assertEquals((await reHandshake(socket)).alpnProtocol, "http/1.1");
      assertEquals(commonNameOf(socket), "CN=client ecdsa-p256");
      await socket.write(new TextEncoder().encode("after it"));
      const buffer = new Uint8Array(8);
      assertEquals(await socket.read(buffer), 8);
      assertEquals(new TextDecoder().decode(buffer), "after it");
    },
  );
  assertEquals(output, "http/1.1\n");
});

withNode("our client shows node:tls its certificate when it is asked later (TLSv1.2)", async () => {
  const pki = await testPki();
  const script = `
    const options = JSON.parse(process.argv[1]);
    const server = require("node:tls").createServer(options, (socket) => {
      socket.on("error", (error) => console.log(error));
      const { alpnProtocol } = socket;
      socket.once("data", () => socket.renegotiate({ requestCert: true }, (error) => {
        socket.end(error?.message ?? alpnProtocol + " " + socket.getPeerCertificate().subject.CN);
      }));
    }).listen(0, "127.0.0.1", () => console.log("port " + server.address().port));`;
  await using process = spawn("node", {
    args: ["-e", script, JSON.stringify(nodeOptions(pki, pki.leaf("server", "ecdsa-p256")))],
  });
  const [, port] = await process.waitFor((p) => /^port (\d+)$/m.exec(p.stdout));
  await using socket = importFD(
    await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }),
    { model: await willing("TLSv1.2") },
  );
  await socket.write(new TextEncoder().encode("ask me"));
  let answer = "";
  const buffer = new Uint8Array(100);
  for (let count; (count = await socket.read(buffer)) !== null;) {
    answer += new TextDecoder().decode(buffer.subarray(0, count));
  }
  assertEquals(answer, "http/1.1 client ecdsa-p256", process.output);
});

withCurl("reHandshake() of our server asks curl for its certificate (TLSv1.2)", async () => {
  const pki = await testPki();
  const leaf = pki.leaf("client", "ecdsa-p256");
  const output = await fromClient(
    "curl",
    // deno-fmt-ignore
    (port) => ["--silent", "--show-error", "--http1.1", "--tls-max", "1.2", "--noproxy", "*", "--max-time", "20",
      "--resolve", `localhost:${port}:127.0.0.1`, "--cacert", pki.rootFile, "--cert", leaf.chainFile, "--key", leaf.keyFile,
      `https://localhost:${port}/`],
    { model: await serving("TLSv1.2") },
    async (process, socket) => {
      await socket.read(new Uint8Array(4096));
      optionSet(socket, "REQUEST_CERTIFICATE", true);
      assertEquals((await reHandshake(socket)).alpnProtocol, "http/1.1");
      const answer = `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${commonNameOf(socket)}`;
      await socket.write(new TextEncoder().encode(answer));
      await socket.close();
      assertEquals((await process.result()).code, 0, process.output);
    },
  );
  assertEquals(output, "CN=client ecdsa-p256");
});

function nodeOptions(pki: TestPki, { chain, key }: TestLeaf): Record<string, unknown> {
  return {
    host: "127.0.0.1",
    servername: "localhost",
    ca: pki.root,
    cert: chain,
    key,
    maxVersion: "TLSv1.2",
    ALPNProtocols: PROTOCOLS,
  };
}
