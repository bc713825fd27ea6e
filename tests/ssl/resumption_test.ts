// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions from one connection to the next (RFC 8446, Sections 2.2 and 4.6.1): when they are
 * resumed, and when not.
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { preSharedKeyClientHello } from "../../ssl/extensions/pre_shared_key.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { getStatistics } from "../../ssl/nss/get_statistics.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import {
  encodeNewSessionTicket,
  parseNewSessionTicket,
} from "../../ssl/messages/new_session_ticket.ts";
import { clearSessionCache } from "../../ssl/mod.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import type { ClientSession } from "../../ssl/base/session_cache.ts";
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
  ping,
  PKI,
  session,
  shake,
  TestEnvironment,
} from "./_support.ts";
import { keepHellos } from "./_hello.ts";

const HOUR = 3_600_000;

/** A client and a server that meet more than once. */
class Acquaintance {
  readonly client = new NssContext({ trustAnchors: [] });
  readonly server = new NssContext({ trustAnchors: [] });
  readonly clientTime = new TestEnvironment();
  readonly serverTime = new TestEnvironment();

  /** Options with the two's memory and clocks. */
  with(options: JoinOptions): JoinOptions {
    return {
      ...options,
      client: { context: this.client, ...options.client },
      server: { context: this.server, ...options.server },
      clientInternals: { environment: this.clientTime, ...options.clientInternals },
      serverInternals: { environment: this.serverTime, ...options.serverInternals },
    };
  }

  /** One connection up to its tickets. */
  meet(options: JoinOptions = {}): Promise<[ChannelInfo, ChannelInfo]> {
    return session(this.with(options));
  }

  /** Whether both ends resume; they must agree. */
  async resumes(options: JoinOptions = {}): Promise<boolean> {
    const [client, server] = await this.meet(options);
    assertEquals(client.resumed, server.resumed);
    return client.resumed;
  }

  /** Alters the session that the client would offer next. */
  alter(change: (session: ClientSession) => ClientSession, options: ImportOptions = {}): void {
    const config = resolveConfig(clientOptions({ context: this.client, ...options }));
    const key = clientSessionKey(config, PEER_ADDRESS)!;
    const cache = clientSessionCache(this.client);
    const session = cache.take(key, this.clientTime.now());
    assert(session !== undefined, "there is a session");
    cache.put(key, change(session));
  }
}

const PEER_ADDRESS = JSON.stringify({ transport: "tcp", hostname: "127.0.0.1", port: 443 });

/** Watches the tickets that a client offers; `null` for a hello that offers none. */
function watchOffers(offers: (string | null)[]): JoinOptions {
  return {
    clientInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === HandshakeType.clientHello) {
          const offered = parseClientHello(body).extensions?.get(preSharedKeyClientHello);
          offers.push(offered?.identities[0]?.identity.toHex() ?? null);
        }
        return [raw];
      },
    },
  };
}

Deno.test("SslSocket resumes a session, and shows on both ends what the first handshake verified", async () => {
  const two = new Acquaintance();
  const first = await two.meet();
  const second = await two.meet();
  assertEquals(first.map(({ resumed }) => resumed), [false, false]);
  assertEquals(second.map(({ resumed }) => resumed), [true, true]);
  const [client, server] = second;
  assertEquals(client.peerCertificates, [PKI.server.cert]);
  assertEquals([client.peerSignatureScheme, server.localSignatureScheme], [null, null]);
  assertEquals([client.serverName, server.serverName], [HOSTNAME, HOSTNAME]);
  // PSK with (EC)DHE: each connection has a new secret
  assertEquals(client.group, "X25519MLKEM768");
  assertEquals([client.cipherSuite, server.cipherSuite], Array(2).fill("TLS_AES_128_GCM_SHA256"));
});

