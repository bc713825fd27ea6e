// Copyright 2026 the NSS for Deno authors. MIT license.

/** Why a certificate is not good, and what would fix it. @module */

import { type ErrorName, NssError } from "../../cert/base/errors.ts";
import { type Certificate, formatGeneralName, OIDS, type VerifyLogEntry } from "../../cert/mod.ts";
import { type Advice, adviceOf } from "../base/advice.ts";
import { count, day, join, safe } from "../base/text.ts";
import { namesOf, subjectOf } from "../explain/subject.ts";

/** What is wrong, why, and what would fix it. */
export interface Diagnosis extends Advice {
  /** NSS's name of the error; `null` where TLS was not reached. */
  readonly error: ErrorName | null;
  /** What failed, as the error says it. */
  readonly says: string;
}

const DAY = 86_400_000;

/** How many whole days a time is away; negative if it is past, at least by one. */
export function daysUntil(time: Date, now: Date): number {
  const days = (time.getTime() - now.getTime()) / DAY;
  return days < 0 ? -Math.max(1, Math.floor(-days)) : Math.floor(days);
}

/** What a certificate's problem is about. */
interface Subject {
  /** The certificate. */
  readonly certificate: Certificate;
  /** All that the server has sent. */
  readonly chain: readonly Certificate[];
  /** The name that it should have. */
  readonly hostname: string;
  /** When. */
  readonly now: Date;
}

function datesOf({ certificate, now }: Subject): Advice {
  const { notBefore, notAfter } = certificate;
  const who = `the certificate of "${subjectOf(certificate)}"`;
  if (notBefore > now) {
    return {
      cause: `${who} is valid from ${day(notBefore)}, in ${
        count(daysUntil(notBefore, now) + 1, "day")
      }; the clock of this machine may be wrong (it says ${day(now)}), or that of its authority`,
      cure: "set the clock, or have the certificate issued anew",
    };
  }
  const days = -daysUntil(notAfter, now);
  return {
    cause: `${who} expired ${count(days, "day")} ago, on ${day(notAfter)}: nobody has renewed ` +
      "it, or the server has not loaded the new one",
    cure: "renew it, and have the server load the new one; a server that was not restarted may " +
      "show the old one",
  };
}

function domainOf({ certificate, hostname }: Subject): Advice {
  const names = namesOf(certificate);
  const listed = names.length === 0 ? "for no name at all" : `for ${join(names.slice(0, 5))}` +
    (names.length > 5 ? ` and ${names.length - 5} more` : "");
  const first = names.find((name) => name.startsWith("DNS:") && !name.includes("*"))?.slice(4);
  return {
    cause: `the certificate is ${listed}, not for "${safe(hostname)}"`,
    cure: `have a certificate issued that has the name "${safe(hostname)}", or connect by a name ` +
      `that it has${first === undefined ? "" : ` (nss client ${first})`}; a server of several ` +
      "names may lack a configuration for this one",
  };
}

function issuerOf({ certificate, chain }: Subject): Advice {
  const issuer = `"${safe(certificate.issuer.commonName ?? certificate.issuer, 100)}"`;
  const [leaf] = chain;
  const top = topOf(chain) ?? certificate;
  if (leaf !== undefined && leaf.isSelfIssued) {
    return {
      cause: `the certificate is self-signed: no authority vouches for it`,
      cure: "have an authority issue one; to trust just this one, save it and name it by --ca " +
        "(compare its fingerprint with the server's owner first)",
    };
  }
  if (top.isSelfIssued) {
    return {
      cause: `the chain ends at the unknown root "${subjectOf(top)}", which is not among the ` +
        "trusted authorities: it is a private one, or one that is trusted no more",
      cure: "if it is yours, get its root certificate from its owner and name it by --ca; a " +
        "public server needs a certificate of a public authority",
    };
  }
  const urls = issuerUrls(top);
  const topIssuer = `"${safe(top.issuer.commonName ?? top.issuer, 100)}"`;
  if (chain.length <= 1 || certificate !== top) {
    return {
      cause:
        `the server sends no certificate of ${chain.length <= 1 ? issuer : topIssuer}, which ` +
        "has issued its certificate: most likely the intermediate is missing in its configuration",
      cure: "have the server send its whole chain but the root: the file that authorities call " +
        'fullchain.pem, as "ssl_certificate fullchain.pem" in nginx' +
        (urls.length === 0 ? "" : `; the missing certificate is at ${urls[0]}`) +
        `; if ${issuer} is a private root, name its certificate by --ca`,
    };
  }
  return {
    cause: `the chain ends at "${subjectOf(top)}", whose issuer ${topIssuer} is an unknown root: ` +
      "it is not among the trusted authorities, or one more intermediate is missing",
    cure: "if it is a private authority, name its root certificate by --ca; else have the server " +
      `send the rest of the chain${urls.length === 0 ? "" : ` (${urls[0]})`}`,
  };
}

/** The last certificate of a chain that leads on from the first. */
function topOf([leaf, ...others]: readonly Certificate[]): Certificate | undefined {
  let top = leaf;
  for (let i = 0; top !== undefined && i < others.length && !top.isSelfIssued; i++) {
    const { issuer } = top;
    const next = others.find((one) => one.subject.equals(issuer));
    if (next === undefined) break;
    top = next;
  }
  return top;
}

/** Where the issuer's certificate is to be had. */
function issuerUrls(certificate: Certificate): readonly string[] {
  try {
    return (certificate.authorityInfoAccess ?? []).map((one) => safe(describeAccess(one)))
      .filter((text) => text.startsWith("http"));
  } catch (error) {
    if (error instanceof NssError) return [];
    throw error;
  }
}

type Access = NonNullable<Certificate["authorityInfoAccess"]>[number];

function describeAccess({ method, location }: Access): string {
  const text = formatGeneralName(location).replace(/^URI:/, "");
  return method === OIDS.caIssuers ? text : "";
}

/** Explains a problem of a certificate. */
export function explainProblem(
  { error }: VerifyLogEntry,
  subject: Subject,
): Diagnosis {
  const base = { error: error.name, says: safe(error.message, 500) };
  switch (error.name) {
    case "SEC_ERROR_EXPIRED_CERTIFICATE":
    case "SEC_ERROR_EXPIRED_ISSUER_CERTIFICATE":
      return { ...base, ...datesOf(subject) };
    case "SSL_ERROR_BAD_CERT_DOMAIN":
      return { ...base, ...domainOf(subject) };
    case "SEC_ERROR_UNKNOWN_ISSUER":
      return { ...base, ...issuerOf(subject) };
    default:
      return { ...base, ...adviceOf(error.name) };
  }
}
