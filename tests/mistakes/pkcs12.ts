// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate } from "@nss/nss/cert";
import { exportPkcs12, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { PBE_OIDS } from "../../pkcs11/pbe/oids.ts";
import { type Parts, withParts } from "../pkcs11/pkcs12/_pbmac1.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "PKCS#12 with PBMAC1, and what is exported";

const { publicKey, privateKey } = await generateKeyPair();
const certificate = await createCertificate({ publicKey, privateKey, subject: "CN=server" });
const content = { key: privateKey, certificates: [certificate], password: "secret" };
const options = (chosen: object) => ({ ...content, ...chosen });

const open = (parts: Parts) => () => importPkcs12(withParts(parts), "1234");

const MALFORMED = "SEC_ERROR_PKCS12_DECODING_PFX";
const UNSUPPORTED = "SEC_ERROR_PKCS12_UNSUPPORTED_MAC_ALGORITHM";
const CONVERSION = "openssl pkcs12 -legacy -in old.p12 -nodes -out all.pem && " +
  "openssl pkcs12 -export -in all.pem -out new.p12 && rm all.pem";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a file whose PBMAC1 does not say how long its key is",
    make: open({ keyLength: null }),
    name: MALFORMED,
    says:
      "Cannot import PKCS#12: the key of its MAC by PBMAC1 has no length, which RFC 9879 forbids; export the file anew, as by OpenSSL 3.4 or newer",
  },
  {
    mistake: "a file whose PBMAC1 has a key of 16 bytes",
    make: open({ keyLength: 16 }),
    name: MALFORMED,
    says:
      "Cannot import PKCS#12: the key of its MAC by PBMAC1 is of 16 bytes, not 20 to 128; export the file anew, as by OpenSSL 3.4 or newer",
  },
  {
    mistake: "a file whose PBMAC1 derives its key with SHA-224",
    make: open({ prf: PBE_OIDS.hmacWithSHA224 }),
    name: UNSUPPORTED,
    says:
      `Cannot import PKCS#12: its MAC is by PBKDF2 with hmacWithSHA224, which is not supported; write it anew: ${CONVERSION}`,
  },
  {
    mistake: "a file whose PBMAC1 is HMAC with SHA-224",
    make: open({ hmac: PBE_OIDS.hmacWithSHA224 }),
    name: UNSUPPORTED,
    says:
      `Cannot import PKCS#12: its MAC is by hmacWithSHA224, which is not supported; write it anew: ${CONVERSION}`,
  },
  {
    mistake: "a file whose PBMAC1 derives its key by scrypt",
    make: open({ kdf: PBE_OIDS.scrypt }),
    name: UNSUPPORTED,
    says:
      `Cannot import PKCS#12: its MAC is by scrypt, which is not supported; write it anew: ${CONVERSION}`,
  },
  {
    mistake: "a file whose PBMAC1 asks for 2,000,000,000 iterations",
    make: open({ iterations: 2_000_000_000 }),
    name: "SEC_ERROR_BAD_DATA",
    says:
      "Cannot derive key from password: the file asks for the work of 2000000000 iterations, more than maxIterations allows, 100000000",
  },
  {
    mistake: '`exportPkcs12({ encryption: "pbmac1" })`',
    make: () => exportPkcs12(options({ encryption: "pbmac1" })),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      'Cannot export PKCS#12: encryption is "pbmac1", not one of aes-256, aes-256-pbmac1, weak-3des-sha1',
  },
  {
    mistake: "`exportPkcs12()` with 20,000,000 iterations",
    make: () => exportPkcs12(options({ iterations: 20_000_000 })),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot export PKCS#12: iterations is 20000000, not a whole number from 1 to 10000000",
  },
  {
    mistake: "`exportPkcs12()` of a key that is not extractable",
    make: () => exportPkcs12(content),
    name: "SEC_ERROR_INVALID_KEY",
    says:
      "Cannot export private key: only keys generated or imported with extractable: true, and extractable CryptoKeys, may leave",
  },
];
