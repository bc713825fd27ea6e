// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * DER and PEM, read strictly and written without counting a length, and the names of object
 * identifiers.
 *
 * ```ts
 * import { DerReader, DerWriter } from "@nss/nss/cert/der";
 * import { assertEquals } from "@std/assert";
 *
 * const der = new DerWriter().sequence((w) => w.integer(7).boolean(true)).finish();
 * const whole = new DerReader(der, "pair");
 * const pair = whole.sequence("");
 * whole.finish();
 * assertEquals(pair.smallInteger("number"), 7);
 * assertEquals(pair.boolean("flag"), true);
 * pair.finish();
 * ```
 *
 * @module
 */

export { type BitString, type DerElement, DerReader, MAX_DER_SIZE } from "./der_reader.ts";
export { constructedTag, contextTag, TAG } from "./tag.ts";
export { DerWriter } from "./der_writer.ts";
export { type OidName, oidName, OIDS } from "./oids.ts";
export { decodePem, encodePem, MAX_PEM_SIZE, type PemBlock } from "./pem.ts";
