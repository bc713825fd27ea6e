// Copyright 2026 the NSS for Deno authors. MIT license.

/** The certificates that the answers of a server have shown. @module */

import { NssError } from "../../cert/base/errors.ts";
import {
  type Certificate,
  OIDS,
  parseCertificate as parseX509,
  parseOcspResponse,
} from "../../cert/mod.ts";
import type { EcCurve } from "../../cert/certificate/private_key.ts";
import { checkPathRules, keyFault } from "../../ssl/config/certificate_rules.ts";
import { certificateStatus } from "../../ssl/extensions/status_request.ts";
import { parseCertificate } from "../../ssl/messages/certificate.ts";
import { parseTls12Certificate } from "../../ssl/messages/tls12_certificate.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { POLICY_PRESETS } from "../../ssl/mod.ts";
import { TLS_1_3 } from "../../ssl/tables/versions.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Reader } from "../../ssl/wire/reader.ts";
import { safe } from "../base/text.ts";
import type { HelloAnswer } from "../net/raw_answer.ts";
import { reportChain } from "../net/report.ts";
import type { Revocation } from "../net/revocation.ts";
import type { Trust } from "../net/tls_options.ts";
import { type Judgement, verifyChain } from "../net/verify_chain.ts";
import { certificateExtensions } from "./features.ts";
import { messageOf } from "./key_exchange.ts";
import { registeredGroupId } from "../explain/registered_groups.ts";
import type { CertificateSeen } from "./seen.ts";

/** The most certificates that are judged, of a server that shows another one each time. */
export const MAX_CERTIFICATES = 16;

/** A chain that was shown. */
export interface ShownChain {
  /** The certificates, the server's own first. */
  readonly chain: readonly [Certificate, ...Certificate[]];
  /** The stapled OCSP response; `null` for none. */
  staple: Uint8Array | null;
}

function isMalformed(error: unknown): boolean {
  return error instanceof NssError || error instanceof DecodeError;
}

/** The chain of an answer; `null` if there is none, or it cannot be read. */
function chainOf(answer: HelloAnswer): ShownChain["chain"] | null {
  const body = messageOf(answer, HandshakeType.certificate);
  if (body === undefined) return null;
  try {
    const list = answer.hello.version >= TLS_1_3
      ? parseCertificate(body).certificateList.map(({ certData }) => certData)
      : parseTls12Certificate(body).certificateList;
    const [leaf, ...others] = list.map((der) => parseX509(der));
    return leaf === undefined ? null : [leaf, ...others];
  } catch (error) {
    if (isMalformed(error)) return null;
    throw error;
  }
}

/** The stapled OCSP response of an answer. */
function stapleOf(answer: HelloAnswer): Uint8Array | null {
  const body = messageOf(answer, HandshakeType.certificateStatus) ??
    certificateExtensions(answer).get(ExtensionType.statusRequest);
  if (body === undefined) return null;
  try {
    return certificateStatus.parse(new Reader(body));
  } catch (error) {
    if (isMalformed(error)) return null;
    throw error;
  }
}

/** Returns the chains of answers, each once. */
export function shownChains(answers: readonly HelloAnswer[]): readonly ShownChain[] {
  const shown: ShownChain[] = [];
  for (const answer of answers) {
    const chain = chainOf(answer);
    if (chain === null) continue;
    const same = shown.find((one) => one.chain[0].equals(chain[0]));
    const staple = stapleOf(answer);
    if (same === undefined) shown.push({ chain, staple });
    else same.staple ??= staple;
  }
  return shown;
}

/** The groups of the curves of certificates. */
const CURVES: Readonly<Record<EcCurve, string>> = {
  "P-256": "secp256r1",
  "P-384": "secp384r1",
  "P-521": "secp521r1",
};

/** The code points of the curves of the server's own certificates. */
export function certificateCurves(answers: readonly HelloAnswer[]): readonly number[] {
  const ids = shownChains(answers).map(({ chain: [leaf] }) => {
    try {
      const key = leaf.subjectPublicKeyInfo.algorithm;
      return key.type === "ec" ? registeredGroupId(CURVES[key.curve]) : undefined;
    } catch (error) {
      if (error instanceof NssError) return undefined; // a key of an unknown kind
      throw error;
    }
  });
  return [...new Set(ids)].filter((id) => id !== undefined);
}

/** Which presets forbid a certificate, with the reasons. */
function forbiddenBy(leaf: Certificate, { path }: Judgement): Record<string, string> {
  const reasons: Record<string, string> = {};
  for (const preset of POLICY_PRESETS) {
    const fault = faultOf(() => keyFault(leaf, preset.certificates));
    const ofPath = path === null ? null : faultOf(() => {
      checkPathRules(path, [preset]);
      return null;
    });
    const reason = fault ?? ofPath;
    if (reason !== null) reasons[preset.name] = reason;
  }
  return reasons;
}

function faultOf(check: () => string | null): string | null {
  try {
    return check();
  } catch (error) {
    if (error instanceof NssError) return safe(error.message, 300);
    throw error;
  }
}

function ocspText(staple: Uint8Array | null): string | null {
  if (staple === null) return null;
  try {
    return parseOcspResponse(staple).basic?.responses[0]?.certStatus.status ?? "no response";
  } catch (error) {
    if (error instanceof NssError) return "malformed";
    throw error;
  }
}

function hasResponder(leaf: Certificate): boolean {
  try {
    return (leaf.authorityInfoAccess ?? []).some(({ method }) => method === OIDS.ocsp);
  } catch (error) {
    if (error instanceof NssError) return false; // it is malformed
    throw error;
  }
}

/** Who is trusted, and which name the certificates must have. */
export interface JudgeOptions {
  /** Who is trusted. */
  readonly trust: Trust;
  /** The name. */
  readonly hostname: string;
  /** How revocation is looked at. */
  readonly revocation: Revocation;
  /** When. */
  readonly now: Date;
}

/** Verifies the chains that were shown. */
export async function judgeCertificates(
  shown: readonly ShownChain[],
  { trust, hostname, revocation, now }: JudgeOptions,
): Promise<CertificateSeen[]> {
  return await Promise.all(
    shown.slice(0, MAX_CERTIFICATES).map(async ({ chain, staple }) => {
      const judged = await verifyChain(
        { chain, hostname, staple, usage: "sslServer", time: now },
        trust,
        revocation,
      );
      const { certificates, problems } = await reportChain({
        chain,
        path: judged.path,
        problems: judged.problems,
        hostname,
        now,
      });
      return {
        key: certificates[0]?.key ?? "unknown",
        chain: certificates,
        problems,
        forbiddenBy: forbiddenBy(chain[0], judged),
        ocsp: ocspText(staple),
        hasResponder: hasResponder(chain[0]),
      };
    }),
  );
}
