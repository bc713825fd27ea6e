// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Measures handshakes, records and the end of connections, and prints what each end has done. A
 * program of its own: `_meter.ts` changes the process.
 *
 * @module
 */

import {
  createCertificate,
  generateKeyPair,
  importFD,
  type ImportOptions,
  type KeyPairType,
  type ProtocolVersion,
  type SslSocket,
} from "../../mod.ts";
import { COLUMNS, type Counts, End, settled, startCounting } from "./_meter.ts";
import { pipe } from "./_pipe.ts";

/** What one end has done in one operation. */
export interface Measured {
  /** The operation and the end. */
  readonly operation: string;
  readonly counts: Counts;
}

/** Of so many connections the last two are measured: what comes before fills caches. */
const CONNECTIONS = 4;

/** A record as large as TLS allows. */
const RECORD_LENGTH = 16_384;
const RECORDS = 64;

// What the application gives and takes, made once: it does not count
const BULK = new Uint8Array(RECORDS * RECORD_LENGTH);
const BYTE = new Uint8Array(1);
const BUFFER = new Uint8Array(4 * RECORD_LENGTH);

const client = new End();
const server = new End();

const rootKeys = await generateKeyPair();
const root = await createCertificate({ ...rootKeys, subject: "CN=root", isCa: true });

async function makeCredential(type: KeyPairType) {
  const { privateKey, publicKey } = await generateKeyPair(type);
  const cert = await createCertificate({
    publicKey,
    dnsNames: ["localhost"],
    issuer: { certificate: root, privateKey: rootKeys.privateKey },
  });
  return { cert, key: privateKey };
}

const ECDSA = await makeCredential("ec-p256");
const RSA = await makeCredential("rsa-2048");

/** A kind of connection. */
interface Kind {
  readonly name: string;
  readonly version: ProtocolVersion;
  readonly credential?: typeof ECDSA;
  readonly client?: ImportOptions;
  readonly server?: ImportOptions;
  readonly resumed?: boolean;
  /** What is measured of it: its handshake alone by default. */
  readonly measured?: "handshake and first byte" | "all" | "records";
  /** How many connections there are. Default: {@linkcode CONNECTIONS}. */
  readonly connections?: number;
}

type SuiteName = NonNullable<ImportOptions["cipherSuites"]>[number];

function withSuite(version: ProtocolVersion, suite: SuiteName): Kind {
  const options = { cipherSuites: [suite] };
  return {
    name: `${version} ${suite}`,
    version,
    client: options,
    server: options,
    measured: "records",
  };
}

const CLIENT_AUTH: Pick<Kind, "client" | "server"> = {
  client: { certificates: [ECDSA] },
  server: { clientAuth: "require", caCerts: [root] },
};

const KINDS: readonly Kind[] = [
  { name: "TLSv1.3 first of a process", version: "TLSv1.3", connections: 1 },
  { name: "TLSv1.3 ECDSA", version: "TLSv1.3", measured: "all" },
  { name: "TLSv1.3 RSA", version: "TLSv1.3", credential: RSA },
  { name: "TLSv1.3 client certificate", version: "TLSv1.3", ...CLIENT_AUTH },
  {
    name: "TLSv1.3 resumed",
    version: "TLSv1.3",
    resumed: true,
    measured: "handshake and first byte",
  },
  { name: "TLSv1.2 ECDSA", version: "TLSv1.2", measured: "all" },
  { name: "TLSv1.2 RSA", version: "TLSv1.2", credential: RSA },
  { name: "TLSv1.2 client certificate", version: "TLSv1.2", ...CLIENT_AUTH },
  {
    name: "TLSv1.2 resumed",
    version: "TLSv1.2",
    resumed: true,
    measured: "handshake and first byte",
  },
  withSuite("TLSv1.3", "TLS_AES_128_GCM_SHA256"),
  withSuite("TLSv1.3", "TLS_CHACHA20_POLY1305_SHA256"),
  withSuite("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256"),
  withSuite("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"),
  withSuite("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"),
];

