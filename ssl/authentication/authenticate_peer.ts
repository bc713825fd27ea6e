// Copyright 2026 the NSS for Deno authors. MIT license.

import { importLazily, LazyModule } from "../../cert/base/lazy_module.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import { receivedCertificate } from "../../cert/certificate/known_certificates.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import {
  readSubjectPublicKeyInfo,
  type SubjectPublicKeyInfo,
} from "../../cert/certificate/spki.ts";
import { NssError } from "../../cert/base/errors.ts";
import { stateOf } from "../../cert/base/printable.ts";
import type { VerifyLogEntry } from "../../cert/verify/verify_cert.ts";
import { forHook, keepChain, withoutHook } from "./application_chain.ts";
import { authCertificate } from "./auth_certificate.ts";
import type { AuthenticationContext } from "./authentication_context.ts";
import { checkMaySign, checkPeerKey } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";
import { isKnown, type PeerIdentity } from "../base/session_cache.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { PeerAuthentication } from "../config/hooks.ts";
import { show } from "../../cert/base/options.ts";

/**
 * The maximum number of certificates in a chain; OpenSSL's default verification depth is 100, and
 * chains of the public web have less than 10.
 */
export const MAX_CHAIN_LENGTH = 16;

/** Few peers show raw public keys. */
const RAW_PUBLIC_KEYS = new LazyModule(
  "the judgement of raw public keys",
  () => import("./raw_public_keys.ts"),
);

/** What a peer has sent of itself, which is not verified. */
export type Received = ReceivedChain | ReceivedKey;

/** The raw public key that a peer has sent in place of certificates (RFC 7250). */
export interface ReceivedKey {
  readonly chain: readonly [];
  /** The key. */
  readonly rawPublicKey: SubjectPublicKeyInfo;
  readonly stapledOcspResponse: null;
  readonly signedCertTimestamps: null;
}

/** The certificates that a peer has sent, which are not verified. */
export interface ReceivedChain extends CertificateProofs {
  /** The certificates, that of the peer first. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  readonly rawPublicKey: null;
}

/** What a server sends with its certificates. */
interface CertificateProofs {
  /** The stapled OCSP response; `null` for none. */
  readonly stapledOcspResponse: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs; `null` for none. */
  readonly signedCertTimestamps: Uint8Array<ArrayBuffer> | null;
}

/** The peer of a session. Sessions of servers have no OCSP response and no SCTs. */
export interface SessionPeer extends PeerIdentity {
  /** The stapled OCSP response. */
  readonly stapledOcspResponse?: Uint8Array<ArrayBuffer> | null;
  /** The list of SCTs. */
  readonly signedCertTimestamps?: Uint8Array<ArrayBuffer> | null;
  /** The identity of the external pre-shared key; sessions have none. */
  readonly pskIdentity?: Uint8Array<ArrayBuffer>;
}

/** A peer's certificates, or its raw public key, that are being verified. */
export interface PeerClaim {
  /** The key that must have signed the handshake. */
  readonly publicKey: SubjectPublicKeyInfo;
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
 * application has accepted and whose key has signed the handshake, for resumed sessions and
 * external pre-shared keys, whose secret authenticates the peer, and for clients without a
 * certificate.
 */
export class AuthenticatedPeer {
  /** A client without a certificate. */
  static readonly anonymous = new AuthenticatedPeer(
    { peerChain: [], peerRawPublicKey: null },
    null,
    false,
  );

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
  static claim(context: AuthenticationContext, received: Received): PeerClaim {
    const { chain, rawPublicKey: peerRawPublicKey, ...proofs } = received;
    const acceptance = received.rawPublicKey === null
      ? accept(context, received)
      : acceptKey(context, received.rawPublicKey);
    acceptance.catch(() => {}); // awaited in prove()
    return {
      get publicKey() {
        return publicKeyOf(received);
      },
      prove: async (verification) => {
        verification.catch(() => {}); // awaited below
        const { badCertAccepted } = await acceptance;
        const scheme = await verification;
        const identity = { peerChain: keepChain(chain), peerRawPublicKey, ...proofs };
        return new AuthenticatedPeer(identity, scheme, badCertAccepted);
      },
    };
  }

  /** Returns the peer of a resumed session; sessions accepted by an override are not kept. */
  static ofSession(session: SessionPeer): AuthenticatedPeer {
    return new AuthenticatedPeer(session, null, false);
  }

  /** Returns the peer that holds an external pre-shared key, as its binder or Finished proves. */
  static ofPsk(pskIdentity: Uint8Array<ArrayBuffer>): AuthenticatedPeer {
    return new AuthenticatedPeer(
      { peerChain: [], peerRawPublicKey: null, pskIdentity },
      null,
      false,
    );
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
    const { pskIdentity } = before;
    return new AuthenticatedPeer(
      pskIdentity === null ? this.#identity : { ...this.#identity, pskIdentity },
      this.signatureScheme ?? before.signatureScheme,
      this.badCertAccepted || before.badCertAccepted,
    );
  }

  /** The certificates, that of the peer first; empty for a client without. */
  get chain(): readonly Certificate[] {
    return this.#identity.peerChain;
  }

