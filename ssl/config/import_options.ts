// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { CertificateInput, CertificateOptions } from "./credential.ts";
import type { ExternalPsk, PskKeyExchangeMode } from "./external_psk.ts";
import type { EchKey } from "./ech_key.ts";
import type { HookOptions, RawPublicKeyHook } from "./hooks.ts";
import type { SslModel, SslSocket } from "../base/socket_type.ts";
import type { CipherSuiteName, Tls12CipherSuiteName } from "../tables/cipher_suites.ts";
import type { NamedGroupName } from "../tables/named_groups.ts";
import type { PolicyPresetName } from "../tables/policy_presets.ts";
import type { ProtocolVersion } from "../tables/versions.ts";

/**
 * Which end of the connection a socket is.
 *
 * @category Options
 */
export type Role = "client" | "server";

/**
 * Whether a server requests a client certificate, and whether it requires one.
 *
 * @category Options
 */
export type ClientAuth = "none" | "request" | "require";

/**
 * A range of protocol versions, both ends included.
 *
 * @category Versions, suites and groups
 */
export interface VersionRange {
  /** The oldest version. */
  readonly min?: ProtocolVersion;
  /** The newest version. */
  readonly max?: ProtocolVersion;
}

/**
 * A public key: PEM text, PEM bytes or DER of a SubjectPublicKeyInfo, a WebCrypto key, or a parsed
 * one.
 *
 * @category Options
 */
export type RawPublicKeyInput = string | Uint8Array | CryptoKey | SubjectPublicKeyInfo;

/**
 * A key to present in place of a certificate.
 *
 * @category Options
 */
export interface RawKeyOptions {
  /**
   * The private key, in the forms of {@linkcode CertificateOptions}: PEM text, PEM bytes, DER, a
   * WebCrypto key, or an object that signs, such as a key in a token.
   */
  key: CertificateOptions["key"];
  /**
   * Its public key, which is sent. It is needed for keys that do not show it: a WebCrypto key that
   * is not extractable, and objects without `publicKey`.
   */
  publicKey?: RawPublicKeyInput;
}

/**
 * How raw public keys take the place of certificates (RFC 7250).
 *
 * @category Options
 */
export interface RawPublicKeyOptions {
  /**
   * The keys to present, in preference order. Where `certificates` are given, too, the peer's
   * preference decides between key and certificate.
   */
  keys?: readonly RawKeyOptions[];
  /**
   * The keys to accept of peers: a list of them, or of the Base64 of the SHA-256 of their
   * SubjectPublicKeyInfo ({@linkcode SubjectPublicKeyInfo.pin}); or a hook that decides. Without it
   * raw public keys of peers are refused.
   */
  accept?: readonly RawPublicKeyInput[] | RawPublicKeyHook;
  /**
   * Whether peers may present a certificate instead, which is judged as without this option; by
   * default only where `accept` is not given.
   */
  orCertificate?: boolean;
}

/**
 * The options of {@linkcode importFD}, which the call reads: a change in place, such as a renewed
 * certificate, counts at the next call with the same object.
 *
 * @category Options
 */
