// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { listeningPort, runExample, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";

Deno.test("early_data.ts answers an early GET at once, and a POST when it is asked again", async () => {
  await using pki = await makePki();
  const { rootFile, server: { certFile, keyFile } } = pki;
  await using server = startExample("early_data.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${certFile},${keyFile}`],
    args: ["serve", "0", certFile, keyFile],
  });
  const port = await listeningPort(server);
  for (const [method, second] of [["GET", "early, perhaps replayed"], ["POST", "after"]] as const) {
    const { code, stdout, stderr } = await runExample("early_data.ts", {
      permissions: ["--allow-net=127.0.0.1", `--allow-read=${rootFile}`],
      args: [method, `${port}`, rootFile],
    });
    assertEquals({ code, stderr }, { code: 0, stderr: "" }, stdout + server.output);
    assertMatch(stdout, new RegExp(`^${method} after[^]*^${method} ${second}`, "m"));
  }
});
