// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What people are told of ten broken servers.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openssl } from "../support/peers/openssl.ts";
import { run } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { BROKEN_SERVERS, makeFiles } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";

const found = await openssl.available();
const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

/** A text without what a line's width decides. */
function flat(text: string): string {
  return text.replaceAll(/\s+/g, " ");
}

for (const { name, start, cause, cure, exit, args = [], openssl: line } of BROKEN_SERVERS) {
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
    assertEquals(err, "");
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

  Deno.test(`docs/cli.md says what openssl s_client prints of a server: ${name}`, async () => {
    await using server = await start(files);
    const printed = await run("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${server.port}`, "-servername", "localhost",
        "-verify_hostname", "localhost", "-CAfile", files.root],
      // What wants a certificate says so behind the handshake, and ends it
      ...name === "client certificate wanted" ? { interactive: true } : { input: "Q\n" },
      timeout: 2000,
    }).then(({ stdout, stderr }) => stdout + stderr, (error: Error) => error.message);
    assertStringIncludes(printed, line);
  });
}
