// Copyright 2026 the NSS for Deno authors. MIT license.

import type { ExtensionBlock } from "../../../extensions/extension_block.ts";
import { greaseValue } from "../../grease.ts";
import type { HandshakeContext } from "../../handshake.ts";

/**
 * Adds a reserved extension to a message, which clients must ignore, if that is configured
 * (RFC 8701, Section 4).
 */
export function addGrease(
  { config, environment }: HandshakeContext,
  extensions: ExtensionBlock,
): void {
  if (!config.grease) return;
  const [choice] = environment.random(1);
  extensions.addBody(greaseValue(choice!), new Uint8Array(0));
}
