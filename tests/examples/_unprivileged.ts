// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Servers that run without rights, whoever runs the tests. @module */

/** Debian's `nobody` and `nogroup`. */
const NOBODY = 65534;

/** The command line that runs a program as nobody, if root runs the tests. */
export function asNobody(program: string, ...args: readonly string[]): string[] {
  if (Deno.uid() !== 0) return [program, ...args];
  const ids = [`--reuid=${NOBODY}`, `--regid=${NOBODY}`, "--clear-groups"];
  return ["setpriv", ...ids, program, ...args];
}

/** Makes files and folders theirs. */
export async function giveToNobody(...paths: readonly string[]): Promise<void> {
  if (Deno.uid() !== 0) return;
  for (const path of paths) await Deno.chown(path, NOBODY, NOBODY);
}

/** A port that nobody listens on, for servers that cannot find one themselves. */
export function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}
