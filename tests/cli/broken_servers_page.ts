// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Writes docs/broken_servers.md from what the tools say: `deno task broken-servers`. @module */

import { makeFiles } from "./_broken_servers.ts";
import { brokenServersPage } from "./_broken_tools.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
try {
  const page = await brokenServersPage(await makeFiles(directory));
  await Deno.writeTextFile(new URL("../../docs/broken_servers.md", import.meta.url), page);
} finally {
  await Deno.remove(directory, { recursive: true });
}
