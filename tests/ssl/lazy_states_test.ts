// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The states of a handshake are loaded when they are first needed. Where that fails, as in a bundle
// that leaves them out, the socket says so: it is no verdict about the peer.

import { fileURLToPath } from "node:url";
import { assertEquals, assertMatch } from "@std/assert";
import { ROOT } from "../structure/_source.ts";

/** A program whose two ends print the errors of their handshakes. */
const PROGRAM = `
import { createCertificate, generateKeyPair, importFD } from "${new URL("mod.ts", ROOT).href}";
const versions = { min: "TLSv1.2", max: Deno.args[0] };
const keys = await generateKeyPair();
const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
const [up, down] = [new TransformStream(), new TransformStream()];
const server = importFD({ readable: up.readable, writable: down.writable }, {
  role: "server",
  versions,
  certificates: [{ cert, key: keys.privateKey }],
});
const client = importFD({ readable: down.readable, writable: up.writable }, {
  hostname: "localhost",
  versions,
  caCerts: [cert],
});
const ends = await Promise.allSettled([client.handshake(), server.handshake()]);
const [atClient, atServer] = ends.map(({ reason }) =>
  reason && { type: reason.constructor.name, origin: reason.origin, ...reason.toJSON() }
);
console.log(JSON.stringify({ client: atClient, server: atServer }));
`;

interface Failure {
  readonly type: string;
  readonly name: string;
  readonly message: string;
  readonly origin: string;
}

/** Runs the program without one of the package's files. */
async function runWithout(
  missing: string | null,
  version = "TLSv1.3",
): Promise<{ readonly client?: Failure; readonly server?: Failure }> {
  const { imports, links } = JSON.parse(await Deno.readTextFile(new URL("deno.json", ROOT)));
  const folder = await Deno.makeTempDir();
  try {
    const config = {
      imports: {
        ...imports,
        ...(missing !== null && { [new URL(missing, ROOT).href]: "./missing.ts" }),
      },
      links: links.map((link: string) => fileURLToPath(new URL(link, ROOT))),
      lock: false,
    };
    await Deno.writeTextFile(`${folder}/deno.json`, JSON.stringify(config));
    await Deno.writeTextFile(`${folder}/program.ts`, PROGRAM);
    const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "--no-check", "--quiet", "program.ts", version],
      cwd: folder,
    }).output();
    assertEquals(new TextDecoder().decode(stderr), "");
    return JSON.parse(new TextDecoder().decode(stdout));
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("a program whose files are all there connects in either version", async () => {
  assertEquals(await runWithout(null), {});
  assertEquals(await runWithout(null, "TLSv1.2"), {});
});

const CASES = [
  { end: "client", missing: "ssl/handshake/client/start.ts", version: "TLSv1.3" },
  { end: "server", missing: "ssl/handshake/server/start.ts", version: "TLSv1.3" },
  { end: "client", missing: "ssl/handshake/client/tls12/server_hello.ts", version: "TLSv1.2" },
  { end: "server", missing: "ssl/handshake/server/tls12/flight.ts", version: "TLSv1.2" },
] as const;

for (const { end, missing, version } of CASES) {
  Deno.test(`a ${end} that cannot load its states of ${version} says so, and its peer does not wait`, async () => {
    const failures = await runWithout(missing, version);
    const failure = failures[end]!;
    assertEquals(failure.type, "SslError");
    assertEquals(failure.name, "PR_LOAD_LIBRARY_ERROR");
    assertEquals(failure.origin, "local");
    assertMatch(failure.message, new RegExp(`^Cannot load .*${end}.*bundle all modules$`));
    assertEquals(failures[end === "client" ? "server" : "client"]?.type, "SslError");
  });
}

Deno.test("a program without TLS 1.2's files speaks TLS 1.3", async () => {
  for (const { missing } of CASES.slice(2)) assertEquals(await runWithout(missing), {});
});
