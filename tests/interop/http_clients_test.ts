// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `serve()` with the clients that people have: curl, Node, Chromium, OpenSSL and Deno's own fetch.

import { assert, assertEquals } from "@std/assert";
import { importFD, optionSet } from "@nss/nss";
import { type RequestInfo, serve } from "@nss/nss/http";
import { makePki } from "../examples/_pki.ts";
import { programVersion, run, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const pki = await makePki();
const alice = await pki.client("alice");
addEventListener("unload", () => Deno.removeSync(pki.directory, { recursive: true }));

async function handler(request: Request, info: RequestInfo): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/early") return new Response("early", { status: 403 });
  if (pathname === "/private") {
    const [leaf] = await info.requestClientCertificate();
    return new Response(`${leaf?.subject} by HTTP/${info.httpVersion}`);
  }
  if (request.method === "POST") return new Response(request.body);
  return new Response(`HTTP/${info.httpVersion} ${pathname}`);
}

function start(options: { readonly clientAuth?: "require" } = {}) {
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert: pki.server.cert, key: pki.server.key }],
    caCerts: [pki.root],
    ...options,
  });
  optionSet(listener, "ENABLE_RENEGOTIATION", "REQUIRES_XTN");
  return serve(listener, handler, { onConnectionError: () => {} });
}

async function testWith(
  program: string,
  version: readonly [string[], RegExp],
  title: string,
  test: () => Promise<void>,
): Promise<void> {
  const found = await programVersion(program, ...version);
  if (found.ok) Deno.test(title, test);
  else skip(title, found.reason);
}

const CURL = [["--version"], /^curl (\S+)/] as [string[], RegExp];

for (const version of ["1.0", "1.1", "2"]) {
  await testWith("curl", CURL, `serve() serves curl by HTTP/${version}`, async () => {
    await using server = start();
    const base = `https://127.0.0.1:${server.addr.port}`;
    const curl = async (...args: string[]) => {
      const { stdout, stderr, code } = await run("curl", {
        // deno-fmt-ignore
        args: ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cacert",
          pki.rootFile, version === "2" ? "--http2" : `--http${version}`, ...args],
      });
      assertEquals([code, stderr], [0, ""]);
      return stdout;
    };
    const count = ["--write-out", " %{num_connects}\n"];
    const pages = await curl(...count, `${base}/a`, `${base}/b`);
    const again = version === "1.0" ? 1 : 0;
    assertEquals(pages, `HTTP/${version} /a 1\nHTTP/${version} /b ${again}\n`);
    const body = "x".repeat(300_000);
    await Deno.writeTextFile(`${pki.directory}/body`, body);
    const upload = ["--data-binary", `@${pki.directory}/body`];
    assertEquals(await curl(...upload, `${base}/echo`), body);
    assertEquals(await curl(...upload, `${base}/early`), "early");
  });
}

await testWith(
  "curl",
  CURL,
  "curl falls back to HTTP/1.1 to be asked for a certificate",
  async () => {
    await using server = start();
    const { stdout, stderr } = await run("curl", {
      // deno-fmt-ignore
      args: ["--silent", "--show-error", "--max-time", "20", "--noproxy", "*", "--cacert",
      pki.rootFile, "--http2", "--tls-max", "1.2", "--cert", alice.certFile, "--key", alice.keyFile,
      `https://127.0.0.1:${server.addr.port}/private`],
    });
    assertEquals(stdout, "CN=alice by HTTP/1.1", stderr);
  },
);

