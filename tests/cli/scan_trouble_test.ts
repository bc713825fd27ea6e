// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// nss scan against servers that are silent, stop answering, speak something else, or send garbage.

import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import {
  askRaw,
  MAX_FLIGHT,
  MAX_FLIGHT_RECORDS,
  parseRawServerHello,
} from "../../cli/net/raw_answer.ts";
import { encodeRawHello, nameToAsk, type RawHello } from "../../cli/net/raw_hello.ts";
import type { ScanReport } from "../../cli/scan/scan_report.ts";
import { parseClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { encodeServerHello } from "../../ssl/messages/server_hello.ts";
import { DecodeError } from "../../ssl/wire/decode_error.ts";
import { Writer } from "../../ssl/wire/writer.ts";
import { Prng } from "../support/prng.ts";
import { plainServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";
import { lookAt, to } from "./_scan.ts";

const HELLO: RawHello = {
  version: 0x0303,
  cipherSuites: [0xc02f],
  hostname: "a.test",
  groups: [29],
  schemes: [0x0403],
};

/** A record of a type. */
function record(type: number, body: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Writer().u8(type).u16(0x0303).vector16(body).finish();
}

const SERVER_HELLO = encodeServerHello({
  legacyVersion: 0x0303,
  random: new Uint8Array(32),
  legacySessionIdEcho: new Uint8Array(4),
  cipherSuite: 0xc02f,
  legacyCompressionMethod: 0,
  extensions: undefined,
});
const DONE = encodeHandshake(14, new Uint8Array(0));

/** Answers each ClientHello with some bytes. */
function answering(answer: (hello: Uint8Array<ArrayBuffer>) => Uint8Array<ArrayBuffer> | null) {
  return plainServer(async (conn) => {
    const buffer = new Uint8Array(65_536);
    const length = await conn.read(buffer);
    if (length === null) return;
    const bytes = answer(buffer.slice(0, length));
    if (bytes === null) return; // it hangs
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    conn.close();
  });
}

async function ask(...answer: readonly Uint8Array[]) {
  await using server = answering(() => new Uint8Array(answer.flatMap((part) => [...part])));
  return await askRaw(await to(server.port)(), encodeRawHello(HELLO), [], 10_000);
}

Deno.test("askRaw() reads alerts, hellos, and flights that are broken off", async () => {
  const hello = record(22, encodeHandshake(2, SERVER_HELLO));
  assertEquals(await ask(record(21, Uint8Array.of(2, 40))), { kind: "alert", description: 40 });
  assertEquals(await ask(), { kind: "closed" });
  const whole = await ask(hello, record(22, DONE));
  assert(whole.kind === "hello");
  assertEquals([whole.rest, whole.hello.cipherSuite, whole.hello.sessionIdLength], [
    "whole",
    0xc02f,
    4,
  ]);
  const cut = await ask(hello);
  assertEquals(cut.kind === "hello" && cut.rest, "closed");
  const refused = await ask(hello, record(21, Uint8Array.of(2, 80)));
  assertEquals(refused.kind === "hello" && refused.rest, "alert");
  // A warning, as that of an unknown name, ends nothing
  const warned = await ask(record(21, Uint8Array.of(1, 112)), hello, record(22, DONE));
  assertEquals(warned.kind, "hello");
});

Deno.test("askRaw() takes a flight up to its limits, and no longer one", async () => {
  const hello = record(22, encodeHandshake(2, SERVER_HELLO));
  const empty = record(22, new Uint8Array(0));
  const flight = (count: number) => [hello, ...Array.from({ length: count - 2 }, () => empty)];
  const last = await ask(...flight(MAX_FLIGHT_RECORDS), record(22, DONE));
  assertEquals(last.kind === "hello" && last.rest, "whole");
  const more = await ask(...flight(MAX_FLIGHT_RECORDS + 1), record(22, DONE));
  assertEquals(more.kind, "malformed");
  const sized = (size: number) => {
    const parts: Uint8Array[] = [hello];
    let left = size - hello.length - 9;
    for (; left > 0;) {
      const length = Math.min(left, 16_000);
      // Messages of a type that nobody knows, each in a record
      parts.push(record(22, encodeHandshake(99, new Uint8Array(length - 9))));
      left -= length;
    }
    return [...parts, record(22, DONE)];
  };
  assertEquals((await ask(...sized(MAX_FLIGHT))).kind, "hello");
  assertEquals((await ask(...sized(MAX_FLIGHT + 1))).kind, "malformed");
});

Deno.test("askRaw() calls what is no TLS malformed, and what does not come late", async () => {
  const http = await ask(new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  assertEquals(http.kind, "malformed");
  await using silent = answering(() => null);
  const late = await askRaw(await to(silent.port)(), encodeRawHello(HELLO), [], 50);
  assertEquals(late, { kind: "late" });
});

Deno.test("parseRawServerHello() reads all of a hello and no strict prefix; garbage is a DecodeError", () => {
  const extensions = new Writer().vector16((list) =>
    list.u16(43).vector16(Uint8Array.of(3, 4)).u16(51).vector16(Uint8Array.of(0, 29, 0, 1, 7))
  ).finish();
  const whole = new Uint8Array([...SERVER_HELLO, ...extensions]);
  const { version, group, cipherSuite } = parseRawServerHello(whole);
  assertEquals([version, group, cipherSuite], [0x0304, 29, 0xc02f]);
  for (let length = 0; length < whole.length; length++) {
    if (length === SERVER_HELLO.length) continue; // without extensions it is TLS 1.2's
    try {
      parseRawServerHello(whole.slice(0, length));
    } catch (error) {
      assert(error instanceof DecodeError, `${length}: ${error}`);
      continue;
    }
    throw new Error(`a prefix of ${length} bytes is taken`);
  }
  const prng = new Prng(7);
  for (let i = 0; i < 5000; i++) {
    const bytes = whole.slice();
    for (let n = 1 + prng.uint32() % 4; n > 0; n--) {
      bytes[prng.uint32() % bytes.length] = prng.uint32() & 0xff;
    }
    try {
      parseRawServerHello(bytes);
    } catch (error) {
      assert(error instanceof DecodeError, `${error}`);
    }
  }
});

Deno.test("encodeRawHello() pads to a length, cuts into records, and asks for no address", () => {
  for (const length of [300, 301, 2000, 10_000]) {
    assertEquals(encodeRawHello({ ...HELLO, length }).message.length, length);
  }
  const short = encodeRawHello(HELLO).message.length;
  assertEquals(encodeRawHello({ ...HELLO, length: short }).message.length, short);
  const { message, records } = encodeRawHello(HELLO, 50);
  assertEquals(records.length, message.length + 5 * Math.ceil(message.length / 50));
  const { cipherSuites, extensions } = parseClientHello(message.slice(4));
  assertEquals([cipherSuites, extensions?.types()], [[0xc02f], [0, 10, 11, 13]]);
  assertEquals(encodeRawHello({ ...HELLO, version: 0x0300 }).message.length, 4 + 41);
  assertEquals(["a.test", "localhost", "127.0.0.1", "::1", "ä.test"].map(nameToAsk), [
    "a.test",
    "localhost",
    null,
    null,
    null,
  ]);
});

/** A server of TLS 1.2 with one suite, which does something else with some hellos. */
function oneSuite(
  other: (
    hello: Uint8Array<ArrayBuffer>,
    count: number,
  ) => Uint8Array<ArrayBuffer> | null | undefined,
) {
  let count = 0;
  return answering((hello) => {
    // It looks at the first record alone
    if (hello.length > 5 + (hello[3]! << 8 | hello[4]!)) return new Uint8Array(0);
    const special = other(hello, count++);
    if (special !== undefined) return special;
    const { cipherSuites, legacyVersion } = parseClientHello(hello.slice(9));
    if (legacyVersion !== 0x0303 || !cipherSuites.includes(0xc02f)) {
      return record(21, Uint8Array.of(2, legacyVersion === 0x0303 ? 40 : 70));
    }
    return new Uint8Array([
      ...record(22, encodeHandshake(2, SERVER_HELLO)),
      ...record(22, DONE),
    ]);
  });
}

Deno.test("a server that no longer answers is left alone, and nothing half is called whole", async () => {
  await using server = oneSuite((_hello, count) => count < 5 ? undefined : null);
  const seen = await lookAt(to(server.port), { timeout: 500 });
  const tls12 = seen.versions.find(({ version }) => version === "TLS 1.2");
  assertEquals([tls12?.offered, tls12?.complete, tls12?.names], [
    true,
    false,
    ["TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"],
  ]);
  assertEquals(seen.versions.at(-1)?.offered, null);
  const reasons = new Set(seen.notKnown.map(({ why }) => why));
  assert([...reasons].some((why) => why.includes("3 times in a row")), [...reasons].join());
  assertEquals(seen.tolerance, []);
});

Deno.test("what is beyond the budget of connections is said not to be known", async () => {
  await using server = oneSuite(() => undefined);
  const seen = await lookAt(to(server.port), { budget: 4 });
  assertEquals(seen.versions.map(({ offered }) => offered), [false, false, false, true, null]);
  assertEquals(seen.versions[3]?.complete, false);
  for (const { why } of seen.notKnown) assertStringIncludes(why, "budget of 4 connections");
});

Deno.test("a server that hangs at long ClientHellos, or refuses what is unusual, is intolerant", async () => {
  await using server = oneSuite((hello) => {
    if (hello.length > 9000) return null;
    if (hello.length > 2000) return new Uint8Array(0);
    // GREASE among the suites
    return hello.includes(0x1a) && parseClientHello(hello.slice(9)).cipherSuites[0] === 0x1a1a
      ? record(21, Uint8Array.of(2, 47))
      : undefined;
  });
  const seen = await lookAt(to(server.port), { timeout: 500 });
  const bad = seen.tolerance.filter(({ tolerated }) => tolerated === false);
  assertEquals(bad.map(({ what, says }) => [what.split(",")[0], says]), [
    ["a version that does not exist yet", "refuses it with protocol_version"],
    ["values that mean nothing (GREASE", "refuses it with illegal_parameter"],
    ["a ClientHello of 2", "closes the connection without a word"],
    ["a ClientHello of 10", "does not answer in 500 ms"],
    ["a ClientHello in two records", "closes the connection without a word"],
  ]);
});

async function scan(port: number, ...args: readonly string[]) {
  const { code, out, err } = await runNss(
    ["scan", `127.0.0.1:${port}`, "--rate", "1000", "--json", ...args],
  );
  return { code, err, report: out === "" ? null : JSON.parse(out) as ScanReport };
}

Deno.test("nss scan ends with 3 where nobody answers, 1 where no TLS is spoken, 2 at mistakes", async () => {
  const refused = await scan(1);
  assertEquals([refused.code, refused.report], [3, null]);
  assertStringIncludes(refused.err, "nothing listens there");
  await using silent = answering(() => null);
  const late = await scan(silent.port, "--connections", "1", "--timeout", "1");
  assertEquals([late.code, late.report?.good, late.report?.complete], [3, false, false]);
  assertEquals(late.report?.findings.filter(({ level }) => level !== "advice"), []);
  await using http = answering(() => new TextEncoder().encode("HTTP/1.1 400 Bad Request\r\n\r\n"));
  const plain = await scan(http.port);
  assertEquals([plain.code, plain.report?.findings[0]?.id], [1, "no-tls"]);
  assertStringIncludes(plain.report!.findings[0]!.cause, "HTTP without TLS");
  await using smtp = plainServer(async (conn) => {
    await conn.write(new TextEncoder().encode("220 a.test ESMTP\r\n"));
    const buffer = new Uint8Array(100);
    while (await conn.read(buffer) !== null) {
      await conn.write(new TextEncoder().encode("250 a.test\r\n"));
    }
  });
  const mail = await scan(smtp.port, "--starttls", "smtp");
  assertEquals([mail.code, mail.report?.findings[0]?.id], [1, "no-tls"]);
  assertStringIncludes(mail.report!.findings[0]!.says, "does not offer STARTTLS");
  for (const args of [["--rate", "0"], ["--connections", "0"], ["--rate", "1001"]]) {
    assertEquals((await runNss(["scan", "a.test", ...args])).code, 2, args.join());
  }
});

Deno.test("an error of this machine while a server is scanned is no verdict about it", async () => {
  await assertRejects(
    () => lookAt(() => Promise.reject(new Deno.errors.NotCapable("no --allow-net"))),
    Deno.errors.NotCapable,
  );
});
