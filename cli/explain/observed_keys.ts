// Copyright 2026 the NSS for Deno authors. MIT license.

/** The keys of a connection that is looked at, from a key log. @module */

import { TrafficSecret } from "../../ssl/crypto/expanded_secrets.ts";
import { MasterSecret } from "../../ssl/crypto/master_secret.ts";
import { CipherSpec, type RecordProtection } from "../../ssl/record/cipher_spec.ts";
import { deriveProtections, type Protections } from "../../ssl/record/tls12_key_block.ts";
import {
  CIPHER_SUITES,
  type CipherSuite,
  cipherSuiteById,
  TLS12_CIPHER_SUITES,
  type Tls12CipherSuite,
  tls12CipherSuiteById,
} from "../../ssl/tables/cipher_suites.ts";
import { describeVersion, TLS_1_2 } from "../../ssl/tables/versions.ts";
import type { End } from "./context.ts";
import type { KeySource } from "./key_source.ts";
import { suiteName } from "./names.ts";
import type { ObservedHandshake } from "./observed_handshake.ts";
import type { SessionMemory } from "./session_memory.ts";

/** The keys of one direction in TLS 1.3, and the secret from which the next ones come. */
export interface TrafficKeys {
  /** The protection of its records. */
  readonly protection: RecordProtection;
  /** The secret. */
  readonly secret: TrafficSecret;
  /** The cipher suite. */
  readonly suite: CipherSuite;
}

/** The kinds of traffic keys, as the labels of key logs name them. */
export type Traffic = "HANDSHAKE_TRAFFIC_SECRET" | "TRAFFIC_SECRET_0";

/** The length of a master secret in bytes (RFC 5246, Section 8.1). */
const MASTER_SECRET_LENGTH = 48;

/**
 * Returns keys of TLS 1.3.
 *
 * @returns The keys, or why there are none.
 */
export async function trafficKeys(
  { cipherSuite, clientRandom }: ObservedHandshake,
  end: End,
  traffic: Traffic,
  source: KeySource,
): Promise<TrafficKeys | string> {
  const suite = cipherSuite === null ? undefined : cipherSuiteById(cipherSuite);
  if (suite === undefined) return withoutSuite(cipherSuite);
  const bytes = await source.secret(`${end.toUpperCase()}_${traffic}`, clientRandom);
  if (typeof bytes === "string") return bytes;
  if (bytes.length !== suite.hashLength) return `its secret in the key log has another length`;
  return await keysOf(suite, new TrafficSecret(suite.hash, bytes));
}

async function keysOf(suite: CipherSuite, secret: TrafficSecret): Promise<TrafficKeys> {
  return { protection: await CipherSpec.create(suite, secret), secret, suite };
}

/** Returns the keys behind a KeyUpdate. */
export async function nextKeys({ suite, secret }: TrafficKeys): Promise<TrafficKeys> {
  return await keysOf(suite, await secret.next());
}

/**
 * Returns the protections that early data may have: those of each offered suite whose hash fits the
 * secret, as the suite is that of a session which cannot be seen.
 *
 * @returns The protections, or why there are none.
 */
export async function earlyProtections(
  { offeredSuites, clientRandom }: ObservedHandshake,
  source: KeySource,
): Promise<readonly RecordProtection[] | string> {
  const bytes = await source.secret("CLIENT_EARLY_TRAFFIC_SECRET", clientRandom);
  if (typeof bytes === "string") return bytes;
  const suites = CIPHER_SUITES.filter(({ id, hashLength }) =>
    hashLength === bytes.length && offeredSuites.includes(id)
  );
  return await Promise.all(
    suites.map(async (suite) =>
      (await keysOf(suite, new TrafficSecret(suite.hash, bytes.slice()))).protection
    ),
  );
}

/** The keys of a connection of TLS 1.2. */
export interface Tls12Secrets {
  /** The protections of both directions. */
  readonly protections: Protections;
  /** The master secret. */
  readonly masterSecret: Uint8Array<ArrayBuffer>;
}

/**
 * Returns the keys of TLS 1.2.
 *
 * @returns The keys, or why there are none.
 */
export async function tls12Secrets(
  handshake: ObservedHandshake,
  source: KeySource,
  sessions: SessionMemory,
): Promise<Tls12Secrets | string> {
  const { version, cipherSuite, randoms, encryptThenMac } = handshake;
  if (version !== TLS_1_2) {
    return `${version === null ? "what has no version" : describeVersion(version)} is not ` +
      "decrypted here";
  }
  const suite = cipherSuite === null ? undefined : recordSuite(cipherSuite);
  if (suite === undefined) return withoutSuite(cipherSuite);
  const found = await masterSecret(handshake, source, sessions);
  if (typeof found === "string") return found;
  if (found.length !== MASTER_SECRET_LENGTH) return "its secret in the key log has another length";
  const { prf } = await MasterSecret.of(suite, found.slice());
  const protections = await deriveProtections(suite, prf, randoms.client, randoms.server, {
    encryptThenMac,
    random: (length) => new Uint8Array(length), // nothing is sealed
  });
  return { protections, masterSecret: found };
}

/** Returns the secret of the session that is resumed, or that of the key log. */
async function masterSecret(
  { isResumed, offeredSessions, clientRandom }: ObservedHandshake,
  source: KeySource,
  sessions: SessionMemory,
): Promise<Uint8Array<ArrayBuffer> | string> {
  const remembered = () => isResumed ? sessions.find(offeredSessions) : undefined;
  const found = remembered() ?? await source.secret("CLIENT_RANDOM", clientRandom);
  // The connection that made the session may have waited for its own secret meanwhile
  return typeof found === "string" ? remembered() ?? found : found;
}

/**
 * Returns a suite of this package whose records are those of another one: with the master secret at
 * hand, how the keys were exchanged does not matter.
 */
function recordSuite(id: number): Tls12CipherSuite | undefined {
  const cipherOf = (name: string) => name.split("_WITH_")[1];
  const cipher = cipherOf(suiteName(id));
  return tls12CipherSuiteById(id) ??
    TLS12_CIPHER_SUITES.find(({ name }) => cipherOf(name) === cipher);
}

function withoutSuite(id: number | null): string {
  return id === null
    ? "the ServerHello was not seen"
    : `${suiteName(id)} is not decrypted here: WebCrypto does not have its cipher`;
}
