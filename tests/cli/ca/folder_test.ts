// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The folder of an authority: its index survives crashes, full disks, damage, and two at once.

import {
  assert,
  assertEquals,
  assertRejects,
  assertStringIncludes,
  assertThrows,
} from "@std/assert";
import { LocalError, writeFiles } from "../../../cli/base/files.ts";
import { CaFolder } from "../../../cli/ca/folder.ts";
import { EMPTY_INDEX, formatIndex, type Index, parseIndex } from "../../../cli/ca/index_file.ts";
import { Output } from "../../../cli/base/io.ts";
import { run, spawn } from "../../support/process.ts";
import { skip } from "../../support/skip.ts";
import { Desk, EMPTY_IO } from "./_authority.ts";

const PROGRAM = `${import.meta.dirname}/../../../cli/mod.ts`;
const nss = (...args: readonly string[]) => [
  "run",
  "--no-check",
  "-A",
  PROGRAM,
  "ca",
  ...args,
];

const INDEX: Index = {
  crlNumbers: { ca: 3, intermediate: 0 },
  certificates: [
    {
      serial: "4b1d",
      issuer: "ca",
      names: ["a.test", 'CN="'],
      notAfter: "2027-01-01T00:00:00.000Z",
      revoked: null,
    },
    {
      serial: "4b1e",
      issuer: "intermediate",
      names: [],
      notAfter: "2027-01-01T00:00:00.000Z",
      revoked: { at: "2026-12-01T00:00:00.000Z", reason: "superseded" },
    },
  ],
};

Deno.test("an index is read as it was written, with a certificate in each line", () => {
  for (const index of [EMPTY_INDEX, INDEX]) {
    assertEquals(parseIndex(formatIndex(index), "index.json"), index);
  }
  assertEquals(formatIndex(INDEX).split("\n").length, 9);
});

Deno.test("each beginning of an index, and each damage of a member, is refused as damaged", () => {
  const text = formatIndex(INDEX);
  // The last two characters are a brace and a line end
  for (let length = 0; length < text.length - 1; length++) {
    assertThrows(() => parseIndex(text.slice(0, length), "index.json"), LocalError, "damaged");
  }
  const damage = (change: (index: Record<string, unknown>) => void, says = "damaged") => {
    const value = JSON.parse(text);
    change(value);
    assertThrows(() => parseIndex(JSON.stringify(value), "index.json"), LocalError, says);
  };
  damage((index) => index.format = 2, "its format is 2, of another version");
  damage((index) => delete index.format);
  damage((index) => index.crlNumbers = { ca: 1 });
  damage((index) => index.crlNumbers = { ca: -1, intermediate: 0 });
  damage((index) => index.certificates = {});
  const entries: readonly [string, unknown][] = [
    ["serial", "4B1D"],
    ["serial", "../../x"],
    ["serial", ""],
    ["serial", "00".repeat(21)],
    ["issuer", "root"],
    ["names", "a"],
    ["names", [1]],
    ["notAfter", "tomorrow"],
    ["revoked", true],
    ["revoked", { at: "2026-12-01", reason: "certificateHold" }],
    ["revoked", { reason: "superseded" }],
  ];
  for (const [member, value] of entries) {
    damage((index) => (index.certificates as Record<string, unknown>[])[0]![member] = value);
  }
  damage((index) => (index.certificates as unknown[])[0] = null);
  damage((index) => {
    const list = index.certificates as { serial: string }[];
    list[1]!.serial = "4b1d";
  }, "it has 4b1d twice");
  for (const other of ["null", "[]", "1", '"a"', "{}"]) {
    assertThrows(() => parseIndex(other, "index.json"), LocalError, "damaged");
  }
});

