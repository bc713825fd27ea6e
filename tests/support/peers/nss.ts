// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { namespaceProblem, openNamespace } from "../namespace.ts";
import { programVersion, runOk, spawn } from "../process.ts";
import {
  CERTIFICATE_TYPES,
  type CertificateType,
  type LeafRole,
  type TestPki,
} from "../test_pki.ts";
import {
  type Availability,
  CLASSIC_GROUPS,
  type ClientOptions,
  type ClientResult,
  demandSame,
  type Features,
  type Group,
  type Negotiated,
  payload,
  type Peer,
  type PeerServer,
  peerServer,
  readToEnd,
  type ServerOptions,
  type Suite,
  suiteFact,
  SUITES,
  TLS12_SUITES,
  writeText,
} from "./peer.ts";

/** NSS has no Ed25519 certificates. */
const CERTIFICATES: readonly CertificateType[] = CERTIFICATE_TYPES.filter((type) =>
  type !== "ed25519"
);

const FEATURES: Features = {
  suites: SUITES,
  groups: CLASSIC_GROUPS,
  serverCertificates: CERTIFICATES,
  clientCertificates: CERTIFICATES,
  resumption: true,
  alpn: false,
  narrowsGroups: true,
  narrowsSuites: "always",
};

/**
 * The others are off unless they are named, and over several connections tstclnt cannot name any.
 */
const TLS12_DEFAULTS: readonly Suite[] = TLS12_SUITES.filter((suite) => !/CBC_SHA384/.test(suite));

/** tstclnt uses its list of suites up with the first of several connections. */
const CLIENT_FEATURES: Features = { ...FEATURES, narrowsSuites: "once" };

const SUITE_CODES: Readonly<Record<Suite, string>> = {
  TLS_AES_128_GCM_SHA256: ":1301",
  TLS_AES_256_GCM_SHA384: ":1302",
  TLS_CHACHA20_POLY1305_SHA256: ":1303",
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: ":C02B",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: ":C02F",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: ":C02C",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: ":C030",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: ":CCA9",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: ":CCA8",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: ":C009",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: ":C013",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: ":C00A",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: ":C014",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: ":C023",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: ":C027",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: ":C024",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: ":C028",
};

const GROUP_NAMES: Readonly<Record<Group, string>> = {
  x25519: "x25519",
  secp256r1: "P256",
  secp384r1: "P384",
  secp521r1: "P521",
  X25519MLKEM768: "x25519mlkem768",
};

/** NSS leaves rsa_pss_pss_* out unless it is told otherwise. */
const SIGNATURE_SCHEMES = [
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "rsa_pss_rsae_sha256",
  "rsa_pss_rsae_sha384",
  "rsa_pss_rsae_sha512",
  "rsa_pss_pss_sha256",
  "rsa_pss_pss_sha384",
  "rsa_pss_pss_sha512",
];

/** The port inside the server's own network namespace. */
const PORT = 4433;

/** NSS's `selfserv` and `tstclnt`. */
export const nss: Peer = {
  serverName: "NSS selfserv",
  clientName: "NSS tstclnt",
  available,
  serverFeatures: FEATURES,
  clientFeatures: CLIENT_FEATURES,
  tls12ServerFeatures: {
    ...FEATURES,
    suites: TLS12_DEFAULTS,
    // With a certificate on another curve its server takes no group that is weaker, whatever its
    // order.
    serverCertificates: ["ecdsa-p256", "rsa", "rsa-pss"],
  },
  tls12ClientFeatures: { ...CLIENT_FEATURES, suites: TLS12_DEFAULTS },
  // tstclnt waits for the server's end once its own input is over.
  habits: { application: "echo", greeting: false, closers: ["server"] },
  startServer,
  runClient,
};

