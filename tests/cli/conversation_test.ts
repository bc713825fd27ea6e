// Copyright 2026 the NSS for Deno authors. MIT license.

// Connections as who looks on sees them: decrypted by their key logs, or not.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type ImportOptions,
  keyUpdate,
  optionSet,
  type ProtocolVersion,
  reHandshake,
  writeEarlyData,
} from "@nss/nss/ssl";
import { Conversation, MAX_HANDSHAKE_BYTES } from "../../cli/explain/conversation.ts";
import { type KeySource, MAX_CONNECTIONS, NO_KEYS, Secrets } from "../../cli/explain/key_source.ts";
import { isMalformed } from "../../cli/explain/field.ts";
import { MAX_SESSIONS, SessionMemory } from "../../cli/explain/session_memory.ts";
import { encodeHandshake } from "../../ssl/messages/handshake.ts";
import { type Capture, capture, itemsOf, namesOf, pingPong, secretsOf } from "./_captured.ts";

const only = (version: ProtocolVersion): ImportOptions => ({
  versions: { min: version, max: version },
});

const FULL_13 = [
  "client: client_hello",
  "server: server_hello",
  "server: change_cipher_spec",
  "server: encrypted_extensions",
  "server: certificate",
  "server: certificate_verify",
  "server: finished",
  "client: change_cipher_spec",
  "client: finished",
  "client: application_data",
];

Deno.test("Conversation decrypts TLS 1.3 with a key log, and says why it cannot without", async () => {
  const captured = await capture();
  const items = await itemsOf(captured, secretsOf(captured));
  const names = namesOf(items);
  assertEquals(names.slice(0, FULL_13.length), FULL_13);
  assert(names.includes("server: new_session_ticket"), names.join());
  const data = items.filter(({ name }) => name === "application_data")
    .map(({ from, bytes }) => `${from} ${new TextDecoder().decode(bytes)}`);
  assertEquals(data, ["client ping", "server pong"]);
  assertEquals(items.filter(({ sealed }) => sealed), []);

  const sealed = await itemsOf(captured);
  const first = sealed.find((item) => item.sealed);
  assertEquals(first?.field.name, "encrypted record");
  assertStringIncludes(first?.field.text ?? "", "there is no key log");
  assertEquals(sealed.filter((item) => !item.sealed && item.name === "application_data"), []);

  const other = await capture();
  const foreign = await itemsOf(captured, secretsOf(other));
  assertStringIncludes(
    foreign.find((item) => item.sealed)?.field.text ?? "",
    "the key log has no SERVER_HANDSHAKE_TRAFFIC_SECRET of this connection",
  );
});

Deno.test("Conversation says that secrets do not decrypt, and goes on", async () => {
  const captured = await capture();
  const wrong: KeySource = {
    secret: async (label, random) => {
      const found = await secretsOf(captured).secret(label, random);
      if (typeof found !== "string" && label.startsWith("SERVER")) found[0]! ^= 1;
      return found;
    },
  };
  const items = await itemsOf(captured, wrong);
  const sealed = items.filter((item) => item.sealed);
  assertEquals(new Set(sealed.map(({ from }) => from)), new Set(["server"]));
  assertStringIncludes(sealed[0]!.field.text, "does not decrypt");
  assert(namesOf(items).includes("client: application_data"));
});

Deno.test("Conversation reads a connection byte by byte as in one piece", async () => {
  for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
    const captured = await capture({ client: only(version) });
    const whole = await itemsOf(captured, secretsOf(captured));
    const bytes = await itemsOf(
      captured,
      secretsOf(captured),
      (all) => Array.from(all, (_, i) => all.slice(i, i + 1)),
    );
    assertEquals(bytes, whole);
  }
});

Deno.test("Conversation follows HelloRetryRequest, resumption, early data and KeyUpdate", async () => {
  const retried = await capture({
    client: { keyShares: ["x25519"] },
    server: { groups: ["secp256r1"] },
  });
  const items = await itemsOf(retried, secretsOf(retried));
  const names = namesOf(items);
  assertEquals(names.filter((name) => name.endsWith("_hello")).length, 4);
  assertStringIncludes(
    items.filter(({ name }) => name === "server_hello")[0]!.field.value,
    "begin again with a key share of secp256r1",
  );
  assertEquals(items.filter(({ sealed }) => sealed), []);

  const peerId = crypto.randomUUID();
  const options = { client: { peerId }, server: { maxEarlyData: 1000 } };
  await capture(options);
  const early = await capture({
    ...options,
    act: async (client, server) => {
      const buffer = new Uint8Array(16);
      await Promise.all([
        writeEarlyData(client, new TextEncoder().encode("early"), { ifRefused: "resend" }),
        server.read(buffer),
      ]);
      await keyUpdate(client, true);
      await pingPong(client, server);
    },
  });
  const resumed = await itemsOf(early, secretsOf(early));
  const says = (name: string) => resumed.find((item) => item.name === name)!.field;
  assertStringIncludes(says("server_hello").value, "resumes the session");
  assertEquals(says("application_data").name, "early data");
  assertEquals(namesOf(resumed).includes("client: end_of_early_data"), true);
  assertEquals(namesOf(resumed).filter((name) => name.endsWith("key_update")), [
    "client: key_update",
    "server: key_update",
  ]);
  assertEquals(resumed.filter(({ sealed }) => sealed), []);
});

