// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The hooks by which an application chooses what it shows: a client's certificate, a server's
 * configuration; those by which it decides are in `hooks_test.ts`.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import { peerCertificate } from "../../ssl/nss/certificates.ts";
import type { ClientAuthRequest, SniRequest, SniSocketConfig } from "../../ssl/config/hooks.ts";
import type { ImportOptions, Role } from "../../ssl/config/import_options.ts";
import { newModel } from "../../ssl/config/model.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import {
  assertFails,
  connected,
  HOSTNAME,
  type JoinOptions,
  makeIdentity,
  pingPong,
  PKI,
  shake,
  turns,
} from "./_support.ts";
import { Acquaintance, identityOf } from "./_tls12.ts";

const slowly = async <T>(value: T): Promise<T> => {
  await turns(2);
  return value;
};

Deno.test("getClientAuthData hook chooses, or sends none", async () => {
  for (
    const chosen of [
      PKI.client.credential,
      slowly(PKI.client.credential),
      null,
      undefined,
      slowly(null),
    ]
  ) {
    let calls = 0;
    await using joined = await connected({
      client: { getClientAuthData: () => (calls++, chosen) },
      server: { clientAuth: "request" },
    });
    await pingPong(joined);
    assertEquals(calls, 1);
    const shown = await chosen ? PKI.client.cert : null;
    assertEquals(peerCertificate(joined.server), shown);
    const [client, server] = await shake(joined);
    assertEquals(client.localCertificates, shown === null ? [] : [shown]);
    assertEquals(
      [client.localSignatureScheme, server.peerSignatureScheme],
      Array(2).fill(shown === null ? null : "ecdsa_secp256r1_sha256"),
    );
  }
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`getClientAuthData hook gets the server's requests, and goes before the option certificates (${version})`, async () => {
    const seen: [SslSocket, ClientAuthRequest][] = [];
    await using joined = await connected({
      client: {
        versions: { max: version },
        certificates: [PKI.client.credential],
        getClientAuthData: (...args) => void seen.push(args),
      },
      server: { clientAuth: "request", signatureSchemes: ["ecdsa_secp256r1_sha256", "ed25519"] },
    });
    const [[socket, request]] = seen as [[SslSocket, ClientAuthRequest]];
    assertStrictEquals(socket, joined.client);
    assertEquals(request.caNames.map(String), [String(PKI.root.cert.subject)]);
    assertEquals(request.version, version);
    assertEquals(request.signatureSchemes, ["ecdsa_secp256r1_sha256", "ed25519"]);
    assertEquals(peerCertificate(joined.server), null);
  });
}

Deno.test("getClientAuthData hook that throws ends the handshake", async () => {
  const cause = new Error("token removed");
  for (
    const getClientAuthData of [
      () => {
        throw cause;
      },
      () => turns(1).then(() => Promise.reject(cause)),
    ]
  ) {
    const error = await assertFails(
      { client: { getClientAuthData }, server: { clientAuth: "require" } },
      { at: "client", error: "SSL_ERROR_APP_CALLBACK_ERROR", alert: "internal_error" },
    );
    assertStrictEquals(error.cause, cause);
  }
});

Deno.test("SslSocket as server may require a certificate of the client", async () => {
  const error = await assertFails(
    { server: { clientAuth: "require" } },
    { at: "server", error: "SSL_ERROR_NO_CERTIFICATE", alert: "certificate_required" },
  );
  assertMatch(error.message, /requires one/);
  // A certificate whose key the server cannot check stays at home
  const ed25519 = await makeIdentity({ dnsNames: [HOSTNAME] }, PKI.root, "ed25519");
  await assertFails(
    {
      client: { certificates: [PKI.client.credential] },
      server: {
        clientAuth: "require",
        certificates: [PKI.server.credential, ed25519.credential],
        signatureSchemes: ["ed25519", "ecdsa_secp384r1_sha384"],
      },
    },
    { at: "server", error: "SSL_ERROR_NO_CERTIFICATE", alert: "certificate_required" },
  );
});

Deno.test("A private key that does not sign ends the handshake by its own code, on either end", async () => {
  const cause = new Error("token is locked");
  const broken = ({ cert, keys }: typeof PKI.server) => ({
    cert,
    key: { algorithm: keys.privateKey.algorithm, sign: () => Promise.reject(cause) },
  });
  const rows: readonly [Role, JoinOptions][] = [
    ["server", { server: { certificates: [broken(PKI.server)] } }],
    ["client", {
      client: { certificates: [broken(PKI.client)] },
      server: { clientAuth: "require" },
    }],
  ];
  for (const [at, options] of rows) {
    const error = await assertFails(options, {
      at,
      error: "SSL_ERROR_SIGN_HASHES_FAILURE",
      alert: "internal_error",
    });
    assertStrictEquals(error.cause, cause);
  }
});

