// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A server that inspects, in this process, and clients that ask it. @module */

import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair, NssContext } from "@nss/nss/pkcs11";
import { importFD, type ImportOptions, type SslSocket } from "@nss/nss/ssl";
import type { Inspection } from "../../cli/inspect/inspection.ts";
import {
  type InspectionOptions,
  type InspectionServer,
  serveInspection,
} from "../../cli/inspect/serve_inspection.ts";

/** A running server, and what it has told. */
export interface Inspector extends InspectionServer {
  /** What was answered, as `main GET / 200`. */
  readonly answers: string[];
  /** What has failed. */
  readonly failures: unknown[];
  /** The Base64 of the SHA-256 of its public key, by which Chromium is told to take it. */
  readonly pin: string;
}

const keys = await generateKeyPair();
const cert = await createCertificate({
  ...keys,
  subject: "CN=localhost",
  dnsNames: ["localhost"],
});

/** Starts a server for `localhost` on free ports. */
export async function startInspector(
  tls: InspectionOptions["tls"] = {},
): Promise<Inspector> {
  const context = new NssContext({ trustAnchors: [] });
  const answers: string[] = [];
  const failures: unknown[] = [];
  const server = await serveInspection({
    hostname: "127.0.0.1",
    port: 0,
    tls: {
      alpnProtocols: ["http/1.1"],
      certificates: [{ cert, key: keys.privateKey }],
      context,
      ...tls,
    },
    onAnswer: ({ door, method, path, status }) => {
      answers.push(`${door} ${method} ${path} ${status}`);
      return Promise.resolve();
    },
    onFailure: (error) => {
      failures.push(error);
      return Promise.resolve();
    },
  });
  return {
    ...server,
    answers,
    failures,
    pin: await cert.subjectPublicKeyInfo.pin(),
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await context.close();
    },
  };
}

/** An answer. */
export interface Answer {
  /** Its status. */
  readonly status: number;
  /** Its head. */
  readonly headers: Headers;
  /** Its body. */
  readonly body: string;
}

/** Reads all that a socket gives. */
async function readAll(socket: SslSocket): Promise<string> {
  return await new Response(socket.readable).text();
}

/** Sends a request as it is, and reads the answer to the end of the connection. */
export async function ask(
  { ports }: Pick<InspectionServer, "ports">,
  { door = "main", request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", ...options }:
    & { readonly door?: string; readonly request?: string }
    & ImportOptions = {},
): Promise<Answer> {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: ports.get(door)! });
  await using socket = importFD(conn, { hostname: "localhost", caCerts: [cert], ...options });
  await socket.write(new TextEncoder().encode(request));
  const [head = "", ...body] = (await readAll(socket)).split("\r\n\r\n");
  const [first = "", ...fields] = head.split("\r\n");
  return {
    status: Number(/^HTTP\/1\.1 (\d{3})/.exec(first)?.[1]),
    headers: new Headers(fields.map((field) => {
      const at = field.indexOf(":");
      return [field.slice(0, at), field.slice(at + 1).trim()];
    })),
    body: body.join("\r\n\r\n"),
  };
}

/** The inspection of a client of this package's own. */
export async function inspectionOf(
  server: Pick<InspectionServer, "ports">,
  options: { readonly door?: string } & ImportOptions = {},
): Promise<Inspection> {
  const { body } = await ask(server, {
    ...options,
    request: "GET /json HTTP/1.1\r\nHost: localhost\r\n\r\n",
  });
  return JSON.parse(body);
}

/** The HTML of a client of this package's own. */
export async function pageFor(
  server: Pick<InspectionServer, "ports">,
  options: { readonly door?: string } & ImportOptions = {},
): Promise<string> {
  const { body } = await ask(server, {
    ...options,
    request: "GET / HTTP/1.1\r\nHost: localhost\r\nAccept: text/html\r\n\r\n",
  });
  return body;
}
