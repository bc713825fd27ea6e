// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a client takes of a server's answers to Encrypted Client Hello (RFC 9849). @module */

import { encodeEchConfigList, generateEchKeys } from "../../ssl/nss/ech.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, setExtension } from "./_filters.ts";
import { assertFails, type JoinOptions, makeIdentity, PKI } from "./_support.ts";

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const otherKey = await generateEchKeys({ publicName: PUBLIC, configId: 8 });
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];
/** What a server says whose only group the client has no share of. */
const RETRY: Pick<JoinOptions, "server"> = { server: { groups: ["secp384r1"] } };

Deno.test("ECH: an answer of another form ends the handshake, also where the extension was GREASE, or was not sent", async () => {
  const type = ExtensionType.encryptedClientHello;
  const grease = { client: { echGrease: true } };
  const rejected = {
    client: { echConfigList: encodeEchConfigList([key]) },
    server: { certificates, echKeys: [otherKey] },
  };
  const plain = {};
  const retry = (options: JoinOptions, body: readonly number[]): JoinOptions => ({
    ...options,
    server: { ...options.server, ...RETRY.server },
    serverInternals: {
      messageFilter: actOn(HandshakeType.serverHello, 0, {
        edit: setExtension("ServerHello", type, body),
      }),
    },
  });
  const answer = (options: JoinOptions, body: readonly number[]): JoinOptions => ({
    ...options,
    serverInternals: {
      messageFilter: actOn(HandshakeType.encryptedExtensions, 0, {
        edit: setExtension("EncryptedExtensions", type, body),
      }),
    },
  });
  const malformedRetry = "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST";
  const malformed = "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS";
  for (const options of [grease, rejected]) {
    for (const length of [7, 9]) {
      const body = Array<number>(length).fill(1);
      const failure = { at: "client", error: malformedRetry, alert: "decode_error" } as const;
      await assertFails(retry(options, body), failure);
    }
    for (const body of [[], [0, 0], [0, 4, 0xba, 0xdd, 0], [0, 4, 0xba, 0xdd, 0, 0, 0]]) {
      const failure = { at: "client", error: malformed, alert: "decode_error" } as const;
      await assertFails(answer(options, body), failure);
    }
  }
  for (const options of [retry(plain, Array(8).fill(1)), answer(plain, [0, 4, 0xba, 0xdd, 0, 0])]) {
    await assertFails(options, {
      at: "client",
      error: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
      alert: "unsupported_extension",
    });
  }
});
