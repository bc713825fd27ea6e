// Copyright 2026 the NSS for Deno authors. MIT license.

/** Encrypted Client Hello between two sockets of this package (RFC 9849). @module */

import { assert, assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import type { SslError } from "../../ssl/base/errors.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { parseEchClientHello } from "../../ssl/extensions/encrypted_client_hello.ts";
import { preSharedKeyClientHello } from "../../ssl/extensions/pre_shared_key.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import type { ClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeEchConfigList, generateEchKeys, getEchRetryConfigs } from "../../ssl/nss/ech.ts";
import { writeEarlyData } from "../../ssl/nss/early_data.ts";
import { getChannelInfo, getPreliminaryChannelInfo } from "../../ssl/nss/get_channel_info.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { keepHellos } from "./_hello.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  HOSTNAME,
  join,
  type Joined,
  type JoinOptions,
  makeIdentity,
  outcomeOf,
  pattern,
  pingPong,
  PKI,
  readExactly,
  session,
  shake,
} from "./_support.ts";

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const otherKey = await generateEchKeys({ publicName: PUBLIC, configId: 8 });
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];

const listOf = (...keys: readonly EchKey[]) => encodeEchConfigList(keys);

/** A client with a configuration, and a server with its key. */
function hiding(options: JoinOptions = {}, client: ImportOptions = {}): JoinOptions {
  return {
    ...options,
    client: { echConfigList: listOf(key), ...client, ...options.client },
    server: { certificates, echKeys: [key], ...options.server },
  };
}

/** What a server says whose only group the client has no share of. */
const RETRY: Pick<JoinOptions, "server"> = { server: { groups: ["secp384r1"] } };

function namesOf(hellos: readonly ClientHello[]): (string | null | undefined)[] {
  return hellos.map(({ extensions }) => extensions?.get(serverName));
}

async function assertRejected({ client, server }: Joined): Promise<void> {
  const served = outcomeOf(server);
  assert(await failureOf(client.handshake()) instanceof EchRejectedError);
  assertFromPeer(await served, "ech_required");
}

Deno.test("ECH: pre-shared keys are offered in the inner hello alone, and stand for no public name", async () => {
  const identity = "who I am";
  const cipherSuites = [
    "TLS_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_PSK_WITH_CHACHA20_POLY1305_SHA256",
  ] as const;
  const externalPsks = [{ identity, key: new Uint8Array(32).fill(1) }];
  for (const [echKeys, accepted] of [[[key], true], [[otherKey], false]] as const) {
    const hellos = keepHellos();
    await using joined = join(hiding({
      client: { externalPsks, cipherSuites },
      server: { externalPsks, cipherSuites, echKeys },
      clientInternals: { messageFilter: hellos.messageFilter },
    }));
    if (accepted) {
      const [{ echAccepted, pskIdentity }] = await shake(joined);
      assertEquals([echAccepted, new TextDecoder().decode(pskIdentity!)], [true, identity]);
    } else await assertRejected(joined);
    const [{ cipherSuites: shown, extensions }] = hellos.sent as [ClientHello];
    assertEquals(shown.includes(0xccac), false);
    const [psk] = extensions!.get(preSharedKeyClientHello)!.identities;
    assertNotEquals(new TextDecoder().decode(psk!.identity), identity);
  }
});

Deno.test("ECH: a raw public key stands for no public name", async () => {
  const { cert, credential } = PKI.server;
  const rawPublicKeys = { accept: [cert.subjectPublicKeyInfo] };
  const keys = [{ key: credential.key }];
  for (const [echKeys, accepted] of [[[key], true], [[otherKey], false]] as const) {
    await using joined = join(hiding({
      client: { rawPublicKeys },
      server: { rawPublicKeys: { keys }, echKeys },
    }));
    if (accepted) {
      const [{ echAccepted, peerRawPublicKey }] = await shake(joined);
      assertEquals([echAccepted, peerRawPublicKey?.der], [true, cert.subjectPublicKeyInfo.der]);
    } else await assertRejected(joined);
  }
});

Deno.test("ECH: early data goes under the inner hello's keys, and to nobody where that is rejected", async () => {
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const given = (...echKeys: readonly EchKey[]) =>
    hiding({
      client: { context: contexts[0]! },
      server: { context: contexts[1]!, maxEarlyData: 1000, echKeys },
    });
  await session(given(key));
  const data = pattern(10);
  {
    await using joined = join(given(key));
    const written = writeEarlyData(joined.client, data);
    assertEquals(await readExactly(joined.server, data.length), data);
    assertEquals((await written).outcome, "accepted");
    const { echAccepted, earlyDataLength } = getChannelInfo(joined.server);
    assertEquals([echAccepted, earlyDataLength], [true, data.length]);
    await pingPong(joined);
  }
  await using joined = join(given(otherKey));
  const served = outcomeOf(joined.server);
  assert(await failureOf(writeEarlyData(joined.client, data)) instanceof EchRejectedError);
  assertFromPeer(await served, "ech_required");
});

