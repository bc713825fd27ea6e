// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Where keys and certificates come from. @module */

import { decodePem } from "@nss/nss/cert/der";
import { asServer } from "../observer.ts";
import { PASSWORD, type Pki } from "../pki.ts";
import { type Row, type Section, yes } from "../row.ts";
import type { ServerOptions, Stack } from "../stack.ts";
import { withToken } from "../softhsm.ts";

async function serves(stack: Stack, { root }: Pki, options: ServerOptions): Promise<void> {
  await asServer(stack, options, { caCerts: [root.cert] });
}

function source(
  id: string,
  question: string,
  options: (pki: Pki) => ServerOptions,
  inReadme = false,
): Row {
  return {
    id,
    question,
    inReadme,
    async probe(stack, pki) {
      await serves(stack, pki, options(pki));
      return yes("a server presents it");
    },
  };
}

/** The rows. */
export const KEYS: Section = {
  title: "Where keys come from",
  rows: [
    source("der", "takes a certificate and its key as DER", ({ server, holder }) => ({
      der: { cert: holder.certificate.der, key: decodePem(server.key)[0]!.der },
    })),
    source(
      "encrypted-key",
      "takes a key under a password (PKCS#8)",
      ({ server, encryptedKey }) => ({
        encrypted: { cert: server.cert, key: encryptedKey, password: PASSWORD },
      }),
    ),
    source(
      "pkcs12",
      "takes a PKCS#12 file",
      ({ pkcs12 }) => ({ pkcs12: { file: pkcs12, password: PASSWORD } }),
      true,
    ),
    source("external-signer", "lets the key stay in a service that signs", ({ server, holder }) => {
      const { privateKey } = holder.keys;
      const { algorithm } = privateKey;
      const signer = {
        algorithm,
        sign: (...args: Parameters<typeof privateKey.sign>) => privateKey.sign(...args),
      };
      return { external: { cert: server.cert, signer } };
    }, true),
    {
      id: "pkcs11",
      question: "lets the key stay in a PKCS#11 token",
      inReadme: true,
      needs: "SoftHSM",
      async probe(stack, pki) {
        await withToken(pki.holder, async (token) => {
          await serves(stack, pki, { pkcs11: token });
        });
        return yes("a server presents a certificate in SoftHSM");
      },
    },
  ],
};
