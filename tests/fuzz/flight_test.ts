// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Engines without their sockets, fed with what others have said before: recorded flights, altered,
 * in pieces of any size.
 */

import { SocketHooks } from "../../ssl/connection/socket_hooks.ts";
import { assert, assertEquals } from "@std/assert";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { SslEngine } from "../../ssl/engine/engine.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { Role } from "../../ssl/config/import_options.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import type { ProtocolVersion } from "../../ssl/tables/versions.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { Prng } from "../support/prng.ts";
import { meet, pairing, socketOver } from "./_sockets.ts";
import { assertTyped, type Bytes, cut, flip, fuzz, join, mutate } from "./_support.ts";
import { ConnTransport } from "../../ssl/connection/transports.ts";
import { liveBoth, Wire } from "./_wire.ts";

/** What a peer of an engine has sent in a connection from its beginning to its end. */
interface Recording {
  readonly version: ProtocolVersion;
  /** Whose part the engine plays that it is fed to. */
  readonly role: Role;
  readonly bytes: Bytes;
}

/**
 * No engine makes more of a recording than this, whatever is in it: a flight, alerts, answers to
 * renegotiation.
 */
const MAX_OUTPUT = 1 << 17;

async function record(): Promise<Recording[]> {
  const recordings: Recording[] = [];
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    for (const resumes of [false, true]) {
      const prng = new Prng(recordings.length);
      const options = pairing(prng, null, version);
      if (resumes) await meet(options);
      const wire = new Wire();
      const heard: Record<Role, Bytes[]> = { client: [], server: [] };
      wire.client.attack = (written) => (heard.server.push(written), [written]);
      wire.server.attack = (written) => (heard.client.push(written), [written]);
      await liveBoth(
        wire,
        socketOver(wire.client, options.client),
        socketOver(wire.server, options.server),
        { client: prng.bytes(300), server: prng.bytes(300) },
      );
      for (const role of ["client", "server"] as const) {
        recordings.push({ version, role, bytes: join(heard[role]) });
      }
    }
  }
  return recordings;
}

const recordings = await record();

/** Feeds an engine to its end; gives the error, or `null` where it still waits. */
async function feed(
  prng: Prng,
  { role, version }: Recording,
  bytes: Bytes,
): Promise<SslError | null> {
  const config = resolveConfig(pairing(prng, null, version)[role]);
  const [conn] = memoryPair();
  const engine = new SslEngine({
    hooks: new SocketHooks(createSocket(new ConnTransport(conn), config)),
    config,
    peerAddress: "",
    environment: {
      now: () => Date.now(),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    onProgress: () => {},
  });
  let said = 0;
  const listen = async () => {
    while (engine.hasOutput) said += (await engine.takeOutput())?.length ?? 0;
  };
  try {
    await engine.start();
    for (const piece of cut(prng, bytes)) {
      await engine.receive(piece);
      assert(!engine.connected, "nobody can complete a handshake from a recording");
      await listen();
    }
    engine.receiveEof();
    return null;
  } catch (error) {
    assertTyped(error, SslError);
    assertEquals(engine.error, error);
    await listen();
    // It meets the same error again, and says no more.
    for (const again of [() => engine.receive(bytes), () => Promise.resolve(engine.send(bytes))]) {
      const later = await (async () => await again())().catch((thrown) => thrown);
      assertEquals(later, error);
    }
    assert(!engine.hasOutput && said <= MAX_OUTPUT, `${said} bytes were said`);
    return error as SslError;
  } finally {
    assert(!engine.connected);
  }
}

fuzz(
  "SslEngine meets altered recordings of both roles and versions with an error that has an alert or a reason",
  250,
  async (prng) => {
    const recording = prng.pick(recordings);
    const { bytes } = recording;
    // Most alterations are in the first flight, which is what an engine gets to see of a recording.
    const first = Math.min(bytes.length, prng.pick([60, 300, 2000]));
    const altered = join([
      prng.pick([flip, mutate])(prng, bytes.slice(0, first)),
      bytes.subarray(first),
    ]);
    const error = await feed(prng, recording, prng.integer(0, 9) === 0 ? bytes : altered);
    assert(error !== null, "the end of the transport passed for nothing");
    assert(error.alert !== null || error.message !== "", "the error has neither alert nor reason");
  },
);

fuzz("SslEngine meets recordings put together anew", 100, async (prng) => {
  const recording = prng.pick(recordings);
  const pieces = Array.from({ length: prng.integer(1, 4) }, () => {
    const other = prng.pick(recordings).bytes;
    const at = prng.pick([0, prng.integer(0, other.length)]);
    return other.subarray(at, prng.integer(at, other.length));
  });
  assert(await feed(prng, recording, join(pieces)) !== null);
});
