// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertNotEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  getPreliminaryChannelInfo,
  type HelloRetryRequestAction,
  type HelloRetryRequestCallback,
  helloRetryRequestCallback,
  newModel,
  SslError,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import { cookie } from "../../ssl/extensions/cookie.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import {
  COOKIE_BINDING,
  COOKIE_LIFETIME,
  MAX_RETRY_TOKEN_LENGTH,
} from "../../ssl/handshake/server/tls13/hello_retry.ts";
import { encodeClientHello, parseClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { serverSessionsOf } from "../../ssl/session/server_cache.ts";
import { writeTime } from "../../ssl/wire/time.ts";
import { CIPHER_SUITES } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { Writer } from "../../ssl/wire/writer.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  assertFails,
  assertFromPeer,
  assertLocal,
  closeAll,
  connected,
  failureOf,
  join,
  outcomeOf,
  pingPong,
  PKI,
  serverOptions,
  session,
  shake,
  socketOver,
  TestEnvironment,
  turns,
} from "./_support.ts";
import { answering, type HandOver, handOver } from "./_hand_over.ts";
import { keepHellos } from "./_hello.ts";
import { RawClient } from "./_raw_client.ts";
import { Acquaintance, BOTH_VERSIONS, ONLY_TLS12, ONLY_TLS13 } from "./_tls12.ts";
import { StoreWait } from "../../ssl/session/attempt.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const bytes = (text: string): Bytes => new TextEncoder().encode(text);

const NO_TOKEN = new Uint8Array(0);

Deno.test("helloRetryRequestCallback() that accepts leaves the handshake as it is, asked once", async () => {
  for (const answer of ["accept", turns(5).then(() => "accept" as const)] as const) {
    const { asked, callback } = answering(answer);
    await using joined = join();
    helloRetryRequestCallback(joined.server, callback);
    const [info] = await shake(joined);
    assertEquals(info.helloRetryRequest, false);
    assertEquals(asked, [{ firstHello: true, clientToken: NO_TOKEN }]);
  }
});

Deno.test("helloRetryRequestCallback() asks for a second hello, and gets its token back with that", async () => {
  for (const token of [bytes("queue 7"), new Uint8Array(MAX_RETRY_TOKEN_LENGTH).fill(7)]) {
    const { asked, callback } = answering({ retryToken: token });
    const hellos = keepHellos();
    await using joined = await connected({
      server: { helloRetryRequestCallback: callback },
      clientInternals: hellos,
    });
    const [client, server] = await shake(joined);
    assertEquals([client.helloRetryRequest, server.helloRetryRequest], [true, true]);
    assertEquals(asked, [
      { firstHello: true, clientToken: NO_TOKEN },
      { firstHello: false, clientToken: token },
    ]);
    // Its shares were good: the client sends the same once more.
    const [first, second] = hellos.sent.map(({ extensions }) => extensions!);
    assertEquals(first!.body(ExtensionType.keyShare), second!.body(ExtensionType.keyShare));
    const text = new TextDecoder("latin1").decode(second!.get(cookie));
    assertEquals(text.includes("queue 7") || text.includes("\x07\x07\x07\x07"), false);
    await pingPong(joined);
  }
});

Deno.test("helloRetryRequestCallback() may ask without a token", async () => {
  const { asked, callback } = answering("request");
  await using joined = await connected({ server: { helloRetryRequestCallback: callback } });
  assertEquals((await joined.client.handshake()).helloRetryRequest, true);
  assertEquals(asked.map(({ clientToken }) => clientToken), [NO_TOKEN, NO_TOKEN]);
});

Deno.test("helloRetryRequestCallback() is asked about both hellos where the key shares do not fit, and may add a token", async () => {
  for (const [action, token] of [["accept", ""], [{ retryToken: bytes("t") }, "t"]] as const) {
    const { asked, callback } = answering(action);
    await using joined = await connected({
      server: { groups: ["secp384r1"], helloRetryRequestCallback: callback },
    });
    const [info] = await shake(joined);
    assertEquals([info.group, info.helloRetryRequest], ["secp384r1", true]);
    assertEquals(asked, [
      { firstHello: true, clientToken: NO_TOKEN },
      { firstHello: false, clientToken: bytes(token) },
    ]);
  }
});

