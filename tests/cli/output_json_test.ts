// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `--json` of each command: of those that only do something, and of those that serve.

import { assertEquals, assertMatch } from "@std/assert";
import { optionsOf } from "../../cli/base/command.ts";
import { ENTRIES } from "../../cli/commands.ts";
import { spawn } from "../support/process.ts";
import { deskTest } from "./_desk.ts";

const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;

Deno.test("every command of nss has --json and examples", async () => {
  for (const entry of ENTRIES) {
    for (const command of (await entry.load()).COMMANDS) {
      const names = optionsOf(command).map(({ name }) => name);
      assertEquals(names.filter((name) => name === "json"), ["json"], command.name);
      assertEquals(command.examples.length > 0, true, command.name);
    }
  }
});

deskTest(
  "nss --json of a command that only does something has what it prints, as text or base64",
  async (desk) => {
    const db = ["--db", ":db"];
    const created = await desk.json("cert", "create", ...db, "--no-password");
    assertEquals(created, { format: 1, output: `Created ${desk.path("db")}\n`, base64: null });
    await desk.ok("cert", "self-sign", "www", ...db);
    const request = ["csr", "create", "www", ...db, "--subject", "CN=www"];
    const { output } = await desk.json(...request);
    assertMatch(output, /^-----BEGIN CERTIFICATE REQUEST-----\n/);
    const { output: none, base64 } = await desk.json(...request, "--as-der");
    assertEquals(none, null);
    const der = await desk.write("request.der", Uint8Array.fromBase64(base64));
    assertEquals((await desk.json("csr", "show", der)).subject, "CN=www");
    await desk.fails(4, "cert", "delete", "nobody", ...db, "--json");
  },
);

Deno.test("nss server --json tells where it listens, on standard output", async () => {
  await using server = spawn(Deno.execPath(), {
    // deno-fmt-ignore
    args: ["run", "-A", "--no-check", PROGRAM, "server", "--self-signed", "localhost", "--port",
      "0", "--json"],
  });
  const [line] = await server.waitFor(({ stdout }) => /^\{.*\}$/m.exec(stdout));
  const { port, ...rest } = JSON.parse(line!);
  assertEquals(rest, { format: 1, event: "listening", hostname: "127.0.0.1", door: "main" });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  assertEquals(conn.remoteAddr.port, port);
});
