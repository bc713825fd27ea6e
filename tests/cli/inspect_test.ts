// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The page of `nss server --inspect`: what it tells of handshakes, as HTML, JSON and text.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair, NssContext } from "@nss/nss/pkcs11";
import { importFD } from "@nss/nss/ssl";
import type { Field } from "../../cli/explain/field.ts";
import { DOORS } from "../../cli/inspect/doors.ts";
import type { Inspection } from "../../cli/inspect/inspection.ts";
import { INSPECTION_MEMBERS } from "../../cli/inspect/inspection_members.ts";
import { textOf } from "../../cli/inspect/inspection_text.ts";
import { escapeHtml, markup } from "../../cli/inspect/markup.ts";
import { pageOf } from "../../cli/inspect/page.ts";
import { STYLE } from "../../cli/inspect/style.ts";
import { drawFlights, flightLabel, MAX_FLIGHTS } from "../../cli/inspect/timeline.ts";
import { ContentType } from "../../ssl/tables/content_types.ts";
import { MAX_OBSERVED } from "../../cli/inspect/visitor.ts";
import { RecordedConn } from "../../cli/net/recorded_conn.ts";
import { openssl } from "../support/peers/openssl.ts";
import { run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { ask, inspectionOf, type Inspector, pageFor, startInspector } from "./_inspection.ts";
import { runNss } from "./_run.ts";

const found = await openssl.available();

function opensslTest(title: string, fn: () => Promise<void>): void {
  if (!found.ok) return skip(title, found.reason);
  Deno.test(title, fn);
}

/** Sends a request with openssl s_client; the answer, to the end of the connection. */
async function askByOpenssl(
  { ports }: Inspector,
  door: string,
  args: readonly string[],
  request = "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n",
): Promise<{ readonly body: string; readonly output: string }> {
  await using process = spawn("openssl", {
    args: [
      ...["s_client", "-connect", `127.0.0.1:${ports.get(door)}`, "-quiet", "-ign_eof", ...args],
    ],
    input: request,
    interactive: true,
  });
  const { stdout, stderr } = await process.result();
  return { body: stdout.split("\r\n\r\n").slice(1).join("\r\n\r\n"), output: stderr };
}

function chosen({ negotiated }: Inspection, what: string): string | undefined {
  return negotiated.find((choice) => choice.what === what)?.chosen;
}

function why({ negotiated }: Inspection, what: string): string {
  return negotiated.find((choice) => choice.what === what)?.why ?? "";
}

Deno.test("inspect: the JSON has the documented members, and tells what was negotiated and why", async () => {
  await using server = await startInspector();
  const context = new NssContext({ trustAnchors: [] });
  const seen = await inspectionOf(server, { context, alpnProtocols: ["http/1.1"] });
  assertEquals(Object.keys(seen).sort(), Object.keys(INSPECTION_MEMBERS).sort());
  assertEquals(seen.door, "main");
  assertMatch(seen.client, /^127\.0\.0\.1:\d+$/);
  assertMatch(seen.ja4, /^t13d\d{4}h1_[0-9a-f]{12}_[0-9a-f]{12}$/);
  assertEquals(chosen(seen, "version"), "TLS 1.3");
  assertEquals(chosen(seen, "certificate"), "localhost");
  assertEquals(chosen(seen, "protocol"), "http/1.1");
  assertStringIncludes(why(seen, "cipher suite"), "the server's order decides");
  assertStringIncludes(why(seen, "key exchange"), "its key share was sent at once");
  assertEquals(seen.offered.serverName, "localhost");
  assertEquals(seen.hellos.map(({ name }) => name), ["ClientHello"]);
  assertEquals(seen.certificates.server.certificates.map(({ name }) => name), ["localhost"]);
  assertEquals(seen.certificates.client.certificates, []);
  assertEquals(seen.links.map(({ door }) => door), ["main", ...DOORS.map(({ name }) => name)]);
  for (const { url } of seen.links) assertMatch(url, /^https:\/\/localhost:\d+\/$/);
  assertEquals(seen.sessions.resumption.done, false);
  assertStringIncludes(seen.sessions.resumption.says, "load the page again");

  const again = await inspectionOf(server, { context, alpnProtocols: ["http/1.1"] });
  assertEquals(again.sessions.resumption.done, true);
  assertEquals(chosen(again, "signature"), "none");
  assertEquals(server.answers, ["main GET /json 200", "main GET /json 200"]);
  await context.close();
});

Deno.test("inspect: the flights are those that the server has seen, decrypted, with the request last", async () => {
  await using server = await startInspector();
  const { flights } = await inspectionOf(server);
  assertEquals(flights.map(({ way, items }) => [way, ...items.map(({ name }) => name)]), [
    ["received", "client_hello"],
    [
      "sent",
      ...["server_hello", "change_cipher_spec", "encrypted_extensions", "certificate"],
      ...["certificate_verify", "finished"],
    ],
    ["received", "change_cipher_spec", "finished", "application_data"],
  ]);
  assert(flights.every(({ at }, i) => at >= (flights[i - 1]?.at ?? 0)));
  for (const { bytes, items } of flights) {
    // Each message has a header of its record, and what is encrypted a tag
    assert(bytes > items.reduce((sum, { length }) => sum + length, 0));
  }
});

Deno.test("inspect: each door takes the handshake that its name says", async () => {
  await using server = await startInspector();
  const visit = (door: string, more = {}) => inspectionOf(server, { door, ...more });
  assertEquals(chosen(await visit("tls13"), "version"), "TLS 1.3");
  const old = await visit("tls12");
  assertEquals(chosen(old, "version"), "TLS 1.2");
  assertEquals(why(old, "version"), "this port takes no other");
  assertEquals(old.sessions.keyUpdate.done, false);
  assertStringIncludes(why(old, "cipher suite"), "ECDSA key");
  assertEquals((await visit("tls12")).sessions.resumption.done, true);
  assertMatch(chosen(await visit("hybrid"), "key exchange")!, /MLKEM/);
  assertEquals(chosen(await visit("x25519"), "key exchange"), "x25519");
  const retried = await visit("secp384r1");
  assertEquals(chosen(retried, "key exchange"), "secp384r1");
  assertStringIncludes(why(retried, "key exchange"), "HelloRetryRequest");
  assertEquals(retried.hellos.length, 2);
  const html = await pageFor(server, { door: "secp384r1" });
  assertStringIncludes(html, "The second one, after a HelloRetryRequest");
  await visit("no-resumption");
  const full = await visit("no-resumption");
  assertEquals(full.sessions.resumption, {
    done: false,
    says: "a full handshake: this port resumes none",
  });
  assertEquals((await visit("certificate-asked")).certificates.client.certificates, []);
  await visit("early-data");
  const resumed = await visit("early-data");
  assertEquals(resumed.sessions.resumption.done, true);
  assertStringIncludes(resumed.sessions.earlyData.says, "the client sends none");
});

Deno.test("inspect: a client certificate is shown with its problems, also one that nobody vouches for", async () => {
  await using server = await startInspector();
  const pair = await generateKeyPair();
  const cert = await createCertificate({ ...pair, subject: "CN=me \\<b\\>", days: 1 });
  const certificates = [{ cert, key: pair.privateKey }];
  for (const door of ["certificate-asked", "certificate-required"]) {
    const { certificates: { client }, ...seen } = await inspectionOf(server, {
      door,
      certificates,
    });
    assertEquals(client.certificates.map(({ name }) => name), ["me <b>"]);
    assertEquals(client.problems.map(({ error }) => error), ["SEC_ERROR_UNKNOWN_ISSUER"]);
    assertStringIncludes(client.problems[0]!.cause, "self-signed");
    assertEquals(chosen({ ...seen, certificates: seen as never }, "client certificate"), "me <b>");
  }
  const html = await pageFor(server, { door: "certificate-asked", certificates });
  assertStringIncludes(html, "me &lt;b&gt;");
  // The main door keeps to what the server was started with
  const main = await inspectionOf(server, { certificates });
  assertEquals(main.certificates.client.certificates, []);
  assertEquals(server.failures, []);
});

Deno.test("inspect: an authority of the command line is kept to at the main door", async () => {
  const pair = await generateKeyPair();
  const ca = await createCertificate({ ...pair, subject: "CN=CA", isCa: true });
  await using server = await startInspector({ clientAuth: "require", caCerts: [ca] });
  const own = await generateKeyPair();
  const stranger = await createCertificate({ ...own, subject: "CN=stranger" });
  const certificates = [{ cert: stranger, key: own.privateKey }];
  const refused = await inspectionOf(server, { certificates }).catch(() => null);
  assertEquals(refused, null);
  const names = server.failures.map((failure) => Object(failure).name);
  assertEquals(names, ["SEC_ERROR_UNKNOWN_ISSUER"]);
  const shown = await inspectionOf(server, { certificates, door: "certificate-asked" });
  assertEquals(shown.certificates.client.problems.map(({ error }) => error), names);
});

Deno.test("inspect: doors that the options rule out stay closed", async () => {
  await using modern = await startInspector({ policy: "modern" });
  assertEquals(modern.ports.has("tls12"), false);
  assert(modern.ports.has("tls13"));
  assertStringIncludes(await pageFor(modern), "TLS 1.3 only");
  assertEquals((await pageFor(modern)).includes("TLS 1.2 only"), false);
  await using old = await startInspector({ versions: { max: "TLSv1.2" } });
  // The doors for versions say which ones they take; what is hybrid needs TLS 1.3
  assertEquals(old.ports.has("hybrid"), false);
  assert(old.ports.has("tls12"));
});

Deno.test("inspect: the form is that which the client takes; other paths and methods are refused", async () => {
  await using server = await startInspector();
  const get = (path: string, fields = "", method = "GET") =>
    ask(server, { request: `${method} ${path} HTTP/1.1\r\nHost: localhost\r\n${fields}\r\n` });
  const typeOf = async (path: string, fields = "") =>
    (await get(path, fields)).headers.get("content-type");
  const browser = "Accept: text/html,application/xhtml+xml,*/*;q=0.8\r\n";
  assertEquals(await typeOf("/"), "text/plain; charset=utf-8");
  assertEquals(await typeOf("/", "Accept: */*\r\n"), "text/plain; charset=utf-8");
  assertEquals(await typeOf("/", browser), "text/html; charset=utf-8");
  assertEquals(await typeOf("/", "Accept: application/json\r\n"), "application/json");
  assertEquals(await typeOf("/json", browser), "application/json");
  assertEquals(await typeOf("/text?x", browser), "text/plain; charset=utf-8");
  assertEquals(await typeOf("/html"), "text/html; charset=utf-8");
  const head = await get("/", browser, "HEAD");
  assertEquals([head.status, head.body], [200, ""]);
  assertEquals((await get("/nope")).status, 404);
  const post = await get("/", "Content-Length: 0\r\n", "POST");
  assertEquals([post.status, post.headers.get("allow")], [405, "GET, HEAD"]);
});

Deno.test("inspect: nothing is kept by browsers, and nothing but its one style sheet is allowed", async () => {
  await using server = await startInspector();
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(STYLE));
  const policy = `default-src 'none'; style-src 'sha256-${new Uint8Array(digest).toBase64()}'; ` +
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
  for (const path of ["/", "/json", "/text", "/nope"]) {
    const { headers } = await ask(server, {
      request: `GET ${path} HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n`,
    });
    assertEquals(headers.get("content-security-policy"), policy, path);
    assertEquals(headers.get("cache-control"), "no-store", path);
    assertEquals(headers.get("x-content-type-options"), "nosniff", path);
    assertEquals(headers.get("referrer-policy"), "no-referrer", path);
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assertEquals(headers.get("set-cookie"), null, path);
  }
  const html = await pageFor(server);
  assertEquals(
    /<script|<link|<img|<iframe|<form|\sstyle=|\son\w+=|url\(|@import/i.exec(html),
    null,
  );
  const addresses = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, address]) => address!);
  for (const address of addresses) {
    assertMatch(address, /^(?:#[a-z]+|\/(?:json|text)?|https:\/\/localhost:\d+\/)$/);
  }
  assertStringIncludes(html, `<style>${STYLE}</style>`);
});

