// Copyright 2026 the NSS for Deno authors. MIT license.

// What a TLS 1.3 handshake does at once, and that nothing is believed before it is checked.

import { assert, assertEquals } from "@std/assert";
import { HandshakeType } from "../../../ssl/tables/handshake_types.ts";
import type { MessageFilter } from "../../../ssl/engine/engine.ts";
import {
  assertFails,
  assertLocal,
  failureOf,
  join,
  type JoinOptions,
  onMessage,
  PKI,
  shake,
} from "../_support.ts";

const TLS13 = { versions: { min: "TLSv1.3", max: "TLSv1.3" } } as const;
const { certificateVerify, finished } = HandshakeType;

/** Changes the last byte of a message. */
function spoil(raw: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] {
  const spoiled = raw.slice();
  spoiled[spoiled.length - 1]! ^= 1;
  return [spoiled];
}

/** Applies a filter of each type of message. */
function filters(...all: readonly MessageFilter[]): MessageFilter {
  return ({ type, body, raw }) =>
    all.reduce<readonly Uint8Array<ArrayBuffer>[]>(
      (messages, filter) =>
        messages.flatMap((message) => [...filter({ type, body, raw: message })]),
      [raw],
    );
}

for (const role of ["client", "server"] as const) {
  const other = role === "client" ? "server" : "client";
  // The client has a certificate in all of them, so that both ends sign.
  const joinOptions = (messageFilter: MessageFilter, options: JoinOptions = {}): JoinOptions => ({
    client: { ...TLS13, certificates: [PKI.client.credential], ...options.client },
    server: { ...TLS13, clientAuth: "require", caCerts: [PKI.root.cert], ...options.server },
    [`${role}Internals`]: { messageFilter },
  });

  Deno.test(`a wrong signature of the ${role} is refused although its Finished does not come`, async () => {
    const filter = filters(onMessage(certificateVerify, spoil), onMessage(finished, () => []));
    await using joined = join(joinOptions(filter));
    const pending = joined[role].handshake();
    pending.catch(() => {});
    assertLocal(
      await failureOf(joined[other].handshake()),
      "SEC_ERROR_BAD_SIGNATURE",
      "decrypt_error",
    );
  });

  Deno.test(`a wrong signature of the ${role} is the error, not the wrong Finished after it`, async () => {
    const filter = filters(onMessage(certificateVerify, spoil), onMessage(finished, spoil));
    await assertFails(joinOptions(filter), {
      at: other,
      error: "SEC_ERROR_BAD_SIGNATURE",
      alert: "decrypt_error",
    });
  });

  Deno.test(`a refused certificate of the ${role} is the error, not what follows it`, async () => {
    const filter = filters(
      onMessage(certificateVerify, spoil),
      onMessage(finished, (raw) => [raw.slice(0, 4), raw]),
    );
    const refuse = { authCertificate: () => false };
    await assertFails(joinOptions(filter, { [other]: refuse }), {
      at: other,
      error: "SSL_ERROR_BAD_CERTIFICATE",
      alert: "bad_certificate",
    });
  });

  Deno.test(`a wrong Finished of the ${role} is refused, with and without a client certificate`, async () => {
    for (const clientAuth of ["require", "none"] as const) {
      const options = joinOptions(onMessage(finished, spoil), { server: { clientAuth } });
      await assertFails(options, {
        at: other,
        error: "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE",
        alert: "decrypt_error",
      });
    }
  });
}

Deno.test("the application of a client sees no data of a server whose certificate is being verified", async () => {
  const { promise: verdict, resolve: decide } = Promise.withResolvers<boolean>();
  await using joined = join({ client: { ...TLS13, authCertificate: () => verdict } });
  const { client, server } = joined;
  const sent = server.write(new Uint8Array(1));
  sent.catch(() => {});
  let isDone = false;
  const outcome = failureOf(client.read(new Uint8Array(1))).finally(() => isDone = true);
  for (let i = 0; i < 50; i++) await new Promise<void>((resolve) => setTimeout(resolve, 1));
  assert(!isDone, "the handshake did not wait for the verdict");
  decide(false);
  assertLocal(await outcome, "SSL_ERROR_BAD_CERTIFICATE", "bad_certificate");
});

Deno.test("each flight of TLS 1.3 is one write", async () => {
  const writes: Record<"client" | "server", number[]> = { client: [], server: [] };
  const count = (role: "client" | "server"): JoinOptions["wrapClient"] => (conn) => ({
    ...conn,
    localAddr: conn.localAddr,
    remoteAddr: conn.remoteAddr,
    read: (p) => conn.read(p),
    close: () => conn.close(),
    write: (p) => {
      writes[role].push(p[0]!);
      return conn.write(p);
    },
  });
  await using joined = join({
    client: TLS13,
    server: TLS13,
    wrapClient: count("client")!,
    wrapServer: count("server")!,
  });
  await shake(joined);
  // ClientHello; change_cipher_spec and Finished.
  assertEquals(writes.client, [22, 20]);
  // ServerHello, change_cipher_spec, and the rest.
  assertEquals(writes.server, [22]);
});
