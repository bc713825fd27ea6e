// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

import { assert, assertEquals, assertFalse, assertStringIncludes, assertThrows } from "@std/assert";
import { type Certificate, parseCertificate } from "../../../cert/certificate/certificate.ts";
import { NssError } from "../../../cert/base/errors.ts";
import { parseTrust } from "../../../cert/db/trust_flags.ts";
import { MAX_KV_CERTIFICATE_SIZE } from "../../../pkcs11/kv/certs.ts";
import type { KvAtomic, KvStore } from "../../../pkcs11/kv/store.ts";
import { type KvToken, openKvToken } from "../../../pkcs11/kv/kv_token.ts";
import { issue, makeKeys } from "../../cert/_support.ts";
import { rejectsWith } from "../_rejects_with.ts";

type Commit = KvAtomic["commit"];

/** A token in memory, whose commits are in a test's hands. */
async function withToken(
  fn: (
    token: KvToken,
    onCommit: (run: (commit: Commit) => ReturnType<Commit>) => void,
    kv: Deno.Kv,
  ) => Promise<void>,
): Promise<void> {
  const kv = await Deno.openKv(":memory:");
  let run = (commit: Commit) => commit();
  const store: KvStore = {
    get: (key) => kv.get(key),
    list: (selector) => kv.list(selector),
    atomic: () => {
      const operation = kv.atomic();
      const commit = operation.commit.bind(operation);
      return Object.assign(operation, { commit: () => run(commit) });
    },
    close: () => kv.close(),
  };
  const token = await openKvToken({ kv: store, iterations: 1, password: "" });
  try {
    await fn(token, (next) => run = next, kv);
  } finally {
    await token.close();
    kv.close();
  }
}

const { certificate } = await issue();

/** A certificate of so many bytes: Ed25519 signs with 64, whatever stands in it. */
async function certificateOf(length: number): Promise<Certificate> {
  const keys = await makeKeys("Ed25519");
  const made = async (size: number) => {
    const value = new Uint8Array(size);
    const extension = { oid: "1.2.3", critical: false, value, offset: 0 };
    return (await issue({ keys, extensions: [extension] })).certificate;
  };
  const size = length - (await made(length - 1000)).der.length + length - 1000;
  return await made(size);
}

Deno.test("KvCertDB.importCert() takes MAX_KV_CERTIFICATE_SIZE bytes and no more", () =>
  withToken(async ({ certificates }) => {
    const longest = await certificateOf(MAX_KV_CERTIFICATE_SIZE);
    assertEquals(longest.der.length, 65_000);
    await certificates.importCert(longest, { nickname: "longest", trust: parseTrust("P,p,") });
    const [record] = await certificates.find({ nickname: "longest" });
    assert(record!.certificate.equals(longest));
    const longer = await certificateOf(MAX_KV_CERTIFICATE_SIZE + 1);
    const error = await rejectsWith("SEC_ERROR_ADDING_CERT", () => certificates.importCert(longer));
    assertStringIncludes(error.message, "65001 bytes are more than 65000");
    assertEquals((await certificates.find({})).length, 1);
  }));

Deno.test("KvCertDB writes a thousand times where others write in between, and no more", () =>
  withToken(async ({ certificates }, onCommit) => {
    let conflicts = 1000;
    onCommit((commit) => conflicts-- > 0 ? Promise.resolve({ ok: false }) : commit());
    const error = await rejectsWith("SEC_ERROR_IO", () => certificates.importCert(certificate));
    assertStringIncludes(error.message, "others write all the time");
    assertEquals(await certificates.find({}), []);
    conflicts = 999;
    assert((await certificates.importCert(certificate)).certificate.equals(certificate));
  }));

Deno.test("KvCertDB looks again at what another token has written before its own commit", () =>
  withToken(async ({ certificates }, onCommit, kv) => {
    const another = await openKvToken({ kv });
    const { certificate: its } = await issue({ subject: "CN=other", serial: Uint8Array.of(9) });
    onCommit(async (commit) => {
      onCommit((commit) => commit());
      await another.certificates.importCert(its, { nickname: "wanted" });
      return await commit();
    });
    await rejectsWith(
      "SEC_ERROR_CERT_NICKNAME_COLLISION",
      () => certificates.importCert(certificate, { nickname: "wanted" }),
    );
    await another.close();
  }));

Deno.test("KvCertDB writes one after another, without a conflict of its own", () =>
  withToken(async ({ certificates }, onCommit) => {
    let commits = 0;
    onCommit((commit) => (commits++, commit()));
    const trusts = ["P,,", "p,,", ",,", "C,,"].map(parseTrust);
    await certificates.importCert(certificate);
    await Promise.all(trusts.map((trust) => certificates.setTrust(certificate, trust)));
    assertEquals(commits, 1 + trusts.length);
    assertEquals((await certificates.find({}))[0]!.trust, trusts.at(-1)!);
  }));

