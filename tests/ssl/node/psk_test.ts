// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno, and node: modules.

/** `pskCallback` and `pskIdentityHint`, with ourselves and with a real Node at the other end. */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { connect, type ConnectionOptions } from "@nss/nss/node";
import { programVersion, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { PEMS, TestServer } from "./_node_peers.ts";

const SUITE = "ECDHE-PSK-CHACHA20-POLY1305";
const CIPHERS = `PSK+HIGH:TLS_AES_128_GCM_SHA256:${SUITE}`;
const HEX = "d731ef57be09e5204f0b205b60627028";
const KEYS: Readonly<Record<string, string>> = { UserA: HEX, UserB: "ab".repeat(32) };

/** A server's callback, as in Node's documentation. */
function find(_socket: unknown, identity: string): Buffer | null {
  return identity in KEYS ? Buffer.from(KEYS[identity]!, "hex") : null;
}

/** A client's callback. */
function as(identity: string, hex: string = KEYS[identity]!) {
  return () => ({ psk: Buffer.from(hex, "hex"), identity });
}

const PSK_ONLY = { cert: [], ciphers: CIPHERS, pskCallback: find };

/** A client that would trust no certificate here. */
function client(options: ConnectionOptions): ConnectionOptions {
  return { ca: PEMS.otherRoot.cert, ciphers: CIPHERS, ...options };
}

Deno.test("pskCallback: both ends agree by identity, in both versions [psk-circuit]", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using test = await TestServer.start(PSK_ONLY);
    for (const user of ["UserA", "UserB"]) {
      const it = test.connect(client({ maxVersion, pskCallback: as(user) }));
      const facts: unknown[] = [];
      const { socket } = it;
      socket.on("secureConnect", () => {
        facts.push(socket.authorized, socket.getProtocol(), socket.getPeerCertificate());
        facts.push(socket.getCipher().name.includes("PSK"));
      });
      assertEquals(await it.finish(), "hello");
      assertEquals(facts, [true, maxVersion, {}, maxVersion === "TLSv1.2"]);
    }
  }
});

Deno.test("pskCallback: a server's is asked with its socket as argument and this, and may answer { psk }", async () => {
  const asked: unknown[] = [];
  const sockets = new Set<unknown>();
  await using test = await TestServer.start({
    ...PSK_ONLY,
    pskCallback(this: unknown, socket: unknown, identity: string) {
      asked.push(identity, this === socket);
      sockets.add(socket);
      return { psk: new DataView(Uint8Array.fromHex(HEX).buffer) } as never;
    },
  });
  assertEquals(await test.connect(client({ pskCallback: as("UserA") })).finish(), "hello");
  assertEquals(asked, ["UserA", true]);
  assert(sockets.has(test.sockets[0]));
});

Deno.test("pskIdentityHint: a client's pskCallback gets it in TLS 1.2, and null in TLS 1.3", async () => {
  for (
    const [pskIdentityHint, maxVersion, expected] of [
      ["hint", "TLSv1.2", ["hint"]],
      [undefined, "TLSv1.2", [null]],
      ["hint", "TLSv1.3", [null]],
    ] as const
  ) {
    const hints: unknown[] = [];
    await using test = await TestServer.start({ ...PSK_ONLY, pskIdentityHint });
    const pskCallback = (hint: unknown) => {
      hints.push(hint);
      return as("UserA")();
    };
    assertEquals(await test.connect(client({ maxVersion, pskCallback })).finish(), "hello");
    assertEquals(hints, [...expected]);
  }
});

Deno.test("pskCallback: null stops the handshake, and the server tells unknown_psk_identity", async () => {
  for (const maxVersion of ["TLSv1.3", "TLSv1.2"] as const) {
    await using test = await TestServer.start(PSK_ONLY);
    const unknown = await test.connect(client({ maxVersion, pskCallback: as("UserC", HEX) }))
      .failure();
    assertMatch(unknown.message, /alert unknown_psk_identity/);
    assertMatch(test.clientErrors[0]!.message, /pskCallback does not know its identity/);
    const none = await test.connect(
      client({ maxVersion, ciphers: SUITE, minVersion: maxVersion, pskCallback: () => null }),
    )
      .failure().catch((error) => error);
    assertMatch(none.message, /pskCallback has returned no key|certificate|unknown/i);
  }
});

Deno.test("pskCallback: a wrong key ends the handshake, and an answer that is none says why [psk-errors]", async () => {
  await using test = await TestServer.start(PSK_ONLY);
  const wrong = await test.connect(client({ pskCallback: as("UserA", KEYS.UserB) })).failure();
  assertMatch(wrong.message, /alert decrypt_error/);
  for (
    const [answer, why] of [
      [7, /it is a number, not an object with psk and identity/],
      [{ identity: 7 }, /identity is a number, not a string/],
      [{ identity: "a", psk: "secret" }, /psk is a string, not a Buffer/],
      [{ identity: "a", psk: Buffer.alloc(15) }, /key has 15 bytes, and 16/],
    ] as const
  ) {
    const pskCallback = () => answer as never;
    assertMatch((await test.connect(client({ pskCallback })).failure()).message, why);
  }
  const thrown = await test.connect(client({
    pskCallback: () => {
      throw new Error("no store");
    },
  })).failure();
  assertMatch(thrown.message, /no store/);
});

