// Copyright 2026 the NSS for Deno authors. MIT license.

/** Files, of which `-` is standard input or output. @module */

/** Reads a file. */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  if (path === "-") return await new Response(Deno.stdin.readable).bytes();
  return await Deno.readFile(path);
}

/** Reads a file of text. */
export async function readText(path: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(path));
}

/** Writes a file; one with a private key is for its owner only, and takes no other's place. */
export async function writeFile(
  path: string,
  content: string | Uint8Array,
  { secret = false }: { secret?: boolean } = {},
): Promise<void> {
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  if (path === "-") {
    for (let sent = 0; sent < bytes.length;) sent += await Deno.stdout.write(bytes.subarray(sent));
    return;
  }
  await Deno.writeFile(path, bytes, secret ? { mode: 0o600, createNew: true } : {});
}
