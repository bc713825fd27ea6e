// Copyright 2026 the NSS for Deno authors. MIT license.

// The parts of nss scan by themselves: enumeration, pace, and what is judged.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { enumerate, type Enumeration, NOTHING } from "../../cli/scan/enumerate.ts";
import { type FindingId, FINDINGS } from "../../cli/scan/findings.ts";
import { counts, judge, MIN_DH_BITS } from "../../cli/scan/judge.ts";
import { MAX_SILENCE, NoAnswer, Pace } from "../../cli/scan/pace.ts";
import { reportScan } from "../../cli/scan/scan_report.ts";
import { type CertificateSeen, NO_SESSIONS, type Seen } from "../../cli/scan/seen.ts";
import { policyPresetByName } from "../../ssl/tables/policy_presets.ts";

/** A server that takes some letters, in its own order or the client's. */
function server(letters: string, byItself: boolean) {
  const asked: string[] = [];
  const choose = (offered: readonly string[]): Promise<string | null> => {
    asked.push(offered.join(""));
    const list = byItself ? [...letters] : offered;
    const other = byItself ? offered : [...letters];
    return Promise.resolve(list.find((one) => other.includes(one)) ?? null);
  };
  return { asked, choose };
}

const ignore = () => {};

Deno.test("enumerate() finds all that a server takes, and whose order counts", async () => {
  const pieces = [[..."abc"], [..."def"]];
  const own = server("efca", true);
  assertEquals(await enumerate(pieces, own.choose, ignore), {
    found: [..."efca"],
    order: "server",
    complete: true,
  });
  const client = server("efca", false);
  assertEquals(await enumerate(pieces, client.choose, ignore), {
    found: [..."acef"],
    order: "client",
    complete: true,
  });
  const one = server("d", true);
  assertEquals(await enumerate(pieces, one.choose, ignore), {
    found: ["d"],
    order: null,
    complete: true,
  });
  assertEquals(one.asked, ["abc", "def", "ef"]);
  const none = server("", true);
  assertEquals((await enumerate(pieces, none.choose, ignore)).found, []);
});

Deno.test("enumerate() ends with a server that goes by no list", async () => {
  const always = (): Promise<string> => Promise.resolve("x");
  assertEquals(await enumerate([["a", "b"]], always, ignore), {
    found: [],
    order: null,
    complete: true,
  });
  const first = (): Promise<string> => Promise.resolve("a");
  assertEquals((await enumerate([["a", "b"]], first, ignore)).found, ["a"]);
});

Deno.test("enumerate() offers what is known behind all else, and does without where it is preferred", async () => {
  // It needs "k" for "a" and "b", prefers it to "b", and takes "c" without
  const choose = (offered: readonly string[]): Promise<string | null> => {
    const order = offered.includes("k") ? ["a", "k", "b"] : ["c"];
    return Promise.resolve(order.find((one) => offered.includes(one)) ?? null);
  };
  const { found } = await enumerate([["a", "b", "c"]], choose, ignore, () => ["k"]);
  assertEquals(found, ["a", "c"]);
});

Deno.test("enumerate() keeps what was found before an answer failed to come, and says that it is not all", async () => {
  let kept: Enumeration<string> = NOTHING;
  let left = 2;
  const { choose } = server("abc", true);
  const failing = (offered: readonly string[]) => {
    if (left-- === 0) throw new NoAnswer("gone");
    return choose(offered);
  };
  await assertRejects(
    () => enumerate([[..."abc"]], failing, (so) => kept = so),
    NoAnswer,
  );
  assertEquals(kept, { found: ["a", "b"], order: null, complete: false });
});

Deno.test("Pace makes as many connections as were allowed, and not one more", async () => {
  const pace = new Pace(1e6, 2);
  await pace.turn();
  await pace.turn();
  await assertRejects(() => pace.turn(), NoAnswer, "the budget of 2 connections is used up");
  assertEquals([pace.made, pace.budget], [2, 2]);
});

Deno.test("Pace makes the next connection wait for its turn", async () => {
  const waits: number[] = [];
  let time = 0;
  const wait = (span: number): Promise<void> => {
    waits.push(span);
    time += span;
    return Promise.resolve();
  };
  const pace = new Pace(4, 10, { now: () => time, wait });
  await pace.turn();
  time += 100;
  await pace.turn();
  await pace.turn();
  time += 250;
  await pace.turn();
  assertEquals(waits, [150, 250]);
});

Deno.test("Pace leaves a server alone that has not answered some times in a row", async () => {
  const pace = new Pace(1e6, 100);
  for (let i = 1; i < MAX_SILENCE; i++) pace.unanswered("no answer");
  pace.answered();
  for (let i = 1; i < MAX_SILENCE; i++) pace.unanswered("no answer");
  await pace.turn();
  pace.unanswered("no answer");
  await assertRejects(() => pace.turn(), NoAnswer, `no answer, ${MAX_SILENCE} times in a row`);
});

