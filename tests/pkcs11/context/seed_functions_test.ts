// Copyright 2026 the NSS for Deno authors. MIT license.

/** What else NSS's overview page names of initialization and look-ups, by their names. */

import { assert, assertEquals, assertFalse, assertRejects } from "@std/assert";
import { createCertificate, importCert, NssError } from "@nss/nss/cert";
import {
  findCertsFromNickname,
  init,
  initContext,
  initReadWrite,
  isInitialized,
  noDbInit,
  shutdown,
} from "@nss/nss/pkcs11";

Deno.test("initReadWrite() makes a database that init() then opens to read only", async () => {
  const folder = await Deno.makeTempDir();
  try {
    {
      await using nss = await initReadWrite(folder);
      await nss.token.generateKeyPair("ec-p256", { label: "mine" });
    }
    await using nss = await init(folder);
    assertEquals((await nss.token.listKeys()).map(({ label }) => label), ["mine"]);
    const error = await assertRejects(() => nss.token.generateKeyPair(), NssError);
    assertEquals(error.name, "SEC_ERROR_READ_ONLY");
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
});

Deno.test("isInitialized() is true between an init and its shutdown", async () => {
  assertFalse(isInitialized());
  await noDbInit();
  assert(isInitialized());
  await shutdown();
  assertFalse(isInitialized());
});

Deno.test("shutdown() fails where nothing is initialized", async () => {
  const error = await assertRejects(() => shutdown(), NssError);
  assertEquals(error.name, "SEC_ERROR_NOT_INITIALIZED");
});

Deno.test("findCertsFromNickname() finds every certificate of a subject, and none of another", async () => {
  await using context = await initContext(null, { trustAnchors: [] });
  for (const days of [10, 20]) {
    const pair = await context.token.generateKeyPair();
    const certificate = await createCertificate({ ...pair, subject: "CN=server", days });
    await importCert(context.token.certificates, certificate, { nickname: "server" });
  }
  assertEquals((await findCertsFromNickname("server", { context })).length, 2);
  assertEquals(await findCertsFromNickname("client", { context }), []);
});
