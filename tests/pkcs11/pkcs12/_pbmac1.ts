// Copyright 2026 the NSS for Deno authors. MIT license.

import { DerReader } from "../../../cert/der/der_reader.ts";
import { DerWriter } from "../../../cert/der/der_writer.ts";
import { PBE_OIDS } from "../../../pkcs11/pbe/oids.ts";
import vectors from "../../vectors/rfc9879.json" with { type: "json" };

type Bytes = Uint8Array<ArrayBuffer>;
type Write = (w: DerWriter) => void;

/** The first file of RFC 9879. */
export const A1: Bytes = Uint8Array.fromBase64(vectors.files["A.1"]);

/** The members of a PFX: its version, its authSafe and its MacData. */
export function membersOf(file: Bytes): readonly [version: Bytes, authSafe: Bytes, macData: Bytes] {
  const pfx = new DerReader(file, "file").sequence("");
  return [pfx.element("version").der, pfx.element("authSafe").der, pfx.element("macData").der];
}

/** A file with another MacData. */
export function withMacData(file: Bytes, macData: Bytes): Bytes {
  const [version, authSafe] = membersOf(file);
  return new DerWriter().sequence((w) => w.raw(version).raw(authSafe).raw(macData)).finish();
}

/** What may be written of PBMAC1, as it is usual. */
export interface Parts {
  readonly iterations?: number;
  readonly keyLength?: number | null;
  readonly prf?: string;
  readonly kdf?: string;
  readonly hmac?: string;
  /** Follows macSalt. */
  readonly outer?: Write;
}

/** A file with a MAC of zeros. */
export function withParts(parts: Parts): Bytes {
  const { iterations = 1, keyLength = 32, prf = PBE_OIDS.hmacWithSHA256 } = parts;
  const { kdf = PBE_OIDS.pbkdf2, hmac = PBE_OIDS.hmacWithSHA256, outer = () => {} } = parts;
  const macData = new DerWriter().sequence((w) => {
    w.sequence((w) => {
      w.sequence((w) =>
        w.oid(PBE_OIDS.pbmac1).sequence((w) => {
          w.sequence((w) =>
            w.oid(kdf).sequence((w) => {
              w.octetString(new Uint8Array(8)).integer(iterations);
              if (keyLength !== null) w.integer(keyLength);
              w.sequence((w) => w.oid(prf).null());
            })
          );
          w.sequence((w) => w.oid(hmac).null());
        })
      );
      w.octetString(new Uint8Array(32));
    });
    outer(w.octetString(new Uint8Array(8)));
  }).finish();
  return withMacData(A1, macData);
}
