// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Early data: what the shim writes before the handshake, and what it reads and answers.
 *
 * A client offers it with every session that allows it, as BoringSSL's does, and sends again what
 * is refused: from then on the flags of `-on-retry` count.
 *
 * @module
 */

import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { EarlyDataOutcome } from "../../ssl/handshake/early_data.ts";
import { readEarlyData, writeEarlyData } from "../../ssl/nss/early_data.ts";
import { getChannelInfo } from "../../ssl/nss/get_channel_info.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { expect } from "./expectations.ts";
import type { Flags } from "./flags.ts";

/** BoringSSL's `kMaxEarlyDataAccepted`. */
const MAX_EARLY_DATA = 14336;
/** BoringSSL's `kMaxTicketAgeSkewSeconds`, in milliseconds. */
export const TICKET_AGE_WINDOW = 60_000;

/** The options of a server that takes early data, and answers it at once. */
export function earlyDataOptions(flags: Flags): ImportOptions {
  if (!flags.has("-enable-early-data")) return {};
  return { maxEarlyData: MAX_EARLY_DATA, halfRttData: true };
}

/** BoringSSL's words for what became of a client's early data. */
const REASONS: Readonly<Record<EarlyDataOutcome, string>> = {
  "accepted": "accept",
  "no-session": "no_session_offered",
  "not-allowed": "unsupported_for_session",
  "not-offered": "alpn_mismatch",
  "forbidden": "disabled",
  "hello-retry": "hello_retry_request",
  "not-resumed": "session_not_resumed",
  "refused": "peer_declined",
};

/** What none is sent with. */
const NOT_SENT: readonly EarlyDataOutcome[] = [
  "no-session",
  "not-allowed",
  "not-offered",
  "forbidden",
];

/**
 * A client's handshake with early data.
 *
 * @param bytes What it writes first.
 * @returns The flags that count after it.
 */
export async function shakeEarly(
  socket: SslSocket,
  bytes: Uint8Array,
  flags: Flags,
  retried: Flags,
): Promise<Flags> {
  const { outcome, refused } = await writeEarlyData(socket, bytes);
  const isOffered = !NOT_SENT.includes(outcome);
  if (flags.has("-expect-no-offer-early-data")) expect("offer of early data", false, isOffered);
  const isRefused = isOffered && outcome !== "accepted";
  if (flags.has("-expect-reject-early-data")) expect("refusal of early data", true, isRefused);
  const counts = isRefused ? retried : flags;
  if (refused.length > 0 && counts.has("-shim-writes-first")) await socket.write(refused);
  const reason = counts.text("-expect-early-data-reason");
  // In TLS 1.2 BoringSSL says so, whatever the session allowed.
  const isTls12 = getChannelInfo(socket).version === "TLSv1.2";
  if (reason !== undefined) {
    expect("early data", reason, isTls12 ? "protocol_version" : REASONS[outcome]);
  }
  return counts;
}

/** Answers a client's early data, as it comes. */
export async function answerEarly(
  socket: SslSocket,
  flags: Flags,
  answer: (data: Uint8Array<ArrayBuffer>) => Promise<void>,
): Promise<void> {
  if (!flags.has("-enable-early-data")) return;
  const buffer = new Uint8Array(512);
  for (let count; (count = await readEarlyData(socket, buffer)) !== null;) {
    await answer(buffer.subarray(0, count));
  }
}

/** Compares a complete handshake with what the flags expect of its early data. */
export function checkEarlyData(socket: SslSocket, flags: Flags): void {
  const { earlyDataAccepted } = getChannelInfo(socket);
  if (flags.has("-expect-accept-early-data")) expect("early data", true, earlyDataAccepted);
  if (flags.has("-expect-reject-early-data")) expect("early data", false, earlyDataAccepted);
}
