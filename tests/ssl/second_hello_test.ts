// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What a HelloRetryRequest asks for, and what a second ClientHello may change (RFC 8446, Sections
 * 4.1.2 and 4.1.4).
 *
 * @module
 */

import { assert, assertEquals, assertNotEquals, assertStringIncludes } from "@std/assert";
import { helloRetryRequestCallback, type ImportOptions } from "@nss/nss/ssl";
import { cookie } from "../../ssl/extensions/cookie.ts";
import { earlyData } from "../../ssl/extensions/early_data.ts";
import type { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { padding } from "../../ssl/extensions/padding.ts";
import { recognisedExtensions } from "../../ssl/extensions/registry.ts";
import { parseServerHello } from "../../ssl/messages/server_hello.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType, extensionTypeName } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import {
  assertFromPeer,
  assertLocal,
  closeAll,
  connected,
  join,
  outcomeOf,
  pingPong,
  readExactly,
  serverOptions,
  shake,
  socketOver,
} from "./_support.ts";
import { actOn, append, type Edit, flip, HELLO, setU16 } from "./_filters.ts";
import { keepHellos } from "./_hello.ts";
import { RawClient } from "./_raw_client.ts";
import { Acquaintance, addToHello, BOTH_VERSIONS, editHello, ONLY_TLS13 } from "./_tls12.ts";

/** What RFC 8446, Section 4.1.2, lets a client change. */
const CHANGEABLE: readonly number[] = [
  ExtensionType.keyShare,
  ExtensionType.earlyData,
  ExtensionType.cookie,
  ExtensionType.preSharedKey,
  ExtensionType.padding,
];

/** A client with as many extensions as it can have. */
const client: ImportOptions = {
  versions: BOTH_VERSIONS,
  keyShares: ["x25519"],
  alpnProtocols: ["a", "b"],
  ocspStapling: true,
  signedCertTimestamps: true,
};
const server: ImportOptions = { groups: ["secp256r1"] };

/** How both ends fare. */
interface Outcome {
  readonly server: unknown;
  readonly client: unknown;
}

/** What the server says to a second hello that was edited on its way. */
async function secondHello(edit: Edit): Promise<Outcome> {
  await using joined = join({
    client,
    server,
    clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit }) },
  });
  const [own, peers] = await Promise.all([joined.client, joined.server].map(outcomeOf));
  return { client: own, server: peers };
}

function assertRefused(outcome: Outcome, why: string): void {
  assertLocal(outcome.server, "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter");
  assertStringIncludes(outcome.server.message, why);
  assertFromPeer(outcome.client, "illegal_parameter");
}

const hellos = keepHellos();
{
  await using _joined = await connected({ client, server, clientInternals: hellos });
}
const [first, second] = hellos.sent.map(({ extensions }) => extensions!.types());

Deno.test("our client changes its key share and nothing else in the second hello", () => {
  assertEquals(second, first);
  assert(first!.length > 10, `${first!.length} extensions`);
});

for (const type of first!) {
  if (CHANGEABLE.includes(type)) continue;
  const name = extensionTypeName(type);
  Deno.test(`a server refuses a second hello without its ${name}`, async () => {
    const outcome = await secondHello(editHello("ClientHello", type, null));
    // Without this one it is no hello of TLS 1.3.
    const why = type === ExtensionType.supportedVersions
      ? "it offers no TLS 1.3 any more"
      : `it changes the extension ${name}`;
    assertRefused(outcome, why);
  });
}

const dropLastOfList16: Edit = (body) => setU16(0, body.length - 4)(body.slice(0, -2));
for (
  const [type, edit] of [
    [ExtensionType.serverName, flip(-1)],
    [ExtensionType.supportedGroups, dropLastOfList16],
    [ExtensionType.signatureAlgorithms, dropLastOfList16],
    [
      ExtensionType.applicationLayerProtocolNegotiation,
      () => new Uint8Array([0, 4, 1, 98, 1, 97]), // "b", "a"
    ],
  ] as const
) {
  const name = extensionTypeName(type);
  Deno.test(`a server refuses a second hello with another ${name}`, async () => {
    const outcome = await secondHello(editHello("ClientHello", type, edit));
    assertRefused(outcome, `it changes the extension ${name}`);
  });
}

Deno.test("a server refuses a second hello with an extension more that it knows", async () => {
  // Without a codec, so that any body will do.
  const type = ExtensionType.maxFragmentLength;
  assert(recognisedExtensions().includes(type) && !first!.includes(type));
  const outcome = await secondHello(addToHello("ClientHello", type, [1]));
  assertRefused(outcome, "it changes the extension max_fragment_length");
});

Deno.test("a server refuses a second hello with another legacy_version", async () => {
  const outcome = await secondHello(setU16(HELLO.legacyVersion, 0x0302));
  assertRefused(outcome, "it changes what it must not");
});

