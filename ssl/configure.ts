// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../cert/certificate.ts";
import { normalizeHostname } from "./config.ts";
import { configBeforeStart, configOf, configToChange } from "./config_registry.ts";
import type {
  AlertCallback,
  AuthCertificateHook,
  BadCertHook,
  ClientHelloCallback,
  GetClientAuthDataHook,
  HandshakeCallback,
  HelloRetryRequestCallback,
  KeyLogCallback,
  SniSocketConfigHook,
} from "./hooks.ts";
import type { SslModel } from "./model.ts";
import type { SslListener } from "./ssl_listener.ts";
import type { SslSocket } from "./ssl_socket.ts";
import { type CertificateInput, toCertificates } from "./credential.ts";

/** What can be configured: a socket until its handshake begins, a listener for the sockets to come, a model. */
export type Configurable = SslSocket | SslListener | SslModel;

/**
 * Sets the host name that a client wants to reach (`SSL_SetURL`): it goes into SNI, into the check of the certificate's names
 * and into the session cache's key.
 *
 * @param target The socket or model.
 * @param url A host name, an IP address or a URL, of which the host counts.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` if that is no host; `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealURL, setURL } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * setURL(model, "https://Example.com:8443/path");
 * assertEquals(revealURL(model), "example.com");
 * ```
 */
export function setURL(target: Configurable, url: string | URL): void {
  configBeforeStart(target).hostname = normalizeHostname(String(url));
}

/**
 * The host name that was set (`SSL_RevealURL`).
 *
 * @param target The socket or model.
 * @returns The host name; `null` where none is set.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealURL } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(revealURL(newModel()), null);
 * ```
 */
export function revealURL(target: Configurable): string | null {
  return configOf(target).hostname;
}

/**
 * Keeps a client's cached sessions apart from others of the same host (`SSL_SetSockPeerID`): those of another peer behind the same
 * name, or of another identity that a `getClientAuthData` hook chooses.
 *
 * @param target The socket or model.
 * @param peerId What tells them apart; `null` for nothing.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, setSockPeerID } from "@nss/nss";
 *
 * setSockPeerID(newModel({ hostname: "example.com" }), "through proxy.example:3128");
 * ```
 */
export function setSockPeerID(target: Configurable, peerId: string | null): void {
  configBeforeStart(target).peerId = peerId;
}

/**
 * Sets whose certificates a server says that it takes when it asks for one (`SSL_SetTrustAnchors`). It is a hint for clients that have
 * several: who is trusted is up to `caCerts` and the context, and does not change.
 *
 * @param target The socket, listener or model.
 * @param certs The authorities, of which the names count; `null` for those of `caCerts`, an empty list for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { createCertificate, generateKeyPair, newModel, setTrustAnchors } from "@nss/nss";
 *
 * const keys = await generateKeyPair();
 * const ca = await createCertificate({ ...keys, subject: "CN=Staff CA", isCa: true });
 * setTrustAnchors(newModel({ role: "server", clientAuth: "request" }), [ca]);
 * ```
 */
export function setTrustAnchors(
  target: Configurable,
  certs: readonly CertificateInput[] | null,
): void {
  const names = certs?.flatMap(toCertificates).map(({ subject }: Certificate) => subject);
  configToChange(target).caNames = names ?? null;
}

/**
 * Sets what a password callback is told when this socket needs a key of a token (`SSL_SetPKCS11PinArg`).
 *
 * @param target The socket, listener or model.
 * @param arg Whatever the callback knows what to do with.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealPinArg, setPKCS11PinArg } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * setPKCS11PinArg(model, { window: "main" });
 * assertEquals(revealPinArg(model), { window: "main" });
 * ```
 */
export function setPKCS11PinArg(target: Configurable, arg: unknown): void {
  configToChange(target).pinArg = arg;
}

/**
 * What {@linkcode setPKCS11PinArg} has set (`SSL_RevealPinArg`).
 *
 * @param target The socket, listener or model.
 * @returns The argument; `undefined` where none is set.
 *
 * @example Usage
 * ```ts
 * import { newModel, revealPinArg } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * assertEquals(revealPinArg(newModel()), undefined);
 * ```
 */
export function revealPinArg(target: Configurable): unknown {
  return configOf(target).pinArg;
}

/**
 * Decides about the peer's certificate in the application's own way (`SSL_AuthCertificateHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called in place of {@linkcode authCertificate}; `null` restores that.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { authCertificate, authCertificateHook, newModel } from "@nss/nss";
 *
 * authCertificateHook(newModel(), async (socket, peer) => {
 *   await authCertificate(socket, peer);
 *   return peer.chain.length > 1;
 * });
 * ```
 */
export function authCertificateHook(target: Configurable, hook: AuthCertificateHook | null): void {
  configToChange(target).authCertificate = hook;
}

/**
 * Sets who has the last word on a refused certificate (`SSL_BadCertHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with the refusal; only `true` overrides it. `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { badCertHook, newModel } from "@nss/nss";
 *
 * badCertHook(newModel(), (_socket, error) => error.name === "SEC_ERROR_EXPIRED_CERTIFICATE");
 * ```
 */
export function badCertHook(target: Configurable, hook: BadCertHook | null): void {
  configToChange(target).badCert = hook;
}

