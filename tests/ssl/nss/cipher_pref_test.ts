// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import {
  cipherPrefGet,
  cipherPrefGetDefault,
  cipherPrefSet,
  cipherPrefSetDefault,
  getCipherSuiteInfo,
  getImplementedCiphers,
  newModel,
  SslError,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { ABSENT_CIPHER_SUITES } from "../../../ssl/tables/absent_cipher_suites.ts";
import { assertFails, connected, failureOf, join, shake } from "../_support.ts";
import { keepHellos } from "../_hello.ts";
import { ONLY_TLS13 } from "../_tls12.ts";

const TLS12 = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const CBC = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA";
const NO_OVERLAP = {
  at: "server",
  error: "SSL_ERROR_NO_CYPHER_OVERLAP",
  alert: "handshake_failure",
} as const;

function newContext(): NssContext {
  return new NssContext({ trustAnchors: [] });
}

Deno.test("cipherPrefSet() turns a suite on at both ends, CBC among them", async () => {
  const versions = TLS12;
  const cipherSuites = ["TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"] as const;
  for (const [client, server] of [[true, true], [true, false], [false, true]]) {
    const hellos = keepHellos();
    await using joined = join({
      client: { versions, cipherSuites },
      server: { versions, cipherSuites: ["TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"] },
      clientInternals: hellos,
    });
    cipherPrefSet(joined.client, CBC, client!);
    cipherPrefSet(joined.server, CBC, server!);
    if (client && server) {
      const [info] = await shake(joined);
      assertEquals(info.cipherSuite, CBC);
    } else {
      joined.client.handshake().catch(() => {});
      const error = await failureOf(joined.server.handshake());
      assertEquals(error.name, NO_OVERLAP.error);
    }
    assertEquals(hellos.sent[0]!.cipherSuites.includes(0xc009), client);
  }
});

Deno.test("cipherPrefSet() turns a suite off, and the server's order decides about the rest", async () => {
  const rows = [
    [ONLY_TLS13, "TLS_AES_128_GCM_SHA256", "TLS_CHACHA20_POLY1305_SHA256"],
    [
      TLS12,
      "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
      "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    ],
  ] as const;
  for (const [versions, off, next] of rows) {
    for (const end of ["client", "server"] as const) {
      const hellos = keepHellos();
      await using joined = join({
        client: { versions },
        server: { versions },
        clientInternals: hellos,
      });
      cipherPrefSet(joined[end], off, false);
      assertEquals((await shake(joined))[0].cipherSuite, next, end);
      const { id } = getCipherSuiteInfo(off);
      assertEquals(hellos.sent[0]!.cipherSuites.includes(id), end === "server");
    }
  }
});

Deno.test("cipherPrefSet() puts a suite where it has its place, whatever is on already", async () => {
  const hellos = keepHellos();
  await using joined = join({ client: { versions: ONLY_TLS13 }, clientInternals: hellos });
  for (const suite of [0x1301, 0x1303, 0x1302]) cipherPrefSet(joined.client, suite, false);
  for (const suite of [0x1302, 0x1301, 0x1303, 0x1301]) cipherPrefSet(joined.client, suite, true);
  await shake(joined);
  assertEquals(hellos.sent[0]!.cipherSuites, [0x1301, 0x1303, 0x1302]);
});

Deno.test("cipherPrefSet() says why a suite is not here", () => {
  const model = newModel();
  const rows: [number, RegExp][] = [
    [0x002f, /TLS_RSA_WITH_AES_128_CBC_SHA: its key exchange is RSA key transport/],
    [0x009e, /finite-field Diffie-Hellman/],
    [0x0005, /RSA key transport/],
    [0xc011, /RC4/],
    [0xc012, /3DES/],
    [0xc004, /static ECDH/],
    [0xc010, /it does not encrypt/],
    [0x1304, /0x1304: neither this package nor NSS has it/],
  ];
  for (const [suite, message] of rows) {
    for (const on of [true, false]) {
      const error = assertThrows(() => cipherPrefSet(model, suite, on), SslError);
      assertEquals(error.name, "SSL_ERROR_UNKNOWN_CIPHER_SUITE");
      assertMatch(error.message, message);
    }
  }
});

Deno.test("cipherPrefGet() is what cipherPrefSet() and the option have set", () => {
  const model = newModel({ cipherSuites: ["TLS_AES_256_GCM_SHA384", CBC] });
  assert(cipherPrefGet(model, CBC));
  assertEquals(cipherPrefGet(model, 0x1301), false);
  cipherPrefSet(model, 0x1301, true);
  cipherPrefSet(model, CBC, false);
  assertEquals([cipherPrefGet(model, 0x1301), cipherPrefGet(model, CBC)], [true, false]);
  assertThrows(() => cipherPrefGet(model, 0x002f), SslError);
});

Deno.test("cipherPrefSetDefault() counts for later sockets of its context, on the wire", async () => {
  const context = newContext();
  const earlier = newModel({ context });
  cipherPrefSetDefault("TLS_AES_128_GCM_SHA256", false, { context });
  assert(cipherPrefGet(earlier, "TLS_AES_128_GCM_SHA256"));
  for (const end of ["client", "server"] as const) {
    await using joined = await connected({ [end]: { context } });
    assertEquals((await joined.client.handshake()).cipherSuite, "TLS_CHACHA20_POLY1305_SHA256");
  }
  cipherPrefSetDefault("TLS_CHACHA20_POLY1305_SHA256", false, { context });
  await assertFails({
    client: { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] },
    server: { context },
  }, NO_OVERLAP);
});

