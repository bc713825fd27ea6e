// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The second ClientHello of Encrypted Client Hello: on the same socket, and on that of another
 * process with the same keys (RFC 9849, Sections 6.1.5 and 7.1.1).
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { NssContext } from "@nss/nss/pkcs11";
import { encodeEchConfigList, generateEchKeys, type ImportOptions } from "@nss/nss/ssl";
import { enableTls13BackendEch } from "../../ssl/nss/ech.ts";
import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { ClientFacing } from "./_client_facing.ts";
import { actOn, type Edit, flip } from "./_filters.ts";
import { answering, type HandOver, handOver } from "./_hand_over.ts";
import { addToHello, editHello } from "./_tls12.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  closeAll,
  HOSTNAME,
  join,
  makeIdentity,
  outcomeOf,
  pingPong,
  PKI,
  serverOptions,
  socketOver,
} from "./_support.ts";

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const sameId = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const otherKey = await generateEchKeys({ publicName: PUBLIC, configId: 8 });
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];
const hiding: ImportOptions = { echConfigList: encodeEchConfigList([key]) };

/** A server that asks each client for a second hello, whose cookie says all. */
function asking(options: ImportOptions): ImportOptions {
  const { callback } = answering({ retryToken: new Uint8Array(3) });
  return { certificates, helloRetryRequestCallback: callback, ...options };
}

for (const groups of [["x25519"], ["secp384r1"]] as const) {
  const test = (title: string, fn: () => Promise<void>) => Deno.test(`${title} (${groups})`, fn);

  /** Two servers with the same ticket keys. */
  const pair = (first: ImportOptions, second: ImportOptions = first): HandOver => {
    const context = new NssContext({ trustAnchors: [] });
    return {
      first: asking({ context, groups, ...first }),
      second: asking({ context, groups, ...second }),
    };
  };

  test("ECH: a second hello is decrypted by another server with the same keys, by its cookie alone", async () => {
    for (const echKeys of [[key], [sameId, otherKey, key]]) {
      await using over = await handOver({ ...pair({ echKeys }), client: hiding });
      for (const info of over.outcomes) {
        assertEquals(
          [info.echAccepted, info.serverName, info.helloRetryRequest, info.group],
          [true, HOSTNAME, true, groups[0]],
          `${info}`,
        );
      }
      await pingPong(over);
    }
  });

  test("ECH: another server goes on with a hello that was not decrypted, or has no extension", async () => {
    for (const client of [{ echGrease: true }, {}]) {
      // What it knows of the first hello is in the cookie: it may have no keys itself.
      for (const echKeys of [[key], []]) {
        await using over = await handOver({ ...pair({ echKeys: [key] }, { echKeys }), client });
        for (const info of over.outcomes) {
          assertEquals([info.echAccepted, info.helloRetryRequest], [false, true], `${info}`);
        }
        await pingPong(over);
      }
    }
    await using over = await handOver({ ...pair({ echKeys: [otherKey] }), client: hiding });
    const [client] = over.outcomes;
    assertEquals(
      client instanceof EchRejectedError && client.retryConfigs,
      encodeEchConfigList([otherKey]),
    );
  });

  test("ECH: another server without the key refuses a second hello of one that was decrypted", async () => {
    const rows = [
      [[], "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter"],
      [[otherKey], "SSL_ERROR_DECRYPT_ERROR_ALERT", "decrypt_error"],
      [[sameId], "SSL_ERROR_DECRYPT_ERROR_ALERT", "decrypt_error"],
    ] as const;
    for (const [echKeys, name, alert] of rows) {
      await using over = await handOver({
        ...pair({ echKeys: [key] }, { echKeys }),
        client: hiding,
      });
      assertLocal(over.outcomes[1], name, alert);
      assertFromPeer(over.outcomes[0], alert);
    }
  });
}

