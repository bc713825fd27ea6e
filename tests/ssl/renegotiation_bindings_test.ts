// Copyright 2026 the NSS for Deno authors. MIT license.

/** What a renegotiation in TLS 1.2 may change of its connection, and what not. */

import { assert, assertEquals } from "@std/assert";
import {
  configServerCert,
  getChannelInfo,
  type ImportOptions,
  newModel,
  optionSet,
  peerCertificate,
  reHandshake,
  type SniSocketConfigHook,
  type SslError,
  type SslSocket,
} from "@nss/nss";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  assertFromPeer,
  assertLocal,
  clientOptions,
  failureOf,
  type Joined,
  makeIdentity,
  pingPong,
  PKI,
  readExactly,
} from "./_support.ts";
import { actOn, type Edit, flip } from "./_filters.ts";
import { addToHello, editHello, tappedAndConnected } from "./_tls12.ts";
import { connectedIn, serving, willing } from "./_re_handshake.ts";

Deno.test("reHandshake() needs the extended master secret (RFC 7627, Section 5.4)", async () => {
  const client = newModel(clientOptions());
  optionSet(client, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  optionSet(client, "ENABLE_EXTENDED_MASTER_SECRET", false);
  await using joined = await connectedIn("TLSv1.2", {
    client: { model: client },
    server: serving("REQUIRES_XTN"),
  });
  assertEquals(getChannelInfo(joined.client).extendedMasterSecret, false);
  const error = await failureOf(reHandshake(joined.client));
  assertEquals(error.name, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED");
  await pingPong(joined);
});

for (const role of ["client", "server"] as const) {
  Deno.test(`a ${role} refuses a renegotiation that loses the extended master secret`, async () => {
    const withoutIt = editHello("ServerHello", ExtensionType.extendedMasterSecret, null);
    await using joined = await connectedIn("TLSv1.2", {
      client: willing(),
      server: serving("UNRESTRICTED"),
      ...(role === "server" ? {} : {
        serverInternals: {
          messageFilter: actOn(HandshakeType.serverHello, 1, { edit: withoutIt }),
        },
      }),
    });
    const { client, server } = joined;
    if (role === "server") optionSet(client, "ENABLE_EXTENDED_MASTER_SECRET", false);
    const reading = failureOf(server.read(new Uint8Array(1)));
    const errors = { client: await failureOf(reHandshake(client)), server: await reading };
    assertLocal(errors[role], "SSL_ERROR_MISSING_EXTENDED_MASTER_SECRET", "handshake_failure");
    assertFromPeer(errors[role === "client" ? "server" : "client"], "handshake_failure");
  });
}

for (
  const [who, internals, at] of [
    ["ClientHello", "clientInternals", "server"],
    ["ServerHello", "serverInternals", "client"],
  ] as const
) {
  for (
    const [what, edit] of [
      ["another handshake's renegotiation_info", flip(1)],
      ["an empty renegotiation_info", () => new Uint8Array([0])],
    ] as const
  ) {
    Deno.test(`a ${at} refuses a ${who} that renegotiates with ${what} (RFC 5746)`, async () => {
      const type = HandshakeType[who === "ClientHello" ? "clientHello" : "serverHello"];
      const changed = editHello(who, ExtensionType.renegotiationInfo, edit);
      await using joined = await connectedIn("TLSv1.2", {
        server: serving("REQUIRES_XTN"),
        [internals]: { messageFilter: actOn(type, 1, { edit: changed }) },
      });
      const { client, server } = joined;
      const reading = failureOf(server.read(new Uint8Array(1)));
      const own = await failureOf(reHandshake(client));
      const [found, told] = at === "client" ? [own, await reading] : [await reading, own];
      assertLocal(found, "SSL_ERROR_UNSAFE_NEGOTIATION", "handshake_failure");
      assertFromPeer(told, "handshake_failure");
    });
  }
}

Deno.test("a client refuses a server that shows another certificate when it renegotiates", async () => {
  const other = await makeIdentity({ dnsNames: ["server.test"] }, PKI.root);
  await using joined = await connectedIn("TLSv1.2");
  const { client, server } = joined;
  await configServerCert(server, other.cert, other.keys.privateKey);
  const reading = failureOf(client.read(new Uint8Array(1)));
  assertFromPeer(await failureOf(reHandshake(server)), "illegal_parameter");
  assertLocal(await reading, "SSL_ERROR_RX_MALFORMED_CERTIFICATE", "illegal_parameter");
  assertEquals(peerCertificate(client), PKI.server.cert);
});

for (const begins of ["client", "server"] as const) {
  Deno.test(`a renegotiation that the ${begins} begins keeps the application protocol, and neither end names it again`, async () => {
    let asked = 0;
    const hellos: Bytes[] = [];
    const keepHello: MessageFilter = ({ type, body, raw }) => {
      if (HELLOS.includes(type)) hellos.push(body.slice());
      return [raw];
    };
    await using joined = await connectedIn("TLSv1.2", {
      client: willing({ alpnProtocols: ["a", "b"] }),
      server: serving("REQUIRES_XTN", { nextProtoCallback: () => (asked++, "b") }),
      clientInternals: { messageFilter: keepHello },
      serverInternals: { messageFilter: keepHello },
    });
    const { client, server } = joined;
    assertEquals([client, server].map(protocolOf), ["b", "b"]);
    const [own, peer] = begins === "client" ? [client, server] : [server, client];
    const reading = readExactly(peer, 1);
    const { alpnProtocol } = await reHandshake(own);
    await own.write(new Uint8Array([1]));
    await reading;
    assertEquals([alpnProtocol, ...[client, server].map(protocolOf)], ["b", "b", "b"]);
    assertEquals(asked, 1);
    const [firstClient, firstServer, secondClient, secondServer] = hellos;
    assertEquals(hellos.length, 4);
    assertEquals([firstClient!, secondClient!].map((body) => alpnIn("ClientHello", body)), [
      true,
      false,
    ]);
    assertEquals([firstServer!, secondServer!].map((body) => alpnIn("ServerHello", body)), [
      true,
      false,
    ]);
    await pingPong(joined);
  });
}

for (
  const [what, first, offered, answered] of [
    ["its own again is answered with it", ["a", "b"], ["a", "b"], "b"],
    ["any, on a connection without one, is answered with none", [], ["b"], null],
  ] as const
) {
  Deno.test(`a client that offers application protocols in a renegotiation, ${what}`, async () => {
    let answer: Bytes | undefined;
    const joined = await renegotiating(
      { alpnProtocols: first, edit: addToHello("ClientHello", ALPN, protocols(...offered)) },
      { alpnProtocols: ["b", "a"] },
      (body) => answer = body,
    );
    await using _ = joined;
    await joined.failure; // only the filter has offered it: the two see different hellos
    assertEquals(answer && alpnIn("ServerHello", answer), answered !== null);
    if (answered !== null) {
      assertEquals(bodyIn("ServerHello", answer!, ALPN), new Uint8Array(protocols(answered)));
    }
  });
}

Deno.test("a server refuses a client that wants another application protocol in a renegotiation", async () => {
  const alpnProtocols = ["a", "b"];
  await using joined = await renegotiating(
    { alpnProtocols, edit: addToHello("ClientHello", ALPN, protocols("b")) },
    { alpnProtocols },
  );
  const { found, told } = await joined.failure;
  assertLocal(found, "SSL_ERROR_NEXT_PROTOCOL_DATA_INVALID", "illegal_parameter");
  assertFromPeer(told, "illegal_parameter");
});

Deno.test("a client refuses an application protocol in a renegotiation, in which it has offered none", async () => {
  const edit = addToHello("ServerHello", ALPN, protocols("b"));
  const alpnProtocols = ["b"];
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({ alpnProtocols }),
    server: serving("REQUIRES_XTN", { alpnProtocols }),
    serverInternals: { messageFilter: actOn(HandshakeType.serverHello, 1, { edit }) },
  });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  const error = await failureOf(reHandshake(client));
  assertLocal(error, "SSL_ERROR_RX_UNEXPECTED_EXTENSION", "unsupported_extension");
  assertFromPeer(await reading, "unsupported_extension");
});

