// Copyright 2026 the NSS for Deno authors. MIT license.

import type { TrustAnchor } from "../cert/trust_anchor.ts";
import { trustAnchorOf } from "../cert/trust_anchor.ts";
import type { SignatureScheme } from "../cert/private_key.ts";
import { defaultContext, type NssContext } from "../pkcs11/context.ts";
import { type Credential, toCertificates, toCredential } from "./credential.ts";
import { SslError } from "./errors.ts";
import type {
  AuthCertificateHook,
  BadCertHook,
  GetClientAuthDataHook,
  HandshakeCallback,
  KeyLogCallback,
  SniSocketConfigHook,
} from "./hooks.ts";
import type { ClientAuth, ImportOptions, Role, VersionRange } from "./import_options.ts";
import { configOf } from "./config_registry.ts";
import { MAX_HOST_NAME_LENGTH } from "./extensions/server_name.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
} from "./tables/cipher_suites.ts";
import { NAMED_GROUPS, type NamedGroup } from "./tables/named_groups.ts";
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
  alpnProtocols: readonly string[];
  minVersion: number;
  maxVersion: number;
  /** The suites of TLS 1.3. */
  cipherSuites: readonly CipherSuite[];
  tls12CipherSuites: readonly Tls12CipherSuite[];
  groups: readonly NamedGroup[];
  keyShares: readonly NamedGroup[] | null;
  signatureSchemes: readonly SignatureScheme[];
  sessionTickets: boolean;
  ocspStapling: boolean;
  peerId: string | null;
  handshakeTimeout: number;
  closeTimeout: number;
  noDelay: boolean;
  allowTruncation: boolean;
  authCertificate: AuthCertificateHook | null;
  badCert: BadCertHook | null;
  getClientAuthData: GetClientAuthDataHook | null;
  sniSocketConfig: SniSocketConfigHook | null;
  handshakeCallback: HandshakeCallback | null;
  keyLog: KeyLogCallback | null;
  context: NssContext;
}

/** A configuration in which nothing has been chosen. */
export function defaultConfig(): SslConfig {
  return {
    role: "client",
    hostname: null,
    trustAnchors: null,
    credentials: [],
    clientAuth: "none",
    alpnProtocols: [],
    minVersion: TLS_1_3,
    maxVersion: TLS_1_3,
    cipherSuites: CIPHER_SUITES,
    tls12CipherSuites: TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
    groups: NAMED_GROUPS.filter((group) => group.available()),
    keyShares: null,
    signatureSchemes: DEFAULT_SIGNATURE_SCHEMES,
    sessionTickets: true,
    ocspStapling: false,
    peerId: null,
    handshakeTimeout: 60_000,
    closeTimeout: 5_000,
    noDelay: true,
    allowTruncation: false,
    authCertificate: null,
    badCert: null,
    getClientAuthData: null,
    sniSocketConfig: null,
    handshakeCallback: null,
    keyLog: null,
    context: defaultContext(),
  };
}

/**
 * The configuration that options describe, on top of their model's or of a given one.
 *
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if an option has no such value.
 */
export function resolveConfig(options: ImportOptions, base?: SslConfig): SslConfig {
  const config = { ...(options.model ? configOf(options.model) : base ?? defaultConfig()) };
  copyPresent(config, options);
  // Types do not bind JavaScript, and a server that is told "required" must not go on without a certificate.
  checkChoice("role", config.role, ROLES);
  checkChoice("clientAuth", config.clientAuth, CLIENT_AUTHS);
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
    const known = [...CIPHER_SUITES, ...TLS12_CIPHER_SUITES];
    const suites = rowsByName("cipherSuites", known, options.cipherSuites);
    config.cipherSuites = suites.filter((suite) => "aead" in suite);
    config.tls12CipherSuites = suites.filter((suite) => "bulk" in suite);
  }
  if (!offersTls13(config) && !offersTls12(config)) {
    throw invalid("cipherSuites", "none of them is of a version that is enabled");
  }
  if (options.groups !== undefined) {
    config.groups = rowsByName("groups", NAMED_GROUPS, options.groups);
    const missing = config.groups.find((group) => !group.available());
    if (missing) throw invalid("groups", `this runtime's WebCrypto lacks ${missing.name}`);
  }
  if (options.keyShares !== undefined) {
    config.keyShares = rowsByName("keyShares", NAMED_GROUPS, options.keyShares);
  }
  if (options.signatureSchemes !== undefined) {
    config.signatureSchemes = rowsByScheme(options.signatureSchemes);
  }
  if (options.alpnProtocols !== undefined) {
    checkAlpnProtocols(options.alpnProtocols);
    config.alpnProtocols = [...options.alpnProtocols]; // what is checked stays as it is
  }
  return config;
}

/** Whether a configuration leaves room for TLS 1.3. */
export function offersTls13({ maxVersion, cipherSuites }: SslConfig): boolean {
  return maxVersion >= TLS_1_3 && cipherSuites.length > 0;
}

/** Whether a configuration leaves room for TLS 1.2. */
export function offersTls12({ minVersion, tls12CipherSuites }: SslConfig): boolean {
  return minVersion <= TLS_1_2 && tls12CipherSuites.length > 0;
}

/** The groups for which a client sends a share in its first hello. */
export function initialKeyShares({ groups, keyShares }: SslConfig): readonly NamedGroup[] {
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
  "peerId",
  "handshakeTimeout",
  "closeTimeout",
  "noDelay",
  "allowTruncation",
  "authCertificate",
  "badCert",
  "getClientAuthData",
  "sniSocketConfig",
  "handshakeCallback",
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

function applyVersions(config: SslConfig, { min, max }: VersionRange): void {
  for (const version of [min, max]) {
    if (version !== undefined && !SUPPORTED_VERSIONS.includes(version)) {
      throw new SslError(
        "SSL_ERROR_INVALID_VERSION_RANGE",
        `Cannot use option versions: ${version} is not supported, only ${SUPPORTED_VERSIONS}`,
      );
    }
  }
  if (min !== undefined) config.minVersion = PROTOCOL_VERSIONS[min];
  if (max !== undefined) config.maxVersion = PROTOCOL_VERSIONS[max];
  if (config.minVersion <= config.maxVersion) return;
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use option versions: ${versionName(config.minVersion)} to ` +
      `${versionName(config.maxVersion)} is no range`,
  );
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
  names: readonly Row["name"][],
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

function invalid(option: string, why: string): SslError {
  return new SslError("SEC_ERROR_INVALID_ARGS", `Cannot use option ${option}: ${why}`);
}
