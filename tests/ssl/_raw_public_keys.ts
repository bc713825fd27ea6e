// Copyright 2026 the NSS for Deno authors. MIT license.

/** Keys and ends of the tests of raw public keys (RFC 7250). @module */

import type { ImportOptions, ProtocolVersion } from "@nss/nss";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
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
