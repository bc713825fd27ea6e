// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { importFD } from "@nss/nss";
import type { ExternalPskImporter } from "@nss/nss/ssl";
import { assertFails, assertLocal, clientOptions, failureOf, session } from "./_support.ts";

Deno.test("SslSocket does not shake hands with itself", async () => {
  for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
    // What it writes comes back to it, as from an attacker who has nothing else to say.
    const { readable, writable } = new TransformStream<Uint8Array>();
    const versions = { min: version, max: version };
    const socket = importFD({ readable, writable }, clientOptions({ versions }));
    assertLocal(
      await failureOf(socket.handshake()),
      "SSL_ERROR_RX_UNEXPECTED_CLIENT_HELLO",
      "unexpected_message",
    );
  }
});

/** A node that is client and server with one key, and is sent its own messages (Selfie). */
function selfie(importers: readonly (ExternalPskImporter | undefined)[]) {
  const [own, theirs] = importers.map((importer) => [{
    identity: "shared by both",
    key: new Uint8Array(32).fill(7),
    ...importer && { importer },
  }]);
  return {
    client: { externalPsks: own!, versions: { min: "TLSv1.3" } },
    server: { externalPsks: theirs!, certificates: [] },
  } as const;
}

Deno.test("a node with one key for both roles is not talked into itself where the key is imported with names (RFC 9257, Section 4.1)", async () => {
  // As a client it is A and talks to B; as a server it is A as well, and its client is B.
  const names = [{ client: "A", server: "B" }, { client: "B", server: "A" }] as const;
  await assertFails(selfie(names), {
    at: "server",
    error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
    alert: "decrypt_error",
  });
  // The key alone does not tell the two apart: that is what the names are for.
  const [info] = await session(selfie([undefined, undefined]));
  assertEquals(new TextDecoder().decode(info.pskIdentity!), "shared by both");
});
