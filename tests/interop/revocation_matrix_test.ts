// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Revocation as authorities publish it, and what path validation takes from outside, judged by
// openssl beside us: where it differs, the case says who is right by which clause.

import { assertEquals } from "@std/assert";
import { programVersion, run } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";
import type { Certificate } from "../../cert/certificate/certificate.ts";
import type { Crl } from "../../cert/revocation/crl.ts";
import { type MadeCase, ROOT_CRL, type Verdict } from "../cert/_crl_case_makers.ts";
import { CRL_CASES } from "../cert/_crl_cases.ts";
import { NOW } from "../cert/_support.ts";

const found = await programVersion("openssl", ["version"], /OpenSSL ([0-9.]+)/);

/** What openssl says about a case: its verdict, and its own words. */
async function openssl(folder: string, made: MadeCase): Promise<readonly [Verdict, string]> {
  const { leaf, path, root, sent = [], given = [], crls, rootCrl = ROOT_CRL } = made;
  const write = async (name: string, items: readonly (Certificate | Crl)[]) => {
    await Deno.writeTextFile(`${folder}/${name}`, items.map((item) => item.toPem()).join(""));
    return `${folder}/${name}`;
  };
  const untrusted = [...path, ...sent, ...given];
  const { stdout, stderr } = await run("openssl", {
    args: [
      ...["verify", "-attime", String(NOW.getTime() / 1000), "-no-CApath", "-no-CAstore"],
      ...["-crl_check_all", "-extended_crl", "-use_deltas"],
      ...["-CAfile", await write("root.pem", [root])],
      ...untrusted.length === 0 ? [] : ["-untrusted", await write("between.pem", untrusted)],
      ...["-CRLfile", await write("crls.pem", [...crls, rootCrl])],
      await write("leaf.pem", [leaf]),
    ],
  });
  const text = stdout + stderr;
  if (/^error 23 at 0 depth/m.test(text)) return ["revoked", text];
  // The tool prints what is wrong with the path of a CRL's signer, and goes on
  const isGood = text.includes("leaf.pem: OK") && !text.includes("[CRL path] error");
  return [isGood ? "good" : "unknown", text];
}

for (const { title, make, verdict, openssl: differs } of CRL_CASES) {
  const name = `openssl and checkRevocation() take for ${verdict}: ${title}`;
  if (!found.ok) {
    skip(name, found.reason);
    continue;
  }
  Deno.test(name, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss revocation " });
    try {
      const [theirs, words] = await openssl(folder, await make());
      assertEquals(theirs, differs?.[0] ?? verdict, words);
      if (differs !== undefined) {
        const [, why] = differs;
        note(`openssl says ${theirs}, we say ${verdict}: ${title}: ${why}`);
      }
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}
