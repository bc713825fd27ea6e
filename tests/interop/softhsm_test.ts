// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * PKCS#11 libraries, above all SoftHSM. All of them are in this one file: a library is initialised
 * once for the whole process, which test files share, and SoftHSM reads its configuration then.
 *
 * @module
 */

import {
  assert,
  assertEquals,
  assertExists,
  assertGreater,
  assertNotEquals,
  assertRejects,
  assertStrictEquals,
  assertStringIncludes,
} from "@std/assert";
import {
  type Certificate,
  createCertificate,
  type ErrorName,
  findCertByNickname,
  formatTrust,
  importCert,
  NssError,
  type PrivateKey,
  verifySignature,
} from "@nss/nss/cert";
import {
  exportPrivateKeyPem,
  findCertFromNickname,
  findKeyByAnyCert,
  generateKeyPair,
  initContext,
  platformTrustAnchors,
  setPasswordFunc,
  type Slot,
  type Token,
} from "@nss/nss/pkcs11";
import { loadModule, type Pkcs11Module } from "@nss/nss/pkcs11/module";
import { importFD } from "@nss/nss/ssl";
import { testToken } from "../pkcs11/token_conformance.ts";
import { memoryPair } from "../support/memory_pair.ts";
import { programVersion, run, runOk, spawn } from "../support/process.ts";
import { note, skip } from "../support/skip.ts";

const PIN = "1234";
const LABEL = "NSS for Deno";
const soak = Deno.env.get("NSS_SOAK") === "1";
const DATA = new TextEncoder().encode("to be signed");

/** Where distributions keep a library. */
function findLibrary(...names: readonly string[]): string | undefined {
  const folders = [
    "/usr/lib/softhsm",
    "/usr/lib64/softhsm",
    "/usr/lib",
    "/usr/lib64",
    "/usr/local/lib/softhsm",
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/x86_64-linux-gnu/nss",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu/nss",
    "/opt/homebrew/lib/softhsm",
  ];
  return folders.flatMap((folder) => names.map((name) => `${folder}/${name}`)).find((path) => {
    try {
      Deno.statSync(path);
      return true;
    } catch {
      return false;
    }
  });
}

const SOFTHSM = findLibrary("libsofthsm2.so");
const utility = await programVersion("softhsm2-util", ["--version"], /(\d+\.\d+\.\d+)/);

const folder = await Deno.makeTempDir({ prefix: "nss_softhsm_" });
globalThis.addEventListener("unload", () => Deno.removeSync(folder, { recursive: true }));

async function failsWith(
  run: () => Promise<unknown>,
  name: ErrorName,
  message: string,
): Promise<NssError> {
  const error = await assertRejects(run, NssError);
  assertEquals(error.name, name, error.message);
  assertStringIncludes(error.message, message);
  return error;
}

Deno.test("loadModule() tells a missing file from one that is no PKCS#11 library, and from no library", async () => {
  await failsWith(() => loadModule(`${folder}/none.so`), "PR_FILE_NOT_FOUND_ERROR", "none.so");
  await Deno.writeTextFile(`${folder}/text.so`, "text");
  await failsWith(() => loadModule(`${folder}/text.so`), "PR_LOAD_LIBRARY_ERROR", "text.so");
  await failsWith(() => loadModule("libc.so.6"), "PR_FIND_SYMBOL_ERROR", "C_GetFunctionList");
});

Deno.test("loadModule() names the permission that is missing, and why a path is not enough", async () => {
  const script = `
    import { loadModule } from ${
    JSON.stringify(new URL("../../pkcs11/module/mod.ts", import.meta.url).href)
  };
    await loadModule("/usr/lib/none.so").catch((error) => console.log(error.name, error.message));`;
  const cwd = `${import.meta.dirname}/../..`;
  const cases = [[[], "run with --allow-ffi, without a path"], [
    ["--allow-ffi=/usr/lib/none.so"],
    "--allow-ffi with a path is not enough",
  ]] as const;
  for (const [permissions, message] of cases) {
    const { stdout, stderr } = await run(Deno.execPath(), {
      args: ["run", "--no-prompt", "--allow-read", ...permissions, "-"],
      input: script,
      cwd,
    });
    assertStringIncludes(stdout + stderr, "PR_NO_ACCESS_RIGHTS_ERROR");
    assertStringIncludes(stdout, message);
  }
});

