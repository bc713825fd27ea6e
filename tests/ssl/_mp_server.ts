// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * A server process for the tests of shared sessions: inherits the cache, listens on a free port,
 * says which, answers each connection with one byte, and ends when its input does. Its argument is
 * its certificate and key, as JSON.
 *
 * @module
 */

import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { inheritMPServerSIDCache } from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { shutdownServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { importFD } from "../../ssl/import_fd.ts";

const { cert, pkcs8, named } = JSON.parse(Deno.args[0]!);
await inheritMPServerSIDCache();
const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
  certificates: [{ cert, key: await importPrivateKey(Uint8Array.fromBase64(pkcs8)) }],
  versions: { min: "TLSv1.2", max: "TLSv1.3" },
  ...(named === undefined ? {} : { sniSocketConfig: () => undefined }),
  ...(named ? { sessionIdContext: named } : {}),
});
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
