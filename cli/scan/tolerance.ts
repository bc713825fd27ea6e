// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a server does with a ClientHello that is unusual, and allowed. @module */

import { alertName } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";
import type { RawAnswer } from "../net/raw_answer.ts";
import type { Prober, Question } from "./prober.ts";
import { REGISTERED_SCHEMES } from "../explain/registered_schemes.ts";
import type { ToleranceSeen } from "./seen.ts";

/** Values that stand for nothing, which clients send so that servers stay used to new ones. */
const GREASE = 0x1a1a;

/** A version that does not exist yet. */
const FUTURE_VERSION = 0x0399;

/** What is sent, made from a question that the server has answered. */
const CASES: readonly (readonly [what: string, change: (usual: Question) => Question | null])[] = [
  [
    "a version that does not exist yet",
    (usual) =>
      usual.version === TLS_1_3
        ? { ...usual, supportedVersions: [FUTURE_VERSION, TLS_1_3] }
        : { ...usual, legacyVersion: FUTURE_VERSION },
  ],
  [
    "values that mean nothing (GREASE, RFC 8701)",
    (usual) => ({
      ...usual,
      cipherSuites: [GREASE, ...usual.cipherSuites],
      ...usual.groups !== undefined && { groups: [GREASE, ...usual.groups] },
      schemes: [GREASE, ...REGISTERED_SCHEMES],
      alpnProtocols: ["\x1a\x1a", "h2", "http/1.1"],
      extensions: [
        ...usual.extensions ?? [],
        [GREASE, new Uint8Array(0)],
        [0x2a2a, Uint8Array.of(0)],
      ],
    }),
  ],
  ["a ClientHello of 300 bytes", (usual) => ({ ...usual, length: 300 })],
  [
    "a ClientHello of 2,000 bytes, as post-quantum key shares make it",
    (usual) => ({ ...usual, length: 2000 }),
  ],
  ["a ClientHello of 10,000 bytes", (usual) => ({ ...usual, length: 10_000 })],
  [
    "a ClientHello in two records",
    (usual) => ({ ...usual, fragment: 150 }),
  ],
  [
    "all of the newest extensions in TLS 1.2",
    // A server without TLS 1.3 has to look past what it does not know
    (usual) => usual.version === TLS_1_2 ? { ...usual, extensions: NEW_EXTENSIONS } : null,
  ],
];

/** Extensions that came with TLS 1.3, and are of no concern to TLS 1.2. */
const NEW_EXTENSIONS: NonNullable<Question["extensions"]> = [
  [ExtensionType.supportedVersions, Uint8Array.of(4, 3, 4, 3, 3)],
  [ExtensionType.pskKeyExchangeModes, Uint8Array.of(1, 1)],
  [ExtensionType.keyShare, Uint8Array.of(0, 0)],
];

function saysOf(answer: RawAnswer, timeout: number): string {
  switch (answer.kind) {
    case "hello":
      return "goes on";
    case "alert":
      return `refuses it with ${alertName(answer.description) ?? `alert ${answer.description}`}`;
    case "closed":
      return "closes the connection without a word";
    case "late":
      return `does not answer in ${timeout} ms`;
    case "malformed":
      return `answers with what is no TLS: ${answer.says}`;
  }
}

/**
 * Sends what is unusual. A server that does not answer is asked once more, since that is the
 * verdict here: what hangs is as bad as what refuses.
 *
 * @param usual A question that the server answers.
 * @param keep Is given each result.
 */
export async function probeTolerance(
  prober: Prober,
  usual: Question,
  timeout: number,
  keep: (seen: ToleranceSeen) => void,
): Promise<void> {
  for (const [what, change] of CASES) {
    const question = change(usual);
    if (question === null) continue;
    let answer = await prober.askOnce(question);
    if (answer.kind !== "hello") answer = await prober.askOnce(question);
    keep({ what, tolerated: answer.kind === "hello", says: saysOf(answer, timeout) });
  }
}