/**
 * Sets who chooses the client's certificate when a server asks for one (`SSL_GetClientAuthDataHook`).
 *
 * @param target The socket or model.
 * @param hook Called with what the server accepts; `null` leaves the choice to the option `certificates`.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { getClientAuthDataHook, newModel } from "@nss/nss";
 *
 * getClientAuthDataHook(newModel(), (_socket, { caNames }) => {
 *   return caNames.length === 0 ? null : undefined; // shows no certificate
 * });
 * ```
 */
export function getClientAuthDataHook(
  target: Configurable,
  hook: GetClientAuthDataHook | null,
): void {
  configToChange(target).getClientAuthData = hook;
}

/**
 * Sets who chooses a server's configuration by host name (`SSL_SNISocketConfigHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with what the client asks for; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, sniSocketConfigHook } from "@nss/nss";
 *
 * const admin = newModel({ role: "server", clientAuth: "require" });
 * sniSocketConfigHook(newModel({ role: "server" }), (_socket, { serverName }) => {
 *   return serverName === "admin.example" ? { model: admin } : undefined;
 * });
 * ```
 */
export function sniSocketConfigHook(target: Configurable, hook: SniSocketConfigHook | null): void {
  configToChange(target).sniSocketConfig = hook;
}

/**
 * Sets who looks at each ClientHello that reaches a server, its JA4 fingerprint included, and may refuse it.
 *
 * @param target The socket, listener or model.
 * @param callback Called before anything is chosen; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` in the middle of a handshake.
 *
 * @example Usage
 * ```ts
 * import { clientHelloCallback, newModel } from "@nss/nss";
 *
 * const unwelcome = new Set(["t13d190900_9dc949149365_97f8aa674fd9"]);
 * clientHelloCallback(newModel({ role: "server" }), (_socket, { ja4 }) => !unwelcome.has(ja4));
 * ```
 */
export function clientHelloCallback(
  target: Configurable,
  callback: ClientHelloCallback | null,
): void {
  configToChange(target).clientHelloCallback = callback;
}

/**
 * Sets who decides whether a client has to say hello once more (`SSL_HelloRetryRequestCallback`), to a server of TLS 1.3.
 *
 * @param target The socket, listener or model.
 * @param callback Called with each hello; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` in the middle of a handshake.
 *
 * @example Usage
 * ```ts
 * import { helloRetryRequestCallback, newModel } from "@nss/nss";
 *
 * helloRetryRequestCallback(newModel({ role: "server" }), (_socket, { firstHello, clientToken }) => {
 *   if (firstHello) return { retryToken: new TextEncoder().encode("queue 7") };
 *   return new TextDecoder().decode(clientToken) === "queue 7" ? "accept" : "fail";
 * });
 * ```
 */
export function helloRetryRequestCallback(
  target: Configurable,
  callback: HelloRetryRequestCallback | null,
): void {
  configToChange(target).helloRetryRequestCallback = callback;
}

/**
 * Sets who is told of completed handshakes (`SSL_HandshakeCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called before application data is handed out; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { type ChannelInfo, handshakeCallback, newModel } from "@nss/nss";
 *
 * const seen: ChannelInfo[] = [];
 * handshakeCallback(newModel(), (_socket, info) => void seen.push(info));
 * ```
 */
export function handshakeCallback(target: Configurable, callback: HandshakeCallback | null): void {
  configToChange(target).handshakeCallback = callback;
}

/**
 * Sets who is told of the alerts that this end sends (`SSL_AlertSentCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called with each alert; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` in the middle of a handshake.
 *
 * @example Usage
 * ```ts
 * import { type Alert, alertSentCallback, newModel } from "@nss/nss";
 *
 * const sent: Alert[] = [];
 * alertSentCallback(newModel(), (_socket, alert) => void sent.push(alert));
 * ```
 */
export function alertSentCallback(target: Configurable, callback: AlertCallback | null): void {
  configToChange(target).alertSentCallback = callback;
}

/**
 * Sets who is told of the alerts that the peer sends (`SSL_AlertReceivedCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called with each alert; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` in the middle of a handshake.
 *
 * @example Usage
 * ```ts
 * import { type Alert, alertReceivedCallback, newModel } from "@nss/nss";
 *
 * const received: Alert[] = [];
 * alertReceivedCallback(newModel(), (_socket, alert) => void received.push(alert));
 * ```
 */
export function alertReceivedCallback(target: Configurable, callback: AlertCallback | null): void {
  configToChange(target).alertReceivedCallback = callback;
}

/**
 * Sets who receives the connection's secrets, for Wireshark and the like.
 *
 * @param target The socket, listener or model.
 * @param callback Called with each line of NSS's key log format; `null` for nobody.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { keyLogCallback, newModel } from "@nss/nss";
 *
 * const lines: string[] = [];
 * keyLogCallback(newModel(), (line) => void lines.push(line));
 * ```
 */
export function keyLogCallback(target: Configurable, callback: KeyLogCallback | null): void {
  configToChange(target).keyLog = callback;
}

/**
 * Chooses the role of a socket whose handshake has not begun (`SSL_ResetHandshake`).
 *
 * @param target The socket or model.
 * @param asServer Whether it is the server.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` once the handshake has begun.
 *
 * @example Usage
 * ```ts
 * import { newModel, resetHandshake } from "@nss/nss";
 *
 * const model = newModel();
 * resetHandshake(model, true);
 * ```
 */
export function resetHandshake(target: Configurable, asServer: boolean): void {
  configBeforeStart(target).role = asServer ? "server" : "client";
}
