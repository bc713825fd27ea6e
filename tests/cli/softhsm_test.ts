// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** The commands about stores with a token of a PKCS#11 library. @module */

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { skip } from "../support/skip.ts";
import { openSoftHsm, softHsmMissing } from "../support/softhsm.ts";
import { Desk, PASSWORD, rows } from "./_desk.ts";

const title = "nss cert makes keys and certificates in SoftHSM, with trust in a database beside";
if (softHsmMissing !== null) skip(title, softHsmMissing);
else {
  Deno.test(title, async () => {
    await using desk = await Desk.open();
    await using hsm = await openSoftHsm("Card", PASSWORD);
    const card = ["--module", hsm.library, "--token", "Card", "--password-file", ":password"];
    assertMatch(await desk.ok("module", "tokens", ...card), /^Card\tSoftHSM/m);
    const { slots } = await desk.json("module", "tokens", ...card);
    const [own] = slots.filter(({ token }: { token: { label: string } | null }) =>
      token?.label === "Card"
    );
    assertEquals([own.token.model, own.token.state], ["SoftHSM v2", ["password"]]);
    const { mechanisms } = await desk.json("module", "mechanisms", ...card);
    assertEquals(
      mechanisms.find(({ name }: { name: string }) => name === "CKM_RSA_PKCS_PSS").uses,
      ["sign"],
    );
    const { modules, fips } = await desk.json("module", "list", ...card);
    assertEquals([modules.at(-1).manufacturer, fips], ["SoftHSM", null]);
    await desk.ok("cert", "self-sign", "card CA", "--ca", "--type", "rsa-2048", ...card);
    const request = ["csr", "create", "--dns", "card.test", "--name", "www", "--out", ":www.req"];
    await desk.ok(...request, ...card);
    const issue = ["csr", "issue", ":www.req", "--issuer", "card CA", "--as-requested"];
    await desk.ok(...issue, "--name", "www", ...card);
    assertEquals(rows(await desk.ok("cert", "list", ...card)).map((row) => row.slice(0, 2)), [
      ["card CA", "u,u,u"],
      ["www", "u,u,u"],
    ]);
    const trust = ["cert", "trust", "card CA", "CT,C,C", ...card];
    assertStringIncludes(await desk.fails(2, ...trust), "name a database besides by --db");
    await desk.database("db");
    const beside = ["--db", ":db"];
    await desk.ok(...trust, ...beside);
    const verify = ["verify", "www", "--usage", "sslServer", ...card, ...beside];
    assertStringIncludes(await desk.ok(...verify), 'leads to the trusted "card CA"');
    const file = ["--out", ":x.p12", "--file-password-file", ":password"];
    assertStringIncludes(
      await desk.fails(4, "p12", "export", "www", ...file, ...card),
      '"Card" lets none go',
    );
  });
}
