// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno and node:.

// Connections share what is known of their peers' certificates, and applications get copies: what
// one does with them, no other connection sees.

import { inspect } from "node:util";
import {
  assert,
  assertEquals,
  assertMatch,
  assertNotStrictEquals,
  assertStrictEquals,
} from "@std/assert";
import { Certificate, trustAnchorOf } from "@nss/nss/cert";
import {
  authCertificate,
  getChannelInfo,
  getPreliminaryChannelInfo,
  getResumptionTokenInfo,
  type ImportOptions,
  type PeerAuthentication,
  peerCertificate,
  peerCertificateChain,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { forgetCertificates, knownCost } from "../../../cert/certificate/known_certificates.ts";
import { connectionOf } from "../../../ssl/connection/connection_registry.ts";
import { connected, join, type JoinOptions, PKI, session, shake } from "../_support.ts";

const VERSIONS = ["TLSv1.2", "TLSv1.3"] as const;
const range = (version: typeof VERSIONS[number]) => ({ min: version, max: version });

/** A client that authenticates itself, and options for both ends. */
function mutual(version: typeof VERSIONS[number], more: ImportOptions = {}): JoinOptions {
  const shared = { versions: range(version), sessionTickets: false, ...more };
  return {
    client: { ...shared, certificates: [PKI.client.credential] },
    server: { ...shared, clientAuth: "require" },
  };
}

/** The certificates that a connection verifies. */
function verified(socket: SslSocket): readonly Certificate[] {
  return connectionOf(socket).visible!.peerChain;
}

/** All bytes that can be reached from a value by its properties, getters among them. */
function* bytesIn(value: unknown, seen = new Set<unknown>()): Generator<Uint8Array> {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Uint8Array) return yield value;
  if (value instanceof Map || value instanceof Set) yield* bytesIn([...value], seen);
  const names = new Set(Object.getOwnPropertyNames(value));
  const prototype = Object.getPrototypeOf(value);
  if (prototype !== null && prototype !== Object.prototype) {
    Object.getOwnPropertyNames(prototype).forEach((name) => names.add(name));
  }
  for (const name of names) {
    let member: unknown;
    try {
      member = Reflect.get(value, name);
    } catch { // an extension that is not there, or malformed
      continue;
    }
    yield* bytesIn(member, seen);
  }
}

/** Changes all that an application can change of a certificate. */
function spoil(certificate: Certificate): void {
  for (const bytes of [...bytesIn(certificate)]) bytes.fill(0xff);
  for (const value of [certificate.keyUsage, certificate.extensions]) {
    if (value instanceof Set || value instanceof Map) value.clear();
  }
  for (const list of [certificate.subjectAltName, certificate.subject.rdns]) {
    if (Array.isArray(list) && !Object.isFrozen(list)) list.length = 0;
  }
}

