// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ChannelInfo } from "../base/channel_info.ts";
import type { EarlyDataOutcome, EarlyWrite } from "../handshake/early_data.ts";
import type { Pump } from "./pump.ts";
import type { Teardown } from "./teardown.ts";

/**
 * What became of early data, and whether its bytes arrive.
 *
 * @category Sessions
 */
export interface EarlyDataResult {
  /** Whether the server has accepted it, or why not ({@linkcode EarlyDataOutcome}). */
  readonly outcome: EarlyDataOutcome;
  /** The bytes that do not arrive: all, or none where they were accepted or sent again. */
  readonly refused: Uint8Array<ArrayBuffer>;
  /** Whether refused bytes have been sent again, after the handshake. */
  readonly resent: boolean;
}

/** What of a connection sends early data. */
export interface EarlyParts {
  /** The first handshake, which has begun. */
  readonly handshake: Promise<ChannelInfo>;
  /** Returns the pump of the handshake. */
  readonly begin: () => Promise<Pump>;
  /** The end of the connection. */
  readonly teardown: Teardown;
  /** Writes after the handshake. */
  readonly write: (data: Uint8Array<ArrayBuffer>) => Promise<number>;
}

const NONE = new Uint8Array(0);

/**
 * Sends bytes as early data, as many as the session allows, and the rest after the handshake.
 *
 * @param data The bytes, which may be replayed.
 * @param early The early data of the handshake.
 * @param resends Whether refused bytes are sent after the handshake.
 * @param parts The connection.
 * @returns What became of them.
 */
export async function sendEarlyData(
  data: Uint8Array<ArrayBuffer>,
  early: EarlyWrite,
  resends: boolean,
  { handshake, begin, teardown, write }: EarlyParts,
): Promise<EarlyDataResult> {
  handshake.catch(() => {}); // awaited below
  const pump = await begin();
  const end = Math.min(data.length, early.limit);
  while (early.sending && early.sent < end) {
    teardown.throwIfFailed();
    const taken = pump.engine.send(data.subarray(early.sent, end));
    early.sent += taken;
    pump.startSending();
    if (taken === 0) await teardown.writable.wait();
  }
  const info = await handshake;
  const outcome = early.outcome ?? "no-session"; // TLS 1.3 is not offered
  if (outcome === "accepted") {
    if (early.sent < data.length) await write(data.subarray(early.sent));
    return { outcome, refused: NONE, resent: false };
  }
  if (!resends || !isSameProtocol(early, info)) return { outcome, refused: data, resent: false };
  await write(data);
  return { outcome, refused: NONE, resent: true };
}

/**
 * RFC 8446, Section 4.2.10: it "MUST NOT automatically resend early data unless the negotiated
 * connection selects the same ALPN protocol", nor under a version that has none.
 */
function isSameProtocol({ protocol }: EarlyWrite, info: ChannelInfo): boolean {
  return info.version === "TLSv1.3" && protocol === info.alpnProtocol;
}