/** Measures what both ends do, each until it has nothing to do but to wait for the other. */
async function measure(
  operation: string,
  ofClient: () => Promise<unknown>,
  ofServer: () => Promise<unknown>,
  ends: readonly [string, string] = ["client", "server"],
): Promise<Measured[]> {
  await settled();
  client.take();
  server.take();
  await Promise.all([client.run(ofClient), server.run(ofServer)]);
  await settled();
  return [client, server].map((end, i) => ({
    operation: `${operation}, ${ends[i]}`,
    counts: end.take(),
  }));
}

/** The same for each of so many. */
function each(measured: Measured, count: number): Measured {
  const counts = { ...measured.counts };
  for (const column of COLUMNS) counts[column] = Math.round(counts[column] / count * 100) / 100;
  return { ...measured, counts };
}

async function readAll(socket: SslSocket, length: number): Promise<void> {
  for (let left = length; left > 0;) {
    const count = await socket.read(BUFFER);
    if (count === null) throw new Error("Cannot measure: the connection has ended");
    left -= count;
  }
}

/** One connection from its handshake to its end. */
async function measureConnection(
  kind: Kind,
  peerId: string,
  resumes: boolean,
): Promise<Measured[]> {
  const versions = { min: kind.version, max: kind.version };
  const [near, far] = pipe(client, server);
  const clientOptions = {
    hostname: "localhost",
    caCerts: [root],
    peerId,
    versions,
    ...kind.client,
  };
  const serverOptions: ImportOptions = {
    role: "server",
    certificates: [kind.credential ?? ECDSA],
    versions,
    ...kind.server,
  };
  let ofClient!: SslSocket;
  let ofServer!: SslSocket;
  const measured = await measure(
    `${kind.name}: handshake`,
    async () => {
      ofClient = importFD(near, clientOptions);
      await ofClient.handshake();
    },
    async () => {
      ofServer = importFD(far, serverOptions);
      await ofServer.handshake();
    },
  );
  const { resumed } = await ofClient.handshake();
  if (resumed !== resumes) throw new Error(`Cannot measure ${kind.name}: resumed is ${resumed}`);

  if (kind.measured === undefined) return measured;
  const echo = (name: string) =>
    measure(
      `${kind.name}: ${name}`,
      async () => {
        await ofClient.write(BYTE);
        await readAll(ofClient, 1);
      },
      async () => {
        await readAll(ofServer, 1);
        await ofServer.write(BYTE);
      },
    );
  measured.push(...await echo("first byte echoed"));
  if (kind.measured === "handshake and first byte") return measured;
  if (kind.measured === "records") {
    const send = () =>
      measure(
        `${kind.name}: a record of 16 KiB`,
        () => ofClient.write(BULK),
        () => readAll(ofServer, BULK.length),
        ["sent", "received"],
      );
    await send();
    return (await send()).map((one) => each(one, RECORDS));
  }
  await echo("second byte echoed");
  measured.push(...await echo("one byte echoed"));
  const end = await measure(
    `${kind.name}: closing`,
    () => ofClient.close(),
    async () => {
      await ofServer.read(BUFFER);
      await ofServer.close();
    },
  );
  return [...measured, ...end];
}

/** The larger of the counts of the same operation: signatures of ECDSA differ in length. */
function larger(some: readonly Measured[], others: readonly Measured[]): Measured[] {
  return some.map((one, i) => {
    const counts = { ...one.counts };
    const other = others[i]?.counts ?? counts;
    for (const column of COLUMNS) counts[column] = Math.max(counts[column], other[column]);
    return { ...one, counts };
  });
}

async function measureKind(kind: Kind): Promise<Measured[]> {
  const runs: Measured[][] = [];
  for (let i = 0; i < (kind.connections ?? CONNECTIONS); i++) {
    const resumes = kind.resumed === true && i > 0;
    const peerId = kind.resumed ? kind.name : `${kind.name} ${i}`; // whose sessions are resumed
    runs.push(await measureConnection(kind, peerId, resumes));
  }
  return larger(runs.at(-1) ?? [], runs.at(-2) ?? []);
}

if (import.meta.main) {
  startCounting();
  const measured: Measured[] = [];
  for (const kind of KINDS) measured.push(...await measureKind(kind));
  await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(measured)));
  Deno.exit();
}
