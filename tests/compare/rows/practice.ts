// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** What it is like to use. @module */

import { importFD } from "@nss/nss";
import { alone, dial } from "../observer.ts";
import { type Answer, no, partly, type Section, yes } from "../row.ts";
import { pathToFileURL } from "node:url";
import { reach, readGraph } from "../../structure/_entries.ts";
import { runOk } from "../../support/process.ts";
import type { Stack } from "../stack.ts";

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

async function http2(stack: Stack, pki: Parameters<Section["rows"][number]["probe"]>[1]) {
  const { port, close } = await stack.http2(pki.server);
  try {
    const socket = await dial(port, { caCerts: [pki.root.cert], alpnProtocols: ["h2"] });
    const { alpnProtocol } = await socket.handshake();
    if (alpnProtocol !== "h2") return no("the server does not choose h2");
    const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    await socket.write(
      Uint8Array.of(...new TextEncoder().encode(preface), 0, 0, 0, 4, 0, 0, 0, 0, 0),
    );
    const buffer = new Uint8Array(1024);
    const length = await socket.read(buffer);
    await socket.close();
    if (length === null || buffer[3] !== 4) return no("no SETTINGS came");
    return null;
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
      async probe(stack, pki): Promise<Answer> {
        const problem = await http2(stack, pki);
        if (problem) return problem;
        return stack.id === "native" || stack.id === "node_tls"
          ? yes("built in")
          : partly("by node:http2 over its sockets");
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
