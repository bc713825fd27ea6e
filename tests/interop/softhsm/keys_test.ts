// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Keys in SoftHSM: they sign, are made, imported and deleted. @module */

import { assert, assertEquals, assertGreater } from "@std/assert";
import { verifySignature } from "@nss/nss/cert";
import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
import { note } from "../../support/skip.ts";
import { credential, DATA, failsWith, LABEL, softhsmTest, Stalls } from "./_support.ts";

softhsmTest("ModuleKey.sign() signs in every way of RSA and ECDSA", async (opened) => {
  for (const nickname of ["ec-p256", "rsa-2048"]) {
    const { cert, key } = await credential(opened, nickname);
    const publicKey = cert.subjectPublicKeyInfo;
    assertEquals(key.algorithm, publicKey.algorithm);
    assertEquals(key.schemes?.length, nickname === "ec-p256" ? 3 : 6);
    for (const scheme of key.schemes!) {
      const signature = await key.sign(scheme, DATA);
      assert(await verifySignature(publicKey, scheme, DATA, signature, { anyCurve: true }), scheme);
    }
    await failsWith(() => key.sign("ed25519", DATA), "SEC_ERROR_INVALID_ALGORITHM", "ed25519");
  }
});

softhsmTest("ModuleKey.sign() fails after a logout, and in a closed module", async (opened) => {
  const { key } = await credential(opened, "ec-p256");
  await opened.slot.token!.logout();
  await failsWith(
    () => key.sign("ecdsa_secp256r1_sha256", DATA),
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    LABEL,
  );
  const again = await credential(opened, "ec-p256");
  await opened.module.close();
  await failsWith(
    () => again.key.sign("ecdsa_secp256r1_sha256", DATA),
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    LABEL,
  );
});

softhsmTest(
  "ModuleKey.sign() shares its sessions among many at once, and holds nobody up",
  async (opened) => {
    const { cert, key } = await credential(opened, "rsa-2048");
    const stalls = new Stalls();
    const messages = Array.from({ length: 200 }, (_, i) => Uint8Array.of(i));
    try {
      const signatures = await Promise.all(
        messages.map((data) => key.sign("rsa_pss_rsae_sha256", data)),
      );
      const publicKey = cert.subjectPublicKeyInfo;
      const verified = await Promise.all(
        signatures.map((signature, i) =>
          verifySignature(publicKey, "rsa_pss_rsae_sha256", messages[i]!, signature)
        ),
      );
      assertEquals(verified.filter((isRight) => isRight).length, messages.length);
      assertGreater(stalls.turns, 3);
      note(`SoftHSM: longest event-loop stall of 200 signatures ${stalls.longest.toFixed(1)} ms`);
    } finally {
      stalls.stop();
    }
  },
);

softhsmTest(
  "ModuleToken.generateKeyPair() makes keys that stay, and deleteKey() removes them",
  async ({ slot }) => {
    const token = slot.token!;
    for (const type of ["ec-p384", "rsa-2048", "ed25519"] as const) {
      const made = await token.generateKeyPair(type, { label: "made" });
      for (const scheme of made.privateKey.schemes!) {
        const signature = await made.privateKey.sign(scheme, DATA);
        const isValid = verifySignature(made.publicKey, scheme, DATA, signature, {
          anyCurve: true,
        });
        assert(await isValid, scheme);
      }
      const listed = (await token.listKeys()).find(({ label }) => label === "made");
      assertEquals(listed?.id, made.id);
      assertEquals(listed?.algorithm, made.algorithm);
      assert(await token.deleteKey(made));
      assertEquals(await token.deleteKey(made), false);
      assertEquals(await token.findKey(made.publicKey), undefined);
    }
    await failsWith(() => token.generateKeyPair("mldsa44"), "SEC_ERROR_KEYGEN_FAIL", "mldsa44");
  },
);

softhsmTest("ModuleToken.importKey() takes keys that may leave, once", async ({ slot }) => {
  const token = slot.token!;
  for (const type of ["ec-p521", "rsa-2048"] as const) {
    const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
    const imported = await token.importKey(await exportPrivateKeyPem(privateKey), {
      label: "imported",
    });
    assertEquals(imported.algorithm, publicKey.algorithm);
    assertEquals((await token.importKey(privateKey)).id, imported.id);
    const key = await token.findKey(publicKey);
    const scheme = key!.schemes![0]!;
    assert(await verifySignature(publicKey, scheme, DATA, await key!.sign(scheme, DATA)));
    assert(await token.deleteKey(publicKey));
  }
  const { privateKey } = await generateKeyPair();
  await failsWith(
    () => token.importKey(privateKey),
    "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
    "may not leave",
  );
});
