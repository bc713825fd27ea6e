// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The client and the verifier against servers of each TLS library, and the ways to a client
// certificate.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { Report } from "../../cli/net/report.ts";
import { type DriverPki, makePki } from "../drivers/_pki.ts";
import { type Server, serverVersion, startServer } from "../drivers/servers/_server.ts";
import { apache } from "../drivers/servers/apache.ts";
import { nginx } from "../drivers/servers/nginx.ts";
import { bridge } from "../support/bridge.ts";
import { openssl35, openssl4 } from "../support/newer_peers.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { nss } from "../support/peers/nss.ts";
import { openssl } from "../support/peers/openssl.ts";
import type { Peer } from "../support/peers/peer.ts";
import { skip } from "../support/skip.ts";
import { softHsmMissing } from "../support/softhsm.ts";
import { testPki } from "../support/test_pki.ts";
import { opensslServer } from "./_broken_servers.ts";
import { IDENTITY_PLACES, withIdentity } from "./_identity.ts";
import { runNss, startNss } from "./_run.ts";

const pki = await testPki();
const me = pki.leaf("client", "ecdsa-p256");

/** A server on a port, which asks for a client certificate. */
interface Row {
  readonly title: string;
  readonly missing: { readonly reason: string; readonly optional: boolean } | null;
  readonly start: () => Promise<AsyncDisposable & { readonly port: number }>;
}

async function row(peer: Peer): Promise<Row> {
  const found = await peer.available();
  return {
    title: peer.serverName,
    missing: found.ok ? null : { reason: found.reason, optional: false },
    start: async () => {
      const options = { pki, certificate: "ecdsa-p256", clientAuth: "request" } as const;
      const server = await peer.startServer(options);
      const way = bridge(() => server.connect());
      return {
        port: way.port,
        [Symbol.asyncDispose]: async () => {
          await way[Symbol.asyncDispose]();
          await server.close();
        },
      };
    },
  };
}

const leaf = pki.leaf("server", "ecdsa-p256");
// deno-fmt-ignore
const OPENSSL_ARGS = ["-cert", leaf.certFile, "-key", leaf.keyFile, "-cert_chain",
  pki.intermediateFile, "-CAfile", pki.rootFile, "-verify", "4", "-verify_return_error"];

async function newerRow(title: string, ask: typeof openssl35): Promise<Row> {
  const found = await ask();
  return {
    title,
    missing: found.ok ? null : found,
    start: () => opensslServer(OPENSSL_ARGS, found.ok ? found.commands.openssl : undefined),
  };
}

const ROWS: readonly Row[] = [
  await row(openssl),
  await row(gnutls),
  await row(nss),
  await newerRow("OpenSSL 3.5", openssl35),
  await newerRow("OpenSSL 4", openssl4),
];

for (const { title: server, missing, start } of ROWS) {
  const title = `nss client and nss verify show what ${server} does`;
  if (missing !== null) {
    skip(title, missing.reason, missing.optional);
    continue;
  }
  Deno.test(title, async () => {
    await using running = await start();
    const where = `localhost:${running.port}`;
    const trust = ["--ca", pki.rootFile];
    const own = ["--cert", me.chainFile, "--key", me.keyFile];
    const client = await runNss(["client", where, ...trust, ...own, "--json"]);
    assertEquals([client.code, client.err], [0, ""], client.out);
    const report: Report = JSON.parse(client.out);
    assertEquals(report.clientCertificate.shown, true);
    // NSS sends the root, too
    assertEquals(report.certificates.slice(0, 3).map(({ name, place }) => [name, place]), [
      ["server ecdsa-p256", "sent"],
      ["test intermediate", "sent"],
      ["test root", "anchor"],
    ]);
    const said = report.flights.flatMap(({ way, items }) =>
      items.map((item) => ({ way, ...item }))
    );
    const decrypted = said.filter(({ encrypted }) => encrypted).map(({ name }) => name);
    for (const name of ["certificate_request", "certificate_verify", "finished"]) {
      assert(decrypted.includes(name), `${name}: ${decrypted}`);
    }
    assertEquals(said.filter(({ says }) => says === "encrypted" || /no record/.test(says)), []);

    const verified = await runNss(["verify", where, ...trust, "--explain"]);
    assertEquals([verified.code, verified.err], [0, ""], verified.out);
    assertStringIncludes(verified.out, 'leads to the trusted "test root"');
    const other = await runNss(["verify", where, ...trust, "--hostname", "other.test", "--json"]);
    assertEquals(other.code, 1);
    assertEquals(JSON.parse(other.out).problems[0].error, "SSL_ERROR_BAD_CERT_DOMAIN");
  });
}

