// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * The shim under the flags of BoringSSL's newest runner, which needs a newer Go than Debian's: a
 * small runner of our own starts it in the same way.
 *
 * @module
 */

import { assert, assertEquals, assertMatch } from "@std/assert";
import { createCertificate } from "../../cert/create/create_certificate.ts";
import type { ClientHelloInfo } from "../../ssl/config/hooks.ts";
import { peerCertificate } from "../../ssl/nss/certificates.ts";
import { NssContext } from "../../pkcs11/context/context.ts";
import { exportPrivateKeyPem } from "../../pkcs11/keys/generate_key_pair.ts";
import { generateKeyPair } from "../../pkcs11/keys/generate_key_pair.ts";
import { testPki } from "../support/test_pki.ts";
import { driveShim, echoes, type FakeConnection, readFully, startShim } from "./_fake_runner.ts";
import { ABSENT_FEATURES, exceptionOf } from "./features.ts";
import { FLAGS, parseFlags } from "./flags.ts";

const pki = await testPki();
const [rsa, p256, p384] = (["rsa", "ecdsa-p256", "ecdsa-p384"] as const).map((type) =>
  pki.leaf("server", type)
) as [Leaf, Leaf, Leaf];
type Leaf = ReturnType<typeof pki.leaf>;

/** How a runner names a credential. */
const shown = ({ certFile, keyFile }: Leaf) => ["-cert-file", certFile, "-key-file", keyFile];
const another = (leaf: Leaf) => ["-new-x509-credential", ...shown(leaf)];

const CLIENT = { hostname: "localhost", caCerts: [pki.root], authCertificate: () => true };
const ID = "72623859790382856"; // 0x0102030405060708

Deno.test("shim: each connection begins with its number, eight bytes, the least first", async () => {
  const seen: FakeConnection[] = [];
  const result = await driveShim({
    flags: [
      ...["-shim-id", ID, "-server", "-resume-count", "1", ...shown(p256)],
      ...["-on-resume-expect-session-miss", "-trust-cert", pki.rootFile, "-no-tls13"],
    ],
    runner: { ...CLIENT, sessionTickets: false },
    connections: 2,
    serve: async (connection) => {
      seen.push(connection);
      await echoes(connection);
    },
  });
  assertEquals([result.code, result.stderr], [0, ""]);
  assertEquals(seen.map(({ prefix }) => prefix.toHex()), Array(2).fill("0807060504030201"));
});

for (const address of ["127.0.0.1", "::1"] as const) {
  Deno.test(`shim: -ipv6 says which loopback address, here ${address}`, async () => {
    const seen: string[] = [];
    const result = await driveShim({
      address,
      flags: ["-shim-id", "1", "-server", ...shown(p256)],
      runner: CLIENT,
      serve: async (connection) => {
        seen.push(connection.address);
        await echoes(connection);
      },
    });
    assertEquals([result.code, result.stderr], [0, ""]);
    assertEquals(seen, [address]);
  });
}

for (
  const [which, schemes, leaf, number] of [
    ["the first that suits", ["ecdsa_secp384r1_sha384", "ecdsa_secp256r1_sha256"], p256, 0],
    ["the second where only it does", ["ecdsa_secp384r1_sha384"], p384, 1],
    ["the one without a flag where no other does", ["rsa_pss_rsae_sha256"], rsa, -1],
  ] as const
) {
  Deno.test(`shim: of several credentials a server shows ${which}`, async () => {
    const flags = ["-shim-id", "1", "-server", ...shown(rsa), ...another(p256), ...another(p384)];
    const run = (expected: number) =>
      driveShim({
        flags: [...flags, "-expect-selected-credential", String(expected)],
        runner: { ...CLIENT, signatureSchemes: [...schemes] },
        serve: async (connection) => {
          await echoes(connection);
          assertEquals(peerCertificate(connection.socket)?.toPem().trim(), leaf.cert.trim());
        },
      });
    const result = await run(number);
    assertEquals([result.code, result.stderr], [0, ""]);
    const wrong = await run(number + 1);
    assertEquals(wrong.code, 1);
    assertMatch(wrong.stderr, /credential: want/);
  });
}

