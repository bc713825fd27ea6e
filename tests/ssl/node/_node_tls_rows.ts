// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Every option, event, method and function of Node's `tls`, and what it does here. The types of the
 * tables demand a row for each name that Node's types have; `docs/node.md` is written from them.
 *
 * @module
 */

import type net from "node:net";
import type tls from "node:tls";

/**
 * How something is treated. `as Node`: it does the same. `otherwise`: it is obeyed, with the
 * difference that the row tells. `no effect`: what it is for goes without it. `later`: refused with
 * a clear error until it is supported. `refused`: it cannot be supported, and says so.
 */
export type Mark = "as Node" | "otherwise" | "no effect" | "later" | "refused";

/** What something does here, and the beginning of the name of the test that shows it. */
export type Row = readonly [mark: Mark, does: string, test: string];

type Rows<Names extends PropertyKey> = { readonly [Name in Names]: Row };

const NEGOTIATED = "connect: ciphers, ecdhCurve, sigalgs, minVersion and maxVersion decide";
const CHECKED = "options: what is mapped is checked";
const KEYS = "connect: cert and key, under a password too, authenticate the client";
const NET = "connect: lookup finds the address";
const NET_ERRORS = "connect: a port that nobody listens on, lookup and signal are errors of Node's";
const GIVEN = "connect: socket takes a connected, a connecting and any duplex stream";
const ALPN = "createServer: ALPNProtocols and ALPNCallback choose";
const CLIENTS = "createServer: requestCert requires a trusted certificate";
const MODULE = "the module: constants, lists and functions are those of node:tls";
const FACTS = "a socket whose handshake is complete says all at once";

/** The options of `createSecureContext()`, and so of `connect()` and `createServer()`. */
export const SECURE_CONTEXT_OPTIONS: Rows<keyof Required<tls.SecureContextOptions>> = {
  ALPNCallback: ["as Node", "a server's; what it throws refuses the client", ALPN],
  allowPartialTrustChain: [
    "as Node",
    "without it, only a certificate of `ca` that is its own issuer ends a path",
    "connect: an intermediate in ca is a link, and an anchor only with allowPartialTrustChain",
  ],
  ca: [
    "as Node",
    "in place of the default context's roots: Mozilla's, and those of `NODE_EXTRA_CA_CERTS`",
    "connect: ca decides whom to trust",
  ],
  cert: ["as Node", "one without its key is refused", KEYS],
  ciphers: [
    "otherwise",
    "OpenSSL's grammar and the names of TLS 1.3. Words (`HIGH`, `ALL`) leave out AES-CBC, which has to be named in full; `PSK` means ECDHE-PSK-CHACHA20-POLY1305 alone; a list of suites that are not supported (RC4, 3DES, DHE, RSA key transport) is refused if nothing is left, and `@SECLEVEL` above 2 always. Without it AES-CBC is off",
    NEGOTIATED,
  ],
  clientCertEngine: ["refused", "engines are OpenSSL's; `key` may be a key of a token", CHECKED],
  crl: [
    "as Node",
    "each certificate of a path needs a list",
    "connect: with crl each certificate needs a list",
  ],
  dhparam: [
    "no effect",
    "there is no finite-field Diffie-Hellman here",
    "options: names that drivers leave empty",
  ],
  ecdhCurve: [
    "as Node",
    "names that are not supported are left out, unknown ones refused",
    NEGOTIATED,
  ],
  honorCipherOrder: [
    "no effect",
    "the server's order counts always",
    "createServer: the server's order of suites counts",
  ],
  key: ["otherwise", "as in Node; a `CryptoKey` and any key that signs, too", KEYS],
  maxVersion: ["otherwise", "TLS 1.2 and 1.3; an older one is refused", NEGOTIATED],
  minVersion: ["otherwise", "an older one than TLS 1.2 counts as TLS 1.2", NEGOTIATED],
  passphrase: [
    "otherwise",
    "decrypts later: a wrong one is the error of the socket, or an `error` of the server",
    KEYS,
  ],
  pfx: [
    "otherwise",
    "as `passphrase`; its authorities are trusted besides `ca`, as in Node",
    "createServer: pfx has key, certificate and chain",
  ],
  privateKeyEngine: ["refused", "as `clientCertEngine`", CHECKED],
  privateKeyIdentifier: ["refused", "as `clientCertEngine`", CHECKED],
  secureOptions: [
    "otherwise",
    "`SSL_OP_NO_TLSv1_2`, `SSL_OP_NO_TLSv1_3` and `SSL_OP_NO_TICKET`, which switches IDs off, too; what the others switch off is off here, and what they allow is not allowed",
    "createServer: sessionTimeout bounds sessions, and SSL_OP_NO_TICKET",
  ],
  secureProtocol: ["otherwise", "as `minVersion` and `maxVersion`, which exclude it", NEGOTIATED],
  sessionIdContext: [
    "as Node",
    "by default sessions are a configuration's of this process",
    "options: names that drivers leave empty",
  ],
  sessionTimeout: [
    "otherwise",
    "at least 5 seconds; less switches sessions off. By default 2 days, in Node 5 minutes",
    "createServer: sessionTimeout bounds sessions",
  ],
  sigalgs: [
    "as Node",
    "names that are not supported are left out, unknown ones refused",
    NEGOTIATED,
  ],
  ticketKeys: [
    "otherwise",
    "48 bytes that servers share; the tickets are this package's, so that servers of OpenSSL's do not open them. Without it keys are renewed by themselves",
    "createServer: ticketKeys let servers resume each other's sessions",
  ],
};

