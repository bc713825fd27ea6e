// Copyright 2026 the NSS for Deno authors. MIT license.

/** Post-handshake authentication in TLS 1.3. */

import { assert, assertEquals } from "@std/assert";
import {
  configServerCert,
  type ImportOptions,
  keyUpdate,
  optionSet,
  peerCertificate,
  reHandshake,
} from "@nss/nss";
import { NssContext } from "../../pkcs11/context/context.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { MAX_CERTIFICATE_REQUESTS } from "../../ssl/handshake/client/tls13/certificate_requests.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  connected,
  failureOf,
  type JoinOptions,
  pingPong,
  PKI,
  readExactly,
  session,
} from "./_support.ts";
import { ONLY_TLS13 } from "./_tls12.ts";
import { connectedIn, willing } from "./_re_handshake.ts";

Deno.test("reHandshake() of a client of TLS 1.3 names keyUpdate()", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const error = await failureOf(reHandshake(joined.client));
  assertLocal(error, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED", "no_renegotiation");
  assert(error.message.includes("keyUpdate()"), error.message);
  await pingPong(joined);
});

Deno.test("what a client keeps after it has shown another certificate is for whom shows that one", async () => {
  const [context, serverContext] = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const versions = ONLY_TLS13;
  const { client, server } = await connectedIn("TLSv1.3", {
    client: willing({ context: context! }),
    server: { context: serverContext! },
  });
  // Set when the server's request was to be foreseen, after the handshake.
  await configServerCert(client, PKI.client.cert, PKI.client.keys.privateKey);
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const reading = readExactly(client, 1);
  await reHandshake(server, false);
  assertEquals(peerCertificate(server), PKI.client.cert);
  await server.write(new Uint8Array(1)); // and with it the tickets
  await reading;
  await Promise.all([client.close(), server.close()]);

  const again = async (options: ImportOptions) => {
    const [info] = await session({
      client: { ...willing({ context: context! }), versions, ...options },
      server: { context: serverContext!, versions },
    });
    return info.resumed;
  };
  assertEquals(await again({}), false);
  assertEquals(await again({ certificates: [PKI.client.credential] }), true);
});

Deno.test("reHandshake() that cannot begin leaves the session alone", async () => {
  const contexts = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const options: JoinOptions = {
    client: { context: contexts[0]!, versions: ONLY_TLS13 },
    server: { context: contexts[1]!, versions: ONLY_TLS13 },
  };
  await using joined = await connected(options);
  await pingPong(joined);
  for (const end of [joined.client, joined.server]) await failureOf(reHandshake(end));
  const [info] = await session(options);
  assertEquals(info.resumed, true);
});

Deno.test("reHandshake() cannot ask a client of TLS 1.3 that has not offered it", async () => {
  await using joined = await connectedIn("TLSv1.3", {
    client: clientOptions({ certificates: [PKI.client.credential] }),
  });
  const error = await failureOf(reHandshake(joined.server));
  assertEquals(error.name, "SSL_ERROR_MISSING_POST_HANDSHAKE_AUTH_EXTENSION");
  await pingPong(joined);
});

Deno.test("reHandshake() asks once more after keys were renewed, by either end", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const { client, server } = joined;
  await keyUpdate(client, true);
  await pingPong(joined);
  optionSet(server, "REQUEST_CERTIFICATE", true);
  const asked = reHandshake(server);
  await keyUpdate(client); // before it has read the request
  const reading = client.read(new Uint8Array(1));
  assertEquals((await asked).peerCertificates[0], PKI.client.cert);
  await server.write(new Uint8Array(1));
  await reading;
  await pingPong(joined);
});