Deno.test("markup`` escapes each value, in elements and attributes, and shows control characters", () => {
  const hostile = `"><script>'&\x1b[2J\u202e`;
  const escaped = "&quot;&gt;&lt;script&gt;&#39;&amp;\\u{1b}[2J\\u{202e}";
  assertEquals(escapeHtml(hostile), escaped);
  assertEquals(
    markup`<a href="${hostile}">${[hostile, 1, null, markup`<b>${hostile}</b>`]}</a>`.html,
    `<a href="${escaped}">${escaped}1<b>${escaped}</b></a>`,
  );
});

/** What this program chooses by or takes apart; no peer writes it. */
const OURS = ["door", "level", "mark", "way", "url", "notBefore", "notAfter", "ja4", "fingerprint"];

/** Replaces each text but {@linkcode OURS}. */
function poison<T>(value: T, payload: string, key = ""): T {
  if (typeof value === "string") {
    return (OURS.includes(key) ? value : `${payload}${value}${payload}`) as T;
  }
  if (Array.isArray(value)) return value.map((one) => poison(one, payload, key)) as T;
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, one]) => [name, poison(one, payload, name)]),
  ) as T;
}

/** The tags of a page, without those that long words may be broken at. */
function tagsOf(html: string): string[] {
  return [...html.matchAll(/<[^>]*>/g)].map(([tag]) => tag).filter((tag) => tag !== "<wbr>");
}