Deno.test("shim: a credential signs with its own schemes and staples its own response", async () => {
  const ocsp = new Uint8Array([0x30, 0x03, 0x0a, 0x01, 0x06]);
  const result = await driveShim({
    flags: [
      ...["-shim-id", "1", "-server", "-expect-selected-credential", "1"],
      ...another(rsa),
      ...[
        "-signing-prefs",
        String(0x805),
        "-ocsp-response",
        new Uint8Array([0x30, 0x00]).toBase64(),
      ],
      ...another(rsa),
      ...["-signing-prefs", String(0x804), "-ocsp-response", ocsp.toBase64()],
    ],
    runner: { ...CLIENT, ocspStapling: true, signatureSchemes: ["rsa_pss_rsae_sha256"] },
    serve: async (connection) => {
      const info = await connection.socket.handshake();
      assertEquals(info.peerSignatureScheme, "rsa_pss_rsae_sha256");
      await echoes(connection);
    },
  });
  assertEquals([result.code, result.stderr], [0, ""]);
});

for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
  Deno.test(`shim: raw public keys, shown and taken by both ends (${version})`, async () => {
    const keys = [{ key: p384.key }];
    const context = new NssContext({ trustAnchors: [] });
    const pinOf = ({ spkiSha256 }: Leaf) => spkiSha256;
    for (const role of ["server", "client"] as const) {
      // The runner's client sees another port each time, and so another server.
      const resumes = (peerKey: Leaf) => role === "server" && peerKey === p384;
      const run = (peerKey: Leaf) =>
        driveShim({
          flags: [
            ...["-shim-id", "1", "-new-rpk-credential", "-key-file", p256.keyFile],
            ...["-accepted-peer-cert-types", "2", "-expect-peer-certificate-type", "2"],
            ...["-expect-peer-rpk-sha256", pinOf(peerKey), "-available-client-cert-types", "2"],
            ...(role === "client" ? ["-server", "-require-any-client-certificate"] : []),
            ...(resumes(peerKey) ? ["-resume-count", "1"] : []),
          ],
          connections: resumes(peerKey) ? 2 : 1,
          runner: {
            role,
            context,
            ...(role === "client" ? { hostname: "localhost" } : { clientAuth: "require" }),
            versions: { min: version, max: version },
            rawPublicKeys: { keys, accept: [pinOf(p256)] },
          },
        });
      const result = await run(p384);
      assertEquals([result.code, result.stderr], [0, ""], role);
      const refused = await run(p256); // it is not the peer's
      assertEquals(refused.code, 1, role);
    }
  });
}

Deno.test("shim: -must-match-issuer keeps a credential from who does not name its issuer", async () => {
  const directory = await Deno.makeTempDir({ prefix: "nss-shim-" });
  try {
    const stranger = await leafOf("CN=stranger", directory);
    const server = {
      role: "server",
      certificates: [{ cert: rsa.chain, key: rsa.key }],
      clientAuth: "request",
      caCerts: [pki.root],
      authCertificate: () => true,
    } as const;
    const mine = pki.leaf("client", "ecdsa-p256");
    for (const [files, expected] of [[mine.chainFile, 1], [mine.certFile, -1]] as const) {
      const result = await driveShim({
        flags: [
          ...["-shim-id", "1", "-expect-selected-credential", String(expected)],
          ...[...another(stranger), "-must-match-issuer"],
          ...["-new-x509-credential", "-cert-file", files, "-key-file", mine.keyFile],
          ...["-must-match-issuer"],
        ],
        runner: server,
        serve: async (connection) => {
          await echoes(connection);
          const got = peerCertificate(connection.socket);
          assertEquals(got?.toPem().trim(), expected < 0 ? undefined : mine.cert.trim());
        },
      });
      assertEquals([result.code, result.stderr], [0, ""]);
    }
  } finally {
    await Deno.remove(directory, { recursive: true });
  }
});

for (
  const [flags, groups] of [
    [["-key-shares", "24", "-key-shares", "29"], [24, 29]],
    [["-key-shares", "23"], [23]],
  ] as const
) {
  Deno.test(`shim: a client has key shares as ${flags.join(" ")} says`, async () => {
    const hellos: ClientHelloInfo[] = [];
    const result = await driveShim({
      flags: [
        ...["-shim-id", "1", "-curves", "29", "-curves", "23", "-curves", "24"],
        ...flags,
        "-expect-no-hrr",
      ],
      runner: {
        role: "server",
        certificates: [{ cert: p256.chain, key: p256.key }],
        clientHelloCallback: (_socket, hello) => void hellos.push(hello),
      },
    });
    assertEquals([result.code, result.stderr], [0, ""]);
    assertEquals(hellos[0]?.keyShareGroups, groups);
  });
}

