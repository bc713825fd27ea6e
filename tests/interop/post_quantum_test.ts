// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// OpenSSL 3.5 with the hybrids and ML-KEM, with ML-DSA certificates of its making and of ours, and
// with authorities of SLH-DSA.

import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { createCertificate, NssError, parseCertificatesPem } from "@nss/nss/cert";
import { exportPkcs12, exportPrivateKeyPem, generateKeyPair, importPkcs12 } from "@nss/nss/pkcs11";
import { importFD, type ImportOptions, type SslSocket } from "@nss/nss/ssl";
import { verifyCertificateChain } from "../../cert/verify/verify_cert.ts";
import { trustAnchorOf } from "../../cert/verify/trust_anchor.ts";
import { importPrivateKey } from "../../pkcs11/keys/import_private_key.ts";
import { openssl35 } from "../support/newer_peers.ts";
import { type Process, run, runOk, spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";

const found = await openssl35();
const openssl = found.ok ? found.commands.openssl : "";

function test(title: string, fn: (folder: string) => Promise<void>): void {
  if (!found.ok) return skip(title, found.reason, found.optional);
  Deno.test(title, async () => {
    const folder = await Deno.makeTempDir({ prefix: "nss_pq_" });
    try {
      await fn(folder);
    } finally {
      await Deno.remove(folder, { recursive: true });
    }
  });
}

/** A chain of certificates as files and as text: the leaf's, its key, and the root's. */
interface Credential {
  readonly certFile: string;
  readonly keyFile: string;
  readonly rootFile: string;
  readonly cert: string;
  readonly key: string;
  readonly root: string;
}

async function written(
  folder: string,
  name: string,
  { cert, key, root }: Pick<Credential, "cert" | "key" | "root">,
): Promise<Credential> {
  const [certFile, keyFile, rootFile] = ["crt", "key", "root"]
    .map((end) => `${folder}/${name}.${end}`) as [string, string, string];
  await Deno.writeTextFile(certFile, cert);
  await Deno.writeTextFile(keyFile, key);
  await Deno.writeTextFile(rootFile, root);
  return { certFile, keyFile, rootFile, cert, key, root };
}

/** Made by our own code. */
async function ours(folder: string, type: "mldsa44" | "mldsa65" | "mldsa87" | "ec-p256") {
  const ca = await generateKeyPair(type);
  const root = await createCertificate({ ...ca, subject: `CN=${type} root`, isCa: true });
  const keys = await generateKeyPair(type, { extractable: true });
  const cert = await createCertificate({
    publicKey: keys.publicKey,
    dnsNames: ["localhost"],
    subject: `CN=ours ${type}`,
    issuer: { certificate: root, privateKey: ca.privateKey },
  });
  return await written(folder, `ours_${type}`, {
    cert: cert.toPem(),
    key: await exportPrivateKeyPem(keys.privateKey),
    root: root.toPem(),
  });
}

/** Made by OpenSSL: an authority of one algorithm, a leaf of another. */
async function theirs(folder: string, authority: string, leaf: string): Promise<Credential> {
  const file = (end: string) => `${folder}/theirs_${end}`;
  const make = (...args: string[]) => runOk(openssl, ["req", "-x509", "-nodes", ...args]);
  // deno-fmt-ignore
  await make("-newkey", authority, "-subj", `/CN=${authority} root`, "-keyout", file("ca.key"), "-out", file("ca.crt"));
  // deno-fmt-ignore
  await make("-newkey", leaf, "-subj", `/CN=theirs ${leaf}`, "-CA", file("ca.crt"), "-CAkey", file("ca.key"),
    "-addext", "subjectAltName=DNS:localhost", "-addext", "basicConstraints=critical,CA:FALSE",
    "-keyout", file("key"), "-out", file("crt"));
  const read = (end: string) => Deno.readTextFile(file(end));
  return await written(folder, "theirs", {
    cert: await read("crt"),
    key: await read("key"),
    root: await read("ca.crt"),
  });
}

/** Sends a line and reads it back, reversed by `s_server -rev`. */
async function reversed(socket: SslSocket): Promise<void> {
  await socket.write(new TextEncoder().encode("post-quantum\n"));
  const buffer = new Uint8Array(100);
  const length = await socket.read(buffer);
  assertEquals(new TextDecoder().decode(buffer.subarray(0, length!)), "mutnauq-tsop\n");
}

/** Runs `s_server` and connects to it until it has printed something; returns what ours says. */
async function toServer(
  args: readonly string[],
  options: ImportOptions,
  prints = /^CONNECTION ESTABLISHED$/m,
): Promise<{ info: Awaited<ReturnType<SslSocket["handshake"]>> }> {
  await using process = spawn(openssl, {
    args: ["s_server", "-accept", "127.0.0.1:0", "-rev", "-tls1_3", ...args],
  });
  const [, port] = await process.waitFor(/ACCEPT 127\.0\.0\.1:(\d+)/) as RegExpExecArray;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  using socket = importFD(conn, { hostname: "localhost", handshakeTimeout: 20_000, ...options });
  const info = await socket.handshake();
  await reversed(socket);
  await process.waitFor(prints);
  await socket.close();
  return { info };
}

/** Runs `s_client` against one socket of ours that echoes a line. */
async function fromClient(
  args: readonly string[],
  options: ImportOptions,
): Promise<{ info: Awaited<ReturnType<SslSocket["handshake"]>>; output: string }> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process: Process = spawn(openssl, {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, "-servername", "localhost",
      "-verify_hostname", "localhost", "-verify_return_error", ...args],
    interactive: true,
  });
  using socket = importFD(await listener.accept(), {
    role: "server",
    handshakeTimeout: 20_000,
    ...options,
  });
  const info = await socket.handshake();
  await socket.write(new TextEncoder().encode("post-quantum\n"));
  await process.waitFor(/post-quantum\n/);
  await process.closeInput();
  assertEquals(await socket.read(new Uint8Array(1)), null);
  await socket.close();
  await process.result();
  return { info, output: process.output };
}

