// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate, encodePem } from "@nss/nss/cert";
import {
  type DecryptRc2,
  exportPkcs12,
  generateKeyPair,
  importPkcs12,
  importPrivateKey,
  type ImportPrivateKeyOptions,
} from "@nss/nss/pkcs11";
import { DerReader } from "../../cert/der/der_reader.ts";
import { DerWriter } from "../../cert/der/der_writer.ts";
import { PBE_OIDS } from "../../pkcs11/pbe/oids.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Files of keys and certificates";

const keys = await generateKeyPair("ec-p256", { extractable: true });
const cert = await createCertificate({ ...keys, subject: "CN=server.example" });
const file = await exportPkcs12({ certificates: [cert], password: "secret", iterations: 1 });

/** The file without its MAC. */
const pfx = new DerReader(file, "file").sequence("");
const members = [pfx.element("version").der, pfx.element("authSafe").der];
const withoutMac = new DerWriter().sequence((w) => members.forEach((member) => w.raw(member)))
  .finish();

/** PKCS#8 of an algorithm with parameters. */
const pkcs8 = (algorithm: string, curve?: string): Uint8Array<ArrayBuffer> =>
  new DerWriter().sequence((w) =>
    w.integer(0).sequence((w) => {
      w.oid(algorithm);
      if (curve !== undefined) w.oid(curve);
    }).octetString(Uint8Array.of(4, 1, 0))
  ).finish();

/** A key of ML-DSA-44 in the expanded form. */
const EXPANDED = new DerWriter().sequence((w) =>
  w.integer(0).sequence((w) => w.oid("2.16.840.1.101.3.4.3.17"))
    .octetString((w) => w.octetString(new Uint8Array(2560)))
).finish();

/** A key encrypted by a scheme of PKCS#12 or PBES1. */
const encrypted = (scheme: string, iterations = 1): Uint8Array<ArrayBuffer> =>
  new DerWriter().sequence((w) => {
    w.sequence((w) =>
      w.oid(scheme).sequence((w) => w.octetString(new Uint8Array(8)).integer(iterations))
    );
    w.octetString(new Uint8Array(16));
  }).finish();

const read = (key: string | Uint8Array, options: ImportPrivateKeyOptions = {}) => () =>
  importPrivateKey(key, { password: "secret", ...options });
const open = (bytes: Uint8Array) => () => importPkcs12(bytes, "secret");
const bytes = (text: string) => new TextEncoder().encode(text);

const traditional = (dekInfo: string): string =>
  `-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: ${dekInfo}\n\n` +
  "AAAAAAAAAAAAAAAAAAAAAA==\n-----END RSA PRIVATE KEY-----\n";

const withPadding: DecryptRc2 = ({ data }) => data.slice(1);

