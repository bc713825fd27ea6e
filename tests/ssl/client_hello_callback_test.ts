// Copyright 2026 the NSS for Deno authors. MIT license.

import { assert, assertEquals, assertMatch, assertStrictEquals } from "@std/assert";
import {
  clientHelloCallback,
  type ClientHelloInfo,
  newModel,
  optionSet,
  reHandshake,
  SslError,
  type SslSocket,
} from "@nss/nss/ssl";
import { ja4Of } from "../../ssl/handshake/server/ja4.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { signatureAlgorithms } from "../../ssl/extensions/signature_algorithms.ts";
import { supportedVersionsClientHello } from "../../ssl/extensions/supported_versions.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
} from "../../ssl/messages/client_hello.ts";
import { assertFails, connected, HOSTNAME, join, pingPong, PKI, shake, turns } from "./_support.ts";
import { keepHellos } from "./_hello.ts";
import { Acquaintance, tls12 } from "./_tls12.ts";

/** Hellos as a hook sees them. */
function keep(): {
  readonly seen: ClientHelloInfo[];
  readonly sockets: SslSocket[];
  callback: Hook;
} {
  const seen: ClientHelloInfo[] = [];
  const sockets: SslSocket[] = [];
  const callback: Hook = (socket, hello) => {
    sockets.push(socket);
    seen.push(hello);
  };
  return { seen, sockets, callback };
}
type Hook = NonNullable<Parameters<typeof clientHelloCallback>[1]>;

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  const versions = { min: version, max: version };

  Deno.test(`clientHelloCallback() is told what the client says, once (${version})`, async () => {
    const { seen, sockets, callback } = keep();
    const hellos = keepHellos();
    await using joined = join({
      client: { versions, alpnProtocols: ["h2", "http/1.1"], keyShares: ["x25519"] },
      clientInternals: hellos,
    });
    clientHelloCallback(joined.server, callback);
    const [info] = await shake(joined);
    assertEquals(info.version, version);
    assertEquals(seen.length, 1);
    assertStrictEquals(sockets[0], joined.server);
    const [hello] = seen as [ClientHelloInfo];
    const [sent] = hellos.sent as [ClientHello];
    assertEquals(parseClientHello(hello.raw.subarray(4)).random, sent.random);
    assertEquals([hello.raw[0], hello.random], [1, sent.random]);
    assertEquals(hello.sessionId, sent.legacySessionId);
    assertEquals(hello.cipherSuites, sent.cipherSuites);
    assertEquals(hello.extensions.map(({ type }) => type), sent.extensions!.types());
    for (const { type, body } of hello.extensions) assertEquals(body, sent.extensions!.body(type));
    assertEquals(hello.serverName, HOSTNAME);
    assertEquals(hello.alpnProtocols, ["h2", "http/1.1"]);
    assertEquals(hello.signatureSchemes, sent.extensions!.get(signatureAlgorithms));
    assertEquals(hello.legacyVersion, 0x0303);
    assertEquals(hello.compressionMethods, [0]);
    const isTls13 = version === "TLSv1.3";
    assertEquals(hello.versions, isTls13 ? [0x0304] : [0x0303]);
    assertEquals(hello.groups[0], isTls13 ? 0x11ec : 0x001d);
    assertEquals(hello.keyShareGroups, isTls13 ? [0x001d] : []);
    assertEquals([hello.isRetry, hello.isRenegotiation], [false, false]);
    assertEquals(hello.ja4, await ja4Of(sent));
    assertMatch(
      hello.ja4,
      isTls13 ? /^t13d03\d\dh2_[0-9a-f]{12}_[0-9a-f]{12}$/ : /^t12d0[67]\d\dh2_/,
    );
  });

  Deno.test(`clientHelloCallback() lets pass with undefined and true, at once or later (${version})`, async () => {
    for (const verdict of [undefined, true, Promise.resolve(), turns(5).then(() => true)]) {
      let calls = 0;
      await using joined = await connected({
        client: { versions },
        server: { clientHelloCallback: () => (calls++, verdict) },
      });
      await pingPong(joined);
      assertEquals(calls, 1);
    }
  });

  Deno.test(`clientHelloCallback() refuses with false and with anything else (${version})`, async () => {
    // deno-lint-ignore no-explicit-any -- hooks come from JavaScript, too
    for (const verdict of [false, null, 0, "no", turns(2).then(() => false)] as any[]) {
      await assertFails(
        { client: { versions }, server: { clientHelloCallback: () => verdict } },
        { at: "server", error: "SSL_ERROR_APPLICATION_ABORT", alert: "handshake_failure" },
      );
    }
  });

  Deno.test(`clientHelloCallback() refuses by throwing, with the error's own alert (${version})`, async () => {
    const cause = new Error("unknown kind of client");
    for (const later of [false, true]) {
      const error = await assertFails(
        {
          client: { versions },
          server: {
            clientHelloCallback: later ? () => turns(2).then(() => Promise.reject(cause)) : () => {
              throw cause;
            },
          },
        },
        { at: "server", error: "SSL_ERROR_APPLICATION_ABORT", alert: "handshake_failure" },
      );
      assertStrictEquals(error.cause, cause);
    }
    await assertFails(
      {
        client: { versions },
        server: {
          clientHelloCallback: () => {
            throw new SslError("SSL_ERROR_UNRECOGNIZED_NAME_ALERT");
          },
        },
      },
      { at: "server", error: "SSL_ERROR_UNRECOGNIZED_NAME_ALERT", alert: "unrecognized_name" },
    );
  });

  Deno.test(`clientHelloCallback() is asked where a session is resumed, too (${version})`, async () => {
    const both = new Acquaintance();
    const { seen, callback } = keep();
    const options = {
      client: { versions },
      server: { versions, clientHelloCallback: callback },
    };
    assertEquals(await both.resumes(options), false);
    assertEquals(await both.resumes(options), true);
    assertEquals(seen.length, 2);
  });
}

