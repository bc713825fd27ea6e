// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/** A full disk, a closed pipe and Ctrl-C leave nothing half done, and say what there is to say. */

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { EXIT_CODES } from "../../cli/base/command.ts";
import { deleteUnfinished, LocalError, makeWhole } from "../../cli/base/files.ts";
import { Output } from "../../cli/base/io.ts";
import { runCommandLine } from "../../cli/run.ts";
import { programVersion, run, spawn } from "../support/process.ts";
import { inCi, note } from "../support/skip.ts";
import { deskTest } from "./_desk.ts";

const PROGRAM = `${import.meta.dirname}/../../cli/mod.ts`;
const script = await programVersion("script", ["--version"], /util-linux ([\d.]+)/);

deskTest("a full disk: each command says so, and leaves all files as they were", async (desk) => {
  const disk = desk.path("disk");
  await Deno.mkdir(disk);
  const mount = `mount -t tmpfs -o size=256k none "${disk}" && exec "$@"`;
  const inside = (...command: readonly string[]) =>
    run("unshare", { args: ["--mount", "sh", "-c", mount, "sh", ...command], timeout: 60_000 });
  if ((await inside("true")).code !== 0) {
    assert(!inCi, "no mount namespace can be made here");
    return note("no mount namespace can be made here");
  }
  const program = `${import.meta.dirname}/_full_disk.ts`;
  const { code, stdout, stderr } = await inside(
    ...[Deno.execPath(), "run", "-A", "--no-check", "--unstable-kv", program, disk],
  );
  assertEquals([code, stderr], [0, ""]);
  const outcomes = JSON.parse(stdout);
  assertEquals(outcomes.length, 11);
  for (const { args, code, out, err, before, after } of outcomes) {
    const where = `${args.join(" ")}: ${err}`;
    assertEquals([code, out], [4, ""], where);
    assertMatch(err, /^[^\n]+\n$/, where);
    assertMatch(err, /make room on the disk/, where);
    assertEquals(after, before, where);
  }
});

deskTest(
  "a closed pipe ends each command that prints, at any byte, without a word",
  async (desk) => {
    await desk.database("db");
    await desk.ok("cert", "self-sign", "CA", "--db", ":db", "--ca");
    const create = ["crl", "create", "--db", ":db", "--issuer", "CA"];
    await desk.ok(...create, "--revoke", "09", "--out", ":ca.crl");
    for (
      const line of [
        ["cert", "list", "--db", ":db"],
        ["cert", "list", "--db", ":db", "--json"],
        ["cert", "show", "CA", "--db", ":db", "--as-der"],
        ["crl", "show", ":ca.crl"],
        create,
        ["module", "mechanisms", "--db", ":db"],
      ]
    ) {
      const whole = (await desk.run(line)).out.length;
      for (const bytes of [0, 1, Math.floor(whole / 2)]) {
        let left = bytes;
        const said: Uint8Array[] = [];
        const out = new Output((chunk) => {
          if (left === 0) return Promise.reject(new Deno.errors.BrokenPipe("closed"));
          const taken = Math.min(left, chunk.length);
          left -= taken;
          return Promise.resolve(taken);
        }, null);
        const err = new Output((chunk) => {
          said.push(chunk);
          return Promise.resolve(chunk.length);
        }, null);
        const io = { in: new Blob([]).stream(), out, err };
        const outcome = await runCommandLine(desk.args(line), io);
        assertEquals([EXIT_CODES[outcome][0], said.length], [141, 0], line.join(" "));
      }
    }
  },
);

deskTest(
  "Ctrl-C while standard input is waited for ends with 130, and changes nothing",
  async (desk) => {
    await desk.database("db");
    const before = await desk.names();
    const permissions = [`--allow-read=${desk.folder}`, `--allow-write=${desk.folder}`];
    await using process = spawn(Deno.execPath(), {
      args: [
        ...["run", "--no-prompt", "--no-check", ...permissions, PROGRAM],
        ...["cert", "add", "x", "-", "--db", desk.path("db")],
      ],
      interactive: true,
    });
    // What Linux says of a process that catches SIGINT: bit 2 of the mask
    const status = `/proc/${process.pid}/status`;
    const isReady = async () => {
      const mask = /^SigCgt:\s*([0-9a-f]+)/m.exec(await Deno.readTextFile(status))?.[1] ?? "0";
      return (BigInt(`0x${mask}`) & 2n) !== 0n;
    };
    for (let i = 0; i < 500 && !await isReady(); i++) await new Promise((go) => setTimeout(go, 20));
    Deno.kill(process.pid, "SIGINT");
    const { code, stdout, stderr } = await process.result();
    assertEquals([code, stdout, stderr], [130, "", ""]);
    assertEquals(await desk.names(), before);
  },
);

deskTest("Ctrl-C at the question for a password ends with 130, and makes nothing", async (desk) => {
  await desk.database("db");
  await desk.ok("cert", "self-sign", "CA", "--db", ":db", "--ca");
  const export_ = ["p12", "export", "CA", "--db", ":db", "--iterations", "1000", "--out"];
  await desk.ok(...export_, ":a.p12", "--file-password-file", ":password");
  const before = await desk.names();
  const permissions = `--allow-read="${desk.folder}" --allow-write="${desk.folder}"`;
  for (
    const [line, key, says] of [
      [["cert", "create", "--db", ":new"], "\x03", /\n*$/],
      [["p12", "list", ":a.p12"], "\x03", /\n*$/],
      // No answer is not the empty password
      [["p12", "list", ":a.p12"], "\x04", /Cannot go on: no password was given/],
    ] as const
  ) {
    const command = `${Deno.execPath()} run --no-check --no-prompt ${permissions} "${PROGRAM}" ${
      desk.args(line).join(" ")
    }`;
    await using process = spawn("script", {
      args: ["-qec", command, "/dev/null"],
      env: { NO_COLOR: "1" },
      interactive: true,
    });
    await process.waitFor((p) => /assword[^\n]*: $/.test(p.output) ? p : null, 25_000);
    await process.write(key);
    const { code } = await process.result();
    assertEquals(code, key === "\x03" ? 130 : 4, process.output);
    assertMatch(process.output, says);
    assert(!/Cannot/.test(process.output) || key === "\x04", process.output);
  }
  assertEquals(await desk.names(), before);
}, script);

deskTest(
  "makeWhole() deletes what it began, after an error and after Ctrl-C, and nothing else",
  async (desk) => {
    const [old, folder, inside] = [desk.path("old"), desk.path("new"), desk.path("new/db")];
    await Deno.writeTextFile(old, "old");
    const paths = [old, inside, folder];
    const make = async (): Promise<void> => {
      await Deno.mkdir(folder);
      await Deno.writeTextFile(inside, "half");
    };
    await assertRejects(
      () => makeWhole(paths, () => make().then(() => Promise.reject(new LocalError("full")))),
      LocalError,
      "full",
    );
    assertEquals(await desk.names(), ["old"]);
    const { promise, resolve } = Promise.withResolvers<void>();
    const made = Promise.withResolvers<void>();
    const making = makeWhole(paths, () => make().then(made.resolve).then(() => promise));
    await made.promise;
    deleteUnfinished(); // what Ctrl-C does
    assertEquals(await desk.names(), ["old"]);
    resolve();
    await making;
    await makeWhole(paths, make);
    deleteUnfinished();
    assertEquals(await desk.names(), ["new", "old"]);
    assertEquals(await Deno.readTextFile(inside), "half");
  },
);