Deno.test("SslSocket uses each ticket once (RFC 8446, Appendix C.4)", async () => {
  const two = new Acquaintance();
  const offers: (string | null)[] = [];
  for (let i = 0; i < 6; i++) await two.meet(watchOffers(offers));
  assertEquals(offers[0], null);
  const tickets = offers.slice(1);
  assertEquals(tickets.includes(null), false);
  assertEquals(new Set(tickets).size, tickets.length);
});

Deno.test("SslSocket uses each ticket once for connections at the same time, too", async () => {
  const two = new Acquaintance();
  await two.meet(); // which leaves two tickets
  const offers: (string | null)[] = [];
  await Promise.all([1, 2, 3].map(() => two.meet(watchOffers(offers))));
  assertEquals(offers.filter((offer) => offer === null).length, 1);
  assertEquals(new Set(offers).size, 3);
});

Deno.test("SslSocket as server sends two tickets after a full handshake, one after a resumed one, with the first data", async () => {
  const two = new Acquaintance();
  for (const count of [2, 1, 1]) {
    let tickets = 0;
    await using joined = join(two.with({
      serverInternals: {
        environment: two.serverTime,
        messageFilter: ({ type, raw }) => {
          if (type === HandshakeType.newSessionTicket) tickets++;
          return [raw];
        },
      },
    }));
    await shake(joined);
    assertEquals(tickets, 0);
    await ping(joined);
    await ping(joined);
    assertEquals(tickets, count);
  }
});

// What else keeps a session from being resumed is in session_identity_test.ts.
Deno.test("SslSocket does not take a session to another context, nor where there are no sessions", async () => {
  const changes = [{ context: new NssContext() }, { sessionTickets: false }];
  for (const change of changes) {
    const two = new Acquaintance();
    await two.meet();
    assertEquals(await two.resumes(), true); // what it was made for
    const offers: (string | null)[] = [];
    assertEquals(await two.resumes({ client: change, ...watchOffers(offers) }), false);
    assertEquals(offers, [null]);
    assertEquals(await two.resumes({ server: change, ...watchOffers(offers) }), false);
    assertNotEquals(offers[1], null); // it was the server who declined
  }
});

Deno.test("SslSocket without sessions offers none, asks for none and sends none", async () => {
  for (const role of ["client", "server"] as const) {
    const two = new Acquaintance();
    const options = { [role]: { sessionTickets: false } };
    let tickets = 0;
    const messageFilter: NonNullable<JoinOptions["serverInternals"]>["messageFilter"] = (
      { type, raw },
    ) => {
      if (type === HandshakeType.newSessionTicket) tickets++;
      return [raw];
    };
    for (let i = 0; i < 2; i++) {
      assertEquals(await two.resumes({ ...options, serverInternals: { messageFilter } }), false);
    }
    assertEquals(tickets, 0);
  }
});

Deno.test("SslSocket as server sees the client's certificate in a resumed session, too", async () => {
  const two = new Acquaintance();
  let verdicts = 0;
  const authCertificate = () => ++verdicts > 0;
  for (const clientAuth of ["request", "require"] as const) {
    verdicts = 0;
    const options: JoinOptions = {
      client: { certificates: [PKI.client.credential] },
      server: { clientAuth, authCertificate },
    };
    const [, first] = await two.meet(options);
    const [client, server] = await two.meet(options);
    assertEquals([first.resumed, server.resumed], [false, true]);
    assertEquals(server.peerCertificates.map(({ der }) => der), [PKI.client.cert.der]);
    assertEquals(client.localCertificates, [PKI.client.cert]);
    assertEquals(server.peerSignatureScheme, null);
    assertEquals(verdicts, 1); // hooks decide once for a session
  }
});

Deno.test("SslSocket calls handshakeCallback for a resumed session, and no hook that decides", async () => {
  const two = new Acquaintance();
  const calls: string[] = [];
  const client: ImportOptions = {
    authCertificate: () => calls.push("authCertificate") > 0,
    handshakeCallback: (_socket, { resumed }) => void calls.push(`done ${resumed}`),
  };
  await two.meet({ client });
  await two.meet({ client });
  assertEquals(calls, ["authCertificate", "done false", "done true"]);
});