Deno.test("pageOf() puts no text of a peer's into markup, wherever it stands", async () => {
  await using server = await startInspector();
  const own = await generateKeyPair();
  const cert = await createCertificate({ ...own, subject: "CN=me" });
  const inspection = await inspectionOf(server, {
    door: "certificate-asked",
    certificates: [{ cert, key: own.privateKey }],
    alpnProtocols: ["http/1.1"],
  });
  for (
    const payload of [`"><script>alert(1)</script>`, "'><b onclick=x>", "</style></title><!--"]
  ) {
    // As long: the drawing has room for some characters
    const word = "Q".repeat(payload.length);
    const harmless = pageOf(poison(inspection, word));
    const places = harmless.split(word).length - 1;
    assert(places > 300, `${places}`);
    const html = pageOf(poison(inspection, payload));
    assertEquals(tagsOf(html), tagsOf(harmless), payload);
    assertEquals(html.split(escapeHtml(payload)).length - 1, places, payload);
  }
  const steered = pageOf(poison(inspection, "\x1b\u202e")).replaceAll("\n", "");
  assertEquals(/[\p{Cc}\p{Cf}]/u.exec(steered), null);
});

opensslTest(
  "inspect: what an openssl client controls is shown and not obeyed: name, protocols, certificate",
  async () => {
    await using server = await startInspector();
    const folder = await Deno.makeTempDir({ prefix: "nss_inspect_" });
    const script = `"><script>x</script>`;
    await runOk("openssl", [
      ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"],
      ...["-keyout", `${folder}/key.pem`, "-out", `${folder}/cert.pem`],
      ...[
        "-subj",
        `/CN=${script.replaceAll("/", "\\/")}`,
        "-addext",
        `subjectAltName=DNS:${script}`,
      ],
    ]);
    const { body: html } = await askByOpenssl(server, "certificate-asked", [
      ...["-servername", script, "-alpn", `http/1.1,${script},\r\nx: y`],
      ...["-cert", `${folder}/cert.pem`, "-key", `${folder}/key.pem`],
    ], `GET /html HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ${script}\r\n\r\n`);
    await Deno.remove(folder, { recursive: true });
    assertEquals(html.includes("<script"), false);
    assertStringIncludes(html, "http/1.1, &quot;&gt;&lt;script&gt;x&lt;/script&gt;");
    assertStringIncludes(html, "\\u{d}\\u{a}x: y");
    assertStringIncludes(html, "CN=\\&quot;\\&gt;\\&lt;script\\&gt;x");
    assertEquals(tagsOf(html).filter((tag) => /^<script|onclick/.test(tag)), []);
  },
);

