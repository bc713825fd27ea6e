// Copyright 2026 the NSS for Deno authors. MIT license.
// This module uses Deno.

// RSA keys of 5,120 and 8,192 bits, which Deno's WebCrypto does not verify with: as a leaf's, an
// intermediate's and a root's, in both versions, both roles and client certificates, against
// openssl, GnuTLS and node; and what openssl signs by them.

import { assertEquals, assertRejects } from "@std/assert";
import {
  checkRevocation,
  NssError,
  parseCertificate,
  parseCertificateRequest,
  parseCertificatesPem,
  parseCrlsPem,
  trustAnchorOf,
  verifyCertificateChain,
  verifyCertificateRequest,
} from "@nss/nss/cert";
import { importPrivateKey, type KeyPair } from "@nss/nss/pkcs11";
import { importFD } from "@nss/nss/ssl";
import { exportPkcs8 } from "../../pkcs11/keys/private_key.ts";
import { RSA_5120_KEY, RSA_8192_KEY } from "../support/large_rsa_keys.ts";
import { gnutls } from "../support/peers/gnutls.ts";
import { node } from "../support/peers/node.ts";
import { openssl } from "../support/peers/openssl.ts";
import { echo, type Peer, type Version } from "../support/peers/peer.ts";
import { runOk } from "../support/process.ts";
import { skip } from "../support/skip.ts";
import { makePki, type TestPki } from "../support/test_pki.ts";

async function keysOf(pem: string): Promise<KeyPair> {
  const privateKey = await importPrivateKey(pem, { extractable: true });
  return {
    privateKey,
    publicKey: privateKey.publicKey!,
    exportPkcs8: () => exportPkcs8(privateKey),
  };
}

const KEYS = { 5120: RSA_5120_KEY, 8192: RSA_8192_KEY } as const;

/** What the large key is of; the leaf is the server's, and the client's. */
const PLACES = {
  "leaf": "rsa",
  "intermediate": "intermediate",
  "root": "root",
} as const;

const made = new Map<string, Promise<TestPki>>();

function pkiOf(place: keyof typeof PLACES, bits: keyof typeof KEYS): Promise<TestPki> {
  const id = `${place} ${bits}`;
  let pki = made.get(id);
  if (pki === undefined) {
    pki = keysOf(KEYS[bits]).then((keys) => makePki({ [PLACES[place]]: keys }));
    made.set(id, pki);
  }
  return pki;
}

/** `importFD` as a client of the peer's server, which demands a certificate. */
async function asClient(peer: Peer, pki: TestPki, version: Version): Promise<void> {
  const certificate = "rsa";
  const own = pki.leaf("client", certificate);
  await using server = await peer.startServer({ pki, certificate, version, clientAuth: "require" });
  const socket = importFD(await server.connect(), {
    hostname: "localhost",
    caCerts: [pki.root],
    handshakeTimeout: 20_000,
    peerId: crypto.randomUUID(),
    versions: { min: version, max: version },
    certificates: [{ cert: own.chain, key: own.key }],
  });
  const info = await socket.handshake();
  assertEquals(info.version, version);
  assertEquals(info.peerCertificates[0]!.subject.commonName, "server rsa");
  await server.exchange(socket, 300);
  if (server.closer === "client") await socket.closeWrite();
  assertEquals(await socket.read(new Uint8Array(1)), null);
  await socket.close();
  const [fact] = await server.finish(1);
  assertEquals(fact?.peerCertificate, own.commonName, server.output().slice(-3000));
}

/** `importFD` as a server that demands a certificate of the peer's client. */
async function asServer(peer: Peer, pki: TestPki, version: Version): Promise<void> {
  const leaf = pki.leaf("server", "rsa");
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { greeting } = peer.habits;
  const serving = (async () => {
    const socket = importFD(await listener.accept(), {
      role: "server",
      certificates: [{ cert: leaf.chain, key: leaf.key }],
      caCerts: [pki.root],
      clientAuth: "require",
      handshakeTimeout: 20_000,
      versions: { min: version, max: version },
    });
    const info = await socket.handshake();
    if (greeting) await socket.write(new TextEncoder().encode("hello\n"));
    await echo(socket);
    await socket.close();
    return info;
  })();
  const client = peer.runClient({
    pki,
    port: listener.addr.port,
    version,
    clientCertificate: "rsa",
    connections: 1,
    bytes: 300,
    closer: "client",
  });
  const [info, { exitCode, output }] = await Promise.all([serving, client]);
  assertEquals(exitCode, 0, output);
  assertEquals(info.version, version);
  assertEquals(info.peerCertificates[0]!.subject.commonName, "client rsa");
}

