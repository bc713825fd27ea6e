// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Messages that are lost, doubled, late, altered or replaced between the handshake layer and record
 * protection, in both directions of every kind of handshake.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { NssContext } from "../../pkcs11/context/context.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import type { ClientSession } from "../../ssl/base/session_cache.ts";
import type { ImportOptions, Role } from "../../ssl/config/import_options.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { assertExpected } from "./_expectations.ts";
import { MESSAGE_ROWS, type Row, type Scenario } from "./_filter_rows.ts";
import { actOn } from "./_filters.ts";
import {
  clientOptions,
  IMPATIENCE,
  join,
  type JoinOptions,
  outcomeOf,
  PATIENCE,
  PKI,
  session,
  shake,
} from "./_support.ts";
import { ONLY_TLS13 } from "./_tls12.ts";

/** TLS 1.3 alone, and one share only, so that what the server chooses is known. */
const CLIENT: ImportOptions = {
  versions: ONLY_TLS13,
  keyShares: ["x25519"],
  alpnProtocols: ["h2", "x"],
};
const SERVER: ImportOptions = { versions: ONLY_TLS13, alpnProtocols: ["h2"] };

const AUTH: { readonly client: ImportOptions; readonly server: ImportOptions } = {
  client: { ...CLIENT, certificates: [PKI.client.credential] },
  server: { ...SERVER, clientAuth: "require" },
};

const contexts = { client: new NssContext(), server: new NssContext() };
let kept: ClientSession | undefined;

/** Puts the one session that this process makes back into the client's cache. */
async function restoreSession(): Promise<void> {
  const config = resolveConfig(clientOptions({ ...CLIENT, context: contexts.client }));
  const key = clientSessionKey(config, PEER_ADDRESS)!;
  const cache = clientSessionCache(contexts.client);
  if (kept === undefined) {
    const [info] = await session(resumable());
    assertEquals(info.resumed, false);
    kept = cache.take(key, Date.now());
  }
  cache.clear();
  cache.put(key, kept!);
}

const PEER_ADDRESS = JSON.stringify({ transport: "tcp", hostname: "127.0.0.1", port: 443 });

function resumable(): JoinOptions {
  return {
    client: { ...CLIENT, context: contexts.client },
    server: { ...SERVER, context: contexts.server },
  };
}

const SCENARIOS: Readonly<Record<Scenario, () => Promise<JoinOptions>>> = {
  full: () => Promise.resolve({ client: CLIENT, server: SERVER }),
  retry: () => Promise.resolve({ client: CLIENT, server: { ...SERVER, groups: ["secp256r1"] } }),
  auth: () => Promise.resolve(AUTH),
  resumed: async () => {
    await restoreSession();
    return resumable();
  },
};

/** Runs a scenario with a filter on one end's messages and asserts what both ends report. */
async function check(
  scenario: Scenario,
  sender: Role,
  filter: ReturnType<typeof actOn>,
  expectation: Row[2],
): Promise<void> {
  const options = await SCENARIOS[scenario]();
  const patience = (role: Role) => ({
    handshakeTimeout: "waits" in expectation && expectation.waits === role ? IMPATIENCE : PATIENCE,
  });
  await using joined = join({
    client: { ...options.client, ...patience("client") },
    server: { ...options.server, ...patience("server") },
    [sender === "client" ? "clientInternals" : "serverInternals"]: { messageFilter: filter },
  });
  const [client, server] = await Promise.all([outcomeOf(joined.client), outcomeOf(joined.server)]);
  assertExpected(expectation, client, server);
}

for (const [scenario, options] of Object.entries(SCENARIOS)) {
  Deno.test(`messageFilter leaves a handshake alone that it passes on (${scenario})`, async () => {
    const joinOptions = await options();
    await using joined = join({
      ...joinOptions,
      clientInternals: { messageFilter: ({ raw }) => [raw] },
      serverInternals: { messageFilter: ({ raw }) => [raw] },
    });
    const [client, server] = await shake(joined);
    const expected = {
      resumed: scenario === "resumed",
      helloRetryRequest: scenario === "retry",
    };
    for (const { resumed, helloRetryRequest } of [client, server]) {
      assertEquals({ resumed, helloRetryRequest }, expected);
    }
    assertEquals(server.peerCertificates.length, scenario === "auth" ? 1 : 0);
  });
}

for (const { scenario, sender, message, type, index = 0, rows } of MESSAGE_ROWS) {
  Deno.test(`SslEngine says what is wrong with a ${sender}'s ${message} (${scenario} handshake)`, async (t) => {
    for (const [name, action, expectation, rfc] of rows) {
      const title = rfc === undefined ? name : `${name} (RFC 8446, ${rfc})`;
      await t.step(title, () => check(scenario, sender, actOn(type, index, action), expectation));
    }
  });
}

Deno.test("MESSAGE_ROWS have all actions for every message, each once", () => {
  for (const { scenario, sender, message, rows } of MESSAGE_ROWS) {
    const names = rows.map(([name]) => name);
    assertEquals(new Set(names).size, names.length, `${scenario} ${sender} ${message}`);
    for (const action of ["drop", "duplicate", "reorder", "truncate", "append"]) {
      assertNotEquals(
        names.indexOf(action),
        -1,
        `${scenario} ${sender} ${message} lacks ${action}`,
      );
    }
    for (const kind of [/^as /, /^(flip|another|request context)/]) {
      assertNotEquals(names.findIndex((name) => kind.test(name)), -1, `${message} lacks ${kind}`);
    }
  }
  assertEquals(HandshakeType.finished, 20);
});
