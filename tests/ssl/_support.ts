// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the tests of handshakes and sockets share: certificates made once per process, sockets
 * joined in memory, and ways to say which end must report what.
 *
 * @module
 */

import { assertEquals, assertInstanceOf, assertStringIncludes } from "@std/assert";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import {
  createCertificate,
  type CreateCertificateOptions,
} from "../../cert/create/create_certificate.ts";
import type { ErrorName } from "../../cert/base/errors.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import {
  generateKeyPair,
  type KeyPair,
  type KeyPairType,
} from "../../pkcs11/keys/generate_key_pair.ts";
import { errorFromAlert } from "../../ssl/base/alerts.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import { change } from "../../ssl/config/config.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { ConnectionOptions } from "../../ssl/connection/handshakes.ts";
import type { CertificateOptions } from "../../ssl/config/credential.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { Environment } from "../../ssl/base/environment.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { createSocket } from "../../ssl/ssl_socket.ts";
import { alertCode, type AlertName } from "../../ssl/tables/alert_descriptions.ts";
import type { CipherSuite } from "../../ssl/tables/cipher_suites.ts";
import { type ConnLike, ConnTransport } from "../../ssl/connection/transports.ts";
import { memoryPair, type MemoryPairOptions } from "../support/memory_pair.ts";

/** The host that the server's certificates are for. */
export const HOSTNAME = "server.test";

/** A bound on every handshake that has to succeed: long, since the machine may be busy. */
export const PATIENCE = 20_000;

/** A bound for the end that rightly waits for a peer that is silent. */
export const IMPATIENCE = 60;

/** A certificate with its key, and the options that show them. */
export interface Identity {
  /** The certificate. */
  readonly cert: Certificate;
  /** The key pair. */
  readonly keys: KeyPair;
  /** The options for the `certificates` of a socket. */
  readonly credential: CertificateOptions;
}

/** Makes a certificate with a new key; self-signed without an issuer. */
export async function makeIdentity(
  options: Omit<CreateCertificateOptions, "publicKey" | "privateKey" | "issuer">,
  issuer?: Identity,
  type?: KeyPairType,
): Promise<Identity> {
  const keys = await generateKeyPair(type);
  const signer = issuer === undefined
    ? { privateKey: keys.privateKey }
    : { issuer: { certificate: issuer.cert, privateKey: issuer.keys.privateKey } };
  const cert = await createCertificate({ ...options, publicKey: keys.publicKey, ...signer });
  return { cert, keys, credential: { cert, key: keys.privateKey } };
}

const root = await makeIdentity({ subject: "CN=Test Root", isCa: true });

/** The certificates of these tests. */
export const PKI = {
  root,
  otherRoot: await makeIdentity({ subject: "CN=Other Root", isCa: true }),
  server: await makeIdentity({ dnsNames: [HOSTNAME] }, root),
  otherServer: await makeIdentity({ dnsNames: ["other.test"] }, root),
  client: await makeIdentity({ subject: "CN=Client", emailAddresses: ["c@client.test"] }, root),
} as const;

/**
 * The options of a client that trusts the test's root; a context of its own keeps sessions to
 * itself.
 */
export function clientOptions(options: ImportOptions = {}): ImportOptions {
  return {
    hostname: HOSTNAME,
    caCerts: [PKI.root.cert],
    context: new NssContext({ trustAnchors: [] }),
    handshakeTimeout: PATIENCE,
    closeTimeout: PATIENCE,
    ...options,
  };
}

/** The options of a server with the test's certificate. */
export function serverOptions(options: ImportOptions = {}): ImportOptions {
  return {
    role: "server",
    certificates: [PKI.server.credential],
    caCerts: [PKI.root.cert],
    context: new NssContext({ trustAnchors: [] }),
    handshakeTimeout: PATIENCE,
    closeTimeout: PATIENCE,
    ...options,
  };
}

/** Makes a socket with the tests' own doors open. */
export function socketOver<A>(
  conn: ConnLike<A>,
  options: ImportOptions,
  internals: ConnectionOptions = {},
  cipherSuites?: readonly CipherSuite[],
): SslSocket<A> {
  const { head, signal } = options;
  const config = resolveConfig(options);
  if (cipherSuites !== undefined) change(config, { cipherSuites });
  return createSocket(new ConnTransport(conn), config, { head, signal, ...internals });
}

