import { type Cluster, Redis } from "npm:ioredis@6.0.0";
import { RedisSessionStore } from "@nss/nss/ssl/session-store";

/** A server or a cluster by ioredis. */
export const storeOf = (client: Redis | Cluster) =>
  new RedisSessionStore({ command: (_key, [name, ...args]) => client.call(name!, ...args) });
