// Copyright 2026 the NSS for Deno authors. MIT license.

/** How sockets in Node's form check their peers. @module */

import type { NssError } from "../../cert/base/errors.ts";
import { show } from "../../cert/base/options.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { authenticatePath } from "../authentication/auth_certificate.ts";
import { toSslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import { certificateObject } from "./certificates.ts";
import { nameError } from "./check_server_identity.ts";
import { PeerRefusal, toNodeError } from "./node_error.ts";
import type { Callable } from "./read_options.ts";
import type { ContextSettings } from "./secure_context.ts";

/** The application's check of a server's name, or ours. */
export interface IdentityCheck {
  /** The name that the server must have. */
  readonly hostname: string;
  /** `checkServerIdentity` of the application's options. */
  readonly check: Callable | undefined;
}

/**
 * Verifies a peer's certificates, and a server's name.
 *
 * @param peer The peer, as hooks are given it.
 * @param settings The secure context, whose authorities and revocation lists count.
 * @param identity The name to check; `null` for a client's certificate.
 * @returns Why the peer is not to be trusted; `null` if it is.
 */
export async function checkPeer(
  peer: PeerAuthentication,
  settings: ContextSettings,
  identity: IdentityCheck | null,
): Promise<PeerRefusal | null> {
  const error = await pathError(peer, settings);
  if (error !== null) return new PeerRefusal(error.name, inNode(error, peer));
  if (identity === null) return null;
  const refusal = await identityError(identity, peer);
  return refusal && new PeerRefusal("SSL_ERROR_BAD_CERT_DOMAIN", refusal);
}

async function pathError(
  peer: PeerAuthentication,
  { intermediates, bundled, crls }: ContextSettings,
): Promise<NssError | null> {
  const whole = { ...peer, chain: [...peer.chain, ...intermediates] };
  // As in OpenSSL, a list makes lists necessary; a stapled response that cannot be used is the
  // application's to judge, which gets it by the event OCSPResponse
  const policy = crls.length > 0 ? "hard" : "soft";
  const isNeeded = crls.length > 0 || peer.stapledOcspResponse !== null ||
    peer.askedForOcspResponse;
  const options = isNeeded ? { revocation: { policy, crls, lenientStaple: true } as const } : {};
  const error = await authenticatePath(whole, options);
  if (error?.name !== "SEC_ERROR_UNKNOWN_ISSUER") return error;
  const authorities = await bundled;
  if (authorities.length === 0) return error;
  return await authenticatePath(
    { ...whole, trustAnchors: authorities.map(trustAnchorOf) },
    options,
  );
}

async function identityError(
  { hostname, check }: IdentityCheck,
  { chain, trustAnchors }: PeerAuthentication,
): Promise<Error | null> {
  if (check === undefined) return nameError(hostname, chain[0]!);
  const answer = await check(hostname, certificateObject(chain, true, trustAnchors ?? []));
  // As in Node, what is falsy accepts; but a check that forgot to await has not looked yet
  if (!answer) return null;
  return answer instanceof Error
    ? answer
    : new Error(`checkServerIdentity returned ${show(answer)}, not undefined or an Error`);
}

/** Returns the error in Node's form, its advice in the words of Node's options. */
function inNode(error: NssError, { chain }: PeerAuthentication): Error {
  const shown = toNodeError(toSslError(error), { chain });
  shown.message = shown.message.replace("caCerts", "the option ca");
  return shown;
}
