// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// STARTTLS with the servers that people run: those that CI has always, all with NSS_SOAK=1.

import { assert, assertEquals } from "@std/assert";
import type { Report } from "../../cli/net/report.ts";
import { STARTTLS_NAMES, type StartTlsName } from "../../cli/net/starttls.ts";
import { makePki } from "../drivers/_pki.ts";
import { type ServerProgram, serverVersion, startServer } from "../drivers/servers/_server.ts";
import { dovecot, dovecotMail } from "../drivers/servers/dovecot.ts";
import { exim } from "../drivers/servers/exim.ts";
import { inspircd } from "../drivers/servers/inspircd.ts";
import { mariadb } from "../drivers/servers/mariadb.ts";
import { nats } from "../drivers/servers/nats.ts";
import { openldap } from "../drivers/servers/openldap.ts";
import { postgresql } from "../drivers/servers/postgresql.ts";
import { prosody } from "../drivers/servers/prosody.ts";
import { vsftpd } from "../drivers/servers/vsftpd.ts";
import { note, skip } from "../support/skip.ts";
import { runNss } from "./_run.ts";

const soak = Deno.env.get("NSS_SOAK") === "1";
const pki = await makePki();

/** A server, what it speaks on its ports, and whether it asks for a certificate. */
interface Row {
  readonly program: ServerProgram;
  readonly ports: readonly (StartTlsName | null)[];
  readonly asksForCertificate: boolean;
  /** Whether it resumes a session; some have each process keep its own. */
  readonly resumes?: boolean;
  /** Whether CI installs it. */
  readonly inCi?: boolean;
}

const ROWS: readonly Row[] = [
  { program: exim, ports: [null, "smtp"], asksForCertificate: true, inCi: true },
  { program: dovecot, ports: [null, "imap"], asksForCertificate: true },
  { program: dovecotMail, ports: ["pop3", "lmtp"], asksForCertificate: true },
  { program: vsftpd, ports: ["ftp"], asksForCertificate: true, resumes: true, inCi: true },
  { program: openldap, ports: [null, "ldap"], asksForCertificate: true },
  { program: prosody, ports: ["xmpp"], asksForCertificate: false },
  { program: inspircd, ports: ["irc"], asksForCertificate: true },
  { program: postgresql, ports: ["postgres"], asksForCertificate: true, inCi: true },
  { program: mariadb, ports: ["mysql"], asksForCertificate: true, resumes: true },
  { program: nats, ports: ["nats"], asksForCertificate: true, resumes: true },
];

const reached = new Set<StartTlsName>();
for (const { program, ports, asksForCertificate, resumes = false, inCi = false } of ROWS) {
  const protocols = ports.filter((name) => name !== null);
  for (const name of protocols) reached.add(name);
  const title = `nss client --starttls ${protocols.join(" and ")} shows ${program.name}`;
  if (!inCi && !soak) {
    note(`left out: ${title}: NSS_SOAK=1 (deno task soak) runs it`);
    continue;
  }
  const found = await serverVersion(program);
  if (!found.ok) {
    skip(title, `${found.reason} (${program.package})`, !inCi);
    continue;
  }
  Deno.test(title, async () => {
    await using server = await startServer(program, pki);
    const { caFile, folder, ports: numbers } = server.place;
    await Deno.writeTextFile(`${folder}/me.pem`, pki.alice.cert + pki.alice.key);
    try {
      for (const [i, name] of ports.entries()) {
        if (name === null) continue;
        const { code, out, err } = await runNss([
          ...["client", `localhost:${numbers[i]}`, "--starttls", name],
          ...["--ca", caFile, "--cert", `${folder}/me.pem`, "--json"],
        ]);
        assertEquals([code, err], [0, ""], out);
        const report: Report = JSON.parse(out);
        const { certificates, clientCertificate, resumption, timings, flights } = report;
        // Some send their root, too
        assertEquals(certificates.slice(0, 2).map(({ place }) => place), ["sent", "anchor"]);
        for (const { place } of certificates.slice(2)) assertEquals(place, "unused");
        assertEquals(clientCertificate.wanted, asksForCertificate);
        assertEquals(clientCertificate.shown, asksForCertificate);
        assertEquals(typeof timings.plainText, "number");
        // All was decrypted
        const items = flights.flatMap((flight) => flight.items);
        assert(items.some((item) => item.name === "certificate_verify" && item.encrypted), out);
        if (resumes) assertEquals(resumption?.resumed, true, out);
      }
    } catch (error) {
      note(server.output.slice(-4000));
      throw error;
    }
  });
}

Deno.test("nss client --starttls has a real server for each protocol", () => {
  assertEquals([...reached].sort(), [...STARTTLS_NAMES].sort());
});
