// Copyright 2026 the NSS for Deno authors. MIT license.

import { isBytes, isInteger, isString } from "../../cert/base/options.ts";
import { requireSslArgs } from "../config/option_values.ts";
import { LABEL_LIMIT } from "../crypto/hkdf.ts";
import type { SslSocket } from "../base/socket_type.ts";
import { connectionOf } from "../connection/connection_registry.ts";

/** The maximum length of what is exported, and of a context: both lengths have 2 bytes. */
const MAX_EXPORT_LENGTH = 2 ** 16 - 1;

/**
 * Derives bytes that only the two ends know (`SSL_ExportKeyingMaterial`; RFC 8446, Section 7.5), to
 * bind another protocol to this connection.
 *
 * @param socket The socket, its handshake complete.
 * @param label The purpose, as registered with IANA, such as `"EXPORTER-Channel-Binding"`.
 * @param length The number of bytes.
 * @param context The context value that the bytes depend on; none by default.
 * @returns The bytes.
 * @throws {SslError} `SSL_ERROR_HANDSHAKE_NOT_COMPLETED` before the handshake is complete.
 *
 * @example Usage
 * ```ts ignore
 * import { exportKeyingMaterial, importFD } from "@nss/nss";
 *
 * const hostname = "example.com";
 * const socket = importFD(await Deno.connect({ hostname, port: 443 }), { hostname });
 * await socket.handshake();
 * const binding = await exportKeyingMaterial(socket, "EXPORTER-Channel-Binding", 32);
 * ```
 *
 * @category Connection information
 */
export async function exportKeyingMaterial(
  socket: SslSocket,
  label: string,
  length: number,
  context?: Uint8Array,
): Promise<Uint8Array<ArrayBuffer>> {
  requireExport(label, length, context);
  const engine = connectionOf(socket).connectedEngine;
  return await engine.exporter.exportKeyingMaterial(
    label,
    context ? new Uint8Array(context) : null,
    length,
  );
}

/** Checks the arguments of an export, of early keying material or other. */
export function requireExport(label: string, length: number, context?: Uint8Array): void {
  requireSslArgs(
    "Cannot export keying material",
    isString(label, "label"),
    isInteger(0, MAX_EXPORT_LENGTH)(length, "length"),
    context === undefined ? null : isBytes(context, "context"),
  );
  const { length: labelLength } = new TextEncoder().encode(label);
  requireSslArgs(
    "Cannot export keying material",
    labelLength > LABEL_LIMIT ? `label has ${labelLength} bytes, not at most ${LABEL_LIMIT}` : null,
    context !== undefined && context.length > MAX_EXPORT_LENGTH
      ? `context has ${context.length} bytes, not at most ${MAX_EXPORT_LENGTH}`
      : null,
  );
}