Deno.test("a client refuses a CertificateRequest that it has not offered to answer", async () => {
  // The server is made to believe that it was offered.
  await using joined = await connected({
    client: { certificates: [PKI.client.credential], versions: ONLY_TLS13 },
    server: { versions: ONLY_TLS13 },
    serverInternals: {
      messageFilter: sentTwice(HandshakeType.keyUpdate, certificateRequest([1])),
    },
  });
  const reading = failureOf(joined.client.read(new Uint8Array(1)));
  await keyUpdate(joined.server);
  assertLocal(await reading, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST", "unexpected_message");
});

for (
  const [why, contexts, error, alert] of [
    ["an empty context", [[]], "SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "illegal_parameter"],
    ["a context twice", [[1], [1]], "SSL_ERROR_RX_MALFORMED_CERT_REQUEST", "illegal_parameter"],
  ] as const
) {
  Deno.test(`a client refuses a CertificateRequest after the handshake with ${why}`, async () => {
    await using joined = await connected({
      client: { ...willing(), versions: ONLY_TLS13 },
      server: { versions: ONLY_TLS13 },
      serverInternals: {
        messageFilter: sentTwice(
          HandshakeType.keyUpdate,
          ...contexts.map((context) => certificateRequest(context)),
        ),
      },
    });
    joined.server.read(new Uint8Array(1)).catch(() => {});
    const reading = failureOf(joined.client.read(new Uint8Array(1)));
    await keyUpdate(joined.server);
    assertLocal(await reading, error, alert);
  });
}

Deno.test("a client answers so many certificate requests in one connection, and no more", async () => {
  await using joined = await connectedIn("TLSv1.3");
  const { client, server } = joined;
  const reading = failureOf(client.read(new Uint8Array(1)));
  for (let i = 0; i < MAX_CERTIFICATE_REQUESTS; i++) await reHandshake(server);
  assertFromPeer(await failureOf(reHandshake(server)), "unexpected_message");
  assertLocal(await reading, "SSL_ERROR_RX_UNEXPECTED_CERT_REQUEST", "unexpected_message");
});

for (
  const [what, edit, error, alert] of [
    [
      "another context",
      (m: Bytes) => m.with(5, m[5]! ^ 1),
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      "illegal_parameter",
    ],
    [
      "no context",
      (m: Bytes) => framed(m[0]!, [0, ...m.subarray(4 + 33)]),
      "SSL_ERROR_RX_MALFORMED_CERTIFICATE",
      "illegal_parameter",
    ],
  ] as const
) {
  Deno.test(`a server refuses an answer to its request with ${what}`, async () => {
    let armed = false;
    await using joined = await connectedIn("TLSv1.3", {
      clientInternals: {
        messageFilter: ({ type, raw }) =>
          armed && type === HandshakeType.certificate ? [edit(raw)] : [raw],
      },
    });
    armed = true;
    const reading = failureOf(joined.client.read(new Uint8Array(1)));
    assertLocal(await failureOf(reHandshake(joined.server)), error, alert);
    assertFromPeer(await reading, alert);
    assertEquals(peerCertificate(joined.server), null);
  });
}

Deno.test("a server believes no certificate after the handshake whose Finished is wrong", async () => {
  let armed = false;
  await using joined = await connectedIn("TLSv1.3", {
    clientInternals: {
      messageFilter: ({ type, raw }) =>
        armed && type === HandshakeType.finished ? [raw.with(9, raw[9]! ^ 1)] : [raw],
    },
  });
  armed = true;
  const reading = failureOf(joined.client.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(joined.server));
  assertLocal(error, "SSL_ERROR_BAD_HANDSHAKE_HASH_VALUE", "decrypt_error");
  assertFromPeer(await reading, "decrypt_error");
  assertEquals(peerCertificate(joined.server), null);
});

Deno.test("reHandshake() meets the error that ended the connection, whatever else is over", async () => {
  await using joined = await connectedIn("TLSv1.3", {
    serverInternals: {
      messageFilter: ({ type, raw }) => {
        if (type === HandshakeType.keyUpdate) throw new Error("no memory left");
        return [raw];
      },
    },
  });
  const { client, server } = joined;
  await client.closeWrite();
  assertEquals(await server.read(new Uint8Array(1)), null);
  const error = await failureOf(keyUpdate(server));
  assertEquals(await failureOf(reHandshake(server)), error);
});

type Bytes = Uint8Array<ArrayBuffer>;

function framed(type: number, body: readonly number[]): Bytes {
  return new Uint8Array([type, 0, body.length >> 8, body.length & 255, ...body]);
}

/** A CertificateRequest for ECDSA with P-256. */
function certificateRequest(context: readonly number[]): Bytes {
  const extensions = [0, 13, 0, 4, 0, 2, 4, 3];
  return framed(HandshakeType.certificateRequest, [
    context.length,
    ...context,
    0,
    extensions.length,
    ...extensions,
  ]);
}

/** Sends other messages in the place of one of this type. */
function sentTwice(type: number, ...messages: readonly Bytes[]): MessageFilter {
  return (message) => message.type === type ? messages : [message.raw];
}
