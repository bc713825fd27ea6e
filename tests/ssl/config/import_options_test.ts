// Copyright 2026 the NSS for Deno authors. MIT license.

import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import {
  assertEquals,
  assertFalse,
  assertInstanceOf,
  assertMatch,
  assertThrows,
} from "@std/assert";
import { encodeSctList } from "@nss/nss/cert";
import {
  type CertificateOptions,
  importFD,
  newModel,
  peerStapledOCSPResponses,
  SslError,
} from "@nss/nss/ssl";
import { FOREIGN_OPTIONS, OPTION_NAMES } from "../../../ssl/config/resolve_config.ts";
import { clientOptions, connected, PKI, serverOptions, shake } from "../_support.ts";
import { fromNodeStream } from "../../../ssl/node/from_node_stream.ts";
import { memoryPair } from "../../support/memory_pair.ts";

Deno.test("importFD() refuses options that have no such value, and says which are there", () => {
  const rows: [Parameters<typeof importFD>[1], RegExp][] = [
    [{ cipherSuites: [] }, /cipherSuites: the list is empty/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ cipherSuites: ["TLS_NULL" as any] }, /"TLS_NULL", not one of TLS_AES_128_GCM_SHA256/],
    // deno-lint-ignore no-explicit-any -- what JavaScript may pass
    [{ groups: ["x448" as any] }, /"x448", not one of X25519MLKEM768/],
    [{ alpnProtocols: [""] }, /is not 1 to 255 bytes long/],
    [{ alpnProtocols: ["x".repeat(256)] }, /is not 1 to 255 bytes long/],
    [{ versions: { min: "TLSv1.3", max: "TLSv1.2" } }, /TLSv1.3 to TLSv1.2 is not a range/],
  ];
  for (const [options, message] of rows) {
    const [a] = memoryPair();
    const error = assertThrows(() => importFD(a, options!), SslError);
    assertMatch(error.message, message);
    assertFalse(error.code === 0);
    assertInstanceOf(error, Error);
  }
});

Deno.test("FOREIGN_OPTIONS has no option of importFD, and names options that there are", () => {
  const own: readonly string[] = OPTION_NAMES;
  assertEquals(Object.keys(FOREIGN_OPTIONS).filter((name) => own.includes(name)), []);
  for (const instead of Object.values(FOREIGN_OPTIONS)) {
    const [option] = /^\w+(?=$|:)/.exec(instead) ?? [];
    if (option !== undefined && !own.includes(option)) throw new Error(`no option ${option}`);
  }
});

Deno.test("importFD() takes as much of an OCSP response as a Certificate message has room for", async () => {
  const { credential } = PKI.server;
  const set = (options: Partial<CertificateOptions>) =>
    newModel({ certificates: [{ ...credential, ...options }] });
  const scts = encodeSctList([{
    logId: new Uint8Array(32),
    timestamp: new Date(),
    extensions: new Uint8Array(0),
    signatureAlgorithm: 0x0403,
    signature: new Uint8Array(70),
  }]);
  const most = 65_535 - 4 - 5 - PKI.server.cert.der.length - 8;
  for (const [more, room] of [[{}, most], [{ scts }, most - 4 - scts.length]] as const) {
    set({ ocsp: new Uint8Array(room), ...more });
    for (const length of [0, room + 1, 500_000]) {
      const error = assertThrows(() => set({ ocsp: new Uint8Array(length), ...more }), SslError);
      assertEquals(error.name, "SEC_ERROR_INVALID_ARGS");
    }
    // What is taken arrives
    const ocsp = new Uint8Array(room).fill(1);
    await using joined = await connected({
      client: { ocspStapling: true, signedCertTimestamps: true, authCertificate: () => true },
      server: { certificates: [{ ...credential, ocsp, ...more }] },
    });
    assertEquals(peerStapledOCSPResponses(joined.client)[0]?.length, room);
  }
});

Deno.test("importFD() takes a socket of Node by fromNodeStream(), as its message says", async () => {
  const { promise, resolve } = Promise.withResolvers<Socket>();
  const server = createServer(resolve);
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const { port } = server.address() as AddressInfo;
  const ends = [connect(port, "127.0.0.1"), await promise] as const;
  const [client, accepted] = ends.map((end) => fromNodeStream(end));
  await using a = importFD(client!, clientOptions());
  await using b = importFD(accepted!, serverOptions());
  await shake({ client: a, server: b });
  assertEquals(await Promise.all([a.write(new Uint8Array(3)), b.read(new Uint8Array(9))]), [3, 3]);
  await Promise.all([a.close(), b.close()]);
  await new Promise<void>((closed) => server.close(() => closed()));
});