async function available(): Promise<Availability> {
  for (const tool of ["selfserv", "tstclnt", "certutil", "pk12util"]) {
    const found = await programVersion(tool, ["-H"], /(usage|option|help)/i);
    if (!found.ok) return found;
  }
  const pkcs12 = await programVersion("openssl", ["version"], /^OpenSSL (\S+)/m);
  if (!pkcs12.ok) return { ok: false, reason: `${pkcs12.reason} to make PKCS#12 files` };
  const problem = await namespaceProblem();
  if (problem !== undefined) return { ok: false, reason: problem };
  return { ok: true, version: "of libnss3-tools" };
}

const databases = new Map<string, Promise<string>>();

/**
 * Makes an NSS database with the test root, trusted, and the leaves of some roles as far as NSS can
 * hold them; a leaf's nickname is its common name.
 *
 * @param pki Whose certificates.
 * @param roles Whose leaves: tstclnt shows any client's leaf that it finds, named or not.
 * @returns The database's folder.
 */
export function nssDatabase(pki: TestPki, roles: readonly LeafRole[]): Promise<string> {
  const directory = [`${pki.directory}/nss`, ...roles].join("_");
  const known = databases.get(directory) ?? makeDatabase(pki, roles, directory);
  databases.set(directory, known);
  return known;
}

async function makeDatabase(
  pki: TestPki,
  roles: readonly LeafRole[],
  directory: string,
): Promise<string> {
  await Deno.mkdir(directory);
  const database = `sql:${directory}`;
  await runOk("certutil", ["-N", "-d", database, "--empty-password"]);
  await runOk("certutil", ["-A", "-d", database, "-n", "root", "-t", "CT,C,C", "-i", pki.rootFile]);
  for (const role of roles) {
    for (const type of CERTIFICATES) {
      const leaf = pki.leaf(role, type);
      const file = `${directory}/${role}_${type}.p12`;
      // deno-fmt-ignore
      await runOk("openssl", ["pkcs12", "-export", "-in", leaf.certFile, "-inkey", leaf.keyFile,
        "-certfile", pki.intermediateFile, "-name", leaf.commonName, "-passout", "pass:", "-out", file]);
      await runOk("pk12util", ["-i", file, "-d", database, "-W", "", "-K", ""]);
    }
  }
  return directory;
}

function common(options: Pick<ServerOptions, "version" | "suites" | "groups">): string[] {
  const { version = "TLSv1.3", suites, groups = CLASSIC_GROUPS } = options;
  return [
    "-V",
    version === "TLSv1.3" ? "tls1.3:tls1.3" : "tls1.2:tls1.2",
    "-u",
    "-v",
    ...(suites ? ["-c", suites.map((suite) => SUITE_CODES[suite]).join("")] : []),
    "-I",
    groups.map((group) => GROUP_NAMES[group]).join(","),
    "-J",
    SIGNATURE_SCHEMES.join(","),
  ];
}

/** The longest text that selfserv takes in one request: its buffer is 10,240 bytes. */
const MAX_REQUEST = 8192;

async function startServer(options: ServerOptions): Promise<PeerServer> {
  const { pki, certificate, clientAuth = "none" } = options;
  const directory = await nssDatabase(pki, ["server"]);
  const namespace = await openNamespace();
  const process = namespace.spawn("selfserv", {
    // deno-fmt-ignore
    args: ["-d", `sql:${directory}`, "-n", pki.leaf("server", certificate).commonName, "-p", String(PORT), ...common(options),
      ...{ none: [], request: ["-r"], require: ["-r", "-r"] }[clientAuth]],
    cwd: directory,
  });
  const close = async (): Promise<void> => {
    await process.close();
    await namespace.close();
  };
  return peerServer({
    port: PORT,
    connect: () => namespace.connect(PORT),
    // selfserv is an HTTP server that sends the request back as the page, or a file that the
    // request names, and closes.
    closer: "server",
    exchange: async (channel, bytes) => {
      const text = payload(bytes);
      if (bytes <= MAX_REQUEST) {
        const request = `GET / HTTP/1.0\r\nX-Text: ${text.replaceAll("\n", " ")}\r\n\r\n`;
        await writeText(channel, request);
        const answer = await readToEnd(channel);
        if (!answer.includes(request)) throw new Error(`Cannot find the request in ${answer}`);
        return;
      }
      await Deno.writeTextFile(`${directory}/bulk.txt`, text);
      await writeText(channel, `GET ${directory}/bulk.txt HTTP/1.0\r\n\r\n`);
      const answer = await readToEnd(channel);
      demandSame(answer.slice(answer.indexOf("\r\n\r\n") + 4).slice(0, text.length), text);
    },
    finish: async (connections) => {
      const told = (): NssFacts => new NssFacts(process.stdout, process.stderr);
      await process.waitFor((p) => told().isComplete(connections) ? p : null);
      await close();
      return told().connections().map(({ peerCertificate, ...fact }) =>
        // selfserv tells its own name where it has not asked for the client's.
        clientAuth === "none" || peerCertificate === undefined ? fact : { ...fact, peerCertificate }
      );
    },
    output: () => process.output,
    close,
  });
}

