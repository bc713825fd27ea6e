// Copyright 2026 the NSS for Deno authors. MIT license.

/** What each option that works changes on the wire, at the end that it is set at. */

import { assert, assertEquals, assertFalse, assertGreater, assertNotEquals } from "@std/assert";
import { concat } from "../../cert/base/bytes.ts";
import { MemoryCertDB } from "../../cert/db/memory_cert_db.ts";
import { importCert } from "../../cert/db/import_cert.ts";
import { keyShareClientHello } from "../../ssl/extensions/key_share.ts";
import { recordSizeLimit } from "../../ssl/extensions/record_size_limit.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedGroups } from "../../ssl/extensions/supported_groups.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import type { ConnLike } from "../../ssl/connection/transports.ts";
import type { MessageFilter } from "../../ssl/engine/engine.ts";
import { ReadHalf } from "../../ssl/engine/read_half.ts";
import { parseCertificateRequest } from "../../ssl/messages/certificate_request.ts";
import { encodeEncryptedExtensions } from "../../ssl/messages/encrypted_extensions.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { parseNewSessionTicket } from "../../ssl/messages/new_session_ticket.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import type { RecordProtection } from "../../ssl/record/cipher_spec.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { TLS_FALLBACK_SCSV } from "../../ssl/tables/cipher_suites.ts";
import { DOWNGRADE_TO_TLS_1_2 } from "../../ssl/tables/downgrade_sentinels.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import {
  type ChannelInfo,
  configServerCert,
  type ImportOptions,
  newModel,
  optionSet,
  type SslModel,
  type SslOption,
  type SslOptionValues,
} from "@nss/nss/ssl";
import { NssContext } from "@nss/nss/pkcs11";
import {
  assertFails,
  connected,
  failureOf,
  join,
  type JoinOptions,
  makeIdentity,
  onMessage,
  pattern,
  pingPong,
  PKI,
  readExactly,
  session,
  shake,
  TestEnvironment,
} from "./_support.ts";
import { countMessages, keepHellos, withoutExtension } from "./_hello.ts";

const TLS13 = { min: "TLSv1.3", max: "TLSv1.3" } as const;
const TLS12 = { min: "TLSv1.2", max: "TLSv1.2" } as const;
const BOTH = { min: "TLSv1.2", max: "TLSv1.3" } as const;

/** A model with one option set, for either end of `join`. */
function withOption<O extends SslOption>(
  option: O,
  value: SslOptionValues[O],
  base: ImportOptions = {},
): { readonly model: SslModel } {
  const model = newModel(base);
  optionSet(model, option, value);
  return { model };
}

async function resumes(options: JoinOptions): Promise<boolean> {
  await session(options);
  const infos = await session(options);
  assertEquals(infos[0].resumed, infos[1].resumed);
  return infos[0].resumed;
}

for (const option of ["NO_CACHE", "ENABLE_SESSION_TICKETS"] as const) {
  for (const versions of [TLS13, TLS12]) {
    Deno.test(`optionSet() of ${option} keeps either end from resuming (${versions.max})`, async () => {
      const resuming = option === "ENABLE_SESSION_TICKETS";
      for (const end of ["client", "server", "none"] as const) {
        const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
        const model = (mine: string) => withOption(option, mine === end ? !resuming : resuming);
        const tickets = countMessages(HandshakeType.newSessionTicket);
        const resumed = await resumes({
          client: { ...model("client"), context: contexts[0]!, versions },
          server: { ...model("server"), context: contexts[1]!, versions },
          serverInternals: { messageFilter: tickets.messageFilter },
        });
        assertEquals(resumed, end === "none", end);
        if (end === "server") assertEquals(tickets.count, 0);
        if (end === "none") assertGreater(tickets.count, 0);
      }
    });
  }
}

