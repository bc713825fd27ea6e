// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Early data that comes to another process than the one that allowed it. @module */

import { assertEquals } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { importFD } from "../../ssl/import_fd.ts";
import {
  configMPServerSIDCache,
  SSL_INHERITANCE,
} from "../../ssl/nss/config_mp_server_sid_cache.ts";
import { shutdownServerSessionIDCache } from "../../ssl/nss/config_server_session_id_cache.ts";
import { writeEarlyData } from "../../ssl/nss/early_data.ts";
import { setResumptionToken } from "../../ssl/nss/resumption_token.ts";
import { spawn } from "../support/process.ts";

const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({ ...keys, dnsNames: ["localhost"] });
const identity = JSON.stringify({
  cert: certificate.toPem(),
  pkcs8: (await keys.exportPkcs8()).toBase64(),
});

async function startServer(inheritance: string) {
  const script = `${import.meta.dirname}/_early_server.ts`;
  const process = spawn(Deno.execPath(), {
    args: ["run", "--no-prompt", "--no-check", "--unstable-kv", "-A", script, identity],
    env: { [SSL_INHERITANCE]: inheritance, NO_COLOR: "1" },
    interactive: true,
  });
  const [, port] = await process.waitFor((p) => /^(\d+)$/m.exec(p.stdout));
  return {
    port: Number(port),
    [Symbol.asyncDispose]: async () => {
      await process.closeInput();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** One connection with early data: what became of it, and the last token that it gives. */
async function visit(port: number, token: Uint8Array | null) {
  const tokens: Uint8Array[] = [];
  await using socket = importFD(await Deno.connect({ hostname: "127.0.0.1", port }), {
    hostname: "localhost",
    caCerts: [certificate],
    resumptionTokenCallback: (_, next) => void tokens.push(next),
    context: new NssContext({ trustAnchors: [] }),
  });
  if (token !== null) setResumptionToken(socket, token);
  const { outcome } = await writeEarlyData(socket, new Uint8Array(10));
  const { resumed } = await socket.handshake();
  await socket.read(new Uint8Array(1));
  return { saw: [resumed, outcome], token: tokens.at(-1)! };
}

Deno.test("processes that share ticket keys alone resume each other's sessions, and refuse each other's early data", async () => {
  const context = new NssContext();
  const inheritance = await configMPServerSIDCache({ context });
  try {
    await using one = await startServer(inheritance);
    await using two = await startServer(inheritance);
    const { saw, token } = await visit(one.port, null);
    assertEquals(saw, [false, "no-session"]);
    // A recorded flight, at every process: only the one that has the entry takes it, and once.
    assertEquals((await visit(two.port, token)).saw, [true, "refused"]);
    assertEquals((await visit(two.port, token)).saw, [true, "refused"]);
    assertEquals((await visit(one.port, token)).saw, [true, "accepted"]);
    assertEquals((await visit(one.port, token)).saw, [true, "refused"]);
    assertEquals((await visit(two.port, token)).saw, [true, "refused"]);
  } finally {
    await shutdownServerSessionIDCache({ context });
  }
});
