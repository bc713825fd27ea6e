// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { importFD } from "@nss/nss";
import { encodeEchConfigList, generateEchKeys } from "@nss/nss/ssl";
import { runExample } from "./_example.ts";
import { makePki } from "./_pki.ts";

Deno.test("ech.ts hides the host name, with an old configuration too", async () => {
  await using pki = await makePki();
  const [current, old] = [
    await generateEchKeys({ publicName: "localhost" }),
    await generateEchKeys({ publicName: "localhost" }),
  ];
  const [cert, key] = await Promise.all(
    [pki.server.certFile, pki.server.keyFile].map((file) => Deno.readTextFile(file)),
  );
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    role: "server",
    certificates: [{ cert: cert!, key: key! }],
    echKeys: [current],
  });
  const served = (async () => {
    for await (const socket of listener) {
      await socket.handshake().then(() => socket.read(new Uint8Array(1))).catch(() => {});
      await socket.close().catch(() => {});
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  const file = `${pki.directory}/ech.txt`;
  const connect = () =>
    runExample("ech.ts", {
      permissions: [
        `--allow-net=localhost:${port},127.0.0.1:${port}`,
        `--allow-read=${file},${pki.rootFile}`,
      ],
      args: [`localhost:${port}`, file, pki.rootFile],
    });
  for (const keys of [[current], [old]]) {
    await Deno.writeTextFile(file, `${encodeEchConfigList(keys).toBase64()}\n`);
    assertEquals(await connect(), {
      code: 0,
      stdout: "TLSv1.3, host name hidden\n",
      stderr: "",
    });
  }
  await Deno.writeTextFile(file, "AAAA");
  const { code, stderr } = await connect();
  assertEquals(code, 1);
  assertStringIncludes(stderr, "SEC_ERROR_INVALID_ARGS: Cannot use option echConfigList: ");
  listener.close();
  await served;
});