Deno.test("SslSocket does not resume once the server's certificate has expired", async () => {
  const two = new Acquaintance();
  const shortLived = await makeIdentity(
    { dnsNames: [HOSTNAME], notAfter: new Date(Date.now() + HOUR) },
    PKI.root,
  );
  const server = { certificates: [shortLived.credential] };
  await two.meet({ server });
  two.clientTime.advance(shortLived.cert.notAfter.getTime() - two.clientTime.now());
  assert(await two.resumes({ server }));
  two.clientTime.advance(1);
  assertEquals(await two.resumes({ server }), false);
  two.clientTime.advance(999); // a full handshake goes by whole seconds
  const offers: (string | null)[] = [];
  const options = two.with({ server });
  await assertFails(
    {
      ...options,
      clientInternals: { environment: two.clientTime, ...watchOffers(offers).clientInternals },
    },
    { at: "client", error: "SEC_ERROR_EXPIRED_CERTIFICATE", alert: "certificate_expired" },
  );
  assertEquals(offers, [null]);
});

Deno.test("SslSocket as client does not resume once any certificate of the server's chain has expired", async () => {
  const two = new Acquaintance();
  await two.meet();
  const { cert: expired } = await makeIdentity({
    subject: "CN=Expired",
    notBefore: new Date(0),
    notAfter: new Date(1000),
  });
  two.alter(({ peerChain, ...session }) => ({
    ...session,
    peerChain: [...peerChain, expired],
  }));
  assertEquals(await two.resumes(), false);
  assertEquals(getStatistics({ context: two.client }).sendClientHello.notOk, 1);
});

Deno.test("SslSocket does not resume once the client's certificate has expired", async () => {
  const two = new Acquaintance();
  const shortLived = await makeIdentity(
    { subject: "CN=Short", notAfter: new Date(Date.now() + HOUR) },
    PKI.root,
  );
  const options: JoinOptions = {
    client: { certificates: [shortLived.credential] },
    server: { clientAuth: "request" },
  };
  await two.meet(options);
  two.serverTime.advance(shortLived.cert.notAfter.getTime() - two.serverTime.now());
  assert(await two.resumes(options));
  two.serverTime.advance(1);
  assertEquals(await two.resumes(options), false);
  two.serverTime.advance(999); // a full handshake goes by whole seconds
  await assertFails(two.with(options), {
    at: "server",
    error: "SEC_ERROR_EXPIRED_CERTIFICATE",
    alert: "certificate_expired",
  });
});

Deno.test("SslSocket as client tells a ticket's age in milliseconds, plus ticket_age_add modulo 2^32 (RFC 8446, Section 4.2.11.1)", async () => {
  const rows = [
    { age: 0, ageAdd: 7, sent: 7 },
    { age: 5000, ageAdd: 7, sent: 5007 },
    { age: 1, ageAdd: 2 ** 32 - 2, sent: 2 ** 32 - 1 },
    { age: 1, ageAdd: 2 ** 32 - 1, sent: 0 },
    { age: 5000, ageAdd: 2 ** 32 - 1, sent: 4999 },
    { age: -5000, ageAdd: 7, sent: 7 }, // by a clock that was set back
  ];
  for (const { age, ageAdd, sent } of rows) {
    const two = new Acquaintance();
    await two.meet({
      serverInternals: {
        messageFilter: ({ type, raw }) => {
          // Behind the header and ticket_lifetime.
          if (type === HandshakeType.newSessionTicket) {
            new DataView(raw.buffer).setUint32(8, ageAdd);
          }
          return [raw];
        },
      },
    });
    two.clientTime.advance(age);
    const hellos = keepHellos();
    assertEquals(await two.resumes({ clientInternals: hellos }), true);
    const { identities } = hellos.sent[0]!.extensions!.get(preSharedKeyClientHello)!;
    assertEquals(identities.map(({ obfuscatedTicketAge }) => obfuscatedTicketAge), [sent]);
  }
});

