// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * Messages of TLS 1.2 that are lost, doubled, late, altered or replaced between the handshake layer
 * and record protection, in both directions of every kind of handshake.
 *
 * @module
 */

import { assertEquals, assertNotEquals } from "@std/assert";
import { createOcspResponse } from "../../cert/create/create_ocsp_response.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { effectiveConfig } from "../../ssl/config/effective_config.ts";
import { resolveConfig } from "../../ssl/config/resolve_config.ts";
import type { ImportOptions, Role } from "../../ssl/config/import_options.ts";
import { clientSessionCache, clientSessionKey } from "../../ssl/session/client_cache.ts";
import type { ClientSession } from "../../ssl/base/session_cache.ts";
import { assertExpected } from "./_expectations.ts";
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
import { ONLY_TLS12, tls12 } from "./_tls12.ts";
import { TLS12_MESSAGE_ROWS, type Tls12Expectation, type Tls12Scenario } from "./_tls12_rows.ts";

const contexts = { client: new NssContext(), server: new NssContext() };
let kept: ClientSession | undefined;

const PEER_ADDRESS = JSON.stringify({ transport: "tcp", hostname: "127.0.0.1", port: 443 });

/** Puts the one session that this process makes back into the client's cache. */
async function restoreSession(): Promise<void> {
  const options: ImportOptions = { versions: ONLY_TLS12, context: contexts.client };
  const config = effectiveConfig(resolveConfig(clientOptions(options)));
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

function resumable(): JoinOptions {
  return tls12({ client: { context: contexts.client }, server: { context: contexts.server } });
}

/** The authority's good word on the server's certificate, signed once. */
let response: Promise<Uint8Array> | undefined;

function ocspResponse(): Promise<Uint8Array> {
  response ??= createOcspResponse({
    issuer: PKI.root.cert,
    responder: { certificate: PKI.root.cert, privateKey: PKI.root.keys.privateKey },
    producedAt: new Date(),
    responses: [{ certificate: PKI.server.cert, status: "good" }],
  }).then(({ der }) => der);
  return response;
}

const SCENARIOS: Readonly<Record<Tls12Scenario, () => Promise<JoinOptions>>> = {
  full: () => Promise.resolve(tls12()),
  stapled: async () =>
    tls12({
      client: { ocspStapling: true },
      server: { certificates: [{ ...PKI.server.credential, ocsp: await ocspResponse() }] },
    }),
  auth: () =>
    Promise.resolve(tls12({
      client: { certificates: [PKI.client.credential] },
      server: { clientAuth: "require" },
    })),
  resumed: async () => {
    await restoreSession();
    return resumable();
  },
};

/** Runs a scenario with a filter on one end's messages and asserts what both ends report. */
async function check(
  scenario: Tls12Scenario,
  sender: Role,
  filter: ReturnType<typeof actOn>,
  expectation: Tls12Expectation,
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
  Deno.test(`messageFilter leaves a handshake of TLS 1.2 alone that it passes on (${scenario})`, async () => {
    await using joined = join({
      ...await options(),
      clientInternals: { messageFilter: ({ raw }) => [raw] },
      serverInternals: { messageFilter: ({ raw }) => [raw] },
    });
    const [client, server] = await shake(joined);
    for (const { resumed, version } of [client, server]) {
      assertEquals([version, resumed], ["TLSv1.2", scenario === "resumed"]);
    }
    assertEquals(server.peerCertificates.length, scenario === "auth" ? 1 : 0);
  });
}

for (const { scenario, sender, message, type, rows } of TLS12_MESSAGE_ROWS) {
  Deno.test(`SslEngine says what is wrong with a ${sender}'s ${message} of TLS 1.2 (${scenario} handshake)`, async (t) => {
    for (const [name, action, expectation, rfc] of rows) {
      const title = rfc === undefined ? name : `${name} (${rfc})`;
      await t.step(title, () => check(scenario, sender, actOn(type, 0, action), expectation));
    }
  });
}

Deno.test("TLS12_MESSAGE_ROWS have all actions for every message, each once", () => {
  for (const { scenario, sender, message, rows } of TLS12_MESSAGE_ROWS) {
    const title = `${scenario} ${sender} ${message}`;
    const names = rows.map(([name]) => name);
    assertEquals(new Set(names).size, names.length, title);
    const actions = ["drop", "duplicate", "reorder", "append"];
    // ServerHelloDone has nothing that could be cut.
    if (message !== "ServerHelloDone") actions.push("truncate");
    for (const action of actions) {
      assertNotEquals(names.indexOf(action), -1, `${title} lacks ${action}`);
    }
    assertNotEquals(names.findIndex((name) => /^as /.test(name)), -1, `${title} lacks as`);
  }
});
