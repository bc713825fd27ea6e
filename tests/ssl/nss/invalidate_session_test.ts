// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { invalidateSession, optionSet, reHandshake } from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import {
  connected,
  failureOf,
  join,
  type JoinOptions,
  ping,
  PKI,
  readExactly,
  session,
  shake,
  TestEnvironment,
} from "../_support.ts";
import { newContext } from "../_shared_sessions.ts";
import { ONLY_TLS13 } from "../_tls12.ts";
import { serverSessionsOf } from "../../../ssl/session/server_cache.ts";

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  for (const end of ["client", "server"] as const) {
    Deno.test(`invalidateSession() keeps this connection's session from being resumed (${end}, ${version})`, async () => {
      const versions = { min: version, max: version };
      const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
      const options = {
        client: { context: contexts[0]!, versions },
        server: { context: contexts[1]!, versions },
      };
      const error = await failureOf((async () => {
        await using early = join(options);
        invalidateSession(early.client);
      })());
      assertEquals(error.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
      {
        await using joined = join(options);
        await shake(joined);
        await invalidateSession(joined[end]);
        await ping(joined); // the connection goes on, and would bring the tickets of TLS 1.3
        if (end === "client") invalidateSession(joined[end]); // also later
      }
      const [{ resumed }] = await session(options);
      assertEquals(resumed, false);
      // those of other connections are good
      assertEquals((await session(options))[0].resumed, true);
    });
  }
}

Deno.test("invalidateSession() reaches the ticket that is being taken in that moment", async () => {
  const environment = new TestEnvironment();
  const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
  const options: JoinOptions = {
    client: { context: contexts[0]!, versions: ONLY_TLS13 },
    server: { context: contexts[1]!, versions: ONLY_TLS13 },
    clientInternals: { environment },
  };
  {
    await using joined = await connected(options);
    const now = environment.now();
    // The ticket's time is asked for when it has come, and its secret is still to be made.
    environment.now = () => {
      invalidateSession(joined.client);
      return now;
    };
    await ping(joined);
  }
  const [{ resumed }] = await session({ ...options, clientInternals: {} });
  assertEquals(resumed, false);
});

Deno.test("reHandshake() of a server forgets no ticket that it has given out, nor lists one", async () => {
  const [client, server] = [newContext(), newContext()];
  await using joined = join({
    client: {
      context: client,
      versions: ONLY_TLS13,
      certificates: [PKI.client.credential],
      getClientAuthData: () => null, // it shows nobody
      peerId: "somebody",
    },
    server: { context: server, versions: ONLY_TLS13 },
  });
  optionSet(joined.client, "ENABLE_POST_HANDSHAKE_AUTH", true);
  await shake(joined);
  await ping(joined);
  const reading = readExactly(joined.client, 1);
  await reHandshake(joined.server);
  await joined.server.write(new Uint8Array(1));
  await reading;
  assertEquals(serverSessionsOf(server).forgotten, null);
});
