// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * TLS on any byte stream, with NSS's API: `importFD` wraps a connection, and functions with NSS's
 * names configure, inspect and control it.
 *
 * ```ts ignore
 * import { importFD } from "@nss/nss/ssl";
 *
 * const hostname = "example.com";
 * await using socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { version, cipherSuite, group } = await socket.handshake();
 * ```
 *
 * {@linkcode importFD} takes a listener, too, whose sockets are servers. Where to look:
 *
 * - before the handshake: {@linkcode ImportOptions} has every option and hook, by name; functions
 *   such as {@linkcode optionSet}, {@linkcode authCertificateHook} and {@linkcode setURL} set the
 *   same in NSS's way, on a socket, a listener or a {@linkcode newModel} for many of them.
 * - after it: {@linkcode getChannelInfo}, {@linkcode peerCertificate},
 *   {@linkcode getChannelBinding}, {@linkcode exportKeyingMaterial}, {@linkcode reHandshake}.
 * - sessions: {@linkcode configServerSessionIDCache}, {@linkcode configMPServerSIDCache} and
 *   {@linkcode configClientSessionCache}; a client resumes by itself.
 * - errors: {@linkcode SslError}, whose `name` stands in `docs/errors.md`.
 *
 * `docs/options.md` explains the options, `docs/nss_functions.md` says what stands for each of
 * NSS's functions. HTTP is in `@nss/nss/http`, the form of Node's `tls` in `@nss/nss/node`.
 *
 * @module
 */