const NODE = `
const http2 = require("node:http2"), https = require("node:https");
const [port, ca] = [process.argv[1], require("node:fs").readFileSync(process.argv[2])];
const session = http2.connect("https://127.0.0.1:" + port, { ca });
const one = (path, body) => new Promise((resolve, reject) => {
  const stream = session.request({ ":method": body ? "POST" : "GET", ":path": path });
  let text = "";
  stream.on("data", (data) => text += data).on("error", reject)
    .on("close", () => resolve(text.length > 99 ? text.length : text));
  if (body) stream.end(body);
});
const agent = new https.Agent({ keepAlive: true, ca });
const get = (path) => new Promise((resolve, reject) => {
  https.get({ host: "127.0.0.1", port, path, agent }, async (response) => {
    const { localPort } = response.socket;
    resolve((await response.setEncoding("utf8").toArray()).join("") + " " + localPort);
  }).on("error", reject);
});
(async () => {
  const pages = await Promise.all([one("/a"), one("/b"), one("/echo", "x".repeat(300000))]);
  pages.push(await one("/early", "x".repeat(1000000)), await one("/c"));
  session.close();
  const [first, second] = [await get("/d"), await get("/e")];
  agent.destroy();
  const same = first.split(" ")[2] === second.split(" ")[2];
  console.log(JSON.stringify([...pages, first.split(" ", 2).join(" "), same]));
})();`;

await testWith(
  "node",
  [["--version"], /^v(\S+)/],
  "serve() serves Node's http2 and https",
  async () => {
    await using server = start();
    const { stdout, stderr } = await run("node", {
      args: ["-e", NODE, String(server.addr.port), pki.rootFile],
    });
    const expected = ["HTTP/2 /a", "HTTP/2 /b", 300000, "early", "HTTP/2 /c", "HTTP/1.1 /d", true];
    assertEquals(JSON.parse(stdout || "null"), expected, stderr);
  },
);

const OPENSSL = [["version"], /^OpenSSL (3\.\S+)/m] as [string[], RegExp];

for (const version of ["tls1_2", "tls1_3"]) {
  const title = `serve() asks openssl s_client -${version} for its certificate when it is needed`;
  await testWith("openssl", OPENSSL, title, async () => {
    await using server = start();
    await using client = spawn("openssl", {
      // deno-fmt-ignore
      args: ["s_client", "-connect", `127.0.0.1:${server.addr.port}`, `-${version}`, "-quiet",
        "-CAfile", pki.rootFile, "-cert", alice.certFile, "-key", alice.keyFile,
        ...version === "tls1_3" ? ["-enable_pha"] : []],
      interactive: true,
      timeout: 20_000,
    });
    const host = `Host: 127.0.0.1:${server.addr.port}\r\n`;
    await client.write(`GET /private HTTP/1.1\r\n${host}\r\n`);
    await client.waitFor(/CN=alice by HTTP\/1\.1/);
  });
}

Deno.test("serve() serves Deno's fetch by HTTP/2 and HTTP/1.1", async () => {
  await using server = start();
  for (const [options, version] of [[{}, "2"], [{ http2: false }, "1.1"]] as const) {
    using client = Deno.createHttpClient({ caCerts: [pki.root], ...options });
    const url = `https://127.0.0.1:${server.addr.port}`;
    for (const path of ["/a", "/b"]) {
      assertEquals(await (await fetch(url + path, { client })).text(), `HTTP/${version} ${path}`);
    }
    const body = "x".repeat(300_000);
    const echo = await fetch(`${url}/echo`, { client, method: "POST", body });
    assertEquals((await echo.text()).length, body.length);
  }
});

await testWith(
  "chromium",
  [["--version"], /Chrom\S+ (\d+\.\S+)/],
  "serve() serves headless Chromium by HTTP/2",
  async () => {
    await using server = start();
    const home = await Deno.makeTempDir({ prefix: "nss_chromium_" });
    try {
      const { stdout } = await run("chromium", {
        // deno-fmt-ignore
        args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
          "--disable-background-networking", "--disable-component-update", "--disable-sync",
          "--disable-crash-reporter", "--disable-breakpad", "--no-proxy-server",
          "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
          `--ignore-certificate-errors-spki-list=${pki.server.pin}`, `--user-data-dir=${home}`,
          "--dump-dom", `https://127.0.0.1:${server.addr.port}/page`],
        env: { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
        timeout: 40_000,
      });
      assert(stdout.includes("HTTP/2 /page"), stdout);
    } finally {
      await Deno.remove(home, { recursive: true }).catch(() => {}); // Chromium may still write
    }
  },
);
