// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What it is like to use. @module */

import { importFD, type ImportOptions } from "@nss/nss";
import { toNodeSocket } from "@nss/nss/node";
import { connect } from "node:http2";
import { text } from "node:stream/consumers";
import { alone, dial } from "../observer.ts";
import { type Answer, no, partly, type Section, yes } from "../row.ts";
import { pathToFileURL } from "node:url";
import { reach, readGraph } from "../../structure/_entries.ts";
import { runOk } from "../../support/process.ts";
import type { HttpServing, Stack } from "../stack.ts";

const LOAD = new URL("../roots.ts", import.meta.url);

/** The folder of a package of npm. */
async function packageFolder(name: string, version: string): Promise<URL> {
  const { npmCache }: { readonly npmCache: string } = JSON.parse(
    await runOk(Deno.execPath(), ["info", "--json"]),
  );
  return new URL(`${pathToFileURL(npmCache)}/registry.npmjs.org/${name}/${version}/`);
}

/**
 * What a stack loads at once: how many bytes of source, and whether it imports modules of a
 * runtime.
 */
async function sourceOf({ entry }: Stack): Promise<{ bytes: number; runtime: boolean }> {
  if (entry === null || entry.startsWith("node:")) return { bytes: 0, runtime: true };
  const file = entry.startsWith("npm:") ? await npmEntry(entry) : entry;
  const graph = await readGraph(file);
  const { loaded } = reach(graph, [file]);
  const bytes = graph.modules.filter(({ specifier }) => loaded.has(specifier))
    .reduce((sum, { size = 0 }) => sum + size, 0);
  return { bytes, runtime: [...loaded].some((specifier) => specifier.startsWith("node:")) };
}

async function npmEntry(entry: string): Promise<string> {
  const [, name, version] = /^npm:(.*)@(.*)$/.exec(entry)!;
  const folder = await packageFolder(name!, version!);
  return new URL("index.js", folder).href;
}

/** Sends a request by HTTP/2, and expects a text in answer. */
async function askHttp2(
  { port, by, own, close }: HttpServing,
  expected: string,
  options: ImportOptions,
): Promise<Answer> {
  try {
    const socket = await dial(port, { ...options, alpnProtocols: ["h2"] });
    const { alpnProtocol } = await socket.handshake();
    if (alpnProtocol !== "h2") return no("the server does not choose h2");
    const createConnection = () => toNodeSocket(socket);
    const session = connect("https://localhost", { createConnection });
    const request = session.request({ ":path": "/" });
    const body = await text(request.end());
    session.destroy();
    if (body !== expected) return no(`the handler sees ${body}`);
    return own ? yes(by) : partly(by);
  } finally {
    close();
  }
}

/** The rows. */
export const PRACTICE: Section = {
  title: "In use",
  rows: [
    {
      id: "http2",
      question: "serves HTTP/2",
      inReadme: true,
      async probe(stack, { server, root }) {
        return await askHttp2(await stack.http2(server), "nobody", { caCerts: [root.cert] });
      },
    },
    {
      id: "caller",
      question: "tells an HTTP handler who is calling, by the client's certificate",
      inReadme: true,
      async probe(stack, { server, client, root }) {
        const serving = await stack.http2(server, root.cert);
        return await askHttp2(serving, "alice", { caCerts: [root.cert], certificates: [client] });
      },
    },
    {
      id: "roots",
      question: "trusts the platform's roots with the permission to connect alone",
      inReadme: true,
      async probe(stack, { server }) {
        using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
        const served = (async () => {
          const tcp = await listener.accept();
          const socket = importFD(tcp, {
            role: "server",
            certificates: [server],
            context: alone(),
          });
          await socket.handshake().catch(() => {});
          await socket.close();
        })();
        served.catch(() => {});
        const said = await runOk(Deno.execPath(), [
          "run",
          "--no-prompt",
          "--no-check",
          "--allow-net=127.0.0.1,localhost",
          LOAD.href,
          stack.id,
          String(listener.addr.port),
        ]);
        const line = said.trim();
        return /unknown.?issuer|unable to get|self.?signed|unable to verify|no trusted cert/i
            .test(line)
          ? yes(`loaded them: "${line}"`)
          : no(`"${line}"`);
      },
    },
    {
      id: "bytes",
      question: "source that a program loads, kB",
      inReadme: true,
      async probe(stack) {
        const { bytes } = await sourceOf(stack);
        return { verdict: "figure", evidence: String(Math.round(bytes / 1000)) };
      },
    },
    {
      id: "anywhere",
      question: "needs nothing of Deno's or Node's own to be loaded",
      async probe(stack) {
        const { runtime } = await sourceOf(stack);
        return runtime ? no("it is, or imports, a runtime's own") : yes("imports none");
      },
    },
  ],
};
