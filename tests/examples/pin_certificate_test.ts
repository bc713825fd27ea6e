// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { runExample } from "./_example.ts";
import { makePki } from "./_pki.ts";
import { opensslServer, testWith } from "./_programs.ts";

await testWith(
  "openssl",
  "pin_certificate.ts wants the pinned key and a good certificate",
  async () => {
    await using pki = await makePki();
    const other = await pki.client("other");
    const { process, port } = await opensslServer(pki.server, "-www");
    await using _ = process;
    const connect = (ca: string, ...pins: string[]) =>
      runExample("pin_certificate.ts", {
        permissions: [`--allow-net=127.0.0.1:${port}`, `--allow-read=${ca}`],
        args: [`127.0.0.1:${port}`, "--ca", ca, ...pins],
      });

    const right = await connect(pki.rootFile, other.pin, pki.server.pin);
    assertEquals(right, {
      code: 0,
      stdout: "Connected to CN=server, whose key is pinned\n",
      stderr: "",
    });

    const wrong = await connect(pki.rootFile, other.pin);
    assertEquals(wrong.code, 1);
    assertEquals(
      wrong.stderr,
      "SEC_ERROR_APPLICATION_CALLBACK_ERROR: " +
        `Cannot accept 127.0.0.1: it has the key ${pki.server.pin}, which is not pinned\n`,
    );

    const unknown = await connect(other.certFile, pki.server.pin);
    assertEquals(unknown.code, 1);
    assertStringIncludes(unknown.stderr, "SEC_ERROR_UNKNOWN_ISSUER: ");
  },
);
