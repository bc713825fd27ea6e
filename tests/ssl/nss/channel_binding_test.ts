// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals, assertNotEquals, assertThrows } from "@std/assert";
import {
  type ChannelBindingType,
  exportKeyingMaterial,
  getChannelBinding,
  getPreliminaryChannelInfo,
  localCertificate,
  newModel,
  optionSet,
  reHandshake,
  SslError,
} from "@nss/nss/ssl";
import { encodeFinished } from "../../../ssl/messages/finished.ts";
import { HandshakeType } from "../../../ssl/tables/handshake_types.ts";
import {
  connected,
  type Ends,
  failureOf,
  HOSTNAME,
  join,
  type Joined,
  type JoinOptions,
  makeIdentity,
  ping,
  pingPong,
  PKI,
  shake,
} from "../_support.ts";
import { Acquaintance, BOTH_VERSIONS, identityOf, ONLY_TLS13, tls12 } from "../_tls12.ts";

type Bytes = Uint8Array<ArrayBuffer>;
const tls13: JoinOptions = { client: { versions: ONLY_TLS13 }, server: { versions: ONLY_TLS13 } };

/** Both ends' binding, which must be one. */
async function bindingOf({ client, server }: Ends, type: ChannelBindingType): Promise<Bytes> {
  const [own, others] = await Promise.all([
    getChannelBinding(client, type),
    getChannelBinding(server, type),
  ]);
  assertEquals(own, others);
  return own;
}

async function digest(hash: string, { der }: { readonly der: Bytes }): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.digest(hash, der));
}

