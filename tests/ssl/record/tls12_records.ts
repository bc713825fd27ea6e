// Copyright 2026 the NSS for Deno authors. MIT license.

import { createCipheriv, createHmac } from "node:crypto";
import { assertEquals, assertRejects } from "@std/assert";
import { SslError } from "../../../ssl/base/errors.ts";
import type { RecordProtection } from "../../../ssl/record/cipher_spec.ts";
import type { SealedRecord } from "../../../ssl/record/deframer.ts";
import { parseRecordHeader, writeRecordHeader } from "../../../ssl/record/header.ts";
import { Tls12AeadSpec } from "../../../ssl/record/tls12_cipher_spec.ts";
import type { Tls12CipherSuite } from "../../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../../ssl/tables/content_types.ts";

/** Bytes as WebCrypto wants them. */
export type Bytes = Uint8Array<ArrayBuffer>;

/** Bytes that differ by place and seed. */
export function bytesOf(length: number, seed = 0): Bytes {
  return Uint8Array.from({ length }, (_, i) => i * 31 + seed);
}

/** All of these bytes in a row. */
export function joined(...parts: readonly Uint8Array[]): Bytes {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** The bytes of a sealed fragment, as a record has them after its header. */
export async function seal(
  spec: Pick<RecordProtection, "seal">,
  type: number,
  fragment: Bytes,
): Promise<Bytes> {
  const { prefix, body } = await spec.seal(type, fragment);
  return joined(prefix, body);
}

/** What the deframer makes of a sealed fragment. */
export function recordOf(
  fragment: Bytes,
  type: number = ContentType.applicationData,
  version = 0x0303,
): SealedRecord {
  const header = new Uint8Array(5);
  writeRecordHeader(header, 0, type, version, fragment.length);
  return { ...parseRecordHeader(header), header, fragment, copied: false };
}

/** `seq_num + type + version + length`, written by other means than the library's. */
export function additionalDataOf(
  sequence: number,
  type: number,
  length: number,
  version = 0x0303,
): Bytes {
  const view = new DataView(new ArrayBuffer(13));
  view.setBigUint64(0, BigInt(sequence));
  view.setUint8(8, type);
  view.setUint16(9, version);
  view.setUint16(11, length);
  return new Uint8Array(view.buffer);
}

/** Keys of one direction, as bytes. */
export interface KeyBytes {
  readonly key: Bytes;
  readonly mac: Bytes;
  readonly fixedIv: Bytes;
}

/** Some keys for a suite. */
export function keyBytes(suite: Tls12CipherSuite, seed = 1): KeyBytes {
  return {
    key: bytesOf(suite.keyLength, seed),
    mac: bytesOf(suite.macLength, seed + 1),
    fixedIv: bytesOf(suite.fixedIvLength, seed + 2),
  };
}

/** A protection by an AEAD of TLS 1.2, with {@linkcode keyBytes}. */
export async function tls12SpecOf(suite: Tls12CipherSuite, sequence = 0): Promise<Tls12AeadSpec> {
  const { key, fixedIv } = keyBytes(suite);
  const format = suite.bulk === "AES-GCM" ? "raw" : "raw-secret";
  const usages: KeyUsage[] = ["encrypt", "decrypt"];
  const imported = await crypto.subtle.importKey(format, key, suite.bulk, false, usages);
  return new Tls12AeadSpec(suite, imported, fixedIv, sequence);
}

/** How a record is to be made, also one that no honest end would make. */
export interface NodeSealing {
  readonly suite: Tls12CipherSuite;
  readonly keys: KeyBytes;
  readonly sequence: number;
  readonly type: number;
  readonly content: Bytes;
  /** The version under the MAC. */
  readonly version?: number;
  /** AES-GCM: the explicit nonce; AES-CBC: the IV. */
  readonly shown?: Bytes;
  readonly encryptThenMac?: boolean;
  /** What stands behind what a block cipher takes; by default the least padding. */
  readonly padding?: Bytes;
  /** Changes the MAC inside, before it is encrypted. */
  readonly changeMac?: (mac: Bytes) => void;
}

/** Seals a record with node:crypto. */
export function sealWithNode(sealing: NodeSealing): Bytes {
  return sealing.suite.bulk === "AES-CBC" ? sealCbc(sealing) : sealAead(sealing);
}

function sealAead({ suite, keys, sequence, type, content, version, shown }: NodeSealing): Bytes {
  const counter = additionalDataOf(sequence, 0, 0).slice(0, 8);
  const aad = additionalDataOf(sequence, type, content.length, version);
  if (suite.bulk === "AES-GCM") {
    const explicit = shown ?? counter;
    const name = suite.keyLength === 16 ? "aes-128-gcm" : "aes-256-gcm";
    const cipher = createCipheriv(name, keys.key, joined(keys.fixedIv, explicit));
    cipher.setAAD(aad);
    return joined(explicit, cipher.update(content), cipher.final(), cipher.getAuthTag());
  }
  throw new Error(`node:crypto is no oracle for ${suite.bulk} here`);
}

function sealCbc(
  { suite, keys, sequence, type, content, version, shown, encryptThenMac, padding, changeMac }:
    NodeSealing,
): Bytes {
  const iv = shown ?? bytesOf(16, 99);
  const hash = suite.mac!.replace("-", "").toLowerCase();
  const hmac = (length: number, ...data: readonly Bytes[]): Bytes => {
    const mac = createHmac(hash, keys.mac);
    mac.update(additionalDataOf(sequence, type, length, version));
    for (const part of data) mac.update(part);
    const bytes = joined(mac.digest());
    changeMac?.(bytes);
    return bytes;
  };
  const encrypt = (data: Bytes): Bytes => {
    const least = 15 - data.length % 16;
    const padded = joined(data, padding ?? new Uint8Array(least + 1).fill(least));
    const name = suite.keyLength === 16 ? "aes-128-cbc" : "aes-256-cbc";
    const cipher = createCipheriv(name, keys.key, iv).setAutoPadding(false);
    return joined(iv, cipher.update(padded), cipher.final());
  };
  if (encryptThenMac) {
    const encrypted = encrypt(content);
    return joined(encrypted, hmac(encrypted.length, encrypted));
  }
  return encrypt(joined(content, hmac(content.length, content)));
}

/** Asserts how something fails. */
export async function assertFails(
  attempt: () => Promise<unknown>,
  name: SslError["name"],
  alert: SslError["alert"],
  what?: string,
): Promise<SslError> {
  const error = await assertRejects(attempt, SslError, undefined, what);
  assertEquals([error.name, error.alert], [name, alert], what);
  return error;
}

/**
 * Asserts that a protection takes sequence number and bytes at the call, however many calls are
 * under way.
 */
export async function assertTakesAllAtTheCall(
  make: () => Promise<RecordProtection>,
): Promise<void> {
  const [spec, reader, stranger] = [await make(), await make(), await make()];
  const buffer = new Uint8Array(16384);
  const sealing: Promise<Bytes>[] = [];
  for (let i = 0; i < 24; i++) {
    const fragment = buffer.subarray(0, 700 * i);
    fragment.set(bytesOf(700 * i, i));
    sealing.push(seal(spec, i % 2 ? ContentType.handshake : ContentType.alert, fragment));
    fragment.fill(0xee);
    stranger.seal(ContentType.applicationData, bytesOf(i)).catch(() => {});
    assertEquals(spec.sequence, i + 1);
  }
  const opening = (await Promise.all(sealing)).map((bytes, i) => {
    const record = recordOf(bytes, i % 2 ? ContentType.handshake : ContentType.alert);
    const opened = reader.open(record);
    record.fragment.fill(0);
    record.header.fill(0);
    stranger.seal(ContentType.applicationData, bytesOf(i)).catch(() => {});
    assertEquals(reader.sequence, i + 1);
    return opened;
  });
  for (const [i, { type, fragment }] of (await Promise.all(opening)).entries()) {
    assertEquals(type, i % 2 ? ContentType.handshake : ContentType.alert);
    assertEquals(fragment, bytesOf(700 * i, i));
  }
}