Deno.test("shim: it writes first what it is told, as often as it is told", async () => {
  const result = await driveShim({
    flags: [
      ...["-shim-id", "1", "-server", ...shown(p256), "-shim-writes-first"],
      ...["-shim-initial-write", "good day", "-repeat-shim-initial-write", "3"],
      ...["-key-update-before-read", "-handshake-twice", "-expect-no-peer-cert"],
    ],
    runner: CLIENT,
    serve: async (connection) => {
      const first = await readFully(connection.socket, 24);
      assertEquals(new TextDecoder().decode(first), "good day".repeat(3));
      await echoes(connection);
    },
  });
  assertEquals([result.code, result.stderr], [0, ""]);
});

Deno.test("shim: a flag that it does not know ends it with 89, whatever its prefix", async () => {
  for (const flag of ["-nobody-has-said", "-on-resume-nobody-has-said", "-on-shim-on-retry-x"]) {
    const { code, stderr } = await startShim(["-shim-id", "1", flag]);
    assertEquals(code, 89, flag);
    assert(stderr.includes(flag), stderr);
  }
});

Deno.test("flags: a flag's prefixes say whose it is", () => {
  const flags = parseFlags([
    ...["-curves", "1", "-on-initial-curves", "2", "-on-resume-curves", "3"],
    ...["-on-retry-curves", "4", "-on-shim-curves", "5", "-on-shim-on-resume-curves", "6"],
    ...["-on-handshaker-curves", "7"],
  ]);
  assertEquals(flags.initial.numbers("-curves"), [1, 2, 5]);
  assertEquals(flags.resumed.numbers("-curves"), [1, 3, 5, 6]);
  assertEquals(flags.retry.numbers("-curves"), [1, 4, 5]);
});

Deno.test("flags: what belongs to a credential belongs to the one begun last", () => {
  const { initial, resumed } = parseFlags([
    ...["-cert-file", "a", "-signing-prefs", "1"],
    ...["-new-x509-credential", "-cert-file", "b", "-signing-prefs", "2", "-signing-prefs", "3"],
    ...["-on-resume-new-x509-credential", "-on-resume-cert-file", "c", "-curves", "29"],
  ]);
  assertEquals(initial.text("-cert-file"), "a");
  assertEquals(initial.numbers("-signing-prefs"), [1]);
  assertEquals(initial.credentials.map((own) => own.text("-cert-file")), ["b"]);
  assertEquals(initial.credentials[0]?.numbers("-signing-prefs"), [2, 3]);
  assertEquals(resumed.credentials.map((own) => own.text("-cert-file")), ["b", "c"]);
  assertEquals(resumed.numbers("-curves"), [29]);
});

Deno.test("flags: each of BoringSSL's newest shim is known, or of a feature that is not here", async () => {
  const newest = (await Deno.readTextFile(new URL("newest_flags.txt", import.meta.url))).trim()
    .split("\n");
  const absent = new Set(ABSENT_FEATURES.flatMap(({ flags = [] }) => flags));
  const unspoken = newest.filter((flag) => !Object.hasOwn(FLAGS, flag) && !absent.has(flag));
  assertEquals(unspoken, []);
  // One that is in both lists would keep tests from being run without a word.
  assertEquals(Object.keys(FLAGS).filter((flag) => absent.has(flag)), []);
  // With any prefix it is the same feature.
  for (const flag of absent) {
    const args = [`-on-shim-on-resume${flag}`];
    assert(exceptionOf({ name: "any", args }) !== null, flag);
  }
});

/** Makes a certificate that nobody else has issued. */
async function leafOf(subject: string, directory: string): Promise<Leaf> {
  const keys = await generateKeyPair("ec-p256", { extractable: true });
  const certificate = await createCertificate({ ...keys, subject, dnsNames: ["localhost"] });
  const [certFile, keyFile] = [`${directory}/cert.pem`, `${directory}/key.pem`];
  await Deno.writeTextFile(certFile, certificate.toPem());
  await Deno.writeTextFile(keyFile, await exportPrivateKeyPem(keys.privateKey));
  return { ...p256, certFile, keyFile };
}
