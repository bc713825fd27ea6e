// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A token of SoftHSM: its certificates, its passwords, the rules of all tokens. @module */

import { assert, assertEquals, assertExists, assertStrictEquals } from "@std/assert";
import { findCertByNickname } from "@nss/nss/cert";
import { generateKeyPair, setPasswordFunc, type Token } from "@nss/nss/pkcs11";
import { loadModule, type Pkcs11Module } from "@nss/nss/pkcs11/module";
import { testToken } from "../../pkcs11/token_conformance.ts";
import { runOk } from "../../support/process.ts";
import { softHsmMissing } from "../../support/softhsm.ts";
import { failsWith, LABEL, PIN, prepare, softhsmTest } from "./_support.ts";

softhsmTest(
  "ModuleToken.certificates lists without a password which certificates have keys",
  async ({ slot }) => {
    const token = slot.token!;
    const records = await token.certificates.find({});
    const summary = records.map((
      { nickname, hasKey, trust, tokenName },
    ) => [nickname, hasKey, trust, tokenName]);
    assertEquals(summary.sort(), [["ec-p256", true, null, LABEL], ["rsa-2048", true, null, LABEL]]);
    assert(!token.isLoggedIn);
  },
);

softhsmTest(
  "ModuleToken.login() tells right from wrong passwords, also when it is logged in",
  async ({ slot }) => {
    const token = slot.token!;
    for (const wrong of ["wrong", "", "123", "x".repeat(300)]) {
      assertEquals(await token.login(wrong), false);
      assert(!token.isLoggedIn);
    }
    assertEquals(await token.login(PIN), true);
    assert(token.isLoggedIn);
    assertEquals(await token.login("wrong"), false);
    assertEquals(await token.login(PIN), true);
    await token.logout();
    assert(!token.isLoggedIn);
    setPasswordFunc(() => "wrong-pin", { for: slot });
    const error = await failsWith(() => token.listKeys(), "SEC_ERROR_BAD_PASSWORD", LABEL);
    assert(!error.message.includes("wrong-pin"));
  },
);

softhsmTest(
  "ModuleToken.findKey() asks for no password where the token has neither key nor certificate",
  async ({ slot }) => {
    let asked = 0;
    setPasswordFunc(() => {
      asked++;
      return PIN;
    }, { for: slot });
    const { publicKey } = await generateKeyPair();
    assertStrictEquals(await slot.token!.findKey(publicKey), undefined);
    assertEquals(asked, 0);
    const cert = await findCertByNickname(slot.token!.certificates, "ec-p256");
    assertExists(await slot.token!.findKey(cert!));
    assertEquals(asked, 1);
  },
);

softhsmTest(
  "ModuleToken.changePassword() changes the password, back and forth",
  async ({ slot }) => {
    const token = slot.token!;
    await failsWith(
      () => token.changePassword("wrong", "4321"),
      "SEC_ERROR_BAD_PASSWORD",
      "CKR_PIN_INCORRECT",
    );
    await failsWith(
      () => token.changePassword(PIN, ""),
      "SEC_ERROR_INVALID_PASSWORD",
      "CKR_PIN_LEN_RANGE",
    );
    await failsWith(
      () => token.changePassword(null, "4321"),
      "PR_NOT_IMPLEMENTED_ERROR",
      "own tools",
    );
    await token.changePassword(PIN, "4321");
    assert(token.isLoggedIn);
    assertEquals(await token.login(PIN), false);
    await token.logout();
    assertEquals(await token.login(PIN), false);
    await token.changePassword("4321", PIN);
    assert(token.isLoggedIn);
  },
);

if (softHsmMissing === null) {
  let tokens = 0;
  testToken("ModuleToken of SoftHSM", async () => {
    const { hsm } = await prepare();
    const label = `token ${tokens++}`;
    await runOk("softhsm2-util", [
      ...["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN],
    ], { env: hsm.env });
    const modules: Pkcs11Module[] = [];
    const open = async (): Promise<Token> => {
      const module = await loadModule(hsm.library);
      modules.push(module);
      return module.slots.find(({ token }) => token?.label === label)!.token!;
    };
    return {
      token: await open(),
      reopen: open,
      close: async () => {
        for (const module of modules) await module.close();
      },
    };
  }, {
    password: PIN,
    keyTypes: ["ec-p256", "ec-p384", "ec-p521", "ed25519", "rsa-2048"],
    hidesKeys: true,
    noPasswordChange: true, // SoftHSM takes no empty one
    noTrust: true,
  });
}
