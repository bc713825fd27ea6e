// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A right argument for each type of a public function's parameter. @module */

import { createServer } from "node:http";
import * as cert from "@nss/nss/cert";
import * as pkcs11 from "@nss/nss/pkcs11";
import * as http from "@nss/nss/http";
import * as node from "@nss/nss/node";
import * as ssl from "@nss/nss/ssl";
import { platformTrustAnchors } from "@nss/nss/pkcs11/builtins";
import { loadModule } from "@nss/nss/pkcs11/module";
import { openKvToken } from "@nss/nss/pkcs11/kv-token";
import { openNssDb, parsePkcs11Txt } from "@nss/nss/pkcs11/nss-db";
import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
import * as stores from "@nss/nss/ssl/session-store";
import { testSessionStore } from "@nss/nss/ssl/session-store-conformance";
import { connected, PKI } from "../ssl/_support.ts";
import { memoryPair } from "../support/memory_pair.ts";

/** What can be called. */
type Callable = (...args: unknown[]) => unknown;

/** Everything public, by its name. */
export const EXPORTS: ReadonlyMap<string, unknown> = new Map(
  Object.entries({
    ...cert,
    ...pkcs11,
    ...ssl,
    ...http,
    ...node,
    platformTrustAnchors,
    loadModule,
    openKvToken,
    openNssDb,
    parsePkcs11Txt,
    openKvSessionCache,
    ...stores,
    testSessionStore,
  }),
);

/**
 * The classes of which this package makes the instances, out of what it has parsed or opened; their
 * constructors are not for callers.
 */
const OWN_PARTS: readonly string[] = [
  "BaseToken",
  "Certificate",
  "CertificateRequest",
  "Crl",
  "DerReader",
  "KvCertDB",
  "KvSessionCache",
  "KvSessionStore",
  "KvToken",
  "Name",
  "NssDbToken",
  "NssError", // an error is made where something else went wrong: it must not throw another one
  "OcspResponse",
  "Pkcs11Module",
  "SslError",
  "SubjectPublicKeyInfo",
];

/** Returns what calls a function, the constructor of a class (`new X`) or a method (`X.y`). */
export function callableOf(samples: ReadonlyMap<string, unknown>, path: string): Callable | null {
  const [, made, owner, method] = /^(new )?(\w+)(?:\.(.+))?$/.exec(path)!;
  const value = EXPORTS.get(owner!);
  if (made !== undefined) {
    if (OWN_PARTS.includes(owner!)) return null;
    return (...args) => Reflect.construct(value as new () => unknown, args);
  }
  if (method === undefined) return (...args) => (value as Callable)(...args);
  // The reader and the writer of DER are called for each field: their arguments are not checked
  if (owner === "DerReader" || owner === "DerWriter") return null;
  const target = samples.get(owner!) as Record<string, Callable> | undefined;
  return target === undefined ? null : (...args) => target[method]!(...args);
}

/** What is given in place of an argument. */
export const WRONG: Readonly<Record<string, unknown>> = {
  undefined: undefined,
  null: null,
  number: 7,
  string: "x",
  object: {},
  array: [],
  promise: Promise.resolve(),
};

/** The kinds of {@linkcode WRONG} that a type admits. */
export function admitted(type: string, isOptional: boolean): readonly string[] {
  const parts = type.split(" | ");
  const has = (pattern: RegExp) => parts.some((part) => pattern.test(part));
  return [
    ...isOptional ? ["undefined"] : [],
    ...has(/^null$|^HookOf/) ? ["null"] : [],
    ...has(/^number$|^CipherSuiteId$/) ? ["number"] : [],
    ...has(/^string$|^CertificateInput$|^CipherSuiteId$|^ImportableKey$/) ? ["string"] : [],
    ...has(/\[\]$|^CertificateInput$|^Iterable/) ? ["array"] : [],
    ...has(/^unknown$|^T$/) ? Object.keys(WRONG) : [],
  ];
}

