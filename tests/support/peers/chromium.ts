// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { type Process, programVersion, spawn } from "../process.ts";
import type { CertificateType } from "../test_pki.ts";
import {
  type Availability,
  type ClientOptions,
  type ClientResult,
  type Features,
  type Group,
  payload,
  type Peer,
  type PeerServer,
  SUITES,
} from "./peer.ts";

const GROUPS: readonly Group[] = ["X25519MLKEM768", "x25519", "secp256r1", "secp384r1"];

/** Chromium has neither P-521, Ed25519 nor RSASSA-PSS certificates. */
const CERTIFICATES: readonly CertificateType[] = ["ecdsa-p256", "ecdsa-p384", "rsa"];

/** No client certificates: choosing one needs a policy file of the system or a hand. */
const FEATURES: Features = {
  suites: SUITES,
  groups: GROUPS,
  serverCertificates: CERTIFICATES,
  clientCertificates: [],
  resumption: true,
  alpn: false,
  narrowsGroups: false,
  narrowsSuites: "never",
};

const NAMES = ["chromium", "chromium-browser", "google-chrome"];

/** Headless Chromium, which loads a page whose script posts to the server. */
export const chromium: Peer = {
  serverName: "chromium",
  clientName: "headless Chromium",
  available: async () => (await findChromium()).availability,
  serverFeatures: null,
  clientFeatures: FEATURES,
  habits: { application: "http", greeting: false, closers: ["server"] },
  startServer: (): Promise<PeerServer> =>
    Promise.reject(new Error("Cannot serve: Chromium is a client")),
  runClient,
};

let found: Promise<{ command: string; availability: Availability }> | undefined;

/** Finds the browser, or says why it is not here. */
export function findChromium(): Promise<{ command: string; availability: Availability }> {
  return found ??= (async () => {
    for (const command of NAMES) {
      const availability = await programVersion(command, ["--version"], /Chrom\S+ (\d+\.\S+)/);
      if (availability.ok) return { command, availability };
    }
    return { command: "", availability: { ok: false, reason: `no ${NAMES.join(", ")} here` } };
  })();
}

/**
 * Starts the headless browser with a home of its own, and ends it when the function does.
 *
 * @param args Its further arguments; the last is the address of the page.
 * @param use What is done with it.
 * @param prepare What is done with its home before it starts.
 * @returns What the function returns.
 */
export async function withChromium<T>(
  args: readonly string[],
  use: (process: Process) => Promise<T>,
  prepare: (home: string) => Promise<void> = () => Promise.resolve(),
): Promise<T> {
  const { command } = await findChromium();
  const home = await Deno.makeTempDir({ prefix: "nss_chromium_" });
  try {
    await prepare(home);
    await using process = spawn(command, {
      args: [
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-crash-reporter",
        "--disable-breakpad",
        "--no-proxy-server",
        "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
        `--user-data-dir=${home}`,
        ...args,
      ],
      env: { HOME: home, XDG_CONFIG_HOME: home, XDG_CACHE_HOME: home },
      timeout: 90_000,
    });
    return await use(process);
  } finally {
    await Deno.remove(home, { recursive: true }).catch(() => {});
  }
}

/**
 * Makes the page that our server must send: it posts text three times, so that where each answer
 * closes its connection the last one resumes a session, and shows whether it came back.
 *
 * @param bytes How many bytes to post.
 * @returns The page.
 */
export function chromiumPage(bytes: number): string {
  return `<!doctype html><title>test</title><pre id="result">nothing</pre><script>
const text = ${JSON.stringify(payload(bytes))};
let result = "echo of " + text.length + " bytes";
for (let i = 0; i < 3; i++) {
  const request = new XMLHttpRequest();
  request.open("POST", "/echo", false);
  request.send(text);
  if (request.responseText !== text) result = "wrong " + "echo";
}
document.getElementById("result").textContent = result;
</script>`;
}

async function runClient(options: ClientOptions): Promise<ClientResult> {
  const { pki, port, bytes } = options;
  const pins = CERTIFICATES.map((type) => pki.leaf("server", type).spkiSha256).join(",");
  const args = [
    `--ignore-certificate-errors-spki-list=${pins}`,
    "--dump-dom",
    `https://127.0.0.1:${port}/`,
  ];
  return await withChromium(args, async (process) => {
    const { code, stdout } = await process.result();
    const done = stdout.includes(`>echo of ${bytes} bytes<`);
    return { exitCode: done ? code : code || 1, output: process.output, connections: [] };
  });
}

