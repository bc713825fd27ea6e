// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Sockets as fuzzers want them: cheap, of changing configuration, with certificates that are made
 * once.
 *
 * @module
 */

import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { ConnectionOptions } from "../../ssl/connection/handshakes.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { ProtocolVersion } from "../../ssl/tables/versions.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import { type ConnLike, ConnTransport } from "../../ssl/connection/transports.ts";
import { memoryPair } from "../support/memory_pair.ts";
import type { Prng } from "../support/prng.ts";

/** The host that the server's certificate is for. */
export const HOSTNAME = "server.test";

const rootKeys = await generateKeyPair();
const root = await createCertificate({ ...rootKeys, subject: "CN=Fuzz Root", isCa: true });
const stranger = await createCertificate({
  ...await generateKeyPair(),
  subject: "CN=Stranger",
  isCa: true,
});
const issuer = { certificate: root, privateKey: rootKeys.privateKey };
/** Who has issued the certificates. */
export const AUTHORITY = issuer;

const serverKeys = await generateKeyPair();
const clientKeys = await generateKeyPair("ed25519");

/** The certificates of the fuzzers. */
export const CREDENTIALS = {
  server: {
    cert: await createCertificate({
      publicKey: serverKeys.publicKey,
      dnsNames: [HOSTNAME],
      issuer,
    }),
    key: serverKeys.privateKey,
  },
  client: {
    cert: await createCertificate({ publicKey: clientKeys.publicKey, subject: "CN=c", issuer }),
    key: clientKeys.privateKey,
  },
} as const;

/**
 * Nothing here waits for the clock: the wire ends when it is quiet, and a hang is found by the
 * fuzzer.
 */
const PATIENT: ImportOptions = { handshakeTimeout: 0, closeTimeout: 20_000 };

/** A client's options and a server's that go together. */
export interface Pairing {
  /** The client's. */
  readonly client: ImportOptions;
  /** The server's. */
  readonly server: ImportOptions;
}

/** The suites of each version that fuzzers choose from; those of AES-CBC go two ways. */
const SUITES = {
  "TLSv1.3": [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
  ],
  "TLSv1.2": [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  ],
} as const;

/**
 * Picks what both ends have and want, of one version.
 *
 * @param prng Where the choices come from.
 * @param distrustful Who does not accept the other's certificate, and must never connect.
 * @param version The version; any by default.
 */
export function pairing(
  prng: Prng,
  distrustful: "client" | "server" | null = null,
  version: ProtocolVersion = prng.pick(["TLSv1.3", "TLSv1.3", "TLSv1.2"] as const),
): Pairing {
  const shared: ImportOptions = {
    versions: { min: version, max: version },
    cipherSuites: [prng.pick<typeof SUITES[ProtocolVersion][number]>(SUITES[version])],
    ...PATIENT,
  };
  const trust = (role: "client" | "server"): ImportOptions => ({
    caCerts: [role === distrustful ? stranger : root],
  });
  return {
    client: {
      ...shared,
      ...trust("client"),
      hostname: HOSTNAME,
      certificates: prng.pick([[], [CREDENTIALS.client]]),
      // The server's request for authorities it knows would hide the certificate from one that does
      // not know its issuer.
      ...(distrustful === "server" ? { getClientAuthData: () => CREDENTIALS.client } : {}),
      alpnProtocols: prng.pick([[], ["a", "b"]]),
      keyShares: ["x25519"],
      context: new NssContext({ trustAnchors: [] }),
    },
    server: {
      ...shared,
      ...trust("server"),
      role: "server",
      certificates: [CREDENTIALS.server],
      clientAuth: distrustful === "server" ? "require" : prng.pick(["none", "request"] as const),
      alpnProtocols: prng.pick([[], ["b"]]),
      // In a quarter of the runs there is a HelloRetryRequest.
      groups: prng.pick([["x25519"], ["x25519"], ["x25519"], ["secp256r1"]] as const),
      context: new NssContext({ trustAnchors: [] }),
    },
  };
}

/** Makes a socket with the tests' own doors open. */
export function socketOver<A>(
  conn: ConnLike<A>,
  options: ImportOptions,
  internals: ConnectionOptions = {},
): SslSocket<A> {
  return createSocket(new ConnTransport(conn), resolveConfig(options), {
    head: options.head,
    ...internals,
  });
}

/** Lets both ends meet in peace once, so that the client has a session to resume. */
export async function meet(options: Pairing): Promise<void> {
  const [a, b] = memoryPair();
  await using client = socketOver(a, options.client);
  await using server = socketOver(b, options.server);
  await Promise.all([client.handshake(), server.handshake()]);
  await server.write(new Uint8Array(1));
  await client.read(new Uint8Array(1));
}
