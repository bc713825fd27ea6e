// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The configurations of Encrypted Client Hello, which a server publishes in DNS (RFC 9849, Section
 * 4).
 *
 * @module
 */

import { ExtensionType } from "../tables/extension_types.ts";
import { DecodeError } from "../wire/decode_error.ts";
import { Reader } from "../wire/reader.ts";
import { Writer } from "../wire/writer.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** The version of RFC 9849: the extension's type. */
export const ECH_VERSION: number = ExtensionType.encryptedClientHello;

/** Algorithms to encrypt with under a key (RFC 9180, Section 7). */
export interface EchCipherSuite {
  /** The KDF. */
  readonly kdf: number;
  /** The AEAD. */
  readonly aead: number;
}

/** `ECHConfigContents`. */
export interface EchConfigContents {
  /** The identifier by which a server finds its key. */
  readonly configId: number;
  /** The KEM. */
  readonly kem: number;
  /** The public key, serialized as the KEM says. */
  readonly publicKey: Bytes;
  /** The algorithms, in preference order. */
  readonly cipherSuites: readonly EchCipherSuite[];
  /** The length of the longest name that the server expects; a hint for padding. */
  readonly maximumNameLength: number;
  /** The name in the outer ClientHello, for which the server has a certificate; not checked. */
  readonly publicName: string;
  /** The types of the extensions; no extension is defined yet. */
  readonly extensionTypes: readonly number[];
}

/** `ECHConfig`. */
export interface EchConfig {
  /** The encoding, with version and length. */
  readonly raw: Bytes;
  /** The version. */
  readonly version: number;
  /** The contents; `null` of an unknown version. */
  readonly contents: EchConfigContents | null;
}

/**
 * Parses an `ECHConfigList`, with configurations of unknown versions.
 *
 * @param bytes The encoding, with the length of the list.
 * @returns The configurations, in preference order.
 * @throws {DecodeError} If it is malformed.
 */
export function parseEchConfigList(bytes: Bytes): readonly EchConfig[] {
  const reader = new Reader(bytes);
  const list = reader.vector16(4);
  reader.finish();
  return new Reader(list).list(parseEchConfig);
}

/**
 * Parses an `ECHConfig`.
 *
 * @throws {DecodeError} If it is malformed.
 */
export function parseEchConfig(reader: Reader): EchConfig {
  const version = reader.u16();
  const body = reader.vector16();
  const raw = new Writer(4 + body.length).u16(version).vector16(body).finish();
  return { raw, version, contents: version === ECH_VERSION ? parseContents(body) : null };
}

function parseContents(body: Bytes): EchConfigContents {
  const reader = new Reader(body);
  const contents = {
    configId: reader.u8(),
    kem: reader.u16(),
    publicKey: reader.vector16(1),
    cipherSuites: reader.reader16(4, 0xfffc).list((r) => ({ kdf: r.u16(), aead: r.u16() })),
    maximumNameLength: reader.u8(),
    publicName: String.fromCharCode(...reader.vector8(1)),
    extensionTypes: reader.reader16().list((r) => {
      const type = r.u16();
      r.vector16();
      return type;
    }),
  };
  reader.finish();
  if (new Set(contents.extensionTypes).size < contents.extensionTypes.length) {
    throw new DecodeError("an extension of a configuration comes twice");
  }
  return contents;
}

/**
 * Encodes an `ECHConfig` without extensions.
 *
 * @throws {RangeError} If a value is out of range.
 */
export function encodeEchConfig(contents: Omit<EchConfigContents, "extensionTypes">): Bytes {
  const publicName = new TextEncoder().encode(contents.publicName);
  return new Writer(128).u16(ECH_VERSION).vector16((body) => {
    body.u8(contents.configId).u16(contents.kem).vector16(contents.publicKey, 1)
      .vector16(
        (list) => {
          for (const { kdf, aead } of contents.cipherSuites) list.u16(kdf).u16(aead);
        },
        4,
        0xfffc,
      )
      .u8(contents.maximumNameLength).vector8(publicName, 1).vector16(new Uint8Array(0));
  }).finish();
}

/**
 * Encodes an `ECHConfigList`.
 *
 * @param configs The encoded configurations.
 * @throws {RangeError} If the list is empty or too long.
 */
export function joinEchConfigs(configs: readonly Uint8Array[]): Bytes {
  return new Writer(256).vector16((list) => {
    for (const config of configs) list.bytes(config);
  }, 4).finish();
}
