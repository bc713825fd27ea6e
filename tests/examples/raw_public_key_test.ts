// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { runExample } from "./_example.ts";

Deno.test("raw_public_key.ts joins two ends that know each other's keys", async () => {
  assertEquals(
    await runExample("raw_public_key.ts", {
      permissions: ["--allow-net=127.0.0.1"],
      args: [],
    }),
    {
      code: 0,
      stdout: "The hub has the key ec P-256, the device ed25519\n",
      stderr: "",
    },
  );
});
