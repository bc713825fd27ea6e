// Copyright 2026 the NSS for Deno authors. MIT license.

/** Verifies what a server or a file shows, and keeps all that is wrong. @module */

import { NssError } from "../../cert/base/errors.ts";
import {
  type Certificate,
  type CertSource,
  type CertUsageName,
  checkRevocation,
  combineCertSources,
  importCert,
  MemoryCertDB,
  type RevocationReport,
  type VerifiedPath,
  verifyCert,
  verifyCertName,
  type VerifyLogEntry,
} from "../../cert/mod.ts";
import type { Revocation } from "./revocation.ts";
import type { Trust } from "./tls_options.ts";

/** What is verified, and for what. */
export interface ChainToVerify {
  /** The certificate, and those that came with it. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The name that it must have; `null` for any. */
  readonly hostname: string | null;
  /** The stapled OCSP response. */
  readonly staple: Uint8Array | null;
  /** What it is to be good for. */
  readonly usage: CertUsageName;
  /** When. */
  readonly time: Date;
}

/** What was found. */
export interface Judgement {
  /** The path; `null` for none. */
  readonly path: VerifiedPath | null;
  /** What is wrong. */
  readonly problems: readonly VerifyLogEntry[];
  /** What was found of the revocation of each certificate. */
  readonly reports: readonly RevocationReport[];
}

/** All that is trusted: `--ca`, or the database and the platform's authorities. */
export async function anchorsOf({ context, caCerts }: Trust): Promise<CertSource> {
  const anchors = new MemoryCertDB({ name: "--ca" });
  for (const [i, anchor] of (caCerts ?? []).entries()) {
    await importCert(anchors, anchor, { trust: "CT,C,C", nickname: `--ca ${i}` });
  }
  return combineCertSources([anchors, context.certDB], { name: context.certDB.name });
}

/** Verifies a certificate. */
export async function verifyChain(
  { chain: [leaf, ...intermediates], hostname, staple, usage, time }: ChainToVerify,
  trust: Trust,
  revocation: Revocation,
): Promise<Judgement> {
  const log: VerifyLogEntry[] = [];
  const reports: RevocationReport[] = [];
  let path: VerifiedPath | null = null;
  const keep = (found: VerifiedPath): void => {
    path = found;
  };
  try {
    await verifyCert(await anchorsOf(trust), leaf, true, usage, time, {
      intermediates,
      log,
      checkPath: [
        keep,
        checkRevocation({
          ...revocation,
          time,
          stapledOcspResponse: staple,
          report: (report) => reports.push(report),
        }),
      ],
    });
  } catch (error) {
    if (!(error instanceof NssError)) throw error;
    if (log.length === 0) log.push({ usage, error });
  }
  if (hostname !== null) {
    try {
      verifyCertName(leaf, hostname);
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      log.push({ usage, error, certificate: leaf, depth: 0 });
    }
  }
  return { path, problems: log, reports };
}
