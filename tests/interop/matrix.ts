// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The interop matrix: `importFD` against one peer, in both roles, over what both ends have.
 *
 * The axes are version, suite, group, server certificate, client certificate, mode (full, resumed,
 * a client certificate requested and given, requested and not given, required) and which end is
 * narrowed to the row's suite and group. Where ours is narrowed the other end must find the one
 * common choice, where the peer is, we must; with both, HelloRetryRequests are sent and received.
 * The rows are a pairwise cover (`tests/support/cover.ts`): every value of an axis meets every
 * value of every other, so that each suite, group and certificate type is tried in each mode, with
 * about forty handshakes where the full product has thousands.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  type ChannelInfo,
  importFD,
  type ImportOptions,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { type Axes, coverPairs, coverValues, type Row } from "../support/cover.ts";
import {
  assertScheme,
  type Combination,
  type Mode,
  narrowing,
  presents,
  tls12Cover,
  type Tls12Rows,
} from "./_rows.ts";
import {
  type ByteChannel,
  CLASSIC_GROUPS,
  type Closer,
  echo,
  type Features,
  type Negotiated,
  type Peer,
  readText,
  SUITES,
  TLS12_SUITES,
  type Version,
  writeText,
} from "../support/peers/peer.ts";
import { chromium, chromiumPage } from "../support/peers/chromium.ts";
import { note, skip } from "../support/skip.ts";
import { CERTIFICATE_TYPES, testPki } from "../support/test_pki.ts";

/** What `importFD` has, in both roles. */
const OURS: Features = {
  suites: SUITES,
  groups: ["X25519MLKEM768", ...CLASSIC_GROUPS],
  serverCertificates: CERTIFICATE_TYPES,
  clientCertificates: CERTIFICATE_TYPES,
  resumption: true,
  alpn: true,
  narrowsGroups: true,
  narrowsSuites: "always",
};

/** What it has in TLS 1.2, those suites that are off by default included. */
const OURS_TLS12: Features = { ...OURS, suites: TLS12_SUITES, groups: CLASSIC_GROUPS };

/** Rows are small, but the first of each suite moves this much. */
const BULK = 100_000;
const SMALL = 300;

/** How long one row may take, in milliseconds. */
const ROW_TIMEOUT = 20_000;

const ALPN = "echo/1";

const CLIENT_AUTH = {
  "full": "none",
  "resumed": "none",
  "requested": "request",
  "requested in vain": "request",
  "required": "require",
} as const;

/** What {@linkcode interopTests} may leave out. */
export interface InteropOptions {
  /** The modes to try; default all that both ends have. */
  readonly modes?: readonly Mode[];
  /**
   * Whether it is enough that each value is in some row: for a peer that takes seconds to start.
   */
  readonly brief?: boolean;
  /** How many rows TLS 1.2 gets: a peer that takes a while gets fewer. */
  readonly tls12Rows?: Tls12Rows;
}

/**
 * Registers the tests against a peer: `importFD` as a client of its server, as a server of its
 * client.
 *
 * @param peer The peer.
 * @param options What to leave out.
 */
export async function interopTests(peer: Peer, options: InteropOptions = {}): Promise<void> {
  const found = await peer.available();
  const test = (title: string, fn: (t: Deno.TestContext) => Promise<void>): void => {
    if (!found.ok) skip(title, found.reason);
    else Deno.test(title, fn);
  };
  const clientTests = (title: string, features: Features, version: Version): void =>
    test(`${title} ${peer.serverName}`, async (t) => {
      const rows = combinations(peer.serverName, features, version, options);
      for (const [i, row] of rows.entries()) {
        await t.step(
          `${title} ${peer.serverName}: ${name(row)}`,
          () => bounded((scope) => clientRow(peer, features, row, bytesOf(rows, i), scope)),
        );
      }
    });
  const serverTests = (title: string, features: Features, version: Version): void =>
    test(`${title} ${peer.clientName}`, async (t) => {
      const rows = combinations(peer.clientName, features, version, options);
      for (const [i, row] of rows.entries()) {
        const { closers } = peer.habits;
        const closer = closers[i % closers.length] ?? "server";
        await t.step(
          `${title} ${peer.clientName}: ${name(row)}`,
          () => bounded((scope) => serverRow(peer, features, row, bytesOf(rows, i), closer, scope)),
        );
      }
    });
  const { serverFeatures, clientFeatures, tls12ServerFeatures, tls12ClientFeatures } = peer;
  const client = "importFD() client handshakes";
  const server = "importFD() server handshakes";
  if (serverFeatures) clientTests(`${client} with`, serverFeatures, "TLSv1.3");
  if (tls12ServerFeatures) clientTests(`${client} in TLS 1.2 with`, tls12ServerFeatures, "TLSv1.2");
  if (clientFeatures) serverTests(`${server} with`, clientFeatures, "TLSv1.3");
  if (tls12ClientFeatures) serverTests(`${server} in TLS 1.2 with`, tls12ClientFeatures, "TLSv1.2");
}