for (const peer of [openssl, gnutls, node]) {
  const found = await peer.available();
  const { serverName, clientName } = peer;
  for (const place of Object.keys(PLACES) as (keyof typeof PLACES)[]) {
    const title =
      `importFD() meets ${serverName} and ${clientName} with an RSA ${place} of 5,120 and 8,192 bits`;
    if (!found.ok) {
      skip(title, found.reason);
      continue;
    }
    Deno.test(title, async (t) => {
      for (const bits of [5120, 8192] as const) {
        const pki = await pkiOf(place, bits);
        for (const version of ["TLSv1.3", "TLSv1.2"] as const) {
          await t.step(`${bits}, ${version}, client`, () => asClient(peer, pki, version));
          await t.step(`${bits}, ${version}, server`, () => asServer(peer, pki, version));
        }
      }
    });
  }
}

const PSS = ["-sigopt", "rsa_padding_mode:pss", "-sigopt", "rsa_pss_saltlen:digest"] as const;
const found = await openssl.available();

for (const [kind, options] of [["PKCS #1", []], ["PSS", PSS]] as const) {
  const title =
    `Large RSA keys verify requests, certificates and CRLs that openssl signs by ${kind}`;
  if (!found.ok) {
    skip(title, found.reason);
    continue;
  }
  Deno.test(title, async () => {
    const cwd = await Deno.makeTempDir({ prefix: "nss_large_rsa_" });
    try {
      const write = (name: string, text: string) => Deno.writeTextFile(`${cwd}/${name}`, text);
      const read = (name: string) => Deno.readTextFile(`${cwd}/${name}`);
      const run = (...args: string[]) => runOk("openssl", args, { cwd });
      await write("root.key", RSA_8192_KEY);
      await write("ca.key", RSA_5120_KEY);
      await write(
        "ca.cnf",
        "[ca]\ndefault_ca=d\n[d]\ndatabase=index\ndefault_md=sha384\ndefault_crl_days=7\n" +
          "crlnumber=number\n[e]\nbasicConstraints=critical,CA:true\n" +
          "subjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\n",
      );
      await write("index", "");
      await write("number", "01");
      await run(
        ...["req", "-x509", "-new", "-key", "root.key", "-sha512", "-subj", "/CN=Large Root"],
        ...["-days", "30", "-out", "root.pem", ...options],
      );
      await run(
        ...["req", "-new", "-key", "ca.key", "-sha256", "-subj", "/CN=Large CA", "-out", "ca.csr"],
        ...options,
      );
      await run(
        ...["x509", "-req", "-in", "ca.csr", "-CA", "root.pem", "-CAkey", "root.key"],
        ...["-set_serial", "2", "-sha384", "-days", "30", "-extfile", "ca.cnf", "-extensions", "e"],
        ...["-out", "ca.pem", ...options],
      );
      await run(
        ...["ca", "-config", "ca.cnf", "-gencrl", "-keyfile", "root.key", "-cert", "root.pem"],
        ...["-out", "root.crl", ...options],
      );
      await verifyCertificateRequest(parseCertificateRequest(await read("ca.csr")));
      const [root] = parseCertificatesPem(await read("root.pem"));
      const [ca] = parseCertificatesPem(await read("ca.pem"));
      const time = new Date(Date.now() + 2_000);
      const crls = parseCrlsPem(await read("root.crl"));
      const verification = {
        anchors: [trustAnchorOf(root!)],
        time,
        usage: "sslCA",
        profile: "compatible",
        checkPath: checkRevocation({ policy: "hard", time, crls }),
      } as const;
      assertEquals((await verifyCertificateChain(ca!, verification)).length, 2);
      const der = ca!.der.slice();
      der[der.length - 1]! ^= 1;
      const error = await assertRejects(
        () => verifyCertificateChain(parseCertificate(der), verification),
        NssError,
      );
      assertEquals(error.name, "SEC_ERROR_BAD_SIGNATURE");
    } finally {
      await Deno.remove(cwd, { recursive: true });
    }
  });
}
