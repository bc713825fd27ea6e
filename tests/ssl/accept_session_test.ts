// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sessions that clients offer in other ways than this package's own do.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { preSharedKeyClientHello } from "../../ssl/extensions/pre_shared_key.ts";
import { PSK_DHE_KE, pskKeyExchangeModes } from "../../ssl/extensions/psk_key_exchange_modes.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { isStillGood, shownChain, shownCredential } from "../../ssl/session/accept_session.ts";
import type { ClientAuth } from "../../ssl/config/import_options.ts";
import type { TicketContent } from "../../ssl/session/session_ticket.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { RawClient } from "./_raw_client.ts";
import {
  assertLocal,
  clientOptions,
  closeAll,
  failureOf,
  HOSTNAME,
  PKI,
  serverOptions,
  session,
  socketOver,
  TestEnvironment,
} from "./_support.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A session of a client with the server of a context: its ticket and its secret. */
async function sessionOf(
  context: NssContext,
): Promise<{ readonly ticket: Bytes; readonly psk: Bytes }> {
  const options = clientOptions({ cipherSuites: ["TLS_AES_128_GCM_SHA256"] });
  await session({ client: options, server: { context } });
  const address = JSON.stringify({ transport: "tcp", hostname: "127.0.0.1", port: 443 });
  const key = clientSessionKey(resolveConfig(options), address)!;
  const kept = clientSessionCache(options.context!).take(key, Date.now());
  if (kept === undefined || !("psk" in kept)) throw new Error("Cannot resume: there is no session");
  return kept;
}

/** Sends a hello that offers tickets, of which one secret makes all binders. */
async function offer(
  client: RawClient,
  tickets: readonly Bytes[],
  psk: Bytes,
  withoutSignatureAlgorithms = false,
): Promise<void> {
  const hello = await client.hello({
    withoutSignatureAlgorithms,
    psk,
    pskCount: tickets.length,
    extend: (extensions) =>
      void extensions
        .add(serverName, HOSTNAME)
        .add(pskKeyExchangeModes, [PSK_DHE_KE])
        .add(preSharedKeyClientHello, {
          identities: tickets.map((identity) => ({ identity, obfuscatedTicketAge: 0 })),
          binders: tickets.map(() => new Uint8Array(32)),
        }),
  });
  await client.sendClear(ContentType.handshake, hello);
}

Deno.test("ExpectClientHello wants signature_algorithms only of a client whose session it does not resume (RFC 8446, Section 9.2)", async () => {
  for (const known of [true, false]) {
    const context = new NssContext();
    const { ticket, psk } = await sessionOf(context);
    if (!known) ticket[50]! ^= 1;
    const [a, b] = memoryPair();
    const server = socketOver(b, serverOptions({ context }));
    const client = new RawClient(a);
    const handshake = server.handshake();
    handshake.catch(() => {});
    await offer(client, [ticket], psk, true);
    if (known) {
      await client.takeServerHello();
      const types = await client.finish();
      assertEquals(types, [HandshakeType.encryptedExtensions, HandshakeType.finished]);
      assertEquals((await handshake).resumed, true);
    } else {
      // RFC 8446, Section 4.2.3: a server that authenticates by a certificate needs it.
      const error = await failureOf(handshake);
      assertLocal(error, "SSL_ERROR_MISSING_SIGNATURE_ALGORITHMS_EXTENSION", "missing_extension");
    }
    a[Symbol.dispose]();
    await closeAll(server);
  }
});

Deno.test("acceptSession() tries four of a client's tickets and no more", async () => {
  for (
    const [unknown, resumed] of [[0, true], [3, true], [4, false]] as const
  ) {
    const context = new NssContext();
    const { ticket, psk } = await sessionOf(context);
    const [a, b] = memoryPair();
    const server = socketOver(b, serverOptions({ context }));
    const client = new RawClient(a);
    const handshake = server.handshake();
    await offer(client, [...Array<Bytes>(unknown).fill(new Uint8Array(200)), ticket], psk);
    if (resumed) {
      await client.takeServerHello();
      await client.finish();
      assertEquals((await handshake).resumed, true);
    } else {
      // A full handshake, whose secrets this client does not follow: what it says next is not
      // understood.
      await client.takeServerHello();
      await client.send(ContentType.handshake, new Uint8Array(36));
      assertLocal(await failureOf(handshake), "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
    }
    a[Symbol.dispose]();
    await closeAll(server);
  }
});

Deno.test("shownCredential() and shownChain() go by a certificate's place, and do without where it has none", () => {
  const certificates = [PKI.otherServer.credential, PKI.server.credential];
  const config = resolveConfig(serverOptions({ certificates }));
  for (
    const [certificate, shown] of [
      [PKI.server.cert, [PKI.server.cert]],
      [PKI.client.cert, []],
    ] as const
  ) {
    const content = { localCredential: shownCredential(config, [certificate]) } as TicketContent;
    assertEquals(content.localCredential, shown.length > 0 ? 1 : 0xffff);
    assertEquals(shownChain(config, content), shown);
  }
});

Deno.test("isStillGood() takes a session for a week, of one host, and as far as the client's certificate counts", () => {
  const now = PKI.client.cert.notAfter.getTime();
  const good = {
    serverName: HOSTNAME,
    authenticatedAt: now - 604_800_000,
    peerChain: [PKI.client.cert],
    peerRawPublicKey: null,
  };
  const raw = { ...good, peerChain: [], peerRawPublicKey: PKI.client.cert.subjectPublicKeyInfo };
  const bare = { ...good, peerChain: [] };
  const rows: readonly [boolean, string, ClientAuth, Partial<TicketContent>, number?][] = [
    [true, "all is well", "require", good],
    [true, "the certificate may be left out", "request", good],
    [true, "the certificate was left out", "request", bare],
    [true, "nobody is asked", "none", bare],
    [false, "a week and a millisecond old", "request", {
      ...bare,
      authenticatedAt: good.authenticatedAt - 1,
    }],
    [false, "another host", "require", { ...good, serverName: "other.test" }],
    [false, "no host", "require", { ...good, serverName: null }],
    [false, "a certificate is required", "require", bare],
    [true, "a raw public key", "require", raw],
    [false, "nobody is asked any more, of a raw public key", "none", raw],
    [false, "nobody is asked any more", "none", good],
    [false, "expired", "require", { ...good, authenticatedAt: now }, now + 1],
    [false, "one of two is expired", "require", {
      ...good,
      authenticatedAt: now,
      peerChain: [{ notAfter: new Date(now + 2) } as Certificate, PKI.client.cert],
    }, now + 1],
  ];
  for (const [expected, name, clientAuth, content, time = now] of rows) {
    const context = {
      config: { ...resolveConfig({}), clientAuth },
      serverName: HOSTNAME,
      environment: new TestEnvironment(time),
    };
    assertEquals(isStillGood(content as TicketContent, context), expected, name);
  }
});