Deno.test("clientHelloCallback() gets copies: what it does to them changes nothing", async () => {
  let calls = 0;
  await using joined = await connected({
    server: {
      clientHelloCallback: (_socket, hello) => {
        calls++;
        for (const bytes of [hello.raw, hello.random, hello.sessionId]) bytes.fill(0);
        for (const { body } of hello.extensions) body.fill(0);
        (hello.cipherSuites as number[]).length = 0;
        (hello.groups as number[]).length = 0;
      },
    },
  });
  assertEquals(calls, 1);
  await pingPong(joined);
});

Deno.test("clientHelloCallback() is asked before the name hook, and about the second hello, whatever that has chosen", async () => {
  const { seen, callback } = keep();
  const order: string[] = [];
  const model = newModel({ role: "server", groups: ["secp256r1"] });
  await using joined = await connected({
    server: {
      clientHelloCallback: (socket, hello) => {
        order.push(hello.isRetry ? "second hello" : "hello");
        return callback(socket, hello);
      },
      sniSocketConfig: () => {
        order.push("name");
        return { model, certificates: [PKI.server.credential] };
      },
    },
  });
  assertEquals(order, ["hello", "name", "second hello"]);
  assertEquals(seen.map(({ isRetry }) => isRetry), [false, true]);
  assertEquals(seen[1]!.keyShareGroups, [0x0017]);
  assertEquals(seen[0]!.random, seen[1]!.random);
  assertEquals((await joined.client.handshake()).helloRetryRequest, true);
});

