// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The table of settings: a row for each thing that can be set for a socket, listener or model.
 *
 * Defaults, checks of options, copies, `reconfigFD`, configurations chosen by name, and the tests
 * of all these are loops over it.
 *
 * @module
 */

import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import type { RequireCertificate, SettingName, SslConfig } from "./config.ts";
import {
  type CertificateInput,
  type CertificateOptions,
  toCertificates,
  toCredential,
} from "./credential.ts";
import { normalizeHostname } from "./host_name.ts";
import type { ImportOptions, Role } from "./import_options.ts";
import { anchorPart, type KeyPart, keyPart } from "./key_part.ts";
import { presetsOf } from "./context_policy.ts";
import {
  takeArray,
  takeBoolean,
  takeFunction,
  takeGroups,
  takeInstance,
  takeMilliseconds,
  takeOneOf,
  takeProtocols,
  takeRows,
  takeSchemes,
  takeString,
  takeSuites,
  takeVersions,
} from "./option_values.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../tables/cipher_suites.ts";
import { NAMED_GROUPS } from "../tables/named_groups.ts";
import { DEFAULT_SIGNATURE_SCHEMES } from "../tables/signature_schemes.ts";
import { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/** A row: what a setting is, and what becomes of it. */
export interface Setting<T> {
  /** What it is for, in a sentence: the page of options has it from here. */
  readonly doc: string;
  /** What it is where nobody has set it. */
  readonly initial: () => T;
  /** The option of `importFD` that sets it; `null` where there is none. */
  readonly option: keyof ImportOptions | null;
  /**
   * The function, or the option of NSS's in capitals, that sets it; `null` where only `option`
   * does.
   */
  readonly verb: string | null;
  /** Which end heeds it. */
  readonly role: Role | "both";
  /**
   * Whose it is where a socket is given another configuration, by `reconfigFD` or its name hook.
   * `"socket"`: it makes the socket what it is, and stays. Else the other configuration's counts
   * where somebody has set it there, and where not, the socket's own stays.
   */
  readonly owner: "socket" | "chosen by name" | "hook";
  /**
   * What it does to sessions. `"trust"`: it decides who the ends are to each other, and a server's
   * sessions are bound to it. `"negotiation"`: it decides what is negotiated, and a client's
   * sessions outside the process are bound to it. A client's sessions in memory are bound to
   * either.
   */
  readonly sessions: "trust" | "negotiation" | "both" | "none";
  /** What stands for it in the keys of sessions; `null` for what `keyPart` makes of its value. */
  readonly key: ((config: SslConfig) => KeyPart) | null;
  /** Makes the setting of the option's value; `undefined` leaves the setting as it is. */
  readonly take: ((value: unknown, option: string, config: SslConfig) => T | undefined) | null;
}

/**
 * How many milliseconds a handshake may take: somebody may have to type a password. nginx's
 * `ssl_handshake_timeout` is as long.
 */
export const DEFAULT_HANDSHAKE_TIMEOUT = 60_000;

/** How many milliseconds what was written may take to leave when a socket closes. */
export const DEFAULT_CLOSE_TIMEOUT = 5_000;

/** 2^14 bytes of data and the inner content type: no limit (RFC 8449, Section 4; NSS's default). */
export const MAX_RECORD_SIZE_LIMIT = 2 ** 14 + 1;

/** The table; `context` and what else only a socket has comes last. */
export const SETTINGS: { readonly [N in SettingName]: Setting<SslConfig[N]> } = {
  role: row(() => "client", {
    doc: "Which end of the connection the socket is.",
    option: "role",
    verb: "resetHandshake",
    owner: "socket",
    take: takeOneOf("client", "server"),
  }),
  hostname: row(() => null, {
    doc: "The server's host name or IP address, for SNI, the name check and the session cache.",
    option: "hostname",
    verb: "setURL",
    role: "client",
    owner: "socket",
    sessions: "both",
    take: (value, option) => normalizeHostname(takeString(value, option)),
  }),
  trustAnchors: row(() => null, {
    doc: "The authorities to trust in place of the context's.",
    option: "caCerts",
    sessions: "trust",
    // Where nothing is set, the context says whom to trust, if anybody is judged at all
    key: ({ trustAnchors, role, clientAuth, context }) => {
      if (trustAnchors !== null) return trustAnchors.map(anchorPart);
      return role === "client" || clientAuth !== "none" ? keyPart(context) : null;
    },
    take: (value, option) =>
      takeArray(value, option).flatMap((input) => toCertificates(input as CertificateInput))
        .map(trustAnchorOf),
  }),
  credentials: row(() => [], {
    doc:
      "The certificates to show, with their keys: a server's, of which the first that fits is used, or a client's own.",
    option: "certificates",
    verb: "configServerCert",
    sessions: "both",
    key: ({ credentials }) => credentials.map(({ certificate }) => certificate.der.toBase64()),
    take: (value, option) =>
      takeArray(value, option).map((input) => toCredential(input as CertificateOptions)),
  }),
  clientAuth: row(() => "none", {
    doc:
      'Whether a server asks for the client\'s certificate, and whether it goes on without one: REQUEST_CERTIFICATE off is "none", on is "require" or "request", as REQUIRE_CERTIFICATE says.',
    option: "clientAuth",
    verb: "REQUEST_CERTIFICATE",
    role: "server",
    sessions: "trust",
    take: takeOneOf("none", "request", "require"),
  }),
  requireCertificate: row(() => "FIRST_HANDSHAKE", {
    doc:
      'When a server that asks for a certificate insists on one: ALWAYS and FIRST_HANDSHAKE are clientAuth "require", NEVER and NO_ERROR are "request"; it counts once a certificate is requested.',
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
  caNames: row(() => null, {
    doc:
      "The authorities that a server's request for a certificate names, in place of its trust anchors.",
    verb: "setTrustAnchors",
    role: "server",
  }),
  alpn: row(() => true, {
    doc:
      "Whether application protocols are offered and answered; off, `alpnProtocols` has no effect.",
    verb: "ENABLE_ALPN",
  }),
  alpnProtocols: row(() => [], {
    doc: "The application protocols, in preference order (RFC 7301).",
    option: "alpnProtocols",
    verb: "setNextProtoNego",
    sessions: "negotiation",
    take: takeProtocols,
  }),
  minVersion: row(() => TLS_1_2, {
    doc: "The oldest protocol version.",
    option: "versions",
    verb: "versionRangeSet",
    sessions: "negotiation",
    take: (value, option) => takeVersions(value, option).min,
  }),
  maxVersion: row(() => TLS_1_3, {
    doc: "The newest protocol version.",
    option: "versions",
    verb: "versionRangeSet",
    sessions: "negotiation",
    take: (value, option) => takeVersions(value, option).max,
  }),
  cipherSuites: row(() => CIPHER_SUITES, {
    doc: "The cipher suites of TLS 1.3, in preference order.",
    option: "cipherSuites",
    verb: "cipherPrefSet",
    sessions: "negotiation",
    take: (value, option) => takeSuites(value, option).filter((suite) => "aead" in suite),
  }),
  tls12CipherSuites: row(
    () => TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
    {
      doc: "The cipher suites of TLS 1.2, in preference order.",
      option: "cipherSuites",
      verb: "cipherPrefSet",
      sessions: "negotiation",
      take: (value, option) => takeSuites(value, option).filter((suite) => "bulk" in suite),
    },
  ),
  groups: row(() => NAMED_GROUPS.filter((group) => group.available()), {
    doc: "The key exchange groups, in preference order.",
    option: "groups",
    verb: "namedGroupConfig",
    sessions: "negotiation",
    take: takeGroups,
  }),
  keyShares: row(() => null, {
    doc:
      "The groups that have a key share in a client's first hello, in place of X25519MLKEM768 and x25519.",
    option: "keyShares",
    role: "client",
    take: takeRows(NAMED_GROUPS),
  }),
  additionalKeyShares: row(() => null, {
    doc:
      "How many groups besides the first have a key share in a client's first hello; it overrides `keyShares`.",
    option: "keyShares",
    verb: "sendAdditionalKeyShares",
    role: "client",
    take: () => null,
  }),
  signatureSchemes: row(() => DEFAULT_SIGNATURE_SCHEMES, {
    doc: "The signature schemes, in preference order.",
    option: "signatureSchemes",
    verb: "signatureSchemePrefSet",
    sessions: "negotiation",
    take: takeSchemes,
  }),
  policyPreset: row(() => null, {
    doc:
      "The preset that limits versions, suites, groups, signature schemes and certificates; `policy` names it.",
    // The option sets other settings as well: see `applyPreset`
    verb: "setPolicyPreset",
    sessions: "both",
    key: (config) => presetsOf(config).map(({ name }) => name),
  }),
  noCache: row(() => false, {
    doc: "Whether no session is kept, offered or resumed, and no ticket is sent.",
    verb: "NO_CACHE",
  }),
  sessionTickets: row(() => true, {
    doc:
      "Whether sessions are kept, offered and resumed, by ticket or by ID; off, NSS goes on with IDs.",
    option: "sessionTickets",
    verb: "ENABLE_SESSION_TICKETS",
    take: takeBoolean,
  }),
  ocspStapling: row(() => false, {
    doc:
      "Whether a client asks for an OCSP response with the certificate, and heeds it; servers staple what they have.",
    option: "ocspStapling",
    verb: "ENABLE_OCSP_STAPLING",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  signedCertTimestamps: row(() => false, {
    doc:
      "Whether a client asks for SCTs, which peerSignedCertTimestamps() and the authCertificate hook get; servers send what they have.",
    option: "signedCertTimestamps",
    verb: "ENABLE_SIGNED_CERT_TIMESTAMPS",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  extendedMasterSecret: row(() => "on", {
    doc:
      "Whether TLS 1.2 offers and answers the extended master secret (RFC 7627), without which it resumes nothing; preset cnsa-1.0 requires it.",
    verb: "ENABLE_EXTENDED_MASTER_SECRET",
    sessions: "negotiation",
  }),
  requireSafeNegotiation: row(() => false, {
    doc: "Whether a peer of TLS 1.2 that does not know RFC 5746 is refused.",
    verb: "REQUIRE_SAFE_NEGOTIATION",
  }),
  renegotiation: row(() => "NEVER", {
    doc:
      "How a peer's request to renegotiate a TLS 1.2 connection is answered: NEVER with a no_renegotiation warning; REQUIRES_XTN with a handshake if the peer knows RFC 5746; TRANSITIONAL likewise, and always if it is a server; UNRESTRICTED always, and then reHandshake() needs no RFC 5746 either.",
    verb: "ENABLE_RENEGOTIATION",
  }),
  postHandshakeAuth: row(() => false, {
    doc:
      "Whether a client of TLS 1.3 lets its server ask for a certificate at any time (RFC 8446, Section 4.6.2).",
    verb: "ENABLE_POST_HANDSHAKE_AUTH",
    role: "client",
  }),
  fallbackScsv: row(() => false, {
    doc: "Whether a client's hello has TLS_FALLBACK_SCSV (RFC 7507); servers heed it always.",
    verb: "ENABLE_FALLBACK_SCSV",
    role: "client",
  }),
  downgradeCheck: row(() => true, {
    doc:
      "Whether a client of both versions refuses TLS 1.2 from a server that signals TLS 1.3 (RFC 8446, Section 4.1.3).",
    verb: "ENABLE_HELLO_DOWNGRADE_CHECK",
    role: "client",
  }),
  compatMode: row(() => true, {
    doc:
      "Whether a client of TLS 1.3 sends a session ID and change_cipher_spec; a server does as its client.",
    verb: "ENABLE_TLS13_COMPAT_MODE",
  }),
  grease: row(() => false, {
    doc:
      "Whether a client's hello has reserved suites, groups, versions, schemes and extensions, and a server's tickets and certificate requests a reserved extension (RFC 8701).",
    verb: "ENABLE_GREASE",
  }),
  permuteExtensions: row(() => false, {
    doc: "Whether a client's extensions stand in another order in each connection.",
    verb: "ENABLE_CH_EXTENSION_PERMUTATION",
    role: "client",
  }),
  recordSizeLimit: row(() => MAX_RECORD_SIZE_LIMIT, {
    doc:
      "The most plaintext in a record that this end takes (RFC 8449): told to servers where it is below the default, and to clients that tell theirs; the peer's limit always holds.",
    verb: "RECORD_SIZE_LIMIT",
  }),
  loadCertificateChain: row(() => false, {
    doc:
      "Whether configServerCert() completes a lone certificate's chain from the context's database.",
    verb: "DB_LOAD_CERTIFICATE_CHAIN",
    role: "server",
  }),
  pinArg: row(() => undefined, {
    doc: "What a token's password function gets as its argument.",
    verb: "setPKCS11PinArg",
  }),
  peerId: row(() => null, {
    doc: "A name that keeps a client's cached sessions apart from others.",
    option: "peerId",
    verb: "setSockPeerID",
    role: "client",
    owner: "socket",
    sessions: "negotiation",
    take: takeString,
  }),
  sessionIdContext: row(() => null, {
    doc:
      "A name for a server's configuration: servers of the same name share sessions although their hooks are different functions.",
    option: "sessionIdContext",
    role: "server",
    sessions: "trust",
    take: takeString,
  }),
  handshakeTimeout: row(() => DEFAULT_HANDSHAKE_TIMEOUT, {
    doc: "The most milliseconds that a handshake may take; 0 for no limit.",
    option: "handshakeTimeout",
    take: takeMilliseconds,
  }),
  closeTimeout: row(() => DEFAULT_CLOSE_TIMEOUT, {
    doc: "The most milliseconds that `close()` waits for what was written to leave.",
    option: "closeTimeout",
    take: takeMilliseconds,
  }),
  noDelay: row(() => true, {
    doc: "Whether TCP sends small writes at once.",
    option: "noDelay",
    take: takeBoolean,
  }),
  allowTruncation: row(() => false, {
    doc: "Whether a connection that ends without close_notify counts as a good end of data.",
    option: "allowTruncation",
    take: takeBoolean,
  }),
  authCertificate: hook({
    doc: "Decides about the peer's certificate, in place of authCertificate().",
    option: "authCertificate",
    verb: "authCertificateHook",
    sessions: "trust",
  }),
  badCert: hook({
    doc: "Has the last word on a refused certificate.",
    option: "badCert",
    verb: "badCertHook",
    sessions: "trust",
  }),
  getClientAuthData: hook({
    doc: "Chooses a client's certificate when the server asks for one.",
    option: "getClientAuthData",
    verb: "getClientAuthDataHook",
    role: "client",
    sessions: "negotiation",
  }),
  clientHelloCallback: hook({
    doc: "Is called with each ClientHello that reaches a server, and may refuse it.",
    option: "clientHelloCallback",
    verb: "clientHelloCallback",
    role: "server",
  }),
  helloRetryRequestCallback: hook({
    doc: "Decides whether a server of TLS 1.3 answers a ClientHello with HelloRetryRequest.",
    option: "helloRetryRequestCallback",
    verb: "helloRetryRequestCallback",
    role: "server",
  }),
  sniSocketConfig: hook({
    doc: "Chooses a server's configuration by the name that the client asks for.",
    option: "sniSocketConfig",
    verb: "sniSocketConfigHook",
    role: "server",
    sessions: "trust",
  }),
  nextProtoCallback: hook({
    doc: "Chooses a server's application protocol among those that the client offers.",
    option: "nextProtoCallback",
    verb: "setNextProtoCallback",
    role: "server",
  }),
  handshakeCallback: hook({
    doc: "Is called when a handshake is complete.",
    option: "handshakeCallback",
    verb: "handshakeCallback",
  }),
  alertSentCallback: hook({
    doc: "Is called with each alert that this end sends.",
    option: "alertSentCallback",
    verb: "alertSentCallback",
  }),
  alertReceivedCallback: hook({
    doc: "Is called with each alert that the peer sends.",
    option: "alertReceivedCallback",
    verb: "alertReceivedCallback",
  }),
  resumptionTokenCallback: hook({
    doc:
      "Is called with each session that a client can resume later, in place of the session cache.",
    option: "resumptionTokenCallback",
    verb: "resumptionTokenCallback",
    role: "client",
  }),
  keyLog: hook({
    doc: "Is called with the connection's secrets in NSS's key log format.",
    option: "keyLog",
    verb: "keyLogCallback",
  }),
  resumptionToken: row(() => null, {
    doc: "The session that a client is to resume; copies of a configuration leave it out.",
    verb: "setResumptionToken",
    role: "client",
    owner: "socket",
  }),
  context: row(defaultContext, {
    doc: "The NSS context: its trust, its keys and its session caches.",
    option: "context",
    owner: "socket",
    take: takeInstance(NssContext),
  }),
};

/** The names of the settings, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** A row: its sentence, and what is not as it mostly is. */
type RowOptions<T> = Pick<Setting<T>, "doc"> & Partial<Omit<Setting<T>, "doc" | "initial">>;

function row<T>(initial: () => T, options: RowOptions<T>): Setting<T> {
  return {
    initial,
    option: null,
    verb: null,
    role: "both",
    owner: "chosen by name",
    sessions: "none",
    key: null,
    take: null,
    ...options,
  };
}

/** The row of a hook or callback of the application's. */
function hook<T>(options: RowOptions<T | null>): Setting<T | null> {
  return row<T | null>(() => null, { ...options, owner: "hook", take: takeFunction<T> });
}

/** What stands for a setting in the key of a session. */
export function keyOfSetting(config: SslConfig, name: SettingName): KeyPart {
  const { key } = SETTINGS[name];
  return key === null ? keyPart(config[name]) : key(config);
}

/** Whether a server that asks for a certificate goes on without one in the first handshake. */
export function insists(require: RequireCertificate): boolean {
  return require === "ALWAYS" || require === "FIRST_HANDSHAKE";
}
