// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate } from "@nss/nss/cert";
import {
  exportPkcs12,
  exportPrivateKeyPem,
  generateKeyPair,
  importPrivateKey,
  type KeyPairType,
} from "@nss/nss/pkcs11";
import { type CertificateOptions, configServerCert, importFD, newModel } from "@nss/nss/ssl";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Certificates and their keys";

const keys = (type?: KeyPairType) => generateKeyPair(type, { extractable: true });
const own = await keys();
const cert = await createCertificate({
  ...own,
  subject: "CN=server.example",
  dnsNames: ["server.example"],
});
const other = await keys();
const sealed = await crypto.subtle.generateKey(
  { name: "ECDSA", namedCurve: "P-256" },
  false,
  ["sign", "verify"],
) as CryptoKeyPair;
const encrypted = await exportPrivateKeyPem(own.privateKey, { password: "correct horse" });
const pem = await exportPrivateKeyPem(own.privateKey);

/** Gives a key with the certificate as options; JavaScript may give anything. */
// deno-lint-ignore no-explicit-any
const give = (key: any) => () =>
  importFD(memoryPair()[0], {
    role: "server",
    certificates: [{ cert, key }],
  });

/** Gives a key that shows only in a handshake whose it is. */
const serve = (key: CertificateOptions["key"]) => async () => {
  const [a, b] = memoryPair();
  await using client = importFD(a, { hostname: "server.example", caCerts: [cert] });
  await using server = importFD(b, { role: "server", certificates: [{ cert, key }] });
  client.handshake().catch(() => {}); // the server is what matters
  await server.handshake();
};

const INVALID = "SEC_ERROR_INVALID_ARGS";

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`key` is that of another certificate",
    make: give(await exportPrivateKeyPem(other.privateKey)),
    name: INVALID,
    says:
      'Cannot use certificate "CN=server.example": the key given for it is not its own, but another one of kind ec P-256',
  },
  {
    mistake: "`key` is of another kind",
    make: give((await keys("rsa-2048")).privateKey),
    name: INVALID,
    says:
      'Cannot use certificate "CN=server.example": the key given for it is not its own; it is of kind rsa, not ec P-256',
  },
  {
    mistake: "`key` is a CryptoKey of another certificate",
    make: serve(sealed.privateKey),
    name: INVALID,
    says:
      'Cannot use certificate "CN=server.example": the key given for it is not its own, but another one of kind ec P-256',
  },
  {
    mistake: "`key` is an object whose `sign` uses another key",
    make: serve({
      algorithm: { type: "ec", curve: "P-256" },
      sign: (scheme, data) => other.privateKey.sign(scheme, data),
    }),
    name: INVALID,
    says:
      'Cannot use certificate "CN=server.example": the key given for it is not its own; what it signs does not verify with the certificate',
  },
  {
    mistake: "`configServerCert()` with the key of another certificate",
    make: () => configServerCert(newModel({ role: "server" }), cert, other.privateKey),
    name: INVALID,
    says:
      'Cannot use certificate "CN=server.example": the key given for it is not its own, but another one of kind ec P-256',
  },
  {
    mistake: "`key` is the certificate, in PEM",
    make: give(cert.toPem()),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": the text holds only CERTIFICATE, and no PRIVATE KEY',
  },
  {
    mistake: "`key` is the certificate, in DER",
    make: give(cert.der),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": this is a certificate or another signed document, and no private key',
  },
  {
    mistake: "`key` is the public key, in PEM",
    make: give(own.publicKey.toPem()),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": the text holds only PUBLIC KEY, and no PRIVATE KEY',
  },
  {
    mistake: "`key` is the public key, in DER",
    make: give(own.publicKey.der),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": this is a public key, and no private key',
  },
  {
    mistake: '`key: "server-key.pem"`, the name of a file',
    make: give("server-key.pem"),
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": the text holds no PEM block; if it is the name of a file, read the file first',
  },
  {
    mistake: "`key` is an encrypted key",
    make: give(encrypted),
    name: "SEC_ERROR_BAD_PASSWORD",
    says:
      'Cannot use the key given for certificate "CN=server.example": it is encrypted, and no password is given; importPrivateKey(key, { password }) takes one',
  },
  {
    mistake: "`key` is a key in OpenSSL's traditional encryption",
    make: give(
      "-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-128-CBC,00\n\nAAAA\n-----END EC PRIVATE KEY-----\n",
    ),
    name: "SEC_ERROR_BAD_PASSWORD",
    says:
      'Cannot use the key given for certificate "CN=server.example": it is encrypted, and no password is given; importPrivateKey(key, { password }) takes one',
  },
  {
    mistake: "`key` has two keys",
    make: give(pem + pem),
    name: INVALID,
    says:
      'Cannot use the key given for certificate "CN=server.example": the text holds 2 private keys',
  },
  {
    mistake: "`key` is a PKCS #12 file",
    make: async () => {
      const file = await exportPkcs12({
        certificates: [cert],
        key: own.privateKey,
        password: "secret",
        iterations: 1,
      });
      give(file)();
    },
    name: "SEC_ERROR_NO_KEY",
    says:
      'Cannot use the key given for certificate "CN=server.example": this is a PKCS #12 file; importPkcs12() reads it',
  },
  {
    mistake: "`key` is the pair of `generateKeyPair()`",
    make: give(own),
    name: INVALID,
    says:
      'Cannot use the key given for certificate "CN=server.example": it is a key pair; give its privateKey',
  },
  {
    mistake: "`key` is a Promise",
    make: give(Promise.resolve(own.privateKey)),
    name: INVALID,
    says: 'Cannot use the key given for certificate "CN=server.example": it is a Promise; await it',
  },
  {
    mistake: "`key` is a public CryptoKey",
    make: give(sealed.publicKey),
    name: INVALID,
    says:
      'Cannot use the key given for certificate "CN=server.example": the CryptoKey is a public one for verify, not a private one for sign',
  },
  {
    mistake: "no `key` at all",
    make: give(undefined),
    name: INVALID,
    says: "Cannot use options: certificates[0].key is missing",
  },
  {
    mistake: "`importPrivateKey()` of an encrypted key, without its password",
    make: () => importPrivateKey(encrypted),
    name: "SEC_ERROR_BAD_PASSWORD",
    says:
      "Cannot import private key: it is encrypted, and no password is given; importPrivateKey(key, { password }) takes one",
  },
  {
    mistake: "`importPrivateKey()` with a wrong password",
    make: () => importPrivateKey(encrypted, { password: "wrong" }),
    name: "SEC_ERROR_BAD_PASSWORD",
    says: "Cannot import private key: the password is wrong or the encoding is damaged",
  },
];
