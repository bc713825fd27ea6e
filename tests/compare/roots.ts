// Copyright 2026 the NSS for Deno authors. MIT license.
// deno-lint-ignore-file no-console

/**
 * Connects without naming roots to a server whom nobody knows, and prints what is said then:
 * `roots.ts STACK PORT`, with the permission to connect alone.
 *
 * @module
 */

import { saying } from "./row.ts";

const [name, port] = Deno.args;

async function connect(): Promise<unknown> {
  switch (name) {
    case "native":
      return await Deno.connectTls({ hostname: "localhost", port: Number(port) })
        .then((conn) => conn.handshake());
    case "nss": {
      const { importFD } = await import("@nss/nss");
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      return await importFD(conn, { hostname: "localhost" }).handshake();
    }
    default: {
      const { loadStack } = await import("./load.ts");
      const { STACKS } = await import("./stack.ts");
      const stack = await loadStack(STACKS.find((one) => one === name)!);
      return await stack.connect(Number(port), {});
    }
  }
}

try {
  await connect();
  console.log("connected");
} catch (error) {
  console.log(saying(error));
}
Deno.exit();
