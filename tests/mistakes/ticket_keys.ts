// Copyright 2026 the NSS for Deno authors. MIT license.

import { Buffer } from "node:buffer";
import { generateKeyPair, NssContext } from "@nss/nss/pkcs11";
import {
  configMPServerSIDCache,
  configServerSessionIDCache,
  inheritMPServerSIDCache,
} from "@nss/nss/ssl";
import { createServer } from "@nss/nss/node";
import { MemorySessionStore } from "../../ssl/session/memory_store.ts";
import type { Mistake } from "./_mistake.ts";

/** The heading. */
export const TOPIC = "Sessions and ticket keys of several processes";

const NAME = "SEC_ERROR_INVALID_ARGS";
const keys = await generateKeyPair("ec-p256");
const store = new MemorySessionStore();
const key = new Uint8Array(48).fill(1);

/** Shares sessions in a new context. */
function share(options: object): Promise<string> {
  return Reflect.apply(configMPServerSIDCache, undefined, [{
    context: new NssContext(),
    ...options,
  }]);
}

/** Configures ticket keys in a new context. */
function configure(ticketKeys: unknown): void {
  Reflect.apply(configServerSessionIDCache, undefined, [{
    context: new NssContext(),
    ticketKeys,
  }]);
}

/** A store that cannot be reached. */
const away = {
  get: () => Promise.reject(new Error("connection refused")),
  put: () => Promise.reject(new Error("connection refused")),
  replace: () => Promise.reject(new Error("connection refused")),
  epoch: () => Promise.reject(new Error("connection refused")),
};

/** The mistakes. */
export const MISTAKES: readonly Mistake[] = [
  {
    mistake: "`configMPServerSIDCache()` with a store and a path",
    make: () => share({ store, path: "sessions.kv" }),
    name: NAME,
    says: "Cannot configure session cache: path and store exclude each other; give one of them",
  },
  {
    mistake: "a store that is a `Map`",
    make: () => share({ store: new Map() }),
    name: NAME,
    says:
      "Cannot configure session cache: store is an object of type Map, not a SessionStore: it has no method put",
  },
  {
    mistake: "`inheritMPServerSIDCache(text)` without the store that the other process has",
    make: async () => {
      const text = await share({ store });
      await inheritMPServerSIDCache(text, { context: new NssContext() });
    },
    name: NAME,
    says:
      "Cannot inherit session cache: it is in a store that was open already; give the option kv or store",
  },
  {
    mistake: "`inheritMPServerSIDCache(text)` of another version",
    make: () =>
      inheritMPServerSIDCache('{"form":1,"secret":""}', { store, context: new NssContext() }),
    name: NAME,
    says: "Cannot inherit session cache: its description is damaged or of another version",
  },
  {
    mistake: "a password in place of a secret",
    make: () => share({ store, secret: "correct horse battery staple" }),
    name: NAME,
    says:
      "Cannot configure session cache: secret is a string, not 32 bytes, a password or a PrivateKey; a password is { password }",
  },
  {
    mistake: "an empty password",
    make: () => share({ store, secret: { password: "" } }),
    name: NAME,
    says: "Cannot configure session cache: secret.password is empty",
  },
  {
    mistake: "a secret of 16 bytes",
    make: () => share({ store, secret: new Uint8Array(16) }),
    name: NAME,
    says: "Cannot configure session cache: secret has 16 bytes, not 32",
  },
  {
    mistake: "a key pair as secret",
    make: () => share({ store, secret: keys }),
    name: NAME,
    says: "Cannot configure session cache: secret is a key pair; did you mean its privateKey?",
  },
  {
    mistake: "a key of ECDSA as secret",
    make: () => share({ store, secret: keys.privateKey }),
    name: NAME,
    says:
      "Cannot configure session cache: the key given as secret is of type ec, whose signatures are random, and processes could not derive the same from it; give a key of Ed25519, or of RSA that signs with PKCS #1, a password, or 32 bytes",
  },
  {
    mistake: "a password, and a store that cannot be reached",
    make: () => share({ store: away, secret: { password: "x" } }),
    name: "SEC_ERROR_IO",
    says:
      "Cannot configure session cache: the store does not give the salt of the password; see whether it can be reached, or give 32 bytes as secret, which need no salt",
  },
  {
    mistake: "ticket keys that change each second, for tickets of two days",
    make: () => share({ store, ticketKeyRotation: 1 }),
    name: NAME,
    says:
      "Cannot configure session cache: tickets that last for 172800 s under keys that change every 1 s need 172800 / 1 + 3 = 172803 keys at a time, more than 256; let ticketKeyRotation be 684 or more, or shorten ticketLifetime",
  },
  {
    mistake: "`configMPServerSIDCache({ store, ticketKeys })`",
    make: () => share({ store, ticketKeys: key }),
    name: NAME,
    says:
      "Cannot configure session cache: ticketKeys exclude a store, which has keys that are renewed; give them to configServerSessionIDCache(), or leave them out",
  },
  {
    mistake: "ticket keys of 80 bytes, as nginx also takes",
    make: () => configure(new Uint8Array(80)),
    name: NAME,
    says:
      "Cannot configure session cache: ticketKeys has 80 bytes, not 48: 16 of a name and 32 of secrets",
  },
  {
    mistake: "no ticket key",
    make: () => configure([]),
    name: NAME,
    says: "Cannot configure session cache: ticketKeys is empty: there has to be a key to seal with",
  },
  {
    mistake: "one ticket key twice",
    make: () => configure([key, key]),
    name: NAME,
    says:
      "Cannot configure session cache: ticketKeys[1] has the name of another key: the first 16 bytes have to differ",
  },
  {
    mistake: "`createServer({ ticketKeys })` of `node` with 47 bytes",
    make: () => createServer({ ticketKeys: Buffer.alloc(47) }),
    name: NAME,
    says: "Cannot use option ticketKeys: it has 47 bytes, not 48",
  },
  {
    mistake: '`createServer().setTicketKeys("...")`',
    make: () => {
      const server = createServer();
      Reflect.apply(server.setTicketKeys, server, ["a text"]);
    },
    name: "TypeError",
    says: "Cannot set ticket keys: they are a string, not a Buffer of 48 bytes",
  },
  {
    mistake: "`createServer().setTicketKeys()` of 80 bytes",
    make: () => createServer().setTicketKeys(Buffer.alloc(80)),
    name: "TypeError",
    says:
      "Session ticket keys must be a 48-byte buffer: these are 80 bytes; crypto.randomBytes(48) makes some",
  },
];
