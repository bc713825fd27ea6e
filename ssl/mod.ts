// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * TLS on any byte stream, in NSS's words: `importFD` wraps a connection, and functions named as NSS's set it up, look into it
 * and decide about it.
 *
 * ```ts ignore
 * import { importFD } from "@nss/nss/ssl";
 *
 * const hostname = "example.com";
 * await using socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * const { version, cipherSuite, group } = await socket.handshake();
 * ```
 *
 * @module
 */

export * from "./authentication/auth_certificate.ts";
export * from "./nss/channel_binding.ts";
export * from "./base/channel_info.ts";
export * from "./nss/cipher_policy.ts";
export * from "./nss/cipher_pref.ts";
export * from "./nss/clear_session_cache.ts";
export * from "./nss/communicate.ts";
export * from "./nss/config_client_session_cache.ts";
export * from "./nss/config_mp_server_sid_cache.ts";
export * from "./nss/config_server_cert.ts";
export * from "./nss/config_server_session_id_cache.ts";
export * from "./nss/configure.ts";
export type { CertificateInput, CertificateOptions } from "./config/credential.ts";
export * from "./base/errors.ts";
export * from "./authentication/get_client_auth_data.ts";
export * from "./nss/get_statistics.ts";
export {
  type Alert,
  ALERT_DESCRIPTIONS,
  ALERT_LEVELS,
  type AlertLevelName,
  type AlertName,
} from "./tables/alert_descriptions.ts";
export type { CipherSuiteName, Tls12CipherSuiteName } from "./tables/cipher_suites.ts";
export type { NamedGroupName } from "./tables/named_groups.ts";
export type { ProtocolVersion } from "./tables/versions.ts";
export * from "./config/hooks.ts";
export * from "./import_fd.ts";
export * from "./config/import_options.ts";
export * from "./config/model.ts";
export * from "./nss/named_group_config.ts";
export * from "./nss/next_proto.ts";
export * from "./nss/option_set.ts";
export * from "./nss/policy_preset.ts";
export * from "./nss/reconfig_fd.ts";
export * from "./nss/resumption_token.ts";
export * from "./nss/signature_scheme_pref.ts";
export type { SslListener, SslModel, SslSocket } from "./base/socket_type.ts";
export type { ByteStreams, ConnLike, ListenerLike, StreamAddr } from "./connection/transports.ts";
export * from "./nss/version_range.ts";