const none = { names: [], order: null, complete: true } as const;
const choices = (...names: string[]) => ({ names, order: "server" as const, complete: true });

/** A certificate without any fault. */
const CERTIFICATE: CertificateSeen = {
  key: "ec P-256",
  chain: [{
    name: "a.test",
    subject: "CN=a.test",
    issuer: "CN=x",
    names: [],
    key: "ec P-256",
    signatureAlgorithm: "ecdsa-with-SHA256",
    notBefore: "",
    notAfter: "",
    daysLeft: 60,
    fingerprint: "",
    place: "sent",
    problems: [],
  }],
  problems: [],
  forbiddenBy: {},
  ocsp: "good",
  hasResponder: true,
};

/** A server in which nothing is wrong. */
const GOOD: Seen = {
  versions: [
    ...["SSL 3.0", "TLS 1.0", "TLS 1.1", "TLS 1.2"]
      .map((version) => ({ version, offered: false, ...none })),
    { version: "TLS 1.3", offered: true, ...choices("TLS_AES_128_GCM_SHA256") },
  ],
  tls13Groups: choices("X25519MLKEM768", "x25519"),
  tls12Groups: null,
  dhBits: null,
  helloRetryRequest: null,
  tls13Schemes: choices("ecdsa_secp256r1_sha256"),
  tls12Schemes: null,
  extensions: [],
  alpn: none,
  sessions: { ...NO_SESSIONS, tls13Resumed: true, maxEarlyData: 0 },
  secureRenegotiation: null,
  clientRenegotiation: null,
  compression: false,
  fallbackScsv: null,
  extendedMasterSecret: null,
  encryptThenMac: null,
  clientCertificate: false,
  ech: null,
  certificates: [CERTIFICATE],
  tolerance: [],
  notKnown: [],
};

const SUBJECT = {
  host: "a.test",
  port: 443,
  name: "a.test",
  policy: "modern",
  connections: { made: 1, budget: 2 },
} as const;

/** A server with other versions, the newest first. */
function withVersions(...suites: readonly (readonly string[])[]): Partial<Seen> {
  const names = ["TLS 1.3", "TLS 1.2", "TLS 1.1", "TLS 1.0", "SSL 3.0"];
  return {
    versions: names.map((version, i) => {
      const list = suites[i] ?? [];
      return { version, offered: list.length > 0, ...choices(...list) };
    }).toReversed(),
  };
}

const TLS13 = ["TLS_AES_128_GCM_SHA256"];
const problem = { error: null, says: "it is bad", cause: "somebody", cure: "something" };
const certificate = (change: Partial<CertificateSeen>): Partial<Seen> => ({
  certificates: [{ ...CERTIFICATE, ...change }],
});

/** For each finding a server that has it, the level, and the preset if it is not `modern`. */
const CASES: Readonly<
  Record<Exclude<FindingId, "no-tls">, readonly [string, Partial<Seen>, string?]>
