// Copyright 2026 the NSS for Deno authors. MIT license.

import type { EcCurve, PrivateKey, SignatureScheme } from "../../cert/certificate/private_key.ts";
import { LazyModule } from "../../cert/base/lazy_module.ts";
import { shown } from "../../cert/base/printable.ts";
import { toHex } from "../../cert/base/runtime.ts";
import { describeKey } from "../../cert/certificate/spki.ts";
import type { Name } from "../../cert/names/name.ts";
import { SslError, toSslError } from "../base/errors.ts";
import { checkOwnKey, presetFault } from "../config/certificate_rules.ts";
import type { SslConfig } from "../config/config.ts";
import { hasExternalPsks, takesExternalPsks } from "../config/external_psk.ts";
import { presetsOf } from "../config/context_policy.ts";
import { type Credential, type Credentials, toCredential } from "../config/credential.ts";
import type { ClientAuthRequest } from "../config/hooks.ts";
import { RAW_PUBLIC_KEY, X509 } from "../tables/extension_types.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import { namedGroupByName, type NamedGroupName } from "../tables/named_groups.ts";
import type { AuthenticationContext, NoSigner, Signer } from "./authentication_context.ts";
import { byHostName, type Candidate } from "./by_host_name.ts";
import { chooseScheme, clientSchemeFor } from "./certificate_verify.ts";
import { authOf, chooseTls12Scheme } from "./tls12_signature.ts";

/** Few servers have raw public keys. */
const RAW_PUBLIC_KEYS = new LazyModule(
  "raw public keys",
  () => import("./raw_public_keys.ts"),
);

/** The signer of a server. */
export interface ServerSigner extends Signer {
  /** Whether the host name that the client asks for has decided. */
  readonly byName: boolean;
}

