// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/options.md from the code: `deno task options`. @module */

import { getCipherSuiteInfo, type OptionInfo, POLICY_PRESETS, SSL_OPTIONS } from "@nss/nss/ssl";
import type { SettingName } from "../../ssl/config/config.ts";
import { SETTING_NAMES, SETTINGS } from "../../ssl/config/settings.ts";
import { versionName } from "../../ssl/tables/versions.ts";
import { ABSENT_CIPHER_SUITES } from "../../ssl/tables/absent_cipher_suites.ts";
import { table } from "./generated_page.ts";

const PAGE = new URL("../../docs/options.md", import.meta.url);

/** The page, apart from how its tables are laid out. */
export function optionsPage(): string {
  return [
    "# Options, presets and cipher suites",
    "This page is written by the code that it describes, and a test holds it to that.",
    "## Settings",
    "What can be set for a socket, listener or model: by an option of `importFD`, by a function, or by `optionSet` with NSS's name of " +
    "the option. Each counts for the end that heeds it. Where a socket is given another configuration, by `reconfigFD` or its name " +
    "hook, what has been set there replaces its own, save what is marked _stays_.",
    "_sessions_ says what binds sessions: a server's are bound to what decides about _trust_, a client's to what decides about the " +
    "_negotiation_, and in memory to trust as well.",
    table(
      ["setting", "in importFD", "function or option", "default", "end", "sessions", "what it is"],
      SETTING_NAMES.map(settingRow),
    ),
    "## NSS's socket options",
    '`optionSet(socket, "ENABLE_GREASE", true)` sets one, `optionSetDefault` sets it for sockets to come. What is not listed as ' +
    "_works_ has its only sensible value here, or is _not there yet_, and says so when somebody wants to set it otherwise.",
    table(
      [
        "option",
        "id",
        "in importFD",
        "values",
        "NSS's default",
        "default here",
        "",
        "what it does here",
      ],
      SSL_OPTIONS.map(optionRow),
    ),
    "Defaults that differ from NSS's:",
    table(
      ["option", "NSS's default", "here", "because"],
      SSL_OPTIONS.filter(({ because }) => because !== null)
        .map(({ option, nssDefault, default: here, because }) => [
          `\`${option}\``,
          valueText(nssDefault),
          valueText(here),
          because!,
        ]),
    ),
    "## Presets",
    '`setPolicyPreset("cnsa-1.0", context)`, or the option `policy` of `importFD`. A preset is a limit for all that is set besides, ' +
    "and `policyPreset(socket)` reads it back.",
    ...POLICY_PRESETS.flatMap((preset) => [
      `### ${preset.name}`,
      `[${preset.source.title}](${preset.source.url}): "${preset.source.quote}"`,
      table(["what", "allowed"], [
        ["versions", [...new Set([preset.minVersion, preset.maxVersion])].join(" to ")],
        ["cipher suites", names(preset.cipherSuites)],
        ["groups", names(preset.groups)],
        ["signature schemes", names(preset.signatureSchemes)],
        ["kinds of keys of certificates", names(preset.certificates.keyTypes)],
        [
          "RSA keys",
          preset.certificates.rsaBits === null
            ? `${preset.certificates.minRsaBits} bits and more`
            : `${preset.certificates.rsaBits.join(" or ") || "no"} bits`,
        ],
        ["curves of certificates", names(preset.certificates.curves) || "none"],
        [
          "hashes of certificates' signatures",
          names(preset.certificates.signatureHashes ?? ["any but SHA-1"]) || "none but their own",
        ],
        [
          "extended master secret in TLS 1.2",
          preset.requiresExtendedMasterSecret ? "required" : "used where the peer has it",
        ],
        ["early data", preset.forbidsEarlyData ? "none" : "as the application says"],
        [
          "external PSKs, raw public keys",
          preset.requiresCertificates ? "none" : "as the application says",
        ],
      ]),
      "Not enforced:",
      preset.notEnforced.map((rule) => `- ${rule}`).join("\n"),
    ]),
    "## Cipher suites of NSS's that are not here",
    "`cipherPrefSet` refuses them with `SSL_ERROR_UNKNOWN_CIPHER_SUITE` and the reason.",
    table(
      ["suite", "number", "why not"],
      ABSENT_CIPHER_SUITES.map(({ id }) => getCipherSuiteInfo(id)).map((
        { id, name, absentBecause },
      ) => [
        `\`${name}\``,
        `0x${id.toString(16).padStart(4, "0")}`,
        absentBecause!,
      ]),
    ),
  ].join("\n\n") + "\n";
}

const SUPPORT: Readonly<Record<OptionInfo["support"], string>> = {
  works: "works",
  fixed: "fixed",
  refused: "not there yet",
};

function settingRow(name: SettingName): readonly string[] {
  const { option, verb, initial, role, owner, sessions, doc } = SETTINGS[name];
  const code = (text: string | null) => text === null ? "" : `\`${text}\``;
  return [
    code(name),
    code(option),
    code(verb),
    settingText(name, initial()),
    `${role}${owner === "socket" ? ", stays" : ""}`,
    sessions === "none" ? "" : sessions === "both" ? "trust, negotiation" : sessions,
    doc,
  ];
}

/** A default as a reader writes it: rows of tables by their names, versions by theirs. */
function settingText(name: SettingName, value: unknown): string {
  if (name === "context") return "the default one";
  if (name === "minVersion" || name === "maxVersion") return versionName(Number(value));
  if (value === null || value === undefined) return "";
  if (Array.isArray(value)) return value.map(nameOf).join(", ");
  return typeof value === "boolean" ? valueText(value) : String(value);
}

function nameOf(row: unknown): string {
  return String(typeof row === "object" && row !== null && "name" in row ? row.name : row);
}

function optionRow(row: OptionInfo): readonly string[] {
  return [
    `\`${row.option}\``,
    String(row.id),
    row.importOption === null ? "" : `\`${row.importOption}\``,
    row.type,
    valueText(row.nssDefault),
    valueText(row.default),
    SUPPORT[row.support],
    row.does,
  ];
}

function valueText(value: boolean | number | string): string {
  return typeof value === "boolean" ? (value ? "on" : "off") : String(value);
}

function names(list: readonly string[]): string {
  return list.join(", ");
}

if (import.meta.main) await Deno.writeTextFile(PAGE, optionsPage());
