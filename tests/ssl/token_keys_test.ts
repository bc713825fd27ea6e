// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Keys that stay in tokens, of ML-DSA too, as raw public keys and with certificates. Those in
 * SoftHSM are in `tests/interop/softhsm/`.
 *
 * @module
 */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssError } from "../../cert/base/errors.ts";
import { openKvToken } from "../../pkcs11/kv/kv_token.ts";
import { openNssDb } from "../../pkcs11/nss_db/nss_db_token.ts";
import type { Token } from "../../pkcs11/token/token.ts";
import { SoftToken } from "../../pkcs11/token/softoken.ts";
import { connected, HOSTNAME, pingPong, shake } from "./_support.ts";

/** The tokens of this package that write, and whether they keep keys of ML-DSA. */
const TOKENS: readonly {
  readonly name: string;
  readonly open: (folder: string) => Promise<Token>;
  readonly mldsa: boolean;
}[] = [
  { name: "SoftToken", open: () => Promise.resolve(new SoftToken()), mldsa: true },
  {
    name: "KvToken",
    open: (folder) => openKvToken({ path: `${folder}/kv`, iterations: 100 }),
    mldsa: true,
  },
  { name: "NssDbToken", open: (folder) => openNssDb(folder, { create: true }), mldsa: false },
];

const CLASSIC = ["ec-p256", "rsa-2048"] as const;
const ML_DSA = ["mldsa44", "mldsa65", "mldsa87"] as const;

for (const { name, open, mldsa } of TOKENS) {
  const test = (title: string, fn: (token: Token) => Promise<void>) =>
    Deno.test(title, async () => {
      const folder = await Deno.makeTempDir({ prefix: "nss_token_keys_" });
      const token = await open(folder);
      try {
        await fn(token);
      } finally {
        await token.close();
        await Deno.remove(folder, { recursive: true });
      }
    });

  test(`rawPublicKeys: both ends show keys that stay in a ${name}`, async (token) => {
    for (const type of mldsa ? [...CLASSIC, ...ML_DSA] : CLASSIC) {
      const server = await token.generateKeyPair(type);
      const client = await token.generateKeyPair(type);
      for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
        if (version === "TLSv1.2" && type.startsWith("mldsa")) continue; // it has no scheme
        const versions = { min: version, max: version };
        await using joined = await connected({
          server: {
            versions,
            certificates: [],
            clientAuth: "require",
            rawPublicKeys: { keys: [{ key: server.privateKey }], accept: [client.publicKey] },
          },
          client: {
            versions,
            rawPublicKeys: { keys: [{ key: client.privateKey }], accept: [server.publicKey] },
          },
        });
        const [ours, theirs] = await shake(joined);
        assert(ours.peerRawPublicKey?.equals(server.publicKey), type);
        assert(theirs.peerRawPublicKey?.equals(client.publicKey), type);
        assertEquals(ours.version, version);
        await pingPong(joined);
      }
    }
  });

  if (mldsa) {
    test(`certificates: a server signs with keys of ML-DSA that stay in a ${name}`, async (token) => {
      for (const type of ML_DSA) {
        const keys = await token.generateKeyPair(type);
        const cert = await createCertificate({ ...keys, dnsNames: [HOSTNAME] });
        await using joined = await connected({
          server: { certificates: [{ cert, key: keys.privateKey }] },
          client: { caCerts: [cert] },
        });
        assertEquals((await joined.client.handshake()).peerSignatureScheme, type);
      }
    });
  } else {
    test(`${name} says that it keeps no keys of ML-DSA`, async (token) => {
      for (const type of ML_DSA) {
        await assertRejects(() => token.generateKeyPair(type), NssError, type);
      }
    });
  }
}
