// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** Sessions that several server processes share. @module */

import { assert, assertEquals, assertRejects } from "@std/assert";
import { encodePem } from "../../../cert/der/pem.ts";
import { createCertificate } from "../../../cert/create/create_certificate.ts";
import { NssContext } from "../../../pkcs11/context/context.ts";
import { generateKeyPair } from "../../../pkcs11/keys/generate_key_pair.ts";
import type { KvStore } from "../../../pkcs11/kv/store.ts";
import {
  configMPServerSIDCache,
  inheritMPServerSIDCache,
  SSL_INHERITANCE,
} from "../../../ssl/nss/config_mp_server_sid_cache.ts";
import { FAILURES_UNTIL_REST } from "../../../ssl/session/circuit.ts";
import { shutdownServerSessionIDCache } from "../../../ssl/nss/config_server_session_id_cache.ts";
import { SslError } from "../../../ssl/base/errors.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import { importFD } from "../../../ssl/import_fd.ts";
import type { ImportOptions, VersionRange } from "../../../ssl/config/import_options.ts";
import { setResumptionToken } from "../../../ssl/nss/resumption_token.ts";
import { spawn } from "../../support/process.ts";
import { RawTls12Client } from "../_raw_tls12_client.ts";
import { session } from "../_support.ts";

const keys = await generateKeyPair("ec-p256", { extractable: true });
const certificate = await createCertificate({
  ...keys,
  subject: "CN=server",
  dnsNames: ["localhost"],
});

/** A child process that serves, with the cache that it inherits. */
async function startServer(inheritance: string, named?: string) {
  const identity = JSON.stringify({
    cert: encodePem("CERTIFICATE", certificate.der),
    pkcs8: (await keys.exportPkcs8()).toBase64(),
    named,
  });
  const process = spawn(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      "--unstable-kv",
      "-A",
      `${import.meta.dirname}/../_mp_server.ts`,
      identity,
    ],
    env: { [SSL_INHERITANCE]: inheritance, NO_COLOR: "1" },
    interactive: true,
  });
  const [, port] = await process.waitFor((p) => /^(\d+)$/m.exec(p.stdout));
  return {
    port: Number(port),
    [Symbol.asyncDispose]: async () => {
      await process.closeInput();
      await process[Symbol.asyncDispose]();
    },
  };
}

/** One connection: whether it was resumed, and the token that it gives. */
async function connect(port: number, versions: VersionRange, token: Uint8Array | null) {
  const tokens: Uint8Array[] = [];
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  await using socket = importFD(conn, {
    hostname: "localhost",
    caCerts: [certificate],
    versions,
    resumptionTokenCallback: (_, next) => void tokens.push(next),
    context: new NssContext({ trustAnchors: [] }),
  });
  if (token !== null) setResumptionToken(socket, token);
  const { resumed } = await socket.handshake();
  await socket.read(new Uint8Array(1));
  return { resumed, token: tokens.at(-1)! };
}

/** A client that takes no tickets. */
async function withRawClient<T>(port: number, run: (client: RawTls12Client) => Promise<T>) {
  const conn = await Deno.connect({ hostname: "127.0.0.1", port });
  try {
    return await run(new RawTls12Client(conn));
  } finally {
    conn.close();
  }
}

Deno.test("configMPServerSIDCache() lets two server processes resume each other's sessions, by ID and by tickets of both versions", async () => {
  const context = new NssContext();
  const inheritance = await configMPServerSIDCache({ context });
  try {
    await using one = await startServer(inheritance);
    await using two = await startServer(inheritance);
    for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
      const versions = { min: version, max: version };
      const first = await connect(one.port, versions, null);
      const second = await connect(two.port, versions, first.token);
      const third = await connect(one.port, versions, second.token);
      assertEquals([first, second, third].map(({ resumed }) => resumed), [false, true, true]);
    }
    const known = await withRawClient(one.port, (client) => client.handshake());
    assertEquals([known.sessionId.length, known.ticket], [32, null]);
    for (const { port } of [two, one]) {
      const { hello } = await withRawClient(port, (client) => client.resume(known));
      assertEquals(hello.legacySessionIdEcho, known.sessionId);
    }
  } finally {
    await shutdownServerSessionIDCache({ context });
  }
});

