// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertFalse, assertRejects, assertStrictEquals } from "@std/assert";
import { NssContext } from "../../../pkcs11/context/context.ts";
import {
  MAX_PASSWORD_TRIES,
  type PasswordAnswer,
  PW_AUTHENTICATED,
  setPasswordFunc,
} from "../../../pkcs11/slots/slot.ts";
import { Slot } from "../../../pkcs11/slots/slot.ts";
import { SoftToken } from "../../../pkcs11/token/softoken.ts";
import type { TokenInfo } from "../../../pkcs11/token/token.ts";
import { rejectsWith } from "../_rejects_with.ts";

function guarded(): { slot: Slot; token: SoftToken } {
  const token = new SoftToken({ label: "Guarded", password: "secret" });
  return { token, slot: new Slot({ name: "Slot", token }) };
}

Deno.test("Slot.authenticate() asks with retry after a wrong answer, and hands the argument on", async () => {
  const { slot } = guarded();
  const asked: unknown[] = [];
  setPasswordFunc((asking, retry, arg) => {
    assertStrictEquals(asking, slot);
    asked.push([retry, arg]);
    return retry ? "secret" : "wrong";
  }, { for: slot });
  await slot.authenticate({ pinArg: "arg" });
  assertEquals(asked, [[false, "arg"], [true, "arg"]]);
  await slot.authenticate({ pinArg: "again" });
  assertEquals(asked.length, 2);
});

Deno.test("Slot.authenticate() tries no more than MAX_PASSWORD_TRIES passwords", async () => {
  for (const right of [MAX_PASSWORD_TRIES, MAX_PASSWORD_TRIES + 1]) {
    const { slot, token } = guarded();
    let tries = 0;
    setPasswordFunc(() => ++tries === right ? "secret" : "wrong", { for: slot });
    if (right === MAX_PASSWORD_TRIES) await slot.authenticate();
    else await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => slot.authenticate());
    assertEquals(tries, MAX_PASSWORD_TRIES);
    assertEquals(token.isLoggedIn, right === MAX_PASSWORD_TRIES);
  }
});

Deno.test("Slot.authenticate() asks once for all who wait, and they share the failure", async () => {
  const { slot, token } = guarded();
  let prompts = 0;
  const answers: PasswordAnswer[] = [null, "secret"];
  setPasswordFunc(async () => {
    prompts++;
    await new Promise((resolve) => setTimeout(resolve, 5));
    return answers.shift();
  }, { for: slot });
  const all = () => Promise.allSettled(Array.from({ length: 50 }, () => token.generateKeyPair()));
  const failed = await all();
  assertEquals(prompts, 1);
  assert(failed.every((result) => result.status === "rejected"));
  assert((await all()).every((result) => result.status === "fulfilled"));
  assertEquals(prompts, 2);
});

Deno.test("Slot.authenticate() calls a wrong password wrong, also where the function has no other", async () => {
  for (
    const [answers, name, says] of [
      [[null], "SEC_ERROR_BAD_PASSWORD", "the password function returned none"],
      [["wrong", null], "SEC_ERROR_BAD_PASSWORD", "the password is wrong"],
      [
        ["wrong", "wrong", undefined],
        "SEC_ERROR_BAD_PASSWORD",
        "the password is wrong, 2 were tried",
      ],
      [
        ["wrong", "wrong", "wrong"],
        "SEC_ERROR_BAD_PASSWORD",
        "the password is wrong, 3 were tried",
      ],
      [
        [PW_AUTHENTICATED],
        "SEC_ERROR_BAD_PASSWORD",
        "the password function says that it is logged in, and it is not",
      ],
      [
        [42],
        "SEC_ERROR_INVALID_ARGS",
        "the password function returned neither a string, null nor PW_AUTHENTICATED",
      ],
    ] as const
  ) {
    const { slot } = guarded();
    const left: unknown[] = [...answers];
    setPasswordFunc(() => left.shift() as PasswordAnswer, { for: slot });
    const error = await rejectsWith(name, () => slot.authenticate());
    assertEquals(error.message, `Cannot log in to token "Guarded": ${says}`);
    assertEquals(left, []);
  }
});

Deno.test("Slot.authenticate() fails where the function gives up, throws or is none", async () => {
  for (const answer of [null, undefined]) {
    const { slot } = guarded();
    setPasswordFunc(() => answer, { for: slot });
    const error = await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => slot.authenticate());
    assertFalse(error.message.includes("secret"));
  }
  const { slot } = guarded();
  setPasswordFunc(() => {
    throw new RangeError("no terminal");
  }, { for: slot });
  await assertRejects(() => slot.authenticate(), RangeError, "no terminal");
  setPasswordFunc(null, { for: slot });
  await rejectsWith("SEC_ERROR_TOKEN_NOT_LOGGED_IN", () => slot.authenticate());
  const empty = new Slot({ name: "Empty", token: null });
  await rejectsWith("SEC_ERROR_NO_TOKEN", () => empty.authenticate());
});

Deno.test("Slot.authenticate() believes PW_AUTHENTICATED if it is so", async () => {
  const { slot, token } = guarded();
  setPasswordFunc(() => PW_AUTHENTICATED, { for: slot });
  await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => slot.authenticate());
  setPasswordFunc(async () => {
    await token.login("secret");
    return PW_AUTHENTICATED;
  }, { for: slot });
  await slot.authenticate();
  assert(token.isLoggedIn);
});

/** A smart card: so many wrong passwords lock it. */
class Card extends SoftToken {
  left: number;
  constructor(left: number) {
    super({ label: "Card", password: "secret" });
    this.left = left;
  }
  override async describe(): Promise<TokenInfo> {
    const info = await super.describe();
    return { ...info, isFinalTry: this.left === 1, isLocked: this.left <= 0 };
  }
  override async login(password: string | null): Promise<boolean> {
    const isRight = await super.login(password);
    if (!isRight) this.left--;
    return isRight;
  }
}

Deno.test("Slot.authenticate() never makes the attempt that would lock the token after a wrong one", async () => {
  const card = new Card(2);
  const slot = new Slot({ name: "Reader", token: card });
  setPasswordFunc(() => "wrong", { for: slot });
  await rejectsWith("SEC_ERROR_BAD_PASSWORD", () => slot.authenticate());
  assertEquals(card.left, 1);
  // Whoever asks again is asked again: a person may know better now
  setPasswordFunc(() => "secret", { for: slot });
  await slot.authenticate();
  card.left = 0;
  await card.logout();
  await rejectsWith("SEC_ERROR_LOCKED_PASSWORD", () => slot.authenticate());
});

Deno.test("setPasswordFunc() of a slot comes before that of its context, and that before the common one", async () => {
  const answers: string[] = [];
  const give = (who: string) => () => {
    answers.push(who);
    return "secret";
  };
  const token = new SoftToken({ label: "Guarded", password: "secret" });
  const context = new NssContext({ trustAnchors: [] });
  const slot = context.addToken(token);
  const owners = [undefined, context, slot] as const;
  try {
    for (const [i, owner] of owners.entries()) {
      setPasswordFunc(give(String(i)), owner === undefined ? {} : { for: owner });
      await slot.authenticate();
      await token.logout();
    }
    for (const owner of [slot, context]) {
      setPasswordFunc(null, { for: owner });
      await slot.authenticate();
      await token.logout();
    }
    assertEquals(answers, ["0", "1", "2", "1", "0"]);
  } finally {
    setPasswordFunc(null);
  }
});