for (const [version, options] of [["TLSv1.3", tls13], ["TLSv1.2", tls12()]] as const) {
  Deno.test(`getChannelBinding() tls-exporter is one for both ends and another for each connection (${version})`, async () => {
    await using one = await connected(options);
    await using other = await connected(options);
    const binding = await bindingOf(one, "tls-exporter");
    assertEquals(binding.length, 32);
    assertNotEquals(binding, await bindingOf(other, "tls-exporter"));
    const label = "EXPORTER-Channel-Binding";
    assertEquals(
      binding,
      await exportKeyingMaterial(one.client, label, 32, new Uint8Array(0)),
    );
  });

  Deno.test(`getChannelBinding() tls-server-end-point is a hash of the server's certificate (${version})`, async () => {
    await using joined = await connected(options);
    assertEquals(
      await bindingOf(joined, "tls-server-end-point"),
      await digest("SHA-256", PKI.server.cert),
    );
  });

  Deno.test(`getChannelBinding() tls-server-end-point stays the certificate's when a session is resumed (${version})`, async () => {
    const both = new Acquaintance();
    const other = await identityOf("rsa-2048");
    const rows = both.with({
      ...options,
      server: {
        ...options.server,
        signatureSchemes: ["rsa_pss_rsae_sha256"], // so that the second certificate is shown
        certificates: [PKI.server.credential, other.credential],
      },
    });
    for (const resumed of [false, true, true]) {
      await using joined = join(rows);
      const infos = await shake(joined);
      assertEquals(infos.map((info) => info.resumed), [resumed, resumed]);
      await ping(joined);
      assertEquals(localCertificate(joined.server), other.cert);
      assertEquals(
        await bindingOf(joined, "tls-server-end-point"),
        await digest("SHA-256", other.cert),
      );
    }
  });

  Deno.test(`getPreliminaryChannelInfo() shows hooks what is settled by then (${version})`, async () => {
    let seen;
    await using joined = join({
      ...options,
      client: {
        ...options.client,
        alpnProtocols: ["h2"],
        authCertificate: (socket) => {
          seen = getPreliminaryChannelInfo(socket);
          return true;
        },
      },
      server: { ...options.server, alpnProtocols: ["h2"] },
    });
    const early = assertThrows(() => getPreliminaryChannelInfo(joined.client), SslError);
    assertEquals(early.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
    const [{ cipherSuite }] = await shake(joined);
    assertEquals(seen, {
      version,
      cipherSuite,
      // TLS 1.2 names it after the certificate
      group: version === "TLSv1.3" ? "X25519MLKEM768" : null,
      peerRawPublicKey: null,
      peerSignatureScheme: null,
      alpnProtocol: "h2",
      serverName: HOSTNAME,
      helloRetryRequest: false,
      canSendEarlyData: false,
      maxEarlyDataSize: 0,
      echAccepted: false,
      peerCertificates: [PKI.server.cert],
    });
  });
}

Deno.test("getPreliminaryChannelInfo() tells of nothing while the peer is silent", async () => {
  await using joined = join();
  const handshake = failureOf(joined.client.handshake());
  const { version, cipherSuite, group } = getPreliminaryChannelInfo(joined.client);
  assertEquals([version, cipherSuite, group], [null, null, null]);
  await joined.client.close();
  await handshake;
});

Deno.test("getChannelBinding() tls-server-end-point goes by the hash of the certificate's signature", async (t) => {
  const issuers = { "ec-p256": "SHA-256", "ec-p384": "SHA-384", "rsa-2048": "SHA-256" } as const;
  for (const [type, hash] of Object.entries(issuers)) {
    await t.step(`${type}: ${hash}`, async () => {
      const root = await makeIdentity(
        { subject: "CN=R", isCa: true },
        undefined,
        type as keyof typeof issuers,
      );
      const leaf = await makeIdentity({ dnsNames: [HOSTNAME] }, root);
      await using joined = await connected({
        client: { caCerts: [root.cert] },
        server: { certificates: [leaf.credential] },
      });
      assertEquals(await bindingOf(joined, "tls-server-end-point"), await digest(hash, leaf.cert));
    });
  }
});

Deno.test("getChannelBinding() tls-server-end-point is not defined for a signature without a hash of its own", async () => {
  const root = await makeIdentity({ subject: "CN=R", isCa: true }, undefined, "ed25519");
  const leaf = await makeIdentity({ dnsNames: [HOSTNAME] }, root);
  await using joined = await connected({
    client: { caCerts: [root.cert] },
    server: { certificates: [leaf.credential] },
  });
  const error = await failureOf(getChannelBinding(joined.client, "tls-server-end-point"));
  assertEquals(error.name, "SEC_ERROR_INVALID_ALGORITHM");
  await pingPong(joined); // the connection goes on
});

/** Two ends, and what each said in its Finished messages, in the order in which they left. */
function overheard(options: JoinOptions): Joined & { readonly finished: Bytes[] } {
  const finished: Bytes[] = [];
  const messageFilter = ({ type, body, raw }: { type: number; body: Bytes; raw: Bytes }) => {
    if (type === HandshakeType.finished) finished.push(body.slice());
    return [raw];
  };
  return {
    ...join({
      ...options,
      clientInternals: { ...options.clientInternals, messageFilter },
      serverInternals: { ...options.serverInternals, messageFilter },
    }),
    finished,
  };
}

Deno.test("getChannelBinding() tls-unique is the first Finished: the client's, or the server's of a resumed session", async () => {
  const both = new Acquaintance();
  for (const resumed of [false, true]) {
    await using joined = overheard(both.with({}));
    const [info] = await shake(joined);
    assertEquals(info.resumed, resumed);
    const binding = await bindingOf(joined, "tls-unique");
    assertEquals(binding.length, 12);
    assertEquals(encodeFinished({ verifyData: binding }), joined.finished[0]);
  }
});

Deno.test("getChannelBinding() tls-unique is the latest handshake's after a renegotiation", async () => {
  await using joined = overheard(tls12());
  optionSet(joined.client, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  await shake(joined);
  const before = await bindingOf(joined, "tls-unique");
  // The pump of the client has to run.
  const reading = joined.client.read(new Uint8Array(1));
  await reHandshake(joined.server);
  assertEquals(joined.finished.length, 4);
  await joined.server.write(new Uint8Array(1)); // behind its Finished
  assertEquals(await reading, 1);
  const binding = await bindingOf(joined, "tls-unique");
  assertEquals(binding, joined.finished[2]);
  assertNotEquals(binding, before);
});

Deno.test("getChannelBinding() tls-unique is nothing that TLS 1.3 has", async () => {
  await using joined = await connected(tls13);
  const error = await failureOf(getChannelBinding(joined.client, "tls-unique"));
  assertEquals(error.name, "SSL_ERROR_FEATURE_NOT_SUPPORTED_FOR_VERSION");
  await pingPong(joined); // the connection goes on
});

Deno.test("getChannelBinding() does not bind to what lacks the extended master secret (RFC 7627)", async () => {
  const server = newModel({ role: "server", versions: BOTH_VERSIONS });
  optionSet(server, "ENABLE_EXTENDED_MASTER_SECRET", false);
  await using joined = await connected(tls12({ server: { model: server } }));
  for (const type of ["tls-unique", "tls-exporter"] as const) {
    const error = await failureOf(getChannelBinding(joined.client, type));
    assertEquals(error.name, "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET");
  }
  assertEquals((await bindingOf(joined, "tls-server-end-point")).length, 32);
});

Deno.test("getChannelBinding() needs a complete handshake, and a type that there is", async () => {
  await using joined = join();
  const early = await failureOf(getChannelBinding(joined.client, "tls-exporter"));
  assertEquals(early.name, "SSL_ERROR_HANDSHAKE_NOT_COMPLETED");
  await shake(joined);
  const unknown = await failureOf(getChannelBinding(joined.client, "tls-other" as "tls-unique"));
  assertEquals(unknown.name, "SEC_ERROR_INVALID_ARGS");
});