Deno.test("pskCallback: a certificate takes a key's place where it is checked, and only there", async () => {
  await using test = await TestServer.start({ ciphers: CIPHERS });
  const trusted = { ca: PEMS.root.cert, pskCallback: as("UserA") };
  assertEquals(await test.connect(trusted).finish(), "hello");
  const unchecked = await test.connect({ ...trusted, rejectUnauthorized: false }).failure();
  assertMatch(unchecked.message, /uses none of the pre-shared keys/);
});

Deno.test("pskCallback: a server that requires a certificate takes no key; one that requests it does", async () => {
  for (const [rejectUnauthorized, succeeds] of [[true, false], [false, true]] as const) {
    await using test = await TestServer.start({
      ciphers: CIPHERS,
      pskCallback: find,
      requestCert: true,
      rejectUnauthorized,
    });
    const it = test.connect(client({ pskCallback: as("UserA"), rejectUnauthorized: true }));
    if (succeeds) {
      assertEquals(await it.finish(), "hello");
      assertEquals(test.sockets[0]!.authorized, true);
    } else await it.failure();
  }
});

const node = await programVersion("node", ["--version"], /v(\S+)/);

const OPTIONS = (version: string) =>
  `ciphers: ${JSON.stringify(CIPHERS)}, minVersion: "${version}", maxVersion: "${version}"`;

/** A client of Node's with the right key, an unknown identity and a wrong key. */
async function withClientOfNode(version: "TLSv1.3" | "TLSv1.2"): Promise<void> {
  const asked: string[] = [];
  await using test = await TestServer.start({
    ...PSK_ONLY,
    pskIdentityHint: "hint",
    pskCallback: (socket, identity) => {
      asked.push(identity);
      return find(socket, identity);
    },
  });
  const run = async (user: string, hex: string) => {
    await using process = spawn("node", {
      args: [
        "-e",
        `
          const tls = require("node:tls");
          const socket = tls.connect({ port: ${test.port}, host: "127.0.0.1", ${OPTIONS(version)},
            checkServerIdentity() {},
            pskCallback: (hint) => (console.log("hint", hint),
              { psk: Buffer.from("${hex}", "hex"), identity: "${user}" }) });
          socket.on("secureConnect", () => console.log("authorized", socket.authorized));
          socket.on("data", (data) => console.log("data", String(data)));
          socket.on("error", (error) => console.log("error", error.code));`,
      ],
    });
    return (await process.result()).stdout;
  };
  const hint = version === "TLSv1.2" ? "hint" : "null";
  assertEquals(await run("UserA", HEX), `hint ${hint}\nauthorized true\ndata hello\n`);
  assertMatch(await run("UserC", HEX), /error ERR_SSL_\w*UNKNOWN_PSK_IDENTITY/);
  assertMatch(await run("UserA", "00".repeat(16)), /error ERR_SSL_\w*(DECRYPT|BAD_RECORD_MAC)/);
  assertEquals(asked, ["UserA", "UserC", "UserA"]);
}

/** A server of Node's, asked with the right key, a wrong one and an unknown identity. */
async function withServerOfNode(version: "TLSv1.3" | "TLSv1.2"): Promise<void> {
  await using process = spawn("node", {
    args: [
      "-e",
      `
        const tls = require("node:tls");
        const server = tls.createServer({ ${OPTIONS(version)}, pskIdentityHint: "hint",
          pskCallback: (socket, identity) => identity === "UserA" ? Buffer.from("${HEX}", "hex") : null,
        }, (socket) => socket.on("data", () => socket.end("hello from node")));
        server.on("tlsClientError", (error) => console.log("error", error.code));
        server.listen(0, "127.0.0.1", () => console.log("port", server.address().port));
        process.stdin.on("end", () => process.exit()).resume();`,
    ],
    interactive: true,
  });
  const [, port] = await process.waitFor((p) => /^port (\d+)/m.exec(p.stdout));
  const hints: unknown[] = [];
  const run = async (identity: string, hex: string): Promise<string> => {
    const socket = connect({
      host: "127.0.0.1",
      port: Number(port),
      ciphers: CIPHERS,
      minVersion: version,
      maxVersion: version,
      pskCallback: (hint) => {
        hints.push(hint);
        return as(identity, hex)();
      },
    });
    let text = "";
    socket.on("secureConnect", () => socket.write("hello"));
    socket.on("data", (data: Buffer) => text += data);
    socket.on("error", (error) => text += error.message);
    await new Promise((resolve) => socket.on("close", resolve));
    return text;
  };
  assertEquals(await run("UserA", HEX), "hello from node");
  assertMatch(await run("UserA", "00".repeat(16)), /alert (illegal_parameter|bad_record_mac)/);
  await run("UserC", HEX).then((text) => assertMatch(text, /alert \w+/));
  const hint = version === "TLSv1.2" ? "hint" : null;
  assertEquals(hints, [hint, hint, hint]);
  await process.closeInput();
}

if (node.ok) {
  Deno.test("pskCallback: a client of Node's, in both versions [psk-server]", async () => {
    await withClientOfNode("TLSv1.3");
    await withClientOfNode("TLSv1.2");
  });
  Deno.test("pskCallback: a server of Node's, in both versions [psk-client]", async () => {
    await withServerOfNode("TLSv1.3");
    await withServerOfNode("TLSv1.2");
  });
} else skip("pskCallback with Node", node.reason);
