// Copyright 2026 the NSS for Deno authors. MIT license.

import { importFD } from "@nss/nss";
import { assertLocal, clientOptions, failureOf } from "./_support.ts";

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
