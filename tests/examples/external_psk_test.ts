// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch } from "@std/assert";
import { listeningPort, runExample, startExample } from "./_example.ts";

Deno.test("external_psk.ts greets a client that holds the key by its identity, and no other", async () => {
  const directory = await Deno.makeTempDir({ prefix: "nss_psk_" });
  try {
    const [right, wrong, short] = ["right", "wrong", "short"].map((name) =>
      `${directory}/${name}.key`
    );
    await Deno.writeFile(right!, crypto.getRandomValues(new Uint8Array(32)));
    await Deno.writeFile(wrong!, crypto.getRandomValues(new Uint8Array(32)));
    await Deno.writeFile(short!, new Uint8Array(15));
    const permissions = (file: string) => ["--allow-net=127.0.0.1", `--allow-read=${file}`];
    await using server = startExample("external_psk.ts", {
      permissions: permissions(right!),
      args: ["serve", "0", right!],
    });
    const port = String(await listeningPort(server));
    const ask = (file: string) =>
      runExample("external_psk.ts", { permissions: permissions(file), args: ["ask", port, file] });
    const [greeted, refused, tooShort] = await Promise.all([ask(right!), ask(wrong!), ask(short!)]);
    assertEquals([greeted.stdout, greeted.stderr, greeted.code], ["Hello sensor 7\n", "", 0]);
    assertMatch(refused.stderr, /^SSL_ERROR_DECRYPT_ERROR_ALERT: /);
    assertMatch(tooShort.stderr, /^SEC_ERROR_INVALID_ARGS: .*key has 15 bytes/);
    await server.waitFor(/^SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE: /m);
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});
