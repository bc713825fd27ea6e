// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../../cert/certificate/certificate.ts";
import { receivedCertificate } from "../../cert/certificate/known_certificates.ts";
import { NssError } from "../../cert/base/errors.ts";
import { readSubjectPublicKeyInfo } from "../../cert/certificate/spki.ts";
import type { PeerIdentity } from "../base/session_cache.ts";
import { DecodeError } from "../wire/decode_error.ts";
import type { Reader } from "../wire/reader.ts";
import type { Writer } from "../wire/writer.ts";

/** Encodes a text in UTF-8; `null` as no bytes. */
export function encodeText(text: string | null): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(text ?? "");
}

/** Decodes a text in UTF-8; returns `null` for no bytes. */
export function decodeText(bytes: Uint8Array<ArrayBuffer>): string | null {
  if (bytes.length === 0) return null;
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new DecodeError("a text is no UTF-8");
  }
}

/** Writes who a peer is: its certificates, or its raw public key. */
export function writePeer(w: Writer, { peerChain, peerRawPublicKey }: PeerIdentity): void {
  w.u8(peerRawPublicKey === null ? 0 : 1);
  if (peerRawPublicKey === null) writeChain(w, peerChain);
  else w.vector24(peerRawPublicKey.der);
}

/** Reads who a peer is, as {@linkcode writePeer} writes it. */
export function readPeer(r: Reader): PeerIdentity {
  const kind = r.u8();
  if (kind === 0) return { peerChain: readChain(r), peerRawPublicKey: null };
  if (kind !== 1) throw new DecodeError(`a peer of kind ${kind} is unknown`);
  const der = r.vector24(1).slice();
  return { peerChain: [], peerRawPublicKey: decoded(() => readSubjectPublicKeyInfo(der)) };
}

/** Writes a certificate chain. */
export function writeChain(w: Writer, chain: readonly Certificate[]): void {
  w.vector24((list) => {
    for (const { der } of chain) list.vector24(der);
  });
}

/** Reads a certificate chain, as {@linkcode writeChain} writes it. */
export function readChain(r: Reader): readonly Certificate[] {
  return r.reader24().list((entry) => {
    const der = entry.vector24(1).slice();
    return decoded(() => receivedCertificate(der));
  });
}

function decoded<T>(decode: () => T): T {
  try {
    return decode();
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw new DecodeError(cause.message, { cause });
  }
}
