// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The table of settings of sockets, listeners and models.
 *
 * Defaults, checks of options, copies, `reconfigFD`, the SNI hook, and the tests of all these
 * iterate over it.
 *
 * @module
 */

import { toBase64 } from "../../cert/base/runtime.ts";
import { isInstance, isInteger } from "../../cert/base/options.ts";
import { shareCertificate } from "../../cert/certificate/known_certificates.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { defaultContext, NssContext } from "../../pkcs11/context/context.ts";
import type { RequireCertificate, SettingName, SslConfig } from "./config.ts";
import { type CertificateOptions, toCertificates, toCredential } from "./credential.ts";
import { takeExternalPsks, takePskIdentityHint, takePskModes } from "./external_psk.ts";
import { normalizeHostname } from "./host_name.ts";
import { anchorsPart, type KeyPart, keyPart } from "./key_part.ts";
import { takeRawPublicKeys } from "./raw_public_keys.ts";
import { HOOK_SETTINGS } from "./hook_settings.ts";
import { row, type Setting } from "./setting.ts";
import { presetsOf } from "./context_policy.ts";
import {
  reusing,
  takeArray,
  takeBoolean,
  takeEchConfigList,
  takeEchKeys,
  takeGroups,
  takeMilliseconds,
  takeOneOf,
  takeProtocols,
  takeSchemes,
  takeString,
  takeTls12Suites,
  takeTls13Suites,
  takeVersions,
  taking,
} from "./option_values.ts";
import { CIPHER_SUITES, TLS12_CIPHER_SUITES } from "../tables/cipher_suites.ts";
import { DEFAULT_NAMED_GROUPS } from "../tables/named_groups.ts";
import { DEFAULT_SIGNATURE_SCHEMES } from "../tables/signature_schemes.ts";
import { TLS_1_2, TLS_1_3 } from "../tables/versions.ts";

/**
 * The default timeout of a handshake in milliseconds: somebody may have to type a password. nginx's
 * `ssl_handshake_timeout` is the same.
 */
export const DEFAULT_HANDSHAKE_TIMEOUT = 60_000;

/** The default time in milliseconds that closing waits until pending data is sent. */
export const DEFAULT_CLOSE_TIMEOUT = 5_000;

/**
 * The largest record size limit: 2^14 bytes of data and the inner content type (RFC 8449, Section
 * 4; NSS's default).
 */
export const MAX_RECORD_SIZE_LIMIT = 2 ** 14 + 1;

/**
 * The largest `maxEarlyData` in bytes: a server that waits for the handshake keeps all of it, as
 * much as while another handshake waits (`MAX_KEPT_APPLICATION_DATA`).
 */
export const MAX_EARLY_DATA = 2 ** 20;
/** What ENABLE_0RTT_DATA allows, as in NSS (`ssl_default_max_early_data_size`). */
export const DEFAULT_MAX_EARLY_DATA = 2 ** 16;

