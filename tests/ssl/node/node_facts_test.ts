// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What sockets of Node's over ours say of a connection, beside what Node's own say at its other
 * end.
 */

import { assert, assertEquals, assertThrows } from "@std/assert";
import { Buffer } from "node:buffer";
import { createOcspResponse } from "../../../cert/mod.ts";
import { importFD } from "../../../mod.ts";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import type { NodeTlsSocket } from "../../../ssl/node/node_socket.ts";
import { exportKeyingMaterial } from "../../../ssl/nss/export_keying_material.ts";
import { programVersion, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { testPki } from "../../support/test_pki.ts";
import { connected, PKI, turns } from "../_support.ts";
import { tls12 } from "../_tls12.ts";
import { closed, event, nodeEnds, nodeSocket, notes, secured } from "./_support.ts";

const SCRIPT = `${import.meta.dirname}/_node_facts.mjs`;
const GROUPS = ["x25519", "secp256r1", "secp384r1", "secp521r1"] as const;
const EVENTS = ["connect", "ready", "secureConnect", "secure", "data", "end", "finish", "close"];

/** Node's side of a connection, in a process of its own. */
function nodeSide(settings: Record<string, unknown>) {
  const process = spawn("node", { args: [SCRIPT], env: { FACTS: JSON.stringify(settings) } });
  let read = 0;
  return {
    /** The next line that it prints. */
    async next() {
      const start = read;
      await process.waitFor(({ output }) => output.indexOf("\n", start) < 0 ? null : []);
      read = process.output.indexOf("\n", start) + 1;
      return JSON.parse(process.output.slice(start, read));
    },
    [Symbol.asyncDispose]: () => process.close(),
  };
}

function factsOf(socket: NodeTlsSocket) {
  const { pubkey, raw, ...peer } = socket.getPeerCertificate();
  const chain: unknown[] = [];
  let one: { subject?: { CN: unknown }; issuerCertificate?: object } = socket.getPeerCertificate(
    true,
  );
  while (one?.subject !== undefined && !chain.includes(one.subject.CN)) {
    chain.push(one.subject.CN);
    one = one.issuerCertificate ?? {};
  }
  const hex = (bytes: Buffer | undefined) => bytes?.toString("hex");
  const exported = (length: number, context?: Buffer) =>
    hex(socket.exportKeyingMaterial(length, "EXPORTER-test", context));
  return {
    finished: hex(socket.getFinished()),
    peerFinished: hex(socket.getPeerFinished()),
    cipher: socket.getCipher(),
    protocol: socket.getProtocol(),
    ephemeral: socket.getEphemeralKeyInfo(),
    sigalgs: socket.getSharedSigalgs(),
    reused: socket.isSessionReused(),
    alpn: socket.alpnProtocol,
    servername: socket.servername,
    authorized: socket.authorized,
    authorizationError: socket.authorizationError,
    exported: exported(100, Buffer.from("context")),
    exportedWithout: exported(32),
    exportedEmpty: exported(32, Buffer.alloc(0)),
    peer: { ...peer, pubkey: hex(pubkey), raw: hex(raw) },
    chain,
    own: hex(socket.getX509Certificate()?.raw),
    encrypted: socket.encrypted,
  };
}

if (await programVersion("node", ["--version"], /^v(\d+)/m) === null) {
  skip("sockets say what Node's say at the other end", "there is no node");
} else {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    for (const type of ["ecdsa-p256", "rsa"] as const) {
      Deno.test(`a client says in ${version} (${type}) what Node's server says, and has the same events [finished, getcipher, getprotocol, peer-certificate, exportkeyingmaterial]`, async () => {
        const pki = await testPki();
        const leaf = pki.leaf("server", type);
        const own = pki.leaf("client", type);
        await using node = nodeSide({
          role: "server",
          ca: pki.root,
          cert: leaf.chain,
          key: leaf.key,
          version,
          groups: "X25519:P-256",
        });
        const { port } = await node.next();
        const socket = nodeSocket(async () =>
          importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
            hostname: "localhost",
            caCerts: [pki.root],
            certificates: [{ cert: own.chain, key: own.key }],
            versions: { min: version, max: version },
            alpnProtocols: ["y/2", "z"],
          })
        );
        const events = notes(socket, ...EVENTS);
        const ended = event(socket, "close");
        await event(socket, "secureConnect");
        const ours = factsOf(socket);
        const theirs = await node.next();
        assertEquals(ours.finished, theirs.peerFinished);
        assertEquals(ours.peerFinished, theirs.finished);
        for (const name of ["exported", "exportedWithout", "exportedEmpty"] as const) {
          assertEquals(ours[name], theirs[name], name);
        }
        assertEquals(ours.cipher, theirs.cipher);
        assertEquals(ours.protocol, theirs.protocol);
        assertEquals([ours.alpn, ours.servername], [theirs.alpn, theirs.servername]);
        assertEquals([ours.own, theirs.own], [theirs.peer.raw, ours.peer.raw]);
        assertEquals(ours.ephemeral, { type: "ECDH", name: "X25519", size: 253 });
        assertEquals([ours.authorized, ours.authorizationError], [true, null]);
        assertEquals([theirs.authorized, theirs.authorizationError], [true, null]);
        socket.write("hello");
        socket.on("data", () => {});
        await ended;
        const { events: reference } = await node.next();
        assertEquals(events, [
          "connect",
          "ready",
          "secureConnect",
          "secure",
          "data",
          "end",
          "finish",
          "close",
        ]);
        assertEquals(reference, ["data", "finish", "end", "close"]);
      });

      Deno.test(`a server says in ${version} (${type}) what Node's client says, and the client has Node's events`, async () => {
        const pki = await testPki();
        const leaf = pki.leaf("server", type);
        const own = pki.leaf("client", type);
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        await using node = nodeSide({
          role: "client",
          port: listener.addr.port,
          ca: pki.root,
          cert: own.chain,
          key: own.key,
          version,
          groups: "P-256",
          sigalgs: "ECDSA+SHA256:RSA-PSS+SHA256",
        });
        const socket = nodeSocket(importFD(await listener.accept(), {
          role: "server",
          clientAuth: "request",
          certificates: [{ cert: leaf.chain, key: leaf.key }],
          caCerts: [pki.root],
          alpnProtocols: ["y/2"],
          versions: { min: version, max: version },
        }));
        const events = notes(socket, ...EVENTS);
        const ended = event(socket, "close");
        socket.on("data", (data) => socket.end(data));
        await event(socket, "secure");
        const ours = factsOf(socket);
        const theirs = await node.next();
        assertEquals(ours.finished, theirs.peerFinished);
        assertEquals(ours.peerFinished, theirs.finished);
        assertEquals(ours.exported, theirs.exported);
        assertEquals(ours.exportedWithout, theirs.exportedWithout);
        assertEquals(ours.cipher, theirs.cipher);
        assertEquals([ours.alpn, ours.servername], [theirs.alpn, theirs.servername]);
        assertEquals([ours.own, theirs.own], [theirs.peer.raw, ours.peer.raw]);
        assertEquals([ours.ephemeral, theirs.ephemeral], [null, {
          type: "ECDH",
          name: "prime256v1",
          size: 256,
        }]);
        assertEquals(ours.sigalgs, ["ECDSA+SHA256", "RSA-PSS+SHA256"]);
        assertEquals([ours.authorized, ours.authorizationError], [true, null]);
        assertEquals(ours.chain, ["client " + type, "test intermediate", "test root"]);
        assertEquals(theirs.chain, ["server " + type, "test intermediate", "test root"]);
        await ended;
        assertEquals(events, ["secure", "data", "finish", "end", "close"]);
        const { events: reference } = await node.next();
        assertEquals(reference.filter((name: string) => name !== "session"), [
          "connect",
          "ready",
          "secureConnect",
          "secure",
          "data",
          "end",
          "finish",
          "close",
        ]);
      });

      Deno.test(`getPeerCertificate() has all that Node's has (${version}, ${type})`, async () => {
        const pki = await testPki();
        const leaf = pki.leaf("server", type);
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        await using node = nodeSide({
          role: "client",
          port: listener.addr.port,
          ca: pki.root,
          version,
          groups: "P-256",
        });
        const options: ImportOptions = {
          certificates: [{ cert: leaf.chain, key: leaf.key }],
          versions: { min: version, max: version },
        };
        const socket = nodeSocket(
          importFD(await listener.accept(), { role: "server", ...options }),
        );
        await event(socket, "secure");
        const { peer: theirs } = await node.next();
        // The same certificate, which here is this end's own.
        const certificate = Object(socket.getCertificate());
        const { pubkey, raw, ...rest } = certificate;
        const ours = { ...rest, pubkey: pubkey.toString("hex"), raw: raw.toString("hex") };
        assertEquals(JSON.parse(JSON.stringify(ours)), theirs);
        assert(Buffer.isBuffer(pubkey) && Buffer.isBuffer(raw));
        await closed(socket);
      });
    }
  }
}

