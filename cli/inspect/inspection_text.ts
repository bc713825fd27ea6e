// Copyright 2026 the NSS for Deno authors. MIT license.

/** A visitor's own handshake as plain text, for curl and the like. @module */

import { count, layOut, safe, wrap, wrapIndented } from "../base/text.ts";
import type { Field } from "../explain/field.ts";
import { milliseconds } from "../net/report_text.ts";
import { DOORS, MAIN } from "./doors.ts";
import type { ChainReport, Inspection } from "./inspection.ts";
import {
  certificateRows,
  chosenOf,
  handshakeKind,
  ja4Parts,
  LEVEL_NAMES,
  saysOf,
  treeOf,
  verdictOf,
} from "./words.ts";

const WIDTH = 100;

const heading = (text: string): string[] => ["", text, "-".repeat(text.length)];

const rows = (table: readonly (readonly string[])[], indent = "  "): string =>
  layOut(table, WIDTH, indent);

function fieldLines(field: Field, indent: string): string[] {
  const { name, value, text, mark, fields, isList, start, end } = field;
  const place = end > start ? `${start}-${end - 1}` : `${start}`;
  const special = mark === null ? "" : ` [${mark}]`;
  const says = [value, text === "" ? "" : `(${text})`].filter((part) => part !== "").join(" ");
  return [
    wrapIndented(`${indent}${place.padStart(9)}  ${name}${special}: `, says, WIDTH),
    // A list is told by its value
    ...isList ? [] : fields.flatMap((one) => fieldLines(one, `${indent}  `)),
  ];
}

function chainLines(title: string, { certificates, problems }: ChainReport): string[] {
  if (certificates.length === 0) return [];
  const { path, unused } = treeOf(certificates);
  return [
    ...heading(title),
    ...path.flatMap((one, depth) => [
      `${"   ".repeat(depth)}${depth === 0 ? "" : "└─ "}${one.name}`,
      rows(certificateRows(one), "   ".repeat(depth + 1)),
    ]),
    ...unused.map(({ name }) => `  sent besides, and not needed: ${name}`),
    ...problems.flatMap(({ error, cause, cure }) => [
      wrapIndented(`  ${error}: `, cause, WIDTH),
      wrapIndented("    to fix: ", cure, WIDTH),
    ]),
  ];
}

/** The inspection as lines of at most 100 columns, without what steers a terminal. */
export function textOf(inspection: Inspection): string {
  const { findings, negotiated, flights, hellos, certificates, sessions, links, door } = inspection;
  const { resumption, earlyData, keyUpdate } = sessions;
  return [
    `${verdictOf(inspection)}.`,
    "",
    rows([
      ["version", chosenOf(inspection, "version")],
      ["handshake", handshakeKind(inspection)],
      ["key exchange", chosenOf(inspection, "key exchange")],
      ["cipher suite", chosenOf(inspection, "cipher suite")],
      ["JA4", inspection.ja4],
      ["your address", inspection.client],
    ]),
    ...heading("What a better client would have sent, and what is good"),
    ...findings.flatMap(({ level, what, which, why, cure }) => [
      wrapIndented(`  ${LEVEL_NAMES[level].padEnd(9)} `, `it ${what}: ${why}`, WIDTH),
      ...which.length === 0 ? [] : [wrapIndented("            ", which.join(", "), WIDTH)],
      ...cure === "" ? [] : [wrapIndented("            better: ", cure, WIDTH)],
    ]),
    ...heading("What was negotiated, and why"),
    ...negotiated.flatMap(({ what, chosen, why }) => [
      `  ${what}: ${chosen}`,
      wrapIndented("    ", why, WIDTH),
    ]),
    ...heading("The handshake in time, as the server saw it"),
    ...flights.flatMap(({ way, at, bytes, items }) => [
      `  ${way === "received" ? "client →" : "server ←"} ${milliseconds(at)}, ${
        count(bytes, "byte")
      }`,
      rows(
        items.map((item) => [
          item.name,
          `${item.length}`,
          `${item.encrypted ? "[encrypted] " : ""}${saysOf(item, way)}`,
        ]),
        "      ",
      ),
    ]),
    ...hellos.flatMap((hello, i) => [
      ...heading(i === 0 ? "Your ClientHello" : "Your second ClientHello"),
      ...hello.fields.flatMap((one) => fieldLines(one, "")),
    ]),
    ...heading("Your JA4 fingerprint"),
    rows(ja4Parts(inspection.ja4)),
    ...chainLines("The server's certificates", certificates.server),
    ...chainLines("Your client's certificates", certificates.client),
    ...heading("Sessions"),
    rows([
      ["resumption", resumption.says],
      ["early data", earlyData.says],
      ["key update", keyUpdate.says],
    ]),
    ...heading("Try another handshake"),
    ...links.flatMap(({ door: name, url }) => {
      const { title, text } = DOORS.find((one) => one.name === name) ??
        { title: "As the server was started", text: "all that its options allow" };
      const here = name === door ? " (you are here)" : "";
      return [`  ${url}  ${title}${here}`, wrapIndented("      ", text, WIDTH)];
    }),
    ...wrap(
      `The same as JSON: ${safe(links.find((one) => one.door === MAIN)?.url ?? "/")}json`,
      WIDTH,
    ).map((line, i) => i === 0 ? `\n${line}` : line),
  ].join("\n") + "\n";
}
