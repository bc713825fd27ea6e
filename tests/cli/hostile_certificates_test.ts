// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Certificates whose names steer terminals, or have 30 KB: escaped, shortened, and judged like any.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { openssl } from "../support/peers/openssl.ts";
import { skip } from "../support/skip.ts";
import { makeFiles, opensslServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";

const found = await openssl.available();
const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

const NAMES = Array.from({ length: 150 }, (_, i) => `host-${i}.${"x".repeat(60)}.test`);
const SUBJECTS: Readonly<Record<string, readonly [subject: string, shown: string]>> = {
  "that steers a terminal": [
    "CN=\x1b[31mred\x07 \u202egnp.exe\nSet-Cookie: x,OU=a\u2028b",
    "\\u{1b}[31mred\\u{7} \\u{202e}gnp.exe\\u{a}Set-Cookie: x",
  ],
  "of 30 KB": [`CN=${"A".repeat(30_000)}`, `${"A".repeat(100)}... (30000 characters)`],
  "of characters that have no width": [
    `CN=${"\u200b\u0301".repeat(1000)}`,
    "... (2000 characters)",
  ],
};

for (const [title, [subject, shown]] of Object.entries(SUBJECTS)) {
  const name = `nss client and nss verify show a certificate with a name ${title}`;
  if (!found.ok) {
    skip(name, found.reason);
    continue;
  }
  Deno.test(name, async () => {
    const leaf = await files.make("hostile", { subject, dnsNames: ["localhost", ...NAMES] });
    await using server = await opensslServer(
      ["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate],
    );
    const where = `localhost:${server.port}`;
    const trust = ["--ca", files.root];
    for (const args of [["client", where, "--trace"], ["verify", where, "--explain"]]) {
      const { code, out, err } = await runNss([...args, ...trust], { columns: 80 });
      assertEquals([code, err], [0, ""], out);
      assertStringIncludes(out, shown);
      assertStringIncludes(out.replaceAll(/\s+/g, " "), "and at least 80 more");
      assert(!/[\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u.test(out), JSON.stringify(out));
      // deno-lint-ignore no-control-regex
      assert(!/[\0-\x09\x0b-\x1f\x7f-\x9f]/.test(out), JSON.stringify(out));
      assert(out.length < 10_000, `${out.length}`);
    }
    const json = JSON.parse((await runNss(["client", where, ...trust, "--json"])).out);
    assertEquals(json.certificates[0].names.length, 100);
    assertStringIncludes(json.certificates[0].name, shown);
    // A wrong name is told with the certificate's own ones
    const wrong = await runNss(["client", where, ...trust, "--name", "\x1b[2J\u202e.test"]);
    assertEquals(wrong.code, 4);
    // deno-lint-ignore no-control-regex
    assert(!/[\x1b\u202e]/.test(wrong.err + wrong.out), wrong.err);
  });
}
