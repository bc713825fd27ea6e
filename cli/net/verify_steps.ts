// Copyright 2026 the NSS for Deno authors. MIT license.

/** The steps of a verification, as people read them. @module */

import type { CertUsageName } from "../../cert/mod.ts";
import type { Output } from "../base/io.ts";
import { safe, wrapIndented } from "../base/text.ts";
import { subjectOf } from "../explain/subject.ts";
import { type CertificateReport, daysText } from "./report.ts";
import type { Judgement } from "./verify_chain.ts";
import type { Subject } from "./verify_subject.ts";

/** A step of the verification, and its reason; `null` is neither good nor bad. */
type Step = readonly [isGood: boolean | null, text: string, reason: string];

/** The steps. */
export function steps(
  { from, hostname }: Subject,
  { path, problems, reports }: Judgement,
  certificates: readonly CertificateReport[],
  usage: CertUsageName,
): Step[] {
  const has = (pattern: RegExp) => problems.some(({ error }) => pattern.test(error.name));
  const onPath = certificates.filter(({ place }) => place === "sent");
  const anchor = path === null ? null : path.anchor.certificate;
  return [
    [true, `read ${from}`, "all else is about this certificate, and those that came with it"],
    [
      path !== null && !has(/UNKNOWN_ISSUER|UNTRUSTED|BAD_SIGNATURE|CA_CERT_INVALID/),
      path === null
        ? "no path leads to a trusted authority"
        : `a path of ${path.certificates.length} leads to the trusted "${
          anchor === null || anchor === undefined
            ? safe(path.anchor.subject.commonName ?? path.anchor.subject)
            : subjectOf(anchor)
        }"`,
      "each certificate must be signed by the key of the next one, which must be an authority's; " +
      "the last one must be trusted",
    ],
    ...onPath.map((one): Step => [
      one.daysLeft >= 0,
      `${one.name}: ${daysText(one)}`,
      "each certificate of the path must be valid now",
    ]),
    [
      !has(/INADEQUATE|USAGES_INVALID|CERT_TYPE/),
      `made for ${usage}`,
      "keyUsage and extKeyUsage say what a certificate may be used for",
    ],
    ...hostname === null ? [] : [
      [
        !has(/BAD_CERT_DOMAIN/),
        `has the name "${safe(hostname)}"`,
        "a name must be among the subjectAltNames; the common name does not count",
      ] as const,
    ],
    ...reports.map(({ certificate, status, reason }): Step => [
      status === "good" ? true : null,
      `${subjectOf(certificate)}: revocation is ${status}: ${safe(reason)}`,
      "an authority may revoke what it has issued, as when a key was stolen",
    ]),
  ];
}

/** The lines of the steps, with their reasons where these are wanted. */
export function stepLines(list: readonly Step[], explains: boolean, out: Output): string[] {
  return list.flatMap(([isGood, text, reason]) => {
    const [mark, colour] = isGood === null
      ? ["·", "dim"] as const
      : isGood
      ? ["✓", "green"] as const
      : ["✗", "red"] as const;
    return [
      out.paint(wrapIndented(`  ${mark} `, text, out.width), colour),
      ...explains ? [out.paint(wrapIndented("      ", reason, out.width), "dim")] : [],
    ];
  });
}
