// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { importFD } from "@nss/nss";
import { serve } from "@nss/nss/http";
import { HOSTNAME, PKI, serverOptions } from "../_support.ts";
import { eventually, RawClient, served } from "./_support.ts";
import { h2get } from "./_h2.ts";

Deno.test("serve() answers requests over one connection, and tells who is calling", async () => {
  await using own = served(
    (request, info) =>
      Response.json({
        url: request.url,
        version: info.httpVersion,
        port: info.remoteAddr.port,
        local: info.localAddr.port,
        caller: info.peerCertificates[0]?.subject.toString() ?? null,
        tls: info.channelInfo.version,
      }),
    {},
    { clientAuth: "request" },
  );
  await using client = await own.connect({ certificates: [PKI.client.credential] });
  const expected = {
    version: "1.1",
    port: client.socket.localAddr.port,
    local: own.port,
    caller: PKI.client.cert.subject.toString(),
    tls: "TLSv1.3",
  };
  for (const path of ["/a", "/b?c=d"]) {
    await client.request(`GET ${path}`);
    const text = await client.until(/\{.*\}/);
    assert(/^HTTP\/1\.1 200 OK\r\n/.test(text), text);
    assert(/\r\ncontent-length: \d+\r\n/i.test(text), text);
    assertEquals(JSON.parse(/\{.*\}/.exec(text)![0]), {
      url: `https://${HOSTNAME}${path}`,
      ...expected,
    });
  }
});

Deno.test("serve() speaks HTTP/2 with clients that offer it, several requests at once", async () => {
  await using own = served(async (request, { httpVersion, remoteAddr }) => {
    const body = await request.text();
    return Response.json([request.method, request.url, httpVersion, remoteAddr.port, body]);
  });
  await using client = await h2get(own.port);
  const answers = await Promise.all([1, 2, 3].map((i) => client.post(`/${i}`, `body ${i}`)));
  for (const [i, { status, text }] of answers.entries()) {
    assertEquals(status, 200);
    const url = `https://${HOSTNAME}/${i + 1}`;
    assertEquals(JSON.parse(text), ["POST", url, "2", client.localPort, `body ${i + 1}`]);
  }
});

Deno.test("serve() leaves the application protocols alone that a listener has been given", async () => {
  await using own = served(() => new Response("a"), {}, { alpnProtocols: ["http/1.1"] });
  await using client = await own.connect({ alpnProtocols: ["h2", "http/1.1"] });
  assertEquals((await client.socket.handshake()).alpnProtocol, "http/1.1");
});

Deno.test("serve() ends a connection for a protocol that is not HTTP, and tells", async () => {
  await using own = served(() => new Response("a"), {}, { alpnProtocols: ["xmpp"] });
  await using client = await own.connect({ alpnProtocols: ["xmpp"] });
  assertEquals(await client.rest(), { text: "", end: "close_notify" });
  assertEquals(own.told, ["SSL_ERROR_NEXT_PROTOCOL_NO_PROTOCOL"]);
});

Deno.test("serve() tells of a handshake that fails, and serves on", async () => {
  await using own = served(() => new Response("a"));
  const plain = await Deno.connect({ hostname: "127.0.0.1", port: own.port });
  await plain.write(new TextEncoder().encode("GET / HTTP/1.1\r\n\r\n"));
  await eventually(() => own.told.length > 0);
  plain.close();
  assertEquals(own.told, ["SSL_ERROR_RX_UNKNOWN_RECORD_TYPE"]);
  await using client = await own.connect();
  await client.request("GET /");
  await client.until(/\r\n\r\na$/);
});

