// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What people are told of ten broken servers.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openssl } from "../support/peers/openssl.ts";
import { withoutLayout } from "../support/generated_page.ts";
import { note, skip } from "../support/skip.ts";
import { BROKEN_SERVERS, makeFiles } from "./_broken_servers.ts";
import { brokenServersPage, oursOf } from "./_broken_tools.ts";
import { runNss, withoutWaiting } from "./_run.ts";

const found = await openssl.available();
const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

/** A text without what a line's width decides. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

for (const { name, start, cause, cure, exit, args = [] } of BROKEN_SERVERS) {
  const title = `nss client names cause and cure of a server that is broken: ${name}`;
  if (!found.ok) {
    skip(title, found.reason);
    continue;
  }
  Deno.test(title, async () => {
    await using server = await start(files);
    const where = `localhost:${server.port}`;
    const options = ["client", where, "--ca", files.root, ...args];
    const { code, out, err } = await runNss(options, { columns: 80 });
    assertEquals(withoutWaiting(err), "");
    assertEquals(code, exit, out);
    for (const words of [...cause, ...cure]) assertStringIncludes(flat(out), words);
    for (const text of out.split("\n")) assert(text.length <= 80, text);

    const json = await runNss([...options, "--json", "--no-resume"]);
    assertEquals(json.code, exit);
    const report = JSON.parse(json.out);
    assertEquals(report.good, false);
    for (const words of cause) assertStringIncludes(report.problems[0].cause, words);
    for (const words of cure) assertStringIncludes(report.problems[0].cure, words);
  });
}

const page = await Deno.readTextFile(new URL("../../docs/broken_servers.md", import.meta.url));

Deno.test("docs/broken_servers.md has what nss client and openssl s_client say of each server", () => {
  const rows = withoutLayout(page);
  for (const server of BROKEN_SERVERS) {
    const cells = ["**`nss client`**", `${server.exit}`, oursOf(server)];
    assertStringIncludes(rows, withoutLayout(`| ${cells.join(" | ")} |`));
    assertStringIncludes(page, server.openssl);
  }
});

const title =
  "docs/broken_servers.md says what the tools say: `deno task broken-servers` writes it";
if (Deno.env.get("NSS_SOAK") !== "1") {
  note(`left out: ${title}: NSS_SOAK=1 (deno task soak) runs it`);
} else {
  Deno.test(title, async () => {
    // Other versions say other things
    const told = (text: string) => withoutLayout(text.slice(text.indexOf("## Exit codes")));
    assertEquals(told(page), told(await brokenServersPage(files)));
  });
}