Deno.test("a client that names no host in a renegotiation keeps the one of the connection", async () => {
  const names: (string | null)[] = [];
  let answered = false;
  const sniSocketConfig: SniSocketConfigHook = (_, { serverName }) => void names.push(serverName);
  await using joined = await renegotiating(
    { edit: editHello("ClientHello", ExtensionType.serverName, null) },
    { sniSocketConfig },
    () => answered = true,
  );
  await joined.failure; // only the filter has left it out: the two see different hellos
  assert(answered);
  assertEquals(names, ["server.test", "server.test"]);
});

Deno.test("a server refuses a client that asks for another host in a renegotiation", async () => {
  // "server.test" becomes "server.tesu".
  const edit = editHello("ClientHello", ExtensionType.serverName, flip(-1));
  await using joined = await renegotiating({ edit });
  const { found, told } = await joined.failure;
  assertLocal(found, "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", "unrecognized_name");
  assertFromPeer(told, "unrecognized_name");
});

for (const role of ["client", "server"] as const) {
  Deno.test(`a ${role} refuses a renegotiation that gives up encrypt_then_mac (RFC 7366, Section 3.1)`, async () => {
    const hello = role === "client" ? "ServerHello" : "ClientHello";
    const type = HandshakeType[role === "client" ? "serverHello" : "clientHello"];
    const edit = editHello(hello, ExtensionType.encryptThenMac, null);
    const filter = { messageFilter: actOn(type, 1, { edit }) };
    const cipherSuites = ["TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256"] as const;
    await using joined = await connectedIn("TLSv1.2", {
      client: willing({ cipherSuites }),
      server: serving("REQUIRES_XTN", { cipherSuites }),
      ...(role === "client" ? { serverInternals: filter } : { clientInternals: filter }),
    });
    const { client, server } = joined;
    const reading = failureOf(server.read(new Uint8Array(1)));
    const errors = { client: await failureOf(reHandshake(client)), server: await reading };
    assertLocal(errors[role], "SSL_ERROR_UNSAFE_NEGOTIATION", "handshake_failure");
    assertFromPeer(errors[role === "client" ? "server" : "client"], "handshake_failure");
  });
}

