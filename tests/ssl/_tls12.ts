// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What the tests of TLS 1.2 share: options that ask for it, certificates of every kind of key,
 * edits of its messages, and a hand on one end's records. Offsets are counted here, not by the
 * library's codecs.
 *
 * @module
 */

import { assertEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { KeyPairType } from "../../pkcs11/keys/generate_key_pair.ts";
import type { ChannelInfo } from "../../ssl/base/channel_info.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { deriveProtections } from "../../ssl/record/tls12_key_block.ts";
import { MasterSecret } from "../../ssl/crypto/master_secret.ts";
import type { ImportOptions, Role, VersionRange } from "../../ssl/config/import_options.ts";
import type { RecordProtection } from "../../ssl/record/cipher_spec.ts";
import { Deframer } from "../../ssl/record/deframer.ts";
import { MAX_CIPHERTEXT_LENGTH_TLS12 } from "../../ssl/record/header.ts";
import {
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
  type Tls12CipherSuiteName,
} from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import type { Edit } from "./_filters.ts";
import { concat, plainRecord, type RecordToSend } from "./_record_tap.ts";
import {
  HOSTNAME,
  type Identity,
  join,
  type Joined,
  type JoinOptions,
  makeIdentity,
  PKI,
  session,
  shake,
  TestEnvironment,
} from "./_support.ts";
import { seal } from "./record/tls12_records.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** TLS 1.2 and nothing else. */
export const ONLY_TLS12: VersionRange = { min: "TLSv1.2", max: "TLSv1.2" };
/** Both versions. */
export const BOTH_VERSIONS: VersionRange = { min: "TLSv1.2", max: "TLSv1.3" };
/** TLS 1.3 and nothing else. */
export const ONLY_TLS13: VersionRange = { min: "TLSv1.3", max: "TLSv1.3" };

/** The suite that the tests use where any will do. */
export const SUITE: Tls12CipherSuite = TLS12_CIPHER_SUITES[0]!;

/** Options of both ends with TLS 1.2 alone, unless they say otherwise. */
export function tls12(options: JoinOptions = {}): JoinOptions {
  return {
    ...options,
    client: { versions: ONLY_TLS12, ...options.client },
    server: { versions: ONLY_TLS12, ...options.server },
  };
}

const identities = new Map<string, Promise<Identity>>();

/**
 * A certificate with a key of this type, made once; good for the tests' host as well as for a
 * client.
 */
export function identityOf(type: KeyPairType): Promise<Identity> {
  let identity = identities.get(type);
  if (identity === undefined) {
    identity = makeIdentity({ subject: `CN=${type}`, dnsNames: [HOSTNAME] }, PKI.root, type);
    identities.set(type, identity);
  }
  return identity;
}

/** A client and a server that meet more than once. */
export class Acquaintance {
  readonly client = new NssContext({ trustAnchors: [] });
  readonly server = new NssContext({ trustAnchors: [] });
  readonly clientTime = new TestEnvironment();
  readonly serverTime = new TestEnvironment();

  /** Options with the two's memory and clocks. */
  with(options: JoinOptions): JoinOptions {
    const both = tls12(options);
    return {
      ...both,
      client: { context: this.client, ...both.client },
      server: { context: this.server, ...both.server },
      clientInternals: { environment: this.clientTime, ...options.clientInternals },
      serverInternals: { environment: this.serverTime, ...options.serverInternals },
    };
  }

  /** One connection. */
  meet(options: JoinOptions = {}): Promise<[ChannelInfo, ChannelInfo]> {
    return session(this.with(options));
  }

  /** Whether both ends resume; they must agree. */
  async resumes(options: JoinOptions = {}): Promise<boolean> {
    const [client, server] = await this.meet(options);
    assertEquals(client.resumed, server.resumed);
    return client.resumed;
  }
}

/** Where the fields of a hello are, whatever its session ID. */
function afterSessionId(body: Bytes): number {
  return 35 + body[34]!;
}

/** Replaces the list of suites. */
export const setSuites = (...ids: readonly number[]): Edit => (body) => {
  const at = afterSessionId(body);
  const rest = body.subarray(at + 2 + u16(body, at));
  const list = ids.flatMap((id) => [id >> 8, id & 0xff]);
  return concat([body.subarray(0, at), new Uint8Array([0, list.length, ...list]), rest]);
};

/** Adds a suite in front of the others. */
export const addSuite = (id: number): Edit => (body) => {
  const at = afterSessionId(body);
  const length = u16(body, at) + 2;
  const added = new Uint8Array([length >> 8, length & 0xff, id >> 8, id & 0xff]);
  return concat([body.subarray(0, at), added, body.subarray(at + 2)]);
};

/** Sets ClientHello's one compression method. */
export const setCompressionMethod = (method: number): Edit => (body) => {
  const at = afterSessionId(body);
  body[at + 2 + u16(body, at) + 1] = method;
  return body;
};

/** Sets the suite that ServerHello chooses. */
export const setChosenSuite = (id: number): Edit => (body) => {
  const at = afterSessionId(body);
  body[at] = id >> 8;
  body[at + 1] = id;
  return body;
};

/** Sets the compression that ServerHello chooses. */
export const setChosenCompression = (method: number): Edit => (body) => {
  body[afterSessionId(body) + 2] = method;
  return body;
};

/** Replaces the session ID. */
export const setSessionId = (...id: readonly number[]): Edit => (body) =>
  concat([
    body.subarray(0, 34),
    new Uint8Array([id.length, ...id]),
    body.subarray(afterSessionId(body)),
  ]);

/** Edits one extension of a hello, or with `null` takes it out; a number is its new type. */
export function editHello(
  message: "ClientHello" | "ServerHello",
  type: number,
  edit: Edit | null | number,
): Edit {
  return (body) => {
    const { start, entries } = extensionsOf(message, body);
    const index = entries.findIndex((entry) => entry.type === type);
    if (index === -1) throw new Error(`Cannot edit: extension ${type} is not in ${message}`);
    const { data } = entries[index]!;
    if (edit === null) entries.splice(index, 1);
    else if (typeof edit === "number") entries[index] = { type: edit, data };
    else entries[index] = { type, data: edit(data) };
    return withExtensions(body, start, entries);
  };
}

/** Adds an extension to a hello, at the end. */
export function addToHello(
  message: "ClientHello" | "ServerHello",
  type: number,
  data: readonly number[] = [],
): Edit {
  return (body) => {
    const { start, entries } = extensionsOf(message, body);
    return withExtensions(body, start, [...entries, { type, data: new Uint8Array(data) }]);
  };
}

/** Takes all extensions away, and the block with them. */
export const withoutExtensions = (message: "ClientHello" | "ServerHello"): Edit => (body) =>
  body.slice(0, extensionsOf(message, body).start);

interface Entry {
  readonly type: number;
  readonly data: Bytes;
}

function extensionsOf(
  message: "ClientHello" | "ServerHello",
  body: Bytes,
): { readonly start: number; readonly entries: Entry[] } {
  let start = afterSessionId(body);
  if (message === "ServerHello") start += 3;
  else {
    start += 2 + u16(body, start);
    start += 1 + body[start]!;
  }
  const entries: Entry[] = [];
  for (let at = start + 2; at < body.length;) {
    const length = u16(body, at + 2);
    entries.push({ type: u16(body, at), data: body.slice(at + 4, at + 4 + length) });
    at += 4 + length;
  }
  return { start, entries };
}

function withExtensions(body: Bytes, start: number, entries: readonly Entry[]): Bytes {
  const block = entries.flatMap(({ type, data }) => [
    type >> 8,
    type & 0xff,
    data.length >> 8,
    data.length & 0xff,
    ...data,
  ]);
  const length = new Uint8Array([block.length >> 8, block.length & 0xff]);
  return concat([body.subarray(0, start), length, new Uint8Array(block)]);
}

function u16(body: Uint8Array, at: number): number {
  return body[at]! << 8 | body[at + 1]!;
}

/** A filter that notes the types of what an end sends. */
export function noteTypes(types: number[]): MessageFilter {
  return ({ type, raw }) => {
    types.push(type);
    return [raw];
  };
}

/** A record as the honest end meant it. */
export interface Tls12Record {
  readonly type: number;
  readonly fragment: Bytes;
  readonly encrypted: boolean;
}

/**
 * A connection that rewrites the records that an honest socket writes to it, under their right
 * keys.
 */
export class Tls12Tap implements ConnLike<Deno.NetAddr> {
  /** What replaces each record; as it is, while nothing else is set. */
  rewrite: (record: Tls12Record) => readonly RecordToSend[] = (record) => [record];
  /** Every record that the honest end meant to send. */
  readonly records: Tls12Record[] = [];
  readonly #conn: ConnLike<Deno.NetAddr>;
  readonly #role: Role;
  readonly #suite: Tls12CipherSuite;
  readonly #written = new Deframer();
  readonly #randoms: Record<Role, Bytes | null> = { client: null, server: null };
  #master: Bytes | null = null;
  #opener: RecordProtection | null = null;
  #sealer: RecordProtection | null = null;

  /** Taps what the end of this role writes. */
  constructor(conn: ConnLike<Deno.NetAddr>, role: Role, suite: Tls12CipherSuite) {
    this.#conn = conn;
    this.#role = role;
    this.#suite = suite;
    this.#written.limit = MAX_CIPHERTEXT_LENGTH_TLS12;
  }

  /** For the `keyLog` option of the honest end. */
  readonly keyLog = (line: string): void => {
    const [, random, secret] = line.split(" ");
    this.#randoms.client = Uint8Array.fromHex(random!);
    this.#master = Uint8Array.fromHex(secret!);
  };

  get localAddr(): Deno.NetAddr {
    return this.#conn.localAddr;
  }

  get remoteAddr(): Deno.NetAddr {
    return this.#conn.remoteAddr;
  }

  async read(p: Uint8Array): Promise<number | null> {
    const count = await this.#conn.read(p);
    if (count !== null && this.#role === "client") this.#noteServerRandom(p.subarray(0, count));
    return count;
  }

  close(): void {
    this.#conn.close();
  }

  async closeWrite(): Promise<void> {
    await this.#conn.closeWrite?.();
  }

  async write(p: Uint8Array): Promise<number> {
    this.#written.push(p.slice());
    const parts: Bytes[] = [];
    for (let sealed; (sealed = this.#written.next()) !== null;) {
      const encrypted = this.#opener !== null;
      const opened = encrypted ? await this.#opener!.open(sealed) : sealed;
      const record = { type: opened.type, fragment: opened.fragment, encrypted };
      this.records.push(record);
      if (this.#role === "server" && opened.type === ContentType.handshake) {
        // That of a renegotiation as well, which only the server's own end can read.
        // Other fragments of a message may begin with the same byte.
        const [type, , , , major, minor] = opened.fragment;
        if (type === 2 && major === 3 && minor === 3) {
          this.#randoms.server = opened.fragment.slice(6, 38);
        }
      }
      for (const changed of this.rewrite(record)) {
        parts.push(await this.seal({ ...changed, clear: changed.clear ?? !encrypted }));
      }
      if (record.type === ContentType.changeCipherSpec) await this.#changeKeys();
    }
    for (const part of parts) await this.sendBytes(part);
    return p.length;
  }

  /** Sends records of the test's own under the keys of the moment, in one piece. */
  async send(...records: readonly RecordToSend[]): Promise<void> {
    const parts: Bytes[] = [];
    for (const record of records) parts.push(await this.seal(record));
    await this.sendBytes(concat(parts));
  }

  /** A record as it would leave now; it takes a sequence number. */
  async seal({ type, fragment, clear = false }: RecordToSend): Promise<Bytes> {
    if (clear || this.#sealer === null) return plainRecord(type, fragment);
    return plainRecord(type, await seal(this.#sealer, type, fragment));
  }

  /** Sends bytes as they are. */
  async sendBytes(bytes: Bytes): Promise<void> {
    for (let sent = 0; sent < bytes.length;) {
      sent += await this.#conn.write(bytes.subarray(sent));
    }
  }

  /** The first record that comes from the server begins with ServerHello. */
  #noteServerRandom(bytes: Uint8Array): void {
    if (this.#randoms.server !== null || bytes[5] !== 2) return;
    this.#randoms.server = new Uint8Array(bytes.subarray(11, 43));
  }

  async #changeKeys(): Promise<void> {
    const { client, server } = this.#randoms;
    const { prf } = await MasterSecret.of(this.#suite, this.#master!.slice());
    const keys = await deriveProtections(this.#suite, prf, client!, server!, {
      encryptThenMac: true,
      random: (length) => crypto.getRandomValues(new Uint8Array(length)),
    });
    this.#opener = keys[this.#role];
    this.#sealer = this.#opener.restart();
  }
}

/** A client and a server, and the tap on one of them. */
export type Tapped = Joined & { readonly tap: Tls12Tap };

/** Joins a client and a server of one suite; what the end of this role sends passes a tap. */
export function tapped(
  role: Role,
  options: JoinOptions = {},
  suite: Tls12CipherSuiteName = SUITE.name,
): Tapped {
  let tap: Tls12Tap | undefined;
  const row = TLS12_CIPHER_SUITES.find(({ name }) => name === suite)!;
  const wrap = (conn: ConnLike<Deno.NetAddr>) => tap = new Tls12Tap(conn, role, row);
  const both = tls12(options);
  const narrow: ImportOptions = { cipherSuites: [suite] };
  const own: ImportOptions = { keyLog: (line) => tap!.keyLog(line) };
  const joined = join({
    ...both,
    client: { ...narrow, ...both.client, ...(role === "client" ? own : {}) },
    server: { ...narrow, ...both.server, ...(role === "server" ? own : {}) },
    [role === "client" ? "wrapClient" : "wrapServer"]: wrap,
  });
  return { ...joined, tap: tap! };
}

/** As {@linkcode tapped}, with the handshake complete. */
export async function tappedAndConnected(
  role: Role,
  options: JoinOptions = {},
  suite: Tls12CipherSuiteName = SUITE.name,
): Promise<Tapped> {
  const joined = tapped(role, options, suite);
  await shake(joined);
  return joined;
}
