// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions of TLS 1.2 from one connection to the next (RFC 5077; RFC 5246, Section 7.3; RFC 7627,
 * Section 5.3): when they are resumed, and when not.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { clearSessionCache } from "../../ssl/nss/client_session_cache.ts";
import { effectiveConfig } from "../../ssl/config/effective_config.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { sessionTicket } from "../../ssl/extensions/session_ticket.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { takeTls12Ticket } from "../../ssl/handshake/client/tls12/session.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import type { HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { encodeTls12NewSessionTicket } from "../../ssl/messages/tls12_new_session_ticket.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import { serverSessionsOf } from "../../ssl/session/server_cache.ts";
import { MAX_SESSION_AGE, type Tls12ClientSession } from "../../ssl/base/session_cache.ts";
import { TICKET_LIFETIME } from "../../ssl/session/session_ticket.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  assertFails,
  clientOptions,
  HOSTNAME,
  join,
  type JoinOptions,
  makeIdentity,
  onMessage,
  pingPong,
  PKI,
  shake,
  TestEnvironment,
} from "./_support.ts";
import { Acquaintance, BOTH_VERSIONS, noteTypes, ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";

const HOUR = 3_600_000;
const T = HandshakeType;
/** The settings that a handshake uses, to which sessions are bound. */
const settingsOf = (options: ImportOptions) => effectiveConfig(resolveConfig(options));

const PEER_ADDRESS = JSON.stringify({ transport: "tcp", hostname: "127.0.0.1", port: 443 });

/** Watches the tickets that a client offers; `null` for a hello that offers none. */
function watchOffers(offers: (string | null)[]): JoinOptions {
  return {
    clientInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === T.clientHello) {
          offers.push(parseClientHello(body).extensions?.get(sessionTicket)?.toHex() || null);
        }
        return [raw];
      },
    },
  };
}

/** The session that the client would offer next, which is taken away. */
function takeSession(two: Acquaintance, options: ImportOptions = {}): Tls12ClientSession {
  const config = settingsOf(
    clientOptions({ context: two.client, versions: ONLY_TLS12, ...options }),
  );
  const session = clientSessionCache(two.client)
    .take(clientSessionKey(config, PEER_ADDRESS)!, two.clientTime.now());
  assert(session !== undefined && "sessionId" in session, "there is a session of TLS 1.2");
  return session;
}

/** Keeps a session as if the last connection had given it. */
function putSession(two: Acquaintance, session: Tls12ClientSession): void {
  const config = settingsOf(clientOptions({ context: two.client, versions: ONLY_TLS12 }));
  clientSessionCache(two.client).put(clientSessionKey(config, PEER_ADDRESS)!, session);
}

Deno.test("SslSocket resumes a session of TLS 1.2 by its ticket, and shows what the first handshake verified", async () => {
  const two = new Acquaintance();
  const first = await two.meet();
  assertEquals(first.map(({ resumed }) => resumed), [false, false]);
  const types: number[][] = [[], []];
  const second = await two.meet({
    clientInternals: { messageFilter: noteTypes(types[0]!) },
    serverInternals: { messageFilter: noteTypes(types[1]!) },
  });
  // RFC 5077, Figure 2.
  assertEquals(types, [
    [T.clientHello, T.finished],
    [T.serverHello, T.newSessionTicket, T.finished],
  ]);
  for (const info of second) {
    assertEquals([info.version, info.resumed, info.extendedMasterSecret], ["TLSv1.2", true, true]);
    assertEquals([info.serverName, info.group], [HOSTNAME, ""]);
    assertEquals([info.peerSignatureScheme, info.localSignatureScheme], [null, null]);
    assertEquals(info.cipherSuite, first[0].cipherSuite);
  }
  assertEquals(second[0].peerCertificates, [PKI.server.cert]);
});

Deno.test("SslSocket carries data on a resumed connection of TLS 1.2 under keys of its own", async () => {
  const two = new Acquaintance();
  const lines: string[] = [];
  for (let i = 0; i < 2; i++) {
    await using joined = join(two.with({ client: { keyLog: (line) => void lines.push(line) } }));
    await shake(joined);
    await pingPong(joined);
  }
  const [first, second] = lines.map((line) => line.split(" "));
  assertEquals([first![0], second![0]], ["CLIENT_RANDOM", "CLIENT_RANDOM"]);
  assertNotEquals(first![1], second![1]);
  assertEquals(first![2], second![2]); // the same session, other keys by other randoms
});

