// Copyright 2026 the NSS for Deno authors. MIT license.

/** External pre-shared keys of TLS 1.3: choice, fallback, refusals. @module */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ExternalPsk } from "../../ssl/config/external_psk.ts";
import type { ExternalPskRequest } from "../../ssl/config/hooks.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { optionSet } from "../../ssl/nss/option_set.ts";
import { reHandshake } from "../../ssl/nss/handshake.ts";
import {
  assertFails,
  assertLocal,
  connected,
  failureOf,
  join,
  type JoinOptions,
  pingPong,
  PKI,
  session,
  shake,
} from "./_support.ts";

const text = (bytes: Uint8Array | null) => bytes && new TextDecoder().decode(bytes);
const KEY = new Uint8Array(32).fill(7);
const OTHER_KEY = new Uint8Array(32).fill(8);
const PSK: ExternalPsk = { identity: "device 7", key: KEY };

/** A client and a server that have nothing but pre-shared keys. */
function psksOnly(client: ImportOptions = {}, server: ImportOptions = {}): JoinOptions {
  return {
    client: { externalPsks: [PSK], versions: { min: "TLSv1.3" }, ...client },
    server: { certificates: [], externalPsks: [PSK], ...server },
  };
}

Deno.test("externalPsks authenticate both ends without any certificate, and neither resumes such a session", async () => {
  const contexts = { client: new NssContext(), server: new NssContext() };
  for (let i = 0; i < 2; i++) {
    const options = psksOnly({ context: contexts.client }, { context: contexts.server });
    const infos = await session(options);
    for (const info of infos) {
      assertEquals(text(info.pskIdentity), "device 7");
      assertEquals([info.version, info.resumed, info.peerSignatureScheme], [
        "TLSv1.3",
        false,
        null,
      ]);
      assertEquals([info.peerCertificates, info.localCertificates], [[], []]);
      assertEquals(info.group, "X25519MLKEM768");
    }
  }
});

Deno.test("externalPsks of each hash, of a CryptoKey and imported with a context or with names", async () => {
  const cryptoKey = await crypto.subtle.importKey("raw", KEY, "HKDF", false, ["deriveBits"]);
  const rows: readonly (readonly [ExternalPsk, RegExp])[] = [
    [{ ...PSK, hash: "SHA-256" }, /_SHA256$/],
    [{ ...PSK, hash: "SHA-384" }, /_SHA384$/],
    [{ ...PSK, key: cryptoKey }, /_SHA256$/],
    [{ ...PSK, importer: {} }, /_SHA256$/],
    [{ ...PSK, importer: { context: "of today" } }, /_SHA256$/],
    [
      { ...PSK, key: cryptoKey, hash: "SHA-384", importer: { client: "a", server: "b" } },
      /_SHA256$/,
    ],
    [{ identity: new Uint8Array([0, 255]), key: KEY }, /_SHA256$/],
  ];
  for (const [psk, suite] of rows) {
    const options = psksOnly({ externalPsks: [psk] }, { externalPsks: [psk] });
    await using joined = join(options);
    const [, info] = await shake(joined);
    assert(suite.test(info.cipherSuite), info.cipherSuite);
    await pingPong(joined);
  }
});

Deno.test("externalPsks that are imported go with suites of both hashes", async () => {
  const psk: ExternalPsk = { ...PSK, importer: { context: "x" } };
  for (const suite of ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"] as const) {
    for (const hash of ["SHA-256", "SHA-384"] as const) {
      const externalPsks = [{ ...psk, hash }];
      const options = psksOnly({ externalPsks }, { externalPsks, cipherSuites: [suite] });
      const [info] = await session(options);
      assertEquals([info.cipherSuite, text(info.pskIdentity)], [suite, "device 7"]);
    }
  }
});