Deno.test("a server that needs no cookie sends none, and refuses one", async () => {
  const retries: (readonly number[])[] = [];
  await using joined = await connected({
    client,
    server,
    serverInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === HandshakeType.serverHello) {
          const hello = parseServerHello(body);
          if (hello.isHelloRetryRequest) retries.push(hello.extensions!.types());
        }
        return [raw];
      },
    },
  });
  await pingPong(joined);
  assertEquals(retries, [[ExtensionType.supportedVersions, ExtensionType.keyShare]]);

  const outcome = await secondHello(addToHello("ClientHello", ExtensionType.cookie, [0, 1, 7]));
  assertRefused(outcome, "it has a cookie, and was sent none");
});

Deno.test("helloRetryRequestCallback() that accepts costs no cookie, whatever the key shares", async () => {
  const hellos = keepHellos();
  await using joined = join({ client, server, clientInternals: hellos });
  helloRetryRequestCallback(joined.server, () => "accept");
  const [info] = await shake(joined);
  assertEquals(info.helloRetryRequest, true);
  assertEquals(hellos.sent.map(({ extensions }) => extensions!.get(cookie)), [
    undefined,
    undefined,
  ]);
  await pingPong(joined);
});

type Extend = (extensions: ExtensionBlock) => void;
const UNKNOWN = 0xfe0d; // of Encrypted Client Hello, whose second hello has another

for (
  const [what, before, after] of [
    ["adds padding", () => {}, (block) => void block.add(padding, new Uint8Array(100))],
    ["takes padding out", (block) => void block.add(padding, new Uint8Array(100)), () => {}],
    [
      "pads otherwise",
      (block) => void block.add(padding, new Uint8Array(100)),
      (block) => void block.add(padding, new Uint8Array(7)),
    ],
    ["takes early_data out", (block) => void block.add(earlyData, true), () => {}],
    [
      "changes an extension that the server does not know",
      (block) => void block.addBody(UNKNOWN, new Uint8Array([1, 2])),
      (block) => void block.addBody(UNKNOWN, new Uint8Array([3])),
    ],
  ] as const satisfies readonly (readonly [string, Extend, Extend])[]
) {
  Deno.test(`a server takes a second hello that ${what}`, async () => {
    const [a, b] = memoryPair();
    const raw = new RawClient(a);
    const socket = socketOver(b, serverOptions(server));
    const handshake = socket.handshake();
    await raw.sendClear(ContentType.handshake, await raw.hello({ extend: before }));
    await raw.takeHelloRetryRequest();
    const hello = await raw.hello({ group: "secp256r1", extend: after });
    await raw.sendClear(ContentType.handshake, hello);
    await raw.takeServerHello();
    await raw.finish();
    assertEquals((await handshake).helloRetryRequest, true);
    await raw.send(ContentType.applicationData, new Uint8Array([5]));
    assertEquals(await readExactly(socket, 1), new Uint8Array([5]));
    a.close();
    await closeAll(socket);
  });
}

/** What comes of a second hello whose sessions are edited; the first hello offers one. */
async function withSession(edit: Edit): Promise<Outcome> {
  const two = new Acquaintance();
  const options = {
    client: { ...client, versions: ONLY_TLS13 },
    server: { ...server, versions: ONLY_TLS13 },
  };
  await two.meet(options);
  const [info] = await two.meet(options);
  assertEquals([info.resumed, info.helloRetryRequest], [true, true]);
  await using joined = join(two.with({
    ...options,
    clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit }) },
  }));
  const [own, peers] = await Promise.all([joined.client, joined.server].map(outcomeOf));
  return { client: own, server: peers };
}

Deno.test("a server refuses a second hello with another session than the first", async () => {
  // Behind two lengths the ticket begins.
  const other = editHello("ClientHello", ExtensionType.preSharedKey, flip(4));
  assertRefused(await withSession(other), "it offers a session that the first one does not");
});

Deno.test("a server refuses a second hello with a session where the first has none", async () => {
  let psk: readonly number[] = [];
  await withSession(editHello("ClientHello", ExtensionType.preSharedKey, (body) => {
    psk = [...body];
    return append(body); // and so it fails
  }));
  assertNotEquals(psk, []);
  const outcome = await secondHello(addToHello("ClientHello", ExtensionType.preSharedKey, psk));
  assertRefused(outcome, "it offers a session that the first one does not");
});

Deno.test("a server takes a second hello that leaves its sessions out", async () => {
  const without = editHello("ClientHello", ExtensionType.preSharedKey, null);
  // Only the filter has left them out: the two see different hellos, and have different keys.
  const outcome = await withSession(without);
  assertLocal(outcome.client, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
});
