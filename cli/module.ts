// Copyright 2026 the NSS for Deno authors. MIT license.

/** `nss module`: PKCS#11 libraries, their slots and tokens. @module */

import type { Command } from "./base/command.ts";
import { safe } from "./base/text.ts";
import { printing } from "./store/printing.ts";
import { openStore, type Store } from "./store/store.ts";

const list = printing({
  name: "module list",
  args: "",
  text: "List the modules: that of NSS, of the database or of the library",
  options: [],
  examples: [{
    line: "module list --module /usr/lib/softhsm/libsofthsm2.so",
    text: "who has made the library, and how many slots it has",
  }],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    return io.out.table([
      ["MODULE", "SLOTS", "MANUFACTURER", "VERSION", "LIBRARY"],
      ...store.context.modules.map((module) => {
        const { name, library, manufacturer, version } = module.describe();
        return [name, `${module.slots.length}`, manufacturer, version || "-", library ?? "-"]
          .map((cell) => safe(cell));
      }),
    ]);
  },
});

async function stateOf({ context }: Store, token: Store["token"]): Promise<string> {
  const { isReadOnly, isInitialized, needsLogin, isFinalTry, isLocked } = await token.describe();
  return [
    // A command that looks opens the store so
    isReadOnly && token !== context.token && "read-only",
    !isInitialized && "without a password yet",
    needsLogin && "password",
    isFinalTry && "one try left",
    isLocked && "locked",
  ].filter((word) => word !== false).join(", ");
}

const tokens = printing({
  name: "module tokens",
  args: "",
  text: "List the slots with their tokens",
  options: [],
  examples: [{
    line: "module tokens --module /usr/lib/softhsm/libsofthsm2.so",
    text: "which token is in which slot, and whether it wants a password",
  }],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const rows = await Promise.all(store.context.slots.map(async ({ name, token }) => {
      if (token === null) return ["-", "-", "-", "empty", safe(name)];
      const { label, model, serialNumber } = await token.describe();
      return [label, model || "-", serialNumber || "-", await stateOf(store, token) || "open", name]
        .map((cell) => safe(cell));
    }));
    return io.out.table([["TOKEN", "MODEL", "SERIAL", "STATE", "SLOT"], ...rows]);
  },
});

const mechanisms = printing({
  name: "module mechanisms",
  args: "",
  text: "List what a token can do, with the sizes of its keys",
  options: [],
  examples: [{
    line: "module mechanisms --module /usr/lib/softhsm/libsofthsm2.so",
    text: "does the card sign with RSA-PSS?",
  }],
  run: async (args, io) => {
    await using store = await openStore(args, io);
    const found = await store.token.mechanisms();
    return io.out.table([
      ["MECHANISM", "KEYS", "USES"],
      ...found.map(({ name, minKeySize, maxKeySize, uses }) => [
        safe(name),
        minKeySize === undefined ? "-" : `${minKeySize} to ${maxKeySize ?? "any"}`,
        uses.join(", "),
      ]),
    ]);
  },
});

/** The commands. */
export const COMMANDS: readonly Command[] = [list, tokens, mechanisms];
