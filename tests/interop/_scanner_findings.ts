// Copyright 2026 the NSS for Deno authors. MIT license.

/** What testssl.sh finds, LOW and above, about a server in the default configuration, and what there is to say about it. */
export interface Finding {
  /** testssl.sh's name of it. */
  readonly id: string;
  /** How bad it finds it. */
  readonly severity: "LOW" | "MEDIUM" | "HIGH" | "CRITICAL";
  /** What it says. */
  readonly finding: string;
  /** Why it stands. */
  readonly why: string;
}

/** The findings that are known; any other one, and one that is not found any more, fails the test. */
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

/** The marks in docs/scanners.md between which the findings stand. */
const [BEGIN, END] = ["<!-- written by tests/interop/_scanner_findings.ts -->", "<!-- to here -->"];

const PAGE = new URL("../../docs/scanners.md", import.meta.url);

/** The page with the findings of now. */
export function withFindings(page: string): string {
  const [before, rest] = page.split(BEGIN);
  const after = rest?.split(END)[1];
  if (before === undefined || after === undefined) {
    throw new Error("Cannot write docs/scanners.md: its marks are gone");
  }
  const count = (severity: Finding["severity"]) =>
    FINDINGS.filter((finding) => finding.severity === severity).length;
  const table = [
    "| severity | findings |",
    "| --- | ---: |",
    ...(["CRITICAL", "HIGH", "MEDIUM", "LOW"] as const).map((severity) =>
      `| ${severity} | ${count(severity)} |`
    ),
    "",
    "| finding | severity | testssl.sh says | why it stands |",
    "| --- | --- | --- | --- |",
    ...FINDINGS.map(({ id, severity, finding, why }) =>
      `| \`${id}\` | ${severity} | ${finding} | ${why} |`
    ),
  ].join("\n");
  return `${before}${BEGIN}\n\n${table}\n\n${END}${after}`;
}

if (import.meta.main) {
  await Deno.writeTextFile(PAGE, withFindings(await Deno.readTextFile(PAGE)));
}