Deno.test("KvCertDB writes after a write that failed", () =>
  withToken(async ({ certificates }) => {
    const trust = parseTrust("P,,");
    const [failed, written] = await Promise.allSettled([
      certificates.setTrust(certificate, trust),
      certificates.importCert(certificate),
    ]);
    assertEquals([failed.status, written.status], ["rejected", "fulfilled"]);
    assertEquals((await certificates.setTrust(certificate, trust)).trust, trust);
  }));

Deno.test("KvCertDB.setTrust() keeps the nickname", () =>
  withToken(async ({ certificates }) => {
    await certificates.importCert(certificate, { nickname: "name" });
    assertEquals((await certificates.setTrust(certificate, null)).nickname, "name");
  }));

Deno.test("KvCertDB has certificates of keys of any kind, without keys of unknown ones", () =>
  withToken(async ({ certificates }) => {
    // ecPublicKey, and its neighbour that means nothing
    const hex = certificate.der.toHex().replace("06072a8648ce3d0201", "06072a8648ce3d027f");
    const odd = parseCertificate(Uint8Array.fromHex(hex));
    assertThrows(() => odd.subjectPublicKeyInfo, NssError);
    assertFalse((await certificates.importCert(odd)).hasKey);
    assertEquals((await certificates.find({})).length, 1);
  }));

Deno.test("KvCertDB leaves out a row whose value is null", () =>
  withToken(async ({ certificates }, _, kv) => {
    await certificates.importCert(certificate, { nickname: "name" });
    for await (const { key } of kv.list({ prefix: ["@nss/nss", "certificate", "der"] })) {
      await kv.set(key, null);
    }
    assertEquals(await certificates.find({}), []);
    assertEquals(await certificates.find({ der: certificate.der }), []);
  }));

Deno.test("KvCertDB answers nothing once its token is closed", () =>
  withToken(async (token) => {
    const { certificates } = token;
    await token.close();
    for (
      const [what, run] of [
        ["find certificates", () => certificates.find({})],
        ["import certificate", () => certificates.importCert(certificate)],
        ["set trust", () => certificates.setTrust(certificate, null)],
        ["delete certificate", () => certificates.deleteCert(certificate)],
      ] as const
    ) {
      const error = await rejectsWith("SEC_ERROR_NO_TOKEN", run);
      assertEquals(error.message, `Cannot ${what}: token "Deno KV" is closed`);
    }
  }));

Deno.test("KvCertDB.importCert() reads as many rows of 40 certificates as of 5, and keeps the rules that others write to", async () => {
  const kv = await Deno.openKv(":memory:");
  let rows = 0;
  const store: KvStore = {
    get: (key) => (rows++, kv.get(key)),
    list: async function* (selector) {
      for await (const row of kv.list(selector)) {
        rows++;
        yield row;
      }
    },
    atomic: () => kv.atomic(),
    close: () => {},
  };
  const [token, other] = [
    await openKvToken({ kv: store, iterations: 1, password: "" }),
    await openKvToken({ kv: store, iterations: 1, password: "" }),
  ];
  const counts: number[] = [];
  const made = await Promise.all(
    Array.from({ length: 41 }, (_, i) => issue({ subject: `CN=${i}` })),
  );
  for (const [i, { certificate }] of made.entries()) {
    rows = 0;
    await token.certificates.importCert(certificate, { nickname: `${i}` });
    counts.push(rows);
  }
  assertEquals(counts[40], counts[5]);
  assert(counts[5]! < 20, `${counts[5]} rows`);
  // What another writes counts at once: a nickname taken, one freed, a certificate deleted
  const { certificate: taken } = await issue({ subject: "CN=taken" });
  await other.certificates.importCert(taken, { nickname: "taken" });
  const importTaken = (nickname: string) =>
    token.certificates.importCert(certificate, { nickname });
  await rejectsWith("SEC_ERROR_CERT_NICKNAME_COLLISION", () => importTaken("taken"));
  await rejectsWith("SEC_ERROR_CERT_NICKNAME_COLLISION", () => importTaken("7"));
  await other.certificates.importCert(taken, { nickname: "renamed" });
  await importTaken("taken");
  await rejectsWith("SEC_ERROR_CERT_NICKNAME_COLLISION", () => importTaken("renamed"));
  await other.changePassword("", "new");
  assert(await token.login("new"));
  await rejectsWith("SEC_ERROR_CERT_NICKNAME_COLLISION", () => importTaken("renamed"));
  await other.certificates.deleteCert(taken);
  await importTaken("renamed");
  await token.certificates.deleteCert(certificate);
  await token.certificates.importCert(taken, { nickname: "renamed" });
  await token.close();
  await other.close();
  kv.close();
});
