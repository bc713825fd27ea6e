// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Name } from "../cert/name.ts";
import type { TrustAnchor } from "../cert/trust_anchor.ts";
import { trustAnchorOf } from "../cert/trust_anchor.ts";
import type { SignatureScheme } from "../cert/private_key.ts";
import { defaultContext, type NssContext } from "../pkcs11/context.ts";
import { type Credential, toCertificates, toCredential } from "./credential.ts";
import { SslError } from "./errors.ts";
import type {
  AlertCallback,
  AuthCertificateHook,
  BadCertHook,
  ClientHelloCallback,
  GetClientAuthDataHook,
  HandshakeCallback,
  HelloRetryRequestCallback,
  KeyLogCallback,
  NextProtoCallback,
  ResumptionTokenCallback,
  SniSocketConfigHook,
} from "./hooks.ts";
import type { ClientAuth, ImportOptions, Role, VersionRange } from "./import_options.ts";
import { configOf } from "./config_registry.ts";
import type { ResumptionToken } from "./session_cache/token.ts";
import { MAX_HOST_NAME_LENGTH } from "./extensions/server_name.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
} from "./tables/cipher_suites.ts";
import { NAMED_GROUPS, type NamedGroup } from "./tables/named_groups.ts";
import { POLICY_PRESETS, type PolicyPreset, policyPresetByName } from "./tables/policy_presets.ts";
import { SIGNATURE_SCHEMES } from "./tables/signature_schemes.ts";
import {
  PROTOCOL_VERSIONS,
  SUPPORTED_VERSIONS,
  TLS_1_2,
  TLS_1_3,
  versionName,
} from "./tables/versions.ts";

/** A socket's configuration: plain values, each present, copied whole from models. */
export interface SslConfig {
  role: Role;
  hostname: string | null;
  trustAnchors: readonly TrustAnchor[] | null;
  credentials: readonly Credential[];
  clientAuth: ClientAuth;
  /** When a server that asks for a certificate insists on one; `clientAuth` says what follows from it for now. */
  requireCertificate: RequireCertificate;
  /** Whose certificates a server says that it takes; `null` for those of the trust anchors. */
  caNames: readonly Name[] | null;
  alpn: boolean;
  alpnProtocols: readonly string[];
  minVersion: number;
  maxVersion: number;
  /** The suites of TLS 1.3. */
  cipherSuites: readonly CipherSuite[];
  tls12CipherSuites: readonly Tls12CipherSuite[];
  groups: readonly NamedGroup[];
  keyShares: readonly NamedGroup[] | null;
  /** How many groups besides the first get a share at once; `null` where `keyShares` or the default says it. */
  additionalKeyShares: number | null;
  signatureSchemes: readonly SignatureScheme[];
  policyPreset: PolicyPreset | null;
  noCache: boolean;
  sessionTickets: boolean;
  ocspStapling: boolean;
  /** Whether a client asks for SCTs. */
  signedCertTimestamps: boolean;
  extendedMasterSecret: "off" | "on" | "required";
  requireSafeNegotiation: boolean;
  /** Whether, and with whom, a TLS 1.2 connection is negotiated anew when the peer wants it. */
  renegotiation: Renegotiation;
  /** Whether a client shows its certificate after the handshake, too. */
  postHandshakeAuth: boolean;
  fallbackScsv: boolean;
  downgradeCheck: boolean;
  compatMode: boolean;
  grease: boolean;
  permuteExtensions: boolean;
  /** The most plaintext that this end takes in one record, the inner content type included (RFC 8449). */
  recordSizeLimit: number;
  /** Whether the chain of a server's certificate is completed from the context's database. */
  loadCertificateChain: boolean;
  pinArg: unknown;
  peerId: string | null;
  /** What the application calls a server's configuration, which other processes have, too. */
  sessionIdContext: string | null;
  handshakeTimeout: number;
  closeTimeout: number;
  noDelay: boolean;
  allowTruncation: boolean;
  authCertificate: AuthCertificateHook | null;
  badCert: BadCertHook | null;
  getClientAuthData: GetClientAuthDataHook | null;
  clientHelloCallback: ClientHelloCallback | null;
  helloRetryRequestCallback: HelloRetryRequestCallback | null;
  sniSocketConfig: SniSocketConfigHook | null;
  nextProtoCallback: NextProtoCallback | null;
  handshakeCallback: HandshakeCallback | null;
  alertSentCallback: AlertCallback | null;
  alertReceivedCallback: AlertCallback | null;
  resumptionTokenCallback: ResumptionTokenCallback | null;
  /** The session that a client is to resume; a socket's own, not its copies'. */
  resumptionToken: ResumptionToken | null;
  keyLog: KeyLogCallback | null;
  context: NssContext;
}