const KIND = "SEC_ERROR_UNSUPPORTED_KEYALG";
const CURVE = "SEC_ERROR_UNSUPPORTED_ELLIPTIC_CURVE";
const CIPHER = "SEC_ERROR_INVALID_ALGORITHM";
const NO_FILE = "SEC_ERROR_PKCS12_DECODING_PFX";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`importPkcs12()` of a file without a MAC",
    make: open(withoutMac),
    name: "SEC_ERROR_PKCS12_INVALID_MAC",
    says:
      "Cannot import PKCS#12: the file has no MAC, so that anybody may have changed it; the option allowMissingMac takes it all the same",
  },
  {
    mistake: "`importPkcs12()` of a Java key store",
    make: open(Uint8Array.fromHex("feedfeed00000002")),
    name: NO_FILE,
    says:
      "Cannot import PKCS#12: this is a Java key store (JKS); convert it: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12",
  },
  {
    mistake: "`importPkcs12()` of PEM with a certificate",
    make: open(bytes(cert.toPem())),
    name: NO_FILE,
    says: "Cannot import PKCS#12: there is none: the text holds only CERTIFICATE, and no PKCS12",
  },
  {
    mistake: "`importPkcs12()` of a certificate",
    make: open(cert.der),
    name: NO_FILE,
    says: "Cannot import PKCS#12: this is a certificate, a key or another document, and no PKCS#12",
  },
  {
    mistake: "`importPkcs12()` of base64",
    make: open(bytes(file.toBase64())),
    name: NO_FILE,
    says: "Cannot import PKCS#12: this is base64; decode it first, as with Uint8Array.fromBase64()",
  },
  {
    mistake: "`importPkcs12()` of PKCS#7",
    make: open(Uint8Array.fromHex("300b06092a864886f70d010702")),
    name: NO_FILE,
    says: "Cannot import PKCS#12: this is PKCS#7; parsePkcs7Certificates() reads it",
  },
  {
    mistake: "`importPkcs12()` of a private key",
    make: open(pkcs8("1.3.101.112")),
    name: "SEC_ERROR_PKCS12_UNSUPPORTED_VERSION",
    says:
      "Cannot import PKCS#12: version 0 is not supported; if it is a private key, importPrivateKey() reads it",
  },
  {
    mistake: "a key encrypted with RC2",
    make: read(encrypted(PBE_OIDS.pbeWithSHAAnd40BitRC2CBC)),
    name: CIPHER,
    says:
      "Cannot import private key: it is encrypted by pbeWithSHAAnd40BitRC2CBC, whose RC2 no runtime has; give the option decryptRc2, or write it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider default -provider legacy -in old.pem -out new.pem",
  },
  {
    mistake: "a key encrypted with RC4",
    make: read(encrypted(PBE_OIDS.pbeWithSHAAnd128BitRC4)),
    name: CIPHER,
    says:
      "Cannot import private key: it is encrypted by pbeWithSHAAnd128BitRC4, which is not supported; write it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider default -provider legacy -in old.pem -out new.pem",
  },
  {
    mistake: "`decryptRc2` removes the padding",
    make: read(encrypted(PBE_OIDS.pbeWithSHAAnd40BitRC2CBC), { decryptRc2: withPadding }),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot decrypt: decryptRc2 has returned 15 bytes, not a Uint8Array of 16 bytes: it has to leave the padding",
  },
  {
    mistake: "a key that asks for 2,000,000,000 iterations",
    make: read(encrypted(PBE_OIDS.pbeWithSHAAnd3KeyTripleDESCBC, 2_000_000_000)),
    name: "SEC_ERROR_BAD_DATA",
    says:
      "Cannot derive key from password: the file asks for the work of 120000000000 iterations, more than maxIterations allows, 100000000",
  },
  {
    mistake: "a key in the traditional encryption with Camellia",
    make: read(traditional("CAMELLIA-256-CBC,00")),
    name: CIPHER,
    says:
      "Cannot import private key: it is encrypted by CAMELLIA-256-CBC, which is not supported; write it anew: openssl pkcs8 -topk8 -v2 aes-256-cbc -provider default -provider legacy -in old.pem -out new.pem",
  },
  {
    mistake: "a key in the traditional encryption, cut",
    make: read(traditional("AES-256-CBC,00")),
    name: "SEC_ERROR_BAD_DER",
    says: "Cannot import private key: its initialization vector has 1 bytes, not 16",
  },
  {
    mistake: "an OpenSSH key",
    make: read("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n-----END OPENSSH PRIVATE KEY-----\n"),
    name: KIND,
    says:
      "Cannot import private key: this is an OpenSSH private key; convert it, in its place: ssh-keygen -p -m PKCS8 -f id (Ed25519: with OpenSSH 9.6 or newer)",
  },
  {
    mistake: "a key of PuTTY",
    make: read("PuTTY-User-Key-File-3: ssh-rsa\nEncryption: none\n"),
    name: KIND,
    says:
      "Cannot import private key: this is a private key of PuTTY; convert it: puttygen key.ppk -O private-openssh -o key.pem",
  },
  {
    mistake: "an OpenPGP key",
    make: read(
      "-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nAAAA\n=AAAA\n-----END PGP PRIVATE KEY BLOCK-----\n",
    ),
    name: KIND,
    says:
      "Cannot import private key: this is a file of OpenPGP; no command converts its keys; make a new one: openssl genpkey -algorithm ed25519 -out key.pem",
  },
  {
    mistake: "a Java key store as a key",
    make: read(Uint8Array.fromHex("cececece00000002")),
    name: KIND,
    says:
      "Cannot import private key: this is a Java key store (JCEKS); convert it: keytool -importkeystore -srckeystore old.jks -destkeystore new.p12 -deststoretype PKCS12",
  },
  {
    mistake: "a JSON Web Key",
    make: read('{"kty":"EC","crv":"P-256"}'),
    name: KIND,
    says:
      'Cannot import private key: this is a JSON Web Key; crypto.subtle.importKey("jwk", ...) makes a CryptoKey of it',
  },
  {
    mistake: "a key of Windows's `pvk2pfx`",
    make: read(Uint8Array.fromHex("1ef1b5b000000000")),
    name: KIND,
    says:
      "Cannot import private key: this is a private key of Windows (PVK); convert it: openssl rsa -inform PVK -in key.pvk -out key.pem",
  },
  {
    mistake: "a DSA key",
    make: read(pkcs8("1.2.840.10040.4.1")),
    name: KIND,
    says:
      "Cannot import private key: its kind is DSA, and only RSA, ECDSA, Ed25519 and ML-DSA keys are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "a DSA key in PEM",
    make: read(encodePem("DSA PRIVATE KEY", Uint8Array.of(48, 0))),
    name: KIND,
    says:
      "Cannot import private key: its kind is DSA, and only RSA, ECDSA, Ed25519 and ML-DSA keys are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "an Ed448 key",
    make: read(pkcs8("1.3.101.113")),
    name: KIND,
    says:
      "Cannot import private key: its kind is Ed448, and only RSA, ECDSA, Ed25519 and ML-DSA keys are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "a GOST key",
    make: read(pkcs8("1.2.643.7.1.1.1.1")),
    name: KIND,
    says:
      "Cannot import private key: its kind is GOST R 34.10-2012 of 256 bits, and only RSA, ECDSA, Ed25519 and ML-DSA keys are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "a key on brainpoolP256r1",
    make: read(pkcs8("1.2.840.10045.2.1", "1.3.36.3.3.2.8.1.1.7")),
    name: CURVE,
    says:
      "Cannot import private key: its curve is brainpoolP256r1, and only P-256, P-384 and P-521 are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "an SM2 key",
    make: read(pkcs8("1.2.840.10045.2.1", "1.2.156.10197.1.301")),
    name: CURVE,
    says:
      "Cannot import private key: its curve is SM2, and only P-256, P-384 and P-521 are supported; make a new key and have a certificate issued for it: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key.pem",
  },
  {
    mistake: "an EC key with the parameters of its curve",
    make: read(pkcs8("1.2.840.10045.2.1")),
    name: CURVE,
    says:
      "Cannot import private key: it gives the parameters of its curve, not a name; convert it, if that is P-256, P-384 or P-521: openssl pkey -in old.pem -ec_param_enc named_curve -out new.pem",
  },
  {
    mistake: "an ML-DSA key without its seed",
    make: read(EXPANDED),
    name: KIND,
    says:
      "Cannot import private key: it is of ML-DSA-44 in its expanded form, without the seed, which WebCrypto needs and nothing computes from it; export it anew with its seed, or make a new key, as OpenSSL 3.5 writes both: openssl genpkey -algorithm ML-DSA-44 -out key.pem",
  },
];
