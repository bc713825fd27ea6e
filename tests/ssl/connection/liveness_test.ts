// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assertEquals } from "@std/assert";
import { importFD } from "@nss/nss";
import { Liveness } from "../../../ssl/connection/liveness.ts";
import { runOk } from "../../support/process.ts";
import { HOSTNAME, PKI, readExactly, serverOptions, turns } from "../_support.ts";

Deno.test("Liveness passes ref() and unref() on, but for what is read in the background", () => {
  const calls: string[] = [];
  const liveness = new Liveness({
    ref: () => void calls.push("ref"),
    unref: () => void calls.push("unref"),
  });
  const steps: readonly (readonly [() => void, readonly string[]])[] = [
    [() => liveness.background = true, ["unref"]],
    [() => liveness.background = true, []],
    [() => liveness.background = false, ["ref"]],
    [() => liveness.unref(), ["unref"]],
    [() => liveness.background = true, []],
    [() => liveness.background = false, []],
    [() => liveness.ref(), ["ref"]],
  ];
  for (const [step, expected] of steps) {
    calls.length = 0;
    step();
    assertEquals(calls, expected);
  }
});

Deno.test("Liveness.startTimer() runs a timer, and clearTimer() stops it, referenced or not", async () => {
  for (const unref of [false, true]) {
    const liveness = new Liveness({ ref: () => {}, unref: () => {} });
    if (unref) liveness.unref();
    let ran = "";
    liveness.startTimer(() => ran += "a", 0);
    liveness.clearTimer(liveness.startTimer(() => ran += "b", 0));
    await turns(3);
    assertEquals(ran, "a");
  }
});

/** Runs a program that connects to a port; it must end by itself. */
async function runProgram(port: number, statements: string): Promise<string> {
  const mod = new URL("../../../mod.ts", import.meta.url).href;
  const file = await Deno.makeTempFile({ suffix: ".ts" });
  try {
    await Deno.writeTextFile(
      file,
      `import { importFD } from "${mod}";
      const [port, ca] = Deno.args;
      const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
      const options = { hostname: "${HOSTNAME}", caCerts: [ca] };
      const socket = importFD(conn, options);
      ${statements}
      console.log("the end of the program");`,
    );
    const args = [
      "run",
      "-A",
      "--no-check",
      "--config",
      `${import.meta.dirname}/../../../deno.json`,
      file,
    ];
    return await runOk(Deno.execPath(), [...args, String(port), PKI.root.cert.toPem()], {
      timeout: 30_000,
    });
  } finally {
    await Deno.remove(file);
  }
}

const HANDSHAKES: Readonly<Record<string, string>> = {
  "during": `socket.handshake().catch(() => {}); await 0; socket.unref();`,
  "before": `socket.unref(); socket.handshake().catch(() => {});`,
};

for (const [when, statements] of Object.entries(HANDSHAKES)) {
  Deno.test(`SslSocket.unref() ${when} a handshake lets the process end, whatever handshakeTimeout says`, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepted = listener.accept();
    const output = await runProgram(listener.addr.port, statements); // nobody answers
    assertEquals(output, "the end of the program\n");
    (await accepted).close();
  });
}

Deno.test("SslSocket lets a process end that has written and forgets the socket", async () => {
  using tcp = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = tcp.accept().then((conn) => importFD(conn, serverOptions()));
  const received = accepted.then((socket) => readExactly(socket, 10));
  const output = await runProgram(
    tcp.addr.port,
    `await socket.write(new Uint8Array(10));
    await new Promise((resolve) => setTimeout(resolve, 100));`,
  );
  assertEquals(output, "the end of the program\n");
  assertEquals((await received).length, 10);
  await (await accepted).close().catch(() => {});
});
