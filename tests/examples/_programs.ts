// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Tests that need a program, and servers of openssl. @module */

import { type Process, programVersion, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import type { Identity } from "./_pki.ts";

/** How to ask a program for its version. */
interface Asking {
  readonly args: readonly string[];
  readonly pattern: RegExp;
  /** What is run in its place. */
  readonly by?: string;
}

/** The programs that the examples are tested against. */
const PROGRAMS = {
  openssl: { args: ["version"], pattern: /^OpenSSL 3\.\S+/m },
  curl: { args: ["--version"], pattern: /^curl \S+/m },
  node: { args: ["--version"], pattern: /^v\d+\S+/m },
  // It writes to its standard input.
  vsftpd: { args: ["-c", "vsftpd -v 0>&1"], pattern: /version \S+/, by: "sh" },
} as const satisfies Record<string, Asking>;

/**
 * Registers a test that needs a program; skips it, with the reason printed, where that is absent.
 */
export async function testWith(
  program: keyof typeof PROGRAMS,
  title: string,
  fn: () => Promise<void>,
): Promise<void> {
  const { args, pattern, by }: Asking = PROGRAMS[program];
  const version = await programVersion(by ?? program, args, pattern);
  if (version.ok) Deno.test(title, fn);
  else skip(title, version.reason);
}

/** Starts `openssl s_server` on a free port; returns it and the port. */
export async function opensslServer(
  { certFile, keyFile }: Identity,
  ...args: string[]
): Promise<{ process: Process; port: number }> {
  const process = spawn("openssl", {
    args: ["s_server", "-accept", "127.0.0.1:0", "-cert", certFile, "-key", keyFile, ...args],
    interactive: true,
  });
  try {
    const found = await process.waitFor((p) => /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(p.stdout));
    return { process, port: Number(found[1]) };
  } catch (error) {
    await process.close();
    throw error;
  }
}
