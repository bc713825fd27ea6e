// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { run } from "../support/process.ts";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";

await testWith("curl", "node_http.ts serves curl", async () => {
  await using pki = await makePki();
  const { rootFile, server: { certFile, keyFile } } = pki;
  await using server = startExample("node_http.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile}`],
    args: ["serve", "0", certFile, keyFile],
  });
  const port = await listeningPort(server);
  const { code, stdout, stderr } = await run("curl", {
    // deno-fmt-ignore
    args: ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert", rootFile,
      `https://127.0.0.1:${port}/first`, `https://127.0.0.1:${port}/second`],
  });
  assertEquals(code, 0, stderr);
  assertEquals(stdout, "You asked node:http for /first\nYou asked node:http for /second\n");
});

Deno.test("node_http.ts gets a page of Deno.serve", async () => {
  await using pki = await makePki();
  const { cert, key } = pki.server;
  await using server = Deno.serve(
    { hostname: "127.0.0.1", port: 0, cert, key, onListen: () => {} },
    ({ url, headers }) => new Response(`${new URL(url).pathname} of ${headers.get("host")}`),
  );
  const host = `127.0.0.1:${server.addr.port}`;
  const { code, stdout, stderr } = await runExample("node_http.ts", {
    permissions: [`--allow-net=${host}`, `--allow-read=${pki.rootFile}`],
    args: ["get", `https://${host}/page`, pki.rootFile],
  });
  assertEquals(code, 0, stderr);
  assertEquals(stdout, `/page of ${host}\n`);
});
