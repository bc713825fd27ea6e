// Copyright 2026 the NSS for Deno authors. MIT license.

import { concat } from "../../cert/base/bytes.ts";
import { TLS12_VERIFY_DATA_LENGTH } from "../messages/finished.ts";
import type { Tls12CipherSuite } from "../tables/cipher_suites.ts";
import type { Transcript } from "./transcript.ts";
import { PrfSecret } from "./prf.ts";

/** The two ends of a TLS 1.2 handshake. */
export type End = "client" | "server";

/** The randoms of the two hellos. */
export type Randoms = Readonly<Record<End, Uint8Array<ArrayBuffer>>>;

/** The length of a master secret in bytes (RFC 5246, Section 8.1). */
const MASTER_SECRET_LENGTH = 48;

/** The master secret of a TLS 1.2 session (RFC 5246, Section 8.1). */
export class MasterSecret {
  /** The bytes of the secret, for resumption. */
  readonly bytes: Uint8Array<ArrayBuffer>;
  /** The secret as the key of the PRF. */
  readonly prf: PrfSecret;

  private constructor(bytes: Uint8Array<ArrayBuffer>, prf: PrfSecret) {
    this.bytes = bytes;
    this.prf = prf;
  }

  /**
   * Derives the master secret of a full handshake.
   *
   * @param suite The cipher suite.
   * @param premasterSecret The result of the key exchange, overwritten with zeros.
   * @param randoms The randoms of the hellos.
   * @param transcript The messages up to and including ClientKeyExchange, for the extended master
   * secret (RFC 7627, Section 4); `null` if it was not negotiated.
   * @returns The secret.
   */
  static async derive(
    suite: Tls12CipherSuite,
    premasterSecret: Uint8Array<ArrayBuffer>,
    randoms: Randoms,
    transcript: Transcript | null,
  ): Promise<MasterSecret> {
    const [premaster, sessionHash] = await Promise.all([
      PrfSecret.import(suite.hash, premasterSecret),
      transcript?.digest(),
    ]);
    const bytes = sessionHash === undefined
      ? await premaster.expand(
        "master secret",
        concat([randoms.client, randoms.server]),
        MASTER_SECRET_LENGTH,
      )
      : await premaster.expand("extended master secret", sessionHash, MASTER_SECRET_LENGTH);
    return await MasterSecret.of(suite, bytes);
  }

  /**
   * Creates a master secret from its bytes, such as those of a session.
   *
   * @param suite The cipher suite.
   * @param bytes The bytes, which the secret then owns.
   * @returns The secret.
   */
  static async of(suite: Tls12CipherSuite, bytes: Uint8Array<ArrayBuffer>): Promise<MasterSecret> {
    return new MasterSecret(bytes, await PrfSecret.import(suite.hash, bytes.slice()));
  }

  /**
   * Computes the content of a Finished message.
   *
   * @param end The sender of the message.
   * @param transcriptHash The hash of the messages before it.
   * @returns The `verify_data`.
   */
  verifyData(end: End, transcriptHash: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
    return this.prf.expand(`${end} finished`, transcriptHash, TLS12_VERIFY_DATA_LENGTH);
  }
}