interface Fixture {
  readonly root: Certificate;
  readonly rootFile: string;
}

interface Opened {
  readonly module: Pkcs11Module;
  readonly slot: Slot;
}

async function openToken(pin: string = PIN): Promise<Opened> {
  const module = await loadModule(SOFTHSM!);
  const slot = module.slots.find(({ token }) => token?.label === LABEL)!;
  setPasswordFunc((_slot, retry) => retry ? null : pin, { for: slot });
  return { module, slot };
}

let prepared: Promise<Fixture> | undefined;

/** A token with an RSA and an EC key, which SoftHSM's own tool imported, and their certificates. */
function prepare(): Promise<Fixture> {
  return prepared ??= (async () => {
    await Deno.mkdir(`${folder}/tokens`);
    const configuration = `${folder}/softhsm2.conf`;
    await Deno.writeTextFile(
      configuration,
      `directories.tokendir = ${folder}/tokens\nobjectstore.backend = file\nlog.level = ERROR\n`,
    );
    Deno.env.set("SOFTHSM2_CONF", configuration);
    await runOk("softhsm2-util", [
      ...["--init-token", "--free", "--label", LABEL, "--so-pin", "12345678", "--pin", PIN],
    ]);
    const rootKeys = await generateKeyPair();
    const root = await createCertificate({ ...rootKeys, subject: "CN=softhsm root", isCa: true });
    const rootFile = `${folder}/root.pem`;
    await Deno.writeTextFile(rootFile, root.toPem());
    const leaves: [string, Certificate][] = [];
    for (const [index, type] of (["ec-p256", "rsa-2048"] as const).entries()) {
      const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
      await Deno.writeTextFile(`${folder}/key.pem`, await exportPrivateKeyPem(privateKey));
      await runOk("softhsm2-util", [
        ...["--import", `${folder}/key.pem`, "--token", LABEL, "--label", type],
        ...["--id", `0${index + 1}`, "--pin", PIN],
      ]);
      leaves.push([
        type,
        await createCertificate({
          publicKey,
          subject: `CN=${type}`,
          dnsNames: ["localhost"],
          keyUsage: ["digitalSignature", "keyEncipherment"],
          extKeyUsage: ["serverAuth"],
          issuer: { certificate: root, privateKey: rootKeys.privateKey },
        }),
      ]);
    }
    const { module, slot } = await openToken();
    for (const [nickname, leaf] of leaves) {
      await importCert(slot.token!.certificates, leaf, { nickname });
    }
    await module.close();
    return { root, rootFile };
  })();
}

function softhsmTest(title: string, fn: (opened: Opened, fixture: Fixture) => Promise<void>): void {
  if (SOFTHSM === undefined || !utility.ok) {
    return skip(title, utility.ok ? "no libsofthsm2.so here" : utility.reason);
  }
  Deno.test(title, async () => {
    const fixture = await prepare();
    const opened = await openToken();
    try {
      await fn(opened, fixture);
    } finally {
      await opened.module.close();
    }
  });
}

async function credential(
  { slot }: Opened,
  nickname: string,
): Promise<{ cert: Certificate; key: PrivateKey }> {
  const cert = await findCertByNickname(slot.token!.certificates, nickname);
  const key = await slot.token!.findKey(cert!);
  assertExists(key);
  return { cert: cert!, key };
}

softhsmTest(
  "Pkcs11Module describes itself, its slots, token and mechanisms",
  async ({ module, slot }) => {
    const { name, library, manufacturer, version } = module.describe();
    assertEquals([name, library, manufacturer], ["libsofthsm2.so", SOFTHSM, "SoftHSM"]);
    assert(/^2\.\d+$/.test(version), version);
    const info = await slot.token!.describe();
    assertEquals([info.label, info.isInitialized, info.needsLogin], [LABEL, true, true]);
    assertEquals([info.isReadOnly, info.isLocked, info.isFinalTry], [false, false, false]);
    assertNotEquals(info.serialNumber, "");
    const mechanisms = new Map((await slot.token!.mechanisms()).map((row) => [row.name, row]));
    assertEquals(mechanisms.get("CKM_RSA_PKCS_PSS")?.uses, ["sign"]);
    assertEquals(mechanisms.get("CKM_EC_KEY_PAIR_GEN")?.uses, ["generateKeyPair"]);
    // SoftHSM always has one more slot, for the next token
    assert(module.slots.some(({ token }) => token === null));
  },
);