Deno.test("before the handshake, sockets say what Node's say then", async () => {
  await using ends = nodeEnds();
  const { client, server } = ends;
  assertEquals([client.getProtocol(), client.getCipher()], [null, undefined]);
  assertEquals([client.getPeerCertificate(), client.getCertificate()], [{}, {}]);
  assertEquals([client.getFinished(), client.getPeerFinished()], [undefined, undefined]);
  assertEquals([client.getSession(), client.getTLSTicket()], [undefined, undefined]);
  assertEquals([client.getPeerX509Certificate(), client.getX509Certificate()], [
    undefined,
    undefined,
  ]);
  assertEquals([client.getEphemeralKeyInfo(), server.getEphemeralKeyInfo()], [{}, null]);
  assertEquals([client.isSessionReused(), client.getSharedSigalgs()], [false, []]);
  assertEquals([client.alpnProtocol, client.servername, client.authorized], [null, null, false]);
  assertEquals(Object(client.authorizationError), {});
  const error = assertThrows(() => client.exportKeyingMaterial(32, "label"), Error);
  assertEquals(Reflect.get(error, "code"), "ERR_TLS_INVALID_STATE");
});

Deno.test("after destroy(), sockets say what Node's say then", async () => {
  await using ends = await secured();
  ends.client.destroy();
  assertEquals([ends.client.getProtocol(), ends.client.getPeerCertificate()], [null, null]);
  assertEquals([ends.client.getCertificate(), ends.client.getEphemeralKeyInfo()], [null, null]);
  assertEquals(ends.client.getPeerX509Certificate(), undefined);
});

