// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a peer can make this end keep: the pieces, the bytes and the answers that wait, counted.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import { newModel, optionSet } from "@nss/nss";
import { dataPending, reHandshake } from "@nss/nss/ssl";
import { SslError } from "../../ssl/base/errors.ts";
import { connectionOf } from "../../ssl/connection/connection_registry.ts";
import { MAX_KEPT_APPLICATION_DATA } from "../../ssl/connection/pump.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { connectedEngines, outputOf } from "./engine/_engines.ts";
import { tappedAndConnected } from "./_record_tap.ts";
import { clientOptions, connected, failureOf, turns } from "./_support.ts";

/** A client that offers to answer another handshake, and never does, since it does not read. */
function silent() {
  const model = newModel(clientOptions());
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return { model };
}

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`reHandshake() keeps what comes in records of one byte in a few pieces (${version})`, async () => {
    const versions = { min: version, max: version };
    await using joined = await connected({
      client: { ...silent(), versions },
      server: { versions },
    });
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