for (const [how, options] of [["", {}], [" after a HelloRetryRequest", RETRY]] as const) {
  Deno.test(`ECH: accepted${how}, both ends know it, and only the public name is seen`, async () => {
    const hellos = keepHellos();
    await using joined = join(hiding({
      ...options,
      clientInternals: { messageFilter: hellos.messageFilter },
    }));
    const infos = await shake(joined);
    for (const { echAccepted, serverName, helloRetryRequest } of infos) {
      assertEquals([echAccepted, serverName], [true, HOSTNAME]);
      assertEquals(helloRetryRequest, how !== "");
    }
    await pingPong(joined);
    assertEquals(namesOf(hellos.sent), how === "" ? [PUBLIC] : [PUBLIC, PUBLIC]);
    assert(getPreliminaryChannelInfo(joined.client).echAccepted);
  });

  Deno.test(`ECH: a session is resumed${how}, and the outer hello offers another one`, async () => {
    const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
    const hellos = keepHellos();
    const given = hiding({
      client: { context: contexts[0]! },
      server: { ...options.server, context: contexts[1]! },
      clientInternals: { messageFilter: hellos.messageFilter },
    });
    const [first] = await session(given);
    const [second] = await session(given);
    assertEquals([first.resumed, second.resumed, second.echAccepted], [false, true, true]);
    assert(hellos.sent.at(-1)!.extensions!.has(ExtensionType.preSharedKey));
  });

  Deno.test(`ECH: rejected${how}, a typed error has the server's configurations`, async () => {
    await using joined = join(hiding({
      ...options,
      server: { ...options.server, echKeys: [otherKey] },
    }));
    const served = outcomeOf(joined.server);
    const error = await failureOf(joined.client.handshake());
    assert(error instanceof EchRejectedError);
    assertLocal(error, "SSL_ERROR_ECH_RETRY_WITH_ECH", "ech_required");
    assertEquals(error.retryConfigs, listOf(otherKey));
    assertEquals(getEchRetryConfigs(joined.client), listOf(otherKey));
    assertFromPeer(await served, "ech_required");
    // The new connection that the error speaks of.
    await using again = await connected(hiding({
      client: { echConfigList: error.retryConfigs! },
      server: { echKeys: [otherKey] },
    }));
    assert((await again.client.handshake()).echAccepted);
  });

  Deno.test(`ECH: GREASE${how} is ignored, and the name is seen`, async () => {
    const hellos = keepHellos();
    for (const echKeys of [[], [key]]) {
      await using joined = await connected({
        ...options,
        client: { echGrease: true },
        server: { ...options.server, certificates, echKeys },
        clientInternals: { messageFilter: hellos.messageFilter },
      });
      assert(!(await joined.client.handshake()).echAccepted);
    }
    assertEquals(new Set(namesOf(hellos.sent)), new Set([HOSTNAME]));
    const bodies = hellos.sent.map((hello) => bodyOf(hello).toHex());
    // RFC 9849, Section 6.2.1: the second hello has the extension of the first.
    assertEquals(new Set(bodies).size, 2);
  });
}

function bodyOf({ extensions }: ClientHello): Uint8Array<ArrayBuffer> {
  return extensions!.body(ExtensionType.encryptedClientHello)!;
}

/** What an outsider sees of a hello, but for values that are random and the server's name. */
function shapeOf(hello: ClientHello): unknown {
  const ech = parseEchClientHello(bodyOf(hello));
  if (ech === "inner") throw new Error("An inner hello is on the wire");
  return {
    legacyVersion: hello.legacyVersion,
    sessionId: hello.legacySessionId.length,
    cipherSuites: hello.cipherSuites,
    extensions: hello.extensions!.types().map((type) => {
      const { length } = hello.extensions!.body(type)!;
      return [type, type === ExtensionType.serverName ? 0 : length];
    }),
    ech: [ech.cipherSuite, ech.enc.length, ech.payload.length],
  };
}