for (const [version, options] of [["1.3", {}], ["1.2", tls12()]] as const) {
  Deno.test(`session events give what resumes a session in TLS ${version} [client-resume, session-cache]`, async () => {
    await using first = nodeEnds(options);
    const given = event(first.client, "session");
    first.server.write("tickets");
    const [session] = await given;
    assert(Buffer.isBuffer(session));
    assertEquals(first.client.getSession(), session);
    assert(Buffer.isBuffer(first.client.getTLSTicket()));
    assertEquals(first.client.isSessionReused(), false);
  });
}

Deno.test("setSession() resumes; with a server that does not know the ticket, the handshake is a full one", async () => {
  const { NssContext } = await import("../../../pkcs11/context/context.ts");
  const contexts = [new NssContext({ trustAnchors: [] }), new NssContext({ trustAnchors: [] })];
  const [own, other] = contexts;
  const open = (context: typeof own) =>
    nodeEnds({ server: { context: context! }, client: { sessionTickets: true } });
  await using first = open(own);
  const given = event(first.client, "session");
  first.server.write("tickets");
  const [session] = await given;
  for (const [context, isReused] of [[own, true], [other, false]] as const) {
    await using again = open(context);
    if (!Buffer.isBuffer(session)) throw new Error("no session");
    again.client.setSession(session);
    await event(again.client, "secureConnect");
    assertEquals([again.client.isSessionReused(), again.client.authorized], [isReused, true]);
  }
});

Deno.test("keylog gives the lines of the key log, besides the hook that is set [keylog-tlsv13]", async () => {
  const hook: string[] = [];
  await using ends = nodeEnds({ client: { keyLog: (line) => void hook.push(line) } });
  const lines: string[] = [];
  ends.client.on("keylog", (line: Buffer, socket: unknown) => {
    lines.push(String(line));
    assertEquals(socket, ends.client);
  });
  await event(ends.client, "secureConnect");
  await turns(1);
  assertEquals(lines, hook.map((line) => `${line}\n`));
  assertEquals(lines.length, 5);
});

Deno.test("without a listener of keylog no secret is written", async () => {
  await using ends = nodeEnds();
  await event(ends.client, "secureConnect");
  const { configOf } = await import("../../../ssl/config/config_registry.ts");
  assertEquals(configOf(ends.client.sslSocket!).keyLog, null);
});

Deno.test("OCSPResponse comes before secureConnect to a client that asks, null if there is none [ocsp-callback]", async () => {
  const { root, server } = PKI;
  const { der: response } = await createOcspResponse({
    issuer: root.cert,
    responder: { certificate: root.cert, privateKey: root.keys.privateKey },
    producedAt: new Date(),
    responses: [{ certificate: server.cert, status: "good" }],
  });
  await using ends = nodeEnds({
    client: { ocspStapling: true },
    server: { certificates: [{ ...PKI.server.credential, ocsp: response }] },
  });
  const seen = notes(ends.client, "OCSPResponse", "secure", "secureConnect");
  const secure = event(ends.client, "secure");
  const [stapled] = await event(ends.client, "OCSPResponse");
  assertEquals(stapled, Buffer.from(response));
  await secure;
  assertEquals(seen, ["OCSPResponse", "secureConnect", "secure"]);
  await using without = nodeEnds({ client: { ocspStapling: true } });
  assertEquals(await event(without.client, "OCSPResponse"), [null]);
});

