// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * NSS's SSL, certificate and PKCS#11 API for Deno, on WebCrypto: TLS on any byte stream, which
 * applications can inspect and control.
 *
 * ```ts
 * import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 *
 * // A server
 * const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const { port } = listener.addr as Deno.NetAddr;
 * const accepted = listener.accept();
 *
 * // A client
 * await using client = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * await using server = await accepted;
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.group, "X25519MLKEM768");
 * assertEquals(info.peerCertificates[0]!.subject.toString(), cert.subject.toString());
 * listener.close();
 * ```
 *
 * This module exports what most clients, servers, tests with their own certificates, and programs
 * with tokens need. The modules `@nss/nss/ssl`, `@nss/nss/cert` and `@nss/nss/pkcs11` export these
 * names and the rest, each in one of them.
 *
 * @module
 */

// Certificates; the rest is in ./cert.

export { type ErrorName, errorToName, NssError } from "./cert/base/errors.ts";
export {
  Certificate,
  parseCertificate,
  parseCertificatesPem,
} from "./cert/certificate/certificate.ts";
export type { KeyAlgorithm, PrivateKey, SignatureScheme } from "./cert/certificate/private_key.ts";
export {
  type CertificateIssuer,
  createCertificate,
  type CreateCertificateOptions,
} from "./cert/create/create_certificate.ts";
export type { CertDB } from "./cert/db/cert_db.ts";
export { destroyCertificate, dupCertificate } from "./cert/db/certificate_references.ts";
export { findCertByName, findCertByNickname } from "./cert/db/find_cert.ts";
export { getDefaultCertDB } from "./cert/db/default_cert_db.ts";
export { importCert, type ImportCertOptions } from "./cert/db/import_cert.ts";
export { freeNicknames, getCertNicknames } from "./cert/db/nicknames.ts";
export { Name } from "./cert/names/name.ts";
export type { CertUsageName } from "./cert/verify/cert_usage.ts";
export { checkCertValidTimes } from "./cert/verify/check_cert_valid_times.ts";
export { type TrustAnchor, trustAnchorOf } from "./cert/verify/trust_anchor.ts";
export { verifyCertName } from "./cert/verify/verify_cert_name.ts";
export { verifyCertNow } from "./cert/verify/verify_cert_now.ts";
export type { VerifyCertOptions } from "./cert/verify/verify_cert_usage.ts";

// Tokens and keys; the rest is in ./pkcs11.

export { defaultContext, NssContext, type NssContextOptions } from "./pkcs11/context/context.ts";
export { findCertFromNickname, findKeyByAnyCert } from "./pkcs11/context/find.ts";
export {
  init,
  initContext,
  type InitOptions,
  initReadWrite,
  isInitialized,
  noDbInit,
  shutdown,
} from "./pkcs11/context/init.ts";
export {
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPair,
  type KeyPairType,
} from "./pkcs11/keys/generate_key_pair.ts";
export { importPrivateKey } from "./pkcs11/keys/import_private_key.ts";
export { importPkcs12, type Pkcs12 } from "./pkcs11/pkcs12/import_pkcs12.ts";
export { type PasswordFunc, setPasswordFunc } from "./pkcs11/slots/slot.ts";
export type { Token } from "./pkcs11/token/token.ts";

// TLS; the rest is in ./ssl.

export {
  authCertificate,
  type AuthCertificateOptions,
} from "./ssl/authentication/auth_certificate.ts";
export { getClientAuthData } from "./ssl/authentication/get_client_auth_data.ts";
export type { ChannelInfo, PreliminaryChannelInfo } from "./ssl/base/channel_info.ts";
export { SslError } from "./ssl/base/errors.ts";
export type { SslListener, SslModel, SslSocket } from "./ssl/base/socket_type.ts";
export type { CertificateInput, CertificateOptions } from "./ssl/config/credential.ts";
export type {
  AlertCallback,
  AuthCertificateHook,
  BadCertHook,
  ClientAuthRequest,
  ClientHelloCallback,
  ClientHelloInfo,
  GetClientAuthDataHook,
  HandshakeCallback,
  HelloRetryRequestCallback,
  HookOptions,
  KeyLogCallback,
  NextProtoCallback,
  PeerAuthentication,
  ResumptionTokenCallback,
  SniRequest,
  SniSocketConfigHook,
} from "./ssl/config/hooks.ts";
export type { ClientAuth, ImportOptions, Role, VersionRange } from "./ssl/config/import_options.ts";
export { newModel } from "./ssl/config/model.ts";
export type { SslOption, SslOptionValues } from "./ssl/config/options.ts";
export type { ByteStreams, ConnLike, ListenerLike } from "./ssl/connection/transports.ts";
export { importFD } from "./ssl/import_fd.ts";
export {
  alertReceivedCallback,
  alertSentCallback,
  authCertificateHook,
  badCertHook,
  clientHelloCallback,
  getClientAuthDataHook,
  handshakeCallback,
  keyLogCallback,
  sniSocketConfigHook,
} from "./ssl/nss/hooks.ts";
export { getChannelBinding } from "./ssl/nss/channel_binding.ts";
export {
  cipherPolicyGet,
  cipherPolicySet,
  setDomesticPolicy,
  setExportPolicy,
  setFrancePolicy,
} from "./ssl/nss/cipher_policy.ts";
export {
  cipherPrefGetDefault,
  cipherPrefSet,
  cipherPrefSetDefault,
} from "./ssl/nss/cipher_pref.ts";
export {
  clearSessionCache,
  configClientSessionCache,
  invalidateSession,
} from "./ssl/nss/client_session_cache.ts";
export {
  configMPServerSIDCache,
  inheritMPServerSIDCache,
} from "./ssl/nss/config_mp_server_sid_cache.ts";
export { configSecureServer, configServerCert } from "./ssl/nss/config_server_cert.ts";
export {
  configServerSessionIDCache,
  shutdownServerSessionIDCache,
} from "./ssl/nss/config_server_session_id_cache.ts";
export type { Configurable } from "./ssl/nss/configurable.ts";
export { dataPending } from "./ssl/nss/data_pending.ts";
export { exportKeyingMaterial } from "./ssl/nss/export_keying_material.ts";
export {
  forceHandshake,
  type HandshakeBounds,
  keyUpdate,
  reHandshake,
  resetHandshake,
} from "./ssl/nss/handshake.ts";
export { getChannelInfo, getPreliminaryChannelInfo } from "./ssl/nss/get_channel_info.ts";
export {
  localCertificate,
  peerCertificate,
  peerCertificateChain,
  revealCert,
} from "./ssl/nss/certificates.ts";
export { getNextProto, setNextProtoNego } from "./ssl/nss/next_proto.ts";
export { optionGet, optionGetDefault, optionSet, optionSetDefault } from "./ssl/nss/option_set.ts";
export { reconfigFD } from "./ssl/nss/reconfig_fd.ts";
export { resumptionTokenCallback, setResumptionToken } from "./ssl/nss/resumption_token.ts";
export { revealPinArg, setPKCS11PinArg } from "./ssl/nss/set_pkcs11_pin_arg.ts";
export { revealURL, setSockPeerID, setURL } from "./ssl/nss/peer_names.ts";
export { setTrustAnchors } from "./ssl/nss/set_trust_anchors.ts";
export { versionRangeSet, versionRangeSetDefault } from "./ssl/nss/version_range.ts";
export type { Alert } from "./ssl/tables/alert_descriptions.ts";
export type { ProtocolVersion } from "./ssl/tables/versions.ts";