/** Whether, and with whom, a TLS 1.2 connection is negotiated anew (`SSL_RENEGOTIATE_*`). */
export type Renegotiation = "NEVER" | "UNRESTRICTED" | "REQUIRES_XTN" | "TRANSITIONAL";

/** When a server insists on a client's certificate (`SSL_REQUIRE_CERTIFICATE`). */
export type RequireCertificate = "NEVER" | "ALWAYS" | "FIRST_HANDSHAKE" | "NO_ERROR";

const defaults = new WeakMap<NssContext, SslConfig>();

/** What sockets of a context begin with, unless they copy a model; changed in place by those who set defaults. */
export function defaultsOf(context: NssContext): SslConfig {
  let config = defaults.get(context);
  if (config === undefined) {
    config = builtInDefaults(context);
    defaults.set(context, config);
  }
  return config;
}

/** A configuration in which nothing has been chosen. */
export function builtInDefaults(context: NssContext): SslConfig {
  return {
    role: "client",
    hostname: null,
    trustAnchors: null,
    credentials: [],
    clientAuth: "none",
    requireCertificate: "FIRST_HANDSHAKE",
    caNames: null,
    alpn: true,
    alpnProtocols: [],
    minVersion: TLS_1_2,
    maxVersion: TLS_1_3,
    cipherSuites: CIPHER_SUITES,
    tls12CipherSuites: TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
    groups: NAMED_GROUPS.filter((group) => group.available()),
    keyShares: null,
    additionalKeyShares: null,
    signatureSchemes: DEFAULT_SIGNATURE_SCHEMES,
    policyPreset: null,
    noCache: false,
    sessionTickets: true,
    ocspStapling: false,
    signedCertTimestamps: false,
    extendedMasterSecret: "on",
    requireSafeNegotiation: false,
    renegotiation: "NEVER",
    postHandshakeAuth: false,
    fallbackScsv: false,
    downgradeCheck: true,
    compatMode: true,
    grease: false,
    permuteExtensions: false,
    recordSizeLimit: MAX_RECORD_SIZE_LIMIT,
    loadCertificateChain: false,
    pinArg: undefined,
    peerId: null,
    sessionIdContext: null,
    handshakeTimeout: DEFAULT_HANDSHAKE_TIMEOUT,
    closeTimeout: DEFAULT_CLOSE_TIMEOUT,
    noDelay: true,
    allowTruncation: false,
    authCertificate: null,
    badCert: null,
    getClientAuthData: null,
    clientHelloCallback: null,
    helloRetryRequestCallback: null,
    sniSocketConfig: null,
    nextProtoCallback: null,
    handshakeCallback: null,
    alertSentCallback: null,
    alertReceivedCallback: null,
    resumptionTokenCallback: null,
    resumptionToken: null,
    keyLog: null,
    context,
  };
}

/** How many milliseconds a handshake may take: somebody may have to type a password. nginx's `ssl_handshake_timeout` is as long. */
export const DEFAULT_HANDSHAKE_TIMEOUT = 60_000;

/** How many milliseconds what was written may take to leave when a socket closes. */
export const DEFAULT_CLOSE_TIMEOUT = 5_000;

/** 2^14 bytes of data and the inner content type: no limit (RFC 8449, Section 4; NSS's default). */
export const MAX_RECORD_SIZE_LIMIT = 2 ** 14 + 1;

