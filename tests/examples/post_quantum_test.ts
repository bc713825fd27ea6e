// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { importFD, type ImportOptions } from "@nss/nss/ssl";
import { listeningPort, startExample } from "./_example.ts";

Deno.test("post_quantum.ts serves each client the certificate that it takes, and none without ML-KEM", async () => {
  await using server = startExample("post_quantum.ts", {
    permissions: ["--allow-net=127.0.0.1"],
    args: ["0"],
  });
  const port = await listeningPort(server);
  const [root] = /-----BEGIN CERTIFICATE-----[^]*-----END CERTIFICATE-----/.exec(server.stdout)!;
  const connect = async (options: ImportOptions) => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port });
    using client = importFD(conn, { hostname: "localhost", caCerts: [root], ...options });
    const { group, peerSignatureScheme } = await client.handshake();
    await client.close();
    return [group, peerSignatureScheme];
  };
  assertEquals(await connect({}), ["X25519MLKEM768", "mldsa65"]);
  // An authority's signature is verified whatever is offered.
  const classic = { signatureSchemes: ["ecdsa_secp256r1_sha256"] } as const;
  assertEquals(await connect(classic), ["X25519MLKEM768", "ecdsa_secp256r1_sha256"]);
  const [refused] = await Promise.allSettled([connect({ groups: ["x25519"] })]);
  assertEquals(refused.status, "rejected");
});
