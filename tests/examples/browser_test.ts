// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { fileURLToPath } from "node:url";
import { findChromium, type Tab, withTab } from "../support/peers/chromium.ts";
import { type Process, runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { listeningPort, startExample } from "./_example.ts";
import { type ExamplePki, makePki } from "./_pki.ts";
import { opensslServer } from "./_programs.ts";

const RELAY = "browser/relay.ts";

/** Builds the page's script, as the example's header says. */
async function buildScript(pki: ExamplePki): Promise<string> {
  const script = `${pki.directory}/page.js`;
  await runOk(Deno.execPath(), [
    "bundle",
    "--quiet",
    "--platform",
    "browser",
    "-o",
    script,
    "examples/browser/page.ts",
  ], { cwd: fileURLToPath(new URL("../../", import.meta.url)), timeout: 60_000 });
  return script;
}

/** Starts a relay to a port of this machine. */
function startRelay(
  script: string,
  rootFile: string,
  target: number,
  host = "localhost",
): Process {
  const folder = fileURLToPath(new URL("../../examples/browser", import.meta.url));
  return startExample(RELAY, {
    permissions: [
      `--allow-net=127.0.0.1,${host}:${target}`,
      `--allow-read=${script},${rootFile},${folder}`,
    ],
    args: ["--script", script, "--ca", rootFile, "--port", "0", `${host}:${target}`],
  });
}

/** Waits until the page is done with what it does, and returns how that ended and what it says. */
async function outcomeOf(tab: Tab): Promise<string> {
  const status = `document.getElementById("status")?.textContent`;
  for (let i = 0; i < 200; i++) {
    const state = String(await tab.evaluate(`document.body?.dataset.state`));
    if (state === "done" || state === "failed") return `${state}: ${await tab.evaluate(status)}`;
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return `nothing: ${await tab.evaluate(status)}`;
}

const text = (tab: Tab, id: string) => tab.evaluate(`document.getElementById("${id}").innerText`);

const { availability } = await findChromium();

if (availability.ok) {
  Deno.test("browser: a page speaks TLS to openssl s_server through the relay, and resumes", async () => {
    await using pki = await makePki();
    const script = await buildScript(pki);
    const { process, port } = await opensslServer(pki.server, "-www");
    await using _ = process;
    await using relay = startRelay(script, pki.rootFile, port);
    const address = `http://127.0.0.1:${await listeningPort(relay)}/#/some/page`;
    await withTab(address, async (tab) => {
      assertMatch(await outcomeOf(tab), /^done: localhost is who it says/);
      const facts = String(await text(tab, "facts"));
      assertMatch(facts, /TLSv1\.3[^]*TLS_\S+[^]*x25519[^]*ecdsa_secp256r1_sha256/);
      assertMatch(facts, /resumed\s+no/);
      const chain = String(await text(tab, "chain"));
      assertStringIncludes(chain, "CN=server");
      assertStringIncludes(chain, "issued by CN=Example Root");
      assertStringIncludes(chain, "for DNS:localhost, IP Address:127.0.0.1");
      assertStringIncludes(chain, `pin ${pki.server.pin}`);
      assertMatch(String(await text(tab, "answer")), /^HTTP\/1\.0 200 ok[^]*New, TLSv1\.3/);
      const picture = Deno.env.get("NSS_SCREENSHOT");
      if (picture !== undefined) await Deno.writeFile(picture, await tab.screenshot());

      await tab.evaluate(`document.body.dataset.state = ""; document.getElementById("go").click()`);
      assertMatch(await outcomeOf(tab), /^done/);
      assertMatch(String(await text(tab, "facts")), /resumed\s+yes/);
    });
  });

  Deno.test("browser: a server that is not trusted, or not there, gets a sentence and no request", async () => {
    await using pki = await makePki();
    await using other = await makePki();
    const script = await buildScript(pki);
    {
      const { process, port } = await opensslServer(pki.server, "-www");
      await using _ = process;
      await using relay = startRelay(script, other.rootFile, port);
      await withTab(`http://127.0.0.1:${await listeningPort(relay)}/#/`, async (tab) => {
        assertMatch(
          await outcomeOf(tab),
          /^failed: Cannot verify certificate "CN=server": .* \(SEC_ERROR_BAD_SIGNATURE\)$/,
        );
        assertEquals(await tab.evaluate(`document.getElementById("found").hidden`), true);
      });
    }
    const gone = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    gone.close();
    await using relay = startRelay(script, pki.rootFile, gone.addr.port);
    await withTab(`http://127.0.0.1:${await listeningPort(relay)}/#/`, async (tab) => {
      assertMatch(await outcomeOf(tab), /^failed: .*nothing listens there/);
    });
  });
} else {
  skip("browser: a page speaks TLS through the relay", availability.reason);
}

/** The status that the relay answers a request with. */
async function statusOf(
  port: number,
  path: string,
  headers: Readonly<Record<string, string>>,
  keep: Deno.Conn[] = [],
): Promise<number> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`).join("");
  await conn.write(new TextEncoder().encode(`GET ${path} HTTP/1.1\r\n${lines}\r\n`));
  const buffer = new Uint8Array(1024);
  const count = await conn.read(buffer);
  const status = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  if (status.startsWith("HTTP/1.1 101")) keep.push(conn);
  else conn.close();
  return Number(/^HTTP\/1\.1 (\d+)/.exec(status)?.[1]);
}

Deno.test("browser: the relay is for its own page only, and for the one server that it was told", async () => {
  await using pki = await makePki();
  const server = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted: Deno.Conn[] = [];
  const accepting = (async () => {
    for await (const conn of server) accepted.push(conn);
  })();
  await using relay = startRelay(pki.rootFile, pki.rootFile, server.addr.port, "127.0.0.1");
  const port = await listeningPort(relay);
  const upgrade = {
    host: `127.0.0.1:${port}`,
    origin: `http://127.0.0.1:${port}`,
    connection: "upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
  };
  const { origin: _, ...withoutOrigin } = upgrade;
  assertEquals(await statusOf(port, "/", { host: upgrade.host }), 200);
  assertEquals(await statusOf(port, "/", { host: "rebound.example" }), 421);
  assertEquals(await statusOf(port, "/../relay.ts", { host: upgrade.host }), 404);
  assertEquals(await statusOf(port, "/relay", { host: upgrade.host }), 426);
  assertEquals(await statusOf(port, "/relay", withoutOrigin), 403);
  for (const origin of ["null", "https://evil.example", `http://localhost:${port}`]) {
    assertEquals(await statusOf(port, "/relay", { ...upgrade, origin }), 403, origin);
  }
  assertEquals(accepted.length, 0); // nobody has been connected

  // As many connections as the relay takes, and one more
  const open: Deno.Conn[] = [];
  for (let i = 0; i < 8; i++) assertEquals(await statusOf(port, "/relay", upgrade, open), 101);
  assertEquals(await statusOf(port, "/relay?host=evil.example:80", upgrade), 503);
  for (const conn of open) conn.close();
  server.close();
  await accepting;
  for (const conn of accepted) conn.close();
});