Deno.test("the record size limit of a renegotiation counts from its keys on, and its absence, too (RFC 8449, Section 4)", async () => {
  const model = newModel(willing());
  optionSet(model, "RECORD_SIZE_LIMIT", 200);
  await using joined = await tappedAndConnected("server", {
    client: { model },
    server: serving("REQUIRES_XTN"),
  });
  const { client, server, tap } = joined;
  const longest = (records: readonly { fragment: Bytes }[]) =>
    Math.max(...records.map(({ fragment }) => fragment.length));
  for (
    const [limit, least, most, after] of [
      [64, 65, 200, 64],
      [16385, 1, 64, 1000],
      [200, 201, 16384, 200],
    ] as const
  ) {
    tap.records.length = 0;
    optionSet(client, "RECORD_SIZE_LIMIT", limit);
    const reading = readExactly(server, 1);
    await reHandshake(client);
    const [received] = await Promise.all([
      readExactly(client, 1000),
      server.write(new Uint8Array(1000)),
    ]);
    assertEquals(received.length, 1000);
    const changed = tap.records.findIndex(({ type }) => type === ContentType.changeCipherSpec);
    const flight = longest(tap.records.slice(0, changed));
    assert(flight >= least && flight <= most, `${flight} before the keys change to ${limit}`);
    assertEquals(longest(tap.records.slice(changed)), after);
    await client.write(new Uint8Array(1));
    await reading;
  }
});

