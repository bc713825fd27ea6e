// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) uploads fifty times, otherwise once.

import { assertEquals } from "@std/assert";
import {
  ANSWER,
  EARLY_CLIENTS,
  EARLY_SERVERS,
  type EarlyClientKind,
  type EarlyServerKind,
} from "../support/peers/early_answers.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const RUNS = Deno.env.get("NSS_SOAK") === "1" ? 50 : 1;

const PAIRS: readonly (readonly [EarlyClientKind, EarlyServerKind])[] = [
  [EARLY_CLIENTS.ours, EARLY_SERVERS.ours],
  [EARLY_CLIENTS.oursLate, EARLY_SERVERS.ours],
  [EARLY_CLIENTS.curl, EARLY_SERVERS.ours],
  [EARLY_CLIENTS.node, EARLY_SERVERS.ours],
  [EARLY_CLIENTS.ours, EARLY_SERVERS.node],
  [EARLY_CLIENTS.node, EARLY_SERVERS.node],
];

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  for (const [client, server] of PAIRS) {
    const title = `an answer in the middle of an upload of 16 MiB reaches ${client.name}, ` +
      `from ${server.name} (${version})`;
    const missing = [await client.available(), await server.available()].find(({ ok }) => !ok);
    if (missing !== undefined && !missing.ok) {
      skip(title, missing.reason);
      continue;
    }
    Deno.test(title, async () => {
      const options = { pki: await testPki(), version };
      await using running = await server.start(options);
      const answers: string[] = [];
      for (let i = 0; i < RUNS; i++) answers.push(await client.upload(options, running.port));
      assertEquals(answers, answers.map(() => ANSWER));
      assertEquals(running.problems(), "");
    });
  }
}
