// Copyright 2026 the NSS for Deno authors. MIT license.

import { isArray, orNull } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { change } from "../config/config.ts";
import { configToChange } from "../config/config_registry.ts";
import { type CertificateInput, toCertificates } from "../config/credential.ts";
import type { Configurable } from "./configurable.ts";

/**
 * Sets the certificate authorities that a server names when it requests a certificate
 * (`SSL_SetTrustAnchors`). They help a client to choose; trust depends on `caCerts` and the context
 * only.
 *
 * @param target The socket, listener or model.
 * @param certs The authorities, of which only the names are sent; `null` for those of `caCerts`,
 * empty for none.
 * @throws {SslError} `PR_IS_CONNECTED_ERROR` while a handshake is in progress.
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
 *
 * @category Options
 */
export function setTrustAnchors(
  target: Configurable,
  certs: readonly CertificateInput[] | null,
): void {
  requireSslArgs("Cannot set trust anchors", orNull(isArray)(certs, "certs"));
  const names = certs?.flatMap((input, i) => toCertificates(input, `certs[${i}]`))
    .map(({ subject }) => subject);
  change(configToChange(target), { caNames: names ?? null });
}