Deno.test("SslSocket does not offer a ticket past its lifetime, nor take one", async () => {
  const two = new Acquaintance();
  const lifetime = TICKET_LIFETIME * 1000;
  await two.meet();
  const offers: (string | null)[] = [];
  two.clientTime.advance(lifetime - 1);
  assertEquals(await two.resumes(), true);
  two.clientTime.advance(lifetime);
  assertEquals(await two.resumes(watchOffers(offers)), false);
  assertEquals(offers.at(-1), null);

  two.serverTime.advance(lifetime + 1); // the client's clock is late
  assertEquals(
    await two.resumes({
      clientInternals: { environment: two.clientTime, ...watchOffers(offers).clientInternals },
    }),
    false,
  );
  assertNotEquals(offers.at(-1), null);
});

Deno.test("SslSocket as client keeps a ticket for as long as the server says, but no more than a week", async () => {
  for (
    const [lifetime, kept] of [[0, 0], [1, 1], [604_800, 604_800], [604_801, 604_800]] as const
  ) {
    const two = new Acquaintance();
    const messageFilter: MessageFilter = ({ type, raw, body }) => {
      if (type !== HandshakeType.newSessionTicket) return [raw];
      const ticket = { ...parseNewSessionTicket(body.slice()), ticketLifetime: lifetime };
      return [encodeHandshake(type, encodeNewSessionTicket(ticket))];
    };
    for (const [age, resumes] of [[1000 * kept - 1, true], [1000 * kept, false]] as const) {
      await two.meet({ serverInternals: { environment: two.serverTime, messageFilter } });
      two.clientTime.advance(Math.max(0, age));
      assertEquals(await two.resumes(), kept > 0 && resumes, `${lifetime} s, ${age} ms`);
      clearSessionCache({ context: two.client });
    }
  }
});

Deno.test("SslSocket as client hides the age of a ticket by what the server has said, modulo 2^32 (RFC 8446, Section 4.2.11.1)", async () => {
  const most = 2 ** 32 - 1;
  const rows = [[0, most, most], [1, most, 0], [1, most - 1, most], [7, 5, 12], [-7, 5, 5]];
  for (const [age, ticketAgeAdd, obfuscated] of rows) {
    const two = new Acquaintance();
    await two.meet();
    const receivedAt = two.clientTime.now() - age!;
    two.alter((session) => ({ ...session, receivedAt, ticketAgeAdd: ticketAgeAdd! }));
    const ages: (number | undefined)[] = [];
    await two.meet({
      clientInternals: {
        environment: two.clientTime,
        messageFilter: onMessage(HandshakeType.clientHello, (raw) => {
          const offered = parseClientHello(raw.slice(4)).extensions?.get(preSharedKeyClientHello);
          ages.push(offered?.identities[0]?.obfuscatedTicketAge);
          return [raw];
        }),
      },
    });
    assertEquals(ages, [obfuscated]);
  }
});

Deno.test("SslSocket takes a ticket of the key before the present one", async () => {
  const two = new Acquaintance();
  await two.meet();
  // the ticket's last moment, and the next key's first
  two.serverTime.advance(TICKET_LIFETIME * 1000);
  assertEquals(await two.resumes(), true);
});

Deno.test("SslSocket goes on with a full handshake where the ticket is not the server's, or altered", async () => {
  for (const ticket of [new Uint8Array([1]), new Uint8Array(300)]) {
    const two = new Acquaintance();
    await two.meet();
    two.alter((session) => ({ ...session, ticket }));
    assertEquals(await two.resumes(), false);
    assertEquals(await two.resumes(), true);
  }
  const two = new Acquaintance();
  await two.meet();
  two.alter(({ ticket, ...session }) => {
    ticket[100]! ^= 1;
    return { ...session, ticket };
  });
  assertEquals(await two.resumes(), false);
});