softhsmTest(
  "loadModule() initialises a library once, and finalises it with its last user",
  async (opened) => {
    const second = await loadModule(SOFTHSM!);
    const token = second.slots.find(({ token }) => token?.label === LABEL)!.token!;
    await opened.module.close();
    await opened.module.close(); // no user less
    assertEquals((await token.describe()).label, LABEL);
    await second.close();
    await failsWith(() => token.describe(), "SEC_ERROR_NO_TOKEN", "closed");
    const third = await loadModule(SOFTHSM!);
    assert(third.slots.some(({ token }) => token?.label === LABEL));
    await third.close();
  },
);

softhsmTest(
  "Pkcs11Module.close() waits for what runs in SoftHSM, 100 times in 100",
  async () => {
    // In a process of its own, since to unload a library that runs crashes it
    const client = `${import.meta.dirname}/../pkcs11/module/_module_client.ts`;
    const running = ["mechanisms", "describe", "refresh"];
    const { code, stdout, stderr } = await run(Deno.execPath(), {
      args: [
        ...["run", "-A", "--no-check", client, SOFTHSM!, LABEL],
        ...["close and outlive", "", "100", ...running],
      ],
    });
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    const outcomes = stdout.trim().split("\n").map((line) => JSON.parse(line));
    assertEquals(outcomes.length, 100);
    for (const outcome of outcomes.flat()) assert(/^ok$|^SEC_ERROR_\w+$/.test(outcome), outcome);
  },
);

softhsmTest(
  "ModuleToken.certificates lists without a password which certificates have keys",
  async ({ slot }) => {
    const token = slot.token!;
    const records = await token.certificates.find({});
    const summary = records.map((
      { nickname, hasKey, trust, tokenName },
    ) => [nickname, hasKey, trust, tokenName]);
    assertEquals(summary.sort(), [["ec-p256", true, null, LABEL], ["rsa-2048", true, null, LABEL]]);
    assert(!token.isLoggedIn);
  },
);

softhsmTest(
  "ModuleToken.login() tells right from wrong passwords, also when it is logged in",
  async ({ slot }) => {
    const token = slot.token!;
    for (const wrong of ["wrong", "", "123", "x".repeat(300)]) {
      assertEquals(await token.login(wrong), false);
      assert(!token.isLoggedIn);
    }
    assertEquals(await token.login(PIN), true);
    assert(token.isLoggedIn);
    assertEquals(await token.login("wrong"), false);
    assertEquals(await token.login(PIN), true);
    await token.logout();
    assert(!token.isLoggedIn);
    setPasswordFunc(() => "wrong-pin", { for: slot });
    const error = await failsWith(() => token.listKeys(), "SEC_ERROR_BAD_PASSWORD", LABEL);
    assert(!error.message.includes("wrong-pin"));
  },
);

softhsmTest(
  "ModuleToken.findKey() asks for no password where the token has neither key nor certificate",
  async ({ slot }) => {
    let asked = 0;
    setPasswordFunc(() => {
      asked++;
      return PIN;
    }, { for: slot });
    const { publicKey } = await generateKeyPair();
    assertStrictEquals(await slot.token!.findKey(publicKey), undefined);
    assertEquals(asked, 0);
    const cert = await findCertByNickname(slot.token!.certificates, "ec-p256");
    assertExists(await slot.token!.findKey(cert!));
    assertEquals(asked, 1);
  },
);

softhsmTest("ModuleKey.sign() signs in every way of RSA and ECDSA", async (opened) => {
  for (const nickname of ["ec-p256", "rsa-2048"]) {
    const { cert, key } = await credential(opened, nickname);
    const publicKey = cert.subjectPublicKeyInfo;
    assertEquals(key.algorithm, publicKey.algorithm);
    assertEquals(key.schemes?.length, nickname === "ec-p256" ? 3 : 6);
    for (const scheme of key.schemes!) {
      const signature = await key.sign(scheme, DATA);
      assert(await verifySignature(publicKey, scheme, DATA, signature, { anyCurve: true }), scheme);
    }
    await failsWith(() => key.sign("ed25519", DATA), "SEC_ERROR_INVALID_ALGORITHM", "ed25519");
  }
});

