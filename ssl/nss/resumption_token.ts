// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { SubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import { ownCertificate } from "../../cert/certificate/known_certificates.ts";
import { change, setHook } from "../config/config.ts";
import { configBeforeStart } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import { SslError } from "../base/errors.ts";
import type { ResumptionTokenCallback } from "../config/hooks.ts";
import { badToken, decodeToken } from "../session/token.ts";
import { tokenFault } from "../session/token_fault.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { type ProtocolVersion, TLS_1_3, versionName } from "../tables/versions.ts";

/**
 * Sets the callback for the sessions that a client can resume later
 * (`SSL_SetResumptionTokenCallback`). It replaces the session cache, which is no longer used.
 *
 * In TLS 1.3 it is called for each received ticket, after the handshake, while the socket is read.
 * In TLS 1.2 it is called once at the end of each handshake that can be resumed; a resumed
 * handshake returns its session. There is no token if a `badCert` hook has accepted the
 * certificate, nor after {@linkcode invalidateSession}. If a `getClientAuthData` hook was called,
 * there are tokens only with a `peerId`, which identifies the client.
 *
 * A token is as secret as a private key. Reading it allows impersonation of the client, as far as
 * the session authenticates it, and of the server when the token is used; in TLS 1.2 also
 * decryption of the connection that it comes from, and of those that it resumes. Writing to the
 * storage of tokens allows impersonation of the server, because the certificates in them are
 * public.
 *
 * @param target The socket or model.
 * @param callback Called with each token; `null` for none. The connection waits for it, and fails
 * if it throws.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, importFD, resumptionTokenCallback } from "@nss/nss";
 * import { assertGreater } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const tokens: Uint8Array[] = [];
 * resumptionTokenCallback(client, (_socket, token) => void tokens.push(token));
 *
 * await Promise.all([server.write(new Uint8Array(5)), client.read(new Uint8Array(5))]);
 * assertGreater(tokens.length, 0);
 * ```
 *
 * @category Sessions
 */
export function resumptionTokenCallback(
  target: Configurable,
  callback: ResumptionTokenCallback | null,
): void {
  setHook(configBeforeStart(target), "resumptionTokenCallback", callback);
}

/**
 * Sets the session that a client offers to resume (`SSL_SetResumptionToken`). It may be that of
 * another socket, process, or port of the same host, as FTPS requires for data connections. Call it
 * after all other settings.
 *
 * The server decides whether to resume it; {@linkcode getChannelInfo} returns whether it did. The
 * token must be for the configured host name, and from a client with the same versions, suites,
 * groups, signature schemes, presets, certificates and `peerId`. Before the session is offered,
 * this socket's own `authCertificate` hook or `caCerts` decides about the server's certificates in
 * the token. If they are rejected, or the configuration has changed since this call, there is a
 * full handshake.
 *
 * The same token may be set on several sockets. In TLS 1.3 an observer can then correlate the
 * connections (RFC 8446, Appendix C.4); FTPS servers require it.
 *
 * @param socket The client socket.
 * @param token A token that {@linkcode resumptionTokenCallback} received.
 * @throws {SslError} `SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR` if the token is malformed, has expired,
 * or is for another host or configuration; `SEC_ERROR_INVALID_ARGS` if the socket is a server,
 * `PR_IS_CONNECTED_ERROR` once its handshake has begun.
 *
 * @example Usage
 * ```ts ignore
 * import { importFD, setResumptionToken } from "@nss/nss";
 *
 * const hostname = "example.com";
 * let token: Uint8Array | undefined;
 * const control = importFD(await Deno.connect({ hostname, port: 990 }), {
 *   hostname,
 *   resumptionTokenCallback: (_socket, newest) => void (token = newest),
 * });
 * await control.read(new Uint8Array(1024)); // the greeting, preceded by tickets
 *
 * const data = importFD(await Deno.connect({ hostname, port: 50000 }), { hostname });
 * if (token) setResumptionToken(data, token);
 * ```
 *
 * @category Sessions
 */
export function setResumptionToken(socket: SslSocket, token: Uint8Array): void {
  const config = configBeforeStart(socket);
  if (config.role === "server") {
    throw new SslError(
      "SEC_ERROR_INVALID_ARGS",
      "Cannot set resumption token: the socket is a server",
    );
  }
  const decoded = decodeToken(token);
  const fault = tokenFault(decoded, effectiveConfig(config), Date.now());
  if (fault !== null) throw badToken("set", fault);
  change(config, { resumptionToken: decoded });
}

/**
 * The properties of a token's session.
 *
 * @category Sessions
 */
export interface ResumptionTokenInfo {
  /** The host name of the server. */
  readonly hostname: string;
  /** The protocol version. */
  readonly version: ProtocolVersion;
  /** The cipher suite. */
  readonly cipherSuite: string;
  /** The server's certificate; `null` if it has shown a raw public key. */
  readonly peerCertificate: Certificate | null;
  /** The server's raw public key in place of a certificate (RFC 7250); `null` for none. */
  readonly peerRawPublicKey: SubjectPublicKeyInfo | null;
  /** The application protocol of the connection; `null` for none. */
  readonly alpnProtocol: string | null;
  /** The time of expiry. */
  readonly expirationTime: Date;
  /** The maximum of early data in bytes that the server takes with it; 0 for none. */
  readonly maxEarlyDataSize: number;
}

/**
 * Returns the properties of a token's session (`SSL_GetResumptionTokenInfo`), such as its expiry.
 * The token is parsed, not verified.
 *
 * @param token A token that {@linkcode resumptionTokenCallback} received.
 * @returns The properties.
 * @throws {SslError} `SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR` if the token is malformed.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { getResumptionTokenInfo, importFD } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 *
 * const kept = new Map<string, { token: Uint8Array; expires: Date }>();
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   resumptionTokenCallback: (_socket, token) => {
 *     const { hostname, expirationTime } = getResumptionTokenInfo(token);
 *     kept.set(hostname, { token, expires: expirationTime });
 *   },
 * });
 * await Promise.all([server.write(new Uint8Array(5)), client.read(new Uint8Array(5))]);
 * assertEquals([...kept.keys()], ["localhost"]);
 * ```
 *
 * @category Sessions
 */
export function getResumptionTokenInfo(token: Uint8Array): ResumptionTokenInfo {
  const { hostname, session } = decodeToken(token);
  const [certificate] = session.peerChain;
  return {
    hostname,
    version: versionName(session.version),
    cipherSuite: session.cipherSuite.name,
    peerCertificate: certificate === undefined ? null : ownCertificate(certificate),
    peerRawPublicKey: session.peerRawPublicKey,
    alpnProtocol: session.alpnProtocol,
    expirationTime: new Date(session.expiresAt),
    maxEarlyDataSize: session.version === TLS_1_3 ? session.maxEarlyData : 0,
  };
}
