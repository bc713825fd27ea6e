// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { run } from "../support/process.ts";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { testWith } from "./_programs.ts";

await testWith("curl", "http_serve.ts tells curl and itself who is calling", async () => {
  await using pki = await makePki();
  const { rootFile, server: { certFile, keyFile } } = pki;
  const alice = await pki.client("alice");
  await using server = startExample("http_serve.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile},${rootFile}`],
    args: ["serve", "0", certFile, keyFile, rootFile],
  });
  const base = `https://127.0.0.1:${await listeningPort(server)}`;
  for (const version of ["--http1.1", "--http2"]) {
    const { code, stdout, stderr } = await run("curl", {
      // deno-fmt-ignore
      args: ["--silent", "--show-error", "--max-time", "10", "--noproxy", "*", "--cacert", rootFile,
        version, `${base}/first`, `${base}/second`],
    });
    assertEquals(code, 0, stderr);
    const hello = "Hello somebody at 127.0.0.1, you asked for";
    assertEquals(stdout, `${hello} /first\n${hello} /second\n`);
  }
  const { code, stdout, stderr } = await runExample("http_serve.ts", {
    permissions: [
      "--allow-net=127.0.0.1",
      `--allow-read=${rootFile},${alice.certFile},${alice.keyFile}`,
    ],
    args: ["get", `${base}/page`, rootFile, alice.certFile, alice.keyFile],
  });
  assertEquals([code, stdout], [0, "Hello CN=alice, you asked for /page\n\n"], stderr);
});
