// Copyright 2026 the NSS for Deno authors. MIT license.

/** What must work in each runtime; it uses nothing that is not in all of them. @module */

import {
  type ByteStreams,
  type Certificate,
  type ChannelInfo,
  configMPServerSIDCache,
  type ConnLike,
  createCertificate,
  exportKeyingMaterial,
  exportPrivateKeyPem,
  generateKeyPair,
  importFD,
  type ImportOptions,
  importPkcs12,
  importPrivateKey,
  init,
  type KeyPair,
  type KeyPairType,
  keyUpdate,
  NssContext,
  NssError,
  parseCertificate,
  type SignatureScheme,
  type SslSocket,
} from "@nss/nss";
import { importCert, MemoryCertDB, verifyCertNow } from "@nss/nss/cert";
import { openKvToken } from "@nss/nss/pkcs11/kv-token";
import { loadModule } from "@nss/nss/pkcs11/module";
import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";

/** What a program gives the checks. */
export interface Environment {
  /** What the peers use. */
  readonly peers: Peers;
  /** Connects to a port of 127.0.0.1; `null` where there is no TCP. */
  readonly connect: ((port: number) => Promise<ByteStreams | ConnLike>) | null;
}

/** A certificate with those above it, and its key, PEM. */
export interface Identity {
  readonly chain: string;
  readonly key: string;
}

/** What the runner has made with OpenSSL, and its servers. */
export interface Peers {
  /** The port of `openssl s_server`, which answers each line with the line reversed, by version. */
  readonly ports: Readonly<Record<"TLSv1.2" | "TLSv1.3", number>>;
  /** The root of all certificates, PEM. */
  readonly root: string;
  /** Who this end is as a server. */
  readonly server: Identity;
  /** Who it is as a client. */
  readonly client: Identity;
  /** A PKCS#12 file of OpenSSL's, base64, whose password is `password`. */
  readonly pkcs12: string;
}

/** What came of a check. */
export interface Result {
  /** The name of the check. */
  readonly name: string;
  /** Whether it succeeded; `null` where the runtime has not what it needs. */
  readonly ok: boolean | null;
  /** What it found, or why it failed. */
  readonly detail: string;
}

/** A check: what it found, or `null` if the runtime has not what it needs. */
export type Check = (environment: Environment) => Promise<string | null>;

/** The versions, of which each check of a handshake is made. */
const VERSIONS = ["TLSv1.3", "TLSv1.2"] as const;

type Version = typeof VERSIONS[number];

/** Fails a check unless a condition holds. */
export function demand(condition: boolean, what: string): void {
  if (!condition) throw new Error(what);
}

/** Two pairs of streams that are joined. */
function pipes(): [ByteStreams, ByteStreams] {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  return [
    { readable: down.readable, writable: up.writable },
    { readable: up.readable, writable: down.writable },
  ];
}

/** Those who meet in a check: an authority, and a certificate of it for each end. */
interface Cast {
  readonly ca: Certificate;
  readonly server: ImportOptions;
  readonly client: ImportOptions;
}

let cast: Promise<Cast> | undefined;

function people(): Promise<Cast> {
  return cast ??= makePeople();
}

async function makePeople(): Promise<Cast> {
  const [authority, serverKeys, clientKeys] = await Promise.all([
    generateKeyPair(),
    generateKeyPair(),
    generateKeyPair("ec-p384"),
  ]);
  const ca = await createCertificate({ ...authority, subject: "CN=authority", isCa: true });
  const issuer = { certificate: ca, privateKey: authority.privateKey };
  const cert = await createCertificate({ ...serverKeys, dnsNames: ["localhost"], issuer });
  const own = await createCertificate({ ...clientKeys, subject: "CN=alice", issuer });
  return {
    ca,
    server: {
      role: "server",
      certificates: [{ cert, key: serverKeys.privateKey }],
      clientAuth: "require",
      caCerts: [ca],
    },
    client: {
      hostname: "localhost",
      certificates: [{ cert: own, key: clientKeys.privateKey }],
      caCerts: [ca],
    },
  };
}

/** Joins a client and a server of ours. */
async function join(client: ImportOptions, server: ImportOptions): Promise<[SslSocket, SslSocket]> {
  const known = await people();
  const [near, far] = pipes();
  return [
    importFD(near, { ...known.client, ...client }),
    importFD(far, { ...known.server, ...server }),
  ];
}