Deno.test("optionSet() of REQUIRE_SAFE_NEGOTIATION refuses a server that does not know RFC 5746", async () => {
  const serverInternals = { messageFilter: withoutExtension(ExtensionType.renegotiationInfo) };
  await assertFails({
    client: { ...withOption("REQUIRE_SAFE_NEGOTIATION", true), versions: TLS12 },
    server: { versions: TLS12 },
    serverInternals,
  }, { at: "client", error: "SSL_ERROR_UNSAFE_NEGOTIATION", alert: "handshake_failure" });
});

Deno.test("optionSet() of REQUIRE_SAFE_NEGOTIATION refuses a client that does not know RFC 5746", async () => {
  const clientInternals = { messageFilter: withoutExtension(ExtensionType.renegotiationInfo) };
  await assertFails({
    client: { versions: TLS12 },
    server: { ...withOption("REQUIRE_SAFE_NEGOTIATION", true), versions: TLS12 },
    clientInternals,
  }, { at: "server", error: "SSL_ERROR_UNSAFE_NEGOTIATION", alert: "handshake_failure" });
});

Deno.test("optionSet() of REQUIRE_SAFE_NEGOTIATION lets those through that do, and TLS 1.3", async () => {
  for (const versions of [TLS12, TLS13]) {
    const safe = withOption("REQUIRE_SAFE_NEGOTIATION", true);
    await using _joined = await connected({
      client: { ...safe, versions },
      server: { ...safe, versions },
    });
  }
});

Deno.test("optionSet() of ENABLE_OCSP_STAPLING asks for a response", async () => {
  for (const versions of [TLS13, TLS12]) {
    for (const on of [true, false]) {
      const hellos = keepHellos();
      await using _joined = await connected({
        client: { ...withOption("ENABLE_OCSP_STAPLING", on), versions },
        clientInternals: hellos,
      });
      assertEquals(hellos.sent[0]!.extensions!.has(ExtensionType.statusRequest), on);
    }
  }
});

Deno.test("optionSet() of ENABLE_ALPN silences either end", async () => {
  for (const versions of [TLS13, TLS12]) {
    for (const [client, server] of [[false, true], [true, false], [true, true]] as const) {
      const hellos = keepHellos();
      const alpnProtocols = ["h2"];
      await using joined = join({
        client: { ...withOption("ENABLE_ALPN", client), versions, alpnProtocols },
        server: { ...withOption("ENABLE_ALPN", server), versions, alpnProtocols },
        clientInternals: hellos,
      });
      const infos = await shake(joined);
      const agreed = client && server ? "h2" : null;
      assertEquals(infos.map(({ alpnProtocol }) => alpnProtocol), [agreed, agreed]);
      const type = ExtensionType.applicationLayerProtocolNegotiation;
      assertEquals(hellos.sent[0]!.extensions!.has(type), client);
    }
  }
});

/** The hello as one of TLS 1.1, which has no supported_versions. */
function asTls11(raw: Uint8Array<ArrayBuffer>): readonly Uint8Array<ArrayBuffer>[] {
  const changed = raw.slice();
  changed[5] = 2; // the minor number behind the header's four bytes
  return [changed];
}

Deno.test("optionSet() of ENABLE_FALLBACK_SCSV lets a server find out a fallback without need", async () => {
  const client = { ...withOption("ENABLE_FALLBACK_SCSV", true), versions: TLS12 };
  await assertFails({ client, server: { versions: BOTH } }, {
    at: "server",
    error: "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT",
    alert: "inappropriate_fallback",
  });
  // However far it fell: a version that nobody speaks is the lesser trouble.
  await assertFails({
    client,
    clientInternals: { messageFilter: onMessage(HandshakeType.clientHello, asTls11) },
    server: { versions: TLS12 },
  }, {
    at: "server",
    error: "SSL_ERROR_INAPPROPRIATE_FALLBACK_ALERT",
    alert: "inappropriate_fallback",
  });
  const hellos = keepHellos();
  await using _joined = await connected({
    client,
    server: { versions: TLS12 }, // there was need
    clientInternals: hellos,
  });
  assertEquals(hellos.sent[0]!.cipherSuites.at(-1), TLS_FALLBACK_SCSV);
});

