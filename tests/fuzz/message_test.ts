// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert } from "@std/assert";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { encodeHandshake, type HandshakeMessage } from "../../ssl/messages/handshake.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import type { Prng } from "../support/prng.ts";
import { assertIntact, liveBoth, Wire } from "./_wire.ts";
import { type Bytes, fuzz, join, mutate } from "./_support.ts";
import { meet, pairing, socketOver } from "./_sockets.ts";

/**
 * Changes messages before they are sealed: under the right keys, behind the back of who sends them.
 */
class Liar {
  /** Whether the other end got another handshake than this one sent. */
  lied = false;
  readonly #prng: Prng;
  readonly #seen: Bytes[] = [];
  #patience: number;

  constructor(prng: Prng) {
    this.#prng = prng;
    this.#patience = prng.integer(0, 6);
  }

  readonly filter: MessageFilter = (message) => {
    const { type, raw } = message;
    this.#seen.push(raw);
    if (this.#patience-- !== 0) return [raw];
    this.#patience = this.#prng.pick([0, 1, 2, 99]);
    const sent = this.#alter(message);
    const after = type === HandshakeType.newSessionTicket || type === HandshakeType.keyUpdate;
    if (!after && join(sent).toHex() !== raw.toHex()) this.lied = true;
    return sent;
  };

  #alter({ type, body, raw }: HandshakeMessage): Bytes[] {
    const prng = this.#prng;
    switch (prng.integer(0, 7)) {
      case 0:
        return [];
      case 1:
        return [raw, raw];
      case 2:
        return [prng.pick(this.#seen)];
      case 3:
        return [encodeHandshake(prng.pick([0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254]), body)];
      case 4: // the header's length as well
        return [mutate(prng, raw)];
      default: // the body, in a header that fits: this gets furthest
        return [encodeHandshake(type, mutate(prng, body))];
    }
  }
}

fuzz("SslSocket takes no altered handshake message for a good one", 150, async (prng) => {
  const distrustful = prng.pick([null, null, null, "client", "server"] as const);
  const options = pairing(prng, distrustful);
  // What follows resumes a session.
  if (distrustful === null && prng.pick([true, false])) await meet(options);
  const data = { client: prng.bytes(prng.pick([0, 100])), server: prng.bytes(100) };
  const wire = new Wire();
  const [client, server] = [new Liar(prng), new Liar(prng)];
  const liars = prng.pick([[client], [server], [client, server]]);
  const filterOf = (liar: Liar) => liars.includes(liar) ? { messageFilter: liar.filter } : {};
  const stories = await liveBoth(
    wire,
    socketOver(wire.client, options.client, filterOf(client)),
    socketOver(wire.server, options.server, filterOf(server)),
    data,
    async (socket) => await keyUpdate(socket, prng.pick([true, false])),
  );
  assert(
    !(server.lied && stories.client.connected),
    "the client took another handshake for this one",
  );
  assert(
    !(client.lied && stories.server.connected),
    "the server took another handshake for this one",
  );
  if (distrustful !== null) {
    assert(!stories[distrustful].connected, `${distrustful} trusts a stranger`);
  }
  assertIntact(stories.client, data.server);
  assertIntact(stories.server, data.client);
});