for (const resumed of [false, true]) {
  const what = resumed ? "that offer a session" : "of a full handshake";
  Deno.test(`ECH: hellos ${what} have one shape, accepted, rejected or GREASE`, async () => {
    const shapes = [];
    const kinds: readonly JoinOptions[] = [
      hiding(),
      hiding({ server: { echKeys: [otherKey] } }),
      { client: { echGrease: true }, server: { certificates } },
    ];
    for (const kind of kinds) {
      const context = new NssContext({ trustAnchors: [] });
      const serverContext = new NssContext({ trustAnchors: [] });
      const contexts = (options: JoinOptions): JoinOptions => ({
        client: { alpnProtocols: ["h2"], ...options.client, context },
        server: { alpnProtocols: ["h2"], ...options.server, context: serverContext },
      });
      if (resumed) await session(contexts({ server: { certificates } }));
      const hellos = keepHellos();
      const { messageFilter } = hellos;
      await using joined = join({ ...contexts(kind), clientInternals: { messageFilter } });
      await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
      shapes.push(shapeOf(hellos.sent[0]!));
    }
    assertEquals(shapes[1], shapes[0]);
    assertEquals(shapes[2], shapes[0]);
  });
}

Deno.test("ECH: names of 1 to 64 characters give payloads of one length", async () => {
  const lengths = new Set<number>();
  for (const length of [1, 31, 32, 59]) {
    const hostname = `${"a".repeat(length)}.test`;
    const hellos = keepHellos();
    const { messageFilter } = hellos;
    await using joined = join(hiding({ client: { hostname }, clientInternals: { messageFilter } }));
    await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
    lengths.add(bodyOf(hellos.sent[0]!).length);
  }
  assertEquals(lengths.size, 1);
});

Deno.test("ECH: two hellos to one server share no random, key or payload", async () => {
  const hellos = keepHellos();
  for (let i = 0; i < 2; i++) {
    const { messageFilter } = hellos;
    await using _ = await connected(hiding({ clientInternals: { messageFilter } }));
  }
  const [one, two] = hellos.sent;
  assertNotEquals(one!.random, two!.random);
  assertNotEquals(bodyOf(one!), bodyOf(two!));
});

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  Deno.test(`ECH: a rejection over ${version} without configurations says that it is off`, async () => {
    await using joined = join(hiding({ server: { echKeys: [], versions: { max: version } } }));
    const served = outcomeOf(joined.server);
    const error = await failureOf(joined.client.handshake());
    assert(error instanceof EchRejectedError);
    assertLocal(error, "SSL_ERROR_ECH_RETRY_WITHOUT_ECH", "ech_required");
    assertEquals(error.retryConfigs, null);
    assertThrows(() => getEchRetryConfigs(joined.client));
    assertFromPeer(await served, "ech_required");
  });

  Deno.test(`ECH: after a rejection over ${version} no hook accepts another name`, async () => {
    let asked = 0;
    const yes = () => {
      asked++;
      return true;
    };
    await using joined = join(hiding({
      client: { authCertificate: yes, badCert: yes },
      // Its certificate is for the hidden name alone.
      server: {
        certificates: [PKI.server.credential],
        echKeys: [otherKey],
        versions: { max: version },
      },
    }));
    const served = outcomeOf(joined.server);
    const error = await failureOf(joined.client.handshake());
    assertLocal(error, "SSL_ERROR_ECH_FAILED", "bad_certificate");
    assert(!(error instanceof EchRejectedError));
    assertThrows(() => getEchRetryConfigs(joined.client));
    assertFromPeer(await served, "bad_certificate");
    assertEquals(asked, 0);
  });

  Deno.test(`ECH: after a rejection over ${version} no client certificate is shown`, async () => {
    const { credential } = PKI.client;
    let asked = 0;
    await using joined = join(hiding({
      client: {
        certificates: [credential],
        getClientAuthData: () => {
          asked++;
          return credential;
        },
      },
      server: { echKeys: [otherKey], clientAuth: "request", versions: { max: version } },
    }));
    const served = outcomeOf(joined.server);
    assert(await failureOf(joined.client.handshake()) instanceof EchRejectedError);
    assertFromPeer(await served, "ech_required");
    assertEquals(asked, 0);
    assertEquals(getPreliminaryChannelInfo(joined.server).peerCertificates, []);
  });
}

Deno.test("ECH: an accepted client shows its certificate as any", async () => {
  await using joined = join(hiding({
    client: { certificates: [PKI.client.credential] },
    server: { clientAuth: "require" },
  }));
  const [, info] = await shake(joined);
  assertEquals(info.peerCertificates[0]?.der, PKI.client.cert.der);
});

Deno.test("ECH: all hooks of a server see the inner hello, or else the outer one", async () => {
  for (const [echKeys, name] of [[[key], HOSTNAME], [[otherKey], PUBLIC]] as const) {
    const seen: unknown[] = [];
    await using joined = join(hiding({
      client: { alpnProtocols: ["h2"] },
      server: {
        echKeys,
        sniSocketConfig: (_socket, { serverName }) => {
          seen.push(serverName);
          return undefined;
        },
        clientHelloCallback: (_socket, { serverName }) => {
          seen.push(serverName);
          return true;
        },
      },
    }));
    await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
    assertEquals(seen, [name, name]);
  }
});

