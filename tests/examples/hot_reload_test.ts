// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertNotEquals } from "@std/assert";
import { importFD, newModel, NssContext, peerCertificate, type SslSocket } from "@nss/nss";
import { readExactly } from "../ssl/_support.ts";
import { listeningPort, startExample } from "./_example.ts";
import { makePki } from "./_pki.ts";

async function echoes(socket: SslSocket): Promise<void> {
  await socket.write(new Uint8Array([7]));
  assertEquals(await readExactly(socket, 1), new Uint8Array([7]));
}

Deno.test("hot_reload.ts shows the new certificate to new connections, and disturbs no old one", async () => {
  await using pki = await makePki();
  await using renewed = await makePki();
  const { certFile, keyFile } = pki.server;
  await using server = startExample("hot_reload.ts", {
    permissions: ["--allow-net=127.0.0.1", `--allow-read=${pki.directory}`],
    args: ["0", certFile, keyFile],
  });
  const port = await listeningPort(server);
  const model = newModel({
    hostname: "localhost",
    caCerts: [pki.root, renewed.root],
    context: new NssContext({ trustAnchors: [] }),
  });
  const connect = async () =>
    importFD(await Deno.connect({ hostname: "127.0.0.1", port }), { model });
  await using old = await connect();
  await echoes(old);
  const before = peerCertificate(old)!;

  // Between the one file and the other they do not go together
  const loads = () => server.stdout.match(/^Serving /gm)!.length;
  assertEquals(loads(), 1);
  await Deno.writeTextFile(certFile, renewed.server.cert);
  await server.waitFor((p) =>
    /^Cannot load certificate: .*key given for it is not/m.exec(p.stderr)
  );
  {
    await using between = await connect();
    assertEquals((await between.handshake()).resumed, true);
    assertEquals(peerCertificate(between), before);
  }
  await Deno.writeTextFile(`${keyFile}.new`, renewed.server.key);
  await Deno.rename(`${keyFile}.new`, keyFile);
  await server.waitFor((p) => loads() === 2 ? p : null);

  await using fresh = await connect();
  assertEquals((await fresh.handshake()).resumed, false);
  assertNotEquals(peerCertificate(fresh)!.der, before.der);
  assert(peerCertificate(fresh)!.toPem().trim() === renewed.server.cert.trim());
  await Promise.all([echoes(old), echoes(fresh)]);
  await using next = await connect();
  assertEquals((await next.handshake()).resumed, true);
});
