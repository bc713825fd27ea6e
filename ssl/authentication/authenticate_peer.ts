// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { authCertificate } from "./auth_certificate.ts";
import { checkMaySign, checkPeerKey } from "../config/certificate_rules.ts";
import { presetsOf } from "../config/context_policy.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import type { HandshakeContext, Negotiated } from "../handshake/handshake.ts";

/** The longest chain that is looked at; OpenSSL's default verification depth is 100, browsers see less than 10. */
export const MAX_CHAIN_LENGTH = 16;

/** What a peer shows of itself, or has shown when a session was made. */
type Shown = Pick<Negotiated, "peerChain" | "stapledOcspResponse" | "signedCertTimestamps">;

/**
 * Reads the certificates of a Certificate message.
 *
 * @throws {SslError} `SSL_ERROR_BAD_CERTIFICATE` if one of them is not a certificate.
 */
export function parseChain(
  encodings: readonly Uint8Array<ArrayBuffer>[],
): readonly Certificate[] {
  if (encodings.length > MAX_CHAIN_LENGTH) {
    throw new SslError(
      "SSL_ERROR_BAD_CERTIFICATE",
      `Cannot take certificates: there are ${encodings.length}, more than ${MAX_CHAIN_LENGTH}`,
    );
  }
  return encodings.map((der) => {
    try {
      return parseCertificate(der);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      throw new SslError("SSL_ERROR_BAD_CERTIFICATE", error.message, { cause: error });
    }
  });
}

/**
 * Asks the authentication hook about the peer's certificates, and the bad-certificate hook where that one refuses.
 *
 * @throws {SslError} The refusal.
 */
export async function authenticatePeer(
  hs: HandshakeContext,
  chain: readonly Certificate[],
  stapledOcspResponse: Uint8Array<ArrayBuffer> | null,
): Promise<void> {
  hs.negotiated.stapledOcspResponse = stapledOcspResponse;
  const { signedCertTimestamps } = hs.negotiated;
  const peer = authenticationOf(hs, {
    peerChain: chain,
    stapledOcspResponse,
    signedCertTimestamps,
  });
  checkPeerKey(chain[0]!, peer.isServer, presetsOf(hs.config));
  try {
    await askHook(hs, peer);
    checkMaySign(chain[0]!); // a hook that knows the key need not think of its usage
  } catch (cause) {
    const error = toSslError(cause, "SEC_ERROR_APPLICATION_CALLBACK_ERROR");
    if (!(await overrules(hs, error, peer))) throw error;
    hs.negotiated.badCertAccepted = true;
  }
}

/**
 * Whether certificates that were verified once, by whomever, would be believed now: nobody is asked to overrule a refusal.
 */
export async function isStillTrusted(
  hs: HandshakeContext,
  shown: Shown,
): Promise<boolean> {
  const peer = authenticationOf(hs, shown);
  try {
    checkPeerKey(shown.peerChain[0]!, peer.isServer, presetsOf(hs.config));
    await askHook(hs, peer);
    checkMaySign(shown.peerChain[0]!);
    return true;
  } catch {
    return false; // a full handshake asks again, and says why
  }
}

function authenticationOf(
  { config, environment }: HandshakeContext,
  { peerChain: chain, stapledOcspResponse, signedCertTimestamps }: Shown,
): PeerAuthentication {
  const isServer = config.role === "server";
  return {
    chain,
    hostname: isServer ? null : config.hostname,
    isServer,
    checkSig: true,
    trustAnchors: config.trustAnchors,
    context: config.context,
    stapledOcspResponse,
    askedForOcspResponse: !isServer && config.ocspStapling,
    signedCertTimestamps,
    policyPresets: presetsOf(config),
    time: new Date(environment.now()),
  };
}

async function askHook(
  { config, hooks }: HandshakeContext,
  peer: PeerAuthentication,
): Promise<void> {
  const hook = config.authCertificate ?? authCertificate;
  const verdict = await hooks.call(hook, peer);
  // Types do not bind JavaScript: anything but a pass is a refusal.
  if (verdict !== undefined && verdict !== true) {
    throw new SslError(
      "SSL_ERROR_BAD_CERTIFICATE",
      "Cannot trust certificate: the authCertificate hook refused it",
    );
  }
}

async function overrules(
  { config, hooks }: HandshakeContext,
  error: SslError,
  peer: PeerAuthentication,
): Promise<boolean> {
  if (config.badCert === null) return false;
  try {
    return await hooks.call(config.badCert, error, peer) === true;
  } catch (cause) {
    throw toSslError(cause, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
}
