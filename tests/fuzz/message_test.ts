// Copyright 2026 the NSS for Deno authors. MIT license.

import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { keyUpdate } from "../../ssl/communicate.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import type { Prng } from "../support/prng.ts";
import { assertIntact, liveBoth, Wire } from "./_wire.ts";
import { type Bytes, fuzz, mutate } from "./_support.ts";
import { pairing, socketOver } from "./_sockets.ts";

/** Changes messages before they are sealed: under the right keys, behind the back of who sends them. */
function liar(prng: Prng): MessageFilter {
  let patience = prng.integer(0, 6);
  const seen: Bytes[] = [];
  return ({ type, body, raw }) => {
    seen.push(raw);
    if (patience-- !== 0) return [raw];
    patience = prng.pick([0, 1, 2, 99]);
    switch (prng.integer(0, 7)) {
      case 0:
        return [];
      case 1:
        return [raw, raw];
      case 2:
        return [prng.pick(seen)];
      case 3:
        return [encodeHandshake(prng.pick([0, 1, 2, 4, 5, 8, 11, 13, 15, 20, 24, 254]), body)];
      case 4: // the header's length as well
        return [mutate(prng, raw)];
      default: // the body, in a header that fits: this gets furthest
        return [encodeHandshake(type, mutate(prng, body))];
    }
  };
}

fuzz("SslSocket takes no altered handshake message for a good one", 150, async (prng) => {
  const options = pairing(prng);
  const data = { client: prng.bytes(prng.pick([0, 100])), server: prng.bytes(100) };
  const wire = new Wire();
  const liars = prng.pick([["client"], ["server"], ["client", "server"]] as const);
  const filterOf = (role: "client" | "server") =>
    liars.some((liar) => liar === role) ? { messageFilter: liar(prng) } : {};
  const stories = await liveBoth(
    wire,
    socketOver(wire.client, options.client, filterOf("client")),
    socketOver(wire.server, options.server, filterOf("server")),
    data,
    async (socket) => await keyUpdate(socket, prng.pick([true, false])),
  );
  assertIntact(stories.client, data.server);
  assertIntact(stories.server, data.client);
});