const GROUPS = ["X25519MLKEM768", "SecP256r1MLKEM768", "SecP384r1MLKEM1024", "MLKEM1024"] as const;

for (const group of GROUPS) {
  test(`OpenSSL 3.5 as server agrees on ${group}, with a share and after HelloRetryRequest`, async (folder) => {
    const { certFile, keyFile, root } = await ours(folder, "ec-p256");
    const args = ["-cert", certFile, "-key", keyFile, "-groups", group];
    const groups = [...new Set([group, "x25519"] as const)];
    for (const keyShares of [[group], ["x25519"]] as const) {
      const { info } = await toServer(args, { caCerts: [root], groups, keyShares });
      assertEquals([info.group, info.helloRetryRequest], [group, keyShares[0] !== group]);
    }
  });

  test(`OpenSSL 3.5 as client agrees on ${group}, with a share and after HelloRetryRequest`, async (folder) => {
    const { rootFile, cert, key } = await ours(folder, "ec-p256");
    const certificates = [{ cert, key }];
    // The group with an asterisk has a share.
    for (
      const [shared, retry] of [[`*${group}:X25519`, false], [`${group}:*X25519`, true]] as const
    ) {
      const args = ["-CAfile", rootFile, "-groups", shared];
      const { info, output } = await fromClient(args, { certificates, groups: [group] });
      assertEquals([info.group, info.helloRetryRequest], [group, retry]);
      assertMatch(output, new RegExp(`Negotiated TLS1.3 group: ${group}`));
    }
  });
}

test("OpenSSL 3.5 with its own defaults agrees with ours on X25519MLKEM768", async (folder) => {
  const { certFile, keyFile, rootFile, root, cert, key } = await ours(folder, "ec-p256");
  const server = await toServer(["-cert", certFile, "-key", keyFile], { caCerts: [root] });
  assertEquals([server.info.group, server.info.helloRetryRequest], ["X25519MLKEM768", false]);
  const client = await fromClient(["-CAfile", rootFile], { certificates: [{ cert, key }] });
  assertEquals([client.info.group, client.info.helloRetryRequest], ["X25519MLKEM768", false]);
});

for (const type of ["mldsa44", "mldsa65", "mldsa87"] as const) {
  for (const maker of ["ours", "OpenSSL's"] as const) {
    const credential = (folder: string) =>
      maker === "ours" ? ours(folder, type) : theirs(folder, type, type);

    test(`OpenSSL 3.5 as server and our client authenticate with ${type} certificates of ${maker}`, async (folder) => {
      const { certFile, keyFile, rootFile, root, cert, key } = await credential(folder);
      // deno-fmt-ignore
      const args = ["-cert", certFile, "-key", keyFile, "-CAfile", rootFile, "-Verify", "2", "-verify_return_error"];
      const options = { caCerts: [root], certificates: [{ cert, key }] };
      const { info } = await toServer(args, options, new RegExp(`^Signature type: ${type}$`, "m"));
      assertEquals(info.peerSignatureScheme, type);
    });

    test(`our server and OpenSSL 3.5 as client authenticate with ${type} certificates of ${maker}`, async (folder) => {
      const { certFile, keyFile, rootFile, root, cert, key } = await credential(folder);
      const args = ["-cert", certFile, "-key", keyFile, "-CAfile", rootFile];
      const { info, output } = await fromClient(args, {
        certificates: [{ cert, key }],
        caCerts: [root],
        clientAuth: "require",
      });
      assertEquals(info.peerSignatureScheme, type);
      assertMatch(output, new RegExp(`Peer signature type: ${type}`));
    });
  }
}

