// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate, generateKeyPair, importFD, type ImportOptions } from "@nss/nss";
import { importPrivateKey } from "@nss/nss/pkcs11";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Post-quantum groups, keys and certificates";

async function identity(type: "mldsa65" | "ec-p256") {
  const keys = await generateKeyPair(type);
  const cert = await createCertificate({
    ...keys,
    subject: "CN=server.example",
    dnsNames: ["server.example"],
  });
  return { cert, key: keys.privateKey };
}
const mldsa = await identity("mldsa65");
const classic = await identity("ec-p256");

/** Joins two ends and throws what one of them reports. */
async function handshake(
  end: "client" | "server",
  client: ImportOptions,
  server: ImportOptions,
): Promise<void> {
  const [a, b] = memoryPair();
  using one = importFD(a, { hostname: "server.example", authCertificate: () => true, ...client });
  using two = importFD(b, { role: "server", certificates: [mldsa], ...server });
  const [mine, theirs] = end === "client" ? [one, two] : [two, one];
  theirs.handshake().catch(() => {});
  await mine.handshake();
}

const TLS12 = { versions: { max: "TLSv1.2" } } as const;

/** PKCS#8 of ML-DSA-44 whose content is 32 bytes and nothing around them. */
const BARE_SEED = Uint8Array.fromHex(
  `3032020100300b06096086480165030403110420${"2a".repeat(32)}`,
);

/** The rows. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: '`groups: ["X25519MLKEM768"]` with TLS 1.2 alone',
    make: () => handshake("client", { ...TLS12, groups: ["X25519MLKEM768"] }, {}),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: TLS 1.2 has no key exchange group X25519MLKEM768; allow TLS 1.3, or enable another, such as x25519",
  },
  {
    mistake: '`signatureSchemes: ["mldsa65"]` with TLS 1.2 alone',
    make: () => handshake("client", { ...TLS12, signatureSchemes: ["mldsa65"] }, {}),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      "Cannot start handshake: TLS 1.2 has no signature scheme mldsa65; allow TLS 1.3, or enable another, such as ecdsa_secp256r1_sha256",
  },
  {
    mistake: '`keyShares: ["MLKEM1024"]`, which is not on by default, without `groups`',
    make: () => handshake("client", { keyShares: ["MLKEM1024"] }, {}),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot use option keyShares: MLKEM1024 is not among the groups; name it in the option groups, too",
  },
  {
    mistake: "a server with an ML-DSA certificate alone, and a client of TLS 1.2",
    make: () => handshake("server", TLS12, {}),
    name: "SSL_ERROR_NO_CYPHER_OVERLAP",
    says:
      "Cannot agree on a cipher suite: those that the client offers, and its curves, suit no key of this server; add a certificate with another kind of key",
  },
  {
    mistake: "a server with an ML-DSA certificate alone, and a client that takes none",
    make: () => handshake("server", { signatureSchemes: ["ecdsa_secp256r1_sha256"] }, {}),
    name: "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    says:
      "Cannot agree on a signature scheme: no key of this server signs as the client accepts; add a certificate with another kind of key, or compare the option signatureSchemes of both ends",
  },
  {
    mistake: '`policy: "cnsa-2.0"` on a server with an ECDSA certificate',
    make: () =>
      handshake("server", { groups: ["MLKEM1024"] }, {
        policy: "cnsa-2.0",
        certificates: [classic],
      }),
    name: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    says:
      'Cannot complete handshake: this server has no certificate that it may use: "CN=server.example" was passed over, because policy "cnsa-2.0" forbids it: its key is of kind ec',
  },
  {
    mistake: '`policy: "cnsa-2.0"` on a client, and a server that was not told of it',
    make: () => handshake("server", { policy: "cnsa-2.0" }, {}),
    name: "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    says:
      "Cannot agree on a key exchange group: the client offers none of X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024, x25519, secp256r1, secp384r1, secp521r1; compare the option groups of both ends",
  },
  {
    mistake: '`policy: "cnsa-2.0"` beside `externalPsks`',
    make: () => {
      const key = new Uint8Array(32);
      return handshake("client", {
        policy: "cnsa-2.0",
        externalPsks: [{ identity: "device 7", key }],
      }, {});
    },
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      'Cannot start handshake: policy "cnsa-2.0" has both ends authenticate by certificates, and not by external pre-shared keys; leave out externalPsks and getExternalPsk, or choose another policy',
  },
  {
    mistake: '`policy: "cnsa-1.0"` beside `rawPublicKeys`',
    make: () =>
      handshake("client", {
        policy: "cnsa-1.0",
        rawPublicKeys: { accept: () => true },
      }, {}),
    name: "SSL_ERROR_SSL_DISABLED",
    says:
      'Cannot start handshake: policy "cnsa-1.0" has both ends authenticate by certificates, and not by raw public keys; leave out rawPublicKeys, or choose another policy',
  },
  {
    mistake: "an ML-DSA key whose PKCS#8 has neither seed nor expanded key as RFC 9881 says",
    make: () => importPrivateKey(BARE_SEED),
    name: "SEC_ERROR_BAD_DER",
    says:
      "Cannot import private key: its content is neither the seed, the expanded key nor both, as RFC 9881 has them for ML-DSA-44; convert it: openssl pkey -in old.pem -out new.pem",
  },
];