Deno.test("helloRetryRequestCallback() knows what is chosen so far", async () => {
  const seen: unknown[] = [];
  await using joined = await connected({
    server: {
      helloRetryRequestCallback: (socket) => {
        const { version, cipherSuite, serverName } = getPreliminaryChannelInfo(socket);
        seen.push([version, cipherSuite, serverName]);
        return "accept";
      },
    },
  });
  assertEquals(seen, [["TLSv1.3", "TLS_AES_128_GCM_SHA256", "server.test"]]);
  await pingPong(joined);
});

Deno.test("helloRetryRequestCallback() refuses the first hello, or the second one", async () => {
  for (const callback of [answering("fail"), answering("request", "fail")]) {
    await assertFails({ server: { helloRetryRequestCallback: callback.callback } }, {
      at: "server",
      error: "SSL_ERROR_APPLICATION_ABORT",
      alert: "handshake_failure",
    });
  }
});

Deno.test("helloRetryRequestCallback() that answers what cannot be ends the handshake", async () => {
  // deno-lint-ignore no-explicit-any -- callbacks come from JavaScript, too
  const untyped = (value: any): HelloRetryRequestAction => value;
  const answers = [
    answering("request", "request"),
    answering("request", { retryToken: bytes("again") }),
    answering({ retryToken: new Uint8Array(MAX_RETRY_TOKEN_LENGTH + 1) }),
    answering(untyped(undefined)),
    answering(untyped(null)),
    answering(untyped(true)),
    answering(untyped("acept")),
    answering(untyped({ retryToken: "text" })),
  ];
  for (const { callback } of answers) {
    await assertFails({ server: { helloRetryRequestCallback: callback } }, {
      at: "server",
      error: "SSL_ERROR_APP_CALLBACK_ERROR",
      alert: "internal_error",
    });
  }
});

Deno.test("helloRetryRequestCallback() that throws ends the handshake, with the error's own alert", async () => {
  const cause = new Error("database gone");
  const error = await assertFails(
    { server: { helloRetryRequestCallback: () => turns(1).then(() => Promise.reject(cause)) } },
    { at: "server", error: "SSL_ERROR_APP_CALLBACK_ERROR", alert: "internal_error" },
  );
  assertStrictEquals(error.cause, cause);
  const denied: HelloRetryRequestCallback = () => {
    throw new SslError("SSL_ERROR_ACCESS_DENIED_ALERT");
  };
  await assertFails(
    { server: { helloRetryRequestCallback: denied } },
    { at: "server", error: "SSL_ERROR_ACCESS_DENIED_ALERT", alert: "access_denied" },
  );
});

Deno.test("helloRetryRequestCallback() is not asked in TLS 1.2, which has no such thing", async () => {
  const { asked, callback } = answering("fail");
  await using joined = await connected({
    client: { versions: ONLY_TLS12 },
    server: { helloRetryRequestCallback: callback },
  });
  await pingPong(joined);
  assertEquals(asked, []);
});

Deno.test("helloRetryRequestCallback() goes with resumption: the binder covers both hellos", async () => {
  const both = new Acquaintance();
  const options = {
    client: { versions: ONLY_TLS13 },
    server: {
      versions: ONLY_TLS13,
      helloRetryRequestCallback: answering({ retryToken: bytes("x") }).callback,
    },
  };
  const flags = [];
  for (let i = 0; i < 2; i++) {
    const [, { resumed, helloRetryRequest }] = await session(both.with(options));
    flags.push([resumed, helloRetryRequest]);
  }
  assertEquals(flags, [[false, true], [true, true]]);
});

Deno.test("helloRetryRequestCallback() stays the socket's when the name hook chooses a model", async () => {
  const { asked, callback } = answering("request");
  const model = newModel({ role: "server" });
  await using joined = await connected({
    server: {
      helloRetryRequestCallback: callback,
      sniSocketConfig: () => ({ model, certificates: [PKI.server.credential] }),
    },
  });
  await pingPong(joined);
  assertEquals(asked.length, 2);
});

/** Changes the client's second hello. */
function secondHello(change: (raw: Bytes) => Bytes) {
  let seen = 0;
  return {
    messageFilter: (
      { type, raw }: { type: number; raw: Bytes },
    ) => [type === HandshakeType.clientHello && seen++ === 1 ? change(raw) : raw],
  };
}

