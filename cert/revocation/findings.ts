// Copyright 2026 the NSS for Deno authors. MIT license.

import type { Certificate } from "../certificate/certificate.ts";
import { certificateError } from "../verify/check_certificate.ts";
import { ALL_REASONS } from "./crl_scope.ts";
import { type ErrorName, NssError } from "../base/errors.ts";
import { BudgetExceededError } from "../verify/verification_budget.ts";

/** Why a source did not give a status. */
export interface Note {
  /** The error, if it is one. */
  readonly name: ErrorName | null;
  /** The reason. */
  readonly state: string;
  /** The error that caused it. */
  readonly cause?: unknown;
}

/** A reason that is no error. */
export function because(state: string): Note {
  return { name: null, state };
}

/** What a signed CRL or OCSP response says about a certificate. */
export interface Statement {
  /** A description of the source. */
  readonly source: string;
  /** Its thisUpdate. */
  readonly at: Date;
  /** The numbers of the reasons that it covers for the certificate. */
  readonly scope: ReadonlySet<number>;
}

/** A statement that the certificate is revoked, of any age and form. */
export interface Revocation extends Statement {
  /** Whether the source is also fresh and in form, so that nothing newer has to be looked for. */
  readonly isCurrent: boolean;
  /** The error that refuses the certificate. */
  readonly refusal: NssError;
}

/** What the sources say about one certificate. */
export class Findings {
  readonly #revocations: Revocation[] = [];
  readonly #good: Statement[] = [];
  readonly #notes: Note[] = [];

  /** Adds a statement that the certificate is revoked. */
  addRevocation(revocation: Revocation): void {
    this.#revocations.push(revocation);
  }

  /** Adds a statement of a fresh source in form that the certificate is not revoked. */
  addGood(statement: Statement): void {
    this.#good.push(statement);
  }

  /** Adds why a source did not give a status. */
  addNote(note: Note): void {
    this.#notes.push(note);
  }

  /** Adds other findings about the same certificate. */
  addAll(other: Findings): void {
    this.#revocations.push(...other.#revocations);
    this.#good.push(...other.#good);
    this.#notes.push(...other.#notes);
  }

  /**
   * The statement because of which the certificate is refused; `undefined` if there is none. A
   * statement counts until a newer one of the same scope, which must be fresh and in form, takes it
   * back: an issuer may end the suspension of a certificate (`certificateHold`).
   */
  get revocation(): Revocation | undefined {
    const standing = this.#revocations.filter((revocation) => !this.#isTakenBack(revocation));
    return standing.find(({ isCurrent }) => isCurrent) ?? standing[0];
  }

  #isTakenBack({ at, scope }: Statement): boolean {
    return this.#good.some((newer) =>
      newer.at > at && [...scope].every((reason) => newer.scope.has(reason))
    );
  }

  /**
   * The description of the sources that say that the certificate is good; `null` if they do not, or
   * not for all reasons together (RFC 5280, Section 6.3.3).
   */
  get good(): string | null {
    const good = this.#good;
    const complete = good.find(({ scope }) => scope.size === ALL_REASONS.size);
    if (complete !== undefined) return complete.source;
    const covered = new Set(good.flatMap(({ scope }) => [...scope]));
    return covered.size === ALL_REASONS.size ? listOf(good) : null;
  }

  /** Whether further sources cannot change the result. */
  get isSettled(): boolean {
    const { revocation } = this;
    return revocation === undefined ? this.good !== null : revocation.isCurrent;
  }

  /** Why the status is not known. */
  get notes(): readonly Note[] {
    const good = this.#good;
    if (good.length === 0 || this.good !== null) return this.#notes;
    return [...this.#notes, { name: null, state: `${listOf(good)}, for some reasons` }];
  }
}

function listOf(statements: readonly Statement[]): string {
  return statements.map(({ source }) => source).join(" and ");
}

/**
 * Creates the error of a revoked certificate.
 *
 * @param certificate The certificate.
 * @param source A description of the source.
 * @param time When it was revoked.
 * @param reason The reason, if given.
 * @returns The error.
 */
export function revokedError(
  certificate: Certificate,
  source: string,
  time: Date,
  reason: string | undefined,
): NssError {
  const why = reason === undefined ? "" : ` (${reason})`;
  return certificateError(
    "SEC_ERROR_REVOKED_CERTIFICATE",
    certificate,
    `it was revoked at ${time.toISOString()}${why}, says ${source}`,
  );
}

/**
 * Asks a source; an `NssError` is noted, unless it is a `BudgetExceededError`.
 *
 * @param findings The findings, to which `ask` adds.
 * @param source A description of the source, or `null` if its errors have one.
 * @param ask Asks the source.
 */
export async function attempt(
  findings: Findings,
  source: string | null,
  ask: () => Promise<void>,
): Promise<void> {
  try {
    await ask();
  } catch (error) {
    // Work beyond the limits ends the verification: otherwise it would turn off the check
    if (!(error instanceof NssError) || error instanceof BudgetExceededError) throw error;
    const prefix = source === null ? "" : `${source}: `;
    findings.addNote({ name: error.name, state: `${prefix}${error.message}`, cause: error });
  }
}