Deno.test("configMPServerSIDCache() keeps sessions of servers with hooks to their process, unless they have a name", async () => {
  const context = new NssContext();
  const inheritance = await configMPServerSIDCache({ context });
  try {
    for (
      const [names, resumes] of [[["", ""], false], [["a", "b"], false], [
        ["a", "a"],
        true,
      ]] as const
    ) {
      await using one = await startServer(inheritance, names[0]);
      await using two = await startServer(inheritance, names[1]);
      const versions = { min: "TLSv1.3", max: "TLSv1.3" } as const;
      const { token } = await connect(one.port, versions, null);
      assertEquals((await connect(one.port, versions, token)).resumed, true);
      assertEquals((await connect(two.port, versions, token)).resumed, resumes);
    }
  } finally {
    await shutdownServerSessionIDCache({ context });
  }
});

Deno.test("configMPServerSIDCache() makes a file for its owner alone, and removes one that nobody asked for", async () => {
  const context = new NssContext();
  const { path } = JSON.parse(await configMPServerSIDCache({ context }));
  const directory = path.slice(0, path.lastIndexOf("/"));
  const names = (await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name);
  assert(names.includes(path.slice(directory.length + 1)), `${names}`);
  for (const name of names) {
    const { mode } = await Deno.stat(`${directory}/${name}`);
    assertEquals(mode! & 0o077, 0, name);
  }
  await shutdownServerSessionIDCache({ context });
  await assertRejects(() => Deno.stat(path), Deno.errors.NotFound);
});

Deno.test("configMPServerSIDCache() leaves no file behind where there is no Deno KV", async () => {
  const directory = await Deno.makeTempDir({ prefix: "nss_no_kv_" });
  const module = new URL("../../../ssl/nss/config_mp_server_sid_cache.ts", import.meta.url);
  const process = spawn(Deno.execPath(), {
    args: [
      "eval",
      "--no-check",
      `import { configMPServerSIDCache } from ${JSON.stringify(module)};
      delete Deno.openKv;
      for (const path of [undefined, ${JSON.stringify(`${directory}/cache`)}]) {
        await configMPServerSIDCache(path && { path }).catch(({ name }) => console.log(name));
      }`,
    ],
    env: { TMPDIR: directory, NO_COLOR: "1" },
  });
  try {
    await process.waitFor(({ stdout }) => /(PR_OPERATION_NOT_SUPPORTED_ERROR\s*){2}/.exec(stdout));
    assertEquals((await Array.fromAsync(Deno.readDir(directory))).map(({ name }) => name), []);
  } finally {
    await process[Symbol.asyncDispose]();
    await Deno.remove(directory, { recursive: true });
  }
});

const both = { min: "TLSv1.3", max: "TLSv1.3" } as const;

/** One connection between a client and a server of these contexts. */
async function resumes(client: NssContext, server: NssContext, options: ImportOptions = {}) {
  const [info] = await session({
    client: { context: client, versions: both },
    server: { context: server, versions: both, ...options },
  });
  return info.resumed;
}

Deno.test("inheritMPServerSIDCache() finds the cache in a store that is open already, and no other's", async () => {
  using kv = await Deno.openKv(":memory:");
  const [client, one, two, three] = Array.from(
    { length: 4 },
    () => new NssContext({ trustAnchors: [] }),
  );
  const inheritance = await configMPServerSIDCache({ kv, context: one! });
  await inheritMPServerSIDCache(inheritance, { kv, context: two! });
  await configMPServerSIDCache({ kv, context: three! }); // another secret
  assertEquals(await resumes(client!, one!), false);
  assertEquals(await resumes(client!, two!), true);
  assertEquals(await resumes(client!, three!), false);
  assertEquals(await resumes(client!, two!, { clientAuth: "request" }), false);
  const again = await assertRejects(() => configMPServerSIDCache({ kv, context: one! }), SslError);
  assertEquals(again.name, "PR_IS_CONNECTED_ERROR");
});