/** The hello with another body of an extension; `null` takes it out. */
function withExtension(raw: Bytes, type: number, change: (body: Bytes) => Bytes | null): Bytes {
  const hello = parseClientHello(raw.subarray(4));
  const extensions = new ExtensionBlock();
  for (const own of hello.extensions!.types()) {
    const body = hello.extensions!.body(own)!;
    const changed = own === type ? change(body.slice()) : body;
    if (changed !== null) extensions.addBody(own, changed);
  }
  return encodeHandshake(HandshakeType.clientHello, encodeClientHello({ ...hello, extensions }));
}

Deno.test("helloRetryRequestCallback() never sees a token that the client has forged", async () => {
  const { callback: inner, asked } = answering({ retryToken: bytes("genuine") });
  const rows = [
    [(body: Bytes) => (body[body.length - 1]! ^= 1, body), "SSL_ERROR_BAD_2ND_CLIENT_HELLO"],
    [(body: Bytes) => (body[2]! ^= 1, body), "SSL_ERROR_BAD_2ND_CLIENT_HELLO"],
    [() => null, "SSL_ERROR_MISSING_COOKIE_EXTENSION"],
  ] as const;
  for (const [change, error] of rows) {
    asked.length = 0;
    await using joined = join({
      server: { helloRetryRequestCallback: inner },
      clientInternals: secondHello((raw) => withExtension(raw, ExtensionType.cookie, change)),
    });
    const [, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
    assert(server instanceof SslError);
    assertEquals(server.name, error);
    assertEquals(asked.length, 1);
  }
});

Deno.test("a server refuses a second hello with other key shares, where it has asked for none", async () => {
  const flip = (body: Bytes) => (body[body.length - 1]! ^= 1, body);
  const { callback } = answering("request");
  await using joined = join({
    server: { helloRetryRequestCallback: callback },
    clientInternals: secondHello((raw) => withExtension(raw, ExtensionType.keyShare, flip)),
  });
  const [client, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  assertLocal(server, "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
  assertFromPeer(client, "illegal_parameter");
});

Deno.test("a server that has asked for a group takes one share, of that group", async () => {
  const other = [0x00, 0x1d, 0, 1, 7]; // of x25519
  const rows: readonly ((asked: readonly number[]) => readonly number[])[] = [
    (asked) => [...other, ...asked],
    (asked) => [...asked, ...other],
    () => other,
    () => [],
  ];
  for (const row of rows) {
    const edit = (body: Bytes) => {
      const shares = row([...body.subarray(2)]);
      return new Uint8Array([shares.length >> 8, shares.length & 0xff, ...shares]);
    };
    await using joined = join({
      client: { groups: ["x25519", "secp256r1"], keyShares: ["x25519"] },
      server: { groups: ["secp256r1"] },
      clientInternals: secondHello((raw) => withExtension(raw, ExtensionType.keyShare, edit)),
    });
    const [client, server] = await Promise.all([joined.client, joined.server].map(outcomeOf));
    assertLocal(server, "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
    assertStringIncludes(server.message, "another key share than the one that was asked for");
    assertFromPeer(client, "illegal_parameter");
  }
});

Deno.test("a server that has asked for another hello does not go on in TLS 1.2", async () => {
  await using joined = join({
    client: { versions: BOTH_VERSIONS, keyShares: ["x25519"] },
    server: { versions: BOTH_VERSIONS, groups: ["secp256r1"] },
    clientInternals: secondHello((raw) =>
      withExtension(raw, ExtensionType.supportedVersions, () => null)
    ),
  });
  const [client, server] = await Promise.all([joined.client, joined.server].map(outcomeOf));
  assertLocal(server, "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
  assertFromPeer(client, "illegal_parameter");
});

/** What a server makes of a cookie with this content, sealed by its own keys. */
async function outcomeOfCookie(
  content: Bytes,
  helloRetryRequestCallback: HelloRetryRequestCallback,
): Promise<SslError> {
  const context = new NssContext({ trustAnchors: [] });
  const sealed = await serverSessionsOf(context)
    .sealBytes(content, COOKIE_BINDING, new TestEnvironment(), new StoreWait());
  const [a, b] = memoryPair();
  const server = socketOver(a, serverOptions({ context, helloRetryRequestCallback }));
  const failed = failureOf(server.handshake());
  const client = new RawClient(b);
  const hello = await client.hello({
    extend: (extensions) => void extensions.add(cookie, sealed!),
  });
  await client.sendClear(ContentType.handshake, hello);
  const error = await failed;
  b.close();
  await closeAll(server);
  return error;
}

Deno.test("a server refuses a cookie of its keys that is of another version of the library", async () => {
  const writer = new Writer().u16(CIPHER_SUITES[0]!.id).u16(0);
  writeTime(writer, Date.now());
  const content = writer.vector8(new Uint8Array(32)).vector16(bytes("token")).finish();
  const { asked, callback } = answering("request", "fail");
  // What follows is of Encrypted Client Hello: whether it was accepted, and bytes with a length.
  const ech = [
    [0],
    [0, 0],
    [0, 0, 7, ...bytes("7 bytes")],
    [0, 0, 8, ...bytes("7 bytes")],
    [
      0,
      0,
      9,
      ...bytes("9  bytes."),
    ],
    [2, 0, 0],
    [1, 0, 0, 0],
  ];
  const others = ech.map((end) => new Uint8Array([...content, ...end]));
  for (const other of [NO_TOKEN, content.slice(0, -1), ...others]) {
    const error = await outcomeOfCookie(other, callback);
    assertLocal(error, "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
  }
  assertEquals(asked, []);
  const error = await outcomeOfCookie(content, callback);
  assertLocal(error, "SSL_ERROR_APPLICATION_ABORT", "handshake_failure");
  assertEquals(asked, [{ firstHello: false, clientToken: bytes("token") }]);
});

for (const groups of [["x25519"], ["secp384r1"]] as const) {
  Deno.test(`helloRetryRequestCallback() hands a client over to another socket by its cookie alone (${groups})`, async () => {
    const context = new NssContext({ trustAnchors: [] });
    const first = answering({ retryToken: bytes("to B") });
    const second = answering("fail");
    await using over = await handOver({
      first: { context, groups, helloRetryRequestCallback: first.callback },
      second: { context, groups, helloRetryRequestCallback: second.callback },
    });
    // It is the second hello there, too: so it says "accept".
    assertEquals(second.asked, [{ firstHello: false, clientToken: bytes("to B") }]);
    assertEquals(first.asked.length, 1);
    for (const info of over.outcomes) {
      assertEquals([info.group, info.helloRetryRequest], [groups[0], true]);
    }
    await pingPong(over);
  });
}

Deno.test("helloRetryRequestCallback() takes up only what the same keys have sealed, in time, for what is enabled", async () => {
  const context = new NssContext({ trustAnchors: [] });
  const ask = () => ({
    context,
    helloRetryRequestCallback: answering({ retryToken: bytes("x") }).callback,
  });
  const late = [new TestEnvironment(), new TestEnvironment()] as const;
  late[1].advance(COOKIE_LIFETIME + 1);
  const early = [new TestEnvironment(), new TestEnvironment()] as const;
  early[0].advance(1000);
  const rows: HandOver[] = [
    { first: ask(), second: { ...ask(), context: new NssContext({ trustAnchors: [] }) } },
    { first: ask(), second: ask(), environments: late },
    { first: ask(), second: ask(), environments: early },
    { first: ask(), second: { ...ask(), cipherSuites: ["TLS_AES_256_GCM_SHA384"] } },
    {
      first: { ...ask(), groups: ["secp384r1"] },
      second: { ...ask(), groups: ["secp521r1", "x25519"] },
    },
  ];
  for (const row of rows) {
    await using over = await handOver(row);
    assertLocal(over.outcomes[1], "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
    assertFromPeer(over.outcomes[0], "illegal_parameter");
  }
  const inTime = [new TestEnvironment(), new TestEnvironment()] as const;
  inTime[1].advance(COOKIE_LIFETIME - 1000);
  await using over = await handOver({ first: ask(), second: ask(), environments: inTime });
  assertEquals(over.outcomes[1].version, "TLSv1.3", `${over.outcomes[1]}`);
});

Deno.test("helloRetryRequestCallback() makes each cookie another one", async () => {
  const cookies: Bytes[] = [];
  const context = new NssContext({ trustAnchors: [] });
  for (let i = 0; i < 2; i++) {
    const hellos = keepHellos();
    const { callback } = answering({ retryToken: bytes("same") });
    await using joined = await connected({
      server: { context, helloRetryRequestCallback: callback },
      clientInternals: hellos,
    });
    await pingPong(joined);
    cookies.push(hellos.sent[1]!.extensions!.get(cookie)!);
  }
  assertNotEquals(cookies[0], cookies[1]);
});
