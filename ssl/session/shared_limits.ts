// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError } from "../base/errors.ts";
import { resolveLimits, type SharedSessionLimits } from "./limits.ts";

/** The maximum of ticket keys that processes share at a time: each is read as often as the ring. */
export const MAX_TICKET_KEYS = 256;

/**
 * Returns how many keys a ring has in which each seals for `rotation` seconds: the next one, the
 * one that seals, and those that open, until tickets of a `lifetime` have expired that were made a
 * rotation late, while the store was away.
 */
export function requiredTicketKeys(lifetime: number, rotation: number): number {
  return Math.ceil(lifetime / rotation) + 3;
}

/**
 * Returns the limits of shared sessions with defaults and bounds applied. By default a key seals
 * for half of its tickets' lifetime: a stolen one then opens the tickets of a day, and a ring has
 * five keys.
 *
 * @param options The limits of the application.
 * @param patience For how many milliseconds the store tries again.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if that takes more than {@linkcode MAX_TICKET_KEYS}.
 */
export function resolveSharedLimits(
  options: SharedSessionLimits,
  patience: number = 0,
): Required<SharedSessionLimits> {
  // A store of the application may say anything
  const limits = resolveLimits(options, Number.isFinite(patience) ? Math.max(patience, 0) : 0);
  const { ticketLifetime: lifetime } = limits;
  const { ticketKeyRotation = Math.ceil(lifetime / 2) } = options;
  const required = requiredTicketKeys(lifetime, ticketKeyRotation);
  if (required <= MAX_TICKET_KEYS) return { ...limits, ticketKeyRotation };
  throw new SslError(
    "SEC_ERROR_INVALID_ARGS",
    `Cannot configure session cache: tickets that last for ${lifetime} s under keys that change ` +
      `every ${ticketKeyRotation} s need ${lifetime} / ${ticketKeyRotation} + 3 = ${required} ` +
      `keys at a time, more than ${MAX_TICKET_KEYS}; let ticketKeyRotation be ` +
      `${Math.ceil(lifetime / (MAX_TICKET_KEYS - 3))} or more, or shorten ticketLifetime`,
  );
}
