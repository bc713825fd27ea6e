// Copyright 2026 the NSS for Deno authors. MIT license.

import { NssContext } from "@nss/nss/pkcs11";
import { configClientSessionCache } from "@nss/nss/ssl";
import {
  MemorySessionStore,
  openKvSessionStore,
  RedisSessionStore,
} from "@nss/nss/ssl/session-store";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Session stores";

const store = new MemorySessionStore();
const context = new NssContext({ trustAnchors: [] });
const answering = (answer: unknown) =>
  new RedisSessionStore({ command: () => Promise.resolve(answer) });
const value = new Uint8Array([1]);

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "a store for the sessions of clients, and no secret",
    make: () => configClientSessionCache({ context, store }),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot configure session cache: sessions in a store need a secret: 32 random bytes, a password or a key",
  },
  {
    mistake: "a secret of 16 bytes for the sessions in a store",
    make: () => configClientSessionCache({ context, store, secret: new Uint8Array(16) }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot configure session cache: secret has 16 bytes, not 32",
  },
  {
    mistake: "a secret without a store",
    make: () => configClientSessionCache({ context, secret: new Uint8Array(32) }),
    name: "SEC_ERROR_INVALID_ARGS",
    says:
      "Cannot configure session cache: there is a secret and no store that it could encrypt sessions in",
  },
  {
    mistake: "a client of Redis in place of the function that sends commands",
    make: () => new RedisSessionStore(JSON.parse('{ "command": {} }')),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use Redis: command is an object, not a function",
  },
  {
    mistake: "a prefix of keys with braces",
    make: () => new RedisSessionStore({ command: () => Promise.resolve(), prefix: "{app}" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot use Redis: prefix has braces, which choose the node of a cluster",
  },
  {
    mistake: "a function that sends commands and returns nothing",
    make: () => answering(undefined).get("row"),
    name: "SEC_ERROR_IO",
    says: "Cannot read row: the function command returned undefined, not the answer of Redis",
  },
  {
    mistake: "a client of Redis that answers a write with JSON",
    make: () => answering({ result: "OK" }).put("row", value, 1000),
    name: "SEC_ERROR_IO",
    says: "Cannot write row: the function command returned an object, not the answer of Redis",
  },
  {
    mistake: "an answer to a script that no script of ours gives",
    make: () => answering("maybe").replace("row", null, value, 1000),
    name: "SEC_ERROR_IO",
    says: "Cannot replace row: the answer to EVAL is neither 0 nor 1",
  },
  {
    mistake: "a server of Redis that forbids INFO",
    make: async () => {
      const store = answering("");
      await store.epoch("row");
      throw store.problem;
    },
    name: "SEC_ERROR_IO",
    says:
      "Cannot read the epoch of Redis: the server does not tell its role:master and master_replid; allow the command INFO in scripts (ACL: +info), or early data is refused",
  },
  {
    mistake: "an epoch that is a sentence",
    make: () => openKvSessionStore({ path: ":memory:", epoch: "after the backup" }),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot open session store: epoch is not 1 to 16 letters, digits, ., - and _",
  },
  {
    mistake: "a name of a row with a colon",
    make: () => answering("").get("a:b"),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot read row: its name is not 1 to 64 letters, digits, - and _",
  },
  {
    mistake: "a value of a row that is too long",
    make: () => answering("OK").put("row", new Uint8Array(60_001), 1000),
    name: "SEC_ERROR_INVALID_ARGS",
    says: "Cannot write row: its value has 60001 bytes, not 1 to 60000",
  },
  {
    mistake: "more rows than a store in memory has room for",
    make: () => {
      const small = new MemorySessionStore(1);
      small.put("a", value, 1000);
      small.put("b", value, 1000);
    },
    name: "SEC_ERROR_IO",
    says: "Cannot write row: the store is full, with 1 rows that have not expired",
  },
];
