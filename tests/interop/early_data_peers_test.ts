// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// Early data with BoringSSL's bssl-tool and NSS 3.110, in both roles.

import { assertEquals, assertMatch } from "@std/assert";
import { NssContext } from "@nss/nss/pkcs11";
import { getChannelInfo, importFD, readEarlyData, writeEarlyData } from "@nss/nss/ssl";
import { encodePem } from "../../cert/der/pem.ts";
import type { Namespace } from "../support/namespace.ts";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
import { nss3110 } from "../support/newer_peers.ts";
import { type Process, programVersion, run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { caFile, cert, clientOver, file, folder, pair, SECRET, trustingDatabase } from "./_ech.ts";

const BSSL = "bssl-tool";
const EARLY = "GET /early HTTP/1.0\r\n\r\n";
const bytes = new TextEncoder().encode(EARLY);

const bssl = await programVersion(BSSL, ["client", "-help"], /-early-data/);
const nss = await nss3110();
const NSS = nss.ok ? nss.commands : { selfserv: "", tstclnt: "", certutil: "", pk12util: "" };
const namespaces = await namespaceProblem();

const keyPem = encodePem("PRIVATE KEY", await pair.exportPkcs8());
const certFile = await file("cert.pem", cert.toPem());
const keyFile = await file("key.pem", keyPem);

/** It leaves when its input ends, even within the handshake. */
async function bsslClient(args: readonly string[]): Promise<string> {
  await using process = spawn(BSSL, { args, interactive: true });
  await process.waitFor(/late/);
  await process.closeInput();
  await process.result();
  return process.output;
}

interface Stack {
  readonly name: string;
  readonly lack: { readonly reason: string; readonly optional: boolean } | null;
  /** Starts its server in a namespace. */
  startServer(namespace: Namespace): Promise<Process>;
  /** Runs its client over two connections, with early data in the second. */
  runClient(port: number): Promise<string>;
  /** What its client says of the second. */
  readonly says: RegExp;
}

const STACKS: readonly Stack[] = [
  {
    name: "BoringSSL",
    lack: bssl.ok ? null : { reason: bssl.reason, optional: false },
    startServer: async (namespace) =>
      namespace.spawn(BSSL, {
        // deno-fmt-ignore
        args: ["server", "-accept", "4433", "-loop", "-www", "-early-data",
          "-key", await file("pair.pem", keyPem + cert.toPem())],
      }),
    runClient: async (port) => {
      const session = `${folder}/bssl.session`;
      // deno-fmt-ignore
      const args = ["client", "-connect", `127.0.0.1:${port}`, "-server-name", SECRET,
        "-root-certs", caFile];
      await bsslClient([...args, "-session-out", session]);
      return await bsslClient([...args, "-session-in", session, "-early-data", EARLY]);
    },
    says: /Early data: yes/,
  },
  {
    name: "NSS 3.110",
    lack: nss.ok ? null : nss,
    startServer: async (namespace) => {
      const db = `sql:${await Deno.makeTempDir({ dir: folder })}`;
      await runOk(NSS.certutil, ["-N", "-d", db, "--empty-password"]);
      // deno-fmt-ignore
      await runOk("openssl", ["pkcs12", "-export", "-in", certFile, "-inkey", keyFile, "-name",
        "server", "-passout", "pass:", "-out", `${folder}/server.p12`]);
      await runOk(NSS.pk12util, ["-i", `${folder}/server.p12`, "-d", db, "-W", "", "-K", ""]);
      return namespace.spawn(NSS.selfserv, {
        args: ["-d", db, "-n", "server", "-p", "4433", "-V", "tls1.3:tls1.3", "-u", "-Z"],
        cwd: folder,
      });
    },
    runClient: async (port) => {
      const db = await trustingDatabase(NSS.certutil);
      const { stdout, stderr } = await run(NSS.tstclnt, {
        // deno-fmt-ignore
        args: ["-d", db, "-h", "127.0.0.1", "-p", `${port}`, "-a", SECRET, "-V", "tls1.3:tls1.3",
          "-u", "-Z", "-L", "2", "-A", await file("request", EARLY)],
      });
      return stdout + stderr;
    },
    says: /1 stateless resumes/,
  },
];

for (const { name, lack, startServer, runClient, says } of STACKS) {
  const test = (title: string, other: string | undefined, fn: () => Promise<void>): void => {
    if (lack !== null) skip(title, lack.reason, lack.optional);
    else if (other !== undefined) skip(title, other);
    else Deno.test(title, fn);
  };

  test(`writeEarlyData() is accepted by the server of ${name}`, namespaces, async () => {
    await using namespace = await openNamespace();
    await using _process = await startServer(namespace);
    const context = new NssContext({ trustAnchors: [] });
    const visit = async () => {
      const conn = await namespace.connect(4433);
      await using socket = clientOver(conn, { context, allowTruncation: true });
      const { outcome } = await writeEarlyData(socket, bytes);
      if (outcome !== "accepted") await socket.write(bytes);
      const buffer = new Uint8Array(4000);
      let answer = "";
      for (let count; (count = await socket.read(buffer)) !== null;) {
        answer += new TextDecoder().decode(buffer.subarray(0, count));
      }
      assertMatch(answer, /^HTTP\/1.0 200 OK/);
      return [outcome, getChannelInfo(socket).earlyDataLength];
    };
    assertEquals(await visit(), ["no-session", 0]);
    let [outcome, length] = await visit();
    // For some seconds NSS's server refuses all: it cannot know what came before it started.
    for (let i = 0; outcome === "refused" && i < 40; i++) {
      await new Promise((resolve) => setTimeout(resolve, 500));
      [outcome, length] = await visit();
    }
    assertEquals([outcome, length], ["accepted", bytes.length]);
  });

  test(`readEarlyData() takes that of the client of ${name}`, undefined, async () => {
    using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const context = new NssContext({ trustAnchors: [] });
    const visitTwice = async () => {
      const serving = (async () => {
        const seen = [];
        for (let i = 0; i < 2; i++) {
          await using socket = importFD(await listener.accept(), {
            role: "server",
            certificates: [{ cert, key: pair.privateKey }],
            context,
            maxEarlyData: 2000,
            allowTruncation: true,
            handshakeTimeout: 20_000,
            closeTimeout: 200,
          });
          const buffer = new Uint8Array(4000);
          let early = "";
          for (let count; (count = await readEarlyData(socket, buffer)) !== null;) {
            early += new TextDecoder().decode(buffer.subarray(0, count));
          }
          const { resumed } = await socket.handshake();
          await socket.write(new TextEncoder().encode("late\n"));
          seen.push([resumed, early]);
          await socket.close().catch(() => {});
        }
        return seen;
      })();
      return { output: await runClient(listener.addr.port), seen: await serving };
    };
    let { output, seen } = await visitTwice();
    // NSS's client may shake hands before it has read what it is to send
    for (let i = 0; seen[1]![1] === "" && i < 4; i++) ({ output, seen } = await visitTwice());
    assertEquals(seen.at(-1), [true, EARLY], output);
    assertMatch(output, says);
  });
}
