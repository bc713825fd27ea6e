// Copyright 2026 the NSS for Deno authors. MIT license.

import { resolveConfig } from "./resolve_config.ts";
import { setConfig } from "./config_registry.ts";
import type { ImportOptions } from "./import_options.ts";

/**
 * A configuration without a connection (NSS's model socket): set it up with options or with the functions that take a
 * socket, and name it as `model` when sockets are imported. Each socket copies the values that the model has at that
 * moment.
 */
export class SslModel {
  /** Makes a model; {@linkcode newModel} is the function for it. */
  constructor(options: ImportOptions = {}) {
    setConfig(this, resolveConfig(options));
  }
}

/**
 * Makes a model: a configuration that many sockets copy.
 *
 * @param options The model's configuration; what is left out is the default.
 * @returns The model.
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
 */
export function newModel(options: ImportOptions = {}): SslModel {
  return new SslModel(options);
}