for (
  const how of ["", " after a HelloRetryRequest", " behind another back end's HelloRetryRequest"]
) {
  Deno.test(`ECH: a client reaches a back end${how} through a server that decrypts its hellos alone`, async () => {
    const context = new NssContext({ trustAnchors: [] });
    const { callback } = answering({ retryToken: new Uint8Array(3) });
    const hidden: ImportOptions = {
      context,
      certificates: [PKI.server.credential],
      ...how === "" ? {} : { groups: ["secp384r1"], helloRetryRequestCallback: callback },
    };
    const [a, front] = memoryPair();
    const client = socketOver(a, clientOptions({ ...hiding, caCerts: [PKI.root.cert] }));
    const behind = Array.from({ length: how.includes("another") ? 2 : 1 }, () => memoryPair());
    const servers = behind.map(([conn]) => socketOver(conn, serverOptions(hidden)));
    servers.forEach((server) => enableTls13BackendEch(server, true));
    const forwarding = new ClientFacing(key, front, behind.map(([, conn]) => conn)).run();
    const server = servers.at(-1)!;
    const begun = servers.map((one) => one.handshake().catch(() => {}));
    const infos = await Promise.all([client.handshake(), server.handshake()]);
    for (const { echAccepted, serverName, helloRetryRequest } of infos) {
      assertEquals([echAccepted, serverName, helloRetryRequest], [true, HOSTNAME, how !== ""]);
    }
    await pingPong({ client, server });
    await closeAll(client, ...servers);
    await Promise.all([forwarding, ...begun]);
  });
}

const { encryptedClientHello } = ExtensionType;

/** What a server says to a second hello whose extension was edited on its way. */
async function edited(edit: Edit): Promise<{ client: unknown; server: unknown }> {
  await using joined = join({
    client: { ...hiding, groups: ["x25519", "secp384r1"], keyShares: ["x25519"] },
    server: { certificates, echKeys: [key], groups: ["secp384r1"] },
    clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit }) },
  });
  const [client, server] = await Promise.all([joined.client, joined.server].map(outcomeOf));
  return { client, server };
}

// type, kdf, aead, config_id, enc<0..2^16-1>, payload<1..2^16-1>
const SECOND_HELLOS: readonly (readonly [string, Edit | null, ErrorName, AlertName])[] = [
  ["without the extension", null, "SSL_ERROR_MISSING_ESNI_EXTENSION", "missing_extension"],
  [
    "of type inner",
    () => new Uint8Array([1]),
    "SSL_ERROR_BAD_2ND_CLIENT_HELLO",
    "illegal_parameter",
  ],
  ["with another KDF", flip(2), "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter"],
  ["with another AEAD", flip(4), "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter"],
  ["with another config_id", flip(5), "SSL_ERROR_BAD_2ND_CLIENT_HELLO", "illegal_parameter"],
  [
    "with a key",
    (body) => new Uint8Array([...body.slice(0, 6), 0, 1, 9, ...body.slice(8)]),
    "SSL_ERROR_BAD_2ND_CLIENT_HELLO",
    "illegal_parameter",
  ],
  ["whose payload was changed", flip(-1), "SSL_ERROR_DECRYPT_ERROR_ALERT", "decrypt_error"],
  [
    "whose payload is empty",
    (body) => new Uint8Array([...body.slice(0, 8), 0, 0]),
    "SSL_ERROR_RX_MALFORMED_ESNI_EXTENSION",
    "decode_error",
  ],
];

for (const [what, edit, name, alert] of SECOND_HELLOS) {
  Deno.test(`ECH: a second hello ${what} is refused`, async () => {
    const { client, server } = await edited(editHello("ClientHello", encryptedClientHello, edit));
    assertLocal(server, name, alert);
    assertFromPeer(client, alert);
  });
}

Deno.test("ECH: a second hello whose outer part was changed is refused, as it is authenticated", async () => {
  const { client, server } = await edited(addToHello("ClientHello", 0xfafa));
  assertLocal(server, "SSL_ERROR_DECRYPT_ERROR_ALERT", "decrypt_error");
  assertFromPeer(client, "decrypt_error");
});

Deno.test("ECH: a first hello whose outer part was changed is not decrypted, so that nothing is learnt", async () => {
  await using joined = join({
    client: hiding,
    server: { certificates, echKeys: [key] },
    clientInternals: {
      messageFilter: actOn(HandshakeType.clientHello, 0, {
        edit: addToHello("ClientHello", 0xfafa),
      }),
    },
  });
  // The transcripts differ, so that the client finds out before it learns of a rejection.
  const [client, server] = await Promise.all([joined.client, joined.server].map(outcomeOf));
  assertLocal(client, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
  assertLocal(server, "SSL_ERROR_BAD_MAC_READ", "bad_record_mac");
});
