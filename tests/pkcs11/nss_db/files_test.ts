// Copyright 2026 the NSS for Deno authors. MIT license.

import { DatabaseSync } from "node:sqlite";
import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { NssError } from "../../../cert/base/errors.ts";
import { LOCK_PATIENCE, NssDbFiles } from "../../../pkcs11/nss_db/files.ts";
import { scratch, sql } from "./_support.ts";

/** Opens a new database under a clock that stands still until it is set. */
async function withFiles(
  fn: (files: NssDbFiles, setClock: (clock: () => number) => void) => Promise<void>,
): Promise<void> {
  const directory = await scratch();
  const files = await NssDbFiles.open(directory, {
    isReadOnly: false,
    create: true,
    certPrefix: "",
    keyPrefix: "",
  });
  const { now } = Date;
  try {
    await fn(files, (clock) => Date.now = clock);
  } finally {
    Date.now = now;
    await files.close();
    await Deno.remove(directory, { recursive: true });
  }
}

async function busy(fn: () => Promise<unknown>, message: string): Promise<void> {
  const error = await assertRejects(fn, NssError);
  assertEquals(error.name, "SEC_ERROR_BUSY", error.message);
  assertStringIncludes(error.message, message);
}

Deno.test("NssDbFiles.write() begins anew until LOCK_PATIENCE is over where others write all the time", () =>
  withFiles(async (files, setClock) => {
    let time = 0;
    let looks = 0;
    setClock(() => time);
    const write = () =>
      files.write(() => {
        assert(++looks <= 3, "it goes on");
        sql(
          `${files.directory}/key4.db`,
          (db) => db.exec(`INSERT INTO metaData (id, item1) VALUES ('${looks}', x'00')`),
        );
        time = looks < 3 ? LOCK_PATIENCE : LOCK_PATIENCE + 1;
        return Promise.resolve(() => {});
      });
    await busy(write, "other programs write all the time");
    assertEquals(looks, 3);
  }));

Deno.test("NssDbFiles.read() tries again until LOCK_PATIENCE is over where another program holds the lock", () =>
  withFiles(async (files, setClock) => {
    const other = new DatabaseSync(`${files.directory}/cert9.db`);
    other.exec("BEGIN EXCLUSIVE");
    const times = [0, LOCK_PATIENCE, LOCK_PATIENCE + 1];
    setClock(() => {
      assert(times.length > 0, "it goes on");
      return times.shift()!;
    });
    const bound = setTimeout(() => other.close(), 10_000); // lest a fault let this wait for ever
    await busy(() => files.read((reader) => reader.objects("cert")), "another program holds it");
    clearTimeout(bound);
    assertEquals(times, []);
    other.close();
    times.push(0);
    assertEquals(await files.read((reader) => reader.objects("cert")), []);
  }));
