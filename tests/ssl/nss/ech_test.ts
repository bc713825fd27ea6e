// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertInstanceOf,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { importFD } from "../../../ssl/import_fd.ts";
import { newModel } from "../../../ssl/config/model.ts";
import { EchRejectedError } from "../../../ssl/base/ech_error.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { MAX_ECH_KEYS, MAX_RETRY_CONFIGS_LENGTH } from "../../../ssl/config/option_values.ts";
import { parseEchConfigList } from "../../../ssl/extensions/ech_config_list.ts";
import {
  enableTls13BackendEch,
  enableTls13GreaseEch,
  encodeEchConfigList,
  generateEchKeys,
  getEchRetryConfigs,
  importEchKey,
  removeEchConfigs,
  setClientEchConfigs,
  setServerEchConfigs,
} from "../../../ssl/nss/ech.ts";
import { getPreliminaryChannelInfo } from "../../../ssl/nss/get_channel_info.ts";
import { encodeHandshake } from "../../../ssl/messages/handshake.ts";
import { ExtensionBlock } from "../../../ssl/extensions/extension_block.ts";
import { encodeClientHello, parseClientHello } from "../../../ssl/messages/client_hello.ts";
import { ExtensionType } from "../../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../../ssl/tables/handshake_types.ts";
import { keepHellos } from "../_hello.ts";
import { failureOf, join, makeIdentity, outcomeOf, PKI, shake } from "../_support.ts";
import { withoutAlgorithms } from "../../support/lacking_webcrypto.ts";

const key = await generateEchKeys({ publicName: "public.test", extractable: true });
const publicServer = await makeIdentity({ dnsNames: ["public.test"] }, PKI.root);

Deno.test("generateEchKeys() makes a configuration of what the options say, and else of its defaults", async () => {
  const made = await generateEchKeys({
    publicName: "Public.Test",
    configId: 255,
    maximumNameLength: 0,
    curve: "P-384",
  });
  const [config] = parseEchConfigList(encodeEchConfigList([made]));
  const contents = config!.contents!;
  assertEquals(
    [contents.configId, contents.kem, contents.maximumNameLength, contents.publicName],
    [255, 0x0011, 0, "public.test"],
  );
  assertEquals([contents.publicKey.length, made.privateKey.extractable], [97, false]);
  const [defaults] = parseEchConfigList(encodeEchConfigList([key]));
  assertEquals([defaults!.contents!.kem, defaults!.contents!.maximumNameLength], [0x0020, 64]);
  assertEquals(defaults!.contents!.cipherSuites[0], { kdf: 1, aead: 1 });
});

