// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Process, programVersion, spawn } from "../process.ts";
import { CERTIFICATE_TYPES } from "../test_pki.ts";
import {
  CLASSIC_GROUPS,
  type ClientOptions,
  type ClientResult,
  demandSame,
  type Features,
  type Group,
  groupFact,
  type Negotiated,
  OPENSSL_NAMES,
  payload,
  type Peer,
  type PeerServer,
  peerServer,
  readText,
  type ServerOptions,
  STEP_TIMEOUT,
  suiteFact,
  SUITES,
  TLS12_SUITES,
  tls12Suites,
  writeText,
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

const GROUP_NAMES: Readonly<Record<Group, string>> = {
  x25519: "X25519",
  secp256r1: "P-256",
  secp384r1: "P-384",
  secp521r1: "P-521",
  X25519MLKEM768: "X25519MLKEM768",
};

const TLS12_FEATURES: Features = { ...FEATURES, suites: TLS12_SUITES };

/** OpenSSL's `s_server` and `s_client`. */
export const openssl: Peer = {
  serverName: "openssl s_server",
  clientName: "openssl s_client",
  available: () => programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m),
  serverFeatures: FEATURES,
  clientFeatures: FEATURES,
  tls12ServerFeatures: TLS12_FEATURES,
  tls12ClientFeatures: TLS12_FEATURES,
  habits: { application: "echo", greeting: false, closers: ["client", "server"] },
  startServer,
  runClient,
};

function common(
  options: Pick<ServerOptions, "version" | "suites" | "groups" | "alpnProtocols">,
): string[] {
  const { version = "TLSv1.3", groups = CLASSIC_GROUPS, alpnProtocols = [] } = options;
  const { suites = version === "TLSv1.3" ? SUITES : TLS12_SUITES } = options;
  return [
    ...(version === "TLSv1.3"
      ? ["-tls1_3", "-ciphersuites", suites.join(":")]
      : ["-tls1_2", "-cipher", tls12Suites(suites).map((suite) => OPENSSL_NAMES[suite]).join(":")]),
    "-groups",
    groups.map((group) => GROUP_NAMES[group]).join(":"),
    ...(alpnProtocols.length > 0 ? ["-alpn", alpnProtocols.join(",")] : []),
  ];
}

/** What `s_server` takes beyond the common options. */
export interface OpensslServerOptions extends ServerOptions {
  /** More arguments. */
  readonly extra?: readonly string[];
}

/** A server of openssl, with its standard input for commands (`K` and `k` update keys). */
export interface OpensslServer extends PeerServer {
  /** The process. */
  readonly process: Process;
}

/**
 * Starts `openssl s_server`. The test is its terminal: what the client sends is looked for in the
 * server's output, and what the server shall send is written to its input.
 *
 * @param options Certificates, suites, groups, client authentication.
 * @returns The server.
 */
export async function startServer(options: OpensslServerOptions): Promise<OpensslServer> {
  const { pki, certificate, clientAuth = "none", extra = [] } = options;
  const leaf = pki.leaf("server", certificate);
  const auth = clientAuth === "none"
    ? []
    : [clientAuth === "require" ? "-Verify" : "-verify", "4", "-verify_return_error"];
  const process = spawn("openssl", {
    // deno-fmt-ignore
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", leaf.certFile, "-key", leaf.keyFile,
      "-cert_chain", pki.intermediateFile, "-CAfile", pki.rootFile, ...common(options), ...auth, ...extra],
    interactive: true,
  });
  try {
    const found = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    const port = Number(found[1]);
    return {
      ...peerServer({
        port,
        connect: () => Deno.connect({ hostname: "127.0.0.1", port }),
        exchange: async (channel, bytes) => {
          const text = payload(bytes);
          const start = process.stdout.length;
          await writeText(channel, text);
          // What a key update prints may stand anywhere: it goes another way than the data.
          const received = (): string =>
            process.stdout.slice(start).replaceAll("SSL_do_handshake -> 1\n", "");
          await process.waitFor((p) => received().includes(text) ? p : null);
          const [, back] = await Promise.all([process.write(text), readText(channel, text.length)]);
          demandSame(back, text);
        },
        finish: async (connections) => {
          await process.waitFor((p) =>
            (p.stdout.match(/^(DONE|ERROR)$/gm)?.length ?? 0) >= connections ? p : null
          );
          await process.close();
          return serverFacts(process);
        },
        output: () => process.output,
        close: () => process.close(),
      }),
      process,
    };
  } catch (error) {
    await process.close();
    throw error;
  }
}

