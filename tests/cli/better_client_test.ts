// Copyright 2026 the NSS for Deno authors. MIT license.

// What the page of `nss server --inspect` says that a better client would have sent.

import { assert, assertEquals } from "@std/assert";
import { namedGroup, namedScheme, namedSuite } from "../../cli/explain/names.ts";
import { type Finding, judgeClient, type Level } from "../../cli/inspect/better_client.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import {
  type ClientHello,
  encodeClientHello,
  parseClientHello,
} from "../../ssl/messages/client_hello.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { TLS_1_1, TLS_1_2, TLS_1_3 } from "../../ssl/tables/versions.ts";

const u16 = (value: number) => [value >> 8, value & 0xff];
const vector16 = (bytes: readonly number[]) => [...u16(bytes.length), ...bytes];
const text = (name: string) => [...new TextEncoder().encode(name)];

const GOOD_SUITES = [0x1301, 0xc02b];

/** What a hello offers. */
interface Offered {
  readonly suites?: readonly number[];
  readonly compression?: readonly number[];
  readonly sessionId?: number;
  readonly versions?: readonly number[] | null;
  readonly groups?: readonly number[];
  readonly shares?: readonly number[];
  readonly schemes?: readonly number[] | null;
  readonly name?: string | null;
  readonly protocols?: readonly string[] | null;
  readonly pskModes?: readonly number[] | null;
  readonly without?: readonly number[];
  readonly empty?: readonly number[];
}

/** A hello of a client that does all well, but for what is said. */
function helloOf({
  suites = GOOD_SUITES,
  compression = [0],
  sessionId = 0,
  versions = [TLS_1_3, TLS_1_2],
  groups = [0x11ec, 0x001d],
  shares = [0x11ec],
  schemes = [0x0403],
  name = "a.test",
  protocols = ["h2"],
  pskModes = [1],
  without = [],
  empty = [],
}: Offered = {}): ClientHello {
  const extensions: [number, readonly number[] | null][] = [
    [
      ExtensionType.serverName,
      name === null ? null : vector16([0, ...vector16(text(name))]),
    ],
    [ExtensionType.extendedMasterSecret, []],
    [ExtensionType.renegotiationInfo, [0]],
    [ExtensionType.supportedGroups, vector16(groups.flatMap(u16))],
    [ExtensionType.sessionTicket, []],
    [
      ExtensionType.applicationLayerProtocolNegotiation,
      protocols && vector16(protocols.flatMap((one) => [one.length, ...text(one)])),
    ],
    [ExtensionType.signatureAlgorithms, schemes && vector16(schemes.flatMap(u16))],
    [
      ExtensionType.supportedVersions,
      versions && [versions.length * 2, ...versions.flatMap(u16)],
    ],
    [ExtensionType.pskKeyExchangeModes, pskModes && [pskModes.length, ...pskModes]],
    [
      ExtensionType.keyShare,
      vector16(shares.flatMap((group) => [...u16(group), ...vector16(Array(4).fill(1))])),
    ],
    [ExtensionType.encryptedClientHello, []],
    [0x1a1a, []],
    ...empty.map((type): [number, number[]] => [type, []]),
  ];
  const block = new ExtensionBlock();
  for (const [type, body] of extensions) {
    if (body !== null && !without.includes(type)) block.addBody(type, new Uint8Array(body));
  }
  return parseClientHello(encodeClientHello({
    legacyVersion: TLS_1_2,
    random: new Uint8Array(32),
    legacySessionId: new Uint8Array(sessionId),
    cipherSuites: suites,
    legacyCompressionMethods: new Uint8Array(compression),
    extensions: block,
  }));
}

const judge = (offered?: Offered, isAddress = false) => judgeClient(helloOf(offered), isAddress);

function bad(findings: readonly Finding[]): (readonly [Level, string])[] {
  return findings.filter(({ level }) => level !== "good").map(({ level, what }) => [level, what]);
}

Deno.test("judgeClient() finds nothing to mend in a hello that does all well", () => {
  const findings = judge();
  assertEquals(bad(findings), []);
  assertEquals(findings.map(({ what }) => what), [
    "offers TLS 1.3",
    "sends a key share of X25519MLKEM768",
    "offers only suites with forward secrecy and AEAD",
    "takes no signatures with SHA-1 or MD5",
    "says which host it wants (SNI)",
    "says what it speaks (ALPN)",
    "sends encrypted_client_hello",
    "sends GREASE",
  ]);
});

