// Copyright 2026 the NSS for Deno authors. MIT license.

import { SslError, toSslError } from "../base/errors.ts";
import {
  alpnProtocols,
  listProtocols,
} from "../extensions/application_layer_protocol_negotiation.ts";
import type { ExtensionBlock } from "../extensions/extension_block.ts";
import type { SniRequest } from "../config/hooks.ts";
import type { HandshakeContext } from "./handshake.ts";

/**
 * Selects the application protocol of a server: by the application's callback, or else the first of
 * the server's list that the client offers (RFC 7301, Section 3.2).
 *
 * @returns The protocol; `null` for none.
 * @throws {SslError} `SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL` if the client offers none of them,
 * `SSL_ERROR_APP_CALLBACK_ERROR` if the callback throws or returns one that was not offered.
 */
export async function chooseProtocol(
  hs: HandshakeContext,
  extensions: ExtensionBlock | undefined,
  serverName: string | null,
): Promise<string | null> {
  const { config } = hs;
  const offered = extensions?.get(alpnProtocols);
  if (offered === undefined) return null;
  const answer = await askApplication(hs, { serverName, alpnProtocols: offered });
  if (answer !== undefined) return answer;
  if (config.alpnProtocols.length === 0) return null;
  const chosen = config.alpnProtocols.find((protocol) => offered.includes(protocol));
  if (chosen !== undefined) return chosen;
  throw new SslError(
    "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
    `Cannot agree on an application protocol: the client offers ${listProtocols(offered)}, ` +
      `this server has ${config.alpnProtocols.join(", ")}`,
  );
}

/** Calls the application's callback; `undefined` if the list decides. */
async function askApplication(
  { config, hooks }: HandshakeContext,
  { serverName, alpnProtocols: offered }: SniRequest,
): Promise<string | null | undefined> {
  const { nextProtoCallback, alpn } = config;
  if (nextProtoCallback === null || !alpn) return undefined;
  let chosen;
  try {
    chosen = await hooks.call(nextProtoCallback, { serverName, alpnProtocols: [...offered] });
  } catch (error) {
    throw toSslError(error, "SSL_ERROR_APP_CALLBACK_ERROR");
  }
  if (chosen === undefined || chosen === null || offered.includes(chosen)) return chosen;
  throw new SslError(
    "SSL_ERROR_APP_CALLBACK_ERROR",
    `Cannot choose application protocol "${chosen}": the client offers ${listProtocols(offered)}`,
  );
}
