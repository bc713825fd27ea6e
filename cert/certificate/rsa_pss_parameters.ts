// Copyright 2026 the NSS for Deno authors. MIT license.

import type { DerReader } from "../der/der_reader.ts";
import { constructedTag, TAG } from "../der/tag.ts";
import type { DerWriter } from "../der/der_writer.ts";
import { OIDS } from "../der/oids.ts";
import type { HashName } from "./private_key.ts";

/** The RSASSA-PSS parameters of a key or a signature. */
export interface RsaPssParameters {
  /** The hash of the message and of MGF1; this package supports only the same one for both. */
  readonly hash: HashName;
  /** The salt length in bytes; of a key, the minimum. */
  readonly saltLength: number;
}

const HASHES: ReadonlyMap<string, HashName> = new Map<string, HashName>([
  [OIDS.sha1, "SHA-1"],
  [OIDS.sha256, "SHA-256"],
  [OIDS.sha384, "SHA-384"],
  [OIDS.sha512, "SHA-512"],
]);
const HASH_OIDS: ReadonlyMap<HashName, string> = new Map(
  [...HASHES].map(([oid, hash]) => [hash, oid]),
);

function readHash(reader: DerReader, field: string): HashName | undefined {
  const algorithm = reader.sequence(field);
  const hash = HASHES.get(algorithm.oid("algorithm"));
  // RFC 4055, Section 2.1: NULL and absent parameters are equivalent
  if (!algorithm.done) algorithm.null("parameters");
  algorithm.finish();
  return hash;
}

/**
 * Reads RSASSA-PSS-params (RFC 4055, Section 3.1).
 *
 * @param reader The reader.
 * @param field The name of the field.
 * @returns The parameters, or `null` if they are well-formed but not supported.
 * @throws {NssError} If they are malformed.
 */
export function readRsaPssParameters(reader: DerReader, field: string): RsaPssParameters | null {
  const params = reader.sequence(field);
  let hash: HashName | undefined = "SHA-1";
  let mgfHash: HashName | undefined = "SHA-1";
  let saltLength = 20;
  let trailer = 1;
  let maskGeneration: string = OIDS.mgf1;
  if (params.nextTag === constructedTag(0)) {
    const explicit = params.constructed("hashAlgorithm", constructedTag(0));
    hash = readHash(explicit, "");
    explicit.finish();
  }
  if (params.nextTag === constructedTag(1)) {
    const explicit = params.constructed("maskGenAlgorithm", constructedTag(1));
    const algorithm = explicit.sequence("");
    maskGeneration = algorithm.oid("algorithm");
    if (maskGeneration === OIDS.mgf1) mgfHash = readHash(algorithm, "parameters");
    else algorithm.element("parameters");
    algorithm.finish();
    explicit.finish();
  }
  if (params.nextTag === constructedTag(2)) {
    const explicit = params.constructed("saltLength", constructedTag(2));
    saltLength = explicit.smallInteger("");
    explicit.finish();
  }
  if (params.nextTag === constructedTag(3)) {
    const explicit = params.constructed("trailerField", constructedTag(3));
    trailer = explicit.smallInteger("");
    explicit.finish();
  }
  params.finish();
  const supported = hash !== undefined && hash === mgfHash && trailer === 1 &&
    maskGeneration === OIDS.mgf1;
  return supported ? { hash: hash!, saltLength } : null;
}

/**
 * Writes RSASSA-PSS-params.
 *
 * @param writer The writer.
 * @param parameters The parameters. SHA-1 is written although DER omits default values.
 */
export function writeRsaPssParameters(writer: DerWriter, parameters: RsaPssParameters): void {
  const writeHash = (w: DerWriter) =>
    w.sequence((w) => w.oid(HASH_OIDS.get(parameters.hash)!).primitive(TAG.null, new Uint8Array()));
  writer.sequence((w) => {
    w.constructed(constructedTag(0), writeHash);
    w.constructed(constructedTag(1), (w) => w.sequence((w) => writeHash(w.oid(OIDS.mgf1))));
    w.constructed(constructedTag(2), (w) => w.integer(parameters.saltLength));
  });
}
