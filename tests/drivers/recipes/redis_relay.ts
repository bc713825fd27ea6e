import { createClient } from "npm:redis@6.3.1";
import { importFD, type ImportOptions } from "@nss/nss";
import { relay } from "@nss/nss/node";

export async function openRedis(conn: Deno.Conn, options: ImportOptions) {
  const { path, closed } = await relay(importFD(conn, options));
  const client = createClient({ socket: { path, reconnectStrategy: false } });
  closed.catch((error) => client.emit("error", error)); // why Redis hung up
  return client;
}
