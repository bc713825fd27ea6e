// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses Deno and node: modules, as the driver does.

import { assertEquals } from "@std/assert";
import { Readable, Writable } from "node:stream";
import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { vsftpd } from "./servers/vsftpd.ts";

interface Ftp {
  pwd(): Promise<string>;
  uploadFrom(source: Readable, path: string): Promise<unknown>;
  downloadTo(destination: Writable, path: string): Promise<unknown>;
  size(path: string): Promise<number>;
  remove(path: string): Promise<unknown>;
  close(): void;
}

interface Recipe {
  openFtp(options: object, ca: string, cert?: string, key?: string): Promise<Ftp>;
}

await testDriver({
  driver: "basicFtp",
  server: vsftpd,
  identity: "/",
  async open({ host, port, ca, cert, key }: Target) {
    const { openFtp } = await loadRecipe<Recipe>("basic_ftp.ts");
    let opened: Promise<Ftp> | undefined;
    const client = () => opened ??= openFtp({ host, port }, ca, cert, key);
    return {
      ask: async () => await (await client()).pwd(),
      async fetch(length) {
        const ftp = await client();
        const path = `in/${crypto.randomUUID()}`;
        await ftp.uploadFrom(Readable.from([new Uint8Array(length)]), path);
        assertEquals(await ftp.size(path), length);
        let count = 0;
        const sink = new Writable({
          write(chunk, _, done) {
            count += chunk.length;
            done();
          },
        });
        await ftp.downloadTo(sink, path);
        return count;
      },
      close: async () => (await opened?.catch(() => undefined))?.close(),
    };
  },
  more: {
    "the session on each data connection": async ({ host, port, ca, cert, key }, server) => {
      const { openFtp } = await loadRecipe<Recipe>("basic_ftp.ts");
      const count = async () => {
        const log = await Deno.readTextFile(`${server.place.folder}/vsftpd.log`);
        return log.match(/SSL version: TLSv1.3, SSL cipher: \w+, reused/g)?.length ?? 0;
      };
      const before = await count();
      const ftp = await openFtp({ host, port }, ca, cert, key);
      for (let round = 0; round < 10; round++) {
        await ftp.uploadFrom(Readable.from([new Uint8Array(1000)]), `in/round${round}`);
      }
      ftp.close();
      assertEquals(await count() - before, 10);
    },
  },
});
