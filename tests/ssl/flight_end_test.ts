// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What stands behind the last message of a flight: it was written before the flight was answered,
 * so nobody honest has written it, and whoever takes it may be made to believe that it is an
 * answer.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { HandshakeType as T } from "../../ssl/tables/handshake_types.ts";
import { concat } from "./_record_tap.ts";
import {
  assertFromPeer,
  assertLocal,
  connected,
  failureOf,
  join,
  type JoinOptions,
  onMessage,
  outcomeOf,
  pingPong,
} from "./_support.ts";
import { tls12 } from "./_tls12.ts";

interface Row {
  /** Which flight. */
  readonly name: string;
  /** Who says too much. */
  readonly sender: Role;
  /** The last message of its flight. */
  readonly type: number;
  /** What it begins to say behind that. */
  readonly excess: readonly number[];
  /** What its peer makes of it. */
  readonly error: ErrorName;
  /** What its peer has sent by then. */
  readonly answered: readonly number[];
  readonly options: JoinOptions;
}

const RETRY: JoinOptions = { server: { groups: ["secp384r1"] } };

const ROWS: readonly Row[] = [
  {
    name: "a client's ClientHello in TLS 1.3",
    sender: "client",
    type: T.clientHello,
    excess: [T.finished],
    error: "SSL_ERROR_RX_UNEXPECTED_FINISHED",
    answered: [],
    options: {},
  },
  {
    name: "a client's first ClientHello, and a part of the second",
    sender: "client",
    type: T.clientHello,
    excess: [T.clientHello, 0, 1, 0, 3, 3],
    error: "SSL_ERROR_RX_UNEXPECTED_CLIENT_HELLO",
    answered: [],
    options: RETRY,
  },
  {
    name: "a server's HelloRetryRequest, and a part of ServerHello",
    sender: "server",
    type: T.serverHello,
    excess: [T.serverHello],
    error: "SSL_ERROR_RX_UNEXPECTED_SERVER_HELLO",
    answered: [T.clientHello],
    options: RETRY,
  },
  {
    name: "a client's ClientHello in TLS 1.2, and a part of ClientKeyExchange",
    sender: "client",
    type: T.clientHello,
    excess: [T.clientKeyExchange],
    error: "SSL_ERROR_RX_UNEXPECTED_CLIENT_KEY_EXCH",
    answered: [],
    options: tls12(),
  },
  {
    name: "a server's ServerHelloDone, and a part of NewSessionTicket",
    sender: "server",
    type: T.serverHelloDone,
    excess: [T.newSessionTicket, 0],
    error: "SSL_ERROR_RX_UNEXPECTED_NEW_SESSION_TICKET",
    answered: [T.clientHello],
    options: tls12(),
  },
  {
    name: "a client's Finished in TLS 1.2, and a part of another ClientHello",
    sender: "client",
    type: T.finished,
    excess: [T.clientHello],
    error: "SSL_ERROR_RX_UNEXPECTED_CLIENT_HELLO",
    answered: [T.serverHello, T.certificate, T.serverKeyExchange, T.serverHelloDone],
    options: tls12(),
  },
  {
    name: "a server's Finished in TLS 1.2, and a HelloRequest",
    sender: "server",
    type: T.finished,
    excess: [T.helloRequest, 0, 0, 0],
    error: "SSL_ERROR_RX_UNEXPECTED_HELLO_REQUEST",
    answered: [T.clientHello, T.clientKeyExchange, T.finished],
    options: tls12(),
  },
];

Deno.test("SslEngine refuses what stands behind the end of the peer's flight, and does not answer it", async (t) => {
  for (const { name, sender, type, excess, error, answered, options } of ROWS) {
    await t.step(name, async () => {
      const sent: number[] = [];
      const watch: MessageFilter = ({ type, raw }) => {
        sent.push(type);
        return [raw];
      };
      const add = onMessage(type, (raw) => [concat([raw, new Uint8Array(excess)])]);
      await using joined = join({
        ...options,
        clientInternals: { messageFilter: sender === "client" ? add : watch },
        serverInternals: { messageFilter: sender === "client" ? watch : add },
      });
      const [own, other] = sender === "client"
        ? [joined.server, joined.client]
        : [joined.client, joined.server];
      const told = outcomeOf(other);
      assertLocal(await failureOf(own.handshake()), error, "unexpected_message");
      assertEquals(sent, answered);
      assertFromPeer(await told, "unexpected_message");
    });
  }
});

Deno.test("SslEngine takes a flight that ends with its record, whatever the next record begins with", async () => {
  // The tickets of TLS 1.3 follow the server's Finished under other keys, as messages after the
  // handshake.
  for (const options of [{}, RETRY, tls12()]) {
    await using joined = await connected(options);
    await pingPong(joined);
  }
});
