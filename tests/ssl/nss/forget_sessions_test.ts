// Copyright 2026 the NSS for Deno authors. MIT license.

/** Sessions that servers forget, in all processes that share them. @module */

import { assertEquals } from "@std/assert";
import { forgetSessions, invalidateSession, type SessionsToForget } from "@nss/nss/ssl";
import type { NssContext } from "../../../pkcs11/context/context.ts";
import { getStatistics } from "../../../ssl/nss/get_statistics.ts";
import type { SessionStore } from "../../../ssl/base/session_store.ts";
import type { JoinOptions } from "../_support.ts";
import { MemorySessionStore } from "../../../ssl/session/memory_store.ts";
import { makeIdentity, ping, PKI, shake } from "../_support.ts";
import { join } from "../_support.ts";
import { newContext, resumes, servers, VERSIONS } from "../_shared_sessions.ts";

const lag = () => new Promise((resolve) => setTimeout(resolve, 15));
const issuing = await makeIdentity({ subject: "CN=Issuing", isCa: true }, PKI.root);
const staff = await makeIdentity({ subject: "CN=Staff" }, issuing);

/** A client that shows a certificate, to servers that ask for one. */
const STAFF: JoinOptions = {
  client: { certificates: [{ cert: [staff.cert, issuing.cert], key: staff.keys.privateKey }] },
  server: { clientAuth: "request" },
};

/** The servers of a kind. */
const KINDS: Readonly<Record<string, () => Promise<NssContext[]>>> = {
  "in one process": () => {
    const context = newContext();
    return Promise.resolve([context, context]);
  },
  "in all processes": () => servers(2, new MemorySessionStore(), { revocationLag: 10 }),
};

for (const [where, make] of Object.entries(KINDS)) {
  for (const versions of VERSIONS) {
    const rows: readonly [string, SessionsToForget, { staff: boolean; guest: boolean }][] = [
      ["of a certificate", { certificate: staff.cert }, { staff: true, guest: false }],
      [
        "of what a CRL says of a certificate",
        { certificate: { issuer: issuing.cert.subject, serialNumber: staff.cert.serialNumber } },
        { staff: true, guest: false },
      ],
      ["of another certificate", { certificate: PKI.client.cert }, { staff: false, guest: false }],
      ["of an authority", { authority: issuing.cert }, { staff: true, guest: false }],
      ["of its root", { authority: PKI.root.cert }, { staff: true, guest: false }],
      ["of another authority", { authority: PKI.otherRoot.cert }, { staff: false, guest: false }],
      ["of a host name", { serverName: "Server.Test" }, { staff: true, guest: true }],
      ["of another host name", { serverName: "other.test" }, { staff: false, guest: false }],
      ["until a time", { authenticatedBefore: new Date() }, { staff: true, guest: true }],
      ["until a time long ago", { authenticatedBefore: new Date(-5) }, {
        staff: false,
        guest: false,
      }],
      ["of a certificate for another host", {
        certificate: staff.cert,
        serverName: "other.test",
      }, { staff: false, guest: false }],
      ["all", { all: true }, { staff: true, guest: true }],
    ];
    Deno.test(`forgetSessions() keeps the sessions that are meant from being resumed ${where}, and no others (${versions.max})`, async () => {
      for (const [what, sessions, forgotten] of rows) {
        const [one, two] = await make();
        const clients = [newContext(), newContext()];
        const options = [
          { client: { ...STAFF.client, versions }, server: { ...STAFF.server, versions } },
          { client: { versions }, server: { ...STAFF.server, versions } },
        ];
        const again = (server: NssContext) =>
          Promise.all(options.map((each, i) => resumes(clients[i]!, server, each)));
        assertEquals(await again(one!), [false, false], what);
        await lag();
        assertEquals(await again(two!), [true, true], what);
        await forgetSessions({ where: sessions, context: one! });
        await lag();
        assertEquals(await again(two!), [!forgotten.staff, !forgotten.guest], what);
        // The full handshake since has made sessions that are good
        await lag();
        assertEquals(await again(two!), [true, true], what);
      }
    });

    Deno.test(`invalidateSession() of a server forgets the tickets of a connection, and all that derive from them, ${where} (${versions.max})`, async () => {
      const [one, two] = await make();
      const [client, other] = [newContext(), newContext()];
      const options = { client: { versions }, server: { versions } };
      assertEquals(await resumes(client!, one!, options), false);
      assertEquals(await resumes(other!, one!, options), false);
      await using joined = join({
        client: { versions, context: client! },
        server: { versions, context: two! },
      });
      assertEquals((await shake(joined))[0].resumed, true);
      await ping(joined);
      await invalidateSession(joined.server);
      await lag();
      assertEquals(await resumes(client!, one!, options), false);
      assertEquals(await resumes(other!, two!, options), true);
    });
  }
}

Deno.test("forgetSessions() rejects while the store is away, and the handshakes go on", async () => {
  let isAway = false;
  const memory = new MemorySessionStore();
  const call = <T>(run: () => T) => isAway ? Promise.reject(new Error("away")) : run();
  const store: SessionStore = {
    get: (name) => call(() => memory.get(name)),
    put: (...row) => call(() => memory.put(...row)),
    replace: (...row) => call(() => memory.replace(...row)),
    epoch: () => call(() => memory.epoch()),
  };
  const [context] = await servers(1, store, { revocationLag: 10 });
  const [guest, member] = [newContext(), newContext()];
  const options = { server: { clientAuth: "request" } } as const;
  const again = async () => [
    await resumes(guest!, context!, options),
    await resumes(member!, context!, STAFF),
  ];
  assertEquals(await again(), [false, false]);
  await lag();
  assertEquals(await again(), [true, true]);
  isAway = true;
  await lag();
  assertEquals(await again(), [true, false]);
  const error = await forgetSessions({ where: { all: true }, context: context! })
    .catch((error) => error);
  assertEquals(error.name, "SEC_ERROR_IO");
  assertEquals(getStatistics({ context: context! }).storeFailures > 0, true);
});
