// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * `nss cert`, `csr`, `p12`, `module` and `verify`, by themselves, and with NSS's certutil and
 * pk12util, openssl and SoftHSM at the same databases.
 *
 * @module
 */

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { parseCertificatesPem } from "@nss/nss/cert";
import { type ProcessResult, programVersion, run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const PASSWORD = "Secret-Pw1";
const tools = await programVersion("certutil", ["-H"], /Certificate/);
const openssl = await programVersion("openssl", ["version"], /^OpenSSL (3\.\S+)/m);
const softhsm = await programVersion("softhsm2-util", ["--version"], /(\d+\.\d+\.\d+)/);
const script = await programVersion("script", ["--version"], /util-linux ([\d.]+)/);
const LIBRARY = [
  "/usr/lib/softhsm/libsofthsm2.so",
  "/usr/lib64/pkcs11/libsofthsm2.so",
  "/usr/local/lib/softhsm/libsofthsm2.so",
  "/opt/homebrew/lib/softhsm/libsofthsm2.so",
].find((path) => {
  try {
    return Deno.statSync(path).isFile;
  } catch {
    return false;
  }
});

const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;

/** The group of each command. */
const GROUPS: Readonly<Record<string, string>> = {
  request: "csr create",
  issue: "csr issue",
  import: "p12 import",
  export: "p12 export",
  verify: "verify",
};

/** The whole command line of a command. */
function nssArgs([name = "", ...rest]: readonly string[]): string[] {
  if (name === "list" && /^(?:modules|tokens)$/.test(rest[0] ?? "")) {
    return ["module", rest[0] === "modules" ? "list" : "tokens", ...rest.slice(1)];
  }
  return [...(GROUPS[name] ?? `cert ${name}`).split(" "), ...rest];
}

/** A folder in which commands are run. */
class Desk implements AsyncDisposable {
  private constructor(readonly folder: string) {}

  static async open(): Promise<Desk> {
    const desk = new Desk(await Deno.makeTempDir({ prefix: "nss_certutil_" }));
    await desk.write("password", `${PASSWORD}\n`);
    await desk.write("noise", crypto.randomUUID());
    return desk;
  }

  path(name: string): string {
    return `${this.folder}/${name}`;
  }

  async write(name: string, text: string): Promise<string> {
    await Deno.writeTextFile(this.path(name), text);
    return this.path(name);
  }

  read(name: string): Promise<string> {
    return Deno.readTextFile(this.path(name));
  }

  /** Runs the program; it may write if its command changes something. */
  run(...args: readonly string[]): Promise<ProcessResult> {
    const permissions = [`--allow-read=${this.folder}`, `--allow-write=${this.folder}`];
    const looks = /^(?:list|show|verify)$/.test(args[0] ?? "") &&
      // SQLite of Deno KV writes beside what it reads
      !args.includes("--out") && !args.includes("--kv");
    return run(Deno.execPath(), {
      args: [
        "run",
        "--no-check",
        "--unstable-kv",
        // The authorities of the platform
        "--allow-sys",
        ...looks ? permissions.slice(0, 1) : permissions,
        PROGRAM,
        ...nssArgs(args),
      ],
      // Passwords are stretched by hundreds of thousands of rounds
      timeout: 90_000,
    });
  }

  /** Runs the program, which succeeds; gives what it prints. */
  async ok(...args: readonly string[]): Promise<string> {
    const { code, stdout, stderr } = await this.run(...args);
    assertEquals([code, stderr], [0, ""], `${args.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Runs the program, which fails; gives what it says of that. */
  async fails(code: number, ...args: readonly string[]): Promise<string> {
    const result = await this.run(...args);
    assertEquals([result.code, result.stdout], [code, ""], `${args.join(" ")}\n${result.stderr}`);
    assert(!/\n +at /.test(result.stderr), result.stderr);
    return result.stderr;
  }

  /** NSS's own. */
  nss(database: string, ...args: readonly string[]): Promise<string> {
    // -2 asks: is it an authority, how long the path, is it critical
    const options = args.includes("-2") ? { input: "y\n\ny\n" } : {};
    const files = ["-d", `sql:${this.path(database)}`, "-f", this.path("password")];
    const noise = /^-[SRG]$/.test(args[0]!) ? ["-z", this.path("noise")] : [];
    return runOk("certutil", [...args, ...files, ...noise], options);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

/** A test in a folder of its own, with programs that it needs. */
function deskTest(
  title: string,
  fn: (desk: Desk) => Promise<void>,
  ...needs: readonly Awaited<ReturnType<typeof programVersion>>[]
): void {
  const missing = needs.find((need) => !need.ok);
  if (missing?.ok === false) return skip(title, missing.reason);
  Deno.test(title, async () => {
    await using desk = await Desk.open();
    await fn(desk);
  });
}

function toolsTest(title: string, fn: (desk: Desk) => Promise<void>): void {
  deskTest(title, fn, tools);
}

/** The rows of a table that is printed, without the heading. */
function rows(text: string): string[][] {
  return text.trimEnd().split("\n").slice(1).map((line) => line.split("\t"));
}

deskTest("nss cert makes an authority and a server's certificate from nothing", async (desk) => {
  const db = ["--db", desk.path("db"), "--password-file", desk.path("password")];
  await desk.ok("create", ...db, "--new-password-file", desk.path("password"));
  const mode = (name: string): number => Deno.statSync(desk.path(name)).mode! & 0o777;
  assertEquals([mode("db"), mode("db/key4.db"), mode("db/cert9.db")], [0o700, 0o600, 0o600]);
  await desk.ok("self-sign", "My CA", ...db, "--ca", "--path-length", "0", "--trust", "CT,C,C");
  const request = ["--dns", "example.com,www.example.com", "--ip", "::1", "--type", "ec-p384"];
  await desk.ok("request", ...db, ...request, "--name", "www", "--out", desk.path("request.pem"));
  const issue = ["issue", desk.path("request.pem"), ...db, "--issuer", "My CA", "--as-requested"];
  assertEquals(await desk.ok(...issue, "--name", "www", "--days", "9"), 'Stored "www"\n');

  const listed = rows(await desk.ok("list", "--db", desk.path("db")));
  assertEquals(listed.map(([name, trust, , subject]) => [name, trust, subject]), [
    ["My CA", "CTu,Cu,Cu", "CN=My CA"],
    ["www", "u,u,u", "DNS:example.com"],
  ]);
  const keys = rows(await desk.ok("list", "keys", "--db", desk.path("db")));
  assertEquals(keys.map((row) => row.slice(1)).sort(), [
    ["ec P-256", "My CA", "My CA"],
    ["ec P-384", "www", "www"],
  ]);
  const verified = await desk.ok(
    "verify",
    "www",
    "--db",
    desk.path("db"),
    "--usage",
    "sslServer",
    "--hostname",
    "www.example.com",
  );
  for (
    const line of [
      '"www" of "NSS Certificate DB" is good for sslServer',
      'leads to the trusted "My CA"',
      'has the name "www.example.com"',
    ]
  ) assertStringIncludes(verified, line);

  const text = await desk.ok("show", "www", "--db", desk.path("db"));
  for (const part of ["Nickname: www", "Private key: yes", "DNS:www.example.com", "IP Address:"]) {
    assertStringIncludes(text, part);
  }
  const [certificate] = parseCertificatesPem(
    await desk.ok("show", "www", "--as-pem", "--db", desk.path("db")),
  );
  const days = (certificate!.notAfter.getTime() - Date.now()) / 86_400_000;
  assert(8 < days && days < 10, String(days));
  const fingerprint = (await certificate!.fingerprint()).toHex();
  assertEquals(await desk.ok("show", fingerprint, "--db", desk.path("db")), text);
});

deskTest(
  "nss cert verify says all that is wrong, and exits with 1",
  async (desk) => {
    const db = ["--db", desk.path("db")];
    await desk.ok("create", ...db, "--no-password");
    await desk.ok("self-sign", "me", ...db, "--for", "clientAuth", "--dns", "me.test");
    const wrong = await desk.run(
      "verify",
      "me",
      ...db,
      "--usage",
      "sslServer",
      "--hostname",
      "x.test",
    );
    assertEquals(wrong.code, 1);
    for (
      const line of [
        "is not good for sslServer",
        "SEC_ERROR_INADEQUATE_CERT_TYPE",
        "SEC_ERROR_UNKNOWN_ISSUER",
        "SSL_ERROR_BAD_CERT_DOMAIN",
        'the certificate is for DNS:me.test, not for "x.test"',
      ]
    ) assertStringIncludes(wrong.stdout.replaceAll(/\s+/g, " "), line);
    // A file of authorities counts for this once
    await desk.ok("show", "me", ...db, "--as-pem", "--out", desk.path("me.pem"));
    const anchored = ["--usage", "sslClient", "--ca", desk.path("me.pem")];
    assertStringIncludes(await desk.ok("verify", "me", ...db, ...anchored), "good for sslClient");
    await desk.ok("trust", "me", "P,,", ...db);
    assertMatch(await desk.ok("verify", "me", ...db), /is good for sslClient/);
    await desk.ok("trust", "me", "p,p,p", ...db);
    const distrusted = await desk.run("verify", "me", ...db);
    assertEquals(distrusted.code, 1);
    assertMatch(
      distrusted.stdout.replaceAll(/\s+/g, " "),
      /distrusted in "NSS Certificate DB" \(SEC_ERROR_UNTRUSTED_CERT\)/,
    );
  },
);

deskTest("nss cert renames, deletes, and changes the password", async (desk) => {
  const db = ["--db", desk.path("db")];
  const pw = ["--password-file", desk.path("password")];
  await desk.ok("create", ...db, "--no-password");
  await desk.ok("self-sign", "one", ...db);
  const id = (await desk.ok("generate-key", "spare", ...db, "--type", "rsa-2048")).trim();
  assertMatch(id, /^[0-9a-f]{40}$/);
  assertEquals(await desk.ok("rename", "one", "two", ...db), 'Renamed "one" to "two"\n');
  await desk.write("empty", "\n");
  const next = ["--new-password-file", desk.path("password")];
  assertEquals(await desk.ok("password", ...db, ...next), "Changed the password\n");
  await desk.write("wrong", "wrong\n");
  const error = await desk.fails(4, "generate-key", ...db, "--password-file", desk.path("wrong"));
  assertMatch(error, /^Cannot .*password.* \(SEC_ERROR_BAD_PASSWORD\)\n$/);
  assertMatch(await desk.fails(4, "generate-key", ...db), /use --password-file FILE\n$/);
  assertEquals(await desk.ok("delete-key", id, ...db, ...pw), `Deleted key ${id}\n`);
  assertEquals(
    await desk.ok("delete", "two", "--with-key", ...db, ...pw),
    'Deleted "CN=one" and its private key\n',
  );
  assertEquals(rows(await desk.ok("list", ...db)), []);
  assertEquals(rows(await desk.ok("list", "keys", ...db)), []);
  await desk.ok("password", ...db, ...pw, "--new-password-file", desk.path("empty"));
  await desk.ok("generate-key", ...db);
});

deskTest("nss cert says in words what is wrong, with exit codes 2 and 4", async (desk) => {
  const db = ["--db", desk.path("db")];
  await desk.ok("create", ...db, "--no-password");
  await desk.write("text.pem", "nothing\n");
  await desk.ok("self-sign", "mine", ...db);
  for (
    const [code, args, message] of [
      [2, ["crate"], '"nss cert crate": there is no such command; did you mean create?'],
      [2, ["show", ...db], "NAME is missing"],
      [2, ["show", "a", "b", ...db], '"b": that is one argument too many'],
      [2, ["list"], "say which token"],
      [2, ["list", "cats", ...db], '"cats": it is none of certificates'],
      [2, ["list", ...db, "--out", "x"], '"--out": there is no such option'],
      [2, ["list", "-L"], "options begin with --"],
      [2, ["list", "--db"], "DIR is missing"],
      [2, ["list", ...db, ...db], "--db 2 times"],
      [2, ["list", ...db, "--kv", "x"], "several of"],
      [2, ["self-sign", "x", ...db, "--days", "ten"], "no whole number"],
      [2, ["self-sign", "x", ...db, "--type", "rsa-1"], '"rsa-1"'],
      [4, ["create", ...db, "--no-password"], "already"],
      [
        4,
        ["create", "--db", desk.path("new"), "--new-password-file", desk.path("text.pem.no")],
        "No such file",
      ],
      [4, ["show", "nobody", ...db], '"nobody"'],
      [4, ["list", "--db", desk.path("none")], "does not exist (PR_FILE_NOT_FOUND_ERROR)"],
      [4, ["list", "--kv", desk.path("none.kv")], "make it by nss cert create"],
      [4, ["list", "--pem", desk.path("none.pem")], "none.pem"],
      [4, ["list", "--pem", "/etc/passwd"], "Requires read access"],
      [4, ["add", "x", desk.path("text.pem"), ...db], "SEC_ERROR_BAD_DER"],
      [4, ["add", "mine", desk.path("text.pem"), ...db, "--trust", "X"], '"X"'],
      [4, ["trust", "mine", "CT,C,C,C", ...db], "4 columns"],
      [
        4,
        ["import", desk.path("text.pem"), ...db, "--file-password-file", desk.path("password")],
        "PKCS12",
      ],
      [4, [
        "export",
        "mine",
        ...db,
        "--out",
        desk.path("x.p12"),
        "--file-password-file",
        desk.path("password"),
      ], "--no-key"],
      [4, ["self-sign", "bad", ...db, "--dns", "no name"], '"no name" is not a DNS name'],
    ] as const
  ) assertStringIncludes(await desk.fails(code, ...args), message);
  // What failed has left no key behind
  assertEquals(rows(await desk.ok("list", "keys", ...db)).length, 1);
});

deskTest("nss cert reads PEM files as a token, and exports and imports", async (desk) => {
  const db = ["--db", desk.path("db")];
  const file = ["--file-password-file", desk.path("password")];
  await desk.ok("create", ...db, "--no-password");
  const keys = await desk.ok("list", "keys", ...db);
  assertEquals(rows(keys), []);
  const request = [
    "req",
    "-x509",
    "-newkey",
    "ec",
    "-pkeyopt",
    "ec_paramgen_curve:P-256",
    "-nodes",
  ];
  const files = [
    "-keyout",
    desk.path("key.pem"),
    "-out",
    desk.path("cert.pem"),
    "-subj",
    "/CN=Root",
  ];
  await runOk("openssl", [...request, ...files]);
  const pem = ["--pem", desk.path("cert.pem"), "--pem", desk.path("key.pem")];
  assertEquals(rows(await desk.ok("list", ...pem)).map((row) => row.slice(0, 2)), [[
    "Root",
    "u,u,u",
  ]]);

  // An authority in files certifies a request of the database
  await desk.ok(
    "request",
    ...db,
    "--subject",
    "CN=leaf",
    "--name",
    "leaf",
    "--out",
    desk.path("leaf.req"),
  );
  const issue = ["issue", desk.path("leaf.req"), ...pem, "--issuer", "Root", "--dns", "leaf.test"];
  await desk.ok(...issue, "--out", desk.path("leaf.pem"));
  await runOk("openssl", ["verify", "-CAfile", desk.path("cert.pem"), desk.path("leaf.pem")]);
  await desk.ok("add", "leaf", desk.path("leaf.pem"), ...db);
  assertMatch(await desk.ok("list", ...db), /^leaf\tu,u,u/m);

  await desk.ok("export", "Root", ...pem, ...file, "--out", desk.path("root.p12"));
  const p12 = ["pkcs12", "-in", desk.path("root.p12"), "-passin", `file:${desk.path("password")}`];
  assertStringIncludes(await runOk("openssl", [...p12, "-nodes"]), "PRIVATE KEY");
  const imported = await desk.ok("import", desk.path("root.p12"), ...db, ...file, "--name", "root");
  assertMatch(imported, /^Imported key [0-9a-f]{40}\nImported "root"\n$/);
  await desk.ok("trust", "root", "C,,", ...db);
  assertStringIncludes(
    await desk.ok("verify", "leaf", ...db, "--usage", "sslServer"),
    'leads to the trusted "Root"',
  );

  await desk.ok(
    "export",
    "Root",
    ...pem,
    ...file,
    "--format",
    "pem",
    "--out",
    desk.path("out.pem"),
  );
  assertStringIncludes(await desk.read("out.pem"), "ENCRYPTED PRIVATE KEY");
  assertEquals(Deno.statSync(desk.path("out.pem")).mode! & 0o777, 0o600);
  const again = [
    "export",
    "Root",
    ...pem,
    ...file,
    "--format",
    "pem",
    "--out",
    desk.path("out.pem"),
  ];
  assertStringIncludes(await desk.fails(4, ...again), "is there already");
  const encrypted = ["--pem", desk.path("out.pem"), "--password-file", desk.path("password")];
  assertMatch(await desk.ok("list", "keys", ...encrypted), /ec P-256/);
  assertStringIncludes(await desk.fails(2, "generate-key", ...encrypted), "only read");
}, openssl);

deskTest("nss cert keeps what is in names off the terminal", async (desk) => {
  const db = ["--db", desk.path("db")];
  await desk.ok("create", ...db, "--no-password");
  const evil = "a\u001b[2J\u202eb";
  await desk.ok("self-sign", evil, ...db);
  for (
    const args of [["list"], ["list", "keys"], ["show", evil], ["verify", evil], [
      "show",
      "\u001b[0m",
    ]]
  ) {
    const { stdout, stderr } = await desk.run(...args, ...db);
    // deno-lint-ignore no-control-regex
    assert(!/[\u001b\u202e]/.test(stdout + stderr), args[0]);
  }
});

deskTest("nss cert keeps keys in Deno KV", async (desk) => {
  const kv = ["--kv", desk.path("keys.kv"), "--password-file", desk.path("password")];
  await desk.ok("create", ...kv, "--new-password-file", desk.path("password"));
  await desk.ok("self-sign", "CA", ...kv, "--ca", "--trust", "CT,,", "--type", "ed25519");
  const listed = rows(await desk.ok("list", ...kv));
  assertEquals(listed.map((row) => row.slice(0, 2)), [["CA", "CTu,u,u"]]);
});

toolsTest(
  "nss cert makes databases that NSS's certutil reads, verifies and changes",
  async (desk) => {
    const db = ["--db", desk.path("db"), "--password-file", desk.path("password")];
    await desk.ok("create", ...db, "--new-password-file", desk.path("password"));
    await desk.ok("self-sign", "My CA", ...db, "--ca", "--trust", "CT,C,C", "--type", "rsa-2048");
    for (const [name, type] of [["www-ec", "ec-p256"], ["www-rsa", "rsa-2048"]] as const) {
      const out = desk.path(`${name}.req`);
      await desk.ok(
        "request",
        ...db,
        "--dns",
        "localhost",
        "--name",
        name,
        "--type",
        type,
        "--out",
        out,
      );
      await desk.ok("issue", out, ...db, "--issuer", "My CA", "--as-requested", "--name", name);
      assertEquals(
        (await desk.nss("db", "-V", "-e", "-u", "V", "-n", name)).trim(),
        "certutil: certificate is valid",
      );
    }
    const theirs = (await desk.nss("db", "-L")).match(/^\S.* [\w]*,[\w]*,[\w]* *$/gm) ?? [];
    const ours = rows(await desk.ok("list", ...db)).map(([name, trust]) => [name!, trust!]);
    assertEquals(theirs.map((line) => line.trim().split(/ {2,}/)).sort(), ours.sort());
    assertEquals(ours.length, 3);
    const ids = (text: string): string[] => (text.match(/\b[0-9a-f]{40}\b/g) ?? []).sort();
    const keys = ids(await desk.ok("list", "keys", ...db));
    assertEquals(ids(await desk.nss("db", "-K")), keys);
    assertEquals(keys.length, 3);
    // The other way round
    await desk.nss("db", "-M", "-n", "My CA", "-t", "C,,");
    await desk.nss("db", "-F", "-n", "www-rsa");
    await desk.nss(
      "db",
      "-S",
      "-n",
      "theirs",
      "-s",
      "CN=theirs",
      "-c",
      "My CA",
      "-t",
      ",,",
      "-m",
      "7",
    );
    assertEquals(rows(await desk.ok("list", ...db)).map(([name, trust]) => `${name} ${trust}`), [
      "My CA Cu,u,u",
      "theirs u,u,u",
      "www-ec u,u,u",
    ]);
    assertStringIncludes(await desk.ok("verify", "theirs", ...db), 'leads to the trusted "My CA"');
    await runOk("certutil", [
      ...["-W", "-d", `sql:${desk.path("db")}`, "-f", desk.path("password")],
      ...["-@", await desk.write("next", "Another-Pw2\n")],
    ]);
    const next = ["--db", desk.path("db"), "--password-file", desk.path("next")];
    await desk.ok("generate-key", ...next);
  },
);

toolsTest(
  "nss cert reads and changes databases of NSS's certutil, and PKCS#12 of pk12util",
  async (desk) => {
    await Deno.mkdir(desk.path("theirs"));
    await desk.nss("theirs", "-N");
    await desk.nss(
      "theirs",
      "-S",
      "-n",
      "root",
      "-s",
      "CN=root",
      "-x",
      "-t",
      "CTu,Cu,Cu",
      "-m",
      "1",
      "-k",
      "ec",
      "-q",
      "nistp384",
      "-2",
    );
    await desk.nss(
      "theirs",
      "-R",
      "-s",
      "CN=asks",
      "-k",
      "ec",
      "-q",
      "nistp256",
      "-o",
      desk.path("asks.req"),
    );
    const db = ["--db", desk.path("theirs"), "--password-file", desk.path("password")];
    await desk.ok("issue", desk.path("asks.req"), ...db, "--issuer", "root", "--name", "asks");
    assertEquals(
      (await desk.nss("theirs", "-V", "-u", "C", "-n", "asks")).trim(),
      "certutil: certificate is valid",
    );
    assertMatch(await desk.nss("theirs", "-L"), /^asks +u,u,u/m);
    await desk.ok("trust", "root", "C,,", ...db);
    await desk.ok("rename", "asks", "asked", ...db);
    const listed = await desk.nss("theirs", "-L");
    assertMatch(listed, /^root +Cu,u,u/m);
    assertMatch(listed, /^asked +u,u,u/m);

    const files = ["-k", desk.path("password"), "-w", desk.path("password")];
    await runOk("pk12util", [
      "-o",
      desk.path("asked.p12"),
      "-n",
      "asked",
      "-d",
      `sql:${desk.path("theirs")}`,
      ...files,
    ]);
    const ours = ["--db", desk.path("ours")];
    await desk.ok("create", ...ours, "--no-password");
    const file = ["--file-password-file", desk.path("password"), "--trust", "CT,,"];
    await desk.ok("import", desk.path("asked.p12"), ...ours, ...file);
    assertStringIncludes(
      await desk.ok("verify", "asked", ...ours, "--usage", "sslClient"),
      'leads to the trusted "root"',
    );
    await desk.ok("delete", "asked", "--with-key", ...ours);
    assertEquals(rows(await desk.ok("list", "keys", ...ours)), []);
  },
);

{
  const title = "nss cert makes keys and certificates in SoftHSM, with trust in a database beside";
  if (LIBRARY === undefined || !softhsm.ok) {
    skip(title, softhsm.ok ? "no libsofthsm2.so here" : softhsm.reason);
  } else {
    deskTest(title, async (desk) => {
      await Deno.mkdir(desk.path("tokens"));
      const configuration = `directories.tokendir = ${desk.path("tokens")}\n`;
      const env = {
        SOFTHSM2_CONF: await desk.write("softhsm2.conf", configuration),
        NO_COLOR: "1",
      };
      const pins = ["--so-pin", "12345678", "--pin", PASSWORD];
      await runOk("softhsm2-util", ["--init-token", "--free", "--label", "Card", ...pins], { env });
      const card = [
        "--module",
        LIBRARY,
        "--token",
        "Card",
        "--password-file",
        desk.path("password"),
      ];
      const program = `${import.meta.dirname}/../../cli/mod.ts`;
      const hsm = async (...args: readonly string[]): Promise<ProcessResult> => {
        const permissions = [
          "--allow-read",
          `--allow-write=${desk.folder}`,
          "--allow-ffi",
          "--allow-sys",
        ];
        await using process = spawn(Deno.execPath(), {
          args: [
            "run",
            "--no-prompt",
            "--no-check",
            ...permissions,
            program,
            ...nssArgs(args),
            ...card,
          ],
          env,
        });
        return await process.result();
      };
      const ok = async (...args: readonly string[]): Promise<string> => {
        const { code, stdout, stderr } = await hsm(...args);
        assertEquals([code, stderr], [0, ""], args.join(" "));
        return stdout;
      };
      assertMatch(await ok("list", "tokens"), /^Card\tSoftHSM/m);
      await ok("self-sign", "card CA", "--ca", "--type", "rsa-2048");
      await ok("request", "--dns", "card.test", "--name", "www", "--out", desk.path("request.pem"));
      await ok(
        "issue",
        desk.path("request.pem"),
        "--issuer",
        "card CA",
        "--as-requested",
        "--name",
        "www",
      );
      assertEquals(rows(await ok("list")).map((row) => row.slice(0, 2)), [["card CA", "u,u,u"], [
        "www",
        "u,u,u",
      ]]);
      const refused = await hsm("trust", "card CA", "CT,C,C");
      assertEquals(refused.code, 2);
      assertStringIncludes(refused.stderr, "name a database besides by --db");
      await desk.ok("create", "--db", desk.path("db"), "--no-password");
      const beside = ["--db", desk.path("db")];
      await ok("trust", "card CA", "CT,C,C", ...beside);
      assertStringIncludes(
        await ok("verify", "www", "--usage", "sslServer", ...beside),
        'leads to the trusted "card CA"',
      );
      const locked = await hsm(
        "export",
        "www",
        "--out",
        desk.path("x.p12"),
        "--file-password-file",
        desk.path("password"),
      );
      assertStringIncludes(locked.stderr, '"Card" lets none go');
    });
  }
}

deskTest("nss cert asks for the password at a terminal, and shows none of it", async (desk) => {
  const program = `${import.meta.dirname}/../../cli/mod.ts`;
  const permissions = `--allow-read=${desk.folder} --allow-write=${desk.folder}`;
  const command = (args: string): string =>
    `${Deno.execPath()} run --no-check --no-prompt ${permissions} "${program}" cert ${args} --db ${
      desk.path("db")
    }`;
  const typed = async (args: string, ...answers: readonly string[]): Promise<string> => {
    await using process = spawn("script", {
      args: ["-qec", command(args), "/dev/null"],
      env: { NO_COLOR: "1" },
      interactive: true,
    });
    for (const [i, answer] of answers.entries()) {
      await process.waitFor(
        (p) =>
          (p.output.match(/(?:Password|password|Once more)[^\n]*: /g) ?? []).length > i ? p : null,
        25_000,
      );
      await process.write(`${answer}\r`);
    }
    const { code } = await process.result();
    assertEquals(code, 0, process.output);
    return process.output;
  };
  for (
    const output of [
      await typed("create", PASSWORD, PASSWORD),
      await typed("self-sign me", "wrong", `x\u007f${PASSWORD}`),
    ]
  ) assert(!output.includes(PASSWORD), output);
}, script);
