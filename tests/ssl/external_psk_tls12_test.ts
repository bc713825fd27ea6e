// Copyright 2026 the NSS for Deno authors. MIT license.

/** External pre-shared keys of TLS 1.2: TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256. @module */

import { assertEquals, assertStringIncludes } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { ExternalPsk } from "../../ssl/config/external_psk.ts";
import type { ExternalPskRequest } from "../../ssl/config/hooks.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  join,
  type JoinOptions,
  outcomeOf,
  pingPong,
  PKI,
  session,
  shake,
} from "./_support.ts";

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
const SUITE = "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256";
const PSK: ExternalPsk = { identity: "device 7", key: new Uint8Array(16).fill(7) };
const OTHER_KEY = new Uint8Array(32).fill(8);

/** Both ends with the suite of pre-shared keys alone, in TLS 1.2. */
function tls12(client: ImportOptions = {}, server: ImportOptions = {}): JoinOptions {
  const both: ImportOptions = {
    cipherSuites: [SUITE],
    externalPsks: [PSK],
    versions: { max: "TLSv1.2" },
  };
  return { client: { ...both, ...client }, server: { ...both, certificates: [], ...server } };
}

Deno.test(`${SUITE}: both ends are authenticated by the key, and nothing is resumed`, async () => {
  const contexts = { client: new NssContext(), server: new NssContext() };
  for (let i = 0; i < 2; i++) {
    await using joined = join(tls12({ context: contexts.client }, { context: contexts.server }));
    for (const info of await shake(joined)) {
      assertEquals([info.version, info.cipherSuite], ["TLSv1.2", SUITE]);
      assertEquals([text(info.pskIdentity), info.resumed], ["device 7", false]);
      assertEquals([info.extendedMasterSecret, info.peerCertificates], [true, []]);
    }
    await pingPong(joined);
  }
});

Deno.test(`${SUITE} is neither offered nor chosen unless it is named and there is a key`, async () => {
  let offered: readonly number[] = [];
  const clientHelloCallback = (
    _: unknown,
    { cipherSuites }: { cipherSuites: readonly number[] },
  ) => {
    offered = cipherSuites;
  };
  const names: ImportOptions["cipherSuites"] = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    SUITE,
  ];
  const fallback = { externalPsks: [PSK], certificateFallback: true };
  for (
    const [client, expected] of [
      [{}, false],
      [fallback, false],
      [{ cipherSuites: names }, false],
      [{ ...fallback, cipherSuites: names }, true],
    ] as const
  ) {
    await session({ client, server: { clientHelloCallback } });
    assertEquals(offered.includes(0xccac), expected);
  }
  // A client that takes no certificate offers no suite with one.
  await session({
    client: { externalPsks: [PSK], cipherSuites: names },
    server: { externalPsks: [PSK], clientHelloCallback },
  });
  assertEquals(offered, [0x1301, 0xccac]);
});

Deno.test("pskIdentityHint reaches a client's getExternalPsk, and a server's finds the key of its answer", async () => {
  const asked: unknown[] = [];
  const getExternalPsk = (_: unknown, { identity, identityHint, version }: ExternalPskRequest) => {
    asked.push([version, text(identity), text(identityHint)]);
    return PSK;
  };
  const own = { externalPsks: [], getExternalPsk };
  const [info] = await session(tls12(own, { ...own, pskIdentityHint: "héllo" }));
  assertEquals(text(info.pskIdentity), "device 7");
  await session(tls12(own, own));
  assertEquals(asked, [
    ["TLSv1.2", null, "héllo"],
    ["TLSv1.2", "device 7", null],
    ["TLSv1.2", null, null],
    ["TLSv1.2", "device 7", null],
  ]);
});

Deno.test(`${SUITE}: a wrong key and an unknown identity are the same to a client`, async () => {
  for (const psk of [{ ...PSK, key: OTHER_KEY }, { ...PSK, identity: "device 8" }]) {
    await using joined = join(tls12({ externalPsks: [psk] }));
    const [client, server] = await Promise.all([
      outcomeOf(joined.client),
      outcomeOf(joined.server),
    ]);
    assertLocal(server, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
    assertFromPeer(client, "bad_record_mac");
  }
});

Deno.test(`${SUITE}: a hook that throws SEC_ERROR_NO_KEY of fault "value" tells the client so`, async () => {
  const getExternalPsk = () => {
    throw new SslError("SEC_ERROR_NO_KEY", "Cannot find device", { fault: "value" });
  };
  await assertFails(tls12({}, { externalPsks: [], getExternalPsk }), {
    at: "server",
    error: "SEC_ERROR_NO_KEY",
    alert: "unknown_psk_identity",
  });
});

Deno.test(`${SUITE}: a client refuses a key that TLS 1.2 cannot use`, async () => {
  const key = await crypto.subtle.importKey("raw", OTHER_KEY, "HKDF", false, ["deriveBits"]);
  for (const psk of [{ ...PSK, key }, { ...PSK, importer: {} }]) {
    const error = await assertFails(tls12({ externalPsks: [psk] }), {
      at: "client",
      error: "SSL_ERROR_CLIENT_KEY_EXCHANGE_FAILURE",
      alert: "handshake_failure",
    });
    assertStringIncludes(error.message, "or use TLS 1.3");
  }
  await assertFails(tls12({ externalPsks: [], getExternalPsk: () => null }), {
    at: "client",
    error: "SSL_ERROR_APPLICATION_ABORT",
    alert: "handshake_failure",
  });
});

Deno.test(`${SUITE}: a server with certificates falls back to one for a client that allows it`, async () => {
  const client: ImportOptions = {
    cipherSuites: [SUITE, "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"],
    certificateFallback: true,
  };
  const server = { certificates: [PKI.server.credential] };
  const [certified] = await session(tls12(client, { ...server, ...client, externalPsks: [] }));
  assertEquals([certified.pskIdentity, certified.peerCertificates.length], [null, 1]);
  const [shared] = await session(tls12(client, { ...server, cipherSuites: client.cipherSuites! }));
  assertEquals([shared.cipherSuite, text(shared.pskIdentity)], [SUITE, "device 7"]);
});

Deno.test(`${SUITE}: a server that requires a client's certificate does not choose it`, async () => {
  await assertFails(tls12({}, { clientAuth: "require", certificates: [PKI.server.credential] }), {
    at: "server",
    error: "SSL_ERROR_NO_CYPHER_OVERLAP",
    alert: "handshake_failure",
  });
});
