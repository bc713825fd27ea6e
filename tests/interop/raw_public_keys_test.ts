// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

/**
 * Raw public keys with GnuTLS and OpenSSL 3.5, both ends of both versions, keys of clients too.
 *
 * @module
 */

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  createCertificate,
  importFD,
  type ImportOptions,
  type ProtocolVersion,
  type SslSocket,
} from "@nss/nss";
import { exportPrivateKeyPem, generateKeyPair } from "@nss/nss/pkcs11";
import { peerRawPublicKey } from "@nss/nss/ssl";
import { openNamespace } from "../support/namespace.ts";
import { openssl35 } from "../support/newer_peers.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { spawn } from "../support/process.ts";
import { skip } from "../support/skip.ts";

type Keys = Awaited<ReturnType<typeof makeKeys>>;

async function makeKeys(type: "ec-p256" | "ed25519" | "rsa-2048", folder: string, name: string) {
  const { privateKey, publicKey } = await generateKeyPair(type, { extractable: true });
  const [keyFile, publicKeyFile] = [`${folder}/${name}.key`, `${folder}/${name}.pub`];
  const pem = await exportPrivateKeyPem(privateKey);
  await Deno.writeTextFile(keyFile, pem);
  await Deno.writeTextFile(publicKeyFile, publicKey.toPem());
  // OpenSSL's programs take the key to show from a certificate
  const certFile = `${folder}/${name}.pem`;
  const certificate = await createCertificate({ privateKey, publicKey, subject: `CN=${name}` });
  await Deno.writeTextFile(certFile, certificate.toPem());
  return { pem, publicKey, keyFile, publicKeyFile, certFile };
}

