// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate, trustAnchorOf, verifyCertificateChain } from "@nss/nss/cert";
import { importPrivateKey } from "@nss/nss/pkcs11";
import { importFD } from "@nss/nss/ssl";
import { forgetCertificates } from "../../cert/certificate/known_certificates.ts";
import { verifySignature } from "../../cert/verify/verify_signature.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { rsaKey } from "../cert/_forged_rsa.ts";
import { withFailing } from "../support/failing_webcrypto.ts";
import { RSA_8192_KEY } from "../support/large_rsa_keys.ts";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "RSA keys of unusual sizes, and a runtime that fails";

const UNSUPPORTED = "SEC_ERROR_UNSUPPORTED_KEYALG";
const DATA = new TextEncoder().encode("what is signed");

const own = await generateKeyPair();
const root = await createCertificate({ ...own, subject: "CN=Root", isCa: true });
const leaf = await createCertificate({
  publicKey: own.publicKey,
  subject: "CN=server.example",
  dnsNames: ["server.example"],
  issuer: { certificate: root, privateKey: own.privateKey },
});

/** An RSA private key whose numbers do not matter. */
function pkcs1(modulus: bigint): Uint8Array {
  return new DerWriter().sequence((w) => {
    for (const n of [0n, modulus, 65537n, 3n, 3n, 3n, 3n, 3n, 3n]) w.integer(n);
  }).finish();
}

const verify = (bits: bigint, exponent: bigint) => () =>
  verifySignature(
    rsaKey((1n << bits - 1n) + 1n, exponent),
    "rsa_pkcs1_sha256",
    DATA,
    new Uint8Array(Number(bits) / 8).fill(1),
  );

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a certificate with an RSA key of 16,385 bits",
    make: () => rsaKey((1n << 16384n) + 1n, 65537n),
    name: UNSUPPORTED,
    says:
      "Cannot use public key: its RSA modulus has 16385 bits, more than 16384; use a shorter key, or one of ECDSA",
  },
  {
    mistake: "`key` has an RSA modulus of 16,385 bits",
    make: () =>
      importFD(memoryPair()[0], {
        role: "server",
        certificates: [{ cert: leaf, key: pkcs1((1n << 16384n) + 1n) }],
      }),
    name: UNSUPPORTED,
    says:
      'Cannot use the key given for certificate "CN=server.example": its RSA modulus has 16385 bits, more than 16384; use a shorter key, or one of ECDSA',
  },
  {
    mistake: "a peer's RSA key of 8,192 bits has an exponent of 41",
    make: verify(8192n, (1n << 40n) + 1n),
    name: UNSUPPORTED,
    says:
      "Cannot use public key: this runtime's WebCrypto takes no rsa 8192 key, and its exponent is too long to do without: 41 bits, more than 32; the signer needs another key, such as one with the usual exponent of 65537",
  },
  {
    mistake: "a peer's RSA key of 2,048 bits has an exponent of 41",
    make: verify(2048n, (1n << 40n) + 1n),
    name: UNSUPPORTED,
    says:
      "Cannot use public key: this runtime's WebCrypto refuses the rsa 2048 key, whose exponent has 41 bits; up to 32 work everywhere, so the signer needs another key, such as one with the usual exponent of 65537",
  },
  {
    mistake: "`importPrivateKey()` with RSA of 8,192 bits, where the runtime does not sign with it",
    make: () =>
      withFailing("sign", () => importPrivateKey(RSA_8192_KEY), new Error("Too many bits")),
    name: UNSUPPORTED,
    says:
      "Cannot import private key: this runtime's WebCrypto does not sign with rsa 8192; RSA keys of up to 4096 bits work everywhere, and ECDSA keys are faster",
  },
  {
    mistake: "an RSA key of 1,024 bits signs with SHA-512 and PSS",
    make: async () => {
      const parameters = {
        name: "RSA-PSS",
        hash: "SHA-512",
        modulusLength: 1024,
        publicExponent: Uint8Array.of(1, 0, 1),
      };
      const pair = await crypto.subtle.generateKey(parameters, false, ["sign", "verify"]);
      const key = await importPrivateKey(pair.privateKey);
      await key.sign("rsa_pss_rsae_sha512", DATA);
    },
    name: "SEC_ERROR_INVALID_ALGORITHM",
    says:
      "Cannot sign: a key of rsa 1024 is too short for rsa_pss_rsae_sha512; use a longer one, or a shorter hash",
  },
  {
    mistake: "a certificate is verified while the runtime's WebCrypto fails",
    make: async () => {
      forgetCertificates();
      await withFailing("verify", () =>
        verifyCertificateChain(leaf, {
          anchors: [trustAnchorOf(root)],
          time: new Date(),
          usage: "sslServer",
        }));
    },
    name: "SEC_ERROR_LIBRARY_FAILURE",
    says:
      'Cannot verify certificate "CN=server.example": its signature cannot be checked with the key of "CN=Root": WebCrypto failed with the ec P-256 key (OperationError: The operation failed), which says nothing about the signature; try again',
  },
];