Deno.test("a folder whose files are damaged or gone is refused, with what to do", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const refused = async (name: string, content: string | null, says: string) => {
    const before = await desk.read(`ca/${name}`);
    if (content === null) await Deno.remove(desk.path(`ca/${name}`));
    else await Deno.writeTextFile(desk.path(`ca/${name}`), content);
    const err = await desk.fails(4, "issue", folder, "a.test", "--out", desk.path("a.pem"));
    assertStringIncludes(err, says);
    await Deno.writeTextFile(desk.path(`ca/${name}`), before);
  };
  await refused("index.json", null, "nobody knows what was revoked; put the file of a backup");
  await refused("index.json", "", "it is damaged");
  await refused("ca.json", "{", "it is damaged");
  await refused("ca.json", '{"format":1}', "it has no name");
  const settings = { format: 1, name: "a", keys: "files", crlUrl: null, crlDays: 7 };
  const other = (change: object) => JSON.stringify({ ...settings, ...change });
  await refused("ca.json", other({ keys: "/evil.so" }), "does not say where the keys are");
  await refused("ca.json", other({ crlUrl: 1 }), "crlUrl is no URL");
  await refused("ca.json", other({ crlDays: 0 }), "crlDays is not from 1 to 365");
  await refused("ca.json", other({ crlDays: 366 }), "crlDays is not from 1 to 365");
  await refused("ca.pem", "x", "put the file of a backup");
  await refused("ca.key", "x", "SEC_ERROR_");
  assertEquals(await desk.files("ca/issued"), []);
});

Deno.test("what a crash left out of the index is taken up again, and can be revoked", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  await desk.issue("a", "a.test");
  const before = await desk.read("ca/index.json");
  await desk.issue("b", "b.test");
  // As if the program had ended between the two files
  await Deno.writeTextFile(desk.path("ca/index.json"), before);
  assertStringIncludes(await desk.ok("list", folder), "b.test");
  assertStringIncludes(await desk.ok("revoke", folder, "b.test"), "list 2 of 1");
  const index = parseIndex(await desk.read("ca/index.json"), "index.json");
  assertEquals(index.certificates.map(({ revoked }) => revoked !== null), [false, true]);
  // Other files are nobody's certificates
  await Deno.writeTextFile(desk.path("ca/issued/notes.txt"), "x");
  await Deno.writeTextFile(desk.path("ca/issued/0a.pem.1234.tmp"), "x");
  assertStringIncludes(await desk.ok("list", folder), "1 revoked");
});

Deno.test("programs that work at one folder at once lose nothing", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const names = Array.from({ length: 6 }, (_, i) => `a${i}`);
  await Promise.all(names.map((name) => desk.issue(name, `${name}.test`)));
  const index = parseIndex(await desk.read("ca/index.json"), "index.json");
  assertEquals(
    index.certificates.map(({ names }) => names[0]).sort(),
    names.map((one) => `${one}.test`),
  );
  await Promise.all(names.map((name) => desk.ok("revoke", folder, `${name}.test`)));
  const { crlNumbers, certificates } = parseIndex(await desk.read("ca/index.json"), "index.json");
  assertEquals([crlNumbers.ca, certificates.every(({ revoked }) => revoked !== null)], [7, true]);
});

Deno.test("a lock ends with the process that holds it; Ctrl-C of one that waits changes nothing", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  await desk.issue("a", "a.test");
  const before = await desk.files();
  const args = ["b.test", "--out", desk.path("b.pem"), "--key-out", desk.path("b.key")];
  using lock = await Deno.open(desk.path("ca/lock"), { write: true });
  await lock.lock(true);
  {
    await using waits = spawn(Deno.execPath(), { args: nss("issue", folder, ...args) });
    await waits.waitFor(/Waiting for another nss ca/);
    Deno.kill(waits.pid, "SIGINT");
    assertEquals((await waits.result()).code, 130);
  }
  assertEquals(await desk.files(), before);
  await using waits = spawn(Deno.execPath(), { args: nss("issue", folder, ...args) });
  await waits.waitFor(/Waiting for another nss ca/);
  await lock.unlock();
  assertEquals((await waits.result()).code, 0);
  assert((await desk.files()).includes("b.key"));
});

Deno.test("files that belong together are all written, or none", async () => {
  await using desk = await Desk.open();
  await desk.create();
  const folder = await CaFolder.open(desk.path("ca"), EMPTY_IO);
  const before = await desk.files();
  const index = await desk.read("ca/index.json");
  // The first one is on the disk, under another name, when the second one fails
  const files = [
    folder.indexFile({ ...EMPTY_INDEX, crlNumbers: { ca: 9, intermediate: 9 } }),
    { path: desk.path("nowhere/b.key"), content: "x", isSecret: true },
  ];
  await assertRejects(() => writeFiles(files, EMPTY_IO.out), Deno.errors.NotFound);
  assertEquals(await desk.files(), before);
  assertEquals(await desk.read("ca/index.json"), index);
});

