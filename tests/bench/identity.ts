// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  type KeyPairType,
} from "../../mod.ts";
import type { Identity } from "./peers/peer.ts";

/** Makes a root (ECDSA P-256), and under it a server's certificate with a key of the given type. */
export async function makeIdentity(type: KeyPairType): Promise<Identity> {
  const rootKeys = await generateKeyPair();
  const root = await createCertificate({ ...rootKeys, subject: "CN=bench root", isCa: true });
  const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
  const leaf = await createCertificate({
    publicKey,
    subject: "CN=localhost", // else the alternative names are critical, which subtls cannot read
    dnsNames: ["localhost"],
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  return {
    root: root.toPem(),
    cert: leaf.toPem(),
    key: await exportPrivateKeyPem(privateKey),
  };
}