/** The signer of a TLS 1.2 server, with the cipher suite. */
export interface Tls12Signer extends ServerSigner {
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

/** What a server may show. */
interface Showable {
  readonly credential: Credentials & { privateKey(): Promise<PrivateKey> };
  readonly byName: boolean;
}

/**
 * Selects the signer of a TLS 1.3 server: the first credential, those for the host name first and
 * among them those of an authority that the client names, whose key supports a scheme that the
 * client accepts.
 *
 * @param config The server's configuration.
 * @param serverName The host name in server_name; `null` for none.
 * @param peers The schemes that the client accepts.
 * @param authorities The names in certificate_authorities, in DER; a hint (RFC 9846, Section
 * 4.5.1.2).
 * @param types The types of certificates that the client takes, in preference order.
 * @throws {SslError} `SSL_ERROR_NO_SERVER_KEY_FOR_ALG`,
 * `SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM` or `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` if there
 * is none.
 */
export async function chooseServerSigner(
  config: SslConfig,
  serverName: string | null,
  peers: readonly SignatureScheme[],
  authorities: readonly Uint8Array[],
  types: readonly number[] | null = null,
): Promise<ServerSigner> {
  const candidates = types === null
    ? byAuthority(byHostName(await serverCredentials(config), serverName), authorities)
    : await candidatesOf(config, serverName, types);
  for (const { credential, byName } of candidates) {
    const key = await credential.privateKey();
    const scheme = chooseScheme(key, config.signatureSchemes, peers);
    if (scheme !== undefined) return { credential, key, scheme, byName };
  }
  throw noScheme();
}

/** Returns what a server has of the types that the client takes, in the client's order. */
async function candidatesOf(
  config: SslConfig,
  serverName: string | null,
  types: readonly number[],
): Promise<readonly Showable[]> {
  const { ownRawKeys, noCommonType } = RAW_PUBLIC_KEYS.exports ?? await RAW_PUBLIC_KEYS.load();
  const candidates: Showable[] = [];
  const refused: string[] = [];
  for (const type of types) {
    if (type === RAW_PUBLIC_KEY) {
      const { allowed, forbidden } = await ownRawKeys(config);
      refused.push(...forbidden);
      candidates.push(...allowed.map((credential) => ({ credential, byName: false })));
    } else if (type === X509) {
      const { allowed, forbidden } = byPresets(config);
      refused.push(...forbidden);
      await Promise.all(allowed.map((credential) => credential.privateKey()));
      candidates.push(...byHostName(allowed, serverName));
    }
  }
  if (candidates.length > 0) return candidates;
  const isCommon = types.includes(X509) && types.includes(RAW_PUBLIC_KEY);
  throw refused.length > 0 || isCommon
    ? noCredential(config, refused)
    : noCommonType(config, types);
}

/**
 * Selects the signer of a TLS 1.2 server: the first credential, those for the host name first, that
 * matches an offered suite, with the first such suite in the server's order.
 *
 * @param config The server's configuration.
 * @param serverName The host name in server_name; `null` for none.
 * @param request The client's offer.
 * @param types The types of certificates that the client takes, in preference order.
 * @throws {SslError} `SSL_ERROR_NO_CYPHER_OVERLAP`, `SSL_ERROR_NO_SERVER_KEY_FOR_ALG`,
 * `SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM` or `SSL_ERROR_UNSUPPORTED_CERTIFICATE_TYPE` if there
 * is none.
 */
export async function chooseTls12ServerSigner(
  config: SslConfig,
  serverName: string | null,
  request: Tls12SignerRequest,
  types: readonly number[] | null = null,
): Promise<Tls12Signer> {
  const { tls12CipherSuites, signatureSchemes } = config;
  const suites = tls12CipherSuites.filter(({ id }) => request.cipherSuites.includes(id));
  if (suites.length === 0) {
    throw new SslError(
      "SSL_ERROR_NO_CYPHER_OVERLAP",
      "Cannot agree on a cipher suite: the client offers none of " +
        tls12CipherSuites.map(({ name }) => name).join(", ") +
        "; compare the option cipherSuites of both ends",
    );
  }
  const candidates = types === null
    ? byHostName(await serverCredentials(config), serverName)
    : await candidatesOf(config, serverName, types);
  const fitting: Tls12CipherSuite["auth"][] = [];
  for (const { credential, byName } of candidates) {
    const key = await credential.privateKey();
    const auth = authOf(key);
    const cipherSuite = suites.find((candidate) => candidate.auth === auth);
    if (cipherSuite === undefined || auth === null || !allowsCurve(request.groups, key)) continue;
    fitting.push(auth);
    const scheme = chooseTls12Scheme(key, signatureSchemes, request.signatureSchemes);
    if (scheme !== undefined) return { cipherSuite, credential, key, scheme, byName };
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
 * credentials: the first that an authority of the request has issued, or else the first whose
 * signature the server accepts. The authorities are a hint (RFC 8446, Section 4.2.4), and the
 * server may have intermediate certificates that this client does not have.
 *
 * @param context The context of the handshake.
 * @param request The server's request.
 * @param isRaw Whether it is for a raw public key.
 * @returns The signer, or why there is none.
 * @throws {SslError} If the hook throws, or chooses what a preset forbids.
 */
export async function chooseClientSigner(
  context: AuthenticationContext,
  request: ClientAuthRequest,
  isRaw: boolean,
): Promise<Signer | NoSigner> {
  const { config, hooks } = context;
  if (isRaw) {
    const { chooseRawClientSigner } = RAW_PUBLIC_KEYS.exports ?? await RAW_PUBLIC_KEYS.load();
    return await chooseRawClientSigner(context, request);
  }
  hooks.observer?.peerSchemes(request.signatureSchemes);
  const choose = clientSchemeFor(request, config.signatureSchemes);
  const passedOver: string[] = [];
  for (const credential of await clientCandidates(context, request, passedOver)) {
    const { certificate } = credential;
    const { algorithm } = certificate.subjectPublicKeyInfo;
    // The key is fetched only if the certificate lets it sign
    let hint = "";
    if (choose({ algorithm }) !== undefined) {
      const key = await credential.privateKey();
      const scheme = choose(key);
      if (scheme !== undefined) return { credential, key, scheme };
      if (algorithm.type === "rsa" && request.version === "TLSv1.3") hint = WITHOUT_PSS;
    }
    passedOver.push(
      `${shown(certificate.subject)} was passed over, because its key (${
        describeKey(algorithm)
      }) ` +
        `signs with no scheme that both ends accept${hint}`,
    );
  }
  if (passedOver.length > 0) return { reason: passedOver.join("; ") };
  return {
    reason: config.getClientAuthData === null
      ? "the option certificates has none" +
        (config.rawPublicKeys === null ? "" : ", and the server takes no raw public key")
      : "the getClientAuthData hook chose none",
  };
}

/** What helps a key whose certificate would let it sign. */
const WITHOUT_PSS =
  "; if its token cannot do RSASSA-PSS, set pkcs1ClientAuth at both ends, or use TLS 1.2";

/** Returns the credentials that a client may show, in preference order. */
async function clientCandidates(
  { config, hooks }: AuthenticationContext,
  request: ClientAuthRequest,
  passedOver: string[],
): Promise<readonly Credential[]> {
  if (config.getClientAuthData === null) {
    const { allowed, forbidden } = byPresets(config);
    passedOver.push(...forbidden);
    const [fitting, others] = [true, false].map((fits) =>
      allowed.filter((credential) => isIssuedBy(credential, request.caNames) === fits)
    );
    return [...fitting!, ...others!];
  }
  let credential;
  try {
    const chosen = await hooks.call(config.getClientAuthData, request);
    credential = chosen ? toCredential(chosen, "what the hook returned") : null;
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
  if (credential === null) return [];
  checkOwnKey(credential.certificate, presetsOf(config));
  return [credential];
}

/** Sorts candidates: where the host name treats them alike, those of a named authority first. */
function byAuthority(
  candidates: readonly Candidate[],
  authorities: readonly Uint8Array[],
): readonly Candidate[] {
  if (authorities.length === 0 || candidates.length === 1) return candidates;
  const named = new Set(authorities.map(toHex));
  const rank = ({ credential: { chain }, byName }: Candidate) =>
    (byName ? 0 : 2) + (chain.some(({ issuer }) => named.has(toHex(issuer.der))) ? 0 : 1);
  return candidates.toSorted((a, b) => rank(a) - rank(b));
}

/** Returns whether an issuer in the credential's chain is one that the server names. */
function isIssuedBy({ chain }: Credential, caNames: readonly Name[]): boolean {
  return chain.some(({ issuer }) => caNames.some((name) => name.equals(issuer)));
}

/** Returns the credentials that the presets allow, and what is wrong with the others. */
function byPresets(
  config: SslConfig,
): { readonly allowed: readonly Credential[]; readonly forbidden: readonly string[] } {
  const presets = presetsOf(config);
  const faults = config.credentials.map(({ certificate }) => presetFault(certificate, presets));
  return {
    allowed: config.credentials.filter((_, i) => faults[i] === null),
    forbidden: faults.flatMap((found, i) =>
      found === null ? [] : [
        `${shown(config.credentials[i]!.certificate.subject)} was passed over, because policy ` +
        `"${found.preset}" forbids it: ${found.fault}`,
      ]
    ),
  };
}

/**
 * Returns the credentials of a server that the presets allow, once each key has been compared with
 * its certificate, as far as that is possible before it signs.
 *
 * @throws {SslError} `SSL_ERROR_NO_SERVER_KEY_FOR_ALG` if there is none, `SEC_ERROR_INVALID_ARGS`
 * if a key is not that of its certificate.
 */
async function serverCredentials(config: SslConfig): Promise<readonly Credential[]> {
  const { allowed, forbidden } = byPresets(config);
  const open = allowed.filter(({ isCompared }) => !isCompared);
  if (open.length > 0) await Promise.all(open.map((credential) => credential.privateKey()));
  if (allowed.length > 0) return allowed;
  throw noCredential(config, forbidden);
}

function noCredential(config: SslConfig, forbidden: readonly string[]): SslError {
  return new SslError(
    "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    "Cannot complete handshake: this server has no certificate" +
      (forbidden.length > 0
        ? ` that it may use: ${forbidden.join("; ")}`
        : withoutCertificate(config)),
  );
}

/** Returns what a server without a certificate lacks, as the end of a sentence. */
function withoutCertificate(config: SslConfig): string {
  if (!hasExternalPsks(config)) return "; give the option certificates";
  return takesExternalPsks(config)
    ? ", and the client offers no pre-shared key in a mode of pskKeyExchangeModes"
    : ', and takes no pre-shared key, because clientAuth "require" wants a certificate of the client';
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
