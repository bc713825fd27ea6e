// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertMatch } from "@std/assert";
import type { SslSocket } from "@nss/nss";
import { serverVersion, startServer } from "./servers/_server.ts";
import { skip } from "../support/skip.ts";
import { loadRecipe } from "./_driver.ts";
import { makePki } from "./_pki.ts";
import { apache } from "./servers/apache.ts";

interface Recipe {
  open(hostname: string, port: number, ca: string, cert: string, key: string): Promise<SslSocket>;
}

async function get(socket: SslSocket, path: string): Promise<string> {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  await socket.write(new TextEncoder().encode(request));
  return await new Response(socket.readable).text();
}

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  const title = `late_client_certificate.ts shows Apache's folder its certificate (${version})`;
  const program = apache(version);
  const found = await serverVersion(program);
  if (!found.ok) skip(title, found.reason);
  else {
    Deno.test(title, async () => {
      const pki = await makePki();
      await using server = await startServer(program, pki);
      const { open } = await loadRecipe<Recipe>("late_client_certificate.ts");
      const { cert, key } = pki.alice;
      await using socket = await open("localhost", server.port, pki.root, cert, key);
      assertMatch(await get(socket, "/private/"), /^HTTP\/1\.1 200 [^]*for alice only/);
    });
  }
}
