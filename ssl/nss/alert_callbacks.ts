// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import type { AlertCallback } from "../config/hooks.ts";
import type { Configurable } from "./configurable.ts";

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
 */
export function alertSentCallback(target: Configurable, callback: AlertCallback | null): void {
  change(configToChange(target), { alertSentCallback: callback });
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
 */
export function alertReceivedCallback(target: Configurable, callback: AlertCallback | null): void {
  change(configToChange(target), { alertReceivedCallback: callback });
}