function bytesOf(rows: readonly Combination[], i: number): number {
  return rows.findIndex(({ suite }) => suite === rows[i]?.suite) === i ? BULK : SMALL;
}

function name(row: Combination): string {
  const { suite, group, certificate, clientCertificate, mode, narrowed } = row;
  const client = mode === "requested" || mode === "required" ? ` ${clientCertificate}` : "";
  return `${suite}, ${group}, ${certificate}, ${mode}${client}, narrowed by ${narrowed}`;
}

/** The rows for what both ends have; what only one end has is printed. */
function combinations(
  peerName: string,
  theirs: Features,
  version: Version,
  options: InteropOptions,
): Combination[] {
  const ours = version === "TLSv1.3" ? OURS : OURS_TLS12;
  const left: string[] = [];
  const both = <T>(what: string, a: readonly T[], b: readonly T[]): T[] => {
    const missing = a.filter((value) => !b.includes(value));
    if (missing.length > 0) left.push(`${what} ${missing.join(", ")}`);
    return a.filter((value) => b.includes(value));
  };
  const suites = both("suites", ours.suites, theirs.suites);
  const groups = both("groups", ours.groups, theirs.groups);
  const certificates = both(
    "server certificates",
    ours.serverCertificates,
    theirs.serverCertificates,
  );
  const clientCertificates = both(
    "client certificates",
    ours.clientCertificates,
    theirs.clientCertificates,
  );
  if (!theirs.resumption) left.push("resumption");
  if (!theirs.narrowsGroups) left.push("narrowing of the peer");
  if (left.length > 0) {
    note(`importFD() with ${peerName} leaves out: ${left.join("; ")} (${version})`);
  }
  const possible: Mode[] = [
    "full",
    ...(theirs.resumption ? ["resumed" as const] : []),
    ...(clientCertificates.length > 0
      ? ["requested" as const, "requested in vain" as const, "required" as const]
      : []),
  ];
  const modes = possible.filter((mode) => options.modes?.includes(mode) ?? true);
  const axes = {
    version: [version],
    suite: suites,
    group: groups,
    certificate: certificates,
    clientCertificate: clientCertificates.length > 0 ? clientCertificates : ["none" as const],
    mode: modes,
    narrowed: theirs.narrowsGroups ? ["ours" as const, "peer" as const] : ["ours" as const],
  } satisfies Axes;
  const rows: Row<typeof axes>[] = options.brief
    ? coverValues(axes)
    : version === "TLSv1.3"
    ? coverPairs(axes)
    : tls12Cover(axes, options.tls12Rows ?? "pairs");
  if (rows.length === 0) note(`importFD() with ${peerName} has no combination at all`);
  return rows;
}

/** What must be closed when a row is over, whatever became of it. */
interface Scope {
  /** Closes a server at the end, in case the row has not. */
  add<T extends AsyncDisposable>(server: T): T;
  /** Aborts a socket at the end, in case the row has not closed it. */
  socket<T extends Disposable>(socket: T): T;
}

/** Runs a row within its time; what it has opened is closed then. */
async function bounded(run: (scope: Scope) => Promise<void>): Promise<void> {
  await using stack = new AsyncDisposableStack();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(
    () => reject(new Error(`Cannot finish: ${ROW_TIMEOUT} ms are over`)),
    ROW_TIMEOUT,
  );
  const running = run({
    add: (server) => stack.use(server),
    socket: (socket) => {
      stack.defer(() => socket[Symbol.dispose]());
      return socket;
    },
  });
  try {
    await Promise.race([running, late]);
  } finally {
    clearTimeout(timer);
    // A row that is late fails once its sockets are gone.
    running.catch(() => {});
  }
}

function commonName(info: ChannelInfo): string | null {
  return info.peerCertificates[0]?.subject.commonName ?? null;
}