Deno.test("cipherPrefSetDefault() may turn all off: then no handshake begins", async () => {
  const context = newContext();
  for (const suite of getImplementedCiphers()) cipherPrefSetDefault(suite, false, { context });
  for (const end of ["client", "server"] as const) {
    await using joined = join({ [end]: { context } });
    assertEquals((await failureOf(joined[end].handshake())).name, "SSL_ERROR_SSL_DISABLED");
  }
});

Deno.test("cipherPrefGetDefault() is off for CBC and pre-shared keys, on for other AEAD", () => {
  const context = newContext();
  for (const id of getImplementedCiphers()) {
    const { name, macAlgorithm } = getCipherSuiteInfo(id);
    const isOn = macAlgorithm === "AEAD" && !name.includes("_PSK_");
    assertEquals(cipherPrefGetDefault(id, { context }), isOn);
  }
});

Deno.test("getImplementedCiphers() and those that are not here are the 71 of NSS's and one of ours", () => {
  const here = getImplementedCiphers();
  const ids = [...here, ...ABSENT_CIPHER_SUITES.map(({ id }) => id)];
  assertEquals([here.length, ids.length, new Set(ids).size], [18, 72, 72]);
  const names = ids.map((id) => getCipherSuiteInfo(id).name);
  assertEquals(new Set(names).size, 72);
  // NSS has no suite with pre-shared keys.
  assertEquals(names.filter((name) => name.includes("_PSK_")).length, 1);
  for (const name of names) assertMatch(name, /^TLS_[A-Z0-9_]+$/);
});

Deno.test("getCipherSuiteInfo() tells what a suite is made of, by name or number", () => {
  assertEquals(getCipherSuiteInfo("TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384"), {
    id: 0xc028,
    name: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    present: true,
    absentBecause: null,
    version: "TLSv1.2",
    keaType: "ECDHE",
    authType: "RSA",
    symCipher: "AES-CBC",
    symKeyBits: 256,
    macAlgorithm: "HMAC-SHA-384",
    macBits: 384,
    kdfHash: "SHA-384",
    enabledByDefault: false,
    isFips: true,
  });
  assertEquals(getCipherSuiteInfo(0x1303), {
    id: 0x1303,
    name: "TLS_CHACHA20_POLY1305_SHA256",
    present: true,
    absentBecause: null,
    version: "TLSv1.3",
    keaType: "any",
    authType: "any",
    symCipher: "ChaCha20-Poly1305",
    symKeyBits: 256,
    macAlgorithm: "AEAD",
    macBits: 128,
    kdfHash: "SHA-256",
    enabledByDefault: true,
    isFips: false,
  });
  const absent = getCipherSuiteInfo("TLS_RSA_WITH_AES_128_GCM_SHA256");
  assertEquals([absent.id, absent.present], [0x009c, false]);
  assertMatch(absent.absentBecause!, /PKCS#1 v1.5/);
  assertEquals(
    assertThrows(() => getCipherSuiteInfo("TLS_NULL_WITH_NULL_NULL"), SslError).name,
    "SSL_ERROR_UNKNOWN_CIPHER_SUITE",
  );
});
