// Copyright 2026 the NSS for Deno authors. MIT license.

import { setHook } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
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
import type { Configurable } from "./configurable.ts";

/**
 * Sets the hook that decides whether the peer's certificate is trusted (`SSL_AuthCertificateHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called in place of {@linkcode authCertificate}; it accepts by returning exactly
 * `true`. `null` restores the latter.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *   return peer.chain.length > 1; // rejects self-signed certificates
 * });
 *
 * const [outcome] = await Promise.allSettled([client.handshake(), server.handshake()]);
 * assert(outcome.status === "rejected");
 * assertEquals(outcome.reason.alert, "bad_certificate");
 * ```
 *
 * @category Hooks
 */
export function authCertificateHook(target: Configurable, hook: AuthCertificateHook | null): void {
  setHook(configToChange(target), "authCertificate", hook);
}

/**
 * Sets the hook that decides whether a rejected certificate is accepted nevertheless
 * (`SSL_BadCertHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with the gravest error and with all; `true` tolerates that error alone, a list
 * of names those errors, see {@linkcode BadCertHook}. `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 * // Another host's certificate, or one of an unknown issuer, is still refused
 * badCertHook(client, () => ["SEC_ERROR_EXPIRED_CERTIFICATE"]);
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.badCertAccepted, true);
 * ```
 *
 * @category Hooks
 */
export function badCertHook(target: Configurable, hook: BadCertHook | null): void {
  setHook(configToChange(target), "badCert", hook);
}

/**
 * Sets the hook that chooses the client's certificate when a server requests one
 * (`SSL_GetClientAuthDataHook`).
 *
 * @param target The socket or model.
 * @param hook Called with the server's request; `null` for the option `certificates`.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *   return isKnown ? { cert, key: keys.privateKey } : null; // null sends no certificate
 * });
 *
 * await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(peerCertificate(server)?.subject.commonName, "both");
 * ```
 *
 * @category Hooks
 */
export function getClientAuthDataHook(
  target: Configurable,
  hook: GetClientAuthDataHook | null,
): void {
  setHook(configToChange(target), "getClientAuthData", hook);
}

/**
 * Sets the hook that chooses a server's configuration by the requested host name
 * (`SSL_SNISocketConfigHook`).
 *
 * @param target The socket, listener or model.
 * @param hook Called with the client's request; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function sniSocketConfigHook(target: Configurable, hook: SniSocketConfigHook | null): void {
  setHook(configToChange(target), "sniSocketConfig", hook);
}

/**
 * Sets the callback that inspects each ClientHello that a server receives, including its JA4
 * fingerprint, and may reject it.
 *
 * @param target The socket, listener or model.
 * @param callback Called before the server negotiates; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function clientHelloCallback(
  target: Configurable,
  callback: ClientHelloCallback | null,
): void {
  setHook(configToChange(target), "clientHelloCallback", callback);
}

/**
 * Sets the callback that decides whether a TLS 1.3 server sends a HelloRetryRequest
 * (`SSL_HelloRetryRequestCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called for each ClientHello; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { helloRetryRequestCallback, importFD } from "@nss/nss/ssl";
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
 *
 * @category Hooks
 */
export function helloRetryRequestCallback(
  target: Configurable,
  callback: HelloRetryRequestCallback | null,
): void {
  setHook(configToChange(target), "helloRetryRequestCallback", callback);
}

/**
 * Sets the callback for completed handshakes (`SSL_HandshakeCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called before application data can be read; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function handshakeCallback(target: Configurable, callback: HandshakeCallback | null): void {
  setHook(configToChange(target), "handshakeCallback", callback);
}

/**
 * Sets the callback that receives the connection's secrets, for debugging with Wireshark.
 *
 * @param target The socket, listener or model.
 * @param callback Called with each line of NSS's key log format; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function keyLogCallback(target: Configurable, callback: KeyLogCallback | null): void {
  setHook(configToChange(target), "keyLog", callback);
}

/**
 * Sets the callback for the alerts that this end sends (`SSL_AlertSentCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called with each alert; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function alertSentCallback(target: Configurable, callback: AlertCallback | null): void {
  setHook(configToChange(target), "alertSentCallback", callback);
}

/**
 * Sets the callback for the alerts that the peer sends (`SSL_AlertReceivedCallback`).
 *
 * @param target The socket, listener or model.
 * @param callback Called with each alert; `null` for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Hooks
 */
export function alertReceivedCallback(target: Configurable, callback: AlertCallback | null): void {
  setHook(configToChange(target), "alertReceivedCallback", callback);
}
