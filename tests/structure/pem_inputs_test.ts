// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Whatever takes a certificate, a key, a list and the like from a file takes PEM text, PEM bytes
 * and DER. The places are derived from the public signatures: one that is new has to be written
 * down here.
 *
 * @module
 */

import { assert, assertEquals } from "@std/assert";
import * as cert from "@nss/nss/cert";
import * as pkcs11 from "@nss/nss/pkcs11";
import * as ssl from "@nss/nss/ssl";
import { createSecureContext, createServer } from "@nss/nss/node";
import { Buffer } from "node:buffer";
import { type Ends, HOSTNAME, join, type JoinOptions, PKI, shake } from "../ssl/_support.ts";
import type { Manifest } from "./_rules.ts";
import { ROOT } from "./_source.ts";
import { linesOf, readSymbols } from "./_surface.ts";

/** What a place takes, with its PEM label. */
interface Sample {
  readonly label: string;
  readonly der: Uint8Array;
}

/** A place: what it is given, and how; what comes of it is the same for each form. */
interface Place {
  readonly sample: Sample;
  readonly give: (encoding: string | Uint8Array) => unknown;
}

const { root } = PKI;
const issuer = { certificate: root.cert, privateKey: root.keys.privateKey };
const day = new Date();
const keys = await pkcs11.generateKeyPair("ec-p256", { extractable: true });
const own = await cert.createCertificate({ ...keys, dnsNames: [HOSTNAME], issuer });
const request = await cert.createCertificateRequest({ ...keys, subject: "CN=a" });
const crl = await cert.createCrl({ issuer, crlNumber: 1, thisUpdate: day, revoked: [] });
const ocsp = await cert.createOcspResponse({
  issuer: root.cert,
  responder: issuer,
  producedAt: day,
  responses: [{ certificate: own, status: "good" }],
});
const pfx = await pkcs11.exportPkcs12({ certificates: [own], password: "x", iterations: 2_000 });

const ech = await ssl.generateEchKeys({ publicName: "a.test", curve: "P-256", extractable: true });
const ECH_KEY = {
  label: "PRIVATE KEY",
  der: new Uint8Array(await crypto.subtle.exportKey("pkcs8", ech.privateKey)),
};

const CERTIFICATE = { label: "CERTIFICATE", der: own.der };
const ROOT_CERTIFICATE = { label: "CERTIFICATE", der: root.cert.der };
const KEY = { label: "PRIVATE KEY", der: await keys.exportPkcs8() };
const CRL = { label: "X509 CRL", der: crl.der };
const OCSP = { label: "OCSP RESPONSE", der: ocsp.der };

/** What a client sees of a server. */
async function seen(
  options: JoinOptions,
  configure: (ends: Ends) => Promise<void> = () => Promise.resolve(),
): Promise<string> {
  await using joined = join(options);
  await configure(joined);
  const [info] = await shake(joined);
  const chain = info.peerCertificates.map((one) => one.der.toHex());
  const staples = ssl.peerStapledOCSPResponses(joined.client).map((one) => one.toHex());
  return [...chain, ...staples].join(" ");
}

const ofServer = (options: Partial<ssl.CertificateOptions>) =>
  seen({
    server: { certificates: [{ cert: own, key: keys.privateKey, ...options }] },
    client: { ocspStapling: true },
  });

const PUBLIC_KEY = { label: "PUBLIC KEY", der: keys.publicKey.der };

/** The raw public key that a client sees of a server. */
async function rawKeySeen(
  own: Partial<ssl.RawKeyOptions>,
  accept: readonly ssl.RawPublicKeyInput[] = [keys.publicKey],
): Promise<string | undefined> {
  await using joined = join({
    server: { rawPublicKeys: { keys: [{ key: keys.privateKey, ...own }] } },
    client: { rawPublicKeys: { accept } },
  });
  const [info] = await shake(joined);
  return await info.peerRawPublicKey?.pin();
}

async function configured(configure: (server: ssl.SslSocket) => Promise<void>): Promise<string> {
  return await seen({ client: { ocspStapling: true } }, ({ server }) => configure(server));
}