softhsmTest("ModuleKey.sign() fails after a logout, and in a closed module", async (opened) => {
  const { key } = await credential(opened, "ec-p256");
  await opened.slot.token!.logout();
  await failsWith(
    () => key.sign("ecdsa_secp256r1_sha256", DATA),
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    LABEL,
  );
  const again = await credential(opened, "ec-p256");
  await opened.module.close();
  await failsWith(
    () => again.key.sign("ecdsa_secp256r1_sha256", DATA),
    "SEC_ERROR_TOKEN_NOT_LOGGED_IN",
    LABEL,
  );
});

softhsmTest(
  "ModuleKey.sign() shares its sessions among many at once, and holds nobody up",
  async (opened) => {
    const { cert, key } = await credential(opened, "rsa-2048");
    const stalls = new Stalls();
    const messages = Array.from({ length: 200 }, (_, i) => Uint8Array.of(i));
    try {
      const signatures = await Promise.all(
        messages.map((data) => key.sign("rsa_pss_rsae_sha256", data)),
      );
      const publicKey = cert.subjectPublicKeyInfo;
      const verified = await Promise.all(
        signatures.map((signature, i) =>
          verifySignature(publicKey, "rsa_pss_rsae_sha256", messages[i]!, signature)
        ),
      );
      assertEquals(verified.filter((isRight) => isRight).length, messages.length);
      assertGreater(stalls.turns, 3);
      note(`SoftHSM: longest event-loop stall of 200 signatures ${stalls.longest.toFixed(1)} ms`);
    } finally {
      stalls.stop();
    }
  },
);

softhsmTest(
  "ModuleToken.generateKeyPair() makes keys that stay, and deleteKey() removes them",
  async ({ slot }) => {
    const token = slot.token!;
    for (const type of ["ec-p384", "rsa-2048", "ed25519"] as const) {
      const made = await token.generateKeyPair(type, { label: "made" });
      for (const scheme of made.privateKey.schemes!) {
        const signature = await made.privateKey.sign(scheme, DATA);
        const isValid = verifySignature(made.publicKey, scheme, DATA, signature, {
          anyCurve: true,
        });
        assert(await isValid, scheme);
      }
      const listed = (await token.listKeys()).find(({ label }) => label === "made");
      assertEquals(listed?.id, made.id);
      assertEquals(listed?.algorithm, made.algorithm);
      assert(await token.deleteKey(made));
      assertEquals(await token.deleteKey(made), false);
      assertEquals(await token.findKey(made.publicKey), undefined);
    }
    await failsWith(() => token.generateKeyPair("mldsa44"), "SEC_ERROR_KEYGEN_FAIL", "mldsa44");
  },
);

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

softhsmTest("ModuleToken.importKey() takes keys that may leave, once", async ({ slot }) => {
  const token = slot.token!;
  for (const type of ["ec-p521", "rsa-2048"] as const) {
    const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
    const imported = await token.importKey(await exportPrivateKeyPem(privateKey), {
      label: "imported",
    });
    assertEquals(imported.algorithm, publicKey.algorithm);
    assertEquals((await token.importKey(privateKey)).id, imported.id);
    const key = await token.findKey(publicKey);
    const scheme = key!.schemes![0]!;
    assert(await verifySignature(publicKey, scheme, DATA, await key!.sign(scheme, DATA)));
    assert(await token.deleteKey(publicKey));
  }
  const { privateKey } = await generateKeyPair();
  await failsWith(
    () => token.importKey(privateKey),
    "SEC_ERROR_CANNOT_MOVE_SENSITIVE_KEY",
    "may not leave",
  );
});

softhsmTest(
  "ModuleToken.changePassword() changes the password, back and forth",
  async ({ slot }) => {
    const token = slot.token!;
    await failsWith(
      () => token.changePassword("wrong", "4321"),
      "SEC_ERROR_BAD_PASSWORD",
      "CKR_PIN_INCORRECT",
    );
    await failsWith(
      () => token.changePassword(PIN, ""),
      "SEC_ERROR_INVALID_PASSWORD",
      "CKR_PIN_LEN_RANGE",
    );
    await failsWith(
      () => token.changePassword(null, "4321"),
      "PR_NOT_IMPLEMENTED_ERROR",
      "own tools",
    );
    await token.changePassword(PIN, "4321");
    assert(token.isLoggedIn);
    assertEquals(await token.login(PIN), false);
    await token.logout();
    assertEquals(await token.login(PIN), false);
    await token.changePassword("4321", PIN);
    assert(token.isLoggedIn);
  },
);

