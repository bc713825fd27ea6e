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

export * from "./auth_certificate.ts";
export * from "./channel_binding.ts";
export * from "./channel_info.ts";
export * from "./cipher_policy.ts";
export * from "./cipher_pref.ts";
export * from "./clear_session_cache.ts";
export * from "./communicate.ts";
export * from "./config_client_session_cache.ts";
export * from "./config_mp_server_sid_cache.ts";
export * from "./config_server_cert.ts";
export * from "./config_server_session_id_cache.ts";
export * from "./configure.ts";
export type { CertificateInput, CertificateOptions } from "./credential.ts";
export * from "./errors.ts";
export * from "./get_client_auth_data.ts";
export * from "./get_statistics.ts";
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
export * from "./hooks.ts";
export * from "./import_fd.ts";
export * from "./import_options.ts";
export * from "./model.ts";
export * from "./named_group_config.ts";
export * from "./next_proto.ts";
export * from "./option_set.ts";
export * from "./policy_preset.ts";
export * from "./reconfig_fd.ts";
export * from "./resumption_token.ts";
export * from "./signature_scheme_pref.ts";
export type { ListenerLike, SslListener } from "./ssl_listener.ts";
export type { SslSocket } from "./ssl_socket.ts";
export type { ByteStreams, ConnLike, StreamAddr } from "./transport.ts";
export * from "./version_range.ts";