Deno.test("externalPsks survive a HelloRetryRequest, after which those of another hash are left out", async () => {
  const wide = { identity: "wide", key: OTHER_KEY, hash: "SHA-384" } as const;
  for (
    const [cipherSuites, identity] of [
      [["TLS_AES_256_GCM_SHA384"], "wide"],
      [["TLS_AES_128_GCM_SHA256"], "device 7"],
    ] as const
  ) {
    const options = psksOnly(
      { externalPsks: [PSK, wide], keyShares: ["x25519"] },
      { externalPsks: [PSK, wide], groups: ["secp384r1"], cipherSuites },
    );
    const [info] = await session(options);
    assertEquals([text(info.pskIdentity), info.helloRetryRequest], [identity, true]);
  }
});

Deno.test("pskKeyExchangeModes: psk_ke without key exchange where both ends name it, psk_dhe_ke where they can", async () => {
  for (
    const [client, server, group] of [
      [["psk_ke"], ["psk_ke"], ""],
      [["psk_ke"], ["psk_dhe_ke", "psk_ke"], ""],
      [["psk_dhe_ke", "psk_ke"], ["psk_ke"], ""],
      [["psk_ke", "psk_dhe_ke"], ["psk_ke", "psk_dhe_ke"], "X25519MLKEM768"],
    ] as const
  ) {
    const options = psksOnly({ pskKeyExchangeModes: client }, { pskKeyExchangeModes: server });
    await using joined = await connected(options);
    assertEquals(await shake(joined).then(([info]) => info.group), group);
    await pingPong(joined);
  }
});

Deno.test("pskKeyExchangeModes without a common mode: a server without certificate refuses", async () => {
  await assertFails(psksOnly({}, { pskKeyExchangeModes: ["psk_ke"] }), {
    at: "server",
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  });
});

Deno.test("externalPsks: a wrong key and an unknown identity are the same to a client of a server without certificate", async () => {
  const importer = { context: "x" };
  const offers: readonly ExternalPsk[] = [
    { ...PSK, key: OTHER_KEY },
    { ...PSK, hash: "SHA-384" },
    { ...PSK, identity: "device 8" },
    { ...PSK, importer },
    { ...PSK, identity: "imported" },
    { ...PSK, identity: "imported", importer: { context: "y" } },
    { ...PSK, identity: "imported", key: OTHER_KEY, importer },
  ];
  for (const offer of offers) {
    const externalPsks = [PSK, { ...PSK, identity: "imported", importer }];
    await assertFails(psksOnly({ externalPsks: [offer] }, { externalPsks }), {
      at: "server",
      error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
      alert: "decrypt_error",
    });
  }
});

Deno.test("externalPsks: a client takes no certificate in their place, unless certificateFallback says so", async () => {
  const client: ImportOptions = { externalPsks: [{ ...PSK, identity: "unknown here" }] };
  const error = await assertFails({ client, server: { externalPsks: [PSK] } }, {
    at: "client",
    error: "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    alert: "handshake_failure",
  });
  assertStringIncludes(error.message, "certificateFallback");
  const [info] = await session({
    client: { ...client, certificateFallback: true },
    server: { externalPsks: [PSK] },
  });
  assertEquals([info.pskIdentity, info.peerCertificates.length], [null, 1]);
  await assertFails({
    client: { ...client, caCerts: [PKI.otherRoot.cert], certificateFallback: true },
  }, {
    at: "client",
    error: "SEC_ERROR_UNKNOWN_ISSUER",
    alert: "unknown_ca",
  });
});

Deno.test("externalPsks: a client that takes no certificate resumes no session with one, and one that does offers both", async () => {
  const contexts = { client: new NssContext(), server: new NssContext() };
  const server = { context: contexts.server, externalPsks: [PSK] };
  const run = async (client: ImportOptions) =>
    (await session({ client: { context: contexts.client, ...client }, server }))[1];
  await run({});
  const [fallback, strict] = [
    await run({ externalPsks: [PSK], certificateFallback: true }),
    await run({ externalPsks: [PSK] }),
  ];
  assertEquals([fallback.resumed, fallback.pskIdentity], [true, null]);
  assertEquals([strict.resumed, text(strict.pskIdentity)], [false, "device 7"]);
});

