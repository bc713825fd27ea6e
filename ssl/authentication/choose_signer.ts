// Copyright 2026 the NSS for Deno authors. MIT license.

import type { EcCurve, PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";
import type { SslConfig } from "../config/config.ts";
import { type Credential, toCredential } from "../config/credential.ts";
import type { ClientAuthRequest } from "../config/hooks.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { namedGroupByName, type NamedGroupName } from "../tables/named_groups.ts";
import type { AuthenticationContext } from "./authenticate_peer.ts";
import { byHostName } from "./by_host_name.ts";
import { chooseScheme } from "./certificate_verify.ts";
import { authOf, chooseTls12Scheme } from "./tls12_signature.ts";

/** What an end shows, and how it signs for it. */
export interface Signer {
  /** The certificate and its chain. */
  readonly credential: Credential;
  /** The certificate's key. */
  readonly key: PrivateKey;
  /** A scheme in which the key signs and the peer verifies. */
  readonly scheme: SignatureScheme;
}

/** What a server of TLS 1.2 shows, and in which suite. */
export interface Tls12Signer extends Signer {
  /** The suite, which names the kind of key. */
  readonly cipherSuite: Tls12CipherSuite;
}

/** What a ClientHello of TLS 1.2 says about certificates. */
export interface Tls12SignerRequest {
  /** The suites that the client offers. */
  readonly cipherSuites: readonly number[];
  /** The groups that it names; `undefined` where it names none. */
  readonly groups: readonly number[] | undefined;
  /** The schemes that it accepts. */
  readonly signatureSchemes: readonly SignatureScheme[];
}

/**
 * What a server of TLS 1.3 shows: the first certificate for the host name whose key signs in a way
 * that the client accepts.
 *
 * @param serverName The host name that the client asks for.
 * @param peers The schemes that the client accepts.
 * @throws {SslError} `SSL_ERROR_NO_SERVER_KEY_FOR_ALG` or
 * `SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM` if there is none.
 */
export async function chooseServerSigner(
  { credentials, signatureSchemes }: SslConfig,
  serverName: string | null,
  peers: readonly SignatureScheme[],
): Promise<Signer> {
  requireCredentials(credentials);
  for (const credential of byHostName(credentials, serverName)) {
    const key = await credential.privateKey();
    const scheme = chooseScheme(key, signatureSchemes, peers);
    if (scheme !== undefined) return { credential, key, scheme };
  }
  throw noScheme();
}

/**
 * What a server of TLS 1.2 shows. Its order of suites decides; a suite counts where a certificate
 * goes with it.
 *
 * @param serverName The host name that the client asks for.
 * @param request What the client offers.
 * @throws {SslError} `SSL_ERROR_NO_CYPHER_OVERLAP`, `SSL_ERROR_NO_SERVER_KEY_FOR_ALG` or
 * `SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM` if there is none.
 */
export async function chooseTls12ServerSigner(
  { credentials, tls12CipherSuites, signatureSchemes }: SslConfig,
  serverName: string | null,
  request: Tls12SignerRequest,
): Promise<Tls12Signer> {
  const suites = tls12CipherSuites.filter(({ id }) => request.cipherSuites.includes(id));
  if (suites.length === 0) {
    throw new SslError(
      "SSL_ERROR_NO_CYPHER_OVERLAP",
      "Cannot agree on a cipher suite: the client offers none of " +
        tls12CipherSuites.map(({ name }) => name).join(", "),
    );
  }
  requireCredentials(credentials);
  const fitting: Tls12CipherSuite["auth"][] = [];
  for (const credential of byHostName(credentials, serverName)) {
    const key = await credential.privateKey();
    const auth = authOf(key);
    const cipherSuite = suites.find((candidate) => candidate.auth === auth);
    if (cipherSuite === undefined || auth === null || !readsCurve(request.groups, key)) continue;
    fitting.push(auth);
    const scheme = chooseTls12Scheme(key, signatureSchemes, request.signatureSchemes);
    if (scheme !== undefined) return { cipherSuite, credential, key, scheme };
  }
  if (fitting.length > 0) throw noScheme();
  throw new SslError(
    "SSL_ERROR_NO_CYPHER_OVERLAP",
    "Cannot agree on a cipher suite: no certificate of this server goes with those that the client offers " +
      "and the curves that it reads",
  );
}

/**
 * What a client shows to a server that asks for a certificate: the hook decides, or else the
 * configuration.
 *
 * @returns What to show; `null` if there is nothing, or nothing whose signature the server could
 * verify.
 * @throws {SslError} If the hook throws.
 */
export async function chooseClientSigner(
  context: AuthenticationContext,
  request: ClientAuthRequest,
): Promise<Signer | null> {
  const choose = request.version === "TLSv1.2" ? chooseTls12Scheme : chooseScheme;
  const credential = await chooseCredential(context, request, choose);
  if (credential === null) return null;
  const key = await credential.privateKey();
  const scheme = choose(key, context.config.signatureSchemes, request.signatureSchemes);
  // A certificate whose key the server cannot check would only end the handshake.
  return scheme === undefined ? null : { credential, key, scheme };
}

async function chooseCredential(
  { config, hooks }: AuthenticationContext,
  request: ClientAuthRequest,
  choose: typeof chooseScheme,
): Promise<Credential | null> {
  if (config.getClientAuthData !== null) {
    try {
      const chosen = await hooks.call(config.getClientAuthData, request);
      return chosen ? toCredential(chosen) : null;
    } catch (error) {
      throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
    }
  }
  return config.credentials.find((credential) => isWanted(credential, request, choose)) ?? null;
}

/**
 * Whether a credential's chain leads to an issuer that the server knows, and its key signs in a way
 * that it accepts.
 */
function isWanted(
  credential: Credential,
  { caNames, signatureSchemes }: ClientAuthRequest,
  choose: typeof chooseScheme,
): boolean {
  const algorithm = credential.certificate.subjectPublicKeyInfo.algorithm;
  if (choose({ algorithm }, signatureSchemes, signatureSchemes) === undefined) return false;
  if (caNames.length === 0) return true;
  return credential.chain.some(({ issuer }) => caNames.some((name) => name.equals(issuer)));
}

function requireCredentials(credentials: readonly Credential[]): void {
  if (credentials.length > 0) return;
  throw new SslError(
    "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    "Cannot complete handshake: this server has no certificate; give the option certificates",
  );
}

function noScheme(): SslError {
  return new SslError(
    "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    "Cannot agree on a signature scheme: no key of this server signs as the client accepts",
  );
}

/**
 * RFC 8422, Section 5.1.1: the groups that a client names are those of ECDSA certificates, too;
 * none named is any.
 */
function readsCurve(groups: readonly number[] | undefined, { algorithm }: PrivateKey): boolean {
  if (groups === undefined || algorithm.type !== "ec") return true;
  return groups.includes(namedGroupByName(GROUP_OF_CURVE[algorithm.curve])!.id);
}

const GROUP_OF_CURVE: Readonly<Record<EcCurve, NamedGroupName>> = {
  "P-256": "secp256r1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};
