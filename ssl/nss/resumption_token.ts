// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { change } from "../config/config.ts";
import { configBeforeStart } from "../config/config_registry.ts";
import type { Configurable } from "./configurable.ts";
import { effectiveConfig } from "../config/effective_config.ts";
import { SslError } from "../base/errors.ts";
import type { ResumptionTokenCallback } from "../config/hooks.ts";
import { badToken, decodeToken } from "../session/token.ts";
import { tokenFault } from "../session/token_fault.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { type ProtocolVersion, versionName } from "../tables/versions.ts";

/**
 * Sets who is told of the sessions that a client can resume later
 * (`SSL_SetResumptionTokenCallback`). It keeps them itself: the session cache is not used any more.
 *
 * In TLS 1.3 it is called for each ticket that comes, which is after the handshake, while the
 * socket is being read. In TLS 1.2 it is called once at the end of each handshake that can be
 * resumed; one that was resumed itself gives its session back. A connection that a `badCert` hook
 * has let pass has no token, nor has one after {@linkcode invalidateSession}. Where a
 * `getClientAuthData` hook was asked, there are tokens only with a `peerId` that says for whom.
 *
 * A token is a secret, as a private key is. Whoever has one can be the client, as far as the
 * session tells the server who that is, and can stand between client and server where it is used
 * again; in TLS 1.2 it opens the connection that it comes from, and each that it resumes. Whoever
 * can put a token of their own where it is kept can be the server: the certificates in it are
 * public.
 *
 * @param target The socket or model.
 * @param callback Called with each token; `null` for nobody. The connection waits for it, and fails
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
 */
export function resumptionTokenCallback(
  target: Configurable,
  callback: ResumptionTokenCallback | null,
): void {
  change(configBeforeStart(target), { resumptionTokenCallback: callback });
}

/**
 * Sets the session that a client is to resume (`SSL_SetResumptionToken`): of another socket,
 * perhaps of another process, and perhaps to another port of the same host, as FTPS wants it for
 * its data. Set up all else first.
 *
 * The server decides whether it resumes; {@linkcode getChannelInfo} tells. The token must be for
 * the host name that is set, and from a client with the same versions, suites, groups, signature
 * schemes, presets, certificates and `peerId`. Whom to trust is not left to the token: the server's
 * certificates that are in it are judged by this socket's own `authCertificate` hook or `caCerts`
 * before the session is offered, and where they are refused there is a full handshake in its place,
 * as there is where the configuration has been changed after this call.
 *
 * The same token may be set on several sockets. In TLS 1.3 whoever watches the wire can then tell
 * that they belong together (RFC 8446, Appendix C.4); servers of FTPS insist on it.
 *
 * @param socket The socket, a client.
 * @param token What {@linkcode resumptionTokenCallback} was told.
 * @throws {SslError} `SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR` if it is no token, has expired, or is
 * for another host or configuration; `SEC_ERROR_INVALID_ARGS` if the socket is a server,
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
 * await control.read(new Uint8Array(1024)); // a greeting, and the tickets before it
 *
 * const data = importFD(await Deno.connect({ hostname, port: 50000 }), { hostname });
 * if (token) setResumptionToken(data, token);
 * ```
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

/** What a token tells of its session. */
export interface ResumptionTokenInfo {
  /** The host whose session it is. */
  readonly hostname: string;
  /** The protocol version. */
  readonly version: ProtocolVersion;
  /** The cipher suite. */
  readonly cipherSuite: string;
  /** The server's certificate. */
  readonly peerCertificate: Certificate;
  /** The application protocol of the connection; `null` for none. */
  readonly alpnProtocol: string | null;
  /** When it expires. */
  readonly expirationTime: Date;
  /**
   * How many bytes may be sent ahead of the server's answer: none, since early data is not
   * supported.
   */
  readonly maxEarlyDataSize: number;
}

/**
 * What a token tells of its session (`SSL_GetResumptionTokenInfo`), such as how long to keep it. It
 * is not judged, only read.
 *
 * @param token What {@linkcode resumptionTokenCallback} was told.
 * @returns What it tells.
 * @throws {SslError} `SSL_ERROR_BAD_RESUMPTION_TOKEN_ERROR` if it is no token.
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
 */
export function getResumptionTokenInfo(token: Uint8Array): ResumptionTokenInfo {
  const { hostname, session } = decodeToken(token);
  return {
    hostname,
    version: versionName(session.version),
    cipherSuite: session.cipherSuite.name,
    peerCertificate: session.peerChain[0]!,
    alpnProtocol: session.alpnProtocol,
    expirationTime: new Date(session.expiresAt),
    maxEarlyDataSize: 0,
  };
}
