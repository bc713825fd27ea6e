// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses node: modules, statically: it makes objects of Node's.

/** What has been negotiated, in the forms of Node's `tls`. @module */

import { Buffer } from "node:buffer";
import { createHash, createHmac } from "node:crypto";
import type { CipherNameAndProtocol } from "node:tls";
import type { SignatureScheme } from "../../cert/certificate/private_key.ts";
import { concat } from "../../cert/base/bytes.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { ChannelInfo } from "../base/channel_info.ts";
import type { SslEngine } from "../engine/engine.ts";
import { encodeLabel, HASH_LENGTHS, hkdfLabel, LABEL_LIMIT } from "../crypto/hkdf.ts";
import type { ExporterSecret } from "../handshake/output.ts";
import { signatureSchemeByName } from "../tables/signature_schemes.ts";
import { codedError } from "./node_error.ts";
import { opensslSuiteName } from "./openssl_names.ts";

/** Returns the cipher suite as `getCipher()` gives it. */
export function cipherOf({ negotiated }: SslEngine): CipherNameAndProtocol {
  const { name } = negotiated.cipherSuite;
  // OpenSSL tells in which version a suite first was.
  const version = !name.includes("_WITH_")
    ? "TLSv1.3"
    : /SHA256|SHA384$/.test(name)
    ? "TLSv1.2"
    : "TLSv1.0";
  return { name: opensslSuiteName(name), standardName: name, version };
}

/** OpenSSL's names and lengths in bits of the groups. */
const GROUPS: Readonly<Record<string, readonly [name: string, size: number]>> = {
  x25519: ["X25519", 253],
  secp256r1: ["prime256v1", 256],
  secp384r1: ["secp384r1", 384],
  secp521r1: ["secp521r1", 521],
};

/**
 * Returns the key exchange as `getEphemeralKeyInfo()` gives it on a client: an empty object if a
 * session of TLS 1.2 was resumed without one. Hybrids are as in Node 24 and newer, which have
 * OpenSSL 3.5.
 */
export function ephemeralKeyInfo({ group }: ChannelInfo): object {
  if (group === "") return {};
  const [name, size] = GROUPS[group] ?? [];
  return name === undefined
    ? { type: "TLSGroup", name: group, size: undefined }
    : { type: "ECDH", name, size };
}

/** Returns schemes as `getSharedSigalgs()` does: `ECDSA+SHA256`. */
export function sigalgNames(schemes: readonly SignatureScheme[]): string[] {
  return schemes.map((scheme) => {
    const hash = signatureSchemeByName(scheme)?.hash?.replace("-", "") ?? "UNDEF";
    if (scheme.startsWith("rsa_pss")) return `RSA-PSS+${hash}`;
    if (scheme.startsWith("rsa")) return `RSA+${hash}`;
    if (scheme.startsWith("ecdsa")) return `ECDSA+${hash}`;
    if (scheme === "ed25519") return `Ed25519+${hash}`;
    // OpenSSL's short name of ML-DSA-44 is id-ml-dsa-44.
    return `${scheme.replace("mldsa", "id-ml-dsa-")}+${hash}`;
  });
}

/**
 * Exports keying material at once, as Node's method does: WebCrypto would need a promise, so that
 * the HMACs are those of `node:crypto`.
 *
 * @param engine The engine, its handshake complete.
 * @param length The number of bytes.
 * @param label The label.
 * @param context The context; `undefined` for none, which TLS 1.2 tells from an empty one.
 * @throws {Error} With Node's codes if an argument is wrong; with `ERR_CRYPTO_OPERATION_FAILED` if
 * the secret is there no more, since `exportKeyingMaterial()` of this package has used it.
 */
export function exportAtOnce(
  engine: SslEngine,
  length: unknown,
  label: unknown,
  context: unknown,
): Buffer<ArrayBuffer> {
  if (typeof length !== "number" || typeof label !== "string") {
    throw codedError(
      new TypeError("Cannot export keying material: a number and a string are needed"),
      "ERR_INVALID_ARG_TYPE",
    );
  }
  if (context !== undefined && !ArrayBuffer.isView(context)) {
    throw codedError(
      new TypeError("Cannot export keying material: the context is to be a Buffer"),
      "ERR_INVALID_ARG_TYPE",
    );
  }
  const { hash } = engine.negotiated.cipherSuite;
  const longest = 255 * HASH_LENGTHS[hash];
  const name = encodeLabel(label);
  if (!Number.isInteger(length) || length < 1 || length > longest) {
    throw codedError(
      new RangeError(
        `Cannot export keying material: length is ${length}, not a whole number from 1 to ${longest}`,
      ),
      "ERR_OUT_OF_RANGE",
    );
  }
  if (new TextEncoder().encode(label).length > LABEL_LIMIT) {
    throw codedError(
      new RangeError(`Cannot export keying material: the label has more than ${LABEL_LIMIT} bytes`),
      "ERR_OUT_OF_RANGE",
    );
  }
  const given = context === undefined
    ? null
    : new Uint8Array(context.buffer, context.byteOffset, context.byteLength);
  const { secret, randoms } = exporterSecret(engine);
  const digest = hash.replace("-", "");
  const hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]): Uint8Array => {
    const mac = createHmac(digest, key);
    for (const part of parts) mac.update(part);
    return mac.digest();
  };
  try {
    if (randoms !== null) return exportTls12(hmac, { secret, randoms }, length, label, given);
    const hashOf = (bytes: Uint8Array) => createHash(digest).update(bytes).digest();
    const ofLabel = hmac(
      secret,
      hkdfLabel(secret.length, name, hashOf(new Uint8Array(0))),
      Uint8Array.of(1),
    );
    const info = hkdfLabel(length, encodeLabel("exporter"), hashOf(given ?? new Uint8Array(0)));
    const blocks: Uint8Array[] = [];
    for (let count = 1, done = 0; done < length; count++, done += secret.length) {
      const before = blocks.at(-1) ?? new Uint8Array(0);
      blocks.push(hmac(ofLabel, before, info, Uint8Array.of(count)));
    }
    return Buffer.concat(blocks, length);
  } finally {
    secret.fill(0);
  }
}

function exporterSecret(engine: SslEngine): ExporterSecret {
  try {
    return engine.exporter.exporterSecret();
  } catch (cause) {
    if (!(cause instanceof NssError)) throw cause;
    throw codedError(
      new Error(
        "Cannot export keying material at once: the socket has exported some before, with the " +
          "function exportKeyingMaterial; await that one again",
        { cause },
      ),
      "ERR_CRYPTO_OPERATION_FAILED",
    );
  }
}

type Hmac = (key: Uint8Array, ...parts: readonly Uint8Array[]) => Uint8Array;

/** RFC 5705, Section 4, with the PRF of RFC 5246, Section 5. */
function exportTls12(
  hmac: Hmac,
  { secret, randoms }: { readonly secret: Uint8Array; readonly randoms: Uint8Array },
  length: number,
  label: string,
  context: Uint8Array | null,
): Buffer<ArrayBuffer> {
  const parts = [new TextEncoder().encode(label), randoms];
  if (context !== null) {
    parts.push(Uint8Array.of(context.length >> 8, context.length), context);
  }
  const seed = concat(parts);
  const blocks: Uint8Array[] = [];
  let a: Uint8Array = seed;
  for (let done = 0; done < length; done += blocks[0]!.length) {
    a = hmac(secret, a);
    blocks.push(hmac(secret, a, seed));
  }
  return Buffer.concat(blocks, length);
}
