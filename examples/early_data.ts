// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Early data for HTTP (RFC 8470): a server answers a GET that came early at once, and others with
 * 425 (Too Early), after which the client asks again.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem examples/early_data.ts \
 *       serve 8443 cert.pem key.pem
 *     deno run --allow-net=127.0.0.1 --allow-read=ca.pem examples/early_data.ts POST 8443 ca.pem
 *
 * @module
 */

import { importFD, readEarlyData, type SslSocket, writeEarlyData } from "@nss/nss/ssl";
import { toText } from "@std/streams/to-text";
import { cleanLines, portOf, reason, run } from "./_program.ts";

const hostname = "127.0.0.1";

/** Answers one request, which is early if it comes before the handshake is complete. */
async function answer(socket: SslSocket): Promise<void> {
  const buffer = new Uint8Array(1024);
  const early = await readEarlyData(socket, buffer);
  const request = buffer.subarray(0, early ?? await socket.read(buffer) ?? 0);
  const [method] = new TextDecoder().decode(request).split(" ");
  const status = early !== null && method !== "GET" ? "425 Too Early" : "200 OK";
  const how = early === null ? "after the handshake" : "early, perhaps replayed";
  await socket.write(new TextEncoder().encode(`HTTP/1.0 ${status}\r\n\r\n${method} ${how}\n`));
  await socket.close();
}

/** Asks once; early where the server has been visited before. */
async function ask(method: string, port: number, ca: string, early = true): Promise<string> {
  const request = new TextEncoder().encode(`${method} / HTTP/1.0\r\n\r\n`);
  const conn = await Deno.connect({ hostname, port });
  await using socket = importFD(conn, { hostname: "localhost", caCerts: [ca] });
  if (early) await writeEarlyData(socket, request, { ifRefused: "resend" });
  else await socket.write(request);
  const response = await toText(socket.readable);
  return early && response.includes(" 425 ") ? await ask(method, port, ca, false) : response;
}

async function main([verb, port, file, keyFile] = Deno.args): Promise<void> {
  if (!verb || !port || !file || (verb === "serve") !== (keyFile !== undefined)) {
    console.log("Usage: early_data.ts serve PORT cert.pem key.pem | METHOD PORT ca.pem");
    Deno.exit(verb === "--help" ? 0 : 2);
  }
  const cert = await Deno.readTextFile(file);
  const askOnce = async () => console.log(cleanLines(await ask(verb, portOf(port), cert)));
  if (keyFile === undefined) return await askOnce().then(askOnce);
  const certificates = [{ cert, key: await Deno.readTextFile(keyFile) }];
  const options = { certificates, maxEarlyData: 1024, halfRttData: true };
  const listener = importFD(Deno.listen({ hostname, port: portOf(port) }), options);
  console.log(`Listening on ${hostname}:${listener.addr.port}`);
  for await (const socket of listener) answer(socket).catch((e) => console.error(reason(e)));
}

if (import.meta.main) await run(main);
