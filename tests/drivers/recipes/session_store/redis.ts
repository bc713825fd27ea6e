import { createClient, createCluster } from "npm:redis@6.3.1";
import { RedisSessionStore } from "@nss/nss/ssl/session-store";

type Client = ReturnType<typeof createClient>;
type Cluster = ReturnType<typeof createCluster>;

/** A server by npm's redis. */
export const storeOf = (client: Client) =>
  new RedisSessionStore({ command: (_key, args) => client.sendCommand(args) });

/** A cluster by npm's redis. */
export const storeOfCluster = (cluster: Cluster) =>
  new RedisSessionStore({ command: (key, args) => cluster.sendCommand(key, false, args) });
