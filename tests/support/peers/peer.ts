// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * What the interop tests know of a real TLS peer: what it can do, how its server is started, how
 * its client is run, and what both say they negotiated.
 *
 * @module
 */

import type { CertificateType, TestPki } from "../test_pki.ts";

/** The versions of these tests. */
export type Version = "TLSv1.3" | "TLSv1.2";

/** The TLS 1.3 cipher suites of these tests. */
export type Tls13Suite =
  | "TLS_AES_128_GCM_SHA256"
  | "TLS_AES_256_GCM_SHA384"
  | "TLS_CHACHA20_POLY1305_SHA256";

/** OpenSSL's, Node's and curl's names of the TLS 1.2 cipher suites of these tests. */
export const OPENSSL_NAMES = {
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: "ECDHE-ECDSA-AES128-GCM-SHA256",
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: "ECDHE-RSA-AES128-GCM-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: "ECDHE-ECDSA-AES256-GCM-SHA384",
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: "ECDHE-RSA-AES256-GCM-SHA384",
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-ECDSA-CHACHA20-POLY1305",
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: "ECDHE-RSA-CHACHA20-POLY1305",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: "ECDHE-ECDSA-AES128-SHA",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: "ECDHE-RSA-AES128-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: "ECDHE-ECDSA-AES256-SHA",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: "ECDHE-RSA-AES256-SHA",
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: "ECDHE-ECDSA-AES128-SHA256",
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: "ECDHE-RSA-AES128-SHA256",
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384: "ECDHE-ECDSA-AES256-SHA384",
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384: "ECDHE-RSA-AES256-SHA384",
} as const;

/** The TLS 1.2 cipher suites of these tests. */
export type Tls12Suite = keyof typeof OPENSSL_NAMES;

/** A cipher suite of either version. */
export type Suite = Tls13Suite | Tls12Suite;

/** Every TLS 1.2 cipher suite, those of AES-CBC last. */
export const TLS12_SUITES: readonly Tls12Suite[] = Object.keys(OPENSSL_NAMES) as Tls12Suite[];

/** Those that are on by default: the suites of AEADs. */
export const TLS12_AEAD_SUITES: readonly Tls12Suite[] = TLS12_SUITES.filter((suite) =>
  !suite.includes("CBC")
);

/** The suites of a list that are of TLS 1.2. */
export function tls12Suites(suites: readonly Suite[]): readonly Tls12Suite[] {
  return suites.filter((suite): suite is Tls12Suite => suite in OPENSSL_NAMES);
}

/** Every TLS 1.3 cipher suite. */
export const SUITES: readonly Tls13Suite[] = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
];

/** The key exchange groups of these tests. */
export type Group = "x25519" | "secp256r1" | "secp384r1" | "secp521r1" | "X25519MLKEM768";

/** The groups without ML-KEM, which all but the newest peers have. */
export const CLASSIC_GROUPS: readonly Group[] = ["x25519", "secp256r1", "secp384r1", "secp521r1"];

/** What one role of a peer can do. */
export interface Features {
  /** The suites it has. */
  readonly suites: readonly Suite[];
  /** The groups it has. */
  readonly groups: readonly Group[];
  /** The server certificates it can present (as a server) or verify (as a client). */
  readonly serverCertificates: readonly CertificateType[];
  /**
   * The client certificates it can verify (as a server) or present (as a client); empty without
   * client authentication.
   */
  readonly clientCertificates: readonly CertificateType[];
  /** Whether it resumes sessions. */
  readonly resumption: boolean;
  /** Whether it negotiates application protocols by our names. */
  readonly alpn: boolean;
  /** Whether it can be told to offer some groups only. */
  readonly narrowsGroups: boolean;
  /**
   * Whether it can be told to offer some suites only: always, not over several connections, never.
   */
  readonly narrowsSuites: "always" | "once" | "never";
}

/** Which end says close_notify first. */
export type Closer = "client" | "server";

/** What a server of ours must do for a peer's client. */
export interface ClientHabits {
  /** What it speaks: raw bytes that come back, or HTTP/1.1 requests. */
  readonly application: "echo" | "http";
  /** Whether it needs a line from the server first (it waits for a ticket before it sends). */
  readonly greeting: boolean;
  /** Which ends may close first. */
  readonly closers: readonly Closer[];
}

/** What {@linkcode Peer.startServer} takes. */
export interface ServerOptions {
  /** The only version to speak; TLS 1.3 by default. */
  readonly version?: Version;
  /** Whose certificates. */
  readonly pki: TestPki;
  /** Which certificate to present. */
  readonly certificate: CertificateType;
  /** The only suites to offer. */
  readonly suites?: readonly Suite[];
  /** The only groups to offer. */
  readonly groups?: readonly Group[];
  /** Whether to ask for a client certificate. */
  readonly clientAuth?: "none" | "request" | "require";
  /** The application protocols to offer. */
  readonly alpnProtocols?: readonly string[];
}

