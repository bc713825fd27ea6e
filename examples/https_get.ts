// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Gets a page over TLS, and shows first what was negotiated and whose certificate came.
 * `Deno.connectTls` tells neither (denoland/deno#22181, #31111), and takes more authorities to
 * trust but not fewer, or a key (denoland/deno#1371, #5931).
 *
 *     deno run --allow-net --allow-sys examples/https_get.ts https://example.com/
 *     deno run --allow-net --allow-read=ca.pem examples/https_get.ts --ca ca.pem \
 *       https://localhost:8443/
 *     deno run --allow-net examples/https_get.ts --pin oZ0t...9w= https://localhost:8443/
 *
 * `--ca` trusts the authorities of a file and no others. `--pin` trusts the one key whose SHA-256
 * it is, for a server that made its certificate itself; the pin is shown of every server that one
 * gets to. There is no switch that trusts everybody.
 *
 * @module
 */

import {
  type ChannelInfo,
  getChannelInfo,
  importFD,
  type ImportOptions,
  type SslSocket,
} from "@nss/nss";
import { formatGeneralName } from "@nss/nss/cert";
import { parseArgs } from "node:util";
import { clean, forStdout, run, urlOf } from "./_program.ts";

/** How to tell whom to trust. */
type Trust = Pick<ImportOptions, "caCerts" | "authCertificate">;

/** Asks a server for a page; its answer, headers included, is what the socket then reads. */
async function requestPage(url: URL, trust: Trust): Promise<SslSocket> {
  const { hostname, host, pathname, search } = url;
  const conn = await Deno.connect({ hostname, port: Number(url.port || 443) });
  const socket = importFD(conn, { hostname, alpnProtocols: ["http/1.1"], ...trust });
  // HTTP/1.0, so that the answer ends where the connection does. TLS tells an end from a cut.
  const request = `GET ${pathname}${search} HTTP/1.0\r\nHost: ${host}\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  return socket;
}

/** Trusts a key and nothing else: neither authorities nor names count. */
function trustKey(pin: string): Trust {
  return {
    authCertificate: async (_socket, peer) =>
      await peer.chain[0]!.subjectPublicKeyInfo.pin() === pin,
  };
}

async function show({ version, cipherSuite, group, peerCertificates: [peer] }: ChannelInfo) {
  if (!peer) return;
  console.error(`${version} ${cipherSuite} ${group}`);
  console.error(clean(`subject  ${peer.subject}`));
  console.error(clean(`issuer   ${peer.issuer}`));
  console.error(`valid    ${peer.notBefore.toISOString()} to ${peer.notAfter.toISOString()}`);
  console.error(clean(`names    ${peer.subjectAltName?.map(formatGeneralName).join(", ") ?? ""}`));
  console.error(`SHA-256  ${(await peer.fingerprint()).toHex()}`);
  console.error(`pin      ${await peer.subjectPublicKeyInfo.pin()}\n`);
}

async function main(): Promise<void> {
  const { values: { ca, pin, help }, positionals: [url] } = parseArgs({
    args: Deno.args,
    options: {
      ca: { type: "string" },
      pin: { type: "string" },
      help: { type: "boolean" },
    },
    allowPositionals: true,
  });
  if (help || url === undefined) {
    console.log("Usage: https_get.ts [--ca ca.pem | --pin base64] https://host[:port]/path");
    Deno.exit(help ? 0 : 2);
  }
  const trust = pin ? trustKey(pin) : ca ? { caCerts: [await Deno.readTextFile(ca)] } : {};
  await using socket = await requestPage(urlOf(url, "https"), trust);
  await show(getChannelInfo(socket));
  await forStdout(socket.readable).pipeTo(Deno.stdout.writable);
}

if (import.meta.main) await run(main);