Deno.test("generateEchKeys() refuses a public name that is no DNS name", async () => {
  for (
    const publicName of [
      "",
      ".",
      "a..b",
      "a_b.test",
      "-a.test",
      "192.0.2.1",
      "a.0x1F",
      "::1",
      `${"a".repeat(64)}.test`,
    ]
  ) {
    const error = await assertRejects(() => generateEchKeys({ publicName }), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", publicName);
  }
});

Deno.test("importEchKey() refuses a key of another configuration, curve or kind", async () => {
  const other = await generateEchKeys({ publicName: "public.test", extractable: true });
  const p256 = await generateEchKeys({
    publicName: "public.test",
    curve: "P-256",
    extractable: true,
  });
  const pkcs8 = async ({ privateKey }: { readonly privateKey: CryptoKey }) =>
    new Uint8Array(await crypto.subtle.exportKey("pkcs8", privateKey));
  const { privateKey: signing } = await crypto.subtle.generateKey("Ed25519", true, ["sign"]) as {
    readonly privateKey: CryptoKey;
  };
  for (
    const [given, name] of [
      [await pkcs8(other), "SEC_ERROR_INVALID_ARGS"],
      [other.privateKey, "SEC_ERROR_INVALID_ARGS"],
      [p256.privateKey, "SEC_ERROR_INVALID_ARGS"],
      [signing, "SEC_ERROR_INVALID_ARGS"],
      [await pkcs8(p256), "SEC_ERROR_INVALID_KEY"],
      [new Uint8Array(4), "SEC_ERROR_INVALID_KEY"],
    ] as const
  ) {
    const error = await assertRejects(() => importEchKey(key.config, given), NssError);
    assertEquals(error.name, name, error.message);
  }
  const taken = await importEchKey(key.config, await pkcs8(key));
  assertEquals([taken.config, taken.isRetryConfig], [key.config, true]);
});

Deno.test("importEchKey() and a client refuse a configuration whose public key is no point of its curve", async () => {
  for (const curve of ["X25519", "P-256"] as const) {
    const bad = await generateEchKeys({ publicName: "public.test", curve });
    // Behind version, length, config_id, kem_id, and the key's length; of P-256 the first byte
    // stays.
    if (curve === "X25519") bad.config.fill(0, 9, 9 + 32);
    else bad.config.fill(1, 10, 9 + 65);
    const imported = await assertRejects(() => importEchKey(bad.config, bad.privateKey), SslError);
    assertEquals(imported.name, "SEC_ERROR_INVALID_ARGS", imported.message);
    await using joined = join({ client: { echConfigList: encodeEchConfigList([bad.config]) } });
    const error = await failureOf(joined.client.handshake());
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", error.message);

    const good = await generateEchKeys({ publicName: "public.test", curve });
    await using next = join({
      client: { echConfigList: encodeEchConfigList([bad.config, good.config]) },
      server: { echKeys: [good] },
    });
    const [{ echAccepted }] = await shake(next);
    assert(echAccepted, "the client uses the next configuration");
  }
});

Deno.test("setServerEchConfigs() takes as many configurations to try again as a client can be sent, and no byte more", async () => {
  const model = newModel({ role: "server" });
  /**
   * Keys whose configurations have so many bytes together, by an extension that is not mandatory.
   */
  const keysOf = (total: number) =>
    [0, 1].map((i) => {
      const length = i === 0 ? total >> 1 : total - (total >> 1);
      const { config } = key;
      const added = length - config.length;
      const extension = [0x4a, 0x4a, (added - 4) >> 8, (added - 4) & 0xff];
      const grown = new Uint8Array(length);
      grown.set(config);
      grown.set([added >> 8, added & 0xff, ...extension], config.length - 2);
      grown.set([(length - 4) >> 8, (length - 4) & 0xff], 2);
      return { ...key, config: grown };
    });
  const most = keysOf(MAX_RETRY_CONFIGS_LENGTH);
  setServerEchConfigs(model, most);
  const more = keysOf(MAX_RETRY_CONFIGS_LENGTH + 1);
  const error = assertThrows(() => setServerEchConfigs(model, more), SslError);
  assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", error.message);
  setServerEchConfigs(model, more.map((one, i) => ({ ...one, isRetryConfig: i === 0 })));
  // As many do reach a client.
  const other = await generateEchKeys({ publicName: "public.test" });
  await using joined = join({
    client: { echConfigList: encodeEchConfigList([other]), alpnProtocols: ["h2"] },
    server: {
      certificates: [publicServer.credential],
      echKeys: most,
      alpnProtocols: ["h2"],
    },
  });
  const served = outcomeOf(joined.server);
  const rejection = await failureOf(joined.client.handshake());
  assert(rejection instanceof EchRejectedError);
  assertEquals(rejection.retryConfigs?.length, 2 + MAX_RETRY_CONFIGS_LENGTH);
  await served;
});

Deno.test("encodeEchConfigList() refuses none, a list in a list, and a cut one", () => {
  const list = encodeEchConfigList([key]);
  for (const keys of [[], [list], [key.config.subarray(1)], [new Uint8Array(0)]]) {
    const error = assertThrows(() => encodeEchConfigList(keys), SslError);
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", error.message);
  }
});

Deno.test("setServerEchConfigs() takes 16 keys, and neither 17 nor a bad one", async () => {
  const model = newModel({ role: "server" });
  assertEquals(MAX_ECH_KEYS, 16);
  setServerEchConfigs(model, Array(MAX_ECH_KEYS).fill(key));
  assertThrows(() => setServerEchConfigs(model, Array(MAX_ECH_KEYS + 1).fill(key)), SslError);
  assertThrows(() => newModel({ echKeys: Array(MAX_ECH_KEYS + 1).fill(key) }), SslError);
  assertThrows(() => setServerEchConfigs(model, [{ ...key, config: new Uint8Array(9) }]), SslError);
  await using joined = join({ client: { echConfigList: encodeEchConfigList([key]) } });
  setServerEchConfigs(joined.server, [key]);
  const [info] = await shake(joined);
  assert(info.echAccepted);
});

Deno.test("setClientEchConfigs() hides the client's hello until removeEchConfigs()", async () => {
  const list = encodeEchConfigList([key]);
  for (const removed of [false, true]) {
    await using joined = join({ server: { echKeys: [key] } });
    setClientEchConfigs(joined.client, list.toBase64());
    if (removed) removeEchConfigs(joined.client);
    const [info] = await shake(joined);
    assertEquals(info.echAccepted, !removed);
  }
  for (const bad of ["%", "", list.subarray(0, -1), new Uint8Array([0, 4, 0xba, 0xdd, 0, 0])]) {
    assertThrows(() => setClientEchConfigs(newModel(), bad), SslError);
  }
});

Deno.test("removeEchConfigs() leaves a server without keys", async () => {
  await using joined = join({
    client: { echConfigList: encodeEchConfigList([key]) },
    server: { echKeys: [key] },
  });
  removeEchConfigs(joined.server);
  const [error] = await Promise.all([
    failureOf(joined.client.handshake()),
    outcomeOf(joined.server),
  ]);
  assertEquals(error.name, "SSL_ERROR_ECH_FAILED"); // the certificate is not for the public name
});

Deno.test("enableTls13GreaseEch() gives the hello the extension, or takes it away", async () => {
  for (const enabled of [true, false]) {
    const hellos = keepHellos();
    await using joined = join({ clientInternals: { messageFilter: hellos.messageFilter } });
    enableTls13GreaseEch(joined.client, enabled);
    await shake(joined);
    const { extensions } = hellos.sent[0]!;
    assertEquals(extensions!.has(ExtensionType.encryptedClientHello), enabled);
  }
});

Deno.test("ECH: where the runtime lacks X25519, a client uses a configuration of P-256, and its GREASE is of P-256", async () => {
  const keys = await Promise.all(
    (["X25519", "P-256"] as const).map((curve) =>
      generateEchKeys({ publicName: "public.test", curve })
    ),
  );
  const [both, x25519] = [keys, keys.slice(0, 1)].map((some) => encodeEchConfigList(some));
  const hellos = keepHellos();
  await withoutAlgorithms(["X25519"], async () => {
    await using hidden = join({
      client: { echConfigList: both! },
      server: { echKeys: [keys[1]!] },
    });
    const [{ echAccepted }] = await shake(hidden);
    assert(echAccepted);
    await using only = join({ client: { echConfigList: x25519! } });
    const { name, message } = await failureOf(only.client.handshake());
    assertEquals(name, "SEC_ERROR_INVALID_ARGS");
    assertStringIncludes(message, "KEM 0x0020 or all of its cipher suites are not available here");

    await using joined = join({ clientInternals: { messageFilter: hellos.messageFilter } });
    enableTls13GreaseEch(joined.client, true);
    await shake(joined);
  });
  const body = hellos.sent[0]!.extensions!.body(ExtensionType.encryptedClientHello)!;
  // Behind type, cipher suite and config_id (RFC 9849, Section 5)
  assertEquals([...body.subarray(6, 9)], [0, 65, 4]);
});

/** Adds the extension of an inner hello to one in clear. */
function asInner(
  { type, body, raw }: {
    type: number;
    body: Uint8Array<ArrayBuffer>;
    raw: Uint8Array<ArrayBuffer>;
  },
) {
  if (type !== HandshakeType.clientHello) return [raw];
  const hello = parseClientHello(body);
  const extensions = new ExtensionBlock();
  extensions.addBody(ExtensionType.encryptedClientHello, new Uint8Array([1]));
  for (const one of hello.extensions!.types()) {
    extensions.addBody(one, hello.extensions!.body(one)!);
  }
  return [encodeHandshake(type, encodeClientHello({ ...hello, extensions }))];
}

Deno.test("enableTls13BackendEch() lets a back end take inner hellos, which others refuse", async () => {
  for (const enabled of [true, false]) {
    await using joined = join({
      server: { echKeys: enabled ? [] : [key] },
      clientInternals: { messageFilter: asInner },
    });
    enableTls13BackendEch(joined.server, enabled);
    const client = outcomeOf(joined.client);
    const error = await failureOf(joined.server.handshake());
    // The client does not know what it was made to send, so that the keys differ.
    assertEquals(getPreliminaryChannelInfo(joined.server).echAccepted, enabled);
    assertEquals(error.alert, enabled ? "bad_record_mac" : "illegal_parameter", error.message);
    assertInstanceOf(await client, SslError);
  }
});

Deno.test("enableTls13BackendEch() has a back end without keys refuse an outer hello", async () => {
  await using joined = join({ client: { echGrease: true } });
  enableTls13BackendEch(joined.server, true);
  const client = outcomeOf(joined.client);
  const error = await failureOf(joined.server.handshake());
  assertEquals([error.name, error.alert], [
    "SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION",
    "illegal_parameter",
  ]);
  assertInstanceOf(await client, SslError);
});

Deno.test("getEchRetryConfigs() has nothing to tell before a rejection", async () => {
  await using joined = join();
  const error = assertThrows(() => getEchRetryConfigs(joined.client), SslError);
  assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  const { readable, writable } = new TransformStream<Uint8Array>();
  const socket = importFD({ readable, writable });
  assertThrows(() => getEchRetryConfigs(socket), SslError);
  await socket.close();
});
