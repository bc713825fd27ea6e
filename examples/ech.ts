// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Connects without showing the host name (RFC 9849). `Deno.resolveDns` has no type HTTPS yet: the
 * configurations come from a file with what `dig +short HTTPS example.com` prints behind `ech=`.
 *
 *     deno run --allow-net --allow-sys --allow-read=ech.txt examples/ech.ts example.com:443 ech.txt
 *     deno run --allow-net --allow-read=ech.txt,ca.pem examples/ech.ts localhost:443 ech.txt ca.pem
 *
 * @module
 */

import { getChannelInfo, importFD, type SslSocket } from "@nss/nss";
import { EchRejectedError } from "@nss/nss/ssl";
import { clean, run, urlOf } from "./_program.ts";

async function connect(url: URL, echConfigList: string | Uint8Array, ca: string | undefined) {
  const { hostname } = url;
  const caCerts = ca === undefined ? {} : { caCerts: [await Deno.readTextFile(ca)] };
  const conn = await Deno.connect({ hostname, port: Number(url.port || 443) });
  const socket: SslSocket = importFD(conn, { hostname, echConfigList, ...caCerts });
  await socket.handshake();
  return socket;
}

async function main([server, file, ca] = Deno.args): Promise<void> {
  if (server === undefined || file === undefined || server === "--help") {
    console.log("Usage: ech.ts host:port ech.txt [ca.pem]");
    Deno.exit(server === "--help" ? 0 : 2);
  }
  const url = urlOf(`https://${server}`, "https");
  const list = await Deno.readTextFile(file);
  await using socket = await connect(url, list, ca).catch((error) => {
    const retry = error instanceof EchRejectedError ? error.retryConfigs : null;
    if (retry === null) throw error;
    return connect(url, retry, ca); // once: the server itself has given them
  });
  const { version, echAccepted } = getChannelInfo(socket);
  console.log(clean(`${version}, host name ${echAccepted ? "hidden" : "shown"}`));
}

if (import.meta.main) await run(main);
