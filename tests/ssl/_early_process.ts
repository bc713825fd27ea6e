// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server process for the tests of early data: shares its sessions in Redis, says its port, and
 * for each connection how much early data it has accepted. Its argument is JSON: the path of the
 * Unix socket of Redis, certificate and key, and by how many milliseconds its clock is off.
 *
 * @module
 */

import { NssContext } from "../../pkcs11/context/context.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { ConnTransport } from "../../ssl/connection/transports.ts";
import { configMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { shutdownServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { readEarlyData } from "../../ssl/nss/early_data.ts";
import { RedisSessionStore } from "../../ssl/session/store/redis_store.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import { RedisClient } from "../support/redis.ts";

const { redis, cert, pkcs8, skew } = JSON.parse(Deno.args[0]!);
let client: RedisClient | null = null;

/** Sends a command, over a new connection if the last one has failed. */
async function command(_key: string, args: string[]): Promise<unknown> {
  client ??= await RedisClient.connect(redis);
  const own = client;
  try {
    return await own.send(args);
  } catch (error) {
    if (client === own) client = null;
    throw error;
  }
}

const context = new NssContext({ trustAnchors: [] });
await configMPServerSIDCache({
  store: new RedisSessionStore({ command }),
  secret: new Uint8Array(32).fill(1),
  // A machine under load answers late, and no early data would be accepted at all
  storeTimeout: 10_000,
  context,
});
const key = await importPrivateKey(Uint8Array.fromBase64(pkcs8));
const environment = {
  now: () => Date.now() + skew,
  random: (length: number) => crypto.getRandomValues(new Uint8Array(length)),
};
const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
// deno-lint-ignore no-console -- what the test waits for
console.log(`port ${listener.addr.port}`);
const serving = (async () => {
  for await (const conn of listener) void serve(conn).catch(() => {});
})();

async function serve(conn: Deno.TcpConn): Promise<void> {
  const config = resolveConfig({
    role: "server",
    certificates: [{ cert, key }],
    maxEarlyData: 1000,
    context,
  });
  const socket = createSocket(new ConnTransport(conn), config, { environment });
  // What is replayed ends in an error: nobody who replays can make the Finished
  const count = await readEarlyData(socket, new Uint8Array(1000)).catch(() => 0);
  // deno-lint-ignore no-console -- what the test waits for
  console.log(`early ${count ?? 0}`);
  if (count === null) await socket.write(new Uint8Array([42]));
  await socket.close();
}

await Deno.stdin.read(new Uint8Array(1));
listener.close();
await serving.catch(() => {});
await shutdownServerSessionIDCache({ context });
Deno.exit(0);
