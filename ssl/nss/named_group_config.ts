// Copyright 2026 the NSS for Deno authors. MIT license.

import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import { isInteger } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { applyOption } from "../config/resolve_config.ts";
import type { Configurable } from "./configurable.ts";
import { NAMED_GROUPS, type NamedGroupName } from "../tables/named_groups.ts";

/**
 * Sets the key exchange groups (`SSL_NamedGroupConfig`), as the option `groups` does. A server
 * chooses in its own preference order.
 *
 * @param target The socket, listener or model.
 * @param groups The groups, in preference order; no others are used.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unsupported group, or an empty list;
 * `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { importFD, namedGroupConfig } from "@nss/nss/ssl";
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
 * namedGroupConfig(client, ["secp384r1", "x25519"]);
 * namedGroupConfig(server, ["x25519", "secp384r1"]);
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.group, "x25519");
 * ```
 *
 * @category Versions, suites and groups
 */
export function namedGroupConfig(target: Configurable, groups: readonly NamedGroupName[]): void {
  applyOption(configToChange(target), "groups", groups);
}

/**
 * Sets the number of key shares that a client sends in its first ClientHello in addition to that of
 * the preferred group (`SSL_SendAdditionalKeyShares`). A server that supports none of them needs
 * another round trip.
 *
 * @param target The socket or model.
 * @param count The number; 0, NSS's default, for the preferred group alone. The default here is one
 * share of X25519MLKEM768 and one of x25519.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` unless it is an integer from 0 to the number of
 * supported groups minus one; `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
 *
 * @example Usage
 * ```ts
 * import { createCertificate } from "@nss/nss/cert";
 * import { generateKeyPair } from "@nss/nss/pkcs11";
 * import { importFD, namedGroupConfig, sendAdditionalKeyShares } from "@nss/nss/ssl";
 * import { assertEquals } from "@std/assert";
 *
 * const keys = await generateKeyPair();
 * const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
 * const up = new TransformStream<Uint8Array>();
 * const down = new TransformStream<Uint8Array>();
 * const server = importFD({ readable: up.readable, writable: down.writable }, {
 *   role: "server",
 *   certificates: [{ cert, key: keys.privateKey }],
 *   groups: ["secp256r1"],
 * });
 * const client = importFD({ readable: down.readable, writable: up.writable }, {
 *   hostname: "localhost",
 *   caCerts: [cert],
 * });
 * namedGroupConfig(client, ["x25519", "secp256r1", "secp384r1"]);
 * sendAdditionalKeyShares(client, 1); // of x25519 and secp256r1
 *
 * const [info] = await Promise.all([client.handshake(), server.handshake()]);
 * assertEquals(info.helloRetryRequest, false);
 * ```
 *
 * @category Versions, suites and groups
 */
export function sendAdditionalKeyShares(target: Configurable, count: number): void {
  requireSslArgs(
    "Cannot send additional key shares",
    isInteger(0, NAMED_GROUPS.length - 1)(count, "count"),
  );
  change(configToChange(target), { additionalKeyShares: count });
}
