// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Looks at what a client says first, and changes what either end says first.
 *
 * @module
 */

import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
} from "../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { encodeServerHello, parseServerHello } from "../../ssl/messages/server_hello.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";

/** The hellos that a filter has let pass. */
export interface Hellos {
  /** What stands between. */
  readonly messageFilter: MessageFilter;
  /** The hellos so far. */
  readonly sent: ClientHello[];
}

/** A filter for a client that lets everything pass and keeps the hellos. */
export function keepHellos(): Hellos {
  const sent: ClientHello[] = [];
  return {
    sent,
    messageFilter: ({ type, body, raw }) => {
      if (type === HandshakeType.clientHello) sent.push(parseClientHello(body));
      return [raw];
    },
  };
}

/** A filter that counts the messages of a type. */
export function countMessages(type: number): { messageFilter: MessageFilter; count: number } {
  const counter = {
    count: 0,
    messageFilter: (message: Parameters<MessageFilter>[0]) => {
      if (message.type === type) counter.count++;
      return [message.raw];
    },
  };
  return counter;
}

/** A filter that takes an extension out of the hello of either end. */
export function withoutExtension(extension: number): MessageFilter {
  return ({ type, body, raw }) => {
    if (type === HandshakeType.clientHello) {
      const hello = parseClientHello(body);
      const extensions = without(hello.extensions, extension);
      return [encodeHandshake(type, encodeClientHello({ ...hello, extensions }))];
    }
    if (type === HandshakeType.serverHello) {
      const hello = parseServerHello(body);
      const extensions = without(hello.extensions, extension);
      return [encodeHandshake(type, encodeServerHello({ ...hello, extensions }))];
    }
    return [raw];
  };
}

function without(block: ExtensionBlock | undefined, extension: number): ExtensionBlock {
  const rest = new ExtensionBlock();
  for (const type of block?.types() ?? []) {
    if (type !== extension) rest.addBody(type, block!.body(type)!);
  }
  return rest;
}
