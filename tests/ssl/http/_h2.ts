// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { Buffer } from "node:buffer";
import { type ClientHttp2Session, connect, constants } from "node:http2";
import { importFD, type ImportOptions } from "@nss/nss";
import { NodeTlsSocket } from "../../../ssl/node/node_socket.ts";
import { clientOptions, HOSTNAME } from "../_support.ts";

/** An answer over HTTP/2. */
export interface H2Answer {
  readonly status: number;
  readonly text: string;
}

/** A client of HTTP/2. */
export interface H2Client extends AsyncDisposable {
  readonly session: ClientHttp2Session;
  readonly localPort: number;
  /** Gets a page; rejects with the code of a reset. */
  get(path: string, headers?: Record<string, string>): Promise<H2Answer>;
  /** Posts a text. */
  post(path: string, body: string): Promise<H2Answer>;
}

const CODES = new Map(
  Object.entries(constants).filter(([name]) => /^NGHTTP2_[A-Z_0-9]+$/.test(name))
    .filter(([, value]) => typeof value === "number" && value > 0 && value < 14)
    .map(([name, value]) => [value, name]),
);

/** Connects by HTTP/2. */
export async function h2get(port: number, options: ImportOptions = {}): Promise<H2Client> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const ssl = importFD(conn, clientOptions({ alpnProtocols: ["h2"], ...options }));
  await ssl.handshake();
  const socket = new NodeTlsSocket(ssl, { allowHalfOpen: true });
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  const session = connect(`https://${HOSTNAME}`, { createConnection: () => socket });
  session.on("error", () => {}); // the streams tell
  const request = (headers: Record<string, string>, body = "") =>
    new Promise<H2Answer>((resolve, reject) => {
      const stream = session.request({ ":path": "/", ...headers });
      let status = 0;
      const chunks: Uint8Array[] = [];
      stream.on("response", (head) => status = Number(head[":status"]));
      stream.on("data", (chunk) => chunks.push(chunk));
      stream.on("error", () => {}); // its code tells
      stream.on("close", () => {
        const { rstCode = 0 } = stream;
        const name = session.destroyed && rstCode === 0 && status === 0 ? "gone" : "";
        if (rstCode === 0 && name === "") {
          resolve({ status, text: Buffer.concat(chunks).toString("latin1") });
        } else reject(new Error(String(CODES.get(rstCode) ?? name)));
      });
      if (body !== "") stream.end(body);
    });
  return {
    session,
    localPort: conn.localAddr.port,
    get: (path, headers = {}) => request({ ":path": path, ...headers }),
    post: (path, body) => request({ ":method": "POST", ":path": path }, body),
    async [Symbol.asyncDispose]() {
      session.destroy();
      await ssl.close().catch(() => {}); // the server may have ended it first
    },
  };
}

/** Frames of HTTP/2, written by hand (RFC 9113, Section 4.1): type, flags, stream, payload. */
export function frames(
  ...list: readonly (readonly [number, number, number, readonly number[]])[]
): string {
  return list.map(([type, flags, stream, payload]) => {
    const { length } = payload;
    const head = [length >> 16, length >> 8, length, type, flags, 0, 0, stream >> 8, stream];
    return String.fromCharCode(...head.map((byte) => byte & 0xff), ...payload);
  }).join("");
}

/** What a client of HTTP/2 sends first: the preface and empty settings. */
export const PREFACE = `PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n${frames([4, 0, 0, []])}`;

/** The fields of a request, by HPACK's static table (RFC 7541, Appendix A). */
export function fields(method: "GET" | "POST"): number[] {
  const host = [...HOSTNAME].map((char) => char.charCodeAt(0));
  return [method === "GET" ? 0x82 : 0x83, 0x87, 0x84, 0x01, host.length, ...host];
}
