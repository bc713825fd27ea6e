// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Hidden ClientHellos that no correct client makes, encrypted for the server (RFC 9849, Sections
 * 5.1 and 7.1): what it says to them on the wire.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { encodeEchConfigList, generateEchKeys, getPreliminaryChannelInfo } from "@nss/nss/ssl";
import { setupHpkeSender } from "../../ssl/crypto/hpke.ts";
import { ECH_INNER, encodeEchOuter } from "../../ssl/extensions/encrypted_client_hello.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { serverName } from "../../ssl/extensions/server_name.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import { echInfo } from "../../ssl/handshake/ech_confirmation.ts";
import { readEchKey } from "../../ssl/handshake/ech_configs.ts";
import { type ClientHello, encodeClientHello } from "../../ssl/messages/client_hello.ts";
import { ECH_OUTER_EXTENSIONS } from "../../ssl/messages/client_hello_inner.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { keepHellos } from "./_hello.ts";
import { plainRecord } from "./_record_tap.ts";
import {
  assertLocal,
  closeAll,
  connected,
  HOSTNAME,
  makeIdentity,
  outcomeOf,
  PKI,
  serverOptions,
  socketOver,
} from "./_support.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const { encryptedClientHello, supportedVersions, keyShare, supportedGroups } = ExtensionType;

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const { contents } = readEchKey(key.config, key.privateKey);
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];

/** An outer hello of our client's. */
const outer = await (async (): Promise<ClientHello> => {
  const hellos = keepHellos();
  await using _joined = await connected({
    client: { echConfigList: encodeEchConfigList([key]) },
    server: { certificates, echKeys: [key] },
    clientInternals: { messageFilter: hellos.messageFilter },
  });
  return hellos.sent[0]!;
})();

/** The types that an inner hello of the same client refers to. */
const COPIED = outer.extensions!.types().filter((type) =>
  type !== ExtensionType.serverName && type !== supportedVersions && type !== encryptedClientHello
);

interface Inner {
  readonly versions?: readonly number[];
  readonly copied?: readonly (readonly number[])[];
  /** The body of encrypted_client_hello; `null` for none. */
  readonly ech?: Bytes | null;
  readonly sessionId?: number;
  readonly behind?: readonly number[];
}

function innerOf(
  { versions = [0x0304], copied = [COPIED], ech = ECH_INNER, sessionId = 0, behind = [0, 0] }:
    Inner,
): Bytes {
  const extensions = new ExtensionBlock().add(serverName, HOSTNAME)
    .add(supportedVersionsClientHello, versions);
  if (ech !== null) extensions.addBody(encryptedClientHello, ech);
  for (const [i, types] of copied.entries()) {
    const list = types.flatMap((type) => [type >> 8, type & 0xff]);
    // A block has each type once: the second one is renamed below.
    extensions.addBody(ECH_OUTER_EXTENSIONS - i, new Uint8Array([list.length, ...list]));
  }
  const random = crypto.getRandomValues(new Uint8Array(32));
  const legacySessionId = new Uint8Array(sessionId);
  const bytes = encodeClientHello({ ...outer, random, legacySessionId, extensions });
  if (copied.length > 1) {
    const view = new DataView(bytes.buffer);
    const renamed = ECH_OUTER_EXTENSIONS - 1;
    // It stands at the end.
    let at = bytes.length - 2;
    while (view.getUint16(at) !== renamed) at--;
    view.setUint16(at, ECH_OUTER_EXTENSIONS);
  }
  return new Uint8Array([...bytes, ...behind]);
}

/** Encrypts an inner hello, and puts it into the outer one. */
async function sealed(encoded: Bytes, edit: (enc: Bytes, payload: Bytes) => [Bytes, Bytes]) {
  const suite = { kdf: 1, aead: 1 };
  const { enc, context } = await setupHpkeSender(
    { kem: contents.kem, ...suite },
    contents.publicKey,
    echInfo(key.config),
  );
  const helloOf = (encs: Bytes, payload: Bytes) => {
    const body = encodeEchOuter({ cipherSuite: suite, configId: 7, enc: encs, payload });
    const extensions = new ExtensionBlock();
    for (const type of outer.extensions!.types()) {
      const own = outer.extensions!.body(type)!;
      extensions.addBody(type, type === encryptedClientHello ? body : own);
    }
    return encodeClientHello({ ...outer, extensions });
  };
  const aad = helloOf(enc, new Uint8Array(encoded.length + 16));
  const hello = helloOf(...edit(enc, await context.seal(aad, encoded)));
  return plainRecord(ContentType.handshake, encodeHandshake(HandshakeType.clientHello, hello));
}