Deno.test("clientAuth: a server that requires a certificate takes no pre-shared key; one that requests it does", async () => {
  const both = { externalPsks: [PSK], certificateFallback: true };
  for (
    const [clientAuth, identity, certificates] of [
      ["none", "device 7", 0],
      ["request", "device 7", 0],
      ["require", null, 1],
    ] as const
  ) {
    const [, info] = await session({
      client: { ...both, certificates: [PKI.client.credential] },
      server: { externalPsks: [PSK], clientAuth },
    });
    assertEquals([text(info.pskIdentity), info.peerCertificates.length], [identity, certificates]);
  }
  await assertFails(psksOnly({}, { clientAuth: "require" }), {
    at: "server",
    error: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    alert: "handshake_failure",
  });
});

Deno.test("getExternalPsk finds a server's key by the identity, and sees no session ticket", async () => {
  const asked: (readonly [string | null, string | null, string | null])[] = [];
  const getExternalPsk = async (_: unknown, request: ExternalPskRequest) => {
    await Promise.resolve();
    const identity = text(request.identity);
    asked.push([identity, text(request.importContext), text(request.identityHint)]);
    if (identity === "imported") return { key: KEY, importer: { context: "x" } };
    return identity === "device 7" ? { key: KEY } : null;
  };
  const server = { externalPsks: [], getExternalPsk };
  const offers = [{ ...PSK, identity: "other" }, {
    ...PSK,
    identity: "imported",
    importer: { context: "x" },
  }];
  const [, imported] = await session(psksOnly({ externalPsks: offers }, server));
  assertEquals(text(imported.pskIdentity), "imported");
  const [, plain] = await session(psksOnly({}, server));
  assertEquals(text(plain.pskIdentity), "device 7");
  assertEquals(asked, [["other", null, null], ["imported", "x", null], ["device 7", null, null]]);
  asked.length = 0;
  const contexts = { client: new NssContext(), server: new NssContext() };
  for (const resumed of [false, true]) {
    const [info] = await session({
      client: {
        context: contexts.client,
        certificateFallback: true,
        externalPsks: [{ ...PSK, identity: "unknown" }],
      },
      server: { ...server, context: contexts.server },
    });
    assertEquals(info.resumed, resumed);
  }
  assertEquals(asked, [["unknown", null, null]]);
});

Deno.test("getExternalPsk of a client chooses its key; without one the handshake does not begin", async () => {
  const [info] = await session(psksOnly({ externalPsks: [], getExternalPsk: () => PSK }));
  assertEquals(text(info.pskIdentity), "device 7");
  await using joined = join(psksOnly({ externalPsks: [], getExternalPsk: () => null }));
  const error = await failureOf(joined.client.handshake());
  assertLocal(error, "SSL_ERROR_APPLICATION_ABORT", "handshake_failure");
});

Deno.test("getExternalPsk that throws or answers wrongly ends the handshake with its error", async () => {
  await assertFails(
    psksOnly({}, {
      externalPsks: [],
      getExternalPsk: () => Promise.reject(new Error("no database")),
    }),
    {
      at: "server",
      error: "SSL_ERROR_APP_CALLBACK_ERROR",
      alert: "internal_error",
    },
  );
  for (const answer of [{ key: new Uint8Array(15) }, { ...PSK, identity: "another" }]) {
    await assertFails(psksOnly({}, { externalPsks: [], getExternalPsk: () => answer }), {
      at: "server",
      error: "SEC_ERROR_INVALID_ARGS",
      alert: "internal_error",
    });
  }
});

Deno.test("externalPsks: a server asks for no certificate after the handshake either, says why, and goes on", async () => {
  await using joined = join(psksOnly());
  optionSet(joined.client, "ENABLE_POST_HANDSHAKE_AUTH", true);
  await shake(joined);
  optionSet(joined.server, "REQUEST_CERTIFICATE", true);
  const error = await failureOf(reHandshake(joined.server, false));
  assertEquals(error.name, "SSL_ERROR_FEATURE_DISABLED");
  assertStringIncludes(error.message, "by an external pre-shared key");
  await pingPong(joined);
});