/**
 * The configuration that options describe, on top of their model's or of a given one.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if an option has no such value.
 */
export function resolveConfig(options: ImportOptions, base?: SslConfig): SslConfig {
  const model = options.model && configOf(options.model);
  const config = { ...(model ?? base ?? defaultsOf(options.context ?? defaultContext())) };
  config.resumptionToken = null;
  copyPresent(config, options);
  if (options.policy !== undefined) applyPreset(config, presetByName(options.policy));
  // Types do not bind JavaScript, and a server that is told "required" must not go on without a certificate.
  checkChoice("role", config.role, ROLES);
  checkChoice("clientAuth", config.clientAuth, CLIENT_AUTHS);
  if (options.clientAuth !== undefined) followClientAuth(config);
  checkTimeout("handshakeTimeout", config.handshakeTimeout);
  checkTimeout("closeTimeout", config.closeTimeout);
  if (options.hostname !== undefined) config.hostname = normalizeHostname(options.hostname);
  if (options.caCerts !== undefined) {
    config.trustAnchors = options.caCerts.flatMap(toCertificates).map(trustAnchorOf);
  }
  if (options.certificates !== undefined) {
    config.credentials = options.certificates.map(toCredential);
  }
  if (options.versions !== undefined) applyVersions(config, options.versions);
  if (options.cipherSuites !== undefined) {
    setCipherSuites(config, options.cipherSuites);
    if (!offersTls13(config) && !offersTls12(config)) {
      throw invalid("cipherSuites", "none of them is of a version that is enabled");
    }
  }
  if (options.groups !== undefined) setGroups(config, options.groups);
  if (options.keyShares !== undefined) {
    config.keyShares = rowsByName("keyShares", NAMED_GROUPS, options.keyShares);
    config.additionalKeyShares = null;
  }
  if (options.signatureSchemes !== undefined) {
    setSignatureSchemes(config, options.signatureSchemes);
  }
  if (options.alpnProtocols !== undefined) setAlpnProtocols(config, options.alpnProtocols);
  return config;
}

/**
 * The preset of a name.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if there is none.
 */
export function presetByName(name: string): PolicyPreset {
  const preset = policyPresetByName(name);
  if (preset !== undefined) return preset;
  throw invalid("policy", `"${name}" is none of ${POLICY_PRESETS.map((p) => p.name).join(", ")}`);
}

/** Chooses all that a preset fixes. */
export function applyPreset(config: SslConfig, preset: PolicyPreset): void {
  config.policyPreset = preset;
  applyVersions(config, { min: preset.minVersion, max: preset.maxVersion });
  setCipherSuites(config, preset.cipherSuites);
  config.groups = preset.groups.map((name) => NAMED_GROUPS.find((group) => group.name === name)!)
    .filter((group) => group.available());
  config.keyShares = null;
  config.additionalKeyShares = null;
  config.signatureSchemes = preset.signatureSchemes;
}

/** Enables suites of all versions, the favourite first. */
export function setCipherSuites(config: SslConfig, names: readonly string[]): void {
  const suites = rowsByName("cipherSuites", [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES], names);
  config.cipherSuites = suites.filter((suite) => "aead" in suite);
  config.tls12CipherSuites = suites.filter((suite) => "bulk" in suite);
}

/** Enables key exchange groups, the favourite first. */
export function setGroups(config: SslConfig, names: readonly string[]): void {
  const groups = rowsByName("groups", NAMED_GROUPS, names);
  const missing = groups.find((group) => !group.available());
  if (missing) throw invalid("groups", `this runtime's WebCrypto lacks ${missing.name}`);
  config.groups = groups;
}

/** Enables signature schemes, the favourite first. */
export function setSignatureSchemes(config: SslConfig, schemes: readonly SignatureScheme[]): void {
  config.signatureSchemes = rowsByScheme(schemes);
}

/** Sets the application protocols, the favourite first. */
export function setAlpnProtocols(config: SslConfig, protocols: readonly string[]): void {
  checkAlpnProtocols(protocols);
  config.alpnProtocols = [...protocols]; // what is checked stays as it is
}