/**
 * What both programs tell of their connections. Each line of it is in the order of the connections,
 * but some are on standard output and some on standard error, so that they arrive in any order.
 */
class NssFacts {
  readonly #ciphers: readonly RegExpMatchArray[];
  readonly #exchanges: readonly RegExpMatchArray[];
  readonly #subjects: readonly RegExpMatchArray[];
  readonly #resumes: readonly RegExpMatchArray[];
  readonly #validations: number;

  constructor(stdout: string, stderr: string) {
    const all = (pattern: RegExp): RegExpMatchArray[] => [
      ...stdout.matchAll(pattern),
      ...stderr.matchAll(pattern),
    ];
    this.#ciphers = all(/SSL version 3\.(\d) using (\d+-bit \S+)/g);
    this.#exchanges = all(/Key Exchange: (\d+)-bit/g);
    this.#subjects = all(/subject DN: CN=(.*)\n/g);
    this.#resumes = all(/^\s*(\d+) stateless resumes/gm);
    this.#validations = all(/Certificate Validated/g).length;
  }

  isComplete(connections: number): boolean {
    return [this.#ciphers, this.#exchanges, this.#resumes]
      .every(({ length }) => length >= connections) && this.#subjects.length >= this.#validations;
  }

  connections(): Negotiated[] {
    return this.#ciphers.map(([, version, cipher], i) => ({
      version: version === "4" ? "TLSv1.3" : "TLSv1.2",
      // Of a suite of TLS 1.2 it names the half.
      ...(version === "4" ? suiteFact(cipher) : {}),
      ...bitsFact(this.#exchanges[i]?.[1]),
      // The number counts all so far.
      resumed: Number(this.#resumes[i]?.[1]) > Number(this.#resumes[i - 1]?.[1] ?? 0),
      peerCertificate: this.#subjects[i]?.[1] ?? null,
    }));
  }
}

/** NSS tells a group's size only. */
function bitsFact(bits: string | undefined): { group?: Group } {
  switch (bits) {
    case "255":
      return { group: "x25519" };
    case "256":
      return { group: "secp256r1" };
    case "384":
      return { group: "secp384r1" };
    case "521":
      return { group: "secp521r1" };
    default:
      return {};
  }
}

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, suites, clientCertificate, connections, bytes } = options;
  if (suites && connections > 1) {
    throw new RangeError("Cannot run tstclnt: -c is for one connection");
  }
  const directory = await nssDatabase(pki, clientCertificate ? ["client"] : []);
  const text = payload(bytes);
  const request = `${directory}/request_${bytes}.txt`;
  await Deno.writeTextFile(request, text);
  await using process = spawn("tstclnt", {
    // deno-fmt-ignore
    args: ["-4", "-h", "127.0.0.1", "-a", "localhost", "-p", String(port), "-d", `sql:${directory}`, ...common(options),
      "-A", request, "-L", String(connections),
      ...(clientCertificate ? ["-n", pki.leaf("client", clientCertificate).commonName] : [])],
  });
  const { code, stdout, stderr } = await process.result();
  if (code === 0) demandSame(stdout, text.repeat(connections));
  const facts = new NssFacts("", stderr).connections();
  return { exitCode: code, output: process.output, connections: facts };
}