function serverFacts(process: Process): Negotiated[] {
  const blocks = process.stdout.split("-----BEGIN SSL SESSION PARAMETERS-----");
  return blocks.slice(1).map((block, i) => {
    const alpn = /^ALPN protocols selected: (\S+)/m.exec(blocks[i] ?? "");
    return {
      ...suiteFact(/^CIPHER is (\S+)/m.exec(block)?.[1]),
      version: /^CIPHER is TLS_/m.test(block) ? "TLSv1.3" : "TLSv1.2",
      resumed: /^Reused session-id/m.test(block),
      peerCertificate: commonName(block),
      alpn: alpn?.[1] ?? null,
      closeNotify: /^DONE$/m.test(block) && !/^ERROR$/m.test(block),
    };
  });
}

function commonName(text: string): string | null {
  return /^subject=.*?CN ?= ?(.*)$/m.exec(text)?.[1] ?? null;
}

/**
 * Runs `openssl s_client`, once for each connection.
 *
 * @param options Where to, with what.
 * @returns What it says.
 */
export async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, clientCertificate, connections, bytes, closer } = options;
  const leaf = clientCertificate && pki.leaf("client", clientCertificate);
  const session = `${pki.directory}/session_${port}`;
  const results: ClientResult[] = [];
  for (let i = 0; i < connections; i++) {
    await using process = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${port}`, "-servername", "localhost", "-verify_hostname", "localhost",
        "-CAfile", pki.rootFile, "-verify_return_error", ...common(options),
        ...(leaf ? ["-cert", leaf.certFile, "-key", leaf.keyFile, "-cert_chain", pki.intermediateFile] : []),
        ...(i > 0 ? ["-sess_in", session] : []), "-sess_out", session],
      interactive: true,
    });
    const text = payload(bytes);
    await process.waitFor((p) => /^ *Verify return code: /m.exec(p.stdout));
    const start = process.stdout.length;
    await process.write(text);
    await process.waitFor((p) => p.stdout.slice(start).includes(text) ? p : null);
    if (closer === "client") await process.closeInput();
    else await process.waitFor(/^closed$|errno=|:error:|unexpected eof/m, STEP_TIMEOUT);
    const { code } = await process.result();
    const fact = clientFacts(process.stdout);
    results.push({
      exitCode: code,
      output: process.output,
      connections: [
        closer === "client" ? fact : { ...fact, closeNotify: /^closed$/m.test(process.output) },
      ],
    });
  }
  return {
    exitCode: results.find((result) => result.exitCode !== 0)?.exitCode ?? 0,
    output: results.map((result) => result.output).join("\n"),
    connections: results.flatMap((result) => result.connections),
  };
}

function clientFacts(stdout: string): Negotiated {
  // The version in this line is the one that the suite came with.
  const line = /^(New|Reused), (TLSv1\.\d|SSLv3), Cipher is (\S+)/m.exec(stdout);
  const key = /^Server Temp Key: (?:ECDH, )?([^,]+),/m.exec(stdout);
  return {
    ...suiteFact(line?.[3]),
    ...groupFact(key?.[1]),
    ...(line ? { version: line[2] === "TLSv1.3" ? "TLSv1.3" : "TLSv1.2" } : {}),
    resumed: line?.[1] === "Reused",
    peerCertificate: commonName(stdout),
    alpn: /^ALPN protocol: (\S+)/m.exec(stdout)?.[1] ?? null,
  };
}
