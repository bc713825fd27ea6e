// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * HTTPS that knows who is calling, in both roles: a server for HTTP/1.1 and HTTP/2 that asks its
 * clients for certificates, and a client by an agent of `node:https`.
 *
 *     deno run --allow-net=127.0.0.1 --allow-read=cert.pem,key.pem,ca.pem examples/http_serve.ts \
 *       serve 8443 cert.pem key.pem ca.pem
 *     deno run --allow-net --allow-read=ca.pem,cert.pem,key.pem examples/http_serve.ts \
 *       get https://localhost:8443/ ca.pem cert.pem key.pem
 *
 * @module
 */

import { type CertificateOptions, importFD } from "@nss/nss";
import { createAgent, serve } from "@nss/nss/http";
import { get } from "node:https";
import { cleanLines, portOf, reason, run, urlOf } from "./_program.ts";

/** Serves on the loopback interface; `ca` has issued the certificates of the callers. */
async function serveHttp(port: number, certificate: CertificateOptions, ca: string): Promise<void> {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port }), {
    certificates: [certificate],
    clientAuth: "request",
    caCerts: [ca],
  });
  const server = serve(listener, (request, { peerCertificates, remoteAddr }) => {
    const caller = peerCertificates[0]?.subject ?? `somebody at ${remoteAddr.hostname}`;
    return new Response(`Hello ${caller}, you asked for ${new URL(request.url).pathname}\n`);
  }, {
    onListen: ({ hostname, port }) => console.log(`Listening on ${hostname}:${port}`),
    onConnectionError: (error) => console.error(reason(error)),
  });
  await server.finished;
}

/** Gets a page, with a certificate if there is one. */
async function getPage(url: URL, ca: string, certificates: CertificateOptions[]): Promise<string> {
  const agent = createAgent({ caCerts: [ca], certificates });
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  get(url, { agent }, (response) => {
    response.setEncoding("utf8").toArray().then((texts) => resolve(texts.join("")), reject);
  }).on("error", reject);
  try {
    return await promise;
  } finally {
    agent.destroy();
  }
}

async function main(): Promise<void> {
  const [verb, target, ...files] = Deno.args;
  const [first, second, third] = await Promise.all(files.map((file) => Deno.readTextFile(file)));
  if (verb === "serve" && target && first && second && third) {
    await serveHttp(portOf(target), { cert: first, key: second }, third);
  } else if (verb === "get" && target && first) {
    const certificates = second && third ? [{ cert: second, key: third }] : [];
    console.log(cleanLines(await getPage(urlOf(target, "https"), first, certificates)));
  } else {
    console.log(
      "Usage: http_serve.ts serve PORT cert.pem key.pem ca.pem | " +
        "http_serve.ts get URL ca.pem [cert.pem key.pem]",
    );
    Deno.exit(verb === "--help" ? 0 : 2);
  }
}

if (import.meta.main) await run(main);
