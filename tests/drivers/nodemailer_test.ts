// Copyright 2026 the NSS for Deno authors. MIT license.

// This module uses Deno.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { loadRecipe, type Target, testDriver } from "./_driver.ts";
import { exim } from "./servers/exim.ts";

interface Mailer {
  sendMail(mail: object): Promise<{ readonly response: string; readonly accepted: string[] }>;
  close(): void;
}

interface Recipe {
  openMail(options: object, ca: string, cert?: string, key?: string): Mailer;
}

const MAIL = { from: "alice@localhost", to: "bob@localhost", subject: "Hello" };

async function open(target: Target, options: object): Promise<Mailer> {
  const { openMail } = await loadRecipe<Recipe>("nodemailer.ts");
  const { host, ca, cert, key } = target;
  return openMail({ host, ...options }, ca, cert, key);
}

await testDriver({
  driver: "nodemailer",
  server: exim,
  identity: "250 OK id=",
  reconnects: true,
  async open(target) {
    const mailer = await open(target, { port: target.port, secure: true, pool: true });
    return {
      async ask() {
        return (await mailer.sendMail({ ...MAIL, text: "Hello" })).response;
      },
      async send(length) {
        await mailer.sendMail({ ...MAIL, text: `${"x".repeat(63)}\n`.repeat(length / 64) });
        return length;
      },
      close: () => mailer.close(),
    };
  },
  more: {
    "STARTTLS": async (target, server) => {
      const mailer = await open(target, { port: target.secondPort });
      const { accepted } = await mailer.sendMail({ ...MAIL, text: "By STARTTLS" });
      mailer.close();
      assertEquals(accepted, ["bob@localhost"]);
      const head = await headOf(`${server.place.folder}/spool/input`, "By STARTTLS");
      for (const fact of ["-tls_certificate_verified", "TLS1.3", "CN=alice"]) {
        assertStringIncludes(head, fact);
      }
      const other = await open({ ...target, host: "127.0.0.1" }, { port: target.secondPort });
      const error = await other.sendMail({ ...MAIL, text: "No" }).catch((error) => error);
      other.close();
      assertStringIncludes(String(error), "does not match certificate's altnames");
    },
  },
});

/** What Exim notes of the message with a text. */
async function headOf(folder: string, text: string): Promise<string> {
  for await (const { name } of Deno.readDir(folder)) {
    if (!name.endsWith("-D")) continue;
    if (!(await Deno.readTextFile(`${folder}/${name}`)).includes(text)) continue;
    return await Deno.readTextFile(`${folder}/${name.replace(/D$/, "H")}`);
  }
  return "";
}