Deno.test("configMPServerSIDCache() configures a context once, also where it is called twice at once", async () => {
  const context = new NssContext();
  const outcomes = await Promise.allSettled(
    [1, 2].map(() => configMPServerSIDCache({ context })),
  );
  const refused = outcomes.filter((outcome) => outcome.status === "rejected");
  assertEquals(refused.map(({ reason }) => reason.name), ["PR_IS_CONNECTED_ERROR"]);
  // What the other has opened is closed again, as the test's runner sees.
  await shutdownServerSessionIDCache({ context });
});

Deno.test("inheritMPServerSIDCache() takes nothing that configMPServerSIDCache() has not said", async () => {
  using kv = await Deno.openKv(":memory:");
  const context = new NssContext();
  const good = JSON.parse(await configMPServerSIDCache({ kv, context: new NssContext() }));
  const rows = [
    "",
    "{",
    "null",
    JSON.stringify({ ...good, form: 1 }),
    JSON.stringify({ ...good, secret: "AAAA" }),
    JSON.stringify({ ...good, secret: "?" }),
    JSON.stringify({ ...good, path: 1 }),
    JSON.stringify({ ...good, timeout: "1" }),
    JSON.stringify({ ...good, maxCacheEntries: -1 }),
  ];
  for (const text of rows) {
    const error = await assertRejects(
      () => inheritMPServerSIDCache(text, { kv, context }),
      SslError,
    );
    assertEquals(error.name, "SEC_ERROR_INVALID_ARGS", text);
  }
  // The text is a secret, of which errors tell nothing.
  const unquoted = JSON.stringify(good).replace(`"${good.secret}"`, good.secret);
  const damaged = await assertRejects(
    () => inheritMPServerSIDCache(unquoted, { context }),
    SslError,
  );
  assertEquals([damaged.name, damaged.cause], ["SEC_ERROR_INVALID_ARGS", undefined]);
  const nowhere = await assertRejects(
    () => inheritMPServerSIDCache(JSON.stringify(good), { context }),
    SslError,
  );
  assertEquals(nowhere.name, "SEC_ERROR_INVALID_ARGS");
  Deno.env.delete(SSL_INHERITANCE);
  const unset = await assertRejects(
    () => inheritMPServerSIDCache(undefined, { context }),
    SslError,
  );
  assertEquals(unset.name, "SEC_ERROR_INVALID_ARGS");
  const short = await assertRejects(
    () => configMPServerSIDCache({ kv, context, secret: new Uint8Array(31) }),
    SslError,
  );
  assertEquals(short.name, "SEC_ERROR_INVALID_ARGS");
});

/** A store that says so many times that it is locked. */
function locked(store: KvStore, times: number): KvStore & { tries: number } {
  const refuse = () => {
    if (wrapped.tries++ < times) throw new TypeError("database is locked");
  };
  const wrapped = {
    tries: 0,
    get: async (key: readonly string[]) => {
      await Promise.resolve();
      refuse();
      return await store.get(key);
    },
    list: store.list.bind(store),
    atomic: () => {
      const operation = store.atomic();
      const commit = operation.commit.bind(operation);
      operation.commit = async () => {
        await Promise.resolve();
        refuse();
        return await commit();
      };
      return operation;
    },
    close: () => {},
  };
  return wrapped;
}

Deno.test("configMPServerSIDCache() tries a locked store again, and in the end goes on without it", async () => {
  using store = await Deno.openKv(":memory:");
  const [client, server] = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const patient = locked(store, 3);
  await configMPServerSIDCache({ kv: patient, context: server! });
  assertEquals([await resumes(client!, server!), await resumes(client!, server!)], [false, true]);
  assert(patient.tries > 3);
  assertEquals(getStatistics({ context: server! }).cacheUnavailable, 0);

  const [stranger, without] = [1, 2].map(() => new NssContext({ trustAnchors: [] }));
  const hopeless = locked(store, Infinity);
  await configMPServerSIDCache({ kv: hopeless, context: without! });
  assertEquals([await resumes(stranger!, without!), await resumes(stranger!, without!)], [
    false,
    false,
  ]);
  assert(getStatistics({ context: without! }).cacheUnavailable >= 2);
  // A second's patience with pauses from 4 ms on has some fifteen tries at most, and the store is
  // left alone after three such calls.
  assert(hopeless.tries > 4 && hopeless.tries <= FAILURES_UNTIL_REST * 15, `${hopeless.tries}`);
});