for (const version of VERSIONS) {
  Deno.test(`a certificate that has been seen is not parsed, digested, imported or verified again (${version})`, async () => {
    forgetCertificates();
    await session(mutual(version));
    const calls: string[] = [];
    const { subtle } = crypto;
    const { verify, importKey, digest } = subtle;
    const { fromDer } = Certificate;
    const isCertificate = (data: unknown) =>
      data instanceof Uint8Array && data[0] === 0x30 && data.length > 80;
    Object.defineProperties(subtle, {
      verify: {
        value: (...args: Parameters<typeof verify>) => {
          if (args[1].algorithm.name !== "HMAC") calls.push("verify"); // that of Finished
          return Reflect.apply(verify, subtle, args);
        },
        configurable: true,
      },
      digest: {
        value: (...args: Parameters<typeof digest>) => {
          if (isCertificate(args[1])) calls.push("digest");
          return Reflect.apply(digest, subtle, args);
        },
        configurable: true,
      },
      importKey: {
        value: (...args: Parameters<typeof importKey>) => {
          if (String(args[0]) === "spki") calls.push("importKey");
          return Reflect.apply(importKey, subtle, args);
        },
        configurable: true,
      },
    });
    Object.defineProperty(Certificate, "fromDer", {
      value: (der: Uint8Array) => (calls.push("parse"), fromDer(der)),
      configurable: true,
    });
    try {
      await session(mutual(version));
    } finally {
      for (const name of ["verify", "importKey", "digest"]) Reflect.deleteProperty(subtle, name);
      Object.defineProperty(Certificate, "fromDer", { value: fromDer, configurable: true });
    }
    assertEquals(calls, ["verify", "verify"]); // each end's signature of this handshake
  });

  Deno.test(`connections keep one object for each of their peers' certificates, however many they are (${version})`, async () => {
    forgetCertificates();
    await using first = await connected(mutual(version));
    const [theServer] = verified(first.client);
    const [theClient] = verified(first.server);
    const cost = knownCost();
    const sockets: AsyncDisposable[] = [];
    try {
      while (sockets.length < 60) {
        const more = await Promise.all(
          Array.from({ length: 20 }, () => connected(mutual(version))),
        );
        sockets.push(...more);
        for (const { client, server } of more) {
          assertStrictEquals(verified(client)[0], theServer);
          assertStrictEquals(verified(server)[0], theClient);
        }
      }
      assertEquals(knownCost(), cost);
    } finally {
      await Promise.all(sockets.map((socket) => socket[Symbol.asyncDispose]()));
    }
  });

  Deno.test(`connections that begin at the same time keep one object, too (${version})`, async () => {
    forgetCertificates();
    const all = await Promise.all(Array.from({ length: 8 }, () => connected(mutual(version))));
    assertEquals(new Set(all.map(({ client }) => verified(client)[0])).size, 1);
    assertEquals(new Set(all.map(({ server }) => verified(server)[0])).size, 1);
    for (const joined of all) await joined[Symbol.asyncDispose]();
  });

  Deno.test(`an application that spoils all certificates it gets spoils no other connection (${version})`, async () => {
    forgetCertificates();
    let seen = 0;
    const take = (...certificates: readonly Certificate[]) => {
      certificates.forEach(spoil);
      seen += certificates.length;
    };
    // By hooks, after what they call has verified, and before
    const late = async (socket: SslSocket, peer: PeerAuthentication) => {
      const shown: Certificate[] = [];
      const accepted = await authCertificate(socket, peer, {
        checkPath: ({ certificates, anchor }) =>
          void shown.push(...certificates, anchor.certificate!),
        revocation: { policy: "soft", report: ({ certificate }) => void shown.push(certificate) },
      });
      take(...shown, ...peer.chain);
      take(...peer.trustAnchors!.map(({ certificate }) => certificate!));
      take(...getPreliminaryChannelInfo(socket).peerCertificates);
      return accepted;
    };
    const early = async (socket: SslSocket, peer: PeerAuthentication) => {
      take(...peer.chain, ...peer.trustAnchors!.map(({ certificate }) => certificate!));
      for (const bytes of [...bytesIn(peer.trustAnchors)]) bytes.fill(0xff);
      return await authCertificate(socket, peer);
    };
    const caCerts = [PKI.root.cert.toPem()];
    for (const authCertificate of [late, early]) {
      await using joined = await connected(mutual(version, { authCertificate, caCerts }));
      for (const socket of [joined.client, joined.server]) {
        take(...peerCertificateChain(socket), peerCertificate(socket)!);
        take(...getChannelInfo(socket).peerCertificates);
      }
    }
    assert(seen > 20, String(seen));
    // By what a refusal is about
    const badCert: ImportOptions["badCert"] = (_socket, _error, peer, problems) => {
      take(...peer.chain, ...problems.flatMap(({ certificate }) => certificate ?? []));
      return true;
    };
    const strangers = { badCert, caCerts: [PKI.otherRoot.cert.toPem()] };
    await (await connected(mutual(version, strangers)))[Symbol.asyncDispose]();
    // The next ones verify what the peers have sent, by the authority that they are given
    await using joined = await connected(mutual(version, { caCerts }));
    assertEquals(peerCertificate(joined.client)?.der, PKI.server.cert.der);
    assertEquals(peerCertificate(joined.server)?.der, PKI.client.cert.der);
    assertEquals(peerCertificate(joined.client)?.subjectAltName, PKI.server.cert.subjectAltName);
  });

  Deno.test(`an application gets the same certificates of a connection each time (${version})`, async () => {
    let hooks: readonly Certificate[] = [];
    const hook = (_: SslSocket, { chain }: PeerAuthentication) => (hooks = chain, true);
    await using joined = join(mutual(version));
    await using other = join({
      ...mutual(version),
      client: { ...mutual(version).client, authCertificate: hook },
    });
    const [info] = await shake(joined);
    await shake(other);
    assertStrictEquals(info.peerCertificates[0], peerCertificate(joined.client));
    assertStrictEquals(info.peerCertificates, peerCertificateChain(joined.client));
    assertStrictEquals(hooks[0], peerCertificate(other.client));
    assertStrictEquals(getPreliminaryChannelInfo(other.client).peerCertificates[0], hooks[0]);
    assertNotStrictEquals(peerCertificate(joined.client), peerCertificate(other.client));
    assert(Object.isFrozen(info.peerCertificates) && Object.isFrozen(hooks));
    assertEquals(
      structuredClone({ ...info, peerCertificates: [], localCertificates: [] }).resumed,
      false,
    );
  });

  Deno.test(`a peer that is refused, or has not proved to have its key, is not kept (${version})`, async () => {
    forgetCertificates();
    for (
      const more of [
        { caCerts: [PKI.otherRoot.cert] },
        { authCertificate: () => false },
        { authCertificate: () => Promise.reject(new Error("no")) },
      ]
    ) {
      await refused({ client: { versions: range(version), ...more } });
      assertEquals(knownCost(), 0);
    }
  });

  Deno.test(`what depends on time, name, trust and hooks is decided for each connection (${version})`, async () => {
    forgetCertificates();
    const base = { versions: range(version), sessionTickets: false };
    await session({ client: base });
    assert(knownCost() > 0);
    const later = { now: () => Date.now() + 100 * 365 * 864e5, random: randomBytes };
    const rows: readonly [JoinOptions, string][] = [
      [{ client: { ...base, hostname: "other.test" } }, "SSL_ERROR_BAD_CERT_DOMAIN"],
      [{ client: { ...base, caCerts: [PKI.otherRoot.cert] } }, "SEC_ERROR_UNKNOWN_ISSUER"],
      [{ client: base, clientInternals: { environment: later } }, "SEC_ERROR_EXPIRED_CERTIFICATE"],
      [{ client: { ...base, authCertificate: () => false } }, "SSL_ERROR_BAD_CERTIFICATE"],
    ];
    for (const [options, name] of rows) {
      assertEquals(await refused(options), name);
    }
  });
}

