// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertThrows } from "@std/assert";
import http from "node:http";
import https, { type Agent, type RequestOptions } from "node:https";
import { checkServerIdentity, type ConnectionOptions } from "node:tls";
import { importFD, NssContext, SslError, type SslListener, type SslSocket } from "@nss/nss";
import { type AgentOptions, createAgent, createConnector } from "@nss/nss/http";
import { REFUSED } from "../../../ssl/http/create_agent.ts";
import { HOSTNAME, PKI, serverOptions } from "../_support.ts";
import { eventually, served } from "./_support.ts";

/** An agent that finds the test's name at the loopback interface. */
function agentOf(options: AgentOptions = {}): Agent {
  return createAgent({
    caCerts: [PKI.root.cert],
    context: new NssContext({ trustAnchors: [] }),
    connect: ({ port }) => Deno.connect({ hostname: "127.0.0.1", port }),
    ...options,
  });
}

function get(
  agent: Agent,
  port: number,
  options: RequestOptions = {},
  module: Pick<typeof http, "get"> = https,
) {
  return new Promise<string>((resolve, reject) => {
    module.get(`https://${HOSTNAME}:${port}/`, { agent, ...options }, async (response) => {
      try {
        resolve((await response.setEncoding("utf8").toArray()).join(""));
      } catch (error) {
        reject(error);
      }
    }).on("error", reject);
  });
}

const ports = () =>
  served(({ url }, { remoteAddr, channelInfo: { resumed } }) =>
    new Response(`${new URL(url).hostname} ${remoteAddr.port} ${resumed}`)
  );

Deno.test("createAgent() keeps connections alive, and resumes the session of one that ended", async () => {
  await using own = ports();
  const agent = agentOf();
  const first = await get(agent, own.port);
  assert(first.endsWith(" false"), first);
  assertEquals(await get(agent, own.port), first);
  assertEquals(await get(agent, own.port, {}, http), first);
  agent.destroy();
  assert((await get(agent, own.port)).endsWith(" true"));
  agent.destroy();
});

Deno.test("createAgent() shows its certificate, and keeps to its options", async () => {
  await using own = served(
    (_, { peerCertificates: [leaf], channelInfo: { version } }) =>
      new Response(`${leaf?.subject} ${version}`),
    {},
    { clientAuth: "require" },
  );
  const agent = agentOf({
    certificates: [PKI.client.credential],
    versions: { max: "TLSv1.2" },
    pool: { keepAlive: false },
  });
  assertEquals(await get(agent, own.port), `${PKI.client.cert.subject} TLSv1.2`);
  agent.destroy();
});

Deno.test("createAgent() rejects a request for an error of the certificate, which is its cause", async () => {
  await using own = ports();
  for (
    const [options, request, name] of [
      [{ caCerts: [PKI.otherRoot.cert] }, {}, "SEC_ERROR_UNKNOWN_ISSUER"],
      [{}, { servername: "other.test" }, "SSL_ERROR_BAD_CERT_DOMAIN"],
    ] as const
  ) {
    const agent = agentOf(options);
    const error = await get(agent, own.port, request).catch((error: Error) => error);
    assert(error instanceof Error && error.cause instanceof SslError, String(error));
    assertEquals(error.cause.name, name);
    agent.destroy();
  }
});

Deno.test("createAgent() refuses options of a request that it would forget", async () => {
  await using own = ports();
  const agent = agentOf();
  // What it does anyway; got gives the second
  await get(agent, own.port, { rejectUnauthorized: true });
  await get(agent, own.port, { checkServerIdentity });
  for (
    const options of [
      { rejectUnauthorized: false },
      { checkServerIdentity: () => undefined },
      { ca: PKI.root.cert.toPem() },
      { minVersion: "TLSv1.3" },
      { lookup: () => {} },
    ] as const
  ) {
    const [name] = Object.keys(options);
    const error = await new Promise((resolve) => {
      try {
        get(agent, own.port, options).then(resolve, resolve);
      } catch (error) {
        resolve(error);
      }
    });
    assert(error instanceof SslError, `${name}: ${error}`);
    assert(error.message.startsWith(`Cannot use option ${name} of a request: `), error.message);
  }
  agent.destroy();
});

Deno.test("createAgent() and createConnector() refuse unknown options at once", () => {
  for (const create of [createAgent, createConnector]) {
    const refused = JSON.parse('{ "rejectUnauthorised": false }');
    assertEquals(assertThrows(() => create(refused), SslError).name, "SEC_ERROR_INVALID_ARGS");
  }
});

