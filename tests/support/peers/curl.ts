// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { programVersion, spawn } from "../process.ts";
import { CERTIFICATE_TYPES } from "../test_pki.ts";
import {
  CLASSIC_GROUPS,
  type ClientOptions,
  type ClientResult,
  demandSame,
  type Features,
  type Group,
  type Negotiated,
  OPENSSL_NAMES,
  payload,
  type Peer,
  type PeerServer,
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
  alpn: false,
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

/** `curl`, a client that posts over HTTP/1.1. */
export const curl: Peer = {
  serverName: "curl",
  clientName: "curl",
  available: () => programVersion("curl", ["--version"], /^curl (\S+).*OpenSSL/m),
  serverFeatures: null,
  clientFeatures: FEATURES,
  tls12ClientFeatures: { ...FEATURES, suites: TLS12_SUITES },
  habits: { application: "http", greeting: false, closers: ["server"] },
  startServer: (): Promise<PeerServer> =>
    Promise.reject(new Error("Cannot serve: curl is a client")),
  runClient,
};

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const {
    pki,
    port,
    version = "TLSv1.3",
    groups = CLASSIC_GROUPS,
    clientCertificate,
    connections,
    bytes,
  } = options;
  const { suites = version === "TLSv1.3" ? SUITES : TLS12_SUITES } = options;
  const versions = version === "TLSv1.3"
    ? ["--tlsv1.3", "--tls13-ciphers", suites.join(":")]
    // deno-fmt-ignore
    : ["--tlsv1.2", "--tls-max", "1.2", "--ciphers", tls12Suites(suites).map((suite) => OPENSSL_NAMES[suite]).join(":")];
  const leaf = clientCertificate && pki.leaf("client", clientCertificate);
  const text = payload(bytes);
  const file = `${pki.directory}/curl_${bytes}.txt`;
  await Deno.writeTextFile(file, text);
  // Every URL of one command shares curl's session cache; the server closes each connection.
  const urls = Array<string>(connections).fill(`https://localhost:${port}/`);
  await using process = spawn("curl", {
    // deno-fmt-ignore
    args: ["--verbose", "--silent", "--show-error", "--http1.1", "--no-alpn", ...versions, "--noproxy", "*",
      "--max-time", "20", "--resolve", `localhost:${port}:127.0.0.1`, "--cacert", pki.rootFile,
      "--curves", groups.map((group) => GROUP_NAMES[group]).join(":"),
      ...(leaf ? ["--cert", leaf.chainFile, "--key", leaf.keyFile] : []),
      "--header", "Expect:", "--data-binary", `@${file}`, ...urls],
  });
  const { code, stdout } = await process.result();
  if (code === 0) demandSame(stdout, text.repeat(connections));
  return { exitCode: code, output: process.stderr, connections: facts(process.stderr) };
}

function facts(stderr: string): Negotiated[] {
  return stderr.split(/^\* {3}Trying /m).slice(1).map((block) => {
    const line = /^\* SSL connection using (TLSv1\.[23]) \/ (\S+)/m.exec(block);
    return {
      ...suiteFact(line?.[2]),
      ...(line ? { version: line[1] === "TLSv1.3" ? "TLSv1.3" : "TLSv1.2" } : {}),
      peerCertificate: /^\* {2}subject: CN=(.*)$/m.exec(block)?.[1] ?? null,
    };
  });
}
