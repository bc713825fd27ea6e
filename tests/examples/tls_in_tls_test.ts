// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Lines } from "../../examples/_lines.ts";
import { runExample } from "./_example.ts";
import { makePki } from "./_pki.ts";

Deno.test("tls_in_tls.ts reaches Deno.serve through a CONNECT proxy of Deno.listenTls", async () => {
  await using pki = await makePki();
  const { cert, key } = pki.server;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    ({ url }) => new Response(`inner ${new URL(url).pathname}`),
  );
  const allowed = `127.0.0.1:${server.addr.port}`;
  await using proxy = startProxy(cert, key, allowed);
  const get = (target: string, ca: string) =>
    runExample("tls_in_tls.ts", {
      permissions: [`--allow-net=127.0.0.1:${proxy.port}`, `--allow-read=${ca}`],
      args: [`https://127.0.0.1:${proxy.port}`, `https://${target}/page`, ca],
    });

  const [good, refused, distrusted] = await Promise.all([
    get(allowed, pki.rootFile),
    get("127.0.0.1:1", pki.rootFile),
    get(allowed, (await pki.client("another")).certFile),
  ]);
  assertEquals(good.code, 0, good.stderr);
  assertMatch(good.stdout, /\r\n\r\ninner \/page$/);
  assertMatch(good.stderr, /^CN=server by TLS_/m);
  assertEquals(refused.code, 1);
  assertStringIncludes(refused.stderr, "HTTP/1.1 403 Forbidden");
  assertEquals(distrusted.code, 1);
  assertStringIncludes(distrusted.stderr, "SEC_ERROR_UNKNOWN_ISSUER: ");
  assertEquals(
    proxy.requests.toSorted(),
    ["CONNECT 127.0.0.1:1 HTTP/1.1", `CONNECT ${allowed} HTTP/1.1`].toSorted(),
  );
});

/** An HTTP proxy behind Deno's own TLS, for one target. */
function startProxy(cert: string, key: string, allowed: string) {
  const listener = Deno.listenTls({ hostname: "127.0.0.1", port: 0, cert, key });
  const requests: string[] = [];
  const serveClient = async (client: Deno.TlsConn) => {
    const lines = new Lines(client);
    const request = await lines.read();
    if (request === null) return client.close();
    requests.push(request);
    while (await lines.read());
    if (request !== `CONNECT ${allowed} HTTP/1.1`) {
      await lines.write("HTTP/1.1 403 Forbidden", "");
      return client.close();
    }
    const [hostname, port] = allowed.split(":");
    const server = await Deno.connect({ hostname: hostname!, port: Number(port) });
    await lines.write("HTTP/1.1 200 Connection established", "");
    await Promise.allSettled([
      client.readable.pipeTo(server.writable),
      server.readable.pipeTo(client.writable),
    ]);
  };
  const clients: Promise<void>[] = [];
  const serve = async () => {
    for await (const client of listener) {
      clients.push(serveClient(client).catch(() => client.close()));
    }
  };
  const serving = serve();
  return {
    port: listener.addr.port,
    requests,
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await serving;
      await Promise.all(clients);
    },
  };
}
