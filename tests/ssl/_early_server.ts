// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server process that shares ticket keys with others, and keeps the entries of early data to
 * itself: says its port, answers each connection with one byte, and ends when its input does. Its
 * argument is its certificate and key, as JSON.
 *
 * @module
 */

import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { inheritMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { shutdownServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { createAntiReplayContext, setAntiReplayContext } from "../../ssl/nss/early_data.ts";
import { importFD } from "../../ssl/import_fd.ts";

const { cert, pkcs8 } = JSON.parse(Deno.args[0]!);
await inheritMPServerSIDCache();
const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
  certificates: [{ cert, key: await importPrivateKey(Uint8Array.fromBase64(pkcs8)) }],
  maxEarlyData: 1000,
});
setAntiReplayContext(listener, createAntiReplayContext());
const serving = (async () => {
  for await (const socket of listener) {
    socket.write(new Uint8Array([42])).then(() => socket.close()).catch(() => {});
  }
})();
// deno-lint-ignore no-console -- what the test waits for
console.log((listener.addr as Deno.NetAddr).port);
await Deno.stdin.read(new Uint8Array(1));
listener.close();
await serving.catch(() => {});
await shutdownServerSessionIDCache();