/** What `tls.md` documents for `connect()` and Node's types do not have. */
type UntypedOfConnect =
  | "allowHalfOpen"
  | "autoSelectFamily"
  | "family"
  | "highWaterMark"
  | "hints"
  | "keepAlive"
  | "localAddress"
  | "noDelay"
  | "onread"
  | "requestOCSP"
  | "signal";

/** The options of `connect()` besides. */
export const CONNECT_OPTIONS: Rows<
  Exclude<keyof Required<tls.ConnectionOptions>, keyof tls.SecureContextOptions> | UntypedOfConnect
> = {
  ALPNProtocols: ["as Node", "an array of names, or bytes", NEGOTIATED],
  SNICallback: ["no effect", "a server's", "options: Node's own names"],
  allowHalfOpen: ["as Node", "a given `socket` says itself", GIVEN],
  autoSelectFamily: ["as Node", "by `net.connect`", NET],
  checkServerIdentity: [
    "otherwise",
    "as in Node, of trusted certificates; a promise is awaited. It is asked in the handshake, so that a server that is refused sees an alert",
    "connect: checkServerIdentity gets the name and the whole chain",
  ],
  enableTrace: ["no effect", "warns once; `keylog` lets Wireshark show the messages", CHECKED],
  family: ["as Node", "by `net.connect`", NET],
  highWaterMark: ["as Node", "", "back-pressure inwards"],
  hints: ["as Node", "by `net.connect`", NET],
  host: [
    "as Node",
    "its name is sent (SNI) where there is no `servername`, which Node does not",
    "connect: servername is sent",
  ],
  keepAlive: ["as Node", "by `net.connect`", NET],
  localAddress: ["as Node", "by `net.connect`", NET],
  lookup: ["as Node", "by `net.connect`", NET],
  minDHSize: ["no effect", "there is no finite-field Diffie-Hellman here", CHECKED],
  noDelay: ["otherwise", "`true` by default", NET],
  onread: ["as Node", "", "connect: timeout tells of silence, and onread"],
  path: ["as Node", "", "connect: a path, as argument and as option"],
  port: ["as Node", "", "connect: options, (port, host, options, listener)"],
  pskCallback: [
    "otherwise",
    "as in Node, with SHA-256 in TLS 1.3; it may return a promise, a key has 16 bytes at least, `null` stops the handshake in both versions, and with `rejectUnauthorized: false` no certificate takes the key's place",
    "pskCallback: both ends agree by identity",
  ],
  rejectUnauthorized: [
    "otherwise",
    "as in Node; what is neither a boolean nor missing is refused, and `NODE_TLS_REJECT_UNAUTHORIZED` has no effect",
    "connect: ca decides whom to trust",
  ],
  requestCert: ["no effect", "a client always checks the server's", "options: Node's own names"],
  requestOCSP: [
    "otherwise",
    'the response is checked, too: one that says "revoked" refuses the server, and a must-staple certificate needs one',
    "connect: requestOCSP emits OCSPResponse",
  ],
  secureContext: [
    "otherwise",
    "one of `createSecureContext()` of this module; the options that make one are then ignored, as in Node",
    "connect: secureContext is one of createSecureContext()",
  ],
  servername: [
    "otherwise",
    "an address is checked and not sent; an empty one sends no name",
    "connect: servername is sent",
  ],
  session: [
    "otherwise",
    "what the event `session` gave; the certificates of the session are checked anew",
    "connect: session resumes",
  ],
  signal: ["as Node", "", NET_ERRORS],
  socket: ["as Node", "", GIVEN],
  timeout: ["as Node", "", "connect: timeout tells of silence"],
};