Deno.test("clientHelloCallback() is asked about the hello of a renegotiation, and not about one that is declined", async () => {
  const { seen, callback } = keep();
  await using joined = await connected(tls12({ server: { clientHelloCallback: callback } }));
  const reading = joined.server.read(new Uint8Array(1));
  await reHandshake(joined.client).catch(() => {});
  assertEquals(seen.length, 1);
  optionSet(joined.server, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  await reHandshake(joined.client);
  assertEquals(seen.map(({ isRenegotiation }) => isRenegotiation), [false, true]);
  await joined.client.write(new Uint8Array(1));
  assertEquals(await reading, 1);
});

/** A hello that is made of numbers alone. */
function helloOf(
  suites: readonly number[],
  extensions: readonly (readonly [number, readonly number[]])[] | null,
  legacyVersion = 0x0303,
): ClientHello {
  const block = new ExtensionBlock();
  for (const [type, body] of extensions ?? []) block.addBody(type, new Uint8Array(body));
  return parseClientHello(encodeClientHello({
    legacyVersion,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(0),
    cipherSuites: suites,
    legacyCompressionMethods: new Uint8Array(1),
    extensions: extensions === null ? undefined : block,
  }));
}

const numbers = (text: string) => text.split(",").map((hex) => parseInt(hex, 16));
const u16 = (value: number) => [value >> 8, value & 0xff];
const vector = (bytes: readonly number[]) => [...u16(bytes.length), ...bytes];
const alpn = (...name: readonly number[]) => vector([name.length, ...name]);

/** What extensions say in these hellos, where it has to parse. */
function bodyOf(type: number, schemes: readonly number[], versions: readonly number[]): number[] {
  switch (type) {
    case 0x0000:
      return vector([0, ...vector([0x61])]);
    case 0x0005:
      return [1, 0, 0, 0, 0];
    case 0x000a:
      return vector(u16(0x001d));
    case 0x000b:
      return [1, 0];
    case 0x000d:
      return vector(schemes.flatMap(u16));
    case 0x0010:
      return alpn(0x68, 0x32);
    case 0x002b:
      return [versions.length * 2, ...versions.flatMap(u16)];
    case 0x002d:
      return [1, 1];
    case 0x0033:
      return vector([]);
    case 0xff01:
      return [0];
    default:
      return [];
  }
}

/**
 * The hello whose raw fingerprint (JA4_r) a tool prints, its extensions in another order and GREASE
 * among them.
 */
function helloFrom(raw: string, grease: boolean): ClientHello {
  const [summary, suites, types, schemes] = raw.split("_");
  const all = numbers(types!).toReversed();
  if (summary!.endsWith("h2")) all.unshift(0x0010);
  if (summary![3] === "d") all.push(0x0000);
  const greased = grease ? [0x1a1a] : [];
  return helloOf(
    [...greased, ...numbers(suites!).toReversed()],
    [...greased, ...all].map((type) => [
      type,
      bodyOf(type, [...greased, ...numbers(schemes!)], [...greased, 0x0303, 0x0304]),
    ]),
  );
}

Deno.test("ja4Of() gives the fingerprints that others give for real clients", async (t) => {
  const rows: Record<string, [raw: string, fingerprint: string]> = {
    "the specification's example, Chrome": [
      "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
      "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01_" +
      "0403,0804,0401,0503,0805,0501,0806,0601",
      "t13d1516h2_8daaf6152771_e5627efa2ab1",
    ],
    "Chrome 143 at browserleaks": [
      "t13d1516h2_002f,0035,009c,009d,1301,1302,1303,c013,c014,c02b,c02c,c02f,c030,cca8,cca9_" +
      "0005,000a,000b,000d,0012,0017,001b,0023,002b,002d,0033,44cd,fe0d,ff01_" +
      "0403,0804,0401,0503,0805,0501,0806,0601",
      "t13d1516h2_8daaf6152771_d8a2da3f94cd",
    ],
    "a client with TLS_EMPTY_RENEGOTIATION_INFO_SCSV": [
      "t13d1011h2_00ff,1301,1302,1303,c02b,c02c,c02f,c030,cca8,cca9_" +
      "0005,000a,000b,000d,0017,0023,002b,002d,0033_" +
      "0503,0403,0807,0806,0805,0804,0601,0501,0401",
      "t13d1011h2_61a7ad8aa9b6_3fcd1a44f3e3",
    ],
  };
  for (const [name, [raw, fingerprint]] of Object.entries(rows)) {
    for (const grease of [false, true]) {
      await t.step(`${name}${grease ? ", with GREASE" : ""}`, async () => {
        assertEquals(await ja4Of(helloFrom(raw, grease)), fingerprint);
      });
    }
  }
});

Deno.test("ja4Of() leaves out the underscore where there are no signature schemes, as in the specification", async () => {
  const types = "0005,000a,000b,000d,0012,0015,0017,001b,0023,002b,002d,0033,4469,ff01";
  const ja4 = await ja4Of(helloFrom(`t13d1516h2_1301_${types}_0a0a`, false)); // GREASE is none
  assertEquals(ja4.split("_")[2], "6d807ffa2a79");
});

Deno.test("ja4Of() marks the protocol by its ends, or by those of its hexadecimal digits", async () => {
  const rows: readonly [readonly number[], string][] = [
    [[0x68, 0x32], "h2"],
    [[...new TextEncoder().encode("http/1.1")], "h1"],
    [[0x68], "hh"],
    [[0xab], "ab"],
    [[0xab, 0xcd], "ad"],
    [[0x30, 0xab], "3b"],
    [[0x30, 0x31, 0xab, 0xcd], "3d"],
    [[0x30, 0xab, 0xcd, 0x31], "01"],
    [[0x0a, 0x0a], "0a"],
  ];
  for (const [name, mark] of rows) {
    const ja4 = await ja4Of(helloOf([0x1301], [[0x0010, alpn(...name)]]));
    assertEquals(ja4.slice(0, 10), `t12i0101${mark}`);
  }
});

Deno.test("ja4Of() of a hello with next to nothing, or with too much", async () => {
  assertEquals(await ja4Of(helloOf([0x0a0a], null)), "t12i000000_000000000000_000000000000");
  assertEquals((await ja4Of(helloOf([0x002f], null, 0x0301))).slice(0, 10), "t10i010000");
  assertEquals((await ja4Of(helloOf([0x002f], null, 0x0300))).slice(0, 10), "ts3i010000");
  assertEquals((await ja4Of(helloOf([0x002f], null, 0x0505))).slice(0, 10), "t00i010000");
  const many = Array.from({ length: 120 }, (_, i) => 0x4000 + i);
  const ja4 = await ja4Of(helloOf(many, many.map((type) => [type, []])));
  assertEquals(ja4.slice(0, 10), "t12i999900");
  // Of the versions the newest counts, wherever it stands; unknown ones, too.
  const versions = new ExtensionBlock().add(supportedVersionsClientHello, [0x0302, 0xfafa, 0x0303]);
  const hello = { ...helloOf([0x002f], null, 0x0301), extensions: versions };
  assertEquals((await ja4Of(hello)).slice(0, 8), "t12i0101");
  assert((await ja4Of(hello)) !== ja4);
});
