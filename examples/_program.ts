// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/** What the examples share as programs: arguments, errors, and text for a terminal. @module */

import { NssError } from "@nss/nss/cert";

/** Runs a program; an error is told in a sentence, without a stack. */
export async function run(main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    console.error(reason(error));
    Deno.exit(1);
  }
}

/** What an error says. */
export function reason(error: unknown): string {
  if (!(error instanceof Error)) return clean(String(error));
  if (error instanceof Deno.errors.AddrInUse) {
    return "Cannot listen: another program uses this port or path; stop it, or choose another";
  }
  if (error instanceof Deno.errors.ConnectionRefused) {
    return "Cannot connect: nothing listens there; start the server, or look at host and port";
  }
  if (error.message.startsWith("failed to lookup address")) {
    return "Cannot find the host: no address has this name; look at its spelling and the network";
  }
  return clean(error instanceof NssError ? `${error.name}: ${error.message}` : error.message);
}

/** Escapes what could steer a terminal: names in certificates and answers come from anybody. */
export function clean(text: string): string {
  return text.replaceAll(
    /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu,
    (character) => `\\u{${character.codePointAt(0)!.toString(16)}}`,
  );
}

/** Escapes a text of several lines, which may have tabs. */
export function cleanLines(text: string): string {
  return text.split(/(\r?\n|\r$|\t)/).map((part, i) => i % 2 === 0 ? clean(part) : part).join("");
}

/** The bytes of a peer for standard output: what could steer a terminal is escaped there. */
export function forStdout(
  bytes: ReadableStream<Uint8Array<ArrayBuffer>>,
  isTerminal: boolean = Deno.stdout.isTerminal(),
): ReadableStream<Uint8Array> {
  if (!isTerminal) return bytes;
  const cleaner = new TransformStream<string, string>({
    transform: (text, controller) => controller.enqueue(cleanLines(text)),
  });
  return bytes.pipeThrough(new TextDecoderStream()).pipeThrough(cleaner)
    .pipeThrough(new TextEncoderStream());
}

/** A TCP port from an argument; 0 is any. */
export function portOf(text: string): number {
  const port = Number(text);
  if (/^\d{1,5}$/.test(text) && port <= 65_535) return port;
  throw new Error(`Cannot use "${text}" as a port: a number from 0 to 65535 is needed`);
}

/** A URL from an argument. */
export function urlOf(text: string, protocol: string): URL {
  const url = URL.parse(text);
  if (url?.protocol === `${protocol}:` && url.hostname !== "") return url;
  throw new Error(`Cannot use "${withoutPassword(text)}": a URL ${protocol}://... is needed`);
}

/** A text that was meant as a URL, without what is before an `@`. */
function withoutPassword(text: string): string {
  return text.replace(/^.*@/, "");
}
