// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { namespaceProblem, openNamespace } from "../namespace.ts";
import { programVersion, spawn } from "../process.ts";
import { CERTIFICATE_TYPES } from "../test_pki.ts";
import {
  type Availability,
  CLASSIC_GROUPS,
  type ClientOptions,
  type ClientResult,
  demandSame,
  type Features,
  groupFact,
  type Negotiated,
  payload,
  type Peer,
  type PeerServer,
  peerServer,
  readText,
  type ServerOptions,
  type Suite,
  suiteFact,
  SUITES,
  TLS12_SUITES,
  tls12Suites,
  type Tls13Suite,
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

const TLS12_FEATURES: Features = { ...FEATURES, suites: TLS12_SUITES };

const CIPHERS: Readonly<Record<Tls13Suite, string>> = {
  TLS_AES_128_GCM_SHA256: "AES-128-GCM",
  TLS_AES_256_GCM_SHA384: "AES-256-GCM",
  TLS_CHACHA20_POLY1305_SHA256: "CHACHA20-POLY1305",
};

/** The port inside the server's own network namespace. */
const PORT = 4433;

/** GnuTLS's `gnutls-serv` and `gnutls-cli`. */
export const gnutls: Peer = {
  serverName: "gnutls-serv",
  clientName: "gnutls-cli",
  available,
  serverFeatures: FEATURES,
  clientFeatures: FEATURES,
  tls12ServerFeatures: TLS12_FEATURES,
  tls12ClientFeatures: TLS12_FEATURES,
  // `--resume` waits for a ticket before it sends, and our tickets leave with the first data.
  habits: { application: "echo", greeting: true, closers: ["client", "server"] },
  startServer,
  runClient,
};

async function available(): Promise<Availability> {
  const version = await programVersion("gnutls-cli", ["--version"], /gnutls-cli (\S+)/);
  if (!version.ok) return version;
  const server = await programVersion("gnutls-serv", ["--version"], /gnutls-serv (\S+)/);
  if (!server.ok) return server;
  const problem = await namespaceProblem();
  return problem === undefined ? version : { ok: false, reason: problem };
}

/** Suites of TLS 1.2 in parts: key exchange, cipher and MAC. */
function tls12Priority(suites: readonly Suite[]): string[] {
  const parts = tls12Suites(suites).map((suite) =>
    /^TLS_(ECDHE_ECDSA|ECDHE_RSA)_WITH_(AES_\d+_GCM|AES_\d+_CBC|CHACHA20_POLY1305)_(SHA\d*)$/.exec(
      suite,
    )!
  );
  const hyphens = (text: string) => text.replaceAll("_", "-");
  return [
    "NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL",
    ...new Set(parts.map(([, exchange]) => `+${hyphens(exchange!)}`)),
    ...new Set(parts.map(([, , cipher]) => `+${hyphens(cipher!)}`)),
    ...new Set(
      parts.map(([, , cipher, mac]) =>
        /CBC/.test(cipher!) ? `+${mac === "SHA" ? "SHA1" : mac}` : "+AEAD"
      ),
    ),
  ];
}

function priority(options: Pick<ServerOptions, "version" | "suites" | "groups">): string {
  const { version = "TLSv1.3", groups = CLASSIC_GROUPS } = options;
  if (version === "TLSv1.2") {
    return [
      ...tls12Priority(options.suites ?? TLS12_SUITES),
      "-GROUP-ALL",
      ...groups.map((group) => `+GROUP-${group.toUpperCase()}`),
    ].join(":");
  }
  const suites = SUITES.filter((suite) => options.suites?.includes(suite) ?? true);
  return [
    "NORMAL:-VERS-ALL:+VERS-TLS1.3",
    "-CIPHER-ALL",
    ...suites.map((suite) => `+${CIPHERS[suite]}`),
    "-GROUP-ALL",
    ...groups.map((group) => `+GROUP-${group.toUpperCase()}`),
  ].join(":");
}

async function startServer(options: ServerOptions): Promise<PeerServer> {
  const { pki, certificate, clientAuth = "none", alpnProtocols = [] } = options;
  const leaf = pki.leaf("server", certificate);
  const auth = {
    none: "--disable-client-cert",
    request: "--verify-client-cert",
    require: "--require-client-cert",
  };
  const namespace = await openNamespace();
  const process = namespace.spawn("gnutls-serv", {
    // deno-fmt-ignore
    args: ["--echo", "--port", String(PORT), "--priority", priority(options),
      "--x509certfile", leaf.chainFile, "--x509keyfile", leaf.keyFile, "--x509cafile", pki.rootFile,
      auth[clientAuth], ...(clientAuth === "require" ? ["--verify-client-cert"] : []),
      ...alpnProtocols.map((protocol) => `--alpn=${protocol}`)],
  });
  const close = async (): Promise<void> => {
    await process.close();
    await namespace.close();
  };
  return peerServer({
    port: PORT,
    connect: () => namespace.connect(PORT),
    exchange: async (channel, bytes) => {
      // The server answers what ends with a line end, up to 4 KiB at a time.
      const text = payload(bytes);
      for (let at = 0; at < text.length; at += 4096) {
        const part = text.slice(at, at + 4096);
        await writeText(channel, part);
        demandSame(await readText(channel, part.length), part);
      }
    },
    finish: async () => {
      // Its output comes when it ends: it is no terminal's.
      await close();
      return facts(process.output, "* Accepted connection");
    },
    output: () => process.output,
    close,
  });
}

/** Reads what both programs print of connections, each of which begins with a mark. */
function facts(output: string, mark: string): Negotiated[] {
  return output.split(mark).slice(1).map((block) => {
    const line = /^- Description: \((TLS1\.[23])[^)]*\)-(.*)-\(([A-Z0-9-]+)\)$/m.exec(block);
    const resumed = /^\*\*\* This is a resumed session/m.test(block);
    const subject = /[Ss]ubject:? `?CN=([^',\n]+)/.exec(block);
    return {
      // Of a suite of TLS 1.2 it names a part.
      ...(line?.[1] === "TLS1.3" ? suiteFact(line[3]) : {}),
      ...groupFact(/ECDHE-([A-Z0-9]+)/.exec(line?.[2] ?? "")?.[1]),
      ...(line ? { version: line[1] === "TLS1.3" ? "TLSv1.3" : "TLSv1.2" } : {}),
      ...(resumed && !subject ? {} : { peerCertificate: subject?.[1] ?? null }),
      resumed,
      alpn: /^- Application protocol: (\S+)/m.exec(block)?.[1] ?? null,
    };
  });
}

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, clientCertificate, alpnProtocols = [], connections, bytes, closer } = options;
  if (connections > 2) throw new RangeError("Cannot run gnutls-cli: it resumes once");
  const leaf = clientCertificate && pki.leaf("client", clientCertificate);
  await using process = spawn("gnutls-cli", {
    // deno-fmt-ignore
    args: ["--port", String(port), "--x509cafile", pki.rootFile, "--priority", priority(options),
      "--sni-hostname", "localhost", "--verify-hostname", "localhost",
      ...(leaf ? ["--x509certfile", leaf.chainFile, "--x509keyfile", leaf.keyFile] : []),
      ...(connections === 2 ? ["--resume", "--waitresumption"] : []),
      ...alpnProtocols.map((protocol) => `--alpn=${protocol}`), "127.0.0.1"],
    interactive: true,
  });
  const text = payload(bytes);
  await process.waitFor(/^- Simple Client Mode:$/m);
  await process.write(text);
  await process.waitFor((p) => p.stdout.includes(text) ? p : null);
  if (closer === "client") await process.closeInput();
  const { code } = await process.result();
  const clean = /^- Peer has closed the GnuTLS connection/m.test(process.output);
  return {
    exitCode: code,
    output: process.output,
    connections: facts(process.output, "Connecting to '").map((fact, i) =>
      closer === "server" && i === connections - 1 ? { ...fact, closeNotify: clean } : fact
    ),
  };
}