export { authCertificate, type AuthCertificateOptions } from "./authentication/auth_certificate.ts";
export { getClientAuthData } from "./authentication/get_client_auth_data.ts";
export type { Fault } from "./base/alerts.ts";
export type { ChannelInfo, PreliminaryChannelInfo } from "./base/channel_info.ts";
export { SslError, type SslErrorOptions } from "./base/errors.ts";
export type { ServerSessionCache } from "./base/server_session_cache.ts";
export type { Awaitable, CachedSession, ClientSessionCache } from "./base/session_cache.ts";
export type { SessionStore } from "./base/session_store.ts";
export type { StoreSecret } from "./base/store_secret.ts";
export type { SslListener, SslModel, SslSocket } from "./base/socket_type.ts";
export type { Renegotiation, RequireCertificate } from "./config/config.ts";
export type { CertificateInput, CertificateOptions } from "./config/credential.ts";
export type {
  ExternalPsk,
  ExternalPskImporter,
  ExternalPskSecret,
  PskKeyExchangeMode,
} from "./config/external_psk.ts";
export type {
  AlertCallback,
  AuthCertificateHook,
  BadCertHook,
  ClientAuthRequest,
  ClientHelloCallback,
  ClientHelloInfo,
  ExternalPskRequest,
  GetClientAuthDataHook,
  GetExternalPskHook,
  HandshakeCallback,
  HelloRetryRequest,
  HelloRetryRequestAction,
  HelloRetryRequestCallback,
  HookOptions,
  KeyLogCallback,
  NextProtoCallback,
  PeerAuthentication,
  RawPublicKeyAuthentication,
  RawPublicKeyHook,
  ResumptionTokenCallback,
  SniRequest,
  SniSocketConfig,
  SniSocketConfigHook,
} from "./config/hooks.ts";
export type {
  ClientAuth,
  ImportOptions,
  RawKeyOptions,
  RawPublicKeyInput,
  RawPublicKeyOptions,
  Role,
  VersionRange,
} from "./config/import_options.ts";
export { newModel } from "./config/model.ts";
export {
  type OptionInfo,
  type OptionSupport,
  SSL_OPTIONS,
  type SslOption,
  type SslOptionValues,
} from "./config/options.ts";
export type { ByteStreams, ConnLike, ListenerLike, StreamAddr } from "./connection/transports.ts";
export { importFD } from "./import_fd.ts";
export {
  alertReceivedCallback,
  alertSentCallback,
  authCertificateHook,
  badCertHook,
  clientHelloCallback,
  getClientAuthDataHook,
  handshakeCallback,
  helloRetryRequestCallback,
  keyLogCallback,
  sniSocketConfigHook,
} from "./nss/hooks.ts";
export { type ChannelBindingType, getChannelBinding } from "./nss/channel_binding.ts";
export {
  type CipherPolicy,
  cipherPolicyGet,
  cipherPolicySet,
  setDomesticPolicy,
  setExportPolicy,
  setFrancePolicy,
} from "./nss/cipher_policy.ts";
export {
  cipherPrefGet,
  cipherPrefGetDefault,
  cipherPrefSet,
  cipherPrefSetDefault,
} from "./nss/cipher_pref.ts";
export {
  type CipherSuiteId,
  type CipherSuiteInfo,
  getCipherSuiteInfo,
  getImplementedCiphers,
} from "./nss/cipher_suite_info.ts";
export {
  clearSessionCache,
  type ClientSessionCacheOptions,
  configClientSessionCache,
  invalidateSession,
} from "./nss/client_session_cache.ts";
export {
  configMPServerSIDCache,
  inheritMPServerSIDCache,
  type InheritOptions,
  type KvStore,
  type MPServerSessionCacheOptions,
  type SharedSessionLimits,
  SSL_INHERITANCE,
} from "./nss/config_mp_server_sid_cache.ts";
export {
  configSecureServer,
  configServerCert,
  type ServerCertOptions,
  type ServerKeyKind,
} from "./nss/config_server_cert.ts";
export {
  configServerSessionIDCache,
  type ServerSessionCacheOptions,
  shutdownServerSessionIDCache,
} from "./nss/config_server_session_id_cache.ts";
export type { Configurable } from "./nss/configurable.ts";
export { dataPending } from "./nss/data_pending.ts";
export {
  forgetSessions,
  type ForgetSessionsOptions,
  type SessionsToForget,
} from "./nss/forget_sessions.ts";
export type { StoreFault } from "./base/session_store.ts";
export type { AntiReplayContext, EarlyDataStore } from "./base/anti_replay.ts";
export type { EarlyDataOutcome } from "./handshake/early_data.ts";
export type { EarlyDataResult } from "./connection/send_early_data.ts";
export {
  type AntiReplayOptions,
  createAntiReplayContext,
  type EarlyDataOptions,
  exportEarlyKeyingMaterial,
  readEarlyData,
  setAntiReplayContext,
  setMaxEarlyDataSize,
  writeEarlyData,
} from "./nss/early_data.ts";
export { exportKeyingMaterial } from "./nss/export_keying_material.ts";
export { EchRejectedError } from "./base/ech_error.ts";
export type { EchKey } from "./config/ech_key.ts";
export {
  type EchKeyOptions,
  enableTls13BackendEch,
  enableTls13GreaseEch,
  encodeEchConfigList,
  generateEchKeys,
  getEchRetryConfigs,
  importEchKey,
  type ImportEchKeyOptions,
  removeEchConfigs,
  setClientEchConfigs,
  setServerEchConfigs,
} from "./nss/ech.ts";
export {
  forceHandshake,
  type HandshakeBounds,
  keyUpdate,
  reHandshake,
  resetHandshake,
} from "./nss/handshake.ts";
export { getChannelInfo, getPreliminaryChannelInfo } from "./nss/get_channel_info.ts";
export { getStatistics } from "./nss/get_statistics.ts";
export {
  localCertificate,
  peerCertificate,
  peerCertificateChain,
  peerSignedCertTimestamps,
  peerStapledOCSPResponses,
  revealCert,
} from "./nss/certificates.ts";
export { addExternalPsk, removeExternalPsk } from "./nss/external_psk.ts";
export { namedGroupConfig, sendAdditionalKeyShares } from "./nss/named_group_config.ts";
export {
  getNextProto,
  type NextProto,
  type NextProtoState,
  setNextProtoCallback,
  setNextProtoNego,
} from "./nss/next_proto.ts";
export { optionGet, optionGetDefault, optionSet, optionSetDefault } from "./nss/option_set.ts";
export { policyPreset, setPolicyPreset } from "./nss/policy_preset.ts";
export { peerRawPublicKey, setRawPublicKeys } from "./nss/raw_public_keys.ts";
export { reconfigFD } from "./nss/reconfig_fd.ts";
export {
  getResumptionTokenInfo,
  resumptionTokenCallback,
  type ResumptionTokenInfo,
  setResumptionToken,
} from "./nss/resumption_token.ts";
export { revealPinArg, setPKCS11PinArg } from "./nss/set_pkcs11_pin_arg.ts";
export { revealURL, setSockPeerID, setURL } from "./nss/peer_names.ts";
export { setTrustAnchors } from "./nss/set_trust_anchors.ts";
export { signatureSchemePrefGet, signatureSchemePrefSet } from "./nss/signature_scheme_pref.ts";
export {
  versionRangeGet,
  versionRangeGetDefault,
  versionRangeGetSupported,
  versionRangeSet,
  versionRangeSetDefault,
} from "./nss/version_range.ts";
export type { ServerSessionLimits } from "./session/limits.ts";
export type { SessionCounts, SslStatistics } from "./session/statistics.ts";
export {
  type Alert,
  ALERT_DESCRIPTIONS,
  ALERT_LEVELS,
  type AlertLevelName,
  type AlertName,
} from "./tables/alert_descriptions.ts";
export type { CipherSuiteName, Tls12CipherSuiteName } from "./tables/cipher_suites.ts";
export type { NamedGroupName } from "./tables/named_groups.ts";
export {
  type CertificateRules,
  POLICY_PRESETS,
  type PolicyPreset,
  type PolicyPresetName,
} from "./tables/policy_presets.ts";
export type { ProtocolVersion } from "./tables/versions.ts";