/** The options of `createServer()` besides. */
export const SERVER_OPTIONS: Rows<
  Exclude<keyof Required<tls.TlsOptions>, keyof tls.SecureContextOptions>
> = {
  ALPNProtocols: ["as Node", "the server's order counts", ALPN],
  SNICallback: [
    "otherwise",
    "the certificates of the context count, and its authorities where it has any; it may answer later",
    "createServer: SNICallback may answer later",
  ],
  allowHalfOpen: ["as Node", "", "half-close: with allowHalfOpen"],
  blockList: ["as Node", "by `net.Server`", "createServer: a Server is a net.Server"],
  enableTrace: ["no effect", "as of `connect()`", CHECKED],
  handshakeTimeout: ["as Node", "", "createServer: handshakeTimeout ends a silent client"],
  highWaterMark: ["as Node", "", "back-pressure inwards"],
  keepAlive: ["as Node", "by `net.Server`", "createServer: a Server is a net.Server"],
  keepAliveInitialDelay: ["as Node", "by `net.Server`", "createServer: a Server is a net.Server"],
  noDelay: ["otherwise", "`true` by default", "createServer: a Server is a net.Server"],
  pauseOnConnect: [
    "otherwise",
    "the handshake runs; no data is read until `resume()`",
    "createServer: an error after the handshake does not end the process, and pauseOnConnect",
  ],
  pskCallback: [
    "otherwise",
    "as in Node, with SHA-256 in TLS 1.3; it may return a promise, a key has 16 bytes at least, `null` sends `unknown_psk_identity` where there is no certificate, and a server that requires a client's certificate takes no key",
    "pskCallback: a server's is asked with its socket",
  ],
  pskIdentityHint: ["as Node", "", "pskIdentityHint: a client's pskCallback gets it"],
  rejectUnauthorized: ["as Node", "", CLIENTS],
  requestCert: [
    "otherwise",
    "as in Node; what is neither a boolean nor missing is refused",
    CLIENTS,
  ],
  secureContext: ["as Node", "", "createServer: secureContext is one of createSecureContext()"],
};

/** The members of a socket that `net.Socket` does not have. */
export const SOCKET_MEMBERS: Rows<
  | Exclude<keyof tls.TLSSocket, keyof net.Socket>
  | "servername"
> = {
  alpnProtocol: ["as Node", "", NEGOTIATED],
  authorizationError: [
    "as Node",
    "Node's and OpenSSL's codes",
    "connect: each kind of untrusted chain",
  ],
  authorized: ["as Node", "", "connect: ca decides whom to trust"],
  disableRenegotiation: [
    "as Node",
    "it is off by default",
    "renegotiate() asks a client of TLS 1.2",
  ],
  enableTrace: ["no effect", "warns", "what is not here says so"],
  encrypted: ["as Node", "", "toNodeSocket() gives a net.Socket and a tls.TLSSocket"],
  exportKeyingMaterial: ["as Node", "", "exportKeyingMaterial() says so"],
  getCertificate: ["as Node", "", FACTS],
  getCipher: ["as Node", "", "connect: all suites of TLS 1.2 by OpenSSL's names"],
  getEphemeralKeyInfo: [
    "otherwise",
    "a hybrid group is as in Node 24, whose OpenSSL is the first to have them",
    "getEphemeralKeyInfo() names every group",
  ],
  getFinished: ["as Node", "", FACTS],
  getPeerCertificate: ["as Node", "", FACTS],
  getPeerFinished: ["as Node", "", FACTS],
  getPeerX509Certificate: ["as Node", "", FACTS],
  getProtocol: ["as Node", "", "before the handshake, sockets say what Node's say then"],
  getSession: ["otherwise", "a resumption token, as secret as a key", "connect: session resumes"],
  getSharedSigalgs: ["as Node", "", "getSharedSigalgs() of both ends"],
  getTLSTicket: ["as Node", "", FACTS],
  getX509Certificate: ["as Node", "", FACTS],
  isSessionReused: ["as Node", "", "connect: session resumes"],
  renegotiate: [
    "otherwise",
    "in TLS 1.3, a server's request for a certificate",
    "renegotiate() asks a client of TLS 1.2",
  ],
  servername: ["as Node", "", "connect: servername is sent"],
  setKeyCert: ["refused", "`SNICallback` chooses a certificate", "what is not here says so"],
  setMaxSendFragment: [
    "no effect",
    "returns `false`: the length of records is negotiated",
    "what is not here says so",
  ],
};

