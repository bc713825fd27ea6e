// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { authorityInfoAccess } from "../../cert/extensions/info_access.ts";
import { makeExtension } from "../../cert/extensions/extension.ts";
import { OIDS } from "../../cert/der/oids.ts";
import { createCertificate, generateKeyPair, importFD, type SslSocket } from "@nss/nss";

/** A server as a user would start it, and what a scanner has to know of it. */
export interface ScannedServer extends AsyncDisposable {
  /** Where it listens, on 127.0.0.1. */
  readonly port: number;
  /** The file of its authority's certificate. */
  readonly rootFile: string;
}

const ANSWER = new TextEncoder().encode([
  "HTTP/1.1 200 OK",
  "Content-Type: text/plain",
  "Content-Length: 3",
  "Connection: close",
  "Strict-Transport-Security: max-age=31536000",
  "Content-Security-Policy: default-src 'none'",
  "X-Content-Type-Options: nosniff",
  "",
  "ok\n",
].join("\r\n"));

/**
 * Starts a server of HTTP/1.1 for `localhost` in the default configuration, with a key of a kind.
 */
export async function startScannedServer(kind: "ec-p256" | "rsa-2048"): Promise<ScannedServer> {
  const [rootKeys, keys] = await Promise.all([generateKeyPair("ec-p256"), generateKeyPair(kind)]);
  const root = await createCertificate({ ...rootKeys, subject: "CN=scanned root", isCa: true });
  const cert = await createCertificate({
    publicKey: keys.publicKey,
    subject: "CN=localhost",
    dnsNames: ["localhost"],
    ipAddresses: ["127.0.0.1"],
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
    extensions: [
      // A certificate that says nowhere whether it is revoked is a finding of its own.
      makeExtension(authorityInfoAccess, [
        { method: OIDS.ocsp, location: { type: "uri", value: "http://ocsp.test/" } },
      ]),
    ],
  });
  const rootFile = await Deno.makeTempFile({ prefix: "nss_scan_", suffix: ".pem" });
  await Deno.writeTextFile(rootFile, root.toPem());
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
  });
  const connections = new Set<Promise<void>>();
  const accepting = (async () => {
    for await (const socket of listener) {
      const connection = answer(socket).finally(() => connections.delete(connection));
      connections.add(connection);
    }
  })();
  return {
    port: (listener.addr as Deno.NetAddr).port,
    rootFile,
    async [Symbol.asyncDispose]() {
      listener.close();
      await accepting;
      await Promise.all(connections);
      await Deno.remove(rootFile);
    },
  };
}

/** Answers a request; scanners break most of their connections off. */
async function answer(socket: SslSocket): Promise<void> {
  try {
    let request = "";
    const buffer = new Uint8Array(4096);
    for (let count; (count = await socket.read(buffer)) !== null;) {
      request += new TextDecoder().decode(buffer.subarray(0, count));
      if (request.includes("\r\n\r\n")) break;
    }
    if (request !== "") await socket.write(ANSWER);
  } catch {
    // Its error is the scanner's.
  } finally {
    await socket.close().catch(() => {});
  }
}
