// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslModel } from "../base/socket_type.ts";
import { refuseOwn, resolveConfig, takeImportOptions } from "./resolve_config.ts";
import { setConfig } from "./config_registry.ts";
import type { ImportOptions } from "./import_options.ts";

/**
 * Creates a model: a configuration for many sockets to copy.
 *
 * @param options The model's options; omitted ones have their defaults.
 * @returns The model.
 * @throws {SslError} `SEC_ERROR_INVALID_ARGS` for an unknown option or an invalid value.
 *
 * @example Usage
 * ```ts
 * import { importFD, newModel, revealURL } from "@nss/nss";
 * import { assertEquals } from "@std/assert";
 *
 * const model = newModel({ hostname: "example.com", alpnProtocols: ["h2", "http/1.1"] });
 * const { readable, writable } = new TransformStream<Uint8Array>();
 * const socket = importFD({ readable, writable }, { model });
 * assertEquals(revealURL(socket), "example.com");
 * await socket.close();
 * ```
 *
 * @category Sockets
 */
export function newModel(options: ImportOptions = {}): SslModel {
  const model: SslModel = { [Symbol.toStringTag]: "SslModel" };
  const own = takeImportOptions(options);
  refuseOwn(own, "a model's");
  setConfig(model, resolveConfig(own));
  return model;
}