Deno.test("inspect: a Host that is none, or another than that of the handshake, gets no page", async () => {
  await using server = await startInspector();
  const status = async (host: string) => {
    const request = `GET / HTTP/1.1\r\nHost: ${host}\r\nAccept: text/html\r\n\r\n`;
    const { status, body, headers } = await ask(server, { request });
    assertEquals(/evil|<|x-injected/i.exec(status === 200 ? "" : body), null);
    assertEquals(headers.get("x-injected"), null);
    return status;
  };
  assertEquals(await status("localhost"), 200);
  assertEquals(await status("localhost:1"), 200);
  assertEquals(await status(`evil"><script>`), 400);
  assertEquals(await status("evil.test"), 421);
  assertEquals(await status("localhost\r\nHost: evil.test"), 400);
  const { body } = await ask(server, {
    request: "GET /\x01%0d%0ax-injected:1 HTTP/1.1\r\nHost: localhost\r\n\r\n",
  });
  assertEquals(body.includes("x-injected"), false);
});

opensslTest(
  "inspect: early data of openssl s_client is told, and is in the first flight",
  async () => {
    await using server = await startInspector();
    const folder = await Deno.makeTempDir({ prefix: "nss_inspect_" });
    const request = "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n";
    await Deno.writeTextFile(`${folder}/request`, request);
    const session = ["-servername", "localhost", "-alpn", "http/1.1"];
    await askByOpenssl(server, "early-data", [...session, "-sess_out", `${folder}/session`]);
    const { body, output } = await askByOpenssl(
      server,
      "early-data",
      [...session, "-sess_in", `${folder}/session`, "-early_data", `${folder}/request`],
      "",
    );
    await Deno.remove(folder, { recursive: true });
    const { sessions, flights } = JSON.parse(body) as Inspection;
    assertEquals(sessions.earlyData.done, true, output);
    assertStringIncludes(sessions.earlyData.says, `${request.length} bytes`);
    assertEquals(flights[0]!.items.map(({ name }) => name), [
      "client_hello",
      "change_cipher_spec",
      "application_data",
    ]);
  },
);

