// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Handshakes with keys in SoftHSM: with openssl and tstclnt, and with raw public keys. @module */

import { assert, assertEquals, assertGreater, assertStringIncludes } from "@std/assert";
import { importFD } from "@nss/nss/ssl";
import { memoryPair } from "../../support/memory_pair.ts";
import { programVersion, run, runOk, spawn } from "../../support/process.ts";
import { note, skip } from "../../support/skip.ts";
import { credential, softhsmTest, Stalls } from "./_support.ts";

softhsmTest(
  "rawPublicKeys: both ends show keys that stay in SoftHSM, in both versions",
  async ({ slot }) => {
    const token = slot.token!;
    for (const type of ["ec-p256", "rsa-2048"] as const) {
      const server = await token.generateKeyPair(type);
      const client = await token.generateKeyPair(type);
      for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
        const [a, b] = memoryPair();
        const common = { versions: { min: version, max: version }, handshakeTimeout: 20_000 };
        await using served = importFD(b, {
          ...common,
          role: "server",
          clientAuth: "require",
          rawPublicKeys: { keys: [{ key: server.privateKey }], accept: [client.publicKey] },
        });
        await using socket = importFD(a, {
          ...common,
          rawPublicKeys: { keys: [{ key: client.privateKey }], accept: [server.publicKey] },
        });
        const [ours, theirs] = await Promise.all([socket.handshake(), served.handshake()]);
        assert(ours.peerRawPublicKey?.equals(server.publicKey));
        assert(theirs.peerRawPublicKey?.equals(client.publicKey));
        await Promise.all([socket.close(), served.close()]);
      }
      await token.deleteKey(server.publicKey);
      await token.deleteKey(client.publicKey);
    }
  },
);

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const tstclnt = await programVersion("tstclnt", ["-H"], /(usage|option|help)/i);
/** Each of them starts a program. */
const HANDSHAKES = Deno.env.get("NSS_SOAK") === "1" ? 500 : 20;

if (!openssl.ok) skip("importFD() with keys in SoftHSM", openssl.reason);
else {
  softhsmTest(
    `importFD() serves ${HANDSHAKES} handshakes with RSA and EC keys in SoftHSM`,
    async (opened, { hsm, rootFile }) => {
      const certificates = [
        await credential(opened, "ec-p256"),
        await credential(opened, "rsa-2048"),
      ];
      const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), { certificates });
      const { port } = listener.addr as Deno.NetAddr;
      const schemes = new Map<string, number>();
      const serve = (async () => {
        for await (const socket of listener) {
          try {
            const { localSignatureScheme: signatureScheme } = await socket.handshake();
            schemes.set(`${signatureScheme}`, (schemes.get(`${signatureScheme}`) ?? 0) + 1);
            await socket.write(new TextEncoder().encode("hello\n"));
          } finally {
            await socket.close();
          }
        }
      })();
      const stalls = new Stalls();
      const clients = [opensslClient, ...(tstclnt.ok ? [tstclntClient] : [])];
      if (!tstclnt.ok) note(`not tried: ${tstclnt.reason}`);
      const database = tstclnt.ok ? await makeDatabase(hsm.folder, rootFile) : "";
      const started = performance.now();
      try {
        for (let i = 0; i < HANDSHAKES; i++) {
          // Every fifth handshake is NSS's
          const client = clients[i % 5 === 4 ? clients.length - 1 : 0]!;
          const output = await client({ port, rootFile, database, rsa: i % 2 === 0 });
          assertStringIncludes(output, "hello");
        }
      } finally {
        listener.close();
        await serve;
        stalls.stop();
      }
      assertEquals([...schemes.values()].reduce((a, b) => a + b, 0), HANDSHAKES);
      assertGreater(schemes.get("rsa_pss_rsae_sha256") ?? 0, HANDSHAKES / 3);
      assertGreater(schemes.get("ecdsa_secp256r1_sha256") ?? 0, HANDSHAKES / 3);
      note(
        `SoftHSM: ${HANDSHAKES} handshakes in ${Math.round(performance.now() - started)} ms, ` +
          `${[...schemes].map(([scheme, count]) => `${count} ${scheme}`).join(", ")}; ` +
          `longest event-loop stall ${stalls.longest.toFixed(1)} ms`,
      );
    },
  );
}

interface ClientOptions {
  readonly port: number;
  readonly rootFile: string;
  readonly database: string;
  readonly rsa: boolean;
}

async function opensslClient({ port, rootFile, rsa }: ClientOptions): Promise<string> {
  const { code, stdout, stderr } = await run("openssl", {
    args: [
      ...[
        "s_client",
        "-connect",
        `127.0.0.1:${port}`,
        "-servername",
        "localhost",
        "-tls1_3",
        "-quiet",
      ],
      ...["-CAfile", rootFile, "-verify_return_error", "-verify_hostname", "localhost"],
      ...["-sigalgs", rsa ? "rsa_pss_rsae_sha256" : "ECDSA+SHA256"],
    ],
  });
  assertEquals(code, 0, stderr);
  return stdout;
}

async function makeDatabase(folder: string, rootFile: string): Promise<string> {
  const path = `${folder}/nss`;
  await Deno.mkdir(path);
  await runOk("certutil", ["-N", "-d", `sql:${path}`, "--empty-password"]);
  await runOk("certutil", ["-A", "-d", `sql:${path}`, "-n", "root", "-t", "C,,", "-i", rootFile]);
  return path;
}

async function tstclntClient({ port, database, rsa }: ClientOptions): Promise<string> {
  const request = `${database}/request`;
  await Deno.writeTextFile(request, "hi\n");
  await using process = spawn("tstclnt", {
    args: [
      ...["-4", "-h", "127.0.0.1", "-a", "localhost", "-p", `${port}`, "-d", `sql:${database}`],
      ...["-V", "tls1.3:tls1.3", "-J", rsa ? "rsa_pss_rsae_sha256" : "ecdsa_secp256r1_sha256"],
      ...["-A", request],
    ],
  });
  const { code, stdout, stderr } = await process.result();
  assertEquals(code, 0, stderr);
  return stdout;
}
