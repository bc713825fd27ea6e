// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { change } from "../config/config.ts";
import { normalizeHostname } from "../config/host_name.ts";
import { configBeforeStart, configOf, configToChange } from "../config/config_registry.ts";
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
} from "../config/hooks.ts";
import type { SslListener, SslModel, SslSocket } from "../base/socket_type.ts";
import { type CertificateInput, toCertificates } from "../config/credential.ts";

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
  change(configBeforeStart(target), { hostname: normalizeHostname(String(url)) });
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
 * import {
 *   configClientSessionCache,
 *   importFD,
 *   newModel,
 *   NssContext,
 *   setSockPeerID,
 * } from "@nss/nss";
 * import { assertNotEquals } from "@std/assert";
 *
 * const context = new NssContext();
 * const keys: string[] = [];
 * const take = (key: string) => void keys.push(key);
 * configClientSessionCache({ cache: { take, put() {}, delete() {}, clear() {} }, context });
 *
 * const model = newModel({ hostname: "example.com", context });
 * for (const peerId of ["direct", "through proxy.example:3128"]) {
 *   setSockPeerID(model, peerId);
 *   const { readable, writable } = new TransformStream<Uint8Array>();
 *   await importFD({ readable, writable }, { model }).handshake().catch(() => {}); // nobody answers
 * }
 * assertNotEquals(keys[0], keys[1]);
 * ```
 */
export function setSockPeerID(target: Configurable, peerId: string | null): void {
  change(configBeforeStart(target), { peerId });
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
 * import { createCertificate, generateKeyPair, importFD, setTrustAnchors } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const staff = await createCertificate({ ...keys, subject: "CN=Staff CA", isCa: true });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   clientAuth: "request",
 * });
 * setTrustAnchors(server, [staff]);
 *
 * const names: string[] = [];
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 *   getClientAuthData: (_socket, { caNames }) => {
 *     names.push(...caNames.map(String));
 *     return null;
 *   },
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(names, ["CN=Staff CA"]);
 * ```
 */
