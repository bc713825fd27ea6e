// Copyright 2026 the NSS for Deno authors. MIT license.

/** A client whose second ClientHello comes to another server than its first one. @module */

import type {
  HelloRetryRequest,
  HelloRetryRequestAction,
  HelloRetryRequestCallback,
  ImportOptions,
} from "@nss/nss/ssl";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  clientOptions,
  closeAll,
  serverOptions,
  socketOver,
  type TestEnvironment,
} from "./_support.ts";

/** A callback that answers the first hello and the second one, and keeps what it was asked. */
export function answering(
  first: HelloRetryRequestAction | Promise<HelloRetryRequestAction>,
  second: HelloRetryRequestAction | Promise<HelloRetryRequestAction> = "accept",
): { readonly asked: HelloRetryRequest[]; readonly callback: HelloRetryRequestCallback } {
  const asked: HelloRetryRequest[] = [];
  return {
    asked,
    callback: (_socket, request) => {
      asked.push(request);
      return request.firstHello ? first : second;
    },
  };
}

/** A client whose second hello, and all that follows, reaches another socket than its first one. */
function handedOver(first: ConnLike<Deno.NetAddr>, second: ConnLike<Deno.NetAddr>) {
  let reads = 0;
  let writes = 0;
  const conn: ConnLike<Deno.NetAddr> = {
    localAddr: first.localAddr,
    remoteAddr: first.remoteAddr,
    read: (p) => (reads++ === 0 ? first : second).read(p),
    write: (p) => (writes++ === 0 ? first : second).write(p),
    close: () => {
      first.close();
      second.close();
    },
  };
  return conn;
}

/** Two servers, and a client that goes from one to the other. */
export interface HandOver {
  readonly first?: ImportOptions;
  readonly second?: ImportOptions;
  readonly client?: ImportOptions;
  readonly environments?: readonly [TestEnvironment, TestEnvironment];
}

/** What became of a client and of the second server. */
export async function handOver({ first, second, client, environments }: HandOver) {
  const [a, serverA] = memoryPair();
  const [b, serverB] = memoryPair();
  const own = socketOver(handedOver(a, b), clientOptions(client));
  const servers = [
    socketOver(serverA, serverOptions(first), { environment: environments?.[0] }),
    socketOver(serverB, serverOptions(second), { environment: environments?.[1] }),
  ] as const;
  const [begun, outcomes] = [
    servers[0].handshake().catch((error) => error),
    await Promise.all([
      own.handshake().catch((error) => error),
      servers[1].handshake().catch((error) => error),
    ]),
  ];
  const done = async () => {
    await closeAll(own, ...servers);
    await begun;
  };
  return { client: own, server: servers[1], outcomes, [Symbol.asyncDispose]: done };
}
