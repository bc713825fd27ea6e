// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// README's table of permissions: each job runs with those in its row, and with none of them less.

import { assert, assertEquals } from "@std/assert";
import {
  createCertificate,
  exportPrivateKeyPem,
  generateKeyPair,
  importFD,
  initContext,
} from "@nss/nss";
import { findSoftHsm } from "../compare/softhsm.ts";
import { fileURLToPath } from "node:url";
import { run } from "../support/process.ts";
import { note } from "../support/skip.ts";

const ROOT = new URL("../../", import.meta.url);

/** The part of deno.json that is read. */
interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, string>>;
  readonly imports: Readonly<Record<string, string>>;
  readonly links?: readonly string[];
}

/** The configuration of a program that uses the package: without the package's own `unstable`. */
async function configuration(): Promise<string> {
  const { name, exports, imports, links = [] }: Manifest = JSON.parse(
    await Deno.readTextFile(new URL("deno.json", ROOT)),
  );
  const entries = Object.entries(exports).map(([entry, path]) => [
    name + entry.slice(1),
    new URL(path, ROOT).href,
  ]);
  return JSON.stringify({
    imports: { ...imports, ...Object.fromEntries(entries) },
    links: links.map((link) => fileURLToPath(new URL(link, ROOT))),
    lock: false,
  });
}

/** What a job is given besides its code. */
interface Place {
  /** A folder for it alone, with `cert.pem` and `key.pem`. */
  readonly folder: string;
  /** The certificate of the server, PEM. */
  readonly cert: string;
  /** Its port. */
  readonly port: number;
  /** The path of SoftHSM; empty if there is none. */
  readonly library: string;
}

/** The jobs, by their names in README. */
const JOBS: Readonly<Record<string, string>> = {
  "make, read, verify certificates; speak TLS over streams": `
    import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
    const keys = await generateKeyPair();
    const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
    const [up, down] = [new TransformStream(), new TransformStream()];
    const client = importFD({ readable: down.readable, writable: up.writable }, {
      hostname: "localhost",
      caCerts: [cert],
    });
    const server = importFD({ readable: up.readable, writable: down.writable }, {
      role: "server",
      certificates: [{ cert, key: keys.privateKey }],
    });
    await Promise.all([client.handshake(), server.handshake()]);`,
  "connect, with `caCerts` or a hook": `
    import { importFD } from "@nss/nss";
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
    await using socket = importFD(conn, { hostname: "localhost", authCertificate: () => true });
    await socket.handshake();`,
  "connect, with the platform's roots": `
    import { importFD } from "@nss/nss";
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
    const { name } = await importFD(conn, { hostname: "localhost" }).handshake().catch((e) => e);
    if (name !== "SEC_ERROR_UNKNOWN_ISSUER") throw new Error(name); // nobody knows that server`,
  "listen": `
    import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
    const keys = await generateKeyPair();
    const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
    const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      certificates: [{ cert, key: keys.privateKey }],
    });
    listener.close();`,
  "serve HTTP": `
    import { createCertificate, generateKeyPair, importFD } from "@nss/nss";
    import { serve } from "@nss/nss/http";
    const keys = await generateKeyPair();
    const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
    const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
      certificates: [{ cert, key: keys.privateKey }],
      alpnProtocols: ["h2", "http/1.1"],
    });
    await serve(listener, () => new Response("hello")).shutdown();`,
  "call HTTP by an agent, with `caCerts` or a hook": `
    import https from "node:https";
    import { createAgent } from "@nss/nss/http";
    const agent = createAgent({ authCertificate: () => true });
    const error = await new Promise((resolve) =>
      https.get("https://127.0.0.1:PORT/", { agent }).on("error", resolve)
    );
    if (error.code !== "ECONNRESET") throw error; // the server only speaks TLS`,
  "connect for a driver of npm's, with `ca`": `
    import { once } from "node:events";
    import { connect } from "@nss/nss/node";
    const ca = \`CERT\`;
    const socket = connect({ host: "127.0.0.1", port: PORT, servername: "localhost", ca });
    await once(socket, "secureConnect");
    socket.destroy();`,
  "offer a socket to other software by `relay`, in a `folder`": `
    import { importFD } from "@nss/nss";
    import { relay } from "@nss/nss/node";
    const conn = await Deno.connect({ hostname: "127.0.0.1", port: PORT });
    const socket = importFD(conn, { hostname: "localhost", authCertificate: () => true });
    await (await relay(socket, { folder: "FOLDER" })).close();`,
  "read PEM, PKCS#8 or PKCS#12 files": `
    import { parseCertificate } from "@nss/nss/cert";
    import { importPrivateKey } from "@nss/nss/pkcs11";
    parseCertificate(await Deno.readFile("FOLDER/cert.pem"));
    await importPrivateKey(await Deno.readFile("FOLDER/key.pem"));`,
  "read an NSS database": `
    import { init, shutdown } from "@nss/nss";
    const context = await init("FOLDER/db");
    await context.certDB.find({});
    await shutdown();`,
  "write an NSS database": `
    import { initReadWrite, shutdown } from "@nss/nss";
    await initReadWrite("FOLDER/new");
    await shutdown();`,
  "use a PKCS#11 library": `
    import { loadModule } from "@nss/nss/pkcs11/module";
    await using module = await loadModule("LIBRARY");
    if (module.slots.length === 0) throw new Error("no slots");`,
  "keep sessions or keys in Deno KV": `
    import { openKvSessionCache } from "@nss/nss/ssl/kv-session-cache";
    await using cache = await openKvSessionCache({ path: ":memory:" });`,
  "share sessions between server processes": `
    import { configMPServerSIDCache, shutdownServerSessionIDCache } from "@nss/nss";
    await configMPServerSIDCache();
    await shutdownServerSessionIDCache();`,
};

