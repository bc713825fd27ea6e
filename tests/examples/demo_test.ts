// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertFalse, assertMatch, assertStringIncludes } from "@std/assert";
import { programVersion } from "../support/process.ts";
import { inCi, note } from "../support/skip.ts";
import { runExample } from "./_example.ts";

Deno.test("demo.ts exchanges data with every peer and tells what was negotiated", async () => {
  const { code, stdout, stderr } = await runExample("demo.ts", {
    permissions: ["--allow-net=127.0.0.1", "--allow-run=openssl", "--allow-write"],
    args: [],
  });
  assertEquals(code, 0, stdout + stderr);

  const parts = new Map(
    stdout.split("\n\n").map((part) => {
      const [heading = "", ...facts] = part.split("\n");
      return [heading, facts.join("\n")];
    }),
  );
  const openssl = await programVersion("openssl", ["version"], /^OpenSSL 3\.\S+/m);
  if (!openssl.ok) {
    assert(!inCi, `CI demands openssl: ${openssl.reason}`);
    note(`demo.ts is tested without openssl: ${openssl.reason}`);
    assertStringIncludes(stdout, "left out: there is no openssl here");
  }
  const clients = ["importFD", "Deno.listenTls", ...openssl.ok ? ["openssl s_server"] : []];
  const servers = ["Deno.connectTls", ...openssl.ok ? ["openssl s_client"] : []];
  for (const peer of clients) {
    const [first, second] = [`our client -> ${peer}`, `our client -> ${peer}, again`];
    assertFacts(parts.get(first), "new", /^ {2}signature +ecdsa_secp256r1_sha256$/m);
    assertFacts(parts.get(second), "resumed", /^ {2}peer certificate +CN=localhost, SHA-256 /m);
  }
  for (const peer of servers) assertFacts(parts.get(`${peer} -> our server`), "new");

  assertMatch(parts.get("our client -> importFD")!, /^ {2}group +X25519MLKEM768$/m);
  const made = parts.get("a private authority and a certificate of it, made here")!;
  assertMatch(made, /^ {4}issuer +CN=Demo Root,O=NSS for Deno$/m);
  assertMatch(made, /^ {4}valid +[\d-]+ [\d:]+ to [\d-]+ [\d:]+$/m);
  assertMatch(made, /^ {4}names +DNS:localhost, IP Address:127\.0\.0\.1$/m);
  assertMatch(made, /^ {4}SHA-256 +[0-9a-f]{64}$/m);
  assertFalse(stdout.includes("\x1b"), "colours where nobody looks");
});

function assertFacts(part: string | undefined, session: string, ...more: RegExp[]): void {
  assert(part !== undefined, "a part of the demo is missing");
  assertMatch(part, /^ {2}version +TLSv1\.3$/m);
  assertMatch(part, /^ {2}cipher suite +TLS_(AES|CHACHA20)_\w+$/m);
  assertMatch(part, /^ {2}group +(X25519MLKEM768|x25519|secp\w+)$/m);
  assertMatch(part, /^ {2}ALPN +(reverse\/1|none)$/m);
  assertMatch(part, new RegExp(`^ {2}session +${session}$`, "m"));
  assertMatch(part, /^ {2}✓ the line came back reversed$/m);
  for (const fact of more) assertMatch(part, fact);
}