/** Asserts what our end says. */
function assertInfo(info: ChannelInfo, row: Combination, resumed: boolean, alpn: boolean): void {
  const { version } = row;
  assertEquals(
    {
      version: info.version,
      cipherSuite: info.cipherSuite,
      group: info.group,
      resumed: info.resumed,
      alpnProtocol: info.alpnProtocol,
    },
    {
      version,
      cipherSuite: row.suite,
      // TLS 1.2 exchanges no keys anew.
      group: resumed && version === "TLSv1.2" ? "" : row.group,
      resumed,
      alpnProtocol: alpn ? ALPN : null,
    },
  );
}

/** Asserts what the peer says, as far as it says it. */
function assertFacts(actual: Negotiated | undefined, expected: Negotiated, output: string): void {
  assert(actual, `the peer told of no connection\n${output.slice(-3000)}`);
  const told = Object.entries(expected).filter(([key]) => key in actual);
  const same = Object.entries(actual).filter(([key]) => key in expected);
  assertEquals(Object.fromEntries(same), Object.fromEntries(told));
}

/** `importFD` as a client of the peer's server. */
async function clientRow(
  peer: Peer,
  theirs: Features,
  row: Combination,
  bytes: number,
  scope: Scope,
): Promise<void> {
  const { version, certificate, clientCertificate, mode, narrowed, group } = row;
  const pki = await testPki();
  const connections = mode === "resumed" ? 2 : 1;
  const narrow = narrowing(row, theirs, connections, false);
  const alpnProtocols = theirs.alpn ? [ALPN] : [];
  const server = scope.add(
    await peer.startServer({
      pki,
      certificate,
      clientAuth: CLIENT_AUTH[mode],
      alpnProtocols,
      ...narrow.theirs,
    }),
  );
  const own = presents(mode) && clientCertificate !== "none"
    ? pki.leaf("client", clientCertificate)
    : null;
  const options: ImportOptions = {
    hostname: "localhost",
    caCerts: [pki.root],
    alpnProtocols,
    // Sessions stay within the row.
    peerId: name(row) + crypto.randomUUID(),
    handshakeTimeout: 10_000,
    ...(own ? { certificates: [{ cert: own.chain, key: own.key }] } : {}),
    ...narrow.ours,
  };
  for (let i = 0; i < connections; i++) {
    const conn = await server.connect();
    const socket = scope.socket(importFD(conn, options));
    const info = await socket.handshake();
    assertInfo(info, row, i > 0, theirs.alpn);
    assertEquals(commonName(info), `server ${certificate}`);
    assertEquals(info.peerCertificates.length > 1, true, "the intermediate is part of the chain");
    assertScheme(info.peerSignatureScheme, i > 0 ? null : certificate, version);
    if (own && clientCertificate !== "none") {
      assertScheme(info.localSignatureScheme, clientCertificate, version);
      assertEquals(info.localCertificates[0]?.subject.commonName, own.commonName);
    } else if (i === 0) assertEquals(info.localSignatureScheme, null);
    if (i === 0) {
      // We have sent shares of X25519MLKEM768 and X25519, or of the only group.
      const shared = version === "TLSv1.2" || narrowed === "ours" || group === "x25519" ||
        group === "X25519MLKEM768";
      assertEquals(info.helloRetryRequest, !shared);
    }
    await server.exchange(socket, bytes);
    if (server.closer === "client") await socket.closeWrite();
    // The server's close_notify: without it this would be an error.
    assertEquals(await socket.read(new Uint8Array(1)), null);
    await socket.close();
  }
  const facts = await server.finish(connections);
  assertEquals(facts.length, connections, server.output().slice(-3000));
  for (const [i, fact] of facts.entries()) {
    assertFacts(fact, {
      version,
      suite: row.suite,
      ...(i > 0 && version === "TLSv1.2" ? {} : { group }),
      resumed: i > 0,
      peerCertificate: own?.commonName ?? null,
      alpn: theirs.alpn ? ALPN : null,
      closeNotify: true,
    }, server.output());
  }
}

