// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Ends that take part in handshakes after the first one.
 *
 * @module
 */

import { type ImportOptions, newModel, optionSet, type ProtocolVersion } from "@nss/nss";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import {
  clientOptions,
  connected,
  type Joined,
  type JoinOptions,
  PKI,
  serverOptions,
} from "./_support.ts";

/** A client that does what its server asks for after the handshake, in any version. */
export function willing(options: ImportOptions = {}): ImportOptions {
  const model = newModel(clientOptions(options));
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return { ...options, model };
}

export function serving(
  renegotiation: "NEVER" | "REQUIRES_XTN" | "UNRESTRICTED",
  options: ImportOptions = {},
) {
  const model = newModel(serverOptions(options));
  optionSet(model, "ENABLE_RENEGOTIATION", renegotiation);
  return { ...options, model };
}

export function connectedIn(
  version: ProtocolVersion,
  { client = willing({ certificates: [PKI.client.credential] }), server = {}, ...rest }:
    JoinOptions = {},
): Promise<Joined> {
  const versions = { min: version, max: version };
  return connected({
    ...rest,
    client: { ...client, versions },
    server: { ...server, versions },
  });
}

/** A client's transport that gives it nothing while its ears are closed. */
export function deaf() {
  let opened = Promise.resolve();
  let open = () => {};
  return {
    wrapClient: (conn: ConnLike<Deno.NetAddr>): ConnLike<Deno.NetAddr> => {
      const read = conn.read.bind(conn);
      conn.read = async (p) => {
        await opened;
        return await read(p);
      };
      return conn;
    },
    close: () => {
      ({ promise: opened, resolve: open } = Promise.withResolvers<void>());
    },
    open: () => open(),
  };
}
