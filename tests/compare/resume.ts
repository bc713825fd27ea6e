// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Another process, which resumes the session that it reads: `resume.ts STACK PORT`. @module */

import { toText } from "@std/streams/to-text";
import { loadStack } from "./load.ts";
import { STACKS } from "./stack.ts";

const [name, port] = Deno.args;
const { roots, session }: { readonly roots: string; readonly session: number[] } = JSON.parse(
  await toText(Deno.stdin.readable),
);
const stack = await loadStack(STACKS.find((one) => one === name)!);
const conn = await stack.connect(Number(port), { roots, session: Uint8Array.from(session) });
// OpenSSL's server answers lines
await conn.write(new TextEncoder().encode("ping\n"));
await conn.read();
await conn.close();
Deno.exit();