/** Sends bytes there and back, and ends both. */
async function echo(client: SslSocket, server: SslSocket, length: number): Promise<void> {
  const sent = crypto.getRandomValues(new Uint8Array(Math.min(length, 65_536)));
  const writing = (async () => {
    for (let left = length; left > 0; left -= sent.length) {
      await client.write(sent.subarray(0, left));
    }
  })();
  const buffer = new Uint8Array(16_384);
  const serving = (async () => {
    for (let left = length; left > 0;) {
      const count = await server.read(buffer.subarray(0, left));
      if (count === null) throw new Error(`${left} bytes have not arrived at the server`);
      await server.write(buffer.slice(0, count));
      left -= count;
    }
  })();
  const back = new Uint8Array(16_384);
  let at = 0;
  while (at < length) {
    const count = await client.read(back);
    if (count === null) throw new Error(`${length - at} bytes have not come back`);
    for (let i = 0; i < count; i++, at++) {
      if (back[i] !== sent[at % sent.length]) throw new Error(`byte ${at} is another`);
    }
  }
  await Promise.all([writing, serving]);
}

function close(...sockets: readonly SslSocket[]): Promise<unknown> {
  return Promise.all(sockets.map((socket) => socket.close()));
}

const only = (version: Version): ImportOptions => ({ versions: { min: version, max: version } });

/** A handshake with certificates of both ends, and data both ways. */
function handshake(version: Version): Check {
  return async () => {
    const [client, server] = await join(only(version), only(version));
    const [info, other] = await Promise.all([client.handshake(), server.handshake()]);
    demand(info.version === version, `the version is ${info.version}`);
    demand(other.peerCertificates[0]?.subject.commonName === "alice", "alice is not known");
    const [a, b] = await Promise.all(
      [client, server].map((socket) => exportKeyingMaterial(socket, "EXPERIMENTAL check", 32)),
    );
    demand(String(a) === String(b), "the exported keys differ");
    await echo(client, server, 200_000);
    await close(client, server);
    return "yes";
  };
}

/** A second connection resumes the session of the first. */
function resumption(version: Version): Check {
  return async () => {
    const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
    const seen: boolean[] = [];
    for (let i = 0; i < 2; i++) {
      const [client, server] = await join(
        { ...only(version), context: contexts[0]! },
        { ...only(version), context: contexts[1]! },
      );
      const [info, other] = await Promise.all([client.handshake(), server.handshake()]);
      demand(info.resumed === other.resumed, "the ends disagree");
      seen.push(info.resumed);
      await echo(client, server, 1000);
      await close(client, server);
    }
    demand(String(seen) === "false,true", `resumed: ${seen}`);
    return "yes";
  };
}

async function keyUpdates(): Promise<string> {
  const [client, server] = await join(only("TLSv1.3"), only("TLSv1.3"));
  await Promise.all([client.handshake(), server.handshake()]);
  for (const socket of [client, server]) {
    await keyUpdate(socket, true);
    await echo(client, server, 20_000);
  }
  await close(client, server);
  return "yes";
}

/** The suites that the server's certificate is for. */
const SUITES = {
  "TLSv1.3": [
    "TLS_AES_128_GCM_SHA256",
    "TLS_CHACHA20_POLY1305_SHA256",
    "TLS_AES_256_GCM_SHA384",
  ],
  "TLSv1.2": [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
  ],
} as const;

/**
 * Makes a handshake in which a client offers one thing alone.
 *
 * @returns What both have agreed on; `null` if the runtime lacks it, which the client must say.
 */
async function offering(
  name: string,
  client: ImportOptions,
  server: ImportOptions,
): Promise<ChannelInfo | null> {
  const ends = await join(client, server);
  const serving = ends[1].handshake();
  serving.catch(() => {}); // reported below
  try {
    const info = await ends[0].handshake();
    await serving;
    await echo(...ends, 40_000);
    await close(...ends);
    return info;
  } catch (error) {
    await Promise.allSettled(ends.map((end) => end.close()));
    const lacks = error instanceof NssError && error.name === "SSL_ERROR_SSL_DISABLED" &&
      error.message.includes(`this runtime's WebCrypto lacks ${name}; `);
    if (lacks) return null;
    throw error;
  }
}

function counted(all: readonly string[], lacking: readonly string[]): string {
  const used = `${all.length - lacking.length} of ${all.length}`;
  return lacking.length === 0 ? used : `${used}: not ${lacking.join(", ")}`;
}

/** Each suite of a version; a client that offers one alone gets it, or says that it is not here. */
function suites(version: Version): Check {
  return async () => {
    const names = SUITES[version];
    const lacking: string[] = [];
    for (const name of names) {
      const info = await offering(
        name,
        { ...only(version), cipherSuites: [name] },
        { ...only(version), cipherSuites: names },
      );
      if (info === null) lacking.push(name);
      else demand(info.cipherSuite === name, `${name} became ${info.cipherSuite}`);
    }
    return counted(names, lacking);
  };
}

