// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, as what it tests makes objects of Node's.

// What node:tls of Node was found to fail at, by number: see Node's security releases of January,
// March, June, July, October and November 2026.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { Buffer } from "node:buffer";
import { once } from "node:events";
import { checkServerIdentity, type ConnectionOptions, type ServerOptions } from "@nss/nss/node";
import { PEMS, TestServer, within } from "./_node_peers.ts";

const pair = ({ cert, key }: { readonly cert: string; readonly key: string }) => ({ cert, key });

function thrower(): never {
  throw new Error("thrown by the application");
}

const PSK = Buffer.alloc(32, 7);
const ECDHE_PSK = "ECDHE-PSK-CHACHA20-POLY1305:TLS_AES_128_GCM_SHA256";

/** What of a server's may throw when a client asks for it, and a client that makes it. */
const CALLBACKS: Readonly<Record<string, readonly [ServerOptions, ConnectionOptions]>> = {
  SNICallback: [{ SNICallback: thrower }, { servername: "a.server.test" }],
  ALPNCallback: [{ ALPNCallback: thrower }, { ALPNProtocols: ["x"] }],
  pskCallback: [{ pskCallback: thrower, ciphers: ECDHE_PSK }, {
    ciphers: ECDHE_PSK,
    pskCallback: () => ({ psk: PSK, identity: "x" }),
    checkServerIdentity: () => undefined,
  }],
};

for (const [name, [options, asking]] of Object.entries(CALLBACKS)) {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    Deno.test(`createServer(): what ${name} throws ends its connection alone, in ${maxVersion} (CVE-2026-21637)`, async () => {
      await using server = await TestServer.start({ ...options, maxVersion });
      for (let count = 1; count <= 3; count++) {
        await server.connect(asking).failure();
        while (server.clientErrors.length < count) {
          await within(once(server.server, "tlsClientError"));
        }
      }
      for (const error of server.clientErrors) {
        assertMatch(`${error} ${error.cause}`, /thrown by the application/);
      }
      await server.ended();
    });
  }
}

for (const event of ["OCSPRequest", "newSession", "resumeSession"]) {
  Deno.test(`createServer(): what a listener of ${event} throws ends no process`, async () => {
    await using server = await TestServer.start({ maxVersion: "TLSv1.2" });
    const sessions: Buffer[] = [];
    const first = server.connect({ requestOCSP: true });
    first.socket.on("session", (session: Buffer) => sessions.push(session));
    await first.finish();
    server.server.on(event, thrower);
    await server.connect({ requestOCSP: true, session: sessions[0] }).close();
    server.server.off(event, thrower);
    assertEquals(await server.connect().finish(), "hello");
  });
}

/** Hosts that a resolver may read as another than the one that a certificate names. */
const HOSTS: readonly (readonly [host: string, names: string, number: string])[] = [
  ["a\u3002b.example.com", "DNS:*.example.com", "CVE-2026-48618"],
  ["a\uff0eb.example.com", "DNS:*.example.com", "CVE-2026-48618"],
  ["good.test\0.evil.test", "DNS:*.evil.test, DNS:good.test", "CVE-2026-48930"],
  ["\uff11\uff12\uff17.0.0.1", "DNS:127.0.0.1, DNS:*.0.0.1", "CVE-2026-105483"],
  ["0127.0.0.1", "DNS:0127.0.0.1, IP Address:87.0.0.1", "CVE-2026-106069"],
  ["0177.0.0.1", "DNS:0177.0.0.1, DNS:127.0.0.1", "CVE-2026-106072"],
  ["0x7f.0.0.1", "DNS:0x7f.0.0.1, DNS:127.0.0.1", "CVE-2026-106072"],
  ["127.0.0.0x1", "DNS:127.0.0.0x1, DNS:*.0.0.0x1", "CVE-2026-106072"],
  ["0x7f000001", "DNS:0x7f000001", "CVE-2026-106072"],
  ["2130706433", "DNS:2130706433", "CVE-2026-106072"],
  ["127.1", "DNS:127.1, DNS:*.1", "CVE-2026-106072"],
  ["127.1.", "DNS:127.1", "CVE-2026-106072"],
];

Deno.test("checkServerIdentity() takes no host for a name that is read as another (CVE-2026-48618, CVE-2026-48930, CVE-2026-105483, CVE-2026-106069, CVE-2026-106072)", () => {
  for (const [host, subjectaltname, number] of HOSTS) {
    const error = checkServerIdentity(host, { subject: {}, subjectaltname });
    assertEquals(error?.code, "ERR_TLS_CERT_ALTNAME_INVALID", `${host} ${number}`);
  }
});

Deno.test("addContext(): a name's context counts however the client spells it (CVE-2026-48928)", async () => {
  const { otherServer, otherClient, client } = PEMS;
  await using server = await TestServer.start({ requestCert: true, ca: PEMS.root.cert });
  server.server.addContext("Other.test", { ...pair(otherServer), ca: otherClient.cert });
  for (const servername of ["other.test", "OTHER.TEST"]) {
    const name = { servername, checkServerIdentity: () => undefined };
    assertEquals(await server.connect({ ...name, ...pair(otherClient) }).finish(), "hello");
    await server.connect({ ...name, ...pair(client) }).failure();
  }
});

Deno.test("connect(): a session is no proof of a name, nor of what another check has accepted (CVE-2026-48934, CVE-2026-58040)", async () => {
  for (const maxVersion of ["TLSv1.2", "TLSv1.3"] as const) {
    await using server = await TestServer.start({ maxVersion });
    const sessions: Buffer[] = [];
    const lax = { servername: "nobody.test", checkServerIdentity: () => undefined };
    const first = server.connect(lax);
    first.socket.on("session", (session: Buffer) => sessions.push(session));
    assertEquals(await first.finish(), "hello");
    const session = sessions[0];
    for (const servername of ["nobody.test", "other.test"]) {
      const error = await server.connect({ servername, session }).failure();
      assertEquals(error.code, "ERR_TLS_CERT_ALTNAME_INVALID", `${servername} ${maxVersion}`);
    }
    const again = server.connect({ ...lax, session });
    await again.finish();
    assert(again.socket.isSessionReused());
  }
});

Deno.test("connect(): a host with NUL is dialled by nobody (CVE-2026-48930)", async () => {
  await using server = await TestServer.start();
  const { host, ...options } = { host: "localhost\0.server.test", servername: undefined };
  await server.connect({ ...options, host }).failure();
  assertEquals(server.sockets.length, 0);
});
