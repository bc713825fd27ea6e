// Copyright 2026 the NSS for Deno authors. MIT license.

import {
  assert,
  assertEquals,
  assertFalse,
  assertNotStrictEquals,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { getDefaultCertDB } from "../../../cert/db/default_cert_db.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { defaultContext } from "../../../pkcs11/context/context.ts";
import { findCertFromNickname, findKeyByAnyCert } from "../../../pkcs11/context/find.ts";
import {
  type ConfiguredModule,
  init,
  initContext,
  initReadWrite,
  isInitialized,
  noDbInit,
  shutdown,
} from "../../../pkcs11/context/init.ts";
import { OwnModule } from "../../../pkcs11/slots/token_module.ts";
import { Slot } from "../../../pkcs11/slots/slot.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import { rejectsWith } from "../_rejects_with.ts";

async function withFolders(
  fn: (...folders: readonly [string, string]) => Promise<void>,
): Promise<void> {
  const folders = [await Deno.makeTempDir(), await Deno.makeTempDir()] as const;
  try {
    await fn(...folders);
  } finally {
    for (const folder of folders) await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("init() makes the default context, and shutdown() ends it", async () => {
  await withFolders(async (folder) => {
    const bare = defaultContext();
    assertFalse(isInitialized());
    await rejectsWith("SEC_ERROR_NOT_INITIALIZED", () => shutdown());
    const context = await initReadWrite(folder);
    assert(isInitialized());
    assertStrictEquals(defaultContext(), context);
    assertStrictEquals(getDefaultCertDB(), context.certDB);
    assertEquals(context.token.label, "NSS Certificate DB");
    const pair = await context.token.generateKeyPair();
    const certificate = await createCertificate({ ...pair, subject: "CN=x" });
    await importCert(getDefaultCertDB(), certificate, { nickname: "x" });
    const key = await findKeyByAnyCert(await findCertFromNickname("x"));
    await shutdown();
    assertFalse(isInitialized());
    assertNotStrictEquals(defaultContext(), context);
    assertNotStrictEquals(defaultContext(), bare);
    await rejectsWith("SEC_ERROR_NO_TOKEN", () => context.token.certificates.find({}));
    await rejectsWith(
      "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
      () => key.sign("ecdsa_secp256r1_sha256", Uint8Array.of(1)),
    );
  });
});

Deno.test("init() of the same folder is counted, of another one it says which is open", async () => {
  await withFolders(async (folder, other) => {
    await (await initContext(other, { readWrite: true })).close();
    const [first, second] = await Promise.all([
      init(folder, { readWrite: true }),
      init(`sql:${folder}/../${folder.split("/").at(-1)}`, { readWrite: true }),
    ]);
    assertStrictEquals(first, second);
    const error = await rejectsWith("SEC_ERROR_BUSY", () => init(other));
    assertStringIncludes(error.message, folder);
    assertStringIncludes(error.message, other);
    await rejectsWith("SEC_ERROR_BUSY", () => noDbInit());
    await rejectsWith("SEC_ERROR_BUSY", () => init(folder, { certPrefix: "other-" }));
    await first.close();
    assert(isInitialized());
    await second.token.listKeys();
    await second.close();
    assertFalse(isInitialized());
    // Now the other one may be, and for reading only it stays so
    {
      await using reading = await init(other);
      assert(reading.token.certificates.isReadOnly);
      await rejectsWith("SEC_ERROR_BUSY", () => initReadWrite(other));
      await rejectsWith("SEC_ERROR_READ_ONLY", () => reading.token.generateKeyPair());
    }
    assertFalse(isInitialized());
  });
});

Deno.test("init() that fails leaves nothing initialised", async () => {
  await withFolders(async (folder) => {
    for (
      const [directory, name] of [
        [folder, "PR_FILE_NOT_FOUND_ERROR"],
        [`sql:${folder}/none`, "PR_FILE_NOT_FOUND_ERROR"],
        [`dbm:${folder}`, "SEC_ERROR_LEGACY_DATABASE"],
        [`rdb:${folder}`, "SEC_ERROR_INVALID_ARGS"],
        ["", "SEC_ERROR_INVALID_ARGS"],
        ["sql:", "SEC_ERROR_INVALID_ARGS"],
      ] as const
    ) {
      await rejectsWith(name, () => init(directory));
      assertFalse(isInitialized());
    }
    assertEquals([...Deno.readDirSync(folder)], []);
  });
});

Deno.test("initContext() opens several databases at once, which know nothing of each other", async () => {
  await withFolders(async (one, two) => {
    await using first = await initContext(one, { readWrite: true });
    await using second = await initContext(two, { readWrite: true });
    await using again = await initContext(one);
    await using memory = await initContext(null, { trustAnchors: [] });
    assertFalse(isInitialized());
    const pair = await first.token.generateKeyPair();
    const certificate = await createCertificate({ ...pair, subject: "CN=x" });
    await importCert(first.certDB, certificate, { nickname: "x" });
    await findKeyByAnyCert(await findCertFromNickname("x", { context: again }), { context: again });
    for (const context of [second, memory]) {
      await rejectsWith("SEC_ERROR_UNKNOWN_CERT", () => findCertFromNickname("x", { context }));
      await rejectsWith("SEC_ERROR_NO_KEY", () => findKeyByAnyCert(certificate, { context }));
    }
  });
});

Deno.test("noDbInit() keeps keys in memory", async () => {
  await using context = await noDbInit();
  assertStrictEquals(defaultContext(), context);
  await using same = await noDbInit();
  assertStrictEquals(same, context);
  const pair = await context.token.generateKeyPair();
  const certificate = await createCertificate({ ...pair, subject: "CN=x" });
  assert((await importCert(context.certDB, certificate, { nickname: "x" })).hasKey);
});

Deno.test("init() gives a new database its password, and asks for it by the context's function", async () => {
  await withFolders(async (folder) => {
    const asked: boolean[] = [];
    const options = {
      password: "secret",
      passwordFunc: (_slot: unknown, retry: boolean) => {
        asked.push(retry);
        return "secret";
      },
    };
    for (let i = 0; i < 2; i++) {
      await using context = await initReadWrite(folder, options);
      assert((await context.token.describe()).needsLogin);
      await context.token.generateKeyPair();
    }
    assertEquals(asked, [false, false]);
  });
});

Deno.test("init() loads the modules of pkcs11.txt where it is told how", async () => {
  await withFolders(async (folder) => {
    await (await initContext(folder, { readWrite: true })).close();
    await Deno.writeTextFile(
      `${folder}/pkcs11.txt`,
      `${await Deno.readTextFile(
        `${folder}/pkcs11.txt`,
      )}library=/usr/lib/card.so\nname=Card\nparameters=p\n\n`,
    );
    const loaded: ConfiguredModule[] = [];
    const token = new SoftToken({ label: "Card" });
    const loadModule = (module: ConfiguredModule) => {
      loaded.push(module);
      return Promise.resolve(new OwnModule("Card", [new Slot({ name: "Reader", token })]));
    };
    {
      await using plain = await initContext(folder);
      assertEquals(plain.modules.length, 2);
    }
    {
      await using context = await initContext(folder, { loadModule });
      assertEquals(loaded, [{ library: "/usr/lib/card.so", name: "Card", parameters: "p" }]);
      assertStrictEquals(context.slots.at(-1)!.token, token);
    }
    await rejectsWith("SEC_ERROR_NO_TOKEN", () => token.generateKeyPair());
    // A slot that modutil has switched off is not used, and is closed all the same
    const list = await Deno.readTextFile(`${folder}/pkcs11.txt`);
    const settings =
      "NSS=slotParams={0x00000002=[slotFlags=Disable ] 0x00000003=[slotFlags=RSA ] }";
    await Deno.writeTextFile(`${folder}/pkcs11.txt`, `${list.trimEnd()}\n${settings}\n`);
    const cards = ["on", "off", "other", "none"].map((label) => new SoftToken({ label }));
    const several = () => {
      const ids = [1, 2n, 3n];
      return Promise.resolve(
        new OwnModule(
          "Cards",
          cards.map((card, i) =>
            new Slot({ name: card.label, token: card, ...ids[i] !== undefined && { id: ids[i] } })
          ),
        ),
      );
    };
    {
      await using context = await initContext(folder, { loadModule: several });
      assertEquals(context.slots.slice(2).map(({ name }) => name), ["on", "other", "none"]);
      assertEquals(context.modules.at(-1)!.describe().name, "Cards");
    }
    for (const card of cards) {
      await rejectsWith("SEC_ERROR_NO_TOKEN", () => card.generateKeyPair());
    }
    const failing = () => Promise.reject(new NssError("SEC_ERROR_NO_MODULE", "Cannot load"));
    await rejectsWith("SEC_ERROR_NO_MODULE", () => initContext(folder, { loadModule: failing }));
  });
});

Deno.test("NssContext finds certificates and keys of tokens that are added, until they are removed", async () => {
  await using context = await initContext(null, { trustAnchors: [] });
  const token = new SoftToken({ label: "Card" });
  const pair = await token.generateKeyPair();
  const certificate = await createCertificate({ ...pair, subject: "CN=card" });
  await importCert(token.certificates, certificate, { nickname: "mine" });
  await rejectsWith("SEC_ERROR_UNKNOWN_CERT", () => findCertFromNickname("Card:mine", { context }));
  const slot = context.addToken(token);
  assertStrictEquals(slot.context, context);
  assert((await findCertFromNickname("Card:mine", { context })).equals(certificate));
  assertEquals(await context.certDB.find({ nickname: "mine" }), []);
  await findKeyByAnyCert(certificate, { context });
  assertEquals(await context.removeModule(context.modules[0]!), false);
  assert(await context.removeModule(context.modules.at(-1)!));
  await rejectsWith("SEC_ERROR_NO_KEY", () => findKeyByAnyCert(certificate, { context }));
  await rejectsWith("SEC_ERROR_UNKNOWN_CERT", () => findCertFromNickname("Card:mine", { context }));
});
