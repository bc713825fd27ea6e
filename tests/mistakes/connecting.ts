// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCertificate, generateKeyPair } from "@nss/nss";
import {
  getCipherSuiteInfo,
  importFD,
  type ImportOptions,
  optionSet,
  reHandshake,
  setURL,
  type SslOption,
  type SslSocket,
  versionRangeSet,
} from "@nss/nss/ssl";
import { memoryPair } from "../support/memory_pair.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Connecting";

const keys = await generateKeyPair();
const cert = await createCertificate({
  ...keys,
  subject: "CN=localhost",
  dnsNames: ["localhost"],
});
const CLIENT: ImportOptions = { hostname: "localhost", caCerts: [cert] };
const SERVER: ImportOptions = { role: "server", certificates: [{ cert, key: keys.privateKey }] };

/** Shakes hands with a peer that writes something, and closes where it does not wait. */
async function hear(
  options: ImportOptions,
  peer: string | Uint8Array<ArrayBuffer>,
  waits = false,
): Promise<void> {
  const [own, other] = memoryPair();
  using socket = importFD(own, options);
  const bytes = typeof peer === "string" ? new TextEncoder().encode(peer) : peer;
  if (bytes.length > 0) await other.write(bytes);
  if (!waits) other.close();
  try {
    await socket.handshake();
  } finally {
    if (waits) other.close();
  }
}

/** Shakes hands, and throws what one end says of it, after it has read if it could. */
async function end(
  which: "client" | "server",
  client: ImportOptions,
  server: ImportOptions,
): Promise<void> {
  const [a, b] = memoryPair();
  using first = importFD(a, { ...CLIENT, ...client });
  using second = importFD(b, { ...SERVER, ...server });
  const use = async (socket: SslSocket): Promise<void> => {
    await socket.handshake();
    if (which === "client") await socket.read(new Uint8Array(1));
  };
  const ends = await Promise.allSettled([use(first), use(second)]);
  const result = ends[which === "client" ? 0 : 1];
  if (result.status === "rejected") throw result.reason;
}

/** Configures a client while its handshake runs, or after it. */
async function configure(
  how: (client: SslSocket) => unknown,
  when: "meanwhile" | "afterwards",
  options: ImportOptions = {},
): Promise<void> {
  const [a, b] = memoryPair();
  using client = importFD(a, { ...CLIENT, ...options });
  using server = importFD(b, SERVER);
  const handshakes = Promise.all([client.handshake(), server.handshake()]);
  if (when === "afterwards") await handshakes;
  try {
    await how(client);
  } finally {
    await handshakes;
  }
}

/** Gives options or arguments that the compiler would refuse. */
const withOptions = (options: object) => importFD(memoryPair()[0], options as ImportOptions);

const NOT_TLS = "Cannot read record: the peer does not speak TLS, it begins with ";
const SILENT = "the peer has sent nothing; are host and port right, and does TLS begin there at " +
  "once, without STARTTLS or the like?";
const LARGE = " Some firewalls drop ClientHellos as long as those with X25519MLKEM768, which " +
  'policy: "compatible" or the option groups leaves out';
const HANDSHAKE_FAILURE = "Peer sent alert handshake_failure (40): it found nothing acceptable " +
  "among versions, cipher suites, groups and signature schemes, or wants a client certificate; " +
  "compare both ends' settings (an old server may want a CBC suite, which the option cipherSuites " +
  "may name)";

/** A hello of TLS 1.0. */
const TLS10_HELLO = Uint8Array.fromHex(
  "160301002f" + "0100002b" + "0301" + "4b".repeat(32) + "00" + "00040035002f" + "0100" + "0000",
);

const TRUST = "an authCertificate or badCert hook, which decides whom to trust";

