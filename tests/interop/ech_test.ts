// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Encrypted Client Hello with BoringSSL's `bssl-tool`, both ways, and with NSS's `tstclnt`.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { encodePem } from "../../cert/der/pem.ts";
import { EchRejectedError } from "../../ssl/base/ech_error.ts";
import type { EchKey } from "../../ssl/config/ech_key.ts";
import type { ImportOptions } from "../../ssl/config/import_options.ts";
import { run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import {
  caFile,
  cert,
  clientOver,
  file,
  folder,
  key,
  KINDS,
  listOf,
  otherKey,
  pair,
  PUBLIC,
  SECRET,
  serve,
  SERVER_KINDS,
  TIMEOUT,
  trustingDatabase,
} from "./_ech.ts";

const BSSL = "bssl-tool";

async function has(program: string): Promise<boolean> {
  try {
    await run(program, { args: ["-help"], timeout: TIMEOUT });
    return true;
  } catch {
    return false;
  }
}

if (await has(BSSL)) {
  const bsslClient = async (address: string, name: string, keys: readonly EchKey[]) => {
    const list = await file(name, listOf(...keys));
    return await run(BSSL, {
      // deno-fmt-ignore
      args: ["client", "-connect", address, "-server-name", SECRET, "-root-certs", caFile,
        "-ech-config-list", list],
      timeout: TIMEOUT,
    });
  };

  for (const [how, kind] of Object.entries(SERVER_KINDS)) {
    Deno.test(`ECH: our server accepts BoringSSL's client${how}, or tells it how to retry`, async () => {
      await using server = serve(kind);
      const accepted = await bsslClient(server.address, "list", [key]);
      assertStringIncludes(accepted.stderr, "Encrypted ClientHello: yes");
      const rejected = await bsslClient(server.address, "other", [otherKey]);
      assertStringIncludes(rejected.stderr, "ECH_REJECTED");
      assertEquals(server.seen[0], `accepted ${SECRET} ${how !== ""}`);
    });
  }

  Deno.test("ECH: BoringSSL's server accepts our client, and its retry configurations are of use", async () => {
    const keyPem = encodePem("PRIVATE KEY", await pair.exportPkcs8());
    const pairFile = await file("pair.pem", keyPem + cert.toPem());
    const [list, config, secret] = ["made", "config", "key"].map((name) => `${folder}/${name}`);
    await runOk(
      // deno-fmt-ignore
      BSSL,
      [
        "generate-ech",
        "-out-ech-config-list",
        list!,
        "-out-ech-config",
        config!,
        "-out-private-key",
        secret!,
        "-public-name",
        PUBLIC,
        "-config-id",
        "7",
        "-max-name-length",
        "64",
      ],
    );
    const { port } = freePort();
    const server = spawn(BSSL, {
      // deno-fmt-ignore
      args: ["server", "-accept", `${port}`, "-loop", "-www", "-key", pairFile, "-ech-key", secret!,
        "-ech-config", config!],
    });
    try {
      const made = await Deno.readFile(list!);
      for (const kind of Object.values(KINDS)) {
        const info = await shake(port, { echConfigList: made, ...kind });
        assert(info.echAccepted);
        assertEquals(info.helloRetryRequest, kind.groups !== undefined);
        assert(!(await shake(port, { echGrease: true, ...kind })).echAccepted);
        const error = await shake(port, { echConfigList: listOf(otherKey), ...kind })
          .then(() => null, (error) => error);
        assert(error instanceof EchRejectedError, `${error}`);
        assertEquals(error.retryConfigs, made);
      }
    } finally {
      await server[Symbol.asyncDispose]();
    }
  });
} else skip("ECH with BoringSSL", `${BSSL} is not installed (android-boringssl)`);

function freePort(): { readonly port: number } {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { port: listener.addr.port };
}

/** A handshake of our client, once the server listens. */
async function shake(port: number, options: ImportOptions) {
  let conn: Deno.TcpConn | null = null;
  for (let i = 0; conn === null; i++) {
    conn = await Deno.connect({ hostname: "127.0.0.1", port }).catch((error) => {
      if (i > 100) throw error;
      return new Promise<null>((resolve) => setTimeout(() => resolve(null), 50));
    });
  }
  await using socket = clientOver(conn, options);
  return await socket.handshake();
}

if (await has("tstclnt") && await has("certutil")) {
  for (const [how, kind] of Object.entries(SERVER_KINDS)) {
    Deno.test(`ECH: our server accepts NSS's client${how}, or tells it how to retry`, async () => {
      const db = await trustingDatabase("certutil");
      await using server = serve(kind);
      const client = (keys: readonly EchKey[]) =>
        run("tstclnt", {
          // deno-fmt-ignore
          args: ["-d", db, "-h", "127.0.0.1", "-p", `${server.port}`, "-a", SECRET, "-Q",
            "-V", "tls1.3:tls1.3", "-N", listOf(...keys).toBase64()],
          timeout: TIMEOUT,
        });
      await client([key]);
      const rejected = await client([otherKey]);
      assertStringIncludes(
        `${rejected.stdout}${rejected.stderr}`,
        "SSL_ERROR_ECH_RETRY_WITH_ECH",
      );
      assertEquals(server.seen[0], `accepted ${SECRET} ${how !== ""}`);
    });
  }
} else skip("ECH with NSS", "tstclnt and certutil are not installed (libnss3-tools)");