Deno.test("sniSocketConfig hook chooses by name: options, a model, the socket's own, or nothing", async (t) => {
  const other = { certificates: [PKI.otherServer.credential] };
  const rows = [
    ["options", other, PKI.otherServer.cert],
    ["options, later", slowly(other), PKI.otherServer.cert],
    ["a model", { model: newModel({ role: "server", ...other }) }, PKI.otherServer.cert],
    ["the socket's own", undefined, PKI.server.cert],
    ["the socket's own, later", slowly(undefined), PKI.server.cert],
  ] as const;
  for (const [name, chosen, cert] of rows) {
    await t.step(name, async () => {
      const seen: [SslSocket, SniRequest][] = [];
      const hostname = cert === PKI.server.cert ? HOSTNAME : "other.test";
      await using joined = await connected({
        client: { hostname, alpnProtocols: ["h2", "x"] },
        server: {
          sniSocketConfig: (...args) => {
            seen.push(args);
            return chosen;
          },
        },
      });
      assertEquals(peerCertificate(joined.client), cert);
      assertStrictEquals(seen[0]![0], joined.server);
      assertEquals(seen[0]![1], { serverName: hostname, alpnProtocols: ["h2", "x"] });
      assertEquals(seen.length, 1);
    });
  }
});

Deno.test("sniSocketConfig hook is asked once, with a HelloRetryRequest, too, and where no name is asked for", async () => {
  const seen: (string | null)[] = [];
  await using joined = await connected({
    client: { hostname: "192.0.2.1", authCertificate: () => true },
    server: {
      groups: ["secp384r1"],
      sniSocketConfig: (_socket, { serverName }) => void seen.push(serverName),
    },
  });
  const [info] = await shake(joined);
  assert(info.helloRetryRequest);
  assertEquals(seen, [null]);
});

Deno.test("sniSocketConfig hook can change who must authenticate, and by what", async () => {
  await using joined = await connected({
    client: { certificates: [PKI.client.credential], alpnProtocols: ["h2"] },
    server: { sniSocketConfig: () => ({ clientAuth: "require", alpnProtocols: ["h2"] }) },
  });
  const [, info] = await shake(joined);
  assertEquals([info.peerCertificates, info.alpnProtocol], [[PKI.client.cert], "h2"]);
});

Deno.test("sniSocketConfig hook can change versions, cipher suites, groups and sessions", async () => {
  const rows: readonly SniSocketConfig[] = [
    { versions: { max: "TLSv1.2" } },
    { cipherSuites: ["TLS_CHACHA20_POLY1305_SHA256"] },
    { groups: ["secp384r1"] },
    { policy: "cnsa-1.0", certificates: [(await identityOf("ec-p384")).credential] },
  ];
  const negotiated: unknown[] = [];
  for (const row of rows) {
    await using joined = await connected({ server: { sniSocketConfig: () => row } });
    const [{ version, cipherSuite, group }] = await shake(joined);
    negotiated.push([version, cipherSuite, group]);
    await pingPong(joined);
  }
  assertEquals(negotiated, [
    ["TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256", "x25519"],
    ["TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256", "X25519MLKEM768"],
    ["TLSv1.3", "TLS_AES_128_GCM_SHA256", "secp384r1"],
    ["TLSv1.3", "TLS_AES_256_GCM_SHA384", "secp384r1"],
  ]);
  const two = new Acquaintance();
  const server: ImportOptions = { sniSocketConfig: () => ({ sessionTickets: false }) };
  assertEquals([await two.resumes({ server }), await two.resumes({ server })], [false, false]);
});

Deno.test("sniSocketConfig hook refuses a name with null", async () => {
  for (const chosen of [null, slowly(null)]) {
    const error = await assertFails(
      { server: { sniSocketConfig: () => chosen } },
      { at: "server", error: "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", alert: "unrecognized_name" },
    );
    assertMatch(error.message, /"server\.test"/);
  }
});

Deno.test("sniSocketConfig hook that throws, or gives impossible options, ends the handshake", async () => {
  const cause = new Error("no such tenant");
  const hooks: readonly ImportOptions["sniSocketConfig"][] = [
    () => {
      throw cause;
    },
    () => slowly(0).then(() => Promise.reject(cause)),
  ];
  for (const sniSocketConfig of hooks) {
    const error = await assertFails(
      { server: { sniSocketConfig: sniSocketConfig! } },
      { at: "server", error: "SSL_ERROR_APP_CALLBACK_ERROR", alert: "internal_error" },
    );
    assertStrictEquals(error.cause, cause);
  }
  await assertFails(
    { server: { sniSocketConfig: () => ({ alpnProtocols: [""] }) } },
    { at: "server", error: "SEC_ERROR_INVALID_ARGS", alert: "internal_error" },
  );
});
