// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily } from "../../cert/base/lazy_module.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { receivedCertificate } from "../../cert/certificate/known_certificates.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { VerifyLogEntry } from "../../cert/verify/verify_cert.ts";
import { forHook, keepChain, withoutHook } from "./application_chain.ts";
import { authCertificate } from "./auth_certificate.ts";
import { checkMaySign, checkPeerKey } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";
import type { Environment } from "../base/environment.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { HookCaller } from "../config/hook_caller.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import { show } from "../../cert/base/options.ts";

/**
 * The maximum number of certificates in a chain; OpenSSL's default verification depth is 100, and
 * chains of the public web have less than 10.
 */
export const MAX_CHAIN_LENGTH = 16;

/** What the authentication of a peer depends on. */
export interface AuthenticationContext {
  /** The configuration of the handshake. */
  readonly config: SslConfig;
  /** Calls the application's hooks. */
  readonly hooks: HookCaller;
  /** The current time. */
  readonly environment: Environment;
}

/** The certificates that a peer has sent, which are not verified. */
export interface ReceivedChain {
  /** The certificates, that of the peer first. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The stapled OCSP response; `null` for none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs; `null` for none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
}

/** The peer of a session. Sessions of servers have no OCSP response and no SCTs. */
export interface SessionPeer {
  /** The certificates, as verified in the full handshake; empty for a client without. */
  readonly peerChain: readonly Certificate[];
  /** The stapled OCSP response. */
  readonly stapledOcspResponse?: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs. */
  readonly signedCertTimestamps?: Uint8Array<ArrayBuffer> | null;
}

/** A peer's certificates that are being verified. */
export interface PeerClaim {
  /** The certificate whose key must have signed the handshake. */
  readonly certificate: Certificate;
  /**
   * Completes the authentication. If both the certificates and the signature are refused, the error
   * of the certificates is thrown.
   *
   * @param verification The verification of the signature by the certificate's key, which resolves
   * to its scheme.
   * @returns The peer.
   * @throws {SslError} If the certificates are refused or the signature does not verify.
   */
  prove(verification: Promise<SignatureScheme>): Promise<AuthenticatedPeer>;
}

/**
 * A peer that a handshake has authenticated. Instances exist only for certificates that the
 * application has accepted and whose key has signed the handshake, for resumed sessions, whose
 * secret authenticates the peer, and for clients without a certificate.
 */
export class AuthenticatedPeer {
  /** A client without a certificate. */
  static readonly anonymous = new AuthenticatedPeer({ peerChain: [] }, null, false);

  readonly #identity: SessionPeer;
  /** The scheme of its signature in this handshake; `null` if it did not sign. */
  readonly signatureScheme: SignatureScheme | null;
  /** Whether the bad-certificate hook has overridden a refusal. */
  readonly badCertAccepted: boolean;

  private constructor(
    identity: SessionPeer,
    signatureScheme: SignatureScheme | null,
    badCertAccepted: boolean,
  ) {
    this.#identity = identity;
    this.signatureScheme = signatureScheme;
    this.badCertAccepted = badCertAccepted;
  }

  /**
   * Begins to verify certificates: calls the authentication hook, and the bad-certificate hook if
   * they are refused. The peer's next messages are processed meanwhile.
   */
  static claim(context: AuthenticationContext, received: ReceivedChain): PeerClaim {
    const { chain, ...proofs } = received;
    const acceptance = accept(context, received);
    acceptance.catch(() => {}); // awaited in prove()
    return {
      certificate: chain[0],
      prove: async (verification) => {
        verification.catch(() => {}); // awaited below
        const { badCertAccepted } = await acceptance;
        const scheme = await verification;
        const identity = { peerChain: keepChain(chain), ...proofs };
        return new AuthenticatedPeer(identity, scheme, badCertAccepted);
      },
    };
  }

  /** Returns the peer of a resumed session; sessions accepted by an override are not kept. */
  static ofSession(session: SessionPeer): AuthenticatedPeer {
    return new AuthenticatedPeer(session, null, false);
  }