async function groups(): Promise<string> {
  const names = [
    "X25519MLKEM768",
    "SecP256r1MLKEM768",
    "SecP384r1MLKEM1024",
    "x25519",
    "secp256r1",
    "secp384r1",
    "secp521r1",
    "MLKEM1024",
  ] as const;
  const lacking: string[] = [];
  for (const name of names) {
    const info = await offering(name, { groups: [name] }, { groups: [name] });
    if (info === null) lacking.push(name);
    else demand(info.group === name, `${name} became ${info.group}`);
  }
  return counted(names, lacking);
}

/** The group of a connection that says nothing about groups. */
async function defaultGroup(): Promise<string> {
  const [client, server] = await join({}, {});
  const [{ group }] = await Promise.all([client.handshake(), server.handshake()]);
  await close(client, server);
  return group;
}

const KEY_TYPES: readonly KeyPairType[] = [
  "ec-p256",
  "ec-p384",
  "ec-p521",
  "ed25519",
  "mldsa65",
  "rsa-2048",
  "rsa-pss-2048",
];

/** ML-DSA is not among the default schemes. */
const SCHEMES: readonly SignatureScheme[] = [
  "mldsa65",
  "ecdsa_secp256r1_sha256",
  "ecdsa_secp384r1_sha384",
  "ecdsa_secp521r1_sha512",
  "ed25519",
  "rsa_pss_rsae_sha256",
  "rsa_pss_pss_sha256",
];

/** Certificates of each kind of key: made, written, read, verified, and used by a server. */
async function certificates(): Promise<string> {
  const authority = await generateKeyPair();
  const root = await createCertificate({ ...authority, subject: "CN=root", isCa: true });
  const issuer = { certificate: root, privateKey: authority.privateKey };
  const db = new MemoryCertDB();
  await importCert(db, root, { nickname: "root", trust: "C,," });
  const lacking: string[] = [];
  for (const type of KEY_TYPES) {
    let keys: KeyPair;
    try {
      keys = await generateKeyPair(type, { extractable: true });
    } catch (error) {
      if (!(error instanceof NssError) || error.name !== "SEC_ERROR_KEYGEN_FAIL") throw error;
      lacking.push(type);
      continue;
    }
    const made = await createCertificate({ ...keys, dnsNames: ["localhost"], issuer });
    const cert = parseCertificate(made.toPem());
    const key = await importPrivateKey(await exportPrivateKeyPem(keys.privateKey));
    const path = await verifyCertNow(db, cert, true, "sslServer");
    demand(path.length === 2, `${type}: the path has ${path.length} certificates`);
    const [near, far] = pipes();
    const ends = [
      importFD(near, { hostname: "localhost", caCerts: [root], signatureSchemes: SCHEMES }),
      importFD(far, {
        role: "server",
        certificates: [{ cert, key }],
        signatureSchemes: SCHEMES,
      }),
    ] as const;
    await Promise.all(ends.map((end) => end.handshake()));
    await close(...ends);
  }
  return counted(KEY_TYPES, lacking);
}

/** A certificate of another name is refused, and both ends say why. */
async function refusal(): Promise<string> {
  const [client, server] = await join({ hostname: "example.com" }, {});
  const [ours, theirs] = await Promise.allSettled([client.handshake(), server.handshake()]);
  await Promise.allSettled([client.close(), server.close()]);
  const nameOf = (outcome: PromiseSettledResult<unknown>) =>
    outcome.status === "rejected" && outcome.reason instanceof NssError
      ? outcome.reason.name
      : "no error";
  demand(nameOf(ours!) === "SSL_ERROR_BAD_CERT_DOMAIN", `the client has ${nameOf(ours!)}`);
  demand(nameOf(theirs!) === "SSL_ERROR_BAD_CERT_ALERT", `the server has ${nameOf(theirs!)}`);
  return "refused";
}

/** Nobody is trusted where the runtime shows no roots: whoever asks for none is told so. */
async function platformRoots(): Promise<string> {
  const { server } = await people();
  const [near, far] = pipes();
  const client = importFD(near, { hostname: "localhost" });
  const [ours] = await Promise.allSettled([client.handshake(), importFD(far, server).handshake()]);
  if (ours.status === "fulfilled") throw new Error("an unknown authority is trusted");
  const { reason } = ours;
  if (!(reason instanceof NssError)) throw reason;
  if (reason.name === "SEC_ERROR_UNKNOWN_ISSUER") return "the runtime's";
  const isSaid = reason.name === "SEC_ERROR_NO_MODULE" && reason.message.includes("caCerts");
  if (!isSaid) throw reason;
  return "none: needs caCerts";
}