/** Options of Node.js and Deno: as they are written, their name, and what is said of it. */
const FOREIGN: readonly (readonly [string, object, string, string])[] = [
  ["rejectUnauthorized: false", { rejectUnauthorized: false }, "rejectUnauthorized", TRUST],
  ["ca", { ca: "" }, "ca", "caCerts"],
  ["cert, key", { cert: "", key: "" }, "cert", "certificates: [{ cert, key }]"],
  ["servername", { servername: "" }, "servername", "hostname"],
  ["ALPNProtocols", { ALPNProtocols: [] }, "ALPNProtocols", "alpnProtocols"],
  ['minVersion: "TLSv1.3"', { minVersion: "TLSv1.3" }, "minVersion", "versions: { min }"],
  ["ciphers", { ciphers: "" }, "ciphers", "cipherSuites"],
  ["pfx", { pfx: "" }, "pfx", "importPkcs12()"],
  [
    "unsafelyIgnoreCertificateErrors",
    { unsafelyIgnoreCertificateErrors: [] },
    "unsafelyIgnoreCertificateErrors",
    TRUST,
  ],
];

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "The port is that of plain HTTP",
    make: () => hear(CLIENT, "HTTP/1.1 400 Bad Request\r\n\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an HTTP response: is the port meant for plain HTTP, does a proxy answer, ` +
      "or is the transport encrypted already?",
  },
  {
    mistake: "The port is that of SMTP with STARTTLS",
    make: () => hear(CLIENT, "220 mail.example ESMTP\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an SMTP or FTP greeting: does it want STARTTLS (FTP: AUTH TLS) first?`,
  },
  {
    mistake: "The port is that of IMAP with STARTTLS",
    make: () => hear(CLIENT, "* OK IMAP4rev1\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an IMAP greeting: does it want STARTTLS first?`,
  },
  {
    mistake: "The port is that of SSH",
    make: () => hear(CLIENT, "SSH-2.0-OpenSSH_9.2\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an SSH greeting: is the port that of an SSH server?`,
  },
  {
    mistake: "The port is that of MySQL",
    make: () => hear(CLIENT, "\x4a\0\0\0\x0a8.0.36"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says:
      `${NOT_TLS}a MySQL or MariaDB greeting: ask for TLS in its protocol, then call importFD()`,
  },
  {
    mistake: "The port is that of Redis without TLS",
    make: () => hear(CLIENT, "-ERR Protocol error\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an error of Redis or POP3: is the port meant for it without TLS?`,
  },
  {
    mistake: "The port is that of something else",
    make: () => hear(CLIENT, "hello\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}the text "hello": is this the right port, and does TLS begin there at once?`,
  },
  {
    mistake: "The service closes at a ClientHello, as PostgreSQL does before its SSLRequest",
    make: () => hear(CLIENT, ""),
    name: "PR_END_OF_FILE_ERROR",
    says: `Cannot complete handshake: the peer closed the connection; ${SILENT}${LARGE}`,
  },
  {
    mistake: "Nothing answers, or a firewall drops long ClientHellos",
    make: () => hear({ ...CLIENT, handshakeTimeout: 50 }, "", true),
    name: "PR_IO_TIMEOUT_ERROR",
    says:
      `Cannot complete handshake: it took longer than 50 ms (handshakeTimeout); ${SILENT}${LARGE}`,
  },
  {
    mistake: "Nothing answers a short ClientHello either",
    make: () => hear({ ...CLIENT, handshakeTimeout: 50, policy: "compatible" }, "", true),
    name: "PR_IO_TIMEOUT_ERROR",
    says: `Cannot complete handshake: it took longer than 50 ms (handshakeTimeout); ${SILENT}`,
  },
  {
    mistake: "A client of plain HTTP calls",
    make: () => hear(SERVER, "GET / HTTP/1.1\r\n\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}an HTTP request: is the client meant to use https?`,
  },
  {
    mistake: "`importFD` before the answer to STARTTLS",
    make: () => hear(SERVER, "EHLO client.example\r\n"),
    name: "SSL_ERROR_RX_UNKNOWN_RECORD_TYPE",
    says: `${NOT_TLS}a command that comes before TLS, as of SMTP: answer it, then call importFD()`,
  },
  {
    mistake: "A port scanner connects and goes",
    make: () => hear(SERVER, ""),
    name: "PR_END_OF_FILE_ERROR",
    says: "Cannot complete handshake: the peer closed the connection; the peer has sent nothing; " +
      "it may only test the port, be a server itself, or wait for a greeting, as before STARTTLS",
  },
  {
    mistake: "A client of TLS 1.0 calls",
    make: () => hear(SERVER, TLS10_HELLO, true),
    name: "SSL_ERROR_UNSUPPORTED_VERSION",
    says: "Cannot agree on a version: the client offers TLS 1.0 at most, this server TLS 1.2 and " +
      "TLS 1.3; update the client, or compare the option versions of both ends",
  },
  {
    mistake: '`role: "server"` forgotten on an accepted connection',
    make: () => end("server", {}, { role: "client", certificates: [] }),
    name: "SSL_ERROR_BAD_CERT_DOMAIN",
    says:
      "Cannot start handshake: no hostname is set to check the server's certificate against; give " +
      "the option hostname, or decide in an authCertificate hook; a socket that a listener has " +
      'accepted needs role: "server"',
  },
  {
    mistake: '`role: "server"` forgotten, but with a host name',
    make: () => end("server", {}, { role: "client", certificates: [], hostname: "localhost" }),
    name: "SSL_ERROR_RX_UNEXPECTED_CLIENT_HELLO",
    says: "Cannot take client_hello: both ends are clients; the end that accepted the connection " +
      'needs the option role: "server"',
  },
  {
    mistake: '`certificates` for a listener\'s connection without `role: "server"`',
    make: () => withOptions({ clientAuth: "require" }).handshake(),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot start handshake: option clientAuth is a server's, and this socket is a client " +
      '(role: "server" makes it one)',
  },
  {
    mistake: "A server without a certificate",
    make: () => end("server", {}, { certificates: [] }),
    name: "SSL_ERROR_NO_SERVER_KEY_FOR_ALG",
    says: "Cannot complete handshake: this server has no certificate; give the option certificates",
  },
  {
    mistake: "A client of TLS 1.3 only, and a server of TLS 1.2",
    make: () => end("client", { versions: { min: "TLSv1.3" } }, { versions: { max: "TLSv1.2" } }),
    name: "SSL_ERROR_PROTOCOL_VERSION_ALERT",
    says:
      "Peer sent alert protocol_version (70): it supports none of the protocol versions that are " +
      "enabled here; compare both ends' version ranges",
  },
  {
    mistake: "That pair, as the server says it",
    make: () => end("server", { versions: { min: "TLSv1.3" } }, { versions: { max: "TLSv1.2" } }),
    name: "SSL_ERROR_UNSUPPORTED_VERSION",
    says:
      "Cannot agree on a version: the client offers TLS 1.3, this server TLS 1.2; update the client, " +
      "or compare the option versions of both ends",
  },
  {
    mistake: "No common cipher suite",
    make: () =>
      end("client", { cipherSuites: ["TLS_AES_128_GCM_SHA256"] }, {
        cipherSuites: ["TLS_AES_256_GCM_SHA384"],
      }),
    name: "SSL_ERROR_HANDSHAKE_FAILURE_ALERT",
    says: HANDSHAKE_FAILURE,
  },
  {
    mistake: "Those suites, as the server says it",
    make: () =>
      end("server", { cipherSuites: ["TLS_AES_128_GCM_SHA256"] }, {
        cipherSuites: ["TLS_AES_256_GCM_SHA384"],
      }),
    name: "SSL_ERROR_NO_CYPHER_OVERLAP",
    says:
      "Cannot agree on a cipher suite: the client offers none of TLS_AES_256_GCM_SHA384; compare " +
      "the option cipherSuites of both ends",
  },
  {
    mistake: "A server of TLS 1.2 with an ECDSA key, and a client of RSA suites",
    make: () =>
      end("server", { cipherSuites: ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"] }, {
        versions: { max: "TLSv1.2" },
      }),
    name: "SSL_ERROR_NO_CYPHER_OVERLAP",
    says: "Cannot agree on a cipher suite: those that the client offers, and its curves, suit no " +
      "key of this server; add a certificate with another kind of key",
  },
  {
    mistake: "A server with an ECDSA key, and a client of RSA signatures",
    make: () => end("server", { signatureSchemes: ["rsa_pss_rsae_sha256"] }, {}),
    name: "SSL_ERROR_UNSUPPORTED_SIGNATURE_ALGORITHM",
    says:
      "Cannot agree on a signature scheme: no key of this server signs as the client accepts; " +
      "add a certificate with another kind of key, or compare the option signatureSchemes of both " +
      "ends",
  },
  {
    mistake: "No common group",
    make: () => end("server", { groups: ["x25519"] }, { groups: ["secp256r1"] }),
    name: "SSL_ERROR_KEY_EXCHANGE_FAILURE",
    says:
      "Cannot agree on a key exchange group: the client offers none of secp256r1; compare the " +
      "option groups of both ends",
  },
  {
    mistake: "No common application protocol",
    make: () => end("client", { alpnProtocols: ["h2"] }, { alpnProtocols: ["http/1.1"] }),
    name: "SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL",
    says:
      "Peer sent alert no_application_protocol (120): it speaks none of the application protocols " +
      "offered; compare alpnProtocols on both ends",
  },
  {
    mistake: "A server that requires a certificate, and a client without one",
    make: () => end("client", {}, { clientAuth: "require" }),
    name: "SSL_ERROR_RX_CERTIFICATE_REQUIRED_ALERT",
    says:
      "Peer sent alert certificate_required (116): it wants a client certificate; give one by the " +
      "certificates option or getClientAuthData. This client sent no certificate: the option " +
      "certificates has none",
  },
  {
    mistake: "That client, as the server says it",
    make: () => end("server", {}, { clientAuth: "require" }),
    name: "SSL_ERROR_NO_CERTIFICATE",
    says: "Cannot accept client: it sent no certificate, and this server requires one",
  },
  ...FOREIGN.map(([mistake, options, name, instead]): Mistake => ({
    mistake: `\`${mistake}\``,
    make: () => withOptions(options),
    name: "SEC_ERROR_INVALID_ARGS",
    says: `Cannot use options: there is no option ${name}; use ${instead}`,
  })),
  {
    mistake: '`hostname: "*.example.com"`',
    make: () => withOptions({ hostname: "*.example.com" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: 'Cannot use option hostname: "*.example.com" is not the name of one host, such as ' +
      '"www.example.com"',
  },
  {
    mistake: '`optionSet(socket, "SSL_ENABLE_SESSION_TICKETS", true)`',
    make: () =>
      optionSet(withOptions({}), "SSL_ENABLE_SESSION_TICKETS" as SslOption, true as never),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use option SSL_ENABLE_SESSION_TICKETS: here it is called ENABLE_SESSION_TICKETS",
  },
  {
    mistake: "`getCipherSuiteInfo(0x1304)`",
    make: () => getCipherSuiteInfo(0x1304),
    name: "SSL_ERROR_UNKNOWN_CIPHER_SUITE",
    says: "Cannot use cipher suite 0x1304: neither this package nor NSS has it",
  },
  {
    mistake: "A setting changed during a handshake",
    make: () =>
      configure(
        (client) => versionRangeSet(client, { min: "TLSv1.3", max: "TLSv1.3" }),
        "meanwhile",
      ),
    name: "PR_IS_CONNECTED_ERROR",
    says: "Cannot configure socket: a handshake is in progress, with the settings of its start; " +
      "change them before it or after it",
  },
  {
    mistake: "The host name changed after the handshake",
    make: () => configure((client) => setURL(client, "example.com"), "afterwards"),
    name: "PR_IS_CONNECTED_ERROR",
    says:
      "Cannot configure socket: its first handshake has begun; this may only be set before it, " +
      "as by an option of importFD",
  },
  {
    mistake: "`reHandshake` after TLS 1.2, the version of the connection, has been disabled",
    make: () =>
      configure(
        (client) => {
          versionRangeSet(client, { min: "TLSv1.3", max: "TLSv1.3" });
          return reHandshake(client);
        },
        "afterwards",
        { versions: { max: "TLSv1.2" } },
      ),
    name: "SSL_ERROR_SSL_DISABLED",
    says: "Cannot renegotiate: TLS 1.2, the version of the connection, is not enabled any more",
  },
];
