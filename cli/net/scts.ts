// Copyright 2026 the NSS for Deno authors. MIT license.

/** The timestamps of certificate transparency logs that a server shows (RFC 6962). @module */

import { NssError } from "../../cert/base/errors.ts";
import { toHex } from "../../cert/base/runtime.ts";
import {
  type Certificate,
  type CtLog,
  ocspSignedCertificateTimestampList,
  parseOcspResponse,
  parseSctList,
  readExtension,
  type Sct,
  signedCertificateTimestampList,
  type TrustAnchor,
  verifySct,
} from "../../cert/mod.ts";
import { safe } from "../base/text.ts";
import type { Visit } from "./visit.ts";

/** A timestamp. */
export interface SctReport {
  /** Where it was: in the certificate, in the handshake, or in the stapled OCSP response. */
  readonly from: "certificate" | "handshake" | "ocsp";
  /** The identifier of the log: the SHA-256 of its key, hexadecimal. */
  readonly logId: string;
  /** The name of the log; `null` if it is not among those that are known. */
  readonly log: string | null;
  /** When the log has promised to take the certificate up. */
  readonly time: string;
  /** Whether it is genuine; `null` without a list of logs. */
  readonly verified: boolean | null;
  /** Why it is not genuine, or not known to be. */
  readonly says: string;
}

type Found = readonly (readonly [from: SctReport["from"], sct: Sct])[];

/** What a list says; nothing where it is malformed. */
function read(from: SctReport["from"], list: () => readonly Sct[] | undefined): Found {
  try {
    return (list() ?? []).map((sct) => [from, sct] as const);
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

function inOcsp(staple: Uint8Array<ArrayBuffer> | null): Found {
  if (staple === null) return [];
  return read("ocsp", () => {
    const response = parseOcspResponse(staple).basic?.responses[0];
    const extension = response?.extensions.get(ocspSignedCertificateTimestampList.oid);
    return extension && readExtension(extension, ocspSignedCertificateTimestampList);
  });
}

/** Who has issued the server's certificate: of the path, else of what was sent. */
function issuerOf({ path, peer }: Visit): Certificate | TrustAnchor | undefined {
  if (path === null) return peer?.chain[1];
  return path.certificates[1] ?? path.anchor;
}

/**
 * Tells of all timestamps.
 *
 * @param logs The logs that are known; `null` if there is no list of them.
 */
export async function sctsOf(
  seen: Visit,
  logs: readonly CtLog[] | null,
  now: Date,
): Promise<SctReport[]> {
  const { peer } = seen;
  const leaf = peer?.chain[0];
  if (peer === null || leaf === undefined) return [];
  const delivered = peer.signedCertTimestamps;
  const found = [
    ...read("certificate", () => leaf.extension(signedCertificateTimestampList)),
    ...read("handshake", () => delivered === null ? [] : parseSctList(delivered)),
    ...inOcsp(peer.stapledOcspResponse),
  ];
  return await Promise.all(found.map(async ([from, sct]) => {
    const report = { from, logId: toHex(sct.logId), time: timeOf(sct) };
    if (logs === null) {
      const says = "not verified: --ct-logs gives the list of logs";
      return { ...report, log: null, verified: null, says };
    }
    const issuer = issuerOf(seen);
    try {
      const log = await verifySct(sct, {
        certificate: leaf,
        source: from === "certificate" ? "embedded" : "delivered",
        ...issuer !== undefined && { issuer },
        logs,
        time: now,
      });
      return { ...report, log: log.description ?? null, verified: true, says: "genuine" };
    } catch (error) {
      if (!(error instanceof NssError)) throw error;
      // A log that is not listed, and a certificate whose issuer is not at hand, prove nothing
      const isUnknown = /^SEC_ERROR_(?:UNKNOWN_SIGNER|INVALID_ARGS)$/.test(error.name);
      const says = safe(error.message, 300);
      return { ...report, log: null, verified: isUnknown ? null : false, says };
    }
  }));
}

/** The time; a peer may have put any number there. */
function timeOf({ timestamp }: Sct): string {
  return Number.isNaN(timestamp.getTime()) ? "no date" : timestamp.toISOString();
}
