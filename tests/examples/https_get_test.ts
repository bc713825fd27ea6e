// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { importFD } from "@nss/nss";
import { Lines } from "../../examples/_lines.ts";
import { runExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { opensslServer, testWith } from "./_programs.ts";

await testWith("openssl", "https_get.ts gets a page of openssl s_server", async () => {
  await using pki = await makePki();
  const { process, port } = await opensslServer(pki.server, "-www");
  await using _ = process;
  const { code, stdout, stderr } = await runExample("https_get.ts", {
    permissions: [`--allow-net=127.0.0.1:${port}`, `--allow-read=${pki.rootFile}`],
    args: ["--ca", pki.rootFile, `https://127.0.0.1:${port}/`],
  });
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^HTTP\/1\.0 200 ok/);
  // openssl's page tells of the connection
  assertStringIncludes(stdout, "New, TLSv1.3, Cipher is TLS_");
});

Deno.test("https_get.ts gets a page of Deno.serve and shows its certificate", async () => {
  await using pki = await makePki();
  const { cert, key } = pki.server;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    (request) => new Response(`${request.method} ${new URL(request.url).pathname}`),
  );
  const { code, stdout, stderr } = await runExample("https_get.ts", {
    permissions: [`--allow-net=127.0.0.1:${server.addr.port}`, `--allow-read=${pki.rootFile}`],
    args: ["--ca", pki.rootFile, `https://127.0.0.1:${server.addr.port}/some/page`],
  });
  assertEquals(code, 0, stderr);
  assertMatch(stdout, /^HTTP\/1\.\d 200 OK\r\n[^]*\r\n\r\nGET \/some\/page$/);
  assertMatch(stderr, /^TLSv1\.3 TLS_\S+ X25519MLKEM768$/m);
  assertMatch(stderr, /^subject +CN=server$/m);
  assertMatch(stderr, /^issuer +CN=Example Root$/m);
  assertMatch(stderr, /^names +DNS:localhost, IP Address:127\.0\.0\.1$/m);
  assertStringIncludes(stderr, `pin      ${pki.server.pin}\n`);
});

Deno.test("https_get.ts trusts a pinned key of our own server, and no other", async () => {
  await using pki = await makePki();
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert: pki.server.cert, key: pki.server.key }],
  });
  const serve = async () => {
    for await (const socket of listener) {
      const lines = new Lines(socket);
      const respond = async () => {
        while (await lines.read());
        await lines.write("HTTP/1.0 200 OK", "", "Our own page");
        await socket.close();
      };
      respond().catch(() => {}); // the client that does not trust the key
    }
  };
  const serving = serve();
  const get = (pin: string) =>
    runExample("https_get.ts", {
      permissions: [`--allow-net=127.0.0.1:${listener.addr.port}`],
      args: ["--pin", pin, `https://127.0.0.1:${listener.addr.port}/`],
    });
  const other = await pki.client("other");
  const [right, wrong] = await Promise.all([get(pki.server.pin), get(other.pin)]);
  assertEquals(right.code, 0, right.stderr);
  assertStringIncludes(right.stdout, "Our own page");
  assertEquals(wrong.code, 1);
  assertEquals(wrong.stdout, "");
  assertStringIncludes(wrong.stderr, "SSL_ERROR_BAD_CERTIFICATE: ");
  listener.close();
  await serving;
});
