// Copyright 2026 the NSS for Deno authors. MIT license.

// What messages say in words: names, places, marks; and that no bytes make it fail.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { explainAlert } from "../../cli/explain/alert.ts";
import { changesOf } from "../../cli/explain/changes.ts";
import type { MessageContext } from "../../cli/explain/context.ts";
import { SHOWN } from "../../cli/explain/extension_bodies.ts";
import { EXTENSION_TEXTS } from "../../cli/explain/extension_texts.ts";
import { type Field, isMalformed, MAX_LISTED } from "../../cli/explain/field.ts";
import { explainClientHello, explainHandshake } from "../../cli/explain/handshake.ts";
import { groupName, namedSuite, schemeName, suiteName } from "../../cli/explain/names.ts";
import { recognize } from "../../cli/explain/not_tls.ts";
import { dataLines, FieldPrinter, MAX_DATA } from "../../cli/explain/print.ts";
import { STARTTLS_NAMES } from "../../cli/net/starttls.ts";
import { Output } from "../../cli/base/io.ts";
import { widthOf } from "../../cli/base/text.ts";
import {
  lookupExtension,
  MESSAGE_KINDS,
  recognisedExtensions,
} from "../../ssl/extensions/registry.ts";
import { type ClientHello, encodeClientHello } from "../../ssl/messages/client_hello.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { ALERT_DESCRIPTIONS } from "../../ssl/tables/alert_descriptions.ts";
import { ExtensionType } from "../../ssl/tables/extension_types.ts";
import { HandshakeType } from "../../ssl/tables/handshake_types.ts";
import { ExtensionBlock } from "../../ssl/extensions/extension_block.ts";
import { TLS_1_2 } from "../../ssl/tables/versions.ts";
import { Writer } from "../../ssl/wire/writer.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { openssl } from "../support/peers/openssl.ts";
import { runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { sentMessages } from "./_messages.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const messages = await sentMessages();
const BEFORE: MessageContext = { version: null, cipherSuite: null, sender: "client" };

/** Fails where fields leave gaps, overlap, or reach out of their message or their parent. */
function assertPlaces(field: Field, length: number, isTiled: boolean): void {
  assert(
    field.start >= 0 && field.start <= field.end && field.end <= length,
    JSON.stringify(field),
  );
  let at = field.start;
  for (const part of field.fields) {
    assert(part.start >= field.start && part.end <= field.end, JSON.stringify({ field, part }));
    assertPlaces(part, length, false);
    if (isTiled) {
      assert(part.start === at || part === field.fields[0], `${part.name} begins at ${part.start}`);
      at = part.end;
    }
  }
  if (isTiled && field.fields.length > 0) assertEquals(at, field.end);
}

/** Fails where a text could steer a terminal, or is too long. */
function assertSafe({ name, value, text, fields }: Field): void {
  for (const one of [name, value, text]) {
    assertEquals(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(one), false, one);
    assert(one.length <= 20_000, `${one.length} characters`);
  }
  assert(fields.length <= MAX_LISTED + 1, `${fields.length} parts`);
  fields.forEach(assertSafe);
}

Deno.test("explainHandshake() knows each field of what is sent, and where it stands", () => {
  const names = new Set<string>();
  for (const { raw, context } of messages) {
    const field = explainHandshake(raw, context);
    names.add(field.name);
    assertEquals(isMalformed(field), false, JSON.stringify(field));
    assert(field.value !== "", field.name);
    assertEquals([field.start, field.end], [0, raw.length]);
    assertPlaces(field, raw.length, true);
    assertSafe(field);
  }
  for (
    const name of [
      ...["ClientHello", "ServerHello", "HelloRetryRequest", "EncryptedExtensions", "Certificate"],
      ...["CertificateRequest", "CertificateVerify", "Finished", "NewSessionTicket", "KeyUpdate"],
      ...["ServerKeyExchange", "ServerHelloDone", "ClientKeyExchange"],
    ]
  ) assert(names.has(name), `${name} was not sent`);
});

Deno.test("explainHandshake() takes each beginning of a message, and says where it ends", () => {
  for (const { raw, context } of messages) {
    for (let length = 0; length < raw.length; length++) {
      const cut = raw.slice(0, length);
      const field = explainHandshake(cut, context);
      assertPlaces(field, length, false);
      assertSafe(field);
      const complete = ["Finished", "ClientHello", "ServerHello", "HelloRetryRequest"];
      // Finished has any length, and the hellos of TLS 1.2 end before the extensions
      if (!complete.includes(field.name)) assert(isMalformed(field), `${field.name} of ${length}`);
    }
  }
});

Deno.test("explainHandshake() says what is malformed, where, and goes on behind it", () => {
  const hello = messages[0]!.raw;
  const whole = explainClientHello(hello);
  const extensions = whole.fields.at(-1)!;
  const groups = extensions.fields.find(({ name }) => name === "supported_groups")!;
  const broken = hello.slice();
  // The length of the list within the extension
  broken[groups.start + 5]! ^= 1;
  const field = explainClientHello(broken);
  assertEquals(field.mark, "malformed");
  assertEquals(field.value, "malformed in extensions");
  const after = field.fields.at(-1)!.fields;
  assertEquals(after.map(({ name }) => name), extensions.fields.map(({ name }) => name));
  const part = after.find(({ name }) => name === "supported_groups")!;
  assertStringIncludes(JSON.stringify(part), `malformed at byte ${groups.start + 4}`);
  assertEquals(after.filter(isMalformed).length, 1);
});

/** A ClientHello with what is given. */
function hello(changes: Partial<ClientHello>): Bytes {
  return encodeHandshake(
    HandshakeType.clientHello,
    encodeClientHello({
      legacyVersion: TLS_1_2,
      random: new Uint8Array(32),
      legacySessionId: new Uint8Array(0),
      cipherSuites: [0x1301],
      legacyCompressionMethods: Uint8Array.of(0),
      extensions: undefined,
      ...changes,
    }),
  );
}

function extensionOf(type: number, body: Bytes): Field {
  const block = new ExtensionBlock().addBody(type, body);
  return explainClientHello(hello({ extensions: block })).fields.at(-1)!.fields[0]!;
}

Deno.test("explainClientHello() says what stands for nothing, is unknown, weak, hostile, or too much", () => {
  const suites = explainClientHello(
    hello({ cipherSuites: [0x1a1a, 0x1301, 0x0005, 0x00ff, 0xeeee] }),
  )
    .fields[3]!;
  assertEquals(suites.fields.map(({ value, mark }) => [value, mark]), [
    ["GREASE 0x1a1a", "grease"],
    ["TLS_AES_128_GCM_SHA256", null],
    ["TLS_RSA_WITH_RC4_128_SHA", "weak"],
    ["TLS_EMPTY_RENEGOTIATION_INFO_SCSV", null],
    ["0xeeee", "unknown"],
  ]);
  const grease = extensionOf(0x2a2a, Uint8Array.of(0));
  assertEquals([grease.name, grease.value, grease.mark], ["GREASE 0x2a2a", "1 byte: 00", "grease"]);
  const unknown = extensionOf(0xfff0, new Uint8Array(40).fill(0xab));
  assertEquals(
    [unknown.name, unknown.value, unknown.mark],
    ["0xfff0", `40 bytes: ${"ab".repeat(16)}...`, "unknown"],
  );
  const alpn = new Writer().vector16((w) => w.vector8(Uint8Array.of(27, 91, 50, 74))).finish();
  assertEquals(
    extensionOf(ExtensionType.applicationLayerProtocolNegotiation, alpn).value,
    "\\u{1b}[2J",
  );
  const sni = new Writer().vector16((w) => w.u8(0).vector16(Uint8Array.of(7))).finish();
  assertEquals(extensionOf(ExtensionType.serverName, sni).mark, "malformed");
  for (const [count, parts] of [[MAX_LISTED, MAX_LISTED], [32_767, MAX_LISTED + 1]] as const) {
    const many = explainClientHello(hello({ cipherSuites: Array(count).fill(0x1301) })).fields[3]!;
    assertEquals(many.fields.length, parts);
    assertSafe(many);
  }
  const early = explainClientHello(hello({
    extensions: new ExtensionBlock().addBody(ExtensionType.oidFilters, new Uint8Array(0)),
  }));
  assertStringIncludes(JSON.stringify(early), "must not be in ClientHello");
});

Deno.test("each extension that this package reads is shown, and each one has a text", () => {
  for (const type of recognisedExtensions()) {
    for (const kind of MESSAGE_KINDS) {
      const codec = lookupExtension(type, kind);
      if (typeof codec !== "string") assert(SHOWN.has(codec), `${codec.name} in ${kind}`);
    }
  }
  for (const [name, type] of Object.entries(ExtensionType)) {
    assert(EXTENSION_TEXTS.has(type), name);
  }
});

Deno.test("each handshake message and each alert that has a name is explained", () => {
  for (const [name, type] of Object.entries(HandshakeType)) {
    const { mark } = explainHandshake(encodeHandshake(type, new Uint8Array(0)), BEFORE);
    // It is never sent
    assertEquals(mark === "unknown", name === "messageHash", name);
  }
  for (const [name, code] of Object.entries(ALERT_DESCRIPTIONS)) {
    const { value, text, mark } = explainAlert(Uint8Array.of(2, code));
    assertEquals([value, mark], [`fatal ${name}`, null]);
    assert(text.length > 10, name);
  }
  assertEquals(explainAlert(Uint8Array.of(9, 222)).value, "level 9 222");
  for (const length of [0, 1, 3, 300]) {
    assertEquals(explainAlert(new Uint8Array(length)).mark, "malformed");
  }
});

Deno.test("explainHandshake() reads the key exchanges of suites that this package does not have", () => {
  const says = (type: number, suite: number, body: Bytes) => {
    const context = { version: TLS_1_2, cipherSuite: suite, sender: "server" } as const;
    const field = explainHandshake(encodeHandshake(type, body), context);
    return [
      field.value,
      ...field.fields.map(({ name, mark }) => mark === null ? name : `${name} ${mark}`),
    ];
  };
  const short = new Writer().vector16(new Uint8Array(128).fill(0xff)).vector16(Uint8Array.of(2))
    .vector16(new Uint8Array(128).fill(1)).u16(0x0401).vector16(new Uint8Array(64)).finish();
  // TLS_DHE_RSA_WITH_AES_128_CBC_SHA, with a prime of 1024 bits
  assertEquals(says(HandshakeType.serverKeyExchange, 0x0033, short), [
    "a key share of 1024 bits: 128 bytes: ffffffffffffffff..., signed with rsa_pkcs1_sha256",
    "dh_p weak",
    "dh_g",
    "dh_Ys",
    "algorithm",
    "signature",
  ]);
  // TLS_RSA_WITH_AES_128_CBC_SHA
  const rsa = new Writer().vector16(new Uint8Array(256)).finish();
  assertEquals(says(HandshakeType.clientKeyExchange, 0x002f, rsa), [
    "the secret, encrypted to the server's key: no forward secrecy",
    "encrypted_premaster_secret",
  ]);
  // TLS_PSK_WITH_AES_128_CBC_SHA
  const psk = new Writer().vector16(new TextEncoder().encode("me")).finish();
  assertEquals(says(HandshakeType.clientKeyExchange, 0x008c, psk), [
    "the client's key share",
    "psk_identity",
  ]);
});

Deno.test("the protocols that are known by their first bytes have names that --starttls takes", () => {
  const text = (line: string) => new TextEncoder().encode(line);
  for (
    const [line, starttls] of [
      ["220 a ESMTP\r\n", "smtp"],
      ["* OK IMAP\r\n", "imap"],
      ["+OK\r\n", "pop3"],
      ["INFO {}", "nats"],
      ["<stream:stream", "xmpp"],
      ["EHLO a", "smtp"],
      ["a1 STARTTLS", "imap"],
    ] as const
  ) {
    assertEquals(recognize(text(line))?.starttls, starttls);
    assert(STARTTLS_NAMES.includes(starttls));
  }
  const postgres = Uint8Array.of(0, 0, 0, 8, 4, 0xd2, 0x16, 0x2f);
  assertEquals(recognize(postgres), { name: "PostgreSQL", starttls: "postgres" });
  assertEquals(recognize(text("what")), null);
});

Deno.test("FieldPrinter prints within the columns, and says once what something is for", () => {
  for (const columns of [80, 120]) {
    const out = new Output(({ length }) => Promise.resolve(length), { columns, colours: false });
    const printer = new FieldPrinter(out);
    const print = () =>
      messages.flatMap(({ raw, context }) =>
        printer.lines(explainHandshake(raw, context).fields, "     ")
      );
    const [first, second] = [print(), print()];
    for (const line of first) {
      // A random or a digest cannot be broken
      assert(
        widthOf(line) <= columns || /^ +\S+$/.test(line) || /: [0-9a-f]{64}$/.test(line),
        line,
      );
    }
    const said = (lines: readonly string[]) =>
      lines.filter((line) => line.includes("no two handshakes"));
    assertEquals([said(first).length, said(second).length], [1, 0]);
  }
});

Deno.test("changesOf() finds what a second ClientHello has otherwise", () => {
  const hellos = messages.map(({ raw, context }) => explainHandshake(raw, context))
    .filter(({ name }) => name === "ClientHello").slice(0, 2);
  const [first, second] = hellos.map(({ fields }) => fields);
  const { changed, same } = changesOf(first!, second!);
  assertEquals(changed.map(({ name, fields }) => [name, ...fields.map((part) => part.name)]), [
    ["extensions", "key_share"],
  ]);
  assertEquals(changed[0]!.fields[0]!.value, "secp256r1 (65 bytes)");
  assert(same.includes("random") && same.includes("supported_groups"), same.join());
  const none = changesOf(first!, first!);
  assertEquals([none.changed.length, none.same], [0, first!.map(({ name }) => name)]);
  const all = changesOf([], first!);
  assertEquals([all.changed, all.same], [first, []]);
});

Deno.test("dataLines() shows lines of text or digits, up to MAX_DATA bytes", () => {
  const bytes = (text: string) => new TextEncoder().encode(text);
  assertEquals(dataLines(bytes("GET / HTTP/1.1\r\nHost: a\r\n\r\n"), "  ", 80), [
    "  | GET / HTTP/1.1",
    "  | Host: a",
    "  | ",
  ]);
  assertEquals(dataLines(bytes("x".repeat(50)), "", 42).map(({ length }) => length), [42, 12]);
  assertEquals(dataLines(Uint8Array.of(0, 65, 255), "", 80), [
    `| ${"00 41 ff".padEnd(48)} .A.`,
  ]);
  assertEquals(dataLines(new Uint8Array(MAX_DATA), "", 80).length, MAX_DATA / 16);
  assertEquals(dataLines(new Uint8Array(MAX_DATA + 1), "", 80).at(-1), "... and 1 byte more");
  assertEquals(dataLines(bytes("\u202e\u009b"), "", 80), ["| \\u{202e}\\u{9b}"]);
});

const withOpenssl = await openssl.available();
const withGnutls = await gnutls.available();

if (withOpenssl.ok) {
  Deno.test("names of cipher suites are those of OpenSSL", async () => {
    const list = await runOk("openssl", [
      "ciphers",
      "-V",
      "-stdname",
      "ALL:COMPLEMENTOFALL:@SECLEVEL=0",
    ]);
    const rows = [...list.matchAll(/0x(..),0x(..) - (\S+)/g)];
    assert(rows.length > 100, list);
    for (const [, high, low, name] of rows) {
      assertEquals(suiteName(parseInt(high! + low!, 16)), name);
    }
  });
} else skip("names of cipher suites are those of OpenSSL", withOpenssl.reason);

if (withGnutls.ok) {
  Deno.test("names of cipher suites are those of GnuTLS", async () => {
    const list = await runOk("gnutls-cli", ["-l"]);
    const rows = [...list.matchAll(/^TLS_(\S+)\s+0x(..), 0x(..)/gm)];
    assert(rows.length > 100, list);
    // GnuTLS leaves WITH out, and the hash where there is one only
    const letters = (name: string) =>
      name.replace(/^TLS_/, "").replaceAll(/_WITH_|_/g, "").toUpperCase();
    for (const [, name, high, low] of rows) {
      // The registry writes PSK_DHE in two names, which RFC 6655 has so
      const ours = suiteName(parseInt(high! + low!, 16)).replace("PSK_DHE", "DHE_PSK");
      const theirs = letters(name!.replace("ARCFOUR", "RC4").replace(/SHA1$/, "SHA"));
      assert(letters(ours).startsWith(theirs), `${ours} is ${name}`);
    }
  });
} else skip("names of cipher suites are those of GnuTLS", withGnutls.reason);

Deno.test("names of groups and schemes are those of the RFCs", () => {
  assertEquals([1, 22, 23, 30, 0x100, 0x11ec, 0x6399].map(groupName), [
    ...["sect163k1", "secp256k1", "secp256r1", "x448", "ffdhe2048", "X25519MLKEM768"],
    "X25519Kyber768Draft00",
  ]);
  assertEquals([0x0403, 0x0808, 0x0202, 0x0301, 0x0101, 0x0904, 0x0420, 0x9999].map(schemeName), [
    ...["ecdsa_secp256r1_sha256", "ed448", "dsa_sha1", "rsa_pkcs1_sha224", "rsa_pkcs1_md5"],
    ...["mldsa44", "rsa_pkcs1_sha256_legacy", "0x9999"],
  ]);
  assertEquals(namedSuite(0xc013).mark, "weak");
  assertEquals(namedSuite(0xc02f).mark, null);
});