async function soughtBy(encoding: string | Uint8Array): Promise<string> {
  const db = new cert.MemoryCertDB();
  await cert.importCert(db, own);
  return String(await cert.findCertByDER(db, encoding));
}

async function stored(encoding: string | Uint8Array): Promise<string> {
  const token = new pkcs11.SoftToken();
  return (await token.importKey(encoding)).id.toHex();
}

/** What refuses a key that is not the certificate's takes it. */
function takenByNode(
  take: (options: { readonly cert: string; readonly key: string | Buffer }) => object,
  key: string | Uint8Array,
): string {
  const options = { cert: own.toPem(), key: typeof key === "string" ? key : Buffer.from(key) };
  return take(options).constructor.name;
}

async function fetched(encoding: string | Uint8Array): Promise<string> {
  const reports: string[] = [];
  if (typeof encoding === "string") return "good"; // a fetch gives bytes
  const points = [{ fullName: [{ type: "uri", value: "http://crl.test/" } as const] }];
  const certificate = await cert.createCertificate({
    ...keys,
    dnsNames: [HOSTNAME],
    issuer,
    extensions: [cert.makeExtension(cert.crlDistributionPoints, points)],
  });
  await cert.checkRevocation({
    policy: "hard",
    time: new Date(),
    fetchCrl: () => encoding,
    report: ({ status }) => reports.push(status),
  })({ certificates: [certificate], anchor: cert.trustAnchorOf(root.cert) });
  return reports.join();
}

