// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A library as a whole, SoftHSM's: its description, beginning and end, and its context. @module */

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { verifySignature } from "@nss/nss/cert";
import {
  findCertFromNickname,
  findKeyByAnyCert,
  initContext,
  setPasswordFunc,
} from "@nss/nss/pkcs11";
import { loadModule } from "@nss/nss/pkcs11/module";
import { run } from "../../support/process.ts";
import { DATA, failsWith, LABEL, PIN, softhsmTest } from "./_support.ts";

/** How often a library is closed while it runs. */
const TIMES = Deno.env.get("NSS_SOAK") === "1" ? 100 : 20;

softhsmTest(
  "Pkcs11Module describes itself, its slots, token and mechanisms",
  async ({ module, slot }, { hsm }) => {
    const { name, library, manufacturer, version } = module.describe();
    assertEquals([name, library, manufacturer], ["libsofthsm2.so", hsm.library, "SoftHSM"]);
    assert(/^2\.\d+$/.test(version), version);
    const info = await slot.token!.describe();
    assertEquals([info.label, info.isInitialized, info.needsLogin], [LABEL, true, true]);
    assertEquals([info.isReadOnly, info.isLocked, info.isFinalTry], [false, false, false]);
    assertNotEquals(info.serialNumber, "");
    const mechanisms = new Map((await slot.token!.mechanisms()).map((row) => [row.name, row]));
    assertEquals(mechanisms.get("CKM_RSA_PKCS_PSS")?.uses, ["sign"]);
    assertEquals(mechanisms.get("CKM_EC_KEY_PAIR_GEN")?.uses, ["generateKeyPair"]);
    // SoftHSM always has one more slot, for the next token
    assert(module.slots.some(({ token }) => token === null));
  },
);

softhsmTest(
  "loadModule() initialises a library once, and finalises it with its last user",
  async (opened, { hsm }) => {
    const second = await loadModule(hsm.library);
    const token = second.slots.find(({ token }) => token?.label === LABEL)!.token!;
    await opened.module.close();
    await opened.module.close(); // no user less
    assertEquals((await token.describe()).label, LABEL);
    await second.close();
    await failsWith(() => token.describe(), "SEC_ERROR_NO_TOKEN", "closed");
    const third = await loadModule(hsm.library);
    assert(third.slots.some(({ token }) => token?.label === LABEL));
    await third.close();
  },
);

softhsmTest(
  `Pkcs11Module.close() waits for what runs in SoftHSM, ${TIMES} times in ${TIMES}`,
  async (_opened, { hsm }) => {
    // In a process of its own, since to unload a library that runs crashes it
    const client = `${import.meta.dirname}/../../pkcs11/module/_module_client.ts`;
    const running = ["mechanisms", "describe", "refresh"];
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", client, hsm.library, LABEL],
        ...["close and outlive", "", `${TIMES}`, ...running],
      ],
    });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const outcomes = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(outcomes.length, TIMES);
    for (const outcome of outcomes.flat()) assert(/^ok$|^SEC_ERROR_\w+$/.test(outcome), outcome);
  },
);

softhsmTest(
  "NssContext.addModule() lets SoftHSM be found by nickname and by URI",
  async ({ module, slot }) => {
    const context = await initContext(null);
    try {
      context.addModule(module);
      setPasswordFunc((_slot, retry) => retry ? null : PIN, { for: slot });
      for (
        const name of [
          `${LABEL}:rsa-2048`,
          `pkcs11:token=${encodeURIComponent(LABEL)};object=rsa-2048;type=cert`,
        ]
      ) {
        const certificate = await findCertFromNickname(name, { context });
        assertEquals(certificate.subject.commonName, "rsa-2048");
        const key = await findKeyByAnyCert(certificate, { context });
        const signature = await key.sign("rsa_pss_rsae_sha256", DATA);
        const publicKey = certificate.subjectPublicKeyInfo;
        assert(await verifySignature(publicKey, "rsa_pss_rsae_sha256", DATA, signature));
      }
    } finally {
      await context.close();
    }
  },
);