/** The rows of README's table: a job, and its flags. */
async function documented(): Promise<Map<string, readonly string[]>> {
  const readme = await Deno.readTextFile(new URL("README.md", ROOT));
  const [, section = ""] = /^## Permissions\n(.*?)^## /ms.exec(readme) ?? [];
  const rows = section.matchAll(/^\| (.+?) +\| (.+?) +\|$/gm);
  return new Map(
    [...rows].slice(2).map(([, job, flags]) => [job!, flags!.match(/--[\w-]+/g) ?? []]),
  );
}

/** The folders and hosts that a flag is given for; no program knows the name of a relay before. */
function narrowed(flag: string, code: string, { folder }: Place): string {
  return flag === "--allow-net" && !code.includes("relay(")
    ? `${flag}=127.0.0.1`
    : flag.endsWith("read") ||
        flag.endsWith("write")
    ? `${flag}=${folder}`
    : flag;
}

async function runJob(code: string, flags: readonly string[], place: Place) {
  const path = `${place.folder}/job.ts`;
  const text = code.replaceAll("FOLDER", place.folder).replaceAll("PORT", String(place.port))
    .replaceAll("LIBRARY", place.library).replaceAll("CERT", place.cert);
  await Deno.writeTextFile(path, text);
  const args = ["run", "--no-prompt", "--no-check", "--config", `${place.folder}/deno.json`];
  return await run(Deno.execPath(), {
    args: [...args, ...flags.map((flag) => narrowed(flag, code, place)), path],
    env: { NO_COLOR: "1", TMPDIR: place.folder, SOFTHSM2_CONF: `${place.folder}/softhsm2.conf` },
  });
}

/** Lays out what the jobs need, and serves them. */
async function withPlace(use: (place: Place) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir({ prefix: "nss_permissions_" });
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  await Deno.writeTextFile(`${folder}/cert.pem`, cert.toPem());
  await Deno.writeTextFile(`${folder}/key.pem`, await exportPrivateKeyPem(keys.privateKey));
  for (const name of ["tokens", "db", "new"]) await Deno.mkdir(`${folder}/${name}`);
  await Deno.writeTextFile(`${folder}/deno.json`, await configuration());
  await Deno.writeTextFile(
    `${folder}/softhsm2.conf`,
    `directories.tokendir = ${folder}/tokens\n`,
  );
  await using context = await initContext(`${folder}/db`, { readWrite: true });
  await context.close();
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{ cert, key: keys.privateKey }],
  });
  const serving = (async () => {
    for await (const socket of listener) {
      await socket.handshake().catch(() => {});
      await socket.close().catch(() => {});
    }
  })();
  try {
    const { port } = listener.addr;
    await use({ folder, cert: cert.toPem(), port, library: await findSoftHsm() ?? "" });
  } finally {
    listener.close();
    await serving;
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test("README's table of permissions: each job runs with those in its row, and with none less", async () => {
  const rows = await documented();
  assertEquals([...rows.keys()], Object.keys(JOBS));
  await withPlace(async (place) => {
    for (const [job, flags] of rows) {
      if (JOBS[job]!.includes("LIBRARY") && place.library === "") {
        note(`left out: ${job}: there is no SoftHSM`);
        continue;
      }
      const { code, stderr } = await runJob(JOBS[job]!, flags, place);
      assertEquals(code, 0, `${job}, with ${flags}: ${stderr}`);
      for (const flag of flags) {
        const fewer = await runJob(JOBS[job]!, flags.filter((one) => one !== flag), place);
        assert(fewer.code !== 0, `${job} runs without ${flag}, too`);
      }
    }
  });
});