Deno.test("optionSet() of ENABLE_EXTENDED_MASTER_SECRET leaves it out at either end, and resumes nothing then", async () => {
  for (const [client, server] of [[false, true], [true, false], [true, true]] as const) {
    const contexts = [0, 1].map(() => new NssContext({ trustAnchors: [] }));
    const options = {
      client: {
        ...withOption("ENABLE_EXTENDED_MASTER_SECRET", client),
        versions: TLS12,
        context: contexts[0]!,
      },
      server: {
        ...withOption("ENABLE_EXTENDED_MASTER_SECRET", server),
        versions: TLS12,
        context: contexts[1]!,
      },
    };
    const infos = await session(options);
    assertEquals(infos.map((info) => info.extendedMasterSecret), Array(2).fill(client && server));
    assertEquals(await resumes(options), client && server);
  }
});

/** The lengths of data in the records in which an end gets what its peer wrote at once. */
async function piecesOf(length: number, options: JoinOptions, reader: "client" | "server") {
  const wire: Uint8Array[] = [];
  const wrap = (conn: ConnLike<Deno.NetAddr>) => recordingWrites(conn, wire);
  const ends = reader === "client" ? { wrapServer: wrap } : { wrapClient: wrap };
  await using joined = await connected({ ...options, ...ends });
  await pingPong(joined); // the tickets leave with the first data
  wire.length = 0;
  const writer = reader === "client" ? joined.server : joined.client;
  const data = pattern(length);
  const [received] = await Promise.all([readExactly(joined[reader], length), writer.write(data)]);
  assertEquals(received, data);
  const { version } = await writer.handshake();
  // AES-GCM adds a tag, in TLS 1.3 with the content type, in TLS 1.2 with the explicit nonce
  const added = version === "TLSv1.3" ? 1 + 16 : 8 + 16;
  return recordLengths(wire).map((sent) => sent - added);
}

/** A connection that keeps a copy of what is written to it. */
function recordingWrites(conn: ConnLike<Deno.NetAddr>, wire: Uint8Array[]): ConnLike<Deno.NetAddr> {
  const write = conn.write.bind(conn);
  conn.write = (bytes) => {
    wire.push(bytes.slice());
    return write(bytes);
  };
  return conn;
}

/** The lengths in the headers of the application data records in what was written. */
function recordLengths(wire: readonly Uint8Array[]): number[] {
  const bytes = concat(wire);
  const lengths: number[] = [];
  for (let at = 0; at < bytes.length;) {
    const length = bytes[at + 3]! << 8 | bytes[at + 4]!;
    if (bytes[at] === ContentType.applicationData) lengths.push(length);
    at += 5 + length;
  }
  return lengths;
}

for (const versions of [TLS13, TLS12]) {
  // RFC 8449, Section 4: in TLS 1.3 the inner content type counts.
  const overhead = versions === TLS13 ? 1 : 0;
  Deno.test(`optionSet() of RECORD_SIZE_LIMIT keeps the peer's records small, both ways (${versions.max})`, async () => {
    for (const limit of [64, 1000]) {
      const limited = { ...withOption("RECORD_SIZE_LIMIT", limit), versions };
      const free = { versions };
      const expected = [limit - overhead, limit - overhead, 10];
      const length = 2 * (limit - overhead) + 10;
      assertEquals(await piecesOf(length, { client: limited, server: free }, "client"), expected);
      // A server may only answer: its client has to begin.
      const asking = { ...withOption("RECORD_SIZE_LIMIT", 16384), versions };
      assertEquals(await piecesOf(length, { client: asking, server: limited }, "server"), expected);
      assertEquals(await piecesOf(length, { client: free, server: limited }, "server"), [length]);
    }
  });

  Deno.test(`optionSet() of RECORD_SIZE_LIMIT goes with all that a handshake has (${versions.max})`, async () => {
    const limited = { ...withOption("RECORD_SIZE_LIMIT", 64), versions };
    await using joined = await connected({
      client: { ...limited, certificates: [PKI.client.credential] },
      server: { ...limited, clientAuth: "require" },
    });
    const data = pattern(100_000);
    const [received] = await Promise.all([
      readExactly(joined.client, data.length),
      joined.server.write(data),
    ]);
    assertEquals(received, data);
  });
}

