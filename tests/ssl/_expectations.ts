// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Expectation } from "./_filter_rows.ts";
import { assertCutOff, assertFromPeer, assertLocal } from "./_support.ts";
import type { Tls12Expectation } from "./_tls12_rows.ts";

/**
 * Asserts what both ends report of a handshake in which a message was tampered with.
 *
 * @param expectation What must come of it.
 * @param client The client's outcome.
 * @param server The server's outcome.
 */
export function assertExpected(
  expectation: Expectation | Tls12Expectation,
  client: unknown,
  server: unknown,
): void {
  if ("client" in expectation) {
    assertLocal(client, expectation.client, expectation.alert);
    return assertLocal(server, expectation.server, expectation.alert);
  }
  if ("both" in expectation) {
    assertLocal(client, expectation.both, expectation.alert);
    return assertLocal(server, expectation.both, expectation.alert);
  }
  const found = "waits" in expectation ? expectation.waits : expectation.at;
  const [own, other] = found === "client" ? [client, server] : [server, client];
  if ("waits" in expectation) {
    assertLocal(own, "PR_IO_TIMEOUT_ERROR", null);
    assertCutOff(other);
  } else {
    assertLocal(own, expectation.error, expectation.alert);
    assertFromPeer(other, expectation.alert);
  }
}
