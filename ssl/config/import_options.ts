// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import type { NssContext } from "../../pkcs11/context/context.ts";
import type { CertificateInput, CertificateOptions } from "./credential.ts";
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
import type { SslModel, SslSocket } from "../base/socket_type.ts";
import type { CipherSuiteName, Tls12CipherSuiteName } from "../tables/cipher_suites.ts";
import type { NamedGroupName } from "../tables/named_groups.ts";
import type { PolicyPresetName } from "../tables/policy_presets.ts";
import type { ProtocolVersion } from "../tables/versions.ts";

/** Which end of the connection a socket is. */
export type Role = "client" | "server";

/** Whether a server asks clients for a certificate, and whether it goes on without one. */
export type ClientAuth = "none" | "request" | "require";

/** The protocol versions that a socket speaks, both ends included. */
export interface VersionRange {
  /** The oldest version. */
  readonly min?: ProtocolVersion;
  /** The newest version. */
  readonly max?: ProtocolVersion;
}

/** How {@linkcode importFD} sets up a socket; all of it is optional. */
export interface ImportOptions {
  /** Which end this is; default `"client"`. */
  role?: Role;
  /** The server's host name or IP address: for SNI, the name check and the session cache (`SSL_SetURL`). */
  hostname?: string;
  /** The authorities to trust instead of the default ones, as PEM text or certificates. */
  caCerts?: readonly CertificateInput[];
  /** The certificates to show: a server's, of which the first fitting one is used, or a client's own. */
  certificates?: readonly CertificateOptions[];
  /**
   * Whether a server asks for the client's certificate; default `"none"`. In TLS 1.3 a client has done its part before the
   * server looks: its `handshake()` resolves, and a refusal meets its first read.
   */
  clientAuth?: ClientAuth;
  /** The application protocols, the favourite first (RFC 7301). */
  alpnProtocols?: readonly string[];
  /** The protocol versions; default TLS 1.2 and 1.3, as in NSS. */
  versions?: VersionRange;
  /** The cipher suites of all versions, the favourite first; default all but those of AES-CBC. */
  cipherSuites?: readonly (CipherSuiteName | Tls12CipherSuiteName)[];
  /** The key exchange groups, the favourite first. */
  groups?: readonly NamedGroupName[];
  /** The groups for which a client sends a share at once; default X25519MLKEM768 and x25519, as far as they are enabled. */
  keyShares?: readonly NamedGroupName[];
  /** The signature schemes, the favourite first. */
  signatureSchemes?: readonly SignatureScheme[];
  /**
   * Whether a client asks for an OCSP response with the certificate (`SSL_ENABLE_OCSP_STAPLING`); default `false`. One that says
   * "revoked" refuses the certificate, and a certificate that promises one must have it.
   */
  ocspStapling?: boolean;
  /**
   * Whether a client asks for signed certificate timestamps (`SSL_ENABLE_SIGNED_CERT_TIMESTAMPS`); default `false`. The `authCertificate`
   * hook gets them, and has to see to what they are worth.
   */
  signedCertTimestamps?: boolean;
  /** Whether sessions are cached and resumed, by tickets or by IDs; default `true`. */
  sessionTickets?: boolean;
  /**
   * A name that keeps this client's cached sessions apart from others (`SSL_SetSockPeerID`): of another peer, or of another identity
   * that a `getClientAuthData` hook chooses.
   */
  peerId?: string;
  /**
   * A name for this server's configuration: servers of the same name share sessions although their hooks are not the same functions, or
   * their clients' authorities come from another context, as in several processes ({@linkcode configMPServerSIDCache}). Give it only to
   * servers that would decide alike about every client; what is no hook is compared all the same. Without it such a server's sessions
   * stay in its process.
   */
  sessionIdContext?: string;
  /**
   * A preset by name: it chooses versions, suites, groups and signature schemes, and nothing that is set besides goes beyond it
   * ({@linkcode setPolicyPreset}).
   */
  policy?: PolicyPresetName;
  /** Bytes of the peer's that have been read from the transport already. */
  head?: Uint8Array;
  /** Aborts the handshake and, until it is complete, the connection. */
  signal?: AbortSignal;
  /** The most milliseconds that a handshake may take; default 60,000, and 0 for no limit. */
  handshakeTimeout?: number;
  /** The most milliseconds that `close()` waits for what was written to leave; default 5,000. */
  closeTimeout?: number;
  /** Whether TCP sends small writes at once; default `true`. */
  noDelay?: boolean;
  /** Whether a connection that ends without close_notify counts as a good end of data; default `false`. */
  allowTruncation?: boolean;
  /** Decides about the peer's certificate, in place of {@linkcode authCertificate}. */
  authCertificate?: AuthCertificateHook;
  /** Has the last word on a refused certificate. */
  badCert?: BadCertHook;
  /** Chooses a client's certificate when the server asks for one. */
  getClientAuthData?: GetClientAuthDataHook;
  /** Looks at each ClientHello that reaches a server, and may refuse it. */
  clientHelloCallback?: ClientHelloCallback;
  /** Decides whether a client has to say hello once more to a server of TLS 1.3. */
  helloRetryRequestCallback?: HelloRetryRequestCallback;
  /** Chooses a server's configuration by the name that the client asks for. */
  sniSocketConfig?: SniSocketConfigHook;
  /** Chooses a server's application protocol among those that the client offers. */
  nextProtoCallback?: NextProtoCallback;
  /** Is told of the completed handshake. */
  handshakeCallback?: HandshakeCallback;
  /** Is told of each alert that this end sends. */
  alertSentCallback?: AlertCallback;
  /** Is told of each alert that the peer sends. */
  alertReceivedCallback?: AlertCallback;
  /** Is told of each session that a client can resume later, which it keeps itself in place of the session cache. */
  resumptionTokenCallback?: ResumptionTokenCallback;
  /** Receives the connection's secrets in NSS's key log format. */
  keyLog?: KeyLogCallback;
  /** A socket or model whose configuration is copied first; the other options change the copy. */
  model?: SslSocket | SslModel;
  /** The NSS context: its trust, its session caches; default the default one. */
  context?: NssContext;
}
