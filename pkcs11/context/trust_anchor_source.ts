// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CertQuery,
  type CertRecord,
  type CertSource,
  recordMatches,
  takeQuery,
} from "../../cert/db/cert_db.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { type CertTrust, parseTrust } from "../../cert/db/trust_flags.ts";

/** The options of a {@linkcode TrustAnchorSource}. */
export interface TrustAnchorSourceOptions {
  /** The name, which prefixes its nicknames. */
  readonly name: string;
  /** Loads the trust anchors; those without a certificate have no records. */
  readonly load: () => Promise<readonly TrustAnchor[]>;
  /** The trust of those that have none of their own, such as `"CT,C,C"`. */
  readonly trust: string;
}

/** Trust anchors as a source of certificates. */
export class TrustAnchorSource implements CertSource {
  /** The name. */
  readonly name: string;
  readonly #load: () => Promise<readonly TrustAnchor[]>;
  readonly #trust: CertTrust;
  #anchors: readonly TrustAnchor[] | null = null;
  #records: readonly CertRecord[] = [];
  #problem: NssError | null = null;

  /**
   * Creates a source, which loads its trust anchors at the first search.
   *
   * @param options The trust anchors and their trust.
   */
  constructor(options: TrustAnchorSourceOptions) {
    this.name = options.name;
    this.#load = options.load;
    this.#trust = parseTrust(options.trust);
  }

  /** Why the trust anchors could not be loaded by the last search; `null` if they were. */
  get problem(): NssError | null {
    return this.#problem;
  }

  /**
   * Finds certificates; see {@linkcode CertSource.find}.
   *
   * @param query The query.
   * @returns All matching records.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    query = takeQuery(query);
    let anchors: readonly TrustAnchor[];
    try {
      anchors = await this.#load();
      this.#problem = null;
    } catch (error) {
      // Another source may have a trusted issuer; if not, verification throws this error
      if (!(error instanceof NssError)) throw error;
      this.#problem = error;
      return [];
    }
    if (anchors !== this.#anchors) {
      this.#anchors = anchors;
      this.#records = anchors.flatMap((anchor) => this.#recordOf(anchor));
    }
    return this.#records.filter((record) => recordMatches(record, query));
  }

  #recordOf({ certificate, distrustAfter, trust, vetted = false }: TrustAnchor): CertRecord[] {
    if (certificate === undefined) return [];
    const { subject } = certificate;
    return [{
      certificate,
      nickname: subject.commonName ?? String(subject),
      trust: trust ?? this.#trust,
      hasKey: false,
      tokenName: this.name,
      vetted,
      ...(distrustAfter !== undefined && { distrustAfter }),
    }];
  }
}
