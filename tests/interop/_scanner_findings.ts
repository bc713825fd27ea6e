// Copyright 2026 the NSS for Deno authors. MIT license.

import { table, withText } from "../support/generated_page.ts";

/**
 * What testssl.sh finds, LOW and above, about a server in the default configuration, and what there
 * is to say about it.
 */
export interface Finding {
  /** testssl.sh's name of it. */
  readonly id: string;
  /** How bad it finds it. */
  readonly severity: (typeof SEVERITIES)[number];
  /** What it says. */
  readonly finding: string;
  /** Why it stands. */
  readonly why: string;
}

/**
 * The findings that are known; any other one, and one that is not found any more, fails the test.
 */
export const FINDINGS: readonly Finding[] = [
  {
    id: "TLS_session_ticket",
    severity: "LOW",
    finding: "valid for 172800 seconds (>daily)",
    why: "NSS's time for tickets is two days; their keys are renewed by themselves, and " +
      "`configServerSessionIDCache({ ticketLifetime })` shortens it. In TLS 1.3 each resumption has a key exchange of its own.",
  },
  {
    id: "OCSP_stapling",
    severity: "LOW",
    finding: "not offered",
    why:
      "Responses are the application's to fetch: the option `certificates` takes them as `ocsp`.",
  },
];

const SEVERITIES = ["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const;

const PAGE = new URL("../../docs/scanners.md", import.meta.url);

/** The page with the findings of now. */
export function withFindings(page: string): string {
  const counts = SEVERITIES.map((severity) => [
    severity,
    String(FINDINGS.filter((finding) => finding.severity === severity).length),
  ]);
  const findings = FINDINGS.map((
    { id, severity, finding, why },
  ) => [`\`${id}\``, severity, finding, why]);
  const tables = [
    table(["severity", "findings"], counts),
    table(["finding", "severity", "testssl.sh says", "why it stands"], findings),
  ];
  return withText(page, "tests/interop/_scanner_findings.ts", tables.join("\n\n"));
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, withFindings(await Deno.readTextFile(PAGE)));
}