opensslTest("inspect: openssl s_client with old habits is told of them", async () => {
  await using server = await startInspector();
  const { body } = await askByOpenssl(server, "main", [
    ...["-noservername", "-tls1_2", "-cipher", "ALL:COMPLEMENTOFALL:@SECLEVEL=0", "-comp"],
    ...["-sigalgs", "ECDSA+SHA256:ECDSA+SHA1:RSA+SHA1", "-curves", "P-256", "-no_ticket"],
  ]);
  const { findings } = JSON.parse(body) as Inspection;
  const insecure = findings.filter(({ level }) => level === "insecure").map(({ what }) => what);
  assert(insecure.includes("offers suites without authentication"), insecure.join());
  assert(insecure.includes("offers suites without encryption"), insecure.join());
  const old = findings.filter(({ level }) => level === "old").map(({ what }) => what);
  assert(old.includes("does not offer TLS 1.3"), old.join());
  assert(old.includes("takes weak signatures"), old.join());
  assert(old.includes("offers RSA key transport"), old.join());
  const better = findings.filter(({ level }) => level === "better").map(({ what }) => what);
  assert(better.includes("offers no application protocol (ALPN)"), better.join());
  for (const { why, cure, level } of findings) {
    assert(why !== "" && (level === "good") === (cure === ""), why);
  }
});

/** The first flight of a client, as bytes. */
async function firstFlight(): Promise<Uint8Array> {
  const up = new TransformStream<Uint8Array, Uint8Array>();
  const down = new TransformStream<Uint8Array, Uint8Array>();
  const controller = new AbortController();
  const socket = importFD({ readable: down.readable, writable: up.writable }, {
    hostname: "localhost",
    signal: controller.signal,
  });
  const ended = socket.handshake().catch(() => {});
  const { value } = await up.readable.getReader().read();
  controller.abort();
  await ended;
  return value!;
}

Deno.test("inspect: a random that another open connection has is refused", async () => {
  await using server = await startInspector();
  const hello = await firstFlight();
  const send = async (): Promise<readonly [Deno.Conn, number]> => {
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: server.ports.get("tls13")! });
    await conn.write(hello);
    const buffer = new Uint8Array(1);
    await conn.read(buffer);
    return [conn, buffer[0]!];
  };
  const [first, answer] = await send();
  assertEquals(answer, ContentType.handshake);
  const [second, refusal] = await send();
  assertEquals(refusal, ContentType.alert);
  first.close();
  second.close();
  const { name, message } = Object(server.failures[0]);
  assertEquals(name, "SSL_ERROR_APPLICATION_ABORT");
  assertStringIncludes(message, "another connection has its random");
});

Deno.test("textOf() keeps to 100 columns, but for single words, and steers no terminal", async () => {
  await using server = await startInspector();
  const { body } = await ask(server, {});
  for (const line of body.split("\n")) {
    assert(line.length <= 100 || !line.trim().includes(" "), line);
  }
  for (const part of ["What was negotiated, and why", "Your ClientHello", "Try another"]) {
    assertStringIncludes(body, part);
  }
  const poisoned = textOf(poison(await inspectionOf(server), "<"));
  assertStringIncludes(poisoned, "<");
});

Deno.test("a recorded connection remembers the bytes that it may, and none of a chunk more", async () => {
  const recorded = (length: number) => {
    const addr = { transport: "tcp", hostname: "127.0.0.1", port: 1 } as const;
    const conn = new RecordedConn({
      read: () => Promise.resolve(null),
      write: (bytes) => Promise.resolve(bytes.length),
      close: () => {},
      localAddr: addr,
      remoteAddr: addr,
    }, MAX_OBSERVED);
    return conn.write(new Uint8Array(length)).then(() => conn.chunks.length);
  };
  assertEquals([await recorded(MAX_OBSERVED), await recorded(MAX_OBSERVED + 1)], [1, 0]);
});

