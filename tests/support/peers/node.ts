// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { programVersion, spawn } from "../process.ts";
import { CERTIFICATE_TYPES } from "../test_pki.ts";
import {
  CLASSIC_GROUPS,
  type ClientOptions,
  type ClientResult,
  exchangeWithEcho,
  type Features,
  type Group,
  groupFact,
  type Negotiated,
  OPENSSL_NAMES,
  payload,
  type Peer,
  type PeerServer,
  peerServer,
  type ServerOptions,
  suiteFact,
  SUITES,
  TLS12_SUITES,
  tls12Suites,
} from "./peer.ts";

const FEATURES: Features = {
  suites: SUITES,
  groups: CLASSIC_GROUPS,
  serverCertificates: CERTIFICATE_TYPES,
  clientCertificates: CERTIFICATE_TYPES,
  resumption: true,
  alpn: true,
  narrowsGroups: true,
  narrowsSuites: "always",
};

const TLS12_FEATURES: Features = { ...FEATURES, suites: TLS12_SUITES };

const GROUP_NAMES: Readonly<Record<Group, string>> = {
  x25519: "X25519",
  secp256r1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
  X25519MLKEM768: "X25519MLKEM768",
};

const SCRIPT = `${import.meta.dirname}/node_peer.mjs`;

/** Node's `node:tls`, in a process of the node binary. */
export const node: Peer = {
  serverName: "node:tls",
  clientName: "node:tls",
  available: () => programVersion("node", ["--version"], /^v(\d+\.\S+)/m),
  serverFeatures: FEATURES,
  clientFeatures: FEATURES,
  tls12ServerFeatures: TLS12_FEATURES,
  tls12ClientFeatures: TLS12_FEATURES,
  habits: { application: "echo", greeting: false, closers: ["client", "server"] },
  startServer,
  runClient,
};

function common(
  options: Pick<ServerOptions, "version" | "suites" | "groups" | "alpnProtocols" | "pki">,
): Record<string, unknown> {
  const { pki, version = "TLSv1.3", groups = CLASSIC_GROUPS, alpnProtocols = [] } = options;
  const { suites = version === "TLSv1.3" ? SUITES : TLS12_SUITES } = options;
  return {
    ca: pki.root,
    version,
    suites: version === "TLSv1.3"
      ? suites
      : tls12Suites(suites).map((suite) => OPENSSL_NAMES[suite]),
    groups: groups.map((group) => GROUP_NAMES[group]),
    alpnProtocols,
  };
}

/** What the script prints, a line each. */
interface Event {
  readonly event: "listening" | "secure" | "end" | "error";
  readonly port?: number;
  readonly version?: string;
  readonly suite?: string;
  readonly group?: string;
  readonly resumed?: boolean;
  readonly authorized?: boolean;
  readonly peerCertificate?: string | null;
  readonly alpn?: string | null;
  readonly message?: string;
}

function events(stdout: string): Event[] {
  // The last line may not be whole yet.
  return stdout.split("\n").slice(0, -1).map((line): Event => JSON.parse(line));
}

function factsOf(stdout: string): Negotiated[] {
  return events(stdout).filter(({ event }) => event === "secure").map((event) => ({
    ...suiteFact(event.suite),
    ...groupFact(event.group),
    ...(event.version === "TLSv1.3" || event.version === "TLSv1.2"
      ? { version: event.version }
      : {}),
    ...(event.resumed === undefined ? {} : { resumed: event.resumed }),
    // Node forgets the certificate of a session that it resumes.
    ...(event.peerCertificate === undefined || (event.resumed && event.peerCertificate === null)
      ? {}
      : { peerCertificate: event.peerCertificate }),
    alpn: event.alpn ?? null,
  }));
}

/** What {@linkcode startServer} takes. */
export interface NodeServerOptions extends ServerOptions {
  /** After how many bytes the server closes; default never. */
  readonly closeAfter?: number;
}

/**
 * Starts an echo server of `node:tls`.
 *
 * @param options Certificates, suites, groups, client authentication.
 * @returns The server.
 */
export async function startServer(options: NodeServerOptions): Promise<PeerServer> {
  const { pki, certificate, clientAuth = "none", closeAfter } = options;
  const { chain: cert, key } = pki.leaf("server", certificate);
  const process = spawn("node", {
    args: [
      SCRIPT,
      JSON.stringify({ role: "server", cert, key, clientAuth, closeAfter, ...common(options) }),
    ],
  });
  try {
    const { port = 0 } = await process.waitFor((p) => events(p.stdout)[0]) as Event;
    return peerServer({
      port,
      connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
      exchange: exchangeWithEcho,
      finish: async (connections) => {
        await process.waitFor((p) => {
          const ends = events(p.stdout).filter(({ event }) => event === "end" || event === "error");
          return ends.length >= connections ? ends : null;
        });
        const problem = events(process.stdout).find(({ event }) => event === "error");
        if (problem) throw new Error(`Cannot accept what node:tls says: ${problem.message}`);
        await process.close();
        return factsOf(process.stdout);
      },
      output: () => process.output,
      close: () => process.close(),
    });
  } catch (error) {
    await process.close();
    throw error;
  }
}

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, clientCertificate, connections, bytes, closer } = options;
  const leaf = clientCertificate && pki.leaf("client", clientCertificate);
  const own = leaf ? { cert: leaf.chain, key: leaf.key } : {};
  await using process = spawn("node", {
    args: [
      SCRIPT,
      JSON.stringify({
        role: "client",
        port,
        connections,
        closer,
        text: payload(bytes),
        ...own,
        ...common(options),
      }),
    ],
  });
  const { code, stdout } = await process.result();
  return { exitCode: code, output: process.output, connections: factsOf(stdout) };
}
