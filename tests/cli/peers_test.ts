// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// The client and the verifier against openssl.

import { assertEquals, assertStringIncludes } from "@std/assert";
import { type Report, REPORT_MEMBERS } from "../../cli/net/report.ts";
import { openssl } from "../support/peers/openssl.ts";
import { runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { makeFiles, opensslServer } from "./_broken_servers.ts";
import { runNss } from "./_run.ts";

const found = await openssl.available();
const directory = await Deno.makeTempDir({ prefix: "nss_cli_" });
globalThis.addEventListener("unload", () => Deno.removeSync(directory, { recursive: true }));
const files = await makeFiles(directory);

function peerTest(title: string, fn: () => Promise<void>): void {
  if (!found.ok) return skip(title, found.reason);
  Deno.test(title, fn);
}

async function report(...args: readonly string[]): Promise<Report> {
  const { out, err } = await runNss(["client", ...args, "--json", "--ca", files.root]);
  assertEquals(err, "");
  return JSON.parse(out);
}

peerTest(
  "nss client tells what openssl s_server negotiated, decrypts the flights, and resumes",
  async () => {
    const leaf = await files.make("good");
    await using server = await opensslServer(
      ["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate, "-alpn", "h2"],
    );
    const where = `localhost:${server.port}`;
    const seen = await report(where, "--alpn", "h2,http/1.1");
    assertEquals(Object.keys(seen).sort(), Object.keys(REPORT_MEMBERS).sort());
    assertEquals([seen.good, seen.problems], [true, []]);
    assertEquals(seen.negotiated?.version, "TLS 1.3");
    assertEquals(seen.negotiated?.alpnProtocol, "h2");
    assertEquals(seen.certificates.map(({ name, place }) => [name, place]), [
      ["good", "sent"],
      ["Test Intermediate", "sent"],
      ["Test Root", "anchor"],
    ]);
    assertEquals(seen.resumption?.resumed, true);
    assertEquals(
      seen.flights.map(({ way, items }) => [way, ...items.map(({ name }) => name)]).slice(0, 3),
      [
        ["sent", "client_hello"],
        [
          "received",
          ...["server_hello", "change_cipher_spec", "encrypted_extensions", "certificate"],
          ...["certificate_verify", "finished"],
        ],
        ["sent", "change_cipher_spec", "finished", "alert"],
      ],
    );
    const old = await report(where, "--versions", "1.2");
    assertEquals([old.good, old.negotiated?.version, old.resumption?.resumed], [
      true,
      "TLS 1.2",
      true,
    ]);
    const retried = await report(
      where,
      "--groups",
      "X25519MLKEM768,secp384r1",
      "--suites",
      "TLS_AES_256_GCM_SHA384",
    );
    assertEquals(retried.negotiated?.helloRetryRequest, true);
    const names = retried.flights.map(({ items }) => items.map(({ name }) => name));
    assertEquals(names.slice(0, 5), [
      ["client_hello"],
      ["server_hello", "change_cipher_spec"],
      ["change_cipher_spec", "client_hello"],
      ["server_hello", "encrypted_extensions", "certificate", "certificate_verify", "finished"],
      ["finished", "alert"],
    ]);
    assertEquals(retried.negotiated?.cipherSuite, "TLS_AES_256_GCM_SHA384");
  },
);

peerTest(
  "nss client shows a client certificate of PEM and of PKCS#12, and tells where it is refused",
  async () => {
    const leaf = await files.make("strict");
    const client = await files.make("client", { extKeyUsage: ["clientAuth"] });
    const p12 = `${directory}/client.p12`;
    await Deno.writeTextFile(`${directory}/password`, "secret\n");
    await runOk("openssl", [
      "pkcs12",
      "-export",
      "-in",
      client.cert,
      "-inkey",
      client.key,
      "-out",
      p12,
      "-passout",
      "pass:secret",
    ]);
    await using server = await opensslServer([
      ...["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate],
      ...[
        "-Verify",
        "3",
        "-CAfile",
        files.root,
        "-chainCAfile",
        files.root,
        "-verify_return_error",
      ],
    ]);
    const chain = `${directory}/client_chain.pem`;
    await Deno.writeTextFile(
      chain,
      await Deno.readTextFile(client.cert) + await Deno.readTextFile(files.intermediate),
    );
    const where = `localhost:${server.port}`;
    const shown = await report(where, "--cert", chain, "--key", client.key);
    assertEquals(
      [shown.good, shown.clientCertificate.shown, shown.resumption?.resumed],
      [true, true, true],
      JSON.stringify(shown.problems),
    );
    const withP12 = await report(
      where,
      "--p12",
      p12,
      "--file-password-file",
      `${directory}/password`,
    );
    assertEquals(withP12.clientCertificate.shown, true);
  },
);

peerTest(
  "nss client gives no certificate and no data to a server that is not good, but with --insecure",
  async () => {
    const leaf = await files.make("bad", { dnsNames: ["other.test"] });
    const client = await files.make("me", { extKeyUsage: ["clientAuth"] });
    await using server = await opensslServer(
      [
        "-cert",
        leaf.cert,
        "-key",
        leaf.key,
        "-cert_chain",
        files.intermediate,
        "-verify",
        "1",
        "-rev",
      ],
    );
    const own = ["--cert", client.cert, "--key", client.key, "--ca", files.root];
    const args = ["client", `localhost:${server.port}`, "--pipe", "--half-close", ...own];
    const refused = await runNss(args, { input: "abc\n" });
    assertEquals([refused.code, refused.out], [1, ""]);
    assertStringIncludes(refused.err, "asked for, and none was shown");
    const insecure = await runNss([...args, "--insecure"], { input: "abc\n" });
    assertEquals([insecure.code, insecure.out], [0, "cba\n"], insecure.err);
  },
);

peerTest("nss client --key-log writes what its own connection can be decrypted with", async () => {
  const leaf = await files.make("logged");
  await using server = await opensslServer(
    ["-cert", leaf.cert, "-key", leaf.key, "-cert_chain", files.intermediate],
  );
  const path = `${directory}/keys.log`;
  await report(`localhost:${server.port}`, "--key-log", path, "--no-resume");
  const text = await Deno.readTextFile(path);
  assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
  for (const label of ["CLIENT_HANDSHAKE_TRAFFIC_SECRET", "SERVER_TRAFFIC_SECRET_0"]) {
    assertStringIncludes(text, label);
  }
});

peerTest("nss verify judges hosts, files and days, step by step", async () => {
  const leaf = await files.make("verified");
  const chain = `${directory}/chain.pem`;
  await Deno.writeTextFile(
    chain,
    await Deno.readTextFile(leaf.cert) + await Deno.readTextFile(files.intermediate),
  );
  const good = await runNss([
    "verify",
    chain,
    "--ca",
    files.root,
    "--hostname",
    "localhost",
    "--explain",
  ]);
  assertEquals(good.code, 0, good.out);
  for (
    const words of [
      "is good for sslServer",
      "a path of 2",
      "leads to the trusted",
      "must be signed by",
    ]
  ) {
    assertStringIncludes(good.out, words);
  }
  const later = await runNss(["verify", chain, "--ca", files.root, "--at", "2099-01-01"]);
  assertEquals(later.code, 1);
  assertStringIncludes(later.out, "SEC_ERROR_EXPIRED_CERTIFICATE");
  const alone = await runNss(["verify", leaf.cert, "--ca", files.root, "--json"]);
  assertEquals(alone.code, 1);
  assertStringIncludes(JSON.parse(alone.out).problems[0].cause, "the intermediate is missing");
  const helped = ["verify", leaf.cert, "--ca", files.root, "--intermediates", files.intermediate];
  assertEquals((await runNss(helped)).code, 0);
  await using server = await opensslServer([
    "-cert",
    leaf.cert,
    "-key",
    leaf.key,
    "-cert_chain",
    files.intermediate,
  ]);
  const host = await runNss(["verify", `localhost:${server.port}`, "--ca", files.root]);
  assertEquals(host.code, 0, host.out);
  assertStringIncludes(host.out, 'has the name "localhost"');
});
