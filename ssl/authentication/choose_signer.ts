// Copyright 2026 the NSS for Deno authors. MIT license.

import type { EcCurve, PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { checkOwnKey } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { presetsOf } from "../config/context_policy.ts";
import { type Credential, toCredential } from "../config/credential.ts";
import type { ClientAuthRequest } from "../config/hooks.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { namedGroupByName, type NamedGroupName } from "../tables/named_groups.ts";
import type { AuthenticationContext } from "./authenticate_peer.ts";
import { byHostName } from "./by_host_name.ts";
import { chooseScheme } from "./certificate_verify.ts";
import { authOf, chooseTls12Scheme } from "./tls12_signature.ts";

/** The certificate, key and signature scheme with which an end authenticates itself. */
export interface Signer {
  /** The certificate and its chain. */
  readonly credential: Credential;
  /** The certificate's key. */
  readonly key: PrivateKey;
  /** A scheme that the key supports and the peer accepts. */
  readonly scheme: SignatureScheme;
}

/** The signer of a TLS 1.2 server, with the cipher suite. */
export interface Tls12Signer extends Signer {
  /** The cipher suite, which determines the type of key. */
  readonly cipherSuite: Tls12CipherSuite;
}

/** The parts of a TLS 1.2 ClientHello that limit the server's certificate. */
export interface Tls12SignerRequest {
  /** The cipher suites that the client offers. */
  readonly cipherSuites: readonly number[];
  /** The supported groups; `undefined` without the extension. */
  readonly groups: readonly number[] | undefined;
  /** The signature schemes that the client accepts. */
  readonly signatureSchemes: readonly SignatureScheme[];
}

/**
 * Selects the signer of a TLS 1.3 server: the first credential, those for the host name first,
 * whose key supports a scheme that the client accepts.
 *
 * @param config The server's configuration.
 * @param serverName The host name in server_name; `null` for none.
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
 * Selects the signer of a TLS 1.2 server: the first credential, those for the host name first, that
 * matches an offered suite, with the first such suite in the server's order.
 *
 * @param config The server's configuration.
 * @param serverName The host name in server_name; `null` for none.
 * @param request The client's offer.
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
        tls12CipherSuites.map(({ name }) => name).join(", ") +
        "; compare the option cipherSuites of both ends",
    );
  }
  requireCredentials(credentials);
  const fitting: Tls12CipherSuite["auth"][] = [];
  for (const credential of byHostName(credentials, serverName)) {
    const key = await credential.privateKey();
    const auth = authOf(key);
    const cipherSuite = suites.find((candidate) => candidate.auth === auth);
    if (cipherSuite === undefined || auth === null || !allowsCurve(request.groups, key)) continue;
    fitting.push(auth);
    const scheme = chooseTls12Scheme(key, signatureSchemes, request.signatureSchemes);
    if (scheme !== undefined) return { cipherSuite, credential, key, scheme };
  }
  if (fitting.length > 0) throw noScheme();
  throw new SslError(
    "SSL_ERROR_NO_CYPHER_OVERLAP",
    "Cannot agree on a cipher suite: those that the client offers, and its curves, suit no key of " +
      "this server; add a certificate with another kind of key",
  );
}

/**
 * Selects the signer of a client for a server's request, by the hook, or else from the configured
 * credentials.
 *
 * @returns The signer; `null` if there is none whose signature the server accepts.
 * @throws {SslError} If the hook throws, or chooses what a preset forbids.
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
  // A certificate without a common scheme would end the handshake.
  return scheme === undefined ? null : { credential, key, scheme };
}

async function chooseCredential(
  { config, hooks }: AuthenticationContext,
  request: ClientAuthRequest,
  choose: typeof chooseScheme,
): Promise<Credential | null> {
  if (config.getClientAuthData !== null) {
    let credential;
    try {
      const chosen = await hooks.call(config.getClientAuthData, request);
      credential = chosen ? toCredential(chosen) : null;
    } catch (error) {
      throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
    }
    // The presets have been applied to the configured credentials only
    if (credential !== null) checkOwnKey(credential.certificate, presetsOf(config));
    return credential;
  }
  return config.credentials.find((credential) => satisfies(credential, request, choose)) ?? null;
}

/**
 * Returns whether an issuer in the credential's chain is one that the server names, and its key
 * supports a scheme that the server accepts.
 */
function satisfies(
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
    "Cannot agree on a signature scheme: no key of this server signs as the client accepts; add a " +
      "certificate with another kind of key, or compare the option signatureSchemes of both ends",
  );
}

/**
 * Returns whether supported_groups, which also limits ECDSA certificates, allows the curve of a
 * key; without the extension any is allowed (RFC 8422, Section 5.1.1).
 */
function allowsCurve(groups: readonly number[] | undefined, { algorithm }: PrivateKey): boolean {
  if (groups === undefined || algorithm.type !== "ec") return true;
  return groups.includes(namedGroupByName(GROUP_OF_CURVE[algorithm.curve])!.id);
}

const GROUP_OF_CURVE: Readonly<Record<EcCurve, NamedGroupName>> = {
  "P-256": "secp256r1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};
