// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * TLS without certificates: both ends have a key from elsewhere, 16 random bytes or more in a file
 * (`head -c 32 /dev/urandom > a.key`), imported for these two nodes (RFC 9258), so that no
 * message of one can be turned against itself.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=a.key examples/external_psk.ts serve 4433 a.key
 *     deno run --allow-net=127.0.0.1 --allow-read=a.key examples/external_psk.ts ask 4433 a.key
 *
 * @module
 */

import { type ExternalPsk, importFD } from "@nss/nss/ssl";
import { toText } from "@std/streams/to-text";
import { clean, portOf, reason, run } from "./_program.ts";

const hostname = "127.0.0.1";
const importer = { client: "sensor", server: "collector" };

async function serve(port: number, psk: ExternalPsk): Promise<void> {
  const listener = importFD(Deno.listen({ hostname, port }), { externalPsks: [psk] });
  console.log(`Listening on ${hostname}:${listener.addr.port}`);
  for await (const socket of listener) {
    socket.handshake().then(async ({ pskIdentity }) => {
      await socket.write(
        new TextEncoder().encode(`Hello ${new TextDecoder().decode(pskIdentity!)}`),
      );
      await socket.close();
    }).catch((error) => console.error(reason(error)));
  }
}

async function main(): Promise<void> {
  const [verb, port, file] = Deno.args;
  if (!file || !port || (verb !== "serve" && verb !== "ask")) {
    console.log("Usage: external_psk.ts serve|ask PORT KEY-FILE");
    Deno.exit(verb === "--help" ? 0 : 2);
  }
  const psk = { identity: "sensor 7", key: await Deno.readFile(file), importer };
  if (verb === "serve") return await serve(portOf(port), psk);
  const conn = await Deno.connect({ hostname, port: portOf(port) });
  await using socket = importFD(conn, { externalPsks: [psk] });
  console.log(clean(await toText(socket.readable)));
}

if (import.meta.main) await run(main);
