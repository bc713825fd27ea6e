// Copyright 2026 the NSS for Deno authors. MIT license.

/** Commands that look at a store as PKCS#11 does: slots, tokens, mechanisms. @module */

import { safe } from "../base/text.ts";
import { printing } from "./printing.ts";
import { openStore, type Store } from "./store.ts";

async function stateOf({ context }: Store, token: Store["token"]): Promise<string[]> {
  const { isReadOnly, isInitialized, needsLogin, isFinalTry, isLocked } = await token.describe();
  return [
    // A command that looks opens the store so
    isReadOnly && token !== context.token && "read-only",
    !isInitialized && "without a password yet",
    needsLogin && "password",
    isFinalTry && "one try left",
    isLocked && "locked",
  ].filter((word) => word !== false);
}

/** The command. */
export const tokens = printing({
  name: "module tokens",
  args: "",
  text: "List the slots with their tokens",
  options: [],
  examples: [{
    line: "module tokens --module /usr/lib/softhsm/libsofthsm2.so",
    text: "which token is in which slot, and whether it wants a password",
  }],
  json: {
    slots: "the slots: name, and token, null for none: label, model, serialNumber, manufacturer, " +
      "and state, a list of words",
  },
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const slots = await Promise.all(store.context.slots.map(async ({ name, token }) => {
      if (token === null) return { name, token };
      const { label, model, serialNumber, manufacturer } = await token.describe();
      const state = await stateOf(store, token);
      return { name, token: { label, model, serialNumber, manufacturer, state } };
    }));
    const rows = slots.map(({ name, token }) => {
      if (token === null) return ["-", "-", "-", "empty", safe(name)];
      const { label, model, serialNumber, state } = token;
      return [label, model || "-", serialNumber || "-", state.join(", ") || "open", name]
        .map((cell) => safe(cell));
    });
    return {
      text: io.out.table([["TOKEN", "MODEL", "SERIAL", "STATE", "SLOT"], ...rows]),
      json: { slots },
    };
  },
});

/** The command. */
export const mechanisms = printing({
  name: "module mechanisms",
  args: "",
  text: "List what a token can do, with the sizes of its keys",
  options: [],
  examples: [{
    line: "module mechanisms --module /usr/lib/softhsm/libsofthsm2.so",
    text: "does the card sign with RSA-PSS?",
  }],
  json: {
    token: "the label of the token",
    mechanisms: "the mechanisms: name, minKeySize and maxKeySize (null where unknown), uses",
  },
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const found = await store.token.mechanisms();
    return {
      text: io.out.table([
        ["MECHANISM", "KEYS", "USES"],
        ...found.map(({ name, minKeySize, maxKeySize, uses }) => [
          safe(name),
          minKeySize === undefined ? "-" : `${minKeySize} to ${maxKeySize ?? "any"}`,
          uses.join(", "),
        ]),
      ]),
      json: {
        token: store.token.label,
        mechanisms: found.map(({ name, minKeySize = null, maxKeySize = null, uses }) => ({
          name,
          minKeySize,
          maxKeySize,
          uses,
        })),
      },
    };
  },
});
