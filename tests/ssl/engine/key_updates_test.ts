// Copyright 2026 the NSS for Deno authors. MIT license.

/** How often a write key may be renewed (RFC 9846, Section 4.7.3). @module */

import { assertEquals, assertRejects, assertThrows } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import { CommonState } from "../../../ssl/engine/common_state.ts";
import { EngineOutput } from "../../../ssl/engine/handshake_output.ts";
import {
  KEY_RENEWAL_MARGIN,
  KeyUpdates,
  MAX_WRITE_KEY_RENEWALS,
} from "../../../ssl/engine/key_updates.ts";
import { SessionTickets } from "../../../ssl/engine/session_tickets.ts";
import { RESERVED_RECORDS } from "../../../ssl/engine/write_half.ts";
import { PlaintextSpec } from "../../../ssl/record/cipher_spec.ts";
import { connectedPhase } from "./_connected_phase.ts";

/** A protection of which so many records are left. */
class UsedSpec extends PlaintextSpec {
  constructor(readonly left: number) {
    super();
  }

  override get recordsLeft(): number {
    return this.left;
  }
}

function makeKeyUpdates(maxRenewals: number) {
  const requests: boolean[] = [];
  const common = new CommonState("client", () => {}, () => {}, () => 0);
  common.phase = connectedPhase((requestUpdate) => void requests.push(requestUpdate));
  const keyUpdates = new KeyUpdates(common, maxRenewals);
  const output = new EngineOutput({
    common,
    keyUpdates,
    tickets: new SessionTickets(),
    filter: undefined,
  });
  return { common, keyUpdates, output, requests };
}

Deno.test("KeyUpdates renews a write key as often as it may, and says that it may no more", async () => {
  assertEquals(MAX_WRITE_KEY_RENEWALS, 2 ** 48 - 1);
  const { keyUpdates, output, requests } = makeKeyUpdates(2);
  await keyUpdates.send(false, output);
  await keyUpdates.send(true, output);
  assertEquals(requests, [false, true]);
  const error = await assertRejects(() => keyUpdates.send(false, output), SslError);
  assertEquals(error.name, "SSL_ERROR_TOO_MANY_KEY_UPDATES");
  assertEquals(requests, [false, true]);
});

Deno.test("KeyUpdates at the limit ignores the peer's requests, which go on, and asks for none", async () => {
  const { common, keyUpdates, output, requests } = makeKeyUpdates(1);
  await keyUpdates.send(false, output);
  common.read.install(new UsedSpec(0));
  for (let i = 0; i < 10; i++) {
    keyUpdates.receive(true);
    keyUpdates.answer(output);
    keyUpdates.askPeerInTime(output);
  }
  assertEquals(requests, [false]);
  common.throwIfFailed();
});

Deno.test("KeyUpdates at the limit ends the connection before its key is used up", () => {
  const { common, keyUpdates, output, requests } = makeKeyUpdates(0);
  common.write.install(new UsedSpec(KEY_RENEWAL_MARGIN));
  keyUpdates.renewInTime(output); // its key still has records
  common.write.install(new UsedSpec(RESERVED_RECORDS + 1));
  keyUpdates.renewInTime(output);
  common.write.install(new UsedSpec(RESERVED_RECORDS));
  const error = assertThrows(() => keyUpdates.renewInTime(output), SslError);
  assertEquals(error.name, "SSL_ERROR_TOO_MANY_RECORDS");
  assertEquals(requests, []);
});