Deno.test("optionSet() of RECORD_SIZE_LIMIT tells the limit only where there is one", async () => {
  for (const [limit, told] of [[16385, undefined], [16384, 16384], [64, 64]] as const) {
    const hellos = keepHellos();
    await using _joined = await connected({
      client: withOption("RECORD_SIZE_LIMIT", limit),
      clientInternals: hellos,
    });
    assertEquals(hellos.sent[0]!.extensions!.get(recordSizeLimit), told);
  }
});

for (const hidesType of [true, false]) {
  Deno.test(`ReadHalf refuses a record beyond its limit, and takes one at it (${hidesType ? "TLSv1.3" : "TLSv1.2"})`, async () => {
    // Protection that is none, and as long as an AEAD's.
    const protection: RecordProtection = {
      encrypts: true,
      hidesType,
      recordsLeft: 100,
      overhead: 16,
      sequence: 0,
      wireType: () => ContentType.applicationData,
      seal: () => Promise.reject(new Error("Not called")),
      restart: () => protection,
      open: ({ fragment }) =>
        Promise.resolve({
          type: ContentType.applicationData,
          fragment: fragment.subarray(0, fragment.length - 16 - (hidesType ? 1 : 0)),
        }),
    };
    for (const [length, passes] of [[100, true], [101, false]] as const) {
      const half = new ReadHalf();
      half.install(protection);
      half.recordSizeLimit = 100;
      const sealed = length + 16;
      half.push(new Uint8Array([23, 3, 3, sealed >> 8, sealed & 0xff, ...new Uint8Array(sealed)]));
      if (passes) {
        assertEquals((await half.next(1))!.fragment.length, length - (hidesType ? 1 : 0));
      } else {
        const error = await failureOf(half.next(1));
        assertEquals([error.name, error.alert], [
          "SSL_ERROR_RX_RECORD_TOO_LONG",
          "record_overflow",
        ]);
      }
    }
  });
}

/** The content types of the records that a client writes. */
function keepRecordTypes() {
  const types: number[] = [];
  const wrapClient: NonNullable<JoinOptions["wrapClient"]> = (conn) =>
    new Proxy(conn, {
      get(target, property) {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== "function") return value;
        if (property !== "write") return value.bind(target);
        return (bytes: Uint8Array) => {
          const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
          for (let at = 0; at < bytes.length; at += 5 + view.getUint16(at + 3)) {
            types.push(bytes[at]!);
          }
          return value.call(target, bytes);
        };
      },
    });
  return { types, wrapClient };
}

Deno.test("optionSet() of ENABLE_TLS13_COMPAT_MODE makes TLS 1.3 look like TLS 1.2, or not", async () => {
  for (const on of [true, false]) {
    for (const groups of [undefined, ["secp384r1" as const]]) { // with a HelloRetryRequest, too
      const hellos = keepHellos();
      const { types, wrapClient } = keepRecordTypes();
      await using joined = join({
        client: withOption("ENABLE_TLS13_COMPAT_MODE", on),
        server: groups === undefined ? {} : { groups },
        clientInternals: hellos,
        wrapClient,
      });
      const [info] = await shake(joined);
      assertEquals(info.helloRetryRequest, groups !== undefined);
      assertEquals(hellos.sent[0]!.legacySessionId.length, on ? 32 : 0);
      assertEquals(
        types.filter((type) => type === ContentType.changeCipherSpec).length,
        on ? 1 : 0,
      );
    }
  }
});

