// Copyright 2026 the NSS for Deno authors. MIT license.

import { decodeHex } from "@std/encoding";
import { CipherSpec } from "../../ssl/record/cipher_spec.ts";
import { type CipherSuite, cipherSuiteById } from "../../ssl/tables/cipher_suites.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { TLS_1_2 } from "../../ssl/tables/versions.ts";
import type { Trace } from "./rfc8448_vectors.ts";

/** The suite of all traces. */
export const SUITE: CipherSuite = cipherSuiteById(0x1301)!;

/** One record of a trace, opened with the RFC's own keys. */
export interface TraceRecord {
  /** Who sends it. */
  readonly from: "client" | "server";
  /** The traffic secret it is under, by its name in the vectors; `null` in clear. */
  readonly under: string | null;
  /** Its place among the records under that secret. */
  readonly sequence: number;
  /** The fragment as it goes on the wire. */
  readonly sealed: Uint8Array<ArrayBuffer>;
  /** The true content type. */
  readonly type: number;
  /** The content. */
  readonly fragment: Uint8Array<ArrayBuffer>;
}

/** One handshake message of a trace. */
export interface TraceMessage {
  /** Who sends it. */
  readonly from: "client" | "server";
  /** The handshake type. */
  readonly type: number;
  /** The message without its header. */
  readonly body: Uint8Array<ArrayBuffer>;
  /** The whole message. */
  readonly raw: Uint8Array<ArrayBuffer>;
  /** Whether it is part of the handshake proper, and so of its transcript. */
  readonly inTranscript: boolean;
}

/** The bytes of hexadecimal digits with white space between them. */
export function hex(digits: string): Uint8Array<ArrayBuffer> {
  return decodeHex(digits.replace(/\s/g, ""));
}

/** A record protection with one of the RFC's keys. */
export async function traceSpec(trace: Trace, under: string): Promise<CipherSpec> {
  const { key, iv } = trace.keys[under]!;
  const imported = await crypto.subtle.importKey("raw", hex(key), "AES-GCM", false, [
    "encrypt",
    "decrypt",
  ]);
  return new CipherSpec(SUITE, imported, hex(iv));
}

/** Opens all records of a trace with the keys that the RFC gives. */
export async function openTrace(trace: Trace): Promise<TraceRecord[]> {
  const secrets: Record<"client" | "server", string> = {
    client: "clientEarlyTraffic" in trace.keys ? "clientEarlyTraffic" : "clientHandshakeTraffic",
    server: "serverHandshakeTraffic",
  };
  const specs = new Map<string, CipherSpec>();
  const records: TraceRecord[] = [];
  for (const { from, bytes } of trace.records) {
    const record = hex(bytes);
    const type = record[0]!;
    const header = record.subarray(0, 5);
    const sealed = record.subarray(5);
    if (type !== ContentType.applicationData) {
      records.push({ from, under: null, sequence: 0, sealed, type, fragment: sealed });
      continue;
    }
    const under = secrets[from];
    const spec = specs.get(under) ?? await traceSpec(trace, under);
    specs.set(under, spec);
    const { sequence } = spec;
    const opened = await spec.open({
      type,
      version: TLS_1_2,
      header,
      fragment: sealed,
      copied: false,
    });
    records.push({ from, under, sequence, sealed, ...opened });
    if (opened.type !== ContentType.handshake) continue;
    const last = splitMessages(opened.fragment).at(-1)![0];
    if (last === HandshakeType.endOfEarlyData) secrets[from] = "clientHandshakeTraffic";
    if (last === HandshakeType.finished) secrets[from] = `${from}ApplicationTraffic`;
  }
  return records;
}

/** The handshake messages in opened records, in order. */
export function traceMessages(records: readonly TraceRecord[]): TraceMessage[] {
  return records.filter(({ type }) => type === ContentType.handshake).flatMap((record) =>
    splitMessages(record.fragment).map((raw) => ({
      from: record.from,
      type: raw[0]!,
      body: raw.subarray(4),
      raw,
      inTranscript: !record.under?.endsWith("ApplicationTraffic"),
    }))
  );
}

function splitMessages(flight: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer>[] {
  const messages = [];
  for (let offset = 0; offset < flight.length;) {
    const length = 4 + (flight[offset + 1]! << 16 | flight[offset + 2]! << 8 | flight[offset + 3]!);
    messages.push(flight.subarray(offset, offset + length));
    offset += length;
  }
  return messages;
}
