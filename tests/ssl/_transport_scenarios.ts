// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * What two sockets do with each other until both are closed, in the tests whose transport fails
 * somewhere on the way.
 *
 * @module
 */

import { assertEquals, assertInstanceOf } from "@std/assert";
import { keyUpdate, newModel, optionSet, type ProtocolVersion, reHandshake } from "@nss/nss";
import { NssContext } from "../../pkcs11/context/context.ts";
import { SslError } from "../../ssl/base/errors.ts";
import type { ImportOptions, Role } from "../../ssl/config/import_options.ts";
import type { SslSocket } from "../../ssl/base/socket_type.ts";
import { clientOptions, pattern, PKI, readExactly, serverOptions, session } from "./_support.ts";

/** Longer than one record, so that a transport may stop between two. */
const LENGTH = 20_000;

/** The calls that a script makes on a socket, and what becomes of them. */
export class Calls {
  /** The errors, in the order in which the calls met them. */
  readonly errors: SslError[] = [];
  readonly #settled: Promise<unknown>[] = [];

  /** Makes a call. */
  make<T>(call: Promise<T>): Promise<T> {
    this.#settled.push(call.then(() => {}, (error) => {
      assertInstanceOf(error, SslError);
      this.errors.push(error);
    }));
    return call;
  }

  /** Settles when all calls have. */
  async settled(): Promise<void> {
    await Promise.all(this.#settled);
  }
}

/**
 * A peer has closed its end in order, before all was said: what an application does that gives up.
 */
export class EndedEarly extends Error {}

/** What one end does, call by call. */
export type Script = (socket: SslSocket, calls: Calls) => Promise<void>;

/** Options of both ends, and what they do. */
export interface Scenario {
  /** The options of a new pair of ends. */
  readonly options: (version: ProtocolVersion) => Promise<Readonly<Record<Role, ImportOptions>>>;
  /** What each end does after the handshake, until it closes its socket. */
  readonly scripts: Readonly<Record<Role, Script>>;
}

async function exchange(socket: SslSocket, calls: Calls, length = LENGTH): Promise<void> {
  await Promise.all([
    calls.make(socket.write(pattern(length))),
    take(socket, calls, length),
  ]);
}

/** Reads so many bytes, which must be those that were sent. */
async function take(socket: SslSocket, calls: Calls, length: number): Promise<void> {
  const bytes = await calls.make(readExactly(socket, length));
  assertEquals(bytes, pattern(length).subarray(0, bytes.length));
  if (bytes.length < length) throw new EndedEarly();
}

async function finish(socket: SslSocket, calls: Calls): Promise<void> {
  await calls.make(socket.closeWrite());
  assertEquals(await calls.make(socket.read(new Uint8Array(1))), null);
  await calls.make(socket.close());
}

const talk: Script = async (socket, calls) => {
  await calls.make(socket.handshake());
  await exchange(socket, calls);
  await finish(socket, calls);
};

/** Wants another handshake while it reads, and goes on when the peer has answered. */
const askAgain: Script = async (socket, calls) => {
  await calls.make(socket.handshake());
  await Promise.all([
    calls.make(reHandshake(socket)),
    take(socket, calls, 10),
  ]);
  await calls.make(socket.write(pattern(10)));
  await finish(socket, calls);
};

const answerAgain: Script = async (socket, calls) => {
  await calls.make(socket.handshake());
  await calls.make(socket.write(pattern(10)));
  await take(socket, calls, 10);
  await finish(socket, calls);
};

const renewKeys: Script = async (socket, calls) => {
  await calls.make(socket.handshake());
  await Promise.all([calls.make(keyUpdate(socket, true)), exchange(socket, calls)]);
  await exchange(socket, calls, 10);
  await finish(socket, calls);
};

// deno-lint-ignore require-await
async function fresh(
  version: ProtocolVersion,
  own: Partial<Record<Role, ImportOptions>> = {},
): Promise<Record<Role, ImportOptions>> {
  const versions = { min: version, max: version };
  return {
    client: clientOptions({ versions, ...own.client }),
    server: serverOptions({ versions, ...own.server }),
  };
}

/** Both ends with an option set that `importFD` has not. */
function willing(role: Role, version: ProtocolVersion): ImportOptions {
  const options = role === "client"
    ? clientOptions({ certificates: [PKI.client.credential] })
    : serverOptions({ clientAuth: "none" });
  const model = newModel(options);
  if (version === "TLSv1.2") optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  else if (role === "client") optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true);
  return { ...options, model };
}

const again = (version: ProtocolVersion) =>
  fresh(version, { client: willing("client", version), server: willing("server", version) });

const BOTH: readonly ProtocolVersion[] = ["TLSv1.3", "TLSv1.2"];

/** The scenarios, and the versions that have them. */
export const SCENARIOS: Readonly<
  Record<string, Scenario & { readonly versions: readonly ProtocolVersion[] }>
> = {
  "a full handshake, data and close": {
    versions: BOTH,
    options: fresh,
    scripts: { client: talk, server: talk },
  },
  "a resumed handshake": {
    versions: BOTH,
    options: async (version) => {
      const options = await fresh(version, {
        client: { context: new NssContext({ trustAnchors: [] }) },
        server: { context: new NssContext({ trustAnchors: [] }) },
      });
      await session(options);
      return options;
    },
    scripts: {
      client: async (socket, calls) => {
        const { resumed } = await calls.make(socket.handshake());
        assertEquals(resumed, true);
        await exchange(socket, calls, 10);
        await finish(socket, calls);
      },
      server: async (socket, calls) => {
        await calls.make(socket.handshake());
        await exchange(socket, calls, 10);
        await finish(socket, calls);
      },
    },
  },
  "client authentication": {
    versions: BOTH,
    options: (version) =>
      fresh(version, {
        client: { certificates: [PKI.client.credential] },
        server: { clientAuth: "require" },
      }),
    scripts: { client: talk, server: talk },
  },
  "KeyUpdates": {
    versions: ["TLSv1.3"],
    options: fresh,
    scripts: { client: renewKeys, server: renewKeys },
  },
  "a renegotiation": {
    versions: ["TLSv1.2"],
    options: again,
    scripts: { client: askAgain, server: answerAgain },
  },
  "authentication after the handshake": {
    versions: ["TLSv1.3"],
    options: again,
    scripts: {
      client: answerAgain,
      server: (socket, calls) => {
        optionSet(socket, "REQUEST_CERTIFICATE", true);
        return askAgain(socket, calls);
      },
    },
  },
  "a half-close": {
    versions: BOTH,
    options: fresh,
    scripts: {
      client: async (socket, calls) => {
        await calls.make(socket.write(pattern(10)));
        await calls.make(socket.closeWrite());
        await take(socket, calls, LENGTH);
        assertEquals(await calls.make(socket.read(new Uint8Array(1))), null);
        await calls.make(socket.close());
      },
      server: async (socket, calls) => {
        await take(socket, calls, 10);
        assertEquals(await calls.make(socket.read(new Uint8Array(1))), null);
        await calls.make(socket.write(pattern(LENGTH)));
        await calls.make(socket.close());
      },
    },
  },
};