/** Whether a server that asks for a certificate goes on without one in the first handshake. */
export function insists(require: RequireCertificate): boolean {
  return require === "ALWAYS" || require === "FIRST_HANDSHAKE";
}

/** Lets the NSS option say what `clientAuth` has been set to. */
function followClientAuth(config: SslConfig): void {
  const { clientAuth, requireCertificate } = config;
  if (clientAuth === "none" || insists(requireCertificate) === (clientAuth === "require")) return;
  config.requireCertificate = clientAuth === "require" ? "FIRST_HANDSHAKE" : "NEVER";
}

/** Whether a configuration leaves room for TLS 1.3. */
export function offersTls13({ maxVersion, cipherSuites }: SslConfig): boolean {
  return maxVersion >= TLS_1_3 && cipherSuites.length > 0;
}

/** Whether a configuration leaves room for TLS 1.2. */
export function offersTls12({ minVersion, tls12CipherSuites, groups }: SslConfig): boolean {
  return minVersion <= TLS_1_2 && tls12CipherSuites.length > 0 && groups.some(({ tls12 }) => tls12);
}

/** The groups for which a client sends a share in its first hello. */
export function initialKeyShares(
  { groups, keyShares, additionalKeyShares }: SslConfig,
): readonly NamedGroup[] {
  if (additionalKeyShares !== null) return groups.slice(0, 1 + additionalKeyShares);
  const wanted = keyShares ?? groups.filter(({ name }) => DEFAULT_KEY_SHARES.includes(name));
  const shares = wanted.filter((group) => groups.includes(group));
  return shares.length > 0 ? shares : groups.slice(0, 1);
}

/** X25519 is eight times cheaper than P-256 here, and every peer worth a round trip has it. */
const DEFAULT_KEY_SHARES: readonly string[] = ["X25519MLKEM768", "x25519"];

/**
 * ECDSA first, as it is the cheapest to make with a hardware key and the commonest; then RSA-PSS. PKCS#1 stands last, for
 * certificates' signatures only: TLS 1.3 does not sign with it (RFC 8446, Section 4.2.3).
 */
const DEFAULT_SIGNATURE_SCHEMES: readonly SignatureScheme[] = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pss_pss_sha256",
  "rsa_pss_pss_sha384",
  "rsa_pss_pss_sha512",
  "rsa_pkcs1_sha256",
  "rsa_pkcs1_sha384",
  "rsa_pkcs1_sha512",
];

/** The options that the configuration holds as they are. */
const PLAIN_OPTIONS = [
  "role",
  "clientAuth",
  "alpnProtocols",
  "sessionTickets",
  "ocspStapling",
  "signedCertTimestamps",
  "peerId",
  "sessionIdContext",
  "handshakeTimeout",
  "closeTimeout",
  "noDelay",
  "allowTruncation",
  "authCertificate",
  "badCert",
  "getClientAuthData",
  "clientHelloCallback",
  "helloRetryRequestCallback",
  "sniSocketConfig",
  "nextProtoCallback",
  "handshakeCallback",
  "alertSentCallback",
  "alertReceivedCallback",
  "resumptionTokenCallback",
  "keyLog",
  "context",
] as const satisfies readonly (keyof ImportOptions & keyof SslConfig)[];

type PlainOptions = Pick<SslConfig, (typeof PLAIN_OPTIONS)[number]>;

function copyPresent(config: SslConfig, options: ImportOptions): void {
  const present: Partial<PlainOptions> = Object.fromEntries(
    PLAIN_OPTIONS.filter((name) => options[name] !== undefined).map((
      name,
    ) => [name, options[name]]),
  );
  Object.assign(config, present);
}

