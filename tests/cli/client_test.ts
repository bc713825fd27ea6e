// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// What nss client tells besides: early data, and the timestamps of certificate transparency.

import { assert, assertEquals, assertStringIncludes, assertThrows } from "@std/assert";
import { createCertificate } from "@nss/nss/cert";
import { generateKeyPair } from "@nss/nss/pkcs11";
import { importFD } from "@nss/nss/ssl";
import { encodeSctList } from "../../cert/extensions/sct.ts";
import { LocalError } from "../../cli/base/files.ts";
import { MAX_CT_LOGS, parseCtLogs } from "../../cli/net/ct_logs.ts";
import type { Report } from "../../cli/net/report.ts";
import { openssl } from "../support/peers/openssl.ts";
import { skip } from "../support/skip.ts";
import { makeFiles, opensslServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";

const directory = await Deno.makeTempDir({ prefix: "nss_client_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);
const found = await openssl.available();

async function report(...args: readonly string[]): Promise<Report> {
  const { out, err } = await runNss(["client", ...args, "--json"]);
  assertEquals(err, "");
  return JSON.parse(out);
}

const title = "nss client tries early data without a byte, and sends some only where it is told to";
if (!found.ok) skip(title, found.reason);
else {
  Deno.test(title, async () => {
    const leaf = await files.make("early");
    const own = ["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate];
    await using server = await opensslServer([...own, "-early_data", "-max_early_data", "100"]);
    const where = [`localhost:${server.port}`, "--ca", files.root];
    const empty = await report(...where);
    assertEquals(empty.resumption?.maxEarlyData, 100);
    assertEquals(empty.resumption?.earlyData, { bytes: 0, accepted: true });
    assert(!server.process.stdout.includes("GET /"));
    const path = `${directory}/request`;
    await Deno.writeTextFile(path, "GET / HTTP/1.0\r\n\r\n");
    const sent = await report(...where, "--early-data", path);
    assertEquals(sent.resumption?.earlyData, { bytes: 18, accepted: true });
    await server.process.waitFor(/GET \/ HTTP\/1\.0/);
    const none = await opensslServer(own);
    await using _none = none;
    const refused = await report(
      `localhost:${none.port}`,
      "--ca",
      files.root,
      "--early-data",
      path,
    );
    assertEquals([refused.resumption?.maxEarlyData, refused.resumption?.earlyData], [0, null]);
    assert(!none.process.stdout.includes("GET /"));
    for (const other of ["--no-resume", "--pipe"]) {
      assertEquals((await runNss(["client", ...where, "--early-data", path, other])).code, 2);
    }
  });
}

/** A log of certificate transparency that signs what it is given. */
async function makeLog() {
  const { privateKey, publicKey } = await generateKeyPair();
  const keys = { key: publicKey.der.toBase64(), description: "Test Log" };
  return {
    keys,
    /** Signs for a certificate as a log does (RFC 6962, Section 3.2). */
    sign: async (der: Uint8Array, timestamp: Date) => {
      const data = new Uint8Array(12 + 3 + der.length + 2);
      const view = new DataView(data.buffer);
      view.setBigUint64(2, BigInt(timestamp.getTime()));
      data[12] = der.length >> 16;
      view.setUint16(13, der.length & 0xffff);
      data.set(der, 15);
      return {
        logId: (await publicKey.digest()).slice(),
        timestamp,
        extensions: new Uint8Array(0),
        signatureAlgorithm: 0x0403,
        signature: await privateKey.sign("ecdsa_secp256r1_sha256", data),
      };
    },
  };
}

Deno.test("nss client tells log and time of each timestamp, and verifies it by a list of logs", async () => {
  const keys = await generateKeyPair();
  const cert = await createCertificate({ ...keys, dnsNames: ["localhost"] });
  const [known, unknown] = [await makeLog(), await makeLog()];
  const time = new Date("2026-01-02T03:04:05.678Z");
  const scts = [await known.sign(cert.der, time), await unknown.sign(cert.der, time)];
  const forged = await known.sign(new Uint8Array(100), time);
  const listener = importFD(Deno.listen({ hostname: "127.0.0.1", port: 0 }), {
    certificates: [{
      cert,
      key: keys.privateKey,
      scts: encodeSctList([...scts, forged]),
    }],
  });
  const serving = (async () => {
    for await (const socket of listener) {
      new Response(socket.readable).arrayBuffer().catch(() => {})
        .finally(() => socket.close().catch(() => {}));
    }
  })();
  const { port } = listener.addr as Deno.NetAddr;
  await Deno.writeTextFile(`${directory}/self.pem`, cert.toPem());
  const list = `${directory}/log_list.json`;
  await Deno.writeTextFile(list, JSON.stringify({ operators: [{ logs: [known.keys] }] }));
  const args = [`localhost:${port}`, "--ca", `${directory}/self.pem`, "--no-resume"];
  const plain = await report(...args);
  const seen = await report(...args, "--ct-logs", list);
  const text = await runNss(["client", ...args, "--ct-logs", list], { columns: 80 });
  listener.close();
  await serving;
  assertEquals(plain.scts.timestamps.map(({ verified }) => verified), [null, null, null]);
  assertEquals([seen.scts.embedded, seen.scts.delivered], [0, 3]);
  const [first, second, third] = seen.scts.timestamps;
  assertEquals([first?.from, first?.log, first?.verified, first?.time], [
    "handshake",
    "Test Log",
    true,
    time.toISOString(),
  ]);
  assertEquals(first?.logId, scts[0]!.logId.toHex());
  assertEquals([second?.verified, third?.verified], [null, false]);
  assertStringIncludes(third!.says, "its signature is not of the key");
  assertStringIncludes(text.out, `2026-01-02 03:04, beside it, of "Test Log": genuine`);
  // What was offered is told where all is well, too
  assertStringIncludes(text.out, "What was offered");
});

Deno.test("parseCtLogs() reads the browsers' list, and refuses what is none in a sentence", async () => {
  const { keys } = await makeLog();
  const parse = (value: unknown) => parseCtLogs(JSON.stringify(value), "list.json");
  const retired = { ...keys, state: { retired: { timestamp: "2025-01-01T00:00:00Z" } } };
  const logs = parse({ operators: [{ logs: [keys] }, { tiled_logs: [retired] }] });
  assertEquals(logs.map(({ description, retiredAt }) => [description, retiredAt?.getFullYear()]), [
    ["Test Log", undefined],
    ["Test Log", 2025],
  ]);
  const refused = (text: string, why: string) =>
    assertThrows(() => parseCtLogs(text, "list.json"), LocalError, why);
  refused("{", 'Cannot read "list.json" as a list of CT logs');
  refused("null", "it has no logs");
  refused("[1]", "it has no logs");
  refused('{"operators":[{"logs":[{}]}]}', "a log has no key");
  refused('{"operators":[{"logs":[{"key":"AAAA"}]}]}', "Cannot");
  const bad = { ...keys, state: { retired: { timestamp: "never" } } };
  refused(JSON.stringify({ operators: [{ logs: [bad] }] }), "is no date");
  const many = (count: number) => ({ operators: [{ logs: Array(count).fill({}) }] });
  refused(JSON.stringify(many(MAX_CT_LOGS + 1)), `more than ${MAX_CT_LOGS} logs`);
  refused(JSON.stringify(many(MAX_CT_LOGS)), "a log has no key");
});