softhsmTest(
  "NssContext.addModule() lets SoftHSM be found by nickname and by URI",
  async ({ module, slot }) => {
    const context = await initContext(null);
    try {
      context.addModule(module);
      setPasswordFunc((_slot, retry) => retry ? null : PIN, { for: slot });
      for (
        const name of [
          `${LABEL}:rsa-2048`,
          `pkcs11:token=${encodeURIComponent(LABEL)};object=rsa-2048;type=cert`,
        ]
      ) {
        const certificate = await findCertFromNickname(name, { context });
        assertEquals(certificate.subject.commonName, "rsa-2048");
        const key = await findKeyByAnyCert(certificate, { context });
        const signature = await key.sign("rsa_pss_rsae_sha256", DATA);
        const publicKey = certificate.subjectPublicKeyInfo;
        assert(await verifySignature(publicKey, "rsa_pss_rsae_sha256", DATA, signature));
      }
    } finally {
      await context.close();
    }
  },
);

if (SOFTHSM !== undefined && utility.ok) {
  let tokens = 0;
  testToken("ModuleToken of SoftHSM", async () => {
    await prepare();
    const label = `token ${tokens++}`;
    await runOk("softhsm2-util", [
      ...["--init-token", "--free", "--label", label, "--so-pin", "12345678", "--pin", PIN],
    ]);
    const modules: Pkcs11Module[] = [];
    const open = async (): Promise<Token> => {
      const module = await loadModule(SOFTHSM);
      modules.push(module);
      return module.slots.find(({ token }) => token?.label === label)!.token!;
    };
    return {
      token: await open(),
      reopen: open,
      close: async () => {
        for (const module of modules) await module.close();
      },
    };
  }, {
    password: PIN,
    keyTypes: ["ec-p256", "ec-p384", "ec-p521", "ed25519", "rsa-2048"],
    hidesKeys: true,
    noPasswordChange: true, // SoftHSM takes no empty one
    noTrust: true,
  });
}

const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const tstclnt = await programVersion("tstclnt", ["-H"], /(usage|option|help)/i);
const HANDSHAKES = soak ? 500 : 50;