Deno.test("optionSet() of ENABLE_HELLO_DOWNGRADE_CHECK heeds the sentinel of a server, or not", async () => {
  /** A server of TLS 1.2 that says that it could do better. */
  class Downgraded extends TestEnvironment {
    override random(length: number): Uint8Array<ArrayBuffer> {
      const random = super.random(length);
      if (length === 32) random.set(DOWNGRADE_TO_TLS_1_2, 32 - DOWNGRADE_TO_TLS_1_2.length);
      return random;
    }
  }
  const options = (on: boolean): JoinOptions => ({
    client: { ...withOption("ENABLE_HELLO_DOWNGRADE_CHECK", on), versions: BOTH },
    server: { versions: TLS12 },
    serverInternals: { environment: new Downgraded() },
  });
  await assertFails(options(true), {
    at: "client",
    error: "SSL_ERROR_RX_MALFORMED_SERVER_HELLO",
    alert: "illegal_parameter",
  });
  await using joined = join(options(false));
  const [info] = await shake(joined);
  assertEquals(info.version, "TLSv1.2");
});

const isGrease = (value: number) => (value & 0x0f0f) === 0x0a0a && value >> 8 === (value & 0xff);

Deno.test("optionSet() of ENABLE_GREASE puts values that mean nothing everywhere, and servers do not mind", async () => {
  for (const versions of [TLS13, TLS12, BOTH]) {
    for (const server of [{ versions: BOTH }, { versions: BOTH, groups: ["secp384r1" as const] }]) {
      const hellos = keepHellos();
      await using joined = join({
        client: { ...withOption("ENABLE_GREASE", true), versions },
        server,
        clientInternals: hellos,
      });
      const [info] = await shake(joined);
      const values = hellos.sent.map(({ cipherSuites, extensions }) => {
        const all = extensions!.types();
        const types = all.filter(isGrease);
        assertEquals(types, [all[0], all.at(-1)]);
        assertNotEquals(types[0], types[1]);
        const groups = extensions!.get(supportedGroups)!;
        const schemes = extensions!.get(signatureAlgorithms)!;
        const offered = extensions!.get(supportedVersionsClientHello) ?? [];
        for (const list of [cipherSuites, groups, schemes, offered]) {
          if (list === offered && versions === TLS12) continue;
          assertEquals(list.map(isGrease), list.map((_, index) => index === 0));
        }
        return [cipherSuites[0], groups[0], schemes[0], offered[0], ...types];
      });
      const shares = hellos.sent.map(({ extensions }) =>
        (extensions!.get(keyShareClientHello) ?? []).filter(({ group }) => isGrease(group)).length
      );
      if (versions !== TLS12) assertEquals(shares, info.helloRetryRequest ? [1, 0] : [1]);
      if (info.helloRetryRequest) assertEquals(values[0], values[1]);
    }
  }
});

/** The extensions of a server's tickets and requests for certificates. */
function keepServerExtensions() {
  const sent: (readonly number[])[] = [];
  const messageFilter: MessageFilter = ({ type, body, raw }) => {
    if (type === HandshakeType.newSessionTicket) {
      sent.push(parseNewSessionTicket(body).extensions.types());
    }
    if (type === HandshakeType.certificateRequest) {
      sent.push(parseCertificateRequest(body).extensions.types());
    }
    return [raw];
  };
  return { sent, messageFilter };
}

Deno.test("optionSet() of ENABLE_GREASE has servers say what means nothing, and clients do not mind", async () => {
  for (const isOn of [true, false]) {
    const serverInternals = keepServerExtensions();
    await using joined = await connected({
      client: { certificates: [PKI.client.credential] },
      server: { ...withOption("ENABLE_GREASE", isOn), clientAuth: "require" },
      serverInternals,
    });
    await pingPong(joined);
    const { sent } = serverInternals;
    assert(sent.length >= 2);
    for (const types of sent) assertEquals(types.filter(isGrease).length, isOn ? 1 : 0);
  }
});