  /**
   * Returns the same peer for a later handshake of the connection that did not request a
   * certificate.
   */
  unasked(): AuthenticatedPeer {
    return new AuthenticatedPeer(this.#identity, null, this.badCertAccepted);
  }

  /**
   * Returns the peer after post-handshake authentication; what it has proved `before` remains if
   * the client has sent no certificate.
   */
  answering(before: AuthenticatedPeer): AuthenticatedPeer {
    return new AuthenticatedPeer(
      this.#identity,
      this.signatureScheme ?? before.signatureScheme,
      this.badCertAccepted || before.badCertAccepted,
    );
  }

  /** The certificates, that of the peer first; empty for a client without. */
  get chain(): readonly Certificate[] {
    return this.#identity.peerChain;
  }

  /** The stapled OCSP response; `null` for none. */
  get stapledOcspResponse(): Uint8Array<ArrayBuffer> | null {
    return this.#identity.stapledOcspResponse ?? null;
  }

  /** The list of SCTs; `null` for none. */
  get signedCertTimestamps(): Uint8Array<ArrayBuffer> | null {
    return this.#identity.signedCertTimestamps ?? null;
  }
}

/**
 * Parses the certificates of a Certificate message.
 *
 * @throws {SslError} `SSL_ERROR_BAD_CERTIFICATE` if one of them does not parse, or there are more
 * than {@linkcode MAX_CHAIN_LENGTH}.
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
      return receivedCertificate(der);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      throw new SslError("SSL_ERROR_BAD_CERTIFICATE", error.message, { cause: error });
    }
  });
}

/** Calls the hooks that accept or refuse the certificates. */
async function accept(
  context: AuthenticationContext,
  received: ReceivedChain,
): Promise<{ readonly badCertAccepted: boolean }> {
  const [certificate] = received.chain;
  const { badCert, authCertificate: hook } = context.config;
  const given = authenticationOf(context, received);
  checkPeerKey(certificate, given.isServer, presetsOf(context.config));
  const tolerated: VerifyLogEntry[] = [];
  for (;;) {
    const log: VerifyLogEntry[] = [];
    const peer = badCert !== null
      ? forHook({ ...given, log, tolerated: [...tolerated] })
      : hook !== null
      ? forHook(given)
      : withoutHook(given);
    try {
      await callAuthCertificate(context, peer);
      checkMaySign(certificate); // also for hooks that do not check the key usage
      return { badCertAccepted: tolerated.length > 0 };
    } catch (cause) {
      const error = toSslError(cause, "SEC_ERROR_APPLICATION_CALLBACK_ERROR");
      if (badCert === null) throw error;
      context.hooks.observer?.certificateError(error);
      const { askBadCert } = await importLazily(
        "the questions to a badCert hook",
        () => import("./bad_cert.ts"),
      );
      const more = await askBadCert(context.hooks, badCert, error, peer, tolerated);
      // A hook of the application's may check more after authCertificate(), which threw
      if (!more || hook === null || log.length === 0) return { badCertAccepted: true };
    }
  }
}

/**
 * Returns whether the certificates of a session are accepted now, perhaps after another process
 * verified them; the bad-certificate hook is not called.
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
    const { authCertificate: hook } = context.config;
    await callAuthCertificate(context, hook ? forHook(peer) : withoutHook(peer));
    checkMaySign(certificate);
    return true;
  } catch {
    return false; // the full handshake that follows reports the error
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

async function callAuthCertificate(
  { config, hooks }: AuthenticationContext,
  peer: PeerAuthentication,
): Promise<void> {
  const hook = config.authCertificate ?? authCertificate;
  // JavaScript may return any value
  const verdict: unknown = await hooks.call(hook, peer);
  if (verdict === true) return;
  throw new SslError(
    "SSL_ERROR_BAD_CERTIFICATE",
    verdict === false
      ? "Cannot trust certificate: the authCertificate hook refused it"
      : `Cannot trust certificate: the authCertificate hook returned ${show(verdict)}, ` +
        "and only true accepts" +
        (verdict === undefined ? "; perhaps a return or an await is missing in it" : ""),
  );
}
