// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** `nss ca serve-crl`. @module */

import { parseCrl } from "../../cert/mod.ts";
import type { Args } from "../base/args.ts";
import type { Command, Outcome } from "../base/command.ts";
import { failureOf } from "../base/fail.ts";
import { readBytes, writeFiles } from "../base/files.ts";
import type { Io } from "../base/io.ts";
import { FORMAT, jsonLine } from "../base/reporting.ts";
import { day, safe } from "../base/text.ts";
import { isDue, newListOf, readList } from "./crl.ts";
import { CaFolder } from "./folder.ts";
import { KEY_OPTIONS, openSigner, type Signer } from "./signer.ts";

/** Makes the list of an authority anew where it is due, or `always`. */
async function remake(folder: CaFolder, signer: Signer, always: boolean, io: Io): Promise<void> {
  const now = new Date();
  if (!always && !isDue(await readList(folder, signer.name, io), now)) return;
  await folder.change(io, async (index) => {
    // Another program may have made it meanwhile
    if (!always && !isDue(await readList(folder, signer.name, io), now)) return;
    const { crl, files } = await newListOf(folder, signer, index, now);
    await writeFiles(files, io.out);
    await io.err.line(
      `Made list ${crl.crlNumber} of ${crl.size} revoked, good until ${day(crl.nextUpdate!)}`,
    );
  });
}

const says = (status: number, text: string): Response =>
  new Response(`${text}\n`, { status, headers: { "content-type": "text/plain" } });

/** Answers a request for a list. */
async function answer(
  request: Request,
  folder: CaFolder,
  signer: Signer,
  io: Io,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  const authority = folder.authorities.find(({ name }) => pathname === `/${name}.crl`);
  if (authority === undefined) return says(404, "There is no such list");
  if (request.method !== "GET" && request.method !== "HEAD") {
    return says(405, "Only GET and HEAD are answered here");
  }
  if (authority.name === signer.name) {
    // A list that cannot be made anew, as on a full disk, leaves the old one, which clients judge
    await remake(folder, signer, false, io).catch(async (error) => {
      await io.err.line(failureOf(error).says ?? "");
    });
  }
  const bytes = await readBytes(folder.file(`${authority.name}.crl`), io);
  const { nextUpdate } = parseCrl(bytes); // what is damaged is not passed on
  return new Response(request.method === "HEAD" ? null : bytes, {
    headers: {
      // RFC 2585, Section 4.2
      "content-type": "application/pkix-crl",
      "content-length": `${bytes.length}`,
      "cache-control": "no-cache",
      ...nextUpdate !== null && { expires: nextUpdate.toUTCString() },
    },
  });
}

async function serve(folder: CaFolder, signer: Signer, args: Args, io: Io): Promise<void> {
  const max = args.number("requests") ?? Infinity;
  const ended = new AbortController();
  let count = 0;
  const server = Deno.serve({
    hostname: args.one("address") ?? "127.0.0.1",
    port: args.number("port", 65_535) ?? 8080,
    signal: ended.signal,
    onListen: ({ hostname, port }) => {
      const host = hostname.includes(":") ? `[${hostname}]` : hostname;
      const lists = folder.authorities.map(({ name }) => `http://${host}:${port}/${name}.crl`);
      const told = [io.err.line(`Serving ${lists.join(" and ")}; Ctrl-C ends it`)];
      if (args.has("json")) {
        told.push(io.out.line(jsonLine({ format: 1, event: "listening", urls: lists })));
      }
      Promise.all(told).catch(() => ended.abort());
    },
  }, async (request) => {
    const response = await answer(request, folder, signer, io).catch(async (error) => {
      await io.err.line(failureOf(error).says ?? "");
      return says(500, "The list cannot be had now");
    });
    await io.err.line(
      `${safe(request.method)} ${safe(new URL(request.url).pathname)} ${response.status}`,
    );
    // The answer is sent before the end, which waits for it
    if (++count >= max) queueMicrotask(() => server.shutdown());
    return response;
  });
  await server.finished;
}

async function run(args: Args, io: Io): Promise<Outcome> {
  const folder = await CaFolder.open(args.positional[0]!, io);
  await using signer = await openSigner(
    folder,
    args.has("of-root") ? folder.authority("ca") : folder.issuing,
    args,
    io,
  );
  await remake(folder, signer, args.has("once"), io);
  if (!args.has("once")) await serve(folder, signer, args, io);
  return "good";
}

/** The command. */
export const serveCrl: Command = {
  name: "ca serve-crl",
  args: "DIR",
  text: "Serve the list of what is revoked by HTTP, and make it anew when it is time",
  more: [
    "The list is also in DIR as ca.crl, or intermediate.crl where there is one, for other servers; " +
    "--once makes it anew for them, as from cron. It is made anew when half of its time has gone. " +
    "Beside an intermediate the root's own list, ca.crl, is good for a year and served as it is; " +
    "--of-root, with the root's key, makes it anew.",
  ],
  options: [
    { name: "port", value: "PORT", text: "where to listen (8080); 0 for any", example: "8888" },
    {
      name: "address",
      value: "ADDRESS",
      text: "on which address (127.0.0.1)",
      example: "10.0.0.1",
    },
    { name: "once", text: "make a new list now, and end" },
    { name: "of-root", text: "the list of the root, beside an intermediate" },
    { name: "requests", value: "N", text: "end after so many requests", example: "1" },
    ...KEY_OPTIONS,
  ],
  examples: [
    { line: "ca serve-crl ca --password-file pw.txt", text: "for clients of this machine" },
    { line: "ca serve-crl ca --once", text: "a new ca.crl for another web server" },
  ],
  json: {
    ...FORMAT,
    event: "listening: the lists are served from now on",
    urls: "where each is to be had",
  },
  hasEvents: true,
  run,
};
