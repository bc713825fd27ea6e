// Copyright 2026 the NSS for Deno authors. MIT license.

/** Engines joined without sockets or transports: nothing moves before a test moves it. @module */

import type { SslConfig } from "../../../ssl/config/config.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { SocketHooks } from "../../../ssl/connection/socket_hooks.ts";
import { createSocket } from "../../../ssl/ssl_socket.ts";
import { ConnTransport } from "../../../ssl/connection/transports.ts";
import type { ImportOptions } from "../../../ssl/config/import_options.ts";
import { type EngineOptions, SslEngine } from "../../../ssl/engine/engine.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import { clientOptions, serverOptions } from "../_support.ts";

/** How a test makes an engine. */
interface Options {
  /** Its configuration. */
  readonly options?: ImportOptions;
  /** What of that no option gives. */
  readonly settings?: Partial<SslConfig>;
  /** What it is made from besides. */
  readonly internals?: Partial<EngineOptions>;
}

function makeEngine(
  defaults: (options: ImportOptions) => ImportOptions,
  { options = {}, settings = {}, internals = {} }: Options,
): SslEngine {
  const config = { ...resolveConfig(defaults(options)), ...settings };
  const [unused] = memoryPair();
  return new SslEngine({
    // The default hooks want to know a socket.
    hooks: new SocketHooks(createSocket(new ConnTransport(unused), config)),
    config,
    peerAddress: "",
    environment: {
      now: () => Date.now(),
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    },
    onProgress: () => {},
    ...internals,
  });
}

/** All that an engine has to say by now. */
export async function outputOf(engine: SslEngine): Promise<Uint8Array<ArrayBuffer>> {
  const parts: number[] = [];
  while (engine.hasOutput) parts.push(...await engine.takeOutput() ?? []);
  return new Uint8Array(parts);
}

/** Lets one engine hear all that the other has to say. */
export async function pass(from: SslEngine, to: SslEngine): Promise<void> {
  await to.receive(await outputOf(from));
}

/** Two engines whose first handshake is complete. */
export async function connectedEngines(
  options: { readonly client?: Options; readonly server?: Options } = {},
): Promise<{ readonly client: SslEngine; readonly server: SslEngine }> {
  const client = makeEngine(clientOptions, options.client ?? {});
  const server = makeEngine(serverOptions, options.server ?? {});
  await Promise.all([client.start(), server.start()]);
  while (!client.connected || !server.connected) {
    await pass(client, server);
    await pass(server, client);
  }
  return { client, server };
}
