// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals } from "@std/assert";
import type { SslEngine } from "../../../ssl/engine/engine.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { resolveConfig } from "../../../ssl/config/resolve_config.ts";
import { clientOptions, failureOf, PKI } from "../_support.ts";
import { connectedEngines, outputOf, pass } from "./_engines.ts";

const TLS12 = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const TLS13 = { min: "TLSv1.3", max: "TLSv1.3" } as const;
/** Lets the server renegotiate. */
const WILLING = { renegotiation: "REQUIRES_XTN" } as const;
const ERROR = new SslError("PR_IO_TIMEOUT_ERROR", "Cannot wait any longer");

Deno.test("SslEngine.beginReHandshake() is refused if the peer closes before its turn", async () => {
  let begun: Promise<Error> | undefined;
  const engines: { client: SslEngine; server: SslEngine } = await connectedEngines({
    client: {
      options: { versions: TLS12 },
      internals: {
        // As if the application had asked for it just before.
        onAlert: () => begun ??= failureOf(engines.client.beginReHandshake({ full: true })),
      },
    },
  });
  const { client, server } = engines;
  server.close();
  await pass(server, client);
  assertEquals((await begun!).name, "PR_END_OF_FILE_ERROR");
  assertEquals([client.renegotiating, client.rehandshake, client.error], [false, null, null]);
  assert(!client.hasOutput, "a hello has been sent all the same");
});

Deno.test("SslEngine.beginReHandshake() is refused if the peer's renegotiation comes first, which goes on", async () => {
  let begun: Promise<Error> | undefined;
  let armed = false;
  const config = { ...resolveConfig(clientOptions({ versions: TLS12 })), ...WILLING };
  const engines: { client: SslEngine; server: SslEngine } = await connectedEngines({
    client: {
      internals: {
        config,
        // Asked for when the HelloRequest is being handled.
        latestConfig: () => {
          if (armed) begun ??= failureOf(engines.client.beginReHandshake({ full: true }));
          return config;
        },
      },
    },
  });
  armed = true;
  const { client, server } = engines;
  await server.beginReHandshake({ full: true });
  await pass(server, client);
  assertEquals((await begun!).name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  assertEquals(client.renegotiating, true);
  const done = [client.rehandshake!, server.rehandshake!];
  for (let i = 0; i < 2; i++) {
    await pass(client, server);
    await pass(server, client);
  }
  await Promise.all(done);
  assertEquals([client, server].map(({ renegotiating }) => renegotiating), [false, false]);
});

Deno.test("SslEngine.beginReHandshake() that fails in the middle of it fails the connection", async () => {
  let armed = false;
  let progress = 0;
  const { client } = await connectedEngines({
    client: {
      options: { versions: TLS12 },
      internals: {
        environment: {
          now: () => Date.now(),
          random: (length) => {
            if (armed) throw ERROR;
            return crypto.getRandomValues(new Uint8Array(length));
          },
        },
        onProgress: () => progress++,
      },
    },
  });
  armed = true;
  assertEquals(await failureOf(client.beginReHandshake({ full: true })), ERROR);
  assertEquals([client.error, client.rehandshake, client.connected], [ERROR, null, true]);
  assertEquals(progress, 0);
});

Deno.test("SslEngine.beginReHandshake() may be declined, and is not given up once it has begun (TLSv1.2)", async () => {
  let progress = 0;
  const { client, server } = await connectedEngines({
    client: { options: { versions: TLS12 } },
    server: { internals: { onProgress: () => progress++ } },
  });
  await server.beginReHandshake({ full: true });
  assertEquals(progress, 1); // there is something to send
  assertEquals([server.renegotiating, server.rehandshake === null], [false, false]);
  const declined = failureOf(server.rehandshake!);
  await pass(server, client);
  await pass(client, server); // no_renegotiation, since the client does not do what it is told
  assertEquals((await declined).name, "SSL_ERROR_NO_RENEGOTIATION_ALERT");
  assertEquals([server.rehandshake, server.error, progress], [null, null, 2]);

  await client.beginReHandshake({ full: true });
  const done = client.rehandshake!;
  assertEquals([client.renegotiating, client.send(new Uint8Array(1))], [true, 0]);
  client.giveUpReHandshake(ERROR); // too late for that
  assertEquals([client.renegotiating, client.rehandshake === done], [true, true]);
  client.close();
  server.close();
  await pass(client, server);
  const error = await failureOf(pass(server, client));
  assertEquals(error.name, "PR_END_OF_FILE_ERROR");
  assertEquals(await failureOf(done), error);
  assertEquals([client.error, client.rehandshake], [error, null]);
});

Deno.test("SslEngine.takeUnreportedAuthentication() says once that a client has answered late (TLSv1.3)", async () => {
  const { client, server } = await connectedEngines({
    client: {
      options: { versions: TLS13, certificates: [PKI.client.credential] },
      settings: { postHandshakeAuth: true },
    },
  });
  await outputOf(server);
  await server.beginReHandshake({ full: false });
  const done = failureOf(server.rehandshake!);
  server.giveUpReHandshake(ERROR);
  assertEquals([await done, server.rehandshake], [ERROR, null]);
  assertEquals(server.takeUnreportedAuthentication(), false);
  await pass(server, client);
  await pass(client, server);
  assertEquals(server.channelInfo.peerCertificates[0], PKI.client.cert);
  assertEquals([1, 2].map(() => server.takeUnreportedAuthentication()), [true, false]);

  await server.beginReHandshake({ full: false });
  const inTime = server.rehandshake!;
  await pass(server, client);
  await pass(client, server);
  await inTime;
  assertEquals([server.rehandshake, server.takeUnreportedAuthentication()], [null, false]);

  await server.beginReHandshake({ full: false });
  server.giveUpReHandshake(ERROR);
  await pass(server, client);
  server.close();
  client.close();
  await pass(client, server); // the answer, and the end
  assertEquals([server.readClosed, server.takeUnreportedAuthentication()], [true, true]);
});
