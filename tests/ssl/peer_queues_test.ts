// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a peer can make this end keep: the pieces, the bytes and the answers that wait, and what is
 * kept of a handshake, counted.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { keyUpdate, newModel, optionSet } from "@nss/nss";
import { dataPending, reHandshake } from "@nss/nss/ssl";
import { SslError } from "../../ssl/base/errors.ts";
import { MasterSecret } from "../../ssl/crypto/master_secret.ts";
import { Tls12Keys } from "../../ssl/handshake/tls12/keys.ts";
import { TLS12_CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { MAX_KEPT_TRANSCRIPT, Transcript } from "../../ssl/crypto/transcript.ts";
import { connectionOf } from "../../ssl/connection/connection_registry.ts";
import { MAX_KEPT_APPLICATION_DATA } from "../../ssl/connection/pump.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { frame } from "./_filters.ts";
import { connectedEngines, outputOf } from "./engine/_engines.ts";
import { deaf } from "./_re_handshake.ts";
import { tappedAndConnected } from "./_record_tap.ts";
import {
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  HOSTNAME,
  makeIdentity,
  pattern,
  pingPong,
  PKI,
  readExactly,
  turns,
} from "./_support.ts";

/** A client that offers to answer another handshake, and does so if it hears of it. */
function silent() {
  const model = newModel(clientOptions());
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return { model };
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`reHandshake() keeps what comes in records of one byte in a few pieces (${version})`, async () => {
    const versions = { min: version, max: version };
    const ears = deaf();
    await using joined = await connected({
      client: { ...silent(), versions },
      server: { versions },
      ...ears,
    });
    ears.close();
    const { client, server } = joined;
    const asked = failureOf(reHandshake(server, false));
    const count = 3000;
    for (let i = 0; i < count; i++) await client.write(Uint8Array.of(i));
    while (dataPending(server) < count) await turns(1);
    const { pendingCost } = connectionOf(server).connectedEngine;
    assert(pendingCost <= 3 * count, `${pendingCost} bytes are kept`);
    await client.closeWrite();
    const pieces = await Array.fromAsync(server.readable);
    assert(pieces.length <= 2, `${pieces.length} pieces`);
    const bytes = pieces.flatMap((piece) => [...piece]);
    assertEquals(bytes, Array.from({ length: count }, (_, i) => i % 256));
    await asked;
  });
}

Deno.test("reHandshake() keeps nothing of the reads while the peer does not answer", async () => {
  const { then } = Promise.prototype;
  const reactions = new Map<Promise<unknown>, number>();
  const ears = deaf();
  await using joined = await connected({ client: silent(), ...ears });
  ears.close();
  const { client, server } = joined;
  try {
    Promise.prototype.then = function (...handlers) {
      reactions.set(this, (reactions.get(this) ?? 0) + 1);
      return Reflect.apply(then, this, handlers);
    };
    const asked = failureOf(reHandshake(server, false));
    for (let i = 0; i < 100; i++) {
      await client.write(Uint8Array.of(i));
      assertEquals(await readExactly(server, 1), Uint8Array.of(i));
    }
    await client.closeWrite();
    await asked;
  } finally {
    Promise.prototype.then = then;
  }
  assert(reactions.size > 100);
  const most = Math.max(...reactions.values());
  assert(most < 20, `${most} reactions wait for one promise`);
});

Deno.test("reHandshake() keeps padded records without their padding", async () => {
  await using joined = await tappedAndConnected("client", { client: silent() });
  const { tap, server } = joined;
  const asked = failureOf(reHandshake(server, false));
  const count = 200;
  const padded = { type: ContentType.applicationData, fragment: Uint8Array.of(7), padding: 16_000 };
  for (let i = 0; i < count; i++) await tap.send(padded);
  while (dataPending(server) < count) await turns(1);
  const { pendingCost } = connectionOf(server).connectedEngine;
  assert(pendingCost < 20_000, `${pendingCost} bytes are kept`);
  assert(pendingCost < MAX_KEPT_APPLICATION_DATA);
  server[Symbol.dispose]();
  await asked;
});

