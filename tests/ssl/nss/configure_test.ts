// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertThrows,
} from "@std/assert";
import {
  authCertificateHook,
  badCertHook,
  type ChannelInfo,
  getClientAuthDataHook,
  handshakeCallback,
  importFD,
  keyLogCallback,
  newModel,
  peerCertificate,
  resetHandshake,
  revealPinArg,
  revealURL,
  setPKCS11PinArg,
  setSockPeerID,
  setTrustAnchors,
  setURL,
  sniSocketConfigHook,
  SslError,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { Name } from "../../../cert/names/name.ts";
import { MAX_AUTHORITIES_LENGTH } from "../../../ssl/authentication/authority_names.ts";
import { memoryPair } from "../../support/memory_pair.ts";
import {
  clientOptions,
  closeAll,
  HOSTNAME,
  join,
  makeIdentity,
  PKI,
  serverOptions,
  session,
  shake,
} from "../_support.ts";

Deno.test("setURL() takes host names, addresses and URLs, and spells them as certificates do", () => {
  const model = newModel();
  const rows: [string | URL, string][] = [
    ["Example.COM", "example.com"],
    ["example.com.", "example.com"],
    ["https://example.com:8443/path?query", "example.com"],
    [new URL("wss://user@example.com/"), "example.com"],
    ["example.com:443", "example.com"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["192.0.2.1", "192.0.2.1"],
    ["2001:DB8::1", "2001:db8::1"],
    ["[2001:db8::1]:443", "2001:db8::1"],
  ];
  for (const [url, hostname] of rows) {
    setURL(model, url);
    assertEquals(revealURL(model), hostname, String(url));
  }
});

Deno.test("setURL() refuses what is no host", () => {
  for (
    const url of [
      "",
      "a b",
      "https://",
      "exa mple.com",
      "example.com@evil.example",
      "example.com/path",
      "a:b",
    ]
  ) {
    const error = assertThrows(() => setURL(newModel(), url), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", url);
  }
});

Deno.test("setURL() decides which certificate is right", async () => {
  await using joined = join({ client: { hostname: "other.test" } });
  setURL(joined.client, HOSTNAME);
  const [info] = await shake(joined);
  assertEquals(info.serverName, HOSTNAME);
});

Deno.test("revealURL() is null where no host is set", () => {
  assertEquals(revealURL(newModel()), null);
});

Deno.test("resetHandshake() turns a socket into the other end", async () => {
  const [a, b] = memoryPair();
  const client = importFD(a, { ...serverOptions(), ...clientOptions(), role: "server" });
  const server = importFD(b, { ...serverOptions(), role: "client" });
  resetHandshake(client, false);
  resetHandshake(server, true);
  const [info] = await shake({ client, server });
  assertEquals(info.peerCertificates[0], PKI.server.cert);
  await closeAll(client, server);
});

Deno.test("authCertificateHook() decides in place of the default, null restores that", async () => {
  await using joined = join({ client: { caCerts: [] } });
  authCertificateHook(joined.client, (_socket, { chain }) => chain[0]!.equals(PKI.server.cert));
  await shake(joined);

  await using refused = join({ client: { caCerts: [], authCertificate: () => true } });
  authCertificateHook(refused.client, null);
  const [outcome] = await Promise.allSettled([
    refused.client.handshake(),
    refused.server.handshake(),
  ]);
  assertEquals(outcome.status === "rejected" && outcome.reason.name, "SEC_ERROR_UNKNOWN_ISSUER");
});

Deno.test("badCertHook() overrides a refusal", async () => {
  await using joined = join({ client: { caCerts: [] } });
  const refusals: string[] = [];
  badCertHook(joined.client, (_socket, error) => {
    refusals.push(error.name);
    return true;
  });
  const [info] = await shake(joined);
  assertEquals(refusals, ["SEC_ERROR_UNKNOWN_ISSUER"]);
  assertEquals(info.badCertAccepted, true);
});

Deno.test("getClientAuthDataHook() chooses what the client shows", async () => {
  await using joined = join({ server: { clientAuth: "require" } });
  getClientAuthDataHook(joined.client, (_socket, { caNames }) => {
    assertEquals(caNames.map(String), [String(PKI.root.cert.subject)]);
    return PKI.client.credential;
  });
  await shake(joined);
  assertEquals(peerCertificate(joined.server), PKI.client.cert);
});

Deno.test("sniSocketConfigHook() chooses the server's certificate by name", async () => {
  await using joined = join({ client: { hostname: "other.test" } });
  sniSocketConfigHook(joined.server, (_socket, { serverName }) => {
    return serverName === "other.test" ? { certificates: [PKI.otherServer.credential] } : null;
  });
  await shake(joined);
  assertEquals(peerCertificate(joined.client), PKI.otherServer.cert);
});

Deno.test("handshakeCallback() is told once what was negotiated", async () => {
  await using joined = join();
  const told: ChannelInfo[] = [];
  handshakeCallback(joined.client, (socket, info) => {
    assertEquals(socket, joined.client);
    told.push(info);
  });
  const [info] = await shake(joined);
  assertEquals(told, [info]);
});

Deno.test("keyLogCallback() gets the lines that Wireshark wants, the same at both ends", async () => {
  await using joined = join();
  const lines: string[][] = [[], []];
  keyLogCallback(joined.client, (line) => lines[0]!.push(line));
  keyLogCallback(joined.server, (line) => lines[1]!.push(line));
  await shake(joined);
  assertEquals(lines[0]!.toSorted(), lines[1]!.toSorted());
  assertEquals(lines[0]!.map((line) => line.split(" ")[0]).toSorted(), [
    "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
    "CLIENT_TRAFFIC_SECRET_0",
    "EXPORTER_SECRET",
    "SERVER_HANDSHAKE_TRAFFIC_SECRET",
    "SERVER_TRAFFIC_SECRET_0",
  ]);
  for (const line of lines[0]!) assertMatch(line, /^[A-Z_0]+ [0-9a-f]{64} [0-9a-f]{64}$/);
});

Deno.test("setSockPeerID() keeps the sessions of one peer from another", async () => {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const resumed = async (peerId: string | null) => {
    const model = newModel();
    setSockPeerID(model, peerId);
    const client = { model, context: contexts[0]! };
    return (await session({ client, server: { context: contexts[1]! } }))[0].resumed;
  };
  assertEquals([await resumed("a"), await resumed("a"), await resumed("b")], [false, true, false]);
  assertEquals([await resumed(null), await resumed(null), await resumed("a")], [false, true, true]);
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`setTrustAnchors() names authorities, and changes no trust (${version})`, async () => {
    const names = async (authorities: Parameters<typeof setTrustAnchors>[1]) => {
      const versions = { min: version, max: version };
      await using joined = join({
        client: { versions },
        server: { versions, clientAuth: "require" },
      });
      const named: string[] = [];
      getClientAuthDataHook(joined.client, (_socket, { caNames }) => {
        named.push(...caNames.map(String));
        return PKI.client.credential;
      });
      setTrustAnchors(joined.server, authorities);
      const [, info] = await shake(joined);
      assertEquals(info.peerCertificates, [PKI.client.cert]); // of an authority in caCerts
      return named;
    };
    assertEquals(await names([PKI.otherRoot.cert]), ["CN=Other Root"]);
    assertEquals(
      await names([PKI.otherRoot.cert.toPem() + PKI.root.cert.toPem()]),
      ["CN=Other Root", "CN=Test Root"],
    );
    assertEquals(await names([]), []);
    assertEquals(await names(null), ["CN=Test Root"]);
  });
}

/** A certificate whose name is so many bytes of DER. */
async function authorityNamed(length: number): Promise<Certificate> {
  const subject = (size: number) => Name.parse(`O=${"x".repeat(size)}`);
  const frame = subject(length - 50).der.length - (length - 50);
  const { cert } = await makeIdentity({ subject: subject(length - frame), isCa: true });
  assertEquals(cert.subject.der.length, length);
  return cert;
}

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`setTrustAnchors() names MAX_AUTHORITIES_LENGTH bytes of authorities, and of more none (${version})`, async () => {
    const half = MAX_AUTHORITIES_LENGTH / 2 - 2; // each name has a length of two bytes before it
    for (const [length, told] of [[half, 2], [half + 1, 0]] as const) {
      const versions = { min: version, max: version };
      let named: number | undefined;
      const authorities = [await authorityNamed(half), await authorityNamed(length)];
      await using joined = join({
        client: {
          versions,
          getClientAuthData: (_socket, { caNames }) => {
            named = caNames.length;
            return null;
          },
        },
        server: { versions, clientAuth: "request" },
      });
      setTrustAnchors(joined.server, authorities);
      await shake(joined);
      assertEquals(named, told);
    }
  });
}

Deno.test("setPKCS11PinArg() is kept with the socket, and copied with a model", async () => {
  const arg = { window: 1 };
  await using joined = join();
  setPKCS11PinArg(joined.client, arg);
  assert(revealPinArg(joined.client) === arg);
  assertEquals(revealPinArg(joined.server), undefined);
  const model = newModel();
  setPKCS11PinArg(model, arg);
  assert(revealPinArg(newModel({ model })) === arg);
});

Deno.test("revealPinArg() tells what is set, of models and of their copies, and nothing where nothing is", () => {
  const model = newModel();
  assertEquals(revealPinArg(model), undefined);
  const arg = { window: "main" };
  setPKCS11PinArg(model, arg);
  for (const target of [model, newModel({ model })]) assert(revealPinArg(target) === arg);
});

Deno.test("setters fail in the middle of a handshake, and afterwards where the first one has settled it", async () => {
  await using joined = join();
  const settled = [
    () => setURL(joined.client, HOSTNAME),
    () => resetHandshake(joined.client, true),
    () => setSockPeerID(joined.client, "a"),
  ];
  const setters = [
    ...settled,
    () => authCertificateHook(joined.client, null),
    () => badCertHook(joined.client, null),
    () => getClientAuthDataHook(joined.client, null),
    () => sniSocketConfigHook(joined.client, null),
    () => handshakeCallback(joined.client, null),
    () => keyLogCallback(joined.client, null),
    () => setTrustAnchors(joined.client, []),
    () => setPKCS11PinArg(joined.client, 1),
  ];
  const assertRefused = (set: () => void) =>
    assertEquals(assertThrows(set, SslError).name, "PR_IS_CONNECTED_ERROR", String(set));
  const shaking = shake(joined);
  setters.forEach(assertRefused);
  await shaking;
  settled.forEach(assertRefused);
  for (const set of setters.slice(settled.length)) set();
});

Deno.test("newModel() is copied by value when a socket is imported", async () => {
  const model = newModel({ ...clientOptions(), alpnProtocols: ["first"] });
  const [a, b] = memoryPair();
  const client = importFD(a, { model });
  setURL(model, "other.test"); // too late for the socket
  const server = importFD(b, serverOptions({ alpnProtocols: ["first"] }));
  assertEquals(revealURL(client), HOSTNAME);
  const [info] = await shake({ client, server });
  assertEquals(info.alpnProtocol, "first");
  await closeAll(client, server);
});

Deno.test("newModel() may be a socket, too, and options change the copy", () => {
  const [a, b] = memoryPair();
  const first = importFD(a, clientOptions());
  const second = importFD(b, { model: first, hostname: "other.test" });
  assertEquals([revealURL(first), revealURL(second)], [HOSTNAME, "other.test"]);
  first[Symbol.dispose]();
  second[Symbol.dispose]();
});

Deno.test("importFD() refuses options that have no such value, and says which are there", () => {
  const rows: [Parameters<typeof importFD>[1], RegExp][] = [
    [{ cipherSuites: [] }, /cipherSuites: the list is empty/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ cipherSuites: ["TLS_NULL" as any] }, /"TLS_NULL" is none of TLS_AES_128_GCM_SHA256/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ groups: ["x448" as any] }, /"x448" is none of X25519MLKEM768/],
    [{ alpnProtocols: [""] }, /is not 1 to 255 bytes long/],
    [{ alpnProtocols: ["x".repeat(256)] }, /is not 1 to 255 bytes long/],
    [{ versions: { min: "TLSv1.3", max: "TLSv1.2" } }, /TLSv1.3 to TLSv1.2 is no range/],
  ];
  for (const [options, message] of rows) {
    const [a] = memoryPair();
    const error = assertThrows(() => importFD(a, options!), SslError);
    assertMatch(error.message, message);
    assertFalse(error.code === 0);
    assertInstanceOf(error, Error);
  }
});
