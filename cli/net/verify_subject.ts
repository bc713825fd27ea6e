// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What `nss verify` verifies: a certificate of a host, a file or a database. @module */

import type { Certificate } from "../../cert/mod.ts";
import { type Args, UsageError } from "../base/args.ts";
import type { Outcome } from "../base/command.ts";
import { LocalError } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { safe } from "../base/text.ts";
import { timeoutOf } from "./connect.ts";
import type { Diagnosis } from "./diagnosis.ts";
import { askOldVersion } from "./old_version.ts";
import { PlainTextError } from "./plain_text.ts";
import { reportOf, reportWithout } from "./report.ts";
import { STARTTLS, STARTTLS_NAMES } from "./starttls.ts";
import { readTarget } from "./target.ts";
import type { Trust } from "./tls_options.ts";
import { chainOf, isLate, visit, type VisitOptions } from "./visit.ts";
import { readCertificates } from "../store/read_certificates.ts";

/** What is to be verified. */
export interface Subject {
  /** Where it is from, in words. */
  readonly from: string;
  /** The certificate, and those that came with it. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The name that it must have; `null` for any. */
  readonly hostname: string | null;
  /** The stapled OCSP response. */
  readonly staple: Uint8Array | null;
}

/** A host that shows no certificate. */
export interface Failure {
  /** Where it was to be from, in words. */
  readonly from: string;
  /** The name that it should have. */
  readonly hostname: string;
  /** Why there is none. */
  readonly problem: Diagnosis;
  /** What that means for the exit code. */
  readonly outcome: Outcome;
}

/** Reads what the argument names. */
export async function readSubject(args: Args, trust: Trust, io: Io): Promise<Subject | Failure> {
  const given = args.positional[0]!;
  const hostname = args.one("hostname") ?? null;
  if (trust.store !== null) {
    const certificate = await trust.store.certificate(given);
    const from = `"${safe(given)}" of "${safe(trust.store.token.label)}"`;
    return { from, chain: [certificate], hostname, staple: null };
  }
  const info = given === "-" ? null : await Deno.stat(given).catch(() => undefined);
  if (info === undefined) return await readHost(args, trust);
  if (info?.isDirectory) {
    throw new LocalError(
      `Cannot verify "${given}": it is a folder; an NSS database in it is named by --db`,
    );
  }
  if (args.has("starttls")) {
    throw new UsageError(`Cannot take --starttls: ${safe(given)} is a file, and no host`);
  }
  const [leaf, ...others] = await readCertificates(given, io);
  return { from: `the file ${safe(given)}`, chain: [leaf!, ...others], hostname, staple: null };
}

async function readHost(args: Args, trust: Trust): Promise<Subject | Failure> {
  const given = args.positional[0]!;
  if (/[/\\]|\.(?:pem|crt|cer|der|p7b)$/i.test(given) && !given.includes("://")) {
    throw new LocalError(`Cannot find "${given}": there is no such file`);
  }
  const starttls = args.choice("starttls", STARTTLS_NAMES) ?? null;
  const target = readTarget(given, starttls === null ? 443 : STARTTLS[starttls].port);
  const hostname = args.one("hostname") ?? target.hostname;
  const from = `the host ${safe(given)}`;
  const options: VisitOptions = {
    target,
    hostname,
    starttls,
    timeout: timeoutOf(args),
    tls: {},
    trust,
    revocation: { policy: "off" },
    insecure: false,
  };
  let seen;
  try {
    seen = await visit(options);
  } catch (error) {
    if (!(error instanceof PlainTextError)) throw error;
    const [problem] = reportWithout(options, error).problems;
    return { from, hostname, problem: problem!, outcome: "negative" };
  }
  await seen.socket.close();
  const [leaf, ...others] = chainOf(seen);
  if (leaf !== undefined) {
    const staple = seen.peer?.stapledOcspResponse ?? null;
    return { from, chain: [leaf, ...others], hostname, staple };
  }
  const oldVersion = await askOldVersion(seen, options);
  const { problems } = await reportOf(seen, options, {
    again: null,
    oldVersion,
    logs: null,
    now: new Date(),
  });
  const outcome = isLate(seen) ? "unreachable" : "negative";
  return { from, hostname, problem: problems[0] ?? NO_CERTIFICATE, outcome };
}

const NO_CERTIFICATE: Diagnosis = {
  error: null,
  says: "Cannot verify: the server shows no certificate",
  cause: "the handshake went well without one, as with a pre-shared key",
  cure: "look at the server's configuration",
};
