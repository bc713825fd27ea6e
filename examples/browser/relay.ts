// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * TLS from a tab of a browser: the page speaks TLS itself, to one server, and this relay carries
 * its bytes from a WebSocket to TCP. It sees ciphertext only, and cannot change it unnoticed.
 *
 *     deno bundle --platform browser -o page.js examples/browser/page.ts
 *     deno run --allow-net=127.0.0.1:8000,example.com:443 \
 *       --allow-read=page.js,roots.pem,examples/browser \
 *       examples/browser/relay.ts --script page.js --ca roots.pem example.com:443
 *
 * Then open http://127.0.0.1:8000/ in a browser. `--ca` has the authorities that the page trusts,
 * since a browser shows its own to no page; Debian's are /etc/ssl/certs/ca-certificates.crt.
 *
 * A relay must not be open to all. This one listens on the loopback interface, takes WebSockets
 * from its own page only, and connects to the one server that its command line names.
 *
 * @module
 */

import { parseArgs } from "node:util";
import { clean, portOf, reason, run } from "../_program.ts";

/** The server that the relay connects to. */
interface Target {
  readonly hostname: string;
  readonly port: number;
}

/** What the relay may hold in memory for both directions of a connection, in bytes. */
const MAX_WAITING = 1024 * 1024;
/** A page opens one connection; more of them are many tabs, or somebody else's. */
const MAX_CONNECTIONS = 8;

/** The page may load its own script and style, and talk to its own server; nothing else. */
const HEADERS = {
  "content-security-policy":
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "x-content-type-options": "nosniff",
  "referrer-policy": "no-referrer",
  "cache-control": "no-store",
};

/** Carries bytes between a WebSocket and a server until one of them ends. */
function relay(socket: WebSocket, { hostname, port }: Target): Promise<void> {
  socket.binaryType = "arraybuffer";
  const { promise, resolve } = Promise.withResolvers<void>();
  const connecting = Deno.connect({ hostname, port });
  let waiting = 0;
  let writing: Promise<unknown> = connecting;

  /** Ends both; a close code of 1011 tells the page that the server failed. */
  async function end(code: number, why: string): Promise<void> {
    // A reason has room for 123 bytes
    if (socket.readyState <= WebSocket.OPEN) socket.close(code, why.slice(0, 40));
    resolve();
    const conn = await connecting.catch(() => null);
    try {
      conn?.close();
    } catch {
      // it is closed already
    }
  }

  async function write(bytes: Uint8Array): Promise<void> {
    const conn = await connecting;
    for (let sent = 0; sent < bytes.length;) sent += await conn.write(bytes.subarray(sent));
    waiting -= bytes.length;
  }

  async function read(): Promise<void> {
    const conn = await connecting;
    conn.setNoDelay(true);
    const buffer = new Uint8Array(16 * 1024);
    for (let count; (count = await conn.read(buffer)) !== null;) {
      if (socket.readyState !== WebSocket.OPEN) return;
      socket.send(buffer.slice(0, count));
      // A WebSocket has no event for "there is room again"
      while (socket.bufferedAmount > MAX_WAITING && socket.readyState === WebSocket.OPEN) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  socket.onmessage = ({ data }) => {
    if (!(data instanceof ArrayBuffer)) {
      end(1003, "bytes are expected, not text");
    } else if ((waiting += data.byteLength) > MAX_WAITING) {
      end(1008, "the server takes too little");
    } else {
      writing = writing.then(() => write(new Uint8Array(data)));
      writing.catch((error) => end(1011, reason(error)));
    }
  };
  socket.onclose = () => end(1000, "");
  socket.onopen = () => read().then(() => end(1000, ""), (error) => end(1011, reason(error)));
  connecting.catch(() => {}); // reported by read()
  return promise;
}

/** The page's files, which are all that there is. */
async function readFiles(script: string, ca: string, target: Target) {
  const own = (name: string) => Deno.readTextFile(new URL(name, import.meta.url));
  return new Map([
    ["/", ["text/html; charset=utf-8", await own("page.html")]],
    ["/page.css", ["text/css", await own("page.css")]],
    ["/page.js", ["text/javascript", await Deno.readTextFile(script)]],
    ["/roots.pem", ["application/x-pem-file", await Deno.readTextFile(ca)]],
    ["/target.json", ["application/json", JSON.stringify(target)]],
  ]);
}

async function serve(port: number, target: Target, script: string, ca: string): Promise<void> {
  const files = await readFiles(script, ca, target);
  let connections = 0;
  const options = {
    hostname: "127.0.0.1",
    port,
    onListen: (addr: Deno.NetAddr) => console.log(`Listening on ${addr.hostname}:${addr.port}`),
  };
  const server = Deno.serve(options, (request) => {
    // Another site may have a name that leads here, and any site may open a WebSocket here
    const hosts = ["127.0.0.1", "localhost"].map((name) => `${name}:${server.addr.port}`);
    const host = request.headers.get("host") ?? "";
    const refuse = (status: number, text: string) =>
      new Response(`${text}\n`, { status, headers: HEADERS });
    if (!hosts.includes(host)) return refuse(421, "This is another host");
    if (request.method !== "GET") return refuse(405, "There is nothing to change here");
    const { pathname } = new URL(request.url);
    if (pathname === "/relay") {
      if (request.headers.get("upgrade")?.toLowerCase() !== "websocket") {
        return refuse(426, "This is for WebSockets");
      }
      if (request.headers.get("origin") !== `http://${host}`) {
        return refuse(403, "This is for the relay's own page");
      }
      if (connections >= MAX_CONNECTIONS) return refuse(503, "Too many connections are open");
      const { socket, response } = Deno.upgradeWebSocket(request);
      connections++;
      relay(socket, target).finally(() => connections--);
      return response;
    }
    const file = files.get(pathname);
    if (file === undefined) return refuse(404, "There is no such page");
    const [type, text] = file;
    return new Response(text, { headers: { ...HEADERS, "content-type": type! } });
  });
  await server.finished;
}

function targetOf(text: string): Target {
  const [, hostname, port] = /^\[?([^/\s]+?)\]?:(\d+)$/.exec(text) ?? [];
  if (hostname !== undefined && port !== undefined) return { hostname, port: portOf(port) };
  throw new Error(`Cannot use "${clean(text)}" as a server: host:port is needed`);
}

async function main(): Promise<void> {
  const { values: { script, ca, port = "8000", help }, positionals: [server] } = parseArgs({
    args: Deno.args,
    options: {
      script: { type: "string" },
      ca: { type: "string" },
      port: { type: "string" },
      help: { type: "boolean" },
    },
    allowPositionals: true,
  });
  if (help || script === undefined || ca === undefined || server === undefined) {
    console.log("Usage: relay.ts --script page.js --ca roots.pem [--port 8000] host:port");
    Deno.exit(help ? 0 : 2);
  }
  await serve(portOf(port), targetOf(server), script, ca);
}

if (import.meta.main) await run(main);