Deno.test("a certificate that the badCert hook has accepted is not authorized, with Node's code [client-verify]", async () => {
  const cases = [
    [{ hostname: "other.test" }, "ERR_TLS_CERT_ALTNAME_INVALID"],
    [{ caCerts: [PKI.otherRoot.cert] }, "UNABLE_TO_VERIFY_LEAF_SIGNATURE"],
  ] as const;
  for (const [client, code] of cases) {
    await using ends = nodeEnds({ client: { ...client, badCert: () => true } });
    await event(ends.client, "secureConnect");
    assertEquals([ends.client.authorized, ends.client.authorizationError], [false, code]);
  }
});

Deno.test("a server says whether the client has shown a certificate [server-verify, no-cert-required]", async () => {
  const cases = [
    [{}, {}, false, null],
    [{ clientAuth: "request" }, {}, false, "UNABLE_TO_GET_ISSUER_CERT"],
    [{ clientAuth: "request" }, { certificates: [PKI.client.credential] }, true, null],
  ] as const;
  for (const [server, client, authorized, authorizationError] of cases) {
    await using ends = await secured({ server, client });
    assertEquals(ends.server.authorized, authorized);
    assertEquals(Object(ends.server.authorizationError), Object(authorizationError));
  }
});

Deno.test("a socket whose handshake is complete says all at once", async () => {
  await using joined = await connected({
    client: { alpnProtocols: ["h2"] },
    server: { alpnProtocols: ["h2"] },
  });
  const socket = nodeSocket(joined.client);
  assertEquals([socket.alpnProtocol, socket.authorized, socket.servername], [
    "h2",
    true,
    "server.test",
  ]);
  assertEquals(socket.getProtocol(), "TLSv1.3");
  assertEquals(socket.getPeerCertificate().raw, Buffer.from(PKI.server.cert.der));
  const seen = notes(socket, "secure", "secureConnect");
  await event(socket, "secure");
  assertEquals(seen, ["secureConnect", "secure"]);
  await closed(socket);
});

for (const [version, options] of [["1.3", {}], ["1.2", tls12()]] as const) {
  Deno.test(`exportKeyingMaterial() exports at once what both ends and the function export, in TLS ${version}`, async () => {
    await using ends = await secured(options);
    const { client, server } = ends;
    for (const length of [1, 31, 32, 33, 500]) {
      for (const context of [undefined, Buffer.alloc(0), Buffer.from("c")]) {
        assertEquals(
          client.exportKeyingMaterial(length, "EXPORTER-x", context),
          server.exportKeyingMaterial(length, "EXPORTER-x", context),
        );
      }
    }
    const atOnce = client.exportKeyingMaterial(48, "EXPORTER-x", Buffer.from("c"));
    const later = await exportKeyingMaterial(
      server.sslSocket!,
      "EXPORTER-x",
      48,
      new TextEncoder().encode("c"),
    );
    assertEquals(atOnce, Buffer.from(later));
    for (const length of [0, -1, 1.5, 2 ** 20]) {
      const error = assertThrows(() => client.exportKeyingMaterial(length, "x"), RangeError);
      assertEquals(Reflect.get(error, "code"), "ERR_OUT_OF_RANGE");
    }
    assertThrows(() => Reflect.apply(client.exportKeyingMaterial, client, ["1", "x"]), TypeError);
  });
}

Deno.test("exportKeyingMaterial() says so where the function has used the secret of TLS 1.3 up", async () => {
  await using ends = await secured();
  await exportKeyingMaterial(ends.client.sslSocket!, "EXPORTER-x", 32);
  const error = assertThrows(() => ends.client.exportKeyingMaterial(32, "EXPORTER-x"), Error);
  assertEquals(Reflect.get(error, "code"), "ERR_CRYPTO_OPERATION_FAILED");
});