/** The members of a server that `net.Server` does not have. */
export const SERVER_MEMBERS: Rows<Exclude<keyof tls.Server, keyof net.Server>> = {
  addContext: [
    "otherwise",
    "the certificates of the context count, and its authorities where it has any; versions and ciphers stay the server's",
    "createServer: addContext chooses certificates by name",
  ],
  getTicketKeys: [
    "as Node",
    "from this call on the keys are not renewed",
    "createServer: getTicketKeys and setTicketKeys hand the keys on",
  ],
  setSecureContext: ["as Node", "", "createServer: setSecureContext counts for later connections"],
  setTicketKeys: [
    "as Node",
    "a wrong length is `ERR_INVALID_ARG_VALUE`, in Node an inner assertion",
    "createServer: getTicketKeys and setTicketKeys hand the keys on",
  ],
};

/** The events of sockets that `tls.md` documents. */
export const SOCKET_EVENTS: Rows<
  "OCSPResponse" | "keylog" | "secure" | "secureConnect" | "session"
> = {
  OCSPResponse: ["as Node", "`null` if there is none", "connect: requestOCSP emits OCSPResponse"],
  keylog: [
    "as Node",
    "for listeners that are there before the handshake",
    "connect: keylog listeners",
  ],
  secure: ["as Node", "at the end of each handshake", "events come in Node's order"],
  secureConnect: ["as Node", "", "connect: the events come in Node's order"],
  session: ["as Node", "", "connect: session resumes"],
};

/** The events of servers that `tls.md` documents. */
export const SERVER_EVENTS: Rows<
  | "OCSPRequest"
  | "connection"
  | "keylog"
  | "newSession"
  | "resumeSession"
  | "secureConnection"
  | "tlsClientError"
> = {
  OCSPRequest: ["as Node", "", "createServer: OCSPRequest gives certificate and issuer"],
  connection: [
    "as Node",
    "it can be emitted with any duplex stream",
    "createServer: connection can be emitted",
  ],
  keylog: ["as Node", "", "createServer: keylog comes with its socket"],
  newSession: [
    "otherwise",
    "for sessions of TLS 1.2 with an ID, which clients without tickets get; not for tickets",
    "createServer: openssl s_client resumes sessions of TLS 1.2",
  ],
  resumeSession: [
    "otherwise",
    "as `newSession`; an error, and no answer in time, make a full handshake",
    "createServer: openssl s_client resumes sessions of TLS 1.2",
  ],
  secureConnection: ["as Node", "", "createServer: connection comes with the plain socket"],
  tlsClientError: [
    "as Node",
    "also for a certificate that is refused, with its reason",
    "createServer: tlsClientError tells",
  ],
};

/** The names that newer types of Node's have besides. */
type NewerNames = "setDefaultCACertificates";

/** The members of the module. */
export const MODULE_MEMBERS: Rows<keyof typeof tls | NewerNames> = {
  CLIENT_RENEG_LIMIT: ["no effect", "a server declines every renegotiation", MODULE],
  CLIENT_RENEG_WINDOW: ["no effect", "a server declines every renegotiation", MODULE],
  DEFAULT_CIPHERS: ["otherwise", "this package's; a constant", MODULE],
  DEFAULT_ECDH_CURVE: ["otherwise", "a constant", MODULE],
  DEFAULT_MAX_VERSION: ["otherwise", "a constant", MODULE],
  DEFAULT_MIN_VERSION: ["otherwise", "a constant", MODULE],
  Server: ["as Node", "", "createServer: a Server is a net.Server"],
  TLSSocket: [
    "otherwise",
    "a client that its constructor makes checks the server, as `connect()` does",
    "new TLSSocket: a client checks its server",
  ],
  checkServerIdentity: [
    "otherwise",
    "a wildcard is the whole left-most label; the common name counts only without a DNS name and an address",
    "checkServerIdentity: names, wildcards, addresses",
  ],
  connect: [
    "as Node",
    "all forms of arguments",
    "connect: options, (port, host, options, listener)",
  ],
  createSecureContext: ["as Node", "", "createSecureContext: a key under a password"],
  createServer: ["as Node", "", "createServer: a Server is a net.Server"],
  getCACertificates: ["as Node", "the runtime's", "the module: every name of node:tls"],
  getCiphers: ["otherwise", "this package's", MODULE],
  rootCertificates: ["as Node", "the runtime's", MODULE],
  setDefaultCACertificates: [
    "otherwise",
    "for contexts of this module that are made afterwards",
    "setDefaultCACertificates: counts where ca is missing",
  ],
};
