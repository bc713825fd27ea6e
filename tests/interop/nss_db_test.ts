// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * NSS databases beside NSS's own tools: what certutil makes serves here, what is made here serves
 * them, and both write at once.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import {
  type Certificate,
  createCertificate,
  formatTrust,
  importCert,
  parseTrust,
  type PrivateKey,
} from "@nss/nss/cert";
import {
  findCertFromNickname,
  findKeyByAnyCert,
  generateKeyPair,
  initContext,
  type KeyPairType,
  type NssContext,
} from "@nss/nss/pkcs11";
import { openNssDb } from "@nss/nss/pkcs11/nss-db";
import { importFD, type SslSocket } from "@nss/nss/ssl";
import { namespaceProblem, openNamespace } from "../support/namespace.ts";
import { programVersion, run, runOk, spawn } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";

const PASSWORD = "Secret-Pw1";
const PORT = 4433;
const soak = Deno.env.get("NSS_SOAK") === "1";

async function toolProblem(): Promise<string | undefined> {
  for (const tool of ["certutil", "pk12util", "selfserv", "tstclnt"]) {
    const found = await programVersion(tool, ["-H"], /(usage|option|help)/i);
    if (!found.ok) return found.reason;
  }
  return undefined;
}

const problem = await toolProblem();

/** A folder that goes away. */
class Folder implements AsyncDisposable {
  readonly path = Deno.makeTempDirSync({ prefix: "nss_db_interop_" });

  /** Writes a file, and says where. */
  file(name: string, content: string | Uint8Array): string {
    const path = `${this.path}/${name}`;
    if (typeof content === "string") Deno.writeTextFileSync(path, content);
    else Deno.writeFileSync(path, content);
    return path;
  }