/** What {@linkcode Peer.runClient} takes. */
export interface ClientOptions {
  /** The only version to speak; TLS 1.3 by default. */
  readonly version?: Version;
  /** Whose certificates. */
  readonly pki: TestPki;
  /** The port of 127.0.0.1 to connect to. */
  readonly port: number;
  /** The only suites to offer. */
  readonly suites?: readonly Suite[];
  /** The only groups to offer. */
  readonly groups?: readonly Group[];
  /** Which certificate to present when asked. */
  readonly clientCertificate?: CertificateType;
  /** The application protocols to offer. */
  readonly alpnProtocols?: readonly string[];
  /**
   * How many connections to make one after the other; from the second on with the session of the
   * one before.
   */
  readonly connections: number;
  /** How many bytes each connection sends and wants back. */
  readonly bytes: number;
  /** Which end closes first. */
  readonly closer: Closer;
}

/** What a peer says of a connection; what it does not tell is absent. */
export interface Negotiated {
  /** The protocol version. */
  readonly version?: Version;
  /** The cipher suite. */
  readonly suite?: Suite;
  /** The group. */
  readonly group?: Group;
  /** Whether an earlier session was resumed. */
  readonly resumed?: boolean;
  /** The common name in the certificate of the other end, `null` if there was none. */
  readonly peerCertificate?: string | null;
  /** The application protocol, `null` if there is none. */
  readonly alpn?: string | null;
  /** Whether the other end said close_notify. */
  readonly closeNotify?: boolean;
}

/** How a client of a peer ended. */
export interface ClientResult {
  /** Its exit code. */
  readonly exitCode: number;
  /** What it printed. */
  readonly output: string;
  /** What it says of each connection. */
  readonly connections: readonly Negotiated[];
}

/** Bytes both ways: a `Deno.Conn`, an `SslSocket`, ... */
export interface ByteChannel {
  /** Reads some bytes; `null` at the end. */
  read(into: Uint8Array): Promise<number | null>;
  /** Writes some bytes. */
  write(bytes: Uint8Array): Promise<number>;
}

/** A peer's server that runs. */
export interface PeerServer extends AsyncDisposable {
  /** Its port, as it sees it. */
  readonly port: number;
  /** Makes a connection to it with no TLS yet. */
  connect(): Promise<Deno.Conn>;
  /**
   * Sends so many bytes to the server over a secured connection, has as many sent back, and throws
   * if they are wrong.
   */
  exchange(channel: ByteChannel, bytes: number): Promise<void>;
  /** Which end closes first after an exchange. */
  readonly closer: Closer;
  /** Stops it when so many connections are over, and tells what it says of each. */
  finish(connections: number): Promise<readonly Negotiated[]>;
  /** What it has printed. */
  output(): string;
  /** Stops it at once. */
  close(): Promise<void>;
}

/** Whether a peer is on this machine. */
export type Availability =
  | { readonly ok: true; readonly version: string }
  | { readonly ok: false; readonly reason: string };

/** A peer. */
export interface Peer {
  /** Its name in titles, as a server. */
  readonly serverName: string;
  /** Its name in titles, as a client. */
  readonly clientName: string;
  /** Tells whether it is on this machine. */
  available(): Promise<Availability>;
  /** What its server can do, `null` if it has none. */
  readonly serverFeatures: Features | null;
  /** What its client can do, `null` if it has none. */
  readonly clientFeatures: Features | null;
  /** What its server can do in TLS 1.2; nothing where absent. */
  readonly tls12ServerFeatures?: Features;
  /** What its client can do in TLS 1.2; nothing where absent. */
  readonly tls12ClientFeatures?: Features;
  /** What its client needs of our server. */
  readonly habits: ClientHabits;
  /** Starts its server. */
  startServer(options: ServerOptions): Promise<PeerServer>;
  /** Runs its client to the end. */
  runClient(options: ClientOptions): Promise<ClientResult>;
}

/** How long a peer may take for a step, in milliseconds. */
export const STEP_TIMEOUT = 10_000;

/**
 * Makes text to send: numbered lines of 64 bytes, out of characters that no peer takes for a
 * command.
 *
 * @param bytes How many bytes.
 * @returns The text, which ends with a line end.
 */
export function payload(bytes: number): string {
  let text = "";
  for (let line = 0; text.length < bytes; line++) {
    text += `#${String(line).padStart(6, "0")} ${"0123456789".repeat(6).slice(0, 55)}\n`;
  }
  return text.slice(0, bytes - 1) + "\n";
}

/**
 * Writes text whole.
 *
 * @param channel Where to.
 * @param text The text, ASCII.
 */
export async function writeText(channel: ByteChannel, text: string): Promise<void> {
  const bytes = new TextEncoder().encode(text);
  for (let sent = 0; sent < bytes.length;) sent += await channel.write(bytes.subarray(sent));
}

