// Copyright 2026 the NSS for Deno authors. MIT license.

import { type Certificate, parseCertificate } from "../../cert/certificate/certificate.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { NssError } from "../../cert/base/errors.ts";
import { authCertificate } from "./auth_certificate.ts";
import { checkMaySign, checkPeerKey } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";
import type { Environment } from "../base/environment.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { PeerAuthentication } from "../config/hooks.ts";

/**
 * The longest chain that is looked at; OpenSSL's default verification depth is 100, browsers see
 * less than 10.
 */
export const MAX_CHAIN_LENGTH = 16;

/** What decides about a peer. */
export interface AuthenticationContext {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** The way to the application's hooks. */
  readonly hooks: HookCaller;
  /** Time. */
  readonly environment: Environment;
}

/** What a peer has sent to show who it is. Nobody has looked at it. */
export interface ReceivedChain {
  /** The certificates, the peer's own first. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The OCSP response that came with them; `null` where there was none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that came with them; `null` where there was none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
}

/**
 * What a session says of the peer that it was made with: a client keeps what came with the
 * certificates, too.
 */
export interface SessionPeer {
  /** The certificates, as they were verified then; none of a client that has shown none. */
  readonly peerChain: readonly Certificate[];
  /** The OCSP response that came with them. */
  readonly stapledOcspResponse?: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs that came with them. */
  readonly signedCertTimestamps?: Uint8Array<ArrayBuffer> | null;
}

/** A peer's certificates, while it is being decided about them. */
export interface PeerClaim {
  /** The certificate whose key has to sign the handshake. */
  readonly certificate: Certificate;
  /**
   * Waits until it is decided about the certificates, and then for the signature: a refused
   * certificate is the better error.
   *
   * @param verification Verifies the peer's signature by the certificate's key, and says how the
   * peer signed.
   * @throws {SslError} What is wrong.
   */
  prove(verification: Promise<SignatureScheme>): Promise<AuthenticatedPeer>;
}

/**
 * Whom a handshake has proved the peer to be. It is made here only: of certificates in which the
 * application believes, and whose key has signed the handshake; of a session, whose secret proves
 * the peer; and of a client that has shown nothing.
 */
export class AuthenticatedPeer {
  /** A client that has shown no certificate. */
  static readonly anonymous = new AuthenticatedPeer({ peerChain: [] }, null, false);

  readonly #shown: SessionPeer;
  /** How it signed this handshake; `null` where it did not have to. */
  readonly signatureScheme: SignatureScheme | null;
  /** Whether it stands only because the bad-certificate hook overrode a refusal. */
  readonly badCertAccepted: boolean;

  private constructor(
    shown: SessionPeer,
    signatureScheme: SignatureScheme | null,
    badCertAccepted: boolean,
  ) {
    this.#shown = shown;
    this.signatureScheme = signatureScheme;
    this.badCertAccepted = badCertAccepted;
  }

  /**
   * Asks the authentication hook about the peer's certificates, and the bad-certificate hook where
   * that one refuses. They may take their time: what the peer sends next is looked at meanwhile.
   */
  static claim(context: AuthenticationContext, received: ReceivedChain): PeerClaim {
    const { chain, ...proofs } = received;
    const judgement = judge(context, received);
    judgement.catch(() => {}); // awaited with the proof
    return {
      certificate: chain[0],
      prove: async (verification) => {
        verification.catch(() => {}); // awaited after the judgement
        const { badCertAccepted } = await judgement;
        const scheme = await verification;
        return new AuthenticatedPeer({ peerChain: chain, ...proofs }, scheme, badCertAccepted);
      },
    };
  }

  /** The peer of a resumed session. None is kept that an override has accepted. */
  static ofSession(session: SessionPeer): AuthenticatedPeer {
    return new AuthenticatedPeer(session, null, false);
  }

  /**
   * The same one in a handshake that is bound to this one, in which it was not asked to prove
   * itself.
   */
  unasked(): AuthenticatedPeer {
    return new AuthenticatedPeer(this.#shown, null, this.badCertAccepted);
  }

  /**
   * Who a client is that has answered a request after the handshake: it may have shown nothing
   * more, which takes nothing back.
   */
  answering(before: AuthenticatedPeer): AuthenticatedPeer {
    return new AuthenticatedPeer(
      this.#shown,
      this.signatureScheme ?? before.signatureScheme,
      this.badCertAccepted || before.badCertAccepted,
    );
  }

  /** The certificates, the peer's own first; none of a client that has shown none. */
  get chain(): readonly Certificate[] {
    return this.#shown.peerChain;
  }

  /** The OCSP response that came with them; `null` where there was none. */
  get stapledOcspResponse(): Uint8Array<ArrayBuffer> | null {
    return this.#shown.stapledOcspResponse ?? null;
  }

  /** The list of SCTs that came with them; `null` where there was none. */
  get signedCertTimestamps(): Uint8Array<ArrayBuffer> | null {
    return this.#shown.signedCertTimestamps ?? null;
  }
}

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

async function judge(
  context: AuthenticationContext,
  received: ReceivedChain,
): Promise<{ readonly badCertAccepted: boolean }> {
  const [certificate] = received.chain;
  const peer = authenticationOf(context, received);
  checkPeerKey(certificate, peer.isServer, presetsOf(context.config));
  try {
    await askHook(context, peer);
    checkMaySign(certificate); // a hook that knows the key need not think of its usage
    return { badCertAccepted: false };
  } catch (cause) {
    const error = toSslError(cause, "SEC_ERROR_APPLICATION_CALLBACK_ERROR");
    if (!(await overrules(context, error, peer))) throw error;
    return { badCertAccepted: true };
  }
}

/**
 * Whether certificates that were verified once, by whomever, would be believed now: nobody is asked
 * to overrule a refusal.
 */
export async function isStillTrusted(
  context: AuthenticationContext,
  { peerChain, stapledOcspResponse = null, signedCertTimestamps = null }: SessionPeer,
): Promise<boolean> {
  const [certificate, ...issuers] = peerChain;
  if (certificate === undefined) return false;
  const received: ReceivedChain = {
    chain: [certificate, ...issuers],
    stapledOcspResponse,
    signedCertTimestamps,
  };
  const peer = authenticationOf(context, received);
  try {
    checkPeerKey(certificate, peer.isServer, presetsOf(context.config));
    await askHook(context, peer);
    checkMaySign(certificate);
    return true;
  } catch {
    return false; // a full handshake asks again, and says why
  }
}

function authenticationOf(
  { config, environment }: AuthenticationContext,
  { chain, stapledOcspResponse, signedCertTimestamps }: ReceivedChain,
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
  { config, hooks }: AuthenticationContext,
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
  { config, hooks }: AuthenticationContext,
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