export interface ImportOptions extends HookOptions {
  /** The role of this end; default `"client"`. */
  role?: Role;
  /**
   * The server's host name or IP address: for SNI, the name check and the session cache
   * (`SSL_SetURL`). A client without one refuses every certificate, unless a hook decides.
   */
  hostname?: string;
  /**
   * The certificate authorities to trust instead of the context's: certificates, PEM text, PEM
   * bytes or DER.
   */
  caCerts?: readonly CertificateInput[];
  /**
   * The certificates to present. A server uses the first suitable one; a client the first that is
   * issued by an authority of the server's, or else the first that can sign. A key that is not that
   * of its certificate is refused: at once, or by the first handshake if it shows only when it is
   * imported or signs.
   */
  certificates?: readonly CertificateOptions[];
  /**
   * Raw public keys in place of certificates (RFC 7250): the keys to present, and those to accept
   * of peers, by a list or a hook. By default there are certificates only.
   */
  rawPublicKeys?: RawPublicKeyOptions;
  /**
   * Whether a server requests the client's certificate; default `"none"`. In TLS 1.3 the client's
   * `handshake()` resolves before the server has checked the certificate: a rejection is reported
   * by the client's first read.
   */
  clientAuth?: ClientAuth;
  /**
   * The external pre-shared keys, in preference order ({@linkcode addExternalPsk}). A client with
   * any refuses a server that does not use one, unless `certificateFallback` is set; a server uses
   * the first that the client offers and that it has, and else its certificate if it has one. A
   * server with `clientAuth` `"require"` uses none, because it could not request a certificate.
   */
  externalPsks?: readonly ExternalPsk[];
  /**
   * How external pre-shared keys are used in TLS 1.3; default `["psk_dhe_ke"]`. With `"psk_ke"`
   * there is no key exchange: who learns the key later can decrypt what was recorded.
   */
  pskKeyExchangeModes?: readonly PskKeyExchangeMode[];
  /**
   * Whether a client with external pre-shared keys also accepts a server that authenticates by a
   * certificate; default `false`. It then needs a `hostname`, as other clients do.
   */
  certificateFallback?: boolean;
  /**
   * What a server of TLS 1.2 tells its clients before they choose their identity, at most 1,024
   * bytes in UTF-8 (RFC 4279, Section 5.2).
   */
  pskIdentityHint?: string;
  /** The application protocols, in preference order (RFC 7301). */
  alpnProtocols?: readonly string[];
  /** The protocol versions; default TLS 1.2 and 1.3, as in NSS. */
  versions?: VersionRange;
  /** The cipher suites of all versions, in preference order; default all but those with AES-CBC. */
  cipherSuites?: readonly (CipherSuiteName | Tls12CipherSuiteName)[];
  /** The key exchange groups, in preference order; default all, X25519MLKEM768 first. */
  groups?: readonly NamedGroupName[];
  /**
   * The groups with a key share in a client's first ClientHello; default X25519MLKEM768 and x25519,
   * as far as they are enabled.
   */
  keyShares?: readonly NamedGroupName[];
  /** The signature schemes, in preference order; `docs/options.md` has the default. */
  signatureSchemes?: readonly SignatureScheme[];
  /**
   * Whether clients of TLS 1.3 may sign with RSASSA-PKCS1-v1_5 (RFC 9963), for tokens that cannot
   * do RSASSA-PSS; default `false`. A server offers it with the schemes `rsa_pkcs1_*` that it has;
   * a client uses it where a key signs with nothing else that the server accepts.
   */
  pkcs1ClientAuth?: boolean;
  /**
   * Whether a client requests an OCSP response with the certificate (`SSL_ENABLE_OCSP_STAPLING`);
   * default `false`. A response "revoked" rejects the certificate, and a must-staple certificate
   * requires a response.
   */
  ocspStapling?: boolean;
  /**
   * Whether a client requests signed certificate timestamps (`SSL_ENABLE_SIGNED_CERT_TIMESTAMPS`);
   * default `false`. The `authCertificate` hook gets them and has to verify them.
   */
  signedCertTimestamps?: boolean;
  /**
   * The configurations of Encrypted Client Hello (RFC 9849) of the client's server: the `ech` value
   * of its HTTPS record, as bytes or in Base64. The client hides its hello, with the host name and
   * the application protocols, from all but that server; others see the configuration's public
   * name. Nothing is sent if no configuration can be used, and the connection fails with an
   * {@linkcode EchRejectedError} if the server cannot decrypt the hello. An IP address as
   * `hostname` is no name that a hello could show or hide: the rest of the hello is hidden.
   */
  echConfigList?: Uint8Array | string;
  /**
   * Whether a client of TLS 1.3 without `echConfigList` sends what looks like Encrypted Client
   * Hello, so that connections that use it do not stand out; default `false`.
   */
  echGrease?: boolean;
  /**
   * A server's keys of Encrypted Client Hello, the newest first, 16 at most. A client whose hello
   * none of them decrypts gets the certificate of the public name, and the configurations to try
   * again.
   */
  echKeys?: readonly EchKey[];
  /** Whether sessions are cached and resumed, by tickets or by IDs; default `true`. */
  sessionTickets?: boolean;
  /**
   * The maximum of early data (0-RTT) that a server takes with a resumed session, in bytes, at most
   * 2^20; default 0 for none. Early data can be replayed ({@linkcode readEarlyData}).
   */
  maxEarlyData?: number;
  /**
   * Whether a server of TLS 1.3 that asks for no client certificate sends what it writes in its
   * first flight already, before the client has proved that it is there (0.5-RTT data); default
   * `false`.
   */
  halfRttData?: boolean;
  /**
   * A name that separates this client's cached sessions (`SSL_SetSockPeerID`): those of another
   * peer, or of another identity that a `getClientAuthData` hook chooses.
   */
  peerId?: string;
  /**
   * A name of this server's configuration: servers of the same name share sessions although their
   * hooks are different functions, or their trust anchors come from another context, as in several
   * processes ({@linkcode configMPServerSIDCache}). Use it only for servers that would decide alike
   * about every client; settings other than hooks are still compared. Without it the sessions of a
   * server with hooks stay in its process.
   */
  sessionIdContext?: string;
  /**
   * The name of a preset: it sets versions, suites, groups and signature schemes, and limits all
   * other settings ({@linkcode setPolicyPreset}).
   */
  policy?: PolicyPresetName;
  /** The peer's bytes that have already been read from the transport. */
  head?: Uint8Array;
  /** Aborts the first handshake, which ends the connection. */
  signal?: AbortSignal;
  /** The timeout of a handshake in milliseconds; default 60,000, 0 for none. */
  handshakeTimeout?: number;
  /** The time in milliseconds that `close()` takes at most to let data arrive; default 5,000. */
  closeTimeout?: number;
  /** Whether TCP sends small writes at once; default `true`. */
  noDelay?: boolean;
  /**
   * Whether a connection that ends without close_notify counts as a regular end of data; default
   * `false`.
   */
  allowTruncation?: boolean;
  /** A socket or model whose configuration is copied first; the other options change the copy. */
  model?: SslSocket | SslModel;
  /** The NSS context, with its trust and session caches; the default context by default. */
  context?: NssContext;
}