/** What a server makes of it: its error, whether it has decrypted it, and the alert on the wire. */
async function sent(
  encoded: Bytes,
  edit: (enc: Bytes, payload: Bytes) => [Bytes, Bytes] = (...parts) => parts,
) {
  const [conn, other] = memoryPair();
  const server = socketOver(other, serverOptions({ certificates, echKeys: [key] }));
  const outcome = outcomeOf(server);
  await conn.write(await sealed(encoded, edit));
  const buffer = new Uint8Array(65536);
  const count = await conn.read(buffer);
  const { echAccepted, serverName } = getPreliminaryChannelInfo(server);
  await closeAll(server);
  conn.close();
  return { outcome: await outcome, wire: buffer.subarray(0, count!), echAccepted, serverName };
}

Deno.test("ECH: a hidden hello that follows the RFC is answered, so that others are refused for their fault", async () => {
  const { wire, echAccepted, serverName } = await sent(innerOf({}));
  assertEquals([echAccepted, serverName, wire[0]], [true, HOSTNAME, ContentType.handshake]);
});

const MALFORMED: Readonly<Record<string, Bytes>> = {
  "whose padding is not zero": innerOf({ behind: [0, 1] }),
  "that refers to an extension which the outer one has not": innerOf({
    copied: [[...COPIED, 0x4444]],
  }),
  "that refers to extensions in another order": innerOf({ copied: [[keyShare, supportedGroups]] }),
  "that refers to an extension twice": innerOf({ copied: [[keyShare, keyShare]] }),
  "that refers to the outer extensions twice": innerOf({
    copied: [[supportedGroups], [keyShare]],
  }),
  "that refers to encrypted_client_hello": innerOf({ copied: [[encryptedClientHello]] }),
  "that refers to nothing": innerOf({ copied: [[]] }),
  "that does not say that it is one": innerOf({ ech: null }),
  "that says that it is an outer one": innerOf({ ech: new Uint8Array([0]) }),
  "that offers TLS 1.2, too": innerOf({ versions: [0x0304, 0x0303] }),
  "that offers TLS 1.2 alone": innerOf({ versions: [0x0303] }),
  "with a session ID": innerOf({ sessionId: 32 }),
  "that is cut": innerOf({ behind: [] }).slice(0, -1),
  "of one byte": new Uint8Array(1),
};

for (const [what, encoded] of Object.entries(MALFORMED)) {
  Deno.test(`ECH: a hidden hello ${what} is an illegal_parameter`, async () => {
    const { outcome, wire } = await sent(encoded);
    assertLocal(outcome, "SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION", "illegal_parameter");
    assertEquals([...wire], [ContentType.alert, 3, 3, 0, 2, 2, 47]);
  });
}

/** What is not encrypted as the configuration says: keys and payloads at n - 1, n and n + 1. */
const UNDECRYPTABLE: Readonly<Record<string, (enc: Bytes, payload: Bytes) => [Bytes, Bytes]>> = {
  "a key of 31 bytes": (enc, payload) => [enc.slice(1), payload],
  "a key of 33 bytes": (enc, payload) => [new Uint8Array([...enc, 0]), payload],
  "no key": (_enc, payload) => [new Uint8Array(0), payload],
  "a key of low order, of zeros": (_enc, payload) => [new Uint8Array(32), payload],
  "a key of low order, one": (
    _enc,
    payload,
  ) => [new Uint8Array([1, ...Array(31).fill(0)]), payload],
  "a payload of one byte": (enc, payload) => [enc, payload.slice(0, 1)],
  "a payload as long as a tag": (enc, payload) => [enc, payload.slice(0, 16)],
  "a payload that was changed": (enc, payload) => [enc, payload.with(-1, payload.at(-1)! ^ 1)],
};

for (const [what, edit] of Object.entries(UNDECRYPTABLE)) {
  Deno.test(`ECH: with ${what} the outer hello is answered`, async () => {
    const { wire, echAccepted, serverName } = await sent(innerOf({}), edit);
    assertEquals([echAccepted, serverName, wire[0]], [false, PUBLIC, ContentType.handshake]);
  });
}