async function withKeys(use: (server: Keys, client: Keys) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await use(
      await makeKeys("ec-p256", folder, "server"),
      await makeKeys("ed25519", folder, "client"),
    );
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

/** One line each way, and the end of both. */
async function lineEachWay(socket: SslSocket): Promise<string> {
  await socket.write(new TextEncoder().encode("hello\n"));
  const buffer = new Uint8Array(64);
  const count = await socket.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

const TLS: Readonly<Record<"TLSv1.2" | "TLSv1.3", string>> = {
  "TLSv1.2": "NORMAL:-VERS-ALL:+VERS-TLS1.2",
  "TLSv1.3": "NORMAL:-VERS-ALL:+VERS-TLS1.3",
};
const RAW = "-CTYPE-ALL:+CTYPE-RAWPK";

async function againstServer(version: ProtocolVersion, server: Keys, client: Keys): Promise<void> {
  await using namespace = await openNamespace();
  const port = 4433;
  await using process = namespace.spawn("gnutls-serv", {
    // deno-fmt-ignore
    args: ["--echo", "--port", String(port), "--priority", `${TLS[version as "TLSv1.2"]}:${RAW}`,
      "--rawpkkeyfile", server.keyFile, "--rawpkfile", server.publicKeyFile,
      "--require-client-cert"],
  });
  const accept = [server.publicKey];
  await using socket = importFD(await namespace.connect(port), {
    rawPublicKeys: { accept, keys: [{ key: client.pem }] },
    handshakeTimeout: 10_000,
  });
  const info = await socket.handshake();
  assertEquals(info.version, version);
  assert(info.peerRawPublicKey?.equals(server.publicKey), process.output);
  assertEquals(info.localSignatureScheme, "ed25519");
  assertEquals(await lineEachWay(socket), "hello\n");
}

async function againstClient(version: ProtocolVersion, server: Keys, client: Keys): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn("gnutls-cli", {
    // deno-fmt-ignore
    args: ["--port", String(listener.addr.port), "--insecure",
      "--priority", `${TLS[version as "TLSv1.2"]}:${RAW}`,
      "--rawpkkeyfile", client.keyFile, "--rawpkfile", client.publicKeyFile, "127.0.0.1"],
    interactive: true,
  });
  const options: ImportOptions = {
    role: "server",
    clientAuth: "require",
    rawPublicKeys: { keys: [{ key: server.pem }], accept: [await client.publicKey.pin()] },
    handshakeTimeout: 10_000,
  };
  await using socket = importFD(await listener.accept(), options);
  const info = await socket.handshake();
  assertEquals([info.version, info.peerSignatureScheme], [version, "ed25519"]);
  assert(peerRawPublicKey(socket)?.equals(client.publicKey));
  await process.waitFor(/^- Simple Client Mode:$/m);
  await socket.write(new TextEncoder().encode("from the server\n"));
  await process.waitFor(/^from the server$/m);
  await process.closeInput();
  await process.result();
  assertStringIncludes(process.output, "raw public key");
}

const OPENSSL_TLS = { "TLSv1.2": "-tls1_2", "TLSv1.3": "-tls1_3" } as const;

async function againstOpensslServer(
  openssl: string,
  version: keyof typeof OPENSSL_TLS,
  server: Keys,
  client: Keys,
): Promise<void> {
  await using process = spawn(openssl, {
    // deno-fmt-ignore
    args: ["s_server", "-accept", "127.0.0.1:0", OPENSSL_TLS[version], "-rev", "-Verify", "1",
      "-cert", server.certFile, "-key", server.keyFile,
      "-enable_server_rpk", "-enable_client_rpk"],
    interactive: true,
  });
  await process.waitFor(/^ACCEPT 127\.0\.0\.1:\d+/m);
  const [, port] = /^ACCEPT 127\.0\.0\.1:(\d+)/m.exec(process.output)!;
  const conn = await Deno.connect({ hostname: "127.0.0.1", port: Number(port) });
  await using socket = importFD(conn, {
    rawPublicKeys: { accept: [server.publicKey], keys: [{ key: client.pem }] },
    handshakeTimeout: 10_000,
  });
  const info = await socket.handshake();
  assertEquals([info.version, info.localSignatureScheme], [version, "ed25519"]);
  assert(info.peerRawPublicKey?.equals(server.publicKey), process.output);
  assertEquals(await lineEachWay(socket), "olleh\n");
}

async function againstOpensslClient(
  openssl: string,
  version: keyof typeof OPENSSL_TLS,
  server: Keys,
  client: Keys,
): Promise<void> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  await using process = spawn(openssl, {
    // deno-fmt-ignore
    args: ["s_client", "-connect", `127.0.0.1:${listener.addr.port}`, OPENSSL_TLS[version],
      "-cert", client.certFile, "-key", client.keyFile,
      "-enable_server_rpk", "-enable_client_rpk"],
    interactive: true,
  });
  await using socket = importFD(await listener.accept(), {
    role: "server",
    clientAuth: "require",
    rawPublicKeys: { keys: [{ key: server.pem }], accept: [client.publicKey] },
    handshakeTimeout: 10_000,
  });
  const info = await socket.handshake();
  assertEquals([info.version, info.peerSignatureScheme], [version, "ed25519"]);
  assert(peerRawPublicKey(socket)?.equals(client.publicKey));
  await socket.write(new TextEncoder().encode("from the server\n"));
  await process.waitFor(/^from the server$/m);
  await process.waitFor(/[Rr]aw public key/);
}

const newer = await openssl35();
for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const titles = [
    [`rawPublicKeys: s_server 3.5 shows its key and takes ours (${version})`, againstOpensslServer],
    [
      `rawPublicKeys: s_client 3.5 takes our key and shows its own (${version})`,
      againstOpensslClient,
    ],
  ] as const;
  for (const [title, test] of titles) {
    if (newer.ok) {
      const { openssl } = newer.commands;
      Deno.test(title, () => withKeys((...keys) => test(openssl, version, ...keys)));
    } else skip(title, newer.reason, newer.optional);
  }
}

const found = await gnutls.available();
for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
  const titles = [
    [`rawPublicKeys: gnutls-serv shows its key and takes ours (${version})`, againstServer],
    [`rawPublicKeys: gnutls-cli takes our key and shows its own (${version})`, againstClient],
  ] as const;
  for (const [title, test] of titles) {
    if (found.ok) Deno.test(title, () => withKeys((...keys) => test(version, ...keys)));
    else skip(title, found.reason);
  }
}