/**
 * Reads so many bytes as text.
 *
 * @param channel Where from.
 * @param length How many bytes.
 * @returns The text.
 * @throws {Error} If the channel ends first.
 */
export async function readText(channel: ByteChannel, length: number): Promise<string> {
  const bytes = new Uint8Array(length);
  for (let got = 0; got < length;) {
    const n = await channel.read(bytes.subarray(got));
    if (n === null) throw new Error(`Cannot read ${length} bytes: the channel ended after ${got}`);
    got += n;
  }
  return new TextDecoder().decode(bytes);
}

/**
 * Reads to the end.
 *
 * @param channel Where from.
 * @returns The text.
 */
export async function readToEnd(channel: ByteChannel): Promise<string> {
  const decoder = new TextDecoder();
  const buffer = new Uint8Array(32 * 1024);
  let text = "";
  for (;;) {
    const n = await channel.read(buffer);
    if (n === null) return text;
    text += decoder.decode(buffer.subarray(0, n), { stream: true });
  }
}

/**
 * Sends text to an echo and reads it back at the same time.
 *
 * @param channel The way to the echo.
 * @param bytes How many bytes.
 * @throws {Error} If something else comes back.
 */
export async function exchangeWithEcho(channel: ByteChannel, bytes: number): Promise<void> {
  const text = payload(bytes);
  const [, back] = await Promise.all([writeText(channel, text), readText(channel, text.length)]);
  demandSame(back, text);
}

/**
 * Demands that what came back is what was sent.
 *
 * @param actual What came back.
 * @param expected What was sent.
 */
export function demandSame(actual: string, expected: string): void {
  if (actual === expected) return;
  let at = 0;
  while (actual[at] === expected[at]) at++;
  throw new Error(
    `Cannot accept the echo: ${actual.length} of ${expected.length} bytes, which differ at ${at}: ` +
      `${JSON.stringify(actual.slice(at, at + 40))}`,
  );
}

/**
 * Echoes until the other end closes or a number of bytes is reached.
 *
 * @param channel The way to the client.
 * @param bytes After how many bytes to stop.
 */
export async function echo(channel: ByteChannel, bytes: number = Infinity): Promise<void> {
  const buffer = new Uint8Array(32 * 1024);
  for (let seen = 0; seen < bytes;) {
    const n = await channel.read(buffer);
    if (n === null) return;
    for (let sent = 0; sent < n;) sent += await channel.write(buffer.subarray(sent, n));
    seen += n;
  }
}

/** Names of suites in other words. */
const SUITE_WORDS: readonly (readonly [RegExp, Suite])[] = [
  ...TLS12_SUITES.map((suite) => [new RegExp(`^${OPENSSL_NAMES[suite]}$`), suite] as const),
  [/^AES[-_]128[-_]GCM$|^128-bit AES-GCM$/i, "TLS_AES_128_GCM_SHA256"],
  [/^AES[-_]256[-_]GCM$|^256-bit AES-GCM$/i, "TLS_AES_256_GCM_SHA384"],
  [/^CHACHA20[-_]POLY1305$|^256-bit ChaCha20-Poly1305$/i, "TLS_CHACHA20_POLY1305_SHA256"],
];

/**
 * Finds a suite by the name that a peer prints.
 *
 * @param name The name, absent where nothing was printed.
 * @returns The suite in an object to spread, empty where it is not known.
 */
export function suiteFact(name: string | undefined): { suite?: Suite } {
  if (name === undefined) return {};
  const known = SUITES.find((suite) => suite === name) ??
    SUITE_WORDS.find(([pattern]) => pattern.test(name))?.[1];
  return known ? { suite: known } : {};
}

/** Names of groups in other words. */
const GROUP_WORDS: readonly (readonly [RegExp, Group])[] = [
  [/^(GROUP-)?x25519$/i, "x25519"],
  [/^(GROUP-)?secp256r1$|^prime256v1$|^P-256$/i, "secp256r1"],
  [/^(GROUP-)?secp384r1$|^P-384$/i, "secp384r1"],
  [/^(GROUP-)?secp521r1$|^P-521$/i, "secp521r1"],
  [/^x25519mlkem768$/i, "X25519MLKEM768"],
];

/**
 * Finds a group by the name that a peer prints.
 *
 * @param name The name, absent where nothing was printed.
 * @returns The group in an object to spread, empty where it is not known.
 */
export function groupFact(name: string | undefined): { group?: Group } {
  if (name === undefined) return {};
  const known = GROUP_WORDS.find(([pattern]) => pattern.test(name))?.[1];
  return known ? { group: known } : {};
}

/**
 * Makes a server that a child process or a namespace runs out of its parts.
 *
 * @param parts What differs.
 * @returns The server.
 */
export function peerServer(
  parts: Omit<PeerServer, typeof Symbol.asyncDispose | "closer"> & { readonly closer?: Closer },
): PeerServer {
  return { closer: "client", ...parts, [Symbol.asyncDispose]: () => parts.close() };
}