/** What needs more than WebCrypto and streams either works or says that it is not here. */
function special(...opens: readonly (() => Promise<unknown>)[]): Check {
  return async () => {
    const found = new Set<string>();
    for (const open of opens) {
      try {
        await open();
        found.add("yes");
      } catch (error) {
        if (!(error instanceof NssError)) throw error;
        const isMissing = error.name === "PR_OPERATION_NOT_SUPPORTED_ERROR" ||
          error.name === "SEC_ERROR_NO_MODULE";
        found.add(isMissing ? "no, and says so" : "yes");
      }
    }
    demand(found.size === 1, `some is here and some is not: ${[...found]}`);
    return [...found].join();
  };
}

/** A PKCS#12 file of OpenSSL's, whose password is hashed some thousand times. */
async function pkcs12({ peers }: Environment): Promise<string> {
  const file = Uint8Array.from(atob(peers.pkcs12), (character) => character.charCodeAt(0));
  const { identities } = await importPkcs12(file, "password");
  demand(identities.length === 1, `it has ${identities.length} keys`);
  demand(identities[0]!.certificates.length === 2, "certificates are missing");
  return "yes";
}

/** A server of OpenSSL's, which wants a certificate, over TCP. */
function openssl(version: Version): Check {
  return async ({ peers, connect }) => {
    if (connect === null) return null;
    const results: boolean[] = [];
    const context = new NssContext({ trustAnchors: [] });
    for (let i = 0; i < 2; i++) {
      const conn = await connect(peers.ports[version]);
      const options = {
        ...only(version),
        context,
        hostname: "localhost",
        caCerts: [peers.root],
        certificates: [{ cert: peers.client.chain, key: await importPrivateKey(peers.client.key) }],
      };
      const socket = "read" in conn ? importFD(conn, options) : importFD(conn, options);
      const { resumed } = await socket.handshake();
      results.push(resumed);
      const line = "0123456789".repeat(100);
      await socket.write(new TextEncoder().encode(`${line}\n`));
      let text = "";
      const buffer = new Uint8Array(4096);
      while (!text.includes("\n")) {
        const count = await socket.read(buffer);
        if (count === null) throw new Error("the answer is cut short");
        text += new TextDecoder().decode(buffer.subarray(0, count));
      }
      demand(text.trim() === [...line].reverse().join(""), "the answer is another");
      await socket.close();
    }
    demand(results.join() === "false,true", `resumed: ${results}`);
    return "yes";
  };
}

/** The checks, in the order of the table. */
export const CHECKS: ReadonlyMap<string, Check> = new Map<string, Check>([
  ["first choice of a key exchange", defaultGroup],
  ...VERSIONS.map((version): [string, Check] => [
    `${version}: client and server, certificates of both`,
    handshake(version),
  ]),
  ...VERSIONS.map((version): [string, Check] => [`${version}: resumption`, resumption(version)]),
  ...VERSIONS.map((version): [string, Check] => [`${version}: cipher suites`, suites(version)]),
  ["key exchange groups", groups],
  ["KeyUpdate", keyUpdates],
  ["certificates by kind of key", certificates],
  ["a certificate of another name", refusal],
  ["a PKCS#12 file of OpenSSL's", pkcs12],
  ["the platform's roots", platformRoots],
  ["NSS databases", special(() => init("/no/such/folder"))],
  ["PKCS#11 libraries", special(() => loadModule("/no/such/module.so"))],
  [
    "Deno KV",
    special(
      () => openKvToken({ path: ":memory:" }),
      () => openKvSessionCache({ path: ":memory:" }),
      () => configMPServerSIDCache({ path: ":memory:" }),
    ),
  ],
  ...VERSIONS.map((version): [string, Check] => [
    `${version}: openssl s_server over TCP, resumed`,
    openssl(version),
  ]),
]);

/** Runs the checks, one after the other. */
export async function runChecks(
  environment: Environment,
  checks: ReadonlyMap<string, Check> = CHECKS,
): Promise<readonly Result[]> {
  const results: Result[] = [];
  for (const [name, check] of checks) {
    try {
      const found = await check(environment);
      results.push({ name, ok: found === null ? null : true, detail: found ?? "no TCP here" });
    } catch (error) {
      const detail = error instanceof Error ? `${error.name}: ${error.message}` : String(error);
      results.push({ name, ok: false, detail: `${detail}\n${traceOf(error)}` });
    }
  }
  return results;
}

/** Where an error and its causes come from. */
function traceOf(error: unknown): string {
  return error instanceof Error ? `${error.stack}\n${traceOf(error.cause)}` : "";
}
