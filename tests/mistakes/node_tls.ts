// Copyright 2026 the NSS for Deno authors. MIT license.

import nodeTls from "node:tls";
import {
  connect,
  createSecureContext,
  createServer,
  setDefaultCACertificates,
  TLSSocket,
} from "@nss/nss/node";
import { createCertificate, exportPrivateKeyPem, generateKeyPair } from "@nss/nss";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Node's tls: options of connect() and createServer()";

const NAME = "SEC_ERROR_INVALID_ARGS";
const keys = await generateKeyPair("ec-p256", { extractable: true });
const other = await generateKeyPair("ec-p256", { extractable: true });
const cert = (await createCertificate({ ...keys, subject: "CN=localhost" })).toPem();
const key = await exportPrivateKeyPem(keys.privateKey);
const otherKey = await exportPrivateKeyPem(other.privateKey);
const encryptedKey = await exportPrivateKeyPem(keys.privateKey, { password: "secret" });

function connecting(options: object): unknown {
  return connect({ port: 1, ...options });
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`connect({ rejectUnauthorised: true })`",
    make: () => connecting({ rejectUnauthorised: true }),
    name: NAME,
    says:
      "Cannot use options: there is no option rejectUnauthorised; did you mean rejectUnauthorized?",
  },
  {
    mistake: "`connect({ serverName: host })`",
    make: () => connecting({ serverName: "localhost" }),
    name: NAME,
    says: "Cannot use options: there is no option serverName; did you mean servername?",
  },
  {
    mistake: "`connect({ caCerts: [pem] })`, an option of `importFD`",
    make: () => connecting({ caCerts: [cert] }),
    name: NAME,
    says: "Cannot use options: there is no option caCerts; use ca",
  },
  {
    mistake: '`connect({ rejectUnauthorized: "false" })`',
    make: () => connecting({ rejectUnauthorized: "false" }),
    name: NAME,
    says: 'Cannot use options: rejectUnauthorized is "false", not true or false',
  },
  {
    mistake: '`connect({ ca: "ca.pem" })`, the name of a file',
    make: () => connecting({ ca: "ca.pem" }),
    name: NAME,
    says:
      "Cannot use option ca[0]: the text holds no PEM block; if it is the name of a file, read the file first",
  },
  {
    mistake: "`connect()` without arguments",
    make: () => Reflect.apply(connect, null, []),
    name: NAME,
    says: "Cannot connect: the first argument is undefined, not options, a port or a path",
  },
  {
    mistake: "`connect({ socket: conn })`, a connection of Deno's",
    make: () => connecting({ socket: { readable: null, writable: null } }),
    name: NAME,
    says: "Cannot use options: socket is an object, not a duplex stream: it has no method on",
  },
  {
    mistake: "`connect({ secureContext })` of node:tls",
    make: () => connecting({ secureContext: nodeTls.createSecureContext({}) }),
    name: NAME,
    says:
      "Cannot use option secureContext: it is an object of type SecureContext that createSecureContext() of this module has not made; one of node:tls hides what it was made of",
  },
  {
    mistake: '`connect({ ALPNProtocols: "h2" })`',
    make: () => connecting({ ALPNProtocols: "h2" }),
    name: NAME,
    says:
      "Cannot use option ALPNProtocols: it is a string, not an array of names; write [...] around it",
  },
  {
    mistake: '`createSecureContext({ ciphers: "AES128-SHA:DES-CBC3-SHA" })`',
    make: () => createSecureContext({ ciphers: "AES128-SHA:DES-CBC3-SHA" }),
    name: NAME,
    says:
      'Cannot use option ciphers: "AES128-SHA:DES-CBC3-SHA" leaves no cipher suite; TLS_RSA_WITH_AES_128_CBC_SHA is not supported: its key exchange is RSA key transport, and WebCrypto has no decryption of PKCS#1 v1.5',
  },
  {
    mistake: '`createSecureContext({ ciphers: "HIGH:@SECLEVEL=4" })`',
    make: () => createSecureContext({ ciphers: "HIGH:@SECLEVEL=4" }),
    name: NAME,
    says:
      "Cannot use option ciphers: @SECLEVEL=4 is not supported, only levels up to 2; restrict ciphers, ecdhCurve and sigalgs instead",
  },
  {
    mistake: '`createSecureContext({ ecdhCurve: "P256" })`',
    make: () => createSecureContext({ ecdhCurve: "P256" }),
    name: NAME,
    says:
      'Cannot use option ecdhCurve: "P256" is no group; supported are X25519MLKEM768, SecP256r1MLKEM768, SecP384r1MLKEM1024, x25519, secp256r1, secp384r1, secp521r1, MLKEM1024',
  },
  {
    mistake: '`createSecureContext({ sigalgs: "SHA256" })`',
    make: () => createSecureContext({ sigalgs: "SHA256" }),
    name: NAME,
    says:
      'Cannot use option sigalgs: "SHA256" is no signature scheme; supported are ecdsa_secp256r1_sha256, ecdsa_secp384r1_sha384, ecdsa_secp521r1_sha512, ed25519, rsa_pss_rsae_sha256, rsa_pss_rsae_sha384, rsa_pss_rsae_sha512, rsa_pss_pss_sha256, rsa_pss_pss_sha384, rsa_pss_pss_sha512, mldsa44, mldsa65, mldsa87, rsa_pkcs1_sha256, rsa_pkcs1_sha384, rsa_pkcs1_sha512, and forms such as ECDSA+SHA256',
  },
  {
    mistake: '`createSecureContext({ maxVersion: "TLSv1.1" })`',
    make: () => createSecureContext({ maxVersion: "TLSv1.1" }),
    name: "SSL_ERROR_INVALID_VERSION_RANGE",
    says:
      'Cannot use options: maxVersion is "TLSv1.1", and only TLSv1.2 and TLSv1.3 are supported: RFC 8996 forbids older versions',
  },
  {
    mistake: '`createSecureContext({ secureProtocol: "TLSv1_method" })`',
    make: () => createSecureContext({ secureProtocol: "TLSv1_method" }),
    name: "SSL_ERROR_INVALID_VERSION_RANGE",
    says:
      'Cannot use options: secureProtocol is "TLSv1_method", and only TLSv1.2 and TLSv1.3 are supported: RFC 8996 forbids older versions',
  },
  {
    mistake: "`createServer({ cert })` without a key",
    make: () => createServer({ cert }),
    name: NAME,
    says: "Cannot use option cert: there is no key for it; give its private key as key",
  },
  {
    mistake: "`createServer({ cert, key })` with another certificate's key",
    make: () => createServer({ cert, key: otherKey }),
    name: NAME,
    says: 'Cannot use option cert[0]: none of the keys is that of certificate "CN=localhost"',
  },
  {
    mistake: "`createServer({ cert, key })` with a key under a password",
    make: () => createServer({ cert, key: encryptedKey }),
    name: NAME,
    says: "Cannot use option key[0]: it is encrypted; give its password as passphrase",
  },
  {
    mistake: "`createServer({ requestCert: 1 })`",
    make: () => Reflect.apply(createServer, null, [{ cert, key, requestCert: 1 }]),
    name: NAME,
    says: "Cannot use options: requestCert is 1, not true or false",
  },
  {
    mistake: "`createSecureContext({ privateKeyEngine })`",
    make: () => createSecureContext({ privateKeyEngine: "pkcs11", privateKeyIdentifier: "key" }),
    name: NAME,
    says:
      "Cannot use option privateKeyEngine: engines are OpenSSL's; give the key of a token of NSS's or PKCS #11's as key",
  },
  {
    mistake: "`new TLSSocket(conn)`, no stream of Node's",
    make: () => Reflect.construct(TLSSocket, [{}, {}]),
    name: NAME,
    says: "Cannot use options: socket is an object, not a duplex stream: it has no method on",
  },
  {
    mistake: "`setDefaultCACertificates(pem)`, no array",
    make: () => Reflect.apply(setDefaultCACertificates, null, [cert]),
    name: NAME,
    says: "Cannot use option certs: it is a string, not an array",
  },
];