test("our server with a classic and an ML-DSA certificate serves each client of OpenSSL 3.5", async (folder) => {
  const classic = await ours(folder, "ec-p256");
  const mldsa = await ours(folder, "mldsa65");
  const certificates = [mldsa, classic].map(({ cert, key }) => ({ cert, key }));
  for (
    const [args, { rootFile }, scheme] of [
      [[], mldsa, "mldsa65"],
      [["-sigalgs", "ECDSA+SHA256"], classic, "ecdsa_secp256r1_sha256"],
      [["-tls1_2"], classic, "ecdsa_secp256r1_sha256"],
    ] as const
  ) {
    const { output } = await fromClient(["-CAfile", rootFile, ...args], { certificates });
    assertMatch(output, new RegExp(`Peer signature type: ${scheme}|Peer signature type: ECDSA`));
    assertEquals(/mldsa65/.test(output.match(/Peer signature type.*/)![0]), scheme === "mldsa65");
  }
});

for (const algorithm of ["ML-DSA-44", "ML-DSA-65", "ML-DSA-87"] as const) {
  test(`importPrivateKey() reads ${algorithm} as OpenSSL 3.5 writes it, with its seed`, async (folder) => {
    const keyOf = async (format: string): Promise<string> => {
      const file = `${folder}/${format}.pem`;
      // deno-fmt-ignore
      await runOk(openssl, ["genpkey", "-algorithm", algorithm, "-provparam", `ml-dsa.output_formats=${format}`, "-out", file]);
      return await Deno.readTextFile(file);
    };
    for (const format of ["seed-only", "seed-priv"]) {
      const pem = await keyOf(format);
      const key = await importPrivateKey(pem, { extractable: true });
      // What we export is the seed, which OpenSSL reads: the same public key.
      const file = `${folder}/again.pem`;
      await Deno.writeTextFile(file, await exportPrivateKeyPem(key));
      const publicOf = (path: string) => runOk(openssl, ["pkey", "-in", path, "-pubout"]);
      assertEquals(await publicOf(file), await publicOf(`${folder}/${format}.pem`));
      assertEquals((await publicOf(file)).trim(), key.publicKey!.toPem().trim());
    }
    for (
      const [format, name, says] of [
        ["priv-only", "SEC_ERROR_UNSUPPORTED_KEYALG", /expanded form, without the seed/],
        ["bare-seed", "SEC_ERROR_BAD_DER", /neither the seed, the expanded key nor both/],
        ["bare-priv", "SEC_ERROR_BAD_DER", /neither the seed, the expanded key nor both/],
      ] as const
    ) {
      const pem = await keyOf(format);
      const error = await assertRejects(() => importPrivateKey(pem), NssError);
      assertEquals(error.name, name);
      assertMatch(error.message, says);
    }
  });
}

test("PKCS #12 carries ML-DSA both ways between OpenSSL 3.5 and ours", async (folder) => {
  const credential = await ours(folder, "mldsa65");
  const theirFile = `${folder}/theirs.p12`;
  // deno-fmt-ignore
  await runOk(openssl, ["pkcs12", "-export", "-in", credential.certFile, "-inkey", credential.keyFile,
    "-passout", "pass:secret", "-out", theirFile]);
  const imported = await importPkcs12(await Deno.readFile(theirFile), "secret");
  assertEquals(imported.identities.map(({ key }) => key.algorithm), [{ type: "mldsa65" }]);

  const key = await importPrivateKey(credential.key, { extractable: true });
  const ourFile = `${folder}/ours.p12`;
  await Deno.writeFile(
    ourFile,
    await exportPkcs12({
      key,
      certificates: parseCertificatesPem(credential.cert),
      password: "secret",
    }),
  );
  const args = ["pkcs12", "-in", ourFile, "-passin", "pass:secret", "-nodes"];
  const { code, stdout } = await run(openssl, { args });
  assertEquals(code, 0);
  assertMatch(stdout, /BEGIN PRIVATE KEY/);
});

for (const parameterSet of ["SLH-DSA-SHA2-128s", "SLH-DSA-SHA2-256s", "SLH-DSA-SHAKE-128s"]) {
  test(`certificates that OpenSSL 3.5 signs with ${parameterSet} are verified`, async (folder) => {
    const { cert, root } = await theirs(folder, parameterSet, "mldsa44");
    const [leaf] = parseCertificatesPem(cert);
    const [anchor] = parseCertificatesPem(root);
    const path = await verifyCertificateChain(leaf!, {
      anchors: [trustAnchorOf(anchor!)],
      time: new Date(),
      usage: "sslServer",
    });
    assertEquals(path.length, 2);
    assert(anchor!.subjectPublicKeyInfo.toString() === parameterSet);
  });
}

test("a server whose authority signs with SLH-DSA is trusted over a handshake", async (folder) => {
  const { certFile, keyFile, root } = await theirs(folder, "SLH-DSA-SHA2-128s", "mldsa44");
  const { info } = await toServer(["-cert", certFile, "-key", keyFile], { caCerts: [root] });
  assertEquals(info.peerSignatureScheme, "mldsa44");
});
