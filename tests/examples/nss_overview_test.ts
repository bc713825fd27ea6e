// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { runExample } from "./_example.ts";

Deno.test("nss_overview.ts tells the page chapter by chapter, with one path for both versions", async () => {
  const { code, stdout, stderr } = await runExample("nss_overview.ts", {
    permissions: ["--allow-net=127.0.0.1", "--allow-read", "--allow-write"],
    args: [],
  });
  assertEquals(code, 0, stderr);
  const seen =
    'the client sees "CN=server", issued by "CN=Overview CA", for the client\'s window; ' +
    "the database has keys for alice and server";
  const visit = (version: string, how: string, sees: boolean, seesAgain: boolean) => [
    ...(sees ? [seen] : []),
    `the server shakes hands with somebody (${version}${how})`,
    "the client reads: public page, for anybody",
    ...(seesAgain ? [seen] : []),
    `the server shakes hands with alice (${version}${how})`,
    "the client reads: private page, for alice",
    "the client reads: private page, for alice",
  ];
  assertEquals(stdout.trimEnd().split("\n").map((line) => line.trim()), [
    "Initialization",
    "Initializing caches",
    "Configuration",
    'the password of "NSS Certificate DB" is asked for',
    "Communication",
    ...visit("TLSv1.3", "", true, false),
    ...visit("TLSv1.3", ", resumed", false, false),
    ...visit("TLSv1.2", "", true, true),
    ...visit("TLSv1.2", "", true, true), // the session was invalidated
    "Cleanup",
    "handshakes of the server that resumed: 1",
  ]);
});