Deno.test("judgeClient() names each weakness, how grave it is, why, and its cure", () => {
  const rows: readonly (readonly [Offered, Level, string])[] = [
    [{ versions: [TLS_1_2] }, "old", "does not offer TLS 1.3"],
    [{ versions: null }, "old", "does not offer TLS 1.3"],
    [{ versions: [TLS_1_3, TLS_1_2, TLS_1_1] }, "old", "offers TLS 1.1"],
    [{ groups: [0x1d], shares: [0x1d] }, "better", "offers no hybrid group"],
    [{ shares: [0x1d] }, "better", "offers X25519MLKEM768 without a key share"],
    [{ groups: [0x11ec, 0x1d, 0x0013] }, "old", "offers weak curves"],
    [{ suites: [...GOOD_SUITES, 0x0002] }, "insecure", "offers suites without encryption"],
    [{ suites: [...GOOD_SUITES, 0x0003] }, "insecure", "offers suites of export strength"],
    [{ suites: [...GOOD_SUITES, 0x00a6] }, "insecure", "offers suites without authentication"],
    [{ suites: [...GOOD_SUITES, 0xc011] }, "insecure", "offers RC4"],
    [{ suites: [...GOOD_SUITES, 0x0009] }, "insecure", "offers DES, RC2, IDEA or SEED"],
    [{ suites: [...GOOD_SUITES, 0xc012] }, "insecure", "offers 3DES"],
    [{ suites: [...GOOD_SUITES, 0x009c] }, "old", "offers RSA key transport"],
    [{ suites: [...GOOD_SUITES, 0xc02d] }, "old", "offers static Diffie-Hellman"],
    [{ suites: [...GOOD_SUITES, 0xc013] }, "old", "offers suites with CBC"],
    [{ suites: [...GOOD_SUITES, 0x5600] }, "old", "has fallen back to an older version"],
    [{ schemes: [0x0403, 0x0201] }, "old", "takes weak signatures"],
    [{ schemes: null }, "insecure", "names no signature algorithms"],
    [{ compression: [0, 1] }, "insecure", "offers compression"],
    [
      { without: [ExtensionType.extendedMasterSecret] },
      "old",
      "offers TLS 1.2 without the extended master secret",
    ],
    [
      { without: [ExtensionType.renegotiationInfo] },
      "insecure",
      "offers TLS 1.2 without secure renegotiation",
    ],
    [{ name: null }, "better", "sends no server name (SNI)"],
    [{ protocols: null }, "better", "offers no application protocol (ALPN)"],
    [
      { pskModes: null, without: [ExtensionType.sessionTicket] },
      "better",
      "cannot resume sessions",
    ],
    [{ pskModes: [0] }, "old", "resumes sessions of TLS 1.3 without a new key exchange only"],
    [{ empty: [ExtensionType.heartbeat] }, "old", "offers heartbeat"],
    [
      { without: [ExtensionType.encryptedClientHello] },
      "better",
      "does not encrypt its ClientHello (ECH)",
    ],
  ];
  for (const [offered, level, what] of rows) {
    const findings = judge(offered);
    assert(
      bad(findings).some(([one, name]) => one === level && name === what),
      `${what}: ${JSON.stringify(bad(findings))}`,
    );
    for (const { level, why, cure } of findings) {
      assert(why !== "" && (cure === "") === (level === "good"), what);
    }
  }
});

Deno.test("judgeClient() does not ask of a client what its versions or its address rule out", () => {
  const only13 = { versions: [TLS_1_3], suites: [0x1301] };
  assertEquals(
    bad(judge({
      ...only13,
      without: [ExtensionType.extendedMasterSecret, ExtensionType.renegotiationInfo],
    })),
    [],
  );
  // RFC 5746, Section 3.3: the SCSV says the same
  assertEquals(
    bad(judge({ suites: [...GOOD_SUITES, 0x00ff], without: [ExtensionType.renegotiationInfo] })),
    [],
  );
  assertEquals(bad(judge({ name: null }, true)), []);
  // A session of TLS 1.2 by its ID
  const byId = { pskModes: null, without: [ExtensionType.sessionTicket], sessionId: 32 };
  assertEquals(bad(judge(byId)), []);
});

Deno.test("judgeClient() puts the gravest first, and names a bounded number of values", () => {
  const suites = Array.from({ length: 2000 }, (_, i) => 0x0001 + i % 0xbf);
  const findings = judge({ suites, protocols: ["x".repeat(255), ...Array(40).fill("h2")] });
  const levels = findings.map(({ level }) => level);
  const order: readonly Level[] = ["insecure", "old", "better", "good"];
  assertEquals(levels, levels.toSorted((a, b) => order.indexOf(a) - order.indexOf(b)));
  for (const { which } of findings) {
    assert(which.length <= 9 && which.every(({ length }) => length < 100), which.join());
  }
  const cbc = (count: number) => {
    const suites = Array.from({ length: count }, (_, i) => [0xc013, 0xc014][i % 2]!);
    return judge({ suites }).find(({ what }) => what === "offers suites with CBC")!.which;
  };
  assertEquals(cbc(8).slice(-1), ["TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA"]);
  assertEquals([cbc(8).length, cbc(9).length, cbc(9).at(-1)], [8, 9, "1 more"]);
});

Deno.test("judgeClient() takes a hello without extensions, and one of each length of a good one", () => {
  const bare = { ...helloOf(), extensions: undefined };
  assertEquals(bad(judgeClient(bare, false)).map(([, what]) => what), [
    "names no signature algorithms",
    "offers TLS 1.2 without secure renegotiation",
    "does not offer TLS 1.3",
    "offers TLS 1.2 without the extended master secret",
    "offers no hybrid group",
    "sends no server name (SNI)",
    "offers no application protocol (ALPN)",
    "cannot resume sessions",
  ]);
  const types = helloOf().extensions!.types();
  for (let length = 0; length <= types.length; length++) {
    assert(judge({ without: types.slice(length) }).length > 0);
  }
});

Deno.test("what the explanation of a ClientHello marks as weak is a finding, and nothing else is", () => {
  const hasSuite = (id: number) =>
    bad(judge({ suites: [...GOOD_SUITES, id] })).some(([, what]) => /^offers /.test(what));
  for (let id = 0; id < 0x1_0000; id++) {
    const { name, mark } = namedSuite(id);
    if (mark === "unknown" || mark === "grease") continue;
    assertEquals(hasSuite(id), mark === "weak", name);
  }
  for (let id = 0; id < 0x1_0000; id++) {
    const { name, mark } = namedGroup(id);
    if (mark !== null && mark !== "weak") continue;
    const findings = bad(judge({ groups: [0x11ec, id], shares: [0x11ec] }));
    assertEquals(findings.length > 0, mark === "weak", name);
  }
  for (let id = 0; id < 0x1_0000; id++) {
    const { name, mark } = namedScheme(id);
    if (mark !== null && mark !== "weak") continue;
    assertEquals(bad(judge({ schemes: [id] })).length > 0, mark === "weak", name);
  }
});