Deno.test("SslSocket uses a ticket of TLS 1.2 again where the server gives no other", async () => {
  const two = new Acquaintance();
  await two.meet();
  // As where its keys are out of reach: the ticket that it promises is empty.
  serverSessionsOf(two.server).sealTicket = () => Promise.resolve(null);
  const offers: (string | null)[] = [];
  for (let i = 0; i < 3; i++) assertEquals(await two.resumes(watchOffers(offers)), true);
  assertEquals(new Set(offers).size, 1);
});

Deno.test("SslSocket resumes TLS 1.2 after each resumption, by a ticket that is new each time", async () => {
  const two = new Acquaintance();
  const offers: (string | null)[] = [];
  for (let i = 0; i < 4; i++) assertEquals(await two.resumes(watchOffers(offers)), i > 0);
  assertEquals(offers[0], null);
  assertEquals(new Set(offers).size, 4);
});

Deno.test("SslSocket does not take a session of TLS 1.2 anywhere else (client)", async (t) => {
  const rows: readonly [string, ImportOptions][] = [
    ["another hostname", { hostname: "other.test" }],
    ["another peer ID", { peerId: "other" }],
    ["other suites", { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] }],
    ["other groups", { groups: ["x25519", "secp256r1"] }],
    ["other protocols", { alpnProtocols: ["h2"] }],
    ["another certificate of its own", { certificates: [PKI.client.credential] }],
    ["other authorities", { caCerts: [PKI.root.cert, PKI.otherRoot.cert] }],
    ["another hook", { authCertificate: () => true }],
    ["both versions", { versions: BOTH_VERSIONS }],
    ["another context", { context: new NssContext() }],
    ["no sessions", { sessionTickets: false }],
  ];
  for (const [name, change] of rows) {
    await t.step(name, async () => {
      const two = new Acquaintance();
      const certificates = [PKI.server.credential, PKI.otherServer.credential];
      await two.meet({ server: { certificates } });
      const offers: (string | null)[] = [];
      const client = { versions: ONLY_TLS12, ...change };
      const [info] = await two.meet({ client, server: { certificates }, ...watched(two, offers) });
      assertEquals([info.resumed, offers], [false, [null]]);
      assertEquals(await two.resumes({ server: { certificates } }), true); // what it was made for
    });
  }
});

function watched(two: Acquaintance, offers: (string | null)[]): JoinOptions {
  const { messageFilter } = watchOffers(offers).clientInternals!;
  return { clientInternals: { environment: two.clientTime, messageFilter } };
}

