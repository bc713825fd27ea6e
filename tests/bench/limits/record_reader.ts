// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console
// This module uses node:.

// What the contract of `read(p)` costs beside the WebCrypto call of a record: the copy into the
// reader's memory, and the promises between a reader, a chunk and a record. Records of 16 KiB are
// opened sixteen at once, and what was opened is freed. Each line adds to the one before. Imports
// nothing of this package.

import process from "node:process";

const RECORD = 16384;
const DEPTH = 16;
const RECORDS = 6400;
const ROUNDS = 7;
/** The promises of a record that the package makes, and of the loop without it. */
const PROMISES = 9.5 - 3;

const { subtle } = crypto;
const key = await subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, [
  "encrypt",
  "decrypt",
]);
const params = { name: "AES-GCM", iv: new Uint8Array(12), additionalData: new Uint8Array(5) };
const sealed = new Uint8Array(await subtle.encrypt(params, key, new Uint8Array(RECORD + 1)));
const chunk = new Uint8Array(DEPTH * sealed.length);
for (let i = 0; i < DEPTH; i++) chunk.set(sealed, i * sealed.length);

type Take = (record: ArrayBuffer) => void | Promise<void>;

/** Opens the records of one chunk after the other, while the next one is under way. */
async function receive(take: Take): Promise<void> {
  const open = () =>
    Array.from(
      { length: DEPTH },
      (_, i) =>
        subtle.decrypt(params, key, chunk.subarray(i * sealed.length, (i + 1) * sealed.length)),
    );
  let next = open();
  for (let count = 0; count < RECORDS; count += DEPTH) {
    const opening = next;
    next = open();
    for (const record of opening) {
      const content = await record;
      const taking = take(content);
      if (taking !== undefined) await taking;
      content.transfer(0);
    }
  }
  await Promise.all(next);
}

const memory = new Uint8Array(4 * RECORD);
let at = 0;

function copy(record: ArrayBuffer): void {
  memory.set(new Uint8Array(record, 0, RECORD), at);
  at = (at + RECORD) % memory.length;
}

/** Calls through so many asynchronous functions. */
async function through(depth: number, record: ArrayBuffer): Promise<void> {
  if (depth > 0) await through(depth - 1, record);
  else copy(record);
}

const LINES: readonly (readonly [string, Take])[] = [
  ["records opened, and freed", () => {}],
  ["and copied into the reader's memory", copy],
  [`and ${PROMISES} promises a record more`, (record) => through(Math.round(PROMISES), record)],
];

const spent: number[][] = LINES.map(() => []);
for (let round = -1; round < ROUNDS; round++) {
  for (const [i, [, take]] of LINES.entries()) {
    const before = process.cpuUsage();
    await receive(take);
    const { user, system } = process.cpuUsage(before);
    if (round >= 0) spent[i]!.push((user + system) / RECORDS);
  }
}
const medians = spent.map((values) => values.sort((a, b) => a - b)[ROUNDS >> 1]!);
console.log("CPU us a record".padStart(56), "of the first");
for (const [i, [what]] of LINES.entries()) {
  console.log(
    what.padEnd(40),
    medians[i]!.toFixed(1).padStart(15),
    (medians[i]! / medians[0]!).toFixed(2).padStart(12),
  );
}