export function setTrustAnchors(
  target: Configurable,
  certs: readonly CertificateInput[] | null,
): void {
  const names = certs?.flatMap(toCertificates).map(({ subject }: Certificate) => subject);
  change(configToChange(target), { caNames: names ?? null });
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
  change(configToChange(target), { pinArg: arg });
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
 * import {
 *   authCertificate,
 *   authCertificateHook,
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 * } from "@nss/nss";
 * import { assert, assertEquals } from "@std/assert";
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
 * authCertificateHook(client, async (socket, peer) => {
 *   await authCertificate(socket, peer);
 *   return peer.chain.length > 1; // nothing self-signed
 * });
 *
 * const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
 * assert(outcome.status === "rejected");
 * assertEquals(outcome.reason.alert, "bad_certificate");
 * ```
 */
export function authCertificateHook(target: Configurable, hook: AuthCertificateHook | null): void {
  change(configToChange(target), { authCertificate: hook });
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
 * import { badCertHook, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const notBefore = new Date("2020-01-01"), notAfter = new Date("2021-01-01");
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"], notBefore, notAfter });
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
 * badCertHook(client, (_socket, error) => error.name === "SEC_ERROR_EXPIRED_CERTIFICATE");
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.badCertAccepted, true);
 * ```
 */
export function badCertHook(target: Configurable, hook: BadCertHook | null): void {
  change(configToChange(target), { badCert: hook });
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
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   getClientAuthDataHook,
 *   importFD,
 *   peerCertificate,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, subject: "CN=both", dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   clientAuth: "request",
 *   caCerts: [cert],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * getClientAuthDataHook(client, (_socket, { caNames }) => {
 *   const isKnown = caNames.some((name) => name.equals(cert.issuer));
 *   return isKnown ? { cert, key: keys.privateKey } : null; // null shows no certificate
 * });
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(peerCertificate(server)?.subject.commonName, "both");
 * ```
 */
export function getClientAuthDataHook(
  target: Configurable,
  hook: GetClientAuthDataHook | null,
): void {
  change(configToChange(target), { getClientAuthData: hook });
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
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   importFD,
 *   newModel,
 *   sniSocketConfigHook,
 * } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["admin.example"] });
 * const admin = newModel({ role: "server", certificates: [{ cert, key: keys.privateKey }] });
 * const model = newModel({ role: "server" });
 * sniSocketConfigHook(model, (_socket, { serverName }) => {
 *   return serverName === "admin.example" ? { model: admin } : undefined;
 * });
 *
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, { model });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "admin.example",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.peerCertificates[0]?.der, cert.der);
 * ```
 */
export function sniSocketConfigHook(target: Configurable, hook: SniSocketConfigHook | null): void {
  change(configToChange(target), { sniSocketConfig: hook });
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
 * import { clientHelloCallback, createCertificate, generateKeyPair, importFD } from "@nss/nss";
 * import { assertMatch } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 * });
 * const unwelcome = new Set(["t13d190900_9dc949149365_97f8aa674fd9"]);
 * const callers: string[] = [];
 * clientHelloCallback(server, (_socket, { ja4 }) => {
 *   callers.push(ja4);
 *   return !unwelcome.has(ja4);
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertMatch(callers[0]!, /^t13d[0-9]{4}00_[0-9a-f]{12}_[0-9a-f]{12}$/);
 * ```
 */
export function clientHelloCallback(
  target: Configurable,
  callback: ClientHelloCallback | null,
): void {
  change(configToChange(target), { clientHelloCallback: callback });
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
 * import {
 *   createCertificate,
 *   generateKeyPair,
 *   helloRetryRequestCallback,
 *   importFD,
 * } from "@nss/nss";
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
 * helloRetryRequestCallback(server, (_socket, { firstHello, clientToken }) => {
 *   if (firstHello) return { retryToken: new TextEncoder().encode("queue 7") };
 *   return new TextDecoder().decode(clientToken) === "queue 7" ? "accept" : "fail";
 * });
 *
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.helloRetryRequest, true);
 * ```
 */
export function helloRetryRequestCallback(
  target: Configurable,
  callback: HelloRetryRequestCallback | null,
): void {
  change(configToChange(target), { helloRetryRequestCallback: callback });
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
 * import {
 *   type ChannelInfo,
 *   createCertificate,
 *   generateKeyPair,
 *   handshakeCallback,
 *   importFD,
 * } from "@nss/nss";
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
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * const seen: ChannelInfo[] = [];
 * handshakeCallback(server, (_socket, info) => void seen.push(info));
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(seen.map(({ serverName }) => serverName), ["localhost"]);
 * ```
 */
export function handshakeCallback(target: Configurable, callback: HandshakeCallback | null): void {
  change(configToChange(target), { handshakeCallback: callback });
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
 * import { type Alert, alertSentCallback, importFD, SslError } from "@nss/nss";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { hostname: "example.com" });
 * const sent: Alert[] = [];
 * alertSentCallback(socket, (_socket, alert) => void sent.push(alert));
 *
 * await assertRejects(() => socket.handshake(), SslError); // its own ClientHello comes back
 * assertEquals(sent[0]?.description, "unexpected_message");
 * ```
 */
export function alertSentCallback(target: Configurable, callback: AlertCallback | null): void {
  change(configToChange(target), { alertSentCallback: callback });
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
 * import { type Alert, alertReceivedCallback, importFD, SslError } from "@nss/nss";
 * import { assertEquals, assertRejects } from "@std/assert";
 *
 * const answer = Uint8Array.of(21, 3, 3, 0, 2, 2, 40); // a record with a fatal handshake_failure
 * const readable = ReadableStream.from([answer]);
 * const socket = importFD({ readable, writable: new WritableStream() }, {
 *   hostname: "example.com",
 * });
 * const received: Alert[] = [];
 * alertReceivedCallback(socket, (_socket, alert) => void received.push(alert));
 *
 * await assertRejects(() => socket.handshake(), SslError);
 * assertEquals(received[0]?.description, "handshake_failure");
 * ```
 */
export function alertReceivedCallback(target: Configurable, callback: AlertCallback | null): void {
  change(configToChange(target), { alertReceivedCallback: callback });
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
 * import { createCertificate, generateKeyPair, importFD, keyLogCallback } from "@nss/nss";
 * import { assertMatch } from "@std/assert";
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
 * const lines: string[] = [];
 * keyLogCallback(client, (line) => void lines.push(line));
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertMatch(lines.join("\n"), /^CLIENT_TRAFFIC_SECRET_0 [0-9a-f]{64} [0-9a-f]+$/m);
 * ```
 */
export function keyLogCallback(target: Configurable, callback: KeyLogCallback | null): void {
  change(configToChange(target), { keyLog: callback });
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
 * import { newModel, optionGet, resetHandshake } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel();
 * resetHandshake(model, true);
 * assertEquals(optionGet(model, "HANDSHAKE_AS_SERVER"), true);
 * ```
 */
export function resetHandshake(target: Configurable, asServer: boolean): void {
  change(configBeforeStart(target), { role: asServer ? "server" : "client" });
}
