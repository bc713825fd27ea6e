// Copyright 2026 the NSS for Deno authors. MIT license.

/** Keys and ends of the tests of raw public keys (RFC 7250). @module */

import type { ImportOptions, ProtocolVersion } from "@nss/nss";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import type { Edit } from "./_filters.ts";
import { join, type JoinOptions } from "./_support.ts";

export const RPK = 2;

export const X509 = 0;

export const SERVER = await generateKeyPair();

export const CLIENT = await generateKeyPair("ed25519");

export const STRANGER = await generateKeyPair();

export const RSA = await generateKeyPair("rsa-2048");

export const own = (
  pair: Pick<typeof SERVER, "privateKey" | "publicKey">,
) => [{ key: pair.privateKey, publicKey: pair.publicKey }];

export const SERVER_KEYS = own(SERVER);

export const CLIENT_KEYS = own(CLIENT);

/**
 * Changes one extension of a hello or EncryptedExtensions: `null` takes it out; it is added where
 * it is missing.
 */
export function setExtension(message: Block, type: number, data: readonly number[] | null): Edit {
  return (body) => {
    const u16 = (at: number) => body[at]! << 8 | body[at + 1]!;
    let start = 0;
    if (message !== "EncryptedExtensions") start = 35 + body[34]!; // behind the session ID
    if (message === "ServerHello") start += 3;
    if (message === "ClientHello") start += 2 + u16(start);
    if (message === "ClientHello") start += 1 + body[start]!;
    const block: number[] = [];
    for (let at = start + 2; at < body.length; at += 4 + u16(at + 2)) {
      if (u16(at) !== type) block.push(...body.subarray(at, at + 4 + u16(at + 2)));
    }
    if (data !== null) block.push(type >> 8, type & 0xff, 0, data.length, ...data);
    const { length } = block;
    return new Uint8Array([...body.subarray(0, start), length >> 8, length & 0xff, ...block]);
  };
}

export type Block = "ClientHello" | "ServerHello" | "EncryptedExtensions";

/** A server with a raw public key alone, and a client that pins it. */
export const PINNED = {
  server: { certificates: [], rawPublicKeys: { keys: SERVER_KEYS } },
  client: { rawPublicKeys: { accept: [SERVER.publicKey] } },
} as const;

/** The same, where both ends show keys. */
export const MUTUAL = {
  server: {
    certificates: [],
    clientAuth: "require",
    rawPublicKeys: { keys: SERVER_KEYS, accept: [CLIENT.publicKey] },
  },
  client: { rawPublicKeys: { keys: CLIENT_KEYS, accept: [SERVER.publicKey] } },
} as const;

export function inVersion(
  version: ProtocolVersion,
  { client, server, ...rest }: JoinOptions,
): JoinOptions {
  const versions = { min: version, max: version };
  return { ...rest, client: { ...client, versions }, server: { ...server, versions } };
}

/** The code points of an extension in the ClientHello. */
export async function offered(
  client: ImportOptions,
): Promise<readonly (readonly number[] | null)[]> {
  const { promise, resolve } = Promise.withResolvers<readonly (readonly number[] | null)[]>();
  await using joined = join({
    client,
    server: {
      clientHelloCallback: (_, { extensions }) => {
        const { serverCertificateType, clientCertificateType } = ExtensionType;
        resolve([serverCertificateType, clientCertificateType].map((type) => {
          const found = extensions.find((each) => each.type === type);
          return found === undefined ? null : [...found.body.subarray(1)];
        }));
        return false;
      },
    },
  });
  await Promise.allSettled([joined.client.handshake(), joined.server.handshake()]);
  return await promise;
}
