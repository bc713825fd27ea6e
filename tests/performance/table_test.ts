// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertThrows } from "@std/assert";
import { withText } from "../support/generated_page.ts";
import { formatTable, parseTable, problems, type Table } from "./_table.ts";

function table(columns: readonly string[], counts: readonly number[], row = "handshake"): Table {
  return { columns, rows: new Map([[row, counts]]) };
}

function found(column: string, limit: number, count: number): string[] {
  return problems(table([column], [limit]), table([column], [count]));
}

Deno.test("problems() says which count of which operation grew, and by how much", () => {
  const columns = ["calls", "promises"];
  assertEquals(problems(table(columns, [50, 453]), table(columns, [50, 463])), [
    "handshake: promises grew by 10: 453 -> 463",
  ]);
});

Deno.test("problems() allows an exact count at its limit, and not one more", () => {
  for (const column of ["calls", "rounds", "promises", "jobs", "io"]) {
    assertEquals(found(column, 100, 100), []);
    assertEquals(found(column, 100, 101), [`handshake: ${column} grew by 1: 100 -> 101`]);
    assertEquals(found(column, 0.13, 0.14), [`handshake: ${column} grew by 0.01: 0.13 -> 0.14`]);
  }
});

Deno.test("problems() allows what varies its slack, and no more", () => {
  const allowed = { arrays: 2, allocated: 9, copied: 9, "taken KiB": 70, "kept KiB": 30, KiB: 20 };
  for (const [column, slack] of Object.entries({ ...allowed, modules: 2 })) {
    const limit = column === "arrays" ? 200 : 1000;
    assertEquals(found(column, limit, limit + slack), [], column);
    const problem = `handshake: ${column} grew by ${slack + 1}: ${limit} -> ${limit + slack + 1}`;
    assertEquals(found(column, limit, limit + slack + 1), [problem]);
  }
});

Deno.test("problems() notices one copy more of a small record, and of a large one", () => {
  for (const [limit, record] of [[49, 23], [32_797, 16_384]] as const) {
    assertEquals(found("copied", limit, limit + record).length, 1);
  }
});

Deno.test("problems() wants a limit lowered that is no longer close", () => {
  assertEquals(found("promises", 453, 406), []);
  assertEquals(found("promises", 453, 405), [
    "handshake: promises fell by 48: 453 -> 405; lower the limit",
  ]);
  assertEquals(found("calls", 2, 0), []);
  assertEquals(found("calls", 0, 0), []);
});

Deno.test("problems() refuses a count that is no number, and what only one side has", () => {
  assertEquals(found("calls", 1, NaN), ["handshake: calls grew by NaN: 1 -> NaN"]);
  assertEquals(problems(table(["calls"], [1]), table(["calls"], [1], "closing")), [
    "handshake: it was not measured",
    "closing: it has no limits",
  ]);
  assertEquals(problems(table(["calls"], [1]), table(["io"], [1])), [
    "handshake: io have no limit",
  ]);
});

Deno.test("parseTable() reads what formatTable() writes, however it is laid out", () => {
  const written = table(["calls", "KiB"], [47, 25.9], "TLSv1.3: handshake, client");
  const page = `# A page\n\n| other | x |\n| --- | --- |\n| a | 1 |\n\n${
    formatTable("operation", written).replaceAll("| 47", "|   47   ")
  }\n\nText\n`;
  assertEquals(parseTable(page, "operation"), written);
  assertEquals(parseTable(page, "none").rows.size, 0);
});

Deno.test("withText() writes one of several parts of a page, and refuses one without its marks", () => {
  const part = (name: string, text: string) =>
    `<!-- written by ${name} -->\n\n${text}\n\n<!-- to here -->`;
  const page = `A\n${part("a", "1")}\nB\n${part("b", "2")}\nC\n`;
  assertEquals(withText(page, "a", "3"), `A\n${part("a", "3")}\nB\n${part("b", "2")}\nC\n`);
  assertEquals(withText(page, "b", "3"), `A\n${part("a", "1")}\nB\n${part("b", "3")}\nC\n`);
  assertThrows(() => withText(page, "c", "3"), Error, "its marks");
  assertThrows(() => withText("<!-- written by a -->", "a", "3"), Error, "its marks");
});
