// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import {
  type Alert,
  alertReceivedCallback,
  alertSentCallback,
  type ImportOptions,
  newModel,
  optionSet,
  reHandshake,
  type SslSocket,
} from "@nss/nss/ssl";
import {
  connected,
  failureOf,
  join,
  type JoinOptions,
  pingPong,
  shake,
  turns,
} from "./_support.ts";
import { ONLY_TLS12, ONLY_TLS13, tls12 } from "./_tls12.ts";

/** What both ends are told of, in order; and by which socket. */
class Notes {
  readonly lines: string[] = [];
  readonly sockets: SslSocket[] = [];

  /** Both callbacks of an end. */
  of(end: string, behave: () => void | Promise<void> = () => {}): ImportOptions {
    const note = (what: string) => (socket: SslSocket, { level, description, code }: Alert) => {
      this.sockets.push(socket);
      this.lines.push(`${end} ${what} ${level} ${description} ${code}`);
      return behave();
    };
    return { alertSentCallback: note("sent"), alertReceivedCallback: note("received") };
  }
}

const CLOSE = "warning close_notify 0";

for (const versions of [ONLY_TLS13, ONLY_TLS12]) {
  const version = versions.min!;

  Deno.test(`alertSentCallback() and its twin are told of close_notify, once each way (${version})`, async () => {
    const notes = new Notes();
    await using joined = join({
      client: { versions, ...notes.of("client") },
      server: { versions, ...notes.of("server") },
    });
    await shake(joined);
    await pingPong(joined);
    assertEquals(notes.lines, []);
    await joined.client.closeWrite();
    assertEquals(await joined.server.read(new Uint8Array(1)), null);
    assertEquals(notes.lines, [`client sent ${CLOSE}`, `server received ${CLOSE}`]);
    await joined.server.close();
    assertEquals(await joined.client.read(new Uint8Array(1)), null);
    assertEquals(notes.lines.slice(2), [`server sent ${CLOSE}`, `client received ${CLOSE}`]);
    const { client, server } = joined;
    assertEquals(notes.sockets.map((socket) => socket === client), [true, false, false, true]);
    assertEquals(notes.sockets[1], server);
  });

  Deno.test(`alertReceivedCallback() and its twin are told what ended a handshake (${version})`, async () => {
    const notes = new Notes();
    await using joined = join({
      client: { versions, caCerts: [], ...notes.of("client") },
      server: { versions, clientAuth: "require", ...notes.of("server") },
    });
    const [client] = await Promise.all([
      failureOf(joined.client.handshake()),
      failureOf(joined.server.handshake()),
    ]);
    assertEquals(client.alert, "unknown_ca");
    assertEquals(notes.lines, [
      "client sent fatal unknown_ca 48",
      "server received fatal unknown_ca 48",
    ]);
  });

  for (const [how, behave] of Object.entries(misbehaviours())) {
    Deno.test(`alertSentCallback() that ${how} changes nothing about the connection (${version})`, async () => {
      const notes = new Notes();
      await using joined = await connected({
        client: { versions, ...notes.of("client", behave) },
        server: { versions, ...notes.of("server", behave) },
      });
      await joined.client.closeWrite();
      assertEquals(await joined.server.read(new Uint8Array(1)), null);
      await joined.server.write(new Uint8Array([7])); // the other direction goes on
      assertEquals(await joined.client.read(new Uint8Array(1)), 1);
      await joined.server.close();
      assertEquals(await joined.client.read(new Uint8Array(1)), null);
      await joined.client.close();
      assertEquals(notes.lines.length, 4);
    });

    Deno.test(`alertReceivedCallback() that ${how} hides no error (${version})`, async () => {
      const notes = new Notes();
      const both: JoinOptions = {
        client: { versions, caCerts: [], ...notes.of("client", behave) },
        server: { versions, ...notes.of("server", behave) },
      };
      await using joined = join(both);
      const [client, server] = await Promise.all([
        failureOf(joined.client.handshake()),
        failureOf(joined.server.handshake()),
      ]);
      assertEquals([client.name, client.origin], ["SEC_ERROR_UNKNOWN_ISSUER", "local"]);
      assertEquals([server.name, server.origin], ["SSL_ERROR_UNKNOWN_CA_ALERT", "peer"]);
    });
  }
}

function misbehaviours(): Record<string, () => void | Promise<void>> {
  return {
    "throws": () => {
      throw new Error("not interested");
    },
    "rejects": () => Promise.reject(new Error("not interested")),
    "takes its time": () => turns(50),
  };
}

Deno.test("alertReceivedCallback() and its twin are told of warnings, after which the connection goes on", async () => {
  const notes = new Notes();
  await using joined = await connected(
    tls12({ client: notes.of("client"), server: notes.of("server") }),
  );
  const reading = joined.server.read(new Uint8Array(1));
  const error = await failureOf(reHandshake(joined.client));
  assertEquals(error.name, "SSL_ERROR_NO_RENEGOTIATION_ALERT");
  assertEquals(notes.lines, [
    "server sent warning no_renegotiation 100",
    "client received warning no_renegotiation 100",
  ]);
  await joined.client.write(new Uint8Array([1]));
  assertEquals(await reading, 1);
});

Deno.test("alertReceivedCallback() is set on a socket, and alone", async () => {
  const received: (string | null)[] = [];
  await using joined = join();
  alertReceivedCallback(
    joined.server,
    (_socket, { description }) => void received.push(description),
  );
  await shake(joined);
  await joined.client.closeWrite();
  assertEquals(await joined.server.read(new Uint8Array(1)), null);
  assertEquals(received, ["close_notify"]);
});

Deno.test("alertReceivedCallback() may close the socket that it is told of", async () => {
  await using joined = await connected({
    server: { alertReceivedCallback: (socket) => socket.close() },
  });
  const reading = joined.client.read(new Uint8Array(1));
  await joined.client.closeWrite();
  await joined.server.read(new Uint8Array(1)).catch(() => {}); // closed meanwhile, or at its end
  assertEquals(await reading, null); // close_notify has come
});

Deno.test("alertSentCallback() and alertReceivedCallback() are set on models, and taken away again", async () => {
  const alerts: Alert[] = [];
  const model = newModel();
  alertSentCallback(model, (_socket, alert) => void alerts.push(alert));
  alertReceivedCallback(model, (_socket, alert) => void alerts.push(alert));
  optionSet(model, "ENABLE_ALPN", true); // a change of something else keeps them
  for (const expected of [2, 2]) {
    await using joined = await connected({ client: { model } });
    await joined.server.close();
    assertEquals(await joined.client.read(new Uint8Array(1)), null);
    await joined.client.close();
    assertEquals(alerts.length, expected);
    alertSentCallback(model, null);
    alertReceivedCallback(model, null);
  }
  const close: Alert = { level: "warning", description: "close_notify", code: 0 };
  assertEquals(alerts, [close, close]);
});

Deno.test("alertSentCallback() of a socket stays its own unless the model that the name hook chooses has one", async () => {
  for (const own of [true, false]) {
    const notes = new Notes();
    const model = newModel({ role: "server", ...(!own && notes.of("model")) });
    await using joined = await connected({
      server: { ...notes.of("socket"), sniSocketConfig: () => ({ model }) },
    });
    await joined.server.close();
    assertEquals(await joined.client.read(new Uint8Array(1)), null);
    assertEquals(notes.lines, [`${own ? "socket" : "model"} sent ${CLOSE}`]);
  }
});