Deno.test("optionSet() of ENABLE_GREASE is off by default", async () => {
  const hellos = keepHellos();
  await using _joined = await connected({ clientInternals: hellos });
  const { cipherSuites, extensions } = hellos.sent[0]!;
  assertFalse([...cipherSuites, ...extensions!.types()].some(isGrease));
});

Deno.test("optionSet() of ENABLE_GREASE refuses a server that answers what means nothing", async () => {
  const hellos = keepHellos();
  await using joined = join({
    client: withOption("ENABLE_GREASE", true),
    clientInternals: hellos,
    serverInternals: {
      messageFilter: ({ type, raw }) => {
        if (type !== HandshakeType.encryptedExtensions) return [raw];
        const meaningless = hellos.sent[0]!.extensions!.types().find(isGrease)!;
        const extensions = new ExtensionBlock().addBody(meaningless, new Uint8Array(0));
        return [encodeHandshake(type, encodeEncryptedExtensions({ extensions }))];
      },
    },
  });
  joined.server.handshake().catch(() => {});
  const error = await failureOf(joined.client.handshake());
  assertEquals(error.name, "SSL_ERROR_RX_UNEXPECTED_EXTENSION");
});

Deno.test("optionSet() of ENABLE_CH_EXTENSION_PERMUTATION changes the order, and nothing else", async () => {
  const orders = new Set<string>();
  const context = new NssContext({ trustAnchors: [] });
  const serverContext = new NssContext({ trustAnchors: [] });
  const { model } = withOption("ENABLE_CH_EXTENSION_PERMUTATION", true);
  let last: ChannelInfo | undefined;
  for (let i = 0; i < 6; i++) {
    const hellos = keepHellos();
    [last] = await session({
      client: { model, context, versions: BOTH },
      server: { context: serverContext },
      clientInternals: hellos,
    });
    const types = hellos.sent[0]!.extensions!.types();
    if (i > 0) assertEquals(types.pop(), ExtensionType.preSharedKey); // RFC 8446, Section 4.2.11
    orders.add(types.join());
    assertEquals(new Set(types).size, types.length);
  }
  assert(last!.resumed);
  // One of 11! orders each time: two of six meet once in two million runs.
  assertEquals(orders.size, 6);
  const sets = [...orders].map((order) => order.split(",").toSorted().join());
  assertEquals(new Set(sets).size, 1);
});

Deno.test("optionSet() of ENABLE_CH_EXTENSION_PERMUTATION keeps the order in the second hello", async () => {
  const hellos = keepHellos();
  await using _joined = await connected({
    client: withOption("ENABLE_CH_EXTENSION_PERMUTATION", true),
    server: { groups: ["secp384r1"] },
    clientInternals: hellos,
  });
  const [first, second] = hellos.sent.map(({ extensions }) => extensions!.types());
  assertEquals(second, first);
});

Deno.test("optionSet() of DB_LOAD_CERTIFICATE_CHAIN completes a chain from the context's database", async () => {
  const between = await makeIdentity({ subject: "CN=Between", isCa: true }, PKI.root);
  const leaf = await makeIdentity({ dnsNames: ["server.test"] }, between);
  const certDB = new MemoryCertDB();
  await importCert(certDB, between.cert);
  await importCert(certDB, PKI.root.cert);
  for (const on of [true, false]) {
    const context = new NssContext({ trustAnchors: [], certDB });
    const { model } = withOption("DB_LOAD_CERTIFICATE_CHAIN", on, { context });
    await configServerCert(model, leaf.cert, leaf.keys.privateKey);
    await using joined = join({ server: { model, context, certificates: undefined! } });
    joined.server.handshake().catch(() => {});
    if (on) {
      const info = await joined.client.handshake();
      assertEquals(info.peerCertificates, [leaf.cert, between.cert]); // not the root
    } else {
      assertEquals((await failureOf(joined.client.handshake())).name, "SEC_ERROR_UNKNOWN_ISSUER");
    }
  }
});