Deno.test("a server refuses a client that becomes another one in a renegotiation of its own", async () => {
  const other = await makeIdentity({ subject: "CN=Other Client" }, PKI.root);
  const shown = [PKI.client, other];
  await using joined = await connectedIn("TLSv1.2", {
    client: willing({ getClientAuthData: () => shown.shift()!.credential }),
    server: serving("REQUIRES_XTN", { clientAuth: "require" }),
  });
  const { client, server } = joined;
  const reading = failureOf(server.read(new Uint8Array(1)));
  assertFromPeer(await failureOf(reHandshake(client)), "illegal_parameter");
  assertLocal(await reading, "SSL_ERROR_RX_MALFORMED_CERTIFICATE", "illegal_parameter");
});

Deno.test("a client that is not asked again stays who it is", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", { clientAuth: "require" }),
  });
  const { client, server } = joined;
  optionSet(server, "REQUEST_CERTIFICATE", false);
  const reading = readExactly(server, 1);
  await reHandshake(client);
  await client.write(new Uint8Array(1));
  await reading;
  assertEquals(peerCertificate(server), PKI.client.cert);
});

Deno.test("a client that stands by override and is not asked again stands by override still", async () => {
  await using joined = await connectedIn("TLSv1.2", {
    server: serving("REQUIRES_XTN", {
      clientAuth: "require",
      authCertificate: () => false,
      badCert: () => true,
    }),
  });
  const { client, server } = joined;
  const { badCertAccepted, peerSignatureScheme } = getChannelInfo(server);
  assertEquals([badCertAccepted, peerSignatureScheme], [true, "ecdsa_secp256r1_sha256"]);
  optionSet(server, "REQUEST_CERTIFICATE", false);
  const reading = readExactly(server, 1);
  await reHandshake(client);
  await client.write(new Uint8Array(1));
  await reading;
  const after = getChannelInfo(server);
  assertEquals(after.peerCertificates, [PKI.client.cert]);
  assertEquals([after.badCertAccepted, after.peerSignatureScheme], [true, null]);
});

type Bytes = Uint8Array<ArrayBuffer>;

const ALPN = ExtensionType.applicationLayerProtocolNegotiation;
const HELLOS: readonly number[] = [HandshakeType.clientHello, HandshakeType.serverHello];

function protocolOf(socket: SslSocket): string | null {
  return getChannelInfo(socket).alpnProtocol;
}

/** The body of the extension, for protocols of one letter. */
function protocols(...names: readonly string[]): number[] {
  return [0, 2 * names.length, ...names.flatMap((name) => [1, name.charCodeAt(0)])];
}

function bodyIn(message: "ClientHello" | "ServerHello", hello: Bytes, type: number): Bytes | null {
  let found: Bytes | null = null;
  try {
    editHello(message, type, (body) => found = body)(hello);
  } catch {
    // It is not there.
  }
  return found;
}

function alpnIn(message: "ClientHello" | "ServerHello", hello: Bytes): boolean {
  return bodyIn(message, hello, ALPN) !== null;
}

/** A renegotiation whose ClientHello is edited on its way. */
async function renegotiating(
  { edit, ...client }: ImportOptions & { readonly edit: Edit },
  server: ImportOptions = {},
  onAnswer: (body: Bytes) => void = () => {},
): Promise<Joined & { readonly failure: Promise<{ found: SslError; told: SslError }> }> {
  let hellos = 0;
  const joined = await connectedIn("TLSv1.2", {
    client: willing(client),
    server: serving("REQUIRES_XTN", server),
    clientInternals: { messageFilter: actOn(HandshakeType.clientHello, 1, { edit }) },
    serverInternals: {
      messageFilter: ({ type, body, raw }) => {
        if (type === HandshakeType.serverHello && ++hellos === 2) onAnswer(body.slice());
        return [raw];
      },
    },
  });
  const reading = failureOf(joined.server.read(new Uint8Array(1)));
  const failure = failureOf(reHandshake(joined.client)).then(async (told) => ({
    told,
    found: await reading,
  }));
  return { ...joined, failure };
}