/** What stands between the two sockets, and how each is made. */
export interface JoinOptions {
  /** What differs from {@linkcode clientOptions}. */
  readonly client?: ImportOptions;
  /** What differs from {@linkcode serverOptions}. */
  readonly server?: ImportOptions;
  /** The test's doors of the client. */
  readonly clientInternals?: ConnectionOptions;
  /** The test's doors of the server. */
  readonly serverInternals?: ConnectionOptions;
  /** How the pipes cut and hold bytes. */
  readonly pair?: MemoryPairOptions;
  /** Rows of cipher suites in the place of the table's, for the client, such as with low limits. */
  readonly clientSuites?: readonly CipherSuite[];
  /** Rows of cipher suites in the place of the table's, for the server. */
  readonly serverSuites?: readonly CipherSuite[];
  /** Puts something before the client's end of the pipe. */
  readonly wrapClient?: (conn: ConnLike<Deno.NetAddr>) => ConnLike<Deno.NetAddr>;
  /** Puts something before the server's end of the pipe. */
  readonly wrapServer?: (conn: ConnLike<Deno.NetAddr>) => ConnLike<Deno.NetAddr>;
}

/** Two sockets that talk to each other. */
export interface Ends {
  /** The client. */
  readonly client: SslSocket;
  /** The server. */
  readonly server: SslSocket;
}

/** Two sockets joined in memory; leaving the scope closes both. */
export interface Joined extends AsyncDisposable {
  /** The client. */
  readonly client: SslSocket<Deno.NetAddr>;
  /** The server. */
  readonly server: SslSocket<Deno.NetAddr>;
}

/** Joins a client and a server in memory; no handshake has begun. */
export function join(options: JoinOptions = {}): Joined {
  const [a, b] = memoryPair(options.pair);
  const { wrapClient = (conn) => conn, wrapServer = (conn) => conn } = options;
  const client = socketOver(
    wrapClient(a),
    clientOptions(options.client),
    options.clientInternals,
    options.clientSuites,
  );
  const server = socketOver(
    wrapServer(b),
    serverOptions(options.server),
    options.serverInternals,
    options.serverSuites,
  );
  return {
    client,
    server,
    [Symbol.asyncDispose]: () => closeAll(client, server),
  };
}

/** Closes sockets, however they are. */
export async function closeAll(...sockets: readonly SslSocket[]): Promise<void> {
  await Promise.allSettled(sockets.map((socket) => socket.close()));
}

/** Completes the handshake of both ends. */
export async function shake(
  { client, server }: Ends,
): Promise<[ChannelInfo, ChannelInfo]> {
  return await Promise.all([client.handshake(), server.handshake()]);
}

/** Whatever can be called on a socket. */
export const CALLS: readonly ((socket: SslSocket) => Promise<unknown>)[] = [
  (socket) => socket.read(new Uint8Array(1)),
  (socket) => socket.write(new Uint8Array(1)),
  (socket) => socket.handshake(),
  (socket) => socket.closeWrite(),
];

/** Joins two sockets and completes their handshakes. */
export async function connected(options: JoinOptions = {}): Promise<Joined> {
  const joined = join(options);
  try {
    await shake(joined);
  } catch (error) {
    await joined[Symbol.asyncDispose]();
    throw error;
  }
  return joined;
}

/**
 * Runs one connection with given contexts from handshake to tickets, and returns what both ends
 * negotiated.
 */
export async function session(options: JoinOptions = {}): Promise<[ChannelInfo, ChannelInfo]> {
  await using joined = join(options);
  const infos = await shake(joined);
  await ping(joined);
  return infos;
}

/** Sends a byte from the server to the client, and with it the tickets. */
export async function ping({ client, server }: Ends): Promise<void> {
  await server.write(new Uint8Array([42]));
  assertEquals(await client.read(new Uint8Array(8)), 1);
}

/** Writes one byte each way and reads it. */
export async function pingPong(
  { client, server }: Ends,
): Promise<void> {
  const buffer = new Uint8Array(1);
  await client.write(new Uint8Array([1]));
  assertEquals([await server.read(buffer), buffer[0]], [1, 1]);
  await server.write(new Uint8Array([2]));
  assertEquals([await client.read(buffer), buffer[0]], [1, 2]);
}

/** Reads exactly so many bytes, or fewer at the end. */
export async function readExactly(
  socket: Pick<SslSocket, "read">,
  length: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(length);
  let filled = 0;
  while (filled < length) {
    const count = await socket.read(bytes.subarray(filled));
    if (count === null) break;
    filled += count;
  }
  return bytes.subarray(0, filled);
}

