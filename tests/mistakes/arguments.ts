// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  checkRevocation,
  combineCertSources,
  createCertificate,
  findCertByName,
  importCert,
  MemoryCertDB,
  parseCertificate,
  trustAnchorOf,
  verifyCert,
  verifyCertificateChain,
  verifyCertName,
} from "@nss/nss/cert";
import {
  exportPkcs12,
  generateKeyPair,
  importPkcs12,
  importPrivateKey,
  NssContext,
  SoftToken,
} from "@nss/nss/pkcs11";
import {
  authCertificateHook,
  cipherPrefSet,
  configMPServerSIDCache,
  exportKeyingMaterial,
  getChannelInfo,
  newModel,
  optionSet,
  setNextProtoNego,
  setURL,
} from "@nss/nss/ssl";
import { connected } from "../ssl/_support.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Arguments of the other functions";

const NAME = "SEC_ERROR_INVALID_ARGS";
const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
const anchors = [trustAnchorOf(cert)];
const time = new Date();
const db = new MemoryCertDB();

/** Passes what the compiler would refuse. */
function call(run: (...args: never[]) => unknown, ...args: unknown[]): unknown {
  return Reflect.apply(run, undefined, args);
}

/** Exports keying material of a connection. */
async function exported(label: string, length: number, context?: Uint8Array): Promise<unknown> {
  await using joined = await connected();
  return await exportKeyingMaterial(joined.client, label, length, context);
}

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`createCertificate()` with `dnsName`",
    make: () => call(createCertificate, { ...keys, dnsName: ["a.test"] }),
    name: NAME,
    says: "Cannot create certificate: there is no option dnsName; did you mean dnsNames?",
  },
  {
    mistake: "`createCertificate()` with a text for a date",
    make: () => call(createCertificate, { ...keys, subject: "CN=a", notAfter: "2030-01-01" }),
    name: NAME,
    says: 'Cannot create certificate: notAfter is "2030-01-01", not a Date',
  },
  {
    mistake: "`createCertificate()` with an invalid date",
    make: () => createCertificate({ ...keys, subject: "CN=a", notAfter: new Date("soon") }),
    name: NAME,
    says: "Cannot create certificate: notAfter is an invalid Date",
  },
  {
    mistake: "`createCertificate()` with a `CryptoKey`",
    make: async () => {
      const algorithm = { name: "ECDSA", namedCurve: "P-256" };
      const { privateKey } = await crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
      return call(createCertificate, { ...keys, privateKey, subject: "CN=a" });
    },
    name: NAME,
    says:
      "Cannot create certificate: privateKey is an object of type CryptoKey, not a PrivateKey; importPrivateKey(key) makes one",
  },
  {
    mistake: "`createCertificate()` with a purpose that there is not",
    make: () => call(createCertificate, { ...keys, subject: "CN=a", extKeyUsage: ["server"] }),
    name: NAME,
    says:
      'Cannot create certificate: extKeyUsage[0] is "server", not one of serverAuth, clientAuth, codeSigning, emailProtection, timeStamping, ocspSigning, anyExtendedKeyUsage or a dotted object identifier',
  },
  {
    mistake: "`parseCertificate()` with the promise of a file",
    make: () => call(parseCertificate, Promise.resolve(cert.der)),
    name: NAME,
    says:
      "Cannot parse certificate: the input is a Promise (await it), not a string or a Uint8Array",
  },
  {
    mistake: "`verifyCertificateChain()` without `time`",
    make: () => call(verifyCertificateChain, cert, { anchors, usage: "sslServer" }),
    name: NAME,
    says: "Cannot verify certificate chain: time is missing",
  },
  {
    mistake: "`verifyCertificateChain()` with PEM text as an anchor",
    make: () =>
      call(verifyCertificateChain, cert, { anchors: [cert.toPem()], time, usage: "sslServer" }),
    name: NAME,
    says:
      "Cannot verify certificate chain: anchors[0] is a string, not a trust anchor; trustAnchorOf(certificate) makes one",
  },
  {
    mistake: "`verifyCertificateChain()` with a usage that there is not",
    make: () => call(verifyCertificateChain, cert, { anchors, time, usage: "server" }),
    name: NAME,
    says:
      'Cannot verify certificate chain: usage is "server", not one of sslServer, sslClient, emailSigner, emailRecipient, objectSigner, statusResponder, ipsec, sslCA, verifyCA, anyCA, any',
  },
  {
    mistake: "`verifyCert()` with `Date.now()`",
    make: () => call(verifyCert, db, cert, true, "sslServer", 1_700_000_000_000),
    name: NAME,
    says: "Cannot verify certificate: time is 1700000000000, not a Date",
  },
  {
    mistake: "`verifyCertName()` with a `URL`",
    make: () => call(verifyCertName, cert, new URL("https://localhost")),
    name: NAME,
    says: "Cannot verify certificate name: hostname is an object of type URL, not a string",
  },
  {
    mistake: "`checkRevocation()` with a policy that there is not",
    make: () => call(checkRevocation, { policy: "strict", time }),
    name: NAME,
    says: 'Cannot check revocation: policy is "strict", not one of off, soft, hard',
  },
  {
    mistake: "a query for `nick`",
    make: () => call(db.find.bind(db), { nick: "a" }),
    name: NAME,
    says: "Cannot find certificates: there is no option nick; did you mean nickname?",
  },
  {
    mistake: "`findCertByName()` without a database",
    make: () => call(findCertByName, "CN=a"),
    name: NAME,
    says: "Cannot find certificate: db is a string, not a certificate database",
  },
  {
    mistake: "`importCert()` with `trusted`",
    make: () => call(importCert, db, cert, { trusted: "C,," }),
    name: NAME,
    says: "Cannot import certificate: there is no option trusted; did you mean trust?",
  },
  {
    mistake: "`combineCertSources()` with one database, no array",
    make: () => call(combineCertSources, db),
    name: NAME,
    says:
      "Cannot combine certificate databases: sources is an object of type MemoryCertDB, not an array",
  },
  {
    mistake: "`generateKeyPair({ extractable: true })`",
    make: () => call(generateKeyPair, { extractable: true }),
    name: NAME,
    says:
      "Cannot generate key pair: an object is not one of ec-p256, ec-p384, ec-p521, ed25519, mldsa44, mldsa65, mldsa87, rsa-2048, rsa-3072, rsa-4096, rsa-pss-2048",
  },
  {
    mistake: "`importPrivateKey()` with a key pair of WebCrypto",
    make: () => call(importPrivateKey, { privateKey: {}, publicKey: {} }),
    name: NAME,
    says: "Cannot import private key: it is a key pair; give its privateKey",
  },
  {
    mistake: "`importPkcs12()` without the password",
    make: () => call(importPkcs12, new Uint8Array(1)),
    name: NAME,
    says: "Cannot import PKCS#12: password is undefined, not a string",
  },
  {
    mistake: "`exportPkcs12()` with one certificate, no array",
    make: () => call(exportPkcs12, { certificates: cert, password: "x" }),
    name: NAME,
    says: "Cannot export PKCS#12: certificates is an object of type Certificate, not an array",
  },
  {
    mistake: "`new NssContext({ anchors })`",
    make: () => call((options: never) => new NssContext(options), { anchors }),
    name: NAME,
    says: "Cannot make context: there is no option anchors; did you mean trustAnchors?",
  },
  {
    mistake: "`new SoftToken({ password: 1234 })`",
    make: () => call((options: never) => new SoftToken(options), { password: 1234 }),
    name: NAME,
    says: "Cannot make token: password is a number, not a string",
  },
  {
    mistake: "`authCertificateHook(model)` without a hook",
    make: () => call(authCertificateHook, newModel()),
    name: NAME,
    says: "Cannot set authCertificate: the hook is undefined, not a function",
  },
  {
    mistake: "`getChannelInfo()` with a `Deno.Conn`",
    make: () => call(getChannelInfo, {}),
    name: "PR_BAD_DESCRIPTOR_ERROR",
    says: "Cannot use socket: it was not made by importFD",
  },
  {
    mistake: '`setNextProtoNego(model, "h2")`',
    make: () => call(setNextProtoNego, newModel(), "h2"),
    name: NAME,
    says: "Cannot use options: alpnProtocols is a string, not an array",
  },
  {
    mistake: '`cipherPrefSet(model, suite, "on")`',
    make: () => call(cipherPrefSet, newModel(), "TLS_AES_128_GCM_SHA256", "on"),
    name: NAME,
    says: 'Cannot set cipher suite: on is "on", not true or false',
  },
  {
    mistake: "`optionSet()` with a value that there is not",
    make: () => call(optionSet, newModel(), "NO_CACHE", "yes"),
    name: NAME,
    says: 'Cannot use option NO_CACHE: "yes" is not one of its values (boolean)',
  },
  {
    mistake: "`setURL(model, null)`",
    make: () => call(setURL, newModel(), null),
    name: NAME,
    says: "Cannot set URL: url is null, not a string",
  },
  {
    mistake: "`configMPServerSIDCache()` with a secret as text",
    make: () => call(configMPServerSIDCache, { secret: "c2VjcmV0" }),
    name: NAME,
    says:
      "Cannot configure session cache: secret is a string, not 32 bytes, a password or a PrivateKey; a password is { password }",
  },
  {
    mistake: "`exportKeyingMaterial()` of -1 bytes",
    make: () => exported("EXPORTER-test", -1),
    name: NAME,
    says: "Cannot export keying material: length is -1, not a whole number from 0 to 65535",
  },
  {
    mistake: "`exportKeyingMaterial()` of 2.5 bytes",
    make: () => exported("EXPORTER-test", 2.5),
    name: NAME,
    says: "Cannot export keying material: length is 2.5, not a whole number from 0 to 65535",
  },
  {
    mistake: "`exportKeyingMaterial()` with a label of 250 bytes",
    make: () => exported("x".repeat(250), 32),
    name: NAME,
    says: "Cannot export keying material: label has 250 bytes, not at most 249",
  },
  {
    mistake: "`exportKeyingMaterial()` with a context of 64 KiB",
    make: () => exported("EXPORTER-test", 32, new Uint8Array(65_536)),
    name: NAME,
    says: "Cannot export keying material: context has 65536 bytes, not at most 65535",
  },
];