Deno.test("pageOf() lists a bounded number of what both have", async () => {
  await using server = await startInspector();
  const inspection = await inspectionOf(server);
  const page = (count: number) => {
    const client = Array.from({ length: count }, (_, i) => `suite${i}`);
    const [first] = inspection.negotiated;
    return pageOf({ ...inspection, negotiated: [{ ...first!, client }] });
  };
  assertEquals(page(24).includes(" more</dd>"), false);
  assertStringIncludes(page(25), " and 1 more</dd>");
});

Deno.test("drawFlights() draws a bounded number, each with its time, bytes and messages", () => {
  const flight = (way: "sent" | "received", at: number, ...names: readonly string[]) => ({
    way,
    at,
    bytes: 100 + at,
    items: names.map((name) => ({ name, length: 1, encrypted: false, says: "" })),
  });
  const { html } = drawFlights([
    flight("received", 0, "client_hello"),
    flight("sent", 5, "server_hello", "change_cipher_spec", "certificate", "finished"),
    flight("received", 20, "change_cipher_spec", "finished", "application_data"),
  ]);
  assertMatch(html, /<svg viewBox="0 0 340 \d+" role="img" aria-labelledby="timeline-name">/);
  const texts = [...html.matchAll(/<text[^>]*>([^<]*)</g)].map(([, text]) => text);
  assertEquals(texts, [
    ...["client", "server", "0.0 ms", "client_hello", "100 bytes"],
    ...["5.0 ms", "server_hello ... finished", "105 bytes"],
    ...["20 ms", "finished, application_data", "120 bytes"],
  ]);
  const ys = [...html.matchAll(/<line class="(?:sent|received)"[^>]*y1="(\d+)"/g)]
    .map(([, y]) => Number(y));
  assert(ys[0]! < ys[1]! && ys[1]! < ys[2]!);
  assert(ys[2]! - ys[1]! > ys[1]! - ys[0]!, "a longer time is a longer way");
  assertEquals(flightLabel(flight("sent", 0, "change_cipher_spec")), "change_cipher_spec");
  const count = (number: number) =>
    drawFlights(Array.from({ length: number }, () => flight("sent", 0, "alert"))).html
      .split('<line class="sent"').length - 1;
  assertEquals([count(0), count(MAX_FLIGHTS), count(MAX_FLIGHTS + 1)], [0, 12, 12]);
});

Deno.test("nss server refuses --inspect beside --files, --exec and --connections", async () => {
  const says = async (...args: readonly string[]) => {
    const { code, err } = await runNss(["server", "--inspect", ...args]);
    assertEquals(code, 2, err);
    return err;
  };
  assertStringIncludes(await says("--files", "."), "Cannot take --files and --inspect at once");
  assertStringIncludes(await says("--exec", "cat"), "Cannot take --exec and --inspect at once");
  assertStringIncludes(
    await says("--connections", "1"),
    "Cannot take --connections with --inspect",
  );
});

Deno.test("nss server --inspect tells its ports and each answer, and Ctrl-C ends it", async () => {
  const program = `${import.meta.dirname}/../../cli/mod.ts`;
  await using process = spawn(Deno.execPath(), {
    args: ["run", "--no-check", "-A", program, "server", "--inspect", "--port", "0"],
  });
  const [, port] = await process.waitFor(/Look at https:\/\/localhost:(\d+)\//) as RegExpExecArray;
  await process.waitFor(/early-data\n/);
  const { stdout } = await run("curl", {
    args: ["--silent", "--insecure", `https://127.0.0.1:${port}/`],
  });
  assertStringIncludes(stdout, "What was negotiated, and why");
  await process.waitFor(/main: GET \/ 200: TLS 1\.\d/);
  Deno.kill(process.pid, "SIGINT");
  assertEquals((await process.result()).code, 130);
});

/** All fields of a tree. */
function flat(field: Field): readonly Field[] {
  return [field, ...field.fields.flatMap(flat)];
}

Deno.test("inspect: each byte of the ClientHello but its header is in a field, in order", async () => {
  await using server = await startInspector();
  const { hellos: [hello] } = await inspectionOf(server);
  assert(hello !== undefined);
  let at = 4;
  for (const { start, end } of hello.fields) {
    assertEquals(start, at);
    at = end;
  }
  assertEquals(at, hello.end);
  const html = await pageFor(server);
  for (const { name } of flat(hello)) {
    assertStringIncludes(html.replaceAll("<wbr>", ""), escapeHtml(name.replace(/^GREASE .*/, "")));
  }
});
