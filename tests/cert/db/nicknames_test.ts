// Copyright 2026 the NSS for Deno authors. MIT license.

import { assertEquals } from "@std/assert";
import { combineCertSources } from "../../../cert/db/combine_cert_sources.ts";
import { importCert } from "../../../cert/db/import_cert.ts";
import { MemoryCertDB } from "../../../cert/db/memory_cert_db.ts";
import { freeNicknames, getCertNicknames } from "../../../cert/db/nicknames.ts";
import { issue } from "../_support.ts";

Deno.test("getCertNicknames() lists all, those with keys, servers and authorities", async () => {
  const root = await issue({ ca: true });
  const leaf = await issue({ issuer: root, subject: "CN=leaf", serial: Uint8Array.of(4) });
  const renewed = await issue({ issuer: root, subject: "CN=leaf", serial: Uint8Array.of(9) });
  const user = await issue({ issuer: root, subject: "CN=user", serial: Uint8Array.of(7) });
  const peer = await issue({ subject: "CN=peer", serial: Uint8Array.of(8) });
  const declared = await issue({ subject: "CN=declared", serial: Uint8Array.of(6) });
  const own = new MemoryCertDB();
  const token = new MemoryCertDB({ name: "Card", hasKey: () => true });
  await importCert(own, root.certificate, { nickname: "root" });
  await importCert(own, leaf.certificate, { nickname: "leaf" });
  await importCert(own, renewed.certificate);
  await importCert(own, peer.certificate, { nickname: "a peer", trust: "P,," });
  await importCert(own, declared.certificate, { nickname: "declared", trust: ",,c" });
  await importCert(
    own,
    (await issue({ subject: "CN=none", serial: Uint8Array.of(5) })).certificate,
  );
  await importCert(token, user.certificate, { nickname: "user" });
  const db = combineCertSources([own, token]);

  const all = await getCertNicknames(db);
  assertEquals(all, ["Card:user", "a peer", "declared", "leaf", "root"]);
  assertEquals(await getCertNicknames(db, "all"), all);
  assertEquals(await getCertNicknames(db, "user"), ["Card:user"]);
  assertEquals(await getCertNicknames(db, "server"), ["a peer"]);
  assertEquals(await getCertNicknames(db, "ca"), ["declared", "root"]);
  assertEquals(freeNicknames(all), undefined);
});
