// Copyright 2026 the NSS for Deno authors. MIT license.

/** What explains messages and connections to people takes any bytes of any peer. */

import { assert } from "@std/assert";
import { Conversation } from "../../cli/explain/conversation.ts";
import type { Field } from "../../cli/explain/field.ts";
import { explainHandshake } from "../../cli/explain/handshake.ts";
import { NO_KEYS } from "../../cli/explain/key_source.ts";
import { capture, secretsOf } from "../cli/_captured.ts";
import { sentMessages } from "../cli/_messages.ts";
import { cut, fuzz, mutate } from "./_support.ts";

const messages = await sentMessages();
const captures = await Promise.all(
  (["TLSv1.3", "TLSv1.2"] as const).map((version) =>
    capture({ client: { versions: { min: version, max: version } } })
  ),
);

/** The bytes of all texts of a tree: what a peer makes a person read. */
function sizeOf({ name, value, text, fields }: Field): number {
  return fields.reduce(
    (sum, field) => sum + sizeOf(field),
    name.length + value.length + text.length,
  );
}

fuzz("explainHandshake() explains altered messages, and not without end", 2000, (prng) => {
  const { raw, context } = prng.pick(messages);
  const altered = mutate(prng, raw);
  const field = explainHandshake(altered, context);
  assert(field.end === altered.length);
  assert(sizeOf(field) < 200_000, `${sizeOf(field)} characters`);
});

fuzz("explainHandshake() explains any bytes as any message", 2000, (prng) => {
  const { context } = prng.pick(messages);
  const bytes = prng.bytes(prng.integer(0, 300));
  if (bytes.length > 0) {
    bytes[0] = prng.pick([0, 1, 2, 4, 5, 8, 11, 12, 13, 15, 16, 20, 22, 24, 25, 67]);
  }
  explainHandshake(bytes, context);
});

fuzz("Conversation takes altered connections in any pieces", 150, async (prng) => {
  const captured = prng.pick(captures);
  const conversation = new Conversation(prng.pick([NO_KEYS, secretsOf(captured)]));
  for (const { way, bytes } of captured.chunks) {
    const end = way === "sent" ? "client" : "server";
    const sent = prng.integer(0, 3) === 0 ? mutate(prng, bytes) : bytes;
    for (const piece of cut(prng, sent)) {
      for await (const { field } of conversation.items(end, piece)) assert(field.name !== "");
    }
  }
  for (const end of ["client", "server"] as const) [...conversation.finish(end)];
});
