// Copyright 2026 the NSS for Deno authors. MIT license.

import type { SslConfig } from "../../config.ts";
import { SslError } from "../../errors.ts";
import {
  alpnProtocols,
  listProtocols,
} from "../../extensions/application_layer_protocol_negotiation.ts";
import type { ExtensionBlock } from "../../extensions/extension_block.ts";

/** The server's order decides (RFC 7301, Section 3.2). */
export function chooseProtocol(
  extensions: ExtensionBlock | undefined,
  config: SslConfig,
): string | null {
  const offered = extensions?.get(alpnProtocols);
  if (offered === undefined || config.alpnProtocols.length === 0) return null;
  const chosen = config.alpnProtocols.find((protocol) => offered.includes(protocol));
  if (chosen !== undefined) return chosen;
  throw new SslError(
    "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
    `Cannot agree on an application protocol: the client offers ${listProtocols(offered)}, ` +
      `this server has ${config.alpnProtocols.join(", ")}`,
  );
}