Deno.test("createAgent() ends a connection whose request is given up during its handshake", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 }); // says nothing
  const agent = agentOf();
  const giveUp = new AbortController();
  const getting = get(agent, listener.addr.port, { signal: giveUp.signal }).catch(({ name }) =>
    name
  );
  const conn = await listener.accept();
  giveUp.abort();
  assertEquals(await getting, "AbortError");
  const buffer = new Uint8Array(4096);
  for (let count: number | null = 1; count !== null;) {
    count = await conn.read(buffer).catch(() => null); // a reset is an end, too
  }
  conn.close();
  agent.destroy();
});

Deno.test("createConnector() refuses a URL that is not https:", async () => {
  const connect = createConnector();
  const error = await new Promise((resolve) =>
    connect({ hostname: "a.test", protocol: "http:", port: "80" }, (...[error]) => resolve(error))
  );
  assert(error instanceof SslError && error.message.includes("http:"));
});

/** Node's options that a request may have: they decide about nothing here, or are heeded. */
type Harmless =
  | "ALPNCallback"
  | "ALPNProtocols"
  | "SNICallback"
  | "enableTrace"
  | "host"
  | "path"
  | "port"
  | "requestCert"
  | "servername"
  | "session"
  | "sessionIdContext"
  | "sessionTimeout"
  | "ticketKeys"
  | "timeout";

type Decisive = Exclude<keyof ConnectionOptions, Harmless>;

Deno.test("createAgent() refuses each of Node's options of TLS that decides about something", () => {
  // The compiler demands each of them
  const names: Readonly<Record<Decisive, true>> = {
    allowPartialTrustChain: true,
    ca: true,
    cert: true,
    checkServerIdentity: true,
    ciphers: true,
    clientCertEngine: true,
    crl: true,
    dhparam: true,
    ecdhCurve: true,
    honorCipherOrder: true,
    key: true,
    lookup: true,
    maxVersion: true,
    minDHSize: true,
    minVersion: true,
    passphrase: true,
    pfx: true,
    privateKeyEngine: true,
    privateKeyIdentifier: true,
    pskCallback: true,
    rejectUnauthorized: true,
    secureContext: true,
    secureOptions: true,
    secureProtocol: true,
    sigalgs: true,
    socket: true,
  };
  for (const name of Object.keys(names)) assert(Object.hasOwn(REFUSED, name), name);
});

const response = (text: string) =>
  `HTTP/1.1 200 OK\r\nContent-Length: ${text.length}\r\n\r\n${text}`;

/** A server that sends an answer too many with its first one, or behind it. */
async function poison(listener: SslListener<Deno.NetAddr>, isTogether: boolean): Promise<void> {
  const more = [response("poison")];
  const answer = async (socket: SslSocket) => {
    const buffer = new Uint8Array(65_536);
    for (;;) {
      const count = await socket.read(buffer).catch(() => null); // the agent may hang up
      if (count === null) break;
      const [, path = ""] = new TextDecoder().decode(buffer.subarray(0, count)).split(" ");
      const all = [response(path), ...more.splice(0)];
      for (const text of isTogether ? [all.join("")] : all) {
        await socket.write(new TextEncoder().encode(text));
      }
    }
    await socket.close().catch(() => {});
  };
  const answers: Promise<void>[] = [];
  for await (const socket of listener) answers.push(answer(socket));
  await Promise.all(answers);
}

for (const isTogether of [false, true]) {
  const how = isTogether ? "with" : "after";
  Deno.test(`createAgent() gives no request a response that came ${how} another's (CVE-2026-48931)`, async () => {
    const { role: _, ...own } = serverOptions();
    const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), own);
    const serving = poison(listener, isTogether);
    const agent = agentOf();
    for (const path of ["/one", "/two", "/three"]) {
      assertEquals(await get(agent, listener.addr.port, { path }), path);
      if (path !== "/one") continue;
      // While a request is on its way nobody can tell: the one too many is to be there before it
      const length = `${response("/one")}${response("poison")}`.length;
      await eventually(() =>
        Object.values(agent.freeSockets).flat().every((free) => (free?.bytesRead ?? 0) >= length)
      );
    }
    agent.destroy();
    listener.close();
    await serving;
  });
}