/** The places that take them, by the names of their signatures. */
const PLACES: Readonly<Record<string, Place | readonly Place[]>> = {
  importEchKey: {
    sample: ECH_KEY,
    give: async (one) => (await ssl.importEchKey(ech.config, one)).config.toHex(),
  },
  parseCertificate: { sample: CERTIFICATE, give: (one) => String(cert.parseCertificate(one)) },
  parseCertificatesPem: {
    sample: CERTIFICATE,
    give: (one) => cert.parseCertificatesPem(one).map(String),
  },
  parseCertificateRequest: {
    sample: { label: "NEW CERTIFICATE REQUEST", der: request.der },
    give: (one) => cert.parseCertificateRequest(one).der.toHex(),
  },
  parseCrl: { sample: CRL, give: (one) => String(cert.parseCrl(one)) },
  parseCrlsPem: { sample: CRL, give: (one) => cert.parseCrlsPem(one).map(String) },
  parseOcspResponse: { sample: OCSP, give: (one) => cert.parseOcspResponse(one).der.toHex() },
  parsePkcs7Certificates: {
    sample: { label: "PKCS7", der: cert.encodePkcs7Certificates([own, root.cert]) },
    give: (one) => cert.parsePkcs7Certificates(one).map(String),
  },
  parseSubjectPublicKeyInfo: {
    sample: PUBLIC_KEY,
    give: (one) => cert.parseSubjectPublicKeyInfo(one).pin(),
  },
  verifyOcspResponse: {
    sample: OCSP,
    give: async (one) => {
      const options = { certificate: own, issuer: root.cert, time: new Date() };
      return (await cert.verifyOcspResponse(one, options)).certStatus.status;
    },
  },
  importCert: {
    sample: CERTIFICATE,
    give: async (one) => String((await cert.importCert(new cert.MemoryCertDB(), one)).certificate),
  },
  findCertByDER: { sample: CERTIFICATE, give: soughtBy },
  FetchCrl: { sample: CRL, give: fetched },
  importPrivateKey: {
    sample: KEY,
    give: async (one) => (await pkcs11.importPrivateKey(one)).publicKey!.pin(),
  },
  importPkcs12: {
    sample: { label: "PKCS12", der: pfx },
    give: async (one) =>
      (await pkcs11.importPkcs12(one, "x")).certificates.map(({ certificate }) => `${certificate}`),
  },
  ImportableKey: { sample: KEY, give: stored },
  KeyInput: { sample: KEY, give: (one) => takenByNode(createSecureContext, one) },
  "ServerOptions.key": { sample: KEY, give: (one) => takenByNode(createServer, one) },
  "BaseToken.importKey": { sample: KEY, give: stored },
  "Token.importKey": { sample: KEY, give: stored },
  "TokenKeyStore.import": { sample: KEY, give: stored },
  CertificateInput: { sample: CERTIFICATE, give: (one) => ofServer({ cert: one }) },
  "CertificateOptions.cert": { sample: CERTIFICATE, give: (one) => ofServer({ cert: one }) },
  "CertificateOptions.chain": { sample: ROOT_CERTIFICATE, give: (one) => ofServer({ chain: one }) },
  "CertificateOptions.key": { sample: KEY, give: (one) => ofServer({ key: one }) },
  "CertificateOptions.ocsp": { sample: OCSP, give: (one) => ofServer({ ocsp: one }) },
  "ImportOptions.caCerts": {
    sample: ROOT_CERTIFICATE,
    give: (one) => seen({ client: { caCerts: [one] } }),
  },
  "RawKeyOptions.key": { sample: KEY, give: (one) => rawKeySeen({ key: one }) },
  "RawKeyOptions.publicKey": {
    sample: PUBLIC_KEY,
    give: (one) => rawKeySeen({ publicKey: one }),
  },
  RawPublicKeyInput: { sample: PUBLIC_KEY, give: (one) => rawKeySeen({}, [one]) },
  "RawPublicKeyOptions.accept": { sample: PUBLIC_KEY, give: (one) => rawKeySeen({}, [one]) },
  "ServerCertOptions.certChain": {
    sample: ROOT_CERTIFICATE,
    give: (one) =>
      configured((server) =>
        ssl.configServerCert(server, own, keys.privateKey, { certChain: one })
      ),
  },
  "ServerCertOptions.stapledOCSPResponse": {
    sample: OCSP,
    give: (one) =>
      configured((server) =>
        ssl.configServerCert(server, own, keys.privateKey, { stapledOCSPResponse: one })
      ),
  },
  configServerCert: [{
    sample: CERTIFICATE,
    give: (one) => configured((server) => ssl.configServerCert(server, one, keys.privateKey)),
  }, {
    sample: KEY,
    give: (one) => configured((server) => ssl.configServerCert(server, own, one)),
  }],
  configSecureServer: [{
    sample: CERTIFICATE,
    give: (one) => configured((server) => ssl.configSecureServer(server, one, keys.privateKey)),
  }, {
    sample: KEY,
    give: (one) => configured((server) => ssl.configSecureServer(server, own, one)),
  }],
  setTrustAnchors: {
    sample: ROOT_CERTIFICATE,
    give: async (one) => {
      const names: string[] = [];
      await using joined = join({
        server: { clientAuth: "request" },
        client: {
          getClientAuthData: (_socket, { caNames }) => {
            names.push(...caNames.map(String));
            return null;
          },
        },
      });
      ssl.setTrustAnchors(joined.server, [one]);
      await shake(joined);
      return names.join();
    },
  },
};