/** The table of settings. */
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
    // Without anchors, the context decides whom to trust, if this end authenticates its peer at
    // all.
    key: ({ trustAnchors, role, clientAuth, context }) => {
      if (trustAnchors !== null) return anchorsPart(trustAnchors);
      return role === "client" || clientAuth !== "none" ? keyPart(context) : null;
    },
    take: reusing((value, option) =>
      takeArray(value, option).flatMap((input, i) => {
        const certificates = toCertificates(input, `${option}[${i}]`);
        const isText = typeof input === "string" || input instanceof Uint8Array;
        return isText ? certificates.map(shareCertificate) : certificates;
      }).map(trustAnchorOf)
    ),
  }),
  credentials: row(() => [], {
    doc: "The certificates to present, with their keys; a server uses the first suitable one.",
    option: "certificates",
    verb: "configServerCert",
    sessions: "both",
    key: ({ credentials }) => credentials.map(({ certificate }) => toBase64(certificate.der)),
    take: (value, option) =>
      takeArray(value, option).map((input, i) =>
        toCredential(input as CertificateOptions, `${option}[${i}]`)
      ),
  }),
  rawPublicKeys: row(() => null, {
    doc:
      "The raw public keys in place of certificates (RFC 7250): those to present, and those to accept of peers.",
    option: "rawPublicKeys",
    verb: "setRawPublicKeys",
    sessions: "both",
    key: ({ rawPublicKeys }) => rawPublicKeys && rawPublicKeys.part,
    take: takeRawPublicKeys,
  }),
  clientAuth: row(() => "none", {
    doc:
      'Whether a server requests the client\'s certificate, and whether it requires one: REQUEST_CERTIFICATE off is "none", on is "require" or "request", as REQUIRE_CERTIFICATE says.',
    option: "clientAuth",
    verb: "REQUEST_CERTIFICATE",
    role: "server",
    sessions: "trust",
    take: takeOneOf("none", "request", "require"),
  }),
  // Handshakes with external PSKs leave no sessions, so that these bind none.
  externalPsks: row(() => [], {
    doc:
      "The external pre-shared keys, in preference order; a client with any takes no certificate in their place, unless certificateFallback is set.",
    option: "externalPsks",
    verb: "addExternalPsk",
    take: takeExternalPsks,
  }),
  pskKeyExchangeModes: row(() => ["psk_dhe_ke"], {
    doc: "How external pre-shared keys are used in TLS 1.3: with a key exchange, or without.",
    option: "pskKeyExchangeModes",
    take: takePskModes,
  }),
  certificateFallback: row(() => false, {
    doc:
      "Whether a client with external pre-shared keys accepts a server's certificate in place of one.",
    option: "certificateFallback",
    role: "client",
    take: takeBoolean,
  }),
  pskIdentityHint: row(() => null, {
    doc: "What a TLS 1.2 server tells its clients before they choose their PSK identity.",
    option: "pskIdentityHint",
    role: "server",
    take: takePskIdentityHint,
  }),
  requireCertificate: row(() => "FIRST_HANDSHAKE", {
    doc:
      'When a server that requests a certificate requires one: ALWAYS and FIRST_HANDSHAKE are clientAuth "require", NEVER and NO_ERROR are "request"; it has an effect if a certificate is requested.',
    option: "clientAuth",
    verb: "REQUIRE_CERTIFICATE",
    role: "server",
    // Keeps the NSS option consistent with this option.
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
    take: takeTls13Suites,
  }),
  tls12CipherSuites: row(
    () => TLS12_CIPHER_SUITES.filter(({ enabledByDefault }) => enabledByDefault),
    {
      doc: "The cipher suites of TLS 1.2, in preference order.",
      option: "cipherSuites",
      verb: "cipherPrefSet",
      sessions: "negotiation",
      take: takeTls12Suites,
    },
  ),
  groups: row(() => DEFAULT_NAMED_GROUPS, {
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
    take: takeGroups,
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
  pkcs1ClientAuth: row(() => false, {
    doc:
      "Whether TLS 1.3's clients may sign with RSASSA-PKCS1-v1_5 where a token cannot do RSASSA-PSS (RFC 9963); no preset allows it.",
    option: "pkcs1ClientAuth",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  policyPreset: row(() => null, {
    doc:
      "The preset that limits versions, suites, groups, signature schemes and certificates; `policy` names it.",
    // The option `policy` sets other settings as well: see `applyPreset`.
    verb: "setPolicyPreset",
    sessions: "both",
    key: (config) => presetsOf(config).map(({ name }) => name),
  }),
  noCache: row(() => false, {
    doc: "Whether sessions are neither cached, offered nor resumed, and no ticket is sent.",
    verb: "NO_CACHE",
  }),
  sessionTickets: row(() => true, {
    doc:
      "Whether sessions are cached, offered and resumed, by ticket or by ID; NSS's option affects tickets only.",
    option: "sessionTickets",
    verb: "ENABLE_SESSION_TICKETS",
    take: takeBoolean,
  }),
  maxEarlyData: row(() => 0, {
    doc: "The maximum of early data (0-RTT) that a server takes, in bytes; 0 for none.",
    option: "maxEarlyData",
    verb: "setMaxEarlyDataSize",
    role: "server",
    take: taking(isInteger(0, MAX_EARLY_DATA)),
  }),
  antiReplay: row(() => null, {
    doc: "What keeps a server's early data from being replayed, in place of the context's memory.",
    verb: "setAntiReplayContext",
    role: "server",
  }),
  halfRttData: row(() => false, {
    doc:
      "Whether a server of TLS 1.3 that asks for no client certificate writes before the client's Finished.",
    option: "halfRttData",
    role: "server",
    take: takeBoolean,
  }),
  ocspStapling: row(() => false, {
    doc:
      "Whether a client requests an OCSP response with the certificate, and checks it; servers staple what they have.",
    option: "ocspStapling",
    verb: "ENABLE_OCSP_STAPLING",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  signedCertTimestamps: row(() => false, {
    doc:
      "Whether a client requests SCTs, for peerSignedCertTimestamps() and the authCertificate hook; servers send what they have.",
    option: "signedCertTimestamps",
    verb: "ENABLE_SIGNED_CERT_TIMESTAMPS",
    role: "client",
    sessions: "negotiation",
    take: takeBoolean,
  }),
  extendedMasterSecret: row(() => "on", {
    doc:
      "Whether TLS 1.2 negotiates the extended master secret (RFC 7627), without which no session is resumed; preset cnsa-1.0 requires it.",
    verb: "ENABLE_EXTENDED_MASTER_SECRET",
    sessions: "negotiation",
  }),
  requireSafeNegotiation: row(() => false, {
    doc: "Whether a TLS 1.2 peer without support of RFC 5746 is rejected.",
    verb: "REQUIRE_SAFE_NEGOTIATION",
  }),
  renegotiation: row(() => "NEVER", {
    doc:
      "How a peer's request to renegotiate a TLS 1.2 connection is answered: NEVER with a no_renegotiation warning; REQUIRES_XTN with a handshake if the peer supports RFC 5746; TRANSITIONAL likewise, and always if it is a server; UNRESTRICTED always, and then reHandshake() needs no RFC 5746 either.",
    verb: "ENABLE_RENEGOTIATION",
  }),
  postHandshakeAuth: row(() => false, {
    doc: "Whether a TLS 1.3 client offers post-handshake authentication (RFC 8446, Section 4.6.2).",
    verb: "ENABLE_POST_HANDSHAKE_AUTH",
    role: "client",
  }),
  fallbackScsv: row(() => false, {
    doc: "Whether a client sends TLS_FALLBACK_SCSV (RFC 7507); servers always check it.",
    verb: "ENABLE_FALLBACK_SCSV",
    role: "client",
  }),
  downgradeCheck: row(() => true, {
    doc:
      "Whether a client of both versions rejects TLS 1.2 from a server that signals TLS 1.3 (RFC 8446, Section 4.1.3).",
    verb: "ENABLE_HELLO_DOWNGRADE_CHECK",
    role: "client",
  }),
  compatMode: row(() => true, {
    doc:
      "Whether a TLS 1.3 client sends a session ID and change_cipher_spec; a server follows its client.",
    verb: "ENABLE_TLS13_COMPAT_MODE",
  }),
  grease: row(() => false, {
    doc:
      "Whether a client's ClientHello has reserved suites, groups, versions, schemes and extensions, and a server's tickets and certificate requests a reserved extension (RFC 8701).",
    verb: "ENABLE_GREASE",
  }),
  permuteExtensions: row(() => false, {
    doc: "Whether a client sends its extensions in a random order.",
    verb: "ENABLE_CH_EXTENSION_PERMUTATION",
    role: "client",
  }),
  echConfigList: row(() => null, {
    doc:
      "The configurations of Encrypted Client Hello (RFC 9849) under which a client hides its ClientHello; the connection fails if the server cannot decrypt it.",
    option: "echConfigList",
    verb: "setClientEchConfigs",
    role: "client",
    owner: "socket",
    take: takeEchConfigList,
  }),
  echGrease: row(() => false, {
    doc:
      "Whether a client of TLS 1.3 without a configuration sends what looks like Encrypted Client Hello (RFC 9849, Section 6.2).",
    option: "echGrease",
    verb: "enableTls13GreaseEch",
    role: "client",
    take: takeBoolean,
  }),
  echKeys: row(() => [], {
    doc: "A server's keys of Encrypted Client Hello, the newest first.",
    option: "echKeys",
    verb: "setServerEchConfigs",
    role: "server",
    take: takeEchKeys,
  }),
  echBackend: row(() => false, {
    doc:
      "Whether a server stands behind one that decrypts Encrypted Client Hello, and confirms what that one passes on.",
    verb: "enableTls13BackendEch",
    role: "server",
  }),
  recordSizeLimit: row(() => MAX_RECORD_SIZE_LIMIT, {
    doc:
      "The maximum plaintext in a record that this end accepts (RFC 8449): sent to servers if below the default, and to clients that send theirs; the peer's limit always applies.",
    verb: "RECORD_SIZE_LIMIT",
  }),
  loadCertificateChain: row(() => false, {
    doc:
      "Whether configServerCert() completes a lone certificate's chain from the context's database.",
    verb: "DB_LOAD_CERTIFICATE_CHAIN",
    role: "server",
  }),
  pinArg: row(() => undefined, {
    doc: "The argument of a token's password function.",
    verb: "setPKCS11PinArg",
  }),
  peerId: row(() => null, {
    doc: "A name that separates a client's cached sessions from others.",
    option: "peerId",
    verb: "setSockPeerID",
    role: "client",
    owner: "socket",
    sessions: "negotiation",
    take: takeString,
  }),
  sessionIdContext: row(() => null, {
    doc:
      "A name of a server's configuration: servers of the same name share sessions although their hooks are different functions.",
    option: "sessionIdContext",
    role: "server",
    sessions: "trust",
    take: takeString,
  }),
  handshakeTimeout: row(() => DEFAULT_HANDSHAKE_TIMEOUT, {
    doc: "The timeout of a handshake in milliseconds; 0 for none.",
    option: "handshakeTimeout",
    take: takeMilliseconds,
  }),
  closeTimeout: row(() => DEFAULT_CLOSE_TIMEOUT, {
    doc: "The time in milliseconds that `close()` takes at most to let data arrive.",
    option: "closeTimeout",
    take: takeMilliseconds,
  }),
  noDelay: row(() => true, {
    doc: "Whether TCP sends small writes at once.",
    option: "noDelay",
    take: takeBoolean,
  }),
  allowTruncation: row(() => false, {
    doc: "Whether a connection that ends without close_notify counts as a regular end of data.",
    option: "allowTruncation",
    take: takeBoolean,
  }),
  ...HOOK_SETTINGS,
  resumptionToken: row(() => null, {
    doc: "The session that a client is to resume; it is not copied with the configuration.",
    verb: "setResumptionToken",
    role: "client",
    owner: "socket",
  }),
  context: row(defaultContext, {
    doc: "The NSS context: its trust, its keys and its session caches.",
    option: "context",
    owner: "socket",
    take: taking(isInstance(NssContext)),
  }),
};

/** The names of the settings, in the order of the table. */
export const SETTING_NAMES: readonly SettingName[] = Object.keys(SETTINGS) as SettingName[];

/** Returns the part of a session's key for a setting. */
export function keyOfSetting(config: SslConfig, name: SettingName): KeyPart {
  const { key } = SETTINGS[name];
  return key === null ? keyPart(config[name]) : key(config);
}

/** Returns whether a server that requests a certificate requires one in the first handshake. */
export function insists(require: RequireCertificate): boolean {
  return require === "ALWAYS" || require === "FIRST_HANDSHAKE";
}