> = {
  "old-version": ["bad", withVersions(TLS13, [], ["TLS_RSA_WITH_AES_128_CBC_SHA"])],
  "other-version": ["forbidden", withVersions(TLS13, ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])],
  "no-version": ["missing", withVersions([], ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"])],
  "no-tls13": [
    "advice",
    withVersions([], ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"]),
    "compatible",
  ],
  "null": ["bad", withVersions(TLS13, ["TLS_RSA_WITH_NULL_SHA"])],
  "anonymous": ["bad", withVersions(TLS13, ["TLS_ECDH_anon_WITH_AES_128_CBC_SHA"])],
  "export": ["bad", withVersions(TLS13, ["TLS_RSA_EXPORT_WITH_RC4_40_MD5"])],
  "rc4": ["bad", withVersions(TLS13, ["TLS_ECDHE_RSA_WITH_RC4_128_SHA"])],
  "old-cipher": ["bad", withVersions(TLS13, ["TLS_RSA_WITH_DES_CBC_SHA"])],
  "triple-des": ["bad", withVersions(TLS13, ["TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA"])],
  "no-forward-secrecy": ["forbidden", withVersions(TLS13, ["TLS_RSA_WITH_AES_128_GCM_SHA256"])],
  "cbc": ["forbidden", withVersions(TLS13, ["TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA"])],
  "other-suite": ["forbidden", withVersions([...TLS13, "TLS_AES_128_CCM_SHA256"])],
  "no-suite": ["missing", withVersions(["TLS_AES_128_CCM_SHA256"])],
  "weak-dh": ["bad", { dhBits: MIN_DH_BITS - 1 }],
  "other-group": ["forbidden", { tls13Groups: choices("x25519", "x448") }],
  "no-group": ["missing", { tls13Groups: choices("x448") }],
  "no-post-quantum": ["advice", { tls13Groups: choices("x25519") }],
  "weak-scheme": ["bad", { tls12Schemes: choices("rsa_pkcs1_sha256", "rsa_pkcs1_sha1") }],
  "other-scheme": ["forbidden", { tls13Schemes: choices("ed25519", "ed448") }],
  "no-scheme": ["missing", { tls13Schemes: choices("ed448") }],
  "client-order": ["advice", {
    versions: [{
      version: "TLS 1.2",
      offered: true,
      names: ["TLS_RSA_WITH_AES_128_CBC_SHA", "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
      order: "client",
      complete: true,
    }],
  }],
  "no-secure-renegotiation": ["bad", { secureRenegotiation: false }],
  "client-renegotiation": ["advice", { clientRenegotiation: "accepted" }],
  "compression": ["bad", { compression: true }],
  "no-fallback-scsv": ["advice", { fallbackScsv: false }],
  "no-extended-master-secret": ["missing", { extendedMasterSecret: false }, "cnsa-1.0"],
  "no-encrypt-then-mac": ["advice", { encryptThenMac: false }],
  "heartbeat": ["advice", { extensions: ["heartbeat"] }],
  "early-data": ["forbidden", { sessions: { ...NO_SESSIONS, maxEarlyData: 1 } }, "cnsa-2.0"],
  "certificate": ["bad", certificate({ problems: [problem] })],
  "certificate-forbidden": ["forbidden", certificate({ forbiddenBy: { modern: "too short" } })],
  "certificate-ends-soon": [
    "advice",
    certificate({ chain: [{ ...CERTIFICATE.chain[0]!, daysLeft: 14 }] }),
  ],
  "no-staple": ["advice", certificate({ ocsp: null })],
  "no-resumption": ["advice", { sessions: { ...NO_SESSIONS, tls13Resumed: false } }],
  "intolerant": ["bad", { tolerance: [{ what: "x", tolerated: false, says: "hangs" }] }],
};

Deno.test("judge() finds nothing in a good server, and each fault in one that has it", () => {
  assertEquals(judge(GOOD, policyPresetByName("modern")!), []);
  assertEquals(
    Object.keys(CASES).sort(),
    Object.keys(FINDINGS).filter((id) => id !== "no-tls").sort(),
  );
  for (const [id, [level, change, policy = "modern"]] of Object.entries(CASES)) {
    const findings = judge({ ...GOOD, ...change }, policyPresetByName(policy)!);
    const found = findings.find((one) => one.id === id);
    assertEquals(found?.level, level, id);
    for (const text of [found!.says, found!.cause, found!.why, found!.cure]) assert(text, id);
  }
});

Deno.test("judge() takes a limit at its value: primes of 2048 bits, 15 days", () => {
  const modern = policyPresetByName("modern")!;
  const ids = (change: Partial<Seen>) => judge({ ...GOOD, ...change }, modern).map(({ id }) => id);
  assertEquals(ids({ dhBits: MIN_DH_BITS }), []);
  assertEquals(ids(certificate({ chain: [{ ...CERTIFICATE.chain[0]!, daysLeft: 15 }] })), []);
});

Deno.test("judge() tells the cause and cure of a certificate's own problem", () => {
  const [found] = judge(
    { ...GOOD, ...certificate({ problems: [problem] }) },
    policyPresetByName("modern")!,
  );
  assertEquals([found?.cause, found?.cure], ["somebody", "something"]);
  assertStringIncludes(found!.says, "somebody");
});

Deno.test("a server of which not all is known is not called good, unless nobody can know it", () => {
  const unknown = (isLimit: boolean) => ({
    ...GOOD,
    notKnown: [{ what: "x", why: "no answer", isLimit }],
  });
  const verdict = (seen: Seen) => {
    const { good, complete, policies } = reportScan(SUBJECT, seen, null);
    return [good, complete, policies.find(({ name }) => name === "modern")?.good];
  };
  assertEquals(verdict(GOOD), [true, true, true]);
  assertEquals(verdict(unknown(true)), [true, true, true]);
  assertEquals(verdict(unknown(false)), [false, false, false]);
});

Deno.test("what was not seen is not called missing", () => {
  const versions = GOOD.versions.map((one) => ({ ...one, ...NOTHING, names: [], offered: null }));
  const seen = { ...GOOD, versions, tls13Groups: { ...none, complete: false }, certificates: [] };
  assertEquals(judge(seen, policyPresetByName("modern")!).filter(counts), []);
});