Deno.test("A peer that reads no answer makes a TLS 1.2 end queue no more of them", async () => {
  const versions = { max: "TLSv1.2" } as const;
  const { client, server } = await connectedEngines({
    client: { options: { versions } },
    server: { options: { versions } },
  });
  const requests = 200;
  let answers = 0;
  for (let i = 0; i < requests; i++) {
    await server.beginReHandshake({ full: false });
    server.giveUpReHandshake(new SslError("PR_IO_TIMEOUT_ERROR", "tired"));
    server.send(new Uint8Array(1)); // sets back all counts
    await client.receive(await outputOf(server));
  }
  while (client.hasOutput) {
    const output = await client.takeOutput();
    for (let at = 0; at < output!.length; at += 5 + (output![at + 3]! << 8 | output![at + 4]!)) {
      answers++;
    }
  }
  assert(answers > 0 && answers < 20, `${answers} answers`);
});

/** The transcripts that are made while it is in scope. */
class TranscriptWatch implements Disposable {
  readonly #transcripts = new Set<Transcript>();
  readonly #add = Transcript.prototype.add;

  constructor() {
    const add = this.#add;
    const transcripts = this.#transcripts;
    Transcript.prototype.add = function (message) {
      transcripts.add(this);
      add.call(this, message);
    };
  }

  /** The bytes that they keep, and the memory that they take, of each that keeps some. */
  get kept(): [length: number, memory: number][] {
    return [...this.#transcripts]
      .map((it): [number, number] => [it.length, it.messages().buffer.byteLength])
      .filter(([, memory]) => memory > 0);
  }

  [Symbol.dispose](): void {
    Transcript.prototype.add = this.#add;
  }
}

Deno.test("a handshake is kept where the client offers post-handshake authentication, and nowhere else", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    for (const offers of [false, true]) {
      using transcripts = new TranscriptWatch();
      const versions = { min: version, max: version };
      const options = { ...(offers ? silent() : {}), versions };
      await using _joined = await connected({ client: options, server: { versions } });
      const { kept } = transcripts;
      assertEquals(kept.length, offers && version === "TLSv1.3" ? 2 : 0);
      for (const [length, memory] of kept) assertEquals(memory, length); // without free space
    }
  }
});

Deno.test("Tls12Keys keeps the randoms of the hellos, and not the hellos", async () => {
  const hello = pattern(64);
  const client = hello.subarray(2, 34);
  const server = new Uint8Array(32);
  const secret = await MasterSecret.of(TLS12_CIPHER_SUITES[0]!, pattern(48));
  const keys = new Tls12Keys(secret, { client, server });
  const exported = await keys.exportKeyingMaterial("label", null, 32);
  hello.fill(0);
  assertEquals(await keys.exportKeyingMaterial("label", null, 32), exported);
});

Deno.test("a handshake that is too long to be kept is followed by no request for a certificate", async () => {
  const dnsNames = Array.from({ length: 1200 }, (_, i) => `a-name-of-the-server-${i}.test`);
  const { cert, credential } = await makeIdentity({ dnsNames: [HOSTNAME, ...dnsNames] }, PKI.root);
  assert(cert.der.length > MAX_KEPT_TRANSCRIPT);
  const server = { certificates: [credential] };

  using transcripts = new TranscriptWatch();
  await using asking = await connected({ client: silent(), server });
  assertEquals(transcripts.kept, []);
  assertEquals((await failureOf(reHandshake(asking.server))).name, "SSL_ERROR_FEATURE_DISABLED");
  await pingPong(asking); // the connection continues

  // A server that has kept it asks nevertheless.
  const request = [1, 7, 0, 8, 0, 13, 0, 4, 0, 2, 4, 3];
  await using asked = await connected({
    client: silent(),
    server,
    serverInternals: {
      messageFilter: ({ type, raw }) =>
        type === HandshakeType.keyUpdate
          ? [frame(HandshakeType.certificateRequest, request)]
          : [raw],
    },
  });
  const reading = failureOf(asked.client.read(new Uint8Array(1)));
  await keyUpdate(asked.server);
  assertLocal(await reading, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST", "unexpected_message");
});