Deno.test("SslSocket as server refuses a client that does not hold the session's secret", async () => {
  const two = new Acquaintance();
  await two.meet();
  two.alter((session) => ({ ...session, psk: new Uint8Array(32) }));
  // RFC 8446, Section 4.2.11: a binder that does not validate MUST abort the handshake.
  await assertFails(two.with({}), {
    at: "server",
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  });
});

Deno.test("clearSessionCache() forgets the sessions of its context alone", async () => {
  const two = new Acquaintance();
  const others = new Acquaintance();
  await two.meet();
  await others.meet();
  clearSessionCache({ context: two.client });
  assertEquals([await two.resumes(), await others.resumes()], [false, true]);
});

Deno.test("SslSocket resumes across a HelloRetryRequest", async () => {
  const two = new Acquaintance();
  const options: JoinOptions = { server: { groups: ["secp384r1"] } };
  const offers: (string | null)[] = [];
  await two.meet(options);
  const [client, server] = await two.meet({ ...options, ...watchOffers(offers) });
  assertEquals([client.resumed, server.resumed], [true, true]);
  assertEquals([client.helloRetryRequest, server.helloRetryRequest], [true, true]);
  assertEquals(offers.length, 2);
  assertEquals(offers[0], offers[1]); // the same ticket, with a new binder
});

Deno.test("SslSocket resumes under another suite of the same hash, and not of another", async () => {
  const two = new Acquaintance();
  await two.meet();
  const [info] = await two.meet({ server: { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] } });
  assertEquals([info.resumed, info.cipherSuite], [true, "TLS_CHACHA20_POLY1305_SHA256"]);
  const [other] = await two.meet({ server: { cipherSuites: ["TLS_AES_256_GCM_SHA384"] } });
  assertEquals([other.resumed, other.cipherSuite], [false, "TLS_AES_256_GCM_SHA384"]);
  // A session of SHA-384, where the server prefers SHA-256 again.
  assertEquals(await two.resumes(), false);
});

Deno.test("SslSocket leaves out of the second hello a session that does not go with the suite of the HelloRetryRequest", async () => {
  const two = new Acquaintance();
  await two.meet();
  const offers: (string | null)[] = [];
  const [info] = await two.meet({
    server: { groups: ["secp256r1"], cipherSuites: ["TLS_AES_256_GCM_SHA384"] },
    ...watchOffers(offers),
  });
  assertEquals([info.resumed, info.helloRetryRequest, offers.length], [false, true, 2]);
  // RFC 8446, Section 4.1.4: it SHOULD NOT offer PSKs with another hash than that of the suite.
  assertEquals([offers[0] === null, offers[1]], [false, null]);
});

Deno.test("SslSocket agrees on an application protocol anew in each resumed session", async () => {
  const two = new Acquaintance();
  const client: ImportOptions = { alpnProtocols: ["a", "b"] };
  await two.meet({ client, server: { alpnProtocols: ["a"] } });
  const infos = await two.meet({ client, server: { alpnProtocols: ["b"] } });
  for (const { resumed, alpnProtocol } of infos) {
    assertEquals([resumed, alpnProtocol], [true, "b"]);
  }
});

Deno.test("SslSocket resumes with hooks that choose by name, if they are the same", async () => {
  const two = new Acquaintance();
  const other = { certificates: [PKI.otherServer.credential] };
  const sniSocketConfig: NonNullable<ImportOptions["sniSocketConfig"]> = (
    _socket,
    { serverName },
  ) => serverName === "other.test" ? other : undefined;
  const server: ImportOptions = { sniSocketConfig };
  for (const resumed of [false, true]) {
    for (const hostname of [HOSTNAME, "other.test"]) {
      const [info] = await two.meet({ client: { hostname }, server });
      assertEquals(info.resumed, resumed);
      assertEquals(info.peerCertificates.length, 1);
    }
  }
});
