// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { getChannelInfo, SslError } from "@nss/nss/ssl";
import { memoryPair } from "../../support/memory_pair.ts";
import { RawTls12Client } from "../_raw_tls12_client.ts";
import { connected, HOSTNAME, join, PKI, serverOptions, shake, socketOver } from "../_support.ts";
import { ONLY_TLS12, tls12 } from "../_tls12.ts";

Deno.test("getChannelInfo() shows what both ends agreed on, and nothing before that", async () => {
  await using joined = join({
    client: { alpnProtocols: ["b", "a"] },
    server: { alpnProtocols: ["a", "b"] },
  });
  assertEquals(
    assertThrows(() => getChannelInfo(joined.client), SslError).name,
    "SSL_ERROR_HANDSHAKE_NOT_COMPLETED",
  );
  await shake(joined);
  const [client, server] = [getChannelInfo(joined.client), getChannelInfo(joined.server)];
  assertEquals(client, {
    version: "TLSv1.3",
    cipherSuite: "TLS_AES_128_GCM_SHA256",
    group: "X25519MLKEM768",
    peerSignatureScheme: "ecdsa_secp256r1_sha256",
    localSignatureScheme: null,
    alpnProtocol: "a",
    serverName: HOSTNAME,
    resumed: false,
    helloRetryRequest: false,
    echAccepted: false,
    extendedMasterSecret: true,
    secureRenegotiation: true,
    badCertAccepted: false,
    peerRawPublicKey: null,
    localRawPublicKey: null,
    pskIdentity: null,
    earlyDataAccepted: false,
    earlyDataLength: 0,
    peerCertificates: [PKI.server.cert],
    localCertificates: [],
  });
  assertEquals(server, {
    ...client,
    peerSignatureScheme: null,
    localSignatureScheme: "ecdsa_secp256r1_sha256",
    peerCertificates: [],
    localCertificates: [PKI.server.cert],
  });
});

Deno.test("getChannelInfo() tells whether a peer of TLS 1.2 knows RFC 5746", async () => {
  await using joined = await connected(tls12());
  for (const socket of [joined.client, joined.server]) {
    assertEquals(getChannelInfo(socket).secureRenegotiation, true);
  }
  const [ours, theirs] = memoryPair();
  await using server = socketOver(ours, serverOptions({ versions: ONLY_TLS12 }));
  const handshake = server.handshake();
  await new RawTls12Client(theirs).handshake({}); // which says nothing of it
  assertEquals((await handshake).secureRenegotiation, false);
});
