// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertStringIncludes } from "@std/assert";
import { firstError, loadRecipe, type Target, testDriver } from "./_driver.ts";
import { dovecot } from "./servers/dovecot.ts";

interface Imap {
  connect(): Promise<void>;
  append(path: string, content: string): Promise<unknown>;
  mailboxOpen(path: string): Promise<{ readonly exists: number }>;
  fetchOne(range: string, query: object): Promise<{ readonly source: Uint8Array }>;
  noop(): Promise<void>;
  logout(): Promise<void>;
  close(): void;
  readonly usable: boolean;
  on(event: "error", listener: (error: Error) => void): unknown;
}

interface Recipe {
  openImap(options: object, ca: string, cert?: string, key?: string): Imap;
}

async function open(target: Target, options: object): Promise<Imap> {
  const { openImap } = await loadRecipe<Recipe>("imapflow.ts");
  const { host, ca, cert, key } = target;
  const auth = { user: "alice", pass: "secret" };
  const client = openImap({ host, auth, logger: false, ...options }, ca, cert, key);
  firstError(client);
  return client;
}

await testDriver({
  driver: "imapflow",
  server: dovecot,
  withoutCertificate: "Command failed",
  identity: "INBOX",
  async open(target) {
    const client = await open(target, { port: target.port, secure: true });
    let connected: Promise<void> | undefined;
    return {
      async ask() {
        await (connected ??= client.connect());
        await client.mailboxOpen("INBOX");
        return "INBOX";
      },
      async fetch(length) {
        await (connected ??= client.connect());
        const body = `${"x".repeat(62)}\r\n`.repeat(length / 64);
        await client.append("INBOX", `Subject: large\r\n\r\n${body}`);
        await client.mailboxOpen("INBOX");
        const { source } = await client.fetchOne("*", { source: true });
        return source.length - "Subject: large\r\n\r\n".length;
      },
      close: async () => {
        if (client.usable) await client.logout();
        else client.close();
      },
    };
  },
  more: {
    "STARTTLS": async (target) => {
      const client = await open(target, { port: target.secondPort });
      await client.connect();
      await client.logout();
      const other = await open({ ...target, host: "127.0.0.1" }, { port: target.secondPort });
      const error = await other.connect().then(() => null, (error) => error);
      other.close();
      assertStringIncludes(String(error), "does not match certificate's altnames");
    },
  },
});
