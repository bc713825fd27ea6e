// Copyright 2026 the NSS for Deno authors. MIT license.

/** A server's choice of an external pre-shared key. Loaded when it may have one. @module */

import { configuredForm, formFromHook, PskForm } from "../../../authentication/external_psk.ts";
import { shown } from "../../../../cert/base/printable.ts";
import { SslError } from "../../../base/errors.ts";
import { pskModesOf } from "../../../config/external_psk.ts";
import type { CipherSuiteHash } from "../../../crypto/hkdf.ts";
import type { EarlySecret } from "../../../crypto/key_schedule.ts";
import type { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { type OfferedPsks, preSharedKeyClientHello } from "../../../extensions/pre_shared_key.ts";
import { PSK_DHE_KE } from "../../../extensions/psk_key_exchange_modes.ts";
import { truncateBinders } from "../../../messages/client_hello.ts";
import type { HandshakeMessage } from "../../../messages/handshake.ts";
import { requirePskModes } from "../../../session/accept_session.ts";
import { serverSessionsOf } from "../../../session/server_cache.ts";
import { ticketBinding } from "../../../session/session_ticket.ts";
import type { HandshakeContext } from "../../handshake.ts";

/** An external pre-shared key that the server uses. */
export interface AcceptedExternalPsk {
  /** The identity before an import. */
  readonly identity: Uint8Array<ArrayBuffer>;
  /** The index of its identity in pre_shared_key. */
  readonly index: number;
  /** The hash that the cipher suite must have. */
  readonly hash: CipherSuiteHash;
  readonly earlySecret: EarlySecret;
  /** Whether there is a key exchange: psk_dhe_ke. */
  readonly exchangesKeys: boolean;
}

/** The offer of a client. */
export interface PskRequest {
  /** The ClientHello, which is not yet in the transcript. */
  readonly message: HandshakeMessage;
  /** Its extensions; `undefined` for none. */
  readonly extensions: ExtensionBlock | undefined;
  /** The hashes of the cipher suites that may be selected. */
  readonly hashes: readonly CipherSuiteHash[];
}

/** The maximum of identities looked up, because each may cost a call of the hook. */
export const MAX_TRIED_PSKS = 8;

/**
 * Selects the external PSK to use: the first that the client offers and the server has, with a hash
 * of a common suite, if no session is before it.
 *
 * A server without a certificate answers an identity that it does not have exactly as a wrong
 * binder, so that nobody can find out which there are (RFC 8446, Appendix E.6).
 *
 * @returns The PSK, whose binder has been verified; `null` to go on without one.
 * @throws {SslError} `SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE` if the binder does not verify, or there
 * is neither such a PSK nor a certificate; `SSL_ERROR_MISSING_PSK_KEY_EXCHANGE_MODES`.
 */
export async function acceptExternalPsk(
  hs: HandshakeContext,
  { message, extensions, hashes }: PskRequest,
): Promise<AcceptedExternalPsk | null> {
  const offered = extensions?.get(preSharedKeyClientHello);
  if (extensions === undefined || offered === undefined) return null;
  const modes = requirePskModes(extensions);
  const common = pskModesOf(hs.config).filter((mode) => modes.includes(mode));
  if (common.length === 0) return null;
  const found = await findPsk(hs, offered, hashes, modes);
  if (found === "session") return null;
  if (found === null && hs.config.credentials.length > 0) return null;
  const { form, index } = found ?? { form: decoy(hs, hashes), index: 0 };
  const earlySecret = form.earlySecret();
  const [key, hash] = await Promise.all([
    earlySecret.binderKey(form.kind),
    hs.transcript.digestWith(truncateBinders(message.raw), form.hash),
  ]);
  const isProved = await key.verifyFinished(hash, offered.binders[index]!);
  if (found === null) throw unknownPsk();
  const { externalIdentity: identity } = form;
  if (!isProved) throw wrongBinder(identity);
  const exchangesKeys = common.includes(PSK_DHE_KE);
  return { identity, index, hash: form.hash, earlySecret, exchangesKeys };
}

/** A PSK of this server, and the index of its identity. */
interface FoundPsk {
  readonly form: PskForm;
  readonly index: number;
}

async function findPsk(
  hs: HandshakeContext,
  { identities }: OfferedPsks,
  hashes: readonly CipherSuiteHash[],
  modes: readonly number[],
): Promise<FoundPsk | "session" | null> {
  const { config } = hs;
  const mayResume = config.sessionTickets && config.credentials.length > 0 &&
    modes.includes(PSK_DHE_KE);
  for (const [index, { identity }] of identities.slice(0, MAX_TRIED_PSKS).entries()) {
    let form = configuredForm(config.externalPsks, identity) ?? null;
    if (form === null && mayResume && await isTicket(hs, identity)) return "session";
    if (form === null && config.getExternalPsk !== null) {
      form = await formFromHook(hs, config.getExternalPsk, identity);
    }
    if (form !== null && hashes.includes(form.hash)) return { form, index };
  }
  return null;
}

/** Returns whether an identity is a ticket of this server's, which no hook has to see. */
async function isTicket(
  { config, environment, session: { wait } }: HandshakeContext,
  identity: Uint8Array<ArrayBuffer>,
): Promise<boolean> {
  const binding = await ticketBinding(config);
  const sessions = serverSessionsOf(config.context);
  const content = await sessions.openTicket(identity, binding, environment, wait);
  content?.psk.fill(0);
  return content !== null;
}

const DECOYS = new Map<CipherSuiteHash, PskForm>();

/** Returns a PSK that nobody has, with which a binder costs what it costs with another. */
function decoy(
  { environment }: HandshakeContext,
  [hash = "SHA-256"]: readonly CipherSuiteHash[],
): PskForm {
  let form = DECOYS.get(hash);
  if (form === undefined) {
    const key = environment.random(32);
    form = new PskForm({ identity: new Uint8Array(1), key, hash, context: null }, hash);
    DECOYS.set(hash, form);
  }
  return form;
}

function unknownPsk(): SslError {
  return new SslError(
    "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    "Cannot accept client: this server has none of the pre-shared keys that it offers, and no " +
      "certificate; compare identities, hashes and importers of both ends",
  );
}

function wrongBinder(identity: Uint8Array<ArrayBuffer>): SslError {
  return new SslError(
    "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    `Cannot accept client: it does not hold the pre-shared key of the identity ${
      shown(new TextDecoder().decode(identity))
    }, or not with this hash; compare the keys of both ends`,
  );
}