  /** Where a database is to be. */
  database(name = "db"): string {
    const path = `${this.path}/${name}`;
    Deno.mkdirSync(path, { recursive: true });
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}

function test(title: string, fn: (folder: Folder) => Promise<void>): void {
  if (problem !== undefined) return skip(title, problem);
  Deno.test(title, async () => {
    await using folder = new Folder();
    await fn(folder);
  });
}

/** What certutil -L prints of nicknames and trust, with `u` as certutil puts it. */
async function certutilList(directory: string): Promise<Record<string, string>> {
  const printed = await runOk("certutil", ["-L", "-d", `sql:${directory}`]);
  const list: Record<string, string> = {};
  for (const line of printed.split("\n").slice(4)) {
    const [, nickname, trust] = /^(.+?)\s+(\S*,\S*,\S*)\s*$/.exec(line) ?? [];
    if (nickname !== undefined) list[nickname] = trust!;
  }
  return list;
}

/** The same of ours. */
async function ourList(context: NssContext): Promise<Record<string, string>> {
  const list: Record<string, string> = {};
  for (const { nickname, trust, hasKey } of await context.token.certificates.find({})) {
    const columns = formatTrust(trust ?? parseTrust("")).split(",");
    list[nickname!] = columns.map((column) => `${column}${hasKey ? "u" : ""}`).join(",");
  }
  return list;
}

/** A database of certutil's: an authority, servers and a client, RSA and EC. */
async function certutilDatabase(folder: Folder, password: string): Promise<string> {
  const directory = folder.database();
  const passwordFile = folder.file("password", `${password}\n`);
  const noise = folder.file("noise", crypto.getRandomValues(new Uint8Array(64)));
  const common = ["-d", `sql:${directory}`, "-f", passwordFile];
  await runOk("certutil", ["-N", ...common]);
  // -2 asks whether it is an authority, for its path length, and whether that is critical
  const make = (nickname: string, subject: string, ...args: string[]): Promise<string> =>
    runOk("certutil", ["-S", ...common, "-z", noise, "-n", nickname, "-s", subject, ...args], {
      input: "y\n\ny\n",
    });
  const ec = (curve: string): string[] => ["-k", "ec", "-q", curve];
  const issued = ["-c", "Test CA", "-t", ",,"];
  const names = ["--extSAN", "dns:localhost"];
  await make("Test CA", "CN=Test CA", "-x", "-t", "CT,C,C", ...ec("nistp256"), "-m", "1", "-2");
  const rsa = ["-k", "rsa", "-g", "2048"];
  await make("server-rsa", "CN=localhost,OU=RSA", ...issued, ...rsa, "-m", "2", ...names);
  await make("server-ec", "CN=localhost,OU=EC", ...issued, ...ec("nistp384"), "-m", "3", ...names);
  await make("client-ec", "CN=client,OU=EC", ...issued, ...ec("nistp256"), "-m", "4");
  await make("client-rsa", "CN=client,OU=RSA", ...issued, ...rsa, "-m", "5");
  return directory;
}

/** The same database, made by us. */
async function ourDatabase(folder: Folder, password: string): Promise<string> {
  const directory = folder.database();
  await using context = await initContext(directory, {
    readWrite: true,
    password,
    passwordFunc: (_slot, retry) => retry ? null : password,
  });
  const { token, certDB } = context;
  const ca = await token.generateKeyPair("ec-p256");
  const root = await createCertificate({ ...ca, subject: "CN=Our CA", isCa: true });
  await importCert(certDB, root, { nickname: "Our CA", trust: "CT,C,C" });
  const issue = async (nickname: string, type: KeyPairType, name: string): Promise<void> => {
    const { publicKey } = await token.generateKeyPair(type, { label: nickname });
    const certificate = await createCertificate({
      publicKey,
      subject: `CN=${name},OU=${type}`,
      dnsNames: [name],
      // certutil wants it of RSA servers, for the key transport of old
      keyUsage: type.startsWith("rsa")
        ? ["digitalSignature", "keyEncipherment"]
        : ["digitalSignature"],
      extKeyUsage: ["serverAuth", "clientAuth"],
      issuer: { certificate: root, privateKey: ca.privateKey },
    });
    await importCert(certDB, certificate, { nickname });
  };
  await issue("server-rsa", "rsa-2048", "localhost");
  await issue("server-ec", "ec-p384", "localhost");
  await issue("client-ec", "ec-p256", "client");
  await issue("client-rsa", "rsa-2048", "client");
  return directory;
}

async function credential(
  context: NssContext,
  nickname: string,
): Promise<{ cert: Certificate; key: PrivateKey }> {
  const cert = await findCertFromNickname(nickname, { context });
  return { cert, key: await findKeyByAnyCert(cert, { context }) };
}

async function echoOnce(socket: SslSocket): Promise<void> {
  const buffer = new Uint8Array(1024);
  const count = await socket.read(buffer);
  if (count !== null) await socket.write(buffer.subarray(0, count));
}

/**
 * Serves tstclnt with a key of the database, and demands the client's certificate from the same
 * one.
 */
async function serveTstclnt(
  folder: Folder,
  directory: string,
  password: string,
  server: string,
  client: string,
): Promise<void> {
  await using context = await initContext(directory, {
    trustAnchors: [],
    passwordFunc: (_slot, retry) => retry ? null : password,
  });
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const request = folder.file("request.txt", "hello, world\n");
  await using process = spawn("tstclnt", {
    // deno-fmt-ignore
    args: ["-4", "-h", "127.0.0.1", "-a", "localhost", "-p", String(listener.addr.port), "-d", `sql:${directory}`,
      "-w", password, "-n", client, "-V", "tls1.3:tls1.3", "-A", request, "-v"],
  });
  const socket = importFD(await listener.accept(), {
    role: "server",
    certificates: [await credential(context, server)],
    clientAuth: "require",
    context,
  });
  const info = await socket.handshake();
  const wanted = await findCertFromNickname(client, { context });
  assert(info.peerCertificates[0]!.equals(wanted));
  await echoOnce(socket);
  await socket.close();
  const { code, stdout, stderr } = await process.result();
  assertEquals(code, 0, stderr);
  assertEquals(stdout, "hello, world\n");
}

/**
 * Handshakes with selfserv, whose key is in the database, with a client's key from the same one.
 */
async function askSelfserv(
  directory: string,
  password: string,
  server: string,
  client: string,
): Promise<void> {
  await using context = await initContext(directory, {
    trustAnchors: [],
    passwordFunc: (_slot, retry) => retry ? null : password,
  });
  await using namespace = await openNamespace();
  await using process = namespace.spawn("selfserv", {
    // deno-fmt-ignore
    args: ["-d", `sql:${directory}`, "-w", password, ...(/ec/.test(server) ? ["-e", server] : ["-n", server]),
      "-p", String(PORT), "-V", "tls1.3:tls1.3", "-r", "-r", "-v"],
    cwd: directory,
  });
  const socket = importFD(await namespace.connect(PORT), {
    hostname: "localhost",
    certificates: [await credential(context, client)],
    context,
  });
  const info = await socket.handshake();
  assert(info.peerCertificates[0]!.equals(await findCertFromNickname(server, { context })));
  await socket.write(new TextEncoder().encode("GET / HTTP/1.0\r\n\r\n"));
  const buffer = new Uint8Array(4096);
  const count = await socket.read(buffer);
  assertMatch(new TextDecoder().decode(buffer.subarray(0, count ?? 0)), /^HTTP\/1\.0 200/);
  await socket.close();
  await process.waitFor(/Certificate Validated|subject DN: CN=client/);
}

const PAIRS = [["server-rsa", "client-ec"], ["server-ec", "client-rsa"]] as const;
const NO_NAMESPACE = problem === undefined ? await namespaceProblem() : undefined;

for (
  const [maker, make] of [["certutil", certutilDatabase], ["us", ourDatabase]] as const
) {
  for (const password of ["", PASSWORD]) {
    const what = `a database made by ${maker}, with ${
      password === "" ? "the empty" : "a"
    } password,`;

    test(`NSS: ${what} lists as certutil -L does`, async (folder) => {
      const directory = await make(folder, password);
      await using context = await initContext(directory);
      const ours = await ourList(context);
      assertEquals(Object.keys(ours).length, 5);
      assertEquals(ours, await certutilList(directory));
      if (password !== "") assert(await context.token.login(password));
      assertEquals(await ourList(context), ours);
    });

    test(`NSS: ${what} serves tstclnt with TLS 1.3 and asks for its certificate`, async (folder) => {
      const directory = await make(folder, password);
      for (const [server, client] of PAIRS) {
        await serveTstclnt(folder, directory, password, server, client);
      }
    });

    const title = `NSS: ${what} authenticates to selfserv`;
    if (NO_NAMESPACE !== undefined) skip(title, NO_NAMESPACE);
    else {
      test(title, async (folder) => {
        const directory = await make(folder, password);
        for (const [server, client] of PAIRS) {
          await askSelfserv(directory, password, server, client);
        }
      });
    }
  }
}

for (const password of ["", PASSWORD]) {
  const which = password === "" ? "the empty" : "a";
  test(`NSS: certutil and pk12util work on a database of ours with ${which} password`, async (folder) => {
    const directory = await ourDatabase(folder, password);
    const common = ["-d", `sql:${directory}`];
    const passwordFile = folder.file("password", `${password}\n`);
    const keys = await runOk("certutil", ["-K", ...common, "-f", passwordFile]);
    for (const nickname of ["Our CA", "server-rsa", "server-ec", "client-ec", "client-rsa"]) {
      assertStringIncludes(keys, nickname);
    }
    assertEquals(keys.match(/^<\s*\d+>/gm)?.length, 5);
    for (const [usage, nickname] of [["V", "server-rsa"], ["V", "server-ec"], ["C", "client-ec"]]) {
      const args = ["-V", "-e", "-u", usage!, "-n", nickname!, ...common, "-f", passwordFile];
      assertStringIncludes(await runOk("certutil", args), "certificate is valid");
    }
    for (const nickname of ["server-rsa", "server-ec", "client-ec"]) {
      const file = `${folder.path}/${nickname}.p12`;
      // deno-fmt-ignore
      await runOk("pk12util", ["-o", file, "-n", nickname, ...common, "-k", passwordFile, "-W", "p12"]);
      // The key is there: it comes back into another database
      const other = folder.database(`other-${nickname}`);
      await runOk("certutil", ["-N", "-d", `sql:${other}`, "--empty-password"]);
      await runOk("pk12util", ["-i", file, "-d", `sql:${other}`, "-W", "p12", "-K", ""]);
      await using context = await initContext(other);
      await credential(context, nickname);
    }
  });

  test(`NSS: certutil -W changes ${which} password of ours, and we that of certutil`, async (folder) => {
    const directory = await ourDatabase(folder, password);
    const [old, next] = [folder.file("old", `${password}\n`), folder.file("next", "Next-Pw2\n")];
    await using context = await initContext(directory, { readWrite: true });
    // deno-fmt-ignore
    await runOk("certutil", ["-W", "-d", `sql:${directory}`, "-f", old, "-@", next]);
    assertEquals(await context.token.login(password), false);
    assert(await context.token.login("Next-Pw2"));
    for (const nickname of ["server-rsa", "client-ec"]) await credential(context, nickname);
    await context.token.changePassword("Next-Pw2", password);
    const keys = await runOk("certutil", ["-K", "-d", `sql:${directory}`, "-f", old]);
    assertEquals(keys.match(/^<\s*\d+>/gm)?.length, 5);
    assertEquals(
      (await run("certutil", { args: ["-K", "-d", `sql:${directory}`, "-f", next] })).code,
      password === "" ? 0 : 255,
    );
  });
}

test("NSS: certutil sees what we delete, and we what it deletes", async (folder) => {
  const directory = await certutilDatabase(folder, "");
  await using context = await initContext(directory, { readWrite: true });
  const rsa = await findCertFromNickname("server-rsa", { context });
  assert(await context.token.deleteKey(rsa));
  assert(await context.certDB.deleteCert(rsa));
  assertEquals("server-rsa" in await certutilList(directory), false);
  const passwordFile = `${folder.path}/password`;
  const keys = await runOk("certutil", ["-K", "-d", `sql:${directory}`, "-f", passwordFile]);
  assertEquals(keys.match(/^<\s*\d+>/gm)?.length, 4);
  await runOk("certutil", ["-F", "-n", "client-rsa", "-d", `sql:${directory}`, "-f", passwordFile]);
  assertEquals((await context.token.listKeys()).length, 3);
  assertEquals(Object.keys(await ourList(context)).sort(), ["Test CA", "client-ec", "server-ec"]);
  // deno-fmt-ignore
  await runOk("certutil", ["-M", "-n", "server-ec", "-t", "p,p,p", "-d", `sql:${directory}`, "-f", passwordFile]);
  assertEquals((await ourList(context))["server-ec"], "pu,pu,pu");
});

/** Writes from a process of its own: certificates whose nicknames come on its command line. */
const WRITER = `
  import { openNssDb } from "@nss/nss/pkcs11/nss-db";
  import { importCert } from "@nss/nss/cert";
  const [directory, password, folder, ...names] = Deno.args;
  const token = await openNssDb(directory, { readWrite: true });
  await token.login(password);
  await Promise.all(names.map(async (nickname) => {
    const der = await Deno.readFile(folder + "/" + nickname);
    await importCert(token.certificates, der, { nickname, trust: "P,," });
  }));
  await token.close();`;

const WRITERS = soak ? 200 : 20;

test(`NSS: of ${WRITERS} concurrent writers, ours and certutil, none loses a write`, async (folder) => {
  const directory = await ourDatabase(folder, PASSWORD);
  const passwordFile = folder.file("password", `${PASSWORD}\n`);
  const before = await certutilList(directory);
  // A quarter writes in this process, a quarter in two others, and half is certutil
  const names = Array.from({ length: WRITERS }, (_, i) => `writer-${i}`);
  const quarter = WRITERS / 4;
  const [here, there, theirs] = [
    names.slice(0, quarter),
    names.slice(quarter, 2 * quarter),
    names.slice(2 * quarter),
  ];
  const certificates = folder.database("certificates");
  await using context = await initContext(directory, { readWrite: true });
  await context.token.login(PASSWORD);
  const { privateKey, publicKey } = await context.token.generateKeyPair();
  const made = new Map<string, Certificate>();
  for (const name of names) {
    const certificate = await createCertificate({ privateKey, publicKey, subject: `CN=${name}` });
    await Deno.writeFile(`${certificates}/${name}`, certificate.der);
    made.set(name, certificate);
  }
  const tokens = await Promise.all(
    Array.from({ length: 4 }, () => openNssDb(directory, { readWrite: true })),
  );
  for (const token of tokens) assert(await token.login(PASSWORD));

  let [attempts, locked] = [0, 0];
  const certutil = async (...args: string[]): Promise<void> => {
    for (let tries = 1;; tries++) {
      attempts++;
      const common = ["-d", `sql:${directory}`, "-f", passwordFile];
      const { code, stderr } = await run("certutil", {
        args: [...args, ...common],
        timeout: 60_000,
      });
      if (code === 0) return;
      locked++;
      // It does not wait for locks as long as it takes
      assertMatch(stderr, /SEC_ERROR_|database is locked|unable to|could not/i);
      assert(tries < 50, `certutil ${args.join(" ")} failed ${tries} times: ${stderr}`);
      await new Promise((resolve) => setTimeout(resolve, 20 * tries));
    }
  };
  const program = folder.file("writer.ts", WRITER);
  const config = `${import.meta.dirname}/../../deno.json`;
  const writeElsewhere = (nicknames: readonly string[]): Promise<string> =>
    runOk(Deno.execPath(), [
      "run",
      "-A",
      "--no-check",
      "--config",
      config,
      program,
      directory,
      PASSWORD,
      certificates,
      ...nicknames,
    ], { timeout: 300_000 });
  /** So many processes at once; the machine has to run them. */
  const queue = [...theirs];
  const runners = Array.from({ length: 10 }, async () => {
    for (let name = queue.pop(); name !== undefined; name = queue.pop()) {
      await certutil("-A", "-n", name, "-t", "P,,", "-i", `${certificates}/${name}`);
    }
  });
  await Promise.all([
    ...here.map((nickname, i) =>
      importCert(tokens[i % tokens.length]!.certificates, made.get(nickname)!, {
        nickname,
        trust: "P,,",
      })
    ),
    writeElsewhere(there.slice(0, there.length / 2)),
    writeElsewhere(there.slice(there.length / 2)),
    ...runners,
  ]);
  note(`concurrent writers: ${WRITERS}; certutil failed ${locked} of ${attempts} times, we never`);

  // As certutil says, and as we do, with each MAC checked
  const expected = { ...before, ...Object.fromEntries(names.map((name) => [name, "Pu,u,u"])) };
  assertEquals(await certutilList(directory), expected);
  assertEquals(await ourList(context), expected);
  for (const [name, certificate] of made) {
    const [record] = await context.token.certificates.find({ nickname: name });
    assert(record!.certificate.equals(certificate));
  }
  for (const token of tokens) await token.close();
});

test("1,000 certificates imported one after the other are those that certutil -L lists", async (folder) => {
  const directory = folder.database();
  const pair = await generateKeyPair();
  const token = await openNssDb(directory, { create: true });
  for (let i = 0; i < 1000; i++) {
    const certificate = await createCertificate({ ...pair, subject: `CN=${i}`, isCa: true });
    const trust = i % 100 === 0 ? { trust: "C,," } : {};
    await importCert(token.certificates, certificate, { nickname: `number-${i}`, ...trust });
  }
  const ours = (await token.certificates.find({})).map(({ nickname }) => nickname!);
  await token.close();
  const listed = await certutilList(directory);
  assertEquals(Object.keys(listed).sort(), ours.sort());
  assertEquals(Object.values(listed).filter((trust) => trust === "C,,").length, 10);
  // And certutil can write to it
  await runOk("certutil", ["-D", "-d", `sql:${directory}`, "-n", "number-500"]);
  const again = await openNssDb(directory);
  assertEquals((await again.certificates.find({})).length, 999);
  await again.close();
});
