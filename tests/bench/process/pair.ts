// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import type { Identity } from "../peers/peer.ts";
import type { PeerSpec } from "./commands.ts";
import { type Place, Remote } from "./remote.ts";

/** A client and its server. */
export class Pair implements AsyncDisposable {
  readonly client: Remote;
  readonly server: Remote;

  private constructor(client: Remote, server: Remote) {
    this.client = client;
    this.server = server;
  }

  /** Starts both, and tells the client where the server is. */
  static async start(
    specs: { readonly client: PeerSpec; readonly server: PeerSpec },
    identity: Identity,
    place: Place,
  ): Promise<Pair> {
    await using stack = new AsyncDisposableStack();
    const client = stack.use(await Remote.start(specs.client, "client", place));
    const server = stack.use(await Remote.start(specs.server, "server", place));
    const { port } = await server.ask({ do: "listen", identity });
    await client.ask({ do: "target", target: { port: port!, root: identity.root } });
    stack.move();
    return new Pair(client, server);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.client[Symbol.asyncDispose](), this.server[Symbol.asyncDispose]()]);
  }
}