/** Those that take bytes of another kind, by the reason. */
const OTHERS: Readonly<Record<string, readonly string[]>> = {
  "what comes from a peer is DER and nothing else": [
    "Certificate.fromDer",
    "FetchOcsp",
    "RevocationOptions.stapledOcspResponse",
    "parseOcspRequest",
    "parseSctList",
  ],
  "an element of DER, which has no PEM": [
    "DerWriter.bitString",
    "DerWriter.integer",
    "DerWriter.octetString",
    "DerWriter.primitive",
    "DerWriter.raw",
    "DerWriter.unsignedInteger",
    "Name.fromDer",
    "findCertByName",
  ],
  "what a database is asked, out of what has been parsed": [
    "CertQuery.der",
    "CertQuery.issuer",
    "CertQuery.serialNumber",
    "CertQuery.subject",
    "CertQuery.subjectKeyIdentifier",
  ],
  "a number, an identifier, an address, a nonce or a secret": [
    "ClientSessionCacheOptions.secret",
    "CreateCertificateOptions.serialNumber",
    "CreateOcspRequestOptions.nonce",
    "CreateOcspResponseOptions.nonce",
    "Crl.find",
    "HelloRetryRequestAction",
    "HelloRetryRequestCallback",
    "KvSessionCache.constructor",
    "KvSessionCacheOptions.secret",
    "MPServerSessionCacheOptions.secret",
    "ServerSessionCacheOptions.ticketKeys",
    "StoreSecret",
    "RevocationOptions.ocspNonce",
    "RevokedCertificate.serialNumber",
    "VerifyOcspResponseOptions.nonce",
    "exportEarlyKeyingMaterial",
    "exportKeyingMaterial",
    "findCertByIssuerAndSN",
    "findCertByKeyID",
    "formatIpAddress",
    "getResumptionTokenInfo",
    "setResumptionToken",
  ],
  "a list of SCTs as `encodeSctList` makes it": [
    "CertificateOptions.scts",
    "ServerCertOptions.signedCertTimestamps",
  ],
  "a configuration of Encrypted Client Hello, which stands in DNS": [
    "ImportOptions.echConfigList",
    "encodeEchConfigList",
    "setClientEchConfigs",
  ],
  "the bytes of a pre-shared key, or of its name": [
    "ExternalPsk.identity",
    "ExternalPskImporter",
    "ExternalPskSecret.importer",
    "ExternalPskSecret.key",
    "removeExternalPsk",
  ],
  "data of connections": [
    "ByteStreams.readable",
    "ByteStreams.writable",
    "ConnLike.read",
    "ConnLike.write",
    "ImportOptions.head",
    "SslSocket.read",
    "SslSocket.write",
    "readEarlyData",
    "writeEarlyData",
  ],
  "a row of a session store": ["SessionStore.get"],
  "PEM itself": ["decodePem", "encodePem"],
};

const { exports }: Manifest = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));

/** The names of the public signatures that take bytes; what is returned has `<ArrayBuffer>`. */
async function placesOf(): Promise<string[]> {
  const symbols = [...await readSymbols(exports)].flatMap(([, list]) => list);
  const lines = [...new Set(symbols.flatMap(linesOf))];
  const takesBytes = (line: string) => /\bUint8Array\b(?!<)/.test(line);
  const aliases = lines.filter((line) => takesBytes(line) && / = (?!.*=>)/.test(line))
    .map((line) => /^\w+/.exec(line)![0]);
  const names = new RegExp(`\\b(?:${aliases.join("|")})\\b|Options\\["(?:key|cert)"\\]`);
  const nameOf = (line: string) =>
    /^[\w.]+/.exec(line.replace(/\b(?:static|readonly|protected|get) /, ""))![0];
  return [...new Set(lines.filter((line) => takesBytes(line) || names.test(line)).map(nameOf))]
    .sort();
}

Deno.test("each public signature that takes bytes either takes PEM and DER, or says why not", async () => {
  const written = [...Object.keys(PLACES), ...Object.values(OTHERS).flat()];
  assertEquals(written.toSorted(), await placesOf());
});

function utf16(text: string): Uint8Array {
  const units = Uint16Array.from(`\ufeff${text}`, (unit) => unit.charCodeAt(0));
  return new Uint8Array(units.buffer);
}

/** The forms in which a file may come. */
function formsOf({ label, der }: Sample): Record<string, string | Uint8Array> {
  const pem = cert.encodePem(label, der);
  const utf8 = (text: string) => new TextEncoder().encode(text);
  return {
    "PEM text": pem,
    "PEM text with a byte order mark": `\ufeff${pem}`,
    "PEM bytes": utf8(pem),
    "PEM bytes with a byte order mark": utf8(`\ufeff${pem}`),
    "PEM bytes behind a comment that begins with 0, in UTF-8": utf8(`0 ключ\r\n${pem}`),
    "PEM bytes in UTF-16": utf16(pem),
    "a Buffer of PEM": Object.assign(utf8(pem.replaceAll("\n", "\r\n")), { slice: undefined }),
  };
}

for (const [name, places] of Object.entries(PLACES)) {
  Deno.test(`${name} takes PEM text, PEM bytes and DER`, async () => {
    for (const { sample, give } of [places].flat()) {
      const expected = await give(sample.der);
      assert(JSON.stringify(expected).length > 4);
      for (const [form, encoding] of Object.entries(formsOf(sample))) {
        assertEquals(await give(encoding), expected, `${sample.label}: ${form}`);
      }
    }
  });
}
