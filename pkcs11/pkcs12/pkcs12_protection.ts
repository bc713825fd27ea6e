// Copyright 2026 the NSS for Deno authors. MIT license.

/** How a PKCS#12 file is protected, which needs no password to be seen. @module */

import { berToDer } from "../../cert/der/ber.ts";
import { DerReader } from "../../cert/der/der_reader.ts";
import { constructedTag, TAG } from "../../cert/der/tag.ts";
import { oidName } from "../../cert/der/oids.ts";
import { PBE_OIDS, pbeName } from "../pbe/oids.ts";
import { FileBudget } from "./file_budget.ts";
import { PKCS12_OIDS } from "./oids.ts";

/** An algorithm with its parameters. */
export interface Algorithm {
  /** Its names: of PBES2 and PBMAC1 the parts, as `pbkdf2, hmacWithSHA256, aes256CBC`. */
  readonly name: string;
  /** How often a guess of the password is hashed; of scrypt its cost; `null` if unknown. */
  readonly iterations: number | null;
  /** Whether a guess costs little, or the cipher is no longer secure. */
  readonly isWeak: boolean;
}

/** How a file is protected. */
export interface Pkcs12Protection {
  /** Of the whole; `null` if anybody can change the file. */
  readonly mac: Algorithm | null;
  /** Of each encrypted part, certificates mostly, and of each key. */
  readonly parts: readonly Algorithm[];
}

const WHAT = "PKCS#12";
const ERROR = "SEC_ERROR_PKCS12_DECODING_PFX";

/** What OpenSSL 1.1 and Java of 2010 wrote is fewer by far than what a guess should cost. */
const FEW_ITERATIONS = 10_000;
const WEAK = /RC2|RC4|DES|MD2|MD5|^sha1$/;

/** The names of PBES2 and PBMAC1 themselves say nothing. */
const FRAMES: readonly string[] = [PBE_OIDS.pbes2, PBE_OIDS.pbmac1];

/**
 * Describes how a file is protected.
 *
 * @param file The file: BER.
 * @returns The algorithms.
 * @throws {NssError} `SEC_ERROR_PKCS12_DECODING_PFX` if it is malformed.
 */
export function pkcs12Protection(file: Uint8Array<ArrayBuffer>): Pkcs12Protection {
  const size = new FileBudget();
  const pfx = new DerReader(berToDer(file, size), WHAT, ERROR).sequence("pfx");
  pfx.smallInteger("version");
  const safes = readerOf(dataOf(pfx.sequence("authSafe")), size);
  const parts: Algorithm[] = [];
  while (!safes.done) {
    const safe = safes.sequence("contentInfo");
    if (safe.oid("contentType") === PKCS12_OIDS.encryptedData) {
      const data = safe.constructed("content", constructedTag(0)).sequence("encryptedData");
      data.smallInteger("version");
      const info = data.sequence("encryptedContentInfo");
      info.oid("contentType");
      parts.push(algorithmOf(info.sequence("contentEncryptionAlgorithm")));
    } else {
      const bags = readerOf(
        safe.constructed("content", constructedTag(0)).octetString("data"),
        size,
      );
      while (!bags.done) {
        const bag = bags.sequence("safeBag");
        if (bag.oid("bagId") !== PKCS12_OIDS.pkcs8ShroudedKeyBag) continue;
        const key = bag.constructed("bagValue", constructedTag(0)).sequence("key");
        parts.push(algorithmOf(key.sequence("encryptionAlgorithm")));
      }
    }
  }
  return { mac: pfx.done ? null : macOf(pfx.sequence("macData")), parts };
}

function dataOf(info: DerReader): Uint8Array<ArrayBuffer> {
  info.oid("contentType");
  return info.constructed("content", constructedTag(0)).octetString("data");
}

function readerOf(content: Uint8Array<ArrayBuffer>, size: FileBudget): DerReader {
  return new DerReader(berToDer(content, size), WHAT, ERROR).sequence("content");
}

function macOf(macData: DerReader): Algorithm {
  const own = algorithmOf(macData.sequence("mac").sequence("digestAlgorithm"));
  macData.octetString("macSalt");
  // That of PBMAC1 is with its parameters
  const iterations = own.iterations ?? (macData.done ? 1 : macData.smallInteger("iterations"));
  return { ...own, iterations, isWeak: own.isWeak || iterations < FEW_ITERATIONS };
}

/** Reads the identifiers in an AlgorithmIdentifier, and the first number: the iterations. */
function algorithmOf(identifier: DerReader): Algorithm {
  const names: string[] = [];
  let iterations: number | null = null;
  const walk = (reader: DerReader): void => {
    while (!reader.done) {
      const tag = reader.nextTag;
      if (tag === TAG.sequence) walk(reader.sequence("parameters"));
      else if (tag === TAG.oid) {
        const oid = reader.oid("algorithm");
        if (!FRAMES.includes(oid)) names.push(oidName(oid) ?? pbeName(oid));
      } else if (tag === TAG.integer) {
        const number = reader.smallInteger("iterations");
        iterations ??= number;
      } else reader.element("parameter");
    }
  };
  walk(identifier);
  const isWeak = names.some((name) => WEAK.test(name)) ||
    (iterations !== null && iterations < FEW_ITERATIONS);
  return { name: names.join(", "), iterations, isWeak };
}
