// Copyright 2026 the NSS for Deno authors. MIT license.

/** Runs `deno doc --lint` on every entry point of the package, as the gate does. */

const manifest: { exports: Record<string, string> } = JSON.parse(
  await Deno.readTextFile(new URL("../../deno.json", import.meta.url)),
);
const { code } = await new Deno.Command(Deno.execPath(), {
  args: ["doc", "--lint", ...Object.values(manifest.exports)],
  stdout: "null",
  stderr: "inherit",
}).output();
Deno.exit(code);