/** A page in the browser, which is driven by its own protocol (Chrome DevTools Protocol). */
export interface Tab {
  /** Evaluates an expression in the page. */
  evaluate(expression: string): Promise<unknown>;
  /** A picture of the page, as PNG; of its whole length if that is wanted. */
  screenshot(options?: { readonly whole?: boolean }): Promise<Uint8Array<ArrayBuffer>>;
  /** Waits until another page is there, which a function has the tab load. */
  loaded(leave: () => Promise<void>): Promise<void>;
  /** Loads another page, and waits until it is there. */
  go(address: string): Promise<void>;
  /** Calls a method of the protocol. */
  call(method: string, params?: object): Promise<Record<string, unknown>>;
  /** The events of a method since a page was last loaded. */
  events(method: string): readonly Record<string, unknown>[];
}

/**
 * Opens a page, and closes the browser when the function ends.
 *
 * @param address The address of the page.
 * @param use What is done with it.
 * @param more Further arguments of the browser.
 * @param prepare What is done with the browser's home before it starts.
 * @returns What the function returns.
 */
export async function withTab<T>(
  address: string,
  use: (tab: Tab) => Promise<T>,
  { more = [], prepare }: {
    readonly more?: readonly string[];
    readonly prepare?: (home: string) => Promise<void>;
  } = {},
): Promise<T> {
  const args = ["--remote-debugging-port=0", "--window-size=900,1000", ...more, address];
  return await withChromium(args, async (process) => {
    const [, port] = await process.waitFor(
      /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)\//,
      20_000,
    ) as RegExpExecArray;
    const response = await fetch(`http://127.0.0.1:${port}/json/list`);
    const pages: readonly { type: string; webSocketDebuggerUrl: string }[] = await response.json();
    const page = pages.find(({ type }) => type === "page");
    if (page === undefined) throw new Error(`Cannot find the page of ${address}`);
    const socket = new WebSocket(page.webSocketDebuggerUrl);
    const waiting = new Map<number, (result: Record<string, unknown>) => void>();
    const events: { method: string; params: Record<string, unknown> }[] = [];
    let wake = Promise.withResolvers<void>();
    socket.onmessage = ({ data }) => {
      const { id, result, error, method, params } = JSON.parse(data);
      if (id === undefined) events.push({ method, params });
      else waiting.get(id)?.(result ?? { error });
      waiting.delete(id);
      wake.resolve();
      wake = Promise.withResolvers();
    };
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const gone = Promise.withResolvers<never>();
    gone.promise.catch(() => {}); // whoever waits for the browser is told
    socket.onclose = () => gone.reject(new Error("Cannot go on: the browser has ended"));
    let last = 0;
    const call = (method: string, params: object = {}): Promise<Record<string, unknown>> =>
      Promise.race([
        gone.promise,
        new Promise<Record<string, unknown>>((resolve) => {
          const id = ++last;
          waiting.set(id, resolve);
          socket.send(JSON.stringify({ id, method, params }));
        }),
      ]);
    try {
      return await use({
        async evaluate(expression) {
          const params = { expression, returnByValue: true };
          const { result, exceptionDetails } = await call("Runtime.evaluate", params);
          if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
          return Object(result).value;
        },
        async screenshot({ whole = false } = {}) {
          const params = { format: "png", captureBeyondViewport: whole };
          const { cssContentSize } = await call("Page.getLayoutMetrics");
          const clip = { ...Object(cssContentSize), x: 0, y: 0, scale: 1 };
          const { data } = await call(
            "Page.captureScreenshot",
            whole ? { ...params, clip } : params,
          );
          return Uint8Array.fromBase64(String(data));
        },
        async loaded(leave) {
          await call("Page.enable");
          events.length = 0;
          await leave();
          while (!events.some(({ method }) => method === "Page.loadEventFired")) {
            await Promise.race([wake.promise, gone.promise]);
          }
        },
        async go(url) {
          await this.loaded(async () => {
            const { errorText } = await call("Page.navigate", { url });
            if (errorText !== undefined) throw new Error(`Cannot load ${url}: ${errorText}`);
          });
        },
        call,
        events: (wanted) =>
          events.filter(({ method }) => method === wanted).map(({ params }) => params),
      });
    } finally {
      socket.close();
      await gone.promise.catch(() => {});
    }
  }, prepare);
}