/** Returns the name of the client's error. */
async function refused(options: JoinOptions): Promise<string> {
  await using joined = join(options);
  const [client] = await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
  assert(client.status === "rejected" && client.reason instanceof SslError);
  return client.reason.name;
}

function randomBytes(length: number): Uint8Array<ArrayBuffer> {
  return crypto.getRandomValues(new Uint8Array(length));
}

Deno.test("authCertificate() verifies what a hook passes on in other objects", async () => {
  const stranger = await connected({
    client: {
      authCertificate: (socket, peer) =>
        authCertificate(socket, { ...peer, trustAnchors: [trustAnchorOf(PKI.root.cert)] }),
      caCerts: [PKI.otherRoot.cert],
    },
  });
  await stranger[Symbol.asyncDispose]();
  const name = await refused({
    client: {
      authCertificate: (socket, peer) => authCertificate(socket, { ...peer, trustAnchors: [] }),
    },
  });
  assertEquals(name, "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("a hook that changes in place what it is called with refuses the peer, and does not go unheard", async () => {
  const changes: [string, (peer: PeerAuthentication) => void][] = [
    ["SEC_ERROR_INVALID_ARGS", (peer) => Object.assign(peer, { trustAnchors: [] })],
    ["SEC_ERROR_INVALID_ARGS", (peer) => Object.assign(peer, { chain: [] })],
    [
      "SEC_ERROR_APPLICATION_CALLBACK_ERROR",
      ({ trustAnchors }) => Object.assign(trustAnchors!, { length: 0 }),
    ],
    ["SEC_ERROR_APPLICATION_CALLBACK_ERROR", ({ chain }) => Object.assign(chain, { length: 0 })],
  ];
  for (const [error, change] of changes) {
    const name = await refused({
      client: {
        authCertificate: (socket, peer) => {
          change(peer);
          return authCertificate(socket, peer);
        },
      },
    });
    assertEquals(name, error);
  }
  // Members that are not shared are the hook's to change
  await using joined = join({
    client: {
      hostname: "other.test",
      authCertificate: (socket, peer) =>
        authCertificate(socket, Object.assign(peer, { hostname: "server.test" })),
    },
  });
  await shake(joined);
});

Deno.test("getResumptionTokenInfo() gives a certificate of its own", async () => {
  const tokens: Uint8Array[] = [];
  const options = {
    client: {
      resumptionTokenCallback: (_: SslSocket, token: Uint8Array) => void tokens.push(token),
    },
  };
  await session(options);
  const one = await getResumptionTokenInfo(tokens[0]!);
  spoil(one.peerCertificate!);
  const two = await getResumptionTokenInfo(tokens[0]!);
  assertEquals(two.peerCertificate?.der, PKI.server.cert.der);
  await session({ client: { sessionTickets: false } });
});

Deno.test("trust anchors of PEM are the application's own copies for each hook, those it gave as objects are itself", async () => {
  const seen: PeerAuthentication[] = [];
  const hook = (_: SslSocket, peer: PeerAuthentication) => (seen.push(peer), true);
  const pem = PKI.root.cert.toPem();
  for (const caCerts of [[pem], [pem], [PKI.root.cert]]) {
    await (await connected({ client: { caCerts, authCertificate: hook } }))[Symbol.asyncDispose]();
  }
  const [a, b, own] = seen.map(({ trustAnchors }) => trustAnchors![0]!.certificate!);
  assertNotStrictEquals(a, b);
  assertEquals(a!.der, b!.der);
  assertNotStrictEquals(a!.der.buffer, b!.der.buffer);
  assertStrictEquals(own, PKI.root.cert);
});

Deno.test("console.log() shows the certificates of a connection, and of what a hook is called with", async () => {
  const shown: string[] = [];
  const show = (object: object) => void shown.push(Deno.inspect(object), inspect(object));
  const client: ImportOptions = {
    sessionTickets: false,
    authCertificate: (_, peer) => {
      show(peer);
      return authCertificate(_, peer);
    },
  };
  await using ends = await connected({ client });
  show(getChannelInfo(ends.client)!);
  show(getPreliminaryChannelInfo(ends.client)!);
  show({ info: await ends.client.handshake() });
  assertEquals(shown.length, 8);
  for (const text of shown) {
    assertEquals(text.match(/\[?(?:Getter|Setter|inspect)\b/), null, text);
    assertMatch(text, /Certificate \{|\[Certificate\]/);
  }
  // Nothing else sees how that is done
  const info = getChannelInfo(ends.client)!;
  assertEquals(Reflect.ownKeys({ ...info }).filter((key) => typeof key === "symbol"), []);
  assertEquals({ ...info }, info);
});
