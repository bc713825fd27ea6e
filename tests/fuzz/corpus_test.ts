// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import { SslError } from "../../ssl/base/errors.ts";
import { assertTyped, type Bytes, cut, mutate, overCorpus, settles } from "./_support.ts";
import { Wire } from "./_wire.ts";
import { pairing, socketOver } from "./_sockets.ts";
import type { Prng } from "../support/prng.ts";

/** Plays what a client sends to a server, then nothing: gives the server's error. */
async function play(prng: Prng, bytes: Bytes): Promise<SslError> {
  const wire = new Wire();
  const server = socketOver(wire.server, pairing(prng).server);
  const handshake = server.handshake();
  handshake.catch(() => {}); // awaited below
  for (const piece of cut(prng, bytes)) wire.server.push(piece);
  wire.server.end();
  const outcome = await settles("the server", handshake.then(() => null, (error) => error));
  assertTyped(outcome, SslError); // nobody can complete a handshake from a recording
  assert(wire.server.closed, "a failed handshake leaves its transport open");
  assertEquals(await server.read(new Uint8Array(1)).catch((error) => error), outcome);
  await server.close().catch((error) => assertTyped(error, SslError));
  return outcome;
}

overCorpus(
  "SslSocket as a server meets BoringSSL's corpus of clients with typed errors",
  "server_no_fuzzer_mode",
  4,
  async ({ data }, prng) => {
    await play(prng, data);
    await play(prng, mutate(prng, data));
  },
);
