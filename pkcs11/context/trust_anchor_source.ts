// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  type CertQuery,
  type CertRecord,
  type CertSource,
  matchesCertQuery,
} from "../../cert/db/cert_db.ts";
import { NssError } from "../../cert/base/errors.ts";
import type { TrustAnchor } from "../../cert/verify/trust_anchor.ts";
import { type CertTrust, parseTrust } from "../../cert/db/trust_flags.ts";

/** What a {@linkcode TrustAnchorSource} is made with. */
export interface TrustAnchorSourceOptions {
  /** What people call it, the first part of its nicknames. */
  readonly name: string;
  /** Gives the trust anchors; those without a certificate are no records. */
  readonly load: () => Promise<readonly TrustAnchor[]>;
  /** For what they are trusted, as `"CT,C,C"`. */
  readonly trust: string;
  /** Whether a root programme has examined all of them. */
  readonly vetted?: boolean;
}

/**
 * Trust anchors as a source of certificates: the built-in roots of NSS, or those that somebody
 * gave.
 */
export class TrustAnchorSource implements CertSource {
  /** What people call it. */
  readonly name: string;
  readonly #load: () => Promise<readonly TrustAnchor[]>;
  readonly #trust: CertTrust;
  readonly #vetted: boolean;
  #from: readonly TrustAnchor[] | null = null;
  #records: readonly CertRecord[] = [];
  #problem: NssError | null = null;

  /**
   * Creates a source; nothing is loaded until something is looked for.
   *
   * @param options The trust anchors and what they are trusted for.
   */
  constructor(options: TrustAnchorSourceOptions) {
    this.name = options.name;
    this.#load = options.load;
    this.#trust = parseTrust(options.trust);
    this.#vetted = options.vetted ?? false;
  }

  /** Why there are none, if they could not be loaded at the last look-up. */
  get problem(): NssError | null {
    return this.#problem;
  }

  /**
   * Looks for certificates; see {@linkcode CertSource.find}.
   *
   * @param query What must be the same.
   * @returns Every record that fits.
   */
  async find(query: CertQuery): Promise<readonly CertRecord[]> {
    let anchors: readonly TrustAnchor[];
    try {
      anchors = await this.#load();
      this.#problem = null;
    } catch (error) {
      // No anchors, no trust: another source may have what is needed, and if not, this is what to
      // say
      if (!(error instanceof NssError)) throw error;
      this.#problem = error;
      return [];
    }
    if (anchors !== this.#from) {
      this.#from = anchors;
      this.#records = anchors.flatMap((anchor) => this.#recordOf(anchor));
    }
    return this.#records.filter((record) => matchesCertQuery(record, query));
  }

  #recordOf({ certificate, distrustAfter, vetted }: TrustAnchor): CertRecord[] {
    if (certificate === undefined) return [];
    const { subject } = certificate;
    return [{
      certificate,
      nickname: subject.commonName ?? String(subject),
      trust: this.#trust,
      hasKey: false,
      tokenName: this.name,
      vetted: vetted ?? this.#vetted,
      ...(distrustAfter !== undefined && { distrustAfter }),
    }];
  }
}