Deno.test("serve() refuses with 421 a host for which the connection was not made", async () => {
  await using own = served(() => new Response("secret"));
  await using client = await own.connect();
  await client.send("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
  const { text, end } = await client.rest();
  assert(text.startsWith("HTTP/1.1 421 Misdirected Request\r\n"), text);
  assert(!text.includes("secret"));
  assertEquals(end, "close_notify");
  await using h2 = await h2get(own.port);
  assertEquals((await h2.get("/", { ":authority": "other.test" })).status, 421);
});

Deno.test("serve() refuses a name that an SNI hook would have decided about", async () => {
  await using own = served(() => new Response("secret"), {}, {
    certificates: [PKI.server.credential],
    sniSocketConfig: (_, { serverName }) => {
      return serverName === HOSTNAME ? { clientAuth: "require" } : undefined;
    },
  });
  await using client = await own.connect({ hostname: "127.0.0.1", authCertificate: () => true });
  await client.request("GET /");
  const { text } = await client.rest();
  assert(text.startsWith("HTTP/1.1 421 "), text);
});

Deno.test("serve() with checkHost false answers for any host", async () => {
  await using own = served(({ url }) => new Response(url), { checkHost: false });
  await using client = await own.connect();
  await client.send("GET / HTTP/1.1\r\nHost: other.test\r\n\r\n");
  await client.until(/https:\/\/other\.test\/$/);
});

Deno.test("serve() calls onListen, has the listener's address, and ends by its signal", async () => {
  const { role: _, ...tls } = serverOptions();
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), tls);
  const end = new AbortController();
  const heard: unknown[] = [];
  const begun = Promise.withResolvers<AbortSignal>();
  const server = serve(listener, ({ signal }) => {
    begun.resolve(signal);
    return new Promise<Response>(() => {}); // never answers
  }, { signal: end.signal, onListen: (addr) => heard.push(addr) });
  assertEquals(heard, [listener.addr]);
  assertEquals(server.addr, listener.addr);
  await using client = await RawClient.connect(server.addr.port);
  await client.request("GET /");
  const signal = await begun.promise;
  end.abort();
  await server.finished;
  assert(signal.aborted);
  assertEquals((await client.rest()).end, "PR_END_OF_FILE_ERROR");
  await assertRejects(() => Deno.connect({ hostname: "127.0.0.1", port: server.addr.port }));
});

Deno.test("serve() with a signal that has been aborted takes no connection", async () => {
  await using own = served(() => new Response("a"), { signal: AbortSignal.abort() });
  await own.server.finished;
});

Deno.test("shutdown() lets requests in progress be answered, and ends idle connections", async () => {
  const answer = Promise.withResolvers<string>();
  let begun = 0;
  const own = served(async ({ url }) => {
    begun++;
    return new Response(url.endsWith("slow") ? await answer.promise : "fast");
  });
  await using idle = await own.connect();
  await idle.request("GET /fast");
  await idle.until(/fast$/);
  await using busy = await own.connect();
  await busy.request("GET /slow");
  await using h2 = await h2get(own.port);
  const slow = h2.get("/slow");
  await eventually(() => begun === 3);
  const ended = own.server.shutdown();
  assertEquals((await idle.rest()).end, "close_notify");
  answer.resolve("late");
  const { text, end } = await busy.rest();
  assert(/\r\nconnection: close\r\n/i.test(text), text);
  assert(text.endsWith("late"));
  assertEquals(end, "close_notify");
  assertEquals(await slow, { status: 200, text: "late" });
  await ended;
  await own.server.finished;
});

Deno.test("shutdown() with a grace ends what is then still in progress", async () => {
  const signals: AbortSignal[] = [];
  const own = served(({ signal }) => {
    signals.push(signal);
    return new Promise<Response>(() => {});
  });
  await using client = await own.connect();
  await client.request("GET /");
  await using h2 = await h2get(own.port);
  const never = h2.get("/").catch(() => "reset");
  await eventually(() => signals.length === 2);
  await own.server.shutdown({ grace: 50 });
  assertEquals(signals.map(({ aborted }) => aborted), [true, true]);
  assertEquals((await client.rest()).end, "PR_END_OF_FILE_ERROR");
  assertEquals(await never, "reset");
});

Deno.test("shutdown() does not wait for handshakes, and can be called twice", async () => {
  const own = served(() => new Response("a"));
  const silent = await Deno.connect({ hostname: "127.0.0.1", port: own.port });
  await using client = await own.connect(); // so the server has taken the other one, too
  await client.request("GET /");
  await client.until(/a$/);
  await Promise.all([own.server.shutdown(), own.server.shutdown()]);
  assertEquals(await silent.read(new Uint8Array(8)).catch(() => null), null);
  silent.close();
  assertEquals((await client.rest()).end, "close_notify");
});
