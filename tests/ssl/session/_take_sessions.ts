// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A process that takes all sessions of some peers whenever it is asked. @module */

import { SealedRows } from "../../../ssl/session/sealed_rows.ts";
import { openKvSessionStore } from "../../../ssl/session/store/kv_store.ts";
import { StoredSessions } from "../../../ssl/session/stored_sessions.ts";

const write = (text: string) => void Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));

const [path, peers] = Deno.args;
const store = await openKvSessionStore({ path: path! });
const cache = new StoredSessions(new SealedRows(store, new Uint8Array(32).fill(1)));
await cache.take("nobody", 0); // the generation is known from now on
write("ready");
for await (const chunk of Deno.stdin.readable.pipeThrough(new TextDecoderStream())) {
  const taken: number[] = [];
  for (let peer = 0; peer < Number(peers); peer++) {
    for (let it; (it = await cache.take(`peer ${peer}`, 0)) !== undefined;) {
      taken.push(it.token[0]!);
    }
  }
  write(`${chunk.trim()}: ${taken}`);
}
Deno.exit();
