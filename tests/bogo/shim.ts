// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The shim between BoringSSL's runner and this package: one process a test, which connects to the
 * runner, as a client or a server of TLS, echoes what it reads with all bits turned, and tells by
 * its exit code whether all was as its flags say.
 *
 * @module
 */

import { runConnection } from "./exchange.ts";
import { parseFlags, UnknownFlagError } from "./flags.ts";
import { Shim } from "./config.ts";

/** The runner's word for "this shim has not got what the test needs". */
const EXIT_UNIMPLEMENTED = 89;

async function main(args: readonly string[]): Promise<number> {
  if (args.includes("-is-handshaker-supported")) {
    await Deno.stdout.write(new TextEncoder().encode("No\n"));
    return 0;
  }
  try {
    const { initial, resumed, retry } = parseFlags(args);
    const shim = new Shim();
    const resumptions = initial.number("-resume-count") ?? 0;
    for (let i = 0; i <= resumptions; i++) {
      await runConnection(shim, i === 0 ? initial : resumed, retry, i > 0);
    }
    return 0;
  } catch (error) {
    tell(error);
    return error instanceof UnknownFlagError ? EXIT_UNIMPLEMENTED : 1;
  }
}

function tell(error: unknown): void {
  const text = error instanceof Error ? `${error.name}: ${error.message}\n${error.stack}` : error;
  Deno.stderr.writeSync(new TextEncoder().encode(`${text}\n`));
}

// A rejection that nobody handles is a defect, whatever else the test says.
globalThis.addEventListener("unhandledrejection", (event) => {
  event.preventDefault();
  tell(event.reason);
  Deno.exit(90);
});

Deno.exit(await main(Deno.args));