Deno.test("getEphemeralKeyInfo() names every group, as OpenSSL where it has a name [client-getephemeralkeyinfo]", async () => {
  const seen: unknown[] = [];
  for (const group of GROUPS) {
    await using ends = await secured({ client: { groups: [group] } });
    seen.push(ends.client.getEphemeralKeyInfo());
  }
  assertEquals(seen, [
    { type: "ECDH", name: "X25519", size: 253 },
    { type: "ECDH", name: "prime256v1", size: 256 },
    { type: "ECDH", name: "secp384r1", size: 384 },
    { type: "ECDH", name: "secp521r1", size: 521 },
  ]);
  await using ends = await secured({ client: { groups: ["X25519MLKEM768"] } });
  assertEquals(ends.client.getEphemeralKeyInfo(), {
    type: "TLSGroup",
    name: "X25519MLKEM768",
    size: undefined,
  });
});

Deno.test("getSharedSigalgs() of both ends, in OpenSSL's form [set-sigalgs]", async () => {
  await using ends = await secured({
    client: {
      signatureSchemes: ["rsa_pss_rsae_sha256", "ecdsa_secp256r1_sha256", "ed25519"],
      certificates: [PKI.client.credential],
    },
    server: {
      signatureSchemes: ["ecdsa_secp256r1_sha256", "rsa_pkcs1_sha256", "rsa_pss_rsae_sha256"],
      clientAuth: "require",
    },
  });
  assertEquals(ends.server.getSharedSigalgs(), ["ECDSA+SHA256", "RSA-PSS+SHA256"]);
  assertEquals(ends.client.getSharedSigalgs(), ["ECDSA+SHA256", "RSA-PSS+SHA256"]);
  // As Node 24 with OpenSSL 3.5 names them.
  await using mldsa = await secured({
    server: { signatureSchemes: ["ecdsa_secp256r1_sha256", "mldsa44", "mldsa65", "mldsa87"] },
  });
  assertEquals(
    mldsa.server.getSharedSigalgs(),
    ["ECDSA+SHA256", "id-ml-dsa-44+UNDEF", "id-ml-dsa-65+UNDEF", "id-ml-dsa-87+UNDEF"],
  );
});

Deno.test("renegotiate() asks a client of TLS 1.2 for its certificate, and calls back", async () => {
  await using ends = await secured(tls12({
    client: { certificates: [PKI.client.credential] },
  }));
  const { optionSet } = await import("../../../ssl/nss/option_set.ts");
  optionSet(ends.client.sslSocket!, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  ends.client.resume();
  ends.server.resume();
  assertEquals(ends.server.authorized, false);
  const secure = event(ends.server, "secure");
  const answer = await new Promise<unknown>((resolve) => {
    assertEquals(ends.server.renegotiate({ requestCert: true }, resolve), true);
  });
  await secure;
  assertEquals([answer, ends.server.authorized], [null, true]);
  assertEquals(ends.server.getPeerCertificate().subject.CN, "Client");
  ends.client.disableRenegotiation();
  const refused = await new Promise((resolve) => ends.server.renegotiate({}, resolve));
  assertEquals(Reflect.get(Object(refused), "code"), "ERR_SSL_TLSV1_ALERT_NO_RENEGOTIATION");
  assertEquals(ends.server.destroyed, false);
});

Deno.test("renegotiate() in TLS 1.3 is refused to a client, and the connection continues", async () => {
  await using ends = await secured();
  const error = await new Promise((resolve) => ends.client.renegotiate({}, resolve));
  assertEquals(Reflect.get(Object(error), "code"), "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED");
  assertEquals(ends.client.destroyed, false);
  ends.client.destroy();
  assertEquals(ends.client.renegotiate({}), undefined);
});

Deno.test("setServername() is for clients, before their handshake [sni-option]", async () => {
  await using ends = nodeEnds({ client: { hostname: "other.test" } });
  ends.client.setServername("server.test");
  const error = assertThrows(() => ends.server.setServername("x"), Error);
  assertEquals(Reflect.get(error, "code"), "ERR_TLS_SNI_FROM_SERVER");
  await event(ends.server, "secure");
  const late = assertThrows(() => ends.client.setServername("late.test"), Error);
  assertEquals(Reflect.get(late, "code"), "PR_IS_CONNECTED_ERROR");
  assertEquals([ends.server.servername, ends.client.servername], ["server.test", "server.test"]);
});

Deno.test("what is not here says so: setKeyCert(), setMaxSendFragment(), enableTrace()", async () => {
  await using ends = nodeEnds();
  const error = assertThrows(() => ends.server.setKeyCert(), Error);
  assertEquals(Reflect.get(error, "code"), "ERR_METHOD_NOT_IMPLEMENTED");
  assertEquals(ends.client.setMaxSendFragment(1024), false);
});