  /** The raw public key in place of certificates; `null` for none. */
  get rawPublicKey(): SubjectPublicKeyInfo | null {
    return this.#identity.peerRawPublicKey;
  }

  /** Whether the peer has authenticated itself. */
  get isKnown(): boolean {
    return isKnown(this.#identity);
  }

  /** The identity of the external pre-shared key; `null` for none. */
  get pskIdentity(): Uint8Array<ArrayBuffer> | null {
    return this.#identity.pskIdentity ?? null;
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

/** Returns the key that the peer must hold. */
export function publicKeyOf(received: Received): SubjectPublicKeyInfo {
  return received.rawPublicKey === null
    ? received.chain[0].subjectPublicKeyInfo
    : received.rawPublicKey;
}

const NO_PROOFS: CertificateProofs = { stapledOcspResponse: null, signedCertTimestamps: null };

/**
 * Reads what a Certificate message has of the peer.
 *
 * @param encodings The certificates, or raw public keys, in DER.
 * @param isRaw Whether raw public keys were agreed on.
 * @param proofs What was sent with certificates.
 * @returns What was received; `null` if the message is empty.
 * @throws {SslError} As {@linkcode parseChain}; for a raw public key
 * `SSL_ERROR_RX_MALFORMED_CERTIFICATE` if there are several,
 * `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` for a kind of key that is not supported.
 */
export function readPeer(
  encodings: readonly Uint8Array<ArrayBuffer>[],
  isRaw: boolean,
  proofs: CertificateProofs = NO_PROOFS,
): Received | null {
  if (isRaw) return readRawPublicKey(encodings);
  const [certificate, ...issuers] = parseChain(encodings);
  if (certificate === undefined) return null;
  return { chain: [certificate, ...issuers], rawPublicKey: null, ...proofs };
}

function readRawPublicKey(encodings: readonly Uint8Array<ArrayBuffer>[]): ReceivedKey | null {
  const [der] = encodings;
  if (encodings.length > 1) {
    // RFC 8446, Section 4.4.2: with raw public keys there is at most one entry.
    throw new SslError(
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      `Cannot take raw public key: there are ${encodings.length} entries where one belongs`,
      { fault: "value" },
    );
  }
  if (der === undefined) return null;
  try {
    const rawPublicKey = readSubjectPublicKeyInfo(der.slice());
    return { chain: [], rawPublicKey, stapledOcspResponse: null, signedCertTimestamps: null };
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    const isUnknown = UNSUPPORTED_KEYS.includes(cause.name);
    throw new SslError(
      isUnknown ? "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE" : "SSL_ERROR_BAD_CERTIFICATE",
      `Cannot take raw public key: ${stateOf(cause)}` +
        (isUnknown ? "" : "; the peer agreed to send a SubjectPublicKeyInfo"),
      { cause },
    );
  }
}

const UNSUPPORTED_KEYS: readonly string[] = [
  "SEC_ERROR_UNSUPPORTED_KEYALG",
  "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE",
];

/** Asks what the application has named to judge raw public keys; no other hook is called. */
async function acceptKey(
  context: AuthenticationContext,
  key: SubjectPublicKeyInfo,
): Promise<{ readonly badCertAccepted: boolean }> {
  const { acceptRawPublicKey } = RAW_PUBLIC_KEYS.exports ?? await RAW_PUBLIC_KEYS.load();
  await acceptRawPublicKey(context, key);
  return { badCertAccepted: false };
}

/**
 * Refuses certificates where the application takes raw public keys alone, whatever other hooks say.
 *
 * @throws {SslError} `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE`.
 */
function requireCertificateAllowed({ rawPublicKeys }: SslConfig): void {
  if (rawPublicKeys?.orCertificate ?? true) return;
  throw new SslError(
    "SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE",
    "Cannot trust certificate: this end accepts raw public keys only; set " +
      "rawPublicKeys.orCertificate to accept certificates, too",
  );
}

/** Calls the hooks that accept or refuse the certificates. */
async function accept(
  context: AuthenticationContext,
  received: ReceivedChain,
): Promise<{ readonly badCertAccepted: boolean }> {
  const [certificate] = received.chain;
  const { badCert, authCertificate: hook } = context.config;
  const given = authenticationOf(context, received);
  requireCertificateAllowed(context.config);
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
 * Returns whether the certificates, or the raw public key, of a session are accepted now, perhaps
 * after another process verified them; the bad-certificate hook is not called.
 */
export async function isStillTrusted(
  context: AuthenticationContext,
  { peerChain, peerRawPublicKey, stapledOcspResponse = null, signedCertTimestamps = null }:
    SessionPeer,
): Promise<boolean> {
  if (peerRawPublicKey !== null) {
    return await acceptKey(context, peerRawPublicKey).then(() => true, () => false);
  }
  const [certificate, ...issuers] = peerChain;
  if (certificate === undefined) return false;
  const received: ReceivedChain = {
    chain: [certificate, ...issuers],
    rawPublicKey: null,
    stapledOcspResponse,
    signedCertTimestamps,
  };
  const peer = authenticationOf(context, received);
  try {
    requireCertificateAllowed(context.config);
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
