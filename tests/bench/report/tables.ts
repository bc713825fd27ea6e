// Copyright 2026 the NSS for Deno authors. MIT license.

import { table } from "../../support/generated_page.ts";
import {
  BEFORE,
  DENO,
  LEMON,
  NODE,
  NODE_ON_DENO,
  OURS,
  RECLAIM,
  SUBTLS,
} from "../measures/contenders.ts";
import { number, ratio } from "./numbers.ts";
import { type Question, QUESTIONS } from "./questions.ts";
import { type Results, valueOf } from "./results.ts";

const times = (value: number) => value >= 10 ? value.toFixed(0) : value.toFixed(2);

function find(results: Results, { id, key }: Question, who: string): number | undefined {
  return valueOf(results, id, who, key);
}

/** This package beside what the platform allows, and beside another checkout if there was one. */
export function limitsTable(results: Results): string {
  const asked = QUESTIONS.filter((question) => find(results, question, OURS) !== undefined);
  const hasBefore = asked.some((question) => find(results, question, BEFORE) !== undefined);
  const head = [
    "measure",
    ...(hasBefore ? ["before", OURS, "gain"] : [OURS]),
    "the limit",
    "what it is",
    "of it",
  ];
  const rows = asked.map((question) => {
    const { label, better, limit } = question;
    const own = find(results, question, OURS)!;
    const before = find(results, question, BEFORE);
    const bound = limit === undefined ? undefined : find(results, question, limit);
    const gain = before === undefined ? "" : `${times(ratio(better, own, before))}x`;
    return [
      label,
      ...(hasBefore ? [before === undefined ? "" : number(before)] : []),
      number(own),
      ...(hasBefore ? [gain] : []),
      bound === undefined ? "" : number(bound),
      bound === undefined ? "" : limit!,
      bound === undefined ? "" : `${times(own / bound)}`,
    ];
  });
  return table(head, rows);
}

const OTHERS = [DENO, NODE, NODE_ON_DENO, SUBTLS, LEMON, RECLAIM];

/** This package beside other stacks; how many times better it is in brackets. */
export function othersTable(
  results: Results,
  { questions = QUESTIONS, others = OTHERS }: {
    questions?: readonly Question[];
    others?: readonly string[];
  } = {},
): string {
  const rows = questions.flatMap((question) => {
    const own = find(results, question, OURS);
    const found = others.map((who) => find(results, question, who));
    if (own === undefined || found.every((value) => value === undefined)) return [];
    const cells = found.map((value) =>
      value === undefined ? "" : `${number(value)} (${times(ratio(question.better, own, value))}x)`
    );
    return [[question.label, `**${number(own)}**`, ...cells]];
  });
  return table(["measure", OURS, ...others], rows);
}
