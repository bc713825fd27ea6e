// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// `NSS_SOAK=1` (`deno task soak`) runs every size twenty times, otherwise one size once.

import { assertEquals } from "@std/assert";
import { BYTE, ENDINGS, LATE_READERS, uploadAndClose } from "../support/peers/late_readers.ts";
import type { Version } from "../support/peers/peer.ts";
import { runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { testPki } from "../support/test_pki.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const KIB = 1024;
const LENGTHS = soak ? [64 * KIB, 1024 * KIB, 16 * 1024 * KIB] : [1024 * KIB];
const RUNS = soak ? 20 : 1;
/** How many uploads one server takes: gnutls-serv's namespace does not live for all of them. */
const UPLOADS_OF_SERVER = 2;
const VERSIONS: readonly Version[] = ["TLSv1.3", "TLSv1.2"];

for (const reader of LATE_READERS) {
  const availability = await reader.available();
  for (const carrier of reader.carriers) {
    for (const version of VERSIONS) {
      const title = `what is written before the socket is closed arrives whole at ${reader.name} ` +
        `that begins to read late (${version}, ${carrier})`;
      if (!availability.ok) {
        skip(title, availability.reason);
        continue;
      }
      Deno.test(title, async () => {
        const options = { pki: await testPki(), version, carrier };
        const endings = Object.values(ENDINGS);
        const runs = Math.max(RUNS, endings.length);
        for (const length of LENGTHS) {
          const received: number[] = [];
          while (received.length < runs) {
            await using server = await reader.start(options);
            for (let i = 0; i < UPLOADS_OF_SERVER && received.length < runs; i++) {
              const end = endings[received.length % endings.length];
              received.push(await uploadAndClose(server, options, length, end));
            }
          }
          assertEquals(received, received.map(() => length));
        }
      });
    }
  }
}

/** Its last statement pipes into a socket. */
const PROGRAM = `
  import { importFD } from "${new URL("../../mod.ts", import.meta.url)}";
  const [port, ca, length] = Deno.args;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  const socket = importFD(conn, { hostname: "localhost", caCerts: [ca] });
  const data = new Blob([new Uint8Array(Number(length)).fill(${BYTE})]);
  await data.stream().pipeTo(socket.writable);
`;

for (const reader of LATE_READERS.filter(({ name }) => /openssl|node/.test(name))) {
  const title = `what a program pipes into writable as its last statement arrives whole at ` +
    `${reader.name} that begins to read late`;
  const availability = await reader.available();
  if (!availability.ok) {
    skip(title, availability.reason);
    continue;
  }
  Deno.test(title, async () => {
    const pki = await testPki();
    const program = `${pki.directory}/program.ts`;
    await Deno.writeTextFile(program, PROGRAM);
    const config = `${import.meta.dirname}/../../deno.json`;
    await using server = await reader.start({ pki, version: "TLSv1.3", carrier: "TCP" });
    const length = 1024 * KIB;
    for (let run = 0; run < Math.max(RUNS / 4, 1); run++) {
      const received = server.receive();
      const args = ["run", "-A", "--no-check", "--config", config, program];
      await runOk(Deno.execPath(), [...args, String(server.port), pki.root, String(length)]);
      assertEquals(await received, length);
    }
  });
}