Deno.test("nss client --key-log writes what openssl s_server writes of the same connections", async () => {
  const log = `${pki.directory}/openssl.log`;
  const path = `${pki.directory}/nss.log`;
  await using server = await opensslServer([...OPENSSL_ARGS, "-keylogfile", log]);
  for (const version of ["1.3", "1.2"]) {
    const { code, err } = await runNss([
      ...["client", `localhost:${server.port}`, "--ca", pki.rootFile, "--versions", version],
      ...["--key-log", path],
    ]);
    assertEquals([code, err], [0, ""]);
  }
  const lines = async (file: string) =>
    (await Deno.readTextFile(file)).split("\n").filter((line) => /^[A-Z]/.test(line)).sort();
  const ours = await lines(path);
  assert(ours.length >= 5, `${ours.length}`);
  // OpenSSL has the same, and the exporter secret for early data besides
  const theirs = await lines(log);
  assertEquals(ours.filter((line) => !theirs.includes(line)), []);
  assertEquals(theirs.filter((line) => !ours.includes(line)).map((line) => line.split(" ")[0]), []);
});

/** A request by HTTP, and the body of its answer. */
async function get(server: Server, path: string, ...args: readonly string[]) {
  const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
  const running = startNss(
    ["client", `localhost:${server.port}`, "--ca", server.place.caFile, "--pipe", ...args],
    { input: request },
  );
  const { code, err } = await running.result;
  const bytes = running.outBytes();
  const head = new TextDecoder().decode(bytes.subarray(0, 2000));
  const end = head.indexOf("\r\n\r\n") + 4;
  return { code, err, head, body: bytes.subarray(end) };
}

async function withServer(
  program: Parameters<typeof startServer>[0],
  use: (server: Server, pki: DriverPki, own: readonly string[]) => Promise<void>,
): Promise<void> {
  const pki = await makePki();
  await using server = await startServer(program, pki);
  const file = `${server.place.folder}/me.pem`;
  await Deno.writeTextFile(file, pki.alice.cert + pki.alice.key);
  await use(server, pki, ["--cert", file]);
}

const ngx = nginx();
const ngxVersion = await serverVersion(ngx);
if (!ngxVersion.ok) skip("nss client --pipe and nginx", ngxVersion.reason);
else {
  Deno.test("nss client --pipe asks nginx, with a client certificate of any place", (t) =>
    withServer(ngx, async (server, pki, own) => {
      const part = crypto.getRandomValues(new Uint8Array(65_536));
      const file = await Deno.open(`${server.place.folder}/large`, { write: true, create: true });
      for (let i = 0; i < 64; i++) await file.write(part);
      file.close();
      await Deno.chmod(`${server.place.folder}/large`, 0o644);
      for (const version of ["1.3", "1.2"]) {
        await t.step(`a large answer by TLS ${version} is whole`, async () => {
          const { code, err, body } = await get(server, "/large", ...own, "--versions", version);
          assertEquals([code, body.length], [0, 64 * part.length], err);
          assertEquals(body.subarray(-part.length), part);
        });
      }
      for (const place of IDENTITY_PLACES) {
        if (place === "SoftHSM" && softHsmMissing !== null) continue;
        await t.step(
          `a certificate of ${place} is shown`,
          () =>
            withIdentity(place, server.place.folder, pki.alice, own, async (identity) => {
              const { code, err, body } = await get(server, "/client", ...identity);
              assertEquals([code, new TextDecoder().decode(body)], [0, "CN=alice"], err);
            }),
        );
      }
    }));
}

if (softHsmMissing !== null) skip("nss client with a certificate of SoftHSM", softHsmMissing);

const httpd = apache("TLSv1.3");
const httpdVersion = await serverVersion(httpd);
if (!httpdVersion.ok) skip("nss client --pipe and Apache", httpdVersion.reason);
else {
  Deno.test("nss client --pipe answers Apache, which asks for the certificate after the request", () =>
    withServer(httpd, async (server, _pki, own) => {
      const { code, err, body } = await get(server, "/private/", ...own);
      assertEquals(code, 0, err);
      assertStringIncludes(new TextDecoder().decode(body), "for alice only");
      const without = await get(server, "/private/");
      assert(!new TextDecoder().decode(without.body).includes("for alice only"));
    }));
}