/** `importFD` as the server of the peer's client. */
async function serverRow(
  peer: Peer,
  theirs: Features,
  row: Combination,
  bytes: number,
  closer: Closer,
  scope: Scope,
): Promise<void> {
  const { version, certificate, clientCertificate, mode, narrowed } = row;
  const { application, greeting } = peer.habits;
  const pki = await testPki();
  const connections = mode === "resumed" ? 2 : 1;
  const narrow = narrowing(row, theirs, connections, true);
  const alpnProtocols = theirs.alpn ? [ALPN] : [];
  const leaf = pki.leaf("server", certificate);
  const options: ImportOptions = {
    role: "server",
    certificates: [{ cert: leaf.chain, key: leaf.key }],
    clientAuth: CLIENT_AUTH[mode],
    caCerts: [pki.root],
    alpnProtocols,
    handshakeTimeout: 10_000,
    ...narrow.ours,
  };
  const infos: ChannelInfo[] = [];
  const problems: unknown[] = [];
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const serve = async (socket: SslSocket): Promise<void> => {
    const info = await socket.handshake();
    infos.push(info);
    if (application === "http") await serveHttp(socket, bytes);
    else {
      if (greeting) await writeText(socket, "welcome\n");
      // A client that only wants a ticket resets the connection, as it leaves before it has read
      // the greeting.
      if (greeting && infos.length < connections) return await echo(socket).catch(() => {});
      await echo(socket, closer === "server" ? bytes : Infinity);
    }
    await socket.close();
  };
  // A browser also connects in advance, and leaves without close_notify, or in the middle of a
  // handshake.
  const isBrowsers = (error: unknown): boolean =>
    peer === chromium && error instanceof SslError &&
    ["PR_CONNECT_RESET_ERROR", "PR_END_OF_FILE_ERROR"].includes(error.name);
  const serving: Promise<void>[] = [];
  const accepting = (async () => {
    for await (const conn of listener) {
      const socket = scope.socket(importFD(conn, options));
      serving.push(
        serve(socket).catch((error) => {
          if (!isBrowsers(error)) problems.push(error);
        }),
      );
    }
  })();
  let result;
  try {
    result = await peer.runClient({
      pki,
      port: listener.addr.port,
      alpnProtocols,
      connections,
      bytes,
      closer,
      ...(presents(mode) && clientCertificate !== "none" ? { clientCertificate } : {}),
      ...narrow.theirs,
    });
    await Promise.all(serving);
  } catch (error) {
    if (problems.length === 0) throw error;
    throw new AggregateError([...problems, error], `Cannot serve: ${problems.join("; ")}`);
  } finally {
    listener.close();
    await accepting;
  }
  assertEquals(problems, []);
  assertEquals(result.exitCode, 0, result.output.slice(-3000));
  const client = presents(mode) ? `client ${clientCertificate}` : null;
  if (application !== "http") assertEquals(infos.length, connections);
  for (const [i, info] of infos.entries()) {
    // How many connections a browser makes, and which of them resume, is its affair.
    assertInfo(info, row, theirs.narrowsGroups ? i > 0 : info.resumed, theirs.alpn);
    assertEquals(commonName(info), client);
    const certified = client === null || info.resumed || clientCertificate === "none";
    assertScheme(info.peerSignatureScheme, certified ? null : clientCertificate, version);
    assertScheme(info.localSignatureScheme, info.resumed ? null : certificate, version);
    if (narrowed === "peer" && theirs.narrowsGroups) assertEquals(info.helloRetryRequest, false);
  }
  if (mode === "resumed") assert(infos.some(({ resumed }) => resumed), "no session was resumed");
  for (const [i, fact] of result.connections.entries()) {
    assertFacts(fact, {
      version,
      suite: row.suite,
      ...(i > 0 && version === "TLSv1.2" ? {} : { group: row.group }),
      resumed: i > 0,
      peerCertificate: leaf.commonName,
      alpn: theirs.alpn ? ALPN : null,
      closeNotify: true,
    }, result.output);
  }
}

/** Serves one HTTP/1.1 request: what is posted comes back, and there is a page for browsers. */
async function serveHttp(channel: ByteChannel, bytes: number): Promise<void> {
  let head = "";
  const byte = new Uint8Array(1);
  while (!head.endsWith("\r\n\r\n")) {
    // A browser may connect in advance and leave.
    if (await channel.read(byte) === null) return;
    head += String.fromCharCode(...byte);
  }
  const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
  const body = await readText(channel, length);
  const page = /^GET \/ /.test(head) ? chromiumPage(bytes) : "";
  const status = head.startsWith("POST") || page ? "200 OK" : "404 Not Found";
  const answer = head.startsWith("POST") ? body : page;
  const type = page ? "text/html" : "text/plain";
  assertStringIncludes(head, "HTTP/1.1");
  await writeText(
    channel,
    `HTTP/1.1 ${status}\r\nContent-Type: ${type}\r\nContent-Length: ${answer.length}\r\n` +
      `Connection: close\r\n\r\n${answer}`,
  );
}