/** The host name of a host name or URL, as SNI and certificates spell it: A-labels, lower case, no port, no final dot. */
export function normalizeHostname(input: string): string {
  const url = URL.parse(input.includes("://") ? input : `https://${hostPart(input)}`);
  if (url === null || url.hostname === "") throw invalid("hostname", `"${input}" is no host name`);
  const hostname = url.hostname.replace(/^\[(.*)\]$/, "$1").replace(/\.$/, "");
  if (hostname.length > MAX_HOST_NAME_LENGTH) {
    throw invalid("hostname", `it is ${hostname.length} characters long`);
  }
  return hostname;
}

/** A host, perhaps with its port, where there is no scheme: nothing of a URL besides, and addresses with colons in brackets. */
function hostPart(input: string): string {
  if (/[/\\?#@]/.test(input)) throw invalid("hostname", `"${input}" is no host name`);
  return /^[^[].*:.*:/.test(input) || input.startsWith("::") ? `[${input}]` : input;
}

/** Sets the range of versions; what is left out stays as it is. */
export function applyVersions(config: SslConfig, { min, max }: VersionRange): void {
  for (const version of [min, max]) {
    if (version !== undefined && !SUPPORTED_VERSIONS.includes(version)) {
      throw new SslError(
        "SSL_ERROR_INVALID_VERSION_RANGE",
        `Cannot use option versions: ${version} is not supported, only ${SUPPORTED_VERSIONS}`,
      );
    }
  }
  const minVersion = min === undefined ? config.minVersion : PROTOCOL_VERSIONS[min];
  const maxVersion = max === undefined ? config.maxVersion : PROTOCOL_VERSIONS[max];
  if (minVersion > maxVersion) {
    throw new SslError(
      "SSL_ERROR_INVALID_VERSION_RANGE",
      `Cannot use option versions: ${versionName(minVersion)} to ${
        versionName(maxVersion)
      } is no range`,
    );
  }
  config.minVersion = minVersion;
  config.maxVersion = maxVersion;
}

const ROLES: readonly Role[] = ["client", "server"];
const CLIENT_AUTHS: readonly ClientAuth[] = ["none", "request", "require"];

function checkChoice<T>(option: string, value: T, choices: readonly T[]): void {
  if (choices.includes(value)) return;
  throw invalid(option, `${JSON.stringify(value)} is none of ${choices.join(", ")}`);
}

function checkTimeout(option: string, milliseconds: number): void {
  if (typeof milliseconds === "number" && milliseconds >= 0) return;
  throw invalid(option, `${milliseconds} is no number of milliseconds`);
}

/** How many bytes a list of protocols takes at most: beside a cookie and a ticket there must be room for it in a hello. */
const MAX_PROTOCOLS_LENGTH = 2 ** 13;

function checkAlpnProtocols(protocols: readonly string[]): void {
  let total = 0;
  for (const protocol of protocols) {
    const { length } = new TextEncoder().encode(protocol);
    total += 1 + length;
    if (length === 0 || length > 255) {
      throw invalid("alpnProtocols", `"${protocol}" is not 1 to 255 bytes long`);
    }
  }
  if (total > MAX_PROTOCOLS_LENGTH) throw invalid("alpnProtocols", `they take ${total} bytes`);
}

function rowsByName<Row extends { readonly name: string }>(
  option: string,
  table: readonly Row[],
  names: readonly string[],
): readonly Row[] {
  if (names.length === 0) throw invalid(option, "the list is empty");
  return [...new Set(names)].map((name) => {
    const row = table.find((candidate) => candidate.name === name);
    if (row === undefined) {
      const known = table.map((candidate) => candidate.name).join(", ");
      throw invalid(option, `"${name}" is none of ${known}`);
    }
    return row;
  });
}

function rowsByScheme(schemes: readonly SignatureScheme[]): readonly SignatureScheme[] {
  if (schemes.length === 0) throw invalid("signatureSchemes", "the list is empty");
  const unknown = schemes.find((name) => !SIGNATURE_SCHEMES.some(({ scheme }) => scheme === name));
  if (unknown !== undefined) throw invalid("signatureSchemes", `"${unknown}" is unknown`);
  return [...new Set(schemes)];
}

/** The error for a value that an option has not. */
export function invalid(option: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use option ${option}: ${why}`);
}
