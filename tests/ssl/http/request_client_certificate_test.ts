// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { type ImportOptions, newModel, optionSet, type SslModel } from "@nss/nss";
import type { RequestInfo } from "@nss/nss/http";
import { MAX_BODY_AHEAD } from "../../../ssl/http/request_info.ts";
import { PKI } from "../_support.ts";
import { h2get } from "./_h2.ts";
import { type RawClient, type Served, served } from "./_support.ts";

/** Answers with the caller's name, or with the name of what went wrong. */
async function askFor(request: Request, info: RequestInfo): Promise<Response> {
  const before = info.peerCertificates.length;
  const [leaf] = await info.requestClientCertificate({ timeout: 5000 });
  const body = await request.text();
  return Response.json([before, leaf?.subject.toString() ?? null, body.length]);
}

/** A client that can be asked later. */
function offering(): SslModel {
  const model = newModel();
  optionSet(model, "ENABLE_RENEGOTIATION", "REQUIRES_XTN"); // TLS 1.2
  optionSet(model, "ENABLE_POST_HANDSHAKE_AUTH", true); // TLS 1.3
  return model;
}

const CLIENT: ImportOptions = { certificates: [PKI.client.credential] };
const NAME = PKI.client.cert.subject.toString();

for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const versions = { min: version, max: version } as const;
  const connect = ({ connect }: Served, own = CLIENT): Promise<RawClient> =>
    connect({ ...own, versions, model: offering() });

  Deno.test(`requestClientCertificate() asks once on a connection of ${version}`, async () => {
    await using own = served(askFor);
    await using client = await connect(own);
    await client.request("GET /");
    assertEquals(JSON.parse(/\[.*\]$/.exec(await client.until(/\]$/))![0]), [0, NAME, 0]);
    await client.request("GET /");
    assertEquals(JSON.parse(/\[.*\]$/.exec(await client.until(/\]$/))![0]), [1, NAME, 0]);
  });

  Deno.test(`requestClientCertificate() gives none of a client of ${version} without one`, async () => {
    await using own = served(askFor);
    await using client = await connect(own, {});
    await client.request("GET /");
    assertEquals(JSON.parse(/\[.*\]$/.exec(await client.until(/\]$/))![0]), [0, null, 0]);
  });

  Deno.test(`requestClientCertificate() ends a connection of ${version} for one not trusted`, async () => {
    await using own = served(askFor, {}, { caCerts: [PKI.otherRoot.cert] });
    await using client = await connect(own);
    await client.request("GET /");
    const { text } = await client.rest();
    assert(!text.includes("200 OK"), text);
    assertEquals(own.failures.length, 1);
  });

  Deno.test(`requestClientCertificate() keeps up to MAX_BODY_AHEAD of a body in ${version}`, async () => {
    await using own = served(askFor);
    await using client = await connect(own);
    await client.request("POST /", `Content-Length: ${MAX_BODY_AHEAD}`);
    const sending = client.send("a".repeat(MAX_BODY_AHEAD));
    assertEquals(JSON.parse(/\[.*\]$/.exec(await client.until(/\]$/))![0]), [
      0,
      NAME,
      MAX_BODY_AHEAD,
    ]);
    await sending;
  });
}

for (const extra of [0, 1]) {
  const title = `requestClientCertificate() waits behind MAX_BODY_AHEAD ${
    extra === 0 ? "bytes" : "and one more, which is status 413"
  }`;
  Deno.test(title, async () => {
    const sent = Promise.withResolvers<void>();
    await using own = served(async (request, info) => {
      try {
        return await askFor(request, info);
      } catch (error) {
        sent.resolve(); // a client that waits for its hook reads nothing
        throw error;
      }
    });
    await using client = await own.connect({
      model: offering(),
      getClientAuthData: async () => {
        await sent.promise;
        return PKI.client.credential;
      },
    });
    const length = MAX_BODY_AHEAD + extra;
    await client.request("POST /", `Content-Length: ${length}`);
    const sending = client.send("a".repeat(length)).catch(() => {});
    if (extra === 0) sending.then(() => sent.resolve());
    const { text } = extra === 0 ? { text: await client.until(/\]$/) } : await client.rest();
    assert(text.startsWith(extra === 0 ? "HTTP/1.1 200 " : "HTTP/1.1 413 "), text);
    assertEquals(own.failures, []);
    await sending;
  });
}

Deno.test("requestClientCertificate() tells where a client of TLS 1.3 cannot be asked", async () => {
  await using own = served(askFor);
  await using client = await own.connect(CLIENT);
  await client.request("GET /", "Connection: close");
  const { text } = await client.rest();
  assert(text.startsWith("HTTP/1.1 500 "), text);
  assert(/post-handshake/i.test(own.failures[0]!), own.failures[0]);
});

Deno.test("requestClientCertificate() over HTTP/2 resets the stream with HTTP_1_1_REQUIRED", async () => {
  await using own = served(async (request, info) => {
    if (request.url.endsWith("/public")) return new Response("public");
    return await askFor(request, info);
  });
  await using client = await h2get(own.port, CLIENT);
  await assertRejects(() => client.get("/private"), Error, "NGHTTP2_HTTP_1_1_REQUIRED");
  assertEquals((await client.get("/public")).text, "public");
  assertEquals(own.failures, []);
});

Deno.test("requestClientCertificate() over HTTP/2 is an error that a handler may answer", async () => {
  await using own = served(async (_, info) => {
    const error = await info.requestClientCertificate().catch((error: Error) => error);
    return new Response((error as Error).name);
  });
  await using client = await h2get(own.port);
  assertEquals((await client.get("/")).text, "SSL_ERROR_RENEGOTIATION_NOT_ALLOWED");
});