Deno.test("who waits for the lock for too long says so", async () => {
  await using desk = await Desk.open();
  const folder = await CaFolder.open(await desk.create(), EMPTY_IO);
  const change = (use: () => Promise<void>) => folder.change(EMPTY_IO, use, 0);
  await change(async () => {
    const waits = change(() => Promise.reject(new Error("the lock is held")));
    await assertRejects(() => waits, LocalError, "another program holds its lock");
  });
  await change(() => Promise.resolve());
});

Deno.test("Ctrl-C while files are written leaves whole ones only", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const args = ["b.test", "--out", desk.path("b.pem"), "--key-out", desk.path("b.key")];
  using watcher = Deno.watchFs(folder);
  await using process = spawn(Deno.execPath(), { args: nss("issue", folder, ...args) });
  for await (const { paths } of watcher) {
    if (paths.some((path) => path.endsWith(".tmp"))) break;
  }
  try {
    Deno.kill(process.pid, "SIGINT");
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error; // it was faster
  }
  const { code } = await process.result();
  assert(code === 130 || code === 0, `${code}`);
  const files = await desk.files();
  assertEquals(files.filter((file) => file.endsWith(".tmp")), []);
  const index = parseIndex(await desk.read("ca/index.json"), "index.json");
  // Who has a key has its certificate, and who has a certificate finds it in the index
  for (const file of files.filter((file) => /^b\./.test(file))) {
    assertEquals(index.certificates.length, 1, file);
    assertStringIncludes(await desk.read(file), "-----END ");
  }
  await desk.ok("list", folder);
});

const mount = await canMount();

async function canMount(): Promise<string | null> {
  try {
    const { code, stderr } = await run("unshare", {
      args: ["--mount", "--", "mount", "-t", "tmpfs", "tmpfs", "/mnt"],
    });
    return code === 0 ? null : `no mount namespace here: ${stderr}`;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "no unshare here";
    throw error;
  }
}

const FULL_DISK = "a full disk leaves the authority as it was, and no half of a certificate";
if (mount !== null) skip(FULL_DISK, mount);
else {
  Deno.test(FULL_DISK, async () => {
    await using desk = await Desk.open();
    const folder = await desk.create();
    await desk.issue("a", "a.test");
    // What is on the small disk is listed from inside, before and after
    const script = `set -e
mkdir "$1/disk"; mount -t tmpfs -o size=256k tmpfs "$1/disk"; cp -r "$2" "$1/disk/ca"
cat /dev/zero > "$1/disk/fill" 2>/dev/null || true
cd "$1/disk"; find . -type f ! -name lock -exec cksum {} + | sort > "$1/before"
shift 2; "$@" > /dev/null 2> "../stderr" || echo $? > ../code
find . -type f ! -name lock -exec cksum {} + | sort > ../after`;
    const out = ["--out", "b.pem", "--key-out", "b.key"];
    const issue = [Deno.execPath(), ...nss("issue", "ca", "b.test", ...out)];
    const { code, stderr } = await run("unshare", {
      args: ["--mount", "--", "sh", "-c", script, "sh", desk.folder, folder, ...issue],
    });
    assertEquals(code, 0, stderr);
    assertEquals(await desk.read("code"), "4\n");
    assertStringIncludes(await desk.read("stderr"), "No space left on device");
    assertEquals(await desk.read("after"), await desk.read("before"));
  });
}

Deno.test("a pipe that is closed does not undo what was issued", async () => {
  await using desk = await Desk.open();
  const folder = await desk.create();
  const broken = new Output(() => Promise.reject(new Deno.errors.BrokenPipe("x")), null);
  const { runCommandLine } = await import("../../../cli/run.ts");
  const args = ["ca", "issue", folder, "a.test", "--out", "-", "--key-out", desk.path("a.key")];
  assertEquals(await runCommandLine(args, { ...EMPTY_IO, out: broken }), "closedPipe");
  // The key is there, and so is the certificate for it
  const [serial] = await desk.files("ca/issued");
  assert(serial !== undefined && (await desk.files()).includes("a.key"));
  assertStringIncludes(await desk.ok("list", folder), "a.test");
});
