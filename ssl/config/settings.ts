// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The table of settings: a row for each thing that can be set for a socket, listener or model.
 *
 * Defaults, checks of options, copies, `reconfigFD`, configurations chosen by name, and the tests of all these are loops over it.
 *
 * @module
 */

import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { defaultContext, NssContext } from "../../pkcs11/context.ts";
import type { RequireCertificate, SettingName, SslConfig } from "./config.ts";
import {
  type CertificateInput,
  type CertificateOptions,
  toCertificates,
  toCredential,
} from "./credential.ts";
import { normalizeHostname } from "./host_name.ts";
import type { ImportOptions, Role, VersionRange } from "./import_options.ts";
import {
  invalid,
  show,
  type Take,
  takeArray,
  takeBoolean,
  takeFunction,
  takeInstance,
  takeMilliseconds,
  takeOneOf,
  takeOptions,
  takeRows,
  takeString,
} from "./option_values.ts";
import { SslError } from "../base/errors.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
} from "../tables/cipher_suites.ts";
import { NAMED_GROUPS, type NamedGroup } from "../tables/named_groups.ts";
import { SIGNATURE_SCHEMES } from "../tables/signature_schemes.ts";
import { PROTOCOL_VERSIONS, SUPPORTED_VERSIONS, TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** A row: what a setting is, and what becomes of it. */
export interface Setting<T> {
  /** What it is where nobody has set it. */
  readonly initial: () => T;
  /** The option of `importFD` that sets it; `null` where there is none. */
  readonly option: keyof ImportOptions | null;
  /** The function, or the option of NSS's in capitals, that sets it; `null` where only `option` does. */
  readonly verb: string | null;
  /** Which end heeds it. */
  readonly role: Role | "both";
  /**
   * Whose it is where a socket is given another configuration, by `reconfigFD` or its name hook. `"socket"`: it makes the socket what it is,
   * and stays. Else the other configuration's counts where somebody has set it there, and where not, the socket's own stays.
   */
  readonly owner: "socket" | "chosen by name" | "hook";
  /** What it does to sessions: it decides whom to trust, or what is negotiated, or neither. */
  readonly sessions: "trust" | "negotiation" | "none";
  /** Makes the setting of the option's value; `undefined` leaves the setting as it is. */
  readonly take: ((value: unknown, option: string, config: SslConfig) => T | undefined) | null;
}

/** How many milliseconds a handshake may take: somebody may have to type a password. nginx's `ssl_handshake_timeout` is as long. */
export const DEFAULT_HANDSHAKE_TIMEOUT = 60_000;

/** How many milliseconds what was written may take to leave when a socket closes. */
export const DEFAULT_CLOSE_TIMEOUT = 5_000;

/** 2^14 bytes of data and the inner content type: no limit (RFC 8449, Section 4; NSS's default). */
export const MAX_RECORD_SIZE_LIMIT = 2 ** 14 + 1;

/** How many bytes a list of protocols takes at most: beside a cookie and a ticket there must be room for it in a hello. */
const MAX_PROTOCOLS_LENGTH = 2 ** 13;

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

/** The table; `context` and what else only a socket has comes last. */
export const SETTINGS: { readonly [N in SettingName]: Setting<SslConfig[N]> } = {
  role: row(() => "client", {
    option: "role",
    verb: "resetHandshake",
    owner: "socket",
    take: takeOneOf("client", "server"),
  }),
  hostname: row(() => null, {
    option: "hostname",
    verb: "setURL",
    role: "client",
    owner: "socket",
    sessions: "trust",
    take: (value, option) => normalizeHostname(takeString(value, option)),
  }),
  trustAnchors: row(() => null, {
    option: "caCerts",
    sessions: "trust",
    take: (value, option) =>
      takeArray(value, option).flatMap((input) => toCertificates(input as CertificateInput))
        .map(trustAnchorOf),
  }),
  credentials: row(() => [], {
    option: "certificates",
    verb: "configServerCert",
    sessions: "negotiation",
    take: (value, option) =>
      takeArray(value, option).map((input) => toCredential(input as CertificateOptions)),
  }),
  clientAuth: row(() => "none", {
    option: "clientAuth",
    verb: "REQUEST_CERTIFICATE",
    role: "server",
    sessions: "trust",
    take: takeOneOf("none", "request", "require"),
  }),
  requireCertificate: row(() => "FIRST_HANDSHAKE", {
    option: "clientAuth",
    verb: "REQUIRE_CERTIFICATE",
    role: "server",
    // The NSS option says what the option has been set to
    take: (value, _option, { requireCertificate }) => {
      if (value === "none" || insists(requireCertificate) === (value === "require")) {
        return undefined;
      }
      return value === "require" ? "FIRST_HANDSHAKE" : "NEVER";
    },
  }),
  caNames: row(() => null, { verb: "setTrustAnchors", role: "server" }),
  alpn: row(() => true, { verb: "ENABLE_ALPN" }),
  alpnProtocols: row(() => [], {
    option: "alpnProtocols",
    verb: "setNextProtoNego",
    sessions: "negotiation",
    take: takeProtocols,
  }),
  minVersion: row(() => TLS_1_2, {
    option: "versions",
    verb: "versionRangeSet",
    sessions: "negotiation",
    take: (value, option) => takeVersions(value, option).min,
  }),
  maxVersion: row(() => TLS_1_3, {
    option: "versions",
    verb: "versionRangeSet",
    sessions: "negotiation",
    take: (value, option) => takeVersions(value, option).max,
  }),
  cipherSuites: row(() => CIPHER_SUITES, {
    option: "cipherSuites",
    verb: "cipherPrefSet",
    sessions: "negotiation",
    take: (value, option) => takeSuites(value, option).filter((suite) => "aead" in suite),
  }),
  tls12CipherSuites: row(
    () => TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
    {
      option: "cipherSuites",
      verb: "cipherPrefSet",
      sessions: "negotiation",
      take: (value, option) => takeSuites(value, option).filter((suite) => "bulk" in suite),
    },
  ),
  groups: row(() => NAMED_GROUPS.filter((group) => group.available()), {
    option: "groups",
    verb: "namedGroupConfig",
    sessions: "negotiation",
    take: takeGroups,
  }),
  keyShares: row(() => null, {
    option: "keyShares",
    role: "client",
    take: takeRows(NAMED_GROUPS),
  }),
  additionalKeyShares: row(() => null, {
    option: "keyShares",
    verb: "sendAdditionalKeyShares",
    role: "client",
    take: () => null,
  }),
  signatureSchemes: row(() => DEFAULT_SIGNATURE_SCHEMES, {
    option: "signatureSchemes",
    verb: "signatureSchemePrefSet",
    sessions: "negotiation",
    take: takeSchemes,
  }),
  policyPreset: row(() => null, {
    // The option sets other settings as well: see `applyPreset`
    verb: "setPolicyPreset",
    sessions: "trust",
  }),
  noCache: row(() => false, { verb: "NO_CACHE" }),
  sessionTickets: row(() => true, {
    option: "sessionTickets",
    verb: "ENABLE_SESSION_TICKETS",
    take: takeBoolean,
  }),
  ocspStapling: row(() => false, {
    option: "ocspStapling",
    verb: "ENABLE_OCSP_STAPLING",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  signedCertTimestamps: row(() => false, {
    option: "signedCertTimestamps",
    verb: "ENABLE_SIGNED_CERT_TIMESTAMPS",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  extendedMasterSecret: row(() => "on", {
    verb: "ENABLE_EXTENDED_MASTER_SECRET",
    sessions: "negotiation",
  }),
  requireSafeNegotiation: row(() => false, { verb: "REQUIRE_SAFE_NEGOTIATION" }),
  renegotiation: row(() => "NEVER", { verb: "ENABLE_RENEGOTIATION" }),
  postHandshakeAuth: row(() => false, { verb: "ENABLE_POST_HANDSHAKE_AUTH", role: "client" }),
  fallbackScsv: row(() => false, { verb: "ENABLE_FALLBACK_SCSV", role: "client" }),
  downgradeCheck: row(() => true, { verb: "ENABLE_HELLO_DOWNGRADE_CHECK", role: "client" }),
  compatMode: row(() => true, { verb: "ENABLE_TLS13_COMPAT_MODE" }),
  grease: row(() => false, { verb: "ENABLE_GREASE" }),
  permuteExtensions: row(() => false, { verb: "ENABLE_CH_EXTENSION_PERMUTATION", role: "client" }),
  recordSizeLimit: row(() => MAX_RECORD_SIZE_LIMIT, { verb: "RECORD_SIZE_LIMIT" }),
  loadCertificateChain: row(() => false, { verb: "DB_LOAD_CERTIFICATE_CHAIN", role: "server" }),
  pinArg: row(() => undefined, { verb: "setPKCS11PinArg" }),
  peerId: row(() => null, {
    option: "peerId",
    verb: "setSockPeerID",
    role: "client",
    owner: "socket",
    sessions: "negotiation",
    take: takeString,
  }),
  sessionIdContext: row(() => null, {
    option: "sessionIdContext",
    role: "server",
    sessions: "trust",
    take: takeString,
  }),
  handshakeTimeout: row(() => DEFAULT_HANDSHAKE_TIMEOUT, {
    option: "handshakeTimeout",
    take: takeMilliseconds,
  }),
  closeTimeout: row(() => DEFAULT_CLOSE_TIMEOUT, {
    option: "closeTimeout",
    take: takeMilliseconds,
  }),
  noDelay: row(() => true, { option: "noDelay", take: takeBoolean }),
  allowTruncation: row(() => false, { option: "allowTruncation", take: takeBoolean }),
  authCertificate: hook("authCertificate", "authCertificateHook", "both", "trust"),
  badCert: hook("badCert", "badCertHook", "both", "trust"),
  getClientAuthData: hook(
    "getClientAuthData",
    "getClientAuthDataHook",
    "client",
    "negotiation",
  ),
  clientHelloCallback: hook("clientHelloCallback", "clientHelloCallback", "server"),
  helloRetryRequestCallback: hook(
    "helloRetryRequestCallback",
    "helloRetryRequestCallback",
    "server",
  ),
  sniSocketConfig: hook("sniSocketConfig", "sniSocketConfigHook", "server", "trust"),
  nextProtoCallback: hook("nextProtoCallback", "setNextProtoCallback", "server"),
  handshakeCallback: hook("handshakeCallback", "handshakeCallback", "both"),
  alertSentCallback: hook("alertSentCallback", "alertSentCallback", "both"),
  alertReceivedCallback: hook("alertReceivedCallback", "alertReceivedCallback", "both"),
  resumptionTokenCallback: hook("resumptionTokenCallback", "resumptionTokenCallback", "client"),
  keyLog: hook("keyLog", "keyLogCallback", "both"),
  resumptionToken: row(() => null, {
    verb: "setResumptionToken",
    role: "client",
    owner: "socket",
  }),
  context: row(defaultContext, {
    option: "context",
    owner: "socket",
    take: takeInstance(NssContext),
  }),
};

/** The names of the settings, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

function row<T>(
  initial: () => T,
  rest: Partial<Omit<Setting<T>, "initial">>,
): Setting<T> {
  return {
    initial,
    option: null,
    verb: null,
    role: "both",
    owner: "chosen by name",
    sessions: "none",
    take: null,
    ...rest,
  };
}

/** The row of a hook or callback of the application's. */
function hook<T>(
  option: keyof ImportOptions,
  verb: string,
  role: Role | "both",
  sessions: Setting<T>["sessions"] = "none",
): Setting<T | null> {
  return row<T | null>(() => null, {
    ...{ option, verb, role, sessions },
    owner: "hook",
    take: takeFunction<T>,
  });
}

/** Whether a server that asks for a certificate goes on without one in the first handshake. */
export function insists(require: RequireCertificate): boolean {
  return require === "ALWAYS" || require === "FIRST_HANDSHAKE";
}

interface VersionNumbers {
  readonly min: number | undefined;
  readonly max: number | undefined;
}

/** The numbers of a range of versions; whether it is one is for the whole configuration to say. */
function takeVersions(value: unknown, option: string): VersionNumbers {
  const { min, max } = takeOptions(value as VersionRange, ["min", "max"], `option ${option}`);
  return { min: numberOfVersion(min), max: numberOfVersion(max) };
}

function numberOfVersion(name: unknown): number | undefined {
  if (name === undefined) return undefined;
  const version = SUPPORTED_VERSIONS.find((supported) => supported === name);
  if (version !== undefined) return PROTOCOL_VERSIONS[version];
  throw new SslError(
    "SSL_ERROR_INVALID_VERSION_RANGE",
    `Cannot use option versions: ${show(name)} is not supported, only ${
      SUPPORTED_VERSIONS.join(", ")
    }`,
  );
}

const takeSuites: Take<readonly (CipherSuite | Tls12CipherSuite)[]> = takeRows([
  ...CIPHER_SUITES,
  ...TLS12_CIPHER_SUITES,
]);

function takeGroups(value: unknown, option: string): readonly NamedGroup[] {
  const groups = takeRows(NAMED_GROUPS)(value, option);
  const missing = groups.find((group) => !group.available());
  if (missing) throw invalid(option, `this runtime's WebCrypto lacks ${missing.name}`);
  return groups;
}

function takeSchemes(value: unknown, option: string): readonly SignatureScheme[] {
  const names = SIGNATURE_SCHEMES.map(({ scheme }) => ({ name: scheme }));
  return takeRows(names)(value, option).map(({ name }) => name);
}

function takeProtocols(value: unknown, option: string): readonly string[] {
  let total = 0;
  const protocols = takeArray(value, option).map((element) => takeString(element, option));
  for (const protocol of protocols) {
    const { length } = new TextEncoder().encode(protocol);
    total += 1 + length;
    if (length === 0 || length > 255) {
      throw invalid(option, `"${protocol}" is not 1 to 255 bytes long`);
    }
  }
  if (total > MAX_PROTOCOLS_LENGTH) throw invalid(option, `they take ${total} bytes`);
  return protocols;
}