/** Reads until the end, in pieces. */
export async function readAll(
  socket: Pick<SslSocket, "read">,
): Promise<Uint8Array<ArrayBuffer>> {
  const pieces: Uint8Array<ArrayBuffer>[] = [];
  for (;;) {
    const buffer = new Uint8Array(65536);
    const count = await socket.read(buffer);
    if (count === null) break;
    pieces.push(buffer.subarray(0, count));
  }
  return new Uint8Array(await new Blob(pieces).arrayBuffer());
}

/** Bytes that differ from place to place, so that lost or doubled records show. */
export function pattern(length: number, seed = 0): Uint8Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0; i < words.length; i++) words[i] = Math.imul(i + seed, 0x9e3779b1);
  return new Uint8Array(words.buffer, 0, length);
}

/** How a promise ended in an error of the connection; fails if it did not. */
export async function failureOf(promise: Promise<unknown>): Promise<SslError> {
  let outcome: unknown;
  try {
    outcome = await promise;
  } catch (error) {
    assertInstanceOf(error, SslError);
    return error;
  }
  throw new Error(`Expected an SslError, got ${JSON.stringify(outcome)}`);
}

/** What an end reports: from the handshake, or from the first read after it. */
export async function outcomeOf(socket: SslSocket): Promise<SslError | "end" | "data"> {
  try {
    await socket.handshake();
    return await socket.read(new Uint8Array(1)) === null ? "end" : "data";
  } catch (error) {
    assertInstanceOf(error, SslError);
    return error;
  }
}

/** Asserts that an error was found at this end, and which alert announced it. */
export function assertLocal(
  error: unknown,
  name: ErrorName,
  alert: AlertName | null,
): asserts error is SslError {
  assertInstanceOf(error, SslError);
  assertEquals([error.name, error.alert, error.origin], [name, alert, "local"], error.message);
}

/** Asserts that an error reports an alert of the peer's: that this very alert was on the wire. */
export function assertFromPeer(error: unknown, alert: AlertName): asserts error is SslError {
  assertInstanceOf(error, SslError);
  const expected = errorFromAlert(alertCode(alert));
  assertEquals([error.name, error.origin], [expected.name, "peer"], error.message);
  assertStringIncludes(error.message, `alert ${alert} (${alertCode(alert)})`);
}

/**
 * Asserts that this end met the end of the transport, with neither close_notify nor alert before
 * it.
 */
export function assertCutOff(error: unknown): asserts error is SslError {
  assertInstanceOf(error, SslError);
  assertEquals([error.name, error.origin], ["PR_END_OF_FILE_ERROR", "local"], error.message);
}

/** What a handshake that must fail ends in. */
export interface Failure {
  /** The end that finds the error. */
  readonly at: "client" | "server";
  /** Its name there. */
  readonly error: ErrorName;
  /** The alert that announces it. */
  readonly alert: AlertName;
}

/**
 * Runs both ends until each has failed or finished; asserts who found what, and that the other was
 * told.
 */
export async function assertFails(options: JoinOptions, failure: Failure): Promise<SslError> {
  await using joined = join(options);
  const [client, server] = await Promise.all([
    outcomeOf(joined.client),
    outcomeOf(joined.server),
  ]);
  const [found, told] = failure.at === "client" ? [client, server] : [server, client];
  assertLocal(found, failure.error, failure.alert);
  assertFromPeer(told, failure.alert);
  return found;
}

/** A clock that the test sets, with real randomness. */
export class TestEnvironment implements Environment {
  #now: number;

  /** Starts at the real time, so that the test's certificates are valid. */
  constructor(now: number = Date.now()) {
    this.#now = now;
  }

  /** Milliseconds since 1970. */
  now(): number {
    return this.#now;
  }

  /** Unpredictable bytes. */
  random(length: number): Uint8Array<ArrayBuffer> {
    return crypto.getRandomValues(new Uint8Array(length));
  }

  /** Lets time pass. */
  advance(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

/**
 * A filter that hands the n-th message of a type (from 0) to a function, and passes all others on.
 */
export function onMessage(
  type: number,
  change: (raw: Uint8Array<ArrayBuffer>) => readonly Uint8Array<ArrayBuffer>[],
  index = 0,
): MessageFilter {
  let seen = 0;
  return ({ type: itsType, raw }) => {
    if (itsType !== type || seen++ !== index) return [raw];
    return change(raw);
  };
}

/** A promise that settles when other work has had many turns: for "nothing more happens". */
export async function turns(count = 20): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise<void>((resolve) => setTimeout(resolve, 0));
}
