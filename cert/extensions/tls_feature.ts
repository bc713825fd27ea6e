// Copyright 2026 the NSS for Deno authors. MIT license.

import { OIDS } from "../der/oids.ts";
import type { ExtensionCodec } from "./extension.ts";

/**
 * The codec of tlsFeature (RFC 7633): the numbers of the TLS extensions that a server with this
 * certificate must support. 5 is `status_request`, "must-staple".
 *
 * @category Certificate extensions
 */
export const tlsFeature: ExtensionCodec<readonly number[]> = {
  oid: OIDS.tlsFeature,
  name: "tlsFeature",
  read(reader) {
    const features: number[] = [];
    const sequence = reader.sequence("");
    while (!sequence.done) features.push(sequence.smallInteger("feature"));
    return features;
  },
  write(writer, features) {
    writer.sequence((w) => features.forEach((feature) => w.integer(feature)));
  },
};
