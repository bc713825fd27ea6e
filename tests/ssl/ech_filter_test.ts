// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * A server's part of Encrypted Client Hello, and inner ClientHellos, that do not follow RFC 9849:
 * which error and which alert they end with.
 *
 * @module
 */

import { encodeEchConfigList, generateEchKeys, type ImportOptions } from "@nss/nss/ssl";
import type { ErrorName } from "../../cert/base/errors.ts";
import type { AlertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { actOn, addExtension, type Edit, editExtension, flip } from "./_filters.ts";
import { assertFromPeer, assertLocal, join, makeIdentity, outcomeOf, PKI } from "./_support.ts";

const PUBLIC = "public.test";
const key = await generateEchKeys({ publicName: PUBLIC, configId: 7 });
const otherKey = await generateEchKeys({ publicName: PUBLIC, configId: 8 });
const publicServer = await makeIdentity({ dnsNames: [PUBLIC] }, PKI.root);
const certificates = [PKI.server.credential, publicServer.credential];
const { encryptedClientHello, preSharedKey } = ExtensionType;

const ACCEPTED: ImportOptions = { echConfigList: encodeEchConfigList([key]) };
const REJECTED: ImportOptions = { echConfigList: encodeEchConfigList([otherKey]) };
const GREASE: ImportOptions = { echGrease: true };

/** A client; whether a HelloRetryRequest comes first; which message of the server is edited. */
interface Row {
  readonly what: string;
  readonly client: ImportOptions;
  readonly retried?: true;
  readonly message: "serverHello" | "encryptedExtensions";
  readonly index: 0 | 1;
  readonly edit: Edit;
  readonly name: ErrorName;
  readonly alert: AlertName;
}

/** `random` ends with the confirmation. */
const inRandom = flip(2 + 31);

const ROWS: readonly Row[] = [
  {
    what: "a ServerHello that does not confirm what the HelloRetryRequest has",
    client: ACCEPTED,
    retried: true,
    message: "serverHello",
    index: 1,
    edit: inRandom,
    name: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    alert: "illegal_parameter",
  },
  ...[7, 9].map((length): Row => ({
    what: `a confirmation of ${length} bytes in a HelloRetryRequest`,
    client: ACCEPTED,
    retried: true,
    message: "serverHello",
    index: 0,
    edit: editExtension("ServerHello", encryptedClientHello, () => new Uint8Array(length)),
    name: "SSL_ERROR_RX_MALFORMED_HELLO_RETRY_REQUEST",
    alert: "decode_error",
  })),
  {
    what: "a ServerHello with the extension",
    client: ACCEPTED,
    message: "serverHello",
    index: 0,
    edit: addExtension("ServerHello", encryptedClientHello, Array(8).fill(1)),
    name: "SSL_ERROR_EXTENSION_DISALLOWED_FOR_VERSION",
    alert: "illegal_parameter",
  },
  {
    what: "configurations for a hello that was decrypted",
    client: ACCEPTED,
    message: "encryptedExtensions",
    index: 0,
    edit: addExtension("EncryptedExtensions", encryptedClientHello, [
      ...encodeEchConfigList([key]),
    ]),
    name: "SSL_ERROR_RX_UNEXPECTED_EXTENSION",
    alert: "unsupported_extension",
  },
  ...[REJECTED, GREASE].flatMap((client, i): Row[] => {
    const of = ["a rejection", "GREASE"][i]!;
    return [
      [`empty configurations after ${of}`, () => new Uint8Array()] as const,
      [
        `cut configurations after ${of}`,
        (body: Uint8Array<ArrayBuffer>) => body.slice(0, -1),
      ] as const,
      [`an empty list of configurations after ${of}`, () => new Uint8Array(2)] as const,
    ].map(([what, edit]): Row => ({
      what,
      client,
      message: "encryptedExtensions",
      index: 0,
      edit: editExtension("EncryptedExtensions", encryptedClientHello, edit),
      name: "SSL_ERROR_RX_MALFORMED_ENCRYPTED_EXTENSIONS",
      alert: "decode_error",
    }));
  }),
  {
    // RFC 9849, Section 6.1.2: the client MUST abort with an illegal_parameter.
    what: "a session in the ServerHello of a rejection",
    client: {
      ...REJECTED,
      externalPsks: [{ identity: "hidden", key: new Uint8Array(32) }],
      certificateFallback: true,
    },
    message: "serverHello",
    index: 0,
    edit: addExtension("ServerHello", preSharedKey, [0, 0]),
    name: "SSL_ERROR_MALFORMED_PRE_SHARED_KEY",
    alert: "illegal_parameter",
  },
];

for (const { what, client, retried, message, index, edit, name, alert } of ROWS) {
  Deno.test(`ECH: a client refuses ${what}`, async () => {
    const messageFilter = actOn(HandshakeType[message], index, { edit });
    await using joined = join({
      client: { ...client, groups: ["x25519", "secp384r1"], keyShares: ["x25519"] },
      server: { certificates, echKeys: [key], ...retried && { groups: ["secp384r1"] } },
      serverInternals: { messageFilter },
    });
    const [own, peers] = await Promise.all([joined.client, joined.server].map(outcomeOf));
    assertLocal(own, name, alert);
    if (message === "encryptedExtensions") assertFromPeer(peers, alert);
  });
}