Deno.test("Conversation decrypts behind early data that the server refuses, with and without its key", async () => {
  const peerId = crypto.randomUUID();
  await capture({ client: { peerId }, server: { maxEarlyData: 1000 } });
  const refused = await capture({
    client: { peerId },
    server: { maxEarlyData: 0 },
    act: async (client, server) => {
      const buffer = new Uint8Array(16);
      await Promise.all([
        writeEarlyData(client, new TextEncoder().encode("early"), { ifRefused: "resend" }),
        server.read(buffer),
      ]);
      await pingPong(client, server);
    },
  });
  const all = await itemsOf(refused, secretsOf(refused));
  assertEquals(all.filter(({ sealed }) => sealed), []);
  assertEquals(all.filter(({ field }) => field.name === "early data").length, 1);
  const keyLog = refused.keyLog.filter((line) => !line.startsWith("CLIENT_EARLY"));
  const without = await itemsOf(refused, secretsOf({ ...refused, keyLog }));
  assertEquals(without.filter(({ sealed }) => sealed).map(({ from, name }) => `${from} ${name}`), [
    "client application_data",
  ]);
  assert(namesOf(without).includes("client: finished"));
});

Deno.test("Conversation decrypts TLS 1.2: AEADs, CBC, resumption, renegotiation", async () => {
  const suites = [
    "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384",
  ] as const;
  for (const suite of suites) {
    const options = { ...only("TLSv1.2"), cipherSuites: [suite] };
    const captured = await capture({ client: options, server: options });
    const items = await itemsOf(captured, secretsOf(captured));
    assertEquals(items.filter(({ sealed }) => sealed), [], suite);
    assertEquals(items.filter(({ name }) => name === "finished").length, 2);
    const sealed = namesOf(await itemsOf(captured)).filter((name) => name.includes("sealed"));
    assertEquals(sealed.slice(0, 2), ["client: sealed finished", "server: sealed finished"]);
  }
  const client = { ...only("TLSv1.2"), peerId: crypto.randomUUID() };
  await capture({ client });
  const again = await capture({
    client,
    act: async (client, server) => {
      await pingPong(client, server);
      for (const socket of [client, server]) {
        optionSet(socket, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
      }
      const buffer = new Uint8Array(16);
      const again = reHandshake(client).then(() => client.write(new TextEncoder().encode("ping")));
      await Promise.all([again, server.read(buffer)]);
      await pingPong(client, server);
    },
  });
  const items = await itemsOf(again, secretsOf(again));
  assertEquals(items.filter(({ sealed }) => sealed), []);
  const names = namesOf(items);
  // The first handshake resumes a session, the second one is a full one
  assertEquals(names.filter((name) => name === "server: certificate").length, 1);
  assertEquals(names.filter((name) => name === "client: client_hello").length, 2);
  assertEquals(items.filter(({ name }) => name === "application_data").length, 5);
  assertEquals(items.filter(({ field }) => isMalformed(field)), []);
});

Deno.test("Conversation knows the secret of a resumed session of TLS 1.2 by the connection before", async () => {
  const options = { client: { ...only("TLSv1.2"), peerId: crypto.randomUUID() } };
  const [first, second] = [await capture(options), await capture(options)];
  const sessions = new SessionMemory();
  const isDecrypted = async (keys: KeySource) => {
    const items = await itemsOf(second, keys, undefined, sessions);
    assertEquals(items.some(({ name }) => name === "certificate"), false);
    return items.every(({ sealed }) => !sealed);
  };
  assertEquals(await isDecrypted(NO_KEYS), false);
  // It may come to be known while this one waits for a line that does not come
  const late: KeySource = {
    secret: async () => {
      await itemsOf(first, secretsOf(first), undefined, sessions);
      return "none";
    },
  };
  assertEquals(await isDecrypted(late), true);
  assertEquals(await isDecrypted(NO_KEYS), true);
});

Deno.test("SessionMemory keeps the last MAX_SESSIONS secrets, and gives copies", () => {
  const sessions = new SessionMemory();
  for (let i = 0; i <= MAX_SESSIONS; i++) sessions.add(`${i}`, Uint8Array.of(i));
  assertEquals(sessions.find(["0"]), undefined);
  assertEquals(sessions.find(["0", "1"]), Uint8Array.of(1));
  sessions.find(["1"])!.fill(9);
  assertEquals(sessions.find(["1"]), Uint8Array.of(1));
});

/** A record of TLS. */
function record(type: number, content: Uint8Array): Uint8Array<ArrayBuffer> {
  return Uint8Array.of(type, 3, 3, content.length >> 8, content.length & 255, ...content);
}

Deno.test("Conversation decodes handshakes up to MAX_HANDSHAKE_BYTES in a row, and no longer", async () => {
  const message = encodeHandshake(99, new Uint8Array(16_380));
  const one = record(22, message);
  const conversation = new Conversation(NO_KEYS);
  const names: string[] = [];
  const take = async (bytes: Uint8Array<ArrayBuffer>) => {
    for await (const { name } of conversation.items("client", bytes)) names.push(name);
  };
  const count = MAX_HANDSHAKE_BYTES / message.length;
  for (let i = 0; i < count; i++) await take(one);
  assertEquals(names.filter((name) => name === "handshake message 99").length, count);
  await take(record(22, Uint8Array.of(99)));
  assertEquals(names.at(-1), "stopped");
  const told = names.length;
  await take(one);
  assertEquals(names.length, told);
});

const text = (line: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(line);

Deno.test("Conversation shows plain text up to the beginning of TLS, wherever that is cut", async () => {
  const { chunks }: Capture = await capture();
  const plain = [
    { way: "received", at: 0, bytes: text("220 mail.test ESMTP\r\n") },
    { way: "sent", at: 0, bytes: text("EHLO me\r\n") },
    { way: "received", at: 0, bytes: text("250 STARTTLS\r\n") },
    { way: "sent", at: 0, bytes: text("STARTTLS\r\n") },
    { way: "received", at: 0, bytes: text("220 go\r\n") },
  ] as const;
  const all = { chunks: [...plain, ...chunks] };
  const items = await itemsOf(all);
  assertEquals(
    items.slice(0, 5).map(({ from, name, field }) => [from, name, field.value]),
    [
      ["server", "text", '"220 mail.test ESMTP"'],
      ["client", "text", '"EHLO me"'],
      ["server", "text", '"250 STARTTLS"'],
      ["client", "text", '"STARTTLS"'],
      ["server", "text", '"220 go"'],
    ],
  );
  assertEquals(namesOf(items).slice(5, 7), ["client: client_hello", "server: server_hello"]);
  const bytewise = await itemsOf(
    all,
    NO_KEYS,
    (bytes) => Array.from(bytes, (b) => Uint8Array.of(b)),
  );
  const tls = (names: string[]) => names.filter((name) => !name.endsWith("text"));
  assertEquals(tls(namesOf(bytewise)), tls(namesOf(items)));
});

Deno.test("Conversation says what bytes are that are not TLS", async () => {
  const says = async (...bytes: Uint8Array<ArrayBuffer>[]) => {
    const chunks = bytes.map((one) => ({ way: "sent", at: 0, bytes: one }) as const);
    return (await itemsOf({ chunks })).map(({ name, field }) =>
      `${name} ${field.name}: ${field.value}`
    );
  };
  assertEquals(await says(text("GET / HTTP/1.1\r\n")), [
    'text plain text of HTTP without TLS: "GET / HTTP/1.1"',
  ]);
  assertEquals(await says(text("\x1b[2J\x07\r\n")), ['text plain text: "\\u{1b}[2J\\u{7}"']);
  // A record that is none behind one that is
  const [, , broken] = await says(record(21, Uint8Array.of(1, 0)), text("HTTP/1.1 400 Bad\r\n"));
  assertMatch(broken!, /^bytes no record: .*HTTP without TLS: "HTTP\/1.1 400 Bad"/);
  assertEquals(await says(Uint8Array.of(22, 3, 1, 0, 9, 1)), [
    "bytes incomplete: a record was begun, and not sent to its end",
  ]);
  assertEquals(await says(Uint8Array.of(22)), ['text plain text: "\\u{16}"']);
  const ssl2 = Uint8Array.of(0x80, 18, 1, 3, 1, 0, 6, 0, 0, 0, 3, 0, 0, 4, 1, 0, 0x80, 7, 8, 9);
  assertEquals(await says(ssl2), [
    "client_hello ClientHello of SSL 2.0: the form of 1995; servers of today do not take it",
  ]);
  assertEquals(await says(...Array.from(ssl2, (byte) => Uint8Array.of(byte))), await says(ssl2));
});

Deno.test("Secrets keeps the last MAX_CONNECTIONS connections, and takes no other lines", async () => {
  const secrets = new Secrets();
  const random = (i: number) => i.toString(16).padStart(64, "0");
  for (let i = 0; i <= MAX_CONNECTIONS; i++) secrets.add(`CLIENT_RANDOM ${random(i)} 00ff`);
  assertEquals(secrets.find("CLIENT_RANDOM", random(0)), undefined);
  assertEquals(secrets.find("CLIENT_RANDOM", random(1)), Uint8Array.of(0, 255));
  for (
    const line of [
      "# CLIENT_RANDOM",
      `CLIENT_RANDOM ${random(1)}`,
      `OTHER ${random(1)} 0`,
      `OTHER ${random(1)} zz`,
      `OTHER ${random(1)} ${"00".repeat(65)}`,
      `${"A".repeat(65)} ${random(1)} 00`,
    ]
  ) secrets.add(line);
  assertEquals(secrets.find("OTHER", random(1)), undefined);
  secrets.add(`other ${random(1).toUpperCase()} 01\r`);
  assertEquals(await secrets.secret("OTHER", random(1)), Uint8Array.of(1));
});