/** Whether a type is that of an object of options. */
export function isOptions(type: string): boolean {
  return /(?:Options|Bounds|Range|CertQuery|Uri)(?:<A>)?$|^\{ |^(?:Omit|Partial)</.test(type);
}

/** Makes a right argument for each type. */
export async function makeSamples(): Promise<AsyncDisposable & Map<string, unknown>> {
  const { server: { cert: certificate, keys }, root } = PKI;
  const joined = await connected();
  const issuer = { certificate: root.cert, privateKey: root.keys.privateKey };
  const time = new Date();
  const anchor = cert.trustAnchorOf(root.cert);
  const request = await cert.createCertificateRequest({ ...keys, subject: "CN=a" });
  const crl = await cert.createCrl({ issuer, crlNumber: 1, thisUpdate: time, revoked: [] });
  const db = new cert.MemoryCertDB();
  const context = new pkcs11.NssContext({ trustAnchors: [] });
  const extension = [...certificate.extensions.values()][0]!;
  const sct: cert.Sct = {
    logId: new Uint8Array(32),
    timestamp: time,
    extensions: new Uint8Array(0),
    signatureAlgorithm: 0x0403,
    signature: new Uint8Array(70),
  };
  const ocsp = await cert.createOcspResponse({
    issuer: root.cert,
    responder: issuer,
    producedAt: time,
    responses: [{ certificate, status: "good" }],
  });
  const ech = await ssl.generateEchKeys({ publicName: "public.test" });
  const record = await db.importCert(certificate);
  const hook = () => {};
  const samples: Record<string, unknown> = {
    "A": undefined,
    "string": "CN=a",
    "number": 1,
    "boolean": true,
    "unknown": 1,
    "T": [],
    "Date": time,
    "Uint8Array": certificate.der,
    "Uint8Array<ArrayBuffer>": certificate.der,
    "string | Uint8Array": certificate.der,
    "Certificate": certificate,
    "Certificate | TrustAnchor": root.cert,
    "Certificate | Uint8Array | string": certificate,
    "readonly Certificate[]": [certificate],
    "CertificateRequest": request,
    "Crl": crl,
    "CertDB": db,
    "CertSource": db,
    "readonly (CertSource | CertDB)[]": [db],
    "CertRecord": record,
    "CertQuery": {},
    "CertTrust": { ssl: 0, email: 0, objectSigning: 0 },
    "CertUsageName": "sslServer",
    "readonly CertUsageName[]": ["sslServer"],
    "NicknameSet": "all",
    "Partial<TrustLevels>": {},
    "Name | string | Uint8Array": "CN=a",
    'Exclude<OcspResponseStatus, "successful">': "tryLater",
    "OcspResponse | Uint8Array | string": ocsp,
    "Uint8Array | string": certificate.der,
    "readonly Sct[]": [sct],
    "Sct": sct,
    "GeneralName": { type: "dns", value: "a.test" },
    "string | readonly string[]": "CERTIFICATE",
    "readonly string[]": ["h2"],
    "CertificateExtension": extension,
    "Iterable<CertificateExtension>": [extension],
    "ExtensionCodec<T>": cert.subjectAltName,
    "DerReader": new cert.DerReader(new Uint8Array([0x30, 0]), "a"),
    "DerWriter": new cert.DerWriter(),
    "KeyAlgorithm": keys.publicKey.algorithm,
    "SubjectPublicKeyInfo": keys.publicKey,
    "SignatureScheme": "ecdsa_secp256r1_sha256",
    "readonly SignatureScheme[]": ["ed25519"],
    "PrivateKey": keys.privateKey,
    "CryptoKey | PrivateKey | string | Uint8Array": keys.privateKey,
    "CryptoKey | Uint8Array | string": ech.privateKey,
    "ExternalPsk": { identity: "device 7", key: new Uint8Array(16) },
    "readonly EchKey[]": [ech],
    "readonly (EchKey | Uint8Array)[]": [ech],
    "Uint8Array | string | null": ssl.encodeEchConfigList([ech]),
    "EchKeyOptions": { publicName: "public.test" },
    "KeyPairType": "ec-p256",
    "KeyQuery": certificate,
    "TokenKey": { id: new Uint8Array(20), label: null, algorithm: null },
    "Token": context.token,
    "PasswordFunc | null": hook,
    "Pkcs11Uri": { token: "a" },
    "string | null": null,
    "SslSocket": joined.client,
    "Configurable": ssl.newModel(),
    "SslModel | SslSocket": ssl.newModel(),
    "NssContext | Configurable": context,
    "PolicyPresetName | null": "modern",
    "readonly NamedGroupName[]": ["x25519"],
    "ChannelBindingType": "tls-exporter",
    "CipherSuiteId": "TLS_AES_128_GCM_SHA256",
    "CipherSuiteId | string": "TLS_AES_128_GCM_SHA256",
    "CipherPolicy": "ALLOWED",
    "CertificateInput": certificate,
    "CertificateInput | null": certificate,
    "readonly CertificateInput[] | null": [certificate],
    'CertificateOptions["key"]': keys.privateKey,
    'CertificateOptions["key"] | null': keys.privateKey,
    "ServerKeyKind": "ec",
    "string | URL": "a.test",
    "Name": certificate.subject,
    "RawPublicKeyOptions | null": null,
    "AntiReplayContext | null": null,
    "string | Name": "CN=a",
    "HashName": "SHA-256",
    "OcspResponse": ocsp,
    "MemoryCertDB": db,
    "SoftToken": new pkcs11.SoftToken(),
    "ImportableKey": (await pkcs11.generateKeyPair("ec-p256", { extractable: true })).privateKey,
    "CertTrust | null": null,
    "NssContext": context,
    "TokenModule": context.modules[0],
    "Slot": context.slots[0],
    "SlotOptions": { name: "a", token: null },
    "VersionRange": {},
    "SslListener<A>": ssl.importFD({
      addr: null,
      accept: () => new Promise<Deno.TcpConn>(() => {}),
      close() {},
    }),
    "ServeHandler<A>": () => new Response(),
    "Server": createServer(),
    "O": "NO_CACHE",
    "SslOptionValues[O]": true,
    "PeerAuthentication": {
      chain: [certificate],
      checkSig: true,
      isServer: false,
      hostname: "server.test",
      time,
      context,
      trustAnchors: [anchor],
      signedCertTimestamps: null,
      stapledOcspResponse: null,
      askedForOcspResponse: false,
    },
    "() => number": () => 0,
    "RedisSessionStoreOptions": { command: hook },
    "StoreConformanceOptions": { name: "a", test: hook, engine: hook },
    "ConnLike<A>": memoryPair()[0],
    "ListenerLike<A>": Deno.listen({ hostname: "127.0.0.1", port: 0 }),
    "ByteStreams & { readonly read?: never }": new TransformStream<Uint8Array>(),
    "ConnLike | ByteStreams | ListenerLike": new TransformStream<Uint8Array>(),
    // Objects of options that may not be empty
    "CreateCertificateOptions": { ...keys, subject: "CN=a" },
    "CreateCertificateRequestOptions": { ...keys, subject: "CN=a" },
    "IssueCertificateOptions": { issuer },
    "CreateCrlOptions": { issuer, crlNumber: 1, thisUpdate: time, revoked: [] },
    "CreateOcspResponseOptions": {
      issuer: root.cert,
      responder: issuer,
      producedAt: time,
      responses: [{ certificate, status: "good" }],
    },
    "RevocationOptions": { policy: "soft", time },
    "StoreCertOptions": {},
    "VerifyChainOptions": { anchors: [anchor], time, usage: "sslServer" },
    "VerifyCrlOptions": { issuer: root.cert, time },
    "VerifyOcspResponseOptions": { certificate, issuer: root.cert, time },
    "VerifySctOptions": { certificate, logs: [], source: "delivered", time },
    "ExportPkcs12Options": { certificates: [certificate], password: "x" },
  };
  const listener = samples["ListenerLike<A>"] as Deno.Listener;
  return Object.assign(new Map(Object.entries(samples)), {
    [Symbol.asyncDispose]: async () => {
      listener.close();
      await joined[Symbol.asyncDispose]();
      await context.close();
    },
  });
}

/** Returns a right argument. */
export function sampleOf(samples: ReadonlyMap<string, unknown>, type: string): unknown {
  if (samples.has(type)) return samples.get(type);
  if (isOptions(type)) return {};
  if (/(?:Hook|Callback) \| null$/.test(type)) return () => {};
  throw new TypeError(`Cannot call a function with ${type}: give _arguments.ts a sample`);
}