Deno.test("ECH: keys are rotated, and those of one identifier are all tried", async () => {
  const same = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
  const old = { ...otherKey, isRetryConfig: false };
  const echKeys = [same, old, key];
  for (const used of echKeys) {
    const client = { echConfigList: listOf(used) };
    await using joined = await connected(hiding({ client, server: { echKeys } }));
    assert((await joined.client.handshake()).echAccepted);
  }
  const stranger = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
  await using joined = join(hiding({
    client: { echConfigList: listOf(stranger) },
    server: { echKeys },
  }));
  const [error] = await Promise.all([
    failureOf(joined.client.handshake()),
    outcomeOf(joined.server),
  ]);
  assert(error instanceof EchRejectedError);
  assertEquals(error.retryConfigs, listOf(same, key));
});

for (const curve of ["X25519", "P-256", "P-384", "P-521"] as const) {
  Deno.test(`ECH: with a key on ${curve}`, async () => {
    const own = await generateEchKeys({ publicName: PUBLIC, curve });
    const client = { echConfigList: listOf(own).toBase64() };
    await using joined = await connected(hiding({ client, server: { echKeys: [own] } }));
    assert((await joined.client.handshake()).echAccepted);
  });
}

Deno.test("ECH: with reserved values and extensions in random order, HelloRetryRequest too", async () => {
  for (const options of [{}, RETRY]) {
    await using joined = join(hiding(options));
    const { optionSet } = await import("../../ssl/nss/option_set.ts");
    optionSet(joined.client, "ENABLE_GREASE", true);
    optionSet(joined.client, "ENABLE_CH_EXTENSION_PERMUTATION", true);
    optionSet(joined.server, "ENABLE_GREASE", true);
    const [info] = await shake(joined);
    assert(info.echAccepted);
  }
});

Deno.test("ECH: a client of an IP address hides the rest of its hello", async () => {
  const hellos = keepHellos();
  const identity = await makeIdentity({ ipAddresses: ["192.0.2.1"] }, PKI.root);
  await using joined = join(hiding({
    client: { hostname: "192.0.2.1" },
    server: { certificates: [identity.credential] },
    clientInternals: { messageFilter: hellos.messageFilter },
  }));
  const [info, { serverName }] = await shake(joined);
  assert(info.echAccepted);
  assertEquals([serverName, namesOf(hellos.sent)], [null, [PUBLIC]]);
});

Deno.test("ECH: a client of TLS 1.2 alone, or without a usable configuration, sends no hello", async () => {
  const rows: readonly (readonly [ImportOptions, SslError["name"]])[] = [
    [{ versions: { max: "TLSv1.2" } }, "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION"],
    [{ echConfigList: bytesOf("0005 badd 0001 00") }, "SEC_ERROR_INVALID_ARGS"],
    [{ echConfigList: bytesOf("0005 fe0d 0001 00") }, "SSL_ERROR_RX_MALFORMED_ESNI_KEYS"],
    [
      { echConfigList: bytesOf("0005 badd 0001 00"), echGrease: true },
      "SEC_ERROR_INVALID_ARGS",
    ],
  ];
  for (const [options, name] of rows) {
    const hellos = keepHellos();
    const { messageFilter } = hellos;
    await using joined = join(hiding({ client: options, clientInternals: { messageFilter } }));
    const error = await failureOf(joined.client.handshake());
    assertEquals(error.name, name, error.message);
    assertEquals(hellos.sent, []);
  }
});

function bytesOf(hex: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.fromHex(hex.replaceAll(" ", ""));
}

Deno.test("ECH: a server without keys, or of TLS 1.2 alone, serves the outer hello", async () => {
  for (const server of [{ echKeys: [] }, { versions: { max: "TLSv1.2" } }] as const) {
    await using joined = join(hiding({ server }));
    const [error] = await Promise.all([
      failureOf(joined.client.handshake()),
      outcomeOf(joined.server),
    ]);
    assertEquals(error.name, "SSL_ERROR_ECH_RETRY_WITHOUT_ECH");
  }
});

Deno.test("ECH: a key that is none fails each handshake of the server, and says why", async () => {
  const bad = { ...key, config: key.config.slice(0, -1) };
  await using joined = join({ client: clientOptions(), server: { echKeys: [bad] } });
  const client = outcomeOf(joined.client);
  const error = await failureOf(joined.server.handshake());
  assertLocal(error, "SEC_ERROR_INVALID_ARGS", "internal_error");
  assertFromPeer(await client, "internal_error");
});
