// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Certificate } from "../../../cert/certificate/certificate.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import {
  findCertFromNickname,
  findCertsFromNickname,
  findKeyByAnyCert,
} from "../../../pkcs11/context/find.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import { setPasswordFunc } from "../../../pkcs11/slots/slot.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import { formatPkcs11Uri } from "../../../pkcs11/context/uri.ts";
import { rejectsWith } from "../_rejects_with.ts";

const DAY = 86_400_000;
const now = Date.now();

/** A context with two tokens; the second needs a password. */
async function setUp() {
  const context = new NssContext({ trustAnchors: [] });
  const card = new SoftToken({ label: "Card: one", password: "secret" });
  const slot = context.addToken(card);
  let prompts = 0;
  setPasswordFunc(() => {
    prompts++;
    return "secret";
  }, { for: slot });
  await card.login("secret");
  const issue = async (
    token: SoftToken,
    nickname: string,
    subject: string,
    more: { notBefore?: Date; notAfter?: Date; email?: string } = {},
  ): Promise<Certificate> => {
    const pair = await token.generateKeyPair();
    const { notBefore = new Date(now - DAY), notAfter = new Date(now + DAY) } = more;
    const certificate = await createCertificate({ ...pair, subject, notBefore, notAfter });
    await importCert(token.certificates, certificate, { nickname });
    return certificate;
  };
  const own = context.token as SoftToken;
  const old = await issue(own, "server", "CN=server", { notBefore: new Date(now - 3 * DAY) });
  const current = await issue(own, "server", "CN=server", { notBefore: new Date(now - 2 * DAY) });
  const future = await issue(own, "server", "CN=server", { notBefore: new Date(now + DAY / 2) });
  const onCard = await issue(card, "mine", "CN=mine,E=joe@example.com");
  await card.logout();
  return { context, card, old, current, future, onCard, prompts: () => prompts };
}

Deno.test("findCertFromNickname() finds by nickname, token, fingerprint, e-mail and URI", async () => {
  const { context, old, current, future, onCard, prompts } = await setUp();
  const fingerprint = (await onCard.fingerprint()).toHex();
  const sha1 = (await onCard.fingerprint("SHA-1")).toHex();
  const { id } = (await context.slots.at(-1)!.token!.listKeys())[0]!;
  for (
    const [name, expected] of [
      ["server", current],
      ["Memory:server", current],
      ["Card: one:mine", onCard],
      [fingerprint, onCard],
      [fingerprint.toUpperCase().match(/../g)!.join(":"), onCard],
      [`sha256:${fingerprint}`, onCard],
      [sha1, onCard],
      [`SHA-1:${sha1}`, onCard],
      ["joe@example.com", onCard],
      ["JOE@EXAMPLE.COM", onCard],
      ["pkcs11:object=server", current],
      ["pkcs11:object=mine;type=cert", onCard],
      [formatPkcs11Uri({ token: "Card: one" }), onCard],
      [formatPkcs11Uri({ id }), onCard],
      ["pkcs11:model=Memory;manufacturer=NSS%20for%20Deno;object=mine", onCard],
      ["pkcs11:slot-description=Card:%20one", onCard],
    ] as const
  ) {
    assert((await findCertFromNickname(name, { context })).equals(expected), name);
  }
  for (
    const name of [
      "mine",
      "",
      "Card: one:server",
      "Card:mine",
      `sha1:${fingerprint}`,
      fingerprint.slice(2),
      "jim@example.com",
      "pkcs11:token=other",
      "pkcs11:object=mine;token=Memory",
      "pkcs11:object=mine;library-version=9",
      "pkcs11:object=mine?module-path=/x",
      "pkcs11:slot-id=1",
      "pkcs11:id=%01",
    ]
  ) {
    await rejectsWith("SEC_ERROR_UNKNOWN_CERT", () => findCertFromNickname(name, { context }));
    assertEquals(await findCertsFromNickname(name, { context }), []);
  }
  await rejectsWith("SEC_ERROR_INVALID_ARGS", () => findCertFromNickname("pkcs11:x", { context }));
  await rejectsWith(
    "SEC_ERROR_INVALID_ARGS",
    () => findCertFromNickname("pkcs11:type=private", { context }),
  );
  assertEquals(prompts(), 0);
  assertEquals(
    (await findCertsFromNickname("server", { context })).map(({ der }) => der),
    [future, current, old].map(({ der }) => der),
  );
  const then = new Date(now + 0.75 * DAY);
  assert((await findCertFromNickname("server", { context, time: then })).equals(future));
});

Deno.test("findCertFromNickname() makes no guess between two subjects", async () => {
  const { context, onCard } = await setUp();
  const pair = await generateKeyPair();
  const other = await createCertificate({ ...pair, subject: "CN=Joe,E=joe@example.com" });
  await importCert(context.certDB, other, { nickname: "joe" });
  const error = await rejectsWith(
    "SEC_ERROR_BAD_NICKNAME",
    () => findCertFromNickname("joe@example.com", { context }),
  );
  for (const certificate of [onCard, other]) {
    assertStringIncludes(error.message, (await certificate.fingerprint()).toHex().slice(0, 16));
  }
  assertEquals((await findCertsFromNickname("joe@example.com", { context })).length, 2);
});

Deno.test("findCertFromNickname() logs in with the pin-value of a URI", async () => {
  const { context, card, prompts } = await setUp();
  await rejectsWith(
    "SEC_ERROR_BAD_PASSWORD",
    () => findCertFromNickname("pkcs11:object=mine?pin-value=wrong", { context }).then(() => {}),
  );
  await findCertFromNickname("pkcs11:token=Card:%20one;object=mine?pin-value=secret", { context });
  assert(card.isLoggedIn);
  assertEquals(prompts(), 0);
});

Deno.test("findKeyByAnyCert() asks for a password only where the key is", async () => {
  const { context, current, onCard, prompts } = await setUp();
  await findKeyByAnyCert(current, { context });
  assertEquals(prompts(), 0);
  const key = await findKeyByAnyCert(onCard, { context });
  assertEquals(key.algorithm, { type: "ec", curve: "P-256" });
  assertEquals(prompts(), 1);
  const stranger = await createCertificate({ ...await generateKeyPair(), subject: "CN=stranger" });
  await rejectsWith("SEC_ERROR_NO_KEY", () => findKeyByAnyCert(stranger, { context }));
});

Deno.test("findKeyByAnyCert() says what a token said if no other has the key", async () => {
  const { context, current, onCard } = await setUp();
  setPasswordFunc(() => null, { for: context.slots.at(-1)! });
  await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => findKeyByAnyCert(onCard, { context }));
  await findKeyByAnyCert(current, { context });
});
