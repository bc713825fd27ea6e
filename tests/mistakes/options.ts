// Copyright 2026 the NSS for Deno authors. MIT license.

import { Server } from "node:net";
import { Duplex } from "node:stream";
import {
  createCertificate,
  generateKeyPair,
  importFD,
  type ImportOptions,
  newModel,
} from "@nss/nss";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Options of importFD";

const NAME = "SEC_ERROR_INVALID_ARGS";
const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: '`clientauth: "require"`',
    make: () => withOptions({ role: "server", clientauth: "require" }),
    name: NAME,
    says: "Cannot use options: there is no option clientauth; did you mean clientAuth?",
  },
  {
    mistake: "`caCert: pem`",
    make: () => withOptions({ caCert: cert.toPem() }),
    name: NAME,
    says: "Cannot use options: there is no option caCert; did you mean caCerts?",
  },
  {
    mistake: "`caCerts: pem`, no array",
    make: () => withOptions({ caCerts: cert.toPem() }),
    name: NAME,
    says: "Cannot use options: caCerts is a string, not an array",
  },
  {
    mistake: '`caCerts: ["ca.pem"]`, the name of a file',
    make: () => withOptions({ caCerts: ["ca.pem"] }),
    name: NAME,
    says:
      "Cannot use option caCerts[0]: the text holds no PEM block; if it is the name of a file, read the file first",
  },
  {
    mistake: '`alpnProtocols: "h2"`',
    make: () => withOptions({ alpnProtocols: "h2" }),
    name: NAME,
    says: "Cannot use options: alpnProtocols is a string, not an array",
  },
  {
    mistake: '`allowTruncation: "false"`',
    make: () => withOptions({ allowTruncation: "false" }),
    name: NAME,
    says: 'Cannot use options: allowTruncation is "false", not true or false',
  },
  {
    mistake: '`role: "sever"`',
    make: () => withOptions({ role: "sever" }),
    name: NAME,
    says: 'Cannot use options: role is "sever", not one of client, server',
  },
  {
    mistake: '`handshakeTimeout: "5s"`',
    make: () => withOptions({ handshakeTimeout: "5s" }),
    name: NAME,
    says: 'Cannot use options: handshakeTimeout is "5s", not a number from 0 up',
  },
  {
    mistake: '`versions: { mim: "TLSv1.3" }`',
    make: () => withOptions({ versions: { mim: "TLSv1.3" } }),
    name: NAME,
    says: "Cannot use options: versions has no member mim; did you mean min?",
  },
  {
    mistake: "`keyShares: []`",
    make: () => withOptions({ keyShares: [] }),
    name: NAME,
    says: "Cannot use option keyShares: the list is empty; omit it for the default",
  },
  {
    mistake: "`keyShares` that `groups` does not have",
    make: () => withOptions({ keyShares: ["secp384r1"], groups: ["x25519"] }),
    name: NAME,
    says:
      "Cannot use option keyShares: secp384r1 is not among the groups; name it in the option groups, too",
  },
  {
    mistake: "`certificates: { cert, key }`, no array",
    make: () => withOptions({ role: "server", certificates: { cert, key: keys.privateKey } }),
    name: NAME,
    says: "Cannot use options: certificates is an object, not an array",
  },
  {
    mistake: "`readTextFile()` without `await` as `cert`",
    make: () =>
      withOptions({
        role: "server",
        certificates: [{ cert: Promise.resolve(cert.toPem()), key: keys.privateKey }],
      }),
    name: NAME,
    says:
      "Cannot use option certificates[0].cert: a Promise (await it) is not a Certificate, an array of them, PEM text or bytes, or DER",
  },
  {
    mistake: "an empty `ocsp`",
    make: () =>
      withOptions({
        role: "server",
        certificates: [{ cert, key: keys.privateKey, ocsp: new Uint8Array(0) }],
      }),
    name: NAME,
    says: "Cannot use option certificates[0].ocsp: it is empty",
  },
  {
    mistake: "an `ocsp` of 500 KB",
    make: () =>
      withOptions({
        role: "server",
        certificates: [{ cert, key: keys.privateKey, ocsp: new Uint8Array(500_000) }],
      }),
    name: NAME,
    says:
      "Cannot use option certificates[0].ocsp: with its 500000 bytes the Certificate message would be longer than 65535 bytes",
  },
  {
    mistake: '`hostname: "https://user:secret@"`',
    make: () => withOptions({ hostname: "https://user:secret@" }),
    name: NAME,
    says: "Cannot use option hostname: the URL is malformed, or has no host",
  },
  {
    mistake: '`hostname: "example.com/path"`',
    make: () => withOptions({ hostname: "example.com/path" }),
    name: NAME,
    says: 'Cannot use option hostname: "example.com/path" is not a host name',
  },
  {
    mistake: "`badCert: true`",
    make: () => withOptions({ badCert: true }),
    name: NAME,
    says: "Cannot use options: badCert is a boolean, not a function",
  },
  {
    mistake: "options that are an instance of a class",
    make: () => withOptions(new URLSearchParams()),
    name: NAME,
    says:
      "Cannot use options: the options are an object of type URLSearchParams, not a plain object",
  },
  {
    mistake: "options that are `null`",
    make: () => Reflect.apply(importFD, undefined, [streams(), null]),
    name: NAME,
    says: "Cannot use options: the options are null, not a plain object",
  },
  {
    mistake: "`Deno.connect()` without `await`",
    make: () => Reflect.apply(importFD, undefined, [Promise.resolve()]),
    name: NAME,
    says:
      "Cannot import connection: the transport is a Promise (await it), not a connection, a pair of streams or a listener",
  },
  {
    mistake: "a `net.Socket` of Node as the connection",
    make: () => Reflect.apply(importFD, undefined, [new Duplex()]),
    name: NAME,
    says:
      "Cannot import connection: the transport is a stream of Node; pass fromNodeStream(stream), of @nss/nss/node",
  },
  {
    mistake: "a server of `node:net` as the listener",
    make: () => Reflect.apply(importFD, undefined, [new Server()]),
    name: NAME,
    says:
      "Cannot import connection: the transport is a server of Node; pass fromNodeServer(server), of @nss/nss/node",
  },
  {
    mistake: "one stream as the connection",
    make: () => Reflect.apply(importFD, undefined, [streams().readable]),
    name: NAME,
    says: "Cannot import connection: the transport is one stream; pass { readable, writable }",
  },
  {
    mistake: "a stream that has a reader already",
    make: () => {
      const { readable, writable } = streams();
      readable.getReader();
      return importFD({ readable, writable });
    },
    name: NAME,
    says: "Cannot import connection: readable is locked: another reader has it",
  },
  {
    mistake: "a model with the `signal` of a connection",
    make: () => newModel({ signal: AbortSignal.abort() }),
    name: NAME,
    says: "Cannot use option signal: it is a single connection's, not a model's",
  },
];

function streams() {
  return new TransformStream<Uint8Array>();
}

/** Passes options that the compiler would refuse. */
function withOptions(options: object) {
  return importFD(streams(), options as ImportOptions);
}
