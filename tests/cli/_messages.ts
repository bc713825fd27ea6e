// Copyright 2026 the NSS for Deno authors. MIT license.

/** Handshake messages of both versions, and what was negotiated before each. @module */

import type { MessageContext } from "../../cli/explain/context.ts";
import { ObservedHandshake } from "../../cli/explain/observed_handshake.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { keyUpdate } from "../../ssl/nss/handshake.ts";
import { CREDENTIALS, pairing, socketOver } from "../fuzz/_sockets.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { Prng } from "../support/prng.ts";
import { pingPong } from "./_captured.ts";

/** A message and what was negotiated before it. */
export interface SentMessage {
  /** The message with its header. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** What was negotiated. */
  readonly context: MessageContext;
}

/** Returns what two sockets send, with client certificates and HelloRetryRequest. */
export async function sentMessages(): Promise<readonly SentMessage[]> {
  const messages: SentMessage[] = [];
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const prng = new Prng(7);
    const { client, server } = pairing(prng, null, version);
    const handshake = new ObservedHandshake();
    const filterOf = (sender: "client" | "server"): MessageFilter => (message) => {
      messages.push({ raw: message.raw.slice(), context: handshake.contextOf(sender) });
      handshake.heed(message);
      return [message.raw];
    };
    const [a, b] = memoryPair();
    const shared = { alpnProtocols: ["b"] };
    const clientSocket = socketOver(
      a,
      { ...client, ...shared, certificates: [CREDENTIALS.client] },
      { messageFilter: filterOf("client") },
    );
    const serverSocket = socketOver(
      b,
      { ...server, ...shared, clientAuth: "request", groups: ["secp256r1"] },
      { messageFilter: filterOf("server") },
    );
    await pingPong(clientSocket, serverSocket);
    if (version === "TLSv1.3") await keyUpdate(clientSocket, true);
    await pingPong(clientSocket, serverSocket);
    await Promise.all([clientSocket.close(), serverSocket.close()]);
  }
  return messages;
}
