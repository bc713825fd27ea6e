// Copyright 2026 the NSS for Deno authors. MIT license.

/**
 * The page of `relay.ts`: TLS in a tab. It opens a WebSocket to its own relay, speaks TLS through
 * it to the server behind, shows who that is, and sends a request.
 *
 * @module
 */

import {
  type ByteStreams,
  type Certificate,
  type ChannelInfo,
  importFD,
  NssContext,
  NssError,
} from "@nss/nss";
import { formatGeneralName } from "@nss/nss/cert";

/** The part of an element that this page uses: Deno's types have no DOM. */
interface PageElement {
  textContent: string | null;
  hidden: boolean;
  disabled: boolean;
  value: string;
  onsubmit: ((event: Event) => void) | null;
  readonly dataset: Record<string, string>;
  append(...children: PageElement[]): void;
  replaceChildren(...children: PageElement[]): void;
}

declare const document: {
  readonly body: PageElement;
  getElementById(id: string): PageElement | null;
  createElement(name: string): PageElement;
};

/** What the relay connects to. */
interface Target {
  readonly hostname: string;
  readonly port: number;
}

/** The most of an answer that the page shows, in bytes. */
const MAX_ANSWER = 100_000;
/** What may wait in the WebSocket before the page writes more, in bytes. */
const MAX_WAITING = 256 * 1024;

/** A WebSocket as the pair of streams that `importFD` takes. */
function streamsOf(socket: WebSocket): ByteStreams {
  socket.binaryType = "arraybuffer";
  const opened = new Promise<void>((resolve, reject) => {
    socket.onopen = () => resolve();
    socket.onerror = () => reject(new Error("the relay is not there"));
  });
  const readable = new ReadableStream<Uint8Array>({
    start(controller) {
      socket.onmessage = ({ data }) => controller.enqueue(new Uint8Array(data));
      socket.onclose = ({ code, reason }) => {
        if (code === 1000 || code === 1005) controller.close();
        else controller.error(new Error(reason || `the relay has closed with code ${code}`));
      };
    },
    cancel: () => socket.close(),
  });
  const writable = new WritableStream<Uint8Array<ArrayBuffer>>({
    start: () => opened,
    async write(bytes) {
      if (socket.readyState !== WebSocket.OPEN) throw new Error("the relay has closed");
      socket.send(bytes);
      // A WebSocket has no event for "there is room again"
      while (socket.bufferedAmount > MAX_WAITING && socket.readyState === WebSocket.OPEN) {
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: () => socket.close(1000),
    abort: () => socket.close(1000),
  });
  return { readable, writable };
}

/** An element of the page. */
function element(id: string): PageElement {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`Cannot show anything: the page has no ${id}`);
  return found;
}

/** Says where things stand; text of a peer is never markup. */
function say(state: "waiting" | "done" | "failed", text: string): void {
  document.body.dataset.state = state;
  element("status").textContent = text;
}

function showFacts(info: ChannelInfo): void {
  const facts: readonly (readonly [string, string])[] = [
    ["version", info.version],
    ["cipher suite", info.cipherSuite],
    ["key exchange", info.group],
    ["server's signature", info.peerSignatureScheme ?? "none, the session is resumed"],
    ["application protocol", info.alpnProtocol ?? "none"],
    ["resumed", info.resumed ? "yes" : "no"],
  ];
  element("facts").replaceChildren(...facts.flatMap(([name, value]) => {
    const [term, text] = [document.createElement("dt"), document.createElement("dd")];
    term.textContent = name;
    text.textContent = value;
    return [term, text];
  }));
}

async function showChain(chain: readonly Certificate[]): Promise<void> {
  const items = await Promise.all(chain.map(async (certificate) => {
    const item = document.createElement("li");
    item.textContent = String(certificate.subject);
    const names = certificate.subjectAltName?.map(formatGeneralName).join(", ");
    const lines = [
      `issued by ${certificate.issuer}`,
      `valid from ${certificate.notBefore.toISOString()} to ${certificate.notAfter.toISOString()}`,
      ...names === undefined ? [] : [`for ${names}`],
      `pin ${await certificate.subjectPublicKeyInfo.pin()}`,
    ];
    item.append(...lines.map((line) => {
      const small = document.createElement("small");
      small.textContent = line;
      return small;
    }));
    return item;
  }));
  element("chain").replaceChildren(...items);
}

/** Reads an answer to its end, or as much as is shown. */
async function readAnswer(readable: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  const reader = readable.getReader();
  let text = "";
  while (text.length < MAX_ANSWER) {
    const { done, value } = await reader.read();
    if (done) return text;
    text += decoder.decode(value, { stream: true });
  }
  await reader.cancel();
  return `${text.slice(0, MAX_ANSWER)}\n[and more]`;
}

/** Sessions of one page are its own; a second request resumes the first one's. */
const context = new NssContext({ trustAnchors: [] });

async function ask({ hostname, port }: Target, roots: string, path: string): Promise<void> {
  say("waiting", `Connecting to ${hostname}…`);
  element("found").hidden = true;
  const socket = importFD(streamsOf(new WebSocket(`ws://${location.host}/relay`)), {
    hostname,
    caCerts: [roots],
    alpnProtocols: ["http/1.1"],
    context,
  });
  try {
    const info = await socket.handshake();
    showFacts(info);
    await showChain(info.peerCertificates);
    // HTTP/1.0, so that the answer ends where the connection does. TLS tells an end from a cut.
    const host = port === 443 ? hostname : `${hostname}:${port}`;
    const request = `GET ${path} HTTP/1.0\r\nHost: ${host}\r\n\r\n`;
    await socket.write(new TextEncoder().encode(request));
    element("answer").textContent = await readAnswer(socket.readable);
    element("found").hidden = false;
    say("done", `${hostname} is who it says: its certificate leads to an authority of the list.`);
  } finally {
    await socket.close().catch(() => {}); // an error has been reported
  }
}

/** The path of a request: what would end its line, or begin another, is refused. */
function pathOf(text: string): string {
  if (/^\/[\x21-\x7e]*$/.test(text)) return text;
  throw new Error("The path must begin with / and have neither spaces nor letters beyond ASCII");
}

function reasonOf(error: unknown): string {
  if (error instanceof NssError) return `${error.message} (${error.name})`;
  return error instanceof Error ? error.message : String(error);
}

async function main(): Promise<void> {
  const [target, roots]: [Target, string] = await Promise.all([
    fetch("/target.json").then((response) => response.json()),
    fetch("/roots.pem").then((response) => response.text()),
  ]);
  const path = element("path");
  const go = element("go");
  element("server").textContent = `https://${target.hostname}:${target.port}`;
  const send = async (): Promise<void> => {
    go.disabled = true;
    try {
      await ask(target, roots, pathOf(path.value));
    } catch (error) {
      say("failed", reasonOf(error));
    } finally {
      go.disabled = false;
    }
  };
  element("form").onsubmit = (event) => {
    event.preventDefault();
    send();
  };
  go.disabled = false;
  say("waiting", "Ready.");
  // A link such as http://127.0.0.1:8000/#/path asks at once
  if (location.hash.length > 1) {
    path.value = location.hash.slice(1);
    await send();
  }
}

main().catch((error) => say("failed", `Cannot start: ${reasonOf(error)}`));