if (!openssl.ok) skip("importFD() with keys in SoftHSM", openssl.reason);
else {
  softhsmTest(
    `importFD() serves ${HANDSHAKES} handshakes with RSA and EC keys in SoftHSM`,
    async (opened, { rootFile }) => {
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
      const database = tstclnt.ok ? await makeDatabase(rootFile) : "";
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

/**
 * Measures how long timers are late: the longest time that the event loop was busy with one thing.
 */
class Stalls {
  longest = 0;
  turns = 0;
  #last = performance.now();
  #timer = setInterval(() => {
    const now = performance.now();
    this.turns++;
    this.longest = Math.max(this.longest, now - this.#last - 1);
    this.#last = now;
  }, 1);

  stop(): void {
    clearInterval(this.#timer);
  }
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

async function makeDatabase(rootFile: string): Promise<string> {
  const path = `${folder}/nss`;
  await Deno.mkdir(path);
  await runOk("certutil", ["-N", "-d", `sql:${path}`, "--empty-password"]);
  await runOk("certutil", ["-A", "-d", `sql:${path}`, "-n", "root", "-t", "C,,", "-i", rootFile]);
  return path;
}

async function tstclntClient({ port, database, rsa }: ClientOptions): Promise<string> {
  const request = `${folder}/request`;
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

const CKBI = findLibrary("libnssckbi.so");
if (CKBI === undefined) {
  skip("loadModule() reads NSS's built-in roots with their trust", "no libnssckbi.so here");
} else {
  testToken("ModuleToken of NSS's built-in roots", async () => {
    const module = await loadModule(CKBI);
    return { token: module.slots[0]!.token!, close: () => module.close() };
  }, { readOnly: true, noKeys: true });

  Deno.test("loadModule() reads NSS's built-in roots with their trust", async () => {
    await using module = await loadModule(CKBI);
    const token = module.slots[0]!.token!;
    assertStringIncludes(token.label, "Builtin");
    assert(token.isLoggedIn); // it needs none
    const records = await token.certificates.find({});
    assertGreater(records.length, 50);
    const trusted = records.filter(({ trust }) =>
      trust !== null && formatTrust(trust).startsWith("C")
    );
    assertGreater(trusted.length, 50);
    assertEquals(await token.listKeys(), []);
    const [first] = trusted;
    const again = await token.certificates.find({ subject: first!.certificate.subject.der });
    assert(again.some(({ certificate }) => certificate.equals(first!.certificate)));
    const distrusted = records.filter(({ distrustAfter }) => distrustAfter !== undefined);
    note(
      `libnssckbi: ${records.length} roots, ${trusted.length} trusted for servers, ${distrusted.length} with a last day`,
    );
    // The dates that this package knows of the runtime's roots are those of NSS
    const anchors = await platformTrustAnchors();
    for (const { certificate, distrustAfter } of distrusted) {
      const same = anchors.find((anchor) => anchor.certificate?.equals(certificate));
      if (same !== undefined) assertEquals(same.distrustAfter, distrustAfter);
    }
    const { publicKey, privateKey } = await generateKeyPair();
    const certificate = await createCertificate({ publicKey, privateKey, subject: "CN=a" });
    await failsWith(
      () => token.certificates.importCert(certificate),
      "SEC_ERROR_READ_ONLY",
      "read-only",
    );
    await failsWith(() => token.generateKeyPair(), "SEC_ERROR_READ_ONLY", "read-only");
  });
}

const SOFTOKEN = findLibrary("libsoftokn3.so");
if (SOFTOKEN === undefined || !tstclnt.ok) {
  skip("loadModule() opens an NSS database by NSS's softoken", "no libsoftokn3.so here");
} else {
  Deno.test("loadModule() opens an NSS database by NSS's softoken, and signs with its keys", async () => {
    const path = await Deno.makeTempDir({ dir: folder });
    await Deno.writeTextFile(`${path}/pw`, `${PIN}\n`);
    await Deno.writeTextFile(`${path}/noise`, "noise");
    const common = ["-d", `sql:${path}`, "-f", `${path}/pw`];
    await runOk("certutil", ["-N", ...common]);
    await runOk("certutil", [
      ...[
        "-S",
        ...common,
        "-z",
        `${path}/noise`,
        "-n",
        "server",
        "-s",
        "CN=server",
        "-x",
        "-t",
        "C,,",
      ],
      ...["-k", "ec", "-q", "nistp256", "-m", "1"],
    ]);
    await using module = await loadModule(SOFTOKEN, {
      parameters:
        `configdir='sql:${path}' certPrefix='' keyPrefix='' secmod='secmod.db' flags=readOnly`,
    });
    const slot = module.slots.find(({ token }) => token?.label.includes("Certificate DB"))!;
    setPasswordFunc((_slot, retry) => retry ? null : PIN, { for: slot });
    const record = (await slot.token!.certificates.find({ nickname: "server" }))[0]!;
    assertEquals(record.nickname, "server");
    const key = await slot.token!.findKey(record.certificate);
    const signature = await key!.sign("ecdsa_secp256r1_sha256", DATA);
    const publicKey = record.certificate.subjectPublicKeyInfo;
    assert(await verifySignature(publicKey, "ecdsa_secp256r1_sha256", DATA, signature));
    assertEquals((await slot.token!.listKeys()).length, 1);
  });
}

const P11_KIT = findLibrary("p11-kit-proxy.so");
if (P11_KIT === undefined) {
  skip("loadModule() lists the slots of p11-kit-proxy", "no p11-kit-proxy.so here");
} else {
  Deno.test("loadModule() lists the slots of p11-kit-proxy", async () => {
    await using module = await loadModule(P11_KIT);
    assertStringIncludes(module.describe().manufacturer, "PKCS#11 Kit");
    const labels = module.slots.map(({ token }) => token?.label ?? "none");
    note(`p11-kit-proxy: ${labels.join(", ")}`);
    for (const { token } of module.slots) if (token !== null) await token.certificates.find({});
  });
}