Deno.test("SslSocket does not take a session of TLS 1.2 anywhere else (server)", async (t) => {
  const rows: readonly [string, ImportOptions][] = [
    ["other certificates", { certificates: [PKI.server.credential, PKI.otherServer.credential] }],
    ["asks for a certificate", { clientAuth: "request" }],
    ["other authorities", { caCerts: [PKI.root.cert, PKI.otherRoot.cert] }],
    ["another hook", { authCertificate: () => true }],
    ["another chooser by name", { sniSocketConfig: () => undefined }],
    ["another context", { context: new NssContext() }],
    ["no sessions", { sessionTickets: false }],
    ["the suite is off", { cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384"] }],
  ];
  for (const [name, change] of rows) {
    await t.step(name, async () => {
      const two = new Acquaintance();
      await two.meet();
      const offers: (string | null)[] = [];
      const server = { versions: ONLY_TLS12, ...change };
      assertEquals(await two.resumes({ server, ...watched(two, offers) }), false);
      assertNotEquals(offers, [null]); // it was the server who declined
    });
  }
});

Deno.test("SslSocket as server does not take a session of TLS 1.2 to another host name", async () => {
  const two = new Acquaintance();
  const certificates = [
    (await makeIdentity({ dnsNames: [HOSTNAME, "other.test"] }, PKI.root)).credential,
  ];
  await two.meet({ server: { certificates } });
  const session = takeSession(two);
  const other: ImportOptions = { hostname: "other.test", versions: ONLY_TLS12 };
  const config = settingsOf(clientOptions({ context: two.client, ...other }));
  clientSessionCache(two.client).put(clientSessionKey(config, PEER_ADDRESS)!, session);
  assertEquals(await two.resumes({ client: other, server: { certificates } }), false);
});

Deno.test("SslSocket goes from a session of one version to a full handshake of the other", async () => {
  const client = { versions: BOTH_VERSIONS };
  const rows = [[ONLY_TLS12, ONLY_TLS13], [ONLY_TLS13, ONLY_TLS12]] as const;
  for (const [before, after] of rows) {
    const two = new Acquaintance();
    const meet = (versions: ImportOptions["versions"]) =>
      two.meet({ client, server: { versions: versions! } });
    const [first] = await meet(before);
    const [second] = await meet(after);
    assertEquals([first.version, second.version, second.resumed], [before.max, after.max, false]);
    const [third] = await meet(after);
    assertEquals([third.version, third.resumed], [after.max, true]);
  }
});

Deno.test("SslSocket does not resume TLS 1.2 where both ends speak TLS 1.3 by now", async () => {
  const two = new Acquaintance();
  const client = { versions: BOTH_VERSIONS };
  await two.meet({ client, server: { versions: ONLY_TLS12 } });
  // The server speaks TLS 1.3 now: the ticket of TLS 1.2 is of no interest.
  const [info] = await two.meet({ client, server: { versions: BOTH_VERSIONS } });
  assertEquals([info.version, info.resumed], ["TLSv1.3", false]);
});

Deno.test("SslSocket does not offer a ticket of TLS 1.2 past its lifetime, nor take one", async () => {
  const two = new Acquaintance();
  await two.meet();
  const session = takeSession(two);
  putSession(two, session);
  const offers: (string | null)[] = [];
  two.clientTime.advance(TICKET_LIFETIME * 1000 - 1);
  assertEquals(await two.resumes(), true);
  takeSession(two);
  putSession(two, session);
  two.clientTime.advance(1);
  assertEquals(await two.resumes(watched(two, offers)), false);
  assertEquals(offers, [null]);
  putSession(two, { ...session, expiresAt: Infinity });
  two.serverTime.advance(TICKET_LIFETIME * 1000 + 1);
  assertEquals(await two.resumes(watched(two, offers)), false);
  assertNotEquals(offers.at(-1), null);
});

Deno.test("takeTls12Ticket() keeps a ticket for as long as the server hints, but no more than a week, and none that is empty or too long", () => {
  const rows = [
    [0, 1, 172_800], // RFC 5077, Section 5.6: 0 is unspecified
    [1, 1, 1],
    [172_800, 16_384, 172_800],
    [172_801, 1, 172_801], // longer than those of this package's servers
    [604_800, 1, 604_800],
    [604_801, 1, 604_800],
    [0xffff_ffff, 1, 604_800],
    [1, 0, null],
    [1, 16_385, null],
  ] as const;
  for (const [ticketLifetimeHint, length, kept] of rows) {
    const environment = new TestEnvironment(7);
    const ticket = new Uint8Array(length);
    const body = encodeTls12NewSessionTicket({ ticketLifetimeHint, ticket });
    const taken = takeTls12Ticket({ environment }, { body } as HandshakeMessage);
    const expected = kept === null ? null : { ticket, expiresAt: 7 + 1000 * kept };
    assertEquals(taken, expected);
  }
});

Deno.test("SslSocket ends a session of TLS 1.2 some time after its full handshake, however often it was resumed", async () => {
  const two = new Acquaintance();
  await two.meet();
  const day = 24 * HOUR;
  for (let age = day; age <= MAX_SESSION_AGE * 1000 - day; age += day) {
    two.clientTime.advance(day);
    two.serverTime.advance(day);
    assertEquals(await two.resumes(), true, `after ${age / day} days`);
  }
  two.clientTime.advance(day);
  two.serverTime.advance(day);
  assertEquals(await two.resumes(), false);
});

Deno.test("SslSocket goes on with a full handshake where the ticket of TLS 1.2 is not the server's, or altered", async () => {
  const tickets = [new Uint8Array([1]), new Uint8Array(300), new Uint8Array(16000)];
  for (const ticket of tickets) {
    const two = new Acquaintance();
    await two.meet();
    putSession(two, { ...takeSession(two), ticket });
    assertEquals(await two.resumes(), false);
    assertEquals(await two.resumes(), true);
  }
  const two = new Acquaintance();
  await two.meet();
  const session = takeSession(two);
  session.ticket[100]! ^= 1;
  putSession(two, session);
  assertEquals(await two.resumes(), false);
});

Deno.test("SslSocket refuses a peer of TLS 1.2 that does not hold the session's secret", async () => {
  const two = new Acquaintance();
  await two.meet();
  putSession(two, { ...takeSession(two), masterSecret: new Uint8Array(48) });
  // The server's Finished comes first, under keys that the client does not have.
  await assertFails(two.with({}), {
    at: "client",
    error: "SSL_ERROR_BAD_MAC_READ",
    alert: "bad_record_mac",
  });
});

Deno.test("SslSocket as client does not offer a session of TLS 1.2 again whose resumption has failed", async () => {
  const two = new Acquaintance();
  await two.meet();
  putSession(two, { ...takeSession(two), masterSecret: new Uint8Array(48) });
  await assertFails(two.with({}), {
    at: "client",
    error: "SSL_ERROR_BAD_MAC_READ",
    alert: "bad_record_mac",
  });
  // RFC 5246, Section 7.2.2: what failed MUST be forgotten.
  assertEquals(await two.resumes(), false);
});

Deno.test("SslSocket does not resume TLS 1.2 once a certificate has expired", async () => {
  for (const role of ["client", "server"] as const) {
    const two = new Acquaintance();
    const { credential } = await makeIdentity(
      { dnsNames: [HOSTNAME], notAfter: new Date(Date.now() + HOUR) },
      PKI.root,
    );
    const options: JoinOptions = {
      client: { versions: ONLY_TLS12, ...(role === "client" && { certificates: [credential] }) },
      server: {
        versions: ONLY_TLS12,
        ...(role === "client" ? { clientAuth: "request" } : { certificates: [credential] }),
      },
    };
    await two.meet(options);
    assertEquals(await two.resumes(options), true);
    two[role === "client" ? "serverTime" : "clientTime"].advance(2 * HOUR);
    await assertFails(two.with(options), {
      at: role === "client" ? "server" : "client",
      error: "SEC_ERROR_EXPIRED_CERTIFICATE",
      alert: "certificate_expired",
    });
  }
});

Deno.test("SslSocket as server sees the client's certificate in a resumed session of TLS 1.2, too", async () => {
  const two = new Acquaintance();
  let verdicts = 0;
  const authCertificate = () => ++verdicts > 0;
  for (const clientAuth of ["request", "require"] as const) {
    verdicts = 0;
    const options: JoinOptions = {
      client: { versions: ONLY_TLS12, certificates: [PKI.client.credential] },
      server: { versions: ONLY_TLS12, clientAuth, authCertificate },
    };
    await two.meet(options);
    const [client, server] = await two.meet(options);
    assertEquals(server.resumed, true);
    assertEquals(server.peerCertificates.map(({ der }) => der), [PKI.client.cert.der]);
    assertEquals(client.localCertificates, [PKI.client.cert]);
    assertEquals(verdicts, 1); // hooks decide once for a session
  }
});

Deno.test("SslSocket agrees on an application protocol anew in each resumed session of TLS 1.2", async () => {
  const two = new Acquaintance();
  const client: ImportOptions = { versions: ONLY_TLS12, alpnProtocols: ["a", "b"] };
  const meet = (protocol: string) =>
    two.meet({ client, server: { versions: ONLY_TLS12, alpnProtocols: [protocol] } });
  await meet("a");
  for (const { resumed, alpnProtocol } of await meet("b")) {
    assertEquals([resumed, alpnProtocol], [true, "b"]);
  }
});

Deno.test("badCert hook's override is never cached, resumed or put into a ticket of TLS 1.2", async () => {
  for (const role of ["client", "server"] as const) {
    const two = new Acquaintance();
    const own: ImportOptions = { versions: ONLY_TLS12, badCert: () => true, caCerts: [] };
    const options: JoinOptions = role === "client" ? { client: own } : {
      client: { versions: ONLY_TLS12, certificates: [PKI.client.credential] },
      server: { ...own, clientAuth: "require" },
    };
    let tickets = 0;
    for (let i = 0; i < 2; i++) {
      assertEquals(
        await two.resumes({
          ...options,
          serverInternals: {
            environment: two.serverTime,
            messageFilter: onMessage(T.newSessionTicket, (raw) => {
              if (raw.length > 4 + 6) tickets++;
              return [raw];
            }),
          },
        }),
        false,
      );
    }
    assertEquals(tickets, role === "client" ? 2 : 0);
  }
});

Deno.test("SslSocket without sessions offers none, asks for none and sends none in TLS 1.2", async () => {
  for (const role of ["client", "server"] as const) {
    const two = new Acquaintance();
    const options = { [role]: { versions: ONLY_TLS12, sessionTickets: false } };
    const types: number[] = [];
    for (let i = 0; i < 2; i++) {
      assertEquals(
        await two.resumes({ ...options, serverInternals: { messageFilter: noteTypes(types) } }),
        false,
      );
    }
    assertEquals(types.includes(T.newSessionTicket), false);
  }
});

Deno.test("getStatistics() tells sessions of TLS 1.2 that the client has in a ticket from those that go by an ID", async () => {
  for (const length of [0, 1]) {
    const two = new Acquaintance();
    await two.meet();
    const ticket = new Uint8Array(length);
    putSession(two, { ...takeSession(two), ticket, sessionId: new Uint8Array(32) });
    assertEquals(await two.resumes(), false); // the server knows neither
    const { hits, statelessResumes } = getStatistics({ context: two.client }).sendClientHello;
    assertEquals([hits, statelessResumes], [1, length]);
  }
});

Deno.test("clearSessionCache() forgets sessions of TLS 1.2", async () => {
  const two = new Acquaintance();
  await two.meet();
  assertEquals(await two.resumes(), true);
  await clearSessionCache({ context: two.client });
  assertEquals(await two.resumes(), false);
});
