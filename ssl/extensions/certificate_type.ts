// Copyright 2026 the NSS for Deno authors. MIT license.

import { ExtensionType } from "../tables/extension_types.ts";
import type { ExtensionCodec } from "./extension_codec.ts";

/** Returns the codec of a ClientHello's list, `CertificateType<1..2^8-1>`, in preference order. */
function listCodec(type: number, name: string): ExtensionCodec<readonly number[]> {
  return {
    type,
    name,
    parse: (reader) => reader.reader8(1).list((r) => r.u8()),
    encode: (writer, types) => {
      writer.vector8((list) => types.forEach((each) => list.u8(each)), 1);
    },
  };
}

/** Returns the codec of a server's answer, a `CertificateType`. */
function answerCodec(type: number, name: string): ExtensionCodec<number> {
  return {
    type,
    name,
    parse: (reader) => reader.u8(),
    encode: (writer, chosen) => void writer.u8(chosen),
  };
}

const CLIENT = [ExtensionType.clientCertificateType, "client_certificate_type"] as const;
const SERVER = [ExtensionType.serverCertificateType, "server_certificate_type"] as const;

/** `client_certificate_type`: what a client can show (RFC 7250, Section 3). */
export const clientCertificateTypes: ExtensionCodec<readonly number[]> = listCodec(...CLIENT);

/** `client_certificate_type`: what a server asks a client for. */
export const clientCertificateType: ExtensionCodec<number> = answerCodec(...CLIENT);

/** `server_certificate_type`: what a client takes of a server (RFC 7250, Section 3). */
export const serverCertificateTypes: ExtensionCodec<readonly number[]> = listCodec(...SERVER);

/** `server_certificate_type`: what a server shows. */
export const serverCertificateType: ExtensionCodec<number> = answerCodec(...SERVER);

/** What the ends show of themselves. */
export interface CertificateTypes {
  /** Whether the server shows a raw public key. */
  readonly rawServer: boolean;
  /** Whether a client that is asked shows a raw public key. */
  readonly rawClient: boolean;
}

/** Certificates of both ends, as where nothing is negotiated. */
export const X509_TYPES: CertificateTypes = { rawServer: false, rawClient: false };

/** Returns what an end shows, in words. */
export function nounOf(isRaw: boolean): string {
  return isRaw ? "raw public key" : "certificate";
}
