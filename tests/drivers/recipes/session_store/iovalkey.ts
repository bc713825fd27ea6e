import { type Cluster, Redis } from "npm:iovalkey@0.4.0";
import { RedisSessionStore } from "@nss/nss/ssl/session-store";

/** A server or a cluster by iovalkey. */
export const storeOf = (client: Redis | Cluster) =>
  new RedisSessionStore({ command: (_key, [name, ...args]) => client.call(name!, ...args) });
